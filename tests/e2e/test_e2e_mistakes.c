/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_mistakes.c: what people get wrong in both files (tests/data/mistakes): the schema for
 * editors refuses it where a schema can, and `weir check` or `weir-mock --check` always, in one
 * message at its place, with the line and a caret.
 */
#include "e2e.h"
#include "e2e_schema.h"

#define FOLDER E2E_SOURCE_DIR "/tests/data/mistakes"

enum { AT_ONCE = 8 };

struct mistake {
    str file, place, seen_by, line, message;
};

struct table {
    struct mistake *row;
    size_t count, by_schema, in_mock;
};

static bool is_mock(const struct mistake *mistake)
{
    return str_starts_with(mistake->file, STR("mock-"));
}

static struct table read_table(struct arena *arena)
{
    struct table table = {.row = arena_array(arena, struct mistake, 1000)};
    str line, rest = schema_file_read(arena, STR(FOLDER "/mistakes.tsv"));
    while (str_cut(rest, '\n', &line, &rest)) {
        struct mistake mistake;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        bool whole = str_cut(line, '\t', &mistake.file, &line) &&
                     str_cut(line, '\t', &mistake.place, &line) &&
                     str_cut(line, '\t', &mistake.seen_by, &line) &&
                     str_cut(line, '\t', &mistake.line, &mistake.message);
        assert_true(whole && mistake.message.n > 10);
        bool by_schema = str_equal(mistake.seen_by, STR("schema"));
        assert_true(by_schema || str_equal(mistake.seen_by, STR("nobody")));
        table.by_schema += by_schema;
        table.in_mock += by_schema && is_mock(&mistake);
        table.row[table.count++] = mistake;
    }
    return table;
}

static str path_of(struct arena *arena, const struct mistake *mistake)
{
    return arena_printf(arena, FOLDER "/%.*s", STR_ARG(mistake->file));
}

/* Protects: an editor marks each of these mistakes, and there are as many as are promised; those
 * that only weir sees are taken by the schema, or are no YAML, so that the table says the truth. */
static void the_schema_refuses_them(void **state)
{
    struct place *place = *state;
    struct arena *arena = &place->arena;
    const struct jsonschema *experiment =
        schema_load(arena, STR(E2E_SOURCE_DIR "/docs/schema/experiment.schema.json"));
    const struct jsonschema *mock =
        schema_load(arena, STR(E2E_SOURCE_DIR "/docs/schema/mock.schema.json"));
    const struct table table = read_table(arena);
    for (size_t i = 0; i < table.count; i++) {
        const struct mistake *mistake = &table.row[i];
        str says =
            schema_says(arena, is_mock(mistake) ? mock : experiment, path_of(arena, mistake));
        bool refused = says.n && !str_equal(says, STR("not YAML"));
        if (refused != str_equal(mistake->seen_by, STR("schema")))
            fail_msg("%.*s: the schema %s it", STR_ARG(mistake->file),
                     refused ? "refuses" : "accepts");
    }
    assert_true(table.by_schema >= 40 && table.by_schema - table.in_mock >= 25 &&
                table.in_mock >= 15 && table.count - table.by_schema >= 20);
}

/* ---- what weir says ---- */

static struct child start(struct place *place, const struct mistake *mistake)
{
    const char *file = arena_str(&place->arena, mistake->file).p;
    const char *const of_mock[] = {E2E_WEIR_MOCK, "--check", "--config", file, NULL};
    const char *const of_experiment[] = {E2E_WEIR, "check", file, NULL};
    place_write(place, file, schema_file_read(&place->arena, path_of(&place->arena, mistake)));
    return child_start(place, is_mock(mistake) ? of_mock : of_experiment);
}

static str source_line(struct place *place, const struct mistake *mistake, int64_t wanted)
{
    str line = {"", 0}, rest = schema_file_read(&place->arena, path_of(&place->arena, mistake));
    while (wanted-- > 0)
        str_cut(rest, '\n', &line, &rest);
    return line;
}

/* Below the message stand a part of the line and a caret under the character at the column. */
static void check_caret(struct place *place, const struct mistake *mistake, str shown)
{
    str line, column, source, caret, rest;
    int64_t number, at;
    str_cut(mistake->place, ':', &line, &column);
    assert_true(str_to_int(line, &number) && str_to_int(column, &at) && at > 0);
    str_cut(shown, '\n', &source, &rest);
    str_cut(rest, '\n', &caret, &rest);
    str wanted = source_line(place, mistake, number);
    bool tab = wanted.n && wanted.p[0] == '\t'; /* it is shown as \t */
    size_t more = str_starts_with(source, STR("  …")) ? strlen("…") - 1 : 0; /* a column */
    bool good = caret.n > 0 && caret.p[caret.n - 1] == '^' && str_trim(caret).n == 1 &&
                source.n >= caret.n + more && (size_t)at <= wanted.n &&
                (tab || source.p[caret.n - 1 + more] == wanted.p[at - 1]);
    if (!good)
        fail_msg("%.*s, column %d:\n%.*s\n%.*s", STR_ARG(mistake->file), (int)at,
                 STR_ARG(source), STR_ARG(caret));
}

static void check_answer(struct place *place, const struct mistake *mistake, struct ended ended)
{
    const char *end = is_mock(mistake) ? "weir-mock: 1 mistake, nothing was run\n"
                                       : "weir: 1 mistake, nothing was run\n";
    str place_wanted = arena_printf(&place->arena, "%.*s:%.*s: ", STR_ARG(mistake->file),
                                    STR_ARG(mistake->place));
    str message, rest;
    str_cut(ended.err, '\n', &message, &rest);
    bool good = ended.code == 2 && str_starts_with(message, place_wanted) &&
                str_contains(message, mistake->message) && str_ends_with(rest, str_from(end));
    if (!good)
        fail_msg("%.*s: exit code %d, and\n%.*sexpected %.*s%.*s", STR_ARG(mistake->file),
                 ended.code, STR_ARG(ended.err), STR_ARG(place_wanted),
                 STR_ARG(mistake->message));
    bool shown = str_equal(mistake->line, STR("shown"));
    if (shown)
        check_caret(place, mistake, rest);
    else
        assert_same_text(rest, str_from(end));
}

/* Protects: each is refused with code 2, by one message that stands at the very place, says what
 * was expected, and shows the line (never one with a secret). */
static void weir_refuses_them_at_their_place(void **state)
{
    struct place *place = *state;
    const struct table table = read_table(&place->arena);
    for (size_t from = 0; from < table.count; from += AT_ONCE) {
        struct child child[AT_ONCE];
        size_t count = table.count - from < AT_ONCE ? table.count - from : AT_ONCE;
        for (size_t i = 0; i < count; i++)
            child[i] = start(place, &table.row[from + i]);
        for (size_t i = 0; i < count; i++)
            check_answer(place, &table.row[from + i], child_wait(&child[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_schema_refuses_them),
        e2e_test(weir_refuses_them_at_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
