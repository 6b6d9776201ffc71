/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock_check.c: what is wrong with an experiment's mock, while the experiment is read (see mock.h).
 *
 * What a mock file means is weir-mock's to know, and weir does not link it: so it is started, reads the
 * file, lists its mistakes and ends. Here they become mistakes like any other, sorted among those of the
 * experiment, with the line and a caret.
 */
#include "session/mock.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "io/exec.h"
#include "session/places.h"

#include <unistd.h>

enum { TIMEOUT_S = 60, OUTPUT_MAX = 4 * 1024 * 1024 };

extern char **environ;

/* Its own is all it needs; sanitizers and libraries are set up in it. */
static const str *environment(struct arena *arena, size_t *count)
{
    *count = 0;
    while (environ[*count])
        (*count)++;
    str *text = arena_array(arena, str, *count + 1);
    for (size_t i = 0; i < *count; i++)
        text[i] = str_from(environ[i]);
    return text;
}

/* NULL and err: nobody looked at it. */
static const json *ask(const struct experiment *experiment, struct arena *arena,
                       struct err *err)
{
    str word[7] = {mock_program(arena), STR("--check"), STR("--json")}, program;
    struct exec_result result;
    if (exec_find(arena, STR("."), word[0], &program, err) < 0)
        return NULL;
    struct exec_request request = {.program = program,
                                   .argv = word,
                                   .argc = 3 + mock_where(experiment, word + 3),
                                   .timeout_ns = TIMEOUT_S * NS_PER_S,
                                   .max_output = OUTPUT_MAX};
    request.environment = environment(arena, &request.environments);
    exec_run_blocking(&request, arena, &result);
    bool ended = result.outcome == EXEC_OK || (result.outcome == EXEC_FAILED && !result.signal);
    const json *said = ended ? json_parse(arena, str_trim(result.output), NULL) : NULL;
    if (json_is(json_get(said, STR("mistakes")), JSON_LIST))
        return said;
    err_set(err, ERR_FAILED, "%.*s: %.*s", STR_ARG(program),
            STR_ARG(exec_explain(arena, &result)));
    return NULL;
}

/* Files that mistakes stand in, each read once. */
struct sources {
    struct arena *arena;
    const struct source *source[MAX_MISTAKES + 1];
    size_t count;
};

static const struct source *source_of(struct sources *sources, str path)
{
    for (size_t i = 0; i < sources->count; i++)
        if (str_equal(sources->source[i]->path, path))
            return sources->source[i];
    struct source *source = arena_new(sources->arena, struct source);
    source->path = arena_str(sources->arena, path);
    if (file_read(sources->arena, source->path.p, MAX_DATASET_BYTES, &source->text, NULL) < 0)
        source->text = STR("");
    if (sources->count < MAX_MISTAKES)
        sources->source[sources->count++] = source;
    return source;
}

static unsigned count_of(const json *mistake, const char *key)
{
    int64_t number = 0;
    json_int(json_get(mistake, str_from(key)), &number);
    return number > 0 && number < UINT32_MAX ? (unsigned)number : 0;
}

static void take_mistakes(const json *said, struct sources *sources, struct mistakes *mistakes)
{
    int64_t more = 0;
    for (const json *one = json_first(json_get(said, STR("mistakes"))); one;
         one = json_next(one)) {
        str path = json_text(json_get(one, STR("path"))),
            message = json_text(json_get(one, STR("message")));
        struct place place = {0};
        if (path.n)
            place = (struct place){source_of(sources, path), count_of(one, "line"),
                                   count_of(one, "column")};
        mistake_add(mistakes, place, "%.*s", STR_ARG(message));
    }
    if (json_int(json_get(said, STR("more")), &more) && more > 0)
        mistakes->dropped += (size_t)more;
}

void mock_check(struct experiment *experiment, struct place place, struct mistakes *mistakes)
{
    struct arena *arena = experiment->arena;
    struct sources sources = {.arena = arena, .source = {place.source}, .count = 1};
    struct err err = {0};
    const json *said = ask(experiment, arena, &err);
    if (!said) {
        mistake_add(experiment->warnings, place,
                    "the mock was not looked into, which weir-mock does: %s", err.message);
        return;
    }
    take_mistakes(said, &sources, mistakes);
    str *unknown;
    size_t count = mock_unknown(experiment, arena, &unknown);
    for (size_t i = 0; i < count; i++)
        mistake_add(experiment->warnings, place, "%.*s", STR_ARG(unknown[i]));
}
