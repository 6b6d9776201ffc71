/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_levels.c: patterns in patterns, as `weir show` and the stored paths show them: each at
 * its own level, under the name that its parent gives it, with the calls of its children as its
 * calls and its longest path as its time.
 */
#include "e2e_levels.h"

#include <stdio.h>
#include <string.h>

static const char composed[] =
    "dataset: {samples: [{id: s1, items: [plum, a longer pear, fig], expected: x}]}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"
    "defaults: {model: small, max_tokens: 100}\n"
    "tools:\n"
    "  find:\n"
    "    description: Finds a thing.\n"
    "    parameters: {type: object, required: [q], properties: {q: {type: string}}}\n"
    "    run: {chain: {asked: {call: {prompt: {user: 'Find {{q}}'}}}, told: {value: "
    "'{{asked}}'}}}\n"
    "nodes:\n"
    "  say: {call: {prompt: {user: 'Say it of {{items[0]}}'}}}\n"
    "  work: {call: {prompt: {user: 'Work on {{task}}'}, tools: [find]}}\n"
    "  planned:\n"
    "    orchestrate:\n"
    "      plan: {call: {prompt: {user: 'Plan it'}, schema: tasks}}\n"
    "      tasks: '{{plan.tasks}}'\n"
    "      worker: {use: work}\n"
    "      synthesize: {call: {prompt: {user: 'Join {{results[*].value | join(\", \")}}'}}}\n"
    "variants:\n"
    "  parallel_in_chain:\n"
    "    chain:\n"
    "      first: {use: say}\n"
    "      both:\n"
    "        parallel:\n"
    "          branches:\n"
    "            short: {use: say}\n"
    "            long: {chain: {one: {use: say}, two: {use: say}}}\n"
    "          combine: {call: {prompt: {user: 'Join {{short}} and {{long}}'}}}\n"
    "      last: {use: say}\n"
    "  map_of_routes:\n"
    "    map:\n"
    "      over: '{{items}}'\n"
    "      each:\n"
    "        route:\n"
    "          by: {call: {prompt: {user: 'Long or short? {{item}}'}}}\n"
    "          cases:\n"
    "            long one: {chain: {a: {use: say}, b: {use: say}}}\n"
    "          fallback: {value: '{{item}}'}\n"
    "  vote_of_chains:\n"
    "    vote: {voters: 3, each: {chain: {think: {use: say}, answer: {use: say}}}}\n"
    "  refine_of_workers:\n"
    "    refine:\n"
    "      generate: {use: planned}\n"
    "      evaluate: {call: {prompt: {user: 'Judge round {{round}}: {{draft}}'}}}\n"
    "      accept: [{equals: GOOD}]\n"
    "      improve: {call: {prompt: {user: 'Work again, {{feedback}}'}, tools: [find]}}\n"
    "  workers_that_refine:\n"
    "    use: planned\n"
    "score: {any: {not-equals: ''}}\n"
    "mock:\n"
    "  models: {m: {first_token: 5ms}}\n"
    "  rules:\n"
    "    plan: {when: {prompt: Plan it}, reply: '{\"tasks\": [\"walls\", \"roof\"]}'}\n"
    "    route: {when: {prompt: 'Long or short? a longer'}, reply: long one}\n"
    "    search: {when: {tool: find, turn: 0}, tool_call: {name: find, arguments: {q: "
    "bricks}}}\n"
    "    refused: {when: {prompt: 'Judge round 1'}, reply: too thin}\n"
    "    judged: {when: {prompt: Judge round}, reply: GOOD}\n"
    "    all: {reply: '{{request.prompt}}'}\n";

/* In place of the shared worker, one with a loop of its own. */
static const char worker_that_refines[] =
    "  workers_that_refine:\n"
    "    orchestrate:\n"
    "      plan: {call: {prompt: {user: 'Plan it'}, schema: tasks}}\n"
    "      tasks: '{{plan.tasks}}'\n"
    "      worker:\n"
    "        refine:\n"
    "          generate: {use: work}\n"
    "          evaluate: {call: {prompt: {user: 'Judge round {{round}}: {{draft}}'}}}\n"
    "          accept: [{equals: GOOD}]\n"
    "          improve: {use: work}\n"
    "      synthesize: {call: {prompt: {user: 'Join {{results[*].value | join(\", \")}}'}}}\n";

