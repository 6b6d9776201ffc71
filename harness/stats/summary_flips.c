/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples that one variant of a comparison gets right and the other wrong: what a reader opens
 * first. A sample is right when more than half of its scored trials are, as in McNemar's table
 * (summary_count_pairs); that an edge of one trial is no proof is what the test is for. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "stats/summary_rows.h"

enum { COMPARISONS_MOST = 200 };

static size_t count_flips(const struct summary_pairing *p)
{
    size_t count = 0;

    for (size_t i = 0; i < p->count; i++)
        count += (p->candidate.means[p->from_candidate[i]] > 0.5) !=
                 (p->baseline.means[p->from_baseline[i]] > 0.5);
    return count;
}

/* Lost ones first, the clearest first among them, then the order of the data set. Shares are
 * compared as fractions of whole numbers. */
static int compare_flips(const void *left, const void *right)
{
    const struct summary_flip *a = left, *b = right;
    uint64_t all_a = a->candidate_scored * a->baseline_scored;
    uint64_t all_b = b->candidate_scored * b->baseline_scored;
    int64_t change_a = (int64_t)(a->candidate_right * a->baseline_scored) -
                       (int64_t)(a->baseline_right * a->candidate_scored);
    int64_t change_b = (int64_t)(b->candidate_right * b->baseline_scored) -
                       (int64_t)(b->baseline_right * b->candidate_scored);
    uint64_t size_a = (uint64_t)llabs(change_a) * all_b;
    uint64_t size_b = (uint64_t)llabs(change_b) * all_a;

    if (a->gained != b->gained)
        return a->gained ? 1 : -1;
    if (size_a != size_b)
        return size_a > size_b ? -1 : 1;
    return (a->sample > b->sample) - (a->sample < b->sample);
}

static struct summary_flip flip_of(const struct summary *summary,
                                   const struct summary_pairing *p, size_t pair)
{
    const struct summary_sample *sample = &summary->private->samples[p->places[pair]];
    size_t c = p->from_candidate[pair], b = p->from_baseline[pair];

    return (struct summary_flip){
        .sample = sample->index,
        .sample_id = sample->id,
        .candidate_right = (uint64_t)llround(p->candidate.sums[c]),
        .candidate_scored = stats_trials_of(&p->candidate.trials, c),
        .baseline_right = (uint64_t)llround(p->baseline.sums[b]),
        .baseline_scored = stats_trials_of(&p->baseline.trials, b),
        .gained = p->candidate.means[c] > 0.5,
    };
}

/* The first of each kind, in an array of their own. */
static void keep_flips(struct summary *summary, struct summary_comparison *c,
                       const struct summary_flip *flips)
{
    uint64_t lost = c->lost < SUMMARY_FLIPS_MOST ? c->lost : SUMMARY_FLIPS_MOST;
    uint64_t gained = c->gained < SUMMARY_FLIPS_MOST ? c->gained : SUMMARY_FLIPS_MOST;

    c->flips = arena_array(&summary->arena, struct summary_flip, lost + gained + 1);
    for (uint64_t i = 0; i < lost; i++)
        c->flips[c->flip_count++] = flips[i];
    for (uint64_t i = 0; i < gained; i++)
        c->flips[c->flip_count++] = flips[c->lost + i];
}

/* `repeated`: samples have more than one trial on a side; which side they are on is then not what
 * the difference of the means says. */
static void say(struct summary *summary, struct summary_comparison *c, bool repeated)
{
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name;

    if (c->gained + c->lost == 0)
        return;
    c->flips_text =
        arena_printf(&summary->arena,
                     "%s %" PRIu64 " of %" PRIu64
                     " samples %.*s is right where %.*s is wrong, and on %" PRIu64
                     " it is the other way round.",
                     repeated ? "By the majority of their trials, on" : "On", c->gained,
                     c->pairs, STR_ARG(candidate), STR_ARG(baseline), c->lost);
}

static void fill_comparison(struct summary *summary, struct summary_comparison *c)
{
    struct arena scratch = {0};
    /* of all trials, whatever they are reduced to elsewhere */
    struct summary_pairing p = summary_pair_series(
        &scratch, summary,
        summary_collect(&scratch, summary, c->baseline, summary_value_correct, 0),
        summary_collect(&scratch, summary, c->candidate, summary_value_correct, 0));
    struct summary_flip *flips =
        arena_array(&scratch, struct summary_flip, count_flips(&p) + 1);
    size_t made = 0;
    bool repeated = false;

    for (size_t i = 0; i < p.count; i++) {
        bool right = p.candidate.means[p.from_candidate[i]] > 0.5;
        repeated = repeated || stats_trials_of(&p.candidate.trials, p.from_candidate[i]) > 1 ||
                   stats_trials_of(&p.baseline.trials, p.from_baseline[i]) > 1;
        if (right == (p.baseline.means[p.from_baseline[i]] > 0.5))
            continue;
        flips[made++] = flip_of(summary, &p, i);
        c->gained += right;
    }
    c->lost = made - c->gained;
    if (made)
        qsort(flips, made, sizeof *flips, compare_flips);
    keep_flips(summary, c, flips);
    say(summary, c, repeated);
    arena_release(&scratch);
}

void summary_fill_flips(struct summary *summary)
{
    for (size_t i = 0; i < summary->comparison_count && i < COMPARISONS_MOST; i++)
        fill_comparison(summary, &summary->comparisons[i]);
}
