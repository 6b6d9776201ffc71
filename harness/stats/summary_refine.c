/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rounds of a refinement buy. Draws are keyed by their place, so a run with fewer rounds would
 * have had the same drafts: what it would have returned is known, cell by cell. Never are only
 * the cells averaged that came to a round: those are the hard ones. */
#include <inttypes.h>
#include <math.h>

#include "stats/format.h"
#include "stats/interval.h"
#include "stats/summary_refine_inside.h"

static const double stuck_from = 0.98;
static const double settled = 0.95; /* share of cells: enough for an advice */
static const double point = 0.01;

const char *summary_measure_name(enum summary_measure measure)
{
    static const char *const names[] = {NULL, "accuracy", "score", "evaluator"};

    return names[measure];
}

/* ---- what fewer rounds would have returned ---- */

/* The evaluator's best draft so far, of equals the later; without its scores the last. */
static size_t best_of(const struct summary_loop *loop, size_t rounds)
{
    size_t best = rounds - 1;

    for (size_t r = rounds; r-- > 0;)
        if (!isnan(loop->own[r]) && (isnan(loop->own[best]) || loop->own[r] > loop->own[best]))
            best = r;
    return best;
}

/* Quality of what `max_rounds: rounds` would have returned; NAN: not known. */
static double quality_after(const struct summary_refining *w, const struct summary_loop *loop,
                            size_t rounds)
{
    enum summary_measure measure = w->to->measure;
    const double *of = measure == SUMMARY_MEASURE_EVALUATOR ? loop->own : loop->quality;

    if (measure == SUMMARY_MEASURE_ANSWER && !summary_cell_is_scored(w, loop->cell))
        return (double)NAN;
    if (rounds >= loop->rounds && measure == SUMMARY_MEASURE_ANSWER)
        return summary_value_correct(w->summary, &w->cells[loop->cell], 0).value;
    size_t had = rounds < loop->rounds ? rounds : loop->rounds;
    if (loop->accepted && loop->accepted <= had)
        return of[loop->accepted - 1];
    if (w->to->must_accept && measure == SUMMARY_MEASURE_ANSWER)
        return 0.0;
    return of[best_of(loop, had)];
}

/* By cell; those of several loops in one cell are averaged. */
static double *after(const struct summary_refining *w, struct arena *scratch, size_t rounds)
{
    double *values = arena_array(scratch, double, w->count + 1);
    double *times = arena_array(scratch, double, w->count + 1);

    for (size_t i = 0; i < w->times; i++) {
        double one = quality_after(w, &w->loops[i], rounds);
        if (isnan(one))
            continue;
        values[w->loops[i].cell] += one;
        times[w->loops[i].cell] += 1.0;
    }
    for (size_t i = 0; i < w->count; i++)
        values[i] = times[i] > 0.0 ? values[i] / times[i] : (double)NAN;
    return values;
}

static struct summary_estimate mean_of(const struct summary_refining *w, const double *values)
{
    struct arena scratch = {0};
    struct summary_series series = summary_series_of(&scratch, w->summary, w->variant, values);
    struct summary_estimate result;

    if (series.trials.samples == 0) {
        result = summary_unknown("nothing measures a draft");
    } else if (w->to->measure == SUMMARY_MEASURE_EVALUATOR) {
        struct stats_mean mean = stats_mean_t(series.means, series.trials.samples,
                                              series.clusters, w->summary->meta.confidence);
        result = summary_mean(&mean, series.trials.samples);
    } else {
        result = summary_share(w->summary, &series);
    }
    arena_release(&scratch);
    return result;
}

static struct summary_estimate gain_of(const struct summary_refining *w, const double *now,
                                       const double *before)
{
    struct arena scratch = {0};
    double *d = arena_array(&scratch, double, w->count + 1);
    struct summary_estimate result;

    for (size_t i = 0; i < w->count; i++)
        d[i] = now[i] - before[i];
    result = w->to->measure == SUMMARY_MEASURE_EVALUATOR
                 ? mean_of(w, d)
                 : summary_paired(w->summary, w->variant, d);
    arena_release(&scratch);
    return result;
}

