/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.c: copying a record into one block (see record.h).
 *
 * A block is the record, then its arrays, then the bytes of all texts. Which fields are texts is
 * read from the column tables. Values that a step only hands on (a chain's is its last step's)
 * are the same slice in step, parent and cell: they are copied and stored once.
 */
#include "store/record.h"

#include "base/mem.h"
#include "store/columns.h"

enum {
    SMALLEST_BLOCK = 1024,
    POOL_BYTES = 32 * 1024 * 1024, /* 10,000 calls in flight, of which some hundred queue */
};

/* --- the texts of a row -------------------------------------------------------------------- */

/* A text is a str, and a struct store_text begins with one. */
_Static_assert(offsetof(struct store_text, text) == 0, "body fields are read as str");

static bool is_text(const struct column *column)
{
    return column->type == COLUMN_TEXT || column->type == COLUMN_PROSE ||
           column->type == COLUMN_BODY;
}

static str text_at(const void *row, const struct column *column)
{
    str text;
    memcpy(&text, (const char *)row + column->offset, sizeof text);
    return text;
}

static size_t texts_size(enum table_id id, const void *row)
{
    const struct table *table = &tables[id];
    size_t size = 0;
    for (size_t i = 0; i < table->columns; i++)
        if (is_text(&table->column[i]))
            size += text_at(row, &table->column[i]).n;
    return size;
}

static str copy_text(char **end, str text)
{
    if (text.n == 0)
        return (str){0};
    memcpy(*end, text.p, text.n);
    text.p = *end;
    *end += text.n;
    return text;
}

/* Copies the bytes to *end and points the row to them. */
static void texts_copy(enum table_id id, void *row, char **end)
{
    const struct table *table = &tables[id];
    for (size_t i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        if (!is_text(column))
            continue;
        str text = copy_text(end, text_at(row, column));
        memcpy((char *)row + column->offset, &text, sizeof text);
    }
}

/* --- blocks -------------------------------------------------------------------------------- */

static size_t class_bytes(unsigned size_class)
{
    return (size_t)SMALLEST_BLOCK << size_class;
}

/* RECORD_CLASSES when the size is above all classes: such blocks are not kept. */
static unsigned class_of(size_t size)
{
    unsigned size_class = 0;
    while (size_class < RECORD_CLASSES && class_bytes(size_class) < size)
        size_class++;
    return size_class;
}

struct record *record_take(struct record_pool *pool, size_t size)
{
    unsigned size_class = class_of(size);
    if (size_class == RECORD_CLASSES || !pool->unused[size_class])
        return NULL;
    struct record *record = pool->unused[size_class];
    pool->unused[size_class] = record->next;
    pool->bytes -= class_bytes(size_class);
    return record;
}

struct record *record_make(size_t size)
{
    unsigned size_class = class_of(size);
    struct record *record =
        xmalloc(size_class == RECORD_CLASSES ? size : class_bytes(size_class));
    record->size_class = size_class;
    return record;
}

void record_give(struct record_pool *pool, struct record *record)
{
    unsigned size_class = record->size_class;
    if (size_class == RECORD_CLASSES || pool->bytes + class_bytes(size_class) > POOL_BYTES) {
        xfree(record);
        return;
    }
    record->next = pool->unused[size_class];
    pool->unused[size_class] = record;
    pool->bytes += class_bytes(size_class);
}

void record_pool_release(struct record_pool *pool)
{
    for (unsigned i = 0; i < RECORD_CLASSES; i++) {
        while (pool->unused[i]) {
            struct record *record = pool->unused[i];
            pool->unused[i] = record->next;
            xfree(record);
        }
    }
    pool->bytes = 0;
}

/* --- calls --------------------------------------------------------------------------------- */

size_t record_size_call(const struct store_call *call)
{
    size_t attempts = call->attempt ? (size_t)call->attempts : 0;
    size_t size =
        sizeof(struct record) + attempts * sizeof *call->attempt + texts_size(TABLE_CALL, call);
    for (size_t i = 0; i < attempts; i++)
        size += texts_size(TABLE_ATTEMPT, &call->attempt[i]);
    return size;
}

