/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_template.c: every rule of the template language, its messages and their places.
 */
#include "base/template.h"

#include "base/ceilings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants those four before it */
#include <cmocka.h>

static const char names[] =
    "{\"x\": \"text\", \"n\": 3, \"f\": 0.1, \"t\": true, \"none\": null, \"empty\": [],"
    " \"evil\": \"{{x}} }} {{\", \"k\": \"two words\", \"i\": 1, \"minus\": -1,"
    " \"o\": {\"y\": 1, \"two words\": \"tw\", \"1\": \"one\", \"list\": [10, 20, 30]},"
    " \"list\": [\"a\", \"b\", \"c\"], \"nested\": [[1, 2], [3]], \"mixed\": [1, true, null, "
    "\"s\"],"
    " \"faqs\": [{\"q\": \"q1\", \"sources\": [\"s1\", \"s2\"]}, {\"q\": \"q2\", \"sources\": "
    "[\"s3\"]}],"
    " \"branches\": {\"a\": {\"issues\": [1]}, \"b\": {\"issues\": [2, 3]}},"
    " \"docs\": [{\"t\": \"A\", \"subs\": [\"x\", \"y\"]}, {\"t\": \"B\", \"subs\": []}],"
    " \"uml\": \"\xc3\xa4\xe2\x82\xac\"}";

/* The template as a JSON text, which is YAML too. */
static const struct template *compile(struct arena *arena, const char *yaml,
                                      struct mistakes *mistakes)
{
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("x.yaml"), arena_str(arena, str_from(yaml))};
    const struct yaml *node = yaml_parse(arena, source, &yaml_file_limits, mistakes);
    return node ? template_new(arena, node, mistakes) : NULL;
}

static const struct env *environment(struct arena *arena)
{
    const json *all = json_parse(arena, str_from(names), NULL);
    assert_non_null(all);
    return env_bind_object(arena, NULL, all);
}

struct value_case {
    const char *template, *value; /* JSON; NULL: a problem, and then: */
    const char *problem;
};

static void check_values(const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct template *made = compile(&arena, cases[i].template, &mistakes);
        if (!made)
            fail_msg("%s: %s", cases[i].template, mistakes_text(&mistakes).p);
        struct template_problem problem = {0};
        const json *value = template_eval(made, environment(&arena), &arena, &problem);
        str got = value ? json_to_str(&arena, value, JSON_COMPACT)
                        : arena_printf(&arena, "%.*s", STR_ARG(problem.text));
        const char *want = cases[i].value ? cases[i].value : cases[i].problem;
        if (strcmp(got.p, want) != 0 || !value != !cases[i].value)
            fail_msg("%s gives %s, expected %s", cases[i].template, got.p, want);
        if (!value)
            assert_int_equal(problem.place.line, 1);
        arena_release(&arena);
    }
}

#define CHECK_VALUES(cases) check_values((cases), sizeof(cases) / sizeof(cases)[0])

/* A text that is one tag has the type of its value; with anything around it, it is text. */
static void test_types(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"{{x}}\"", "\"text\"", NULL},
        {"\"{{n}}\"", "3", NULL},
        {"\"{{f}}\"", "0.1", NULL},
        {"\"{{t}}\"", "true", NULL},
        {"\"{{none}}\"", "null", NULL},
        {"\"{{list}}\"", "[\"a\",\"b\",\"c\"]", NULL},
        {"\"{{o.list}}\"", "[10,20,30]", NULL},
        {"\"{{n}} \"", "\"3 \"", NULL},
        {"\" {{n}}\"", "\" 3\"", NULL},
        {"\"{{n}}{{n}}\"", "\"33\"", NULL},
        {"{a: \"{{n}}\", b: [1, \"n={{n}}\", yes, null, 1e3]}",
         "{\"a\":3,\"b\":[1,\"n=3\",\"yes\",null,1000]}", NULL},
        {"{\"{{n}}\": 1}", "{\"{{n}}\":1}", NULL}, /* keys are no templates */
        {"plain", "\"plain\"", NULL},
        {"5", "5", NULL},
        {"\"\"", "\"\"", NULL},
        {"[]", "[]", NULL},
        {"\"{ {x} }} { {\"", "\"{ {x} }} { {\"", NULL},
    };
    CHECK_VALUES(cases);
}

