/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimate.h: how many calls a variant makes, before it runs (language 4.10).
 */
#ifndef PLAN_ESTIMATE_H
#define PLAN_ESTIMATE_H

#include "plan/node.h"

/* Calls of one cell. */
struct estimate {
    double low, expected, worst;
};

/* Of a node, through its pattern. */
struct estimate estimate_node(const struct node *node);
void estimate_add(struct estimate *sum, struct estimate part);
struct estimate estimate_times(struct estimate part, double low, double expected, double worst);

#endif
