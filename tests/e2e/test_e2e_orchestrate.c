/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_orchestrate.c: plans that models might write, carried out against weir-mock: calls,
 * order, failures, and that results do not depend on what runs at once.
 *
 * The mock echoes: a sample's plan comes back as the planner's reply, a task as its worker's.
 */
#include "e2e_run.h"

static const char mock[] =
    "rules:\n"
    "  again: {when: {prompt_regex: 'AGAIN (?<p>\\[.*\\])'}, reply: '{{p}}'}\n"
    "  plan: {when: {prompt_regex: 'PLAN (?<p>.*)'}, reply: '{{p}}'}\n"
    "  broken: {when: {prompt: BROKEN}, status: 400}\n"
    "  work: {when: {prompt_regex: 'WORK (?<t>.*)'}, reply: 'did {{t}}'}\n"
    "  join: {when: {prompt: JOIN}, reply: joined}\n"
    "models: {'*': {first_token: {exponential: {mean: 3ms}}}}\n";

static const char head[] =
    "dataset: samples.jsonl\n"
    "models: {m: {provider: openai, model: x}}\n"
    "defaults: {model: m}\n"
    "score: {s: {not-equals: \"\"}}\n"
    "mock: mock.yaml\n"
    "nodes:\n"
    "  planner: {call: {prompt: {user: 'PLAN {{tasks_text}}'}, transform: [json]}}\n"
    "  worker: {call: {prompt: {user: 'WORK {{task}}'}}}\n"
    "  joiner: {call: {prompt: {user: 'JOIN {{results | json}}'}}}\n"
    "variants:\n";

/* Runs one variant, whose `orchestrate` has these lines, over these samples. */
static const char *run(struct place *place, const char *lines, const char *samples,
                       const char *parallel)
{
    struct arena *arena = &place->arena;
    str text = arena_printf(arena, "%s  v:\n    orchestrate:\n%s", head, lines);
    place_write(place, "experiment.yaml", text);
    place_write_text(place, "mock.yaml", mock);
    place_write_text(place, "samples.jsonl", samples);
    struct ran ran = run_quiet(place, "--mock", "-j", parallel, NULL);
    if (!ran.db)
        fail_msg("%.*s", STR_ARG(ran.ended.err));
    check_identities(ran.db);
    return ran.db;
}

#define BASIC "      plan: {use: planner}\n      worker: {use: worker}\n"
#define JOIN  "      synthesize: {use: joiner}\n"

/* Of the cell of the first sample. */
static str reason(struct place *place, const char *db)
{
    return sql_text(place, db,
                    "SELECT reason || ' ' || failed_path || ': ' || message FROM cell");
}

static str note(struct place *place, const char *db, const char *key)
{
    return sql_text(place, db,
                    "SELECT coalesce(json_extract(note, '$.%s'), 'none') FROM step"
                    " WHERE path = '.'",
                    key);
}

/* Protects the count of calls: 1 + N + 1. */
static void one_plus_n_plus_one(void **state)
{
    struct place *place = *state;
    const char *db =
        run(place, BASIC JOIN,
            "{\"id\": \"a\", \"tasks_text\": \"[\\\"x\\\", \\\"y\\\", \\\"z\\\"]\"}\n"
            "{\"id\": \"b\", \"tasks_text\": \"[\\\"x\\\"]\"}\n",
            "1");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell JOIN sample USING (sample)"
                                 " WHERE id = 'a'"),
                     5);
    assert_int_equal(sql_int(db, "SELECT calls FROM cell JOIN sample USING (sample)"
                                 " WHERE id = 'b'"),
                     3);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step WHERE path IN"
                                 " ('plan', '[0]', '[1]', '[2]', 'synthesize')"),
                     5 + 3);
}

/* Protects rule 4 with tasks that need each other: the same bytes at -j 1 and -j 50, and each
 * task sees exactly what it needs. */
