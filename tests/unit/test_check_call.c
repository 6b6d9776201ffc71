/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_check_call.c: checks for scores alone: how the last call ended, what calls cost, how long they
 * took, how many words came.
 */
#include "plan/check.h"

#include "base/clock.h"
#include "plan/bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants those before it */
#include <cmocka.h>

struct bench {
    struct arena arena;
    struct mistakes mistakes;
    const struct check *check;
};

static void bench_open(struct bench *bench, const char *check, bool score)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
    struct binder binder = {
        .arena = &bench->arena, .mistakes = &bench->mistakes, .may_see_expected = score};
    binder.scope = scope_bind(&bench->arena, NULL, SCOPE_NAME, STR("gold"), (struct shape){0});
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(check)};
    const struct yaml *yaml =
        yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
    assert_non_null(yaml);
    bench->check = check_new(&binder, yaml, score ? "score" : "check", NULL);
}

static struct check_result run(struct bench *bench, const char *subject,
                               const struct check_use *use)
{
    struct check_result result;
    struct template_problem problem = {0};
    const json *value = subject ? json_parse(&bench->arena, str_from(subject), NULL) : NULL;
    const struct env *env = env_bind(&bench->arena, NULL, STR("gold"), json_null());
    if (!bench->check)
        fail_msg("%s", mistakes_text(&bench->mistakes).p);
    assert_int_equal(check_run_answered(bench->check, env, value, use, NULL, &bench->arena,
                                        &result, &problem),
                     0);
    return result;
}

struct call_case {
    const char *check, *subject;
    struct check_use use;
    const char *reason; /* NULL: it passes */
};

static void run_cases(const struct call_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bench bench;
        bench_open(&bench, cases[i].check, true);
        struct check_result result = run(&bench, cases[i].subject, &cases[i].use);
        str reason = arena_str(&bench.arena, result.reason);
        const char *wanted = cases[i].reason ? cases[i].reason : "";
        if (result.passed != !cases[i].reason || strcmp(reason.p, wanted) != 0)
            fail_msg("%s on %s: %s (%s)", cases[i].check,
                     cases[i].subject ? cases[i].subject : "nothing",
                     result.passed ? "passed" : "failed", reason.p);
        arena_release(&bench.arena);
    }
}

#define RUN_CASES(cases) run_cases((cases), sizeof(cases) / sizeof(cases)[0])

/* Protects: the last call's end is told by the words of every provider alike. */
static void test_finish(void **state)
{
    (void)state;
    const struct check_use stop = {.called = true, .finish = "stop"};
    const struct check_use filter = {.called = true, .finish = "filter"};
    const struct check_use tool = {.called = true, .finish = "tool"};
    const struct check_use failed = {.called = true};
    const struct call_case cases[] = {
        {"{finish-reason: stop}", "\"x\"", stop, NULL},
        {"{finish-reason: length}", "\"x\"", stop,
         "the last call ended by 'stop'; expected 'length'"},
        {"{not-finish-reason: length}", "\"x\"", stop, NULL},
        {"{finish-reason: content_filter}", NULL, filter, NULL},
        {"{finish-reason: tool_calls}", NULL, tool, NULL},
        {"{finish-reason: stop}", NULL, failed, "the last call failed"},
        {"{not-finish-reason: stop}", NULL, failed, "the last call failed"},
        {"{finish-reason: stop}", "\"x\"", {0}, "no call was made"},
    };
    RUN_CASES(cases);
}

/* Protects: a refusal is one by the provider's word or by how the text begins; an answer that
 * merely speaks of not being able to is none. */
static void test_refusal(void **state)
{
    (void)state;
    const struct check_use refused = {.called = true, .refused = true};
    const struct check_use stop = {.called = true, .finish = "stop"};
    const struct call_case cases[] = {
        {"{is-refusal: true}", NULL, refused, NULL},
        {"{not-is-refusal: true}", NULL, refused,
         "not-is-refusal: true does not hold for null"},
        {"{is-refusal: true}", "\"I'm sorry, but I can't help with that.\"", stop, NULL},
        {"{is-refusal: true}", "\"I\xe2\x80\x99m sorry, I can\xe2\x80\x99t assist.\"", stop,
         NULL},
        {"{is-refusal: true}", "\"  Unfortunately, I am unable to provide this\"", stop, NULL},
        {"{is-refusal: true}", "\"As an AI language model, I cannot answer\"", stop, NULL},
        {"{is-refusal: true}", "\"I must decline.\"", stop, NULL},
        {"{is-refusal: true}", "\"Sorry. I will not do it\"", stop, NULL},
        {"{not-is-refusal: true}", "\"I can't wait to see it\"", stop, NULL},
        {"{not-is-refusal: true}", "\"I cannotbe\"", stop, NULL},
        {"{not-is-refusal: true}", "\"Sorry for the delay! It is 4.\"", stop, NULL},
        {"{not-is-refusal: true}", "\"He said: I cannot help you\"", stop, NULL},
        {"{not-is-refusal: true}", "\"\"", stop, NULL},
        {"{not-is-refusal: true}", "[1]", stop, NULL},
        {"{is-refusal: true}", "\"It is 4.\"", stop, "no refusal: 'It is 4.'"},
        {"{is-refusal: true}", NULL, stop, "no refusal: null"},
    };
    RUN_CASES(cases);
}

