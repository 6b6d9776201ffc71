/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_trend.c: a line a variant through its runs, with intervals (see plot_trend.h).
 *
 * Runs stand at equal distances, in their order: time between them means nothing for what they
 * measured. Variants stand a little beside each other, so that intervals do not cover one another.
 */
#include "reports/plot_trend.h"

#include "reports/gnuplot.h"
#include "reports/plot_frame.h"
#include "stats/format.h"

#include <math.h>

/* More runs have a band for an interval instead of a bar. */
enum { BARS_MAX = 60, LABELS_MAX = 24, LABEL_COLUMNS = 22 };

/* One of the three. */
struct kind {
    const char *name, *title, *label;
    const char *heads[3];
    double factor;
    bool share;
    const struct plot_span *(*of)(const struct plot_trend_value *value);
    bool (*changed)(const struct plot_trend_value *value);
};

struct lines {
    const struct plot_trend *trend;
    const struct kind *kind;
    size_t variants, first, runs; /* drawn: runs from `first` on */
    double low, high;             /* in the unit of the axis */
    bool changes;
    bool *has; /* by variant: some run has a value */
};

static const struct plot_trend_value *value_at(const struct lines *lines, size_t run,
                                               size_t variant)
{
    return &lines->trend->run[lines->first + run].value[variant];
}

/* False when there is nothing to draw. */
static bool look(struct plot_work *work, struct lines *lines)
{
    bool any = false;
    lines->has = arena_array(work->arena, bool, lines->variants + 1);
    for (size_t r = 0; r < lines->runs; r++)
        for (size_t v = 0; v < lines->variants; v++) {
            const struct plot_span *span = lines->kind->of(value_at(lines, r, v));
            const maybe ends[] = {span->low, span->value, span->high};
            if (!span->value.known)
                continue;
            any = lines->has[v] = true;
            lines->changes |= lines->kind->changed(value_at(lines, r, v));
            for (size_t i = 0; i < 3; i++)
                if (ends[i].known) {
                    lines->low = fmin(lines->low, ends[i].value * lines->kind->factor);
                    lines->high = fmax(lines->high, ends[i].value * lines->kind->factor);
                }
        }
    return any;
}

static void write_data(struct plot_work *work, const struct lines *lines)
{
    const struct kind *kind = lines->kind;
    const char *heads[] = {"run",          "variant_number", kind->heads[0], kind->heads[1],
                           kind->heads[2], "changed",        "variant",      "label"};
    csv_out_heads(&work->csv, heads, 8);
    csv_out_end(&work->csv);
    for (size_t v = 0; v < lines->variants; v++)
        for (size_t r = 0; r < lines->runs && lines->has[v]; r++) {
            const struct plot_span *span = kind->of(value_at(lines, r, v));
            csv_out_int(&work->csv, (int64_t)r + 1);
            csv_out_int(&work->csv, (int64_t)v + 1);
            csv_out_number(&work->csv, maybe_scale(span->value, kind->factor));
            csv_out_number(&work->csv, maybe_scale(span->low, kind->factor));
            csv_out_number(&work->csv, maybe_scale(span->high, kind->factor));
            csv_out_int(&work->csv, kind->changed(value_at(lines, r, v)));
            plot_data_text(work, lines->trend->variant[v]);
            plot_data_text(work, lines->trend->run[lines->first + r].label);
            csv_out_end(&work->csv);
        }
}

