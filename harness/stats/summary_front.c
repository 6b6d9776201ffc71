/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which variant is best, and which are worth their money. Being ahead in the table is not enough
 * for either: "best" needs a verdict against every other variant, "clearly dominated" needs
 * intervals on both axes. */
#include "base/mem.h"
#include "stats/pareto.h"
#include "stats/summary_rows.h"

/* All pairs of variants, judged as one family; pair (b, c) with b < c. */
struct matrix {
    struct summary_comparison *pairs;
    size_t variants, count;
};

static size_t pair_index(const struct matrix *m, size_t b, size_t c)
{
    return b * m->variants - b * (b + 1) / 2 + (c - b - 1);
}

static struct matrix compare_all(struct summary *summary)
{
    size_t variants = summary->meta.variant_count;
    struct matrix m = {.variants = variants};

    m.pairs = xcalloc(variants * variants + 1, sizeof *m.pairs);
    for (size_t b = 0; b < variants; b++)
        for (size_t c = b + 1; c < variants; c++)
            summary_compare_accuracy(summary, b, c, &m.pairs[m.count++]);
    summary_judge(summary, m.pairs, m.count);
    return m;
}

static bool is_better(const struct matrix *m, size_t first, size_t second)
{
    if (first < second)
        return m->pairs[pair_index(m, first, second)].verdict == SUMMARY_WORSE;
    return m->pairs[pair_index(m, second, first)].verdict == SUMMARY_BETTER;
}

/* Lower limit of accuracy(first) - accuracy(second). */
static maybe lower_difference(const struct matrix *m, size_t first, size_t second)
{
    const struct summary_estimate *d;

    if (first > second)
        return m->pairs[pair_index(m, second, first)].accuracy.low;
    d = &m->pairs[pair_index(m, first, second)].accuracy;
    return maybe_scale(d->high, -1.0);
}

static str pair_text(struct summary *summary, const struct summary_comparison *c)
{
    struct arena *arena = &summary->arena;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name;

    if (c->verdict == SUMMARY_BETTER || c->verdict == SUMMARY_WORSE)
        return arena_printf(arena, "%.*s is %s than %.*s.", STR_ARG(candidate),
                            summary_verdict_name(c->verdict), STR_ARG(baseline));
    if (c->verdict == SUMMARY_UNPAIRED)
        return arena_printf(arena,
                            "%.*s and %.*s ran on different samples: compared unpaired, not "
                            "tested.",
                            STR_ARG(baseline), STR_ARG(candidate));
    return arena_printf(arena, "%.*s and %.*s: %s.", STR_ARG(baseline), STR_ARG(candidate),
                        summary_verdict_name(c->verdict));
}

/* Of pairs there is no best one: how many went up and down. */
static str pairs_text(struct summary *summary)
{
    uint64_t count[SUMMARY_UNPAIRED + 1] = {0};

    if (summary->comparison_count == 1)
        return pair_text(summary, &summary->comparisons[0]);
    for (size_t i = 0; i < summary->comparison_count; i++)
        count[summary->comparisons[i].verdict]++;
    if (count[SUMMARY_UNPAIRED])
        return arena_printf(&summary->arena,
                            "%zu variants are compared unpaired: estimated, not tested.",
                            summary->comparison_count);
    return arena_printf(
        &summary->arena,
        "Of %zu variants %llu are better, %llu worse, %llu show no clear difference%s",
        summary->comparison_count, (unsigned long long)count[SUMMARY_BETTER],
        (unsigned long long)count[SUMMARY_WORSE],
        (unsigned long long)count[SUMMARY_NO_CLEAR_DIFFERENCE],
        count[SUMMARY_NOT_COMPARABLE] ? "; the others cannot be compared." : ".");
}

static void find_winner(struct summary *summary, const struct matrix *m)
{
    struct summary_rows *rows = summary->private;
    struct arena *arena = &summary->arena;
    str list = STR("");

    rows->unbeaten = arena_array(arena, bool, m->variants + 1);
    if (m->variants < 2)
        return;
    if (summary->meta.pair_count) {
        summary->winner_text = pairs_text(summary);
        return;
    }
    for (size_t v = 0; v < m->variants; v++) {
        bool beats_all = true, beaten = !summary->variants[v].accuracy.value.known;

        for (size_t other = 0; other < m->variants; other++) {
            if (other == v)
                continue;
            beats_all = beats_all && is_better(m, v, other);
            beaten = beaten || is_better(m, other, v);
        }
        if (beats_all)
            summary->winner = v;
        rows->unbeaten[v] = !beaten;
        if (!beaten)
            list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "",
                                STR_ARG(summary->variants[v].name));
    }
    if (summary->winner != SUMMARY_NO_BASELINE)
        summary->winner_text =
            arena_printf(arena, "%.*s is more accurate than every other variant.",
                         STR_ARG(summary->variants[summary->winner].name));
    else if (list.n)
        summary->winner_text =
            arena_printf(arena, "No clear winner among: %.*s", STR_ARG(list));
}

/* Is `v` beaten by `by` beyond the uncertainty of accuracy and of cost? */
static bool clearly_dominates(struct summary *summary, const struct matrix *m, size_t by,
                              size_t v)
{
    maybe lower = lower_difference(m, by, v);
    double margin = summary->meta.margin;
    bool accurate =
        is_better(m, by, v) || (margin > 0.0 && lower.known && lower.value > -margin);
    struct summary_estimate cost;

    if (!accurate)
        return false;
    cost = summary_cost_ratio(summary, v, by);
    return cost.high.known && cost.high.value < 1.0;
}

static void place_variant(struct summary *summary, const struct matrix *m,
                          const struct stats_point *points, const size_t *index, size_t count,
                          size_t i, bool on_front)
{
    struct summary_variant *variant = &summary->variants[index[i]];

    variant->front = on_front ? SUMMARY_FRONT_ON : SUMMARY_FRONT_OFF;
    for (size_t j = 0; j < count && !on_front; j++) {
        if (j == i || !stats_dominates(&points[j], &points[i]))
            continue;
        if (variant->dominated_by == SUMMARY_NO_BASELINE)
            variant->dominated_by = index[j];
        if (clearly_dominates(summary, m, index[j], index[i])) {
            variant->front = SUMMARY_FRONT_DOMINATED;
            variant->dominated_by = index[j];
            return;
        }
    }
}

static void find_front(struct summary *summary, const struct matrix *m)
{
    struct stats_point *points = xcalloc(m->variants, sizeof *points);
    size_t *index = xcalloc(m->variants, sizeof *index), count = 0;
    bool *on_front = xcalloc(m->variants, sizeof *on_front);

    for (size_t v = 0; v < m->variants; v++) {
        const struct summary_variant *variant = &summary->variants[v];

        if (!variant->accuracy.value.known || !variant->cost_per_cell_usd.value.known)
            continue;
        points[count] = (struct stats_point){variant->accuracy.value.value,
                                             variant->cost_per_cell_usd.value.value};
        index[count++] = v;
    }
    stats_pareto_front(points, count, on_front);
    for (size_t i = 0; i < count; i++)
        place_variant(summary, m, points, index, count, i, on_front[i]);
    xfree(points);
    xfree(index);
    xfree(on_front);
}

void summary_fill_front(struct summary *summary)
{
    struct matrix m = compare_all(summary);

    find_winner(summary, &m);
    find_front(summary, &m);
    xfree(m.pairs);
}
