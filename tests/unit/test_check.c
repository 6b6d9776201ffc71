/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_check.c: every row of the table of checks, what makes one fail, and the mistakes in them.
 */
#include "plan/check.h"

#include "base/file.h"
#include "plan/bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* What templates see beside the value. */
static const char names[] =
    "{\"gold\": \"POSITIVE\", \"none\": null, \"four\": 4, \"four_text\": \" 4 \", "
    "\"terms\": [\"refund\", \"invoice\"], \"titles\": [\" Solar \", \"wind\"], "
    "\"card\": {\"name\": \"Ada\", \"year\": 1843}, \"empty\": []}";

/* One check that was read, and all it needs. */
struct bench {
    struct arena arena;
    struct mistakes mistakes;
    struct binder binder;
    const struct check *check;
    const struct env *env;
};

static const struct yaml *parse(struct bench *bench, const char *text)
{
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), arena_str(&bench->arena, str_from(text))};
    return yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
}

static void bench_open(struct bench *bench, const char *check)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
    bench->binder = (struct binder){.arena = &bench->arena, .mistakes = &bench->mistakes};
    const json *all = json_parse(&bench->arena, str_from(names), NULL);
    assert_non_null(all);
    bench->env = env_bind_object(&bench->arena, NULL, all);
    for (const json *name = json_first(all); name; name = json_next(name))
        bench->binder.scope = scope_bind(&bench->arena, bench->binder.scope, SCOPE_NAME,
                                         json_key(name), (struct shape){0});
    bench->binder.scope = scope_bind(&bench->arena, bench->binder.scope, SCOPE_NAME,
                                     STR("value"), (struct shape){0});
    const struct yaml *yaml = parse(bench, check);
    assert_non_null(yaml);
    bench->check = check_new(&bench->binder, yaml, "check", NULL);
}

static int bench_run(struct bench *bench, const json *subject, struct check_result *result)
{
    struct template_problem problem = {0};
    const struct env *env = env_bind(&bench->arena, bench->env, STR("value"), subject);
    return check_run(bench->check, env, subject, &bench->arena, result, &problem);
}

struct run_case {
    const char *check;   /* YAML */
    const char *subject; /* JSON */
    double value;
    const char *reason; /* of a failure, whole; NULL: it passes */
};

static void run_cases(const struct run_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bench bench;
        struct check_result result;
        bench_open(&bench, cases[i].check);
        if (!bench.check)
            fail_msg("%s: %s", cases[i].check, mistakes_text(&bench.mistakes).p);
        const json *subject = json_parse(&bench.arena, str_from(cases[i].subject), NULL);
        assert_non_null(subject);
        assert_int_equal(bench_run(&bench, subject, &result), 0);
        str reason = arena_str(&bench.arena, result.reason);
        const char *wanted = cases[i].reason ? cases[i].reason : "";
        if (result.passed != !cases[i].reason || strcmp(reason.p, wanted) != 0)
            fail_msg("%s on %s: %s (%s)", cases[i].check, cases[i].subject,
                     result.passed ? "passed" : "failed", reason.p);
        if (result.value < cases[i].value - 1e-12 || result.value > cases[i].value + 1e-12)
            fail_msg("%s on %s: value %.17g", cases[i].check, cases[i].subject, result.value);
        assert_false(result.nothing_expected);
        arena_release(&bench.arena);
    }
}

#define RUN_CASES(cases) run_cases((cases), sizeof(cases) / sizeof(cases)[0])

/* equals is JSON equality; texts are trimmed, and a text that is a number counts as one. */
static void test_equals(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{equals: POSITIVE}", "\" POSITIVE\\n\"", 1, NULL},
        {"{equals: POSITIVE}", "\"positive\"", 0, "'positive'; expected 'POSITIVE'"},
        {"{equals: '{{gold}}'}", "\"POSITIVE\"", 1, NULL},
        {"{equals: 'is {{gold}}'}", "\"is POSITIVE\"", 1, NULL},
        {"{equals: 4}", "4.0", 1, NULL},
        {"{equals: 4}", "\"4\"", 1, NULL},
        {"{equals: '4'}", "4", 1, NULL},
        {"{equals: '4.0'}", "\"4\"", 0, "'4'; expected '4.0'"},
        {"{equals: true}", "true", 1, NULL},
        {"{equals: true}", "\"true\"", 0, "'true'; expected true"},
        {"{equals: [1, {a: ' x', b: 2}]}", "[1, {\"b\": \"2\", \"a\": \"x \"}]", 1, NULL},
        {"{equals: [1, 2]}", "[2, 1]", 0, "[2, 1]; expected [1, 2]"},
        {"{equals: [1]}", "[1, 2]", 0, "[1, 2]; expected [1]"},
        {"{equals: {a: 1}}", "{\"a\": 1, \"b\": 2}", 0,
         "{\"a\": 1, \"b\": 2}; expected {\"a\": 1}"},
        {"{equals: x}", "null", 0, "null; expected 'x'"},
        {"{not-equals: x}", "null", 1, NULL},
        {"{not-equals: POSITIVE}", "\"NEGATIVE\"", 1, NULL},
        {"{not-equals: POSITIVE}", "\"POSITIVE \"", 0,
         "not-equals: 'POSITIVE' does not hold for 'POSITIVE '"},
    };
    RUN_CASES(cases);
}