/* ---- what is shown ---- */

struct shown {
    const char *name, *pattern;
    int calls;
};

/* The last words of a line: "… 1.38 s    14 ok", or "… 0 s ok" without a call. */
static int calls_shown(str line)
{
    str words[3] = {{"", 0}, {"", 0}, {"", 0}}, word, rest = line;
    while (rest.n) {
        str_cut(rest, ' ', &word, &rest);
        if (!word.n)
            continue;
        words[0] = words[1];
        words[1] = words[2];
        words[2] = word;
    }
    double calls = 0;
    str_to_double(words[1], &calls); /* else it is the unit of the time */
    return (int)calls;
}

/* Without the branches that lead to it. */
static str without_branches(str line)
{
    static const char *const parts[] = {"│", "├", "└", "─", " "};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (str_starts_with(line, str_from(parts[i]))) {
            line = str_sub(line, strlen(parts[i]), line.n);
            i = (size_t)-1;
        }
    return line;
}

static bool is_step(str line)
{
    return line.n && !str_starts_with(line, STR("#")) && !str_starts_with(line, STR("try "));
}

static void check_shown(struct place *place, const char *db, const char *cell,
                        const struct shown *shown, size_t count)
{
    struct ended ended = weir(place, "show", db, cell, NULL);
    assert_code(ended, 0);
    ptrdiff_t start = str_find(ended.out, STR("\nSteps "), 0);
    assert_true(start > 0);
    str line, rest = str_sub(ended.out, (size_t)start + 1, ended.out.n);
    str_cut(rest, '\n', &line, &rest);
    assert_contains(line, "time calls");
    for (size_t i = 0; i < count;) {
        str_cut(rest, '\n', &line, &rest);
        str step = without_branches(line);
        if (!is_step(step))
            continue;
        str name = arena_printf(&place->arena, "%s  %s ", shown[i].name, shown[i].pattern);
        if (!str_starts_with(step, name) || calls_shown(line) != shown[i].calls)
            fail_msg("%s: not '%s' with %d calls:\n%.*s", cell, name.p, shown[i].calls,
                     STR_ARG(line));
        i++;
    }
    str_cut(rest, '\n', &line, &rest);
    assert_false(is_step(without_branches(line)) && !str_contains(line, STR("no own call")));
}

#define check_tree(place, db, cell, ...)                                                       \
    do {                                                                                       \
        static const struct shown shown_[] = {__VA_ARGS__};                                    \
        check_shown((place), (db), (cell), shown_, sizeof shown_ / sizeof shown_[0]);          \
    } while (0)

/* A worker that has asked its tool once; the tool asks a model, too. */
#define WORKER(name)                                                                           \
    {name, "call", 3}, {"tools[0]", "chain", 1}, {"asked", "call", 1},                         \
    {                                                                                          \
        "told", "value", 0                                                                     \
    }

static const char *run_composed(struct place *place)
{
    place_env(place, "COLUMNS=120");
    place_write_text(place, "schemas/tasks.json",
                     "{\"type\": \"object\", \"required\": [\"tasks\"], \"properties\":"
                     " {\"tasks\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}");
    place_write_text(place, "experiment.yaml", composed);
    place_replace(place, "experiment.yaml", "  workers_that_refine:\n    use: planned\n",
                  worker_that_refines);
    return run_good(place, "--mock", NULL).db;
}

/* Protects the levels of patterns that run at once, route and vote. */
static void parallel_map_and_vote_have_levels(void **state)
{
    struct place *place = *state;
    const char *db = run_composed(place);
    check_tree(place, db, "parallel_in_chain/s1/1", {".", "chain", 6}, {"first", "call", 1},
               {"both", "parallel", 4}, {"short", "call", 1}, {"long", "chain", 2},
               {"one", "call", 1}, {"two", "call", 1}, {"combine", "call", 1},
               {"last", "call", 1});
    check_tree(place, db, "map_of_routes/s1/1", {".", "map", 5}, {"[0]", "route", 1},
               {"by", "call", 1}, {"fallback", "value", 0}, {"[1]", "route", 3},
               {"by", "call", 1}, {"[\"long one\"]", "chain", 2}, {"a", "call", 1},
               {"b", "call", 1}, {"[2]", "route", 1}, {"by", "call", 1},
               {"fallback", "value", 0});
    check_tree(place, db, "vote_of_chains/s1/1", {".", "vote", 6}, {"[0]", "chain", 2},
               {"think", "call", 1}, {"answer", "call", 1}, {"[1]", "chain", 2},
               {"think", "call", 1}, {"answer", "call", 1}, {"[2]", "chain", 2},
               {"think", "call", 1}, {"answer", "call", 1});
    assert_true(levels_check(db) > 40);
}

