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

/* ---- the mock that an experiment names ---- */

#define EXPERIMENT                                                                             \
    "dataset: {samples: [{id: 1, q: a, expected: a}]}\n"                                       \
    "models: {m: {provider: openai, model: small}}\n"                                          \
    "variants: {v: {call: {model: m, prompt: {user: 'Say {{q}}'}, max_tokens: 9}}}\n"          \
    "score: {right: {equals: '{{expected}}'}}\n"

static void write_experiment(struct place *place, const char *mock)
{
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, EXPERIMENT "mock: %s\n", mock));
}

/* Protects: `weir check` says of the mock file what weir-mock says of it, to the letter. */
static void check_reads_the_mock_file_too(void **state)
{
    struct place *place = *state;
    struct child own[AT_ONCE], ours[AT_ONCE];
    const struct table table = read_table(&place->arena);
    const struct mistake *row[AT_ONCE];
    size_t n = 0;
    for (size_t i = 0; i < table.count && n < AT_ONCE; i += is_mock(&table.row[i]) ? 5 : 1)
        if (is_mock(&table.row[i]))
            row[n++] = &table.row[i];
    for (size_t i = 0; i < n; i++) {
        str name = arena_str(&place->arena, row[i]->file);
        const char *experiment = arena_printf(&place->arena, "of-%s", name.p).p;
        place_write(place, experiment,
                    arena_printf(&place->arena, EXPERIMENT "mock: %s\n", name.p));
        own[i] = start(place, row[i]);
        ours[i] = weir_start(place, "check", experiment, i % 2 ? "--json" : "--draw", NULL);
    }
    for (size_t i = 0; i < n; i++) {
        struct ended wanted = child_wait(&own[i]), ended = child_wait(&ours[i]);
        str last = STR("weir-mock: 1 mistake, nothing was run\n");
        assert_true(str_ends_with(wanted.err, last));
        str same = str_sub(wanted.err, 0, wanted.err.n - last.n);
        assert_same_text(ended.err,
                         arena_printf(&place->arena, "%.*sweir: 1 mistake, nothing was run\n",
                                      STR_ARG(same)));
        assert_int_equal(ended.code, 2);
        assert_int_equal(ended.out.n, 0);
    }
    assert_int_equal(n, AT_ONCE);
}

/* Protects: all mistakes come at once, in the order of their places, also those of a mock in place and of
 * files that it names. */
static void a_mock_in_place_has_its_place(void **state)
{
    struct place *place = *state;
    place_write_text(place, "rows.jsonl", "{\"id\": 1}\nno\n");
    write_experiment(place, "{models: {small: {skil: 1}}, answers: {a: {file: rows.jsonl, "
                            "find: [id], right: [id]}}}\nlimit: {}");
    struct ended ended = weir(place, "check", NULL);
    assert_int_equal(ended.code, 2);
    assert_contains(ended.err,
                    "experiment.yaml:5:25: unknown key 'skil' in model; did you mean "
                    "'skill'?\n  mock: {models: {small: {skil: 1}}, ");
    assert_contains(ended.err, "experiment.yaml:6:1: unknown key 'limit' in the experiment");
    assert_contains(ended.err, "rows.jsonl:2:1: not JSON");
    assert_true(strstr(ended.err.p, ":5:25:") < strstr(ended.err.p, ":6:1:"));
    ended = weir(place, "run", "--mock", NULL);
    assert_lacks(ended.err, "skil");
    place_replace(place, "experiment.yaml", "\nlimit: {}", "");
    ended = weir(place, "run", "--mock", NULL);
    assert_int_equal(ended.code, 2);
    assert_contains(ended.err, "experiment.yaml:5:25: unknown key 'skil' in model");
    assert_contains(ended.err, "weir: weir-mock refuses what stands under `mock` in "
                               "experiment.yaml\n");
}

/* Protects those who have no weir-mock: the rest is checked, and they hear what was not. */
static void without_weir_mock_the_rest_is_checked(void **state)
{
    struct place *place = *state;
    const char *alone = place_path(place, "weir");
    write_experiment(place, "{models: {other: {skill: 1}}}");
    struct ended ended = weir(place, "check", NULL);
    assert_int_equal(ended.code, 0);
    assert_contains(ended.err,
                    "experiment.yaml:5:7: warning: the mock file has no model 'small': it "
                    "is served as one that is never wrong\n  mock: {models");
    struct child copy =
        child_start(place, (const char *const[]){"/bin/cp", E2E_WEIR, alone, NULL});
    assert_int_equal(child_wait(&copy).code, 0);
    place_env(place, "PATH=/nonexistent");
    struct child child = child_start(place, (const char *const[]){alone, "check", NULL});
    ended = child_wait(&child);
    assert_int_equal(ended.code, 0);
    assert_contains(ended.out, "= 1 cells");
    assert_contains(ended.err,
                    "experiment.yaml:5:7: warning: the mock was not looked into, which "
                    "weir-mock does: no program 'weir-mock' on PATH\n  mock: {models");
}

/* Protects: what may stand is told where people look and where programs do, and stops nothing. */
static void warnings_stop_nothing(void **state)
{
    struct place *place = *state;
    const char *warning =
        "experiment.yaml:3:53: warning: '{q}' is sent as it stands; did you mean "
        "'{{q}}'?\n  variants: {v: {call: {model: m, prompt: {user: 'Say {q}'";
    write_experiment(place, "{models: {small: {skill: 1}}}");
    place_replace(place, "experiment.yaml", "{{q}}", "{q}");
    struct ended ended = weir(place, "check", NULL);
    assert_int_equal(ended.code, 0);
    assert_contains(ended.err, warning);
    ended = weir(place, "check", "--json", NULL);
    assert_int_equal(ended.code, 0);
    const json *told = json_get(json_parse(&place->arena, ended.out, NULL), STR("warnings"));
    assert_int_equal(json_count(told), 1);
    assert_same_text(json_to_str(&place->arena, json_first(told), JSON_COMPACT),
                     STR("{\"file\":\"experiment.yaml\",\"line\":3,\"column\":53,\"message\":"
                         "\"'{q}' is sent as it stands; did you mean '{{q}}'?\"}"));
    ended = weir(place, "run", "--mock", "--no-store", NULL);
    assert_int_equal(ended.code, 0);
    assert_contains(ended.err, warning);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(warnings_stop_nothing),
        e2e_test(the_schema_refuses_them),
        e2e_test(weir_refuses_them_at_their_place),
        e2e_test(check_reads_the_mock_file_too),
        e2e_test(a_mock_in_place_has_its_place),
        e2e_test(without_weir_mock_the_rest_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
