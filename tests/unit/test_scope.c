/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_scope.c: what names stand for: who sees whom, and which members there are.
 *
 * Whole experiments again, but here what must be good is as important as what must not: a name
 * that resolves when it runs may not be refused.
 */
#include "plan/scope.h"

#include "plan/experiment.h"
#include "plan/experiment_scores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* Lines 1 to 5; the variant's body follows in line 7, indented by 4. */
#define HEAD                                                                                   \
    "dataset: {samples: [{id: 1, text: t, docs: [{title: a}], expected: x}]}\n"                \
    "vars: {n: 4, text_of_vars: t}\n"                                                          \
    "models: {m: {provider: openai, model: x, capabilities: {schema: prompt}}}\n"              \
    "defaults: {model: m}\n"                                                                   \
    "nodes: {shared: {value: \"{{seen}}\"}}\n"                                                 \
    "variants:\n"
#define SCORE "score: {s: {equals: x}}\n"
#define FAQ                                                                                    \
    "call: {prompt: {user: hi}, schema: {title: faq, type: object, additionalProperties: "     \
    "false, properties: {n: {type: integer}, list: {type: array, items: {type: object, "       \
    "properties: {q: {type: string}, tags: {type: array}}}}, any: {}}}}"

struct scope_case {
    const char *about, *variant;
    const char *messages; /* NULL: good */
};

