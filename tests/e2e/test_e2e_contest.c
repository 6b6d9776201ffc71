/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_contest.c: select-best against the real weir-mock, which plays writers and a judge: who is
 * asked about what, that results depend on neither order nor interruption, and what becomes of
 * failures.
 */
#include "e2e_run.h"

#include <stdio.h>

/* `%s` are keys of the score, and lines at the end of the mock. The judge takes what it is shown first, but
 * knows the long text when it stands second. */
static const char frame[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: a, q: apples, expected: x}\n"
    "    - {id: b, q: berries, expected: x}\n"
    "    - {id: c, q: cherries, expected: x}\n"
    "    - {id: d, q: dates, expected: x}\n"
    "models:\n"
    "  small: {provider: openai, model: m, price: {input: 1, output: 2}, max_tokens: 60}\n"
    "  judge: {provider: anthropic, model: j, price: {input: 10, output: 20}, max_tokens: 90}\n"
    "defaults: {model: small}\n"
    "variants:\n"
    "  short: {call: {prompt: {user: 'short {{q}}'}}}\n"
    "  long: {call: {prompt: {user: 'long {{q}}'}}}\n"
    "  other: {call: {prompt: {user: 'other {{q}}'}}}\n"
    "trials: 2\n"
    "score:\n"
    "  said: {contains: text}\n"
    "  best: {select-best: 'Which says more about {{q}}?', model: judge%s}\n"
    "retry: {base: 1ms, cap: 2ms}\n"
    "mock:\n"
    "  rules:\n"
    "    second: {when: {model: j, prompt_regex: 'and </[0-9a-f]+>.(?s:.*)LONG "
    "TEXT[^<]*</[0-9a-f]+>$'},\n"
    "      reply: {reason: more, better: second}}\n"
    "    judge: {when: {model: j}, reply: {reason: it came first, better: first}}\n"
    "    long: {when: {prompt: long}, reply: 'LONG TEXT, a text with much to say'}\n"
    "    short: {when: {prompt: short}, reply: 'a short text'}\n"
    "    other: {reply: 'another text'}\n"
    "%s";

static void write_experiment(struct place *place, const char *keys, const char *mock)
{
    place_write(place, "experiment.yaml", arena_printf(&place->arena, frame, keys, mock));
}

static int64_t judged(const char *db)
{
    return sql_int(db,
                   "SELECT count(*) FROM call WHERE role = 'judge' AND superseded IS NOT 1");
}

/* Protects: every pair is asked both ways round, what a place alone decides is a tie, and the bill is
 * shared alike; the workflow's own figures know nothing of it. */
static void pairs_are_asked_both_ways(void **state)
{
    struct place *place = *state;
    write_experiment(place, ", repeats: 2, weight: 0", "");
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    assert_int_equal(judged(ran.db), 4 * 2 * 3 * 2 * 2);
    /* long wins both its pairs; the judge takes the first of the others */
    assert_text(
        sql_text(place, ran.db,
                 "SELECT group_concat(v) FROM (SELECT DISTINCT c.variant || ':' || "
                 "s.value || ':' || s.agreement v FROM score s JOIN cell c USING (cell) "
                 "WHERE s.name = 'best' ORDER BY 1)"),
        "0:0.25:0.666666666666667,1:1.0:1.0,2:0.25:0.666666666666667");
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM score WHERE name = 'best' AND "
                                     "calls = 4 AND cost_nanousd > 0"),
                     24);
    assert_int_equal(sql_int(ran.db, "SELECT sum(calls) FROM cell"), 24);
    assert_text(sql_text(place, ran.db,
                         "SELECT s.reason FROM score s JOIN cell c USING (cell) WHERE name = "
                         "'best' AND variant = 0 AND sample = 0 LIMIT 1"),
                "loses to long (more); ties other (the verdicts differ)");
    assert_int_equal(sql_int(ran.db, "SELECT count(DISTINCT path) FROM call WHERE path LIKE "
                                     "'score:best[_].%%'"),
                     6);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM verdict WHERE repeat IS NOT NULL"),
                     judged(ran.db));
    /* what people would have to see is there */
    assert_text(
        sql_text(place, ran.db,
                 "SELECT q.bytes || '|' || a.bytes FROM score s JOIN cell c USING (cell) "
                 "JOIN body q ON q.body = s.question JOIN body a ON a.body = s.answer "
                 "WHERE s.name = 'best' AND variant = 0 AND sample = 1 LIMIT 1"),
        "Which says more about berries?|a short text");
}

