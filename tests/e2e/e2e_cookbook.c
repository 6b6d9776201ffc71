/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_cookbook.c: entries of the cookbook, tried from `weir init` to the page (see e2e_cookbook.h).
 *
 * Runs wait for the mock more than they compute, so a few go on beside each other.
 */
#include "e2e_cookbook.h"

#include "base/file.h"
#include "tests/unit/test_html_reader.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 3, RUN_LIMIT_S = 600, NAMES_MOST = 64 };

/* ---- what there is ---- */

static int is_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void list_folder(struct place *place, const char *folder, struct names *names)
{
    struct dirent **entry;
    int count = scandir(folder, &entry, is_name, alphasort);
    *names = (struct names){0};
    if (count < 0 || count > NAMES_MOST)
        fail_msg("%s: %d files", folder, count);
    for (int i = 0; i < count; i++) {
        names->name[names->count++] = arena_str(&place->arena, str_from(entry[i]->d_name)).p;
        free(entry[i]);
    }
    free(entry);
}

void cookbook_entries(struct place *place, struct names *names)
{
    struct names all;
    list_folder(place, E2E_SOURCE_DIR "/fixtures", &all);
    *names = (struct names){0};
    for (size_t i = 0; i < all.count; i++)
        if (dir_exists(
                arena_printf(&place->arena, E2E_SOURCE_DIR "/fixtures/%s", all.name[i]).p))
            names->name[names->count++] = all.name[i];
}

void cookbook_experiments(struct place *place, const char *folder, struct names *names)
{
    struct names all;
    list_folder(place, folder, &all);
    *names = (struct names){0};
    for (size_t i = 0; i < all.count; i++) {
        str file = str_from(all.name[i]);
        if (str_ends_with(file, STR(".yaml")) && !str_ends_with(file, STR("mock.yaml")))
            names->name[names->count++] =
                arena_str(&place->arena, str_sub(file, 0, file.n - 5)).p;
    }
}

/* ---- an experiment on its way ---- */

struct trial {
    const char *entry, *experiment; /* "faq", "widths" */
    const json *expected, *before;  /* what `weir check --json` said before the run */
    struct child run;
};

/* What a user types: nothing for the experiment that gives the entry its name. */
static const char *argument_of(struct place *place, const struct trial *t)
{
    return strcmp(t->experiment, "experiment") == 0
               ? NULL
               : arena_printf(&place->arena, "%s.yaml", t->experiment).p;
}

static const json *estimates_of(struct place *place, const struct trial *t)
{
    struct ended ended = weir(place, "check", "--json", argument_of(place, t), NULL);
    assert_code(ended, 0);
    return json_parse(&place->arena, ended.out, NULL);
}

static const json *read_expected(struct place *place, const struct trial *t)
{
    str file = strcmp(t->experiment, "experiment") == 0
                   ? STR("expected.json")
                   : arena_printf(&place->arena, "%s-expected.json", t->experiment);
    if (!file_exists(place_path(place, file.p)))
        fail_msg("fixtures/%s has no %s", t->entry, file.p);
    const json *expected = json_parse(&place->arena, place_read(place, file.p), NULL);
    assert_true(json_count(json_get(expected, STR("accuracy"))) > 0);
    return expected;
}

static void start_trial(struct place *place, struct trial *t)
{
    place_enter(place, t->entry);
    t->expected = read_expected(place, t);
    struct ended checked = weir(place, "check", argument_of(place, t), NULL);
    assert_code(checked, 0);
    if (str_contains(checked.err, STR("warning")))
        fail_msg("%s: %.*s", t->entry, STR_ARG(checked.err));
    t->before = estimates_of(place, t);
    t->run = weir_start(place, "run", "--mock", argument_of(place, t), NULL);
    place_enter(place, NULL);
}

/* ---- accuracy and calls ---- */

/* The report's interval holds what was told, and what was measured lies where expected.json says
 * that it does 99 times in a hundred. */
static void check_accuracy(const struct trial *t, const json *report)
{
    const json *told = json_get(t->expected, STR("accuracy")),
               *within = json_get(t->expected, STR("within"));
    assert_int_equal(json_count(told), json_count(json_get(t->before, STR("variants"))));
    for (told = json_first(told); told; told = json_next(told)) {
        str variant = json_key(told);
        const json *found = variant_of(report, "results", variant.p),
                   *stated = json_get(within, variant);
        double low = figure(found, "accuracy.low"), high = figure(found, "accuracy.high"),
               value = figure(found, "accuracy.value");
        if (!(low <= json_number(told) && json_number(told) <= high && low < high))
            fail_msg("%s/%s, %.*s: %g to %g does not hold %g", t->entry, t->experiment,
                     STR_ARG(variant), low, high, json_number(told));
        low = json_number(json_at(stated, 0));
        high = json_number(json_at(stated, 1));
        if (json_count(stated) != 2 || !(low <= value && value <= high && low < high))
            fail_msg("%s/%s, %.*s: %g is not within %g to %g", t->entry, t->experiment,
                     STR_ARG(variant), value, low, high);
    }
}