/* Numbers in their shortest form, words, lists and objects on one line with blanks. */
static void test_rendering(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"Dear {{x}},\"", "\"Dear text,\"", NULL},
        {"\"-{{f}}-{{n}}-{{t}}-{{none}}-\"", "\"-0.1-3-true-null-\"", NULL},
        {"\"={{list}}\"", "\"=[\\\"a\\\", \\\"b\\\", \\\"c\\\"]\"", NULL},
        {"\"={{branches.a}}\"", "\"={\\\"issues\\\": [1]}\"", NULL},
        {"\"={{empty}}\"", "\"=[]\"", NULL},
        {"\"{{uml}}{{uml}}\"", "\"\xc3\xa4\xe2\x82\xac\xc3\xa4\xe2\x82\xac\"", NULL},
        {"\"<{{evil}}>\"", "\"<{{x}} }} {{>\"", NULL}, /* never scanned again */
        {"\"{{evil}}\"", "\"{{x}} }} {{\"", NULL},
    };
    CHECK_VALUES(cases);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"{{ o.y }}\"", "1", NULL},
        {"\"{{o . y}}\"", "1", NULL},
        {"\"{{\\n o.y\\t}}\"", "1", NULL},
        {"\"{{list[0]}}\"", "\"a\"", NULL},
        {"\"{{ list [ 2 ] }}\"", "\"c\"", NULL},
        {"\"{{list[-1]}}\"", "\"c\"", NULL},
        {"\"{{list[-3]}}\"", "\"a\"", NULL},
        {"\"{{o.list[1]}}\"", "20", NULL},
        {"\"{{nested[0][1]}}\"", "2", NULL},
        {"\"{{o[\\\"two words\\\"]}}\"", "\"tw\"", NULL},
        {"'{{o[\"two words\"]}}'", "\"tw\"", NULL},
        {"\"{{o[\\\"list\\\"][0]}}\"", "10", NULL},
        {"\"{{o[k]}}\"", "\"tw\"", NULL},
        {"\"{{list[i]}}\"", "\"b\"", NULL},
        {"\"{{list[minus]}}\"", "\"c\"", NULL},
        {"\"{{o[i]}}\"", "\"one\"", NULL}, /* keys are texts: 1 is "1" */
        {"\"{{faqs[*].q}}\"", "[\"q1\",\"q2\"]", NULL},
        {"\"{{faqs[*].sources}}\"", "[[\"s1\",\"s2\"],[\"s3\"]]", NULL},
        {"\"{{faqs[*].sources[*]}}\"", "[\"s1\",\"s2\",\"s3\"]", NULL},
        {"\"{{faqs[*].sources[0]}}\"", "[\"s1\",\"s3\"]", NULL},
        {"\"{{branches[*].issues[*]}}\"", "[1,2,3]", NULL}, /* through an object's values */
        {"\"{{branches[*].issues}}\"", "[[1],[2,3]]", NULL},
        {"\"{{nested[*][*]}}\"", "[1,2,3]", NULL},
        {"\"{{empty[*].anything}}\"", "[]", NULL},
        {"\"{{list[*]}}\"", "[\"a\",\"b\",\"c\"]", NULL},
    };
    CHECK_VALUES(cases);
}

static void test_unresolved(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"{{o.z}}\"", NULL, "'{{o.z}}' does not resolve: 'o' has no member 'z'"},
        {"\"a {{o.z}}\"", NULL, "'{{o.z}}' does not resolve: 'o' has no member 'z'"},
        {"[1, \"{{ o.z }}\"]", NULL, "'{{ o.z }}' does not resolve: 'o' has no member 'z'"},
        {"\"{{nobody}}\"", NULL, "'{{nobody}}' does not resolve: 'nobody' is not known here"},
        {"\"{{nobody.x}}\"", NULL,
         "'{{nobody.x}}' does not resolve: 'nobody' is not known here"},
        {"\"{{o.y.z}}\"", NULL,
         "'{{o.y.z}}' does not resolve: 'o.y' is a number, which has no member 'z'"},
        {"\"{{x.y}}\"", NULL,
         "'{{x.y}}' does not resolve: 'x' is a text, which has no member 'y'"},
        {"\"{{none.y}}\"", NULL,
         "'{{none.y}}' does not resolve: 'none' is null, which has no member 'y'"},
        {"\"{{list[3]}}\"", NULL, "'{{list[3]}}' does not resolve: 'list' has 3 items, no [3]"},
        {"\"{{list[-4]}}\"", NULL,
         "'{{list[-4]}}' does not resolve: 'list' has 3 items, no [-4]"},
        {"\"{{o[0]}}\"", NULL,
         "'{{o[0]}}' does not resolve: 'o' is an object, which has no item [0]"},
        {"\"{{list.y}}\"", NULL,
         "'{{list.y}}' does not resolve: 'list' is a list, which has no member 'y'"},
        {"\"{{list[k]}}\"", NULL,
         "'{{list[k]}}' does not resolve: 'list' is a list, which has no member 'two words'"},
        {"\"{{list[n]}}\"", NULL, "'{{list[n]}}' does not resolve: 'list' has 3 items, no [3]"},
        {"\"{{o[n]}}\"", NULL, "'{{o[n]}}' does not resolve: 'o' has no member '3'"},
        {"\"{{o[nobody]}}\"", NULL,
         "'{{o[nobody]}}' does not resolve: 'nobody' is not known here"},
        {"\"{{o[list]}}\"", NULL,
         "'{{o[list]}}' does not resolve: 'list' is a list; expected a text or an integer"},
        {"\"{{o[f]}}\"", NULL,
         "'{{o[f]}}' does not resolve: 'f' is a number; expected a text or an integer"},
        {"\"{{x[*]}}\"", NULL,
         "'{{x[*]}}' does not resolve: 'x' is a text, which has nothing for [*]"},
        {"\"{{faqs[*].z}}\"", NULL,
         "'{{faqs[*].z}}' does not resolve: 'faqs[*]' has no member 'z'"},
        {"\"{{#each nobody as d}}{{/each}}\"", NULL,
         "'{{#each nobody as d}}' does not resolve: 'nobody' is not known here"},
        {"\"{{#each x as d}}{{/each}}\"", NULL, "'{{#each x as d}}' needs a list; got a text"},
        {"\"{{#each list as d}}{{e}}{{/each}}\"", NULL,
         "'{{e}}' does not resolve: 'e' is not known here"},
        {"\"{{#each list as d}}{{/each}}{{d}}\"", NULL, /* gone behind the loop */
         "'{{d}}' does not resolve: 'd' is not known here"},
    };
    CHECK_VALUES(cases);
}

