/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_history.c: weir history: the runs of one experiment, one after the other, and which changes the
 * statistics support.
 *
 * One run, the newest by default, is the measure of what is comparable: same dataset, same scores,
 * same kind of provider, whole. What is left out is named with its reason. At most three runs are in
 * memory at once.
 */
#include "cmd/cmd.h"
#include "cmd/difference.h"
#include "cmd/output.h"
#include "cmd/places.h"
#include "cmd/side.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/experiment.h"
#include "reports/history_report.h"
#include "stats/history.h"

struct history_cmd {
    str folder, like, output, md, json, csv, plots;
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
             .help = "write the history; its format by the extension: csv json md txt"),
    OPT_TEXT(history_cmd, md, .bare = "-", .word = "FILE",
             .help = "as Markdown; stdout without a FILE"),
    OPT_TEXT(history_cmd, json, .bare = "-", .word = "FILE",
             .help = "as JSON; stdout without a FILE"),
    OPT_TEXT(history_cmd, csv, .bare = "-", .word = "FILE",
             .help = "as CSV, a row a run, variant and metric; stdout without a FILE"),
    OPT_TEXT(history_cmd, plots, .word = "DIR",
             .help = "draw the trends with gnuplot into a folder"),
    OPT_END,
};

/* A run that may be shown, open or not. */
struct loaded {
    const struct store_listing *listing;
    struct arena arena;
    struct side side;
    bool open;
};

struct looking {
    struct arena *arena;
    struct err *err;
    const struct history_cmd *options;
    str folder, name;
    const struct store_listing **run; /* of the experiment, newest first */
    size_t runs;
    struct loaded measure; /* what the others must be like */
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

static str time_of(struct arena *arena, const struct store_listing *listing)
{
    char time[24] = "";
    if (!listing->problem.n)
        clock_iso(listing->run.created_wall, time, sizeof time);
    return arena_str(arena, str_from(time));
}

static void leave_out(struct looking *l, const struct store_listing *listing, str reason)
{
    history_leave_out(l->history, listing->id, time_of(l->arena, listing), reason);
}

/* Why a run cannot be shown whatever the others are; empty: it can. */
static str own_reason(struct looking *l, const struct store_listing *listing)
{
    const struct store_run *run = &listing->run;
    if (listing->problem.n)
        return arena_printf(l->arena, "it cannot be read: %.*s", STR_ARG(listing->problem));
    if (listing->running)
        return STR("it is being written");
    if (run->shards)
        return arena_printf(l->arena, "it is shard %lld of %lld; weir merge joins them",
                            (long long)run->shard, (long long)run->shards);
    if (listing->cells_done < listing->own_cells)
        return arena_printf(l->arena, "%lld of %lld cells have no result",
                            (long long)(listing->own_cells - listing->cells_done),
                            (long long)listing->own_cells);
    if (run->scored_from.n)
        return arena_printf(l->arena, "its answers are those of run %.*s, scored again",
                            STR_ARG(run->scored_from));
    return STR("");
}

static str skipped_reason(const struct side *side)
{
    for (size_t i = 0; i < side->cells; i++)
        if (side->cell[i].status == SUMMARY_SKIPPED)
            return STR("it stopped early, when its own comparison was decided");
    return STR("");
}

static const char *provider_of(bool mock)
{
    return mock ? "weir-mock" : "a real provider";
}

/* Why it cannot stand beside the measure; empty: it can. */
static str reason_beside(struct looking *l, const struct side *side)
{
    const struct side *measure = &l->measure.side;
    str run = measure->run;
    if (side->mock != measure->mock)
        return arena_printf(l->arena, "%s answered it, and %s %.*s", provider_of(side->mock),
                            provider_of(measure->mock), STR_ARG(run));
    if (!str_equal(side->fingerprint, measure->fingerprint))
        return arena_printf(
            l->arena, "its dataset is another one: fingerprint %.*s, that of %.*s is %.*s",
            STR_ARG(side->fingerprint), STR_ARG(run), STR_ARG(measure->fingerprint));
    if (!str_equal(side->graders, measure->graders))
        return arena_printf(l->arena, "its scores are defined otherwise than those of %.*s",
                            STR_ARG(run));
    return STR("");
}

static void unload(struct loaded *loaded)
{
    arena_release(&loaded->arena);
    *loaded = (struct loaded){0};
}

/* False: it cannot be shown, and is left out with the reason. */
static bool load(struct looking *l, struct loaded *to, const struct store_listing *listing)
{
    struct err problem = {0};
    *to = (struct loaded){.listing = listing};
    str reason = own_reason(l, listing);
    if (reason.n == 0 && side_of_run(&to->side, listing->path, &to->arena, &problem) < 0)
        reason = arena_printf(l->arena, "it cannot be read: %s", problem.message);
    if (reason.n == 0)
        reason = skipped_reason(&to->side);
    if (reason.n == 0 && l->measure.open)
        reason = reason_beside(l, &to->side);
    to->open = reason.n == 0;
    if (!to->open) {
        leave_out(l, listing, reason);
        unload(to);
    }
    return to->open;
}

/* ---- what is different ---- */

static void note_lines(struct looking *l, size_t run, str lines)
{
    str line;
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        history_add_note(l->history, run, str_trim(line));
    }
}