/* Of cells that no gate or budget has ended. */
static void check_calls(const struct trial *t, const char *db)
{
    for (const json *told = json_first(json_get(t->expected, STR("calls"))); told;
         told = json_next(told)) {
        str variant = json_key(told);
        int64_t others = sql_int(db,
                                 "SELECT count(*) FROM cell_named WHERE status = 'ok'"
                                 " AND variant_name = '%.*s' AND calls <> %d",
                                 STR_ARG(variant), (int)json_number(told));
        if (others != 0)
            fail_msg("%s, %.*s: cells with other than %d calls", t->entry, STR_ARG(variant),
                     (int)json_number(told));
    }
}

/* ---- estimates ---- */

/* How many times the expected a mean may be. Replies are often far shorter than half of max_tokens, and so
 * are prompts that hold replies; after a run its own means are expected. */
struct factors {
    double least, most;
};
static const struct factors guessed[] = {{1.0 / 3, 2}, {0.2, 3}, {0, 1.25}, {0, 1.25}};
static const struct factors seen[] = {
    {1.0 / 3, 2}, {1.0 / 3, 3}, {1.0 / 3, 2}, {1.0 / 3, 1.25}};

/* A budget (`certain` is false) may end a cell at once. */
static void compare_expected(const struct trial *t, str variant, const char *key,
                             const struct factors *factor, double mean, double expected,
                             bool open, bool certain)
{
    bool few = certain && mean < factor->least * expected,
         many = !open && mean > factor->most * expected;
    if (few || many)
        fail_msg("%s, %.*s: %s %g, expected were %g", t->entry, STR_ARG(variant), key, mean,
                 expected);
}

/* Of cells all of whose steps came to their end: what a gate, a budget, a timeout or a failure ends
 * takes less, or nobody knows how much. */
static void check_estimate(struct place *place, const struct trial *t, const char *db,
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
        " WHERE n.status = 'ok' AND n.variant_name = '%.*s' AND NOT EXISTS"
        " (SELECT 1 FROM step s WHERE s.cell = n.cell AND s.outcome = 'failed')"
        " GROUP BY n.cell)",
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
            fail_msg("%s, %.*s: %s from %g to %g, estimated from %g to %g", t->entry,
                     STR_ARG(variant), keys[i], least, most, low, worst);
        compare_expected(t, variant, keys[i], &factors[i], mean, expected, open, low > 0);
        number = json_next(json_next(json_next(number)));
    }
}

/* Before the run, and with the run to look back on. */
static void check_estimates(struct place *place, const struct trial *t, const char *db)
{
    const json *after = estimates_of(place, t), *list = json_get(t->before, STR("variants"));
    assert_true(json_is(json_get(t->before, STR("expected_from")), JSON_NULL));
    assert_true(str_contains(str_from(db), json_text(json_get(after, STR("expected_from")))));
    assert_true(json_count(list) > 0);
    for (const json *variant = json_first(list); variant; variant = json_next(variant))
        check_estimate(place, t, db, variant, guessed);
    list = json_get(after, STR("variants"));
    for (const json *variant = json_first(list); variant; variant = json_next(variant))
        check_estimate(place, t, db, variant, seen);
}

/* ---- the page ---- */

/* What stands between two texts, the first of which must occur. */
static str between(str text, const char *from, const char *to)
{
    ptrdiff_t start = str_find(text, str_from(from), 0);
    ptrdiff_t end = start < 0 ? -1 : str_find(text, str_from(to), (size_t)start + strlen(from));
    if (end < 0)
        fail_msg("the page has no %s", from);
    return str_sub(text, (size_t)start + strlen(from), (size_t)end);
}

/* The next of "55.6 – 73.5 %" as a share. */
static double next_percent(str *text)
{
    char number[16] = {0};
    size_t from = 0, n = 0;
    while (from < text->n && !char_is_digit(text->p[from]))
        from++;
    for (char c; from + n < text->n && n + 1 < sizeof number; number[n++] = c)
        if (c = text->p[from + n], !char_is_digit(c) && c != '.')
            break;
    double percent = -1;
    *text = str_sub(*text, from + n, text->n);
    if (!str_to_double(str_from(number), &percent))
        fail_msg("no number in '%.*s'", STR_ARG(*text));
    return percent / 100;
}

static void check_row(struct place *place, const struct trial *t, str table, const json *told)
{
    str variant = json_key(told);
    str name = arena_printf(&place->arena, "<bdi class=\"name\">%.*s</bdi>", STR_ARG(variant));
    str row = between(table, name.p, "</tr>");
    str range = between(row, "<td class=\"number\">", "</td>");
    range = between(range, "<span class=\"range\">", "</span>");
    double low = next_percent(&range), high = next_percent(&range);
    double half = 0.0005, is = json_number(told);
    if (!(low - half <= is && is <= high + half && low < high))
        fail_msg("%s/%s, %.*s: the page says %g to %g, not %g", t->entry, t->experiment,
                 STR_ARG(variant), low, high, is);
}

