/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_rm.c: weir rm: removes runs, after asking.
 *
 * A run is what was paid for, so nothing goes without a yes: on a terminal it is asked, elsewhere
 * --yes says so.
 */
#include "cmd/cmd.h"
#include "session/places.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>
#include <unistd.h>

struct rm_cmd {
    bool yes;
    str older_than, folder;
};

static const struct opt rm_cmd_options[] = {
    OPT_BOOL(rm_cmd, yes, .letter = 'y', .fallback = "false", .help = "do not ask"),
    OPT_TEXT(rm_cmd, older_than, .word = "AGE",
             .help = "all runs that began longer ago, such as 30d or 12h; running ones stay"),
    OPT_TEXT(rm_cmd, folder, .fallback = ".weir/runs", .word = "DIR",
             .help = "where --older-than looks"),
    OPT_END,
};

struct removal {
    str *path;
    size_t count;
};

/* As durations elsewhere, and in days. */
static bool read_age(str text, int64_t *ns)
{
    int64_t days;
    if (text.n > 1 && text.p[text.n - 1] == 'd' &&
        str_to_int(str_sub(text, 0, text.n - 1), &days) && days >= 0 && days < 100000) {
        *ns = days * 24 * 3600 * NS_PER_S;
        return true;
    }
    return parse_duration(text, ns);
}

static int add_old(struct arena *arena, const struct rm_cmd *options, struct removal *removal,
                   struct err *err)
{
    int64_t age;
    struct store_listing *runs;
    size_t count;
    if (!read_age(options->older_than, &age))
        return err_set(err, ERR_INPUT,
                       "--older-than is '%.*s'; expected an age such as 30d or 12h",
                       STR_ARG(options->older_than));
    if (store_runs(options->folder.p, arena, &runs, &count, err) < 0)
        return -1;
    removal->path = arena_grow(arena, removal->path, removal->count, removal->count + count + 1,
                               sizeof *removal->path);
    int64_t now = clock_wall_ns();
    for (size_t i = 0; i < count; i++) /* what cannot be read has no age */
        if (!runs[i].problem.n && !runs[i].running && now - runs[i].run.created_wall > age)
            removal->path[removal->count++] = runs[i].path;
    return 0;
}

static int collect(struct arena *arena, const struct rm_cmd *options, const str *arg,
                   size_t args, struct removal *removal, struct err *err)
{
    removal->path = arena_array(arena, str, args + 1);
    for (size_t i = 0; i < args; i++)
        if (arg[i].n == 0 || run_find(arena, arg[i], &removal->path[removal->count++], err) < 0)
            return -1;
    if (options->older_than.n)
        return add_old(arena, options, removal, err);
    if (args == 0)
        return err_set(err, ERR_INPUT, "expected RUN, or --older-than AGE");
    return 0;
}

/* Only runs are removed, whatever else was named; a running one keeps all of them. */
static int check_all(struct arena *arena, const struct removal *removal, struct err *err)
{
    for (size_t i = 0; i < removal->count; i++) {
        struct store_listing one;
        if (store_list_one(removal->path[i], arena, &one, err) < 0)
            return -1;
        if (one.running)
            return err_set(err, ERR_INPUT, "%s: is being written; stop it first",
                           removal->path[i].p);
    }
    return 0;
}

static bool is_wanted(struct arena *arena, const struct rm_cmd *options,
                      const struct removal *removal, struct err *err)
{
    char answer[16] = "";
    if (options->yes)
        return true;
    for (size_t i = 0; i < removal->count; i++) {
        str shown = text_visible(arena, removal->path[i]);
        fprintf(stderr, "%.*s\n", STR_ARG(shown));
    }
    if (!isatty(STDIN_FILENO)) {
        err_set(err, ERR_INPUT, "%zu runs would be removed; expected --yes", removal->count);
        return false;
    }
    fprintf(stderr, "Remove %s? [y/N] ", removal->count == 1 ? "this run" : "these runs");
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int rm_run(struct arena *arena, const void *given, const str *arg, size_t args,
                  struct err *err)
{
    const struct rm_cmd *options = given;
    struct removal removal = {0};
    int64_t bytes = 0;
    if (collect(arena, options, arg, args, &removal, err) < 0 ||
        check_all(arena, &removal, err) < 0)
        return -1;
    if (removal.count && !is_wanted(arena, options, &removal, err))
        return err->kind ? -1 : EXIT_FINE;
    for (size_t i = 0; i < removal.count; i++)
        if (store_remove(removal.path[i].p, &bytes, err) < 0)
            return -1;
    fprintf(stderr, "removed %zu run%s, %.1f MB\n", removal.count,
            removal.count == 1 ? "" : "s", (double)bytes / 1e6);
    return EXIT_FINE;
}

const struct cmd cmd_rm = {
    .name = "rm",
    .usage = "RUN... [options]",
    .summary = "remove runs, after asking",
    .details = "RUN is the path of a run's file, or an ID in .weir/runs. A run that is being\n"
               "written is refused, and then nothing is removed.",
    CMD_OPTIONS(rm_cmd),
    .run = rm_run,
};