void record_fill_call(struct record *record, const struct store_call *call)
{
    size_t attempts = call->attempt ? (size_t)call->attempts : 0;
    struct store_attempt *copy = (struct store_attempt *)(record + 1);
    char *end = (char *)(copy + attempts);
    record->kind = RECORD_CALL;
    record->call = *call;
    texts_copy(TABLE_CALL, &record->call, &end);
    if (!attempts)
        return;
    memcpy(copy, call->attempt, attempts * sizeof *copy);
    for (size_t i = 0; i < attempts; i++)
        texts_copy(TABLE_ATTEMPT, &copy[i], &end);
    record->call.attempt = copy;
}

size_t record_size_command(const struct store_command *command)
{
    return sizeof(struct record) + texts_size(TABLE_COMMAND, command);
}

void record_fill_command(struct record *record, const struct store_command *command)
{
    char *end = (char *)(record + 1);
    record->kind = RECORD_COMMAND;
    record->command = *command;
    texts_copy(TABLE_COMMAND, &record->command, &end);
}

/* --- cells --------------------------------------------------------------------------------- */

static bool same_slice(str a, str b)
{
    return a.n && a.p == b.p && a.n == b.n;
}

/* Where the value of step i is stored already: in the cell's output or in the parent's value;
 * NULL when nowhere. */
static const struct store_text *value_elsewhere(const struct store_cell *cell, size_t i)
{
    const struct store_step *step = &cell->step[i];
    if (same_slice(step->value.text, cell->output.text))
        return &cell->output;
    if (step->parent >= 0 && step->parent < (int64_t)i &&
        same_slice(step->value.text, cell->step[step->parent].value.text))
        return &cell->step[step->parent].value;
    return NULL;
}

size_t record_size_cell(const struct store_cell *cell)
{
    size_t size = sizeof(struct record) + cell->steps * sizeof *cell->step +
                  cell->score_rows * sizeof *cell->score_row + texts_size(TABLE_CELL, cell);
    for (size_t i = 0; i < cell->steps; i++) {
        size += texts_size(TABLE_STEP, &cell->step[i]) + cell->step[i].node.n +
                cell->step[i].pattern.n;
        if (value_elsewhere(cell, i))
            size -= cell->step[i].value.text.n;
    }
    for (size_t i = 0; i < cell->score_rows; i++)
        size += texts_size(TABLE_SCORE, &cell->score_row[i]);
    size += cell->verdicts * sizeof *cell->verdict;
    for (size_t i = 0; i < cell->verdicts; i++)
        size += texts_size(TABLE_VERDICT, &cell->verdict[i]);
    return size;
}

static void copy_step(const struct store_cell *from, struct record *record,
                      struct store_step *copy, size_t i, char **end)
{
    const struct store_text *elsewhere = value_elsewhere(from, i);
    copy[i] = from->step[i];
    if (elsewhere)
        copy[i].value.text = (str){0};
    texts_copy(TABLE_STEP, &copy[i], end);
    copy[i].node = copy_text(end, from->step[i].node);
    copy[i].pattern = copy_text(end, from->step[i].pattern);
    if (elsewhere == &from->output)
        copy[i].value = record->cell.output;
    else if (elsewhere)
        copy[i].value = copy[from->step[i].parent].value;
    copy[i].cell = from->cell;
    copy[i].ordinal = (int64_t)i;
    copy[i].variant = from->variant;
}

void record_fill_cell(struct record *record, const struct store_cell *cell)
{
    struct store_step *step = (struct store_step *)(record + 1);
    struct store_score *score = (struct store_score *)(step + cell->steps);
    struct store_verdict *verdict = (struct store_verdict *)(score + cell->score_rows);
    char *end = (char *)(verdict + cell->verdicts);
    record->kind = RECORD_CELL;
    record->cell = *cell;
    texts_copy(TABLE_CELL, &record->cell, &end);
    for (size_t i = 0; i < cell->steps; i++)
        copy_step(cell, record, step, i, &end);
    for (size_t i = 0; i < cell->score_rows; i++) {
        score[i] = cell->score_row[i];
        texts_copy(TABLE_SCORE, &score[i], &end);
        score[i].cell = cell->cell;
    }
    record->cell.step = step;
    for (size_t i = 0; i < cell->verdicts; i++) {
        verdict[i] = cell->verdict[i];
        texts_copy(TABLE_VERDICT, &verdict[i], &end);
        verdict[i].cell = cell->cell;
    }
    record->cell.score_row = score;
    record->cell.verdict = verdict;
}
