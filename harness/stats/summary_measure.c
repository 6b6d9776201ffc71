/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a rule measures: the metric of a variant, or its difference from or ratio to that of another, with
 * bounds at the rule's own level. Latencies are of all trials, everything else of a value a sample. */
#include <math.h>

#include "stats/distribution.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/passk.h"
#include "stats/quantile_ratio.h"
#include "stats/random.h"
#include "stats/ratio.h"
#include "stats/sum.h"
#include "stats/summary_require_inside.h"

enum { RANKS_SEARCHED = 4000 };

/* ---- values of a cell ---- */

static maybe value_error(const struct summary *summary, const struct summary_cell *cell,
                         size_t which)
{
    (void)summary;
    (void)which;
    if (!summary_is_finished((enum summary_status)cell->status))
        return maybe_none();
    return maybe_of(cell->status == SUMMARY_ERROR || cell->status == SUMMARY_TIMEOUT);
}

static maybe value_amount(const struct summary *summary, const struct summary_cell *cell,
                          size_t which)
{
    const struct summary_amounts *amounts = &summary->private->amounts[cell->scores];

    if (!summary_is_finished((enum summary_status)cell->status))
        return maybe_none();
    return maybe_of(which == SUMMARY_TOKENS  ? (double)amounts->tokens
                    : which == SUMMARY_CALLS ? (double)amounts->calls
                                             : (double)amounts->retries);
}

static bool is_share(const struct summary_rule *rule)
{
    return summary_rule_is_scored(rule) || rule->metric == SUMMARY_ERROR_RATE;
}

/* ---- one value a sample ---- */

static unsigned tries_of(const struct summary_judging *j)
{
    return j->rule->k ? j->rule->k : (unsigned)j->summary->meta.trials;
}

/* pass@k or pass^k of each sample in place of its mean; samples with fewer trials are left out. */
static void reduce_to_tries(const struct summary_judging *j, struct summary_series *series)
{
    size_t kept = 0;

    for (size_t i = 0; i < series->trials.samples; i++) {
        uint64_t trials = stats_trials_of(&series->trials, i);
        uint64_t right = (uint64_t)llround(series->sums[i]);
        maybe value = j->rule->metric == SUMMARY_PASS_AT
                          ? stats_pass_at_k(trials, right, tries_of(j))
                          : stats_pass_hat_k(trials, right, tries_of(j));

        if (!value.known)
            continue;
        series->places[kept] = series->places[i];
        series->means[kept++] = value.value;
    }
    series->trials.samples = kept;
}

static struct summary_series series_of(struct summary_judging *j, size_t variant)
{
    static const summary_value values[SUMMARY_METRICS] = {
        [SUMMARY_ACCURACY] = summary_value_correct,
        [SUMMARY_SCORE] = summary_value_score,
        [SUMMARY_NAMED] = summary_value_named,
        [SUMMARY_ERROR_RATE] = value_error,
        [SUMMARY_COST] = summary_value_cost,
        [SUMMARY_TOKENS] = value_amount,
        [SUMMARY_CALLS] = value_amount,
        [SUMMARY_RETRIES] = value_amount,
        [SUMMARY_LATENCY_P50] = summary_value_latency,
        [SUMMARY_LATENCY_P95] = summary_value_latency,
        [SUMMARY_PASS_AT] = summary_value_correct,
        [SUMMARY_PASS_HAT] = summary_value_correct,
    };
    enum summary_metric metric = j->rule->metric;
    size_t which = metric == SUMMARY_NAMED ? j->rule->score : (size_t)metric;
    struct summary_series series =
        summary_collect(&j->scratch, j->summary, variant, values[metric], which);

    if (metric == SUMMARY_PASS_AT || metric == SUMMARY_PASS_HAT) {
        reduce_to_tries(j, &series);
        series.clusters =
            summary_clusters_of(&j->scratch, j->summary, series.places, series.trials.samples);
    } else if (metric == SUMMARY_ACCURACY || metric == SUMMARY_SCORE ||
               metric == SUMMARY_NAMED) {
        series = summary_reduce(&j->scratch, j->summary, &series);
    }
    return series;
}

