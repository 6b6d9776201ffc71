/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_skeleton.c: the skeleton pattern, which does not stand in the table, is bound by hand.
 *
 * What a test of a new pattern looks like: the options are read and bound in a scope, mistakes of
 * children come with their place, the calls add up.
 */
#include "patterns/patterns.h"

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

/* One node of the skeleton's, bound in the scope of an experiment's variant. */
struct bound {
    struct folder folder;
    struct binder binder;
    struct shape yields;
    void *options;
    int result;
};

static void bound_open(struct bound *bound, const char *text)
{
    *bound = (struct bound){.result = -1};
    folder_open(&bound->folder);
    const struct experiment *experiment =
        folder_good(&bound->folder, "dataset: {samples: [{id: 1, text: t}]}\n"
                                    "models: {m: {provider: openai, model: x}}\n"
                                    "defaults: {model: m}\n"
                                    "variants: {v: {value: \"{{text}}\"}}\n"
                                    "score: {s: {equals: a}}\n");
    struct arena *arena = &bound->folder.arena;
    struct source *source = arena_new(arena, struct source);
    *source = (struct source){STR("node.yaml"), str_from(text)};
    const struct yaml *yaml =
        yaml_parse(arena, source, &yaml_file_limits, &bound->folder.mistakes);
    bound->binder = (struct binder){
        .arena = arena,
        .mistakes = &bound->folder.mistakes,
        .experiment = (struct experiment *)(uintptr_t)experiment,
        .variant = &experiment->variant[0],
        .scope = experiment->variant[0].first_step->scope,
        .path = STR("second_opinion"),
        .label = STR("second_opinion"),
    };
    bound->options = arena_alloc(arena, pattern_skeleton.options_size);
    opt_defaults(pattern_skeleton.options, arena, bound->options);
    struct opt_parse parse = {arena, bound->binder.mistakes, &bound->binder};
    if (opt_parse_mapping(&parse, pattern_skeleton.options, yaml, pattern_skeleton.name, NULL,
                          bound->options) == 0)
        bound->result =
            pattern_skeleton.bind(&bound->binder, yaml, bound->options, &bound->yields);
}

static void bound_close(struct bound *bound)
{
    folder_close(&bound->folder);
}

static bool has_step(const struct bound *bound, const char *path)
{
    for (const struct bound_step *s = bound->binder.variant->first_step; s; s = s->next)
        if (str_equal(s->path, str_from(path)))
            return true;
    return false;
}

#define ASK "{call: {prompt: {user: \"{{text}}\"}, reask: 1}}"

/* Children are bound at their paths; the third sees the first two; the calls are the sum. */
static void test_bind(void **state)
{
    (void)state;
    struct bound bound;
    bound_open(&bound, "first: " ASK "\nsecond: " ASK "\n"
                       "decide: {value: {a: \"{{first}}\", b: \"{{second}}\"}}\n");
    if (bound.result < 0)
        fail_msg("%s", folder_messages(&bound.folder));
    assert_true(has_step(&bound, "second_opinion.first"));
    assert_true(has_step(&bound, "second_opinion.second"));
    assert_true(has_step(&bound, "second_opinion.decide"));
    assert_int_equal(bound.yields.kind, SHAPE_OBJECT);
    assert_int_equal(bound.yields.members, 2);
    assert_int_equal(bound.yields.member[0].shape.kind, SHAPE_TEXT);
    struct estimate calls = {0};
    const struct estimating nothing = {.scratch = &bound.folder.arena};
    pattern_skeleton.estimate(bound.options, &nothing, &calls);
    const struct spread *is = &calls.part[ESTIMATE_CALLS];
    assert_true(is->low == 2 && is->expected == 2 && is->worst == 4);
    bound_close(&bound);
}

/* The names end with the pattern, and the first two do not see each other. */
static void test_names(void **state)
{
    (void)state;
    struct bound bound;
    bound_open(&bound, "first: {value: \"{{second}}\"}\nsecond: {value: \"{{first}}\"}\n"
                       "decide: {value: \"{{third}}\"}\n");
    assert_int_equal(bound.result, -1);
    assert_string_equal(
        folder_messages(&bound.folder),
        "node.yaml:1:19: name 'second' is not known here; in scope: text\n"
        "node.yaml:2:20: name 'first' is not known here; in scope: text\n"
        "node.yaml:3:20: name 'third' is not known here; in scope: text, first, second");
    assert_null(scope_find(bound.binder.scope, STR("first")));
    bound_close(&bound);
}

/* Its keys are checked by its rows. */
static void test_keys(void **state)
{
    (void)state;
    struct bound bound;
    bound_open(&bound, "first: {value: 1}\nsecond: {value: 1}\nat_once: maybe\ndecde: {}\n");
    assert_int_equal(bound.result, -1);
    assert_string_equal(
        folder_messages(&bound.folder),
        "node.yaml:3:10: at_once is 'maybe'; expected true or false\n"
        "node.yaml:4:1: unknown key 'decde' in skeleton; did you mean 'decide'?");
    bound_close(&bound);
}

/* It is taught, not offered; and every entry of the table has what pattern.h requires. */
static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; pattern_table[i]; i++) {
        const struct pattern *pattern = pattern_table[i];
        assert_string_not_equal(pattern->name, "skeleton");
        assert_true(pattern->summary && pattern->bind && pattern->run && pattern->estimate);
        assert_true(pattern->options_size > 0);
        if (i > 0)
            assert_true(strcmp(pattern_table[i - 1]->name, pattern->name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