/* Texts that occur, one, any or all of them; without regard to case only where it says so. */
static void test_contains(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{contains: fund}", "\"a refund\"", 1, NULL},
        {"{contains: Fund}", "\"a refund\"", 0, "'a refund' does not contain 'Fund'"},
        {"{icontains: \"Gr\\u00d6SSE\"}", "\"die gr\\u00f6sse\"", 1, NULL},
        {"{contains: '{{four}}'}", "\"a 4\"", 1, NULL},
        {"{contains: '{{terms}}'}", "\"x\"", 0, "contains is a list; expected a text"},
        {"{contains: x}", "[\"x\"]", 0, "the value is a list; contains looks at a text"},
        {"{contains: x}", "null", 0, "the value is null"},
        {"{not-contains: x}", "null", 0, "the value is null"},
        {"{not-contains: x}", "[1]", 0, "the value is a list; contains looks at a text"},
        {"{not-contains: sorry}", "\"I am sorry\"", 0,
         "not-contains: 'sorry' does not hold for 'I am sorry'"},
        {"{contains-all: [refund, invoice]}", "\"invoice and refund\"", 1, NULL},
        {"{contains-all: '{{terms}}'}", "\"the invoice\"", 0, "1 of 2 do not occur: 'refund'"},
        {"{contains-all: ['{{gold}}', a]}", "\"POSITIVE a\"", 1, NULL},
        {"{contains-all: '{{empty}}'}", "\"a\"", 1, NULL},
        {"{contains-all: '{{gold}}'}", "\"a\"", 0,
         "contains-all is a text; expected a list of texts"},
        {"{contains-any: [a, b]}", "\"xb\"", 1, NULL},
        {"{contains-any: [a, b]}", "\"x\"", 0, "none occurs of 'a', 'b'"},
        {"{contains-any: [a, b, c, d, e, f, g]}", "\"x\"", 0,
         "none occurs of 'a', 'b', 'c', 'd', 'e' and 2 more"},
        {"{contains-any: '{{empty}}'}", "\"x\"", 0, "none occurs of an empty list"},
        {"{not-contains-any: [a, b]}", "\"x\"", 1, NULL},
        {"{starts-with: Dear}", "\"Dear Ada\"", 1, NULL},
        {"{starts-with: Dear}", "\" Dear Ada\"", 0, "' Dear Ada' does not start with 'Dear'"},
    };
    RUN_CASES(cases);
}

/* A pattern is found anywhere; one that meets its limit fails, also when it is negated. */
static void test_regex(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{regex: '(?i)not sure'}", "\"I am Not Sure.\"", 1, NULL},
        {"{regex: '^\\d+$'}", "\"a1\"", 0, "the pattern does not occur in 'a1'"},
        {"{not-regex: '\\bsorry\\b'}", "\"so sorry\"", 0,
         "not-regex: \\bsorry\\b does not hold for 'so sorry'"},
        {"{regex: '^(a+)+$'}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"", 0,
         "the pattern met its limit"},
        {"{not-regex: '^(a+)+$'}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"",
         0, "the pattern met its limit"},
    };
    RUN_CASES(cases);
}

