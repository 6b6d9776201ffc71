/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_reports.c: the contract of the JSON report field by field, the other formats by name,
 * and that text from files and models reaches no terminal, page or plot as anything but text.
 */
#include "e2e_run.h"

#include <stdio.h>
#include <unistd.h>

/* ---- the JSON contract ---- */

static const char contract[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: s1, q: one, expected: one}\n"
    "    - {id: s2, q: two, expected: two}\n"
    "    - {id: s3, q: three, expected: other}\n"
    "    - {id: s4, q: four, expected: four}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1, output: 1}},\n"
    "  free: {provider: openai, model: n}}\n"
    "defaults: {model: small, max_tokens: 100}\n"
    "variants:\n"
    "  plain: {call: {prompt: {user: '{{q}}'}}}\n"
    "  steps:\n"
    "    chain:\n"
    "      a: {call: {prompt: {user: '{{q}}'}}}\n"
    "      b: {map: {over: ['{{a}}', '{{a}}'], as: x, each: {call: {prompt: {user: "
    "'{{x}}'}}}}}\n"
    "      c: {value: '{{b[0]}}'}\n"
    "  unpriced: {call: {prompt: {user: '{{q}}'}, model: free}}\n"
    "score:\n"
    "  same: {equals: '{{expected}}'}\n"
    "  long: {min-words: 2, weight: 0}\n"
    "  step_a: {step: a, equals: '{{expected}}'}\n"
    "trials: 2\n"
    "mock: {rules: {all: {reply: '{{request.prompt}}'}}}\n";

struct field {
    const char *path; /* from the object that is looked at */
    const char
        *types; /* letters: t text, n number, i integer, b bool, o object, l list, 0 null */
};

static bool has_type(const json *value, char letter)
{
    int64_t number;
    switch (letter) {
    case 't':
        return json_is(value, JSON_TEXT);
    case 'n':
        return json_is(value, JSON_NUMBER);
    case 'i':
        return json_is(value, JSON_NUMBER) && json_int(value, &number) && number >= 0;
    case 'b':
        return json_is(value, JSON_BOOL);
    case 'o':
        return json_is(value, JSON_OBJECT);
    case 'l':
        return json_is(value, JSON_LIST);
    default:
        return value && json_kind(value) == JSON_NULL;
    }
}

static int check_fields(const json *object, const char *what, const struct field *field)
{
    int wrong = 0;
    for (; field->path; field++) {
        const json *value = json_path(object, field->path);
        bool good = false;
        for (const char *letter = field->types; *letter && !good; letter++)
            good = value && has_type(value, *letter);
        if (!good)
            print_error("%s.%s is %s, not one of '%s'\n", what, field->path,
                        value ? json_kind_name(json_kind(value)) : "absent", field->types);
        wrong += !good;
    }
    return wrong;
}

/* clang-format off */
static const struct field top[] = {
    {"weir", "t"}, {"experiment", "t"}, {"run", "t"}, {"mock", "b"}, {"results", "o"},
    {"timing", "o"}, {"results.variants", "l"}, {"results.comparisons", "l"},
    {"results.requirements", "l"}, {"results.cells", "l"}, {"timing.variants", "l"},
    {"timing.comparisons", "l"}, {"timing.requirements", "l"}, {"timing.verdict", "t0"},
    {"timing.wall_s", "n"}, {"timing.client.cpu_s", "n"}, {"timing.client.cpu_us_per_call", "n"},
    {"timing.client.max_rss_mb", "n"}, {"timing.client.lateness_ms_p99", "n"}, {NULL, NULL}};