static void test_filters(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"{{x | json}}\"", "\"\\\"text\\\"\"", NULL},
        {"\"{{list|json}}\"", "\"[\\\"a\\\", \\\"b\\\", \\\"c\\\"]\"", NULL},
        {"\"{{branches.a | json(2)}}\"", "\"{\\n  \\\"issues\\\": [\\n    1\\n  ]\\n}\"", NULL},
        {"\"{{none | json}}\"", "\"null\"", NULL},
        {"'{{list | join(\", \")}}'", "\"a, b, c\"", NULL},
        {"\"<{{ list | join ( \\\"\\\\n\\\" ) }}>\"", "\"<a\\nb\\nc>\"", NULL},
        {"'{{mixed | join(\"-\")}}'", "\"1-true-null-s\"", NULL},
        {"'{{empty | join(\",\")}}'", "\"\"", NULL},
        {"'{{list | join(\"}}\")}}'", "\"a}}b}}c\"", NULL}, /* a "}}" in quotes is no end */
        {"'{{nobody | default(null)}}'", "null", NULL},
        {"'{{o.z | default(\"d\")}}'", "\"d\"", NULL},
        {"'{{o.z.deeper[3] | default(\"d\")}}'", "\"d\"", NULL},
        {"'{{x.y | default(1)}}'", "1", NULL},
        {"'{{none | default([1, 2])}}'", "[1,2]", NULL},
        {"'{{none | default({\"a\": {\"b\": 1}})}}'", "{\"a\":{\"b\":1}}", NULL},
        {"'<{{none | default(\"\")}}>'", "\"<>\"", NULL},
        {"'{{n | default(4)}}'", "3", NULL},
        {"'{{faqs[*].z | default([])}}'", "[]", NULL},
        /* from left to right */
        {"'{{list | join(\", \") | json}}'", "\"\\\"a, b, c\\\"\"", NULL},
        {"'{{none | default([\"p\", \"q\"]) | join(\"+\")}}'", "\"p+q\"", NULL},
        {"'{{none | json | default(1)}}'", "\"null\"", NULL},
        {"'{{nobody | join(\",\") | default(\"-\")}}'", "\"-\"", NULL},
        {"'{{nobody | default(null) | default(2)}}'", "2", NULL},
        {"'{{x | join(\",\")}}'", NULL,
         "'{{x | join(\",\")}}': join needs a list of texts or numbers; got a text"},
        {"'{{none | join(\",\")}}'", NULL,
         "'{{none | join(\",\")}}': join needs a list of texts or numbers; got null"},
        {"'{{nested | join(\",\")}}'", NULL,
         "'{{nested | join(\",\")}}': join needs a list of texts or numbers; got a list with a "
         "list in it"},
        {"'{{docs | join(\",\")}}'", NULL,
         "'{{docs | join(\",\")}}': join needs a list of texts or numbers; got a list with an "
         "object in it"},
    };
    CHECK_VALUES(cases);
}

static void test_literal_braces(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"'{{\"{{\"}}'", "\"{{\"", NULL},
        {"'{{ \"{{\" }}x}}'", "\"{{x}}\"", NULL},
        {"'a{{\"{{\"}}{{n}}}}'", "\"a{{3}}\"", NULL},
        {"['{{\"{{\"}}', {a: '{{\"{{\"}}'}]", "[\"{{\",{\"a\":\"{{\"}]", NULL},
        {"'{\"a\": {{n}}}'", "\"{\\\"a\\\": 3}\"", NULL},
        {"'{}} }} {'", "\"{}} }} {\"", NULL},
    };
    CHECK_VALUES(cases);
}

