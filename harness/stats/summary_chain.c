/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a chain goes wrong: the first wrong step of each cell takes the blame, and what the end
 * would be without it is estimated from the cells that this step did not break.
 *
 * Instances of a step and cells lie in the same order, by sample and trial, so one pass a step
 * over both is enough; a byte a cell holds the first wrong step found so far. */
#include <inttypes.h>

#include "stats/diagnose.h"
#include "stats/format.h"
#include "stats/interval.h"
#include "stats/summary_diagnose.h"

enum { STEPS_MAX = 250 }; /* a step's number fits a byte */

struct work {
    struct arena *scratch;
    struct summary *summary;
    const struct summary_cell *cells; /* of the variant */
    size_t count;
    struct summary_chain *chain;
    uint8_t *first; /* of each cell: the first wrong step; the number of steps: none */
    uint8_t *right; /* of each cell: the step at hand was right */
    uint32_t
        *sample; /* of each cell: number of its sample among those counted, or NOT_COUNTED */
    uint32_t *trials; /* of those samples: cells that count; all of a sample weigh 1 together */
    size_t *places;   /* of those samples */
    size_t samples;
};

#define NOT_COUNTED UINT32_MAX

static bool is_counted(const struct work *w, size_t cell)
{
    return w->sample[cell] != NOT_COUNTED;
}

static double weight(const struct work *w, size_t cell)
{
    return is_counted(w, cell) ? 1.0 / (double)w->trials[w->sample[cell]] : 0.0;
}

static bool is_right(const struct work *w, size_t cell)
{
    return summary_value_correct(w->summary, &w->cells[cell], 0).value > 0.5;
}

static void number_samples(struct work *w)
{
    for (size_t i = 0; i < w->count; i++) {
        w->sample[i] = NOT_COUNTED;
        if (!summary_value_correct(w->summary, &w->cells[i], 0).known)
            continue;
        if (w->samples == 0 || w->places[w->samples - 1] != w->cells[i].place)
            w->places[w->samples++] = w->cells[i].place;
        w->sample[i] = (uint32_t)(w->samples - 1);
        w->trials[w->samples - 1]++;
    }
}

/* Which cells have a step that did what it should. */
static void look_at(struct work *w, struct summary_span span, bool is_last)
{
    const struct summary_chain_step *step = &w->chain->steps[span.number];
    size_t at = 0;

    for (size_t i = 0; i < w->count; i++) {
        const struct summary_cell *cell = &w->cells[i];

        while (at < span.count &&
               (span.first[at].place < cell->place ||
                (span.first[at].place == cell->place && span.first[at].trial < cell->trial)))
            at++;
        bool found = at < span.count && span.first[at].place == cell->place &&
                     span.first[at].trial == cell->trial;
        bool right = found && !span.first[at].failure && !span.first[at].wrong;
        if (is_last && !step->scored)
            right = right && is_right(w, i);
        w->right[i] = right;
    }
}

static struct summary_estimate share(const struct work *w, bool among_entered, size_t step)
{
    struct arena scratch = {0};
    double *scores = arena_array(&scratch, double, w->count + 1);
    size_t *start = arena_array(&scratch, size_t, w->samples + 2);
    double *means = arena_array(&scratch, double, w->samples + 1);
    size_t *places = arena_array(&scratch, size_t, w->samples + 1);
    size_t samples = 0, total = 0;

    for (size_t i = 0; i < w->count; i++) {
        if (!is_counted(w, i) || (among_entered && w->first[i] < step))
            continue;
        size_t place = w->places[w->sample[i]];
        if (samples == 0 || places[samples - 1] != place)
            places[samples++] = place;
        scores[total] = w->right[i];
        means[samples - 1] += scores[total++];
        start[samples] = total;
    }
    for (size_t s = 0; s < samples; s++)
        means[s] /= (double)(start[s + 1] - start[s]);
    struct summary_series series = {
        .trials = {scores, start, samples}, .places = places, .means = means};
    series.clusters = summary_clusters_of(&scratch, w->summary, places, samples);
    struct summary_estimate result = summary_share(w->summary, &series);
    arena_release(&scratch);
    return result;
}

static void fill_step(struct work *w, size_t number)
{
    struct summary_chain_step *step = &w->chain->steps[number];

    step->marginal = share(w, false, number);
    step->rate = share(w, true, number);
    for (size_t i = 0; i < w->count; i++) {
        if (!is_counted(w, i) || w->first[i] < number)
            continue;
        step->entered++;
        if (w->right[i])
            step->passed++;
        else
            w->first[i] = (uint8_t)number;
    }
}

