/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecast_report.h: a forecast (stats/forecast.h) in the formats of docs/forecast.md. Like any
 * reporter it computes nothing.
 */
#ifndef REPORTS_FORECAST_REPORT_H
#define REPORTS_FORECAST_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "reports/paper.h"
#include "stats/forecast.h"

/* Of a finished struct forecast. */
extern const struct paper_kind forecast_paper;

/* forecast_data.c */
void forecast_json(const void *forecast, struct buf *out);
/* A row a figure: variant, quantity, of, value, low, high, method, n, allowed, verdict. */
void forecast_csv(const void *forecast, struct buf *out);

#endif
