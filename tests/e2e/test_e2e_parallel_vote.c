/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_parallel_vote.c: parallel and vote against the real mock: calls by the formulas, the
 * same results at any concurrency, latency of the slowest branch, guards, stragglers, and what
 * voting does to random and to systematic errors.
 */
#include "e2e_run.h"

#include <math.h>
#include <stdio.h>

#include "base/buf.h"

/* ---- parallel ---- */

static const char parallel_experiment[] =
    "dataset: {samples: [{id: bad, text: one}, {id: good, text: two}]}\n"
    "models:\n"
    "  m: {provider: openai, model: quick, price: {input: 1, output: 2}}\n"
    "  slow: {provider: openai, model: slow, price: {input: 1, output: 2}}\n"
    "defaults: {model: m, max_tokens: 20}\n"
    "retry: {retries: 0}\n"
    "nodes:\n"
    "  quick: {call: {prompt: {user: 'A {{text}}'}}}\n"
    "  slow: {call: {model: slow, prompt: {user: 'B {{text}}'}}}\n"
    "  broken: {call: {prompt: {user: 'fail {{text}}'}}}\n"
    "  guard: {call: {prompt: {user: 'guard {{text}}'}}, gate: [{equals: SAFE}]}\n"
    "variants:\n"
    "  plain: {parallel: {branches: {a: {use: quick}, b: {use: slow}, c: {use: quick}}}}\n"
    "  narrow: {extends: plain, set: {parallel.width: 1}}\n"
    "  guarded:\n"
    "    extends: plain\n"
    "    set: {parallel.guard: {use: guard}, parallel.blocked: 'no {{text}}'}\n"
    "  narrow_guarded: {extends: guarded, set: {parallel.width: 1}}\n"
    "  straggler:\n"
    "    parallel:\n"
    "      branches: {a: {use: quick}, b: {use: slow, timeout: 60ms}}\n"
    "      on_error: partial\n"
    "      combine: {value: '{{a}} {{b | json}} {{failed | json}} {{branches | json}}'}\n"
    "  all_failed:\n"
    "    parallel: {branches: {a: {use: broken}, b: {use: broken}}, on_error: partial}\n"
    "  one_failed: {parallel: {branches: {a: {use: quick}, b: {use: broken}}}}\n"
    "  guard_fails:\n"
    "    parallel: {branches: {a: {use: quick}}, guard: {use: broken}, blocked: held}\n"
    "  guard_passes: {extends: guard_fails, set: {parallel.guard_error: pass}}\n"
    "score: {s: {equals: x}}\n"
    "mock: mock.yaml\n";

static const char parallel_mock[] =
    "models: {quick: {first_token: 5ms}, slow: {first_token: 250ms}}\n"
    "rules:\n"
    "  bad: {when: {prompt: guard one}, reply: UNSAFE, first_token: 5ms}\n"
    "  good: {when: {prompt: guard two}, reply: SAFE}\n"
    "  fail: {when: {prompt: fail}, status: 400}\n"
    "  rest: {reply: ok}\n";

static str output_of(struct place *place, const json *report, const char *variant,
                     const char *sample)
{
    const json *cell = cell_of(report, variant, sample, 1);
    return json_to_str(&place->arena, json_get(cell, STR("output")), JSON_COMPACT);
}

static int64_t cell_int(const char *db, const char *column, const char *variant,
                        const char *sample)
{
    return sql_int(db,
                   "SELECT c.%s FROM cell c JOIN variant v USING (variant)"
                   " JOIN sample s USING (sample) WHERE v.name = '%s' AND s.id = '%s'",
                   column, variant, sample);
}

static void write_parallel(struct place *place, const char *slow)
{
    place_write_text(place, "x/experiment.yaml", parallel_experiment);
    place_write_text(place, "x/mock.yaml", parallel_mock);
    place_replace(place, "x/mock.yaml", "slow: {first_token: 250ms}", slow);
}

static const char *run_parallel(struct place *place, const char *j)
{
    write_parallel(place, "slow: {first_token: 250ms}");
    return run_good(place, "x", "--mock", "-j", j, NULL).db;
}

/* Protects language 4.4: values, outcomes and calls of every kind of end, the same at -j 1 and
 * -j 50. */
