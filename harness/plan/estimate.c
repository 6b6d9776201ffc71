/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimate.c: call counts from the patterns' own sums (see estimate.h).
 */
#include "plan/estimate.h"

#include "patterns/pattern.h"

struct estimate estimate_node(const struct node *node)
{
    struct estimate estimate = {0};
    node->pattern->estimate(node->options, &estimate);
    return estimate;
}

void estimate_add(struct estimate *sum, struct estimate part)
{
    sum->low += part.low;
    sum->expected += part.expected;
    sum->worst += part.worst;
}

struct estimate estimate_times(struct estimate part, double low, double expected, double worst)
{
    return (struct estimate){part.low * low, part.expected * expected, part.worst * worst};
}
