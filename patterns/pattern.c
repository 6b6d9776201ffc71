/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.c: the table of patterns, in alphabetical order, and nothing else.
 */
#include "patterns/pattern.h"

#include "patterns/patterns.h"

const struct pattern *const pattern_table[] = {
    &pattern_call,        /* one model request */
    &pattern_chain,       /* one after the other */
    &pattern_exec,        /* a program */
    &pattern_keywords,    /* a label by the words that occur */
    &pattern_lookup,      /* a row of a file */
    &pattern_map,         /* the same work for every item */
    &pattern_nearest,     /* the label of the examples that are most alike */
    &pattern_orchestrate, /* plan, work, synthesize */
    &pattern_parallel,    /* different work at once */
    &pattern_refine,      /* draft, evaluate, improve */
    &pattern_route,       /* classify, then one of several */
    &pattern_use,         /* a shared node */
    &pattern_value,       /* a template */
    &pattern_vote,        /* the same question several times */
    NULL,
};
