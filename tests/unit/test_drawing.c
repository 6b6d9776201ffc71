/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_drawing.c: variants as trees, and what a hostile text may do to a drawing: nothing.
 */
#include "reports/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "test_arena.h"
#include "test_texts.h"

static const char definition_text[] =
    "{\"variants\": {"
    " \"flat\": {\"call\": {\"prompt\": \"p\", \"max_tokens\": 9, \"max_steps\": 8}},"
    " \"deep\": {\"description\": \"d\", \"chain\": {"
    "   \"first\": {\"call\": {}, \"gate\": [{\"exec\": [\"x\"]}]},"
    "   \"sorted\": {\"route\": {\"by\": {\"call\": {}},"
    "      \"cases\": {\"a\": {\"use\": \"shared\"}, \"b\": {\"value\": \"{{x}}\"}}}}}},"
    " \"checked\": {\"refine\": {\"generate\": {\"call\": {\"prompt\": \"p\", \"tools\": "
    "[\"a\", \"b\"]},"
    "      \"gate\": [{\"of\": \"{{value.x}}\", \"count\": 4}, {\"is-json\": true}], "
    "\"timeout\": \"5s\"},"
    "   \"evaluate\": {\"exec\": {\"run\": [\"sh\", \"./x\"], \"env\": [\"PATH\", \"LANG\"]}},"
    "   \"accept\": [{\"transform\": [\"trim\"], \"min\": 1}, {\"max\": 2}, {\"min-words\": "
    "3}, {\"max-words\": 4}]},"
    "   \"budget\": {\"tokens\": 900}, \"usable\": true},"
    " \"hostile\": {\"call\": {\"prompt\": \"a\\\"];\\nx\\\\ <b>`#;|\"}}},"
    " \"nodes\": {\"shared\": {\"chain\": {\"one\": {\"call\": {}}}}}}";

static const json *definition(void)
{
    const json *value = json_parse(&arena, str_from(definition_text), NULL);
    assert_non_null(value);
    return value;
}

static str drawn(void (*form)(struct buf *, str, const struct drawing *), const char *variant)
{
    struct drawing drawing = drawing_of(&arena, definition(), str_from(variant));
    struct buf out = {0};
    form(&out, str_from(variant), &drawing);
    str text = arena_str(&arena, buf_str(&out));
    buf_release(&out);
    return text;
}

/* Protects: every node once, below what holds it; shared nodes where they are used; checks with
 * the name of a pattern are no nodes; settings that are what they are by default are not said. */
static void test_text(void **state)
{
    (void)state;
    assert_text(drawn(drawing_as_text, "flat"), "flat\n  call (prompt p, max_tokens 9)\n");
    assert_text(drawn(drawing_as_text, "deep"), "deep\n"
                                                "  chain\n"
                                                "  ├─ first  call (gate exec x)\n"
                                                "  └─ sorted  route\n"
                                                "     ├─ by  call\n"
                                                "     ├─ a  use (shared)\n"
                                                "     │  └─ chain\n"
                                                "     │     └─ one  call\n"
                                                "     └─ b  value ({{x}})\n");
    assert_text(drawn(drawing_as_text, "none"), "none\n");
}

/* Protects: what makes two variants differ is seen in their drawings, also where it is a gate, what a loop
 * accepts, a deadline or a budget. */
static void test_checks(void **state)
{
    (void)state;
    assert_text(drawn(drawing_as_text, "checked"),
                "checked\n"
                "  refine (accept min 1 and max 2 and min-words 3 and 1 more, budget tokens "
                "900, usable)\n"
                "  ├─ generate  call (prompt p, tools a b, gate {{value.x}} count 4 and "
                "is-json, timeout 5s)\n"
                "  └─ evaluate  exec (run sh ./x)\n");
}

static void test_graphs(void **state)
{
    (void)state;
    assert_text(drawn(drawing_as_dot, "flat"),
                "digraph \"flat\" {\n  rankdir = LR;\n  node [shape = box];\n"
                "  n0 [label = \"call (prompt p, max_tokens 9)\"];\n}\n");
    str deep = drawn(drawing_as_dot, "deep");
    assert_true(str_contains(deep, STR("  n2 -> n4;\n"))); /* the route has the case a */
    deep = drawn(drawing_as_mermaid, "deep");
    assert_true(str_contains(deep, STR("  n4[\"a: use (shared)\"]\n  n2 --> n4\n")));
}

/* Protects: a text ends neither a label nor a line of either language. */
static void test_hostile(void **state)
{
    (void)state;
    assert_text(drawn(drawing_as_dot, "hostile"),
                "digraph \"hostile\" {\n  rankdir = LR;\n  node [shape = box];\n"
                "  n0 [label = \"call (prompt a\\\"];\\\\nx\\\\ <b>`#;|)\"];\n}\n");
    assert_text(drawn(drawing_as_mermaid, "hostile"),
                "---\ntitle: \"hostile\"\n---\nflowchart LR\n"
                "  n0[\"call (prompt a#34;]#59;#92;nx#92; #60;b#62;#96;#35;#59;#124;)\"]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_checks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_graphs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
