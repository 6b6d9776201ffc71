/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * markdown.h: what a page of the documentation shows as code: fenced blocks with their marks, and
 * commands within sentences. Only as much of Markdown as the pages use.
 *
 *     <!-- not run: asks a live provider -->
 *     ```sh
 *     weir doctor
 *     ```
 */
#ifndef DOCS_MARKDOWN_H
#define DOCS_MARKDOWN_H

#include "base/arena.h"
#include "base/str.h"

struct docs_line {
    str text;
    int line; /* in the page, from 1 */
};

struct docs_block {
    str language; /* after the fence; empty: none */
    int line;     /* of the fence, from 1 */
    const struct docs_line *text;
    size_t lines;
    /* Of a comment in the line above the fence; empty: it has none. */
    str not_run;      /* <!-- not run: REASON --> */
    str needs;        /* <!-- needs: PROGRAM -->: run where there is such a program */
    str file;         /* <!-- file: NAME -->: kept under that name for what follows */
    str kind;         /* <!-- yaml: KIND --> */
    bool in_full;     /* <!-- in full -->: with all samples and trials */
    bool interrupted; /* <!-- interrupted -->: each command runs until Ctrl-C */
    bool printed;     /* <!-- as printed -->: commands before it print its figures */
    str checked_by; /* a command that is given the block as a file; set by who knows what it is */
    bool bad_mark; /* "not run" without a reason, or the like */
};

/* `weir …` or `weir-mock …` in a sentence. */
struct docs_span {
    str text;
    int line;
};

struct docs_page {
    str path; /* from the root */
    struct docs_block *block;
    size_t blocks;
    const struct docs_span *span;
    size_t spans;
    const struct docs_line *loose; /* commands that stand in no fence: indented lines */
    size_t looses;
};

/* All of it in the arena; `text` must stay. */
struct docs_page docs_page_read(struct arena *arena, str path, str text);

#endif
