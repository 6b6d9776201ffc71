/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock.c: weir-mock as a child process (see mock.h).
 */
#include "session/mock.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "session/places.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

size_t mock_where(const struct experiment *experiment, str word[4])
{
    size_t n = 0;
    if (!experiment->mock_inline && !experiment->mock.n)
        return 0;
    word[n++] = STR("--config");
    word[n++] = experiment->mock_inline ? experiment->path : experiment->mock;
    if (experiment->mock_inline) {
        word[n++] = STR("--under");
        word[n++] = STR("mock");
    }
    return n;
}

static char *argument(struct arena *arena, str text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    memcpy(copy, text.p, text.n);
    return copy;
}

static int read_url(struct arena *arena, str line, str *url, struct err *err)
{
    const json *said = json_parse(arena, line, NULL);
    *url = json_text(json_get(said, STR("listening")));
    if (url->n)
        return 0;
    return err_set(err, ERR_FAILED, "weir-mock said '%.*s'; expected {\"listening\": URL}",
                   STR_ARG(str_sub(line, 0, 200)));
}

/* So far; the child is at the end of it. */
static str read_said(const struct mock *mock, struct arena *arena)
{
    enum { MOST = 16 * 1024 };
    char *text = arena_alloc(arena, MOST);
    ssize_t n = pread(mock->said, text, MOST, 0);
    return str_trim((str){text, n > 0 ? (size_t)n : 0});
}

static int start(struct mock *mock, char *const argv[], struct arena *arena, str *line,
                 struct err *err)
{
    const int64_t timeout_ns = 20 * NS_PER_S;
    if (!mock->heard)
        return process_start(&mock->process, argv, timeout_ns, arena, line, err);
    mock->said = memfd_create("weir-mock", MFD_CLOEXEC);
    if (mock->said < 0) {
        mock->heard = false;
        return err_set(err, ERR_FAILED, "no file in memory: %s", strerror(errno));
    }
    return process_start_apart(&mock->process, argv, timeout_ns, mock->said, arena, line, err);
}

/* The error of one that did not start; what it said of it stands there already, or is added. */
static void explain(const struct mock *mock, const struct experiment *experiment,
                    struct arena *arena, struct err *err)
{
    str said = mock->heard ? read_said(mock, arena) : STR("");
    str what = arena_str(arena, str_from(err->message));
    if (err->kind == ERR_INPUT && experiment->mock_inline)
        what = arena_printf(arena, "weir-mock refuses what stands under `mock` in %.*s",
                            STR_ARG(experiment->path));
    else if (err->kind == ERR_INPUT && experiment->mock.n)
        what = arena_printf(arena, "weir-mock refuses %.*s", STR_ARG(experiment->mock));
    err_set(err, err->kind, "%.*s%s%.*s", STR_ARG(what), said.n ? ":\n" : "", STR_ARG(said));
}

/* What it said while it ran, to who listens. */
static void tell_said(const struct mock *mock)
{
    struct arena arena = {0};
    str said = read_said(mock, &arena);
    if (said.n)
        log_text(said);
    arena_release(&arena);
}

int mock_start(struct mock *mock, const struct experiment *experiment, struct arena *arena,
               struct err *err)
{
    str line, word[8] = {mock_program(arena), STR("--port"), STR("0")};
    char *argv[8] = {0};
    size_t n = 3 + mock_where(experiment, word + 3);
    for (size_t i = 0; i < n; i++)
        argv[i] = argument(arena, word[i]);
    int result = start(mock, argv, arena, &line, err);
    if (result == 0)
        result = read_url(arena, line, &mock->url, err);
    if (result < 0) {
        explain(mock, experiment, arena, err);
        mock_stop(mock);
    }
    return result;
}

void mock_stop(struct mock *mock)
{
    int64_t pid = mock->process.pid;
    if (pid)
        process_stop(&mock->process, 2 * NS_PER_S);
    if (mock->heard && pid)
        tell_said(mock);
    if (mock->heard && mock->said > 0)
        close(mock->said);
    *mock = (struct mock){0};
}

int providers_prepare(struct arena *arena, const struct experiment *experiment, str mock_url,
                      bool offline, struct err *err)
{
    for (size_t i = 0; i < experiment->providers; i++) {
        struct llm_provider *provider = experiment->provider[i];
        bool used = experiment_uses_provider(experiment, provider);
        if (mock_url.n)
            llm_provider_use_mock(provider, arena, mock_url);
        else if (used && !offline && llm_provider_load_keys(provider, arena, getenv, err) < 0)
            return -1;
    }
    return 0;
}
