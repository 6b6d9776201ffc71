/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flips in the summary: which samples they are, in what order, and how many. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/test_stats_rows.h"

/* Trials that each variant has right of 3, sample by sample. */
static struct summary *of_rights(const unsigned (*right)[2], size_t samples)
{
    struct summary_meta meta = meta_of(2);
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < samples; i++)
            for (unsigned t = 1; t <= 3; t++) {
                struct summary_cell_row row = cell_of(v, i, t, t <= right[i][v], 1000, 100);
                add(summary, &row);
            }
    finish(summary);
    return summary;
}

/* Protects: a flip is a change of the majority, lost ones come first and the clearest first. */
static void test_order(void **state)
{
    static const unsigned right[][2] = {{3, 2}, {0, 2}, {2, 1}, {3, 0}, {0, 3}, {1, 1}, {3, 0}};
    struct summary *summary = of_rights(right, 7);
    const struct summary_comparison *c = &summary->comparisons[0];
    static const size_t expected[] = {3, 6, 2, 4, 1};

    (void)state;
    assert_int_equal(c->gained, 2);
    assert_int_equal(c->lost, 3);
    assert_int_equal(c->flip_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct summary_flip *flip = &c->flips[i];
        assert_int_equal(flip->sample, expected[i]);
        assert_int_equal(flip->gained, i >= 3);
        assert_int_equal(flip->baseline_right, right[expected[i]][0]);
        assert_int_equal(flip->candidate_right, right[expected[i]][1]);
        assert_int_equal(flip->baseline_scored, 3);
        assert_int_equal(flip->candidate_scored, 3);
        assert_true(str_equal(flip->sample_id, str_from(sample_ids[expected[i]])));
    }
    assert_string_equal(c->flips_text.p, "By the majority of their trials, on 2 of 7 samples "
                                         "chain is right where single is wrong, and on 3 it is "
                                         "the other way round.");
    summary_free(summary);
}

/* Protects: half of the trials is not more than half, a failed trial is a wrong one, an unscored
 * one is none, and a sample without any in one variant is no flip. */
static void test_edges(void **state)
{
    struct summary_meta meta = meta_of(2);
    struct summary *summary = summary_begin(&meta);
    struct summary_cell_row row;

    (void)state;
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < 3; i++)
            for (unsigned t = 1; t <= 2; t++) {
                row = cell_of(v, i, t, v == 1 || i == 2, 1000, 100);
                if (i == 0 && v == 1 && t == 2) /* 1 of 2: no majority */
                    row.status = SUMMARY_ERROR;
                if (i == 1 && v == 1 && t == 2) /* 1 of 1 */
                    row.status = SUMMARY_UNSCORED;
                if (i == 2 && v == 1)
                    row.status = SUMMARY_UNSCORED;
                add(summary, &row);
            }
    finish(summary);
    const struct summary_comparison *c = &summary->comparisons[0];
    assert_int_equal(c->flip_count, 1);
    assert_int_equal(c->flips[0].sample, 1);
    assert_int_equal(c->flips[0].candidate_scored, 1);
    assert_int_equal(c->gained, 1);
    assert_int_equal(c->lost, 0);
    summary_free(summary);
}

/* Protects: without a flip nothing is said. */
static void test_none(void **state)
{
    static const unsigned right[][2] = {{3, 2}, {0, 1}};
    struct summary *summary = of_rights(right, 2);

    (void)state;
    assert_int_equal(summary->comparisons[0].flip_count, 0);
    assert_int_equal(summary->comparisons[0].flips_text.n, 0);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
