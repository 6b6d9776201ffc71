/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_plot.c: pictures are drawn, hostile text stays text, and a gnuplot that is absent,
 * fails or hangs is dealt with. Where there is no gnuplot the tests that need one are skipped.
 */
#include "unit/test_report_pictures.h"

#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/log.h"
#include "plan/experiment_tables.h"
#include "reports/gnuplot.h"

#include <signal.h>

/* With another PATH, so that another gnuplot is found, or none. */
static char *swap_path(const char *path)
{
    char *old = xstrdup(getenv("PATH"));
    setenv("PATH", path, 1);
    return old;
}

static void restore_path(char *old)
{
    setenv("PATH", old, 1);
    xfree(old);
}

static void fake_gnuplot(struct folder *folder, const char *script)
{
    struct err err = {0};
    data_check(file_write(inside(folder, "gnuplot"), str_from(script), &err), &err);
    assert_int_equal(chmod(inside(folder, "gnuplot"), 0755), 0);
}

/* ---- pictures ---- */

/* Protects: a script needs nothing but its data, and leaves nothing behind for the next: drawn by
 * hand, in the opposite order, pictures are the same. */
static void redraw(struct folder *folder)
{
    enum { MOST = 32 };
    size_t count, scripts = 0;
    const struct plot_entry *plot = plot_entries(&count);
    const char *script[MOST], *png[MOST];
    str before[MOST];
    struct err err = {0};
    for (size_t i = count; i-- > 0;) {
        script[scripts] = arena_printf(&folder->arena, "%s.gp", plot[i].name).p;
        png[scripts] = arena_printf(&folder->arena, "%s.png", plot[i].name).p;
        if (access(inside(folder, script[scripts]), F_OK) != 0)
            continue;
        before[scripts] = content(folder, png[scripts]);
        assert_int_equal(unlink(inside(folder, png[scripts++])), 0);
    }
    if (gnuplot_run(folder->path, script, scripts, 60 * NS_PER_S, &err) != GNUPLOT_DONE)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < scripts; i++)
        assert_true(str_equal(before[i], content(folder, png[i])));
}

/* Protects: each picture has its data, its script, an SVG and a PNG, and names the mock. */
static void drawn(void **state)
{
    (void)state;
    need_gnuplot();
    struct data data;
    struct folder folder;
    struct err err = {0};
    data_make(&data, (struct data_options){0}, true);
    folder_make(&folder);
    struct report_input input = data_input(&data);
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    assert_true(assert_pictures(&folder, "Answered by weir-mock") >= 10);
    assert_true(str_contains(content(&folder, "accuracy.svg"), STR("by_keywords")));
    assert_true(
        str_starts_with(content(&folder, "cost.csv"), STR("place,cost_usd_per_1000_cells")));
    /* attempts were lost: what is known is too little */
    assert_true(str_contains(content(&folder, "steps-cost.svg"), STR("≥ $0.")));
    assert_true(
        str_contains(content(&folder, "cost.svg"), STR("at least, attempts were lost")));
    redraw(&folder);
    folder_remove(&folder);
    data_free(&data);
}

/* Protects: the distribution is that of the cells whose quantiles the summary has. */
static void same_cells(void **state)
{
    (void)state;
    struct data data;
    struct folder folder;
    struct err err = {0};
    str last;
    data_make(&data, (struct data_options){0}, true);
    folder_make(&folder);
    struct report_input input = data_input(&data);
    char *path = swap_path("/nonexistent");
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    restore_path(path);
    size_t expected = 1;
    for (size_t v = 0; v < DATA_VARIANTS; v++) {
        const struct summary_variant *variant = &data.summary->variants[v];
        assert_true(variant->statuses[SUMMARY_ERROR] + variant->statuses[SUMMARY_TIMEOUT] > 0);
        /* one more, at the axis; those that timed out never end */
        expected += 1 + variant->latency_ns[SUMMARY_P50].n - variant->statuses[SUMMARY_TIMEOUT];
    }
    assert_int_equal(count_lines(content(&folder, "latency.csv"), &last), expected);
    folder_remove(&folder);
    data_free(&data);
}

/* Protects `report.plots`: the pictures that an experiment may name are those that there are; only the
 * named ones are drawn; a page without any says so, and a folder that was asked for is filled. */
