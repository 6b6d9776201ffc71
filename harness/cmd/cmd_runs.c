/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_runs.c: weir runs: what has been run here.
 */
#include "cmd/cmd.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>

struct runs_cmd {
    str folder;
};

static const struct opt runs_cmd_options[] = {
    OPT_TEXT(runs_cmd, folder, .fallback = ".weir/runs", .word = "DIR",
             .help = "where runs lie"),
    OPT_END,
};

static const char *state_of(const struct store_listing *listing)
{
    if (listing->problem.n)
        return "unreadable";
    if (listing->running)
        return "running";
    switch (listing->run.state) {
    case STORE_FINISHED:
        return "finished";
    case STORE_INTERRUPTED:
        return "interrupted";
    case STORE_OPEN:
        break;
    }
    return "cut off";
}

static void print_listing(struct arena *arena, const struct store_listing *listing)
{
    char when[24];
    clock_iso(listing->run.created_wall, when, sizeof when);
    str name = text_visible(arena, text_shorten(arena, listing->run.experiment, 24));
    str id = text_visible(arena, listing->id);
    printf("%-22.*s %-11s %-24.*s %6lld/%-6lld %-5s %s\n", STR_ARG(id), state_of(listing),
           STR_ARG(name), (long long)listing->cells_done, (long long)listing->run.cells,
           listing->run.mock ? "mock" : "live", listing->problem.n ? "" : when);
}

static int runs_run(struct arena *arena, const void *given, const str *arg, size_t args,
                    struct err *err)
{
    const struct runs_cmd *options = given;
    struct store_listing *runs;
    size_t count;
    if (cmd_no_more(arg, args, 0, err) < 0 ||
        store_runs(options->folder.p, arena, &runs, &count, err) < 0)
        return EXIT_INPUT;
    if (count == 0)
        fprintf(stderr, "no runs in %.*s\n", STR_ARG(options->folder));
    for (size_t i = 0; i < count; i++)
        print_listing(arena, &runs[i]);
    return EXIT_FINE;
}

const struct cmd cmd_runs = {
    .name = "runs",
    .usage = "[options]",
    .summary = "list what has been run, newest first",
    .options = runs_cmd_options,
    .options_size = sizeof(struct runs_cmd),
    .run = runs_run,
};
