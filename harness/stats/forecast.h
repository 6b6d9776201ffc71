/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a variant would cost and need in use, from what a run measured: dollars a day and a month,
 * requests and tokens a minute against the limits, which variant to take, and what follows.
 *
 * Feed it the finished cells of a run, call forecast_finish, read the result; reporters compute
 * nothing. A request of the forecast is a cell of the run: shares of slices re-weight the samples
 * (stats/weighted.h), nothing is extrapolated beyond that. Formulas, and what the intervals hold:
 * docs/forecast.md.
 *
 * Units as in summary.h; amounts a minute and a day are plain numbers. */
#ifndef STATS_FORECAST_H
#define STATS_FORECAST_H

#include "base/arena.h"
#include "base/err.h"
#include "stats/gate.h"
#include "stats/summary_diagnosis.h"

/* ---- what goes in ---- */

/* Requests of one kind: samples with a tag. The last one may be those without any of the tags. */
struct forecast_slice {
    str name;
    double share; /* of the requests; all sum to 1 */
};

#define FORECAST_NO_SLICE SIZE_MAX

struct forecast_sample {
    size_t slice; /* FORECAST_NO_SLICE: its kind is not forecast */
    str cluster;  /* empty: the sample is one of its own */
};

/* Who limits: a provider, or one of its models. 0: no such limit. */
struct forecast_limit {
    str name; /* "provider openai", "model small" */
    int64_t rpm, tpm;
};

/* A run whose cells were started on a schedule, for latency under load. */
struct forecast_load {
    str run;              /* empty: there is none */
    bool is_own;          /* the run that the forecast is made of */
    double cells_per_s;   /* over all its variants */
    maybe attempts_per_s; /* requests to models, likewise */
    /* By variant of the forecast: from the scheduled start to the end; none: not in that run. */
    const struct stats_quantile (*scheduled_ns)[SUMMARY_LEVELS];
    const uint64_t *cells; /* of it; 0: not in that run */
};

struct forecast_meta {
    str run, experiment;
    bool mock;
    double per_day;         /* requests a day */
    double days;            /* of a month */
    maybe peak_per_minute;  /* requests in the busiest minute */
    maybe margin;           /* accuracy that may be given up for money, above 0 */
    double confidence, alpha; /* 0: 0.95, 0.05 */
    enum stats_reducer reducer; /* of the trials of a sample, for what is right or wrong */
    const struct summary_variant_meta *variant;
    size_t variants;
    const struct forecast_slice *slice; /* none: the data set's own mixture */
    size_t slices;
    const struct forecast_sample *sample; /* by place in the data set */
    size_t samples;
    const struct forecast_limit *limit;
    size_t limits;
    struct forecast_load load;
    uint64_t skipped, pending; /* cells without a result: it stopped early; it is not at its end */
    const str *prices; /* where each model's price is from: sentences */
    size_t price_count;
    /* By variant, of the run's summary: whether voting would help; NULL: nothing is known. */
    const struct summary_vote *const *vote;
};

/* Of one cell at one limit. */
struct forecast_amount {
    double requests; /* attempts: retries count */
    double tokens;
};

/* One finished cell. */
struct forecast_row {
    size_t variant, sample;
    unsigned trial;
    maybe correct; /* 0 or 1; unknown: not scored */
    double usd, upper_usd;
    bool unknown_cost; /* a call's cost is not known */
    bool lost;         /* attempts were lost: usd is a lower bound */
    maybe batch_usd;    /* the same calls at batch prices; unknown: a price is not */
    maybe uncached_usd; /* the same calls, had the provider's cache held nothing */
    double cache_read, input; /* tokens: read from that cache; all input */
    double attempts, retries;
    const struct forecast_amount *amount; /* one for each limit */
};

/* ---- what comes out ---- */

enum forecast_fit {
    FORECAST_NO_LIMIT,
    FORECAST_FITS,    /* the upper limit of what is needed is within it */
    FORECAST_MAY_NOT, /* the interval holds the limit */
    FORECAST_EXCEEDS, /* the lower limit is above it */
    FORECAST_UNKNOWN,
};
const char *forecast_fit_name(enum forecast_fit fit);

/* What one variant needs of one limit. */
struct forecast_need {
    bool used;                              /* false: it makes no request there */
    struct summary_estimate requests, tokens; /* of one request */
    struct summary_estimate rpm, tpm;       /* in the busiest minute; unknown without a peak */
    enum forecast_fit rpm_fit, tpm_fit;
    maybe most_per_minute; /* requests in a minute that fit both limits, by the estimates */
};

struct forecast_part {
    uint64_t samples;
    struct summary_estimate accuracy, request_usd;
    /* Accuracy at most `margin` below the best of this slice; as in forecast_variant. */
    bool is_best, not_worse;
};

struct forecast_variant {
    str name, pattern;
    uint64_t cells, samples;
    struct summary_estimate accuracy; /* of requests in these shares */
    struct summary_estimate request_usd;
    struct summary_estimate day_usd, month_usd; /* a bill: holds the chance of the requests too */
    bool at_least;                              /* attempts were lost */
    maybe request_upper_usd;                    /* ... with what was reserved for them */
    maybe batch_month_usd, uncached_month_usd;
    maybe cache_share; /* of input tokens, read from the provider's cache */
    maybe attempts, retries; /* of one request */
    struct forecast_need *need;  /* one for each limit */
    struct forecast_part *part;  /* one for each slice */
    /* Against the most accurate: lower bound of the difference at one-sided 1 - alpha / (others);
     * unknown for that one itself. behind_high: the upper one. */
    maybe behind, behind_low, behind_high;
    bool not_worse; /* shown to be at most `margin` less accurate, or the most accurate itself */
    maybe load_attempts_per_s; /* requests to models a second at the peak */
    bool load_covers;          /* the run's load was at least that */
};

struct forecast {
    struct forecast_meta meta;
    struct forecast_variant *variants;
    size_t *order; /* by what a month costs; unknown last */
    size_t best;   /* most accurate by the estimate; SUMMARY_NO_BASELINE: none is scored */
    size_t choice; /* cheapest that is not worse; SUMMARY_NO_BASELINE: none can be named */
    uint64_t left_out; /* cells of samples of no slice */
    str choice_text;
    str load_text;
    str *advice; /* each with the figures that it rests on */
    size_t advice_count;
    str *warning;
    size_t warnings;
    struct arena arena;
    struct forecast_rows *private;
};

/* Copies nothing of meta but itself: what it points to must live as long. */
struct forecast *forecast_begin(const struct forecast_meta *meta);
void forecast_free(struct forecast *forecast);
/* The row, and what it points to, must live until forecast_finish. ERR_INPUT: a variant or sample that
 * is not there, a negative amount. */
int forecast_add(struct forecast *forecast, const struct forecast_row *row, struct err *err);
void forecast_finish(struct forecast *forecast);

#endif
