/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_transform.c: what each transform pulls out of answers as models write them.
 */
#include "plan/transform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants those four before it */
#include <cmocka.h>

struct transform_case {
    const char *transforms; /* YAML list */
    const char *text;       /* as it is */
    const char *value;      /* JSON */
};

static const struct yaml *parse(struct arena *arena, struct mistakes *mistakes,
                                const char *text)
{
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("x.yaml"), arena_str(arena, str_from(text))};
    return yaml_parse(arena, source, &yaml_file_limits, mistakes);
}

static void apply(const struct transform_case *row, const json *(*subject)(struct arena *, str))
{
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    const struct yaml *list = parse(&arena, &mistakes, row->transforms);
    const struct transform *transform;
    size_t count;
    assert_non_null(list);
    if (transform_read(&arena, &mistakes, list, &transform, &count) < 0)
        fail_msg("%s: %s", row->transforms, mistakes_text(&mistakes).p);
    const json *value =
        transform_apply(&arena, transform, count, subject(&arena, str_from(row->text)));
    str got = json_to_str(&arena, value, JSON_COMPACT);
    if (strcmp(got.p, row->value) != 0)
        fail_msg("%s on <%s>: %s, expected %s", row->transforms, row->text, got.p, row->value);
    arena_release(&arena);
}

static const json *as_json(struct arena *arena, str text)
{
    return json_parse(arena, text, NULL);
}

#define APPLY_ALL(cases)                                                                       \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases)[0]; i++)                              \
    apply(&(cases)[i], json_new_text)

/* Cleaning: white space, case, punctuation, lines. */
static void test_cleaning(void **state)
{
    (void)state;
    static const struct transform_case cases[] = {
        {"[trim]", " \n a b\t", "\"a b\""},
        {"[lower]", "\xc3\x84 B", "\"\xc3\xa4 b\""},
        {"[squeeze]", " a \n\n b\tc ", "\"a b c\""},
        {"[no-punctuation]", "YES!", "\"YES\""},
        {"[no-punctuation]", "\xe2\x80\x9cI don\xe2\x80\x99t\xe2\x80\x9d, he said\xe2\x80\xa6",
         "\"I dont he said\""},
        {"[no-punctuation]", "\xe3\x80\x8c\xe3\x81\xaf\xe3\x81\x84\xe3\x80\x8d\xe3\x80\x82",
         "\"\xe3\x81\xaf\xe3\x81\x84\""},
        {"[first-line]", "\n  \n first \r\nsecond", "\"first\""},
        {"[last-line]", "first\r\n last \n \n", "\"last\""},
        {"[last-line]", "only", "\"only\""},
        {"[first-line]", " \n ", "null"},
        {"[trim, lower, no-punctuation]", " Yes. ", "\"yes\""},
        {"[]", " as it is ", "\" as it is \""},
    };
    APPLY_ALL(cases);
}

/* The last number of a text, in English notation. */
static void test_number(void **state)
{
    (void)state;
    static const struct transform_case cases[] = {
        {"[number]", "It is 42.", "42"},
        {"[number]", "first 1, then 2", "2"},
        {"[number]", "1,234.5", "1234.5"},
        {"[number]", "$1,234,567.00 in all", "1234567"},
        {"[number]", "1,2,3", "3"},
        {"[number]", "1,2345", "2345"},
        {"[number]", "1234,567", "567"},
        {"[number]", "-3", "-3"},
        {"[number]",
         "minus: \xe2\x88\x92"
         "3.5 degrees",
         "-3.5"},
        {"[number]", "-$5", "-5"},
        {"[number]", "10-3", "3"},
        {"[number]", "f(x)-3", "3"},
        {"[number]", "10 - 3", "3"},
        {"[number]", "50%", "50"},
        {"[number]", "12kg", "12"},
        {"[number]", "about .5", "0.5"},
        {"[number]", "version 1.2.3", "3"},
        {"[number]", "1e3", "1000"},
        {"[number]", "2.5E-3 m", "0.0025"},
        {"[number]", "1e3x", "3"},
        {"[number]", "2024-05-01", "1"},
        {"[number]", "1e999", "null"},
        {"[number]", "7 and 1e999", "7"},
        {"[number]", "none", "null"},
        {"[number]", "-", "null"},
    };
    APPLY_ALL(cases);
}