static void fill_quality(struct summary_refining *w)
{
    struct summary_refinement *to = w->to;
    const double *last = after(w, w->scratch, to->round_count), *before = NULL;

    for (size_t r = 0; r < to->round_count; r++) {
        struct summary_round *round = &to->rounds[r];
        const double *now = after(w, w->scratch, r + 1);
        round->quality = mean_of(w, now);
        round->gain = before ? gain_of(w, now, before) : summary_unknown("it is the first");
        round->rest =
            r + 1 < to->round_count ? gain_of(w, last, now) : summary_unknown("it is the last");
        for (size_t i = 0; before && i < w->count; i++) {
            round->fixed += now[i] > before[i];
            round->broken += now[i] < before[i];
        }
        before = now;
    }
}

/* ---- counts ---- */

static struct summary_estimate accepted_by(const struct summary_refining *w, unsigned rounds)
{
    double *values = arena_array(w->scratch, double, w->count + 1);
    double *times = arena_array(w->scratch, double, w->count + 1);
    struct arena scratch = {0};

    for (size_t i = 0; i < w->times; i++) {
        const struct summary_loop *loop = &w->loops[i];
        values[loop->cell] += loop->accepted && loop->accepted <= rounds ? 1.0 : 0.0;
        times[loop->cell] += 1.0;
    }
    for (size_t i = 0; i < w->count; i++)
        values[i] = times[i] > 0.0 ? values[i] / times[i] : (double)NAN;
    struct summary_series series = summary_series_of(&scratch, w->summary, w->variant, values);
    struct summary_estimate result = summary_share(w->summary, &series);
    arena_release(&scratch);
    return result;
}

static void count_round(const struct summary_refining *w, size_t r)
{
    struct summary_round *round = &w->to->rounds[r];
    double likeness = 0.0, likened = 0.0;

    round->number = (unsigned)r + 1;
    for (size_t i = 0; i < w->times; i++) {
        const struct summary_loop *loop = &w->loops[i];
        if (loop->rounds <= r)
            continue;
        round->reached++;
        round->accepted += loop->accepted == r + 1;
        if (!isnan(loop->likeness[r])) {
            likeness += loop->likeness[r];
            likened += 1.0;
            w->to->stuck += loop->likeness[r] >= stuck_from && loop->accepted != r + 1;
        }
    }
    round->likeness = likened > 0.0 ? maybe_of(likeness / likened) : maybe_none();
    round->accepted_by = accepted_by(w, (unsigned)r + 1);
}

static void count_loops(struct summary_refining *w)
{
    struct summary_refinement *to = w->to;

    to->cells = w->times;
    for (size_t i = 0; i < w->times; i++) {
        const struct summary_loop *loop = &w->loops[i];
        to->drafts += loop->rounds;
        to->accepted += loop->accepted > 0;
        to->capped += !loop->accepted && loop->stopped;
        to->alike += !loop->accepted && loop->ended && !loop->stopped;
        to->failed += !loop->accepted && !loop->ended;
        to->must_accept = to->must_accept || loop->must_accept;
        if (loop->rounds > to->round_count)
            to->round_count = loop->rounds;
    }
    to->mean_rounds = w->times ? maybe_of((double)to->drafts / (double)w->times) : maybe_none();
    to->rounds = arena_array(&w->summary->arena, struct summary_round, to->round_count + 1);
    for (size_t r = 0; r < to->round_count; r++)
        count_round(w, r);
}

/* Drafts of a cell that are right (or wrong), and those of them that got the other verdict. */
static void count_misjudged(const struct summary_refining *w, bool right, double *wrongly,
                            double *drafts)
{
    for (size_t i = 0; i < w->times; i++) {
        const struct summary_loop *loop = &w->loops[i];
        for (size_t r = 0; r < loop->rounds; r++)
            if (!isnan(loop->quality[r]) && loop->right[r] == right) {
                wrongly[loop->cell] += (loop->accepted == r + 1) != right;
                drafts[loop->cell] += 1.0;
            }
    }
}

/* Of all drafts that are right (or wrong) the share that got the other verdict. A ratio of sums: a
 * mean of the cells' shares would be too low, for an accepted draft is a cell's last one. Its
 * standard error is that of the linearised ratio over samples. */
