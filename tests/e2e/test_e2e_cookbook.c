/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_cookbook.c: each entry of fixtures/, copied, checked, run on its mock and reported by
 * what a user types, gives what its expected.json says: accuracies that the intervals of the page
 * and of the JSON report hold, calls by the formulas of its patterns, estimates that hold for every
 * cell. test_e2e_cookbook_other.c has the other half, so that both halves run beside each other, and
 * the entries that need a sandbox.
 */
#include "e2e_cookbook.h"

static void every_entry_gives_what_it_should(void **state)
{
    assert_true(cookbook_try(*state, 0) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_entry_gives_what_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
