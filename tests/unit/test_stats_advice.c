/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentences that close a report, and the warning that weir itself was too slow to measure. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/test_stats_rows.h"

struct kind {
    size_t right; /* samples of 40 */
    int64_t cost_nanousd, ms;
};

static struct summary *of_kinds(const struct kind *kind, size_t variants, maybe late_ns)
{
    struct summary_meta meta = meta_of(variants);
    meta.trials = 1;
    meta.lateness_p99_ns = late_ns;
    struct summary *summary = summary_begin(&meta);
    for (size_t v = 0; v < variants; v++)
        for (size_t i = 0; i < 40; i++) {
            struct summary_cell_row row =
                cell_of(v, i, 1, i < kind[v].right, kind[v].cost_nanousd + (int64_t)i,
                        kind[v].ms + (int64_t)(i % 5));
            add(summary, &row);
        }
    finish(summary);
    return summary;
}

static const struct summary_warning *warning_of(const struct summary *summary, const char *code)
{
    for (size_t i = 0; i < summary->warning_count; i++)
        if (str_equal(str_from(summary->warnings[i].code), str_from(code)))
            return &summary->warnings[i];
    return NULL;
}

static bool says(str text, const char *part)
{
    return str_contains(text, str_from(part));
}

/* Protects: the winner is what to look at, with how sure that is and what it costs. */
static void test_winner(void **state)
{
    static const struct kind kinds[] = {{10, 1000, 100}, {38, 5000, 200}, {12, 500, 90}};
    struct summary *summary = of_kinds(kinds, 3, maybe_none());

    (void)state;
    assert_int_equal(summary->winner, 1);
    assert_int_equal(summary->advised, 1);
    assert_true(says(summary->advice_text, "chain: 95.0 % correct (95 % interval "));
    assert_true(says(summary->advice_text, "70.0 points more than single (+"));
    assert_true(says(summary->advice_text, "p < 0.001); $0.00502 per 1,000 cells ("));
    assert_true(says(summary->advice_text, " times single ("));
    assert_true(says(summary->advice_latency_text, "Half of its cells end within 202 ms ("));
    assert_true(says(summary->advice_latency_text, "its mean time is 2.0 times single ("));
    summary_free(summary);
}

/* Protects: of variants that cannot be told apart the cheapest is named, clearly or not, and none
 * of those that another beats. */
static void test_no_winner(void **state)
{
    static const struct kind clear[] = {{30, 9000, 100}, {31, 5000, 200}, {2, 100, 90}};
    static const struct kind alike[] = {{30, 5001, 100}, {31, 5000, 200}};
    struct summary *summary = of_kinds(clear, 3, maybe_none());

    (void)state;
    assert_true(says(summary->winner_text, "No clear winner among: single, chain"));
    assert_int_equal(summary->advised, 1);
    assert_true(says(summary->advice_text, "Of these chain costs least: 77.5 % correct"));
    summary_free(summary);
    summary = of_kinds(alike, 2, maybe_none());
    assert_true(says(summary->advice_text, "Of these chain costs least"));
    summary_free(summary);
}

/* Protects: one variant is told with its cost alone, as the verdict says how right it is; without a
 * right answer nothing is advised. */
static void test_one(void **state)
{
    static const struct kind good = {30, 2000, 100}, bad = {0, 2000, 100};
    struct summary *summary = of_kinds(&good, 1, maybe_none());

    (void)state;
    assert_int_equal(summary->advised, 0);
    assert_true(says(summary->advice_text, "single: $0.00202 per 1,000 cells ("));
    assert_false(says(summary->advice_text, "correct"));
    summary_free(summary);
    summary = of_kinds(&bad, 1, maybe_none());
    assert_true(summary->advised == SUMMARY_NO_BASELINE);
    assert_int_equal(summary->advice_text.n, 0);
    summary_free(summary);
}

/* Protects: weir says when its own lateness is more than a twentieth of the shortest median. */
static void test_client(void **state)
{
    static const struct kind kinds[] = {{30, 1000, 100}, {31, 1000, 400}};
    struct summary *summary = of_kinds(kinds, 2, maybe_of(4.9e6));

    (void)state;
    assert_null(warning_of(summary, "client-bottleneck"));
    summary_free(summary);
    summary = of_kinds(kinds, 2, maybe_of(5.2e6));
    const struct summary_warning *warning = warning_of(summary, "client-bottleneck");
    assert_non_null(warning);
    assert_true(warning->timing);
    assert_true(says(warning->text, "at least 5.20 ms late"));
    assert_true(says(warning->text, "take 102 ms"));
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_winner),
        cmocka_unit_test(test_no_winner),
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
