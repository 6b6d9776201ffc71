/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history_report.h: a history (stats/history.h) in the formats of docs/history.md, and as pictures.
 * Like any reporter it computes nothing.
 */
#ifndef REPORTS_HISTORY_REPORT_H
#define REPORTS_HISTORY_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "reports/paper.h"
#include "stats/history.h"

/* Of a finished struct history. */
extern const struct paper_kind history_paper;
/* The trends of accuracy, cost and latency into a folder (plot_trend.h). */
int history_plots(str folder, const struct history *history, struct err *err);

/* history_data.c */
void history_json(const void *history, struct buf *out);
/* A row a run, variant and metric. */
void history_csv(const void *history, struct buf *out);

#endif
