/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_pattern_orchestrate.c: what a planner may write and what becomes of it, and mistakes in
 * an experiment's `orchestrate`. Runs are in tests/e2e/test_e2e_orchestrate.c.
 */
#include "patterns/orchestrate_plan.h"
#include "patterns/patterns.h"
#include "patterns/similar.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/experiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "unit/test_experiment_folder.h"

/* ---- plans ---- */

static const str types[] = {STR_INIT("order"), STR_INIT("invoice")};
static const str number_member = STR_INIT("number");
static const struct opt_texts needs[] = {{NULL, 0}, {&number_member, 1}};

static struct plan_rules rules_new(struct arena *arena)
{
    struct plan_rules rules = {0};
    opt_defaults(plan_rules_options, arena, &rules);
    rules.most = 5;
    return rules;
}

static struct plan_rules typed(struct arena *arena)
{
    struct plan_rules rules = rules_new(arena);
    rules.type = STR("type");
    rules.worker = types;
    rules.workers = 2;
    rules.needs = needs;
    return rules;
}

static struct plan_rules ordered(struct arena *arena)
{
    struct plan_rules rules = rules_new(arena);
    rules.after = STR("after");
    return rules;
}

/* "[0 1@1<0] -2 a duplicate of task 0; cut 3 !problem": kept tasks with worker or layer and
 * needs, dropped ones, those cut off, problems. */
static const char *read_plan(struct arena *arena, const struct plan_rules *rules,
                             const char *text)
{
    struct task_plan plan;
    struct buf out = {0};
    const json *tasks = json_parse(arena, str_from(text), NULL);
    assert_non_null(tasks);
    task_plan_read(&plan, rules, tasks, arena);
    for (size_t i = 0; i < plan.count && plan.problems == 0; i++) {
        const struct plan_task *task = &plan.task[i];
        buf_printf(&out, "%s%zu", i ? " " : "", task->position);
        if (rules->type.n)
            buf_printf(&out, ":%.*s", STR_ARG(rules->worker[task->worker]));
        if (rules->after.n)
            buf_printf(&out, "@%zu", task->layer);
        for (size_t k = 0; k < task->needs; k++)
            buf_printf(&out, "%s%zu", k ? "," : "<", task->need[k]);
    }
    for (size_t i = 0; i < plan.drops; i++)
        buf_printf(&out, " -%zu %.*s", plan.dropped[i].position, STR_ARG(plan.dropped[i].why));
    if (plan.cut)
        buf_printf(&out, " cut %zu", plan.cut);
    for (size_t i = 0; i < plan.problems; i++)
        buf_printf(&out, "!%.*s", STR_ARG(plan.problem[i]));
    const char *result = arena_str(arena, buf_str(&out)).p;
    buf_release(&out);
    return result ? result : "";
}

#define assert_plan(rules, text, becomes)                                                      \
    assert_string_equal(read_plan(&arena, &(rules), (text)), (becomes))

/* Anything but a list of the right number of tasks is a problem, never a crash. */
static void test_forms(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = rules_new(&arena);
    assert_plan(rules, "\"First, I would look at\"",
                "!the plan is a text; expected a list of tasks");
    assert_plan(rules, "null", "!the plan is null; expected a list of tasks");
    assert_plan(rules, "[]", "!the plan has no tasks");
    assert_plan(rules, "[\"a\", {\"x\": 1}]", "0 1");
    assert_plan(rules, "[\"a\", 3, [], null]",
                "!task 1 is a number; expected an object or a text"
                "!task 2 is a list; expected an object or a text"
                "!task 3 is null; expected an object or a text");
    assert_plan(rules, "[1, 2, 3, 4, 5, 6]", "!the plan has 6 tasks; expected at most 5");
    rules.empty = EMPTY_ALLOW;
    rules.too_many = TOO_MANY_CUT;
    assert_plan(rules, "[]", "");
    assert_plan(rules, "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]", "0 1 2 3 4 cut 2");
    arena_release(&arena);
}

