/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_accuracy.c: the accuracy of each variant, a row each, with its interval.
 *
 * The axis begins where the data does: what is compared are positions, not lengths. The baseline
 * goes through all rows as a line. Overlapping intervals are no test; the verdict of the paired
 * test stands at the right.
 */
#include "reports/plot_frame.h"

#include "stats/format.h"

#include <math.h>

enum { ROWS_MAX = 60, ROW_HEIGHT = 34 };

/* Text comes last: gnuplot takes a line that begins with # for a comment, and reads quoted
 * quotes in its own way. */
static void write_data(struct plot_work *work, size_t rows)
{
    static const char *const heads[] = {"place", "accuracy", "low", "high", "n", "variant"};
    csv_out_heads(&work->csv, heads, 6);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < rows; i++) {
        const struct summary_variant *v = plot_variant(work, i);
        csv_out_int(&work->csv, (int64_t)i + 1);
        csv_out_number(&work->csv, v->accuracy.value);
        csv_out_number(&work->csv, v->accuracy.low);
        csv_out_number(&work->csv, v->accuracy.high);
        csv_out_int(&work->csv, (int64_t)v->accuracy.n);
        plot_data_text(work, v->name);
        csv_out_end(&work->csv);
    }
}

static str verdict_words(const struct plot_work *work, size_t variant)
{
    const struct summary_comparison *c = page_against_baseline(work->summary, variant);
    if (variant == work->summary->meta.baseline && work->summary->meta.variant_count > 1)
        return STR("baseline");
    return c ? str_from(summary_verdict_name(c->verdict)) : STR("");
}

static void write_row_texts(struct plot_work *work, size_t rows)
{
    struct arena *arena = work->arena;
    for (size_t i = 0; i < rows; i++) {
        const struct summary_variant *v = plot_variant(work, i);
        plot_label(work, plot_name(work, i), PLOT_NAME_MAX, "at graph -0.015, first %zu right",
                   i + 1);
        str share = arena_printf(
            arena, "%s  (%s)", stats_format_percent(arena, v->accuracy.value).p,
            stats_format_percent_range(arena, v->accuracy.low, v->accuracy.high).p);
        plot_label(work, share, 40, "at graph 1.02, first %zu left offset 0,0.35", i + 1);
        str count = arena_printf(arena, "n = %llu  %.*s", (unsigned long long)v->accuracy.n,
                                 STR_ARG(verdict_words(work, work->order[i])));
        plot_label(work, count, 40,
                   "at graph 1.02, first %zu left offset 0,-0.55 font ',11' tc rgb '#606060'",
                   i + 1);
    }
}

static void write_range(struct plot_work *work, size_t rows)
{
    double low = 1, high = 0;
    for (size_t i = 0; i < rows; i++) {
        const struct summary_estimate *a = &plot_variant(work, i)->accuracy;
        low = a->low.known ? fmin(low, a->low.value) : low;
        high = a->high.known ? fmax(high, a->high.value) : high;
    }
    plot_share_axis(work, 'x', low, high);
    buf_printf(&work->script, "set yrange [%zu.5:0.5]\n", rows);
}

static void write_baseline(struct plot_work *work, size_t rows)
{
    size_t baseline = work->summary->meta.baseline;
    if (baseline == SUMMARY_NO_BASELINE || rows < 2)
        return;
    maybe value = work->summary->variants[baseline].accuracy.value;
    if (value.known)
        buf_printf(&work->script,
                   "# the baseline\nset arrow from first %.6g, graph 0 to first %.6g, graph 1 "
                   "nohead lw 1.2 dt 2 lc rgb '#909090' back\n",
                   100 * value.value, 100 * value.value);
}

int plot_accuracy(struct plot_work *work, struct err *err)
{
    (void)err;
    size_t variants = work->summary->meta.variant_count;
    size_t rows = variants < ROWS_MAX ? variants : ROWS_MAX;
    if (rows == 0 || !work->summary->variants[work->order[0]].accuracy.value.known)
        return 1;
    struct plot_frame frame = {
        .name = "accuracy",
        .title = "Accuracy",
        .note = plot_best_words(work, plot_interval_words(work), rows),
        .height = plot_rows_height(rows, ROW_HEIGHT, 0),
        .left = plot_name_columns(work, rows) + 3,
        .right = 30,
    };
    write_data(work, rows);
    plot_frame_begin(work, &frame);
    write_range(work, rows);
    buf_add_str(&work->script,
                STR("set xlabel 'cells answered correctly (%)' tc rgb '#404040'\n"
                    "unset ytics\nset border 1\nunset key\n"));
    write_baseline(work, rows);
    write_row_texts(work, rows);
    plot_frame_end(work, &frame,
                   STR("plot 'accuracy.csv' using ($2*100):1:($3*100):($4*100):1 \\\n"
                       "    with xerrorbars pt 7 ps 1.1 lw 2.2 lc variable"));
    return 0;
}
