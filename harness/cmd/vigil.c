/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vigil.c: rounds of a command, one after each change of a file (see vigil.h).
 *
 * What is watched is what the last reading looked for. Reading and looking are two moments, and somebody
 * may save between them; so an experiment is read again until none of its files was touched meanwhile.
 */
#include "cmd/vigil.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "io/notice.h"
#include "stats/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READINGS_MOST = 5,
    /* A file that was not touched so long before a reading began was not touched during it, whatever the
     * resolution of its times. */
    SURELY_EARLIER_MS = 2000,
};

struct vigil {
    struct notice *notice;
    struct arena arena[2]; /* of the looks: those of this reading, and of the one before */
    int which;
    const struct notice_file *file;
    size_t files;
    char folder[4096];          /* where the command was started; empty: not known */
    struct run_control control; /* of a run that is on */
    bool told, interrupted;     /* a run: that a file has changed; that it is to end */
    char *before;               /* the newest complete run; NULL: none yet */
    struct run_spent spent;
    int64_t paid_nanousd;
    bool paid_unknown;
};

/* ---- reading ---- */

static bool is_surely_earlier(const struct notice_look *look, int64_t began_ns)
{
    const int64_t limit = began_ns - SURELY_EARLIER_MS * NS_PER_MS;
    return look->modified_ns < limit && look->changed_ns < limit;
}

static const struct notice_file *file_of(const struct notice_file *file, size_t count, str path)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(file[i].path, path))
            return &file[i];
    return NULL;
}

/* Looks at the files that a reading used; true when it can have read nothing but what they are now. */
static bool take_looks(struct vigil *vigil, const struct experiment_file *used,
                       int64_t began_ns)
{
    struct arena *arena = &vigil->arena[vigil->which = !vigil->which];
    bool sure = true;
    size_t count = 0, n = 0;
    arena_clear(arena);
    for (const struct experiment_file *file = used; file; file = file->next)
        count++;
    struct notice_file *now = arena_array(arena, struct notice_file, count + 1);
    for (const struct experiment_file *file = used; file; file = file->next, n++) {
        const struct notice_file *was = file_of(vigil->file, vigil->files, file->path);
        now[n].path = arena_str(arena, file->path);
        notice_look(&now[n]);
        sure = sure && (was ? notice_is_same(&was->look, &now[n].look)
                            : is_surely_earlier(&now[n].look, began_ns));
    }
    vigil->file = now;
    vigil->files = n;
    return sure;
}

const struct experiment *vigil_load(struct vigil *vigil, struct arena *arena, str path,
                                    const struct experiment_options *options, struct err *err)
{
    const struct experiment *experiment;
    const struct experiment_file *used = NULL;
    struct experiment_options own = *options;
    struct mistakes mistakes;
    own.files = &used;
    for (int reading = 1;; reading++) {
        int64_t began_ns = clock_wall_ns();
        mistakes_init(&mistakes, arena);
        experiment = experiment_read(arena, path, &own, &mistakes);
        if (take_looks(vigil, used, began_ns) || reading == READINGS_MOST)
            break;
    }
    notice_files(vigil->notice, vigil->file, vigil->files);
    return mistakes_report(&mistakes, err) < 0 ? NULL : experiment;
}

/* ---- rounds ---- */

static int refuse_in_ci(struct err *err)
{
    const char *ci = getenv("CI");
    if (!ci || !*ci || strcmp(ci, "false") == 0 || strcmp(ci, "0") == 0)
        return 0;
    return err_set(
        err, ERR_INPUT,
        "--watch waits for edits and would never end in CI (CI is set); leave it out");
}

/* A checkout may have made the folder anew, under the same name. */
static void return_to_folder(const struct vigil *vigil)
{
    struct stat info;
    bool gone = stat(".", &info) < 0 || info.st_nlink == 0;
    if (gone && vigil->folder[0] && chdir(vigil->folder) < 0)
        fprintf(stderr, "weir: %s is not there any more\n", vigil->folder);
}

static int one_round(struct vigil *vigil, vigil_round *round, void *arg)
{
    struct arena arena = {0};
    struct err err = {0};
    vigil->told = false;
    int code = round(vigil, &arena, arg, &err);
    fflush(stdout);
    if (code < 0) {
        str text = secret_redact(&arena, str_from(err.message));
        fprintf(stderr, "weir: %.*s\n", STR_ARG(text));
        code = err_exit_code(err.kind);
    }
    arena_release(&arena);
    return code;
}

static void say_what_changed(const struct vigil *vigil)
{
    struct arena arena = {0};
    const char **path = notice_which(vigil->notice, &arena);
    for (size_t i = 0; path[i]; i++) {
        str shown = text_visible(&arena, str_from(path[i]));
        fprintf(stderr, "%s%.*s%s", i == 0 ? "\nweir: " : ", ", STR_ARG(shown),
                path[i + 1] ? "" : " changed\n");
    }
    arena_release(&arena);
}

