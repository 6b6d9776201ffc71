/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rounds of a refinement buy. Draws are keyed by their place, so a run with fewer rounds would
 * have had the same drafts: what it would have returned is known, cell by cell. Never are only
 * the cells averaged that came to a round: those are the hard ones. */
#include <inttypes.h>
#include <math.h>

#include "stats/format.h"
#include "stats/interval.h"
#include "stats/summary_diagnose.h"

enum { ROUNDS_MOST = 20 }; /* of max_rounds */

static const double stuck_from = 0.98;
static const double settled = 0.95; /* share of cells: enough for an advice */
static const double point = 0.01;

const char *summary_measure_name(enum summary_measure measure)
{
    static const char *const names[] = {NULL, "accuracy", "score", "evaluator"};

    return names[measure];
}

/* One time that the refinement ran. */
struct loop {
    size_t cell;
    unsigned rounds, accepted; /* complete ones; the one accepted, from 1, or 0 */
    bool ended, must_accept;
    bool stopped; /* by the limit, so that more rounds might have come */
    /* By round; NAN: unknown. */
    double *own, *likeness; /* the evaluator's score; likeness to the draft before */
    double *quality;        /* of the draft, by the measure */
    bool *right;
};

struct work {
    struct arena *scratch;
    struct summary *summary;
    size_t variant;
    const struct summary_cell *cells;
    size_t count;
    struct loop *loops;
    size_t times;
    struct summary_refinement *to;
};

/* ---- reading ---- */

struct draft_sum {
    double weights, sum;
    unsigned scores;
    bool right;
};

static void read_draft(const struct work *w, const struct summary_fact *fact,
                       struct draft_sum *sum)
{
    const struct summary_score_meta *score = &w->summary->meta.scores[fact->score];

    if (sum->scores++ == 0)
        sum->right = true;
    sum->right = sum->right && fact->yes;
    sum->weights += score->weight;
    sum->sum += score->weight * fact->first;
}

static void read_one(const struct work *w, const struct summary_node_facts *node, size_t from,
                     size_t end, struct loop *loop)
{
    struct draft_sum answer[ROUNDS_MOST] = {0};
    uint32_t step_score = UINT32_MAX;
    size_t room = 1;

    for (size_t i = from; i < end; i++)
        if (node->first[i].index < ROUNDS_MOST && node->first[i].index >= room)
            room = node->first[i].index + 1;
    loop->own = arena_array(w->scratch, double, room);
    loop->likeness = arena_array(w->scratch, double, room);
    loop->quality = arena_array(w->scratch, double, room);
    loop->right = arena_array(w->scratch, bool, room);
    for (size_t r = 0; r < room; r++)
        loop->own[r] = loop->likeness[r] = loop->quality[r] = (double)NAN;
    for (size_t i = from; i < end; i++) {
        const struct summary_fact *fact = &node->first[i];
        if (fact->kind == SUMMARY_NOTE_ENDED) {
            str why = w->summary->private->names.text[fact->name];
            loop->ended = why.n > 0;
            loop->stopped = str_equal(why, STR("max_rounds"));
            loop->must_accept = fact->yes;
        }
        if (fact->index >= ROUNDS_MOST)
            continue;
        if (fact->kind == SUMMARY_NOTE_ROUND) {
            loop->rounds = fact->index + 1 > loop->rounds ? fact->index + 1 : loop->rounds;
            loop->own[fact->index] = fact->first;
            loop->likeness[fact->index] = fact->second;
            if (fact->yes)
                loop->accepted = fact->index + 1;
        } else if (fact->kind == SUMMARY_NOTE_DRAFT) {
            read_draft(w, fact, &answer[fact->index]);
        } else if (fact->kind == SUMMARY_NOTE_DRAFT_STEP &&
                   (step_score == UINT32_MAX || fact->score == step_score) &&
                   w->to->measure != SUMMARY_MEASURE_ANSWER) {
            step_score = fact->score;
            loop->quality[fact->index] = fact->first;
            loop->right[fact->index] = fact->yes;
        }
    }
    for (size_t r = 0; r < room && w->to->measure == SUMMARY_MEASURE_ANSWER; r++)
        if (answer[r].scores) {
            loop->quality[r] = answer[r].right;
            loop->right[r] = answer[r].right;
        }
}

static bool has_fact(const struct summary_node_facts *node, enum summary_note_kind kind)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->first[i].kind == kind)
            return true;
    return false;
}

static bool has_own_score(const struct summary_node_facts *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->first[i].kind == SUMMARY_NOTE_ROUND && !isnan(node->first[i].first))
            return true;
    return false;
}

