/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * side.h: one side of a comparison: the cells of a run, or of a baseline that was saved from one.
 *
 * A baseline is what of a run a comparison needs, as JSON for a repository: no prompts, no
 * answers (docs/baselines.md). Both are read into the same rows, so that it makes no difference
 * which of them a comparison is given.
 */
#ifndef SESSION_SIDE_H
#define SESSION_SIDE_H

#include "base/buf.h"
#include "base/json.h"
#include "stats/summary.h"
#include "store/store.h"

enum { BASELINE_SCHEMA = 1 };

struct side_sample {
    str id, cluster; /* cluster may be empty */
    str tags;        /* a JSON list; may be empty */
    str hash;        /* of its content; empty: written by a weir that did not keep it */
    int64_t place;   /* in the order of the plan; in a baseline 0 */
};

/* What was asked beside the steps of a workflow. */
enum { SIDE_ROUTER, SIDE_JUDGE, SIDE_ROLES };

/* A file that the experiment was read from. */
struct side_file {
    str name, role, hash;
};

/* All in the arena of the caller. */
struct side {
    str source;  /* as it was given: a path, an ID */
    str version; /* of weir, that ran it */
    str experiment, run, dataset;
    str fingerprint;        /* of the samples */
    const json *definition; /* of the experiment; NULL in a baseline */
    str graders; /* hash of the scores' definitions: other scores are no comparison */
    bool mock;
    int64_t created_wall;
    double confidence; /* 0: the default */
    enum stats_reducer reducer;
    int64_t trials;
    const struct summary_variant_meta *variant;
    size_t variants;
    const struct summary_account *role; /* [variant * SIDE_ROLES + SIDE_…]; NULL: not known */
    const struct summary_score_meta *score;
    size_t scores;
    const struct summary_replier *replier; /* the models that replies name */
    size_t repliers;
    const struct side_file *file; /* none in a baseline */
    size_t files;
    const struct side_sample *sample;
    size_t samples;
    const struct summary_cell_row *cell; /* those with a result; by variant, sample, trial */
    size_t cells;
};

/* The run in that file. ERR_INPUT, ERR_FAILED. */
int side_of_run(struct side *side, str path, struct arena *arena, struct err *err);
/* A baseline file. ERR_INPUT: it is none, a newer one, or not whole. */
int side_of_baseline(struct side *side, str path, struct arena *arena, struct err *err);
/* The same of its text; `source` is its name. */
int side_of_text(struct side *side, str source, str text, struct arena *arena, struct err *err);
/* The samples and the fingerprint of a run, and nothing else of it. */
void side_read_samples(struct side *side, struct store *store, struct arena *arena);
/* RUN, as on every command line, or the path of a baseline. */
int side_open(struct side *side, str given, struct arena *arena, struct err *err);
/* Of a run that stopped early: without what lies beyond the stop. Not for who matches cells of two
 * sides by their number. */
void side_drop_beyond(struct side *side, struct arena *arena);
/* Might the run have ended early (`stop`)? */
bool side_may_stop(const struct side *side);
/* The cells of a variant of a side, and who replied, as variant `to` of a summary: two runs that were
 * answered by two models under one name are not compared in silence. */
struct side_place {
    size_t sample; /* in the summary */
    str id, cluster;
    bool alone; /* the other side does not have it */
};
/* `place`: of each sample of the side; NULL: their own. */
int side_feed(const struct side *side, size_t variant, const struct side_place *place,
              struct summary *summary, size_t to, struct err *err);
bool file_is_baseline(str path);

/* The same side gives the same bytes. */
void baseline_write(struct buf *out, const struct side *side);

#endif