static void write_axes(struct plot_work *work, const struct lines *lines)
{
    struct buf *script = &work->script;
    size_t every = lines->runs / LABELS_MAX + 1;
    double bottom = 0, top = lines->high * 1.06;
    if (lines->kind->share) {
        plot_share_axis(work, 'y', lines->low / 100, lines->high / 100);
        bottom = fmax(0, floor(lines->low / 10 - 0.1) * 10);
        top = fmin(100, ceil(lines->high / 10 + 0.1) * 10);
    } else {
        buf_printf(script, "set yrange [0:%.4g]\n", top > 0 ? top : 1);
    }
    buf_printf(script,
               "# an interval without an end goes to the edge\n"
               "low(c) = valid(c) ? column(c) : %.4g\n"
               "high(c) = valid(c) ? column(c) : %.4g\n"
               "set xrange [0.4:%zu.6]\n"
               "set xtics 1,%zu,%zu format ''\n"
               "set xlabel 'runs, oldest first' tc rgb '#404040' offset 0,-4\n"
               "set ylabel '%s' tc rgb '#404040'\n",
               bottom, top > 0 ? top : 1, lines->runs, every, lines->runs, lines->kind->label);
    for (size_t r = 0; r < lines->runs; r += every)
        plot_label(
            work, plot_text(work, lines->trend->run[lines->first + r].label, LABEL_COLUMNS),
            LABEL_COLUMNS,
            "at first %zu, graph -0.045 right rotate by 35 font ',10' tc rgb '#404040'", r + 1);
}

/* Of one variant, whose rows begin at `row` of the data. */
static void add_line(struct plot_work *work, struct buf *command, const struct lines *lines,
                     size_t v, size_t row)
{
    const char *name = lines->kind->name;
    double apart = lines->runs > BARS_MAX ? 0 : fmin(0.12, 0.6 / (double)lines->variants);
    double beside = apart * ((double)v - (double)(lines->variants - 1) / 2);
    buf_printf(command, "%s'%s.csv' every ::%zu::%zu ", row ? ", \\\n    " : "plot ", name, row,
               row + lines->runs - 1);
    if (lines->runs > BARS_MAX)
        buf_printf(command,
                   "using 1:(low(4)):(high(5)) with filledcurves lt %zu fs transparent solid "
                   "0.2 noborder notitle, \\\n    '' every ::%zu::%zu using 1:3 with lines lt "
                   "%zu title ",
                   v + 1, row, row + lines->runs - 1, v + 1);
    else
        buf_printf(command,
                   "using ($1%+.3f):3 with lines lt %zu notitle, \\\n"
                   "    '' every ::%zu::%zu using ($1%+.3f):3:(low(4)):(high(5)) \\\n"
                   "        with yerrorbars lt %zu dt 1 ps 1.1 lw 1.6 title ",
                   beside, v + 1, row, row + lines->runs - 1, beside, v + 1);
    gnuplot_text(command, plot_text(work, lines->trend->variant[v], PLOT_NAME_MAX),
                 PLOT_NAME_MAX);
}

static str command(struct plot_work *work, const struct lines *lines)
{
    struct buf command = {0};
    size_t row = 0;
    double apart = lines->runs > BARS_MAX ? 0 : fmin(0.12, 0.6 / (double)lines->variants);
    for (size_t v = 0; v < lines->variants; v++) {
        if (!lines->has[v])
            continue;
        add_line(work, &command, lines, v, row);
        row += lines->runs;
    }
    if (lines->changes)
        buf_printf(&command,
                   ", \\\n    '%s.csv' using ($6 == 1 ? $1 + %.3f*($2 - %.1f) : NaN):3 with "
                   "points pt 6 ps 2.6 lw 1.8 lc rgb '#000000' title 'changed'",
                   lines->kind->name, apart, (double)(lines->variants + 1) / 2);
    return plot_command_end(work, &command);
}

