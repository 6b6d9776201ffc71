/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles out of buckets: how near they are, and that neither order nor merging changes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "base/rng.h"

enum { VALUES = 2000 };

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* From units to years in nanoseconds, every power of two as often. */
static void make_values(int64_t *value, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = rng_bits(rng_key(1), "values", i);
        value[i] = (int64_t)(bits >> 8 >> i % 55);
    }
}

/* Protects: what is read off is never too low and at most 1/128 too high, over all sizes of values, and
 * small values are exact. */
static void near_the_exact_rank(void **state)
{
    struct histogram h = {0};
    static int64_t value[VALUES];
    (void)state;
    make_values(value, VALUES);
    for (size_t i = 0; i < VALUES; i++)
        histogram_add(&h, value[i]);
    qsort(value, VALUES, sizeof value[0], by_size);
    assert_int_equal(h.count, VALUES);
    assert_int_equal(h.most, value[VALUES - 1]);
    for (unsigned permille = 1; permille <= 1000; permille++) {
        uint64_t exact = (uint64_t)value[((size_t)permille * VALUES + 999) / 1000 - 1];
        uint64_t read = histogram_at(&h, permille);
        assert_true(read >= exact);
        assert_true(read - exact <= exact / 128);
        if (exact < 256)
            assert_int_equal(read, exact);
    }
    assert_int_equal(histogram_at(&h, 1000), value[VALUES - 1]);
    histogram_release(&h);
}

/* Protects: parts of a run, merged in any order, give the quantiles of the whole. */
static void parts_make_the_whole(void **state)
{
    struct histogram whole = {0}, small = {0}, large = {0}, forth = {0}, back = {0};
    static int64_t value[VALUES];
    (void)state;
    make_values(value, VALUES);
    for (size_t i = 0; i < VALUES; i++) {
        histogram_add(&whole, value[i]);
        histogram_add(value[i] < 100000 ? &small : &large, value[i]);
    }
    histogram_merge(&forth, &small);
    histogram_merge(&forth, &large);
    histogram_merge(&back, &large);
    histogram_merge(&back, &small);
    for (unsigned permille = 0; permille <= 1000; permille += 5) {
        assert_int_equal(histogram_at(&forth, permille), histogram_at(&whole, permille));
        assert_int_equal(histogram_at(&back, permille), histogram_at(&whole, permille));
    }
    assert_int_equal(forth.count, VALUES);
    histogram_release(&whole);
    histogram_release(&small);
    histogram_release(&large);
    histogram_release(&forth);
    histogram_release(&back);
}

/* Protects: no values, one, a negative one and the highest there is. */
static void at_the_ends(void **state)
{
    struct histogram h = {0}, none = {0};
    (void)state;
    assert_int_equal(histogram_at(&h, 990), 0);
    histogram_merge(&h, &none);
    assert_int_equal(h.count, 0);
    histogram_add(&h, -5);
    assert_int_equal(histogram_at(&h, 500), 0);
    histogram_add(&h, INT64_MAX);
    assert_int_equal(histogram_at(&h, 500), 0);
    assert_true(histogram_at(&h, 501) == INT64_MAX);
    histogram_release(&h);
    assert_null(h.bucket);
    histogram_add(&h, 300);
    assert_int_equal(histogram_at(&h, 1), 300); /* not above what came */
    histogram_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_the_exact_rank),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
