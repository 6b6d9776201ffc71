/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the cells of a run and has the parts of the forecast filled in (see forecast.h). Nothing is
 * simulated: a request of the forecast is a cell, its kinds are weighed as they are expected to
 * come. */
#include "stats/forecast.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/forecast_inside.h"

#define SECONDS_PER_MINUTE 60.0

const char *forecast_fit_name(enum forecast_fit fit)
{
    static const char *const names[] = {"no limit", "fits", "may not fit", "exceeds",
                                        "unknown"};
    return names[fit];
}

/* ---- rows ---- */

struct forecast *forecast_begin(const struct forecast_meta *meta)
{
    struct forecast *f = xcalloc(1, sizeof *f);

    f->meta = *meta;
    f->private = xcalloc(1, sizeof *f->private);
    f->best = f->choice = SUMMARY_NO_BASELINE;
    if (!(f->meta.confidence > 0.0))
        f->meta.confidence = 0.95;
    if (!(f->meta.alpha > 0.0))
        f->meta.alpha = 0.05;
    if (!(f->meta.days > 0.0))
        f->meta.days = 30.0;
    return f;
}

static void free_rows(struct forecast *f)
{
    if (!f->private)
        return;
    xfree(f->private->row);
    xfree(f->private);
    f->private = NULL;
}

void forecast_free(struct forecast *f)
{
    if (!f)
        return;
    free_rows(f);
    arena_release(&f->arena);
    xfree(f);
}

static bool is_negative(const struct forecast *f, const struct forecast_row *row)
{
    bool negative = !(row->usd >= 0.0) || !(row->attempts >= 0.0) || !(row->retries >= 0.0);

    for (size_t i = 0; i < f->meta.limits; i++)
        negative =
            negative || !(row->amount[i].requests >= 0.0) || !(row->amount[i].tokens >= 0.0);
    return negative;
}

int forecast_add(struct forecast *f, const struct forecast_row *row, struct err *err)
{
    struct forecast_rows *rows = f->private;

    if (row->variant >= f->meta.variants || row->sample >= f->meta.samples)
        return err_set(err, ERR_INPUT, "a cell is of no variant or sample of the run");
    if (is_negative(f, row))
        return err_set(err, ERR_INPUT, "a cell has a negative amount");
    if (f->meta.sample[row->sample].slice == FORECAST_NO_SLICE) {
        f->left_out++;
        return 0;
    }
    if (rows->count == rows->room) {
        rows->room = rows->room ? 2 * rows->room : 256;
        rows->row = xrealloc(rows->row, rows->room * sizeof *rows->row);
    }
    rows->row[rows->count++] = row;
    return 0;
}

static int compare_rows(const void *left, const void *right)
{
    const struct forecast_row *a = *(const struct forecast_row *const *)left,
                              *b = *(const struct forecast_row *const *)right;

    if (a->variant != b->variant)
        return a->variant < b->variant ? -1 : 1;
    if (a->sample != b->sample)
        return a->sample < b->sample ? -1 : 1;
    return a->trial < b->trial ? -1 : a->trial > b->trial;
}

/* ---- counts ---- */

static void count_cells(struct forecast *f, size_t variant)
{
    const struct forecast_rows *rows = f->private;
    struct forecast_variant *v = &f->variants[variant];
    size_t last = SIZE_MAX;
    double read = 0.0, input = 0.0;

    for (size_t i = rows->start[variant]; i < rows->start[variant + 1]; i++) {
        const struct forecast_row *row = rows->row[i];
        v->cells++;
        v->samples += row->sample != last;
        last = row->sample;
        v->at_least = v->at_least || row->lost;
        read += row->cache_read;
        input += row->input;
    }
    if (input > 0.0)
        v->cache_share = maybe_of(read / input);
}

/* ---- load ---- */

static void fill_load(struct forecast *f, size_t variant)
{
    struct forecast_variant *v = &f->variants[variant];

    if (f->meta.peak_per_minute.known && v->attempts.known)
        v->load_attempts_per_s =
            maybe_of(f->meta.peak_per_minute.value / SECONDS_PER_MINUTE * v->attempts.value);
    v->load_covers = f->meta.load.run.n && f->meta.load.cells[variant] &&
                     v->load_attempts_per_s.known && f->meta.load.attempts_per_s.known &&
                     f->meta.load.attempts_per_s.value >= v->load_attempts_per_s.value;
}

/* ---- all of it ---- */

static void sort_rows(struct forecast *f)
{
    struct forecast_rows *rows = f->private;
    size_t at = 0;

    if (rows->count)
        qsort(rows->row, rows->count, sizeof *rows->row, compare_rows);
    rows->start = arena_array(&f->arena, size_t, f->meta.variants + 1);
    for (size_t v = 0; v <= f->meta.variants; v++) {
        while (at < rows->count && rows->row[at]->variant < v)
            at++;
        rows->start[v] = at;
    }
}

static void order_variants(struct forecast *f)
{
    f->order = arena_array(&f->arena, size_t, f->meta.variants + 1);
    for (size_t v = 0; v < f->meta.variants; v++) {
        size_t at = v;
        for (; at > 0 && forecast_is_cheaper(&f->variants[v].request_usd,
                                             &f->variants[f->order[at - 1]].request_usd);
             at--)
            f->order[at] = f->order[at - 1];
        f->order[at] = v;
    }
}

void forecast_finish(struct forecast *f)
{
    sort_rows(f);
    f->variants = arena_array(&f->arena, struct forecast_variant, f->meta.variants + 1);
    for (size_t v = 0; v < f->meta.variants; v++) {
        struct forecast_variant *one = &f->variants[v];
        one->name = f->meta.variant[v].name;
        one->pattern = f->meta.variant[v].pattern;
        count_cells(f, v);
        one->accuracy = forecast_accuracy(f, v, FORECAST_NO_SLICE);
        forecast_fill_money(f, v);
        one->need = arena_array(&f->arena, struct forecast_need, f->meta.limits + 1);
        for (size_t i = 0; i < f->meta.limits; i++)
            forecast_fill_need(f, v, i);
        forecast_fill_slices(f, v);
        fill_load(f, v);
    }
    forecast_choose(f);
    order_variants(f);
    forecast_fill_texts(f);
    forecast_fill_warnings(f);
    free_rows(f);
}
