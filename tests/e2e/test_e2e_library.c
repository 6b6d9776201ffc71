/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_library.c: libweir as who installs it finds it: the header, weir.pc, the symbols, and the
 * example of docs/library.md, built and run against that copy. What the calls do: tests/library.
 */
#include "e2e_run.h"

#include <stdlib.h>

#include "base/file.h"

#define EXAMPLE E2E_SOURCE_DIR "/docs/examples/measure.c"
#define CC      E2E_CC " " E2E_CC_FLAGS " "

static struct ended shell(struct place *place, const char *command)
{
    struct child child =
        child_start(place, (const char *const[]){"/bin/sh", "-c", command, NULL});
    return child_wait(&child);
}

/* As after an installation: what is found by pkg-config, the loader and PATH. */
static void find_installed(struct place *place)
{
    place_env(place, "PKG_CONFIG_PATH=" E2E_INSTALLED "/lib/pkgconfig");
    place_env(place, "LD_LIBRARY_PATH=" E2E_INSTALLED "/lib");
    place_env(place, arena_printf(&place->arena, "PATH=%.*s:%s",
                                  STR_ARG(path_folder(&place->arena, STR(E2E_WEIR_MOCK))),
                                  getenv("PATH"))
                         .p);
}

static str source_file(struct place *place, const char *path)
{
    str text;
    assert_int_equal(file_read(&place->arena, path, 1000000, &text, NULL), 0);
    return text;
}

/* Of its samples the first 40: what a run of all would add takes its time. */
static void copy_small(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/experiment.yaml", "dataset: queries.jsonl",
                  "dataset: {file: queries.jsonl, limit: 40}");
}

/* ---- the example ---- */

static str variant_line(struct place *place, const json *report, const json *variant)
{
    const char *name = json_text(json_get(variant, STR("name"))).p;
    const json *timed = variant_of(report, "timing", name);
    return arena_printf(
        &place->arena, "%s: accuracy %.4f [%.4f, %.4f], %.0f calls, $%.6f, p95 %.1f ms\n", name,
        figure(variant, "accuracy.value"), figure(variant, "accuracy.low"),
        figure(variant, "accuracy.high"), figure(variant, "calls"), figure(variant, "cost_usd"),
        figure(timed, "latency_ms.p95"));
}

static str comparison_line(struct place *place, const json *comparison)
{
    str verdict = json_text(json_get(comparison, STR("verdict")));
    return arena_printf(&place->arena, "%s against %s: %+.4f [%+.4f, %+.4f], p = %.4g: %s\n",
                        json_text(json_get(comparison, STR("candidate"))).p,
                        json_text(json_get(comparison, STR("baseline"))).p,
                        figure(comparison, "accuracy_difference.value"),
                        figure(comparison, "accuracy_difference.low"),
                        figure(comparison, "accuracy_difference.high"), figure(comparison, "p"),
                        verdict.p);
}

/* Protects who starts from the example: it builds without a warning against an installed copy, runs, and
 * says what `weir report --json` says of the same run. */
static void the_example_says_what_the_report_says(void **state)
{
    struct place *place = *state;
    find_installed(place);
    copy_small(place);
    struct ended built = shell(place, CC "-std=c99 -Wall -Wextra -Wpedantic -Werror " EXAMPLE
                                         " $(pkg-config --cflags --libs weir) -o measure");
    assert_code(built, 0);
    struct ended ran = shell(place, "./measure support/experiment.yaml");
    assert_true(ran.code == 0 || ran.code == 100);
    assert_text(ran.err, "");
    const char *db = only_run(place, "support");
    assert_contains(ran.out, path_name(str_from(db)).p);
    check_identities(db);
    const json *report = report_json(place, db);
    size_t lines = 0;
    for (const json *variant = json_first(json_path(report, "results.variants")); variant;
         variant = json_next(variant), lines++)
        assert_contains(ran.out, variant_line(place, report, variant).p);
    for (const json *one = json_first(json_path(report, "results.comparisons")); one;
         one = json_next(one), lines++)
        assert_contains(ran.out, comparison_line(place, one).p);
    assert_true(lines > 2);
}

/* Protects: mistakes reach the example's reader as the command shows them, with its exit code. */
static void the_example_shows_mistakes(void **state)
{
    struct place *place = *state;
    find_installed(place);
    place_env(place, "ASAN_OPTIONS=detect_leaks=0"); /* it ends there and then */
    place_write_text(place, "experiment.yaml",
                     "dataset: {samples: [{id: 1, q: a}]}\ntrails: 3\n");
    assert_code(shell(place, CC EXAMPLE " $(pkg-config --cflags --libs weir) -o measure"), 0);
    struct ended ran = shell(place, "./measure");
    assert_code(ran, 2);
    struct ended checked = weir(place, "check", NULL);
    str lines = str_sub(checked.err, 0, (size_t)str_find(checked.err, STR("weir: "), 0));
    assert_contains(ran.err, "experiment.yaml:2:1: unknown key 'trails'");
    assert_contains(ran.err, "did you mean 'trials'?\n  trails: 3\n  ^\n");
    assert_same_text(ran.err, lines);
}

/* A program that was not built with a sanitizer loads its library first; empty: there is none. */
static str sanitizer_of(struct place *place)
{
    str path = shell(place, "printf %s \"$(" E2E_CC " -print-file-name=libasan.so)\"").out;
    return E2E_CC_FLAGS[0] && str_starts_with(path, STR("/")) ? path : STR("");
}

