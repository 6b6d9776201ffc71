/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_wall.c: the wall time that `weir check` says after a short run, held against that of a longer one.
 *
 * Only ratios are asserted, and wide ones: on a busy machine a run takes longer than its calls. And where it was
 * busier during one of the runs its calls took longer, which no estimate can know: that is taken out.
 */
#include "e2e_run.h"

static const json *checked(struct place *place, const char *name, const char *cells_at_once)
{
    struct ended ended = weir(place, "check", name, "--json", "--trials", "1", "-n", "16", "-j",
                              cells_at_once, NULL);
    assert_code(ended, 0);
    return json_parse(&place->arena, ended.out, NULL);
}

static double wall_of(const json *checked, const char *which)
{
    const json *wall = json_get(checked, STR("wall_seconds"));
    assert_false(json_is(wall, JSON_NULL));
    return json_number(json_get(wall, str_from(which)));
}

static double mean_call_ns(const char *db)
{
    return (double)sql_int(db, "SELECT avg(latency_ns) FROM call");
}

static void compare(struct place *place, const char *name, const char *cells_at_once,
                    const char *earlier)
{
    const json *before = checked(place, name, cells_at_once);
    struct ran ran = run_quiet(place, name, "--mock", "--trials", "1", "-n", "16", "-j",
                               cells_at_once, NULL);
    assert_true(ran.ended.code == 0 || ran.ended.code == 100);
    double took = figure(report_json(place, ran.db), "timing.wall_s");
    double slower = mean_call_ns(ran.db) / mean_call_ns(earlier);
    double low = slower * wall_of(before, "low"),
           expected = slower * wall_of(before, "expected"),
           worst = slower * wall_of(before, "worst");
    assert_true(0 < low && low <= expected && expected <= worst);
    if (low > took || expected > 3 * took || expected < took / 5 || worst < took / 4)
        fail_msg("%s -j %s: %g s; %g was expected, from %g to %g, of calls %g times as long",
                 name, cells_at_once, took, expected, low, worst, slower);
}

static void look_at(struct place *place, const char *name)
{
    place_copy_fixture(place, name);
    place_replace(place, arena_printf(&place->arena, "%s/mock.yaml", name).p, "scale: 0.25",
                  "scale: 0.12");
    assert_true(json_is(json_get(checked(place, name, "4"), STR("wall_seconds")), JSON_NULL));
    struct ran ran = run_quiet(place, name, "--mock", "--trials", "1", "-n", "4", NULL);
    assert_true(ran.ended.code == 0 || ran.ended.code == 100);
    assert_true(wall_of(checked(place, name, "1"), "expected") >
                3 * wall_of(checked(place, name, "8"), "expected"));
    compare(place, name, "8", ran.db);
}

/* Protects the estimate of one call against chains with calls side by side. */
static void of_small_steps(void **state)
{
    look_at(*state, "faq");
}

/* Protects that of loops, whose rounds are not known before. */
static void of_a_loop(void **state)
{
    look_at(*state, "refine");
}

/* Protects a budget of time: what is expected of calls counts, not rates alone. */
static void a_budget_of_time_is_compared(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml",
                     "dataset: {samples: [{id: a, q: one}, {id: b, q: two}]}\n"
                     "models: {m: {provider: openai, model: m}}\n"
                     "defaults: {model: m, max_tokens: 50}\n"
                     "variants: {v: {call: {prompt: {user: '{{q}}'}}}}\n"
                     "score: {any: {min-words: 1}}\n"
                     "trials: 30\n"
                     "concurrency: 1\n"
                     "budget: {run: {time: 1s}}\n"
                     "mock: {models: {m: {first_token: 80ms, per_token: 0ms}}}\n");
    assert_lacks(weir(place, "check", NULL).out, "budget.run.time");
    run_good(place, "--mock", "--trials", "1", NULL);
    struct ended ended = weir(place, "check", NULL);
    assert_contains(ended.out, "so the run will probably end early");
    assert_contains(ended.out, "most by concurrency 1 of cells");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(of_small_steps),
        e2e_test(of_a_loop),
        e2e_test(a_budget_of_time_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
