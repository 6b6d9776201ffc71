/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows_csv.c: rows of CSV files (see dataset.h).
 *
 * The header line is translated into columns once: which member a cell goes to, and whether it
 * is parsed. Then every record becomes an object like those of the other formats.
 */
#include "base/csv.h"
#include "base/rows_parts.h"
#include "base/text.h"

/* Where a column's cells go: member `field` of the row, or member `key` of it. */
struct column {
    str name; /* as in the header */
    str field;
    str key;       /* empty: the field itself */
    bool json;     /* the cell is parsed */
    bool list;     /* the cell is split at commas */
    bool optional; /* an empty cell is no value */
};

struct rows_columns {
    struct column *column;
    size_t count;
};

/* ---- the header ---- */

static bool take_prefix(str *name, str prefix)
{
    if (!str_starts_with(*name, prefix))
        return false;
    *name = str_sub(*name, prefix.n, name->n);
    return true;
}

/* False when a name that begins with "__" is none of the language's. */
static bool reserved_column(struct column *column, str name)
{
    column->optional = true;
    if (!column->json) {
        static const str single[] = {STR_INIT("__cluster"), STR_INIT("__description")};
        for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
            if (str_equal(name, single[i])) {
                column->field = str_sub(name, 2, name.n);
                return true;
            }
        column->list = str_equal(name, STR("__tags"));
        column->field = STR("tags");
        if (column->list)
            return true;
    }
    column->field = STR("expected");
    if (str_equal(name, STR("__expected")))
        return true;
    static const str with_key[] = {STR_INIT("__expected:"), STR_INIT("__expected_steps:"),
                                   STR_INIT("__metadata:")};
    for (size_t i = 0; i < sizeof with_key / sizeof with_key[0]; i++)
        if (take_prefix(&name, with_key[i])) {
            column->field = str_sub(with_key[i], 2, with_key[i].n - 1);
            column->key = name;
            return name.n > 0;
        }
    return false;
}

static bool read_column(struct rows_reader *reader, const struct csv_cell *cell,
                        struct column *column)
{
    /* as JSON text: NUL and the like are gone */
    column->name = json_text(json_new_text(reader->arena, str_trim(cell->text)));
    str name = column->name;
    struct place place = place_at(reader->source, cell->offset);
    if (str_ends_with(name, STR(":json"))) {
        column->json = true;
        name.n -= strlen(":json");
    }
    if (name.n == 0) {
        rows_mistake(reader, place, "a column has no name; expected a name in the header line");
        return false;
    }
    column->field = name;
    if (!str_starts_with(name, STR("__")) || reserved_column(column, name))
        return true;
    static const str words[] = {
        STR_INIT("__expected"),     STR_INIT("__expected_steps:STEP"),
        STR_INIT("__metadata:KEY"), STR_INIT("__tags"),
        STR_INIT("__cluster"),      STR_INIT("__description"),
    };
    str hint = mistake_hint(reader->arena, name, words, sizeof words / sizeof words[0], true);
    rows_mistake(reader, place, "unknown column '%.*s'%.*s", STR_ARG(column->name),
                 STR_ARG(hint));
    return false;
}

static bool same_target(const struct column *a, const struct column *b)
{
    return str_equal(a->field, b->field) &&
           (a->key.n == 0 || b->key.n == 0 || str_equal(a->key, b->key));
}

/* One column whose name has a separator of other programs in it. */
static bool is_separated_otherwise(struct rows_reader *reader, const struct csv_record *record)
{
    str text = record->cell[0].text;
    bool semicolon = str_contains(text, STR(";"));
    if (record->count != 1 || (!semicolon && !str_contains(text, STR("\t"))))
        return false;
    rows_mistake(reader, place_at(reader->source, record->cell[0].offset),
                 "the header line is one cell with a %s in it; expected commas between cells",
                 semicolon ? "semicolon" : "tab");
    return true;
}