static const struct field result_variant[] = {
    {"name", "t"}, {"pattern", "t"}, {"cells", "i"}, {"samples", "i"}, {"trials", "i"},
    {"correct", "i"}, {"accuracy.value", "n"}, {"accuracy.low", "n"}, {"accuracy.high", "n"},
    {"accuracy.method", "t"}, {"score", "n"}, {"statuses.ok", "i"}, {"statuses.error", "i"},
    {"statuses.timeout", "i"}, {"statuses.unscored", "i"}, {"statuses.skipped", "i"},
    {"statuses.pending", "i"}, {"error_rate", "n"}, {"calls", "i"}, {"calls_per_cell", "n"},
    {"tokens.input", "i"}, {"tokens.cache_read", "i"}, {"tokens.cache_write", "i"},
    {"tokens.output", "i"}, {"tokens.reasoning", "i"}, {"cost_usd", "n0"},
    {"unknown_cost_calls", "i"}, {"lost_attempts", "i"}, {"cost_upper_usd", "n0"},
    {"cost_per_cell_usd", "n0"}, {"cost_per_correct_usd", "n0"}, {"steps", "l"}, {NULL, NULL}};
static const struct field result_step[] = {
    {"path", "t"}, {"calls", "i"}, {"accuracy", "on0"}, {"cost_usd", "n0"}, {NULL, NULL}};
static const struct field timed_variant[] = {
    {"name", "t"}, {"latency_ms.p50", "n0"}, {"latency_ms.p90", "n0"}, {"latency_ms.p95", "n0"},
    {"latency_ms.p99", "n0"}, {"latency_ms.mean", "n"}, {"wall_ms", "n"}, {"provider_ms", "n"},
    {"permit_wait_ms", "n"}, {"backoff_ms", "n"}, {"store_wait_ms", "n"}, {"ttft_ms", "n0"},
    {"critical_path_ms", "n"}, {"total_work_ms", "n"}, {"attempts", "i"}, {"retries", "i"},
    {NULL, NULL}};
static const struct field result_cell[] = {
    {"variant", "t"}, {"sample", "t"}, {"trial", "i"}, {"status", "t"}, {"reason", "0"},
    {"output", "t"}, {"scores", "o"}, {"scores.same", "n"}, {"cost_usd", "n0"}, {"calls", "i"},
    {NULL, NULL}};
/* clang-format on */

static int check_each(const json *list, const char *what, const struct field *fields,
                      size_t count)
{
    int wrong = 0;
    assert_int_equal(json_count(list), count);
    for (const json *item = json_first(list); item; item = json_next(item))
        wrong += check_fields(item, what, fields);
    return wrong;
}

/* Protects the contract that scripts rely on: every field of the JSON report is there with its
 * type, and says what the run's file says. */
static void the_json_report_keeps_its_contract(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", contract);
    const char *db = run_good(place, "--mock", NULL).db;
    const json *report = report_json(place, db);
    int wrong = check_fields(report, "report", top);
    wrong += check_each(json_path(report, "results.variants"), "results.variants[]",
                        result_variant, 3);
    wrong +=
        check_each(json_path(report, "timing.variants"), "timing.variants[]", timed_variant, 3);
    wrong += check_each(json_path(report, "results.cells"), "results.cells[]", result_cell,
                        3 * 4 * 2);
    const json *steps = json_get(variant_of(report, "results", "steps"), STR("steps"));
    wrong += check_each(steps, "steps[]", result_step, 5); /* . a b b[*] c */
    assert_int_equal(wrong, 0);
    assert_int_equal(json_count(json_path(report, "results.comparisons")), 2);
    assert_int_equal(json_count(json_path(report, "timing.comparisons")), 2);

    /* and the figures themselves */
    const json *plain = variant_of(report, "results", "plain");
    assert_text(json_text(json_get(report, STR("experiment"))), "work");
    assert_true(json_bool(json_get(report, STR("mock"))));
    assert_int_equal(json_number(json_get(plain, STR("correct"))), 6);
    assert_true(json_number(json_path(plain, "accuracy.value")) == 0.75);
    assert_int_equal(json_number(json_get(plain, STR("cells"))), 8);
    assert_int_equal(json_number(json_get(plain, STR("samples"))), 4);
    assert_int_equal(json_number(json_get(plain, STR("trials"))), 2);
    assert_int_equal(json_number(json_get(plain, STR("calls"))), 8);
    assert_true(json_number(json_get(plain, STR("cost_usd"))) * 1e9 + 0.5 >
                (double)sql_int(db, "SELECT sum(cost_nanousd) FROM cell_named WHERE"
                                    " variant_name = 'plain'"));
    assert_text(json_text(json_get(cell_of(report, "steps", "s2", 1), STR("output"))), "two");
    assert_int_equal(json_number(json_path(cell_of(report, "steps", "s3", 2), "scores.same")),
                     0);

    /* unknown is null, never 0 and never too low (rule 3) */
    const json *unpriced = variant_of(report, "results", "unpriced");
    static const char *const unknown[] = {"cost_usd", "cost_per_cell_usd",
                                          "cost_per_correct_usd", "cost_upper_usd"};
    for (size_t i = 0; i < 4; i++)
        assert_true(has_type(json_get(unpriced, str_from(unknown[i])), '0'));
    assert_int_equal(json_number(json_get(unpriced, STR("unknown_cost_calls"))), 8);
}