/* "a, b": what the replies of a model name, each once. */
static str names_of(struct arena *arena, const struct side *side, str model, bool fingerprints)
{
    str list = STR("");
    for (size_t i = 0; i < side->repliers; i++) {
        const struct summary_replier *r = &side->replier[i];
        str name = fingerprints ? r->fingerprint : r->reported;
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && !(str_equal(side->replier[k].model, model) &&
                               str_equal(fingerprints ? side->replier[k].fingerprint
                                                      : side->replier[k].reported,
                                         name));
        if (str_equal(r->model, model) && name.n && first)
            list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "",
                                STR_ARG(name));
    }
    return list;
}

static void note_drift(struct looking *l, size_t run, const struct side *was,
                       const struct side *is)
{
    static const char *const what[] = {"model", "fingerprint"};
    for (size_t i = 0; i < is->repliers; i++) {
        str model = is->replier[i].model;
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && !str_equal(is->replier[k].model, model);
        for (int f = 0; f < 2 && first; f++) {
            str before = names_of(l->arena, was, model, f),
                now = names_of(l->arena, is, model, f);
            if (before.n && now.n && !str_equal(before, now))
                history_add_note(
                    l->history, run,
                    arena_printf(l->arena,
                                 "replies of '%.*s' name the %s %.*s, and %.*s before",
                                 STR_ARG(model), what[f], STR_ARG(now), STR_ARG(before)));
        }
    }
}

static void note_changes(struct looking *l, size_t run, const struct loaded *was,
                         const struct loaded *is)
{
    enum { LINES = 6 };
    struct buf lines = {0};
    size_t count = difference_of(was->side.definition, is->side.definition, LINES, &lines);
    if (count == 0 &&
        !str_equal(was->listing->run.experiment_hash, is->listing->run.experiment_hash))
        buf_add_str(&lines,
                    STR("a file of the experiment was edited: a prompt, a schema, a program"));
    note_lines(l, run, buf_str(&lines));
    buf_release(&lines);
    if (!str_equal(was->side.version, is->side.version))
        history_add_note(l->history, run,
                         arena_printf(l->arena, "weir %.*s ran it, and %.*s the one before",
                                      STR_ARG(is->side.version), STR_ARG(was->side.version)));
    note_drift(l, run, &was->side, &is->side);
}

/* ---- figures ---- */

static struct summary_meta meta_of(const struct side *side)
{
    return (struct summary_meta){.version = STR(WEIR_VERSION),
                                 .experiment = side->experiment,
                                 .run = side->run,
                                 .mock = side->mock,
                                 .confidence = side->confidence,
                                 .baseline = SUMMARY_NO_BASELINE,
                                 .samples = side->samples,
                                 .trials = (size_t)side->trials,
                                 .scores = side->score,
                                 .score_count = side->scores};
}

static int add_values(struct looking *l, size_t run, const struct side *side)
{
    struct summary_meta meta = meta_of(side);
    meta.variants = side->variant;
    meta.variant_count = side->variants;
    struct summary *summary = summary_begin(&meta);
    int result = 0;
    for (size_t v = 0; v < side->variants && result == 0; v++)
        result = side_feed(side, v, NULL, summary, v, l->err);
    if (result == 0)
        result = summary_finish(summary, l->err);
    for (size_t v = 0; v < side->variants && result == 0; v++)
        history_add_value(l->history, run, side->variant[v].name, &summary->variants[v]);
    summary_free(summary);
    return result;
}

