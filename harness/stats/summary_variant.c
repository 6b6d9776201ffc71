/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything a report says of one variant alone: counts, accuracy, cost, latency. */
#include <stdlib.h>

#include "base/mem.h"
#include "stats/interval.h"
#include "stats/passk.h"
#include "stats/ratio.h"
#include "stats/sum.h"
#include "stats/summary_rows.h"
#include "stats/variance.h"

enum { IDENTICAL_FROM = 10 };

struct cells {
    const struct summary_cell *first;
    size_t count;
};

static struct cells cells_of(const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;

    return (struct cells){rows->cells + rows->cell_start[variant],
                          rows->cell_start[variant + 1] - rows->cell_start[variant]};
}

/* ---- counts ---- */

static int compare_counts(const void *left, const void *right)
{
    const struct summary_count *a = left, *b = right;

    if (a->status != b->status)
        return a->status < b->status ? -1 : 1;
    return str_compare(a->reason, b->reason);
}

static void count_reasons(struct summary *summary, struct summary_variant *v,
                          struct cells cells)
{
    const struct summary_names *names = &summary->private->names;
    size_t kinds = SUMMARY_STATUSES * names->count, kept = 0;
    uint64_t *seen = xcalloc(kinds, sizeof *seen);

    for (size_t i = 0; i < cells.count; i++)
        seen[cells.first[i].status * names->count + cells.first[i].reason]++;
    for (size_t i = 0; i < kinds; i++)
        v->reason_count += i % names->count && seen[i];
    v->reasons = arena_array(&summary->arena, struct summary_count, v->reason_count + 1);
    for (size_t i = 0; i < kinds; i++)
        if (i % names->count && seen[i])
            v->reasons[kept++] = (struct summary_count){(enum summary_status)(i / names->count),
                                                        names->text[i % names->count], seen[i]};
    qsort(v->reasons, kept, sizeof *v->reasons, compare_counts);
    xfree(seen);
}

static void count_cells(struct summary *summary, struct summary_variant *v, struct cells cells,
                        const struct summary_sums *sums)
{
    uint64_t trials = 0;

    for (size_t i = 0; i < cells.count; i++) {
        const struct summary_cell *cell = &cells.first[i];
        bool same = i > 0 && cell->sample == cells.first[i - 1].sample;

        trials = same ? trials + 1 : 1;
        v->samples += !same;
        if (trials > v->trials)
            v->trials = trials;
        v->cells++;
        v->statuses[cell->status]++;
        v->finished += summary_is_finished((enum summary_status)cell->status);
        v->scored += cell->status <= SUMMARY_TIMEOUT;
        v->correct += cell->status == SUMMARY_OK && cell->correct > 0;
    }
    v->traffic = sums->traffic;
    v->tokens = sums->tokens;
    v->cost = sums->cost;
    if (v->finished > 0)
        v->calls_per_cell = maybe_of((double)v->traffic.calls / (double)v->finished);
    count_reasons(summary, v, cells);
}

/* ---- accuracy ---- */

static maybe value_answered(const struct summary *summary, const struct summary_cell *cell,
                            size_t which)
{
    (void)summary;
    (void)which;
    return cell->status == SUMMARY_OK ? maybe_of((double)cell->correct) : maybe_none();
}

static maybe value_error(const struct summary *summary, const struct summary_cell *cell,
                         size_t which)
{
    enum summary_status status = (enum summary_status)cell->status;

    (void)summary;
    (void)which;
    if (!summary_is_finished(status))
        return maybe_none();
    return maybe_of(status == SUMMARY_ERROR || status == SUMMARY_TIMEOUT ? 1.0 : 0.0);
}

/* Correct, with cells that the grader failed on taken as `bound`. */
static maybe value_bound(const struct summary *summary, const struct summary_cell *cell,
                         size_t bound)
{
    return summary_is_grader_failure(summary, cell) ? maybe_of((double)bound)
                                                    : summary_value_correct(summary, cell, 0);
}

