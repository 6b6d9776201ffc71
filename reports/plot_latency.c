/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_latency.c: the share of cells that ended within a time (the empirical distribution).
 *
 * The one picture that needs every cell. Cells that failed for other reasons have no latency;
 * those that timed out count, but never end, so that their curve stops below 100 %. A curve of
 * many cells is drawn by the ranks that fill its share of the points.
 */
#include "reports/plot_frame.h"

#include "reports/gnuplot.h"
#include "reports/plot_latencies.h"
#include "stats/format.h"

#include <math.h>

enum { MARKS = 5 }; /* of a curve */

struct curves {
    struct plot_work *work;
    const struct plot_latencies *of; /* by variant */
    size_t place[PLOT_CURVES_MAX];
    size_t count, all; /* drawn; with a cell that ended */
};

static const struct plot_latencies *curve_at(const struct curves *curves, size_t i)
{
    return &curves->of[curves->work->order[curves->place[i]]];
}

/* Points of a curve, so that with all marks there are not too many. */
static size_t curve_points(const struct curves *curves)
{
    return PLOT_POINTS_MAX / curves->count - MARKS;
}

/* The first ones in decision order, and the baseline. */
static void choose(struct curves *curves)
{
    const struct plot_work *work = curves->work;
    for (size_t i = 0; i < work->summary->meta.variant_count; i++) {
        bool baseline = work->order[i] == work->summary->meta.baseline;
        if (!curves->of || curves->of[work->order[i]].ended == 0)
            continue;
        curves->all++;
        if (curves->count < PLOT_CURVES_MAX)
            curves->place[curves->count++] = i;
        else if (baseline)
            curves->place[PLOT_CURVES_MAX - 1] = i;
    }
}

static void write_point(struct plot_work *work, size_t place, int64_t ns, double share,
                        bool marked)
{
    csv_out_int(&work->csv, (int64_t)place + 1);
    csv_out_ms(&work->csv, true, ns);
    csv_out_number(&work->csv, maybe_of(share));
    csv_out_int(&work->csv, marked);
    plot_data_text(work, work->summary->meta.variants[work->order[place]].name);
    csv_out_end(&work->csv);
}

/* Of curve `i`: at most its share of the points, from the axis on. Some of them bear the variant's
 * mark, since dashes cannot be seen on curves of small steps; those of several curves are not at
 * one height. */
static void write_curve(const struct curves *curves, size_t i)
{
    const struct plot_latencies *curve = curve_at(curves, i);
    size_t room = curve_points(curves), points = curve->ended < room ? curve->ended : room - 1;
    double apart = 1.0 / MARKS, next = apart * (0.3 + (double)i / (double)curves->count);
    write_point(curves->work, curves->place[i], curve->cell[0].ns, 0, false);
    for (size_t k = 0; k < points; k++) {
        size_t rank = points > 1 ? k * (curve->ended - 1) / (points - 1) : 0;
        double share = (double)(rank + 1) / (double)curve->count;
        bool marked = share >= next;
        while (next <= share)
            next += apart;
        write_point(curves->work, curves->place[i], curve->cell[rank].ns, share, marked);
    }
}

/* Of the curves that are drawn. */
struct span {
    int64_t low, high; /* the shortest above 0, and the longest */
    int64_t median;    /* the longest of the medians */
};

static void widen(struct span *span, const struct plot_latencies *curve)
{
    int64_t last = curve->cell[curve->ended - 1].ns, median = curve->cell[curve->ended / 2].ns;
    size_t first = 0;
    while (first < curve->ended && curve->cell[first].ns <= 0)
        first++;
    span->high = last > span->high ? last : span->high;
    span->median = median > span->median ? median : span->median;
    if (first < curve->ended && curve->cell[first].ns < span->low)
        span->low = curve->cell[first].ns;
}

