/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_cookbook.c: every experiment that comes with weir, run on its own mock, gives what its
 * expected.json says: accuracies that the interval of the report holds, and the calls of a cell; and
 * what `weir check` said before of calls, tokens and cost holds for every cell.
 * The draws hang on the seeds alone, so this holds always or never.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without waiting: simulated times scaled away, Retry-After short. */
static void make_quick(struct place *place, const char *name)
{
    static const char *const slow[][2] = {{"scale: 0.25", "scale: 0"},
                                          {"retry_after: 1s", "retry_after: 10ms"}};
    const char *mock = arena_printf(&place->arena, "%s/mock.yaml", name).p;
    for (size_t i = 0; i < 2; i++)
        if (str_contains(place_read(place, mock), str_from(slow[i][0])))
            place_replace(place, mock, slow[i][0], slow[i][1]);
}

static void check_accuracy(const char *name, const json *report, const json *expected)
{
    for (const json *told = json_first(json_get(expected, STR("accuracy"))); told;
         told = json_next(told)) {
        str variant = json_key(told);
        const json *accuracy =
            json_get(variant_of(report, "results", variant.p), STR("accuracy"));
        double low = json_number(json_get(accuracy, STR("low"))),
               high = json_number(json_get(accuracy, STR("high")));
        if (!(low <= json_number(told) && json_number(told) <= high && low < high))
            fail_msg("%s, %.*s: %g to %g does not hold %g", name, STR_ARG(variant), low, high,
                     json_number(told));
    }
}

/* Of cells that no gate or budget has ended. */
static void check_calls(const char *name, const char *db, const json *expected)
{
    for (const json *told = json_first(json_get(expected, STR("calls"))); told;
         told = json_next(told)) {
        str variant = json_key(told);
        int64_t others = sql_int(db,
                                 "SELECT count(*) FROM cell_named WHERE status = 'ok'"
                                 " AND variant_name = '%.*s' AND calls <> %d",
                                 STR_ARG(variant), (int)json_number(told));
        if (others != 0)
            fail_msg("%s, %.*s: cells with other than %d calls", name, STR_ARG(variant),
                     (int)json_number(told));
    }
}

/* How many times the expected a mean may be. Replies are often far shorter than half of max_tokens, and so
 * are prompts that hold replies; after a run its own means are expected. */
struct factors {
    double least, most;
};
static const struct factors guessed[] = {{1.0 / 3, 2}, {0.2, 3}, {0, 1.25}, {0, 1.25}};
static const struct factors seen[] = {
    {1.0 / 3, 2}, {1.0 / 3, 3}, {1.0 / 3, 2}, {1.0 / 3, 1.25}};

/* A budget (`certain` is false) may end a cell at once. */
static void compare_expected(const char *name, str variant, const char *key,
                             const struct factors *factor, double mean, double expected,
                             bool open, bool certain)
{
    bool few = certain && mean < factor->least * expected,
         many = !open && mean > factor->most * expected;
    if (few || many)
        fail_msg("%s, %.*s: %s %g, expected were %g", name, STR_ARG(variant), key, mean,
                 expected);
}

