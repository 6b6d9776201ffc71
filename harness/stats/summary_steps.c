/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a variant: one entry a path, whose instances (items of a map, rounds of a loop)
 * are pooled. Instances of one sample are not independent, so samples stay the unit. */
#include <stdlib.h>

#include "stats/interval.h"
#include "stats/sum.h"
#include "stats/summary_rows.h"

struct instances {
    const struct summary_step_row *first;
    size_t count;
};

static int compare_kinds(const void *left, const void *right)
{
    return str_compare(((const struct summary_count *)left)->reason,
                       ((const struct summary_count *)right)->reason);
}

static void count_failures(struct summary *summary, struct summary_step *step,
                           struct instances instances)
{
    size_t filled = 0, kept = 0;
    struct summary_count *counts;

    counts = arena_array(&summary->arena, struct summary_count, step->failed + 1);
    for (size_t i = 0; i < instances.count; i++) {
        str kind = instances.first[i].failure;

        if (kind.n)
            counts[filled++] = (struct summary_count){
                str_equal(kind, STR("timeout")) ? SUMMARY_TIMEOUT : SUMMARY_ERROR, kind, 1};
    }
    if (filled)
        qsort(counts, filled, sizeof *counts, compare_kinds);
    for (size_t i = 0; i < filled; i++) {
        if (kept > 0 && compare_kinds(&counts[kept - 1], &counts[i]) == 0)
            counts[kept - 1].count++;
        else
            counts[kept++] = counts[i];
    }
    step->failures = counts;
    step->failure_count = kept;
}

/* Place of a sample in the table, by binary search; every step belongs to a cell. */
static size_t place_of(const struct summary *summary, size_t sample)
{
    const struct summary_rows *rows = summary->private;
    size_t low = 0, high = rows->sample_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rows->samples[middle].index < sample)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rows->sample_count && rows->samples[low].index == sample ? low
                                                                          : SUMMARY_NO_BASELINE;
}

/* Values of the instances, grouped by sample: they are sorted by it. */
static struct summary_series collect_instances(struct arena *scratch,
                                               const struct summary *summary,
                                               struct instances instances, bool scores)
{
    double *values = arena_array(scratch, double, instances.count + 1);
    size_t *start = arena_array(scratch, size_t, instances.count + 2);
    struct summary_series series = {.places = arena_array(scratch, size_t, instances.count + 1),
                                    .means = arena_array(scratch, double, instances.count + 1)};
    size_t samples = 0, total = 0;

    for (size_t i = 0; i < instances.count; i++) {
        const struct summary_step_row *row = &instances.first[i];
        size_t place = place_of(summary, row->sample);

        if (place == SUMMARY_NO_BASELINE || (scores && !row->score.known))
            continue;
        if (samples == 0 || series.places[samples - 1] != place)
            series.places[samples++] = place;
        values[total++] = scores ? row->score.value : (double)row->latency_ns;
        start[samples] = total;
    }
    for (size_t s = 0; s < samples; s++)
        series.means[s] = stats_mean_of(values + start[s], start[s + 1] - start[s]);
    series.trials = (struct stats_trials){values, start, samples};
    series.clusters = summary_clusters_of(scratch, summary, series.places, samples);
    return series;
}

static void fill_quantiles(struct arena *scratch, const struct summary *summary,
                           struct summary_step *step, const struct summary_series *latency)
{
    size_t total = stats_trials_total(&latency->trials), at = 0;
    struct stats_observation *observations =
        arena_array(scratch, struct stats_observation, total + 1);
    size_t clusters = stats_clusters_count(latency->clusters, latency->trials.samples);

    for (size_t s = 0; s < latency->trials.samples; s++)
        for (; at < latency->trials.start[s + 1]; at++)
            observations[at] =
                (struct stats_observation){(int64_t)latency->trials.scores[at],
                                           latency->clusters ? latency->clusters->of[s] : s};
    step->p50_ns =
        stats_latency_quantile(observations, total, clusters, 500, summary->meta.confidence);
    step->p95_ns =
        stats_latency_quantile(observations, total, clusters, 950, summary->meta.confidence);
}

static void fill_step(struct summary *summary, struct summary_step *step,
                      struct instances instances)
{
    struct arena scratch = {0};
    struct summary_series scores, latency;
    struct stats_mean mean;

    step->path = instances.first->path;
    step->pattern = instances.first->pattern;
    step->instances = instances.count;
    for (size_t i = 0; i < instances.count; i++) {
        const struct summary_step_row *row = &instances.first[i];

        /* Different nodes may stand at one path (drafts of refine, workers): instances come in
         * any order, so the name must not depend on which is first. */
        if (str_compare(row->pattern, step->pattern) < 0)
            step->pattern = row->pattern;
        step->failed += row->failure.n > 0;
        summary_traffic_add(&step->traffic, &row->traffic);
        summary_tokens_add(&step->tokens, &row->tokens);
        summary_money_add(&step->cost, &row->cost);
    }
    step->ok = step->instances - step->failed;
    step->cost_usd = summary_money_usd(&step->cost);
    count_failures(summary, step, instances);
    scores = collect_instances(&scratch, summary, instances, true);
    step->accuracy = scores.trials.samples ? summary_share(summary, &scores)
                                           : summary_unknown("no score for this step");
    latency = collect_instances(&scratch, summary, instances, false);
    mean = stats_mean_t(latency.means, latency.trials.samples, latency.clusters,
                        summary->meta.confidence);
    step->latency_ns = summary_mean(&mean, latency.trials.samples);
    fill_quantiles(&scratch, summary, step, &latency);
    arena_release(&scratch);
}

void summary_fill_steps(struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    struct summary_variant *v = &summary->variants[variant];
    size_t end = rows->step_start[variant + 1], first = rows->step_start[variant];
    size_t paths = 0;

    for (size_t i = first; i < end; i++)
        paths += i == first || !str_equal(rows->steps[i].path, rows->steps[i - 1].path);
    v->steps = arena_array(&summary->arena, struct summary_step, paths + 1);
    while (first < end) {
        size_t next = first + 1;

        while (next < end && str_equal(rows->steps[next].path, rows->steps[first].path))
            next++;
        fill_step(summary, &v->steps[v->step_count++],
                  (struct instances){rows->steps + first, next - first});
        first = next;
    }
}