static struct summary_estimate reduced_share(struct arena *scratch,
                                             const struct summary *summary,
                                             const struct summary_series *trials)
{
    struct summary_series series = summary_reduce(scratch, summary, trials);

    return summary_share(summary, &series);
}

static maybe reduced_mean(struct arena *scratch, const struct summary *summary,
                          const struct summary_series *trials)
{
    struct summary_series series = summary_reduce(scratch, summary, trials);

    if (series.trials.samples == 0)
        return maybe_none();
    return maybe_of(stats_mean_of(series.means, series.trials.samples));
}

/* The effective sample size also for single trials: failures cluster by sample. */
static struct summary_estimate error_rate_of(const struct summary *summary,
                                             const struct summary_series *series)
{
    struct stats_accuracy rate =
        stats_accuracy_neff(&series->trials, series->clusters, summary->meta.confidence);
    struct summary_estimate result = summary_unknown("no finished cell");

    if (!rate.interval.estimable)
        return result;
    result = (struct summary_estimate){.value = rate.interval.estimate,
                                       .low = maybe_of(rate.interval.low),
                                       .high = maybe_of(rate.interval.high),
                                       .method = "wilson_neff",
                                       .se = rate.se,
                                       .n_eff = rate.n_eff,
                                       .n = stats_trials_total(&series->trials)};
    return result;
}

static bool all_trials_identical(const struct summary_series *series)
{
    const struct stats_trials *trials = &series->trials;
    size_t total = stats_trials_total(trials);

    if (trials->samples < IDENTICAL_FROM || total <= trials->samples)
        return false;
    for (size_t i = 0; i < trials->samples; i++)
        for (size_t j = trials->start[i] + 1; j < trials->start[i + 1]; j++)
            if (trials->scores[j] < trials->scores[j - 1] ||
                trials->scores[j] > trials->scores[j - 1])
                return false;
    return true;
}

/* pass@k (all false) or pass^k of every sample with at least k trials. */
static struct summary_estimate reliability_of(struct arena *scratch,
                                              const struct summary *summary,
                                              const struct summary_series *series, uint64_t k,
                                              bool all, uint64_t *left_out)
{
    size_t samples = series->trials.samples, kept = 0;
    double *values = arena_array(scratch, double, samples + 1);
    size_t *places = arena_array(scratch, size_t, samples + 1);
    struct summary_estimate result = summary_unknown("no sample has so many scored trials");
    struct stats_accuracy accuracy;

    for (size_t i = 0; i < samples; i++) {
        uint64_t trials = stats_trials_of(&series->trials, i);
        uint64_t correct = (uint64_t)(series->sums[i] + 0.5);
        maybe one =
            all ? stats_pass_hat_k(trials, correct, k) : stats_pass_at_k(trials, correct, k);

        if (!one.known)
            continue;
        values[kept] = one.value;
        places[kept++] = series->places[i];
    }
    *left_out = samples - kept;
    if (kept == 0)
        return result;
    accuracy = stats_accuracy_of_values(values, kept,
                                        summary_clusters_of(scratch, summary, places, kept),
                                        summary->meta.confidence);
    return (struct summary_estimate){.value = accuracy.interval.estimate,
                                     .low = maybe_of(accuracy.interval.low),
                                     .high = maybe_of(accuracy.interval.high),
                                     .method = "wilson_neff",
                                     .se = accuracy.se,
                                     .n_eff = accuracy.n_eff,
                                     .n = kept};
}

static void fill_reliability(struct arena *scratch, struct summary *summary,
                             struct summary_variant *v, const struct summary_series *correct)
{
    if (v->trials < 2)
        return;
    v->reliability_count = (size_t)v->trials;
    v->reliability =
        arena_array(&summary->arena, struct summary_reliability, v->reliability_count);
    for (size_t k = 1; k <= v->reliability_count; k++) {
        struct summary_reliability *one = &v->reliability[k - 1];

        one->pass_at = reliability_of(scratch, summary, correct, k, false, &one->left_out);
        one->pass_hat = reliability_of(scratch, summary, correct, k, true, &one->left_out);
    }
}

