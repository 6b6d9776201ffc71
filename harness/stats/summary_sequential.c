/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons that hold wherever a run stops: of each pair the samples that are complete in both, in
 * the order of the plan, give a confidence sequence and, for single answers, McNemar's sequential test
 * (stats/sequential.h). */
#include <math.h>

#include "base/mem.h"
#include "stats/multiple.h"
#include "stats/summary_stop_inside.h"

bool summary_is_sequential(const struct summary *summary)
{
    return summary->private->watched && summary->private->watched->begun;
}

/* Either way round. */
static bool is_watched_pair(const struct summary *summary, size_t a, size_t b)
{
    const struct summary_stop_rule *rule = summary->meta.stop;

    return (a == rule->candidate && b == rule->baseline) ||
           (b == rule->candidate && a == rule->baseline);
}

/* All samples that are complete in both, in the order of the plan, without an end. */
static void look_at_pair(const struct summary *summary, size_t baseline, size_t candidate,
                         bool score, double alpha, struct stats_stop *stop)
{
    const struct summary_rows *rows = summary->private;
    const struct summary_watched *w = rows->watched;
    const size_t variants[] = {candidate, baseline};
    struct stats_stop_rule rule = {.alpha = alpha,
                                   .min_samples = UINT64_MAX,
                                   .single = summary_watched_single(summary, score),
                                   .reducer = summary->meta.reducer};

    stats_stop_init(stop, &rule, w->clustered ? &w->clusters : NULL, w->samples,
                    summary->meta.trials);
    for (int side = 0; side < 2; side++)
        for (size_t i = rows->cell_start[variants[side]];
             i < rows->cell_start[variants[side] + 1]; i++) {
            const struct summary_cell *cell = &rows->cells[i];
            size_t place;

            if (summary_is_finished((enum summary_status)cell->status) &&
                summary_place_in_plan(w, cell->sample, &place))
                stats_stop_cell(stop, place, (enum stats_stop_side)side, cell->trial,
                                score ? summary_value_score(summary, cell, 0)
                                      : summary_value_correct(summary, cell, 0));
        }
}

struct summary_estimate summary_stop_estimate(const struct stats_stop *stop)
{
    const struct stats_confidence_sequence *s = &stop->sequence;

    if (stop->pairs == 0)
        return summary_unknown("no sample of the plan's beginning is complete in both");
    return (struct summary_estimate){
        .value = maybe_of(stats_sum_value(&stop->sum) / (double)stop->pairs),
        .low = s->inconsistent ? maybe_none() : maybe_of(s->low),
        .high = s->inconsistent ? maybe_none() : maybe_of(s->high),
        .method = "eb_confidence_sequence",
        .n = stop->pairs};
}

struct summary_estimate summary_sequence(const struct summary *summary, size_t baseline,
                                         size_t candidate, bool score, double alpha, maybe *p)
{
    struct stats_stop stop;
    struct summary_estimate result;

    look_at_pair(summary, baseline, candidate, score, alpha, &stop);
    result = summary_stop_estimate(&stop);
    if (p)
        *p = stop.rule.single && stop.pairs ? maybe_of(stop.test.p) : maybe_none();
    stats_stop_release(&stop);
    return result;
}

double summary_sequential_alpha(const struct summary *summary,
                                const struct summary_comparison *c)
{
    return is_watched_pair(summary, c->baseline, c->candidate) ? summary->meta.stop->alpha
                                                               : 1.0 - summary->meta.confidence;
}

void summary_compare_sequentially(struct summary *summary, struct summary_comparison *c)
{
    c->accuracy = summary_sequence(summary, c->baseline, c->candidate, false,
                                   summary_sequential_alpha(summary, c), &c->p);
    c->dropped += c->pairs;
    c->pairs = c->accuracy.n;
    c->dropped = c->dropped > c->pairs ? c->dropped - c->pairs : 0;
    c->test = c->p.known ? "sequential_mcnemar" : "none";
    c->detectable = maybe_none();
}

struct summary_estimate summary_score_sequence(const struct summary *summary,
                                               const struct summary_comparison *c)
{
    return summary_sequence(summary, c->baseline, c->candidate, true,
                            summary_sequential_alpha(summary, c), NULL);
}

static enum summary_verdict verdict_of(const struct summary_comparison *c, double alpha)
{
    bool better = c->accuracy.value.value > 0.0, decided;

    if (!c->accuracy.value.known)
        return SUMMARY_NOT_COMPARABLE;
    if (c->p.known) {
        decided = c->p_adjusted.value <= alpha && fabs(c->accuracy.value.value) > 0.0;
    } else {
        better = c->low_simultaneous.known && c->low_simultaneous.value > 0.0;
        decided = better || (c->high_simultaneous.known && c->high_simultaneous.value < 0.0);
    }
    if (!decided)
        return SUMMARY_NO_CLEAR_DIFFERENCE;
    return better ? SUMMARY_BETTER : SUMMARY_WORSE;
}

/* The watched pair was named before the run and is a family of its own; the others share one. */
void summary_judge_sequentially(const struct summary *summary,
                                struct summary_comparison *comparisons, size_t count)
{
    maybe *p = xcalloc(count + 1, sizeof *p), *adjusted = xcalloc(count + 1, sizeof *adjusted);
    uint64_t family = 0;

    for (size_t i = 0; i < count; i++) {
        const struct summary_comparison *c = &comparisons[i];
        bool watched = is_watched_pair(summary, c->baseline, c->candidate);

        p[i] = watched ? maybe_none() : c->p;
        family += !watched && c->accuracy.value.known;
    }
    stats_holm(p, count, adjusted);
    for (size_t i = 0; i < count; i++) {
        struct summary_comparison *c = &comparisons[i];
        bool watched = is_watched_pair(summary, c->baseline, c->candidate);
        double alpha = watched ? summary->meta.stop->alpha : summary->meta.alpha;

        c->family = watched ? 1 : family;
        c->p_adjusted = watched ? c->p : adjusted[i];
        if (c->accuracy.value.known) {
            struct summary_estimate all = summary_sequence(
                summary, c->baseline, c->candidate, false, alpha / (double)c->family, NULL);
            c->low_simultaneous = all.low;
            c->high_simultaneous = all.high;
        }
        c->verdict = verdict_of(c, alpha);
        c->borderline = false;
    }
    xfree(p);
    xfree(adjusted);
}