/* Sums of weights: of cells that entered step k, of those that passed it, of the right answers
 * among the latter and among those that were broken earlier. */
struct sums {
    double entered, passed, right_after, right_before;
};

static struct sums sums_at(const struct work *w, size_t step)
{
    struct sums s = {0};

    for (size_t i = 0; i < w->count; i++) {
        if (!is_counted(w, i))
            continue;
        double right = is_right(w, i) ? weight(w, i) : 0.0;
        if (w->first[i] < step) {
            s.right_before += right;
            continue;
        }
        s.entered += weight(w, i);
        if (w->first[i] > step) {
            s.passed += weight(w, i);
            s.right_after += right;
        }
    }
    return s;
}

static struct summary_estimate if_perfect(const struct work *w, size_t step)
{
    struct sums s = sums_at(w, step);
    double after = s.right_after / s.passed, odds = s.entered / s.passed;
    struct arena scratch = {0};
    struct stats_accuracy accuracy;

    if (!(s.passed > 0.0))
        return summary_unknown("no cell passed this step");
    double *values = arena_array(&scratch, double, w->samples + 1);
    /* Linear in each cell: their mean is the estimate, their spread its standard error. */
    for (size_t i = 0; i < w->count; i++) {
        if (!is_counted(w, i))
            continue;
        double right = is_right(w, i) ? 1.0 : 0.0, value;
        if (w->first[i] < step)
            value = right;
        else
            value = after + (w->first[i] > step ? odds * (right - after) : 0.0);
        values[w->sample[i]] += weight(w, i) * value;
    }
    accuracy = stats_accuracy_of_values(
        values, w->samples, summary_clusters_of(&scratch, w->summary, w->places, w->samples),
        w->summary->meta.confidence);
    arena_release(&scratch);
    return (struct summary_estimate){
        .value = accuracy.interval.estimate,
        .low = maybe_of(accuracy.interval.low),
        .high = maybe_of(accuracy.interval.high),
        .method = "wilson_neff",
        .se = accuracy.se,
        .n_eff = accuracy.n_eff,
        .n = w->samples,
    };
}

static void fill_end(struct work *w)
{
    struct summary_chain *chain = w->chain;
    size_t steps = chain->step_count;
    uint64_t *reached = arena_array(w->scratch, uint64_t, steps + 1);
    maybe *rate = arena_array(w->scratch, maybe, steps);
    maybe *blame = arena_array(w->scratch, maybe, steps);
    double product = 1.0;

    for (size_t i = 0; i < w->count; i++) {
        if (!is_counted(w, i))
            continue;
        bool broken = w->first[i] < steps;
        chain->cells++;
        chain->broken += broken;
        chain->repaired += broken && is_right(w, i);
        chain->unblamed += !broken && !is_right(w, i);
    }
    reached[0] = chain->cells;
    for (size_t s = 0; s < steps; s++)
        reached[s + 1] = chain->steps[s].passed;
    chain->all_right = stats_chain_attribution(reached, steps, rate, blame);
    chain->weakest = steps;
    for (size_t s = 0; s < steps; s++) {
        struct summary_chain_step *step = &chain->steps[s];
        uint64_t most = chain->weakest == steps ? 0
                                                : chain->steps[chain->weakest].entered -
                                                      chain->steps[chain->weakest].passed;
        step->blame = blame[s];
        product *= step->marginal.value.value;
        if (step->entered - step->passed > most)
            chain->weakest = s;
        step->perfect = if_perfect(w, s);
    }
    chain->product = chain->cells ? maybe_of(product) : maybe_none();
}

/* ---- sentences ---- */

static str rates_text(struct arena *arena, const struct summary_chain *chain)
{
    str rates = STR("");
    for (size_t s = 0; s < chain->step_count; s++)
        rates = arena_printf(arena, "%.*s%s%s", STR_ARG(rates),
                             s == 0                       ? ""
                             : s + 1 == chain->step_count ? " and "
                                                          : ", ",
                             stats_format_percent(arena, chain->steps[s].rate.value).p);
    return rates;
}

/* The last step is judged by the whole answer. */
static str unscored_text(struct arena *arena, const struct summary_chain *chain)
{
    str names = STR("");
    for (size_t s = 0; s + 1 < chain->step_count; s++)
        if (!chain->steps[s].scored)
            names = arena_printf(arena, "%.*s%s%.*s", STR_ARG(names), names.n ? ", " : "",
                                 STR_ARG(chain->steps[s].name));
    return names.n ? arena_printf(arena,
                                  "No score looks at %.*s: what is wrong there without failing "
                                  "counts where it shows.",
                                  STR_ARG(names))
                   : names;
}

