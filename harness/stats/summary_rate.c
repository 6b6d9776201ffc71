/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of cells that were started on a schedule: from when they should have started, so that a
 * stall shows in every cell that it delayed (statistics of the specification, coordinated
 * omission); and how late weir itself was, which says whether the schedule was kept. */
#include "stats/summary_rows.h"

static const double late_share = 0.05; /* of the median time: more is a warning */

static const struct stats_quantile *quantiles(struct arena *scratch,
                                              const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    size_t first = rows->cell_start[variant], end = rows->cell_start[variant + 1], count = 0;
    struct stats_observation *seen =
        arena_array(scratch, struct stats_observation, end - first + 1);
    uint64_t *labels = arena_array(scratch, uint64_t, end - first + 1);
    size_t *of = arena_array(scratch, size_t, end - first + 1);
    struct stats_quantile *levels = arena_array(scratch, struct stats_quantile, SUMMARY_LEVELS);
    for (size_t i = first; i < end; i++) {
        const struct summary_cell *cell = &rows->cells[i];
        if (!summary_value_latency(summary, cell, 0).known || cell->wall_ns < 0)
            continue;
        seen[count].value = cell->status == SUMMARY_TIMEOUT ? STATS_CENSORED : cell->wall_ns;
        labels[count++] = rows->samples[cell->place].cluster;
    }
    size_t clusters = stats_clusters_number(labels, count, of);
    for (size_t i = 0; i < count; i++)
        seen[i].cluster = of[i];
    stats_observations_sort(seen, count);
    for (size_t level = 0; level < SUMMARY_LEVELS; level++)
        levels[level] = stats_latency_quantile(seen, count, clusters, summary_permille[level],
                                               summary->meta.confidence);
    return levels;
}

static void fill_lateness(struct arena *scratch, struct summary *summary)
{
    const struct summary_rows *rows = summary->private;
    struct stats_observation *seen =
        arena_array(scratch, struct stats_observation, rows->cell_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < rows->cell_count; i++)
        if (summary_is_finished((enum summary_status)rows->cells[i].status)) {
            seen[count] = (struct stats_observation){rows->cells[i].late_ns, count};
            count++;
        }
    summary->late_p50_ns = stats_latency_quantile(seen, count, count, 500, 0.95).estimate;
    summary->late_p99_ns = stats_latency_quantile(seen, count, count, 990, 0.95).estimate;
}

void summary_fill_rate(struct summary *summary)
{
    struct arena scratch = {0};
    size_t own = summary->meta.variant_count - summary->meta.kept;
    if (!summary->meta.rate.known)
        return;
    for (size_t v = 0; v < own; v++)
        memcpy(summary->variants[v].scheduled_ns, quantiles(&scratch, summary, v),
               sizeof summary->variants[v].scheduled_ns);
    fill_lateness(&scratch, summary);
    for (size_t v = 0; v < own; v++) {
        maybe median = summary->variants[v].scheduled_ns[SUMMARY_P50].estimate;
        if (median.known && summary->late_p99_ns.known &&
            summary->late_p99_ns.value > late_share * median.value)
            summary->late_starts = true;
    }
    arena_release(&scratch);
}