static void parallel_ends_as_it_should(void **state)
{
    struct place *place = *state;
    const char *db = run_parallel(place, "1");
    str one = report_text(place, db);
    assert_same_text(results_of(report_text(place, run_parallel(place, "50"))),
                     results_of(one));
    check_identities(db);
    const json *report = json_parse(&place->arena, str_trim(one), NULL);

    const char *object = "{\"a\":\"ok\",\"b\":\"ok\",\"c\":\"ok\"}";
    assert_text(output_of(place, report, "plain", "bad"), object);
    assert_text(output_of(place, report, "narrow", "bad"), object);
    assert_text(output_of(place, report, "guarded", "good"), object);
    assert_text(output_of(place, report, "guarded", "bad"), "\"no one\"");
    assert_text(output_of(place, report, "narrow_guarded", "bad"), "\"no one\"");
    assert_text(output_of(place, report, "straggler", "good"),
                "\"ok null [\\\"b\\\"] {\\\"a\\\": \\\"ok\\\"}\"");
    assert_text(output_of(place, report, "guard_fails", "good"), "\"held\"");
    assert_text(output_of(place, report, "guard_passes", "good"), "{\"a\":\"ok\"}");
    static const struct {
        const char *variant, *reason, *path;
        int calls;
    } ends[] = {
        {"plain", "", "", 3},
        {"narrow", "", "", 3},
        {"guarded", "blocked", "", 4},
        {"narrow_guarded", "blocked", "", 4},
        {"straggler", "", "", 2},
        {"all_failed", "request", "a", 2},
        {"one_failed", "request", "b", 2},
        {"guard_fails", "blocked", "", 2},
        {"guard_passes", "", "", 2},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const json *cell = cell_of(report, ends[i].variant, "bad", 1);
        str reason = json_text(json_get(cell, STR("reason")));
        assert_text(reason, ends[i].reason);
        assert_int_equal(cell_int(db, "calls", ends[i].variant, "bad"), ends[i].calls);
        if (ends[i].path[0])
            assert_text(sql_text(place, db,
                                 "SELECT failed_path FROM cell JOIN variant USING (variant)"
                                 " WHERE name = '%s'",
                                 ends[i].variant),
                        ends[i].path);
    }
}

/* Protects show 3: latency is that of the slowest branch, with width 1 the sum; a guard runs
 * beside the branches; a straggler costs its timeout and no more. */
static void latency_is_the_slowest_branch(void **state)
{
    struct place *place = *state;
    write_parallel(place, "slow: {first_token: 1s}");
    const char *db = run_good(place, "x", "--mock", "-j", "20", NULL).db;
    static const char *const variants[] = {"plain", "narrow", "guarded"};
    for (size_t i = 0; i < 3; i++) {
        int64_t latency = cell_int(db, "latency_ns", variants[i], "good");
        int64_t slowest =
            sql_int(db,
                    "SELECT %s(l) FROM (SELECT k.path, sum(k.latency_ns) l FROM call k JOIN "
                    "cell c USING"
                    " (cell) JOIN variant v USING (variant) JOIN sample s USING (sample)"
                    " WHERE v.name = '%s' AND s.id = 'good' GROUP BY k.path)",
                    i == 1 ? "sum" : "max", variants[i]);
        assert_int_equal(latency, slowest);
    }
    int64_t late = cell_int(db, "latency_ns", "straggler", "good");
    assert_true(late < cell_int(db, "latency_ns", "plain", "good"));
}

/* Protects rule 3: a call that the guard cancels is recorded, and counts as lost when it had been
 * sent. */
static void a_guard_may_cancel(void **state)
{
    struct place *place = *state;
    write_parallel(place, "slow: {first_token: 5s}");
    place_replace(place, "x/experiment.yaml", "parallel.blocked: 'no {{text}}'",
                  "parallel.blocked: 'no', parallel.cancel_blocked: true");
    /* it says no when the quick branches have ended */
    place_replace(place, "x/mock.yaml", "UNSAFE, first_token: 5ms", "UNSAFE, first_token: 1s");
    const char *db = run_good(place, "x", "--mock", NULL).db;
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT sum(lost_attempts) FROM cell c JOIN variant v"
                                 " USING (variant) JOIN sample s USING (sample)"
                                 " WHERE v.name = 'guarded' AND s.id = 'bad'"),
                     1);
    assert_true(cell_int(db, "latency_ns", "guarded", "bad") <
                cell_int(db, "latency_ns", "guarded", "good"));
    assert_text(sql_text(place, db,
                         "SELECT outcome FROM call JOIN cell USING (cell) JOIN variant v USING"
                         " (variant) WHERE v.name = 'guarded' AND path = 'b' ORDER BY sample"),
                "cancelled");
}