/* Typed tasks find their worker, have what it needs, or are told. */
static void test_types(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = typed(&arena);
    assert_plan(rules, "[{\"type\":\"invoice\",\"number\":7},{\"type\":\"order\"}]",
                "0:invoice 1:order");
    assert_plan(rules, "[{\"type\":\"invoice\",\"number\":null},{\"type\":\"invoice\"}]",
                " -1 a duplicate of task 0!task 0: 'number' is missing for invoice"
                "!task 1: 'number' is missing for invoice");
    arena_release(&arena);
}

/* A task of unknown type is a problem, or dropped; a plan of which nothing is left is not valid. */
static void test_unknown_types(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = typed(&arena);
    assert_plan(rules,
                "[{\"type\":\"order\"},{\"type\":\"refund\\u001b[2J\"},{\"kind\":1},\"x\"]",
                "!task 1: no worker has the type 'refund\\e[2J'"
                "!task 2: it has no type in 'type'"
                "!task 3 is a text; expected an object");
    rules.unknown_type = UNKNOWN_DROP;
    assert_plan(rules, "[{\"type\":\"order\"},{\"type\":\"Order\"},{\"kind\":1}]",
                "0:order -1 no worker has the type 'Order' -2 it has no type in 'type'");
    assert_plan(rules, "[{\"type\":\"x\"}]",
                " -0 no worker has the type 'x'!the plan has no task left: all were dropped");
    arena_release(&arena);
}

/* Every task conforms to `task`. */
static void test_schema(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = rules_new(&arena);
    const json *schema =
        json_parse(&arena, STR("{\"type\":\"object\",\"required\":[\"a\"]}"), NULL);
    rules.task = jsonschema_new(&arena, schema, NULL);
    assert_non_null(rules.task);
    assert_plan(rules, "[{\"a\":1}]", "0");
    const char *is = read_plan(&arena, &rules, "[{\"a\":1},{\"b\":1},\"x\"]");
    assert_non_null(strstr(is, "!task 1: at the top: "));
    assert_non_null(strstr(is, "!task 2: at the top: "));
    arena_release(&arena);
}

/* Duplicates by equality, by words in any order and case, by a share of words; three settings. */
static void test_duplicates(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = rules_new(&arena);
    assert_plan(rules, "[\"Find the cost\",\"the COST find\",\"find cost\"]",
                "0 2 -1 a duplicate of task 0");
    assert_plan(rules, "[{\"a\":1,\"b\":\"x\"},{\"b\":\"x\",\"a\":1.0},{\"a\":2,\"b\":\"x\"}]",
                "0 2 -1 a duplicate of task 0");
    assert_plan(rules, "[{},{},{\"a\":null}]", "0 2 -1 a duplicate of task 0");
    rules.overlap = 0.6;
    assert_plan(rules, "[\"a b c\",\"a b\",\"a\"]", "0 2 -1 a duplicate of task 0");
    rules.overlap = 0.67; /* two of three words are less */
    assert_plan(rules, "[\"a b c\",\"a b\"]", "0 1");
    rules.duplicates = DUPLICATES_FAIL;
    assert_plan(rules, "[\"a\",\"a\",\"b\",\"a\"]",
                "!task 1 is a duplicate of task 0!task 3 is a duplicate of task 0");
    rules.duplicates = DUPLICATES_ALLOW;
    assert_plan(rules, "[\"a\",\"a\"]", "0 1");
    arena_release(&arena);
}

/* Layers: each task one after the latest it needs, whatever order the plan has them in. */
static void test_layers(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = ordered(&arena);
    assert_plan(rules, "[\"a\",{\"x\":1},{\"x\":2,\"after\":null}]", "0@0 1@0 2@0");
    assert_plan(rules, "[{\"x\":1,\"after\":[1,2]},{\"x\":2,\"after\":2},{\"x\":3}]",
                "0@2<1,2 1@1<2 2@0");
    assert_plan(rules,
                "[{\"id\":\"c\",\"x\":1,\"after\":[\"a\",\"b\",\"a\"]},{\"id\":\"a\",\"x\":2},"
                "{\"id\":\"b\",\"x\":3,\"after\":\"a\"}]",
                "0@2<1,2 1@0 2@1<1");
    /* ids go before positions, and 1 and "1" are the same name */
    assert_plan(rules, "[{\"id\":1,\"x\":1},{\"id\":0,\"x\":2,\"after\":[\"1\"]}]",
                "0@0 1@1<0");
    /* a dropped duplicate stands for the one that was kept; ids make no difference */
    assert_plan(rules,
                "[{\"id\":1,\"x\":\"a\"},{\"id\":2,\"x\":\"a\"},{\"id\":3,\"x\":\"b\","
                "\"after\":[2]}]",
                "0@0 2@1<0 -1 a duplicate of task 0");
    arena_release(&arena);
}

