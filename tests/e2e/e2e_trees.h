/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_trees.h: random workflow trees, and what each must cost.
 *
 * A tree is grown together with a model of it: how many
 * calls a cell makes and how it may end. The mock says back what it is asked, so the model knows
 * every value; where a coin, a deadline or a tight budget decides, it knows bounds.
 */
#ifndef E2E_TREES_H
#define E2E_TREES_H

#include "e2e_run.h"

enum { TREES_EACH = 100, TREE_DEPTH = 5 };

struct trees_counts {
    int64_t trees, exact, cells, calls, retries;
};

/* How many calls a cell may make in experiments with a tight limit. */
enum { TIGHT_LIMIT = 7 };

/* Grows TREES_EACH variants from the seed, runs them over `samples` at -j 50, checks every cell,
 * and adds to the counts. With `thrice` also at -j 1 and with one request at a time, which must
 * give the same bytes. Every fifth seed has tight limits: then costs have an upper bound only. */
void trees_check(struct place *place, uint64_t seed, int samples, bool thrice,
                 struct trees_counts *counts);
void trees_print(const struct trees_counts *counts);

#endif
