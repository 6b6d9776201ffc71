/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise_inside.h: what the files of summarise share: a run while it is read.
 */
#ifndef SESSION_SUMMARISE_INSIDE_H
#define SESSION_SUMMARISE_INSIDE_H

#include "session/kept.h"
#include "session/summarise.h"

/* What stays of a cell that was read. */
struct summarise_cell_name {
    uint32_t variant, sample;
    uint32_t perturbation; /* 0: of the sample as it is */
    uint32_t trial;        /* 0: the cell has no row */
    bool is_cached;        /* some of its calls are of earlier runs */
    bool is_timed;         /* all of it was measured in this run */
};

struct summariser {
    struct run_view *view;
    struct arena *arena;
    struct err *err;
    struct summary_score_meta *score;
    struct summary_judge_checked *checked; /* by score */
    const str *score_step;                 /* its step; empty: the output */
    size_t scores;
    size_t cells;
    maybe *value;                     /* cells × scores */
    unsigned char *has;               /* the same: is there a row, with a value or without? */
    struct summarise_cell_name *cell; /* by number */
    const int64_t *order;             /* of the nodes */
    bool asked;                       /* some score asked a model */
    bool told;   /* some score says more than its value, or looks at drafts */
    size_t rows; /* samples that are not changed ones: the first */
    size_t perturbations;
    struct opt_texts group_by;
    const struct summary_group *group;
    size_t groups;
    struct kept kept; /* what the run is compared with, if that is a file */
    size_t own;       /* variants of the run: the first */
};

/* The scores of the run's definition, and their steps. */
void summarise_read_scores(struct summariser *s);
/* How far their judges agree with the labels beside the run at `path`. ERR_INPUT. */
int summarise_read_labels(struct summariser *s, str path);
/* Begins view->summary with all that is known before any cell. */
void summarise_begin(struct summariser *s);
/* The change that made this sample of the file, from 1; 0: it is as it was. */
size_t summarise_perturbation(const struct summariser *s, int64_t sample);

#endif