/* What cannot be ordered is a problem that names the tasks. */
static void test_order_problems(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct plan_rules rules = ordered(&arena);
    assert_plan(rules, "[{\"x\":1,\"after\":[0]}]", "!task 0 needs itself");
    assert_plan(rules,
                "[{\"x\":1,\"after\":[1]},{\"x\":2,\"after\":[2]},{\"x\":3,\"after\":[1]}]",
                "!tasks wait for each other in a circle: 1, 2, 1");
    assert_plan(rules, "[{\"x\":1,\"after\":[9,\"y\",-1,{},1.5]}]",
                "!task 0 needs '9', which is no task of the plan"
                "!task 0 needs 'y', which is no task of the plan"
                "!task 0 needs '-1', which is no task of the plan"
                "!task 0 needs '{}', which is no task of the plan"
                "!task 0 needs '1.5', which is no task of the plan");
    assert_plan(rules, "[{\"id\":1,\"x\":1},{\"id\":1,\"x\":2}]",
                "!tasks 0 and 1 have the same id '1'");
    struct plan_rules both = typed(&arena);
    both.after = STR("after");
    both.unknown_type = UNKNOWN_DROP;
    assert_plan(both, "[{\"type\":\"x\"},{\"type\":\"order\",\"after\":[0]}]",
                " -0 no worker has the type 'x'!task 1 needs '0', which was dropped");
    arena_release(&arena);
}

/* A plan of ten thousand tasks is told from its count; a long one at the limit, every task of
 * which names all before it, is read whole; problems stay few. */
static void test_large(void **state)
{
    (void)state;
    struct arena arena = {0};
    json *many = json_new_list(&arena), *names = json_new_list(&arena);
    for (int i = 0; i < 10000; i++) {
        json *task = json_new_object(&arena);
        json_set_text(&arena, task, "x", arena_printf(&arena, "one more task number %d", i));
        json_set(&arena, task, STR("after"), i < 1000 ? json_copy(&arena, names) : names);
        json_add(&arena, many, task);
        if (i % 10 == 0 && i < 1000)
            json_add(&arena, names, json_new_int(&arena, i));
    }
    struct plan_rules rules = ordered(&arena);
    struct task_plan plan;
    task_plan_read(&plan, &rules, many, &arena);
    assert_int_equal(plan.problems, 1);
    assert_string_equal(plan.problem[0].p, "the plan has 10000 tasks; expected at most 5");
    rules.most = 1000;
    rules.too_many = TOO_MANY_CUT;
    rules.overlap = 0.9;
    task_plan_read(&plan, &rules, many, &arena);
    assert_int_equal(plan.problems, 0);
    assert_int_equal(plan.cut, 9000);
    assert_int_equal(plan.count, 1000);
    assert_int_equal(plan.layers, 101);
    assert_int_equal(plan.task[999].needs, 100);
    rules.after = STR("x");
    rules.duplicates = DUPLICATES_ALLOW;
    task_plan_read(&plan, &rules, many, &arena);
    assert_int_equal(plan.problems, 20);
    assert_int_equal(plan.more, 980);
    arena_release(&arena);
}

