/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_patterns.c: what a report says of routers, refinements and plans, against a mock that was
 * told how good they are.
 */
#include "e2e_diagnosis.h"

#include <math.h>

#include "base/buf.h"

/* ---- route ---- */

/* A handler knows the rows of its own case, so a misrouted cell is always wrong. */
static const char route_experiment[] =
    "dataset: rows.jsonl\n"
    "models:\n"
    "  cheap: {provider: openai, model: cheap, price: {input: 1, output: 1}}\n"
    "  dear: {provider: openai, model: dear, price: {input: 20, output: 20}}\n"
    "  sorter: {provider: openai, model: sorter, price: {input: 1, output: 1}}\n"
    "  ideal: {provider: openai, model: ideal, price: {input: 1, output: 1}}\n"
    "defaults: {max_tokens: 20, model: dear}\n"
    "variants:\n"
    "  single: {call: {prompt: {user: 'Anything {{text}}'}}}\n"
    "  real:\n"
    "    route:\n"
    "      by: {call: {model: sorter, prompt: {user: 'Sort {{text}}'}}}\n"
    "      cases:\n"
    "        A: {call: {model: cheap, prompt: {user: 'Handle as A {{text}}'}}}\n"
    "        B: {call: {model: cheap, prompt: {user: 'Handle as B {{text}}'}}}\n"
    "        C: {call: {prompt: {user: 'Handle as C {{text}}'}}}\n"
    "      fallback: {value: lost}\n"
    "  ideal: {extends: real, set: {route.by.call.model: ideal}}\n"
    "score:\n"
    "  right: {equals: '{{expected}}'}\n"
    "  routed: {step: by, of: '{{label}}', equals: '{{expected_steps.by}}'}\n"
    "mock: mock.yaml\n";

static const char route_mock[] =
    "seed: 3\n"
    "models:\n"
    "  sorter: {skill: 0.85}\n"
    "  ideal: {skill: 1}\n"
    "  cheap: {skills: {a: 0.95, b: 0.85}}\n"
    "  dear: {skills: {c: 0.75, any: 0.6}}\n"
    "answers:\n"
    "  rows: {file: rows.jsonl, find: [text], right: '{{row.expected}}', wrong: [{text: "
    "lost}]}\n"
    "  a: {file: a.jsonl, find: [text], right: '{{row.expected}}', wrong: [{text: lost}]}\n"
    "  b: {file: b.jsonl, find: [text], right: '{{row.expected}}', wrong: [{text: lost}]}\n"
    "  c: {file: c.jsonl, find: [text], right: '{{row.expected}}', wrong: [{text: lost}]}\n"
    "rules:\n"
    "  sort: {when: {prompt: Sort}, answer: {from: rows, right: '{{row.expected_steps.by}}',"
    " wrong: [{label: {one_of: [A, B, C]}, share: 9}, {text: none of them, share: 1}]}}\n"
    "  a: {when: {prompt: as A, row: a}, answer: {from: a}}\n"
    "  b: {when: {prompt: as B, row: b}, answer: {from: b}}\n"
    "  c: {when: {prompt: as C, row: c}, answer: {from: c}}\n"
    "  any: {when: {prompt: Anything}, answer: {from: rows}}\n"
    "  rest: {reply: lost}\n";

enum { ROUTE_ROWS = 240 };

/* Half of the rows belong to A, a third to B, a sixth to C. */
static void write_route_rows(struct place *place)
{
    struct buf all = {0}, part[3] = {0};
    for (int i = 0; i < ROUTE_ROWS; i++) {
        int class = i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2;
        str line =
            arena_printf(&place->arena,
                         "{\"id\": %d, \"text\": \"item %d.\", \"expected\": \"end %d.\", "
                         "\"expected_steps\": {\"by\": \"%c\"}}\n",
                         i, i, i, 'A' + class);
        buf_add_str(&all, line);
        buf_add_str(&part[class], line);
    }
    place_write(place, "x/rows.jsonl", buf_str(&all));
    buf_release(&all);
    for (int class = 0; class < 3; class ++) {
        place_write(place, arena_printf(&place->arena, "x/%c.jsonl", 'a' + class).p,
                    buf_str(&part[class]));
        buf_release(&part[class]);
    }
}

