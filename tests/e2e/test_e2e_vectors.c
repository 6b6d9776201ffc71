/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_vectors.c: the program that runs statistics vectors passes every case of the project's
 * file, by statistic, and fails for whatever it does not compute.
 */
#include "e2e.h"

#include "base/file.h"

#include <stdlib.h>

enum { CASES = 234, STATISTICS = 54 };

static struct ended run(struct place *place, const char *option, const char *path)
{
    const char *with[] = {E2E_VECTORS, option, path, NULL};
    const char *without[] = {E2E_VECTORS, path, NULL};
    struct child child = child_start(place, option ? with : without);
    return child_wait(&child);
}

static str vectors(struct place *place)
{
    struct err err = {0};
    str text;
    assert_int_equal(file_read(&place->arena,
                               E2E_SOURCE_DIR "/tests/data/statistics-vectors.json", 1 << 24,
                               &text, &err),
                     0);
    return text;
}

/* Protects: all cases pass, each statistic has some, and their sum is that of the last line. */
static void all_pass_by_statistic(void **state)
{
    struct place *place = *state;
    struct ended ended =
        run(place, "--by-statistic", E2E_SOURCE_DIR "/tests/data/statistics-vectors.json");
    assert_code(ended, 0);
    assert_contains(ended.out, "wilson ");
    assert_contains(ended.out, "sequential_mcnemar ");
    assert_lacks(ended.out, "FAIL");
    assert_lacks(ended.out, "no case in this file");
    str rest = ended.out, line;
    long sum = 0, lines = 0;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (str_contains(line, STR(" passed ")) && !str_contains(line, STR(","))) {
            assert_true(str_contains(line, STR("   0 failed")));
            sum += strtol(arena_str(&place->arena, str_sub(line, 28, line.n)).p, NULL, 10);
            lines++;
        }
    }
    assert_int_equal(lines, STATISTICS);
    assert_int_equal(sum, CASES);
    assert_true(str_ends_with(str_trim(ended.out), STR("234 passed, 0 failed")));
    const json *file = json_parse(&place->arena, vectors(place), NULL);
    assert_int_equal(json_count(json_get(file, STR("cases"))), CASES);
    assert_int_equal(json_count(json_get(file, STR("tolerance"))), STATISTICS);
}

/* One case of the statistic `wilson`, in the shape of the file. */
#define FILE_OF(tolerance, stat, input, expected)                                              \
    "{\"tolerance\": " tolerance ", \"cases\": [{\"id\": \"x\", \"stat\": \"" stat             \
    "\", \"input\": " input ", \"expected\": " expected "}]}"
#define ABS   "{\"wilson\": {\"kind\": \"abs\", \"value\": 1e-9}}"
#define INPUT "{\"k\": 34, \"n\": 40, \"conf\": 0.95}"

static const struct {
    const char *what, *file;
    int code;
} files[] = {
    {"a statistic that nobody knows", FILE_OF(ABS, "wilsom", INPUT, "{\"lo\": 1}"), 1},
    {"a wrong value", FILE_OF(ABS, "wilson", INPUT, "{\"estimate\": 0.8500001}"), 1},
    {"a right one", FILE_OF(ABS, "wilson", INPUT, "{\"estimate\": 0.85}"), 0},
    {"a member that is not computed",
     FILE_OF(ABS, "wilson", INPUT, "{\"estimate\": 0.85, \"middle\": 0.8}"), 1},
    {"a value where null is expected", FILE_OF(ABS, "wilson", INPUT, "{\"estimate\": null}"),
     1},
    {"no tolerance", FILE_OF("{}", "wilson", INPUT, "{\"estimate\": 0.85}"), 1},
    {"no input", FILE_OF(ABS, "wilson", "{\"k\": 34}", "{\"estimate\": 0.85}"), 1},
    {"no cases", "{\"tolerance\": {}, \"cases\": []}", 2},
    {"no vectors", "[]", 2},
};

/* Protects: nothing passes since it was left out. */
static void nothing_is_skipped(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        place_write_text(place, "v.json", files[i].file);
        struct ended ended = run(place, NULL, place_path(place, "v.json"));
        if (ended.code != files[i].code)
            fail_msg("%s: exit code %d, said '%.*s'", files[i].what, ended.code,
                     STR_ARG(ended.out));
        if (ended.code == 1)
            assert_contains(ended.out, "FAIL x");
        if (ended.code < 2)
            assert_contains(ended.out,
                            ended.code ? "0 passed, 1 failed" : "1 passed, 0 failed");
    }
    place_write_text(place, "v.json", files[0].file);
    assert_contains(run(place, "--by-statistic", place_path(place, "v.json")).out,
                    "(not known)                     0 passed    1 failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(all_pass_by_statistic),
        e2e_test(nothing_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