static void fill_accuracy(struct arena *scratch, struct summary *summary,
                          struct summary_variant *v, size_t variant)
{
    struct summary_series correct =
        summary_collect(scratch, summary, variant, summary_value_correct, 0);
    struct summary_series answered =
        summary_collect(scratch, summary, variant, value_answered, 0);
    struct summary_series score =
        summary_collect(scratch, summary, variant, summary_value_score, 0);
    struct summary_series errors = summary_collect(scratch, summary, variant, value_error, 0);
    struct summary_series worst = summary_collect(scratch, summary, variant, value_bound, 0);
    struct summary_series best = summary_collect(scratch, summary, variant, value_bound, 1);
    struct stats_variance variance = stats_variance_components(&correct.trials);

    v->accuracy = reduced_share(scratch, summary, &correct);
    v->accuracy_without_errors = reduced_share(scratch, summary, &answered);
    v->score = reduced_share(scratch, summary, &score);
    v->error_rate = error_rate_of(summary, &errors);
    v->accuracy_worst = reduced_mean(scratch, summary, &worst);
    v->accuracy_best = reduced_mean(scratch, summary, &best);
    if (summary->meta.reducer == STATS_REDUCE_MEAN)
        v->se_rerun = variance.se_rerun;
    v->icc = variance.icc;
    v->identical_trials = all_trials_identical(&correct) && all_trials_identical(&score);
    fill_reliability(scratch, summary, v, &correct);
    v->scores =
        arena_array(&summary->arena, struct summary_estimate, summary->meta.score_count + 1);
    for (size_t k = 0; k < summary->meta.score_count; k++) {
        struct summary_series named =
            summary_collect(scratch, summary, variant, summary_value_named, k);

        v->scores[k] = reduced_share(scratch, summary, &named);
    }
}

/* ---- cost ---- */

/* Total cost over the number of correct answers: sums a sample, not means, so that the ratio is
 * the one of the totals also when samples have unequal numbers of trials. */
static struct summary_estimate cost_per_correct(struct arena *scratch,
                                                const struct summary *summary, size_t variant,
                                                const struct summary_series *cost)
{
    struct summary_series correct =
        summary_collect(scratch, summary, variant, summary_value_correct, 0);
    size_t samples = cost->trials.samples, j = 0;
    double *right = arena_array(scratch, double, samples + 1);
    struct stats_ratio ratio;

    for (size_t i = 0; i < samples; i++) {
        while (j < correct.trials.samples && correct.places[j] < cost->places[i])
            j++;
        if (j < correct.trials.samples && correct.places[j] == cost->places[i])
            right[i] = correct.sums[j];
    }
    if (!(stats_sum_of(right, samples) > 0.0))
        return summary_unknown("no correct answers");
    if (!(stats_sum_of(cost->sums, samples) > 0.0))
        return (struct summary_estimate){
            .value = maybe_of(0.0), .method = "none", .n = samples};
    ratio = stats_ratio_logdelta(cost->sums, right, samples, cost->clusters,
                                 summary->meta.confidence);
    return summary_ratio(&ratio, samples, "ratio_logdelta");
}

static void fill_cost(struct arena *scratch, struct summary *summary, struct summary_variant *v,
                      size_t variant)
{
    struct summary_series cost =
        summary_collect(scratch, summary, variant, summary_value_cost, 0);
    struct stats_mean mean =
        stats_mean_t(cost.means, cost.trials.samples, cost.clusters, summary->meta.confidence);

    v->cost_usd = v->finished ? summary_money_usd(&v->cost) : maybe_none();
    v->known_usd = (double)v->cost.known_nanousd * 1e-9;
    v->upper_usd = (double)v->cost.upper_nanousd * 1e-9;
    if (v->cost.unknown_calls > 0) {
        v->cost_per_cell_usd = summary_unknown("calls of unknown cost");
        v->cost_per_correct_usd = summary_unknown("calls of unknown cost");
        return;
    }
    v->cost_per_cell_usd = summary_mean(&mean, cost.trials.samples);
    v->cost_per_correct_usd = cost_per_correct(scratch, summary, variant, &cost);
}