static void test_loops(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"'{{#each list as d}}{{d}};{{/each}}'", "\"a;b;c;\"", NULL},
        {"'{{#each list as d}}{{index}}{{d}}{{/each}}'", "\"0a1b2c\"", NULL},
        {"'{{ #each list as d }}{{d}}{{ /each }}'", "\"abc\"", NULL},
        {"'{{#each empty as d}}{{d}}{{/each}}'", "\"\"", NULL},
        {"'{{#each faqs[*].q as d}}{{d}} {{/each}}.'", "\"q1 q2 .\"", NULL},
        /* the inner index hides the outer one and is gone behind the inner loop */
        {"'{{#each docs as d}}{{index}}{{#each d.subs as s}}{{d.t}}{{s}}{{index}}{{/each}}"
         "{{index}};{{/each}}'",
         "\"0Ax0Ay10;11;\"", NULL},
        /* an item hides a name outside */
        {"'{{#each list as x}}{{x}}{{/each}}{{x}}'", "\"abctext\"", NULL},
        {"'{{#each list as a}}{{#each list as b}}{{#each list as c}}{{#each list as d}}"
         "{{#each empty as e}}{{/each}}{{/each}}{{/each}}{{/each}}{{/each}}'",
         NULL, NULL},
    };
    check_values(cases, sizeof cases / sizeof cases[0] - 1);
    /* one too deep */
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    assert_null(compile(&arena, cases[7].template, &mistakes));
    assert_non_null(
        strstr(mistakes_text(&mistakes).p, "x.yaml:1:78: '#each' is nested deeper than 4"));
    assert_int_equal(mistakes.count, 1);
    arena_release(&arena);
}

/* A line that holds nothing but #each or /each vanishes, with its line break. */
static void test_bare_lines(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {"\"Text:\\n{{#each list as d}}\\n{{d}}\\n{{/each}}\\nEnd\"",
         "\"Text:\\na\\nb\\nc\\nEnd\"", NULL},
        {"\"{{#each list as d}}\\n{{d}}\\n{{/each}}\\n\"", "\"a\\nb\\nc\\n\"", NULL},
        {"\"{{#each list as d}}\\n{{d}}\\n{{/each}}\"", "\"a\\nb\\nc\\n\"", NULL},
        {"\"A\\n  {{#each list as d}}  \\n{{d}}\\n\\t{{/each}}\\nB\"", "\"A\\na\\nb\\nc\\nB\"",
         NULL},
        {"\"A\\r\\n{{#each list as d}}\\r\\n{{d}}\\r\\n{{/each}}\\r\\nB\"",
         "\"A\\r\\na\\r\\nb\\r\\nc\\r\\nB\"", NULL},
        {"\"A {{#each list as d}}\\n{{d}}\\n{{/each}}\\nB\"", "\"A \\na\\n\\nb\\n\\nc\\nB\"",
         NULL},
        {"\"A\\n{{#each list as d}}{{d}}{{/each}}\\nB\"", "\"A\\nabc\\nB\"", NULL},
        {"\"A\\n{{#each list as d}}\\n{{d}}\\n{{/each}} B\"", "\"A\\na\\nb\\nc\\n B\"", NULL},
        {"\"A\\n\\n{{#each list as d}}\\n\\n{{d}}\\n{{/each}}\\n\\nB\"",
         "\"A\\n\\n\\na\\n\\nb\\n\\nc\\n\\nB\"", NULL},
        {"\"{{#each docs as d}}\\n{{d.t}}:\\n{{#each d.subs as s}}\\n- {{s}}\\n{{/each}}\\n"
         "{{/each}}\\n.\"",
         "\"A:\\n- x\\n- y\\nB:\\n.\"", NULL},
        {"\"{{#each docs as d}} {{#each d.subs as s}}\\n- {{s}}\\n{{/each}} {{/each}}\\n.\"",
         "\"- x\\n- y\\n.\"", NULL},
        {"\"{{#each list as d}}\\n{{/each}}\\n.\"", "\".\"", NULL},
        {"\"{{\\\"{{\\\"}}{{#each list as d}}\\n{{d}}{{/each}}\"", "\"{{\\na\\nb\\nc\"", NULL},
    };
    CHECK_VALUES(cases);
}

struct mistake_case {
    const char *yaml, *message; /* how the report begins; several lines with '\n' */
};

