/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_jsonl.c: JSON Lines: one object a row, with the columns of the store by their names.
 *
 * The members are made from the column tables, so a column that is added there is exported. The
 * numbers of variant and sample become their names, those of bodies their texts.
 */
#include "cmd/export.h"

#include "base/text.h"
#include "store/columns.h"

#include <math.h>
#include <string.h>

static void write_member(struct buf *out, const char *name)
{
    buf_printf(out, ",\"%s\":", name);
}

static void write_string(struct exporter *e, str text)
{
    json_write_text(&e->out, utf8_clean(&e->arena, text));
}

static void write_string_or_null(struct exporter *e, str text)
{
    if (text.n)
        write_string(e, text);
    else
        buf_add_str(&e->out, STR("null"));
}

/* What weir wrote as JSON (values, outputs, notes) stays JSON; what it is not is a text. */
static void write_value(struct exporter *e, str text)
{
    const json *value = text.n ? json_parse(&e->arena, text, NULL) : NULL;
    if (value)
        json_write(&e->out, value, JSON_COMPACT);
    else
        write_string_or_null(e, text);
}

static int write_body(struct exporter *e, const struct column *column,
                      const struct store_text *text)
{
    str bytes;
    static const char *const as_it_came[] = {"request", "reply", "errors", "question",
                                             "answer"};
    bool wire = false;
    for (size_t i = 0; i < sizeof as_it_came / sizeof as_it_came[0]; i++)
        wire = wire || strcmp(column->name, as_it_came[i]) == 0;
    if (!e->texts)
        return 0;
    write_member(&e->out, column->name);
    if (export_text(e, text, &bytes) < 0)
        return -1;
    if (wire)
        write_string_or_null(e, bytes);
    else
        write_value(e, bytes);
    return 0;
}

static int write_field(struct exporter *e, const struct column *column, const void *field)
{
    int64_t number;
    double real;
    str text;
    if (column->type == COLUMN_BODY)
        return write_body(e, column, field);
    write_member(&e->out, column->name);
    switch (column->type) {
    case COLUMN_INT:
    case COLUMN_INT_OR_NO:
        memcpy(&number, field, sizeof number);
        if (column->type == COLUMN_INT_OR_NO && number == -1)
            buf_add_str(&e->out, STR("null"));
        else
            buf_printf(&e->out, "%lld", (long long)number);
        return 0;
    case COLUMN_BOOL:
        buf_add_str(&e->out, *(const bool *)field ? STR("true") : STR("false"));
        return 0;
    case COLUMN_REAL:
        memcpy(&real, field, sizeof real);
        if (isnan(real))
            buf_add_str(&e->out, STR("null"));
        else
            json_write_number(&e->out, real);
        return 0;
    case COLUMN_NAME:
        write_string(e, str_from(column->names[*(const unsigned *)field]));
        return 0;
    case COLUMN_TEXT:
    case COLUMN_PROSE:
    case COLUMN_BYTES:
    case COLUMN_BODY:
        break;
    }
    memcpy(&text, field, sizeof text);
    if (strcmp(column->name, "note") == 0)
        write_value(e, text);
    else
        write_string_or_null(e, text);
    return 0;
}

/* Columns that the names in front of every line stand for, and those that say where a cell's step and
 * score are kept. */
static bool is_named(const char *column)
{
    return strcmp(column, "variant") == 0 || strcmp(column, "sample") == 0 ||
           strcmp(column, "trial") == 0 || strcmp(column, "node") == 0 ||
           strcmp(column, "opponent") == 0 || strcmp(column, "only_node") == 0 ||
           strcmp(column, "only_score") == 0;
}

static void write_variant_or_null(struct exporter *e, int64_t number)
{
    size_t count;
    const struct store_variant *variant = store_variants(e->store, &count);
    bool known = number >= 0 && (size_t)number < count;
    write_string_or_null(e, known ? variant[number].name : STR(""));
}

static int write_row(struct exporter *e, const struct export_cell *of, const char *kind,
                     enum table_id id, const void *row)
{
    const struct table *table = &tables[id];
    buf_printf(&e->out, "{\"row\":\"%s\",\"variant\":", kind);
    write_string(e, of->variant->name);
    buf_add_str(&e->out, STR(",\"sample\":"));
    write_string(e, of->sample->id);
    if (of->sample->perturbation.n) {
        buf_add_str(&e->out, STR(",\"perturbation\":"));
        write_string(e, of->sample->perturbation);
    }
    buf_printf(&e->out, ",\"trial\":%lld", (long long)of->cell->trial);
    if (table->key && table->key_offset != NO_FIELD) {
        int64_t key;
        memcpy(&key, (const char *)row + table->key_offset, sizeof key);
        write_member(&e->out, table->key);
        buf_printf(&e->out, "%lld", (long long)key);
    }
    if (id == TABLE_STEP) {
        const struct store_step *step = row;
        buf_add_str(&e->out, STR(",\"node\":"));
        write_string(e, step->node);
        buf_add_str(&e->out, STR(",\"pattern\":"));
        write_string(e, step->pattern);
    }
    if (id == TABLE_VERDICT) {
        const struct store_verdict *verdict = row;
        buf_add_str(&e->out, STR(",\"opponent\":"));
        write_variant_or_null(e, verdict->opponent);
    }
    for (size_t i = 0; i < table->columns; i++)
        if (!is_named(table->column[i].name) &&
            write_field(e, &table->column[i], (const char *)row + table->column[i].offset) < 0)
            return -1;
    buf_add_str(&e->out, STR("}\n"));
    return 0;
}

static int begin(struct exporter *e)
{
    const struct store_run *run = store_run_row(e->store);
    buf_add_str(&e->out, STR("{\"row\":\"run\""));
    for (size_t i = 0; i < tables[TABLE_RUN].columns; i++) {
        const struct column *column = &tables[TABLE_RUN].column[i];
        if (strcmp(column->name, "definition") != 0 &&
            write_field(e, column, (const char *)run + column->offset) < 0)
            return -1;
    }
    buf_add_str(&e->out, STR(",\"definition\":"));
    json_write(&e->out, e->definition, JSON_COMPACT);
    buf_add_str(&e->out, STR("}\n"));
    return 0;
}

static int write_cell(struct exporter *e, const struct export_cell *of)
{
    int result = write_row(e, of, "cell", TABLE_CELL, of->cell);
    for (size_t i = 0; i < of->scores && result == 0; i++)
        result = write_row(e, of, "score", TABLE_SCORE, &of->score[i]);
    for (size_t i = 0; i < of->verdicts && result == 0; i++)
        result = write_row(e, of, "verdict", TABLE_VERDICT, &of->verdict[i]);
    for (size_t i = 0; i < of->steps && result == 0; i++)
        result = write_row(e, of, "step", TABLE_STEP, &of->step[i]);
    for (size_t i = 0, k = 0; i < of->calls && result == 0; i++) {
        result = write_row(e, of, "call", TABLE_CALL, &of->call[i]);
        for (; k < of->attempts && of->attempt[k].call == of->call[i].id && result == 0; k++)
            result = write_row(e, of, "attempt", TABLE_ATTEMPT, &of->attempt[k]);
    }
    for (size_t i = 0; i < of->commands && result == 0; i++)
        result = write_row(e, of, "command", TABLE_COMMAND, &of->command[i]);
    return result;
}

static int end(struct exporter *e)
{
    (void)e;
    return 0;
}

const struct export_format export_jsonl = {"jsonl", begin, write_cell, end};
