/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forecasting.h: the options of a forecast, and from a run's file to the forecast
 * (docs/forecast.md).
 */
#ifndef CMD_FORECASTING_H
#define CMD_FORECASTING_H

#include "base/option.h"
#include "cmd/output.h"

/* The keys of a file of volumes. */
extern const struct opt forecasting_volumes_options[];

/* Volumes come from a file, and from options, which win. */
struct forecasting_options {
    str forecast; /* FILE; "-": options alone; empty: no forecast */
    double requests_per_day, peak_per_minute, days_per_month, margin;
    bool has_margin;
    struct opt_texts share; /* "TAG=0.7" */
    str load;               /* a run with --rate */
};

/* Rows for a struct that has a member `volumes` of that type. */
#define FORECASTING_ROW(owner, name, kind, ...)                                                \
    {                                                                                          \
        .key = #name, .type = (kind), .offset = offsetof(struct owner, volumes.name),          \
        __VA_ARGS__                                                                            \
    }
#define FORECASTING_ROWS(owner)                                                                \
    FORECASTING_ROW(owner, forecast, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",               \
                    .help = "instead of the report: what each variant costs and needs in use; " \
                            "volumes are in FILE, or in the options that follow"),             \
        FORECASTING_ROW(owner, requests_per_day, OPT_TYPE_NUMBER, .min = 1e-6, .max = 1e12,    \
                        .help = "of --forecast: requests of users"),                           \
        FORECASTING_ROW(owner, peak_per_minute, OPT_TYPE_NUMBER, .min = 1e-6, .max = 1e12,     \
                        .help = "of --forecast: requests in the busiest minute"),              \
        FORECASTING_ROW(owner, days_per_month, OPT_TYPE_NUMBER, .min = 1, .max = 31,           \
                        .help = "of --forecast: days with that many requests; 30 by default"), \
        FORECASTING_ROW(owner, share, OPT_TYPE_TEXTS, .word = "TAG=SHARE",                     \
                        .help = "of --forecast: share of the requests that are like the "      \
                                "samples with that tag, such as hard=0.2; may be repeated"),   \
        FORECASTING_ROW(owner, margin, OPT_TYPE_NUMBER, .min = 0.001, .max = 1,                \
                        .given = offsetof(struct owner, volumes.has_margin) + 1,               \
                        .help = "of --forecast: accuracy that may be given up for money, such " \
                                "as 0.02; that of `require` by default"),                      \
        FORECASTING_ROW(owner, load, OPT_TYPE_TEXT, .word = "RUN",                             \
                        .help = "of --forecast: a run with --rate, for latency under load")

/* False, and no error, where no forecast is asked for. An option of a forecast without --forecast is
 * ERR_INPUT: then *failed. */
bool forecasting_is_wanted(const struct forecasting_options *options, bool *failed,
                           struct err *err);
/* Makes the forecast of the run and writes it as the options of the output say: text, md, json, csv.
 * ERR_INPUT, ERR_FAILED. */
int forecasting_write(const struct forecasting_options *options,
                      const struct output_options *output, struct run_view *view,
                      struct arena *arena, struct err *err);

#endif
