/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a history is told of a run and of its difference from another (see past.h). Every number is that of
 * a summary, made of the cells of one run, or of both with namesakes among their variants compared. */
#include "cmd/past.h"

#include "base/text.h"
#include "session/difference.h"

/* ---- what is different ---- */

static void note_lines(struct history *history, size_t run, str lines)
{
    str line;
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        history_add_note(history, run, str_trim(line));
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

static void note_drift(struct history *history, size_t run, const struct side *was,
                       const struct side *is, struct arena *arena)
{
    static const char *const what[] = {"model", "fingerprint"};
    for (size_t i = 0; i < is->repliers; i++) {
        str model = is->replier[i].model;
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first = first && !str_equal(is->replier[k].model, model);
        for (int f = 0; f < 2 && first; f++) {
            str before = names_of(arena, was, model, f), now = names_of(arena, is, model, f);
            if (before.n && now.n && !str_equal(before, now))
                history_add_note(
                    history, run,
                    arena_printf(arena, "replies of '%.*s' name the %s %.*s, and %.*s before",
                                 STR_ARG(model), what[f], STR_ARG(now), STR_ARG(before)));
        }
    }
}

void past_note_changes(struct history *history, size_t run, const struct past_run *was,
                       const struct past_run *is, struct arena *arena)
{
    enum { LINES = 6 };
    struct buf lines = {0};
    size_t count = difference_of(was->side.definition, is->side.definition, LINES, &lines);
    if (count == 0 &&
        !str_equal(was->listing->run.experiment_hash, is->listing->run.experiment_hash))
        buf_add_str(&lines,
                    STR("a file of the experiment was edited: a prompt, a schema, a program"));
    note_lines(history, run, buf_str(&lines));
    buf_release(&lines);
    if (!str_equal(was->side.version, is->side.version))
        history_add_note(history, run,
                         arena_printf(arena, "weir %.*s ran it, and %.*s the one before",
                                      STR_ARG(is->side.version), STR_ARG(was->side.version)));
    note_drift(history, run, &was->side, &is->side, arena);
}

/* ---- figures ---- */

static struct summary_meta meta_of(const struct side *side)
{
    return (struct summary_meta){.version = STR(WEIR_VERSION),
                                 .experiment = side->experiment,
                                 .run = side->run,
                                 .mock = side->mock,
                                 .confidence = side->confidence,
                                 .reducer = side->reducer,
                                 .baseline = SUMMARY_NO_BASELINE,
                                 .samples = side->samples,
                                 .trials = (size_t)side->trials,
                                 .scores = side->score,
                                 .score_count = side->scores};
}

int past_add_values(struct history *history, size_t run, const struct side *side,
                    struct err *err)
{
    struct summary_meta meta = meta_of(side);
    meta.variants = side->variant;
    meta.variant_count = side->variants;
    struct summary *summary = summary_begin(&meta);
    int result = 0;
    for (size_t v = 0; v < side->variants && result == 0; v++)
        result = side_feed(side, v, NULL, summary, v, err);
    if (result == 0)
        result = summary_finish(summary, err);
    for (size_t v = 0; v < side->variants && result == 0; v++)
        history_add_value(history, run, side->variant[v].name, &summary->variants[v]);
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
int past_add_changes(struct history *history, size_t from, size_t run, const struct side *was,
                     const struct side *is, bool overall, struct err *err)
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
        if (side_feed(was, of_was[i], NULL, summary, 2 * i, err) < 0 ||
            side_feed(is, of_is[i], NULL, summary, 2 * i + 1, err) < 0)
            result = -1;
    if (result == 0)
        result = summary_finish(summary, err);
    size_t clusters = clusters_of(is);
    for (size_t i = 0; i < pairs && result == 0; i++)
        history_add_change(history, from, run, is->variant[of_is[i]].name, overall,
                           &summary->comparisons[i], clusters);
    summary_free(summary);
    arena_release(&arena);
    return result;
}