/* The samples that both have a value for. */
static struct summary_pairing pair_up(struct summary_judging *j)
{
    return summary_pair_series(&j->scratch, j->summary, series_of(j, j->rule->against),
                               series_of(j, j->rule->variant));
}

/* ---- latencies, all trials ---- */

static struct stats_observation *latencies_of(struct summary_judging *j, size_t variant,
                                              size_t *count, uint64_t **labels)
{
    const struct summary_rows *rows = j->summary->private;
    size_t first = rows->cell_start[variant], end = rows->cell_start[variant + 1];
    struct stats_observation *observations =
        arena_array(&j->scratch, struct stats_observation, end - first + 1);

    *labels = arena_array(&j->scratch, uint64_t, end - first + 1);
    *count = 0;
    for (size_t i = first; i < end; i++) {
        const struct summary_cell *cell = &rows->cells[i];

        if (!summary_value_latency(j->summary, cell, 0).known)
            continue;
        observations[*count].value =
            cell->status == SUMMARY_TIMEOUT ? STATS_CENSORED : cell->latency_ns;
        (*labels)[(*count)++] = rows->samples[cell->place].cluster;
    }
    return observations;
}

static unsigned level_of(const struct summary_rule *rule)
{
    return rule->metric == SUMMARY_LATENCY_P50 ? 500 : 950;
}

/* Independent values from which the quantile has an upper bound at all. */
static uint64_t least_for_bound(unsigned permille, double confidence)
{
    for (uint64_t n = 1; n < RANKS_SEARCHED; n++)
        if (stats_order_stat_ranks(n, permille, confidence).upper <= n)
            return n;
    return 0;
}

static void measure_latency(struct summary_judging *j)
{
    struct summary_estimate *m = &j->requirement->measured;
    double confidence = 1.0 - 2.0 * j->tail;
    uint64_t *labels;
    size_t count;
    struct stats_observation *observations = latencies_of(j, j->rule->variant, &count, &labels);
    size_t *of = arena_array(&j->scratch, size_t, count + 1);
    size_t clusters = stats_clusters_number(labels, count, of);

    for (size_t i = 0; i < count; i++)
        observations[i].cluster = of[i];
    struct stats_quantile q =
        stats_latency_quantile(observations, count, clusters, level_of(j->rule), confidence);
    *m = (struct summary_estimate){.value = q.estimate,
                                   .low = q.low,
                                   .high = q.high,
                                   .method = "order_statistic",
                                   .n = clusters};
    if (!q.estimate.known)
        m->reason = count ? "that quantile is a timeout" : "no latency was measured";
    if (q.low.known && q.high.known)
        j->se = (q.high.value - q.low.value) / (2.0 * stats_normal_quantile_upper(j->tail));
    if (count && !q.high.known && q.n_eff > 0)
        j->requirement->samples_needed =
            (uint64_t)ceil((double)least_for_bound(level_of(j->rule), confidence) *
                           (double)clusters / (double)q.n_eff);
}

