/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_nesting.c: any node in any node: values, paths, gates, limits and deadlines through
 * several levels. The mock says back what it is asked, so every value can be traced.
 */
#include "e2e_run.h"

#include <stdio.h>

#define MODELS                                                                                 \
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}}}\n"            \
    "defaults: {model: small, max_tokens: 1000}\n"                                             \
    "retry: {retries: 0}\n"
#define ECHO_RULES "  rules: {all: {reply: '{{request.prompt}}'}}\n"
#define ECHO_MOCK  "mock:\n" ECHO_RULES
#define ONE_PERMIT                                                                             \
    "providers: {openai: {api: openai-chat, base_url: 'https://api.openai.com/v1', key_env:"   \
    " OPENAI_API_KEY, concurrency: 1}}\n"

/* The cells' outcome by variant, in file order: "name status reason calls sent path". */
static const char outcomes[] =
    "SELECT group_concat(variant_name || ' ' || status || ' ' || coalesce(reason, '-') || ' ' "
    "||"
    " calls || ' ' || sent || ' ' || coalesce(failed_path, '-'), char(10))"
    " FROM (SELECT * FROM cell_named ORDER BY variant, sample, trial)";

static str output_of(struct place *place, const char *db, const char *variant)
{
    return sql_text(
        place, db,
        "SELECT bytes FROM cell_named JOIN body ON body = output WHERE variant_name ="
        " '%s'",
        variant);
}

/* Runs the same at -j 50, and at -j 1 with one permit: the results must be the same bytes. The
 * second run's file. */
static const char *run_both_ways(struct place *place)
{
    str before = place_read(place, "experiment.yaml");
    str many = report_text(place, run_good(place, "--mock", "-j", "50", NULL).db);
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, "%s%.*s", ONE_PERMIT, STR_ARG(before)));
    const char *db = run_good(place, "--mock", "-j", "1", NULL).db;
    assert_same_text(results_of(report_text(place, db)), results_of(many));
    check_identities(db);
    return db;
}

/* ---- values and paths ---- */

static const char nested[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: s1, groups: [[a, b], [c], [d]], n: 1.5, flag: true, none: null, expected: "
    "x}\n" MODELS "nodes:\n"
    "  leaf:\n"
    "    chain:\n"
    "      say: {call: {prompt: {user: '{{tag}}:{{item}}'}}}\n"
    "      wrap: {value: {said: '{{say}}', tag: '{{tag}}'}}\n"
    "variants:\n"
    "  deep:\n"
    "    chain:\n"
    "      outer:\n"
    "        map:\n"
    "          over: '{{groups}}'\n"
    "          as: group\n"
    "          each:\n"
    "            chain:\n"
    "              routed:\n"
    "                route:\n"
    "                  by: {keywords: {of: '{{group[0]}}', labels: {A: [a], 'C c': [c]},"
    " otherwise: none}}\n"
    "                  cases:\n"
    "                    A:\n"
    "                      map:\n"
    "                        over: '{{group}}'\n"
    "                        each: {use: leaf, with: {tag: '{{label}}{{index}}'}}\n"
    "                    C c: {use: leaf, with: {item: '{{group[-1]}}', tag: '{{label}}'}}\n"
    "                  fallback: {value: 'no {{classification}}'}\n"
    "              shaped: {value: {routed: '{{routed}}', at: '{{index}}'}}\n"
    "      result:\n"
    "        value: {all: '{{outer}}', second: '{{outer[0].routed[1].said}}', n: '{{n}}',"
    " flag: '{{flag}}', none: '{{none}}', text: 'n={{n}} {{flag}} {{none}}', list: ['{{n}}', "
    "2]}\n"
    "score: {any: {not-equals: ''}}\n" ECHO_MOCK;

/* Protects composition: map in route in chain in map in chain, with shared nodes and `with`; each
 * value arrives with its type, each step under its own path. */
static void values_pass_through_all_levels(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", nested);
    const char *db = run_both_ways(place);
    assert_text(output_of(place, db, "deep"),
                "{\"all\":[{\"routed\":[{\"said\":\"A0:a\",\"tag\":\"A0\"},"
                "{\"said\":\"A1:b\",\"tag\":\"A1\"}],\"at\":0},"
                "{\"routed\":{\"said\":\"C c:c\",\"tag\":\"C c\"},\"at\":1},"
                "{\"routed\":\"no none\",\"at\":2}],"
                "\"second\":\"A1:b\",\"n\":1.5,\"flag\":true,\"none\":null,"
                "\"text\":\"n=1.5 true null\",\"list\":[1.5,2]}");
    assert_text(sql_text(place, db,
                         "SELECT group_concat(path, '  ') FROM (SELECT path FROM call"
                         " ORDER BY path)"),
                "outer[0].routed.A[0].say  outer[0].routed.A[1].say"
                "  outer[1].routed[\"C c\"].say");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step_named WHERE node_path ="
                                 " 'outer[*].routed.A[*].wrap'"),
                     2);
}