/* Words stand between white space; items and members are counted. */
static void test_sizes(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{min-words: 3}", "\" one\\ttwo\\nthree \"", 1, NULL},
        {"{min-words: 4}", "\"one two three\"", 0, "3 words; expected at least 4"},
        {"{min-words: 2}", "\"one\"", 0, "1 word; expected at least 2"},
        {"{max-words: 3}", "\"one two three\"", 1, NULL},
        {"{max-words: '{{four}}'}", "\"1 2 3 4 5\"", 0, "5 words; expected at most 4"},
        {"{min-words: 1}", "12", 0, "the value is a number; min-words looks at a text"},
        {"{count: 2}", "[1, 2]", 1, NULL},
        {"{count: '{{four_text}}'}", "[1, 2]", 0, "2 items; expected exactly 4"},
        {"{count: 1}", "{\"a\": [1, 2]}", 1, NULL},
        {"{count: 0}", "{\"a\": 1}", 0, "1 member; expected exactly 0"},
        {"{count: 2}", "\"ab\"", 0, "the value is a text; count looks at a list or an object"},
        {"{count: '{{gold}}'}", "[1]", 0, "count is 'POSITIVE', which is no number"},
        {"{not-count: 2}", "[1]", 1, NULL},
        {"{min-count: 2}", "[1]", 0, "1 item; expected at least 2"},
        {"{max-count: 2}", "[1, 2, 3]", 0, "3 items; expected at most 2"},
        {"{of: '{{value.a}}', max-count: 2}", "{\"a\": []}", 1, NULL},
    };
    RUN_CASES(cases);
}

/* Numbers, and texts that are numbers; rounding in binary is forgiven. */
static void test_numbers(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{min: 8}", "8", 1, NULL},
        {"{min: 8}", "\" 8.5 \"", 1, NULL},
        {"{min: 8}", "7.9", 0, "7.9 is below 8"},
        {"{max: -1.5}", "-1", 0, "-1 is above -1.5"},
        {"{max: '{{four}}'}", "4", 1, NULL},
        {"{min: 8}", "\"eight\"", 0, "'eight' is no number"},
        {"{min: 8}", "\"\"", 0, "'' is no number"},
        {"{not-min: 8}", "\"eight\"", 0, "'eight' is no number"},
        {"{numeric: {value: 1, tolerance: 0.1}}", "1.1", 1, NULL},
        {"{numeric: {value: 1, tolerance: 0.1}}", "\"1.11\"", 0,
         "1.11 is not 1 (tolerance 0.1)"},
        {"{numeric: {value: '{{four_text}}'}}", "4", 1, NULL},
        {"{numeric: {value: '{{gold}}'}}", "4", 0, "numeric is 'POSITIVE', which is no number"},
        {"{numeric: {value: 1e300, tolerance: 1e300}}", "-1e300", 0,
         "-1e+300 is not 1e+300 (tolerance 1e+300)"},
        {"{transform: [number], numeric: {value: 1234.5}}", "\"It is $1,234.50.\"", 1, NULL},
        {"{transform: [number], min: 1}", "\"none\"", 0,
         "the transform finds nothing in 'none'"},
    };
    RUN_CASES(cases);
}

/* JSON: parsed strictly, or found in prose; schemas see a text parsed. */
static void test_json(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{is-json: true}", "\"[1, 2]\"", 1, NULL},
        {"{is-json: true}", "[1]", 1, NULL},
        {"{is-json: true}", "\"{\\\"a\\\":\\n 1 \"", 0,
         "not JSON: expected ',' or '}', at line 2, column 4"},
        {"{not-is-json: true}", "\"plain\"", 1, NULL},
        {"{contains-json: true}", "\"Here: {\\\"a\\\": 1}.\"", 1, NULL},
        {"{contains-json: true}", "\"Here: {a: 1}.\"", 0, "no JSON value in 'Here: {a: 1}.'"},
        {"{json-schema: {type: object, required: [a]}}", "\"{\\\"a\\\": 1}\"", 1, NULL},
        {"{json-schema: {type: object, required: [a]}}", "{\"a\": 1}", 1, NULL},
        {"{json-schema: {type: object}}", "\"plain\"", 0,
         "not JSON: expected a JSON value, at line 1, column 1"},
        {"{json-schema: {type: 'null'}}", "null", 1, NULL},
        {"{not-json-schema: {type: object}}", "[1]", 1, NULL},
    };
    RUN_CASES(cases);
    static const char *const broken[] = {"{json-schema: {type: object}}",
                                         "{json-schema: {properties: {a: {type: integer}}}}"};
    static const char *const values[] = {"[1]", "{\"a\": \"\\u001b[31m\"}"};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        struct check_result result;
        bench_open(&bench, broken[i]);
        bench_run(&bench, json_parse(&bench.arena, str_from(values[i]), NULL), &result);
        assert_false(result.passed);
        assert_true(result.reason.n > 0);
        assert_false(str_contains(result.reason, STR("\x1b")));
        arena_release(&bench.arena);
    }
}