/* Protects bindings: Python calls it as the page shows, with its own structs. */
static void python_calls_it(void **state)
{
    struct place *place = *state;
    find_installed(place);
    str sanitizer = sanitizer_of(place);
    if (shell(place, "command -v python3").code != 0 || (E2E_CC_FLAGS[0] && !sanitizer.n))
        skip();
    copy_small(place);
    place_env(place, "ASAN_OPTIONS=detect_leaks=0"); /* Python has its own */
    str command = arena_printf(&place->arena,
                               "LD_PRELOAD=%s python3 " E2E_SOURCE_DIR
                               "/docs/examples/measure.py support/experiment.yaml",
                               sanitizer.p);
    struct ended ran = shell(place, command.p);
    assert_code(ran, 0);
    const json *report = report_json(place, only_run(place, "support"));
    str lines = STR("");
    for (const json *variant = json_first(json_path(report, "results.variants")); variant;
         variant = json_next(variant))
        lines = arena_printf(&place->arena, "%s%s: %.4f [%.4f, %.4f]\n", lines.p,
                             json_text(json_get(variant, STR("name"))).p,
                             figure(variant, "accuracy.value"), figure(variant, "accuracy.low"),
                             figure(variant, "accuracy.high"));
    assert_same_text(ran.out, lines);
}

/* ---- the interface ---- */

/* Names after WEIR_API in the header, sorted, one a line. */
static str declared(struct place *place)
{
    struct ended ended =
        shell(place, "tr '\\n' ' ' <" E2E_INSTALLED "/include/weir.h | grep -oE "
                     "'WEIR_API [^;(]*\\(' | grep -oE 'weir_[a-z_]+\\($' | tr -d '(' | sort");
    assert_code(ended, 0);
    return ended.out;
}

/* Protects programs that are linked with it: they get the functions of the header and nothing else. */
static void only_the_interface_is_exported(void **state)
{
    struct place *place = *state;
    struct ended ended = shell(
        place, "nm -D --defined-only " E2E_INSTALLED "/lib/libweir.so | awk '$2 != \"A\" "
               "{sub(/@.*/, \"\", $3); print $3}' | grep -vE '^__(asan|ubsan|odr)_' | sort");
    assert_code(ended, 0);
    str names = declared(place);
    assert_true(names.n > 500);
    assert_same_text(ended.out, names);
}

/* Protects bindings: what the library is made of is no part of its header, which C89's successors and
 * C++ read alike; and it needs no header but its own. */
static void the_header_stands_alone(void **state)
{
    struct place *place = *state;
    find_installed(place);
    place_write_text(place, "a.c",
                     "#include <weir.h>\nint main(void)\n{\n"
                     "    return weir_version_number() != WEIR_VERSION_NUMBER;\n}\n");
    assert_code(shell(place,
                      CC "-std=c99 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror a.c "
                         "$(pkg-config --cflags --libs weir) -o a && ./a"),
                0);
    struct ended header = shell(
        place, "grep -E '#include|sqlite|cJSON|curl|fy_|uv_' " E2E_INSTALLED "/include/weir.h");
    assert_text(header.out, "#include <stddef.h>\n#include <stdint.h>\n");
    if (shell(place, "command -v c++").code == 0)
        assert_code(shell(place,
                          "cp a.c a.cc && c++ -Wall -Wextra -Wpedantic -Werror -fsyntax-only "
                          "$(pkg-config --cflags weir) a.cc"),
                    0);
}

/* Protects: weir.pc is of where it lies, has the version, and asks for nobody's headers. */
static void pkg_config_knows_it(void **state)
{
    struct place *place = *state;
    find_installed(place);
    assert_text(shell(place, "pkg-config --modversion weir").out, WEIR_VERSION "\n");
    assert_code(shell(place, "test -f \"$(pkg-config --variable=includedir weir)/weir.h\""), 0);
    assert_text(shell(place, "pkg-config --print-requires --print-requires-private weir").out,
                "");
    assert_contains(shell(place, "readelf -d " E2E_INSTALLED "/lib/libweir.so").out,
                    "Library soname: [libweir.so.0]");
}

/* ---- its page ---- */

/* Protects readers of docs/library.md: the programs there are those that are run. */
static void the_page_shows_the_examples(void **state)
{
    struct place *place = *state;
    str page = source_file(place, E2E_SOURCE_DIR "/docs/library.md");
    str program = source_file(place, EXAMPLE);
    str script = source_file(place, E2E_SOURCE_DIR "/docs/examples/measure.py");
    str block = arena_printf(&place->arena, "```c\n%.*s```\n", STR_ARG(program));
    assert_contains(page, block.p);
    block = arena_printf(&place->arena, "```python\n%.*s```\n", STR_ARG(script));
    assert_contains(page, block.p);
    size_t lines = 0;
    for (size_t i = 0; i < program.n; i++)
        lines += program.p[i] == '\n';
    assert_true(lines <= 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_example_says_what_the_report_says),
        e2e_test(the_example_shows_mistakes),
        e2e_test(python_calls_it),
        e2e_test(only_the_interface_is_exported),
        e2e_test(the_header_stands_alone),
        e2e_test(pkg_config_knows_it),
        e2e_test(the_page_shows_the_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
