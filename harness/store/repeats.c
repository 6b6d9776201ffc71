/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repeats.c: which rows only repeat what their cell's row says (see repeats.h).
 *
 * The row that the view would give is made and compared column by column, so a column that is
 * added is compared too, and a row is left out only where nothing is lost.
 */
#include "store/repeats.h"

#include "store/columns.h"

#include <math.h>

/* As the views STEP_VIEW and SCORE_VIEW in store/schema.c have it. */
static struct store_step step_of(const struct store_cell *cell)
{
    return (struct store_step){
        .cell = cell->cell,
        .path = STR("."),
        .parent = -1,
        .outcome = STR("ok"),
        .end_ns = cell->latency_ns,
        .calls = cell->calls,
        .sent = cell->sent,
        .cached = cell->cached,
        .unsent = cell->unsent,
        .attempts = cell->attempts,
        .tokens = cell->tokens,
        .unknown_usage_calls = cell->unknown_usage_calls,
        .cost_nanousd = cell->cost_nanousd,
        .unknown_cost_calls = cell->unknown_cost_calls,
        .lost_attempts = cell->lost_attempts,
        .cost_upper_nanousd = cell->cost_upper_nanousd,
        .times = cell->times,
    };
}

static struct store_score score_of(const struct store_cell *cell, str name)
{
    return (struct store_score){
        .cell = cell->cell,
        .name = name,
        .value = cell->score,
        .pass = cell->correct == 1,
        .weight = 1,
        .agreement = (double)NAN,
    };
}

static bool same_field(enum column_type type, const void *a, const void *b)
{
    switch (type) {
    case COLUMN_INT:
    case COLUMN_INT_OR_NO:
        return memcmp(a, b, sizeof(int64_t)) == 0;
    case COLUMN_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case COLUMN_NAME:
        return *(const unsigned *)a == *(const unsigned *)b;
    case COLUMN_REAL: {
        double one, other;
        memcpy(&one, a, sizeof one);
        memcpy(&other, b, sizeof other);
        return isnan(one) ? isnan(other) : memcmp(a, b, sizeof one) == 0;
    }
    case COLUMN_TEXT:
    case COLUMN_PROSE:
    case COLUMN_BYTES:
    case COLUMN_BODY: /* begins with its text */
        break;
    }
    str one, other;
    memcpy(&one, a, sizeof one);
    memcpy(&other, b, sizeof other);
    return str_equal(one, other);
}

static bool same_row(const struct table *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        if (!same_field(column->type, (const char *)a + column->offset,
                        (const char *)b + column->offset))
            return false;
    }
    return true;
}

bool step_repeats_cell(const struct store_cell *cell, const struct store_step *step)
{
    if (cell->steps != 1 || cell->latency_ns < 0 || !str_equal(step->node, STR(".")))
        return false;
    struct store_step given = step_of(cell), row = *step;
    row.cell = cell->cell;
    row.ordinal = row.node_id = 0; /* the writer's own */
    return same_row(&tables[TABLE_STEP], &given, &row);
}

bool score_repeats_cell(const struct store_cell *cell, const struct store_score *score)
{
    if (cell->score_rows != 1 || score->name.n == 0 || cell->correct < 0 || isnan(cell->score))
        return false;
    struct store_score given = score_of(cell, score->name), row = *score;
    row.cell = cell->cell;
    return same_row(&tables[TABLE_SCORE], &given, &row);
}