static void test_mistakes(void **state)
{
    (void)state;
    static const struct mistake_case cases[] = {
        {"\"ab {{name\"",
         "x.yaml:1:5: '{{' is not closed in this text; expected '}}' (a literal "
         "'{{' is written {{\"{{\"}})"},
        {"\"{{name and {{x}}\"", "x.yaml:1:2: '{{' is not closed in this text; expected '}}'"},
        {"\"{{\"", "x.yaml:1:2: '{{' is not closed in this text; expected '}}'"},
        {"\"{{x}\"", "x.yaml:1:2: '{{' is not closed in this text; expected '}}'"},
        {"'{{x | default(\"'", "x.yaml:1:2: '{{' is not closed in this text; expected '}}'"},
        {"\"{{#each\"", "x.yaml:1:2: '{{' is not closed in this text; expected '}}'"},
        {"\"{{#each x as \"", "x.yaml:1:2: '{{' is not closed in this text; expected '}}'"},
        {"\"{{x | upper}}\"",
         "x.yaml:1:8: unknown filter 'upper'; expected json, join or default\n"},
        {"\"{{x | jsn}}\"", "x.yaml:1:8: unknown filter 'jsn'; expected json, join or default; "
                            "did you mean 'json'?"},
        {"\"{{x | upper(2) | lower}}\"", "x.yaml:1:8: unknown filter 'upper'; expected json"},
        {"\"{{x |}}\"", "x.yaml:1:7: '{{x |}}' is not understood; expected a filter after '|'"},
        {"\"{{x | join}}\"", "x.yaml:1:12: '{{x | join}}' is not understood; expected a "
                             "separator in quotes, join(\", \")"},
        {"\"{{x | join(3)}}\"", "x.yaml:1:13: '{{x | join(3)}}' is not understood; expected a "
                                "separator"},
        {"\"{{x | json(0)}}\"", "x.yaml:1:13: '{{x | json(0)}}' is not understood; expected "
                                "json, or json(2) with an indent of 1 to 10"},
        {"\"{{x | json(2}}\"", "x.yaml:1:14: '{{x | json(2}}' is not understood; expected ')'"},
        {"\"{{x | default}}\"", "x.yaml:1:15: '{{x | default}}' is not understood; expected a "
                                "JSON literal"},
        {"\"{{x | default(none)}}\"", "x.yaml:1:16: '{{x | default(none)}}' is not understood; "
                                      "expected a JSON literal, such as default(null)"},
        {"\"{{}}\"", "x.yaml:1:4: '{{}}' is not understood; expected a name of letters, digits "
                     "and '_'"},
        {"\"{{{x}}}\"", "x.yaml:1:4: '{{{x}}' is not understood; expected a name"},
        {"\"{{3x}}\"", "x.yaml:1:4: '{{3x}}' is not understood; expected a name"},
        {"\"{{.x}}\"", "x.yaml:1:4: '{{.x}}' is not understood; expected a name"},
        {"\"{{a b}}\"", "x.yaml:1:6: '{{a b}}' is not understood; expected '.', '[', '|' or "
                        "'}}' here"},
        {"\"{{a + 1}}\"", "x.yaml:1:6: '{{a + 1}}' is not understood; expected '.'"},
        {"\"{{a.}}\"", "x.yaml:1:6: '{{a.}}' is not understood; expected a member name"},
        {"\"{{a.two-words}}\"",
         "x.yaml:1:9: '{{a.two-words}}' is not understood; expected '.'"},
        {"\"{{a[}}\"", "x.yaml:1:6: '{{a[}}' is not understood; expected an index"},
        {"\"{{a[1}}\"", "x.yaml:1:7: '{{a[1}}' is not understood; expected ']'"},
        {"\"{{a[-]}}\"", "x.yaml:1:6: '{{a[-]}}' is not understood; expected an index"},
        {"\"{{a[99999999999]}}\"", "x.yaml:1:6: '{{a[99999999999]}}' is not understood"},
        {"'{{\"x\"}}'", "x.yaml:1:4: '{{\"x\"}}' is not understood; expected a name, or"},
        {"\"{{#each x}}{{/each}}\"", "x.yaml:1:11: '{{#each x}}' is not understood; expected "
                                     "{{#each LIST as NAME}}\n"},
        {"\"{{#each x as 1}}{{/each}}\"", "x.yaml:1:15: '{{#each x as 1}}' is not understood"},
        {"\"{{#eachx as d}}{{/each}}\"", "x.yaml:1:9: '{{#eachx as d}}' is not understood"},
        {"\"{{#if x}}\"", "x.yaml:1:4: '{{#if x}}' is not understood; expected a name"},
        {"\"a{{#each x as d}}b\"",
         "x.yaml:1:3: '{{#each x as d}}' has no {{/each}}; expected one in this text"},
        {"\"a{{/each}}\"", "x.yaml:1:3: {{/each}} has no {{#each LIST as NAME}} before it"},
        /* exact places: code points, later lines, escapes, other styles */
        {"a: {b: [\"\xc3\xa4\xe2\x82\xac {{x | upper}}\"]}", "x.yaml:1:19: unknown filter"},
        {"a: 1\nb: '\xc3\xa4 {{x}} {{x | upper}}'", "x.yaml:2:19: unknown filter"},
        {"a: |\n  one\n  \xc3\xa4 {{x | upper}}\n", "x.yaml:3:11: unknown filter"},
        {"a: >-\n  one\n  two {{x}}\n  three {{x | upper}}\n", "x.yaml:4:15: unknown filter"},
        {"a: \"q \\\" \\u00e4 \\n {{x | upper}}\"", "x.yaml:1:26: unknown filter"},
        {"a: \"{{\\\"{{\\\"}} {{x | upper}}\"", "x.yaml:1:22: unknown filter"},
        {"a: \"{{o[\\\"two words\\\"] | upper}}\"", "x.yaml:1:26: unknown filter"},
        {"a: b {{x | upper}}", "x.yaml:1:12: unknown filter"},
        {"a: '{{x | default(\"it''s\") | upper}}'", "x.yaml:1:30: unknown filter"},
        {"a: \"one\n  two {{x | upper}}\"", "x.yaml:2:13: unknown filter"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct template *made = compile(&arena, cases[i].yaml, &mistakes);
        str text = mistakes_text(&mistakes);
        if (made || mistakes.count != 1 || !str_starts_with(text, str_from(cases[i].message))) {
            print_error("%s\ngives    %s\nexpected %s\n", cases[i].yaml, text.p,
                        cases[i].message);
            wrong++;
        }
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

/* All texts of a value are looked at, and all tags of a text. */
static void test_all_mistakes_are_told(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    assert_null(compile(&arena, "[\"{{a b}} {{x | u}} {{y\", {k: \"{{}}\"}]", &mistakes));
    assert_int_equal(mistakes.count, 4);
    arena_release(&arena);
}

/* Prompt files: always text, places count from the file's beginning. */
static void test_prompt_files(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    struct source source = {STR("prompts/p.md"), STR("---\nsystem: s\n---\n\xc3\xa4 {{n}}")};
    size_t offset = (size_t)str_find(source.text, STR("\xc3\xa4"), 0);
    const struct template *made = template_new_text(
        &arena, &source, offset, str_sub(source.text, offset, source.text.n), &mistakes);
    assert_non_null(made);
    str text;
    assert_int_equal(template_render(made, environment(&arena), &arena, &text, NULL), 0);
    assert_string_equal(text.p, "\xc3\xa4 3");

    made = template_new_text(&arena, &source, offset, STR("{{n}}"), &mistakes);
    assert_false(template_is_ref(made));
    const json *value = template_eval(made, environment(&arena), &arena, NULL);
    assert_string_equal(json_to_str(&arena, value, JSON_COMPACT).p, "\"3\"");

    source.text = STR("---\n---\nab\n\xc3\xa4 {{qustion}} {{x|u}}");
    offset = 8;
    assert_null(
        template_new_text(&arena, &source, offset, str_sub(source.text, 8, 99), &mistakes));
    assert_true(str_starts_with(mistakes_text(&mistakes),
                                STR("prompts/p.md:4:19: unknown filter 'u'")));
    arena_release(&arena);
}

static void test_is_ref_and_literal(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool ref;
        const char *literal;
    } cases[] = {
        {"\"{{x}}\"", true, NULL},
        {"\"{{x | json}}\"", true, NULL},
        {"\"{{x}} \"", false, NULL},
        {"\"{{#each x as y}}{{/each}}\"", false, NULL},
        {"[\"{{x}}\"]", false, NULL},
        {"'{{\"{{\"}}'", false, "\"{{\""},
        {"{a: [1, b]}", false, "{\"a\":[1,\"b\"]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct template *made = compile(&arena, cases[i].yaml, &mistakes);
        assert_non_null(made);
        assert_int_equal(template_is_ref(made), cases[i].ref);
        const json *literal = template_literal(made);
        assert_int_equal(literal != NULL, cases[i].literal != NULL);
        if (literal)
            assert_string_equal(json_to_str(&arena, literal, JSON_COMPACT).p, cases[i].literal);
        arena_release(&arena);
    }
    struct arena arena = {0};
    const struct template *constant = template_constant(&arena, NULL);
    assert_int_equal(json_kind(template_eval(constant, NULL, &arena, NULL)), JSON_NULL);
    arena_release(&arena);
}

/* Protects texts of others that become a part of a template: they come out as they were. */
static void test_write_literal(void **state)
{
    (void)state;
    static const char *const texts[] = {"",        "plain",    "{{x}}", "a {{ b }} {{\"c",
                                        "{{{{{x}", "{ { } }}", "{{"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        struct buf out = {0};
        mistakes_init(&mistakes, &arena);
        template_write_literal(&out, str_from(texts[i]));
        str quoted = json_to_str(&arena, json_new_text(&arena, buf_str(&out)), JSON_COMPACT);
        const struct template *made = compile(&arena, quoted.p, &mistakes);
        assert_non_null(made);
        assert_string_equal(json_text(template_literal(made)).p, texts[i]);
        buf_release(&out);
        arena_release(&arena);
    }
}

/* ---- limits ---- */

static void test_limit_of_tags(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        struct buf text = {0};
        buf_add_str(&text, STR("[\"{{x}}\", \""));
        for (int i = 1; i < MAX_TEMPLATE_TAGS + more; i++)
            buf_add_str(&text, STR("{{x}}"));
        buf_add_str(&text, STR("\"]"));
        const struct template *made = compile(&arena, text.p, &mistakes);
        assert_int_equal(made != NULL, !more);
        if (more)
            assert_non_null(
                strstr(mistakes_text(&mistakes).p, ": a template has more than 1000 tags\n"));
        assert_int_equal(mistakes.count, more);
        buf_release(&text);
        arena_release(&arena);
    }
}

/* Text of `bytes` bytes under the name big. */
static const struct env *big_environment(struct arena *arena, size_t bytes)
{
    char *text = arena_alloc(arena, bytes + 1);
    memset(text, 'b', bytes);
    const json *big = json_new_text(arena, (str){text, bytes});
    json *list = json_new_list(arena);
    for (int i = 0; i < 300; i++)
        json_add(arena, list, json_new_int(arena, i));
    return env_bind(arena, env_bind(arena, NULL, STR("list"), list), STR("big"), big);
}

static void test_limit_of_text(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *problem; /* NULL: fits */
    } cases[] = {
        {"\"{{big}}{{big}}\"", NULL},
        {"\"{{big}}{{big}}!\"", "'{{big}}' makes the text larger than 16 MB"},
        {"\"{{big}}{{big}}{{big}}\"", "'{{big}}' makes the text larger than 16 MB"},
        {"[\"{{big}}\", \"a{{big}}\", \"b{{big}}\"]",
         "'{{big}}' makes the text larger than 16 MB"},
        {"\"{{big | json | json}}{{big}}\"", "'{{big}}' makes the text larger than 16 MB"},
        /* a loop without output ends too */
        {"\"{{#each list as a}}{{#each list as b}}{{#each list as c}}{{#each list as d}}"
         "{{/each}}{{/each}}{{/each}}{{/each}}\"",
         "'{{#each list as d}}' turns more than 16000000 times"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct template *made = compile(&arena, cases[i].yaml, &mistakes);
        assert_non_null(made);
        const struct env *env = big_environment(&arena, MAX_RENDERED_BYTES / 2);
        struct template_problem problem = {0};
        const json *value = template_eval(made, env, &arena, &problem);
        assert_int_equal(value == NULL, cases[i].problem != NULL);
        if (cases[i].problem)
            assert_string_equal(problem.text.p, cases[i].problem);
        arena_release(&arena);
    }
}

/* ---- environments ---- */

static void test_environments(void **state)
{
    (void)state;
    struct arena arena = {0};
    const json *vars = json_parse(&arena, STR("{\"a\": 1, \"b\": 2}"), NULL);
    const json *inputs = json_parse(&arena, STR("{\"b\": 3, \"c\": 4}"), NULL);
    const struct env *env = env_bind_object(&arena, NULL, vars);
    env = env_bind_object(&arena, env, inputs);
    const struct env *inner = env_bind(&arena, env, STR("c"), json_new_text(&arena, STR("in")));
    inner = env_bind(&arena, inner, STR("d"), NULL);
    assert_int_equal((int)json_number(env_get(inner, STR("a"))), 1);
    assert_int_equal((int)json_number(env_get(inner, STR("b"))), 3);
    assert_string_equal(json_text(env_get(inner, STR("c"))).p, "in");
    assert_int_equal((int)json_number(env_get(env, STR("c"))), 4);
    assert_int_equal(json_kind(env_get(inner, STR("d"))), JSON_NULL);
    assert_non_null(env_get(inner, STR("d")));
    assert_null(env_get(inner, STR("e")));
    assert_null(env_get(NULL, STR("e")));
    assert_string_equal(json_to_str(&arena, env_to_json(&arena, inner), JSON_COMPACT).p,
                        "{\"a\":1,\"b\":3,\"c\":\"in\",\"d\":null}");
    arena_release(&arena);
}

/* ---- references ---- */

struct log {
    struct arena *arena;
    struct buf text;
};

static void log_ref(void *context, const struct template_ref *ref)
{
    struct log *log = context;
    buf_printf(&log->text, "%.*s@%u:%u/%u", STR_ARG(ref->name), ref->place.line, ref->place.col,
               ref->tag_place.col);
    for (size_t i = 0; i < ref->steps; i++) {
        const struct template_step *step = &ref->step[i];
        static const char *const kinds[] = {"member", "index", "name", "all"};
        buf_printf(&log->text, " %s+%u", kinds[step->kind], step->column);
        if (step->kind == STEP_INDEX)
            buf_printf(&log->text, "=%d", (int)step->index);
        else if (step->kind != STEP_ALL)
            buf_printf(&log->text, "=%.*s", STR_ARG(step->name));
    }
    buf_printf(&log->text, "%s\n", ref->has_default ? " default" : "");
}

static void log_begin(void *context, const struct template_ref *list, str as)
{
    struct log *log = context;
    buf_printf(&log->text, "each %.*s as %.*s\n", STR_ARG(list->name), STR_ARG(as));
}

static void log_end(void *context)
{
    struct log *log = context;
    buf_add_str(&log->text, STR("end\n"));
}

/* References come in order, with exact places, loops in pairs. */
static void test_visit(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    const struct template *made =
        compile(&arena,
                "a: \"{{ x.y }}\"\n"
                "b: ['\xc3\xa4 {{x[-1] [k] [\"two words\"][*].z}}', 5]\n"
                "c: |\n"
                "  \xe2\x82\xac {{#each docs.all as d}}\n"
                "    {{d | default(1)}} {{\"{{\"}} {{index}}\n"
                "  {{/each}} {{end}}\n",
                &mistakes);
    assert_non_null(made);
    struct log log = {.arena = &arena};
    struct template_visitor visitor = {log_ref, log_begin, log_end, &log};
    template_visit(made, &visitor);
    assert_string_equal(log.text.p, "x@1:8/5 member+4=y\n"
                                    "x@2:10/8 index+3=-1 name+8=k member+12=two words all+25 "
                                    "member+28=z\n"
                                    "docs@4:13/5 member+12=all\n"
                                    "each docs as d\n"
                                    "d@5:7/5 default\n"
                                    "index@5:35/33\n"
                                    "end\n"
                                    "end@6:15/13\n");
    buf_release(&log.text);
    arena_release(&arena);
}

/* ---- lone paths ---- */

static void test_lone_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value; /* NULL: nothing there */
    } cases[] = {
        {"x", "\"text\""},
        {"o.y", "1"},
        {" o . y ", "1"},
        {"faqs[0].sources", "[\"s1\",\"s2\"]"},
        {"faqs[-1].q", "\"q2\""},
        {"faqs[*].q", "[\"q1\",\"q2\"]"},
        {"o[\"two words\"]", "\"tw\""},
        {"[\"o\"].y", "1"},
        {"[*].y", "[1]"}, /* what has none is passed over */
        {"faqs[*].z", "[]"},
        {"o.z", NULL},
        {"x.y", NULL},
        {"faqs[2]", NULL},
    };
    static const char *const faults[] = {"", " ", ".x", "x.", "x[", "x[k]", "x y", "x..y", "3"};
    struct arena arena = {0};
    const json *root = json_parse(&arena, str_from(names), NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str what = STR("");
        const struct template_path *path = path_new(&arena, str_from(cases[i].path), &what);
        if (!path)
            fail_msg("%s: %.*s", cases[i].path, STR_ARG(what));
        const json *value = path_get(path, root, &arena);
        assert_int_equal(value != NULL, cases[i].value != NULL);
        if (value)
            assert_string_equal(json_to_str(&arena, value, JSON_COMPACT).p, cases[i].value);
    }
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        str what = STR("");
        if (path_new(&arena, str_from(faults[i]), &what))
            fail_msg("'%s' is taken for a path", faults[i]);
        assert_true(str_starts_with(what, STR("expected ")));
    }
    arena_release(&arena);
}

