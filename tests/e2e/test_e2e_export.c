/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_export.c: a run as JSON Lines and as OpenTelemetry traces: complete, in the published
 * shape, the same bytes each time.
 */
#include "e2e_run.h"

#include "base/file.h"
#include "base/jsonschema.h"

/* A run with retries, chains, failed cells and cells without calls. */
static const char *make_run(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/mock.yaml", "scale: 0.25", "scale: 0");
    place_replace(place, "support/mock.yaml", "retry_after: 1s", "retry_after: 20ms");
    return run_good(place, "support", "--mock", "-n", "30", "--trials", "2", NULL).db;
}

static str exported(struct place *place, const char *db, const char *option)
{
    struct ended ended = weir(place, "export", db, option, "out", NULL);
    assert_code(ended, 0);
    return place_read(place, "out");
}

static const json *parse(struct place *place, str text)
{
    const json *value = json_parse(&place->arena, text, NULL);
    assert_non_null(value);
    return value;
}

/* ---- traces ---- */

static const struct jsonschema *otlp_schema(struct place *place)
{
    str text;
    struct err err = {0};
    assert_int_equal(file_read(&place->arena,
                               E2E_SOURCE_DIR "/tests/data/otlp-trace.schema.json", 1000000,
                               &text, &err),
                     0);
    struct jsonschema_problem problem;
    const struct jsonschema *schema =
        jsonschema_new(&place->arena, parse(place, text), &problem);
    if (!schema)
        fail_msg("%.*s: %.*s", STR_ARG(problem.path), STR_ARG(problem.text));
    return schema;
}

static bool is_valid(struct place *place, const struct jsonschema *schema, const json *value,
                     bool wanted)
{
    struct jsonschema_problem problem;
    size_t count = 0;
    bool valid = jsonschema_valid(schema, value, &place->arena, &problem, 1, &count);
    if (!valid && wanted)
        fail_msg("%.*s: %.*s", STR_ARG(problem.path), STR_ARG(problem.text));
    return valid;
}

static const json *spans_of(const json *traces)
{
    const json *resource = json_first(json_get(traces, STR("resourceSpans")));
    return json_get(json_first(json_get(resource, STR("scopeSpans"))), STR("spans"));
}

/* Protects show 7 of runs: the file has the published shape. And the schema: what has another
 * shape is refused. */
static void otlp_has_the_published_shape(void **state)
{
    struct place *place = *state;
    const struct jsonschema *schema = otlp_schema(place);
    str text = exported(place, make_run(place), "--otlp");
    assert_true(is_valid(place, schema, parse(place, text), true));
    static const char *const broken[][2] = {
        {"\"traceId\":\"", "\"traceId\":\"x"},
        {"\"kind\":3", "\"kind\":9"},
        {"\"startTimeUnixNano\":\"1", "\"startTimeUnixNano\":\"-1"},
        {"\"stringValue\"", "\"string_value\""},
        {"\"endTimeUnixNano\"", "\"end\""},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        place_write(place, "broken", text);
        place_replace(place, "broken", broken[i][0], broken[i][1]);
        assert_false(is_valid(place, schema, parse(place, place_read(place, "broken")), false));
    }
}

static bool falls_within(const json *inner, const json *outer)
{
    str a = json_text(json_get(inner, STR("startTimeUnixNano"))),
        b = json_text(json_get(inner, STR("endTimeUnixNano"))),
        from = json_text(json_get(outer, STR("startTimeUnixNano"))),
        to = json_text(json_get(outer, STR("endTimeUnixNano")));
    return str_compare(from, a) <= 0 && str_compare(a, b) <= 0 && str_compare(b, to) <= 0;
}

/* The span of that id in the same trace, which begins at `first`. */
static const json *find_span(const json *first, str trace, str id)
{
    for (const json *s = first; s && str_equal(json_text(json_get(s, STR("traceId"))), trace);
         s = json_next(s))
        if (str_equal(json_text(json_get(s, STR("spanId"))), id))
            return s;
    return NULL;
}

/* Protects: a span for every cell, step, call and attempt, each in its parent and within its
 * time, no id twice in a trace, and the same bytes from the same run. */
