/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The accuracy of two variants on the same samples: difference, interval, test, verdict. What is
 * only estimated (score, cost, latency) is in summary_ratio.c: a small family of tests. */
#include <math.h>

#include "base/mem.h"
#include "stats/multiple.h"
#include "stats/paired.h"
#include "stats/power.h"
#include "stats/random.h"
#include "stats/summary_rows.h"

#define UNSCORED_SHARE 0.02
enum { LATTICE_MOST = 10000 };
#define LATTICE_WORK 2e8

const char *summary_verdict_name(enum summary_verdict verdict)
{
    static const char *const names[] = {"not comparable", "no clear difference", "better",
                                        "worse", "unpaired"};

    return names[verdict];
}

/* ---- accuracy ---- */

/* A reducer may leave a tie. */
static bool is_fraction(double value)
{
    return value > 0.0 && value < 1.0;
}

bool summary_is_single(const struct summary_pairing *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (stats_trials_of(&p->candidate.trials, p->from_candidate[i]) != 1 ||
            stats_trials_of(&p->baseline.trials, p->from_baseline[i]) != 1 ||
            is_fraction(p->candidate.means[p->from_candidate[i]]) ||
            is_fraction(p->baseline.means[p->from_baseline[i]]))
            return false;
    return p->clusters == NULL;
}

void summary_count_pairs(const struct summary_pairing *p, struct stats_paired_counts *counts)
{
    *counts = stats_paired_count(p->candidate.means, p->from_candidate, p->baseline.means,
                                 p->from_baseline, p->count);
}

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
    return b ? divisor_of(b, a % b) : a;
}

/* Least common multiple of all numbers of trials, or 0 above LATTICE_MOST. */
static uint64_t lattice_of(const struct summary_pairing *p)
{
    uint64_t lattice = 1;

    for (size_t i = 0; i < p->count; i++) {
        uint64_t trials[] = {stats_trials_of(&p->candidate.trials, p->from_candidate[i]),
                             stats_trials_of(&p->baseline.trials, p->from_baseline[i])};

        for (size_t k = 0; k < 2; k++) {
            lattice = lattice / divisor_of(lattice, trials[k]) * trials[k];
            if (lattice > LATTICE_MOST)
                return 0;
        }
    }
    return lattice;
}

static bool is_whole(double value)
{
    return !(fabs(value - round(value)) > 0.0);
}

/* Sums of the lattice values over clusters; false when the exact test would be too much work. */
static bool lattice_values(struct arena *scratch, const struct summary_pairing *p,
                           int64_t **values, size_t *groups)
{
    uint64_t lattice = lattice_of(p);
    double size = 0.0;

    *groups = stats_clusters_count(p->clusters, p->count);
    *values = arena_array(scratch, int64_t, *groups + 1);
    if (lattice == 0)
        return false;
    for (size_t i = 0; i < p->count; i++) {
        size_t c = p->from_candidate[i], b = p->from_baseline[i];
        if (!is_whole(p->candidate.sums[c]) || !is_whole(p->baseline.sums[b]))
            return false;
        int64_t right_c = llround(p->candidate.sums[c]), right_b = llround(p->baseline.sums[b]);
        int64_t step_c = (int64_t)(lattice / stats_trials_of(&p->candidate.trials, c));
        int64_t step_b = (int64_t)(lattice / stats_trials_of(&p->baseline.trials, b));

        (*values)[p->clusters ? p->clusters->of[i] : i] += right_c * step_c - right_b * step_b;
    }
    for (size_t g = 0; g < *groups; g++)
        size += fabs((double)(*values)[g]);
    return size * (double)*groups <= LATTICE_WORK;
}

static void sign_flip(struct arena *scratch, const struct summary *summary,
                      const struct summary_pairing *p, const double *differences,
                      struct summary_comparison *comparison)
{
    size_t groups;
    int64_t *lattice;
    double *sums;