static void test_path_set(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value; /* NULL: does not resolve */
    } cases[] = {
        {"a", "{\"a\":\"new\",\"l\":[{\"b\":1},{\"b\":2}]}"},
        {"l[1].b", "{\"a\":0,\"l\":[{\"b\":1},{\"b\":\"new\"}]}"},
        {"l[-2]", "{\"a\":0,\"l\":[\"new\",{\"b\":2}]}"},
        {"l", "{\"a\":0,\"l\":\"new\"}"},
        {"c", NULL},
        {"a.b", NULL},
        {"l[2]", NULL},
        {"l[*].b", NULL},
    };
    static const char before[] = "{\"a\":0,\"l\":[{\"b\":1},{\"b\":2}]}";
    struct arena arena = {0};
    const json *root = json_parse(&arena, str_from(before), NULL);
    const json *value = json_new_text(&arena, STR("new"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str what;
        const struct template_path *path = path_new(&arena, str_from(cases[i].path), &what);
        const json *changed = path_set(path, root, value, &arena);
        assert_int_equal(changed != NULL, cases[i].value != NULL);
        if (changed)
            assert_string_equal(json_to_str(&arena, changed, JSON_COMPACT).p, cases[i].value);
        assert_string_equal(json_to_str(&arena, root, JSON_COMPACT).p, before);
    }
    arena_release(&arena);
}

/* Values are shared with the environment, not copied: a whole-text tag costs no memory. */
static void test_values_are_shared(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    const struct env *env = environment(&arena);
    const struct template *made = compile(&arena, "\"{{o.list}}\"", &mistakes);
    assert_ptr_equal(template_eval(made, env, &arena, NULL),
                     json_get(env_get(env, STR("o")), STR("list")));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_rendering),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_unresolved),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_literal_braces),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_bare_lines),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_mistakes_are_told),
        cmocka_unit_test(test_prompt_files),
        cmocka_unit_test(test_is_ref_and_literal),
        cmocka_unit_test(test_write_literal),
        cmocka_unit_test(test_limit_of_tags),
        cmocka_unit_test(test_limit_of_text),
        cmocka_unit_test(test_environments),
        cmocka_unit_test(test_visit),
        cmocka_unit_test(test_lone_paths),
        cmocka_unit_test(test_path_set),
        cmocka_unit_test(test_values_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