static void otlp_is_complete(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    str text = exported(place, db, "--otlp");
    assert_same_text(exported(place, db, "--otlp"), text);
    int64_t spans = 0, roots = 0, errors = 0, resent = 0;
    const json *first = NULL;
    for (const json *s = json_first(spans_of(parse(place, text))); s; s = json_next(s)) {
        str trace = json_text(json_get(s, STR("traceId"))),
            id = json_text(json_get(s, STR("spanId"))),
            parent = json_text(json_get(s, STR("parentSpanId")));
        if (parent.n == 0) {
            first = s;
            roots++;
        } else {
            const json *above = find_span(first, trace, parent);
            assert_non_null(above);
            assert_true(falls_within(s, above));
        }
        assert_ptr_equal(find_span(first, trace, id), s);
        spans++;
        errors += json_get(s, STR("status")) != NULL;
        str whole = json_to_str(&place->arena, s, JSON_COMPACT);
        resent += str_contains(whole, STR("http.request.resend_count"));
    }
    assert_int_equal(roots, sql_int(db, "SELECT count(*) FROM cell"));
    assert_int_equal(spans, sql_int(db, "SELECT (SELECT count(*) FROM cell) + (SELECT count(*)"
                                        " FROM step) + (SELECT count(*) FROM call) +"
                                        " (SELECT count(*) FROM attempt)"));
    assert_int_equal(resent, sql_int(db, "SELECT sum(retries) FROM cell"));
    assert_true(errors > 0 && resent > 0);
}

/* Protects the names that other tools look for. */
static void otlp_speaks_the_conventions(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    str text = exported(place, db, "--otlp");
    static const char *const names[] = {
        "\"name\":\"chat gpt-6-luna\"",
        "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"weir\"}}",
        "{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":\"chat\"}}",
        "{\"key\":\"gen_ai.provider.name\",\"value\":{\"stringValue\":\"openai\"}}",
        "{\"key\":\"gen_ai.request.model\",\"value\":{\"stringValue\":\"gpt-6-luna\"}}",
        "{\"key\":\"gen_ai.response.finish_reasons\",\"value\":{\"arrayValue\":",
        "{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":\"",
        "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}",
        "\"name\":\"gen_ai.evaluation.result\"",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_contains(text, names[i]);
    str key = sql_text(place, db, "SELECT attempt_key FROM call LIMIT 1");
    assert_contains(text, arena_printf(&place->arena, "\"spanId\":\"%.16s\"", key.p).p);
}

/* ---- lines ---- */

/* Protects: every row of the run is a line, with its columns, its texts, and whose it is. */
static void jsonl_has_every_row(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    str rest = exported(place, db, "--jsonl"), line;
    static const char *const kinds[] = {"run", "cell", "score", "step", "call", "attempt"};
    int64_t count[6] = {0}, calls = 0, cost = 0;
    bool prompt = false;
    while (str_cut(rest, '\n', &line, &rest)) {
        const json *row = parse(place, line);
        str kind = json_text(json_get(row, STR("row")));
        size_t k = 0;
        while (k < 6 && !str_equal(kind, str_from(kinds[k])))
            k++;
        assert_true(k < 6);
        count[k]++;
        assert_true(k == 0 || json_text(json_get(row, STR("variant"))).n > 0);
        if (k == 1) {
            calls += (int64_t)json_number(json_get(row, STR("calls")));
            cost += (int64_t)json_number(json_get(row, STR("cost_nanousd")));
            if (str_equal(json_text(json_get(row, STR("status"))), STR("ok")))
                assert_true(json_is(json_get(row, STR("output")), JSON_OBJECT));
        }
        if (k == 4)
            prompt = prompt || str_contains(json_text(json_get(row, STR("request"))),
                                            STR("\"messages\""));
    }
    assert_int_equal(rest.n, 0);
    assert_int_equal(count[0], 1);
    for (size_t k = 1; k < 6; k++)
        assert_int_equal(count[k], sql_int(db, "SELECT count(*) FROM %s", kinds[k]));
    assert_int_equal(calls, sql_int(db, "SELECT sum(calls) FROM cell"));
    assert_int_equal(cost, sql_int(db, "SELECT sum(cost_nanousd) FROM cell"));
    assert_true(prompt);
}

/* Protects: --no-texts leaves prompts, replies and values out; without options lines go to
 * stdout; a run is never written over. */
static void what_is_asked_for(void **state)
{
    struct place *place = *state;
    const char *db = make_run(place);
    struct ended lines = weir(place, "export", db, "--no-texts", NULL);
    assert_code(lines, 0);
    assert_contains(lines.out, "{\"row\":\"cell\",");
    assert_lacks(lines.out, "\"output\":{\"department\"");
    assert_lacks(lines.out, "\"request\":");
    assert_contains(weir(place, "export", db, "--otlp", "--texts", NULL).out, "weir.reply");
    assert_lacks(weir(place, "export", db, "--otlp", "--no-texts", NULL).out, "weir.reply");
    assert_code(weir(place, "export", "--jsonl", db, NULL), 2);
    assert_code(weir(place, "export", "nothing", NULL), 2);
    assert_code(weir(place, "export", db, "--otlp", "no/folder/x", NULL), 1);
    check_identities(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(otlp_has_the_published_shape),
        e2e_test(otlp_is_complete),
        e2e_test(otlp_speaks_the_conventions),
        e2e_test(jsonl_has_every_row),
        e2e_test(what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
