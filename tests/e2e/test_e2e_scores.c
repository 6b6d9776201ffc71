/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_scores.c: scores that ask models, against the real weir-mock: likeness by embeddings,
 * and the account of what was asked, which is no part of the workflow's.
 */
#include "test_e2e_scores.h"

static const json *role_of(const json *variant, const char *name)
{
    const json *roles = json_get(variant, STR("roles"));
    for (const json *role = json_first(roles); role; role = json_next(role))
        if (str_equal(json_text(json_get(role, STR("role"))), str_from(name)))
            return role;
    fail_msg("no role %s", name);
    return NULL;
}

static const char faulty[] = "  faults: [{status: 503, share: 0.1, when: {model: j}},"
                             " {reset: body, share: 0.05, when: {model: j}}]\n";

/* Protects likeness in every family of providers that makes vectors: near texts pass, others do
 * not, each cell asks once for both texts, and where nothing is expected nobody is asked. */
static void likeness_by_every_provider(void **state)
{
    struct place *place = *state;
    static const char *const providers[] = {
        "{api: openai-embeddings, base_url: 'http://x/v1'}",
        "{api: openai-chat, base_url: 'http://x/v1'}",
        "{api: openai-responses, base_url: 'http://x/v1'}",
        "{api: gemini, base_url: 'http://x'}",
    };
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
        write_experiment(
            place, "  embed: {provider: vectors, model: e, price: {input: 1, output: 0}}\n",
            likeness, "");
        place_replace(
            place, "experiment.yaml", "models:\n",
            arena_printf(&place->arena, "providers: {vectors: %s}\nmodels:\n", providers[i]).p);
        struct ran ran = run_good(place, "--mock", NULL);
        check_identities(ran.db);
        assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call WHERE role = 'judge'"), 4);
        assert_int_equal(sql_int(ran.db,
                                 "SELECT count(*) FROM call WHERE path = 'score:like[0]'"
                                 " AND repeat = 0 AND outcome = 'ok'"),
                         4);
        assert_int_equal(sql_int(ran.db, "SELECT sum(correct) FROM cell_named WHERE "
                                         "sample_id = 'paris'"),
                         2);
        assert_int_equal(sql_int(ran.db, "SELECT sum(correct) FROM cell_named WHERE "
                                         "sample_id = 'lima'"),
                         0);
        assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell_named WHERE sample_id = "
                                         "'none' AND reason = 'nothing-expected'"),
                         2);
    }
}

/* Protects users: a model that makes no vectors is refused at its place before a call. */
static void no_vectors_are_refused(void **state)
{
    struct place *place = *state;
    write_experiment(place, "  embed: {provider: anthropic, model: x}\n", likeness, "");
    struct ended ended = weir(place, "check", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "cannot make vectors");
}

/* Protects the accounts: what judges cost, and how long they take, is in no figure of the
 * workflow; steps, routers and judges are told apart. */
static void judges_have_their_own_account(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, opinion, "");
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    const json *report = report_json(place, ran.db);
    const json *once = variant_of(report, "results", "once");
    const json *routed = variant_of(report, "results", "routed");
    assert_true(figure(once, "calls") == 3 && figure(routed, "calls") == 6);
    assert_true(figure(role_of(once, "judge"), "calls") == 9);
    assert_true(figure(role_of(once, "router"), "calls") == 0);
    assert_true(figure(role_of(routed, "step"), "calls") == 3);
    assert_true(figure(role_of(routed, "router"), "calls") == 3);
    double parts = figure(role_of(routed, "step"), "cost_usd") +
                   figure(role_of(routed, "router"), "cost_usd");
    assert_true(parts > 0.999999 * figure(routed, "cost_usd") &&
                parts < 1.000001 * figure(routed, "cost_usd"));
    assert_true(figure(role_of(routed, "judge"), "cost_usd") > 10 * parts);
    /* as SQL would ask */
    assert_int_equal(sql_int(ran.db, "SELECT sum(cost_nanousd) FROM call WHERE role = 'judge'"),
                     sql_int(ran.db, "SELECT sum(cost_nanousd) FROM score"));
    assert_int_equal(
        sql_int(ran.db, "SELECT sum(cost_nanousd) FROM call WHERE role <> 'judge'"),
        sql_int(ran.db, "SELECT sum(cost_nanousd) FROM cell"));
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM step WHERE path LIKE 'score:%%'"),
                     0);
    str text = weir(place, "report", ran.db, NULL).out;
    assert_contains(text, "Cost by role");
    assert_contains(text, "9 calls and cost");
    assert_contains(text, "clear rests on a judge that was not validated");
    assert_contains(weir(place, "report", ran.db, "--md", "-", NULL).out, "router");
    assert_contains(weir(place, "report", ran.db, "--csv", "-", NULL).out, "judge_cost_usd");
}