/* ---- gates ---- */

static const char gates[] =
    "dataset: {samples: [{id: s1, items: [good, bad, fine, bad], expected: x}]}\n" MODELS
    "nodes:\n"
    "  echo: {call: {prompt: {user: '{{item}}'}}}\n"
    "variants:\n"
    "  at_root: {call: {prompt: {user: hello}}, gate: [{min-words: 1}, {equals: bye}]}\n"
    "  at_step:\n"
    "    chain:\n"
    "      one: {value: 1, gate: [{min: 2}]}\n"
    "      two: {call: {prompt: {user: hello}}}\n"
    "  at_item: {map: {over: '{{items}}', each: {call: {prompt: {user: '{{item}}'}},"
    " gate: [{not-contains: bad}]}}}\n"
    "  at_item_in_turn:\n"
    "    extends: at_item\n"
    "    set: {map.width: 1}\n"
    "  partial:\n"
    "    extends: at_item\n"
    "    set: {map.on_error: partial}\n"
    "  partial_in_turn:\n"
    "    extends: at_item\n"
    "    set: {map.on_error: partial, map.width: 1}\n"
    "  at_use: {map: {over: '{{items}}', each: {use: echo, gate: [{not-contains: bad}]}}}\n"
    "  at_by:\n"
    "    route:\n"
    "      by: {call: {prompt: {user: a}}, gate: [{equals: b}]}\n"
    "      cases: {a: {value: 1}}\n"
    "      fallback: {value: 2}\n"
    "  at_case:\n"
    "    route:\n"
    "      by: {call: {prompt: {user: a}}}\n"
    "      cases: {a: {chain: {x: {value: 1}, y: {value: 2, gate: [{of: '{{x}}', equals: "
    "7}]}}}}\n"
    "  passed: {chain: {x: {value: [1, 2], gate: [{count: 2}, {of: '{{value[0]}}', max: 1}]},"
    " y: {value: '{{x}}', gate: [{min-count: 1}]}}, gate: [{max-count: 2}]}\n"
    "score: {any: {not-equals: ''}}\n" ECHO_MOCK;

/* Protects gates at every level: where they fail and what is called all the same. Children that
 * run at once are all called, those in turn stop at the first failure, unless it may fail. */
static void gates_fail_where_they_stand(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", gates);
    const char *db = run_both_ways(place);
    assert_text(sql_text(place, db, outcomes), "at_root error gate 1 1 .\n"
                                               "at_step error gate 0 0 one\n"
                                               "at_item error gate 4 4 [1]\n"
                                               "at_item_in_turn error gate 2 2 [1]\n"
                                               "partial ok - 4 4 -\n"
                                               "partial_in_turn ok - 4 4 -\n"
                                               "at_use error gate 4 4 [1]\n"
                                               "at_by error gate 1 1 by\n"
                                               "at_case error gate 1 1 a.y\n"
                                               "passed ok - 0 0 -");
    assert_text(output_of(place, db, "partial"), "[\"good\",null,\"fine\",null]");
    assert_text(output_of(place, db, "partial_in_turn"), "[\"good\",null,\"fine\",null]");
    /* the outcome carries what was judged, and why */
    assert_contains(
        sql_text(place, db, "SELECT message FROM cell_named WHERE variant_name = 'at_item'"),
        "not-contains");
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM step_named WHERE variant_name = 'partial'"
                             " AND outcome = 'failed' AND kind = 'gate'"),
                     2);
    assert_int_equal(sql_int(db, "SELECT sum(correct) FROM cell WHERE status = 'error'"), 0);
}

