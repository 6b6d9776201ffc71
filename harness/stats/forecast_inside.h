/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the forecast: its rows, and what its files share. Not for reporters. */
#ifndef STATS_FORECAST_INSIDE_H
#define STATS_FORECAST_INSIDE_H

#include "stats/forecast.h"
#include "stats/weighted.h"

struct forecast_rows {
    const struct forecast_row **row; /* by variant, sample and trial once finishing */
    size_t count, room;
    size_t *start; /* of variant v: rows [start[v], start[v + 1]) */
};

/* What a row counts with; unknown: nothing. */
typedef maybe (*forecast_quantity)(const struct forecast *f, const struct forecast_row *row,
                                   size_t which);
maybe forecast_correct(const struct forecast *f, const struct forecast_row *row, size_t which);

/* One value a sample, the mean of its trials, in the arrays that the pure functions take. */
struct forecast_series {
    double *value;
    size_t *sample, *slice;
    size_t count;
    uint64_t rows;                   /* trials behind them */
    bool missing;                    /* some row had no value */
    struct stats_clusters *clusters; /* NULL: no two samples share one */
    struct stats_strata *strata;     /* NULL: no slices, or one alone was asked for */
};

/* Of a variant, and of one slice alone unless that is FORECAST_NO_SLICE. */
struct forecast_series forecast_collect(struct arena *scratch, const struct forecast *f,
                                        size_t variant, forecast_quantity of, size_t which,
                                        size_t slice);
/* Fills in clusters and strata of a series of samples. */
void forecast_group(struct arena *scratch, const struct forecast *f, struct forecast_series *s,
                    bool one_slice);
struct summary_estimate forecast_accuracy(const struct forecast *f, size_t variant,
                                          size_t slice);
/* Cheaper, where a's cost is known. */
bool forecast_is_cheaper(const struct summary_estimate *a, const struct summary_estimate *b);

/* The stages of forecast_finish, in this order. */
void forecast_fill_money(struct forecast *f, size_t variant);
void forecast_fill_need(struct forecast *f, size_t variant, size_t limit);
void forecast_fill_slices(struct forecast *f, size_t variant);
void forecast_choose(struct forecast *f);
void forecast_fill_texts(struct forecast *f);
void forecast_fill_warnings(struct forecast *f);

/* One more at the end of a list of sentences. */
void forecast_add_text(struct forecast *f, str **list, size_t *count, str text);

#endif