static struct summary_estimate misjudged(const struct summary_refining *w, bool right)
{
    const struct summary *summary = w->summary;
    struct arena scratch = {0};
    double *wrongly = arena_array(&scratch, double, w->count + 1);
    double *drafts = arena_array(&scratch, double, w->count + 1);
    double *values = arena_array(&scratch, double, w->count + 1);
    size_t *places = arena_array(&scratch, size_t, w->count + 1);
    struct summary_estimate result = summary_unknown("nothing says which drafts are right");
    double all_wrongly = 0.0, all = 0.0;
    size_t samples = 0;

    if (w->to->measure == SUMMARY_MEASURE_ANSWER || w->to->measure == SUMMARY_MEASURE_STEP) {
        count_misjudged(w, right, wrongly, drafts);
        result = summary_unknown("there is no such draft");
    }
    for (size_t i = 0; i < w->count; i++) {
        if (!(drafts[i] > 0.0))
            continue;
        all_wrongly += wrongly[i];
        all += drafts[i];
        if (samples == 0 || places[samples - 1] != w->cells[i].place)
            places[samples++] = w->cells[i].place;
    }
    if (samples) {
        double share = all_wrongly / all, mean = all / (double)samples;
        for (size_t i = 0, at = 0; i < w->count; i++) {
            if (!(drafts[i] > 0.0))
                continue;
            at += places[at] != w->cells[i].place;
            values[at] += (wrongly[i] - share * drafts[i]) / mean;
        }
        for (size_t i = 0; i < samples; i++)
            values[i] += share;
        struct stats_accuracy accuracy = stats_accuracy_of_values(
            values, samples, summary_clusters_of(&scratch, summary, places, samples),
            summary->meta.confidence);
        result = summary_accuracy(&accuracy, samples);
    }
    arena_release(&scratch);
    return result;
}

/* The fewest rounds that would have done: those after them gained nothing, and either that is sure
 * (no more than the margin, or two points) or nearly all drafts were accepted by then. */
static void fill_advice(struct summary_refining *w)
{
    struct summary_refinement *to = w->to;
    double limit = w->summary->meta.margin > 0.0 ? w->summary->meta.margin : 2.0 * point;
    uint64_t spared = 0;

    for (size_t r = 0; r + 1 < to->round_count && to->enough == 0; r++) {
        const struct summary_round *round = &to->rounds[r];
        bool known = round->rest.value.known && to->measure != SUMMARY_MEASURE_EVALUATOR;
        bool idle =
            !known || (round->rest.value.value < point / 2.0 && round->rest.low.value <= 0.0);
        bool sure = known && round->rest.high.value < limit;
        if (idle && (sure || round->accepted_by.value.value >= settled))
            to->enough = r + 1;
    }
    for (size_t r = to->enough; to->enough && r < to->round_count; r++)
        spared += to->rounds[r].reached;
    if (to->enough)
        to->saved = maybe_of((double)spared / (double)to->drafts);
}

static size_t instances(const struct summary_node_facts *node)
{
    size_t count = 0;

    for (size_t i = 0; i < node->count; i = summary_instance_end(node, i))
        count++;
    return count;
}

size_t summary_refinements_of(struct summary *summary, size_t variant,
                              struct summary_refinement **refinements)
{
    const struct summary_rows *rows = summary->private;
    struct arena scratch = {0};
    struct summary_node_facts *nodes;
    size_t count = summary_nodes_with(&scratch, summary, variant, SUMMARY_NOTE_ROUND, &nodes);
    size_t made = 0;

    *refinements = arena_array(&summary->arena, struct summary_refinement, count + 1);
    for (size_t n = 0; n < count; n++) {
        struct summary_refinement *to = &(*refinements)[made];
        struct summary_refining w = {
            .scratch = &scratch,
            .summary = summary,
            .variant = variant,
            .cells = rows->cells + rows->cell_start[variant],
            .count = rows->cell_start[variant + 1] - rows->cell_start[variant],
            .loops = arena_array(&scratch, struct summary_loop, instances(&nodes[n]) + 1),
            .to = to};
        to->path = nodes[n].path;
        summary_read_loops(&w, &nodes[n]);
        if (w.times == 0)
            continue;
        count_loops(&w);
        fill_quality(&w);
        to->false_accept = misjudged(&w, false);
        to->false_reject = misjudged(&w, true);
        fill_advice(&w);
        made++;
    }
    arena_release(&scratch);
    return made;
}
