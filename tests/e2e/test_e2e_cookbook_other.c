/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_cookbook_other.c: what test_e2e_cookbook.c does, for the other half of fixtures/, and
 * for the entries that run what a model wrote.
 */
#include "e2e_cookbook.h"

static void every_entry_gives_what_it_should(void **state)
{
    assert_true(cookbook_try(*state, 1) >= 8);
}

/* Those that run what a model wrote. */
static void so_do_those_with_a_sandbox(void **state)
{
    skip_without_sandbox();
    assert_true(cookbook_try_sandboxed(*state) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_entry_gives_what_it_should),
        e2e_test(so_do_those_with_a_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