static void chosen(void **state)
{
    (void)state;
    struct data data;
    struct folder folder;
    struct err err = {0};
    struct arena arena = {0};
    struct buf page = {0};
    size_t count, named = 0;
    const struct plot_entry *entry = plot_entries(&count);
    while (report_plot_names[named])
        named++;
    assert_int_equal(named, count);
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < named; k++)
            known = known || strcmp(report_plot_names[k], entry[i].name) == 0;
        assert_true(known);
    }
    data_make(&data, (struct data_options){0}, true);
    folder_make(&folder);
    struct report_input input = data_input(&data);
    char *path = swap_path("/nonexistent");
    input.plots = json_parse(&arena, STR("[\"cost\"]"), NULL);
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    assert_true(file_exists(arena_printf(&arena, "%s/cost.csv", folder.path).p));
    assert_false(file_exists(arena_printf(&arena, "%s/accuracy.csv", folder.path).p));
    input.plots = json_new_text(&arena, STR("none"));
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    assert_true(file_exists(arena_printf(&arena, "%s/accuracy.csv", folder.path).p));
    data_check(report_emit(STR("html"), &input, &page, &err), &err);
    assert_true(str_contains(buf_str(&page), STR("The experiment asks for no pictures.")));
    restore_path(path);
    folder_remove(&folder);
    data_free(&data);
    buf_release(&page);
    arena_release(&arena);
}

/* Protects: every picture has its section in docs/plots.md. */
static void documented(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    str page;
    size_t count;
    const struct plot_entry *plot = plot_entries(&count);
    data_check(file_read(&arena, TEST_SOURCE_DIR "/docs/plots.md", 1 << 20, &page, &err), &err);
    for (size_t i = 0; i < count; i++) {
        str rest = page, line;
        bool found = false;
        while (!found && rest.n) {
            str_cut(rest, '\n', &line, &rest);
            found = str_starts_with(line, STR("### ")) &&
                    str_contains(line, str_from(plot[i].name));
        }
        if (!found)
            fail_msg("docs/plots.md has no section for %s", plot[i].name);
    }
    arena_release(&arena);
}

/* Protects: no name and no title runs anything; they are drawn as what they are. */
static void hostile(void **state)
{
    (void)state;
    need_gnuplot();
    const char *names[] = {
        data_hostile,
        "'.system(\"touch weir_pwned\").'",
        "'''.system(\"touch weir_pwned\").''' ! touch weir_pwned\n!touch weir_pwned\n`touch "
        "weir_pwned` @weir _a^b {/=80 c} 50%",
    };
    struct data data;
    struct folder folder;
    struct err err = {0};
    data_make(&data, (struct data_options){.names = names, .hostile = true}, true);
    folder_make(&folder);
    struct report_input input = data_input(&data);
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    assert_pictures(&folder, "Answered by weir-mock"); /* and no file beside them */
    assert_int_not_equal(access("weir_pwned", F_OK), 0);
    str svg = content(&folder, "accuracy.svg");
    assert_true(str_contains(svg, STR("`touch weir_p")));
    assert_true(str_contains(svg, STR("’.system(\"to")));
    assert_true(str_contains(svg, STR("’’’.system(\"t")));
    assert_false(str_contains(svg, STR("<script")));
    folder_remove(&folder);
    data_free(&data);
}

/* Protects: no quote ends the string, controls are shown, and the length is bounded. */
static void quoting(void **state)
{
    (void)state;
    struct buf out = {0};
    gnuplot_text(&out, STR("it's `x`\n\\n \x1b"), 40);
    gnuplot_text(&out, STR("abcdef"), 4);
    gnuplot_text(&out, STR("'"), 1);
    assert_string_equal(out.p, "'it’s `x`\\n\\n \\e''abc…''’'");
    buf_release(&out);
}

/* Protects: a large run is drawn from at most 2,000 points, to the first and the last cell. */
static void few_points(void **state)
{
    (void)state;
    enum { SAMPLES = 5000 };
    struct folder folder;
    struct err err = {0};
    static const struct summary_variant_meta variant = {STR_INIT("one"), STR_INIT("call")};
    struct summary_meta meta = {
        .variants = &variant, .variant_count = 1, .samples = SAMPLES, .trials = 1};
    struct store_variant stored = {.name = STR("one"), .pattern = STR("call")};
    struct store_sample *samples = xcalloc(SAMPLES, sizeof *samples);
    struct store_plan plan = {
        .variant = &stored, .variants = 1, .sample = samples, .samples = SAMPLES};
    struct store_run run = {.id = STR("r"), .definition = STR("{}"), .cells = SAMPLES};
    struct store *store;
    folder_make(&folder);
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (struct store_sample){.number = (int64_t)i,
                                           .id = arena_printf(&folder.arena, "s%zu", i)};
    data_check(store_create(&store, inside(&folder, "run.db"), &run, &plan, &err), &err);
    for (int64_t i = 0; i < SAMPLES; i++) {
        struct store_cell cell = {.cell = i,
                                  .sample = i,
                                  .trial = 1,
                                  .correct = 1,
                                  .score = 1,
                                  .latency_ns = (1 + i * 7919 % SAMPLES) * 1000000};
        store_write_cell(store, &cell, NULL, NULL);
    }
    struct store_run end = {.state = STORE_FINISHED};
    data_check(store_finish(store, &end, &err), &err);
    data_check(store_open(&store, inside(&folder, "run.db"), &err), &err);
    struct summary *summary = summary_begin(&meta);
    data_check(summary_finish(summary, &err), &err);
    struct report_input input = {.summary = summary, .store = store};
    char *path = swap_path("/nonexistent");
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    restore_path(path);

    str last = STR("");
    size_t lines = count_lines(content(&folder, "latency.csv"), &last);
    assert_true(lines > 1500 && lines <= 1 + PLOT_POINTS_MAX);
    assert_true(str_equal(last, STR("1,5000,1,0,one")));
    store_close(store);
    summary_free(summary);
    xfree(samples);
    folder_remove(&folder);
}