int vigil_keep(vigil_round *round, void *arg, struct err *err)
{
    if (refuse_in_ci(err) < 0)
        return -1;
    struct vigil vigil = {.notice = notice_open(EXIT_STOPPED)};
    if (!getcwd(vigil.folder, sizeof vigil.folder))
        vigil.folder[0] = '\0';
    int code = EXIT_FINE;
    while (!notice_is_interrupted(vigil.notice)) {
        notice_settle(vigil.notice);
        say_what_changed(&vigil);
        return_to_folder(&vigil);
        code = one_round(&vigil, round, arg);
        if (!notice_has_changed(vigil.notice) && !notice_is_interrupted(vigil.notice))
            fprintf(stderr, "weir: watching %zu file%s; Ctrl-C ends\n", vigil.files,
                    vigil.files == 1 ? "" : "s");
        notice_wait(vigil.notice);
    }
    notice_close(vigil.notice);
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr); /* after the "^C" that a terminal shows */
    arena_release(&vigil.arena[0]);
    arena_release(&vigil.arena[1]);
    xfree(vigil.before);
    return code;
}

/* ---- runs ---- */

/* On the thread that looks at the files. An edit lets open cells end; so does the first Ctrl-C, also after an
 * edit; the second one drops them. */
static notice_fn stop_run;
static void stop_run(void *arg, enum notice_event event)
{
    struct vigil *vigil = arg;
    bool stops = vigil->told || vigil->interrupted;
    if (event == NOTICE_CHANGE) {
        if (stops)
            return;
        vigil->told = true;
        log_notice("a file has changed: open cells are finished, then it runs again");
    } else if (!vigil->interrupted) {
        vigil->interrupted = true;
        log_notice("stopping: open cells are finished; press Ctrl-C again to drop them");
        if (stops)
            return;
    }
    run_control_stop(&vigil->control);
}

struct run_control *vigil_begin_run(struct vigil *vigil)
{
    run_control_init(&vigil->control);
    notice_tell(vigil->notice, stop_run, vigil);
    return &vigil->control;
}

void vigil_end_run(struct vigil *vigil)
{
    notice_tell(vigil->notice, NULL, NULL);
    run_control_release(&vigil->control);
}

bool vigil_is_cut(const struct vigil *vigil, const struct run_result *result)
{
    return vigil->told && !result->complete && !notice_is_interrupted(vigil->notice);
}

struct run_spent vigil_spent(const struct vigil *vigil)
{
    return vigil->spent;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What a run has spent holds what those before it had. A budget of the experiment's file is for each
 * run; those of the command line are for all of them. */
void vigil_count(struct vigil *vigil, const struct run_result *result,
                 const struct vigil_limits *limits)
{
    struct run_spent *spent = &vigil->spent;
    if (limits->calls)
        spent->calls = larger(spent->calls, result->spent.calls);
    if (limits->tokens)
        spent->tokens = larger(spent->tokens, result->spent.tokens);
    if (limits->nanousd)
        spent->nanousd = larger(spent->nanousd, result->spent.nanousd);
    vigil->paid_nanousd += result->counters.cost_nanousd + result->setup.cost_nanousd;
    vigil->paid_unknown = vigil->paid_unknown || result->counters.unknown_cost_calls ||
                          result->setup.unknown_cost_calls;
}

static str usd(struct arena *arena, int64_t nanousd, bool unknown)
{
    str text = stats_format_usd(arena, maybe_of((double)nanousd * 1e-9));
    return unknown ? arena_printf(arena, "≥ %.*s", STR_ARG(text)) : text;
}

static void tell_paid(const struct vigil *vigil, struct arena *arena, struct buf *out,
                      const struct run_result *result)
{
    const struct run_counters *counters = &result->counters;
    int64_t now = counters->cost_nanousd + result->setup.cost_nanousd;
    bool unknown = counters->unknown_cost_calls || result->setup.unknown_cost_calls;
    buf_printf(out, "Paid now: %.*s for %llu calls, %llu more came from the cache.",
               STR_ARG(usd(arena, now, unknown)),
               (unsigned long long)(counters->calls - counters->cached) +
                   (unsigned long long)result->setup.calls,
               (unsigned long long)counters->cached);
    buf_printf(out, " Since the watch began: %.*s.\n",
               STR_ARG(usd(arena, vigil->paid_nanousd, vigil->paid_unknown)));
}

void vigil_tell(struct vigil *vigil, struct arena *arena, str path,
                const struct run_result *result)
{
    struct buf out = {0};
    struct err err = {0};
    buf_add_char(&out, '\n');
    if (vigil->before && result->complete &&
        vigil_difference(&out, str_from(vigil->before), path, arena, &err) < 0)
        buf_printf(&out, "No comparison with the run before: %s\n", err.message);
    tell_paid(vigil, arena, &out, result);
    printf("%.*s", STR_ARG(buf_str(&out)));
    buf_release(&out);
    if (!result->complete)
        return;
    xfree(vigil->before);
    vigil->before = xstrdup(arena_str(arena, path).p);
}