/* Protects rule 4: neither how many cells are open nor when they start decides anything. */
static void concurrency_changes_nothing(void **state)
{
    struct place *place = *state;
    write_experiment(place, "", "");
    struct ran ran = run_good(place, "--mock", "-j", "1", NULL);
    str results = results_of(report_text(place, ran.db));
    static const char *const how[][2] = {{"-j", "2"}, {"-j", "32"}, {"--rate", "400"}};
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        ran = run_good(place, "--mock", how[i][0], how[i][1], NULL);
        check_identities(ran.db);
        assert_same_text(results_of(report_text(place, ran.db)), results);
    }
}

/* Protects rule 6: a run that stopped in the middle asks nothing twice, whatever was under way, and ends as
 * if it had never stopped. */
static void a_resume_asks_nothing_twice(void **state)
{
    struct place *place = *state;
    write_experiment(place, ", repeats: 2", "");
    struct ran whole = run_good(place, "--mock", "-j", "3", NULL);
    str results = results_of(report_text(place, whole.db));
    int64_t calls = sql_int(whole.db, "SELECT count(*) FROM call");
    static const char *const stops[] = {"4", "40", "77"};
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        struct ran ran =
            run_quiet(place, "--mock", "-j", i % 2 ? "1" : "3", "--max-calls", stops[i], NULL);
        assert_code(ran.ended, 3);
        check_identities(ran.db);
        assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell") % 3, 0);
        struct ended ended = weir(place, "run", "--resume", ran.db, "--mock", "--quiet", NULL);
        assert_code(ended, 0);
        check_identities(ran.db);
        assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), calls);
        assert_same_text(results_of(report_text(place, ran.db)), results);
    }
}

/* Protects: the cells of a sample and trial have results together or not at all, wherever a run is killed. */
static void a_kill_leaves_whole_trials(void **state)
{
    struct place *place = *state;
    write_experiment(place, "", "  scale: 1\n");
    place_replace(place, "experiment.yaml", "mock:\n",
                  "mock:\n  models: {j: {first_token: 300ms}}\n");
    struct child child = weir_start(place, "run", "--mock", "-j", "2", "--quiet", NULL);
    wait_until(run_has_rows(place, "cell", 6));
    child_signal(&child, 9);
    child_wait(&child);
    place_replace(place, "experiment.yaml", "first_token: 300ms", "first_token: 1ms");
    const char *db = only_run(place, ".");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell") % 3, 0);
    struct ended ended = weir(place, "run", "--resume", db, "--mock", "--quiet", NULL);
    assert_code(ended, 0);
    check_identities(db);
    assert_int_equal(judged(db), 4 * 2 * 3 * 2);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), 24);
}

static void interrupt(struct place *place, int times)
{
    write_experiment(place, "", "");
    const char *slow = times > 1 ? "first_token: 20s" : "first_token: 300ms";
    place_replace(place, "experiment.yaml", "mock:\n",
                  arena_printf(&place->arena, "mock:\n  models: {j: {%s}}\n", slow).p);
    struct child child = weir_start(place, "run", "--mock", "-j", "2", "--quiet", NULL);
    wait_until(run_has_rows(place, "call", 4));
    child_signal(&child, 2);
    wait_until(str_find(child_err(&child), STR("press Ctrl-C again"), 0) >= 0);
    if (times > 1)
        child_signal(&child, 2);
    assert_code(child_wait(&child), times > 1 ? 130 : 3);
    place_replace(place, "experiment.yaml", slow, "first_token: 1ms");
    const char *db = only_run(place, ".");
    check_identities(db);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell") % 3, 0);
    assert_code(weir(place, "run", "--resume", db, "--mock", "--quiet", NULL), 0);
    check_identities(db);
    str results = results_of(report_text(place, db));
    struct ran whole = run_good(place, "--mock", NULL);
    assert_same_text(results, results_of(report_text(place, whole.db)));
}