/* Sets: texts trimmed and lower-cased, each item once; both empty 1, one empty 0. */
static void test_sets(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{f1: '{{titles}}'}", "[\"WIND\", \"solar\", \"solar \"]", 1, NULL},
        {"{f1: [a, b]}", "[\"a\"]", 2.0 / 3, "F1 0.667: missing 'b'"},
        {"{f1: [a, b]}", "[\"b\", \"c\"]", 0.5, "F1 0.5: missing 'a'; not expected 'c'"},
        {"{f1: [a, b], threshold: 0.5}", "[\"b\", \"c\"]", 0.5, NULL},
        {"{f1: [a, b, c, d, e]}", "[]", 0, "F1 0: missing 'a', 'b', 'c' and 2 more"},
        {"{f1: '{{empty}}'}", "[]", 1, NULL},
        {"{f1: '{{empty}}'}", "[1]", 0, "F1 0: not expected 1"},
        {"{f1: [a]}", "\"a\"", 0, "the value is a text; f1 looks at a list"},
        {"{f1: '{{gold}}'}", "[\"a\"]", 0, "f1 is a text; expected a list"},
        {"{f1: [900, {a: 1, b: 2}]}", "[\"900\", {\"b\": 2, \"a\": 1}]", 1, NULL},
        {"{f1: [{a: 1}]}", "[\"{\\\"a\\\":1}\"]", 0,
         "F1 0: missing {\"a\": 1}; not expected '{\"a\":1}'"},
        {"{not-f1: [a, b]}", "[\"a\"]", 1.0 / 3, NULL},
        {"{not-f1: [a, b], threshold: 0.6}", "[\"a\"]", 1.0 / 3,
         "f1 is 0.667; expected less than 0.6"},
        {"{not-f1: [a]}", "3", 0, "the value is a number; f1 looks at a list"},
        {"{set-equals: [a, B]}", "[\"b \", \"A\", \"a\"]", 1, NULL},
        {"{set-equals: [a, b]}", "[\"a\", \"c\"]", 0, "missing 'b'; not expected 'c'"},
        {"{set-equals: [null, true]}", "[true, null]", 1, NULL},
    };
    RUN_CASES(cases);
}

/* Graded checks beside F1, and the letter of a choice. */
static void test_neighbours(void **state)
{
    (void)state;
    static const struct run_case cases[] = {
        {"{fields: '{{card}}'}", "{\"year\": \"1843\", \"name\": \"Ada \", \"x\": 1}", 1, NULL},
        {"{fields: '{{card}}'}", "{\"name\": \"Bob\", \"year\": 1843}", 0.5,
         "1 of 2 members are equal; 'name' is 'Bob'"},
        {"{fields: {a: 1, b: 2}}", "{\"b\": 2}", 0.5,
         "1 of 2 members are equal; 'a' is missing"},
        {"{fields: {a: 1, b: 2}, threshold: 0.5}", "{\"b\": 2}", 0.5, NULL},
        {"{fields: {}}", "{\"b\": 2}", 1, NULL},
        {"{fields: {a: 1}}", "[1]", 0, "the value is a list; fields looks at an object"},
        {"{levenshtein: kitten}", "\"sitting\"", 1 - 3.0 / 7,
         "similarity 0.571: 3 edits in 7 characters"},
        {"{levenshtein: \"gr\\u00f6\\u00dfe\", threshold: 0.8}", "\"gr\\u00fc\\u00dfe\"", 0.8,
         NULL},
        {"{levenshtein: ''}", "\"\"", 1, NULL},
        {"{levenshtein: abc}", "\"\"", 0, "similarity 0: 3 edits in 3 characters"},
        {"{choice: B}", "\"Answer: (b).\"", 1, NULL},
        {"{choice: b}", "\"C\"", 0, "chose C; expected B"},
        {"{choice: B}", "\"hard to say\"", 0, "no single letter is chosen in 'hard to say'"},
        {"{choice: '{{gold}}'}", "\"A\"", 0, "choice is 'POSITIVE', which is no letter"},
    };
    RUN_CASES(cases);
}