/* ---- gnuplots that do not work ---- */

/* Protects: without gnuplot the data and the scripts are written, and nothing fails. */
static void absent(void **state)
{
    (void)state;
    struct data data;
    struct folder folder;
    struct err err = {0};
    data_make(&data, (struct data_options){0}, false);
    folder_make(&folder);
    struct report_input input = data_input(&data);
    char *path = swap_path(folder.path);
    log_set_level(LOG_ERROR);
    data_check(plots_write(str_from(folder.path), &input, &err), &err);
    log_set_level(LOG_WARNING);
    restore_path(path);
    /* those that the summary has the data for */
    assert_int_equal(count_files(folder.path), 2 * 8);
    assert_int_not_equal(access(inside(&folder, "waterfall.gp"), F_OK), 0);
    assert_true(str_contains(content(&folder, "calls.gp"), STR("plot 'calls.csv'")));
    folder_remove(&folder);
    data_free(&data);
}

/* Protects: a gnuplot that fails is an error with its own words, made visible. */
static void fails(void **state)
{
    (void)state;
    struct data data;
    struct folder folder, empty;
    struct err err = {0};
    data_make(&data, (struct data_options){0}, false);
    folder_make(&folder);
    folder_make(&empty);
    fake_gnuplot(&folder, "#!/bin/sh\nprintf 'no \\033[31mterminal'\nexit 3\n");
    struct report_input input = data_input(&data);
    char *path = swap_path(folder.path);
    assert_int_equal(plots_write(str_from(empty.path), &input, &err), -1);
    restore_path(path);
    assert_int_equal(err.kind, ERR_FAILED);
    assert_string_equal(err.message, "gnuplot failed: no \\e[31mterminal");
    folder_remove(&folder);
    folder_remove(&empty);
    data_free(&data);
}

/* Protects: one that hangs is killed at the deadline with what it started. */
static void hangs(void **state)
{
    (void)state;
    struct folder folder;
    struct err err = {0};
    folder_make(&folder);
    fake_gnuplot(&folder, "#!/bin/sh\n/bin/sleep 1000 &\necho $! > child\nwait\n");
    char *path = swap_path(folder.path);
    assert_int_equal(gnuplot_run(folder.path, (const char *[]){"x.gp"}, 1, NS_PER_S, &err),
                     GNUPLOT_FAILED);
    restore_path(path);
    assert_string_equal(err.message, "gnuplot: no pictures within 1 s");
    int64_t pid = 0;
    assert_true(str_to_int(str_trim(content(&folder, "child")), &pid));
    /* it is gone, or a zombie that nobody reaps in a container without an init */
    for (unsigned i = 0; i < 500 && kill((pid_t)pid, 0) == 0; i++) {
        str status;
        struct arena arena = {0};
        str file = arena_printf(&arena, "/proc/%lld/stat", (long long)pid);
        bool dead = file_read(&arena, file.p, 4096, &status, NULL) < 0 ||
                    str_contains(status, STR(") Z "));
        arena_release(&arena);
        if (dead) {
            pid = -1;
            break;
        }
        usleep(10000);
    }
    assert_true(pid < 0 || kill((pid_t)pid, 0) != 0);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn),      cmocka_unit_test(same_cells), cmocka_unit_test(chosen),
        cmocka_unit_test(documented), cmocka_unit_test(hostile),    cmocka_unit_test(quoting),
        cmocka_unit_test(absent),     cmocka_unit_test(fails),      cmocka_unit_test(hangs),
        cmocka_unit_test(few_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
