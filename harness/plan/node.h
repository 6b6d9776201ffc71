/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node.h: a node of a workflow, read and checked: one pattern and the common keys (language 4.0).
 *
 * Nodes are made once, when an experiment is loaded, and are read only from then on; a cell that
 * runs a node keeps all that changes in its own arena (run/wf.h).
 */
#ifndef PLAN_NODE_H
#define PLAN_NODE_H

#include "base/template.h"
#include "plan/budget.h"
#include "plan/check.h"
#include "plan/scope.h"

struct pattern; /* patterns/pattern.h */

struct node_with {
    str name;
    const struct template *value;
};

struct node {
    const struct pattern *pattern;
    const void *options; /* the pattern's own */
    struct place place;

    /* Common keys. */
    const struct node_with *with;
    size_t withs;
    const struct check *const *gate;
    size_t gates;
    int64_t timeout_ns; /* on the clock of latency; 0: none */
    const struct budget *budget; /* NULL: none */
    bool usable;
    str description;
};

#endif