/* A null operand means that nothing is expected, before the subject is even looked at. */
static void test_nothing_expected(void **state)
{
    (void)state;
    static const char *const checks[] = {
        "{equals: '{{none}}'}",
        "{not-equals: '{{none}}'}",
        "{f1: '{{none}}'}",
        "{numeric: {value: '{{none}}'}}",
        "{contains-all: '{{none}}'}",
        "{of: '{{value.absent}}', equals: \"{{gold.x | default(null)}}\"}",
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        struct bench bench;
        struct check_result result;
        bench_open(&bench, checks[i]);
        assert_non_null(bench.check);
        assert_int_equal(bench_run(&bench, json_new_int(&bench.arena, 1), &result), 0);
        assert_true(result.nothing_expected);
        assert_true(result.passed);
        assert_int_equal(result.reason.n, 0);
        arena_release(&bench.arena);
    }
}

/* A member that is missing is the caller's to judge: a problem, no result. */
static void test_missing_value(void **state)
{
    (void)state;
    struct bench bench;
    struct check_result result;
    struct template_problem problem = {0};
    bench_open(&bench, "{of: '{{value.faqs}}', count: 4}");
    const json *value = json_parse(&bench.arena, STR("{\"faq\": []}"), NULL);
    const struct env *env = env_bind(&bench.arena, bench.env, STR("value"), value);
    assert_int_equal(check_run(bench.check, env, value, &bench.arena, &result, &problem), -1);
    assert_true(str_contains(problem.text, STR("has no member 'faqs'")));
    arena_release(&bench.arena);
}

/* Model output in a reason cannot steer a terminal and does not flood it. */
static void test_reasons_are_safe(void **state)
{
    (void)state;
    struct bench bench;
    struct check_result result;
    struct buf text = {0};
    bench_open(&bench, "{contains: x}");
    for (int i = 0; i < 1000; i++)
        buf_add_str(&text, STR("\x1b[31m\xe2\x80\xae evil \n"));
    bench_run(&bench, json_new_text(&bench.arena, buf_str(&text)), &result);
    buf_release(&text);
    assert_false(result.passed);
    assert_true(result.reason.n < 600);
    assert_null(memchr(result.reason.p, 0x1b, result.reason.n));
    assert_null(memchr(result.reason.p, '\n', result.reason.n));
    assert_false(str_contains(result.reason, STR("\xe2\x80\xae")));
    arena_release(&bench.arena);
}

struct mistake_case {
    const char *check, *message;
};

