/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mistakes.h: all that is wrong with the files a user wrote, told at once.
 *
 * Reading goes on after a mistake where it can; at most 50 are kept. Each has a place and says
 * what is wrong, what was expected and, where a word is near, "did you mean". They are printed
 * in the order of file and position, with the source line and a caret.
 */
#ifndef BASE_MISTAKES_H
#define BASE_MISTAKES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A file's text as it was read; lives in the arena of what was loaded from it. */
struct source {
    str path; /* as shown in messages */
    str text;
};

struct place {
    const struct source *source; /* NULL: no file, e.g. the command line */
    unsigned line, col;          /* from 1; col counts code points */
};

struct mistakes {
    struct arena *arena; /* where messages are kept */
    struct mistake *first;
    size_t count;   /* kept */
    size_t dropped; /* beyond MAX_MISTAKES */
    const char *word; /* "warning": said before each of those that are not mistakes; NULL: mistakes */
    /* Added to lines of what is told from now on; for sources that are parts of a file. */
    unsigned line_offset;
};

void mistakes_init(struct mistakes *mistakes, struct arena *arena);
/* Returns -1, so that reporting and giving up are one statement. The same text at the same place
 * is kept once. */
int mistake_add(struct mistakes *mistakes, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "; did you mean 'x'?" when one of `words` is near, else "; expected one of a, b, c" if
 * `list_all`, else empty. */
str mistake_hint(struct arena *arena, str word, const str *words, size_t count, bool list_all);
/* All of them as text for stderr (control characters visible), and an ERR_INPUT. 0 when there
 * are none. */
int mistakes_report(struct mistakes *mistakes, struct err *err);
/* One by one, sorted, in the arena; secrets are removed and control characters visible. */
struct mistake_told {
    str path; /* empty: of no file */
    unsigned line, col;
    str message; /* one line */
    str shown;   /* with place and caret */
};
size_t mistakes_tell(struct mistakes *mistakes, struct mistake_told **told);
/* The text alone, in the arena: one mistake a block, sorted; empty when there are none. */
str mistakes_text(struct mistakes *mistakes);

/* Place of a byte offset in a source. */
struct place place_at(const struct source *source, size_t offset);
/* "x.yaml:8:30", for messages that name a second place. */
str place_text(struct arena *arena, struct place place);

#endif