static struct span write_data(const struct curves *curves)
{
    static const char *const heads[] = {"place", "latency_ms", "share", "marked", "variant"};
    struct plot_work *work = curves->work;
    struct span span = {INT64_MAX, 0, 0};
    csv_out_heads(&work->csv, heads, 5);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < curves->count; i++) {
        widen(&span, curve_at(curves, i));
        write_curve(curves, i);
    }
    return span;
}

/* A long tail would squeeze all curves to the left, and a slow variant a fast one. */
static bool wants_log(struct span span)
{
    return span.low < span.median && span.high / span.low >= 8 &&
           (span.high / span.median >= 4 || span.high / span.low >= 100);
}

static void write_axes(struct plot_work *work, struct span span)
{
    /* four decades show all that can be told apart */
    double low = wants_log(span) ? fmax((double)span.low, (double)span.high / 1e4) : 0;
    plot_time_axis(work, low / 1e6, (double)span.high / 1e6,
                   "latency of a cell, our own waits left out");
    buf_add_str(&work->script,
                STR("set ylabel 'cells that ended within it (%)' tc rgb '#404040'\n"
                    "set yrange [0:102]\n"
                    "set ytics (0, 25, 50, 75, 95, 100)\n"));
}

static str plot_command(struct plot_work *work, const struct curves *curves)
{
    struct buf command = {0};
    for (size_t i = 0; i < curves->count; i++) {
        size_t place = curves->place[i];
        const struct stats_quantile *p50 = &plot_variant(work, place)->latency_ns[SUMMARY_P50];
        str half = p50->estimate.known ? stats_format_duration(work->arena, p50->estimate)
                                       : STR("timeout");
        buf_printf(&command,
                   "%s using ($1 == %zu ? x($2) : NaN):($3*100) with steps lt %zu notitle, \\\n"
                   "    '' using ($1 == %zu && $4 == 1 ? x($2) : NaN):($3*100) with points lt "
                   "%zu notitle, \\\n    keyentry with linespoints lt %zu title ",
                   i ? ", \\\n    ''" : "plot 'latency.csv'", place + 1, place + 1, place + 1,
                   place + 1, place + 1);
        gnuplot_text(&command,
                     arena_printf(work->arena, "%.*s, p50 %.*s",
                                  STR_ARG(plot_name(work, place)), STR_ARG(half)),
                     PLOT_NAME_MAX + 16);
    }
    return plot_command_end(work, &command);
}

/* What is thinned, and what is left out. */
static str note_of(const struct plot_work *work, const struct curves *curves)
{
    str note = STR("cells that timed out never end");
    size_t most = 0;
    for (size_t i = 0; i < curves->count; i++)
        most = curve_at(curves, i)->ended > most ? curve_at(curves, i)->ended : most;
    if (most >= curve_points(curves))
        note = arena_printf(work->arena, "%.*s; drawn at %zu quantiles each", STR_ARG(note),
                            curve_points(curves) - 1);
    return curves->count < curves->all
               ? arena_printf(work->arena,
                              "%.*s; %zu of %zu variants, the best and the baseline",
                              STR_ARG(note), curves->count, curves->all)
               : note;
}

static void write_plot(const struct curves *curves)
{
    struct plot_work *work = curves->work;
    unsigned names = 0;
    for (size_t i = 0; i < curves->count; i++)
        names = plot_wider(names, plot_name(work, curves->place[i]));
    struct plot_frame frame = {
        .name = "latency",
        .title = "Latency",
        .note = note_of(work, curves),
        .height = 540,
        .left = 11,
        .right = names + 20,
    };
    struct span span = write_data(curves);
    plot_frame_begin(work, &frame);
    write_axes(work, span);
    plot_frame_end(work, &frame, plot_command(work, curves));
}

int plot_latency(struct plot_work *work, struct err *err)
{
    struct curves curves = {.work = work};
    if (plot_latencies(work, &curves.of, err) < 0)
        return -1;
    choose(&curves);
    if (curves.count == 0)
        return 1;
    write_plot(&curves);
    return 0;
}
