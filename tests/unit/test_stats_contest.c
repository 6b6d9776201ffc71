/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stats_contest.c: contests in a summary: figures that can be counted by hand, in any order of the
 * rows, and what is refused.
 */
#include "stats/summary_contest.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* cmocka wants those before it */
#include <cmocka.h>

enum { VARIANTS = 3, SAMPLES = 4 };

static struct summary *begin(size_t baseline)
{
    static const struct summary_variant_meta variants[VARIANTS] = {
        {STR_INIT("a"), STR_INIT("call")},
        {STR_INIT("b"), STR_INIT("call")},
        {STR_INIT("c"), STR_INIT("call")},
    };
    static const struct summary_score_meta score = {.name = STR_INIT("best"), .weight = 1};
    const struct summary_meta meta = {.baseline = baseline,
                                      .samples = SAMPLES,
                                      .trials = 1,
                                      .variants = variants,
                                      .variant_count = VARIANTS,
                                      .scores = &score,
                                      .score_count = 1};
    return summary_begin(&meta);
}

/* The judge takes a over b wherever they stand in samples 0 to 2, and the first in sample 3; the first of a and
 * c; and c has no answer to sample 3. */
static double says(size_t own, size_t other, size_t sample)
{
    if (own + other == 1 && sample < 3)
        return own == 0;
    return 1;
}

struct rows {
    struct summary_verdict_row row[200];
    size_t count;
};

static void add_pair(struct rows *rows, size_t own, size_t other, size_t sample, double outcome,
                     bool asked)
{
    struct summary_verdict_row row = {
        .variant = own, .opponent = other, .sample = sample, .trial = 1};
    row.repeat = SUMMARY_OUTCOME;
    row.value = outcome;
    rows->row[rows->count++] = row;
    for (int r = 0; asked && r < 2; r++) {
        row.repeat = r;
        row.value = says(own, other, sample);
        rows->row[rows->count++] = row;
    }
}

static void make_rows(struct rows *rows)
{
    rows->count = 0;
    for (size_t s = 0; s < SAMPLES; s++) {
        double a = s < 3 ? 1 : 0.5;
        add_pair(rows, 0, 1, s, a, true);
        add_pair(rows, 1, 0, s, 1 - a, true);
        if (s < 3) {
            add_pair(rows, 0, 2, s, 0.5, true);
            add_pair(rows, 2, 0, s, 0.5, true);
        } else {
            add_pair(rows, 0, 2, s, 1, false); /* the other has no row */
        }
    }
}

static struct summary *finished(size_t baseline, const struct rows *rows, bool backwards)
{
    struct summary *summary = begin(baseline);
    struct err err = {0};
    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t s = 0; s < SAMPLES; s++) {
            struct summary_cell_row cell = {.variant = v,
                                            .sample = s,
                                            .sample_id = STR("s"),
                                            .trial = 1,
                                            .status = SUMMARY_OK,
                                            .correct = maybe_of(1),
                                            .score = maybe_of(1)};
            assert_int_equal(summary_add_cell(summary, &cell, &err), 0);
        }
    for (size_t i = 0; i < rows->count; i++)
        assert_int_equal(
            summary_add_verdict(summary, &rows->row[backwards ? rows->count - 1 - i : i], &err),
            0);
    assert_int_equal(summary_finish(summary, &err), 0);
    return summary;
}

static void check_counts(const struct summary_duel *duel, uint64_t asked, uint64_t won,
                         uint64_t tied, uint64_t lost)
{
    assert_true(duel->asked == asked && duel->won == won && duel->tied == tied &&
                duel->lost == lost);
    assert_true(duel->trials == won + tied + lost);
    double share = ((double)won + (double)tied / 2) / (double)duel->trials;
    assert_true(fabs(duel->share.value.value - share) < 1e-12);
    assert_true(duel->share.low.value <= share && share <= duel->share.high.value);
}

/* Protects the figures: what is counted by hand comes out, whatever order rows come in, and turned round
 * when another variant is the baseline. */
static void figures_are_what_was_said(void **state)
{
    (void)state;
    struct rows rows;
    make_rows(&rows);
    for (int backwards = 0; backwards < 2; backwards++) {
        struct summary *summary = finished(0, &rows, backwards);
        assert_int_equal(summary->contest_count, 1);
        const struct summary_contest *c = &summary->contests[0];
        assert_int_equal(c->duel_count, 2);
        check_counts(&c->duels[0], 4, 0, 1, 3); /* b against a */
        check_counts(&c->duels[1], 3, 0, 3, 1); /* c against a */
        assert_true(c->verdicts == 28 && c->undecided == 0);
        /* samples 0 to 2: of 8 verdicts 6 for the first; sample 3: 4 of 4 */
        assert_true(fabs(c->first.value.value - (3 * 0.75 + 1) / 4) < 1e-12);
        /* 2 × 2 pairs of a and b agree, 2 × 2 of a and c do not; in sample 3 none does */
        assert_true(fabs(c->both_ways.value.value - 3 * 0.5 / 4) < 1e-12);
        assert_true(fabs(c->again.value.value - 1) < 1e-12);
        summary_free(summary);
    }
    struct summary *summary = finished(1, &rows, false);
    check_counts(&summary->contests[0].duels[1], 4, 3, 1, 0); /* a against b */
    summary_free(summary);
}

/* Protects: no verdicts, no contest; and rows that cannot be are refused. */
static void nothing_comes_of_nothing(void **state)
{
    (void)state;
    struct rows rows = {.count = 0};
    struct summary *summary = finished(0, &rows, false);
    assert_int_equal(summary->contest_count, 0);
    summary_free(summary);
    static const struct summary_verdict_row wrong[] = {
        {.variant = 3, .opponent = 0},
        {.variant = 0, .opponent = 3},
        {.variant = 1, .opponent = 1},
        {.variant = 0, .opponent = 1, .score = 1},
        {.variant = 0, .opponent = 1, .value = 1.5},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct err err = {0};
        summary = begin(0);
        assert_int_equal(summary_add_verdict(summary, &wrong[i], &err), -1);
        summary_free(summary);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_what_was_said),
        cmocka_unit_test(nothing_comes_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