/* Protects: an interrupt sends away who waits for cells that will not be opened, and the run can be
 * resumed. */
static void an_interrupt_ends_meetings(void **state)
{
    interrupt(*state, 1);
}

/* Protects: the second one sends away who waits for judges too. */
static void a_second_interrupt_ends_contests(void **state)
{
    interrupt(*state, 2);
}

/* Protects: a cell that failed loses to those that did not and nobody is asked about it; the same text twice
 * is a tie, and nobody is asked either. */
static void some_pairs_need_no_judge(void **state)
{
    struct place *place = *state;
    write_experiment(place, "", "  faults: [{status: 400, when: {prompt: long}}]\n");
    place_replace(place, "experiment.yaml", "'another text'", "'a short text'");
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    assert_int_equal(judged(ran.db), 0);
    assert_text(sql_text(place, ran.db,
                         "SELECT group_concat(v) FROM (SELECT DISTINCT c.variant || ':' || "
                         "s.value v FROM score s JOIN cell c USING (cell) "
                         "WHERE s.name = 'best' ORDER BY 1)"),
                "0:0.75,1:0.0,2:0.75");
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM verdict WHERE repeat IS NULL"), 32);
}

/* Protects: a judge that fails leaves both of a pair without a value, never with 0; the third has its
 * own pairs to lose. Asked again, it is asked about that alone. */
static void a_failing_judge_scores_nothing(void **state)
{
    struct place *place = *state;
    write_experiment(place, "",
                     "  faults: [{status: 400, when: {model: j, prompt_regex: 'short "
                     "text[^~]*another'}}]\n");
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE status = 'unscored' AND "
                                     "reason = 'grader' AND variant IN (0, 2)"),
                     16);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM score WHERE name = 'best' AND "
                                     "ungraded AND value IS NULL AND reason LIKE "
                                     "'model ''judge'' failed: request: %%'"),
                     16);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM score WHERE name = 'best' AND "
                                     "value = 1"),
                     8);
    int64_t before = sql_int(ran.db, "SELECT count(*) FROM call");
    place_replace(place, "experiment.yaml", "status: 400", "status: 400, attempts: [9]");
    struct ended ended =
        weir(place, "run", "--resume", ran.db, "--retry-errors", "--mock", "--quiet", NULL);
    assert_code(ended, 0);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), before + 8);
    write_experiment(place, "", "");
    struct ran good = run_good(place, "--mock", NULL);
    assert_same_text(results_of(report_text(place, ran.db)),
                     results_of(report_text(place, good.db)));
}

/* Protects: after an edit only what it touches is paid for again: the pairs of the variant that
 * changed. */
static void an_edited_variant_meets_the_others_again(void **state)
{
    struct place *place = *state;
    write_experiment(place, "", "");
    struct ran ran = run_good(place, "--mock", NULL);
    int64_t before = sql_int(ran.db, "SELECT count(*) FROM call");
    place_replace(place, "experiment.yaml", "'short {{q}}'", "'short {{q}}!'");
    place_replace(place, "experiment.yaml", "'a short text'", "'a very short text'");
    struct ended ended = weir(place, "run", "--resume", ran.db, "--keep", "long,other",
                              "--mock", "--quiet", NULL);
    assert_code(ended, 0);
    check_identities(ran.db);
    /* 8 cells, and of 2 pairs in 8 trials both orders */
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), before + 8 + 32);
    struct ran fresh = run_good(place, "--mock", NULL);
    assert_same_text(results_of(report_text(place, ran.db)),
                     results_of(report_text(place, fresh.db)));
}

