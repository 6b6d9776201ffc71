/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export.c: gathering the rows of one cell after the other (see export.h).
 *
 * One cell is in memory at a time, whatever the size of the run.
 */
#include "cmd/export.h"

#include "llm/stream.h"
#include "store/columns.h"
#include "store/db.h"

#include <errno.h>
#include <string.h>

struct gather {
    struct exporter *exporter;
    const struct export_format *format;
    struct store *store;
    struct arena *arena;
    struct err *err;
    struct export_cell cell;
    size_t step_room, call_room, attempt_room, score_room, verdict_room, command_room;
};

/* Room for one row more; rows stay in the arena of the cell. */
static void *add(struct gather *g, void *rows, size_t *count, size_t *room, size_t size)
{
    if (*count < *room)
        return rows;
    size_t grown = *room ? 2 * *room : 16;
    rows = arena_grow(g->arena, rows, *count, grown, size);
    *room = grown;
    return rows;
}

/* add_step and its like: a copy of the row behind the others of its kind. What the store keeps as
 * long as it is open (a step's node and pattern) is not copied. */
#define ADD(kind, table)                                                                       \
    static int add_##kind(void *arg, const struct store_##kind *row)                           \
    {                                                                                          \
        struct gather *g = arg;                                                                \
        struct export_cell *cell = &g->cell;                                                   \
        cell->kind = add(g, cell->kind, &cell->kind##s, &g->kind##_room, sizeof *row);         \
        cell->kind[cell->kind##s] = *row;                                                      \
        db_read_keep(g->arena, &tables[table], &cell->kind[cell->kind##s++]);                  \
        return 0;                                                                              \
    }
ADD(step, TABLE_STEP)
ADD(attempt, TABLE_ATTEMPT)
ADD(call, TABLE_CALL)
ADD(score, TABLE_SCORE)
ADD(verdict, TABLE_VERDICT)
ADD(command, TABLE_COMMAND)

static int gather_rows(struct gather *g, const struct store_cell *row)
{
    size_t variants, samples;
    const struct store_variant *variant = store_variants(g->store, &variants);
    const struct store_sample *sample = store_samples(g->store, &samples);
    int64_t number = row->cell;
    if ((size_t)row->variant >= variants || (size_t)row->sample >= samples)
        return err_set(g->err, ERR_FAILED, "cell %lld is of no variant or sample of the run",
                       (long long)row->cell);
    g->cell = (struct export_cell){
        .cell = row, .variant = &variant[row->variant], .sample = &sample[row->sample]};
    g->step_room = g->call_room = g->attempt_room = g->score_room = g->command_room = 0;
    g->verdict_room = 0;
    if (store_each_step(g->store, number, add_step, g, g->err) < 0 ||
        store_each_call(g->store, number, add_call, g, g->err) < 0 ||
        store_each_score(g->store, number, add_score, g, g->err) < 0 ||
        store_each_verdict(g->store, number, add_verdict, g, g->err) < 0 ||
        store_each_command(g->store, number, add_command, g, g->err) < 0)
        return -1;
    for (size_t i = 0; i < g->cell.calls; i++)
        if (store_each_attempt(g->store, &g->cell.call[i], add_attempt, g, g->err) < 0)
            return -1;
    return 0;
}

int export_gather(struct store *store, const struct store_cell *row, struct arena *arena,
                  struct export_cell *cell, struct err *err)
{
    struct gather g = {.store = store, .arena = arena, .err = err};
    if (gather_rows(&g, row) < 0)
        return -1;
    *cell = g.cell;
    return 0;
}

static int flush(struct exporter *exporter)
{
    if (fwrite(exporter->out.p, 1, exporter->out.n, exporter->to) != exporter->out.n)
        return err_set(exporter->err, ERR_FAILED, "the export cannot be written: %s",
                       strerror(errno));
    buf_clear(&exporter->out);
    return 0;
}

static int add_cell(void *arg, const struct store_cell *row)
{
    struct gather *g = arg;
    struct exporter *e = g->exporter;
    int result = gather_rows(g, row);
    if (result == 0)
        result = g->format->cell(e, &g->cell);
    if (result == 0)
        result = flush(e);
    arena_clear(&e->arena);
    return result;
}

int export_text(struct exporter *exporter, const struct store_text *text, str *bytes)
{
    if (store_body(exporter->store, text->id, &exporter->arena, bytes, exporter->err) < 0)
        return -1;
    *bytes = llm_stream_unfold(&exporter->arena, *bytes);
    return 0;
}

int export_run(struct exporter *exporter, const struct export_format *format)
{
    struct gather g = {.exporter = exporter,
                       .format = format,
                       .store = exporter->store,
                       .arena = &exporter->arena,
                       .err = exporter->err};
    int result = format->begin(exporter);
    if (result == 0)
        result = store_each_cell(exporter->store, STORE_IN_ORDER, add_cell, &g, exporter->err);
    if (result == 0)
        result = format->end(exporter);
    if (result == 0)
        result = flush(exporter);
    buf_release(&exporter->out);
    arena_release(&exporter->arena);
    return result;
}