static void measure_latency_ratio(struct summary_judging *j)
{
    struct summary_estimate *m = &j->requirement->measured;
    const struct summary_rule *rule = j->rule;
    struct summary_pairing p = pair_up(j);
    bool *paired = arena_array(&j->scratch, bool, j->summary->private->sample_count + 1);
    struct stats_quantile_data data[2];
    const size_t variants[] = {rule->variant, rule->against};
    size_t clusters = stats_clusters_count(p.clusters, p.count);
    uint64_t *of_sample =
        arena_array(&j->scratch, uint64_t, j->summary->private->sample_count + 1);

    for (size_t i = 0; i < p.count; i++) {
        paired[p.places[i]] = true;
        of_sample[p.places[i]] = p.clusters ? p.clusters->of[i] : i;
    }
    for (size_t side = 0; side < 2; side++) {
        const struct summary_rows *rows = j->summary->private;
        size_t first = rows->cell_start[variants[side]], kept = 0;
        size_t end = rows->cell_start[variants[side] + 1];
        struct stats_observation *o =
            arena_array(&j->scratch, struct stats_observation, end - first + 1);

        for (size_t i = first; i < end; i++) {
            const struct summary_cell *cell = &rows->cells[i];

            if (!paired[cell->place] || !summary_value_latency(j->summary, cell, 0).known)
                continue;
            o[kept].value = cell->status == SUMMARY_TIMEOUT ? STATS_CENSORED : cell->latency_ns;
            o[kept++].cluster = (size_t)of_sample[cell->place];
        }
        data[side] = (struct stats_quantile_data){o, kept};
    }
    uint32_t seed =
        stats_seed_for(j->summary->meta.seed, "boot", summary_metric_name(rule->metric),
                       j->summary->meta.variants[rule->against].name,
                       j->summary->meta.variants[rule->variant].name);
    struct stats_quantile_ratio ratio = stats_quantile_ratio(
        &data[0], &data[1], clusters, level_of(rule), seed, 1.0 - 2.0 * j->tail);
    *m = (struct summary_estimate){.value = ratio.ratio,
                                   .low = ratio.low,
                                   .high = ratio.high,
                                   .method = "quantile_ratio_bootstrap",
                                   .n = p.count};
    if (!ratio.ratio.known)
        m->reason = p.count ? "a quantile is a timeout" : "no sample has a latency in both";
    if (ratio.low.known && ratio.high.known && ratio.low.value > 0.0)
        j->se = log(ratio.high.value / ratio.low.value) /
                (2.0 * stats_normal_quantile_upper(j->tail));
}

/* ---- shares and means of one variant ---- */

/* Of a share without spread: as if it were at the limit. */
static double spread_of(maybe se, maybe n_eff, double limit)
{
    if (se.known && se.value > 0.0)
        return se.value;
    return n_eff.known && n_eff.value > 0.0 ? sqrt(limit * (1.0 - limit) / n_eff.value) : 0.0;
}

static void measure_share(struct summary_judging *j, const struct summary_series *series)
{
    struct summary_estimate *m = &j->requirement->measured;
    double confidence = 1.0 - 2.0 * j->tail;
    bool tries = j->rule->metric == SUMMARY_PASS_AT || j->rule->metric == SUMMARY_PASS_HAT;

    if (summary_rule_is_scored(j->rule) && !tries) {
        *m = summary_share_at(series, confidence);
    } else {
        struct stats_accuracy a =
            tries ? stats_accuracy_of_values(series->means, series->trials.samples,
                                             series->clusters, confidence)
                  : stats_accuracy_neff(&series->trials, series->clusters, confidence);

        *m =
            summary_unknown(tries ? "no sample has as many scored trials" : "no finished cell");
        if (a.interval.estimable)
            *m = (struct summary_estimate){.value = a.interval.estimate,
                                           .low = maybe_of(a.interval.low),
                                           .high = maybe_of(a.interval.high),
                                           .method = "wilson_neff",
                                           .se = a.se,
                                           .n_eff = a.n_eff};
    }
    m->n = series->trials.samples;
    j->se = spread_of(m->se, m->n_eff, j->rule->limit);
}

/* What lost attempts may have cost, as a factor on what is known. */
static double cost_factor(const struct summary_judging *j, size_t variant)
{
    const struct summary_money *cost = &j->summary->variants[variant].cost;

    if (j->rule->metric != SUMMARY_COST || cost->known_nanousd <= 0)
        return 1.0;
    return (double)cost->upper_nanousd / (double)cost->known_nanousd;
}

static void measure_mean(struct summary_judging *j, const struct summary_series *series)
{
    struct summary_estimate *m = &j->requirement->measured;
    struct stats_mean mean = stats_mean_t(series->means, series->trials.samples,
                                          series->clusters, 1.0 - 2.0 * j->tail);

    *m = summary_mean(&mean, series->trials.samples);
    m->high = maybe_scale(m->high, cost_factor(j, j->rule->variant));
    j->se = mean.se.value;
}