/* Protects those of loops around workers and in them, and of tools, which may call models. */
static void loops_and_workers_have_levels(void **state)
{
    struct place *place = *state;
    const char *db = run_composed(place);
    check_tree(place, db, "refine_of_workers/s1/1", {".", "refine", 13},
               {"draft[0]", "orchestrate", 8}, {"plan", "call", 1}, WORKER("[0]"),
               WORKER("[1]"), {"synthesize", "call", 1}, {"evaluate[0]", "call", 1},
               WORKER("draft[1]"), {"evaluate[1]", "call", 1});
    check_tree(place, db, "workers_that_refine/s1/1", {".", "orchestrate", 18},
               {"plan", "call", 1}, {"[0]", "refine", 8}, WORKER("draft[0]"),
               {"evaluate[0]", "call", 1}, WORKER("draft[1]"), {"evaluate[1]", "call", 1},
               {"[1]", "refine", 8}, WORKER("draft[0]"), {"evaluate[0]", "call", 1},
               WORKER("draft[1]"), {"evaluate[1]", "call", 1}, {"synthesize", "call", 1});
    assert_text(sql_text(place, db,
                         "SELECT group_concat(path, ' ') FROM (SELECT path FROM call JOIN"
                         " cell_named USING (cell) WHERE variant_name = 'workers_that_refine'"
                         " AND path LIKE '[0]%%' GROUP BY path ORDER BY path)"),
                "[0].draft[0] [0].draft[0].tools[0].asked [0].draft[1]"
                " [0].draft[1].tools[0].asked [0].evaluate[0] [0].evaluate[1]");
}

/* Protects re-asks and models that stand in: calls of the step that needed them, and no step. */
static void calls_of_one_step_have_no_level(void **state)
{
    struct place *place = *state;
    place_env(place, "COLUMNS=120");
    place_write_text(
        place, "experiment.yaml",
        "dataset: {samples: [{id: s1, expected: x}]}\n"
        "models:\n"
        "  small: {provider: openai, model: m, price: {input: 1, output: 1}}\n"
        "  down: {provider: openai, model: d, price: {input: 1, output: 1}}\n"
        "defaults: {model: small, max_tokens: 100}\n"
        "retry: {retries: 1, base: 1ms}\n"
        "variants:\n"
        "  asked_again:\n"
        "    chain:\n"
        "      form: {call: {prompt: {user: 'Form'}, reask: 2, schema: {type: object, required:"
        " [a], properties: {a: {type: integer}}}}}\n"
        "      end: {call: {prompt: {user: 'End'}}}\n"
        "  stood_in: {call: {model: down, fallback_models: [small], prompt: {user: 'End'}}}\n"
        "score: {any: {not-equals: ''}}\n"
        "mock:\n"
        "  rules:\n"
        "    form: {when: {prompt: 'Form', turn: 0}, reply: no object}\n"
        "    mended: {when: {prompt: \"is missing\"}, reply: '{\"a\": 1}'}\n"
        "    other: {reply: '{\"a\": 1}'}\n"
        "  faults: [{status: 500, when: {model: d}}]\n");
    const char *db = run_good(place, "--mock", NULL).db;
    check_tree(place, db, "asked_again/s1/1", {".", "chain", 3}, {"form", "call", 2},
               {"end", "call", 1});
    check_tree(place, db, "stood_in/s1/1", {".", "call", 2});
    assert_int_equal(sql_int(db, "SELECT attempts FROM cell_named WHERE variant_name ="
                                 " 'stood_in'"),
                     2 + 1);
    assert_int_equal(levels_check(db), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(parallel_map_and_vote_have_levels),
        e2e_test(loops_and_workers_have_levels),
        e2e_test(calls_of_one_step_have_no_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
