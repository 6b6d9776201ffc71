/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairwise dominance over point estimates; whether a dominated variant is clearly so is a question
 * of intervals and is answered in stats/summary_front.c. */
#include "stats/pareto.h"

bool stats_dominates(const struct stats_point *a, const struct stats_point *b)
{
    if (a->accuracy < b->accuracy || a->cost > b->cost)
        return false;
    return a->accuracy > b->accuracy || a->cost < b->cost;
}

size_t stats_pareto_front(const struct stats_point *points, size_t count, bool *on_front)
{
    size_t front = 0;

    for (size_t i = 0; i < count; i++) {
        on_front[i] = true;
        for (size_t j = 0; j < count && on_front[i]; j++)
            on_front[i] = j == i || !stats_dominates(&points[j], &points[i]);
        front += on_front[i];
    }
    return front;
}