    if (lattice_values(scratch, p, &lattice, &groups)) {
        comparison->test = "signflip_exact";
        comparison->p = maybe_of(stats_signflip_exact(lattice, groups));
        return;
    }
    sums = arena_array(scratch, double, groups + 1);
    stats_cluster_sums(differences, p->count, 0.0, p->clusters, sums);
    if (stats_signflip_nonzero(sums, groups) <= STATS_SIGNFLIP_ENUMERABLE) {
        comparison->test = "signflip_enumerated";
        comparison->p = maybe_of(stats_signflip_enumerate(sums, groups));
    } else {
        uint32_t seed = stats_seed_for(summary->meta.seed, "perm", "accuracy",
                                       summary->meta.variants[comparison->baseline].name,
                                       summary->meta.variants[comparison->candidate].name);

        comparison->test = "signflip_mc";
        comparison->p =
            maybe_of(stats_signflip_mc(sums, groups, seed, STATS_SIGNFLIP_PATTERNS).p);
    }
}

struct summary_estimate summary_paired_interval(struct arena *scratch,
                                                const struct summary_pairing *p, double conf)
{
    struct stats_paired_difference guarded = stats_paired_diff(
        summary_differences(scratch, p), p->count, p->clusters, conf, 2);
    struct summary_estimate difference = summary_difference(&guarded, p->count);

    if (p->count > 0 && summary_is_single(p)) {
        struct stats_paired_counts counts;
        summary_count_pairs(p, &counts);
        struct stats_newcombe newcombe = stats_newcombe_paired(&counts, conf);

        difference.low = maybe_of(newcombe.low);
        difference.high = maybe_of(newcombe.high);
        difference.method = "newcombe_paired";
    }
    return difference;
}

static void accuracy_difference(struct arena *scratch, const struct summary *summary,
                                const struct summary_pairing *p,
                                struct summary_comparison *comparison)
{
    const struct summary_meta *meta = &summary->meta;

    comparison->accuracy = summary_paired_interval(scratch, p, meta->confidence);
    if (p->count == 0)
        return;
    if (summary_is_single(p)) {
        struct stats_paired_counts counts;

        summary_count_pairs(p, &counts);
        comparison->test = "mcnemar_exact";
        comparison->p = maybe_of(stats_mcnemar(counts.only_first, counts.only_second).p_exact);
    } else {
        sign_flip(scratch, summary, p, summary_differences(scratch, p), comparison);
    }
    comparison->detectable = maybe_of(stats_minimum_detectable(
        comparison->accuracy.se.value, meta->alpha, meta->power));
}

/* The same interval at the confidence that holds for the whole family at once. */
static void simultaneous_limits(const struct summary *summary,
                                struct summary_comparison *comparison)
{
    double conf = 1.0 - summary->meta.alpha / (double)comparison->family;
    struct arena scratch = {0};
    struct summary_pairing p = summary_pair_up(&scratch, summary, comparison->baseline,
                                               comparison->candidate, summary_value_correct);

    struct summary_estimate d = summary_paired_interval(&scratch, &p, conf);

    comparison->low_simultaneous = d.low;
    comparison->high_simultaneous = d.high;
    arena_release(&scratch);
}

/* Samples that both sides have, with a finished cell in either variant. */
static uint64_t samples_seen(const struct summary *summary, size_t baseline, size_t candidate)
{
    const struct summary_rows *rows = summary->private;
    bool *seen = xcalloc(rows->sample_count, sizeof *seen);
    const size_t variants[] = {baseline, candidate};
    uint64_t count = 0;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = rows->cell_start[variants[k]]; i < rows->cell_start[variants[k] + 1];
             i++)
            if (summary_is_finished((enum summary_status)rows->cells[i].status) &&
                !rows->samples[rows->cells[i].place].alone)
                seen[rows->cells[i].place] = true;
    for (size_t s = 0; s < rows->sample_count; s++)
        count += seen[s];
    xfree(seen);
    return count;
}

