/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_property.c: random workflow trees against a model of what they cost (e2e_trees.h):
 * the short form of soak/test_e2e_trees_soak.c.
 */
#include "e2e_trees.h"

/* Protects every pattern inside every other, with faults: each tree ends, makes the calls that
 * the model says and ends as it says; rule 8's identities hold; the same bytes at -j 1, at -j 50
 * and with a single permit. */
static void random_trees(void **state)
{
    struct place *place = *state;
    struct trees_counts counts = {0};
    trees_check(place, 1, 2, true, &counts);
    trees_check(place, 5, 2, true, &counts);
    trees_print(&counts);
    assert_true(counts.exact > counts.trees / 4); /* the model is not all bounds */
    assert_true(counts.retries > 0);              /* faults did strike */
    assert_int_equal(place_processes(place), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {e2e_test(random_trees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