/* ---- time ---- */

static void fill_quantiles(struct arena *scratch, const struct summary *summary,
                           struct summary_variant *v, struct cells cells)
{
    struct stats_observation *observations =
        arena_array(scratch, struct stats_observation, cells.count + 1);
    uint64_t *labels = arena_array(scratch, uint64_t, cells.count + 1);
    size_t *of = arena_array(scratch, size_t, cells.count + 1), count = 0, clusters;

    for (size_t i = 0; i < cells.count; i++) {
        const struct summary_cell *cell = &cells.first[i];

        if (!summary_value_latency(summary, cell, 0).known)
            continue;
        observations[count].value =
            cell->status == SUMMARY_TIMEOUT ? STATS_CENSORED : cell->latency_ns;
        labels[count++] = summary->private->samples[cell->place].cluster;
    }
    clusters = stats_clusters_number(labels, count, of);
    for (size_t i = 0; i < count; i++)
        observations[i].cluster = of[i];
    stats_observations_sort(observations, count);
    for (size_t level = 0; level < SUMMARY_LEVELS; level++)
        v->latency_ns[level] = stats_latency_quantile(
            observations, count, clusters, summary_permille[level], summary->meta.confidence);
}

static maybe mean_time(int64_t sum, uint64_t count)
{
    return count ? maybe_of((double)sum / (double)count) : maybe_none();
}

static void fill_columns(struct summary_variant *v, const struct summary_sums *sums)
{
    uint64_t count = sums->timed, whole = sums->whole;

    v->latency_lost = v->finished - count - sums->cached;
    v->wall_ns = mean_time(sums->wall_ns, whole);
    v->provider_ns = mean_time(sums->provider_ns, count);
    v->permit_wait_ns = mean_time(sums->permit_wait_ns, count);
    v->backoff_ns = mean_time(sums->backoff_ns, count);
    v->store_wait_ns = mean_time(sums->store_wait_ns, whole);
    v->connect_ns = mean_time(sums->connect_ns, count);
    v->critical_path_ns = mean_time(sums->critical_path_ns, count);
    v->total_work_ns = mean_time(sums->total_work_ns, count);
    v->ttft_ns = mean_time(sums->ttft_ns, sums->ttft_calls);
}

static void fill_cached(struct summary_variant *v, const struct summary_sums *sums)
{
    v->cached_cells = sums->cached;
    v->cached_latency_ns = mean_time(sums->cached_ns, sums->cached_timed);
    v->paid_usd =
        v->cost_usd.known ? maybe_of((double)sums->paid_nanousd * 1e-9) : maybe_none();
}

static void fill_times(struct arena *scratch, struct summary *summary,
                       struct summary_variant *v, size_t variant)
{
    struct cells cells = cells_of(summary, variant);
    struct summary_series latency =
        summary_collect(scratch, summary, variant, summary_value_latency, 0);
    struct stats_mean mean = stats_mean_t(latency.means, latency.trials.samples,
                                          latency.clusters, summary->meta.confidence);

    fill_quantiles(scratch, summary, v, cells);
    v->latency_mean_ns = summary_mean(&mean, latency.trials.samples);
    v->latency_at_least = v->statuses[SUMMARY_TIMEOUT] > 0;
    fill_columns(v, &summary->private->sums[variant]);
    fill_cached(v, &summary->private->sums[variant]);
}

void summary_fill_variant(struct summary *summary, size_t variant)
{
    struct summary_variant *v = &summary->variants[variant];
    struct arena scratch = {0};

    v->name = summary->meta.variants[variant].name;
    v->pattern = summary->meta.variants[variant].pattern;
    v->dominated_by = SUMMARY_NO_BASELINE;
    count_cells(summary, v, cells_of(summary, variant), &summary->private->sums[variant]);
    fill_accuracy(&scratch, summary, v, variant);
    fill_cost(&scratch, summary, v, variant);
    fill_times(&scratch, summary, v, variant);
    arena_release(&scratch);
}
