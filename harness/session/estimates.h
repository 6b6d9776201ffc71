/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates.h: what a run of an experiment will take, before it begins (docs/estimates.md).
 */
#ifndef SESSION_ESTIMATES_H
#define SESSION_ESTIMATES_H

#include "plan/estimate.h"
#include "plan/experiment.h"

struct variant_estimate {
    struct estimate cell; /* the least of all samples, their mean, the most */
    struct estimate all;
};

/* What one score asks in the whole run. */
struct score_estimate {
    const struct score *score;
    struct estimate all;
};

struct model_estimate {
    const struct llm_model *model;
    struct estimate all; /* of variants, scores and set-up */
};

enum estimates_verdict {
    ESTIMATES_FITS, /* even at worst */
    ESTIMATES_MAY_NOT,
    ESTIMATES_LIKELY_NOT, /* what is expected does not */
    ESTIMATES_CANNOT,     /* not even at least */
};

/* One key of `budget.run`. */
struct budget_estimate {
    const char *key;
    double budget; /* dollars, seconds, or a count */
    struct spread needs;
    enum estimates_verdict verdict;
};

/* What an earlier run of the experiment says of its steps. */
struct estimates_run {
    str id;      /* empty: there is none */
    bool mock;   /* its replies were a mock's */
    bool edited; /* since then the experiment was */
    const struct estimate_seen *seen;
    size_t seens;
    const struct estimate_time *time;
    size_t times;
};

struct estimates {
    struct estimates_run run;
    const struct experiment *experiment;
    double cells;                     /* of each variant */
    size_t measured;                  /* samples whose prompts were measured; else of all */
    struct variant_estimate *variant; /* as many as the experiment has */
    struct score_estimate *score;     /* those that ask a model */
    size_t scores;
    struct estimate setup; /* examples, embedded before the first cell */
    struct estimate all;
    struct model_estimate *model; /* those that are asked, in the order of the file */
    size_t models;
    /* What rates per minute alone let through; all 0 where none is said. */
    struct spread rates_s;
    str rates_by; /* the limit that takes longest: "rpm of model 'small'" */
    /* From start to end, if calls take as long as in the run that was looked at; open where steps were not
     * in it. session/estimates_wall.c. */
    struct spread wall_s;
    str wall_by; /* what takes longest: "concurrency 8 of cells"; empty: nothing is known */
    struct budget_estimate budget[4];
    size_t budgets;
};

/* The newest finished run beside the experiment, one of real models before one of a mock. A file that
 * cannot be read is passed over. */
struct estimates_run estimates_look_back(struct arena *arena,
                                         const struct experiment *experiment);

/* Of an experiment that was read without mistakes; `run` may be NULL. All lives in `arena`. */
const struct estimates *estimates_of(struct arena *arena, const struct experiment *experiment,
                                     const struct estimates_run *run);

/* Fills in rates and wall time of what is otherwise complete. */
void estimates_take_time(struct arena *arena, struct estimates *estimates);

/* For people, and as one JSON object. */
void estimates_as_text(struct arena *arena, struct buf *out, const struct estimates *estimates);
const json *estimates_as_json(struct arena *arena, const struct estimates *estimates);
/* A line about each budget of the run that will not do, or probably not; nothing where all fit. */
void estimates_warn(struct arena *arena, struct buf *out, const struct estimates *estimates);

#endif