/* clang-format off */
static const struct scope_case cases[] = {
    {"inputs, vars and earlier steps", "{chain: {a: {value: \"{{text}} {{n}}\"}, b: {value: \"{{a}}\"}}}", NULL},
    {"an inner name hides an outer one",
     "{chain: {a: {value: 1}, b: {chain: {a: {value: 2}, c: {value: \"{{a}}\"}}}}}", NULL},
    {"item, index and index of the outer map",
     "{map: {over: \"{{docs}}\", each: {map: {over: [\"{{item.title}}\", \"{{index}}\"], as: part, each: {value: \"{{item}} {{part}} {{index}}\"}}}}}",
     NULL},
    {"names end with their pattern",
     "{chain: {a: {chain: {inner: {value: 1}}}, b: {value: \"{{inner}}\"}}}",
     "x.yaml:7:62: name 'inner' is not known here; in scope: text, docs, n, text_of_vars, a"},
    {"an item is not seen outside",
     "{chain: {a: {map: {over: [1], as: it, each: {value: 1}}}, b: {value: \"{{it}}\"}}}",
     "x.yaml:7:78: name 'it' is not known here; in scope: text, docs, n, text_of_vars, a"},
    {"over does not see the item",
     "{map: {over: \"{{item}}\", each: {value: 1}}}",
     "x.yaml:7:22: name 'item' is not known here; in scope: text, docs, n, text_of_vars"},
    {"with is evaluated outside and seen inside, by gates too",
     "{value: \"{{a}} {{b}} {{text}}\", with: {a: \"{{text}}\", b: 2, text: 3}, gate: [{of: \"{{a}}\", equals: \"{{b}}\"}]}",
     NULL},
    {"names of one with do not see each other",
     "{value: 1, with: {a: 1, b: \"{{a}}\"}}",
     "x.yaml:7:36: name 'a' is not known here; in scope: text, docs, n, text_of_vars"},
    {"a shared node sees what its place sees", "{map: {over: [1], as: seen, each: {use: shared}}}", NULL},
    {"or does not", "{use: shared}",
     "x.yaml:5:28: name 'seen' is not known here; in scope: text, docs, n, text_of_vars"},
    {"by with", "{use: shared, with: {seen: 1}}", NULL},
    {"a gate sees the value", "{value: {x: 1}, gate: [{of: \"{{value.x}}\", equals: 1}]}", NULL},
    {"and its members", "{value: {x: 1}, gate: [{of: \"{{value.y}}\", equals: 1}]}",
     "x.yaml:7:37: name 'value' has no member 'y'; it has: x"},
    {"the node itself does not", "{value: \"{{value}}\"}",
     "x.yaml:7:17: name 'value' is not known here; in scope: text, docs, n, text_of_vars"},
    {"a gate's operand does not see the answer", "{value: 1, gate: [{equals: \"{{expected}}\"}]}",
     "x.yaml:7:36: 'expected' is for scores; a workflow must not see the answer"},
    {"cases see label and classification",
     "{route: {by: {value: {x: y}}, label: \"{{classification.x}}\", cases: {a: {value: \"{{label}} {{classification.x}}\"}}, fallback: {value: \"{{label}}\"}}}",
     NULL},
    {"label sees the classification alone",
     "{route: {by: {value: y}, label: \"{{label}}\", cases: {a: {value: 1}}}}",
     "x.yaml:7:41: name 'label' is not known here; in scope: text, docs, n, text_of_vars, classification"},
    {"the classifier sees neither", "{route: {by: {value: \"{{label}}\"}, cases: {a: {value: 1}}}}",
     "x.yaml:7:30: name 'label' is not known here; in scope: text, docs, n, text_of_vars"},
    {"a label is text", "{route: {by: {value: y}, cases: {a: {value: \"{{label.x}}\"}}}}",
     "x.yaml:7:53: name 'label' yields text, which has no members; expected {{label}}, or a schema on the call"},
    {"members by the schema",
     "{chain: {f: {" FAQ "}, g: {value: [\"{{f.n}} {{f.list[0].q}} {{f.list[*].tags[*]}} {{f.any.thing[3]}}\", \"{{f.list[-1].tags[0].x}}\"]}}}", NULL},
    {"a member that it has not",
     "{chain: {f: {" FAQ "}, g: {value: \"{{f.list[*].a}}\"}}}",
     "x.yaml:7:268: step 'f' has no member 'a'; schema faq has: q, tags"},
    {"not even with a default",
     "{chain: {f: {" FAQ "}, g: {value: \"{{f.lst | default(null)}}\"}}}",
     "x.yaml:7:268: step 'f' has no member 'lst'; schema faq has: n, list, any; did you mean 'list'?"},
    {"through a map",
     "{chain: {f: {" FAQ "}, g: {map: {over: \"{{f.list}}\", as: e, each: {value: \"{{e.q}} {{e.z}}\"}}}}}",
     "x.yaml:7:316: name 'e' has no member 'z'; schema faq has: q, tags"},
    {"through a map's results",
     "{chain: {m: {map: {over: [1], each: {value: {a: 1}}}}, g: {value: \"{{m[0].a}} {{m[*].b}} {{m.c}}\"}}}",
     "x.yaml:7:86: step 'm' has no member 'b'; it has: a\n"
     "x.yaml:7:97: step 'm' has no members at this place; it is a list, whose items are reached by [0] or [*]"},
    {"through values", "{chain: {v: {value: {a: {b: \"{{text}}\"}, l: [1]}}, g: {value: \"{{v.a.b.c}} {{v.l[0]}} {{v.a.x}}\"}}}",
     "x.yaml:7:94: step 'v' has no member 'x'; it has: b"},
    {"text around references is text",
     "{chain: {v: {value: {a: \"x{{text}}\"}}, g: {value: \"{{v.a.b}}\"}}}",
     "x.yaml:7:59: step 'v' has no members at this place; it is a text"},
    {"a transformed reply may be anything",
     "{chain: {c: {call: {prompt: {user: hi}, transform: [json]}}, g: {value: \"{{c.x[0]}}\"}}}", NULL},
    {"cases that yield different things are anything",
     "{chain: {r: {route: {by: {value: x}, cases: {a: {value: {x: 1}}, b: {value: {y: 1}}}}}, g: {value: \"{{r.x}}\"}}}", NULL},
    {"cases that all yield text",
     "{chain: {r: {route: {by: {value: x}, cases: {a: {call: {prompt: {user: hi}}}, b: {call: {prompt: {user: hi}}}}}}, g: {value: \"{{r.x}}\"}}}",
     "x.yaml:7:134: step 'r' yields text, which has no members; expected {{r}}, or a schema on the call"},
    {"a key by name", "{chain: {f: {" FAQ "}, g: {value: \"{{f[text]}}\"}}}", NULL},
    {"whose name is not known", "{value: \"{{docs[k]}}\"}",
     "x.yaml:7:17: name 'k' is not known here; in scope: text, docs, n, text_of_vars"},
    {"a key by the answer's name", "{value: \"{{docs[expected]}}\"}",
     "x.yaml:7:17: 'expected' is for scores; a workflow must not see the answer"},
    {"loops in texts",
     "{call: {prompt: {user: \"{{#each docs as d}}{{index}} {{d.title}}{{#each d.x as e}}{{e}}{{/each}}{{/each}}\"}}}", NULL},
    {"whose names end", "{call: {prompt: {user: \"{{#each docs as d}}{{/each}}{{d}}\"}}}",
     "x.yaml:7:60: name 'd' is not known here; in scope: text, docs, n, text_of_vars"},
    {"over what is no list",
     "{chain: {f: {" FAQ "}, g: {call: {prompt: {user: \"{{#each f.list as e}}{{e.q.x}}{{/each}}\"}}}}}",
     "x.yaml:7:304: name 'e' has no members at this place; it is a plain value"},
    {"a filter's default makes anything of it",
     "{chain: {f: {" FAQ "}, g: {value: {a: \"{{f.n | default(0)}}\"}}, h: {value: \"{{g.a.x}}\"}}}", NULL},
    {"json makes text of it",
     "{chain: {f: {" FAQ "}, g: {value: \"{{f | json}}\"}, h: {value: \"{{g}}\"}}}", NULL},
};
/* clang-format on */

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_open(&folder);
        str text = arena_printf(&folder.arena, "%s  v: %s\n%s", HEAD, cases[i].variant, SCORE);
        folder_write(&folder, "x.yaml", text);
        folder_read(&folder, NULL);
        const char *messages = folder_messages(&folder);
        const char *wanted = cases[i].messages ? cases[i].messages : "";
        if (strcmp(messages, wanted) != 0)
            fail_msg("%s:\n%s\nexpected:\n%s", cases[i].about, messages, wanted);
        folder_close(&folder);
    }
}