static double sum_of_confusion(const json *route, bool diagonal)
{
    double sum = 0;
    int64_t i = 0;
    const json *rows = json_get(route, STR("confusion"));
    for (const json *row = json_first(rows); row; row = json_next(row), i++)
        for (int64_t j = 0; j < (int64_t)json_count(row); j++)
            sum += !diagonal || i == j ? json_number(json_at(row, j)) : 0;
    return sum;
}

/* Protects the diagnosis of a router: its accuracy, that of each class, what misroutes cost, what a
 * perfect router would come to, and what its money buys. */
static void a_router_is_measured(void **state)
{
    struct place *place = *state;
    write_route_rows(place);
    place_write_text(place, "x/experiment.yaml", route_experiment);
    place_write_text(place, "x/mock.yaml", route_mock);
    const char *db = run_good(place, "x", "--mock", NULL).db;
    const json *report = report_json(place, db);
    const json *route = first_of(report, "real", "routes");

    assert_holds(route, "accuracy", 0.85);
    assert_holds(route, "balanced_accuracy", 0.85);
    const json *class = json_first(json_get(route, STR("classes")));
    for (int i = 0; i < 3; i++, class = json_next(class)) {
        assert_text(json_text(json_get(class, STR("label"))), i == 0   ? "A"
                                                              : i == 1 ? "B"
                                                                       : "C");
        assert_holds(class, "recall", 0.85);
    }
    assert_true(fabs(sum_of_confusion(route, false) - ROUTE_ROWS) < 0.5);
    assert_true(fabs(sum_of_confusion(route, true) / ROUTE_ROWS -
                     figure(route, "accuracy.value")) < 1e-9);

    double truth = 0.95 / 2 + 0.85 / 3 + 0.75 / 6;
    assert_holds(route, "if_perfect", truth);
    assert_holds(route, "if_perfect", accuracy_in(report, "ideal"));
    assert_holds(route, "if_right", truth);
    assert_true(figure(route, "if_wrong.value") <= 0);
    assert_true(fabs(figure(first_of(report, "ideal", "routes"), "gain")) < 1e-9);

    /* a wrong label of ten is none that there is: those end in the fallback */
    double unlabelled = figure(route, "unlabelled");
    assert_true(unlabelled > 0 && unlabelled < 0.05 * ROUTE_ROWS);

    assert_text(json_text(json_get(route, STR("dearest"))), "C");
    assert_text(json_text(json_get(route, STR("single"))), "single");
    double cell = figure(variant_of(report, "results", "real"), "cost_per_cell_usd");
    assert_true(fabs(figure(route, "mixed_usd") / cell - 1) < 1e-9);
    assert_true(figure(route, "router_usd") > 0 && figure(route, "router_usd") < cell);
    assert_true(figure(route, "least_cheap_share") < figure(route, "cheap_share"));
    assert_holds(route, "over_single", 0.85 * truth - 0.6);

    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "The router was right in");
    assert_contains(text.out, "With a router that is never wrong the accuracy would be about");
    assert_contains(text.out, "Against the single prompt single");
    assert_contains(weir(place, "report", db, "--md", "-", NULL).out, "Confusion of routers");
}

/* ---- refine ---- */

/* The first improvement mends four drafts of five, later ones hand back what they got. */
static const char refine_experiment[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: x}}\n"
    "defaults: {max_tokens: 20, model: m}\n"
    "variants:\n"
    "  loop:\n"
    "    refine:\n"
    "      generate: {call: {prompt: {user: 'Write {{text}}'}}}\n"
    "      evaluate: {call: {prompt: {user: 'Judge {{draft}}'}}}\n"
    "      accept: [{equals: APPROVED}]\n"
    "      improve: {call: {prompt: {user: 'Round {{round}} <{{draft}}> {{text}}'}}}\n"
    "      max_rounds: 4\n" /* or 2 */
    "score: {right: {equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

