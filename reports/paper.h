/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paper.h: a short document of tables and sentences that is not the report of a run: a forecast, a
 * history. Filled once, laid out for a terminal, as Markdown or as an HTML page.
 *
 *     struct paper paper = {.arena = &arena, .title = title};
 *     paper_begin(&paper, STR("Cost"), sheet);
 *     paper_say(&paper, sentence);
 *
 * and then paper_emit, for a kind of document whose `fill` does that.
 *
 * All texts are made visible (base/text.h) by paper_say and its like; cells of sheets by who fills
 * them.
 */
#ifndef REPORTS_PAPER_H
#define REPORTS_PAPER_H

#include "base/buf.h"
#include "base/err.h"
#include "reports/sheet.h"

struct paper_part {
    str heading;               /* may be empty */
    const struct sheet *sheet; /* may be NULL */
    str *sentence;
    size_t sentences;
};

enum { PAPER_LABEL_WIDTH = 13 }; /* of a fact, blanks behind it included */

struct paper {
    struct arena *arena;
    str title;
    str notice;  /* that a mock answered; may be empty */
    str verdict; /* what it comes to: last on a terminal, first in Markdown */
    struct paper_part *part;
    size_t parts;
    struct paper_part facts, warnings; /* facts: "label  text" in two columns */
};

/* Begins a part, with a table or without; one that stays empty is not shown. */
void paper_begin(struct paper *paper, str heading, const struct sheet *sheet);
/* A sentence of the part begun last. An empty text is none. */
void paper_say(struct paper *paper, str text);
void paper_warn(struct paper *paper, str text);
/* A line of the head: label and text. */
void paper_fact(struct paper *paper, const char *label, str text);

/* Drawn beside the text, where there is a place for it. */
struct paper_picture {
    const char *name; /* of its file, without extension */
    const char *title;
};

struct paper_kind;
/* A page of its own, without scripts (paper_html.c). ERR_FAILED: no folder for the pictures. */
int paper_html(const struct paper_kind *kind, const void *data, const struct paper *paper,
               struct buf *out, struct err *err);

/* A kind of document, in all of its formats. */
struct paper_kind {
    const char *name; /* "forecast" */
    /* `paper` has its arena, and is to be filled. */
    void (*fill)(struct paper *paper, const void *data);
    void (*json)(const void *data, struct buf *out);
    void (*csv)(const void *data, struct buf *out);
    /* Draws NAME.svg into the folder for each picture; one that there is no data for is left out.
     * Without pictures NULL and 0. */
    int (*draw)(str folder, const void *data, struct err *err);
    const struct paper_picture *picture;
    size_t pictures;
};

/* `format` is "text", "md", "html", "json" or "csv"; width and colour are of text. ERR_INPUT, naming these,
 * for any other. */
int paper_emit(const struct paper_kind *kind, const void *data, str format, size_t width,
               bool colour, struct buf *out, struct err *err);

#endif
