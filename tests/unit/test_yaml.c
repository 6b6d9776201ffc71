/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_yaml.c: YAML 1.2 with the language's limits, and where everything stands.
 */
#include "base/yaml.h"

#include "base/ceilings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants those four before it */
#include <cmocka.h>

static const struct yaml *parse(struct arena *arena, str text, struct mistakes *mistakes)
{
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("x.yaml"), text};
    return yaml_parse(arena, source, &yaml_file_limits, mistakes);
}

/* ---- values ---- */

#define F64 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void test_core_schema(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"yes", "\"yes\""},
        {"on", "\"on\""},
        {"Off", "\"Off\""},
        {"y", "\"y\""},
        {"true", "true"},
        {"True", "true"},
        {"FALSE", "false"},
        {"tRue", "\"tRue\""},
        {"null", "null"},
        {"Null", "null"},
        {"~", "null"},
        {"{a: }", "{\"a\":null}"},
        {"1", "1"},
        {"-1", "-1"},
        {"+7", "7"},
        {"007", "7"},
        {"1e3", "1000"},
        {"1E-2", "0.01"},
        {".5", "0.5"},
        {"-.5e1", "-5"},
        {"5.", "5"},
        {"0x10", "16"},
        {"0xfF", "255"},
        {"0o17", "15"},
        {"0x", "\"0x\""},
        {"0xg", "\"0xg\""},
        {"0o8", "\"0o8\""},
        {"0b1", "\"0b1\""},
        {"1_000", "\"1_000\""},
        {"12:30", "\"12:30\""},
        {"2026-01-01", "\"2026-01-01\""},
        {"1e", "\"1e\""},
        {"1e400", "\"1e400\""}, /* no double */
        {"0x" F64 F64 F64 F64, "\"0x" F64 F64 F64 F64 "\""},
        {".", "\".\""},
        {"-", "[null]"},
        {"+", "\"+\""},
        {"1.2.3", "\"1.2.3\""},
        {"'1'", "\"1\""},
        {"\"true\"", "\"true\""},
        {"'~'", "\"~\""},
        {"''", "\"\""},
        {"|\n 5\n", "\"5\\n\""},
        {"'it''s'", "\"it's\""},
        {"\"a\\tb\\u00e4\\x41\\\"\"", "\"a\\tb\xc3\xa4"
                                      "A\\\"\""},
        {"\"a\\0b\"", "\"a\xef\xbf\xbd"
                      "b\""},
        {"{3: x, true: y, ~: z, 1.5: v}",
         "{\"3\":\"x\",\"true\":\"y\",\"~\":\"z\",\"1.5\":\"v\"}"}, /* keys are texts */
        {"[a, [b], {c: d}]", "[\"a\",[\"b\"],{\"c\":\"d\"}]"},
        {"- a\n-\n  - b\n", "[\"a\",[\"b\"]]"},
        {"a: |\n  one\n   two\n\n  three\nb: >-\n  x\n  y\n",
         "{\"a\":\"one\\n two\\n\\nthree\\n\",\"b\":\"x y\"}"},
        {"a: b # no\n", "{\"a\":\"b\"}"},
        {"a: b#c\n", "{\"a\":\"b#c\"}"},
        {"--- a\n...\n", "\"a\""},
        {"%YAML 1.1\n---\n[yes, 010]\n", "[\"yes\",10]"}, /* 1.2 whatever it says */
        {"a: &x [1, 2]\nb: *x\n", "{\"a\":[1,2],\"b\":[1,2]}"},
        {"[&x a, *x, &x b, *x]", "[\"a\",\"a\",\"b\",\"b\"]"}, /* the last anchor counts */
        {"? a\n: b\n", "{\"a\":\"b\"}"},
        {"a:\r\n  - b\r\n  - c\r\n", "{\"a\":[\"b\",\"c\"]}"},
        {"\xef\xbb\xbf"
         "a: b\n",
         "{\"a\":\"b\"}"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct yaml *root = parse(&arena, str_from(cases[i].yaml), &mistakes);
        str got = root ? json_to_str(&arena, yaml_to_json(&arena, root), JSON_COMPACT)
                       : mistakes_text(&mistakes);
        if (strcmp(got.p, cases[i].json) != 0) {
            print_error("%s\ngives    %s\nexpected %s\n", cases[i].yaml, got.p, cases[i].json);
            wrong++;
        }
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

/* ---- places ---- */

static void list_places(struct buf *out, const struct yaml *node)
{
    buf_printf(out, "%u:%u", node->place.line, node->place.col);
    if (node->kind == YAML_MAPPING) {
        buf_add_char(out, '{');
        for (size_t i = 0; i < node->count; i++) {
            const struct yaml_pair *pair = &node->pair[i];
            buf_printf(out, "%s%.*s@%u:%u=", i ? " " : "", STR_ARG(pair->key),
                       pair->key_place.line, pair->key_place.col);
            list_places(out, pair->value);
        }
        buf_add_char(out, '}');
    } else if (node->kind == YAML_LIST) {
        buf_add_char(out, '[');
        for (size_t i = 0; i < node->count; i++) {
            if (i)
                buf_add_char(out, ' ');
            list_places(out, node->item[i]);
        }
        buf_add_char(out, ']');
    }
}

/* Keys and values stand where a person would point: at quotes, '|', '*' of an alias is its
 * anchor's value; columns count code points. */
static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *places;
    } cases[] = {
        {"a: b\n", "1:1{a@1:1=1:4}"},
        {"a:\n  b: c\n  d:\n  - e\n  - f: g\n", "1:1{a@1:1=2:3{b@2:3=2:6 d@3:3=4:3[4:5 "
                                                "5:5{f@5:5=5:8}]}}"},
        {"\xc3\xa4: {\xe2\x82\xac: \"\xf0\x9f\x98\x80\", z: 1}\n",
         "1:1{\xc3\xa4@1:1=1:4{\xe2\x82\xac@1:5=1:8 z@1:13=1:16}}"},
        {"[a, 'b', \"c\",\n d]", "1:1[1:2 1:5 1:10 2:2]"},
        {"'k': 'v'\n\"l\": \"w\"\n", "1:1{k@1:1=1:6 l@2:1=2:6}"},
        {"a:\tb\nc: [x,\ty]\n", "1:1{a@1:1=1:4 c@2:1=2:4[2:5 2:8]}"}, /* a tab is one column */
        {"a: |\n  x\nb: >-   # c | d\n  y\nc: |2\n   z\nd: |\n\n\n  w\n",
         "1:1{a@1:1=1:4 b@3:1=3:4 c@5:1=5:4 d@7:1=7:4}"},
        {"- |\n  x\n- > # a\n  y\n", "1:1[1:3 3:3]"},
        {"a > b: |\n  x\n", "1:1{a > b@1:1=1:8}"},
        {"a: &x \"q\"\nb: *x\n", "1:1{a@1:1=1:7 b@2:1=1:7}"},
        {"a:\nb:\nc: 1\n", "1:1{a@1:1=1:1 b@2:1=2:1 c@3:1=3:4}"}, /* empty: the key's */
        {"[{a: }, x]", "1:1[1:2{a@1:3=1:3} 1:9]"},
        {"\xef\xbb\xbf"
         "a: \"b\"\n",
         "1:1{a@1:1=1:4}"},
        {"a:\r\n  b: 'c'\r\n", "1:1{a@1:1=2:3{b@2:3=2:6}}"},
        {"# c\n---\n# d\na: 1\n", "4:1{a@4:1=4:4}"},
        {"a: \"one\n  two\"\nb: 1\n", "1:1{a@1:1=1:4 b@3:1=3:4}"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct yaml *root = parse(&arena, str_from(cases[i].yaml), &mistakes);
        struct buf out = {0};
        if (root)
            list_places(&out, root);
        else
            buf_add_str(&out, mistakes_text(&mistakes));
        if (strcmp(out.p, cases[i].places) != 0) {
            print_error("%s\ngives    %s\nexpected %s\n", cases[i].yaml, out.p,
                        cases[i].places);
            wrong++;
        }
        buf_release(&out);
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

/* A tag's place is found in every style of scalar, escapes and line breaks counted as written. */
static void test_tag_places(void **state)
{
    (void)state;
    static const struct {
        const char *yaml; /* key a holds the scalar */
        size_t nth, after;
        unsigned line, col;
    } cases[] = {
        {"a: x {{y}} {{z}}", 0, 0, 1, 6},
        {"a: x {{y}} {{z}}", 1, 2, 1, 14},
        {"a: '{{y}}'", 0, 2, 1, 7},
        {"a: \"{{y}}\"", 0, 2, 1, 7},
        {"a: \"\xc3\xa4\xe2\x82\xac {{y}}\"", 0, 0, 1, 8},
        {"\xc3\xa4: 1\na: \"\\u00e4\\n {{y}}\"", 0, 2, 2, 16},
        {"a: \"{{o[\\\"k\\\"].y}}\"", 0, 9, 1, 16}, /* to the y, behind two escapes */
        {"a: \"{{o[\\\"\\xe4\\u00e4\\U000000e4\\\"].y}}\"", 0, 11, 1, 35},
        {"a: '{{o[\"it''s\"].y}}'", 0, 12, 1, 18},
        {"a: |\n  one\n  \xc3\xa4 {{y}}\n", 0, 2, 3, 7},
        {"a: |\n  {{x\n  | json}}\n", 0, 6, 3, 5},
        {"a: >\n  one\n\n  two {{y}}\n  {{z}}\n", 1, 0, 5, 3},
        {"a: \"one\n  two {{y}}\"", 0, 0, 2, 7},
        {"a: \"one\\\n  two {{y}}\"", 0, 0, 2, 7},
        {"a: &k \"x {{y}}\"", 0, 2, 1, 12},
        {"a: '{{'", 5, 0, 1, 4}, /* no such tag: the scalar */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct yaml *root = parse(&arena, str_from(cases[i].yaml), &mistakes);
        const struct yaml *scalar = yaml_get(root, STR("a"));
        assert_non_null(scalar);
        struct place place = yaml_tag_place(scalar, cases[i].nth, cases[i].after);
        if (place.line != cases[i].line || place.col != cases[i].col)
            fail_msg("%s: %u:%u, expected %u:%u", cases[i].yaml, place.line, place.col,
                     cases[i].line, cases[i].col);
        arena_release(&arena);
    }
    struct arena arena = {0};
    struct place made = {NULL, 3, 4};
    struct place place = yaml_tag_place(yaml_new_text(&arena, made, STR("{{x}}")), 0, 2);
    assert_int_equal(place.col, 4);
    arena_release(&arena);
}

/* ---- mistakes ---- */

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"a: 1\nchain:\n  draft: 1\n  b: 2\n  draft: 3\n",
         "x.yaml:5:3: duplicate key 'draft'; it was first given at line 3\n"},
        {"{a: 1, 'a': 2}", "x.yaml:1:8: duplicate key 'a'; it was first given at line 1\n"},
        {"3: 1\n'3': 2\n", "x.yaml:2:1: duplicate key '3'; it was first given at line 1\n"},
        {"a: &x {b: 1}\nc:\n  <<: *x\n",
         "x.yaml:3:3: merge keys are not part of YAML 1.2; expected 'extends' in a variant, or "
         "'use' for a shared node\n"},
        {"a: !foo x\n", "x.yaml:1:4: tags are not allowed here; expected a plain value\n"},
        {"a: !!int 3\n", "x.yaml:1:4: tags are not allowed here"},
        {"!!str a: 3\n", "x.yaml:1:1: tags are not allowed here"},
        {"- ! x\n", "x.yaml:1:3: tags are not allowed here"},
        {"a: *nope\n", "x.yaml:1:4: alias 'nope' has no anchor before it; expected &nope at a value above\n"},
        {"a: &x [1, *x]\n", "x.yaml:1:11: alias 'x' stands inside itself\n"},
        {"a: &x\n  b: *x\n", "x.yaml:2:6: alias 'x' stands inside itself\n"},
        {"? [a]\n: b\n", "x.yaml:1:3: a key must be a text\n"},
        {"? {a: b}\n: c\n", "x.yaml:1:3: a key must be a text\n"},
        {"a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document; expected one\n"},
        {"--- a\n--- b\n", "x.yaml:2:1: a second document; expected one\n"},
        {"", "x.yaml:1:1: the file is empty\n"},
        {"# nothing\n\n", "x.yaml:1:1: the file is empty\n"},
        {"a: \"\xff\"\n", "x.yaml:1:5: byte 0xff is not UTF-8; expected a UTF-8 file\n"},
        {"\xc3\xa4: 1\nb: \xc3\n", "x.yaml:2:4: byte 0xc3 is not UTF-8"},
        {"a: \xed\xa0\x80\n", "x.yaml:1:4: byte 0xed is not UTF-8"},
        {"a: b\x01\n", "x.yaml:1:5: not YAML: control character 0x01"},
        {"\tx: 1\n", "x.yaml:1:1: not YAML: "},
        {"a:\n\tb: 1\n", "x.yaml:2:1: not YAML: tab character may not be used as indentation; "
                         "expected spaces\n"},
        {"a: [1, 2\nb: 3\n", "x.yaml:2:5: not YAML: flow sequence without a closing bracket\n"},
        {"a: {b: 1\n", "x.yaml:1:9: not YAML: "},
        {"a: b: c\n", "x.yaml:1:5: not YAML: "},
        {"a: 1\n b: 2\n", "x.yaml:1:4: not YAML: "},
        {"- a\nb: 1\n", "x.yaml:2:1: not YAML: "},
        {"a: 1\nb: \"open\n", "x.yaml:2:5: not YAML: double-quoted scalar without closing"},
        {"a: 'open\n", "x.yaml:1:5: not YAML: single-quoted scalar without closing"},
        {"a: 'x'y\n", "x.yaml:1:7: not YAML: "},
        {"a: @x\n", "x.yaml:1:4: not YAML: plain scalar cannot start with '@'\n"},
        {"a: \"\\q\"\n", "x.yaml:1:5: not YAML: invalid escape 'q' in double-quoted string\n"},
        {"\xc3\xa4: [\xe2\x82\xac, }\n", "x.yaml:1:8: not YAML: "},
        {"}\n", "x.yaml:1:1: not YAML: "},
        {"a: }\n", "x.yaml:1:4: not YAML: "},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena = {0};
        struct mistakes mistakes;
        mistakes_init(&mistakes, &arena);
        const struct yaml *root = parse(&arena, str_from(cases[i].yaml), &mistakes);
        str text = mistakes_text(&mistakes);
        if (root || mistakes.count != 1 || !str_starts_with(text, str_from(cases[i].message))) {
            print_error("%s\ngives    %s\nexpected %s\n", cases[i].yaml, text.p,
                        cases[i].message);
            wrong++;
        }
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

/* Reading goes on after a duplicate or merge key: all of them are told. */
static void test_all_mistakes_are_told(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    assert_null(parse(&arena, STR("a: 1\na: 2\nb: {<<: {}, c: 1, c: 2}\na: 3\n"), &mistakes));
    assert_int_equal(mistakes.count, 4);
    arena_release(&arena);
}

/* ---- limits ---- */

static bool parses(str text, const char *message)
{
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    const struct yaml *root = parse(&arena, text, &mistakes);
    if (!root && !strstr(mistakes_text(&mistakes).p, message))
        fail_msg("%s, expected %s", mistakes_text(&mistakes).p, message);
    arena_release(&arena);
    return root != NULL;
}

static void test_depth(void **state)
{
    (void)state;
    for (int block = 0; block <= 1; block++)
        for (int depth = MAX_YAML_DEPTH; depth <= MAX_YAML_DEPTH + 1; depth++) {
            struct buf text = {0};
            for (int i = 0; i < depth; i++)
                buf_printf(&text, block ? "- " : "[");
            buf_add_str(&text, STR("x"));
            for (int i = 0; i < depth && !block; i++)
                buf_add_char(&text, ']');
            assert_int_equal(parses(buf_str(&text), "nested deeper than 64"),
                             depth == MAX_YAML_DEPTH);
            buf_release(&text);
        }
    /* what nobody closes ends at the limit as well */
    struct buf text = {0};
    for (int i = 0; i < 500000; i++)
        buf_add_char(&text, '[');
    assert_false(parses(buf_str(&text), "nested deeper than 64"));
    buf_release(&text);
}

/* An alias costs as much as what it stands for: 10 lists of 10 lists of … */
static void test_aliases_are_counted(void **state)
{
    (void)state;
    static const struct {
        int levels;
        bool fits;
    } cases[] = {{2, true}, {3, true}, {4, false}, {9, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text = {0};
        buf_add_str(&text, STR("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n"));
        for (int level = 1; level < cases[i].levels; level++) {
            buf_printf(&text, "l%d: &l%d [", level, level);
            for (int j = 0; j < 10; j++)
                buf_printf(&text, "%s*l%d", j ? ", " : "", level - 1);
            buf_add_str(&text, STR("]\n"));
        }
        assert_int_equal(
            parses(buf_str(&text), "more than 10000 values after aliases are expanded"),
            cases[i].fits);
        buf_release(&text);
    }
}

static void test_nodes(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct buf text = {0};
        for (int i = 1; i < MAX_YAML_NODES + more; i++) /* and the list itself */
            buf_add_str(&text, STR("- x\n"));
        assert_int_equal(parses(buf_str(&text), "more than 10000 values"), !more);
        buf_release(&text);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct buf text = {0};
        buf_add_str(&text, STR("a: 1\n#"));
        while (text.n < (size_t)MAX_EXPERIMENT_BYTES + (size_t)more)
            buf_add_char(&text, 'x');
        assert_int_equal(parses(buf_str(&text), "has 4194305 bytes; expected at most 4194304"),
                         !more);
        buf_release(&text);
    }
}

/* ---- changed copies ---- */

static void test_changed_copies(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct mistakes mistakes;
    mistakes_init(&mistakes, &arena);
    const struct yaml *root = parse(&arena, STR("a: 1\nb: [x, y]\nc: 3\n"), &mistakes);
    struct place place = {NULL, 0, 0};
    const struct yaml *value = yaml_new_text(&arena, place, STR("new"));
    const struct yaml *list = yaml_with_item(&arena, yaml_get(root, STR("b")), 1, value);
    const struct yaml *changed = yaml_with(&arena, root, STR("a"), place, value);
    changed = yaml_with(&arena, changed, STR("b"), place, list);
    changed = yaml_with(&arena, changed, STR("d"), place, yaml_new_mapping(&arena, place));
    changed = yaml_without(&arena, changed, STR("c"));
    assert_string_equal(json_to_str(&arena, yaml_to_json(&arena, changed), JSON_COMPACT).p,
                        "{\"a\":\"new\",\"b\":[\"x\",\"new\"],\"d\":{}}");
    assert_string_equal(json_to_str(&arena, yaml_to_json(&arena, root), JSON_COMPACT).p,
                        "{\"a\":1,\"b\":[\"x\",\"y\"],\"c\":3}");
    assert_null(yaml_get(yaml_get(root, STR("b")), STR("a")));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_schema),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_tag_places),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_mistakes_are_told),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_aliases_are_counted),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_changed_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
