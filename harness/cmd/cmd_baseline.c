/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_baseline.c: weir baseline save: what a comparison needs of a run, as a file for a repository.
 */
#include "cmd/cmd.h"
#include "session/places.h"
#include "session/side.h"

#include "base/file.h"

#include <stdio.h>

struct baseline_cmd {
    bool partial;
};

static const struct opt baseline_cmd_options[] = {
    OPT_BOOL(baseline_cmd, partial, .fallback = "false",
             .help = "also of a run that has pending cells"),
    OPT_END,
};

static int save(struct arena *arena, const struct baseline_cmd *options, str run, str file,
                struct err *err)
{
    struct side side;
    if (!str_equal(path_extension(file), STR("json")))
        return err_set(err, ERR_INPUT, "'%.*s' is no name of a baseline; expected FILE.json",
                       STR_ARG(file));
    if (run_find(arena, run, &run, err) < 0 || side_of_run(&side, run, arena, err) < 0)
        return -1;
    side_drop_beyond(&side, arena);
    size_t planned = side.variants * side.samples * (size_t)side.trials;
    if (side.cells < planned && !options->partial)
        return err_set(err, ERR_INPUT,
                       "%s: %zu of %zu cells have no result; expected a run that is complete, "
                       "or --partial",
                       run.p, planned - side.cells, planned);
    struct buf out = {0};
    baseline_write(&out, &side);
    int result = file_write(arena_str(arena, file).p, buf_str(&out), err);
    if (result == 0)
        fprintf(stderr, "baseline: %.*s, %zu bytes, of run %.*s\n", STR_ARG(file), out.n,
                STR_ARG(side.run));
    buf_release(&out);
    return result;
}

static int baseline_run(struct arena *arena, const void *given, const str *arg, size_t args,
                        struct err *err)
{
    if (args < 2 || args > 3 || !str_equal(arg[0], STR("save")))
        return err_set(err, ERR_INPUT, "expected save [RUN] FILE.json");
    str run = args == 3 ? arg[1] : STR("");
    return save(arena, given, run, arg[args - 1], err);
}

static const char *const actions[] = {"save", NULL};

const struct cmd cmd_baseline = {
    .name = "baseline",
    .usage = "save [RUN] FILE.json",
    .summary = "keep what a comparison needs of a run, as a small file for a repository",
    .details =
        "FILE.json holds results, times and costs by variant, sample and trial; no prompts\n"
        "and no answers. weir compare FILE.json RUN compares a run with it.",
    .words = actions,
    CMD_OPTIONS(baseline_cmd),
    .run = baseline_run,
};
