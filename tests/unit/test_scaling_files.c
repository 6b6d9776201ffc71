/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_scaling_files.c: the Kubernetes files of docs/scaling-out: nobody has run them, so they are
 * held to their syntax and to what they say twice.
 */
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const struct yaml *load(struct arena *arena, const char *name)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    str path = arena_printf(arena, TEST_SOURCE_DIR "/docs/scaling-out/%s", name);
    const struct yaml *yaml = yaml_load(arena, path, path, &yaml_file_limits, &mistakes);
    assert_non_null(yaml);
    assert_int_equal(mistakes.count, 0);
    return yaml;
}

static const struct yaml *container_of(const struct yaml *job)
{
    const struct yaml *pod = yaml_get(yaml_get(job, STR("spec")), STR("template"));
    const struct yaml *list = yaml_get(yaml_get(pod, STR("spec")), STR("containers"));
    assert_true(yaml_is(list, YAML_LIST) && list->count == 1);
    return list->item[0];
}

/* Protects the Kubernetes files against broken YAML and against a number of shards that is not
 * that of the pods. Nothing more is claimed of them. */
static void kubernetes_files_are_yaml(void **state)
{
    struct arena place = {0}, *arena = &place;
    (void)state;
    const struct yaml *job = load(arena, "kubernetes-shards.yaml");
    const struct yaml *spec = yaml_get(job, STR("spec"));
    assert_true(str_equal(yaml_get(job, STR("kind"))->text, STR("Job")));
    assert_true(str_equal(yaml_get(spec, STR("completionMode"))->text, STR("Indexed")));
    str pods = yaml_get(spec, STR("completions"))->text;
    assert_true(str_equal(yaml_get(spec, STR("parallelism"))->text, pods));
    str command = yaml_get(container_of(job), STR("args"))->item[0]->text;
    assert_true(str_contains(
        command,
        arena_printf(arena, "--shard \"$((JOB_COMPLETION_INDEX + 1))/%.*s\"", STR_ARG(pods))));
    command = yaml_get(container_of(load(arena, "kubernetes-merge.yaml")), STR("args"))
                  ->item[0]
                  ->text;
    assert_true(str_contains(command, STR("weir merge merged.db")));
    arena_release(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kubernetes_files_are_yaml)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