static void layers_do_not_depend_on_timing(void **state)
{
    struct place *place = *state;
    struct arena *arena = &place->arena;
    str samples = STR("");
    for (int i = 0; i < 30; i++)
        samples =
            arena_printf(arena,
                         "%.*s{\"id\": \"s%d\", \"tasks_text\": \"[{\\\"x\\\": \\\"a%d\\\", "
                         "\\\"after\\\": [2]},"
                         " {\\\"x\\\": \\\"b\\\"}, {\\\"x\\\": \\\"c%s\\\", \\\"after\\\": 1},"
                         " {\\\"x\\\": \\\"d\\\"}]\"}\n",
                         STR_ARG(samples), i, i, i % 3 ? "" : " BROKEN");
    const char *lines =
        "      plan: {use: planner}\n      after: after\n"
        "      worker: {call: {prompt: {user: 'WORK {{task.x}} {{needed[*].value}} "
        "{{needed[*].error}}'}}}\n" JOIN;
    const char *one = run(place, lines, samples.p, "1");
    const char *many = run(place, lines, samples.p, "50");
    assert_same_text(results_of(report_text(place, many)), results_of(report_text(place, one)));
    assert_text(
        sql_text(place, one,
                 "SELECT bytes FROM step JOIN cell USING (cell) JOIN sample USING (sample)"
                 " JOIN body ON body = value"
                 " WHERE id = 's1' AND path = '[0]'"),
        "\"did a1 [\\\"did c [\\\\\\\"did b [] []\\\\\\\"] [null]\\\"] [null]\"");
    assert_text(
        sql_text(place, one,
                 "SELECT bytes FROM step JOIN cell USING (cell) JOIN sample USING (sample)"
                 " JOIN body ON body = value"
                 " WHERE id = 's0' AND path = '[0]'"),
        "\"did a0 [null] [\\\"provider\\\"]\"");
}

/* Protects that bad plans are outcomes: prose, a task that waits for itself, too many, an unknown
 * type end as misplanned, at the orchestrator and not at a worker, and no worker runs. */
static void bad_plans_are_misplanned(void **state)
{
    struct place *place = *state;
    const char *db =
        run(place,
            "      plan: {call: {prompt: {user: 'PLAN {{tasks_text}}'}, transform: "
            "[squeeze]}}\n      worker: {use: worker}\n",
            "{\"id\": \"a\", \"tasks_text\": \"Let us think about this first.\"}\n", "1");
    assert_text(reason(place, db),
                "misplanned .: the plan is a text; expected a list of tasks");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 1);
    db = run(place,
             "      plan: {use: planner}\n      tasks: '{{plan.tasks}}'\n"
             "      worker: {use: worker}\n",
             "{\"id\": \"a\", \"tasks_text\": \"[1, 2]\"}\n", "1");
    assert_contains(reason(place, db), "misplanned .: there are no tasks in the plan: ");
    db =
        run(place, BASIC "      after: after\n",
            "{\"id\": \"a\", \"tasks_text\": \"[{\\\"x\\\": 1, \\\"after\\\": [0]}]\"}\n", "1");
    assert_text(reason(place, db), "misplanned .: task 0 needs itself");
    db = run(place,
             "      plan: {use: planner}\n      type: t\n      workers: {a: {use: worker}}\n",
             "{\"id\": \"a\", \"tasks_text\": \"[{\\\"t\\\": \\\"a\\\"}, {\\\"t\\\": "
             "\\\"b\\\"}]\"}\n",
             "1");
    assert_text(reason(place, db), "misplanned .: task 1: no worker has the type 'b'");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step WHERE path LIKE '[%%'"), 0);
}

/* Protects against the plan of ten thousand tasks: told, or cut to the first. */
static void ten_thousand_tasks(void **state)
{
    struct place *place = *state;
    struct buf sample = {0};
    buf_add_str(&sample, STR("{\"id\": \"a\", \"items\": ["));
    for (int i = 0; i < 10000; i++)
        buf_printf(&sample, "%s\"task number %d\"", i ? "," : "", i);
    buf_add_str(&sample, STR("]}\n"));
    str text = arena_str(&place->arena, buf_str(&sample));
    buf_release(&sample);
    static const char lines[] =
        "      plan: {value: '{{items}}'}\n      worker: {value: '{{task}}'}\n";
    const char *db = run(place, lines, text.p, "1");
    assert_text(reason(place, db),
                "misplanned .: the plan has 10000 tasks; expected at most 10");
    str cut = arena_printf(&place->arena, "%s      validate: {too_many: cut}\n", lines);
    db = run(place, cut.p, text.p, "1");
    assert_text(note(place, db, "cut"), "9990");
    assert_text(note(place, db, "amended"), "1");
    assert_int_equal(
        sql_int(db, "SELECT json_array_length(bytes) FROM cell JOIN body ON body = output"),
        10);
}

