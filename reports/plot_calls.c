/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_calls.c: how many requests each step of each variant sent, and how many of them again.
 *
 * A bar a step: first attempts, then retries, then calls that a cache answered. Steps that make
 * no calls are left out. The shades differ in grey as well as in colour.
 */
#include "reports/plot_frame.h"

enum { ROWS_MAX = 50, ROW_HEIGHT = 27 };

struct call_row {
    const struct summary_step *step; /* NULL: the variant's heading */
    size_t place;
};

struct call_rows {
    struct call_row row[ROWS_MAX];
    size_t count, left_out;
    bool full;
    uint64_t most, cached;
    unsigned columns; /* of the widest name */
};

static uint64_t total(const struct summary_step *step)
{
    return step->traffic.attempts + step->traffic.cached;
}

static str step_name(const struct plot_work *work, const struct summary_step *step)
{
    return plot_path(work, step->path, PLOT_NAME_MAX);
}

static bool has_calls(const struct summary_variant *v)
{
    for (size_t s = 0; s < v->step_count; s++)
        if (total(&v->steps[s]) > 0)
            return true;
    return false;
}

static void add_row(const struct plot_work *work, struct call_rows *rows, size_t place,
                    const struct summary_step *step)
{
    /* no heading without a step under it */
    rows->full = rows->full || rows->count + (step == NULL) >= ROWS_MAX;
    if (rows->full) {
        rows->left_out += step != NULL;
        return;
    }
    rows->columns =
        plot_wider(rows->columns, step ? step_name(work, step) : plot_name(work, place));
    rows->row[rows->count++] = (struct call_row){step, place};
    if (step && total(step) > rows->most)
        rows->most = total(step);
    rows->cached += step ? step->traffic.cached : 0;
}

static struct call_rows choose(const struct plot_work *work)
{
    struct call_rows rows = {.count = 0};
    for (size_t i = 0; i < work->summary->meta.variant_count; i++) {
        const struct summary_variant *v = plot_variant(work, i);
        if (!has_calls(v))
            continue;
        add_row(work, &rows, i, NULL);
        for (size_t s = 0; s < v->step_count; s++)
            if (total(&v->steps[s]) > 0)
                add_row(work, &rows, i, &v->steps[s]);
    }
    return rows;
}

static void write_data(struct plot_work *work, const struct call_rows *rows)
{
    static const char *const heads[] = {"row", "sent", "retries", "cached", "variant", "step"};
    struct csv_out *csv = &work->csv;
    csv_out_heads(csv, heads, 6);
    csv_out_end(csv);
    for (size_t i = 0; i < rows->count; i++) {
        const struct call_row *row = &rows->row[i];
        if (!row->step)
            continue;
        csv_out_int(csv, (int64_t)i + 1);
        csv_out_int(csv, (int64_t)row->step->traffic.sent);
        csv_out_int(csv, (int64_t)row->step->traffic.retries);
        csv_out_int(csv, (int64_t)row->step->traffic.cached);
        plot_data_text(work, work->summary->meta.variants[work->order[row->place]].name);
        plot_data_text(work, row->step->path);
        csv_out_end(csv);
    }
}

static void write_row_texts(struct plot_work *work, const struct call_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct call_row *row = &rows->row[i];
        str name = row->step ? step_name(work, row->step) : plot_name(work, row->place);
        plot_label(work, name, PLOT_NAME_MAX, "at graph -0.01, first %zu right%s", i + 1,
                   row->step ? "" : " font ':Bold'");
        if (!row->step)
            continue;
        const struct summary_traffic *t = &row->step->traffic;
        str counts = arena_printf(work->arena, "%llu", (unsigned long long)t->sent);
        if (t->retries)
            counts = arena_printf(work->arena, "%s + %llu %s", counts.p,
                                  (unsigned long long)t->retries,
                                  t->retries == 1 ? "retry" : "retries");
        if (t->cached)
            counts = arena_printf(work->arena, "%s, %llu cached", counts.p,
                                  (unsigned long long)t->cached);
        plot_label(work, counts, 60,
                   "at first %llu, first %zu left offset 0.8,0 font ',11' tc rgb '#404040'",
                   (unsigned long long)total(row->step), i + 1);
    }
}

static str command(struct plot_work *work, const struct call_rows *rows)
{
    struct buf command = {0};
    buf_printf(&command,
               "plot 'calls.csv' using (0):1:(0):2:($1-half):($1+half) with boxxyerror \\\n"
               "        %s title 'first', \\\n"
               "    '' using 2:1:2:($2+$3):($1-half):($1+half) with boxxyerror \\\n"
               "        %s title 'retries'",
               plot_fill(1), plot_fill(3));
    if (rows->cached)
        buf_printf(&command,
                   ", \\\n    '' using ($2+$3):1:($2+$3):($2+$3+$4):($1-half):($1+half) \\\n"
                   "        with boxxyerror %s title 'cached'",
                   plot_fill(0));
    return plot_command_end(work, &command);
}

int plot_calls(struct plot_work *work, struct err *err)
{
    (void)err;
    struct call_rows rows = choose(work);
    if (rows.most == 0)
        return 1;
    struct plot_frame frame = {
        .name = "calls",
        .title = "Calls and retries by step",
        .note = plot_left_out(work, STR("of all cells together"), rows.left_out, "step"),
        .height = plot_rows_height(rows.count, ROW_HEIGHT, 3),
        .left = rows.columns + 4,
        .right = 16,
    };
    write_data(work, &rows);
    plot_frame_begin(work, &frame);
    write_row_texts(work, &rows);
    buf_printf(&work->script, "set xrange [0:%.6g]\nset xlabel 'attempts' tc rgb '#404040'\n",
               (double)rows.most * 1.18);
    plot_bars(work, rows.count, 0.34);
    plot_frame_end(work, &frame, command(work, &rows));
    return 0;
}
