/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot.c: the table of pictures; writes their files and has them drawn (see plot.h).
 */
#include "reports/plot.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "reports/gnuplot.h"
#include "reports/plot_latencies.h"

/* For each picture: a tenth of a second on an idle machine. */
#define GNUPLOT_TIMEOUT_NS (20 * NS_PER_S)

/* clang-format off */
static const struct plot_entry table[] = {
    {"accuracy",     "accuracy of each variant with its interval",            plot_accuracy},
    {"calls",        "calls and retries by step",                             plot_calls},
    {"cost",         "cost against accuracy, and who is dominated",           plot_cost},
    {"latency",      "share of cells that ended within a time",               plot_latency},
    {"quantiles",    "latency at p50, p90, p95 and p99 with intervals",       plot_quantiles},
    {"speed",        "median latency against accuracy",                       plot_speed},
    {"steps-cost",   "cost of a cell, stacked by step",                       plot_steps_cost},
    {"steps-time",   "work of a cell, stacked by step",                       plot_steps_time},
    {"steps-tokens", "tokens of a cell, stacked by step",                     plot_steps_tokens},
    {"votes",        "accuracy of a majority by its size, predicted and measured", plot_votes},
    {"waterfall",    "calls of a typical cell and of the slowest one",        plot_waterfall},
};
/* clang-format on */
enum { PLOTS = sizeof table / sizeof table[0] };

const struct plot_entry *plot_entries(size_t *count)
{
    *count = PLOTS;
    return table;
}

static int write_files(struct plot_work *work, str folder, const char *name, struct err *err)
{
    str data = arena_printf(work->arena, "%.*s/%s.csv", STR_ARG(folder), name);
    str script = arena_printf(work->arena, "%.*s/%s.gp", STR_ARG(folder), name);
    if (file_write(data.p, buf_str(&work->data), err) < 0)
        return -1;
    return file_write(script.p, buf_str(&work->script), err);
}

/* Data and script; 1: there is nothing to draw. */
static int write_plot(struct plot_work *work, str folder, const struct plot_entry *plot,
                      struct err *err)
{
    buf_clear(&work->data);
    buf_clear(&work->script);
    work->csv = (struct csv_out){.out = &work->data};
    int made = plot->make(work, err);
    if (made != 0)
        return made < 0 ? -1 : 1;
    return write_files(work, folder, plot->name, err);
}

static int draw(struct plot_work *work, str folder, const char *const *scripts, size_t count,
                struct err *err)
{
    if (count == 0)
        return 0;
    enum gnuplot_result result = gnuplot_run(arena_str(work->arena, folder).p, scripts, count,
                                             (int64_t)count * GNUPLOT_TIMEOUT_NS, err);
    if (result == GNUPLOT_ABSENT)
        log_line(LOG_WARNING,
                 "gnuplot is not installed: %.*s has data and scripts, but no pictures",
                 STR_ARG(folder));
    return result == GNUPLOT_FAILED ? -1 : 0;
}

int plots_write(str folder, const struct report_input *input, struct err *err)
{
    struct arena arena = {0};
    struct plot_work work = {.input = input, .summary = input->summary, .arena = &arena};
    const char *script[PLOTS];
    size_t scripts = 0;
    work.order = page_order(work.summary, &arena);
    int result = dir_make(arena_str(&arena, folder).p, err);
    for (size_t i = 0; i < PLOTS && result == 0; i++) {
        int made = write_plot(&work, folder, &table[i], err);
        if (made == 0)
            script[scripts++] = arena_printf(&arena, "%s.gp", table[i].name).p;
        result = made < 0 ? -1 : 0;
    }
    if (result == 0)
        result = draw(&work, folder, script, scripts, err);
    plot_latencies_free(&work);
    buf_release(&work.data);
    buf_release(&work.script);
    arena_release(&arena);
    return result;
}
