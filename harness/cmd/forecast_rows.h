/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecast_rows.h: what every cell of a run cost and needed of each limit, for a forecast
 * (stats/forecast.h).
 */
#ifndef CMD_FORECAST_ROWS_H
#define CMD_FORECAST_ROWS_H

#include "session/summarise.h"
#include "stats/forecast.h"

/* All in the arena. */
struct forecast_rows_source {
    struct forecast_row *row; /* by number of the cell; trial 0: it has no result */
    size_t rows;
    const struct forecast_limit *limit; /* the providers, and models that have limits of their own */
    size_t limits;
    const str *price; /* of each model that was asked, and where it is from */
    size_t prices;
};

/* Calls of judges are in none of it, nor are superseded ones. ERR_FAILED, ERR_INPUT. */
int forecast_rows_read(struct forecast_rows_source *source, struct run_view *view,
                       struct arena *arena, struct err *err);

#endif
