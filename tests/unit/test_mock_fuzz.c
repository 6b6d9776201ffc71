/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_fuzz.c: weir-mock with hostile input, a moment for each target.
 */
#include "fuzz/mock_targets.h"
#include "fuzz/short.h"

/* Protects: what mock_targets.h promises for any bytes. */
static void run_inputs(void **state)
{
    fuzz_shortly(*state, 1000);
}

FUZZ_TESTS(run_inputs)
