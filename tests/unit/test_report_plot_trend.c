/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report_plot_trend.c: several runs as pictures (reports/plot_trend.h).
 */
#include "unit/test_report_pictures.h"

#include "reports/plot_trend.h"

enum { RUNS = 12, VARIANTS = 3 };

struct series {
    struct plot_trend_value value[RUNS][VARIANTS];
    struct plot_trend_run run[RUNS];
    str variant[VARIANTS];
    struct plot_trend trend;
};

static struct plot_span span(double value, double half)
{
    return (struct plot_span){maybe_of(value), maybe_of(value - half), maybe_of(value + half)};
}

/* Accuracy rises by a twentieth at run 7, which is marked; the third variant begins at run 5 and has
 * no cost; nothing has a latency. */
static void make(struct series *series, struct arena *arena)
{
    static const char *const names[VARIANTS] = {"generic", "by_model", "by_keywords"};
    *series = (struct series){.trend = {.experiment = STR("support"),
                                        .title = STR("Support mail"),
                                        .confidence = 0.95,
                                        .variant = series->variant,
                                        .variants = VARIANTS,
                                        .run = series->run,
                                        .runs = RUNS}};
    for (size_t v = 0; v < VARIANTS; v++)
        series->variant[v] = str_from(names[v]);
    for (size_t r = 0; r < RUNS; r++) {
        series->run[r] =
            (struct plot_trend_run){.label = arena_printf(arena, "2026-11-%02zu 10:15", r + 1),
                                    .mock = r == 3,
                                    .value = series->value[r]};
        for (size_t v = 0; v < VARIANTS; v++) {
            struct plot_trend_value *value = &series->value[r][v];
            if (v == 2 && r < 4)
                continue;
            value->accuracy = span(0.6 + 0.1 * (double)v + (r >= 6 ? 0.05 : 0), 0.04);
            value->accuracy_changed = v == 1 && r == 6;
            if (v < 2)
                value->cost_usd = span(0.0002 * (double)(v + 1), 0.00002);
        }
    }
}

/* Protects: what runs say is drawn as data says it, what none says is left out. */
static void drawn(void **state)
{
    struct series series;
    struct folder folder;
    struct err err = {0};
    (void)state;
    need_gnuplot();
    folder_make(&folder);
    make(&series, &folder.arena);
    data_check(plot_trend_write(str_from(folder.path), &series.trend, &err), &err);
    assert_int_equal(assert_pictures(&folder, "Answered by weir-mock, some of it"), 2);
    str data = content(&folder, "trend-accuracy.csv");
    assert_true(
        str_starts_with(data, STR("run,variant_number,accuracy_percent,low,high,changed,"
                                  "variant,label\n1,1,60,56,64,0,generic,2026-11-01 "
                                  "10:15\n")));
    assert_true(str_contains(data, STR("\n7,2,75,71,79,1,by_model,2026-11-07 10:15\n")));
    assert_true(str_contains(data, STR("\n1,3,,,,0,by_keywords,2026-11-01 10:15\n")));
    str svg = content(&folder, "trend-accuracy.svg");
    assert_true(str_contains(svg, STR("by_keywords")));
    assert_true(str_contains(svg, STR("changed")));
    assert_true(str_contains(svg, STR("2026-11-12 10:15")));
    assert_false(str_contains(content(&folder, "trend-cost.svg"), STR("by_keywords")));
    folder_remove(&folder);
}

/* Protects: names and labels from outside are text, and nothing but text. */
static void hostile(void **state)
{
    struct series series;
    struct folder folder;
    struct err err = {0};
    (void)state;
    need_gnuplot();
    folder_make(&folder);
    make(&series, &folder.arena);
    series.trend.experiment = series.trend.title = str_from(data_hostile);
    series.variant[0] = str_from(data_hostile);
    series.variant[1] =
        STR("'''.system(\"touch weir_pwned\").''' `touch weir_pwned` @x {/=80 y}");
    series.run[0].label = str_from(data_hostile);
    series.run[1].label = STR("'.system(\"touch weir_pwned\").'\n!touch weir_pwned");
    data_check(plot_trend_write(str_from(folder.path), &series.trend, &err), &err);
    assert_int_equal(assert_pictures(&folder, "Answered by weir-mock"), 2);
    assert_int_not_equal(access("weir_pwned", F_OK), 0);
    str svg = content(&folder, "trend-accuracy.svg");
    assert_true(str_contains(svg, STR("`touch weir_p")));
    assert_true(str_contains(svg, STR("’.system(\"")));
    folder_remove(&folder);
}

/* Protects: of very many runs the newest are drawn, from at most 2,000 points, and it says so. */
static void few_points(void **state)
{
    enum { MANY = 1500 };
    static struct plot_trend_run run[MANY];
    struct series series;
    struct folder folder;
    struct err err = {0};
    (void)state;
    folder_make(&folder);
    make(&series, &folder.arena);
    for (size_t r = 0; r < MANY; r++)
        run[r] = (struct plot_trend_run){.label = arena_printf(&folder.arena, "r%zu", r + 1),
                                         .value = series.value[5]};
    series.trend.run = run;
    series.trend.runs = MANY;
    char *path = xstrdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    int result = plot_trend_write(str_from(folder.path), &series.trend, &err);
    setenv("PATH", path, 1);
    xfree(path);
    data_check(result, &err);
    str last = STR("");
    size_t lines = count_lines(content(&folder, "trend-accuracy.csv"), &last);
    assert_true(lines > 1900 && lines <= 1 + PLOT_POINTS_MAX);
    assert_true(str_ends_with(last, STR(",by_keywords,r1500")));
    assert_true(str_contains(content(&folder, "trend-accuracy.gp"),
                             STR("the newest 666 of 1500 runs")));
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn),
        cmocka_unit_test(hostile),
        cmocka_unit_test(few_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
