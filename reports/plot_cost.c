/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_cost.c: cost against accuracy: which variants are worth their money.
 *
 * Variants on the front (stats/summary.h) are joined by steps: below and right of it there is
 * another that is as accurate and as cheap. Costs are shown per thousand cells, which people can
 * read where a cell costs a hundredth of a cent.
 */
#include "reports/plot_frame.h"

#include "reports/gnuplot.h"

#include <float.h>
#include <math.h>

enum { POINTS_MAX = 14, CELLS = 1000, FRONT_WIDTH = 18 };

struct cost_points {
    size_t place[POINTS_MAX]; /* in the decision order */
    size_t count, known;
    double low, high;             /* of the costs */
    double low_share, high_share; /* of the accuracies */
};

static bool is_known(const struct summary_variant *v)
{
    return v->accuracy.value.known && v->cost_per_cell_usd.value.known;
}

static struct cost_points choose(const struct plot_work *work)
{
    struct cost_points points = {.low = DBL_MAX, .high = 0, .low_share = 1, .high_share = 0};
    for (size_t i = 0; i < work->summary->meta.variant_count; i++) {
        const struct summary_variant *v = &work->summary->variants[work->order[i]];
        if (!is_known(v))
            continue;
        points.known++;
        if (points.count == POINTS_MAX)
            continue;
        points.place[points.count++] = i;
        const struct summary_estimate *cost = &v->cost_per_cell_usd, *share = &v->accuracy;
        maybe low = cost->low.known && cost->low.value > 0 ? cost->low : cost->value;
        maybe high = cost->high.known ? cost->high : cost->value;
        points.low = fmin(points.low, low.value * CELLS);
        points.high = fmax(points.high, high.value * CELLS);
        points.low_share =
            fmin(points.low_share, share->low.known ? share->low.value : share->value.value);
        points.high_share =
            fmax(points.high_share, share->high.known ? share->high.value : share->value.value);
    }
    return points;
}

static void write_data(struct plot_work *work, const struct cost_points *points)
{
    static const char *const heads[] = {
        "place",        "cost_usd_per_1000_cells", "cost_low", "cost_high", "accuracy",
        "accuracy_low", "accuracy_high",           "on_front", "variant"};
    csv_out_heads(&work->csv, heads, 9);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < points->count; i++) {
        const struct summary_variant *v =
            &work->summary->variants[work->order[points->place[i]]];
        const struct summary_estimate *cost = &v->cost_per_cell_usd;
        csv_out_int(&work->csv, (int64_t)points->place[i] + 1);
        csv_out_number(&work->csv, maybe_scale(cost->value, CELLS));
        csv_out_number(&work->csv,
                       maybe_scale(cost->low.known ? cost->low : cost->value, CELLS));
        csv_out_number(&work->csv,
                       maybe_scale(cost->high.known ? cost->high : cost->value, CELLS));
        csv_out_number(&work->csv, v->accuracy.value);
        csv_out_number(&work->csv, v->accuracy.low);
        csv_out_number(&work->csv, v->accuracy.high);
        csv_out_int(&work->csv, v->front == SUMMARY_FRONT_ON);
        csv_out_text(&work->csv, v->name);
        csv_out_end(&work->csv);
    }
}

static void write_axes(struct plot_work *work, const struct cost_points *points)
{
    struct buf *script = &work->script;
    bool wide = points->low > 0 && points->high / points->low > 12;
    double pad = 0.08 * (points->high - points->low);
    if (!(pad > 0))
        pad = points->high > 0 ? 0.1 * points->high : 1;
    if (wide)
        plot_log_axis(work, points->low / 1.3, points->high * 1.3);
    else
        buf_printf(script, "set xrange [%.4g:%.4g]\n", fmax(0, points->low - pad),
                   points->high + pad);
    double low = fmax(0, floor(10 * points->low_share - 0.1) * 10);
    double high = fmin(100, ceil(10 * points->high_share + 0.1) * 10);
    buf_printf(script, "set yrange [%g:%g]\n", low < high ? low : 0, low < high ? high : 100);
    buf_add_str(
        script,
        STR("set xlabel 'US dollars per 1,000 cells' tc rgb '#404040'\n"
            "set ylabel 'cells answered correctly (%)' tc rgb '#404040'\n"
            "set format x '%g'\n"
            "set key outside right top vertical Left reverse samplen 2.5 spacing 1.3\n"));
}

/* The front from cheap to dear, as data in the script: false when it has less than two. */
static bool write_front(struct plot_work *work, const struct cost_points *points)
{
    struct buf *script = &work->script;
    const struct summary_variant *front[POINTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < points->count; i++) {
        const struct summary_variant *v =
            &work->summary->variants[work->order[points->place[i]]];
        if (v->front == SUMMARY_FRONT_ON)
            front[count++] = v;
    }
    if (count < 2)
        return false;
    /* the decision order is by falling accuracy, so on the front by falling cost */
    buf_add_str(script, STR("$front << END\ncost,accuracy\n"));
    while (count-- > 0)
        buf_printf(script, "%.6g,%.6g\n", CELLS * front[count]->cost_per_cell_usd.value.value,
                   100 * front[count]->accuracy.value.value);
    buf_add_str(script, STR("END\n"));
    return true;
}

static str plot_command(struct plot_work *work, const struct cost_points *points, bool front)
{
    struct buf command = {0};
    const char *before = "plot ";
    if (front) {
        buf_add_str(&command, STR("plot $front using 1:2 with steps lc rgb '#A0A0A0' dt 2 "
                                  "lw 1.5 title 'best for its price'"));
        before = ", \\\n    ";
    }
    for (size_t i = 0; i < points->count; i++) {
        buf_printf(&command,
                   "%s'cost.csv' every ::%zu::%zu using 2:($5*100):3:4:($6*100):($7*100) \\\n"
                   "        with xyerrorbars lt %zu dt 1 ps 1.4 title ",
                   before, i, i, points->place[i] + 1);
        gnuplot_text(&command, plot_name(work, points->place[i]), PLOT_NAME_MAX);
        before = ", \\\n    ";
    }
    str text = arena_str(work->arena, buf_str(&command));
    buf_release(&command);
    return text;
}

int plot_cost(struct plot_work *work, struct err *err)
{
    (void)err;
    struct cost_points points = choose(work);
    if (points.count == 0)
        return 1;
    str intervals = plot_interval_words(work);
    size_t variants = work->summary->meta.variant_count;
    unsigned names = plot_name_columns(work, variants);
    struct plot_frame frame = {
        .name = "cost",
        .title = "Cost and accuracy",
        .note =
            points.count == variants
                ? intervals
                : arena_printf(work->arena, "%.*s; %zu of %zu variants%s", STR_ARG(intervals),
                               points.count, variants,
                               points.known < variants ? ", others have no known cost" : ""),
        .height = 540,
        .left = 11,
        .right = (names > FRONT_WIDTH ? names : FRONT_WIDTH) + 7,
    };
    write_data(work, &points);
    plot_frame_begin(work, &frame);
    write_axes(work, &points);
    bool front = write_front(work, &points);
    plot_frame_end(work, &frame, plot_command(work, &points, front));
    return 0;
}
