/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tfidf.h: which of some texts share words with another, as vectors of weighted words.
 *
 * A word is a run of letters and digits, lower-cased. Its weight in a text is how often it occurs
 * there times ln((1 + n) / (1 + df)) + 1, where df of the n texts have it (the smoothed form of
 * scikit-learn's TfidfTransformer); vectors have length 1. Words that none of the texts has are
 * left out.
 *
 *     struct tfidf *tfidf = tfidf_new(arena, text, count);
 *     double *similarity = arena_array(scratch, double, count);
 *     tfidf_compare(tfidf, question, scratch, similarity);
 */
#ifndef BASE_TFIDF_H
#define BASE_TFIDF_H

#include "base/arena.h"

struct tfidf;

/* Lives in the arena; the texts need not. */
struct tfidf *tfidf_new(struct arena *arena, const str *text, size_t count);
/* similarity[i]: the cosine with text i, 0 to 1; 0 when no word is shared. Linear in the words of
 * `text` and the places where they occur. May run on any thread. */
void tfidf_compare(const struct tfidf *tfidf, str text, struct arena *scratch,
                   double *similarity);

#endif
