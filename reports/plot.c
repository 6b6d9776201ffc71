/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot.c: the table of pictures; writes their files and has them drawn (see plot.h).
 */
#include "reports/plot.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "reports/gnuplot.h"
#include "reports/plot_frame.h"

#define GNUPLOT_TIMEOUT_NS (60 * NS_PER_S)

/* clang-format off */
static const struct plot_entry table[] = {
    {"accuracy", "accuracy of each variant with its interval",  plot_accuracy},
    {"calls",    "calls and retries by step",                   plot_calls},
    {"cost",     "cost against accuracy, and who is dominated", plot_cost},
    {"latency",  "share of cells that ended within a time",     plot_latency},
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

/* 1 when gnuplot is absent. */
static int write_plot(struct plot_work *work, str folder, const struct plot_entry *plot,
                      bool draw, struct err *err)
{
    buf_clear(&work->data);
    buf_clear(&work->script);
    work->csv = (struct csv_out){.out = &work->data};
    int made = plot->make(work, err);
    if (made != 0)
        return made < 0 ? -1 : 0;
    if (write_files(work, folder, plot->name, err) < 0)
        return -1;
    if (!draw)
        return 0;
    str script = arena_printf(work->arena, "%s.gp", plot->name);
    enum gnuplot_result result =
        gnuplot_run(arena_str(work->arena, folder).p, script.p, GNUPLOT_TIMEOUT_NS, err);
    return result == GNUPLOT_FAILED ? -1 : result == GNUPLOT_ABSENT;
}

int plots_write(str folder, const struct report_input *input, struct err *err)
{
    struct arena arena = {0};
    struct plot_work work = {.input = input, .summary = input->summary, .arena = &arena};
    bool draw = true;
    work.order = page_order(work.summary, &arena);
    int result = dir_make(arena_str(&arena, folder).p, err);
    for (size_t i = 0; i < PLOTS && result == 0; i++) {
        int absent = write_plot(&work, folder, &table[i], draw, err);
        if (absent > 0) {
            draw = false;
            log_line(LOG_WARNING,
                     "gnuplot is not installed: %.*s has data and scripts, but no pictures",
                     STR_ARG(folder));
        }
        result = absent < 0 ? -1 : 0;
    }
    buf_release(&work.data);
    buf_release(&work.script);
    arena_release(&arena);
    return result;
}