/* Protects latency: a judge that takes a while makes no cell slower. */
static void judges_take_no_latency(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, opinion, "  models: {j: {first_token: 1s}}\n");
    struct ran ran = run_good(place, "--mock", NULL);
    assert_true(sql_int(ran.db, "SELECT min(work_ns) FROM score WHERE calls = 3") >=
                3000000000);
    assert_true(sql_int(ran.db, "SELECT max(latency_ns) FROM cell") < 1000000000);
    assert_true(sql_int(ran.db, "SELECT max(total_work_ns) FROM cell") < 1000000000);
}

/* Protects traces: a cell's judge is there with its calls, tries, and what they cost. */
static void show_prints_the_judge(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, opinion, "");
    struct ran ran = run_good(place, "--mock", NULL);
    str text = weir(place, "show", ran.db, "once/paris/1", "--texts", NULL).out;
    assert_contains(text, "score:clear[0] #0  judge");
    assert_contains(text, "score:clear[2] #0  judge");
    assert_contains(text, "asked a model: 3 calls");
    assert_contains(text, "agreement 100 %");
    assert_contains(text, "Is it clear about capital of France?");
}

/* Protects rules 4 and 8 with judges that fail one time in ten: the same results at any
 * concurrency, retries of the judge's alone, identities that hold. */
static void the_same_at_any_concurrency(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, opinion, faulty);
    place_replace(place, "experiment.yaml", "score:\n",
                  "score:\n  like: {similar: '{{expected}}', model: embed, weight: 0}\n");
    place_replace(place, "experiment.yaml", "retry: {", "trials: 8\nretry: {retries: 1, ");
    struct ran one = run_good(place, "--mock", "-j", "1", NULL);
    struct ran many = run_good(place, "--mock", "-j", "64", NULL);
    check_identities(one.db);
    check_identities(many.db);
    assert_same_text(results_of(report_text(place, one.db)),
                     results_of(report_text(place, many.db)));
    int64_t retries = sql_int(one.db, "SELECT sum(attempts - sent) FROM score");
    assert_true(retries > 3);
    assert_int_equal(sql_int(one.db, "SELECT sum(retries) FROM cell"), 0);
    assert_int_equal(sql_int(one.db, "SELECT sum(attempts) - count(*) FROM call "
                                     "WHERE role = 'judge'"),
                     retries);
}

/* Protects budgets: the run's counts judges, since it pays them; a cell's own does not, since they
 * are no part of its work. */
static void budgets_of_the_run_count_judges(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, opinion,
                     "budget: {cell: {calls: 2}}\nlimits: {calls: 2}\n");
    struct ran ran = run_good(place, "--mock", NULL);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE status = 'ok'"), 6);

    write_experiment(place, embedders, opinion, "");
    ran = run_quiet(place, "--mock", "--max-calls", "10", "-j", "1", NULL);
    assert_code(ran.ended, 3);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM call"), 10);
    assert_true(sql_int(ran.db, "SELECT count(*) FROM cell") < 6);
    assert_int_equal(sql_int(ran.db, "SELECT count(*) FROM cell WHERE status <> 'ok'"), 0);
}

/* Protects scores of steps: every instance is asked about on its own, under its own path. */
static void steps_are_asked_about_one_by_one(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, "", "");
    place_replace(place, "experiment.yaml", "score:\n",
                  "  many: {chain: {parts: {map: {over: [a, b], each: {call: {prompt: {user: "
                  "'{{item}} of France'}}}}}}}\n"
                  "score:\n"
                  "  each: {step: 'parts[*]', llm-rubric: 'Of {{item}}?', model: judge, "
                  "repeats: 2}\n");
    struct ran ran = run_good(place, "--mock", "-n", "1", NULL);
    check_identities(ran.db);
    assert_int_equal(sql_int(ran.db, "SELECT count(DISTINCT path) FROM call WHERE path IN "
                                     "('score:each[0].parts[0]', 'score:each[1].parts[0]', "
                                     "'score:each[0].parts[1]', 'score:each[1].parts[1]')"),
                     4);
    assert_int_equal(sql_int(ran.db, "SELECT calls FROM score WHERE value = 0.8"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(likeness_by_every_provider),      e2e_test(no_vectors_are_refused),
        e2e_test(judges_have_their_own_account),   e2e_test(judges_take_no_latency),
        e2e_test(show_prints_the_judge),           e2e_test(the_same_at_any_concurrency),
        e2e_test(budgets_of_the_run_count_judges), e2e_test(steps_are_asked_about_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