/* Jaccard by hand, and the early end of word_sets_reach agrees with the whole figure. */
static void test_words(void **state)
{
    (void)state;
    struct arena arena = {0};
    str text[] = {STR("a b c"), STR("c\tb d b"), STR(""), STR(" \n"), STR("b c a a")};
    const struct word_set *set = word_sets_new(&arena, text, 5);
    assert_true(word_sets_similarity(set[0], set[1]) == 0.5); /* b c of a b c d */
    assert_true(word_sets_similarity(set[0], set[2]) == 0);
    assert_true(word_sets_similarity(set[2], set[3]) == 1);
    assert_true(word_sets_similarity(set[0], set[4]) == 1);
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < 5; b++)
            for (int share = 1; share <= 20; share++)
                assert_int_equal(word_sets_reach(set[a], set[b], share / 20.0),
                                 word_sets_similarity(set[a], set[b]) >= share / 20.0);
    arena_release(&arena);
}

/* ---- experiments ---- */

#define HEAD                                                                                   \
    "dataset: {samples: [{id: 1, text: t}]}\n"                                                 \
    "models: {m: {provider: openai, model: x, capabilities: {schema: prompt}}}\n"              \
    "defaults: {model: m}\n"                                                                   \
    "score: {s: {equals: a}}\n"                                                                \
    "variants:\n"                                                                              \
    "  v:\n"                                                                                   \
    "    orchestrate:\n"
#define ASK "{call: {prompt: {user: \"{{text}}\"}}}"
#define PLAN                                                                                   \
    "      plan: {call: {prompt: {user: \"{{problems}}\"}, schema: {title: plan, type: "       \
    "object, "                                                                                 \
    "properties: {tasks: {type: array, items: {type: object, properties: {kind: {enum: [a, "   \
    "b]}, "                                                                                    \
    "what: {type: string}}}}}}}}\n"                                                            \
    "      tasks: \"{{plan.tasks}}\"\n"

/* Everything is bound at its path, and the calls are 1 + N + 1. */
static void test_bind(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    const struct experiment *experiment = folder_good(
        &folder, HEAD PLAN
        "      type: kind\n      after: what\n      max_workers: 6\n      replan: 2\n"
        "      validate: {needs: {a: [what]}, task: {type: object}, overlap: 0.5}\n"
        "      workers: {a: {call: {prompt: {user: \"{{task.what}} {{index}} {{plan}} "
        "{{needed[*].value}}\"}}}, b: {value: \"{{task}}\"}}\n"
        "      synthesize: {call: {prompt: {user: \"{{results[0].task.what}} "
        "{{results[*].error}} {{tasks[*].kind}} {{plan.tasks}}\"}}}\n");
    size_t row = 0;
    while (pattern_table[row] && pattern_table[row] != &pattern_orchestrate)
        row++;
    assert_ptr_equal(pattern_table[row], experiment->variant[0].root->pattern);
    const char *const paths[] = {".", "plan", "plan[*]", "[*]", "[*]", "synthesize"};
    const struct bound_step *step = experiment->variant[0].first_step;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++, step = step->next)
        assert_string_equal(step->path.p, paths[i]);
    assert_null(step);
    struct spread calls = folder_calls(experiment);
    assert_true(calls.low == 2);      /* one task of the worker without a call */
    assert_true(calls.expected == 4); /* four tasks, half a call each */
    assert_true(calls.worst == 3 + 6 + 1);
    folder_close(&folder);
}

/* Which form the tasks have. */
static void test_form_mistakes(void **state)
{
    (void)state;
    folder_bad_alone(
        HEAD PLAN "      synthesize: {value: 1}\n",
        "x.yaml:8:7: orchestrate has no worker; expected workers for typed tasks, or worker "
        "for free-form ones");
    folder_bad_alone(
        HEAD PLAN "      worker: {value: 1}\n      workers: {a: {value: 1}}\n",
        "x.yaml:10:15: orchestrate has both workers and worker; expected workers for typed "
        "tasks, or worker for free-form ones");
    folder_bad_alone(
        HEAD PLAN "      worker: {value: 1}\n      type: kind\n",
        "x.yaml:10:15: orchestrate.type is for typed tasks; expected workers instead of "
        "worker");
    folder_bad_alone(
        HEAD PLAN "      workers: {a: {value: 1}, b: {value: 1}}\n",
        "x.yaml:10:16: orchestrate has workers, but no type; expected the name of the member "
        "of a task that names its worker");
    folder_bad_alone(
        HEAD PLAN "      type: kind\n      workers: {}\n",
        "x.yaml:11:16: orchestrate.workers is empty; expected a mapping from type to node");
    folder_bad_alone(HEAD "      plan: " ASK "\n      worker: {value: 1}\n",
                     "x.yaml:8:13: orchestrate.tasks is a text; expected a list");
}

