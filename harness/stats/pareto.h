/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cost against accuracy: which variants are not beaten on both at once. */
#ifndef STATS_PARETO_H
#define STATS_PARETO_H

#include <stdbool.h>
#include <stddef.h>

struct stats_point {
    double accuracy, cost;
};

/* Does `a` beat `b`: at least as accurate and at most as dear, one of them strictly. */
bool stats_dominates(const struct stats_point *a, const struct stats_point *b);

/* on_front[i]: no other point dominates point i. Exact ties on both stay. Returns how many. */
size_t stats_pareto_front(const struct stats_point *points, size_t count, bool *on_front);

#endif