/* Protects weir score: a contest on stored answers is that of a new run, byte for byte; scored again it
 * asks nobody. */
static void stored_answers_can_be_compared(void **state)
{
    struct place *place = *state;
    write_experiment(place, "", "");
    str with = place_read(place, "experiment.yaml");
    struct ran fresh = run_good(place, "--mock", NULL);
    place_replace(place, "experiment.yaml",
                  "  best: {select-best: 'Which says more about {{q}}?', model: judge}\n", "");
    struct ran ran = run_good(place, "--mock", NULL);
    place_write(place, "experiment.yaml", with);
    struct ended ended = weir(place, "score", ran.db, NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "best: would ask models, in up to about 48 calls");
    ended = weir(place, "score", ran.db, "--yes", NULL);
    assert_code(ended, 0);
    assert_contains(ended.err, "24 cells scored again, 48 calls;");
    const char *db = arena_str(&place->arena, str_trim(ended.out)).p;
    check_identities(db);
    assert_same_text(results_of(report_text(place, db)),
                     results_of(report_text(place, fresh.db)));
    ended = weir(place, "score", db, NULL);
    assert_code(ended, 0);
    assert_contains(ended.err, "24 cells scored again, 0 calls;");
}

static const char relative[] = "among the others of its own run";

/* Protects: where two runs are compared, that a contest's score is relative is said, of runs and of a
 * baseline file; two variants of one run were before one judge. */
static void two_runs_were_before_no_judge(void **state)
{
    struct place *place = *state;
    write_experiment(place, ", weight: 0", "");
    const char *one = run_good(place, "--mock", NULL).db;
    const char *two = run_good(place, "--mock", "--seed", "2", NULL).db;
    assert_code(weir(place, "baseline", "save", one, "one.json", NULL), 0);
    assert_contains(weir(place, "compare", one, two, "--json", NULL).out, relative);
    assert_contains(weir(place, "compare", "one.json", two, "--json", NULL).out, relative);
    assert_contains(weir(place, "compare", two, "one.json", "--json", NULL).out, relative);
    assert_lacks(weir(place, "compare", arena_printf(&place->arena, "%s:long", one).p,
                      arena_printf(&place->arena, "%s:short", one).p, "--json", NULL)
                     .out,
                 relative);
    assert_lacks(weir(place, "report", one, "--json", NULL).out, relative);
}

/* Protects people from contests that cannot be. */
static void mistakes_are_told(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *from, *to, *words;
    } row[] = {
        {"about {{q}}?", "than {{output}}?", "'output' is another one in each variant"},
        {", model: judge", ", model: judge, step: .", "compares what variants put out"},
        {", model: judge", "", "asks a model and names none; expected model: the judge"},
        {"  long: {call: {prompt: {user: 'long {{q}}'}}}\n"
         "  other: {call: {prompt: {user: 'other {{q}}'}}}\n",
         "", "compares variants; expected at least two"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        write_experiment(place, "", "");
        place_replace(place, "experiment.yaml", row[i].from, row[i].to);
        struct ended ended = weir(place, "check", NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, row[i].words);
    }
    write_experiment(place, ", repeats: 3", "");
    assert_contains(weir(place, "check", NULL).out, "6 a cell, 144 in all, by model 'judge'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(pairs_are_asked_both_ways),
        e2e_test(concurrency_changes_nothing),
        e2e_test(a_resume_asks_nothing_twice),
        e2e_test(a_kill_leaves_whole_trials),
        e2e_test(an_interrupt_ends_meetings),
        e2e_test(a_second_interrupt_ends_contests),
        e2e_test(some_pairs_need_no_judge),
        e2e_test(a_failing_judge_scores_nothing),
        e2e_test(an_edited_variant_meets_the_others_again),
        e2e_test(stored_answers_can_be_compared),
        e2e_test(two_runs_were_before_no_judge),
        e2e_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
