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

/* "41 s", "3 h", "12 d": since it began. */
static str age_of(struct arena *arena, const struct store_listing *listing)
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int64_t seconds = (clock_wall_ns() - listing->run.created_wall) / NS_PER_S;
    seconds = seconds < 0 ? 0 : seconds;
    size_t i = 0;
    while (i < 3 && seconds < 2 * units[i].seconds)
        i++;
    return arena_printf(arena, "%lld %s", (long long)(seconds / units[i].seconds),
                        units[i].unit);
}

/* A lower bound where attempts were lost or prices are unknown. */
static str cost_of(struct arena *arena, const struct store_listing *listing)
{
    int64_t nanousd, unknown, lost;
    if (!store_cost(listing->path.p, &nanousd, &unknown, &lost))
        return STR("?");
    const char *bound = unknown || lost ? ">= " : "";
    return arena_printf(arena, "%s$%.*f", bound, nanousd < 10000000 ? 5 : 2,
                        (double)nanousd * 1e-9);
}

static void print_head(void)
{
    printf("%-22s %-11s %-22s %13s %12s %7s  %s\n", "run", "state", "experiment", "cells",
           "cost", "age", "");
}

static void print_listing(struct arena *arena, const struct store_listing *listing)
{
    str id = text_visible(arena, listing->id);
    if (listing->problem.n) {
        str problem = text_visible(arena, listing->problem);
        printf("%-22.*s %-11s %.*s\n", STR_ARG(id), state_of(listing), STR_ARG(problem));
        return;
    }
    const struct store_run *run = &listing->run;
    str name = text_visible(arena, text_shorten(arena, run->experiment, 22));
    str cells = arena_printf(arena, "%lld/%lld", (long long)listing->cells_done,
                             (long long)listing->own_cells);
    printf("%-22.*s %-11s %-22.*s %13.*s %12.*s %7.*s  %s", STR_ARG(id), state_of(listing),
           STR_ARG(name), STR_ARG(cells), STR_ARG(cost_of(arena, listing)),
           STR_ARG(age_of(arena, listing)), run->mock ? "mock" : "live");
    if (run->shards)
        printf(", shard %lld/%lld", (long long)run->shard, (long long)run->shards);
    putchar('\n');
}

static int runs_run(struct arena *arena, const void *given, const str *arg, size_t args,
                    struct err *err)
{
    const struct runs_cmd *options = given;
    struct store_listing *runs;
    size_t count;
    if (cmd_no_more(arg, args, 0, err) < 0 ||
        store_runs(options->folder.p, arena, &runs, &count, err) < 0)
        return -1;
    if (count == 0)
        fprintf(stderr, "no runs in %.*s\n", STR_ARG(options->folder));
    else
        print_head();
    for (size_t i = 0; i < count; i++)
        print_listing(arena, &runs[i]);
    return EXIT_FINE;
}

const struct cmd cmd_runs = {
    .name = "runs",
    .usage = "[options]",
    .summary = "list what has been run, newest first",
    CMD_OPTIONS(runs_cmd),
    .run = runs_run,
};
