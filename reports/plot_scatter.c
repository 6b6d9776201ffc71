/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_scatter.c: a point for each variant, with both intervals (see plot_scatter.h).
 *
 * More names than a legend can hold would hide what they name: beyond POINTS_MAX the baseline, the
 * front and the most accurate have a name, a colour and their intervals, and the others are small
 * grey circles.
 */
#include "reports/plot_scatter.h"

#include "reports/gnuplot.h"

#include <float.h>
#include <math.h>

enum { POINTS_MAX = 14, LEGEND_WIDTH = 18 };

struct points {
    const struct plot_scatter *scatter;
    size_t *place; /* in the decision order, of those that have both values */
    bool *named;
    size_t count, names;
    double low, high;             /* of the values drawn, in the unit of the axis */
    double low_share, high_share; /* of the accuracies */
    bool open;                    /* some interval has an end that is not known */
};

static void name_it(struct points *points, size_t at)
{
    if (points->named[at] || points->names == POINTS_MAX)
        return;
    points->named[at] = true;
    points->names++;
}

static void choose_names(const struct plot_work *work, struct points *points)
{
    for (size_t i = 0; i < points->count; i++)
        if (work->order[points->place[i]] == work->summary->meta.baseline)
            name_it(points, i);
    for (size_t i = 0; i < points->count && points->scatter->front; i++)
        if (plot_variant(work, points->place[i])->front == SUMMARY_FRONT_ON)
            name_it(points, i);
    for (size_t i = 0; i < points->count; i++)
        name_it(points, i);
}

static void widen(struct points *points, const struct summary_variant *v, bool named)
{
    struct plot_span x = points->scatter->of(v),
                     y = {v->accuracy.value, v->accuracy.low, v->accuracy.high};
    double factor = points->scatter->factor;
    bool has_low = named && x.low.known && x.low.value > 0, has_high = named && x.high.known;
    points->open |= named && (!x.low.known || !x.high.known);
    points->low = fmin(points->low, factor * (has_low ? x.low : x.value).value);
    points->high = fmax(points->high, factor * (has_high ? x.high : x.value).value);
    points->low_share =
        fmin(points->low_share, named && y.low.known ? y.low.value : y.value.value);
    points->high_share =
        fmax(points->high_share, named && y.high.known ? y.high.value : y.value.value);
}

static struct points choose(const struct plot_work *work, const struct plot_scatter *scatter)
{
    size_t variants = work->summary->meta.variant_count;
    struct points points = {.scatter = scatter,
                            .place = arena_array(work->arena, size_t, variants + 1),
                            .named = arena_array(work->arena, bool, variants + 1),
                            .low = DBL_MAX,
                            .low_share = 1};
    for (size_t i = 0; i < variants; i++)
        if (plot_variant(work, i)->accuracy.value.known &&
            scatter->of(plot_variant(work, i)).value.known)
            points.place[points.count++] = i;
    choose_names(work, &points);
    for (size_t i = 0; i < points.count; i++)
        widen(&points, plot_variant(work, points.place[i]), points.named[i]);
    return points;
}

static void write_data(struct plot_work *work, const struct points *points)
{
    const struct plot_scatter *scatter = points->scatter;
    const char *heads[] = {"place",    scatter->heads[0], scatter->heads[1], scatter->heads[2],
                           "accuracy", "accuracy_low",    "accuracy_high",   "on_front",
                           "named",    "variant"};
    csv_out_heads(&work->csv, heads, sizeof heads / sizeof heads[0]);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < points->count; i++) {
        const struct summary_variant *v = plot_variant(work, points->place[i]);
        struct plot_span x = scatter->of(v);
        csv_out_int(&work->csv, (int64_t)points->place[i] + 1);
        csv_out_number(&work->csv, maybe_scale(x.value, scatter->factor));
        csv_out_number(&work->csv, maybe_scale(x.low, scatter->factor));
        csv_out_number(&work->csv, maybe_scale(x.high, scatter->factor));
        csv_out_number(&work->csv, v->accuracy.value);
        csv_out_number(&work->csv, v->accuracy.low);
        csv_out_number(&work->csv, v->accuracy.high);
        csv_out_int(&work->csv, v->front == SUMMARY_FRONT_ON);
        csv_out_int(&work->csv, points->named[i]);
        plot_data_text(work, v->name);
        csv_out_end(&work->csv);
    }
}

