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
    struct export_cell cell;
    size_t step_room, call_room, attempt_room, score_room, command_room;
};

/* Room for one row more; rows stay in the arena of the cell. */
static void *add(struct gather *g, void *rows, size_t *count, size_t *room, size_t size)
{
    if (*count < *room)
        return rows;
    size_t grown = *room ? 2 * *room : 16;
    rows = arena_grow(&g->exporter->arena, rows, *count, grown, size);
    *room = grown;
    return rows;
}

static int add_step(void *arg, const struct store_step *row)
{
    struct gather *g = arg;
    struct export_cell *cell = &g->cell;
    cell->step = add(g, cell->step, &cell->steps, &g->step_room, sizeof *row);
    cell->step[cell->steps] = *row; /* node and pattern live as long as the store */
    db_read_keep(&g->exporter->arena, &tables[TABLE_STEP], &cell->step[cell->steps++]);
    return 0;
}

static int add_attempt(void *arg, const struct store_attempt *row)
{
    struct gather *g = arg;
    struct export_cell *cell = &g->cell;
    cell->attempt = add(g, cell->attempt, &cell->attempts, &g->attempt_room, sizeof *row);
    cell->attempt[cell->attempts] = *row;
    db_read_keep(&g->exporter->arena, &tables[TABLE_ATTEMPT], &cell->attempt[cell->attempts++]);
    return 0;
}

static int add_call(void *arg, const struct store_call *row)
{
    struct gather *g = arg;
    struct export_cell *cell = &g->cell;
    cell->call = add(g, cell->call, &cell->calls, &g->call_room, sizeof *row);
    cell->call[cell->calls] = *row;
    db_read_keep(&g->exporter->arena, &tables[TABLE_CALL], &cell->call[cell->calls++]);
    return 0;
}

static int add_score(void *arg, const struct store_score *row)
{
    struct gather *g = arg;
    struct export_cell *cell = &g->cell;
    cell->score = add(g, cell->score, &cell->scores, &g->score_room, sizeof *row);
    cell->score[cell->scores] = *row;
    db_read_keep(&g->exporter->arena, &tables[TABLE_SCORE], &cell->score[cell->scores++]);
    return 0;
}

static int add_command(void *arg, const struct store_command *row)
{
    struct gather *g = arg;
    struct export_cell *cell = &g->cell;
    cell->command = add(g, cell->command, &cell->commands, &g->command_room, sizeof *row);
    cell->command[cell->commands] = *row;
    db_read_keep(&g->exporter->arena, &tables[TABLE_COMMAND], &cell->command[cell->commands++]);
    return 0;
}

static int gather_rows(struct gather *g)
{
    struct exporter *e = g->exporter;
    int64_t number = g->cell.cell->cell;
    if (store_each_step(e->store, number, add_step, g, e->err) < 0 ||
        store_each_call(e->store, number, add_call, g, e->err) < 0 ||
        store_each_score(e->store, number, add_score, g, e->err) < 0 ||
        store_each_command(e->store, number, add_command, g, e->err) < 0)
        return -1;
    for (size_t i = 0; i < g->cell.calls; i++)
        if (store_each_attempt(e->store, &g->cell.call[i], add_attempt, g, e->err) < 0)
            return -1;
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
    size_t variants, samples;
    const struct store_variant *variant = store_variants(e->store, &variants);
    const struct store_sample *sample = store_samples(e->store, &samples);
    if ((size_t)row->variant >= variants || (size_t)row->sample >= samples)
        return err_set(e->err, ERR_FAILED, "cell %lld is of no variant or sample of the run",
                       (long long)row->cell);
    g->cell = (struct export_cell){
        .cell = row, .variant = &variant[row->variant], .sample = &sample[row->sample]};
    g->step_room = g->call_room = g->attempt_room = g->score_room = g->command_room = 0;
    int result = gather_rows(g);
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
    struct gather g = {.exporter = exporter, .format = format};
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
