/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.h: what a workflow pattern is. docs/extending.md walks through one.
 *
 * A pattern is one file and one row in the table of pattern.c. Its `bind` reads what stands in
 * the experiment once and checks it; its `run` is straight-line code on a fiber that calls its
 * children as if the calls blocked (run/wf.h).
 *
 * This header needs nothing but base/, so that every layer may include it.
 */
#ifndef PATTERNS_PATTERN_H
#define PATTERNS_PATTERN_H

#include "base/json.h"
#include "base/option.h"

struct binder;     /* plan/bind.h */
struct shape;      /* plan/scope.h */
struct estimate;   /* plan/estimate.h */
struct estimating; /* the same */
struct wf;         /* run/wf.h */

struct pattern {
    const char *name;    /* the key in experiment files */
    const char *summary; /* one line for `weir list patterns` */
    const struct opt
        *options;        /* optional: NULL when the key's value is no mapping of options */
    const char *form;    /* without options: its value as struct opt's form says one */
    const char *value;   /* without options: what its value is, and an example, for weir help */
    size_t options_size; /* sizeof the struct that bind and run share */
    const struct opt_also *also; /* optional: keys that bind reads by other tables */
    bool transparent;            /* adds no step of its own to paths and trace (`use`) */

    /* Required. Called once, after the option rows were read into `options`: binds children
     * (bind_child), templates and names, and says what the node yields. Returns 0, or -1 after
     * adding mistakes. `value` is what stands behind the pattern's key. */
    int (*bind)(struct binder *binder, const struct yaml *value, void *options,
                struct shape *yields);

    /* Required. Runs on a fiber: may wait, must not block. 0 with *value set, or -1 after
     * wf_fail or a child's failure. */
    int (*run)(struct wf *wf, const void *options, const json **value);

    /* Optional. The best result so far when a budget ends this node or one around it (language
     * 4.0), from what its children have (wf_first_child, wf_has); NULL: it has nothing. */
    const json *(*best)(const struct wf *wf, const void *options);

    /* Required. Calls before a run, from those of the children (language 4.10). */
    void (*estimate)(const void *options, const struct estimating *estimating,
                     struct estimate *estimate);
};

/* The table, in alphabetical order, ended by NULL. */
extern const struct pattern *const pattern_table[];

#endif