/* The letter of a choice, and null where there is none or more than one. */
static void test_letter(void **state)
{
    (void)state;
    static const struct transform_case cases[] = {
        {"[letter]", "B", "\"B\""},
        {"[letter]", "b", "\"B\""},
        {"[letter]", "(b)", "\"B\""},
        {"[letter]", "**C.**\n", "\"C\""},
        {"[letter]", "Answer: C.", "\"C\""},
        {"[letter]", "The correct answer is (D) because A is too small.", "\"D\""},
        {"[letter]", "The answer is A because it fits.", "\"A\""},
        {"[letter]", "A is out, B as well.\n\nAnswer: **C**", "\"C\""},
        {"[letter]", "Answer: A. No, wait. Answer: B", "\"B\""},
        {"[letter]", "I would choose option c", "\"C\""},
        {"[letter]", "\\boxed{E}", "\"E\""},
        {"[letter]", "$\\boxed{\\text{E}}$", "\"E\""},
        {"[letter]", "B) Paris", "\"B\""},
        {"[letter]", "A\nParis is the capital of France.", "\"A\""},
        {"[letter]", "It must be D, I think.", "\"D\""},
        {"[letter]", "I don't know. A guess would be wrong.", "null"},
        {"[letter]", "Either A or B", "null"},
        {"[letter]", "A-levels and C++ in the U.S.", "null"},
        {"[letter]", "A good answer is hard.", "null"},
        {"[letter]", "(a) or (b)", "null"},
        {"[letter]", "42", "null"},
        {"[letter]", "", "null"},
        {"[letter]", "\xc3\x84", "null"},
    };
    APPLY_ALL(cases);
}

/* JSON: the whole text, a fence, or the first object or list in prose. */
static void test_json(void **state)
{
    (void)state;
    static const struct transform_case cases[] = {
        {"[json]", " {\"a\": 1} ", "{\"a\":1}"},
        {"[json]", "42", "42"},
        {"[json]", "Sure! Here are the 3: {\"a\": [1, 2]} Enjoy.", "{\"a\":[1,2]}"},
        {"[json]", "Try [this]: [1, 2]", "[1,2]"},
        {"[json]", "See [1].\n```json\n{\"a\": 1}\n```\nDone [2].", "{\"a\":1}"},
        {"[json]", "```python\nprint(1)\n```\n```\n[1]\n```", "[1]"},
        {"[json]", "```json\n{\"a\": 1}", "{\"a\":1}"},
        {"[json]", "a text with {braces} only", "null"},
        {"[json]", "", "null"},
        {"[json, trim]", "{\"a\": 1}", "{\"a\":1}"},
    };
    APPLY_ALL(cases);
}

/* Tags, captures, labels. */
static void test_finding(void **state)
{
    (void)state;
    static const struct transform_case cases[] = {
        {"[{tag: answer}]", "<think>x</think><answer> 4 </answer>", "\"4\""},
        {"[{tag: answer}]", "I use <answer> tags.\n<answer>4</answer> <answer>5</answer>",
         "\"4\""},
        {"[{tag: answer}]", "<Answer lang=\"en\">4</ANSWER>", "\"4\""},
        {"[{tag: a}]", "<answer>4</answer><a>5</a>", "\"5\""},
        {"[{tag: answer}]", "</answer> <answer>4", "null"},
        {"[{tag: answer}]", "<answer></answer>", "\"\""},
        {"[{capture: 'is (\\w+)'}]", "it is blue, not red", "\"blue\""},
        {"[{capture: 'b\\w+'}]", "it is blue", "\"blue\""},
        {"[{capture: '(x)|blue'}]", "it is blue", "null"},
        {"[{capture: 'x'}]", "it is blue", "null"},
        {"[{capture: '^(a+)+$'}]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
         "null"},
        {"[{label: [POSITIVE, NEGATIVE]}]", "It is **positive**.", "\"POSITIVE\""},
        {"[{label: [POSITIVE, NEGATIVE]}]", "positive, not negative", "null"},
        {"[{label: [POSITIVE, NEGATIVE]}]", "positively", "null"},
        {"[{label: [Support, Technical Support]}]", "technical support it is",
         "\"Technical Support\""},
        {"[{label: [Support, Technical Support]}]", "technical support, or plain support",
         "null"},
        {"[{label: [C, C++]}]", "in C++ of course", "\"C++\""},
        {"[{label: [C, C++]}]", "in C.", "\"C\""},
        {"[{label: [\"\xc3\x84rger\", Gut]}]",
         "gro\xc3\x9f"
         "er \xc3\xa4rger!",
         "\"\xc3\x84rger\""},
        {"[{label: [1, 2]}]", "rated 2 of 20", "\"2\""},
        {"[{tag: answer}, number]", "<answer>about 4 m</answer> 5", "4"},
    };
    APPLY_ALL(cases);
}

