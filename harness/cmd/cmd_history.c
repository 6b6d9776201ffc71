/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_history.c: weir history: the runs of one experiment, one after the other, and which changes the
 * statistics support.
 *
 * What is left out is named with its reason. At most three runs are in memory at once.
 */
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/past.h"
#include "session/places.h"

#include "base/file.h"
#include "base/text.h"
#include "plan/experiment.h"
#include "reports/history_report.h"

struct history_cmd {
    str folder, like, output, md, html, json, csv, plots;
    int64_t newest;
};

static const struct opt history_cmd_options[] = {
    OPT_TEXT(history_cmd, folder, .word = "DIR",
             .help = "where runs lie; .weir/runs beside the experiment by default"),
    OPT_TEXT(
        history_cmd, like, .word = "RUN",
        .help = "the run whose dataset and scores the others must have; the newest by default"),
    OPT_INT(history_cmd, newest, .letter = 'n', .min = 2, .max = 1000, .fallback = "20",
            .help = "so many runs, the newest"),
    OPT_TEXT(history_cmd, output, .letter = 'o', .word = "FILE",
             .help = "write the history; its format by the extension: csv html json md txt"),
    OPT_TEXT(history_cmd, md, .bare = "-", .word = "FILE",
             .help = "as Markdown; stdout without a FILE"),
    OPT_TEXT(history_cmd, html, .bare = "-", .word = "FILE",
             .help = "as an HTML page, with the trends; stdout without a FILE"),
    OPT_TEXT(history_cmd, json, .bare = "-", .word = "FILE",
             .help = "as JSON; stdout without a FILE"),
    OPT_TEXT(history_cmd, csv, .bare = "-", .word = "FILE",
             .help = "as CSV, a row a run, variant and metric; stdout without a FILE"),
    OPT_TEXT(history_cmd, plots, .word = "DIR",
             .help = "draw the trends with gnuplot into a folder"),
    OPT_END,
};

struct looking {
    struct arena *arena;
    struct err *err;
    const struct history_cmd *options;
    str folder, name;
    const struct store_listing **run; /* of the experiment, newest first */
    size_t runs;
    struct past_run measure; /* what the others must be like */
    struct history *history;
};

/* ---- which runs ---- */

/* EXPERIMENT is a file or folder, or the name that runs here have; empty: that of the newest. */
static void find_where(struct looking *l, str given)
{
    struct err unknown = {0};
    str path;
    l->folder = STR(".weir/runs");
    l->name = given;
    if (given.n && experiment_find(l->arena, given, &path, &unknown) == 0) {
        l->folder = path_beside(l->arena, path, STR(".weir/runs"));
        l->name = experiment_name_of(l->arena, path);
    }
    if (l->options->folder.n)
        l->folder = arena_str(l->arena, l->options->folder);
}

static int find_runs(struct looking *l)
{
    struct store_listing *all;
    size_t count;
    if (store_runs(l->folder.p, l->arena, &all, &count, l->err) < 0)
        return -1;
    l->run = arena_array(l->arena, const struct store_listing *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!l->name.n && !all[i].problem.n)
            l->name = all[i].run.experiment;
        if (all[i].problem.n || str_equal(all[i].run.experiment, l->name))
            l->run[l->runs++] = &all[i];
    }
    for (size_t i = 0; i < l->runs; i++)
        if (!l->run[i]->problem.n)
            return 0;
    return err_set(l->err, ERR_INPUT, "no runs of '%.*s' in %.*s",
                   STR_ARG(text_visible(l->arena, l->name)), STR_ARG(l->folder));
}

/* ---- one after the other ---- */

/* False: it cannot be shown, and is left out with the reason. */
static bool load(struct looking *l, struct past_run *to, const struct store_listing *listing)
{
    str reason = past_open(to, listing, &l->measure, l->arena);
    if (reason.n)
        history_leave_out(l->history, listing->id, past_time(l->arena, listing), reason);
    return to->open;
}

static size_t add_run(struct looking *l, const struct past_run *loaded)
{
    struct history_run_meta meta = {.id = loaded->side.run,
                                    .time = past_time(l->arena, loaded->listing),
                                    .mock = loaded->side.mock,
                                    .seed = loaded->listing->run.seed,
                                    .version = loaded->side.version};
    return history_add_run(l->history, &meta);
}

