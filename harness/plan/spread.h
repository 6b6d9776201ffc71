/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spread.h: a figure that a run will have: at least, to be expected, at most.
 */
#ifndef PLAN_SPREAD_H
#define PLAN_SPREAD_H

#include <stdbool.h>

struct spread {
    double low, expected, worst;
    /* Something in it has no bound that is known before a run: low holds, expected lacks that part,
     * and worst is no maximum. */
    bool open;
};

struct spread spread_exact(double value);
/* Tokens of so many bytes, without a tokenizer: one for four bytes, in the worst case one for each,
 * which no tokenizer exceeds. */
struct spread spread_of_bytes(double bytes);
struct spread spread_add(struct spread a, struct spread b);
/* Nothing is open about what happens 0 times. */
struct spread spread_times(struct spread each, double low, double expected, double worst);
/* One of the two, either as likely: the smaller low, the mean, the greater worst. */
struct spread spread_either(struct spread a, struct spread b);
/* Of what one piece out of `pieces` takes: perhaps nothing, its share, perhaps all. */
struct spread spread_part(struct spread whole, double pieces);

#endif
