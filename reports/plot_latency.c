/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_latency.c: the share of cells that ended within a time (the empirical distribution).
 *
 * The one picture that needs every cell. Cells that failed for other reasons have no latency;
 * those that timed out count, but never end, so that their curve stops below 100 %. A curve of
 * many cells is drawn by the ranks that fill its share of the points.
 */
#include "reports/plot_frame.h"

#include "base/mem.h"
#include "reports/cells.h"
#include "reports/gnuplot.h"
#include "stats/format.h"

#include <math.h>
#include <stdlib.h>

struct curve {
    int64_t *ns;
    size_t count, room;
    size_t all; /* with those that timed out */
};

struct curves {
    struct plot_work *work;
    struct curve *curve; /* by variant */
};

static int keep_latency(void *arg, const struct store_cell *row)
{
    struct curves *curves = arg;
    if (row->variant < 0 || (size_t)row->variant >= curves->work->summary->meta.variant_count ||
        row->status == STORE_ERROR || row->status == STORE_SKIPPED || row->latency_ns < 0)
        return 0;
    struct curve *curve = &curves->curve[row->variant];
    curve->all++;
    if (row->status == STORE_TIMEOUT)
        return 0;
    if (curve->count == curve->room) {
        curve->room = curve->room ? 2 * curve->room : 256;
        curve->ns = xrealloc(curve->ns, curve->room * sizeof *curve->ns);
    }
    curve->ns[curve->count++] = row->latency_ns;
    return 0;
}

static int compare_ns(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void write_point(struct plot_work *work, size_t place, int64_t ns, double share)
{
    csv_out_int(&work->csv, (int64_t)place + 1);
    csv_out_ms(&work->csv, true, ns);
    csv_out_number(&work->csv, maybe_of(share));
    csv_out_text(&work->csv, work->summary->meta.variants[work->order[place]].name);
    csv_out_end(&work->csv);
}

/* At most `room` points, from the axis on. */
static void write_curve(struct plot_work *work, const struct curve *curve, size_t place,
                        size_t room)
{
    size_t points = curve->count < room ? curve->count : room - 1;
    write_point(work, place, curve->ns[0], 0);
    for (size_t i = 0; i < points; i++) {
        size_t rank = points > 1 ? i * (curve->count - 1) / (points - 1) : 0;
        write_point(work, place, curve->ns[rank], (double)(rank + 1) / (double)curve->all);
    }
}

/* Of the curves that are drawn. */
struct span {
    int64_t low, high; /* the shortest above 0, and the longest */
    int64_t median;    /* the longest of the medians */
};

static void widen(struct span *span, const struct curve *curve)
{
    int64_t last = curve->ns[curve->count - 1], median = curve->ns[curve->count / 2];
    size_t first = 0;
    while (first < curve->count && curve->ns[first] <= 0)
        first++;
    span->high = last > span->high ? last : span->high;
    span->median = median > span->median ? median : span->median;
    if (first < curve->count && curve->ns[first] < span->low)
        span->low = curve->ns[first];
}

static struct span write_data(const struct curves *curves, size_t count)
{
    static const char *const heads[] = {"place", "latency_ms", "share", "variant"};
    struct plot_work *work = curves->work;
    struct span span = {INT64_MAX, 0, 0};
    csv_out_heads(&work->csv, heads, 4);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < count; i++) {
        struct curve *curve = &curves->curve[work->order[i]];
        if (curve->count == 0)
            continue;
        qsort(curve->ns, curve->count, sizeof *curve->ns, compare_ns);
        widen(&span, curve);
        write_curve(work, curve, i, PLOT_POINTS_MAX / count);
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
    struct buf *script = &work->script;
    bool seconds = span.high >= 2000000000;
    double factor = seconds ? 1e-9 : 1e-6, low = 0;
    if (wants_log(span)) {
        /* four decades show all that can be told apart */
        low = fmax((double)span.low, (double)span.high / 1e4) * factor / 1.15;
        plot_log_axis(work, low, (double)span.high * factor * 1.1);
    } else {
        buf_printf(script, "set xrange [0:%.4g]\n",
                   span.high > 0 ? (double)span.high * factor * 1.05 : 1);
    }
    buf_printf(script,
               "# milliseconds to the unit of the axis; what is left of it stands at its edge\n"
               "x(ms) = ms*%s > %.4g ? ms*%s : %.4g\n",
               seconds ? "0.001" : "1.0", low, seconds ? "0.001" : "1.0", low);
    buf_printf(script,
               "set xlabel 'latency of a cell, our own waits left out (%s%s)' tc rgb "
               "'#404040'\n",
               seconds ? "s" : "ms", low > 0 ? ", log scale" : "");
    buf_add_str(
        script,
        STR("set ylabel 'cells that ended within it (%)' tc rgb '#404040'\n"
            "set yrange [0:102]\n"
            "set ytics (0, 25, 50, 75, 95, 100)\n"
            "set format x '%g'\n"
            "set key outside right top vertical Left reverse samplen 2.5 spacing 1.3\n"));
}

static str plot_command(struct plot_work *work, const struct curves *curves, size_t count)
{
    struct buf command = {0};
    const char *before = "plot 'latency.csv'";
    for (size_t i = 0; i < count; i++) {
        const struct summary_variant *v = &work->summary->variants[work->order[i]];
        if (curves->curve[work->order[i]].count == 0)
            continue;
        str half = v->latency_ns[SUMMARY_P50].estimate.known
                       ? stats_format_duration(work->arena, v->latency_ns[SUMMARY_P50].estimate)
                       : STR("timeout");
        buf_printf(&command,
                   "%s using ($1 == %zu ? x($2) : NaN):($3*100) with steps lt %zu title ",
                   before, i + 1, i + 1);
        gnuplot_text(&command,
                     arena_printf(work->arena, "%.*s, p50 %.*s", STR_ARG(plot_name(work, i)),
                                  STR_ARG(half)),
                     PLOT_NAME_MAX + 16);
        before = ", \\\n    ''";
    }
    str text = arena_str(work->arena, buf_str(&command));
    buf_release(&command);
    return text;
}

static void write_plot(const struct curves *curves)
{
    struct plot_work *work = curves->work;
    size_t variants = work->summary->meta.variant_count;
    size_t count = variants < PLOT_CURVES_MAX ? variants : PLOT_CURVES_MAX;
    str note = STR("cells that timed out never end");
    struct plot_frame frame = {
        .name = "latency",
        .title = "Latency",
        .note = count < variants
                    ? arena_printf(work->arena, "%.*s; the best %zu of %zu variants",
                                   STR_ARG(note), count, variants)
                    : note,
        .height = 540,
        .left = 11,
        .right = plot_name_columns(work, count) + 20,
    };
    struct span span = write_data(curves, count);
    plot_frame_begin(work, &frame);
    write_axes(work, span);
    plot_frame_end(work, &frame, plot_command(work, curves, count));
}

int plot_latency(struct plot_work *work, struct err *err)
{
    size_t variants = work->summary->meta.variant_count, known = 0;
    if (!work->input->store)
        return 1;
    struct curves curves = {.work = work, .curve = xcalloc(variants + 1, sizeof *curves.curve)};
    int result =
        store_each_cell(work->input->store, STORE_AS_WRITTEN, keep_latency, &curves, err);
    for (size_t v = 0; v < variants; v++)
        known += curves.curve[v].count;
    if (result == 0 && known > 0)
        write_plot(&curves);
    for (size_t v = 0; v < variants; v++)
        xfree(curves.curve[v].ns);
    xfree(curves.curve);
    return result < 0 ? -1 : known == 0;
}