/* ---- limits ---- */

static const char limits[] =
    "dataset: {samples: [{id: s1, items: [a, b, c, d], expected: x}]}\n" MODELS
    "limits: {calls: 7}\n"
    "nodes:\n"
    "  three:\n"
    "    chain:\n"
    "      one: {call: {prompt: {user: '1 {{item}}'}}}\n"
    "      two: {call: {prompt: {user: '2 {{item}}'}}}\n"
    "      three: {call: {prompt: {user: '3 {{item}}'}}}\n"
    "variants:\n"
    "  at_once: {map: {over: '{{items}}', each: {use: three}}}\n"
    "  in_turn: {map: {over: '{{items}}', width: 1, each: {use: three}}}\n"
    "  two_by_two: {map: {over: '{{items}}', width: 2, each: {use: three}}}\n"
    "  rest:\n"
    "    chain:\n"
    "      some: {map: {over: '{{items}}', on_error: partial, each: {use: three}}}\n"
    "      last: {call: {prompt: {user: last}}}\n"
    "  too_much_rest:\n"
    "    chain:\n"
    "      some: {map: {over: '{{items}}', on_error: partial, each: {use: three}}}\n"
    "      last: {call: {prompt: {user: last}}}\n"
    "      more: {call: {prompt: {user: more}}}\n"
    "  enough: {map: {over: ['{{items[0]}}', '{{items[1]}}'], each: {use: three}}}\n"
    "score: {any: {not-equals: ''}}\n"
    "mock:\n"
    "  models: {m: {first_token: {exponential: {mean: 10ms}}}}\n" ECHO_RULES;

/* Protects limits.calls: divided before a fan-out, in index order, so what is called does not
 * depend on who came first: 7 calls for 4 items are 4, 1, 1, 1; what the first did not need comes
 * back when they join. Calls that the limit forbade are calls, but not sent. */
static void a_limit_on_calls_is_divided(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", limits);
    const char *db = run_both_ways(place);
    assert_text(sql_text(place, db, outcomes), "at_once error limit 9 6 [1].two\n"
                                               "in_turn error limit 8 7 [2].two\n"
                                               "two_by_two error limit 9 6 [1].two\n"
                                               "rest ok - 10 7 -\n"
                                               "too_much_rest error limit 11 7 more\n"
                                               "enough ok - 6 6 -");
}

static const char steps[] =
    "dataset: {samples: [{id: s1, items: [a, b, c], expected: x}]}\n" MODELS
    "limits: {steps: 8, depth: 4}\n"
    "variants:\n"
    "  few: {map: {over: '{{items}}', each: {chain: {x: {value: 1}}}}}\n"
    "  many: {map: {over: '{{items}}', each: {chain: {x: {value: 1}, y: {value: 2},"
    " z: {value: 3}}}}}\n"
    "score: {any: {not-equals: ''}}\n" ECHO_MOCK;

/* Protects limits.steps in the same way, and that it is kind `limit` and no crash. */
static void a_limit_on_steps_is_divided(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", steps);
    const char *db = run_both_ways(place);
    assert_text(sql_text(place, db, outcomes), "few ok - 0 0 -\n"
                                               "many error limit 0 0 [0].z");
}

static const char sizes[] =
    "dataset: {samples: [{id: s1, items: [a, b, c], expected: x}]}\n" MODELS
    "limits: {reply: 2KB, value: 300B}\n"
    "variants:\n"
    "  short: {call: {prompt: {user: 'short'}}}\n"
    "  long_reply: {call: {prompt: {user: 'long'}}}\n"
    "  long_value: {chain: {x: {call: {prompt: {user: 'middle'}}}, y: {value: "
    "['{{x}}',"
    " '{{x}}']}}}\n"
    "  many_items: {map: {over: '{{items}}', max_items: 2, each: {call: {prompt: {user:"
    " 'short'}}}}}\n"
    "score: {any: {not-equals: ''}}\n"
    "mock:\n"
    "  rules:\n"
    "    long: {when: {prompt: long}, file: long.txt}\n"
    "    middle: {when: {prompt: middle}, file: middle.txt}\n"
    "    all: {reply: hi}\n";

