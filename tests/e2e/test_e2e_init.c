/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_init.c: weir init: every entry can be copied and checked at once, and nothing is written
 * over or half.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <stdio.h>
#include <sys/stat.h>

/* "  3  refine   one draft, …": the name */
static str entry_name(str line)
{
    str number, name, rest;
    str_cut(str_trim(line), ' ', &number, &rest);
    str_cut(str_trim(rest), ' ', &name, &rest);
    return name;
}

static void copy_and_check(struct place *place, const char *name)
{
    assert_code(weir(place, "init", "--from", name, "--quiet", NULL), 0);
    const char *experiment = arena_printf(&place->arena, "%s/experiment.yaml", name).p;
    assert_contains(place_read(place, experiment),
                    "# yaml-language-server: $schema=.schema/experiment.schema.json\n");
    assert_true(file_exists(place_path(
        place, arena_printf(&place->arena, "%s/.schema/experiment.schema.json", name).p)));
    assert_code(weir(place, "check", name, NULL), 0);
}

/* The entries that need a sandbox, or all others; how many there are. */
static size_t copy_entries(struct place *place, bool sandboxed)
{
    struct ended list = weir(place, "init", "--list", NULL);
    str line, rest = list.out;
    size_t entries = 0;
    assert_code(list, 0);
    while (str_cut(rest, '\n', &line, &rest) && line.n) {
        const char *name = arena_str(&place->arena, entry_name(line)).p;
        if (fixture_needs_sandbox(place, name) == sandboxed) {
            copy_and_check(place, name);
            entries++;
        }
    }
    return entries;
}

/* Protects: what `weir init --list` names is copied whole: the copy passes `weir check` without a
 * word of warning on its files, and has its schema beside it. test_e2e_cookbook.c runs them. */
static void every_entry_is_copied_whole(void **state)
{
    assert_true(copy_entries(*state, false) >= 9);
}

/* Protects: the same of those that run programs of a model. */
static void so_are_those_that_need_a_sandbox(void **state)
{
    skip_without_sandbox();
    assert_true(copy_entries(*state, true) >= 1);
}

/* Protects: programs stay programs, and the folder may be named. */
static void a_folder_may_be_named(void **state)
{
    struct place *place = *state;
    struct stat info;
    struct ended ended = weir(place, "init", "deep/er", "--from", "tickets", NULL);
    assert_code(ended, 0);
    assert_text(ended.out, "deep/er/experiment.yaml\n");
    assert_contains(ended.err, "cd deep/er");
    assert_int_equal(stat(place_path(place, "deep/er/make_rma.sh"), &info), 0);
    assert_true(info.st_mode & S_IXUSR);
}

/* Protects a second try: what could not be written whole is not there at all. */
static void nothing_is_left_half_written(void **state)
{
    struct place *place = *state;
    static const char *const begins[] = {"weir init x --from faq",
                                         "weir init x --dataset rows.jsonl",
                                         "weir import promptfooconfig.yaml x"};
    struct buf rows = {0};
    for (int i = 0; i < 200; i++)
        buf_printf(&rows, "{\"id\": %d, \"mail\": \"number %d\", \"expected\": \"a\"}\n", i, i);
    place_write(place, "rows.jsonl", arena_str(&place->arena, buf_str(&rows)));
    buf_release(&rows);
    place_write_text(place, "promptfooconfig.yaml",
                     "prompts: ['Say {{t}}']\nproviders: [openai:gpt-4o]\n"
                     "tests: [{vars: {t: a}, assert: [{type: equals, value: a}]}]\n");
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        str full = arena_printf(&place->arena, "ulimit -f 2; PATH=$1:$PATH; %s", begins[i]);
        str folder = path_folder(&place->arena, str_from(E2E_WEIR));
        struct child child = child_start(
            place, (const char *const[]){"/bin/sh", "-c", full.p, "sh", folder.p, NULL});
        struct ended ended = child_wait(&child);
        assert_code(ended, 1);
        assert_contains(ended.err, "File too large");
        assert_false(dir_exists(place_path(place, "x")));
    }
}

/* Protects: nothing is written over, and mistakes are told with what would have been right. */
static void nothing_is_written_over(void **state)
{
    struct place *place = *state;
    place_write(place, "mine/notes.txt", STR("keep"));
    struct ended ended = weir(place, "init", "mine", "--from", "faq", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "mine is not empty");
    assert_int_equal(place_files(place, "mine"), 1);
    ended = weir(place, "init", "--from", "tickts", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "did you mean 'tickets'?");
    ended = weir(place, "init", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "--from NAME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_entry_is_copied_whole), e2e_test(so_are_those_that_need_a_sandbox),
        e2e_test(a_folder_may_be_named),       e2e_test(nothing_is_left_half_written),
        e2e_test(nothing_is_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
