/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_span.h: a value and its interval, as pictures take it.
 */
#ifndef REPORTS_PLOT_SPAN_H
#define REPORTS_PLOT_SPAN_H

#include "stats/maybe.h"

/* A limit that is unknown is open: the interval goes to the edge of the picture. */
struct plot_span {
    maybe value, low, high;
};

#endif
