/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * man.h: parts of a manual page (roff's man macros), for programs that print their own.
 */
#ifndef BASE_MAN_H
#define BASE_MAN_H

#include "base/buf.h"

struct man_term {
    const char *name, *text;
};

/* Text in which what means something to roff is escaped. */
void man_write(struct buf *out, str text);
/* The first line: ".TH NAME 1 …"; the page says that it was written by `writer`. */
void man_begin(struct buf *out, const char *name, const char *writer);
void man_section(struct buf *out, const char *name);
void man_paragraph(struct buf *out, const char *text);
/* Names with what they mean; ended by one without a name. */
void man_terms(struct buf *out, const struct man_term *term);
/* Lines as they stand. */
void man_example(struct buf *out, const char *text);

#endif
