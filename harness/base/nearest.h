/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest.h: the text of many that is most like another one, and how the two differ.
 *
 * Likeness is that of words: texts are taken as sets of pairs of neighbouring words, and the
 * likeness of two is the share of pairs that both have (Jaccard). A sketch of the 128 least hashes
 * of each text (Broder, "On the resemblance and containment of documents", 1997) finds the best
 * candidates; their whole sets decide. No model is asked, and nothing is known of the texts.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/buf.h"

struct nearest;

struct nearest *nearest_new(void);
void nearest_free(struct nearest *nearest);
/* The first text added is number 0. Texts are not copied and must outlive it. */
void nearest_add(struct nearest *nearest, str text);
/* The number of the text most like this one, of equals the first; -1 when there is none. *alike
 * (may be NULL): from 0 (no pair of words in common) to 1. */
ptrdiff_t nearest_find(const struct nearest *nearest, str text, double *alike);

/* What must change in `before` to get `after`, line by line as `diff -u` does: " ", "-" or "+"
 * before each line, up to three lines around changes, "@@ line N @@" where lines are left out. Of
 * long lines what differs is shown, with "…" for the rest; after `most` lines there is a last one
 * that says how many more there are. Nothing when they are equal. */
void nearest_difference(struct buf *out, str before, str after, size_t most);

#endif