static int draw(struct plot_work *work, const struct plot_trend *trend, const struct kind *kind,
                struct err *err)
{
    struct lines lines = {.trend = trend, .kind = kind, .low = (double)INFINITY};
    lines.variants = trend->variants < PLOT_CURVES_MAX ? trend->variants : PLOT_CURVES_MAX;
    size_t most = lines.variants ? PLOT_POINTS_MAX / lines.variants : 0;
    lines.runs = trend->runs < most ? trend->runs : most;
    lines.first = trend->runs - lines.runs;
    if (!look(work, &lines))
        return 0;
    str note = arena_printf(work->arena, "%s %% intervals",
                            stats_format_confidence(work->arena, trend->confidence).p);
    if (lines.runs < trend->runs)
        note = arena_printf(work->arena, "%.*s; the newest %zu of %zu runs", STR_ARG(note),
                            lines.runs, trend->runs);
    if (lines.variants < trend->variants)
        note = arena_printf(work->arena, "%.*s; %zu of %zu variants", STR_ARG(note),
                            lines.variants, trend->variants);
    unsigned names = 7;
    for (size_t v = 0; v < lines.variants; v++)
        names = plot_wider(names, plot_text(work, trend->variant[v], PLOT_NAME_MAX));
    struct plot_frame frame = {
        .name = kind->name,
        .title = kind->title,
        .note = note,
        .height = 560,
        .left = 11,
        .right = names + 8,
        .below = 68,
    };
    write_data(work, &lines);
    plot_frame_begin(work, &frame);
    write_axes(work, &lines);
    plot_frame_end(work, &frame, command(work, &lines));
    return plot_save(work, kind->name, err);
}

/* ---- the three ---- */

static const struct plot_span *accuracy_of(const struct plot_trend_value *value)
{
    return &value->accuracy;
}

static const struct plot_span *cost_of(const struct plot_trend_value *value)
{
    return &value->cost_usd;
}

static const struct plot_span *latency_of(const struct plot_trend_value *value)
{
    return &value->latency_ns;
}

static bool accuracy_changed(const struct plot_trend_value *value)
{
    return value->accuracy_changed;
}

static bool cost_changed(const struct plot_trend_value *value)
{
    return value->cost_changed;
}

static bool latency_changed(const struct plot_trend_value *value)
{
    return value->latency_changed;
}

static const struct kind kinds[] = {
    {"trend-accuracy",
     "Accuracy from run to run",
     "cells answered correctly (%)",
     {"accuracy_percent", "low", "high"},
     100,
     true,
     accuracy_of,
     accuracy_changed},
    {"trend-cost",
     "Cost from run to run",
     "US dollars per 1,000 cells",
     {"cost_usd_per_1000_cells", "low", "high"},
     1000,
     false,
     cost_of,
     cost_changed},
    {"trend-latency",
     "Latency from run to run",
     "median latency of a cell (ms)",
     {"latency_p50_ms", "low", "high"},
     1e-6,
     false,
     latency_of,
     latency_changed},
};

static int write_all(str folder, const struct plot_trend *trend, bool svg_only, struct err *err)
{
    struct arena arena = {0};
    bool mock = false;
    for (size_t i = 0; i < trend->runs; i++)
        mock |= trend->run[i].mock;
    struct plot_work work = {
        .arena = &arena,
        .variants = trend->variants,
        .folder = arena_str(&arena, folder),
        .svg_only = svg_only,
        .subject = svg_only ? STR("") : trend->title,
        .mock =
            mock && !svg_only
                ? STR("Answered by weir-mock, some of it or all: these figures describe its "
                      "configuration, not a model.")
                : STR(""),
        .footer = svg_only ? STR("")
                           : arena_printf(&arena, "%.*s: %zu run%s",
                                          STR_ARG(page_text(&arena, trend->experiment, 40)),
                                          trend->runs, trend->runs == 1 ? "" : "s"),
    };
    int result = plot_work_begin(&work, err);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && result == 0; i++)
        result = draw(&work, trend, &kinds[i], err);
    return plot_work_end(&work, result, err);
}

int plot_trend_write(str folder, const struct plot_trend *trend, struct err *err)
{
    return write_all(folder, trend, false, err);
}

int plot_trend_write_svg(str folder, const struct plot_trend *trend, struct err *err)
{
    return write_all(folder, trend, true, err);
}