/* Every mistake is found when the check is read, at its place, with the nearest word. */
static void test_mistakes(void **state)
{
    (void)state;
    static const struct mistake_case cases[] = {
        {"{min_words: 50}", "x.yaml:1:2: unknown check 'min_words'; did you mean 'min-words'?"},
        {"{not-equal: x}", "x.yaml:1:2: unknown check 'not-equal'; did you mean 'not-equals'?"},
        {"{equals: a, contains: b}",
         "x.yaml:1:13: check has two check keys, 'equals' and 'contains'; expected exactly one "
         "(write two checks)"},
        {"{equals: a, not-equals: b}", "x.yaml:1:13: check has two check keys"},
        {"{of: '{{gold}}'}", "x.yaml:1:1: check has no check key; expected one of bleu, "},
        {"{equals: a, treshold: 0.5}",
         "x.yaml:1:13: unknown key 'treshold' in check; did you mean 'threshold'?"},
        {"{equals: a, xyz: 0.5}",
         "x.yaml:1:13: unknown key 'xyz' in check; expected one of of, transform, threshold"},
        {"equals", "x.yaml:1:1: check is a text; expected a mapping with one check key"},
        {"{equals: a, threshold: 0.5}",
         "x.yaml:1:13: threshold is for graded checks; 'equals' answers yes or no"},
        {"{f1: [a], threshold: 2}", "threshold is the number 2; expected a number from 0 to 1"},
        {"{equals: }", "equals has no operand; expected a value"},
        {"{equals: '{{gol}}'}", "name 'gol' is not known here"},
        {"{of: '{{valu}}', equals: x}", "did you mean 'value'?"},
        {"{contains: 42}", "x.yaml:1:12: contains is the number 42; expected a text"},
        {"{contains-any: text}", "contains-any is the text 'text'; expected a list of texts"},
        {"{contains-any: [a, 1]}",
         "x.yaml:1:20: contains-any: an item is the number 1; expected a text"},
        {"{set-equals: '{{terms}}, {{gold}}'}",
         "set-equals is text around references; expected one {{\xe2\x80\xa6}} alone, or a list"},
        {"{fields: [a]}", "fields is a list; expected a mapping"},
        {"{min-words: 2.5}",
         "min-words is the number 2.5; expected a whole number of at least 0"},
        {"{count: -1}", "count is the number -1; expected a whole number of at least 0"},
        {"{min: '8'}", "min is the text '8'; expected a number"},
        {"{is-json: false}",
         "is-json is the bool false; expected true (the opposite is not-is-json)"},
        {"{not-is-json: false}", "expected true (the opposite is is-json)"},
        {"{is-json: 1}", "is-json is the number 1; expected true"},
        {"{regex: 'a(b'}", "x.yaml:1:13: regex is no pattern: "},
        {"{regex: [a]}", "regex is a list; expected a pattern, as text"},
        {"{json-schema: {type: strng}}", "not a JSON Schema: "},
        {"{json-schema: [a]}", "json-schema is a list; expected a schema's name, or a schema"},
        {"{numeric: 3}", "numeric is the number 3; expected a mapping {value, tolerance}"},
        {"{numeric: {tolerance: 3}}", "numeric has no 'value'"},
        {"{numeric: {value: 3, tolerance: -1}}",
         "numeric.tolerance is the number -1; expected a number of at least 0"},
        {"{numeric: {value: [1]}}", "numeric.value is a list; expected a number, or one {{"},
        {"{transform: [trimm], equals: x}",
         "x.yaml:1:14: unknown transform 'trimm'; did you mean 'trim'?"},
        {"{webhoook: x}", "unknown check 'webhoook'; "},
        {"{similar: x}", "x.yaml:1:2: 'similar' asks a model, which only a score may; "},
        {"{llm-rubric: x}", "x.yaml:1:2: 'llm-rubric' asks a model, which only a score may; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_open(&bench, cases[i].check);
        assert_null(bench.check);
        str text = mistakes_text(&bench.mistakes);
        if (!str_contains(text, str_from(cases[i].message)))
            fail_msg("%s: %s\nexpected %s", cases[i].check, text.p, cases[i].message);
        assert_int_equal(bench.mistakes.count, 1);
        arena_release(&bench.arena);
    }
}

/* Keys that belong to the caller (a score's weight) are left alone, and are suggested. */
static void test_keys_of_the_caller(void **state)
{
    (void)state;
    struct weighted {
        double weight;
    };
    static const struct opt rows[] = {OPT_NUMBER(weighted, weight, .min = 0), OPT_END};
    static const struct opt *const tables[] = {rows};
    static const struct opt_also also = {.tables = tables, .table_count = 1};
    struct bench bench;
    bench_open(&bench, "{equals: x}");
    const struct yaml *good = parse(&bench, "{weight: 2, equals: x}");
    assert_non_null(check_new(&bench.binder, good, "score 'a'", &also));
    const struct yaml *bad = parse(&bench, "{wieght: 2, equals: x}");
    assert_null(check_new(&bench.binder, bad, "score 'a'", &also));
    assert_true(str_contains(mistakes_text(&bench.mistakes),
                             STR("unknown key 'wieght' in score 'a'; did you mean 'weight'?")));
    arena_release(&bench.arena);
}

/* The table: alphabetical, so that reference pages and searches need no sorting; whole rows. */
static void test_table(void **state)
{
    (void)state;
    for (const struct check_kind *kind = check_table; kind->name; kind++) {
        assert_non_null(kind->run);
        assert_true(strlen(kind->summary) > 0);
        assert_true(kind->threshold > 0 && kind->threshold <= 1);
        assert_true(kind->graded || kind->threshold == 1);
        if (kind[1].name)
            assert_true(strcmp(kind->name, kind[1].name) < 0);
    }
}

/* The reference page lists every check, as an entry of a table. */
static void test_reference(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    str page;
    assert_int_equal(file_read(&arena, TEST_SOURCE_DIR "/docs/checks.md", 1 << 20, &page, &err),
                     0);
    for (const struct check_kind *kind = check_table; kind->name; kind++) {
        str first = arena_printf(&arena, "\n| `%s`", kind->name);
        str second = arena_printf(&arena, ", `%s` |", kind->name);
        if (!str_contains(page, first) && !str_contains(page, second))
            fail_msg("docs/checks.md has no row for '%s'", kind->name);
    }
    arena_release(&arena);
}

/* ---- hostile sizes: what would be quadratic does not end within a test's time ---- */

static const json *many_items(struct arena *arena, size_t count)
{
    json *list = json_new_list(arena);
    for (size_t i = 0; i < count; i++)
        json_add(arena, list, json_new_text(arena, arena_printf(arena, "Item %zu", i)));
    return list;
}

static const json *repeated(struct arena *arena, const char *text, size_t bytes)
{
    struct buf all = {0};
    while (all.n < bytes)
        buf_add_str(&all, str_from(text));
    const json *value = json_new_text(arena, buf_str(&all));
    buf_release(&all);
    return value;
}

static const json *wide_object(struct arena *arena, size_t count)
{
    struct buf text = {0};
    buf_add_char(&text, '{');
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s\"k%zu\": %zu", i ? ", " : "", (i * 7919) % count, i);
    buf_add_char(&text, '}');
    const json *value = json_parse(arena, buf_str(&text), NULL);
    buf_release(&text);
    return value;
}

