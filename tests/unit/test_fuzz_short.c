/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_fuzz_short.c: the parsers of base/ with hostile input, a moment for each.
 */
#include "fuzz/base_targets.h"
#include "fuzz/short.h"

/* Protects: what base_targets.h promises for any bytes. */
static void run_inputs(void **state)
{
    fuzz_shortly(*state, 1500);
}

FUZZ_TESTS(run_inputs)
