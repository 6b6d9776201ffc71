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
            column->offset == offsetof(struct store_step, outcome) ||
            column->offset == offsetof(struct store_step, role) ||
            column->offset == offsetof(struct store_step, kind))
            room[count++] = *column;
    }
    table.column = room;
    table.columns = count;
    return table;
}

int store_each_step_count(struct store *store, store_step_fn *fn, void *arg, struct err *err)
{
    struct column *room = xcalloc(tables[TABLE_STEP].columns, sizeof *room);
    struct table table = summed_columns(room);
    sqlite3_stmt *rows = db_prepare_select(&store->db, &table, "", err);
    struct store_step step = {0};
    int result = rows ? 0 : -1;
    while (result == 0 && (result = db_next(&store->db, rows, &table, &step, err)) > 0) {
        name_step(store, &step);
        result = fn(arg, &step);
    }
    sqlite3_finalize(rows);
    xfree(room);
    return result;
}

static int add_to_node(void *arg, const struct store_step *step)
{
    struct total *totals = arg;
    if (step->node_id)
        add_step(&totals[step->node_id - 1], step);
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
    struct total *totals = xcalloc(store->nodes + 1, sizeof *totals);
    int result = store_each_step_count(store, add_to_node, totals, err);
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

/* Nodes of one path that differ in their pattern alone stand at one place. */
static void share_places(const struct store *store, int64_t *order)
{
    for (size_t i = 0; i < store->nodes; i++)
        for (size_t j = 0; j < store->nodes; j++) {
            const struct node_row *a = &store->node[i], *b = &store->node[j];
            if (a->variant == b->variant && order[b->id] >= 0 &&
                (order[a->id] < 0 || order[b->id] < order[a->id]) &&
                str_equal(a->path, b->path))
                order[a->id] = order[b->id];
        }
}

int store_node_order(struct store *store, struct arena *arena, const int64_t **order_out,
                     struct err *err)
{
    int64_t *order = arena_array(arena, int64_t, store->nodes + 1);
    sqlite3_stmt *rows = db_prepare(&store->db, "SELECT node, ordinal FROM step", err);
    if (!rows)
        return -1;
    for (size_t i = 0; i <= store->nodes; i++)
        order[i] = -1;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t node = sqlite3_column_int64(rows, 0), ordinal = sqlite3_column_int64(rows, 1);
        if (node >= 1 && (size_t)node <= store->nodes &&
            (order[node] < 0 || ordinal < order[node]))
            order[node] = ordinal;
    }
    int result = code == SQLITE_DONE ? 0 : db_fail(&store->db, err);
    sqlite3_finalize(rows);
    share_places(store, order);
    *order_out = order;
    return result;
}