/* Scores see inputs, the answer, the output, and with `step` what the step saw. */
static void test_scores(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    folder_good(
        &folder,
        HEAD "  a: {chain: {m: {map: {over: \"{{docs}}\", as: doc, each: {value: {x: 1}}}}}}\n"
             "  b: {route: {by: {value: x}, cases: {X y: {value: 1}}}}\n"
             "score:\n"
             "  whole: {of: \"{{output.m}}\", equals: \"{{expected}} {{text}} {{metadata}}\"}\n"
             "  item: {step: \"m[*]\", of: \"{{value.x}}\", equals: \"{{index}} {{doc.title}} "
             "{{expected_steps.m[index] | default(null)}}\"}\n"
             "  first: {step: \"m[0]\", of: \"{{doc}}\", equals: 1}\n"
             "  root: {step: ., equals: 1}\n"
             "  by: {step: by, of: \"{{label}}\", equals: \"{{tags}}\"}\n"
             "  case: {step: '[\"X y\"]', equals: \"{{label}} {{classification}}\"}\n"
             "  any_case: {step: \"[*]\", equals: 1}\n");
    const struct experiment *experiment = folder.experiment;
    static const bool applies[][2] = {{true, true}, {true, false}, {true, false},
                                      {true, true}, {false, true}, {false, true}};
    for (size_t i = 0; i < sizeof applies / sizeof applies[0]; i++)
        for (size_t v = 0; v < 2; v++)
            assert_int_equal(experiment->score[i].applies[v], applies[i][v]);
    assert_true(experiment->score[0].weight > 0);
    assert_true(experiment->score[1].weight <= 0);
    folder_close(&folder);
}

struct path_case {
    const char *pattern, *path;
    bool same;
};

static const struct path_case paths[] = {
    {".", ".", true},
    {".", "a", false},
    {"a", ".", false},
    {"a", "a", true},
    {"a", "ab", false},
    {"a.b", "a.b", true},
    {"a.b", "a", false},
    {"a", "a.b", false},
    {"a[*].b", "a[17].b", true},
    {"a[*].b", "a[*].b", true},
    {"a[2].b", "a[2].b", true},
    {"a[2].b", "a[3].b", false},
    {"a[2].b", "a[*].b", true},
    {"[*].answer", "billing.answer", true},
    {"[*].answer", "[\"Technical Support\"].answer", true},
    {"[\"a.b]\"].c", "[\"a.b]\"].c", true},
    {"[\"a\\\"]\"].c", "[\"a\\\"]\"].c", true},
    {"[\"x\"]", "[\"y\"]", false},
};

/* Step paths of scores against those of steps. */
static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (step_path_matches(str_from(paths[i].pattern), str_from(paths[i].path)) !=
            paths[i].same)
            fail_msg("%s against %s", paths[i].pattern, paths[i].path);
}

/* Segments and generic paths. */
static void test_segments(void **state)
{
    (void)state;
    static const char *const generic[][2] = {
        {"", ""},
        {"a.b", "a.b"},
        {"faqs[2].answer", "faqs[*].answer"},
        {"a[0][12]", "a[*][*]"},
        {"[\"[0]\"].x[1]", "[\"[0]\"].x[*]"},
        {"[\"\\\"[0]\"][1]", "[\"\\\"[0]\"][*]"},
        {"a[", "a["},
        {"a[1", "a[1"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof generic / sizeof generic[0]; i++)
        assert_string_equal(path_generic(&arena, str_from(generic[i][0])).p, generic[i][1]);
    assert_string_equal(path_segment(&arena, STR("billing")).p, "billing");
    assert_string_equal(path_segment(&arena, STR("two \"words\"")).p,
                        "[\"two \\\"words\\\"\"]");
    assert_string_equal(path_append(&arena, STR("a"), STR("b")).p, "a.b");
    assert_string_equal(path_append(&arena, STR("a"), STR("[0]")).p, "a[0]");
    assert_string_equal(path_append(&arena, STR(""), STR("b")).p, "b");
    assert_string_equal(path_append(&arena, STR("a"), STR("")).p, "a");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