/* *end: runs before it in the list have been left out already. */
static int find_measure(struct looking *l, size_t *end)
{
    str path;
    *end = 0;
    if (!l->options->like.n) {
        while (*end < l->runs && !load(l, &l->measure, l->run[*end]))
            ++*end;
        return 0;
    }
    if (run_find(l->arena, l->options->like, &path, l->err) < 0 ||
        side_of_run(&l->measure.side, path, &l->measure.arena, l->err) < 0)
        return -1;
    l->measure.open = true;
    if (str_equal(l->measure.side.experiment, l->name))
        return 0;
    return err_set(l->err, ERR_INPUT, "%.*s: is of another experiment; expected a run of %.*s",
                   STR_ARG(path), STR_ARG(text_visible(l->arena, l->name)));
}

/* The newest against the oldest, which is opened once more. */
static int add_overall(struct looking *l, const struct past_run *newest,
                       const struct store_listing *oldest)
{
    struct past_run old = {0};
    size_t last = l->history->runs - 1;
    if (last < 2)
        return 0;
    int result = side_of_run(&old.side, oldest->path, &old.arena, l->err);
    if (result == 0)
        result = past_add_changes(l->history, 0, last, &old.side, &newest->side, true, l->err);
    past_close(&old);
    return result;
}

static int add_one(struct looking *l, struct past_run *before, struct past_run *now)
{
    size_t run = add_run(l, now);
    if (before->open) {
        past_note_changes(l->history, run, before, now, l->arena);
        if (past_add_changes(l->history, run - 1, run, &before->side, &now->side, false,
                             l->err) < 0)
            return -1;
    }
    return past_add_values(l->history, run, &now->side, l->err);
}

/* From the oldest to the newest. */
static int add_all(struct looking *l)
{
    size_t first, most = (size_t)l->options->newest;
    const struct store_listing *oldest = NULL;
    struct past_run before = {0};
    int result = find_measure(l, &first);
    if (result < 0 || !l->measure.open)
        return result;
    const struct side *measure = &l->measure.side;
    history_set_dataset(l->history, measure->dataset, measure->fingerprint,
                        measure->confidence);
    size_t end = l->runs < first + most ? l->runs : first + most;
    for (size_t i = end; i-- > first && result == 0;) {
        struct past_run now;
        if (!load(l, &now, l->run[i]))
            continue;
        oldest = oldest ? oldest : l->run[i];
        result = add_one(l, &before, &now);
        past_close(&before);
        before = now;
    }
    if (result == 0 && before.open)
        result = add_overall(l, &before, oldest);
    past_close(&before);
    return result;
}

/* ---- output ---- */

static int write_all(struct looking *l)
{
    const struct history_cmd *options = l->options;
    if (options->plots.n && history_plots(options->plots, l->history, l->err) < 0)
        return -1;
    return output_paper(
        &history_paper, l->history,
        &(struct output_files){options->output, options->md, options->html, options->json,
                               options->csv},
        l->arena, l->err);
}

static int history_run_cmd(struct arena *arena, const void *given, const str *arg, size_t args,
                           struct err *err)
{
    struct looking l = {.arena = arena, .err = err, .options = given};
    if (cmd_no_more(arg, args, 1, err) < 0)
        return -1;
    find_where(&l, cmd_arg(arg, args, 0));
    if (find_runs(&l) < 0)
        return -1;
    l.history = history_begin(&(struct history_meta){.experiment = l.name});
    int result = add_all(&l);
    if (result == 0) {
        history_finish(l.history);
        result = write_all(&l);
    }
    past_close(&l.measure);
    history_free(l.history);
    return result;
}

const struct cmd cmd_history = {
    .name = "history",
    .usage = "[EXPERIMENT] [options]",
    .summary = "the runs of one experiment over time, and which changes are supported",
    .details =
        "EXPERIMENT is an experiment file or its folder, or the name that runs in .weir/runs\n"
        "have; by default that of the newest run here. Shown are whole runs of the newest\n"
        "one's dataset and scores, each compared with the one before it; what is left out is\n"
        "named with its reason (docs/history.md).",
    CMD_OPTIONS(history_cmd),
    .run = history_run_cmd,
};
