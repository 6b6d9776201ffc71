/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * totals.c: sums over the steps of each node (see store_each_node_total).
 *
 * SQLite would sort a million steps to group them; adding them up by the number of their node
 * needs one pass and no order. The sums are of integers, so the order of the rows is without
 * consequence; the order of the nodes is taken from the plan's cells, not from the order in
 * which the run met them.
 */
#include "store/internal.h"

#include "base/mem.h"

#include <stdlib.h>

struct total {
    struct store_node_total sum;
    int64_t first_cell, first_ordinal;
};

static void add_known(int64_t *sum, int64_t part)
{
    if (part > 0) /* -1 is unknown */
        *sum += part;
}

static int add_step(void *arg, const struct store_step *step)
{
    struct total *totals = arg;
    struct total *total = &totals[step->node_id];
    struct store_node_total *sum = &total->sum;
    if (sum->instances == 0 || step->cell < total->first_cell ||
        (step->cell == total->first_cell && step->ordinal < total->first_ordinal)) {
        total->first_cell = step->cell;
        total->first_ordinal = step->ordinal;
    }
    sum->instances++;
    sum->failed += str_equal(step->outcome, STR("failed"));
    sum->calls += step->calls;
    sum->sent += step->sent;
    sum->cached += step->cached;
    sum->unsent += step->unsent;
    sum->attempts += step->attempts;
    sum->retries += step->attempts - step->sent;
    add_known(&sum->tokens.input, step->tokens.input);
    add_known(&sum->tokens.cache_read, step->tokens.cache_read);
    add_known(&sum->tokens.cache_write, step->tokens.cache_write);
    add_known(&sum->tokens.output, step->tokens.output);
    add_known(&sum->tokens.reasoning, step->tokens.reasoning);
    sum->unknown_usage_calls += step->unknown_usage_calls;
    sum->cost_nanousd += step->cost_nanousd;
    sum->unknown_cost_calls += step->unknown_cost_calls;
    sum->lost_attempts += step->lost_attempts;
    sum->cost_upper_nanousd += step->cost_upper_nanousd;
    sum->times.permit_wait_ns += step->times.permit_wait_ns;
    sum->times.backoff_ns += step->times.backoff_ns;
    sum->times.store_wait_ns += step->times.store_wait_ns;
    sum->times.connect_ns += step->times.connect_ns;
    sum->times.provider_ns += step->times.provider_ns;
    sum->duration_ns += step->end_ns - step->start_ns;
    return 0;
}

static int compare_totals(const void *left, const void *right)
{
    const struct total *a = left, *b = right;
    if (a->sum.variant != b->sum.variant)
        return a->sum.variant < b->sum.variant ? -1 : 1;
    if (a->first_cell != b->first_cell)
        return a->first_cell < b->first_cell ? -1 : 1;
    if (a->first_ordinal != b->first_ordinal)
        return a->first_ordinal < b->first_ordinal ? -1 : 1;
    return str_compare(a->sum.node, b->sum.node);
}

int store_each_node_total(struct store *store, store_node_total_fn *fn, void *arg,
                          struct err *err)
{
    /* index 0 takes steps without a node, which no weir writes */
    struct total *totals = xcalloc(store->nodes + 1, sizeof *totals);
    int result = store_each_step(store, STORE_EVERY, add_step, totals, err);
    for (size_t i = 0; i < store->nodes; i++) {
        totals[i + 1].sum.variant = store->node[i].variant;
        totals[i + 1].sum.node = store->node[i].path;
        totals[i + 1].sum.pattern = store->node[i].pattern;
    }
    qsort(totals + 1, store->nodes, sizeof *totals, compare_totals);
    for (size_t i = 1; result == 0 && i <= store->nodes; i++)
        if (totals[i].sum.instances)
            result = fn(arg, &totals[i].sum);
    xfree(totals);
    return result;
}
