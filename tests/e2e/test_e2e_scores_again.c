/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_scores_again.c: what scores asked models, after an interruption: a resume finds their
 * calls again and pays for none twice; --retry-errors asks those that gave no answer once more.
 */
#include "e2e_run.h"

#include <stdio.h>
#include <signal.h>

static const char experiment[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: a, q: Paris, expected: Paris is large}\n"
    "    - {id: b, q: Lima, expected: Lima is large}\n"
    "    - {id: c, q: Rome, expected: Rome is old}\n"
    "    - {id: d, q: Oslo, expected: Oslo is north}\n"
    "models:\n"
    "  small: {provider: openai, model: m, price: {input: 1, output: 2}, max_tokens: 60}\n"
    "  embed: {provider: openai, model: text-embedding-3-small, price: {input: 1, output: 0}}\n"
    "  judge: {provider: gemini, model: j, price: {input: 10, output: 20}, max_tokens: 60}\n"
    "defaults: {model: small}\n"
    "variants:\n"
    "  once: {call: {prompt: {user: 'About {{q}}'}}}\n"
    "  twice: {chain: {a: {call: {prompt: {user: 'Draft {{q}}'}}}, b: {call: {prompt: {user: "
    "'More "
    "of {{a}}'}}}}}\n"
    "score:\n"
    "  like: {similar: '{{expected}}', model: embed, threshold: 0.2}\n"
    "  clear: {llm-rubric: 'Is it about {{q}}?', model: judge, repeats: 3}\n"
    "retry: {retries: 1, base: 1ms, cap: 2ms}\n"
    "trials: 2\n"
    "mock: mock.yaml\n";

static const char mock[] =
    "models: {'*': {first_token: {exponential: {mean: 5ms}}}}\n"
    "rules:\n"
    "  low: {when: {schema: verdict, prompt: of said}, reply: {reason: no, score: 0.2}}\n"
    "  judge: {when: {schema: verdict}, reply: {reason: it says so, score: 0.8}}\n"
    "  other: {reply: 'said {{request.prompt}}'}\n";

static void write_all(struct place *place)
{
    place_write_text(place, "experiment.yaml", experiment);
    place_write_text(place, "mock.yaml", mock);
}

static str whole(struct place *place, int64_t *calls)
{
    struct ran ran = run_good(place, "--mock", NULL);
    *calls = sql_int(ran.db, "SELECT count(*) FROM call");
    return results_of(report_text(place, ran.db));
}

/* Protects rules 4 and 6: a run that is short of calls time and again, in the middle of workflows
 * and of their scores, ends with the results of one that never was, and with as many calls. */
static void a_run_short_of_calls_goes_on(void **state)
{
    struct place *place = *state;
    write_all(place);
    int64_t calls = 0;
    str should = whole(place, &calls);
    assert_int_equal(calls, 8 * 5 + 8 * 6);
    struct ran ran = run_quiet(place, "--mock", "--max-calls", "19", "-j", "3", NULL);
    assert_code(ran.ended, 3);
    for (int most = 38; most < calls; most += 19) {
        check_identities(ran.db);
        assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), most - 19);
        const char *number = arena_printf(&place->arena, "%d", most).p;
        struct ended ended = weir(place, "run", "--resume", ran.db, "--mock", "--max-calls",
                                  number, "-j", most % 2 ? "1" : "8", "--quiet", NULL);
        assert_code(ended, 3);
    }
    assert_code(weir(place, "run", "--resume", ran.db, "--mock", "--max-calls", "1000",
                     "--quiet", NULL),
                0);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), calls);
    assert_same_text(results_of(report_text(place, ran.db)), should);
}

/* Protects the same where the program is killed while judges are asked. */
static void a_killed_run_goes_on(void **state)
{
    struct place *place = *state;
    write_all(place);
    place_replace(place, "mock.yaml", "mean: 5ms", "mean: 100ms");
    struct child child =
        weir_start(place, "run", "--mock", "-j", "4", "--quiet", "experiment.yaml", NULL);
    wait_until(run_has_rows(place, "call", 1));
    const char *db = only_run(place, ".");
    wait_until(sql_int(db, "SELECT count(*) FROM call WHERE role = 'judge'") > 0);
    place_replace(place, "mock.yaml", "mean: 100ms", "mean: 5ms");
    child_signal(&child, SIGKILL);
    child_wait(&child);
    struct ended ended = weir(place, "run", "--resume", "--mock", "--quiet", NULL);
    assert_code(ended, 0);
    check_identities(db);
    int64_t calls = 0;
    str is = results_of(report_text(place, db));
    assert_same_text(is, whole(place, &calls));
    assert_int_equal(sql_int(db, "SELECT count(*) FROM call WHERE superseded IS NOT 1"), calls);
}

/* Protects the bill when a judge was down: --retry-errors asks the judge again, and nobody else. */
static void only_the_judge_is_asked_again(void **state)
{
    struct place *place = *state;
    write_all(place);
    int64_t calls = 0;
    str should = whole(place, &calls);
    place_write(
        place, "down.yaml",
        arena_printf(&place->arena, "%sfaults: [{status: 503, when: {model: j}}]\n", mock));
    struct mock_server down = mock_start(place, "down.yaml");
    struct ran ran = run_good(place, "--mock-url", down.url.p, NULL);
    mock_stop(&down);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE reason = 'grader'"), 16);
    assert_int_equal(sql_int(ran.db, "SELECT sum(ungraded) FROM score"), 16);
    assert_code(
        weir(place, "run", "--resume", ran.db, "--retry-errors", "--mock", "--quiet", NULL), 0);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call WHERE superseded = 1 AND "
                                     "path NOT LIKE 'score:clear%%'"),
                     0);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call WHERE superseded IS NOT 1"),
                     calls);
    assert_same_text(results_of(report_text(place, ran.db)), should);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(a_run_short_of_calls_goes_on),
        e2e_test(a_killed_run_goes_on),
        e2e_test(only_the_judge_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
