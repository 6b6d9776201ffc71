/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_check_records.c: answers at the end of a text, and lists whose items are alike in part.
 */
#include "plan/check.h"

#include "plan/bind.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants those before it */
#include <cmocka.h>

struct one_case {
    const char *check, *gold, *subject; /* YAML, JSON, JSON */
    double value;
    const char *reason; /* NULL: it passes */
};

static const struct check *read(struct arena *arena, struct mistakes *mistakes,
                                const char *check)
{
    mistakes_init(mistakes, arena);
    struct binder binder = {.arena = arena, .mistakes = mistakes};
    binder.scope = scope_bind(arena, NULL, SCOPE_NAME, STR("gold"), (struct shape){0});
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(check)};
    const struct yaml *yaml = yaml_parse(arena, source, &yaml_file_limits, mistakes);
    assert_non_null(yaml);
    return check_new(&binder, yaml, "check", NULL);
}

static void run_case(const struct one_case *one)
{
    struct arena arena = {0};
    struct mistakes mistakes;
    const struct check *check = read(&arena, &mistakes, one->check);
    if (!check)
        fail_msg("%s: %s", one->check, mistakes_text(&mistakes).p);
    struct check_result result;
    struct template_problem problem = {0};
    const json *gold = json_parse(&arena, str_from(one->gold), NULL);
    const json *subject = json_parse(&arena, str_from(one->subject), NULL);
    assert_non_null(gold);
    assert_non_null(subject);
    const struct env *env = env_bind(&arena, NULL, STR("gold"), gold);
    assert_int_equal(check_run(check, env, subject, &arena, &result, &problem), 0);
    const char *reason = arena_str(&arena, result.reason).p;
    if (result.passed != !one->reason || strcmp(reason, one->reason ? one->reason : "") != 0 ||
        fabs(result.value - one->value) > 1e-12)
        fail_msg("%s of %s on %s: %.17g, %s (%s)", one->check, one->gold, one->subject,
                 result.value, result.passed ? "passed" : "failed", reason);
    arena_release(&arena);
}

#define RUN_CASES(cases)                                                                       \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases)[0]; i++)                              \
    run_case(&(cases)[i])

/* Protects: an answer is found behind its working, a number by its value and not by its digits. */
static void test_match(void **state)
{
    (void)state;
    static const char gold[] = "{match: '{{gold}}'}";
    static const struct one_case cases[] = {
        {gold, "\"42\"", "\"Six by seven is 42.\"", 1, NULL},
        {gold, "42", "\"so: $42.00\"", 1, NULL},
        {gold, "\"$1,234.5\"", "\"It is 1234.50 dollars\"", 1, NULL},
        {gold, "5", "\"it is 25\"", 0, "the last number is 25; expected 5"},
        {gold, "5", "\"none\"", 0, "no number in 'none'; expected 5"},
        {gold, "5", "5", 1, NULL},
        {gold, "\"Paris\"", "\"The capital is **PARIS**.\"", 1, NULL},
        {gold, "\"Paris\"", "\"Paris it is\"", 0, "'Paris it is' does not end with 'Paris'"},
        {gold, "\"12 monkeys\"", "\"the film 12 Monkeys\"", 1, NULL},
        {gold, "\"\"", "\"x\"", 0, "'x' does not end with ''"},
        {gold, "\"x\"", "[1]", 0, "the value is a list; match looks at a text"},
        {"{not-match: '{{gold}}'}", "5", "\"it is 25\"", 1, NULL},
    };
    RUN_CASES(cases);
}

/* Protects: each item is paired once, by its key or with what it is most like; what is missing and
 * what was invented cost the same. */
static void test_records(void **state)
{
    (void)state;
    static const char plain[] = "{records: {value: '{{gold}}'}, threshold: 0.9}";
    static const char keyed[] = "{records: {value: '{{gold}}', key: n}, threshold: 0.9}";
    static const struct one_case cases[] = {
        {plain, "[]", "[]", 1, NULL},
        {plain, "[1, 2]", "[2, 1]", 1, NULL},
        {plain, "[1, 1]", "[1]", 2.0 / 3,
         "records 0.667: 1 pairs, alike by 1 in all; missing 1"},
        {plain, "[]", "[1]", 0, "records 0: 0 pairs, alike by 0 in all; not expected 1"},
        {plain, "[{\"n\": \"Ada\", \"y\": 1843}, {\"n\": \"Alan\", \"y\": 1936}]",
         "[{\"n\": \"Alan\", \"y\": \"1936\"}, {\"n\": \"Ada\", \"y\": 1843}]", 1, NULL},
        {plain, "[{\"n\": \"Ada\", \"y\": 1843}]", "[{\"n\": \"Ada\", \"y\": 1}]", 0.5,
         "records 0.5: 1 pairs, alike by 0.5 in all"},
        /* greedy: the exact pair first, though the other order would pair two halves */
        {plain, "[\"a b\", \"a c\"]", "[\"a c\", \"x a\"]", 0.75,
         "records 0.75: 2 pairs, alike by 1.5 in all"},
        {keyed, "[{\"n\": 1, \"y\": 2}, {\"n\": 2, \"y\": 1}]",
         "[{\"n\": 2, \"y\": 2}, {\"n\": 1, \"y\": 1}]", 0.5,
         "records 0.5: 2 pairs, alike by 1 in all"},
        {keyed, "[{\"n\": 1, \"y\": 2}]", "[{\"n\": 3, \"y\": 2}]", 0,
         "records 0: 0 pairs, alike by 0 in all; missing {\"n\": 1, \"y\": 2}; not expected "
         "{\"n\": 3, \"y\": 2}"},
        {plain, "[1]", "\"1\"", 0, "the value is a text; records looks at a list"},
        {plain, "{\"a\": 1}", "[1]", 0, "records is an object; expected a list"},
    };
    RUN_CASES(cases);
}

/* Protects: the work is bounded, whatever a model writes. */
static void test_records_bounded(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    struct check_result result;
    struct template_problem problem = {0};
    const struct check *check = read(&arena, &mistakes, "{records: {value: '{{gold}}'}}");
    assert_non_null(check);
    json *list = json_new_list(&arena);
    for (int i = 0; i < 5000; i++)
        json_add(&arena, list, json_new_text(&arena, STR("one two three")));
    const struct env *env = env_bind(&arena, NULL, STR("gold"), list);
    assert_int_equal(check_run(check, env, list, &arena, &result, &problem), 0);
    assert_true(result.unfit);
    assert_true(str_contains(result.reason, STR("too long to compare: 5000 and 5000 items")));
    arena_release(&arena);
}

/* Protects: mistakes are found when the check is read. */
static void test_mistakes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{records: [1]}", "records is a list; expected a mapping {value, key}"},
        {"{records: {key: n}}", "value"},
        {"{records: {value: 7}}", "records.value is the number 7; expected a list, or one"},
        {"{records: {value: '{{gold}}', kee: n}}", "did you mean 'key'?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        const struct check *check = read(&arena, &mistakes, cases[i][0]);
        if (check || !str_contains(mistakes_text(&mistakes), str_from(cases[i][1])))
            fail_msg("%s: %s", cases[i][0], mistakes_text(&mistakes).p);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_records_bounded),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
