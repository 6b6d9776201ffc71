/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_merge.c: weir merge: the shards of a run become one run.
 */
#include "cmd/cmd.h"
#include "session/places.h"

#include "store/merge.h"

#include <stdio.h>

struct merge_cmd {
    bool partial, quiet;
};

static const struct opt merge_cmd_options[] = {
    OPT_BOOL(merge_cmd, partial, .fallback = "false",
             .help =
                 "also when cells are missing: the joined run is incomplete, to be resumed"),
    OPT_BOOL(merge_cmd, quiet, .letter = 'q', .fallback = "false",
             .help = "say nothing when all is well"),
    OPT_END,
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void say(const struct store_merge *merge)
{
    fprintf(stderr, "%s: %lld cells of %zu runs", merge->out.p,
            (long long)(merge->cells - merge->missing), merge->runs);
    if (merge->agreeing)
        fprintf(stderr, "; %lld were in more than one of them, and the same",
                (long long)merge->agreeing);
    if (merge->missing)
        fprintf(stderr, "; %lld are missing", (long long)merge->missing);
    fputc('\n', stderr);
}

static int merge_run(struct arena *arena, const void *given, const str *arg, size_t args,
                     struct err *err)
{
    const struct merge_cmd *options = given;
    if (args < 2)
        return err_set(err, ERR_INPUT,
                       "expected OUT, a new file, and the runs to join; see --help");
    str *run = arena_array(arena, str, args);
    for (size_t i = 1; i < args; i++)
        if (run_find(arena, arg[i], &run[i - 1], err) < 0)
            return -1;
    struct store_merge merge = {
        .out = arena_str(arena, arg[0]),
        .run = run,
        .runs = args - 1,
        .partial = options->partial,
        .stop = &interrupted,
    };
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int status = store_merge(&merge, err);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (status < 0)
        return -1;
    if (!options->quiet)
        say(&merge);
    return merge.missing ? EXIT_INCOMPLETE : EXIT_FINE;
}

const struct cmd cmd_merge = {
    .name = "merge",
    .usage = "OUT RUN... [options]",
    .summary = "join the shards of a run (weir run --shard) into one run file",
    .details =
        "OUT is the new file, each RUN the path or ID of a shard. Refused are runs of another\n"
        "experiment, dataset or seed, runs that disagree on a cell, and shards that are\n"
        "missing. The file is there whole or not at all; the shards stay as they are.",
    CMD_OPTIONS(merge_cmd),
    .run = merge_run,
};
