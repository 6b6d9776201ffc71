/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to change, as far as a run supports it: limits that were never needed, and steps that a
 * cheaper model would do for. Everything that comes out lives in the summary's arena.
 *
 * Advice on limits is about what was seen: it says of how many calls, cells or plans, and nothing of
 * those that come. Advice on models rests on pairs of variants that differ in the model of one step
 * alone; where there is none, that is said. */
#ifndef STATS_SUMMARY_RECOMMEND_H
#define STATS_SUMMARY_RECOMMEND_H

#include "stats/summary.h"

/* ---- what goes in, before summary_finish ---- */

/* A call of the workflow that went well. */
struct summary_call_row {
    size_t variant;
    str path, model; /* of its step, indexes as [*]; its name in the experiment */
    int64_t output_tokens, max_tokens; /* -1: unknown; no limit */
    bool truncated;
    int64_t attempt_ns; /* of its one attempt; -1: there were more, or none of this run */
};
void summary_add_call(struct summary *summary, const struct summary_call_row *row);

/* What the experiment says; 0 where it is not known. */
struct summary_settings {
    int64_t attempt_timeout_ns;
    /* Pairs of variants whose definitions differ in models alone, the first named first. */
    const struct summary_pair *twins;
    size_t twin_count;
    const int64_t *max_workers; /* of each variant whose root is an orchestrator */
};
void summary_add_settings(struct summary *summary, const struct summary_settings *settings);

/* ---- what comes out: summary.recommendations ---- */

/* A limit that a run supports another value of. */
struct summary_limit {
    size_t variant;     /* SUMMARY_NO_BASELINE: of all */
    str path;           /* of the step; empty: of the run */
    const char *option; /* "max_tokens", "max_rounds", "stop_early", "voters", "max_workers",
                           "width", "attempt_timeout" */
    maybe now, set;     /* tokens, rounds, voters ..., ms; stop_early: 1. set unknown: higher */
    uint64_t seen;      /* calls, cells, ... that it rests on */
    bool said;          /* the diagnosis of the variant says so already */
    str text;
};

/* Two variants that differ in the model of one step. */
struct summary_exchange {
    size_t cheap, dear; /* by the cost of a cell */
    str path, cheap_model, dear_model;
    struct summary_estimate difference; /* accuracy, cheap less dear; paired */
    struct summary_estimate cost_ratio; /* cheap over dear */
    maybe detectable;
    const char *finding; /* "as good" (within the margin), "worse", "better", "not settled" */
    str text;
};

struct summary_recommendations {
    struct summary_limit *limits; /* on results */
    size_t limit_count;
    struct summary_limit *timing_limits; /* timing */
    size_t timing_limit_count;
    struct summary_exchange *exchanges;
    size_t exchange_count;
    str steps_text;  /* accuracy of one step by model, where several differ; may be empty */
    str models_text; /* what cannot be known of models, or which step costs most; may be empty */
};

#endif
