/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much dearer, how much slower, how much the score differs: estimates with intervals, without
 * tests and verdicts. */
#include <math.h>

#include "stats/paired.h"
#include "stats/ratio.h"
#include "stats/shift.h"
#include "stats/sum.h"
#include "stats/summary_rows.h"

#define DOMINANT_SHARE 0.2 /* of a total, held by one sample */
enum { FEW_FOR_RATIO = 20 };

static struct summary_estimate score_difference(struct summary *summary, size_t baseline,
                                                size_t candidate)
{
    struct arena scratch = {0};
    struct summary_pairing p =
        summary_pair_up(&scratch, summary, baseline, candidate, summary_value_score);
    struct stats_paired_difference d = stats_paired_diff(
        summary_differences(&scratch, &p), p.count, p.clusters, summary->meta.confidence, 2);

    arena_release(&scratch);
    return summary_difference(&d, p.count);
}

/* Candidate's and baseline's mean of every paired sample. */
struct ratio_data {
    double *num, *den;
    size_t count;
    const struct stats_clusters *clusters;
};

static struct ratio_data ratio_data_of(struct arena *scratch, const struct summary_pairing *p)
{
    struct ratio_data data = {arena_array(scratch, double, p->count + 1),
                              arena_array(scratch, double, p->count + 1), p->count,
                              p->clusters};

    for (size_t i = 0; i < p->count; i++) {
        data.num[i] = p->candidate.means[p->from_candidate[i]];
        data.den[i] = p->baseline.means[p->from_baseline[i]];
    }
    return data;
}

static bool one_holds_too_much(const double *values, size_t count)
{
    double total = stats_sum_of(values, count), largest = 0.0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, values[i]);
    return largest > DOMINANT_SHARE * total;
}

struct ratio_pair {
    struct summary_estimate overall, typical;
    bool dominated;
};

static struct ratio_pair ratios_of(const struct summary *summary, const struct ratio_data *data)
{
    double conf = summary->meta.confidence;
    struct stats_ratio overall =
        stats_ratio_logdelta(data->num, data->den, data->count, data->clusters, conf);
    struct stats_ratio typical =
        stats_geometric_ratio(data->num, data->den, data->count, data->clusters, conf);
    struct ratio_pair pair = {summary_ratio(&overall, data->count, "ratio_logdelta"),
                              summary_ratio(&typical, data->count, "geometric_ratio"), false};

    if (data->count == 0)
        pair.overall = pair.typical = summary_unknown("no sample is on both sides");
    else if (!typical.ratio.known)
        pair.typical.reason = "a value is not positive";
    pair.dominated = pair.overall.value.known && (data->count < FEW_FOR_RATIO ||
                                                  one_holds_too_much(data->num, data->count) ||
                                                  one_holds_too_much(data->den, data->count));
    return pair;
}

static struct ratio_pair cost_ratios(struct summary *summary, size_t baseline, size_t candidate)
{
    struct arena scratch = {0};
    struct ratio_pair pair;

    if (summary->variants[baseline].cost.unknown_calls ||
        summary->variants[candidate].cost.unknown_calls) {
        pair.overall = pair.typical = summary_unknown("calls of unknown cost");
        pair.dominated = false;
    } else {
        struct summary_pairing p =
            summary_pair_up(&scratch, summary, baseline, candidate, summary_value_cost);
        struct ratio_data data = ratio_data_of(&scratch, &p);

        pair = ratios_of(summary, &data);
    }
    arena_release(&scratch);
    return pair;
}

struct summary_estimate summary_cost_ratio(struct summary *summary, size_t baseline,
                                           size_t candidate)
{
    return cost_ratios(summary, baseline, candidate).overall;
}

/* The median of the differences, where there are too many of them for all pairwise averages. */
static struct summary_estimate median_shift(struct arena *scratch,
                                            const struct summary *summary,
                                            const struct summary_pairing *p, const double *d)
{
    struct stats_observation *observations =
        arena_array(scratch, struct stats_observation, p->count + 1);
    struct stats_quantile median;

    for (size_t i = 0; i < p->count; i++)
        observations[i] =
            (struct stats_observation){llround(d[i]), p->clusters ? p->clusters->of[i] : i};
    median = stats_latency_quantile(observations, p->count,
                                    stats_clusters_count(p->clusters, p->count), 500,
                                    summary->meta.confidence);
    return (struct summary_estimate){.value = median.estimate,
                                     .low = median.low,
                                     .high = median.high,
                                     .method = "median",
                                     .n = p->count};
}

static void set_shift(struct arena *scratch, const struct summary *summary,
                      const struct summary_pairing *p, struct summary_comparison *comparison)
{
    const double *d = summary_differences(scratch, p);
    struct stats_shift shift;

    if (p->count > STATS_SHIFT_MOST) {
        comparison->latency_shift_ns = median_shift(scratch, summary, p, d);
        return;
    }
    shift = stats_hodges_lehmann(d, p->count, summary->meta.confidence);
    comparison->shift_coverage = shift.coverage;
    comparison->latency_shift_ns = shift.estimate.known
                                       ? (struct summary_estimate){.value = shift.estimate,
                                                                   .low = shift.low,
                                                                   .high = shift.high,
                                                                   .method = "hodges_lehmann",
                                                                   .n = p->count}
                                       : summary_unknown("no paired sample");
}

static void compare_latency(struct summary *summary, struct summary_comparison *comparison)
{
    struct arena scratch = {0};
    struct summary_pairing p = summary_pair_up(&scratch, summary, comparison->baseline,
                                               comparison->candidate, summary_value_latency);
    struct ratio_data data = ratio_data_of(&scratch, &p);
    struct ratio_pair pair = ratios_of(summary, &data);

    comparison->latency_ratio = pair.overall;
    comparison->latency_ratio_typical = pair.typical;
    comparison->latency_dominated = pair.dominated;
    comparison->latency_at_least = summary->variants[comparison->baseline].latency_at_least ||
                                   summary->variants[comparison->candidate].latency_at_least;
    set_shift(&scratch, summary, &p, comparison);
    arena_release(&scratch);
}

void summary_compare_rest(struct summary *summary, struct summary_comparison *comparison)
{
    size_t baseline = comparison->baseline, candidate = comparison->candidate;
    struct ratio_pair cost = cost_ratios(summary, baseline, candidate);

    comparison->score = summary_is_sequential(summary)
                            ? summary_score_sequence(summary, comparison)
                            : score_difference(summary, baseline, candidate);
    comparison->cost_ratio = cost.overall;
    comparison->cost_ratio_typical = cost.typical;
    comparison->cost_dominated = cost.dominated;
    compare_latency(summary, comparison);
}