/* Protects who is given a run by others: figures are not made of a definition that cannot be. */
static void a_broken_definition_is_told(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *sql, *says;
    } broken[] = {{"UPDATE run SET definition = json_set(definition, '$.trials', -1)",
                   "no number of trials"},
                  {"UPDATE run SET definition = json_set(definition, '$.trials', 1e18)",
                   "no number of trials"},
                  {"UPDATE run SET definition = json_set(definition, '$.trials', 2,"
                   " '$.report.confidence', 7)",
                   "the confidence is not between 0 and 1"}};
    place_write_text(place, "experiment.yaml", contract);
    const char *db = run_good(place, "--mock", NULL).db;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        sql_run(db, broken[i].sql);
        struct ended ended = weir(place, "report", db, NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, broken[i].says);
        ended = weir(place, "compare", db, db, NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, broken[i].says);
    }
    sql_run(db, "UPDATE cell SET variant = 99 WHERE cell = 1");
    assert_code(weir(place, "report", db, NULL), 1);
    assert_code(weir(place, "check", NULL), 0); /* which looks at what the newest run took */
}

/* Protects the baseline and the shares that do not exist: with nothing to score, accuracy is
 * unknown, cells are `unscored`, and every number still parses. */
static void a_run_with_nothing_to_score(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml",
                     "dataset: {samples: [{id: s1, q: one}, {id: s2, q: two}]}\n"
                     "models: {small: {provider: openai, model: m}}\n"
                     "defaults: {model: small}\n"
                     "variants: {one: {call: {prompt: {user: '{{q}}'}}}}\n"
                     "score: {same: {equals: '{{expected | default(null)}}'}}\n");
    const char *db = run_good(place, "--mock", NULL).db;
    const json *one = variant_of(report_json(place, db), "results", "one");
    assert_int_equal(json_number(json_path(one, "statuses.unscored")), 2);
    assert_true(has_type(json_path(one, "accuracy.value"), '0'));
    assert_text(sql_text(place, db, "SELECT reason FROM cell"), "nothing-expected");
    assert_code(weir(place, "report", NULL), 0);
}

/* Protects scores of steps: they hold for the variants that have the step, and are unknown, not
 * 0, for all others, also where cells failed. */
static void a_step_score_needs_the_step(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", contract);
    place_replace(place, "experiment.yaml", "{call: {prompt: {user: '{{q}}'}}}\n  steps",
                  "{call: {prompt: {user: '{{q}}'}, schema: {type: integer}}}\n  steps");
    place_replace(place, "experiment.yaml", "schema: {type: integer}",
                  "schema: {type: object}");
    const char *db = run_good(place, "--mock", NULL).db;
    const json *report = report_json(place, db);
    const json *plain = variant_of(report, "results", "plain");
    assert_int_equal(json_number(json_path(plain, "statuses.error")), 8);
    const json *scores = json_get(plain, STR("scores"));
    for (const json *score = json_first(scores); score; score = json_next(score)) {
        if (!str_equal(json_text(json_get(score, STR("name"))), STR("step_a")))
            continue;
        assert_int_equal(json_number(json_get(score, STR("n"))), 0);
        assert_true(has_type(json_get(score, STR("value")), '0'));
    }
    const json *scores_of_cell = json_get(cell_of(report, "plain", "s1", 1), STR("scores"));
    assert_false(json_is(json_get(scores_of_cell, STR("step_a")), JSON_NUMBER));
}

