/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_quantiles.c: how slow each variant is: p50, p90, p95 and p99, each with its interval.
 *
 * A row a variant, a line a level. An interval without an upper limit goes to the edge with an
 * arrow: there are too few cells for one. Many variants have p50 and p95 alone, in one line each.
 */
#include "reports/plot_frame.h"

#include "reports/gnuplot.h"
#include "stats/format.h"

#include <math.h>

enum { ROWS_MAX = 60, FULL_ROWS = 12, ROW_HEIGHT = 66, SMALL_ROW_HEIGHT = 38 };

struct levels {
    const enum summary_level *level;
    size_t count;
};

static const enum summary_level all_levels[] = {SUMMARY_P50, SUMMARY_P90, SUMMARY_P95,
                                                SUMMARY_P99};
static const enum summary_level two_levels[] = {SUMMARY_P50, SUMMARY_P95};

/* By level; the texts at the right show them too. */
static const unsigned shapes[] = {7, 9, 5, 13};
static const char *const colours[] = {"#0072B2", "#E69F00", "#009E73", "#000000"};

struct range {
    double low, high; /* ms, above 0 */
};

static const struct stats_quantile *quantile(const struct plot_work *work, size_t place,
                                             enum summary_level level)
{
    return &work->summary->variants[work->order[place]].latency_ns[level];
}

/* Where it stands in its row. */
static double offset(const struct levels *levels, size_t at)
{
    double span = levels->count > 2 ? 0.6 : 0.4;
    return span * ((double)at / (double)(levels->count - 1) - 0.5);
}

static bool row_has_data(const struct plot_work *work, size_t place)
{
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        if (quantile(work, place, all_levels[i])->n > 0)
            return true;
    return false;
}

static struct range write_data(struct plot_work *work, const struct levels *levels, size_t rows)
{
    static const char *const heads[] = {"y",       "level", "latency_ms", "low_ms",
                                        "high_ms", "cells", "variant"};
    struct range range = {(double)INFINITY, 0};
    csv_out_heads(&work->csv, heads, 7);
    csv_out_end(&work->csv);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < levels->count; i++) {
            const struct stats_quantile *q = quantile(work, row, levels->level[i]);
            maybe low = maybe_scale(q->low, 1e-6), high = maybe_scale(q->high, 1e-6),
                  value = maybe_scale(q->estimate, 1e-6);
            csv_out_number(&work->csv, maybe_of((double)row + 1 + offset(levels, i)));
            csv_out_int(&work->csv, (int64_t)i + 1);
            csv_out_number(&work->csv, value);
            csv_out_number(&work->csv, low);
            csv_out_number(&work->csv, high);
            csv_out_int(&work->csv, (int64_t)q->n);
            plot_data_text(work, work->summary->meta.variants[work->order[row]].name);
            csv_out_end(&work->csv);
            const maybe ends[] = {low, value, high};
            for (size_t k = 0; k < 3; k++)
                if (ends[k].known && ends[k].value > 0) {
                    range.low = fmin(range.low, ends[k].value);
                    range.high = fmax(range.high, ends[k].value);
                }
        }
    return range;
}

/* "p50 742 ms (625 – 974 ms)", with the level's mark before it. */
static void write_level_text(struct plot_work *work, enum summary_level level, double y,
                             const struct stats_quantile *q)
{
    struct arena *arena = work->arena;
    str range = STR(""), value = STR("a timeout");
    if (q->estimate.known) {
        value = stats_format_duration(arena, q->estimate);
        range = arena_printf(arena, "  (%s)",
                             stats_format_duration_range(arena, q->low, q->high).p);
    }
    plot_label(work,
               arena_printf(arena, "p%u %.*s%.*s", summary_permille[level] / 10, STR_ARG(value),
                            STR_ARG(range)),
               44,
               "at graph 1.03, first %.3f left font ',11' point pt %u ps 0.9 lc rgb '%s' "
               "offset 1.2,0",
               y, shapes[level], colours[level]);
}

static void write_row_texts(struct plot_work *work, const struct levels *levels, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        plot_label(work, plot_name(work, row), PLOT_NAME_MAX,
                   "at graph -0.015, first %zu right", row + 1);
        if (!row_has_data(work, row)) {
            plot_label(work, STR("no latency was measured"), 44,
                       "at graph 1.03, first %zu left font ',11' tc rgb '#606060'", row + 1);
            continue;
        }
        for (size_t i = 0; i < levels->count; i++)
            write_level_text(work, levels->level[i], (double)row + 1 + offset(levels, i),
                             quantile(work, row, levels->level[i]));
    }
}

static str command(struct plot_work *work, const struct levels *levels)
{
    struct buf command = {0};
    for (size_t i = 0; i < levels->count; i++) {
        enum summary_level level = levels->level[i];
        buf_printf(&command,
                   "%s'quantiles.csv' using ($2 == %zu ? x($3) : NaN):1:(low(4)):(high(5)) \\\n"
                   "        with xerrorbars dt 1 pt %u ps 1.2 lw 2 lc rgb '%s'",
                   i ? ", \\\n    " : "plot ", i + 1, shapes[level], colours[level]);
    }
    buf_add_str(&command,
                STR(", \\\n    '' using (valid(3) && !valid(5) ? right : NaN):1 with points "
                    "pt '>' lc rgb '#000000'"));
    return plot_command_end(work, &command);
}

int plot_quantiles(struct plot_work *work, struct err *err)
{
    (void)err;
    size_t variants = work->summary->meta.variant_count, known = 0;
    size_t rows = variants < ROWS_MAX ? variants : ROWS_MAX;
    for (size_t i = 0; i < rows; i++)
        known += row_has_data(work, i);
    if (known == 0)
        return 1;
    bool full = rows <= FULL_ROWS;
    struct levels levels =
        full ? (struct levels){all_levels, 4} : (struct levels){two_levels, 2};
    str intervals = arena_printf(work->arena, "%s (>: without an upper limit)",
                                 plot_interval_words(work).p);
    struct plot_frame frame = {
        .name = "quantiles",
        .title = "Latency: the half, and the slow ones",
        .note = plot_best_words(work, intervals, rows),
        .height = plot_rows_height(rows, full ? ROW_HEIGHT : SMALL_ROW_HEIGHT, 0),
        .left = plot_name_columns(work, rows) + 3,
        .right = 33,
    };
    struct range range = write_data(work, &levels, rows);
    plot_frame_begin(work, &frame);
    plot_time_axis(work, range.low, range.high, "latency of a cell, our own waits left out");
    buf_printf(&work->script, "set yrange [%zu.6:0.4]\n", rows);
    buf_add_str(&work->script, STR("unset ytics\nset border 1\nunset key\n"));
    write_row_texts(work, &levels, rows);
    plot_frame_end(work, &frame, command(work, &levels));
    return 0;
}
