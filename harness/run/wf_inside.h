/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf_inside.h: the window from its other side: for cell.c and the files that begin with wf only.
 * Patterns include run/wf.h.
 */
#ifndef RUN_WF_INSIDE_H
#define RUN_WF_INSIDE_H

#include "base/hash.h"
#include "run/cell.h"
#include "run/purse.h"
#include "run/run.h"
#include "run/wf.h"

struct wf {
    struct step step; /* its record in the trace */
    struct cell *cell;
    const struct env *env;
    str path; /* empty: the root */
    struct failure failure;
    struct wf *last_child; /* that ran last in place */
    struct purse *purse;   /* limits and budgets */
    str segment;           /* its part of the path */
    bool blocked;          /* its pattern says that a guard said no */
    bool of_others;        /* its calls rest on other cells too (wf_beside_others) */
    int64_t clock_ns;      /* of latency, from the start of the cell */
    int64_t deadline_ns;   /* on that clock; 0: none */
    unsigned depth;
    struct scratch *scratch; /* NULL until it is asked for, and after its end */
    int64_t repeat;          /* calls made so far: the repeat index of the next */
    int64_t commands;        /* programs run so far, likewise */
};

/* The root node of a cell, with its limits. */
struct wf *wf_new_root(struct cell *cell);
/* A child of parent, last in its trace; it has not run, and its clock stands at 0. */
struct wf *wf_new(struct wf *parent, const struct node *node, str segment,
                  const struct env *env);
/* Failures that no pattern may forgive: the run is stopped, or a budget further out is spent. */
bool wf_passes_through(const struct failure *failure);
/* Whether a value takes more than so many bytes as JSON, roughly; looks at no more than that. */
bool wf_larger_than(const json *value, size_t bytes);
/* Fails a node for want of what a purse has no more; returns -1. */
int wf_fail_budget(struct wf *wf, const struct purse *purse, const char *what);
/* The cell starts again, so nothing that this course of it does counts. -1 then. */
int wf_go_on(struct wf *wf);
/* A program of this node: its result as an earlier part of the run has it, or that it is to be
 * run and then written. -1: the cell starts again, or the store has failed. */
struct command_record {
    struct store_command row; /* path, repeat, hash and program are filled in by wf_replay */
    const struct replay_item *found; /* NULL: to be run */
    char hash[33];
};
int wf_replay(struct wf *wf, struct hash128 hash, str program, struct command_record *record);
/* By the wall, after the cell's start; -1 for a moment that never came. */
int64_t wf_since_start(const struct wf *wf, struct moment at);
int fiber_fn wf_record(struct wf *wf, struct command_record *record);
/* Runs the node of a wf: 0 with *value, or -1 with wf->failure. */
int fiber_fn wf_node(struct wf *wf, const json **value);

#endif
