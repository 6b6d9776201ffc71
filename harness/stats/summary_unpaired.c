/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sides whose datasets differ. Where they share samples, those are compared, and the reader is
 * told which ones were left out; where they share none, what is left is the difference of two
 * independent accuracies. And for every comparison: what it would take to see more. */
#include <inttypes.h>
#include <math.h>

#include "stats/format.h"
#include "stats/paired.h"
#include "stats/power.h"
#include "stats/summary_rows.h"

static struct stats_proportion proportion_of(const struct summary_estimate *e)
{
    return (struct stats_proportion){e->value, e->low.value, e->high.value, e->value.known};
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void summary_compare_unpaired(struct summary *summary, struct summary_comparison *comparison)
{
    const struct summary_variant *candidate = &summary->variants[comparison->candidate];
    const struct summary_variant *baseline = &summary->variants[comparison->baseline];
    struct stats_proportion first = proportion_of(&candidate->accuracy);
    struct stats_proportion second = proportion_of(&baseline->accuracy);

    if (!first.estimable || !second.estimable)
        return;
    struct stats_unpaired d = stats_newcombe_unpaired(&first, &second);
    maybe se = maybe_none();
    if (candidate->accuracy.se.known && baseline->accuracy.se.known)
        se = maybe_of(hypot(candidate->accuracy.se.value, baseline->accuracy.se.value));
    comparison->accuracy =
        (struct summary_estimate){.value = maybe_of(d.difference),
                                  .low = maybe_of(d.low),
                                  .high = maybe_of(d.high),
                                  .method = "newcombe_unpaired",
                                  .se = se,
                                  .n = candidate->samples + baseline->samples};
    if (!se.known || !(se.value > 0.0))
        return;
    comparison->detectable =
        maybe_of(stats_minimum_detectable(se.value, summary->meta.alpha, summary->meta.power));
    summary_fill_powers(comparison, larger(candidate->samples, baseline->samples));
}

/* The error of a mean falls with the root of the samples, and what is detectable with the error. */
void summary_fill_powers(struct summary_comparison *comparison, uint64_t samples)
{
    static const double differences[SUMMARY_POWERS] = {0.01, 0.02, 0.05, 0.10};
    const double most = 9e15;

    for (size_t i = 0; i < SUMMARY_POWERS; i++) {
        double times = comparison->detectable.value / differences[i];
        double needed = ceil((double)samples * times * times);

        comparison->powers[i].difference = differences[i];
        if (comparison->detectable.known && needed >= 1.0 && needed < most)
            comparison->powers[i].samples = (uint64_t)needed;
    }
}

/* ---- warnings ---- */

static str named(struct arena *arena, uint64_t count, const char *what, str ids)
{
    if (count == 0)
        return STR("");
    return arena_printf(arena, " %s: %" PRIu64 " (%.*s).", what, count, STR_ARG(ids));
}

void summary_warn_of_matching(struct summary *summary)
{
    const struct summary_matching *m = summary->meta.matching;
    struct arena *arena = &summary->arena;

    if (!m)
        return;
    bool run = summary->meta.baseline_file.n > 0;
    const char *base = run ? "Only in the baseline" : "Only in BASE";
    const char *head = run ? "Only in this run" : "Only in HEAD";
    str left =
        arena_printf(arena, "%.*s%.*s%.*s",
                     STR_ARG(named(arena, m->only_baseline, base, m->baseline_ids)),
                     STR_ARG(named(arena, m->only_candidate, head, m->candidate_ids)),
                     STR_ARG(named(arena, m->edited, "With the same id and another content",
                                   m->edited_ids)));
    if (m->matched == 0) {
        summary_warn(
            summary, "unpaired", SUMMARY_NO_BASELINE,
            arena_printf(arena,
                         "The two datasets share no sample, so accuracies are compared "
                         "unpaired: less precise, and without a test. How hard the "
                         "samples of each side are is part of the difference.%.*s",
                         STR_ARG(left)));
        return;
    }
    str renamed =
        m->renamed ? arena_printf(arena, ", %" PRIu64 " of them under another id", m->renamed)
                   : STR("");
    summary_warn(
        summary, "datasets-differ", SUMMARY_NO_BASELINE,
        arena_printf(arena,
                     "The two datasets differ. Compared are the %" PRIu64
                     " samples with the same content on both sides%.*s; figures of one "
                     "side alone are of all its samples.%.*s",
                     m->matched, STR_ARG(renamed), STR_ARG(left)));
}