/* ---- formats ---- */

/* Protects `-o FILE`, which picks the format by the extension, and its aliases with and without a
 * file; a run on the mock says so in each of them. */
static void formats_by_extension_and_by_name(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", contract);
    const char *db = run_good(place, "--mock", NULL).db;
    static const struct {
        const char *file, *begins, *option;
    } formats[] = {{"r.json", "{\n", "--json"},
                   {"r.md", "#", "--md"},
                   {"r.html", "<!DOCTYPE html>\n", "--html"},
                   {"r.csv", "variant,sample", "--csv"},
                   {"r.txt", "", NULL}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct ended ended = weir(place, "report", db, "-o", formats[i].file, NULL);
        assert_code(ended, 0);
        str written = place_read(place, formats[i].file);
        assert_true(str_starts_with(written, str_from(formats[i].begins)));
        assert_contains(written, "plain");
        assert_contains(written, "mock");
        if (!formats[i].option)
            continue;
        struct ended shown = weir(place, "report", db, formats[i].option, NULL);
        assert_code(shown, 0);
        assert_same_text(shown.out, written);
        struct ended named = weir(place, "report", db, formats[i].option, "named", NULL);
        assert_code(named, 0);
        assert_same_text(place_read(place, "named"), written);
    }
    struct ended odd = weir(place, "report", db, "-o", "r.docx", NULL);
    assert_code(odd, 2);
    assert_contains(odd.err, "r.docx");
    /* one row a cell, and the header */
    str csv = place_read(place, "r.csv"), line;
    size_t rows = 0;
    while (str_cut(csv, '\n', &line, &csv))
        rows++;
    assert_int_equal(rows, 3 * 4 * 2 + 1);
    /* the newest run, and by its ID */
    str id = sql_text(place, db, "SELECT id FROM run");
    struct ended newest = weir(place, "report", "--csv", NULL);
    struct ended by_id = weir(place, "report", id.p, "--csv", NULL);
    assert_same_text(newest.out, place_read(place, "r.csv"));
    assert_same_text(by_id.out, newest.out);
}

/* Protects `report.texts`: by default the page has prompts and replies of cells that are wrong, with
 * `all` those of right ones too, with `none` neither, nor anything else that a model said. */
