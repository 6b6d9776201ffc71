/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_runs.c: weir runs: what has been run here.
 */
#include "cmd/cmd.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/store.h"

#include <stdio.h>

struct runs_cmd {
    str folder;
    int64_t newest;
    bool json;
};

static const struct opt runs_cmd_options[] = {
    OPT_TEXT(runs_cmd, folder, .fallback = ".weir/runs", .word = "DIR",
             .help = "where runs lie"),
    OPT_INT(runs_cmd, newest, .letter = 'n', .min = 1, .max = 1000000,
            .help = "so many, the newest; all by default"),
    OPT_BOOL(runs_cmd, json, .fallback = "false", .help = "print a JSON list instead"),
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
    if (run->state == STORE_INTERRUPTED && !listing->running && run->stop_reason.n)
        printf(", %.*s",
               STR_ARG(text_visible(arena, text_shorten(arena, run->stop_reason, 40))));
    putchar('\n');
}

/* ---- for programs ---- */

static const json *listing_json(struct arena *arena, const struct store_listing *listing)
{
    const struct store_run *run = &listing->run;
    json *object = json_new_object(arena);
    int64_t nanousd, unknown, lost;
    char time[24];
    json_set_text(arena, object, "run", listing->id);
    json_set_text(arena, object, "path", listing->path);
    json_set_text(arena, object, "state", str_from(state_of(listing)));
    if (listing->problem.n) {
        json_set_text(arena, object, "problem", listing->problem);
        return object;
    }
    clock_iso(run->created_wall, time, sizeof time);
    json_set_text(arena, object, "began", str_from(time));
    json_set_text(arena, object, "experiment", run->experiment);
    json_set(arena, object, STR("mock"), json_new_bool(run->mock));
    json_set_int(arena, object, "cells", listing->own_cells);
    json_set_int(arena, object, "cells_done", listing->cells_done);
    if (store_cost(listing->path.p, &nanousd, &unknown, &lost)) {
        json_set(arena, object, STR("known_cost_usd"),
                 json_new_number(arena, (double)nanousd * 1e-9));
        json_set_int(arena, object, "unknown_cost_calls", unknown);
        json_set_int(arena, object, "lost_attempts", lost);
    }
    if (run->shards) {
        json_set_int(arena, object, "shard", run->shard);
        json_set_int(arena, object, "shards", run->shards);
    }
    if (run->stop_reason.n)
        json_set_text(arena, object, "stop_reason", run->stop_reason);
    return object;
}

static void print_json(struct arena *arena, const struct store_listing *runs, size_t count)
{
    struct buf out = {0};
    json *list = json_new_list(arena);
    for (size_t i = 0; i < count; i++)
        json_add(arena, list, listing_json(arena, &runs[i]));
    json_write_indented(&out, list, 2);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

/* Those of the experiment with that name (empty: of all), at most `newest` (0: all). */
static size_t choose(struct store_listing *runs, size_t count, str name, int64_t newest)
{
    size_t kept = 0;
    for (size_t i = 0; i < count && (newest == 0 || kept < (size_t)newest); i++)
        if (name.n == 0 || str_equal(runs[i].run.experiment, name))
            runs[kept++] = runs[i];
    return kept;
}

static int runs_run(struct arena *arena, const void *given, const str *arg, size_t args,
                    struct err *err)
{
    const struct runs_cmd *options = given;
    struct store_listing *runs;
    size_t count;
    str name = cmd_arg(arg, args, 0);
    if (cmd_no_more(arg, args, 1, err) < 0 ||
        store_runs(options->folder.p, arena, &runs, &count, err) < 0)
        return -1;
    count = choose(runs, count, name, options->newest);
    if (options->json) {
        print_json(arena, runs, count);
        return EXIT_FINE;
    }
    if (count == 0)
        fprintf(stderr, "no runs%s%.*s in %.*s\n", name.n ? " of " : "",
                STR_ARG(text_visible(arena, name)), STR_ARG(options->folder));
    else
        print_head();
    for (size_t i = 0; i < count; i++)
        print_listing(arena, &runs[i]);
    return EXIT_FINE;
}

const struct cmd cmd_runs = {
    .name = "runs",
    .usage = "[NAME] [options]",
    .summary = "list what has been run, newest first",
    .details =
        "NAME is that of an experiment, whose runs alone are listed. weir history shows what\n"
        "they say, side by side.",
    CMD_OPTIONS(runs_cmd),
    .run = runs_run,
};
