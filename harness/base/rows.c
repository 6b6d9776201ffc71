/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.c: rows from files and from YAML in place (see dataset.h).
 *
 * Reading goes on after a bad row, so that one look shows all of them. Places are counted along
 * the way; where a single member stands is searched for again when a message needs it, because
 * nearly no row ever does.
 */
#include "base/rows_parts.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/text.h"

void rows_expect_lines(struct rows_reader *reader)
{
    str text = reader->source->text;
    size_t lines = 1;
    for (str rest = text, line; str_cut(rest, '\n', &line, &rest);)
        lines++;
    reader->capacity = lines;
    reader->row = arena_array(reader->arena, struct row, lines);
}

void rows_add(struct rows_reader *reader, struct row row)
{
    if (reader->count == reader->capacity) {
        reader->capacity = reader->capacity ? reader->capacity * 2 : 64;
        reader->row =
            arena_grow(reader->arena, reader->row, reader->count, reader->capacity, sizeof row);
    }
    reader->row[reader->count++] = row;
}

static void add_json(struct rows_reader *reader, const json *value, struct place place,
                     size_t offset)
{
    if (json_is(value, JSON_OBJECT))
        rows_add(reader, (struct row){.value = value, .place = place, .offset = offset});
    else
        rows_mistake(reader, place, "row is %s; expected an object",
                     json_kind_name(json_kind(value)));
}

/* ---- JSON lines ---- */

static size_t leading_blanks(str text)
{
    size_t n = 0;
    while (n < text.n && char_is_space(text.p[n]))
        n++;
    return n;
}

static void read_json_lines(struct rows_reader *reader)
{
    str rest = reader->source->text, line;
    rows_expect_lines(reader);
    for (unsigned number = 1; rest.n; number++) {
        str_cut(rest, '\n', &line, &rest);
        size_t indent = leading_blanks(line);
        if (indent == line.n)
            continue;
        struct json_error error;
        const json *value = json_parse_unique(reader->arena, line, &error);
        struct place place = {reader->source, number, (unsigned)indent + 1};
        if (value) {
            add_json(reader, value, place, (size_t)(line.p - reader->source->text.p) + indent);
            continue;
        }
        place.col = error.col;
        rows_mistake(reader, place, "%.*s", STR_ARG(json_error_text(reader->arena, &error)));
    }
}

/* ---- one JSON list ---- */

/* A position that is moved on through the text, so that counting lines stays linear. */
struct position {
    size_t at;
    struct place place;
};

static void move_to(struct position *position, size_t at)
{
    str text = position->place.source->text;
    for (size_t length; position->at < at; position->at += length) {
        utf8_decode(text, position->at, &length);
        if (text.p[position->at] == '\n') {
            position->place.line++;
            position->place.col = 1;
        } else {
            position->place.col++;
        }
    }
}

static void skip_blank(str text, size_t *at)
{
    *at += leading_blanks(str_sub(text, *at, text.n));
}

/* Reads the items one by one; false where the text is not a JSON list. */
static bool read_items(struct rows_reader *reader)
{
    str text = reader->source->text;
    size_t at = 0, used;
    struct position position = {0, {reader->source, 1, 1}};
    skip_blank(text, &at);
    if (at == text.n || text.p[at] != '[')
        return false;
    at++;
    skip_blank(text, &at);
    bool more = at < text.n && text.p[at] != ']';
    while (more) {
        const json *value =
            json_parse_unique_prefix(reader->arena, str_sub(text, at, text.n), &used);
        if (!value)
            return false;
        move_to(&position, at);
        add_json(reader, value, position.place, at);
        at += used;
        skip_blank(text, &at);
        more = at < text.n && text.p[at] == ',';
        if (more) {
            at++;
            skip_blank(text, &at);
        }
    }
    if (at == text.n || text.p[at] != ']')
        return false;
    at++;
    skip_blank(text, &at);
    return at == text.n;
}

static void read_json(struct rows_reader *reader)
{
    if (read_items(reader))
        return;
    struct json_error error = {.line = 1, .col = 1};
    struct arena scratch = {0};
    const json *whole = json_parse_unique(&scratch, reader->source->text, &error);
    struct place place = {reader->source, error.line, error.col};
    if (!whole)
        rows_mistake(reader, place, "%.*s", STR_ARG(json_error_text(reader->arena, &error)));
    else
        rows_mistake(reader, place, "the file is %s; expected a list of objects",
                     json_kind_name(json_kind(whole)));
    arena_release(&scratch);
}