static const char budget_experiment[] =
    "dataset: {samples: [{id: s, text: one}]}\n"
    "models: {m: {provider: openai, model: q}}\n"
    "defaults: {model: m, max_tokens: 20}\n"
    "nodes:\n"
    "  ask: {call: {prompt: {user: 'A {{text}}'}}}\n"
    "  no: {call: {prompt: {user: guard}}, gate: [{equals: SAFE}]}\n"
    "variants:\n"
    "  won: {vote: {voters: 5, width: 1, each: {use: ask}}, budget: {calls: 3}}\n"
    "  open: {vote: {voters: 5, width: 1, each: {use: ask}}, budget: {calls: 2}}\n"
    "  some:\n"
    "    parallel: {branches: {a: {use: ask}, b: {use: ask}}, width: 1, on_error: partial}\n"
    "    budget: {calls: 1}\n"
    "  all: {extends: some, set: {parallel.on_error: fail}}\n"
    "  held:\n"
    "    parallel:\n"
    "      branches: {a: {chain: {x: {use: ask}, y: {use: ask}}}}\n"
    "      guard: {use: 'no'}\n"
    "      blocked: held\n"
    "      on_error: partial\n"
    "    budget: {calls: 2}\n"
    "score: {s: {equals: x}}\n"
    "mock: {rules: {r: {reply: ok}}}\n";

/* Protects language 4.0: what each has when a budget ends; a guard that said no is obeyed then
 * too. */
static void budgets_leave_the_best(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", budget_experiment);
    const char *db = run_good(place, "experiment.yaml", "--mock", NULL).db;
    const json *report = report_json(place, db);
    static const char *const ends[][3] = {
        {"won", "cut_short", "\"ok\""},          {"open", "budget", "null"},
        {"some", "cut_short", "{\"a\":\"ok\"}"}, {"all", "budget", "null"},
        {"held", "cut_short", "\"held\""},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const json *cell = cell_of(report, ends[i][0], "s", 1);
        assert_text(json_text(json_get(cell, STR("reason"))), ends[i][1]);
        assert_text(output_of(place, report, ends[i][0], "s"), ends[i][2]);
    }
}

/* ---- vote ---- */

static const char vote_experiment[] =
    "dataset: rows.jsonl\n"
    "models: {m: {provider: openai, model: random}, s: {provider: openai, model: systematic}}\n"
    "defaults: {model: m, max_tokens: 5}\n"
    "nodes: {ask: {call: {prompt: {user: 'Which? {{text}}'}}}}\n"
    "variants:\n"
    "  once: {use: ask}\n"
    "  vote:\n"
    "    vote: {voters: 3, each: {use: ask}, labels: [GOOD, BAD]}\n"
    "    matrix: {vote.voters: [3, 4, 5], early: {no: {}, yes: {vote.stop_early: true}}}\n"
    "  once_s: {extends: once, defaults: {model: s}}\n"
    "  vote_s: {vote: {voters: 5, each: {use: ask}}, defaults: {model: s}}\n"
    "  varied:\n"
    "    vote: {voters: 4, each: {use: ask}, vary: [{use.call.model: m},"
    " {use.call.model: s, use.call.temperature: 0.2}, {use.call.prompt: {user: "
    "'{{text}}?'}}]}\n"
    "score: {s: {equals: '{{expected}}'}}\n"
    "mock: mock.yaml\n";

static const char vote_mock[] =
    "models: {random: {skill: 0.7}, systematic: {skill: 0.7, systematic: 1}}\n"
    "answers: {rows: {file: rows.jsonl, find: [text], right: '{{row.expected}}',"
    " wrong: [{label: {one_of: [GOOD, BAD]}}]}}\n";

enum { ROWS = 150 };

static const char *run_vote(struct place *place, const char *j)
{
    struct buf rows = {0};
    for (int i = 0; i < ROWS; i++)
        buf_printf(&rows, "{\"id\": %d, \"text\": \"item %d.\", \"expected\": \"%s\"}\n", i, i,
                   i % 2 ? "GOOD" : "BAD");
    place_write(place, "x/rows.jsonl", buf_str(&rows));
    buf_release(&rows);
    place_write_text(place, "x/experiment.yaml", vote_experiment);
    place_write_text(place, "x/mock.yaml", vote_mock);
    return run_good(place, "x", "--mock", "-j", j, NULL).db;
}

