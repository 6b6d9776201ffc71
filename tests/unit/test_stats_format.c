/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_texts.h"

#include "stats/format.h"

/* Protects: significant digits at the rounding edges, units, signs, the dash for the unknown. */
static void test_formats(void **state)
{
    struct arena arena = {0}, *a = &arena;

    (void)state;
    assert_text(stats_format_percent(a, maybe_of(0.85042)), "85.0 %");
    assert_text(stats_format_percent(a, maybe_none()), "—");
    assert_text(stats_format_percent_range(a, maybe_of(0.58), maybe_of(0.791)),
                "58.0 – 79.1 %");
    assert_text(stats_format_points(a, maybe_of(0.038)), "+3.8");
    assert_text(stats_format_points(a, maybe_of(-0.069)), "−6.9");
    assert_text(stats_format_points(a, maybe_of(-0.0001)), "0.0");
    assert_text(stats_format_p(a, maybe_of(0.5299)), "0.53");
    assert_text(stats_format_p(a, maybe_of(0.00512)), "0.0051");
    assert_text(stats_format_p(a, maybe_of(0.0009)), "< 0.001");
    assert_text(stats_format_p(a, maybe_of(1.0)), "1.0");
    assert_text(stats_format_duration(a, maybe_of(741.559e6)), "742 ms");
    assert_text(stats_format_duration(a, maybe_of(1.818488e9)), "1.82 s");
    assert_text(stats_format_duration(a, maybe_of(999.7e6)), "1.00 s");
    assert_text(stats_format_duration(a, maybe_of(9.996e6)), "10.0 ms");
    assert_text(stats_format_duration(a, maybe_of(12345e9)), "12345 s");
    assert_text(stats_format_duration(a, maybe_of(1500)), "1.50 µs");
    assert_text(stats_format_duration(a, maybe_of(0)), "0 s");
    assert_text(stats_format_duration_range(a, maybe_of(625e6), maybe_of(974e6)),
                "625 – 974 ms");
    assert_text(stats_format_duration_range(a, maybe_of(905e6), maybe_of(1.4e9)),
                "0.905 – 1.40 s");
    assert_text(stats_format_duration_range(a, maybe_of(3.5e9), maybe_none()), "3.50 – … s");
    assert_text(stats_format_duration_range(a, maybe_of(-1.56e6), maybe_of(8.78e6)),
                "−1.56 – 8.78 ms");
    assert_text(stats_format_ratio(a, maybe_of(3.2298)), "3.2");
    assert_text(stats_format_ratio(a, maybe_of(0.0996)), "0.10");
    assert_text(stats_format_ratio(a, maybe_of(99.6)), "100");
    assert_text(stats_format_usd(a, maybe_of(0.0010744)), "$0.00107");
    assert_text(stats_format_usd(a, maybe_of(12.345)), "$12.3");
    assert_text(stats_format_usd(a, maybe_of(0)), "$0");
    assert_text(stats_format_confidence(a, 0.95), "95");
    assert_text(stats_format_amount(a, maybe_of(0.04567)), "0.0457");
    assert_text(stats_format_amount(a, maybe_of(30)), "30");
    assert_text(stats_format_amount(a, maybe_of(999.96)), "1,000");
    assert_text(stats_format_amount(a, maybe_of(1234567.8)), "1,234,568");
    assert_text(stats_format_amount_range(a, maybe_of(37.51), maybe_none()), "37.5 – …");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formats)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