/* ---- YAML ---- */

static void read_yaml_list(struct rows_reader *reader, const struct yaml *list,
                           const char *what)
{
    if (!yaml_is(list, YAML_LIST)) {
        rows_mistake(reader, list->place, "%s is %s; expected a list of rows", what,
                     yaml_kind_name(list));
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *item = list->item[i];
        if (yaml_is(item, YAML_MAPPING))
            rows_add(reader, (struct row){.value = yaml_to_json(reader->arena, item),
                                          .place = item->place,
                                          .yaml = item});
        else
            rows_mistake(reader, item->place, "row is %s; expected a mapping",
                         yaml_kind_name(item));
    }
}

static void read_yaml(struct rows_reader *reader)
{
    const struct yaml *root =
        yaml_parse(reader->arena, reader->source, &yaml_dataset_limits, reader->mistakes);
    if (root)
        read_yaml_list(reader, root, "the file");
    else
        reader->failed = true;
}

int rows_from_yaml(struct arena *arena, const struct yaml *list, struct rows *rows,
                   struct mistakes *mistakes)
{
    struct rows_reader reader = {.arena = arena, .mistakes = mistakes};
    read_yaml_list(&reader, list, "samples");
    *rows = (struct rows){reader.row, reader.count};
    return reader.failed ? -1 : 0;
}

/* ---- files ---- */

static const struct {
    str extension;
    void (*read)(struct rows_reader *reader);
} formats[] = {
    {STR_INIT("jsonl"), read_json_lines},
    {STR_INIT("json"), read_json},
    {STR_INIT("yaml"), read_yaml},
    {STR_INIT("csv"), rows_read_csv},
};

static str without_mark(str text)
{
    str mark = STR("\xef\xbb\xbf");
    return str_starts_with(text, mark) ? str_sub(text, mark.n, text.n) : text;
}

int rows_load_at(struct arena *arena, str path, str shown_path, struct place named_at,
                 struct rows *rows, struct mistakes *mistakes)
{
    *rows = (struct rows){0};
    struct rows_reader reader = {.arena = arena, .mistakes = mistakes};
    str extension = path_extension(path);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (!str_equal_nocase(extension, formats[i].extension))
            continue;
        struct source *source = arena_new(arena, struct source);
        source->path = arena_str(arena, shown_path);
        struct err err = {0};
        if (file_read(arena, arena_str(arena, path).p, MAX_DATASET_BYTES, &source->text, &err) <
            0)
            return mistake_add(mistakes, named_at, "%s", err.message);
        source->text = without_mark(source->text);
        reader.source = source;
        formats[i].read(&reader);
        *rows = (struct rows){reader.row, reader.count};
        return reader.failed ? -1 : 0;
    }
    return mistake_add(mistakes, named_at,
                       "'%.*s' has no format that is known; expected .jsonl, .json, .yaml or "
                       ".csv",
                       STR_ARG(shown_path));
}

int rows_load(struct arena *arena, str path, str shown_path, struct rows *rows,
              struct mistakes *mistakes)
{
    return rows_load_at(arena, path, shown_path, (struct place){0}, rows, mistakes);
}

/* ---- places of members ---- */

/* Byte of the value of a member, or of the row. The row is known to be JSON. */
static size_t json_member_offset(const struct row *row, str key)
{
    struct arena scratch = {0};
    str text = row->place.source->text;
    size_t at = row->offset + 1, used, found = row->offset;
    for (skip_blank(text, &at); at < text.n && text.p[at] == '"'; skip_blank(text, &at)) {
        const json *name = json_parse_prefix(&scratch, str_sub(text, at, text.n), &used);
        at += used;
        skip_blank(text, &at);
        at++; /* ':' */
        skip_blank(text, &at);
        if (str_equal(json_text(name), key))
            found = at;
        if (!json_parse_prefix(&scratch, str_sub(text, at, text.n), &used))
            break;
        at += used;
        skip_blank(text, &at);
        at++; /* ',' or the end */
    }
    arena_release(&scratch);
    return found;
}

struct place row_place(const struct row *row, str key)
{
    if (row->yaml) {
        const struct yaml *value = yaml_get(row->yaml, key);
        return value ? value->place : row->place;
    }
    if (!row->place.source)
        return row->place;
    size_t offset = row->column ? rows_csv_offset(row, key) : json_member_offset(row, key);
    return offset == row->offset ? row->place : place_at(row->place.source, offset);
}