static bool is_scored(const struct work *w, size_t cell)
{
    return summary_value_correct(w->summary, &w->cells[cell], 0).known;
}

/* Of a cell with one round nobody had to ask what its draft would have been worth as the answer: it
 * was. */
static void read_single_draft(const struct work *w, struct loop *loop)
{
    if (w->to->measure != SUMMARY_MEASURE_ANSWER || loop->rounds != 1 ||
        !isnan(loop->quality[0]) || !is_scored(w, loop->cell))
        return;
    loop->right[0] = summary_value_correct(w->summary, &w->cells[loop->cell], 0).value > 0.5;
    loop->quality[0] = loop->right[0];
}

static void read_loops(struct work *w, const struct summary_node_facts *node)
{
    size_t cell = 0;

    w->to->once = true;
    w->to->measure = has_fact(node, SUMMARY_NOTE_DRAFT)        ? SUMMARY_MEASURE_ANSWER
                     : has_fact(node, SUMMARY_NOTE_DRAFT_STEP) ? SUMMARY_MEASURE_STEP
                     : has_own_score(node)                     ? SUMMARY_MEASURE_EVALUATOR
                                                               : SUMMARY_MEASURE_NONE;
    for (size_t i = 0, end; i < node->count; i = end) {
        struct loop *loop = &w->loops[w->times];
        end = summary_instance_end(node, i);
        size_t found = summary_cell_of(w->summary, w->variant, &node->first[i], cell);
        if (found == w->count)
            continue;
        *loop = (struct loop){.cell = found};
        read_one(w, node, i, end, loop);
        if (loop->rounds == 0)
            continue;
        read_single_draft(w, loop);
        cell = found;
        if (w->times && w->loops[w->times - 1].cell == cell)
            w->to->once = false;
        w->times++;
    }
}

/* ---- what fewer rounds would have returned ---- */

/* The evaluator's best draft so far, of equals the later; without its scores the last. */
static size_t best_of(const struct loop *loop, size_t rounds)
{
    size_t best = rounds - 1;

    for (size_t r = rounds; r-- > 0;)
        if (!isnan(loop->own[r]) && (isnan(loop->own[best]) || loop->own[r] > loop->own[best]))
            best = r;
    return best;
}

/* Quality of what `max_rounds: rounds` would have returned; NAN: not known. */
static double quality_after(const struct work *w, const struct loop *loop, size_t rounds)
{
    enum summary_measure measure = w->to->measure;
    const double *of = measure == SUMMARY_MEASURE_EVALUATOR ? loop->own : loop->quality;

    if (measure == SUMMARY_MEASURE_ANSWER && !is_scored(w, loop->cell))
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
static double *after(const struct work *w, struct arena *scratch, size_t rounds)
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

static struct summary_estimate mean_of(const struct work *w, const double *values)
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

static struct summary_estimate gain_of(const struct work *w, const double *now,
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

static void fill_quality(struct work *w)
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

static struct summary_estimate accepted_by(const struct work *w, unsigned rounds)
{
    double *values = arena_array(w->scratch, double, w->count + 1);
    double *times = arena_array(w->scratch, double, w->count + 1);
    struct arena scratch = {0};

    for (size_t i = 0; i < w->times; i++) {
        const struct loop *loop = &w->loops[i];
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

static void count_round(const struct work *w, size_t r)
{
    struct summary_round *round = &w->to->rounds[r];
    double likeness = 0.0, likened = 0.0;

    round->number = (unsigned)r + 1;
    for (size_t i = 0; i < w->times; i++) {
        const struct loop *loop = &w->loops[i];
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

static void count_loops(struct work *w)
{
    struct summary_refinement *to = w->to;

    to->cells = w->times;
    for (size_t i = 0; i < w->times; i++) {
        const struct loop *loop = &w->loops[i];
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
static void count_misjudged(const struct work *w, bool right, double *wrongly, double *drafts)
{
    for (size_t i = 0; i < w->times; i++) {
        const struct loop *loop = &w->loops[i];
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
static struct summary_estimate misjudged(const struct work *w, bool right)
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
static void fill_advice(struct work *w)
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
        struct work w = {.scratch = &scratch,
                         .summary = summary,
                         .variant = variant,
                         .cells = rows->cells + rows->cell_start[variant],
                         .count = rows->cell_start[variant + 1] - rows->cell_start[variant],
                         .loops = arena_array(&scratch, struct loop, instances(&nodes[n]) + 1),
                         .to = to};
        to->path = nodes[n].path;
        read_loops(&w, &nodes[n]);
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