/* Protects the ceilings on sizes: kind `limit`, for a reply, a step's value and a map's items. */
static void limits_on_sizes(void **state)
{
    struct place *place = *state;
    char text[3001] = {0};
    memset(text, 'x', 3000);
    place_write(place, "long.txt", (str){text, 3000});
    place_write(place, "middle.txt", (str){text, 200});
    place_write_text(place, "experiment.yaml", sizes);
    const char *db = run_both_ways(place);
    assert_text(sql_text(place, db, outcomes), "short ok - 1 1 -\n"
                                               "long_reply error limit 1 1 .\n"
                                               "long_value error limit 1 1 y\n"
                                               "many_items error limit 0 0 .");
}

/* ---- deadlines ---- */

static const char deadlines[] =
    "dataset: {samples: [{id: s1, items: [a, b, c, d, e, f, g, h], expected: x},"
    " {id: s2, items: [a, b, c, d, e, f, g, h], expected: x}]}\n" MODELS "nodes:\n"
    "  say: {call: {prompt: {user: 'say'}}}\n"
    "  ponder: {call: {prompt: {user: 'ponder'}}}\n"
    "variants:\n"
    "  too_long:\n"
    "    chain: {a: {use: ponder}, b: {use: say}, c: {use: ponder}}\n"
    "    timeout: 2s\n"
    "  in_time:\n"
    "    chain: {a: {use: say}, b: {use: say}, c: {use: say}}\n"
    "    timeout: 10s\n"
    "  at_once:\n"
    "    map: {over: '{{items}}', each: {use: say}}\n"
    "    timeout: 1500ms\n"
    "  inner:\n"
    "    map:\n"
    "      over: [50ms, 2s]\n"
    "      on_error: partial\n"
    "      each: {chain: {a: {use: say}, b: {use: say, timeout: 50ms}}}\n"
    "score: {any: {not-equals: ''}}\n"
    "mock:\n"
    "  models: {m: {first_token: 200ms}}\n"
    "  rules: {slow: {when: {prompt: ponder}, first_token: 1200ms, reply: hi}, all: {reply: "
    "hi}}\n";

/* Protects rule 2's clock: calls of 1200, 200 and 1200 ms are over two seconds at any concurrency, though each
 * is below, and eight at once are 200 ms long however long they queue for the only permit: our own waits count
 * against no deadline. */
static void deadlines_run_on_the_clock_of_latency(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", deadlines);
    const char *db = run_both_ways(place);
    assert_text(sql_text(place, db, outcomes), "too_long timeout timeout 3 3 c\n"
                                               "too_long timeout timeout 3 3 c\n"
                                               "in_time ok - 3 3 -\n"
                                               "in_time ok - 3 3 -\n"
                                               "at_once ok - 8 8 -\n"
                                               "at_once ok - 8 8 -\n"
                                               "inner ok - 4 4 -\n"
                                               "inner ok - 4 4 -");
    /* they did queue: eight one after the other, by the wall clock; each waits for all before it, 28
     * times the time of one in all, but for the moments between their beginnings */
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM cell_named WHERE variant_name = 'at_once'"
                             " AND (wall_ns < total_work_ns OR total_work_ns < 1600000000)"),
                     0);
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM cell_named WHERE variant_name = 'at_once'"
                             " AND permit_wait_ns < 20 * (SELECT min(k.latency_ns) FROM"
                             " call k WHERE k.cell = cell_named.cell)"),
                     0);
    /* what was under way at the deadline may have been billed (rule 3) */
    assert_int_equal(sql_int(db,
                             "SELECT count(*) FROM cell_named WHERE variant_name = 'too_long'"
                             " AND lost_attempts = 1 AND cost_upper_nanousd > cost_nanousd"),
                     2);
    assert_text(output_of(place, db, "inner"), "[null,null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(values_pass_through_all_levels),
        e2e_test(gates_fail_where_they_stand),
        e2e_test(a_limit_on_calls_is_divided),
        e2e_test(a_limit_on_steps_is_divided),
        e2e_test(limits_on_sizes),
        e2e_test(deadlines_run_on_the_clock_of_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