static double accuracy(const char *db, const char *variant)
{
    return (double)sql_int(db,
                           "SELECT sum(correct) FROM cell JOIN variant USING (variant)"
                           " WHERE name = '%s'",
                           variant) /
           ROWS;
}

static int64_t calls(const char *db, const char *variant)
{
    return sql_int(db,
                   "SELECT sum(calls) FROM cell JOIN variant USING (variant) WHERE name = '%s'",
                   variant);
}

/* P(more than half of `voters` right), each with chance p. */
static double binomial_majority(double p, int voters)
{
    double sum = 0;
    for (int right = voters / 2 + 1; right <= voters; right++)
        sum += exp(lgamma(voters + 1) - lgamma(right + 1) - lgamma(voters - right + 1)) *
               pow(p, right) * pow(1 - p, voters - right);
    return sum;
}

static void assert_near(double is, double should)
{
    double margin = 3.5 * sqrt(should * (1 - should) / ROWS); /* the seed is fixed */
    if (fabs(is - should) > margin)
        fail_msg("%.4f, not within %.4f of %.4f", is, margin, should);
}

/* Protects `vary`: voters take its entries in turn, with their own model, settings and prompt. */
static void check_variations(const char *db)
{
    static const char *const models[] = {"m", "s", "m", "m"};
    for (int i = 0; i < 4; i++)
        assert_int_equal(sql_int(db,
                                 "SELECT count(*) FROM call JOIN cell USING (cell) JOIN variant"
                                 " USING (variant) WHERE name = 'varied' AND path = '[%d]'"
                                 " AND call.model = '%s'",
                                 i, models[i]),
                         ROWS);
    assert_int_equal(calls(db, "varied"), 4 * ROWS);
}

/* Protects show 2: random errors are mended as the binomial says (an even number that is split
 * has no winner), systematic ones not at all; and the same voters are asked at any concurrency. */
static void voting_mends_random_errors_only(void **state)
{
    struct place *place = *state;
    const char *db = run_vote(place, "1"), *many = run_vote(place, "50");
    assert_same_text(results_of(report_text(place, many)), results_of(report_text(place, db)));
    check_identities(db);
    check_variations(db);

    assert_near(accuracy(db, "once"), 0.7);
    print_message("accuracy: once %.3f, of 3 %.3f, of 5 %.3f, systematic %.3f, of 5 %.3f\n",
                  accuracy(db, "once"), accuracy(db, "vote-3-no"), accuracy(db, "vote-5-no"),
                  accuracy(db, "once_s"), accuracy(db, "vote_s"));
    for (int voters = 3; voters <= 5; voters++) {
        char plain[20], early[20];
        snprintf(plain, sizeof plain, "vote-%d-no", voters);
        snprintf(early, sizeof early, "vote-%d-yes", voters);
        assert_near(accuracy(db, plain), binomial_majority(0.7, voters));
        assert_near(accuracy(db, early), binomial_majority(0.7, voters));
        assert_int_equal(calls(db, plain), voters * ROWS);
        assert_true(calls(db, early) < voters * ROWS);
        assert_true(calls(db, early) >= (voters / 2 + 1) * ROWS);
    }
    assert_true(sql_int(db,
                        "SELECT count(*) FROM cell JOIN variant USING (variant)"
                        " JOIN step USING (cell) WHERE name = 'vote-4-no' AND step.path = '.'"
                        " AND note LIKE '%%\"margin\":0,%%' AND correct = 0") > 20);

    /* all voters err alike: nothing is won */
    assert_near(accuracy(db, "vote_s"), 0.7);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM step JOIN cell USING (cell) JOIN variant"
                                 " USING (variant) WHERE name = 'vote_s' AND path = '.'"
                                 " AND note NOT LIKE '%%\"margin\":5,%%'"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(parallel_ends_as_it_should),
        e2e_test(latency_is_the_slowest_branch),
        e2e_test(a_guard_may_cancel),
        e2e_test(budgets_leave_the_best),
        e2e_test(voting_mends_random_errors_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