void summary_say_chain(struct summary *summary, const struct summary_variant *v)
{
    struct arena *arena = &summary->arena;
    struct summary_diagnosis *d = v->diagnosis;
    const struct summary_chain *chain = d->chain;

    if (chain->broken == 0) {
        summary_say(d, arena_printf(arena, "No step was wrong in any of the %" PRIu64 " cells.",
                                    chain->cells));
    } else {
        const struct summary_chain_step *worst = &chain->steps[chain->weakest];
        summary_say(d, arena_printf(arena,
                                    "%" PRIu64 " of the %" PRIu64
                                    " failures start at step %zu (%.*s).",
                                    worst->entered - worst->passed, chain->broken,
                                    chain->weakest + 1, STR_ARG(worst->name)));
        if (worst->perfect.value.known)
            summary_say(
                d,
                arena_printf(
                    arena,
                    "If step %zu were perfect, the accuracy would be about %s (%s %% "
                    "interval %s), %s points against now.",
                    chain->weakest + 1, stats_format_percent(arena, worst->perfect.value).p,
                    stats_format_confidence(arena, summary->meta.confidence).p,
                    stats_format_percent_range(arena, worst->perfect.low, worst->perfect.high)
                        .p,
                    stats_format_points(arena, worst->gain).p));
        summary_say(d, arena_printf(arena,
                                    "Steps that are right in %s of the cells that reach them "
                                    "give %s at the end.",
                                    rates_text(arena, chain).p,
                                    stats_format_percent(arena, chain->all_right).p));
    }
    summary_say(d, unscored_text(arena, chain));
    if (chain->repaired)
        summary_say(d, arena_printf(arena,
                                    "%" PRIu64 " cells ended right although a step was wrong: "
                                    "later steps repair it, or do not need it.",
                                    chain->repaired));
    if (chain->unblamed)
        summary_say(d, arena_printf(arena,
                                    "%" PRIu64 " cells ended wrong although no step was: the "
                                    "scores of steps do not see what went wrong.",
                                    chain->unblamed));
}

/* ---- all of it ---- */

/* Without scores and failures before its last step nothing tells where a chain goes wrong. */
static bool is_told(const struct summary_span *spans, size_t steps)
{
    for (size_t s = 0; s + 1 < steps; s++) {
        if (spans[s].scored)
            return true;
        for (size_t i = 0; i < spans[s].count; i++)
            if (spans[s].first[i].failure)
                return true;
    }
    return false;
}

struct summary_chain *summary_chain_of(struct summary *summary, size_t variant)
{
    struct arena scratch = {0};
    const struct summary_rows *rows = summary->private;
    struct summary_variant *v = &summary->variants[variant];
    struct summary_span *spans = arena_array(&scratch, struct summary_span, v->step_count + 1);
    size_t steps = summary_children(summary, variant, spans);
    struct work w = {.scratch = &scratch,
                     .summary = summary,
                     .cells = rows->cells + rows->cell_start[variant],
                     .count = rows->cell_start[variant + 1] - rows->cell_start[variant]};

    if (steps < 2 || steps > STEPS_MAX || !v->accuracy.value.known || !is_told(spans, steps)) {
        arena_release(&scratch);
        return NULL;
    }
    w.chain = arena_new(&summary->arena, struct summary_chain);
    w.chain->steps = arena_array(&summary->arena, struct summary_chain_step, steps);
    w.chain->step_count = steps;
    w.first = arena_array(&scratch, uint8_t, w.count + 1);
    w.right = arena_array(&scratch, uint8_t, w.count + 1);
    w.sample = arena_array(&scratch, uint32_t, w.count + 1);
    w.trials = arena_array(&scratch, uint32_t, w.count + 1);
    w.places = arena_array(&scratch, size_t, w.count + 1);
    number_samples(&w);
    memset(w.first, (int)steps, w.count);
    for (size_t s = 0; s < steps; s++) {
        spans[s].number = s;
        w.chain->steps[s].name = spans[s].path;
        w.chain->steps[s].scored = spans[s].scored;
        look_at(&w, spans[s], s + 1 == steps);
        fill_step(&w, s);
    }
    fill_end(&w);
    for (size_t s = 0; s < steps; s++)
        if (w.chain->steps[s].perfect.value.known)
            w.chain->steps[s].gain =
                maybe_of(w.chain->steps[s].perfect.value.value - v->accuracy.value.value);
    arena_release(&scratch);
    return w.chain;
}
