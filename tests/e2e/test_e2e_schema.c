/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_schema.c: the JSON Schemas of both files: those in docs/ are what the programs print,
 * take every file of the cookbook, and are where the first line of a copy says.
 */
#include "e2e.h"
#include "e2e_schema.h"

#include "base/file.h"

#include <glob.h>
#include <stdio.h>

/* Protects: docs/schema is what the tables say. When this fails:
 *     weir list schema >docs/schema/experiment.schema.json
 *     weir-mock --schema >docs/schema/mock.schema.json */
static void docs_are_what_the_programs_print(void **state)
{
    struct place *place = *state;
    const char *const argv[] = {E2E_WEIR_MOCK, "--schema", NULL};
    struct child child = child_start(place, argv);
    str experiment = schema_file_read(
        &place->arena, STR(E2E_SOURCE_DIR "/docs/schema/experiment.schema.json"));
    str mock =
        schema_file_read(&place->arena, STR(E2E_SOURCE_DIR "/docs/schema/mock.schema.json"));
    assert_same_text(child_wait(&child).out, mock);
    assert_same_text(weir(place, "list", "schema", NULL).out, experiment);
    assert_same_text(weir(place, "list", "mock-schema", NULL).out, mock);
}

/* Each YAML file names a schema that is there, and that takes it; how many there are. */
static size_t check_files(struct place *place, const char *pattern)
{
    glob_t found = {0};
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    size_t count = found.gl_pathc;
    for (size_t i = 0; i < count; i++) {
        str path = arena_str(&place->arena, str_from(found.gl_pathv[i]));
        str named = schema_named(&place->arena, path);
        if (!named.n || !file_exists(named.p))
            fail_msg("%.*s names no schema that is there", STR_ARG(path));
        bool mock = str_ends_with(path, STR("mock.yaml"));
        assert_contains(named, mock ? "/mock.schema.json" : "/experiment.schema.json");
        str says = schema_says(&place->arena, schema_load(&place->arena, named), path);
        if (says.n)
            fail_msg("%.*s: %.*s", STR_ARG(path), STR_ARG(says));
    }
    globfree(&found);
    return count;
}

/* Protects: an editor has nothing to say against a file of the cookbook. */
static void every_fixture_is_accepted(void **state)
{
    assert_true(check_files(*state, E2E_SOURCE_DIR "/fixtures/*/*.yaml") >= 46);
}

/* Protects: every file of a copy names the schema in it, also once the folder has been moved. */
static void copies_name_their_own_schema(void **state)
{
    struct place *place = *state;
    static const char *const entries[] = {"faq", "sentiment", "tickets"};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        assert_code(weir(place, "init", "here", "--from", entries[i], "--quiet", NULL), 0);
        const char *moved = place_path(place, entries[i]);
        assert_int_equal(rename(place_path(place, "here"), moved), 0);
        const char *pattern = arena_printf(&place->arena, "%s/*.yaml", moved).p;
        assert_true(check_files(place, pattern) >= 2);
        assert_lacks(
            schema_named(&place->arena, arena_printf(&place->arena, "%s/mock.yaml", moved)),
            "docs/schema");
    }
}

/* Protects: so does an experiment about one's own rows, and one that was imported. */
static void what_is_made_names_its_own_schema(void **state)
{
    struct place *place = *state;
    place_write_text(place, "rows.csv", "id,question,answer\na,What?,this\nb,Which?,that\n");
    assert_code(weir(place, "init", "own", "--dataset", "rows.csv", "--quiet", NULL), 0);
    assert_true(check_files(place, place_path(place, "own/*.yaml")) >= 2);
    place_write_text(place, "promptfooconfig.yaml",
                     "prompts: ['Say {{word}}']\nproviders: [openai:gpt-6-luna]\n"
                     "tests: [{vars: {word: yes}, assert: [{type: contains, value: yes}]}]\n");
    assert_code(weir(place, "import", "promptfooconfig.yaml", "in", NULL), 0);
    assert_int_equal(check_files(place, place_path(place, "in/*.yaml")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(docs_are_what_the_programs_print),
        e2e_test(every_fixture_is_accepted),
        e2e_test(copies_name_their_own_schema),
        e2e_test(what_is_made_names_its_own_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
