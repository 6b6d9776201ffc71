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

/* What the cell's scores asked models, which is in no count of the cell. */
struct report_judges {
    int64_t calls, attempts, cost_nanousd, unknown_cost_calls, lost_attempts;
    int64_t ungraded; /* scores without a value since no answer came */
};

struct report_cell {
    const struct store_cell *row; /* NULL: pending */
    str variant, sample, cluster; /* name and id */
    str perturbation;             /* that changed the sample; empty: none */
    str tags;                     /* a JSON list; empty: none */
    unsigned trial;
    bool beyond; /* the stop of a run that ended early: in no result */
    const char *status;
    struct report_judges judges;
    const maybe *scores; /* as many as the summary has; pending: all unknown */
};

/* A return other than 0 ends the walk and is handed on. */
typedef int report_cell_fn(void *arg, const struct report_cell *cell);
/* ERR_FAILED without a store, naming the format that `what` says. */
int report_each_cell(const struct report_input *input, const char *what, report_cell_fn *fn,
                     void *arg, struct err *err);

#endif