bool summary_too_many_unscored(const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    uint64_t failures = 0;

    for (size_t i = rows->cell_start[variant]; i < rows->cell_start[variant + 1]; i++)
        failures += summary_is_grader_failure(summary, &rows->cells[i]);
    return (double)failures > UNSCORED_SHARE * (double)summary->variants[variant].finished;
}

void summary_compare_accuracy(struct summary *summary, size_t baseline, size_t candidate,
                              struct summary_comparison *comparison)
{
    struct arena scratch = {0};
    struct summary_pairing p =
        summary_pair_up(&scratch, summary, baseline, candidate, summary_value_correct);

    *comparison = (struct summary_comparison){
        .baseline = baseline, .candidate = candidate, .test = "none", .pairs = p.count};
    comparison->dropped = samples_seen(summary, baseline, candidate) - p.count;
    comparison->unscored = summary_too_many_unscored(summary, baseline) ||
                           summary_too_many_unscored(summary, candidate);
    accuracy_difference(&scratch, summary, &p, comparison);
    if (!summary_is_sequential(summary))
        summary_fill_powers(comparison, p.count);
    if (p.count == 0 && summary->meta.matching && summary->meta.matching->matched == 0)
        summary_compare_unpaired(summary, comparison);
    if (summary_is_sequential(summary))
        summary_compare_sequentially(summary, comparison);
    arena_release(&scratch);
}

void summary_judge(const struct summary *summary, struct summary_comparison *comparisons,
                   size_t count)
{
    if (summary_is_sequential(summary)) {
        summary_judge_sequentially(summary, comparisons, count);
        return;
    }
    maybe *p = xcalloc(count, sizeof *p), *adjusted = xcalloc(count, sizeof *adjusted);
    size_t family;

    for (size_t i = 0; i < count; i++)
        p[i] = comparisons[i].p;
    family = stats_holm(p, count, adjusted);
    for (size_t i = 0; i < count; i++) {
        struct summary_comparison *c = &comparisons[i];
        bool tested, excluded;

        c->p_adjusted = adjusted[i];
        c->family = family;
        if (!c->p.known) {
            if (c->accuracy.value.known)
                c->verdict = SUMMARY_UNPAIRED;
            continue;
        }
        simultaneous_limits(summary, c);
        tested = c->p_adjusted.value <= summary->meta.alpha;
        excluded = c->accuracy.low.value > 0.0 || c->accuracy.high.value < 0.0;
        c->borderline = tested != excluded;
        c->verdict = SUMMARY_NO_CLEAR_DIFFERENCE;
        if (tested && excluded)
            c->verdict = c->accuracy.value.value > 0.0 ? SUMMARY_BETTER : SUMMARY_WORSE;
    }
    xfree(p);
    xfree(adjusted);
}

static void compare_fully(struct summary *summary, size_t baseline, size_t candidate,
                          struct summary_comparison *comparison)
{
    summary_compare_accuracy(summary, baseline, candidate, comparison);
    summary_compare_rest(summary, comparison);
}

void summary_fill_comparisons(struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    size_t variants = meta->variant_count, count = 0;

    summary->comparisons =
        arena_array(&summary->arena, struct summary_comparison, variants * variants + 1);
    if (meta->pair_count) {
        for (size_t i = 0; i < meta->pair_count; i++)
            compare_fully(summary, meta->pairs[i].baseline, meta->pairs[i].candidate,
                          &summary->comparisons[count++]);
    } else if (meta->all_pairs) {
        for (size_t b = 0; b < variants; b++)
            for (size_t c = b + 1; c < variants; c++)
                compare_fully(summary, b, c, &summary->comparisons[count++]);
    } else if (meta->baseline != SUMMARY_NO_BASELINE) {
        for (size_t c = 0; c < variants; c++)
            if (c != meta->baseline)
                compare_fully(summary, meta->baseline, c, &summary->comparisons[count++]);
    }
    summary->comparison_count = count;
    summary_judge(summary, summary->comparisons, count);
}