static const char refine_mock[] =
    "seed: 3\n"
    "models: {x: {skills: {write: 0.6, mend: 0.8, good: 0.9, bad: 0.8}}}\n"
    "answers:\n"
    "  rows: {file: rows.jsonl, find: [text], right: '{{row.expected}}',"
    " wrong: [{text: 'lost {{row.id}}.'}]}\n"
    "  good: {file: rows.jsonl, find: [expected], right: APPROVED, wrong: [{text: no}]}\n"
    "  bad: {file: rows.jsonl, find: [wrong], right: 'no', wrong: [{text: APPROVED}]}\n"
    "rules:\n"
    "  good: {when: {prompt_regex: '^Judge end'}, answer: {from: good}}\n"
    "  bad: {when: {prompt_regex: '^Judge lost'}, answer: {from: bad}}\n"
    "  write: {when: {prompt: Write}, answer: {from: rows}}\n"
    "  mend: {when: {prompt: Round 1}, answer: {from: rows}}\n"
    "  same: {when: {prompt_regex: 'Round [234] <(?<d>[^>]*)>'}, reply: '{{d}}'}\n";

enum { REFINE_ROWS = 200 };

static const json *round_of(const json *refinement, int64_t number)
{
    const json *round = json_at(json_get(refinement, STR("rounds")), number - 1);
    assert_non_null(round);
    return round;
}

/* Protects the diagnosis of a refinement: what each round gains is what a run with fewer rounds
 * would have had, the evaluator's errors are told apart, and rounds that buy nothing are named. */
static void rounds_that_buy_nothing_are_named(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    for (int i = 0; i < REFINE_ROWS; i++)
        buf_printf(&rows,
                   "{\"id\": %d, \"text\": \"text %d.\", \"expected\": \"end %d.\", "
                   "\"wrong\": \"lost %d.\"}\n",
                   i, i, i, i);
    place_write(place, "x/rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, "x/experiment.yaml", refine_experiment);
    place_write_text(place, "x/mock.yaml", refine_mock);
    const char *db = run_good(place, "x", "--mock", NULL).db;
    const json *report = report_json(place, db);
    const json *of = first_of(report, "loop", "refinements");

    /* accepted: right and not refused, or wrong and let through; what is refused is mended */
    double first = 0.6 * 0.9 + 0.4 * 0.2, again = 0.8 * 0.9 + 0.2 * 0.2;
    double mended = 0.6 * 0.9 + (1 - first) * 0.8;
    assert_text(json_text(json_get(of, STR("quality_is"))), "accuracy");
    assert_holds(round_of(of, 1), "accepted_by", first);
    assert_holds(round_of(of, 2), "accepted_by", first + (1 - first) * again);
    assert_holds(round_of(of, 1), "quality", 0.6);
    assert_holds(round_of(of, 2), "quality", mended);
    assert_holds(round_of(of, 2), "gain", mended - 0.6);
    assert_holds(of, "false_accept", 0.2);
    assert_holds(of, "false_reject", 0.1);
    assert_true(fabs(figure(round_of(of, 4), "quality.value") - accuracy_in(report, "loop")) <
                1e-9);
    assert_true(fabs(figure(round_of(of, 2), "gain_of_the_rest.value")) < 1e-9);
    assert_true(figure(round_of(of, 3), "similarity") > 0.999);
    assert_true(figure(of, "stuck") > 0);

    /* draws are keyed by their place: with two rounds it is the same run, cut short */
    place_write_text(place, "y/experiment.yaml", refine_experiment);
    place_write_text(place, "y/mock.yaml", refine_mock);
    place_write(place, "y/rows.jsonl", place_read(place, "x/rows.jsonl"));
    place_replace(place, "y/experiment.yaml", "max_rounds: 4", "max_rounds: 2");
    const json *two = report_json(place, run_good(place, "y", "--mock", NULL).db);
    assert_true(fabs(figure(round_of(of, 2), "quality.value") - accuracy_in(two, "loop")) <
                1e-9);

    assert_int_equal((int)figure(of, "recommended_max_rounds"), 2);
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "Rounds 3 and later bought nothing");
    assert_contains(text.out, "Set max_rounds to 2");
    assert_contains(weir(place, "report", db, "--md", "-", NULL).out, "rounds to 2:");
}