static void write_axes(struct plot_work *work, const struct points *points)
{
    struct buf *script = &work->script;
    bool wide = points->low > 0 && points->high / points->low > 12;
    double pad = 0.08 * (points->high - points->low), left, right;
    if (!(pad > 0))
        pad = points->high > 0 ? 0.1 * points->high : 1;
    left = wide ? points->low / 1.3 : fmax(0, points->low - pad);
    right = wide ? points->high * 1.3 : points->high + pad;
    if (wide)
        plot_log_axis(work, left, right);
    else
        buf_printf(script, "set xrange [%.4g:%.4g]\n", left, right);
    buf_printf(script,
               "# an interval without an end goes to the edge\n"
               "low(c) = valid(c) ? column(c) : %.4g\n"
               "high(c) = valid(c) ? column(c) : %.4g\n",
               left, right);
    plot_share_axis(work, 'y', points->low_share, points->high_share);
    buf_printf(script, "set xlabel '%.*s%s' tc rgb '#404040'\n",
               STR_ARG(points->scatter->label), wide ? ", log scale" : "");
    buf_add_str(script, STR("set ylabel 'cells answered correctly (%)' tc rgb '#404040'\n"
                            "set format x '%g'\n"));
}

/* The front from cheap to dear, as data in the script: false when it has less than two. */
static bool write_front(struct plot_work *work, const struct points *points)
{
    struct buf *script = &work->script;
    size_t *front = arena_array(work->arena, size_t, points->count + 1), count = 0;
    for (size_t i = 0; i < points->count && points->scatter->front; i++)
        if (plot_variant(work, points->place[i])->front == SUMMARY_FRONT_ON)
            front[count++] = points->place[i];
    if (count < 2)
        return false;
    /* the decision order is by falling accuracy, so on the front by falling cost */
    buf_add_str(script, STR("$front << END\nvalue,accuracy\n"));
    while (count-- > 0) {
        const struct summary_variant *v = plot_variant(work, front[count]);
        buf_printf(script, "%.6g,%.6g\n",
                   points->scatter->factor * points->scatter->of(v).value.value,
                   100 * v->accuracy.value.value);
    }
    buf_add_str(script, STR("END\n"));
    return true;
}

/* What lost attempts cost is not in it. */
static bool is_too_low(const struct plot_work *work, const struct points *points, size_t i)
{
    return points->scatter->money &&
           plot_variant(work, points->place[i])->cost.lost_attempts > 0;
}

static str plot_command(struct plot_work *work, const struct points *points, bool front)
{
    struct buf command = {0};
    const char *name = points->scatter->name, *before = "plot ";
    if (front) {
        buf_add_str(&command, STR("plot $front using 1:2 with steps lc rgb '#A0A0A0' dt 2 "
                                  "lw 1.5 title 'best for its price'"));
        before = ", \\\n    ";
    }
    if (points->names < points->count) {
        buf_printf(
            &command,
            "%s'%s.csv' using ($9 == 0 ? $2 : NaN):($5*100) with points pt 6 ps 0.8 lw 1.2 "
            "lc rgb '#909090' title '%zu others'",
            before, name, points->count - points->names);
        before = ", \\\n    ";
    }
    for (size_t i = 0; i < points->count; i++) {
        if (!points->named[i])
            continue;
        buf_printf(&command,
                   "%s'%s.csv' every ::%zu::%zu using "
                   "2:($5*100):(low(3)):(high(4)):($6*100):($7*100) \\\n"
                   "        with xyerrorbars lt %zu dt 1 ps 1.4 title ",
                   before, name, i, i, points->place[i] + 1);
        gnuplot_text(&command,
                     arena_printf(work->arena, "%.*s%s",
                                  STR_ARG(plot_name(work, points->place[i])),
                                  is_too_low(work, points, i) ? " ≥" : ""),
                     PLOT_NAME_MAX + 2);
        before = ", \\\n    ";
    }
    return plot_command_end(work, &command);
}

static str note_of(const struct plot_work *work, const struct points *points)
{
    size_t variants = work->summary->meta.variant_count;
    str note = plot_interval_words(work);
    if (points->open)
        note = arena_printf(work->arena, "%.*s (to the edge: without an end)", STR_ARG(note));
    bool lost = false;
    for (size_t i = 0; i < points->count; i++)
        lost |= is_too_low(work, points, i);
    if (lost)
        note =
            arena_printf(work->arena, "%.*s; ≥: at least, attempts were lost", STR_ARG(note));
    if (points->count < variants)
        note = arena_printf(work->arena, "%.*s; %zu of %zu variants, %s", STR_ARG(note),
                            points->count, variants, points->scatter->unknown);
    return note;
}

int plot_scatter(struct plot_work *work, const struct plot_scatter *scatter)
{
    struct points points = choose(work, scatter);
    if (points.count == 0)
        return 1;
    unsigned names = 0;
    for (size_t i = 0; i < points.count; i++)
        if (points.named[i])
            names = plot_wider(names, plot_name(work, points.place[i]));
    struct plot_frame frame = {
        .name = scatter->name,
        .title = scatter->title,
        .note = note_of(work, &points),
        .height = 540,
        .left = 11,
        .right = (names > LEGEND_WIDTH ? names : LEGEND_WIDTH) + 7,
    };
    write_data(work, &points);
    plot_frame_begin(work, &frame);
    write_axes(work, &points);
    bool front = write_front(work, &points);
    plot_frame_end(work, &frame, plot_command(work, &points, front));
    return 0;
}
