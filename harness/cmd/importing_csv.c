/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_csv.c: tests in CSV files, by promptfoo's columns (see importing.h).
 *
 *     NAME                       a variable
 *     __expected, __expected2    an assertion: "contains: x", "similar(0.8): x", or what it equals
 *     __description, __metadata:KEY, __metadata:KEY[], __metric, __threshold, __prefix, __suffix
 *
 * A row becomes the mapping that it would be in YAML, so nothing else knows of CSV.
 */
#include "cmd/importing.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"

struct columns {
    struct importing *importing;
    str *name;
    size_t count;
    const struct source *source;
};

static bool is_expected(str name)
{
    if (!str_starts_with(name, STR("__expected")))
        return false;
    for (size_t i = 10; i < name.n; i++)
        if (!char_is_digit(name.p[i]))
            return false;
    return true;
}

static void set_option(struct arena *arena, json *test, str key, str value)
{
    const json *old = json_get(test, STR("options"));
    json *options = old ? json_copy(arena, old) : json_new_object(arena);
    json_set(arena, options, key, json_new_text(arena, value));
    json_set(arena, test, STR("options"), options);
}

static const json *split(struct arena *arena, str cell)
{
    json *list = json_new_list(arena);
    str part, rest = cell;
    for (bool more = rest.n > 0; more;) {
        more = str_cut(rest, ',', &part, &rest);
        json_add(arena, list, json_new_text(arena, str_trim(part)));
    }
    return list;
}

/* A test while its row is read. */
struct csv_test {
    json *vars, *metadata, *asserts;
    json *test;
    str metric;
};

static bool take_cell(struct importing *importing, struct csv_test *test, str name, str cell)
{
    struct arena *arena = importing->arena;
    if (!str_starts_with(name, STR("__"))) {
        json_set(arena, test->vars, name, json_new_text(arena, cell));
        return true;
    }
    if (!cell.n)
        return true;
    if (is_expected(name)) {
        json_add(arena, test->asserts, import_assertion_of_text(importing, cell));
    } else if (str_equal(name, STR("__description"))) {
        json_set_text(arena, test->test, "description", cell);
    } else if (str_equal(name, STR("__metric"))) {
        test->metric = cell;
    } else if (str_starts_with(name, STR("__metadata:"))) {
        str key = str_sub(name, 11, name.n);
        bool list = str_ends_with(key, STR("[]"));
        json_set(arena, test->metadata, list ? str_sub(key, 0, key.n - 2) : key,
                 list ? split(arena, cell) : json_new_text(arena, cell));
    } else if (str_equal(name, STR("__threshold")) || str_equal(name, STR("__prefix")) ||
               str_equal(name, STR("__suffix"))) {
        str key = str_sub(name, 2, name.n);
        if (str_equal(key, STR("threshold")))
            json_set_text(arena, test->test, "threshold", cell);
        else
            set_option(arena, test->test, key, cell);
    } else {
        return false;
    }
    return true;
}

static void begin(struct arena *arena, struct csv_test *test)
{
    *test = (struct csv_test){json_new_object(arena), json_new_object(arena),
                              json_new_list(arena), json_new_object(arena), STR("")};
}

static const json *end(struct arena *arena, const struct csv_test *test)
{
    json *asserts = json_new_list(arena);
    for (const json *a = json_first(test->asserts); a; a = json_next(a)) {
        json *copy = json_copy(arena, a);
        if (test->metric.n)
            json_set_text(arena, copy, "metric", test->metric);
        json_add(arena, asserts, copy);
    }
    json_set(arena, test->test, STR("vars"), test->vars);
    json_set(arena, test->test, STR("assert"), asserts);
    if (json_count(test->metadata))
        json_set(arena, test->test, STR("metadata"), test->metadata);
    return test->test;
}

static void refuse_column(struct importing *importing, struct place place, str name)
{
    str shown = text_shorten(importing->arena, text_visible(importing->arena, name), 60);
    import_left_out(importing, place, "column '%.*s' has no counterpart", STR_ARG(shown));
}

static const json *test_of(const struct columns *columns, const struct csv_record *record)
{
    struct importing *importing = columns->importing;
    struct csv_test test;
    begin(importing->arena, &test);
    for (size_t i = 0; i < columns->count; i++) {
        str cell = i < record->count ? record->cell[i].text : STR("");
        if (!take_cell(importing, &test, columns->name[i], cell))
            refuse_column(importing, (struct place){columns->source, 1, 1}, columns->name[i]);
    }
    return end(importing->arena, &test);
}

const json *import_flat_test(struct importing *importing, const json *row, struct place place)
{
    struct csv_test test;
    begin(importing->arena, &test);
    for (const json *member = json_first(row); member; member = json_next(member)) {
        str name = json_key(member);
        if (!json_is(member, JSON_TEXT) && !str_starts_with(name, STR("__")))
            json_set(importing->arena, test.vars, name, member);
        else if (!take_cell(importing, &test, name, json_render(importing->arena, member)))
            refuse_column(importing, place, name);
    }
    return end(importing->arena, &test);
}

static void take_header(struct columns *columns, const struct csv_record *record)
{
    struct arena *arena = columns->importing->arena;
    columns->name = arena_array(arena, str, record->count + 1);
    for (size_t i = 0; i < record->count; i++)
        columns->name[i] = str_trim(arena_str(arena, record->cell[i].text));
    columns->count = record->count;
}

struct import_item import_csv(struct importing *importing, str path, unsigned **lines,
                              const struct source **source, struct place place)
{
    struct arena *arena = importing->arena;
    struct import_item none = {.place = place};
    struct source *file = arena_new(arena, struct source);
    struct columns columns = {.importing = importing, .source = file};
    struct csv_record record = {0};
    struct csv_fault fault;
    file->path = path;
    if (!import_load_text(importing, path, place, &file->text))
        return none;
    struct csv csv = CSV(file->text);
    json *tests = json_new_list(arena);
    size_t count = 0, room = 0;
    int more;
    while ((more = csv_next(&csv, arena, &record, &fault)) == 1) {
        if (!columns.name) {
            take_header(&columns, &record);
            continue;
        }
        if (count == room) {
            room = room ? 2 * room : 64;
            *lines = arena_grow(arena, *lines, count, room, sizeof **lines);
        }
        (*lines)[count++] = record.line;
        json_add(arena, tests, test_of(&columns, &record));
    }
    if (more < 0) {
        mistake_add(importing->mistakes, place_at(file, fault.offset), "%s", fault.what);
        return none;
    }
    *source = file;
    return (struct import_item){.value = tests, .place = {file, 1, 1}};
}
