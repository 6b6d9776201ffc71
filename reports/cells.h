/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cells.h: every cell of a run, for the formats that list them.
 *
 * One walk by variant, sample and trial, in which cells without a result are pending rows, so
 * that a list has as many rows as the plan has cells.
 */
#ifndef REPORTS_CELLS_H
#define REPORTS_CELLS_H

#include "reports/report.h"
#include "store/store.h"

struct report_cell {
    const struct store_cell *row; /* NULL: pending */
    str variant, sample, cluster; /* name and id */
    unsigned trial;
    const char *status;
    const maybe *scores; /* as many as the summary has; pending: all unknown */
};

/* A return other than 0 ends the walk and is handed on. */
typedef int report_cell_fn(void *arg, const struct report_cell *cell);
/* ERR_FAILED without a store, naming the format that `what` says. */
int report_each_cell(const struct report_input *input, const char *what, report_cell_fn *fn,
                     void *arg, struct err *err);

#endif
