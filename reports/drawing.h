/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drawing.h: a variant as a tree of nodes, for pages and terminals.
 *
 * The tree is read out of the effective experiment: a node is a mapping with the key of a pattern
 * (docs/experiment-file.md), whatever it stands in. So a pattern that is added tomorrow is drawn
 * without a line here.
 */
#ifndef REPORTS_DRAWING_H
#define REPORTS_DRAWING_H

#include "base/json.h"

#define DRAWING_NO_PARENT SIZE_MAX

/* Texts are clean (page_text) and short; they live in the arena. */
struct drawing_node {
    str label;     /* the key that it stands under; empty: the root */
    str pattern;   /* call, chain, ... */
    str settings;  /* "width 4, gate min-words 50"; may be empty */
    size_t parent; /* before it in the list */
    unsigned depth;
    bool last; /* of its parent's */
};

struct drawing {
    struct drawing_node *node; /* each before those inside it, in the order of the file */
    size_t count, left_out;
};

/* Of a variant of the effective experiment; no node at all when it has none of that name. What a
 * setting has by default is not said; a shared node is drawn where it is used. Checks of a gate and
 * of a loop, a timeout and a budget are said with their node. */
struct drawing drawing_of(struct arena *arena, const json *definition, str variant);

/* As lines of text, as a graph for Graphviz' dot, as a flow chart for Mermaid. `name` is the
 * variant's. */
void drawing_as_text(struct buf *out, str name, const struct drawing *drawing);
void drawing_as_dot(struct buf *out, str name, const struct drawing *drawing);
void drawing_as_mermaid(struct buf *out, str name, const struct drawing *drawing);

#endif
