/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_scatter.h: something that variants cost (money, time) against their accuracy.
 */
#ifndef REPORTS_PLOT_SCATTER_H
#define REPORTS_PLOT_SCATTER_H

#include "reports/plot_frame.h"
#include "reports/plot_span.h"

struct plot_scatter {
    const char *name, *title;
    const char *heads[3]; /* of the columns of the value and its limits */
    const char *unknown;  /* "others have no known cost" */
    double factor;        /* of the value, to the unit of the axis */
    str label;            /* of the axis, with its unit */
    struct plot_span (*of)(const struct summary_variant *v);
    bool front; /* variants on the summary's front are joined */
    bool money; /* a lower bound where attempts were lost */
};

/* 1: no variant has both. */
int plot_scatter(struct plot_work *work, const struct plot_scatter *scatter);

#endif