/* What is no text passes unchanged; nothing found stays nothing. */
static void test_other_types(void **state)
{
    (void)state;
    static const struct transform_case cases[] = {
        {"[trim, number, json, {label: [a]}]", "12", "12"},
        {"[letter]", "[\"B\"]", "[\"B\"]"},
        {"[lower]", "{\"A\":\"B\"}", "{\"A\":\"B\"}"},
        {"[number, trim, lower]", "null", "null"},
        {"[number, trim, lower]", "\"none\"", "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        apply(&cases[i], as_json);
    struct arena arena = {0};
    assert_int_equal(json_kind(transform_apply(&arena, NULL, 0, NULL)), JSON_NULL);
    assert_non_null(transform_apply(&arena, NULL, 0, NULL));
    arena_release(&arena);
}

/* Mistakes in a list of transforms: each at its place. */
static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *list, *message;
    } cases[] = {
        {"trim", "x.yaml:1:1: transform is a text; expected a list, such as [trim, lower]"},
        {"[trimm]", "x.yaml:1:2: unknown transform 'trimm'; did you mean 'trim'?"},
        {"[xyz]", "unknown transform 'xyz'; expected one of trim, lower, squeeze, "},
        {"[3]", "x.yaml:1:2: a transform is a number; expected a word such as trim"},
        {"[{tag: a, label: [b]}]", "a transform is a mapping with several keys or none"},
        {"[{captur: a}]", "x.yaml:1:3: unknown transform 'captur'; did you mean 'capture'?"},
        {"[tag]", "transform 'tag' lacks a value; expected the name of a tag"},
        {"[{trim: true}]", "transform 'trim' takes no value; expected the word alone"},
        {"[{tag: 3}]", "tag is a number; expected the name of a tag"},
        {"[{tag: '<a>'}]", "'<a>' is no name of a tag"},
        {"[{tag: ''}]", "tag is a text; expected the name of a tag"},
        {"[{capture: 'a('}]", "x.yaml:1:12: capture is no pattern: "},
        {"[{capture: [a]}]", "capture is a list; expected a PCRE2 pattern"},
        {"[{label: A}]", "label is a text; expected a list of labels"},
        {"[{label: []}]", "label is a list; expected a list of labels"},
        {"[{label: [A, [B]]}]", "x.yaml:1:14: label is a list; expected a list of labels"},
        {"[{label: [A, a ]}]", "label 'a' is there twice (case does not matter)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        const struct transform *transform;
        size_t count;
        mistakes_init(&mistakes, &arena);
        const struct yaml *list = parse(&arena, &mistakes, cases[i].list);
        assert_non_null(list);
        assert_int_equal(transform_read(&arena, &mistakes, list, &transform, &count), -1);
        assert_int_equal(mistakes.count, 1);
        str text = mistakes_text(&mistakes);
        if (!str_contains(text, str_from(cases[i].message)))
            fail_msg("%s: %s\nexpected %s", cases[i].list, text.p, cases[i].message);
        arena_release(&arena);
    }
}

/* Routes match labels without regard to what models put around them. */
static void test_label_equal(void **state)
{
    (void)state;
    static const struct {
        const char *written, *label;
        bool equal;
    } cases[] = {
        {"Billing", "billing", true},
        {" \"Billing.\"\n", "Billing", true},
        {"**Billing**.", "Billing", true},
        {"'Billing'", "Billing", true},
        {"\xe2\x80\x9c"
         "Billing\xe2\x80\x9d",
         "Billing", true},
        {"\xc2\xab"
         "Billing\xc2\xbb",
         "Billing", true},
        {"`billing`", "Billing", true},
        {"U.S.", "u.s.", true},
        {"\xc3\x84RGER", "\xc3\xa4rger", true},
        {"Billing..", "Billing", false},
        {"Billing!", "Billing", false},
        {"Billing Inquiry", "Billing", false},
        {"", "Billing", false},
        {"**\".\"**", "", true},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (label_equal(&arena, str_from(cases[i].written), str_from(cases[i].label)) !=
            cases[i].equal)
            fail_msg("<%s> and <%s>", cases[i].written, cases[i].label);
    arena_release(&arena);
}

/* label_find hands back the caller's own label, and copes with none at all. */
static void test_label_find(void **state)
{
    (void)state;
    static const str labels[] = {STR_INIT("Yes"), STR_INIT("No")};
    assert_ptr_equal(label_find(STR("no!"), labels, 2), &labels[1]);
    assert_null(label_find(STR("no!"), labels, 0));
    assert_null(label_find(STR(""), labels, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cleaning),   cmocka_unit_test(test_number),
        cmocka_unit_test(test_letter),     cmocka_unit_test(test_json),
        cmocka_unit_test(test_finding),    cmocka_unit_test(test_other_types),
        cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_label_equal),
        cmocka_unit_test(test_label_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
