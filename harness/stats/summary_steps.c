/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a variant: one entry a path, whose instances (items of a map, rounds of a loop)
 * are pooled. Instances of one sample are not independent, so samples stay the unit. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/interval.h"
#include "stats/sum.h"
#include "stats/summary_rows.h"

struct instances {
    const struct summary_instance *first;
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
    const struct summary_names *names = &summary->private->names;
    uint64_t *seen = xcalloc(names->count, sizeof *seen);
    size_t kept = 0;

    for (size_t i = 0; i < instances.count; i++)
        seen[instances.first[i].failure]++;
    for (size_t i = 1; i < names->count; i++)
        step->failure_count += seen[i] > 0;
    step->failures =
        arena_array(&summary->arena, struct summary_count, step->failure_count + 1);
    for (size_t i = 1; i < names->count; i++) {
        bool timeout = str_equal(names->text[i], STR("timeout"));

        step->failed += seen[i];
        if (seen[i])
            step->failures[kept++] = (struct summary_count){
                timeout ? SUMMARY_TIMEOUT : SUMMARY_ERROR, names->text[i], seen[i]};
    }
    qsort(step->failures, kept, sizeof *step->failures, compare_kinds);
    xfree(seen);
}

/* Values of the instances, grouped by sample: they are sorted by it. */
static struct summary_series collect_instances(struct arena *scratch,
                                               const struct summary *summary,
                                               struct instances instances, bool scores)
{
    size_t room = 1, samples = 0, total = 0;

    for (size_t i = 0; i < instances.count; i++)
        room += i == 0 || instances.first[i].place != instances.first[i - 1].place;
    double *values = arena_array(scratch, double, instances.count + 1);
    size_t *start = arena_array(scratch, size_t, room + 1);
    struct summary_series series = {.places = arena_array(scratch, size_t, room),
                                    .means = arena_array(scratch, double, room)};

    for (size_t i = 0; i < instances.count; i++) {
        const struct summary_instance *one = &instances.first[i];

        if (one->place == SUMMARY_NO_PLACE ||
            (scores ? isnan(one->score) : one->latency_ns < 0))
            continue;
        if (samples == 0 || series.places[samples - 1] != one->place)
            series.places[samples++] = one->place;
        values[total++] = scores ? one->score : (double)one->latency_ns;
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
    stats_observations_sort(observations, total);
    step->p50_ns =
        stats_latency_quantile(observations, total, clusters, 500, summary->meta.confidence);
    step->p95_ns =
        stats_latency_quantile(observations, total, clusters, 950, summary->meta.confidence);
}

/* `kind` is the first of the `kinds` that stand at one path. */
static void fill_step(struct summary *summary, struct summary_step *step,
                      const struct summary_kind *kind, size_t kinds, struct instances instances)
{
    struct arena scratch = {0};
    struct summary_series scores, latency;
    struct stats_mean mean;

    step->path = kind->path;
    step->pattern = kind->pattern;
    step->instances = instances.count;
    for (size_t i = 0; i < kinds; i++) {
        if (str_compare(kind[i].pattern, step->pattern) < 0)
            step->pattern = kind[i].pattern;
        summary_traffic_add(&step->traffic, &kind[i].traffic);
        summary_tokens_add(&step->tokens, &kind[i].tokens);
        summary_money_add(&step->cost, &kind[i].cost);
    }
    count_failures(summary, step, instances);
    step->ok = step->instances - step->failed;
    step->cost_usd = summary_money_usd(&step->cost);
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

/* Shares of a finished cell of the variant. */
static void fill_per_cell(const struct summary *summary, struct summary_step *step,
                          const struct summary_variant *v, size_t variant, int64_t work_ns)
{
    const struct summary_tokens *t = &step->tokens;
    double finished = (double)v->finished;
    uint64_t timed = summary->private->sums[variant].timed;

    if (v->finished) {
        step->cost_per_cell_usd = maybe_scale(step->cost_usd, 1.0 / finished);
        step->tokens_per_cell = maybe_of(
            (double)(t->input + t->cache_read + t->cache_write + t->output) / finished);
    }
    if (timed)
        step->work_per_cell_ns = maybe_of((double)work_ns / (double)timed);
}

void summary_fill_steps(struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    struct summary_variant *v = &summary->variants[variant];
    size_t first = 0, end = rows->kind_count;

    while (first < end && rows->kinds[first].variant < variant)
        first++;
    while (end > first && rows->kinds[end - 1].variant > variant)
        end--;
    v->steps = arena_array(&summary->arena, struct summary_step, end - first + 1);
    while (first < end) {
        size_t next = first + 1, from = rows->kind_start[first];
        struct summary_step *step = &v->steps[v->step_count++];
        int64_t work_ns = rows->kinds[first].work_ns;

        for (; next < end && str_equal(rows->kinds[next].path, rows->kinds[first].path); next++)
            work_ns += rows->kinds[next].work_ns;
        fill_step(summary, step, &rows->kinds[first], next - first,
                  (struct instances){rows->instances + from, rows->kind_start[next] - from});
        fill_per_cell(summary, step, v, variant, work_ns);
        first = next;
    }
}