/* ---- orchestrate ---- */

static const char plan_experiment[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: x}}\n"
    "defaults: {max_tokens: 60, model: m}\n"
    "variants:\n"
    "  desk:\n"
    "    orchestrate:\n"
    "      plan: {call: {prompt: {user: 'Plan {{text}}'}, schema: {type: object}}}\n"
    "      tasks: '{{plan.tasks}}'\n"
    "      type: kind\n"
    "      workers: {a: {value: A}, b: {value: B}, c: {value: C}, d: {value: D}}\n"
    "      validate: {unknown_type: drop}\n"
    "      replan: 1\n"
    "score:\n"
    "  right: {count: 3}\n"
    "  plan: {step: plan, of: '{{value.tasks[*].kind}}', set-equals: "
    "'{{expected_steps.plan}}'}\n"
    "mock: mock.yaml\n";

static const char plan_mock[] =
    "seed: 3\n"
    "models: {x: {skill: 0.6}}\n"
    "answers: {rows: {file: rows.jsonl, find: [text]}}\n"
    "rules:\n"
    "  plan:\n"
    "    when: {prompt: Plan}\n"
    "    answer:\n"
    "      from: rows\n"
    "      right: {tasks: '{{row.metadata.tasks}}'}\n"
    "      wrong:\n"
    "        - {drop_item: tasks, share: 2}\n"
    "        - {replace: {at: 'tasks[0].kind', by: d}, share: 1}\n"
    "        - {replace: {at: tasks, by: '{{row.metadata.tasks[0]}}'}, share: 1}\n";

enum { PLAN_ROWS = 160 };

/* Protects the diagnosis of an orchestrator: what plans leave out and invent, how often they are
 * asked for again, and which workers they use. */
static void a_plan_is_held_against_what_was_wanted(void **state)
{
    struct place *place = *state;
    struct buf rows = {0};
    for (int i = 0; i < PLAN_ROWS; i++)
        buf_printf(&rows,
                   "{\"id\": %d, \"text\": \"text %d.\", "
                   "\"expected\": 1, \"expected_steps\": {\"plan\": [\"a\", \"b\", \"c\"]}, "
                   "\"metadata\": {\"tasks\": [{\"kind\": \"a\"}, {\"kind\": \"b\"}, "
                   "{\"kind\": \"c\"}]}}\n",
                   i, i);
    place_write(place, "x/rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, "x/experiment.yaml", plan_experiment);
    place_write_text(place, "x/mock.yaml", plan_mock);
    const char *db = run_good(place, "x", "--mock", NULL).db;
    const json *report = report_json(place, db);
    const json *plan = first_of(report, "desk", "plans");

    /* of the wrong plans half lack a task, a quarter has another one in place of it, and a quarter is
     * no list, so that it is asked for once more and judged as nothing */
    double covered = 0.6 + 0.4 * (0.5 * 2 / 3 + 0.25 * 2 / 3);
    print_message("plans %g, asked for again %g\n", figure(plan, "plans"),
                  figure(plan, "remade"));
    assert_holds(plan, "invented", 0.4 * 0.25 / 3 / (1 - 0.1));
    assert_holds(plan, "coverage", covered / (1 - 0.1));
    assert_true(figure(plan, "remade") > 0.05 * PLAN_ROWS &&
                figure(plan, "remade") < 0.16 * PLAN_ROWS);
    const json *worker = json_at(json_get(plan, STR("workers")), 3);
    assert_text(json_text(json_get(worker, STR("name"))), "d");
    assert_true(figure(worker, "plans") > 0);
    struct ended text = weir(place, "report", db, "--md", "-", NULL);
    assert_contains(text.out, "nobody wanted");
    assert_contains(text.out, "plans were asked for again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_router_is_measured),
        e2e_test(rounds_that_buy_nothing_are_named),
        e2e_test(a_plan_is_held_against_what_was_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