static const struct rows_columns *read_header(struct rows_reader *reader,
                                              const struct csv_record *record)
{
    struct rows_columns *columns = arena_new(reader->arena, struct rows_columns);
    columns->column = arena_array(reader->arena, struct column, record->count);
    columns->count = record->count;
    if (is_separated_otherwise(reader, record))
        return NULL;
    bool good = true;
    for (size_t i = 0; i < record->count; i++) {
        struct column *column = &columns->column[i];
        if (!read_column(reader, &record->cell[i], column)) {
            good = false;
            continue;
        }
        for (size_t j = 0; j < i; j++) {
            const struct column *other = &columns->column[j];
            if (!same_target(other, column))
                continue;
            rows_mistake(reader, place_at(reader->source, record->cell[i].offset),
                         "column '%.*s' fills what column '%.*s' fills already",
                         STR_ARG(column->name), STR_ARG(other->name));
            good = false;
            break;
        }
    }
    return good ? columns : NULL;
}

/* ---- rows ---- */

static const json *split_list(struct arena *arena, str text)
{
    json *list = json_new_list(arena);
    str part;
    while (text.n) {
        str_cut(text, ',', &part, &text);
        part = str_trim(part);
        if (part.n)
            json_add(arena, list, json_new_text(arena, part));
    }
    return list;
}

static const json *cell_value(struct rows_reader *reader, const struct column *column,
                              const struct csv_cell *cell)
{
    if (column->list)
        return split_list(reader->arena, cell->text);
    if (!column->json)
        return json_new_text(reader->arena, cell->text);
    struct json_error error;
    const json *value = json_parse_unique(reader->arena, cell->text, &error);
    if (!value)
        rows_mistake(reader, place_at(reader->source, cell->offset), "column '%.*s' %s%.*s",
                     STR_ARG(column->name), error.doubled.p ? "has " : "is ",
                     STR_ARG(json_error_text(reader->arena, &error)));
    return value;
}

static void set_cell(struct arena *arena, json *row, const struct column *column,
                     const json *value)
{
    if (column->key.n == 0) {
        json_set(arena, row, column->field, value);
        return;
    }
    const json *members = json_get(row, column->field);
    json *changed = members ? json_copy(arena, members) : json_new_object(arena);
    json_set(arena, changed, column->key, value);
    json_set(arena, row, column->field, changed);
}

static void read_row(struct rows_reader *reader, const struct rows_columns *columns,
                     const struct csv_record *record)
{
    struct place place = {reader->source, record->line, 1};
    if (record->count != columns->count) {
        rows_mistake(reader, place, "row has %zu cells; expected %zu, as in the header line",
                     record->count, columns->count);
        return;
    }
    json *row = json_new_object(reader->arena);
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->column[i];
        if (column->optional && str_trim(record->cell[i].text).n == 0)
            continue;
        const json *value = cell_value(reader, column, &record->cell[i]);
        if (!value)
            return;
        set_cell(reader->arena, row, column, value);
    }
    rows_add(reader,
             (struct row){
                 .value = row, .place = place, .column = columns, .offset = record->offset});
}

void rows_read_csv(struct rows_reader *reader)
{
    struct csv csv = CSV(reader->source->text);
    ptrdiff_t bad = utf8_invalid_at(csv.text);
    if (bad >= 0) {
        rows_mistake(reader, place_at(reader->source, (size_t)bad),
                     "byte 0x%02x is not UTF-8; expected a UTF-8 file",
                     (unsigned char)csv.text.p[bad]);
        return;
    }
    struct csv_record record = {0};
    struct csv_fault fault;
    const struct rows_columns *columns = NULL;
    int got;
    rows_expect_lines(reader);
    while ((got = csv_next(&csv, reader->arena, &record, &fault)) > 0) {
        if (columns)
            read_row(reader, columns, &record);
        else if (!(columns = read_header(reader, &record)))
            return;
    }
    if (got < 0)
        rows_mistake(reader, place_at(reader->source, fault.offset), "not CSV: %s", fault.what);
}

size_t rows_csv_offset(const struct row *row, str key)
{
    const struct source *source = row->place.source;
    struct csv csv = CSV(source->text);
    csv.at = row->offset;
    struct arena scratch = {0};
    struct csv_record record = {0};
    struct csv_fault fault;
    size_t offset = row->offset;
    if (csv_next(&csv, &scratch, &record, &fault) > 0)
        for (size_t i = 0; i < record.count && i < row->column->count; i++)
            if (str_equal(row->column->column[i].field, key)) {
                offset = record.cell[i].offset;
                break;
            }
    arena_release(&scratch);
    return offset;
}
