/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecast_report.h: a forecast (stats/forecast.h) in the formats of docs/forecast.md. Like any
 * reporter it computes nothing.
 */
#ifndef REPORTS_FORECAST_REPORT_H
#define REPORTS_FORECAST_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "stats/forecast.h"

struct forecast_input {
    const struct forecast *forecast; /* finished */
    size_t width;                    /* text */
    bool colour;
};

/* `format` is "text", "md", "json" or "csv". ERR_INPUT, naming these, for any other. */
int forecast_emit(str format, const struct forecast_input *input, struct buf *out,
                  struct err *err);

/* forecast_data.c */
void forecast_json(const struct forecast *forecast, struct buf *out);
/* A row a figure: variant, quantity, of, value, low, high, method, n, allowed, verdict. */
void forecast_csv(const struct forecast *forecast, struct buf *out);

#endif