/* Protects `replan`: the planner is told what was wrong, and its next plan is carried out. */
static void a_new_plan_mends(void **state)
{
    struct place *place = *state;
    const char *lines =
        "      plan: {call: {prompt: {user: 'PLAN {{tasks_text}} {{problems | join(\"; \")}}'},"
        " transform: [json]}}\n"
        "      after: after\n      replan: 2\n      worker: {use: worker}\n";
    const char *sample = "{\"id\": \"a\", \"tasks_text\": "
                         "\"[{\\\"x\\\": 1, \\\"after\\\": 7}]\"}\n";
    const char *db = run(place, lines, sample, "1");
    assert_text(reason(place, db),
                "misplanned .: task 0 needs '7', which is no task of the plan");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 3);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step WHERE path IN"
                                 " ('plan', 'plan[1]', 'plan[2]')"),
                     3);
    lines = "      plan: {call: {prompt: {user: '{{tasks_text}} {{problems | join(\"; \")}}'},"
            " transform: [json]}}\n"
            "      replan: 1\n      worker: {use: worker}\n";
    sample = "{\"id\": \"a\", \"tasks_text\": \"PLAN no list of tasks\"}\n";
    db = run(place, lines, sample, "1");
    assert_contains(reason(place, db), "misplanned .: the plan is ");
    lines =
        "      plan: {call: {prompt: {user: '{{#each problems as p}}AGAIN [\"x\"]{{/each}}PLAN "
        "{}'}, transform: [json]}}\n"
        "      replan: 1\n      worker: {call: {prompt: {user: 'WORK {{task}} "
        "{{tasks_text}}'}}}\n";
    db = run(place, lines, sample, "1");
    assert_int_equal(sql_int(db, "SELECT status = 'ok' AND calls = 3 FROM cell"), 1);
    assert_text(note(place, db, "rejected[0].problems[0]"),
                "the plan is an object; expected a list of tasks");
}

/* Protects the two ways to take a failed worker: as a result with an error, or as the end. When
 * all fail, the first failure is the node's, at its own path. */
static void workers_may_fail(void **state)
{
    struct place *place = *state;
    const char *sample =
        "{\"id\": \"a\", \"tasks_text\": \"[\\\"x\\\", \\\"BROKEN\\\", \\\"z\\\"]\"}\n";
    const char *db = run(place, BASIC, sample, "1");
    assert_int_equal(sql_int(db, "SELECT status = 'ok' AND calls = 4 FROM cell"), 1);
    assert_text(
        sql_text(place, db,
                 "SELECT json_extract(bytes, '$[1]') FROM cell JOIN body ON body = output"),
        "{\"task\":\"BROKEN\",\"value\":null,\"error\":\"provider\"}");
    assert_text(
        sql_text(
            place, db,
            "SELECT json_extract(bytes, '$[2].value') FROM cell JOIN body ON body = output"),
        "did z");
    db = run(place, BASIC "      on_error: fail\n      width: 1\n", sample, "1");
    assert_contains(reason(place, db), "request [1]: ");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 3);
    db =
        run(place, BASIC JOIN,
            "{\"id\": \"a\", \"tasks_text\": \"[\\\"BROKEN 1\\\", \\\"BROKEN 2\\\"]\"}\n", "1");
    assert_contains(reason(place, db), "request [0]: ");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 3);
}

/* Protects amended plans: what was dropped, and why, is in the trace; a budget that ends it hands
 * over the results so far. */
static void amended_and_cut_short(void **state)
{
    struct place *place = *state;
    const char *sample =
        "{\"id\": \"a\", \"tasks_text\": \"[\\\"x\\\", \\\"X\\\", \\\"y\\\"]\"}\n";
    const char *db = run(place, BASIC JOIN, sample, "1");
    assert_text(note(place, db, "dropped"), "[{\"task\":1,\"why\":\"a duplicate of task 0\"}]");
    assert_text(note(place, db, "tasks"), "[{\"task\":0},{\"task\":2}]");
    assert_int_equal(sql_int(db, "SELECT calls FROM cell"), 4);
    db = run(place, BASIC "      width: 1\n" JOIN "    budget: {calls: 2}\n", sample, "1");
    assert_text(sql_text(place, db, "SELECT bytes FROM cell JOIN body ON body = output"),
                "[{\"task\":\"x\",\"value\":\"did x\",\"error\":null},null]");
    assert_text(sql_text(place, db, "SELECT reason FROM cell"), "cut_short");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(one_plus_n_plus_one),      e2e_test(layers_do_not_depend_on_timing),
        e2e_test(bad_plans_are_misplanned), e2e_test(ten_thousand_tasks),
        e2e_test(a_new_plan_mends),         e2e_test(workers_may_fail),
        e2e_test(amended_and_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
