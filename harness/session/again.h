/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * again.h: the run that `weir run --resume` goes on with: which it is, whether the experiment is
 * still the one that it began with, and what of it is kept (docs/store.md, resuming).
 */
#ifndef SESSION_AGAIN_H
#define SESSION_AGAIN_H

#include "plan/experiment.h"
#include "store/store.h"

struct again_options {
    str run;           /* of --resume: ID, path, or AGAIN_NEWEST */
    str experiment;    /* as for a new run; empty: the one beside the run, or the one here */
    bool retry_errors; /* a finished run will do */
    str keep;          /* variants whose cells stay although the experiment was edited: "a,b" */
};
#define AGAIN_NEWEST "newest"

struct again {
    str path;            /* of the run's file */
    str experiment_path; /* of its experiment */
    struct store *store; /* open to read, until again_release */
    const struct store_run *run;
    struct store_again kept;
    struct store_run edited;
    int64_t *variant;
};

/* Finds the run and opens it. ERR_INPUT. */
int again_find(struct again *again, const struct again_options *options, struct arena *arena,
               struct err *err);
/* What the first part was told on the command line and this one was not. */
int again_take_options(const struct again *again, struct arena *arena,
                       struct experiment_options *overrides, struct err *err);
/* How a run is answered and paced: `mock` by one that is started for it, `mock_url` by one that runs. */
struct again_manner {
    bool mock, mock_url;
    double rate;
    int arrivals;
};
/* A run is answered by what it began with, at the same pace. ERR_INPUT: it is asked for otherwise. */
int again_take_manner(const struct again *again, struct again_manner *manner, struct err *err);
/* Refuses an experiment that was edited, after printing what is different; with `keep`, one of
 * which no cell could be kept. Fills in `kept`. */
int again_check(struct again *again, const struct experiment *experiment,
                const struct again_options *options, struct arena *arena, struct err *err);
void again_release(struct again *again);

/* The words of a command line that a resume has to know, as JSON, for struct store_run. */
str again_words(struct arena *arena, const struct experiment_options *overrides);
/* The files of an experiment, for struct store_plan. */
const struct store_file *again_files(struct arena *arena, const struct experiment *experiment,
                                     size_t *count);

#endif