static size_t clusters_of(const struct side *side)
{
    size_t count = 0;
    for (size_t i = 0; i < side->samples; i++) {
        str cluster = side->sample[i].cluster;
        bool seen = false;
        for (size_t k = 0; k < i && cluster.n && !seen; k++)
            seen = str_equal(side->sample[k].cluster, cluster);
        count += !seen;
    }
    return count;
}

/* The variants that both have, namesake against namesake. */
static int add_changes(struct looking *l, size_t from, size_t run, const struct side *was,
                       const struct side *is, bool overall)
{
    struct arena arena = {0};
    struct summary_meta meta = meta_of(is);
    struct summary_variant_meta *variant =
        arena_array(&arena, struct summary_variant_meta, 2 * is->variants + 1);
    struct summary_pair *pair = arena_array(&arena, struct summary_pair, is->variants + 1);
    size_t *of_was = arena_array(&arena, size_t, is->variants + 1);
    size_t *of_is = arena_array(&arena, size_t, is->variants + 1), pairs = 0;
    for (size_t v = 0; v < is->variants; v++)
        for (size_t w = 0; w < was->variants; w++)
            if (str_equal(is->variant[v].name, was->variant[w].name)) {
                variant[2 * pairs] = was->variant[w];
                variant[2 * pairs + 1] = is->variant[v];
                of_was[pairs] = w;
                of_is[pairs] = v;
                pair[pairs] = (struct summary_pair){2 * pairs, 2 * pairs + 1};
                pairs++;
            }
    meta.variants = variant;
    meta.variant_count = 2 * pairs;
    meta.pairs = pair;
    meta.pair_count = pairs;
    if (was->trials > is->trials)
        meta.trials = (size_t)was->trials;
    struct summary *summary = summary_begin(&meta);
    int result = 0;
    for (size_t i = 0; i < pairs && result == 0; i++)
        if (side_feed(was, of_was[i], NULL, summary, 2 * i, l->err) < 0 ||
            side_feed(is, of_is[i], NULL, summary, 2 * i + 1, l->err) < 0)
            result = -1;
    if (result == 0)
        result = summary_finish(summary, l->err);
    size_t clusters = clusters_of(is);
    for (size_t i = 0; i < pairs && result == 0; i++)
        history_add_change(l->history, from, run, is->variant[of_is[i]].name, overall,
                           &summary->comparisons[i], clusters);
    summary_free(summary);
    arena_release(&arena);
    return result;
}

static size_t add_run(struct looking *l, const struct loaded *loaded)
{
    struct history_run_meta meta = {.id = loaded->side.run,
                                    .time = time_of(l->arena, loaded->listing),
                                    .mock = loaded->side.mock,
                                    .seed = loaded->listing->run.seed,
                                    .version = loaded->side.version};
    return history_add_run(l->history, &meta);
}

/* ---- one after the other ---- */

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
static int add_overall(struct looking *l, const struct loaded *newest,
                       const struct store_listing *oldest)
{
    struct loaded old = {0};
    size_t last = l->history->runs - 1;
    if (last < 2)
        return 0;
    int result = side_of_run(&old.side, oldest->path, &old.arena, l->err);
    if (result == 0)
        result = add_changes(l, 0, last, &old.side, &newest->side, true);
    unload(&old);
    return result;
}

static int add_one(struct looking *l, struct loaded *before, struct loaded *now)
{
    size_t run = add_run(l, now);
    if (before->open) {
        note_changes(l, run, before, now);
        if (add_changes(l, run - 1, run, &before->side, &now->side, false) < 0)
            return -1;
    }
    return add_values(l, run, &now->side);
}

/* From the oldest to the newest. */
static int add_all(struct looking *l)
{
    size_t first, most = (size_t)l->options->newest;
    const struct store_listing *oldest = NULL;
    struct loaded before = {0};
    int result = find_measure(l, &first);
    if (result < 0 || !l->measure.open)
        return result;
    const struct side *measure = &l->measure.side;
    history_set_dataset(l->history, measure->dataset, measure->fingerprint,
                        measure->confidence);
    size_t end = l->runs < first + most ? l->runs : first + most;
    for (size_t i = end; i-- > first && result == 0;) {
        struct loaded now;
        if (!load(l, &now, l->run[i]))
            continue;
        oldest = oldest ? oldest : l->run[i];
        result = add_one(l, &before, &now);
        unload(&before);
        before = now;
    }
    if (result == 0 && before.open)
        result = add_overall(l, &before, oldest);
    unload(&before);
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
        &(struct output_files){options->output, options->md, options->json, options->csv},
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
    unload(&l.measure);
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