/* Members, types and needs that the plan's schema or the workers do not know. */
static void test_member_mistakes(void **state)
{
    (void)state;
    folder_bad_alone(
        HEAD PLAN "      type: kid\n      workers: {a: {value: 1}, b: {value: 1}}\n",
        "x.yaml:11:16: orchestrate.type is 'kid', which tasks of schema plan do not have; "
        "did you mean 'kind'?");
    folder_bad_alone(
        HEAD PLAN "      type: kind\n      workers: {a: {value: 1}, c: {value: 1}}\n",
        "x.yaml:11:16: type 'b' of schema plan has no worker; expected a worker 'b', or "
        "validate.unknown_type: drop");
    folder_bad_alone(
        HEAD PLAN "      after: needs\n      worker: {value: 1}\n",
        "x.yaml:10:14: orchestrate.after is 'needs', which tasks of schema plan do not have; "
        "expected one of kind, what");
    folder_bad_alone(
        HEAD PLAN "      type: kind\n      validate: {needs: {A: [what]}, emty: fail}\n"
                  "      workers: {a: {value: 1}, b: {value: 1}}\n",
        "x.yaml:11:26: validate.needs names 'A', which is no type of workers; expected one "
        "of a, b\n"
        "x.yaml:11:38: unknown key 'emty' in validate; did you mean 'empty'?");
}

/* Names are those of language 3.1: workers do not see each other's results, `needed` needs
 * `after`, and nothing is seen outside. */
static void test_name_mistakes(void **state)
{
    (void)state;
    folder_bad_alone(
        HEAD PLAN "      worker: {value: \"{{results}}\"}\n",
        "x.yaml:10:26: name 'results' is not known here; in scope: text, plan, task, index");
    folder_bad_alone(
        HEAD PLAN "      worker: {value: \"{{needed}}\"}\n",
        "x.yaml:10:26: name 'needed' is not known here; in scope: text, plan, task, index");
    folder_bad_alone(
        HEAD PLAN "      worker: {value: \"{{task.wat}}\"}\n",
        "x.yaml:10:26: name 'task' has no member 'wat'; schema plan has: kind, what; did you "
        "mean 'what'?");
    folder_bad_alone(
        HEAD PLAN "      worker: {value: 1}\n      synthesize: {value: \"{{task}}\"}\n",
        "x.yaml:11:30: name 'task' is not known here; in scope: text, plan, tasks, results; "
        "did you mean 'tasks'?");
    folder_bad_alone(
        HEAD PLAN "      worker: {value: 1}\n      synthesize: {value: "
                  "\"{{results[0].valu}}\"}\n",
        "x.yaml:11:30: name 'results' has no member 'valu'; it has: task, value, error; did "
        "you mean 'value'?");
    folder_bad_alone(
        HEAD "      plan: {value: \"{{task}}\"}\n      replan: 1\n"
             "      worker: {value: \"{{problems}}\"}\n",
        "x.yaml:8:24: name 'task' is not known here; in scope: text, problems\n"
        "x.yaml:10:26: name 'problems' is not known here; in scope: text, plan, task, index");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),          cmocka_unit_test(test_types),
        cmocka_unit_test(test_unknown_types),  cmocka_unit_test(test_schema),
        cmocka_unit_test(test_duplicates),     cmocka_unit_test(test_layers),
        cmocka_unit_test(test_order_problems), cmocka_unit_test(test_large),
        cmocka_unit_test(test_words),          cmocka_unit_test(test_bind),
        cmocka_unit_test(test_form_mistakes),  cmocka_unit_test(test_member_mistakes),
        cmocka_unit_test(test_name_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
