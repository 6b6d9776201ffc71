/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_trees_soak.c: 10,000 random workflow trees against a model of what they cost
 * (e2e_trees.h). Minutes, so only script/soak runs it.
 */
#include "e2e_trees.h"

enum { TREES = 10000, PER_PLACE = 10 };

static struct trees_counts counts;
static uint64_t next_seed = 1000;

/* Protects what test_e2e_property.c protects, over many more trees. A place is left after some
 * experiments, so that its runs do not fill the disk. */
static void many_random_trees(void **state)
{
    struct place *place = *state;
    place->limit_s = 400;
    for (int i = 0; i < PER_PLACE; i++, next_seed++)
        trees_check(place, next_seed, 1, true, &counts);
    trees_print(&counts);
    assert_int_equal(place_processes(place), 0);
}

static void all_were_grown(void **state)
{
    (void)state;
    assert_int_equal(counts.trees, TREES);
    assert_true(counts.exact > counts.trees / 4);
    assert_true(counts.retries > 0);
}

int main(void)
{
    enum { PARTS = TREES / TREES_EACH / PER_PLACE };
    struct CMUnitTest tests[PARTS + 1];
    for (int i = 0; i < PARTS; i++)
        tests[i] = (struct CMUnitTest)e2e_test(many_random_trees);
    tests[PARTS] = (struct CMUnitTest)cmocka_unit_test(all_were_grown);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