static const char *const hostile_checks[] = {
    "{equals: '{{big}}'}",
    "{f1: '{{big}}'}",
    "{set-equals: '{{big}}'}",
    "{fields: '{{big}}'}",
    "{levenshtein: '{{big}}'}",
    "{contains: '{{big}}'}",
    "{icontains: '{{big}}'}",
    "{contains-all: ['{{big}}', b]}",
    "{starts-with: '{{big}}'}",
    "{min-words: 10}",
    "{count: 3}",
    "{min: 3}",
    "{is-json: true}",
    "{contains-json: true}",
    "{json-schema: {type: object}}",
    "{regex: '(x+x+)+y'}",
    "{choice: B}",
    "{not-regex: '\\s+$'}",
    "{transform: [number, lower], max: 3}",
    "{transform: [{label: [a, x x, '[']}], equals: a}",
    "{transform: [{tag: answer}], equals: a}",
    "{transform: [squeeze, lower, no-punctuation, trim, last-line], equals: a}",
};

/* 300 KB of blanks, brackets, letters, digits, tags or items, as value and as operand: whatever is
 * quadratic in them would not end. */
static void test_hostile_sizes(void **state)
{
    (void)state;
    enum { BYTES = 300 * 1000 };
    struct arena values = {0};
    const json *big[] = {
        repeated(&values, "[", BYTES),
        repeated(&values, "{\"a\":", BYTES),
        repeated(&values, "x ", BYTES),
        repeated(&values, "x", BYTES),
        repeated(&values, "1,234.", BYTES),
        repeated(&values, "<answer ", BYTES),
        repeated(&values, "\xc3\xa4 A\n", BYTES),
        repeated(&values, "```[", BYTES),
        repeated(&values, " ", BYTES),
        many_items(&values, 30000),
        wide_object(&values, 10000),
    };
    for (size_t i = 0; i < sizeof hostile_checks / sizeof hostile_checks[0]; i++)
        for (size_t v = 0; v < sizeof big / sizeof big[0]; v++) {
            struct bench bench;
            struct check_result result;
            struct template_problem problem = {0};
            bench_open(&bench, "{}");
            bench.binder.scope = scope_bind(&bench.arena, bench.binder.scope, SCOPE_NAME,
                                            STR("big"), (struct shape){0});
            const struct check *check =
                check_new(&bench.binder, parse(&bench, hostile_checks[i]), "check", NULL);
            assert_non_null(check);
            const struct env *env = env_bind(&bench.arena, bench.env, STR("big"), big[v]);
            struct timespec from, to;
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
            assert_int_equal(check_run(check, env, big[v], &bench.arena, &result, &problem), 0);
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
            if (getenv("WEIR_TEST_TIMES"))
                printf("%8.1f ms  %-40s value %zu: %g\n",
                       (double)(to.tv_sec - from.tv_sec) * 1e3 +
                           (double)(to.tv_nsec - from.tv_nsec) / 1e6,
                       hostile_checks[i], v, result.value);
            assert_true(result.value >= 0 && result.value <= 1);
            assert_true(result.reason.n < 3000);
            arena_release(&bench.arena);
        }
    arena_release(&values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals),
        cmocka_unit_test(test_contains),
        cmocka_unit_test(test_regex),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_nothing_expected),
        cmocka_unit_test(test_missing_value),
        cmocka_unit_test(test_reasons_are_safe),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_keys_of_the_caller),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_hostile_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