/* Of cells that came to their end: one that a gate, a budget or a failure ends takes less. */
static void check_variant(struct place *place, const char *name, const char *db,
                          const json *estimate, const struct factors *factors)
{
    static const char *const keys[] = {"calls", "input_tokens", "output_tokens", "cost_usd"};
    str variant = json_text(json_get(estimate, STR("variant")));
    str found = sql_text(
        place, db,
        "SELECT json_array(min(c), avg(c), max(c), min(i), avg(i), max(i), min(o), avg(o), "
        "max(o),"
        " min(d), avg(d), max(d)) FROM (SELECT count(k.call) AS c,"
        " coalesce(sum(k.input_tokens + k.cache_read_tokens + k.cache_write_tokens), 0) AS i,"
        " coalesce(sum(k.output_tokens), 0) AS o, coalesce(sum(k.cost_nanousd), 0) / 1e9 AS d"
        " FROM cell_named n LEFT JOIN call k ON k.cell = n.cell AND k.path NOT LIKE 'score:%%'"
        " WHERE n.status = 'ok' AND n.variant_name = '%.*s' GROUP BY n.cell)",
        STR_ARG(variant));
    const json *number = json_first(json_parse(&place->arena, found, NULL));
    for (size_t i = 0; i < 4; i++) {
        const json *cell = json_get(json_get(estimate, STR("cell")), str_from(keys[i]));
        double low = json_number(json_get(cell, STR("low"))),
               expected = json_number(json_get(cell, STR("expected"))),
               worst = json_number(json_get(cell, STR("worst")));
        bool open = json_bool(json_get(cell, STR("at_least")));
        if (json_is(number, JSON_NULL))
            return; /* no cell came to its end */
        double least = json_number(number), mean = json_number(json_next(number)),
               most = json_number(json_next(json_next(number)));
        if (least < low - 1e-12 || (!open && most > worst + 1e-12))
            fail_msg("%s, %.*s: %s from %g to %g, estimated from %g to %g", name,
                     STR_ARG(variant), keys[i], least, most, low, worst);
        compare_expected(name, variant, keys[i], &factors[i], mean, expected, open, low > 0);
        number = json_next(json_next(json_next(number)));
    }
}

static const json *estimates_of(struct place *place, const char *name)
{
    struct ended ended = weir(place, "check", name, "--json", NULL);
    assert_code(ended, 0);
    return json_parse(&place->arena, ended.out, NULL);
}

/* Before the run, and with the run to look back on. */
static void check_estimates(struct place *place, const char *name, const char *db,
                            const json *before)
{
    const json *after = estimates_of(place, name);
    const json *list = json_get(before, STR("variants"));
    assert_true(json_is(json_get(before, STR("expected_from")), JSON_NULL));
    assert_true(str_contains(str_from(db), json_text(json_get(after, STR("expected_from")))));
    assert_true(json_count(list) > 0);
    for (const json *variant = json_first(list); variant; variant = json_next(variant))
        check_variant(place, name, db, variant, guessed);
    list = json_get(after, STR("variants"));
    for (const json *variant = json_first(list); variant; variant = json_next(variant))
        check_variant(place, name, db, variant, seen);
}

static void check_entry(struct place *place, const char *name)
{
    place_copy_fixture(place, name);
    make_quick(place, name);
    const char *path = arena_printf(&place->arena, "%s/expected.json", name).p;
    if (!file_exists(place_path(place, path)))
        fail_msg("fixtures/%s has no expected.json", name);
    const json *expected = json_parse(&place->arena, place_read(place, path), NULL);
    assert_true(json_count(json_get(expected, STR("accuracy"))) > 0);
    const json *before = estimates_of(place, name);
    struct ran ran = run_quiet(place, name, "--mock", NULL);
    assert_true(ran.ended.code == 0 ||
                ran.ended.code == 100); /* what is required may be missed */
    check_accuracy(name, report_json(place, ran.db), expected);
    check_calls(name, ran.db, expected);
    check_estimates(place, name, ran.db, before);
    check_identities(ran.db);
}

/* Looks at the entries that need a sandbox, or at all others; how many there are. */
static size_t check_entries(struct place *place, bool sandboxed)
{
    struct dirent **entry;
    int entries = scandir(E2E_SOURCE_DIR "/fixtures", &entry, NULL, alphasort);
    size_t folders = 0;
    assert_true(entries > 0);
    for (int i = 0; i < entries; i++) {
        const char *name = entry[i]->d_name;
        str path = arena_printf(&place->arena, E2E_SOURCE_DIR "/fixtures/%s", name);
        if (name[0] != '.' && dir_exists(path.p) &&
            fixture_needs_sandbox(place, name) == sandboxed) {
            check_entry(place, name);
            folders++;
        }
        free(entry[i]);
    }
    free(entry);
    return folders;
}

static void every_entry_gives_what_it_should(void **state)
{
    assert_true(check_entries(*state, false) >= 15);
}

static void so_do_those_with_programs_of_a_model(void **state)
{
    skip_without_sandbox();
    assert_true(check_entries(*state, true) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(every_entry_gives_what_it_should),
        e2e_test(so_do_those_with_programs_of_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
