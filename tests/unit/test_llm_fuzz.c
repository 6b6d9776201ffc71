/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_fuzz.c: replies, streams and experiment files with hostile input, a moment for each
 * target.
 */
#include "fuzz/client_targets.h"
#include "fuzz/short.h"

/* Protects: what client_targets.h promises for any bytes. */
static void run_inputs(void **state)
{
    fuzz_shortly(*state, 1000);
}

FUZZ_TESTS(run_inputs)