static void pages_have_the_texts_that_are_wanted(void **state)
{
    struct place *place = *state;
    static const char experiment[] =
        "dataset:\n"
        "  samples:\n"
        "    - {id: s1, q: lantern, expected: lantern}\n"
        "    - {id: s2, q: walrus, expected: other}\n"
        "models: {small: {provider: openai, model: m}}\n"
        "defaults: {model: small, max_tokens: 100}\n"
        "variants: {plain: {call: {prompt: {system: 'be {{q}}', user: '{{q}}'}}}}\n"
        "score: {same: {contains: '{{expected}}'}}\n"
        "mock: {rules: {all: {reply: 'echo {{request.prompt}}'}}}\n"
        "report: {texts: WORD}\n";
    static const struct {
        const char *word;
        bool right, wrong;
    } cases[] = {{"failures", false, true}, {"all", true, true}, {"none", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        place_write_text(place, "experiment.yaml", experiment);
        place_replace(place, "experiment.yaml", "WORD", cases[i].word);
        run_good(place, "--mock", "--html", "page.html", NULL);
        str page = place_read(place, "page.html");
        ptrdiff_t data = str_find(page, STR("id=\"data\">"), 0);
        assert_true(data > 0);
        page = str_sub(page, (size_t)data, page.n); /* the experiment stands before it */
        assert_int_equal(str_contains(page, STR("\"be lantern\"")), cases[i].right);
        assert_int_equal(str_contains(page, STR("\"be walrus\"")), cases[i].wrong);
        assert_int_equal(str_contains(page, STR("echo ")), cases[i].wrong);
    }
}

static bool has_gnuplot(void)
{
    return access("/usr/bin/gnuplot", X_OK) == 0;
}

/* Protects pictures: SVG and PNG of all four where there is gnuplot, and data, scripts and a
 * clear word where there is not. */
static void plots_make_pictures(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", contract);
    const char *db = run_good(place, "--mock", "--plots", "pictures", NULL).db;
    static const char *const names[] = {"accuracy", "latency", "cost", "calls"};
    for (size_t i = 0; has_gnuplot() && i < 4; i++) {
        str svg = arena_printf(&place->arena, "pictures/%s.svg", names[i]);
        str png = arena_printf(&place->arena, "pictures/%s.png", names[i]);
        assert_contains(place_read(place, svg.p), "<svg");
        assert_contains(place_read(place, svg.p), "mock");
        assert_true(str_starts_with(place_read(place, png.p), STR("\x89PNG")));
    }
    place_env(place, "PATH=/nowhere");
    struct ended without = weir(place, "report", db, "--plots", "none", NULL);
    assert_code(without, 0);
    assert_contains(without.err, "gnuplot is not installed");
    assert_true(place_files(place, "none") > 0);
}

/* ---- hostile text ---- */

#define TITLE  "\\e]0;owned\\a \\e[31mred `touch pwned` <script>alert(1)</script> $(touch pwned)"
#define ANSWER "\\e[2J\\e]0;owned\\a<img src=x onerror=alert(1)>`touch pwned`| x |\\u009b31m"

static const char hostile[] =
    "description: \"" TITLE "\"\n"
    "dataset:\n"
    "  samples:\n"
    "    - {id: \"s\\e[31m`touch pwned`<b>|\", q: \"" ANSWER "\", expected: \"" ANSWER "\","
    " tags: [\"\\e[32m\"], description: \"\\e[33m<script>\", cluster: \"c\\e[34m\"}\n"
    "    - {id: '=cmd()', q: x, expected: x}\n"
    "models: {small: {provider: openai, model: \"m\\e[35m\"}}\n"
    "defaults: {model: small}\n"
    "retry: {retries: 0}\n"
    "variants:\n"
    "  one:\n"
    "    description: \"" TITLE "\"\n"
    "    route:\n"
    "      by: {value: \"`touch pwned`\\e[31m<script>\"}\n"
    "      cases:\n"
    "        \"`touch pwned`\\e[31m<script>\": {call: {prompt: {user: '{{q}}'}}}\n"
    "  two: {call: {prompt: {user: '{{q}}'}, schema: {type: object}}}\n"
    "score: {same: {equals: '{{expected}}', description: \"" TITLE "\"}}\n"
    "report: {title: \"" TITLE "\"}\n"
    "mock: {rules: {all: {reply: '{{request.prompt}}'}}}\n";

static void check_harmless(str text, bool page)
{
    static const char *const steering[] = {"\033", "\a", "\xc2\x9b"};
    for (size_t i = 0; i < 3; i++)
        assert_lacks(text, steering[i]);
    if (page) {
        assert_lacks(text, "<script");
        assert_lacks(text, "<img");
    }
}

/* Protects rule 12: escape sequences, markup and backticks in titles, ids, labels, prompts and
 * model output stay text: on stdout and stderr, in each format, and in what gnuplot is given. */
static void hostile_text_stays_text(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", hostile);
    struct ended run = weir(place, "run", "--mock", "--plots", "pictures", "--md", "r.md",
                            "--html", "r.html", NULL);
    assert_code(run, 0);
    check_harmless(run.out, false);
    check_harmless(run.err, false);
    const char *db = only_run(place, ".");
    struct ended shown = weir(place, "report", db, NULL);
    struct ended script = weir(place, "report", db, "--json", "--cells", NULL);
    struct ended table = weir(place, "report", db, "--csv", NULL);
    struct ended check = weir(place, "check", NULL);
    struct ended runs = weir(place, "runs", NULL);
    check_harmless(shown.out, false);
    check_harmless(script.out, false);
    check_harmless(table.out, false);
    check_harmless(check.out, false);
    check_harmless(runs.out, false);
    check_harmless(place_read(place, "r.md"), true);
    check_harmless(place_read(place, "r.html"), false);
    assert_lacks(place_read(place, "r.html"), "<img"); /* its own scripts it may have */
    assert_lacks(place_read(place, "r.html"), "<script>alert");
    assert_int_equal(access(place_path(place, "pwned"), F_OK), -1);
    assert_int_equal(access(place_path(place, "pictures/pwned"), F_OK), -1);
    if (has_gnuplot())
        check_harmless(place_read(place, "pictures/calls.svg"), true);
    /* a script gets the bytes back */
    const json *report = json_parse(&place->arena, str_trim(script.out), NULL);
    const json *first = json_first(json_path(report, "results.cells"));
    assert_contains(json_text(json_get(first, STR("output"))), "\033[2J");
}

/* Protects the terminal itself: the only sequences on it are our own, and with NO_COLOR the
 * report has none. The path does not go to a terminal's stdout without --quiet. */
static void a_terminal_shows_only_our_own_sequences(void **state)
{
    struct place *place = *state;
    place_write_text(place, "experiment.yaml", hostile);
    struct ended run = weir_on_terminal(place, "run", "--mock", NULL);
    assert_code(run, 0);
    assert_lacks(run.out, "\033]0;");
    assert_lacks(run.out, "\033[2J");
    assert_lacks(run.out, "\033[31mred");
    assert_lacks(run.out, "\a");
    struct ended colours = weir_on_terminal(place, "report", NULL);
    assert_code(colours, 0);
    assert_contains(colours.out, "\033["); /* it does colour */
    assert_lacks(colours.out, "\033[31mred");
    place_env(place, "NO_COLOR=1");
    struct ended plain = weir_on_terminal(place, "report", NULL);
    assert_code(plain, 0);
    check_harmless(plain.out, false);
    /* no line is wider than the terminal */
    str line, rest = plain.out;
    while (str_cut(rest, '\n', &line, &rest)) {
        size_t columns = 0;
        for (size_t i = 0; i < line.n; i++)
            columns += ((unsigned char)line.p[i] & 0xc0) != 0x80 && line.p[i] != '\r';
        assert_in_range(columns, 0, 100);
    }
}

/* Protects whoever pastes a name from somewhere: what was not found is shown, not obeyed. */
static void names_in_messages_are_visible(void **state)
{
    struct place *place = *state;
    place_write_text(place, "e\033[31m.yaml", hostile);
    static const char *const wrong[][3] = {{"run", "no\033[31m.yaml", NULL},
                                           {"report", "no\033[31m.db", NULL},
                                           {"check", "--no\033[31m", NULL},
                                           {"list", "no\033[31m", NULL},
                                           {"no\033[31m", NULL, NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ended ended = weir(place, wrong[i][0], wrong[i][1], NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, "no\\e[31m");
        check_harmless(ended.err, false);
    }
    struct ended check = weir(place, "check", "e\033[31m.yaml", NULL);
    assert_code(check, 0);
    check_harmless(check.out, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_json_report_keeps_its_contract),
        e2e_test(a_broken_definition_is_told),
        e2e_test(a_run_with_nothing_to_score),
        e2e_test(a_step_score_needs_the_step),
        e2e_test(formats_by_extension_and_by_name),
        e2e_test(pages_have_the_texts_that_are_wanted),
        e2e_test(plots_make_pictures),
        e2e_test(hostile_text_stays_text),
        e2e_test(a_terminal_shows_only_our_own_sequences),
        e2e_test(names_in_messages_are_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