/* The page is whole, closes what it opens, says that a mock answered, and has each variant with an
 * interval that holds what was expected. */
static void check_page(struct place *place, const struct trial *t)
{
    struct ended reported = weir(place, "report", "-o", "r.html", NULL);
    assert_code(reported, 0);
    str page = place_read(place, "r.html");
    struct html_reader reader = html_read(page);
    assert_true(str_ends_with(page, STR("</html>\n")));
    assert_contains(buf_str(&reader.texts), "mock");
    buf_release(&reader.texts);
    str table = between(page, "<table class=\"comparison\">", "</table>");
    const json *told = json_first(json_get(t->expected, STR("accuracy")));
    for (; told; told = json_next(told))
        check_row(place, t, table, told);
}

/* Of one entry: every format that there is, by one command, and each says what was compared. */
static void check_formats(struct place *place, const struct trial *t)
{
    static const char *const files[] = {"r.txt", "r.md",  "r.json", "r.csv", "calls.csv",
                                        "q.csv", "d.csv", "r.xml",  "notes", "r2.html"};
    if (strcmp(t->entry, "model-per-step") != 0)
        return;
    assert_code(weir(place, "report", "-o", "r.txt", "--md", "r.md", "--json", "r.json",
                     "--csv", "r.csv", "--csv-calls", "calls.csv", "--csv-requirements",
                     "q.csv", "--csv-diagnosis", "d.csv", "--junit", "r.xml", "--github",
                     "notes", "--html", "r2.html", "--plots", "plots", NULL),
                0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_contains(place_read(place, files[i]),
                        "decides"); /* large\_decides in Markdown */
    assert_true(place_files(place, "plots") >= 8);
    assert_same_text(place_read(place, "r2.html"), place_read(place, "r.html"));
}

/* ---- the end of a trial ---- */

static const char *last_line_path(struct place *place, const struct ended *ended)
{
    str text = str_trim(ended->out), line = text;
    for (str rest = text; str_cut(rest, '\n', &line, &rest);)
        text = rest;
    return place_path(place, arena_str(&place->arena, str_trim(text)).p);
}

static void finish_trial(struct place *place, struct trial *t)
{
    struct ended ended = child_wait(&t->run);
    assert_code(ended, 0);
    place_enter(place, t->entry);
    const char *db = last_line_path(place, &ended);
    assert_true(file_exists(db));
    check_page(place, t);
    check_formats(place, t);
    const json *report = report_json(place, db);
    check_accuracy(t, report);
    check_calls(t, db);
    check_estimates(place, t, db);
    check_identities(db);
    formulas_check(t->entry, t->experiment, db);
    figures_check(place, t->entry, t->experiment, t->expected, report);
    place_enter(place, NULL);
}

/* ---- all of them ---- */

struct trials {
    struct trial trial[AT_ONCE];
    size_t started, finished;
};

static void finish_one(struct place *place, struct trials *trials)
{
    finish_trial(place, &trials->trial[trials->finished++ % AT_ONCE]);
}

/* An entry's experiments stand beside each other in one copy: its newest run must be the one that
 * is reported, so they are tried one after the other. */
static void try_entry(struct place *place, struct trials *trials, const char *entry)
{
    struct names experiments;
    assert_code(weir(place, "init", "--from", entry, entry, NULL), 0);
    cookbook_experiments(place, place_path(place, entry), &experiments);
    assert_true(experiments.count > 0);
    for (size_t i = 0; i < experiments.count; i++) {
        while (trials->started - trials->finished >= (i ? 1 : AT_ONCE))
            finish_one(place, trials);
        struct trial *t = &trials->trial[trials->started++ % AT_ONCE];
        *t = (struct trial){.entry = entry, .experiment = experiments.name[i]};
        start_trial(place, t);
    }
}

static size_t try_every(struct place *place, size_t from, size_t step, bool sandboxed)
{
    struct trials trials = {0};
    struct names entries;
    size_t tried = 0;
    place->limit_s = RUN_LIMIT_S;
    cookbook_entries(place, &entries);
    for (size_t i = from; i < entries.count; i += step) {
        if (fixture_needs_sandbox(place, entries.name[i]) != sandboxed)
            continue;
        try_entry(place, &trials, entries.name[i]);
        tried++;
    }
    while (trials.finished < trials.started)
        finish_one(place, &trials);
    return tried;
}

size_t cookbook_try(struct place *place, unsigned part)
{
    return try_every(place, part, COOKBOOK_PARTS, false);
}

size_t cookbook_try_sandboxed(struct place *place)
{
    return try_every(place, 0, 1, true);
}
