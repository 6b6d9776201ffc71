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

static void add_step(struct total *total, const struct store_step *step)
{
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
}

/* The columns of a step that are added up, into room for all of them: reading the others would
 * take half of the time. */
static struct table summed_columns(struct column *room)
{
    struct table table = tables[TABLE_STEP];
    size_t count = 0;
    for (size_t i = 0; i < table.columns; i++) {
        const struct column *column = &table.column[i];
        if (column->type == COLUMN_INT || column->type == COLUMN_INT_OR_NO ||
            column->offset == offsetof(struct store_step, outcome))
            room[count++] = *column;
    }
    table.column = room;
    table.columns = count;
    return table;
}

static int add_steps(struct store *store, struct total *totals, struct err *err)
{
    struct column *room = xcalloc(tables[TABLE_STEP].columns, sizeof *room);
    struct table table = summed_columns(room);
    sqlite3_stmt *rows = db_prepare_select(&store->db, &table, "", err);
    struct store_step step = {0};
    int more = rows ? 1 : -1;
    while (more > 0 && (more = db_next(&store->db, rows, &table, &step, err)) > 0)
        if (step.node_id >= 1 && (size_t)step.node_id <= store->nodes)
            add_step(&totals[step.node_id - 1], &step);
    sqlite3_finalize(rows);
    xfree(room);
    return more;
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
    struct total *totals = xcalloc(store->nodes + 1, sizeof *totals);
    int result = add_steps(store, totals, err);
    for (size_t i = 0; i < store->nodes; i++) {
        totals[i].sum.variant = store->node[i].variant;
        totals[i].sum.node = store->node[i].path;
        totals[i].sum.pattern = store->node[i].pattern;
    }
    qsort(totals, store->nodes, sizeof *totals, compare_totals);
    for (size_t i = 0; result == 0 && i < store->nodes; i++)
        if (totals[i].sum.instances)
            result = fn(arg, &totals[i].sum);
    xfree(totals);
    return result;
}