void summary_measure_alone(struct summary_judging *j)
{
    if (summary_rule_is_latency(j->rule)) {
        measure_latency(j);
        return;
    }
    struct summary_series series = series_of(j, j->rule->variant);

    if (is_share(j->rule))
        measure_share(j, &series);
    else
        measure_mean(j, &series);
}

/* ---- against another variant ---- */

/* In a run that may end early, bounds that hold wherever it does: two-sided at twice the tail. */
static void measure_sequentially(struct summary_judging *j)
{
    const struct summary_rule *rule = j->rule;
    bool superior = rule->bar == SUMMARY_ABOVE || rule->bar == SUMMARY_BELOW;
    struct summary_estimate *m = &j->requirement->measured;
    double alpha = 2.0 * j->tail;
    maybe p;

    *m = summary_sequence(j->summary, rule->against, rule->variant,
                          rule->metric == SUMMARY_SCORE, alpha, &p);
    if (superior && p.known && p.value <= alpha && m->value.known)
        j->decided = m->value.value > 0.0 ? 1 : m->value.value < 0.0 ? -1 : 0;
}

static void measure_difference(struct summary_judging *j, const struct summary_pairing *p)
{
    struct summary_estimate *m = &j->requirement->measured;
    const double *d = summary_differences(&j->scratch, p);
    double confidence = 1.0 - 2.0 * j->tail;

    j->requirement->is_difference = true;
    if (summary_is_sequential(j->summary) && j->rule->metric <= SUMMARY_SCORE) {
        measure_sequentially(j);
        return;
    }
    if (!is_share(j->rule)) {
        struct stats_mean mean = stats_mean_t(d, p->count, p->clusters, confidence);

        *m = summary_mean(&mean, p->count);
        j->se = mean.se.value;
        return;
    }
    struct stats_paired_difference bounds =
        stats_paired_diff(d, p->count, p->clusters, 1.0 - j->tail, 1);

    *m = summary_difference(&bounds, p->count);
    j->se = bounds.se.value;
    if (j->rule->metric == SUMMARY_ACCURACY && p->count && summary_is_single(p)) {
        struct stats_paired_counts counts;

        summary_count_pairs(p, &counts);
        struct stats_newcombe newcombe = stats_newcombe_paired(&counts, confidence);
        m->low = maybe_of(newcombe.low);
        m->high = maybe_of(newcombe.high);
        m->method = "newcombe_paired";
    }
}

static void measure_ratio(struct summary_judging *j, const struct summary_pairing *p)
{
    struct summary_estimate *m = &j->requirement->measured;
    double *num = arena_array(&j->scratch, double, p->count + 1);
    double *den = arena_array(&j->scratch, double, p->count + 1);

    j->requirement->is_ratio = true;
    for (size_t i = 0; i < p->count; i++) {
        num[i] = p->candidate.means[p->from_candidate[i]];
        den[i] = p->baseline.means[p->from_baseline[i]];
    }
    struct stats_ratio ratio =
        stats_ratio_logdelta(num, den, p->count, p->clusters, 1.0 - 2.0 * j->tail);

    *m = summary_ratio(&ratio, p->count, "ratio_logdelta");
    m->high = maybe_scale(m->high, cost_factor(j, j->rule->variant));
    m->low = maybe_scale(m->low, 1.0 / cost_factor(j, j->rule->against));
    j->se = ratio.se_log.value;
}

void summary_measure_pair(struct summary_judging *j)
{
    if (summary_rule_is_latency(j->rule)) {
        j->requirement->is_ratio = true;
        measure_latency_ratio(j);
        return;
    }
    struct summary_pairing p = pair_up(j);

    if (j->rule->ratio > 0.0)
        measure_ratio(j, &p);
    else
        measure_difference(j, &p);
}
