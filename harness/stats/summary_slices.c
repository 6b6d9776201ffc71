/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accuracy by group of samples (tags, metadata): where variants do well and badly. Groups are chosen
 * after looking as often as before, so nothing here is tested. */
#include "stats/paired.h"
#include "stats/summary_rows.h"

/* The samples of a group, by their place among those that have cells. */
static bool *members_of(struct arena *scratch, const struct summary *summary,
                        const struct summary_group *group)
{
    const struct summary_rows *rows = summary->private;
    bool *member = arena_array(scratch, bool, rows->sample_count + 1);
    for (size_t i = 0; i < group->count; i++)
        if (group->samples[i] < rows->place_room && rows->place_of[group->samples[i]])
            member[rows->place_of[group->samples[i]] - 1] = true;
    return member;
}

static struct summary_series members_only(struct arena *scratch, const struct summary *summary,
                                          const struct summary_series *all, const bool *member)
{
    size_t samples = all->trials.samples, total = 0, kept = 0;
    double *scores = arena_array(scratch, double, stats_trials_total(&all->trials) + 1);
    size_t *start = arena_array(scratch, size_t, samples + 2);
    struct summary_series series = {.places = arena_array(scratch, size_t, samples + 1),
                                    .means = arena_array(scratch, double, samples + 1),
                                    .sums = arena_array(scratch, double, samples + 1)};
    for (size_t i = 0; i < samples; i++) {
        if (!member[all->places[i]])
            continue;
        series.places[kept] = all->places[i];
        series.means[kept] = all->means[i];
        series.sums[kept++] = all->sums[i];
        for (size_t t = all->trials.start[i]; t < all->trials.start[i + 1]; t++)
            scores[total++] = all->trials.scores[t];
        start[kept] = total;
    }
    series.trials = (struct stats_trials){scores, start, kept};
    series.clusters = summary_clusters_of(scratch, summary, series.places, kept);
    return series;
}

/* The pairs of a comparison that are of the group. */
static struct summary_estimate difference_in(struct arena *scratch,
                                             const struct summary *summary,
                                             const struct summary_pairing *all,
                                             const bool *member)
{
    struct summary_pairing p = *all;
    p.places = arena_array(scratch, size_t, all->count + 1);
    p.from_candidate = arena_array(scratch, size_t, all->count + 1);
    p.from_baseline = arena_array(scratch, size_t, all->count + 1);
    p.count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!member[all->places[i]])
            continue;
        p.places[p.count] = all->places[i];
        p.from_candidate[p.count] = all->from_candidate[i];
        p.from_baseline[p.count++] = all->from_baseline[i];
    }
    p.clusters = summary_clusters_of(scratch, summary, p.places, p.count);
    return summary_paired_interval(scratch, &p, summary->meta.confidence);
}

static uint64_t samples_in(struct arena *scratch, const struct summary *summary,
                           const bool *member)
{
    const struct summary_rows *rows = summary->private;
    bool *seen = arena_array(scratch, bool, rows->sample_count + 1);
    uint64_t count = 0;
    for (size_t i = 0; i < rows->cell_start[summary->meta.variant_count]; i++)
        if (member[rows->cells[i].place] &&
            summary_is_finished((enum summary_status)rows->cells[i].status))
            seen[rows->cells[i].place] = true;
    for (size_t s = 0; s < rows->sample_count; s++)
        count += seen[s];
    return count;
}

/* Every variant's values are collected once, and then looked at group by group. */
static void fill_accuracy(struct summary *summary, size_t variant, bool *const *member)
{
    struct arena series = {0}, scratch = {0};
    struct summary_series trials =
        summary_collect(&series, summary, variant, summary_value_correct, 0);
    struct summary_series all = summary_reduce(&series, summary, &trials);
    for (size_t i = 0; i < summary->slice_count; i++) {
        struct summary_series part = members_only(&scratch, summary, &all, member[i]);
        summary->slices[i].accuracy[variant] = summary_share(summary, &part);
        arena_clear(&scratch);
    }
    arena_release(&scratch);
    arena_release(&series);
}

static void fill_difference(struct summary *summary, size_t comparison, bool *const *member)
{
    const struct summary_comparison *c = &summary->comparisons[comparison];
    struct arena series = {0}, scratch = {0};
    struct summary_pairing all =
        summary_pair_up(&series, summary, c->baseline, c->candidate, summary_value_correct);
    for (size_t i = 0; i < summary->slice_count; i++) {
        summary->slices[i].difference[comparison] =
            summary_is_sequential(summary) ? summary_unknown("the run looked at every sample")
                                           : difference_in(&scratch, summary, &all, member[i]);
        arena_clear(&scratch);
    }
    arena_release(&scratch);
    arena_release(&series);
}

void summary_fill_slices(struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    struct arena *arena = &summary->arena, scratch = {0};
    bool **member = arena_array(&scratch, bool *, meta->group_count + 1);
    summary->slice_count = meta->group_count;
    summary->slices = arena_array(arena, struct summary_slice, meta->group_count + 1);
    for (size_t i = 0; i < meta->group_count; i++) {
        member[i] = members_of(&scratch, summary, &meta->groups[i]);
        summary->slices[i] = (struct summary_slice){
            .by = meta->groups[i].by,
            .name = meta->groups[i].name,
            .samples = samples_in(&scratch, summary, member[i]),
            .accuracy = arena_array(arena, struct summary_estimate, meta->variant_count + 1),
            .difference =
                arena_array(arena, struct summary_estimate, summary->comparison_count + 1),
        };
    }
    for (size_t v = 0; v < meta->variant_count && meta->group_count; v++)
        fill_accuracy(summary, v, member);
    for (size_t c = 0; c < summary->comparison_count && meta->group_count; c++)
        fill_difference(summary, c, member);
    arena_release(&scratch);
}

void summary_warn_of_slices(struct summary *summary)
{
    if (summary->slice_count)
        summary_warn(summary, "slices", SUMMARY_NO_BASELINE,
                     STR("Slices are looked at, not tested: of many groups some differ by "
                         "chance. Ask about one in a run of its own before you act on it."));
}