/* Protects: a cost that is not known never passes as a low one; equal to the bound is within. */
static void test_cost(void **state)
{
    (void)state;
    const struct check_use cheap = {.called = true, .cost_nanousd = 1000000};
    const struct check_use unknown = {.cost_nanousd = 1000000, .unknown_cost_calls = 2};
    const struct call_case cases[] = {
        {"{cost: 0.001}", NULL, cheap, NULL},
        {"{cost: 0.0009}", NULL, cheap, "0.001 dollars; expected at most 0.0009"},
        {"{not-cost: 0.0009}", NULL, cheap, NULL},
        {"{cost: 0.002}", NULL, unknown, "the cost is not known: 2 of its calls have no price"},
        {"{not-cost: 0.002}", NULL, unknown,
         "the cost is not known: 2 of its calls have no price"},
        {"{cost: 0.0009}", NULL, unknown, "0.001 dollars; expected at most 0.0009"},
        {"{cost: 0}", NULL, {0}, NULL},
    };
    RUN_CASES(cases);
}

/* Protects: of a cell whose time was lost at an interruption nothing is said. */
static void test_latency(void **state)
{
    (void)state;
    const struct check_use second = {.latency_ns = NS_PER_S};
    const struct call_case cases[] = {
        {"{latency: 1s}", NULL, second, NULL},
        {"{latency: 999ms}", NULL, second, "took 1 s; expected at most 0.999 s"},
        {"{not-latency: 999ms}", NULL, second, NULL},
    };
    RUN_CASES(cases);
    struct bench bench;
    bench_open(&bench, "{latency: 1s}", true);
    struct check_result result = run(&bench, NULL, &(struct check_use){.latency_ns = -1});
    assert_true(result.nothing_expected);
    arena_release(&bench.arena);
}

/* Protects: both bounds are within; a bare number is both. */
static void test_word_count(void **state)
{
    (void)state;
    const struct call_case cases[] = {
        {"{word-count: {min: 2, max: 3}}", "\"one two\"", {0}, NULL},
        {"{word-count: {min: 2, max: 3}}",
         "\"one two three four\"",
         {0},
         "4 words; expected at most 3"},
        {"{word-count: {min: 2}}", "\"one\"", {0}, "1 word; expected at least 2"},
        {"{word-count: {max: 0}}", "\"\"", {0}, NULL},
        {"{word-count: 2}", "\"one\\n two\"", {0}, NULL},
        {"{word-count: 2}", "\"one\"", {0}, "1 word; expected 2"},
        {"{not-word-count: 2}", "\"one\"", {0}, NULL},
        {"{word-count: 2}", "[1]", {0}, "the value is a list; word-count looks at a text"},
    };
    RUN_CASES(cases);
}

/* Protects: no gate steers by price, pace or how a call ended, and mistakes are found when the
 * check is read. */
static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        bool score;
        const char *check, *message;
    } cases[] = {
        {false, "{latency: 1s}", "x.yaml:1:2: 'latency' is for scores"},
        {false, "{cost: 1}", "'cost' is for scores"},
        {false, "{not-is-refusal: true}", "'not-is-refusal' is for scores"},
        {false, "{finish-reason: stop}", "'finish-reason' is for scores"},
        {false, "{word-count: 1}", "'word-count' is for scores"},
        {true, "{latency: 5}", "latency is the number 5; expected a duration"},
        {true, "{cost: cheap}", "cost is 'cheap'; expected an amount of dollars"},
        {true, "{finish-reason: done}",
         "finish-reason is the text 'done'; expected one of stop, length, filter, tool, other"},
        {true, "{word-count: {}}", "word-count has no bound; expected min or max"},
        {true, "{word-count: {min: 3, max: 2}}", "word-count has a min above its max"},
        {true, "{word-count: many}", "word-count is the text 'many'; expected a mapping"},
        {true, "{of: '{{gold}}', latency: 1s}",
         "x.yaml:1:2: of is for checks of a value; 'latency' looks at what the cell or step "
         "took"},
        {true, "{transform: [trim], finish-reason: stop}",
         "transform is for checks of a value; 'finish-reason' looks at a call"},
        {false, "{webhook: 'https://x.example/'}", "'webhook' is for scores"},
        {true, "{webhook: 'ftp://x.example/'}", "expected a URL with http or https, and no {{"},
        {true, "{webhook: 'http://{{gold}}/'}", "expected a URL with http or https, and no {{"},
        {true, "{is-refusal: false}", "expected true (the opposite is not-is-refusal)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_open(&bench, cases[i].check, cases[i].score);
        str text = mistakes_text(&bench.mistakes);
        if (bench.check || !str_contains(text, str_from(cases[i].message)))
            fail_msg("%s: %.*s", cases[i].check, STR_ARG(text));
        arena_release(&bench.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finish),     cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_cost),       cmocka_unit_test(test_latency),
        cmocka_unit_test(test_word_count), cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
