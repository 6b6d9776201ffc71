/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * similar.h: how alike two texts are, for patterns that compare what models wrote: drafts of a
 * refinement, tasks of a plan.
 */
#ifndef PATTERNS_SIMILAR_H
#define PATTERNS_SIMILAR_H

#include "base/arena.h"

/* The set of a text's words, as numbers that the texts of one call share. */
struct word_set {
    const uint32_t *word; /* ascending, each once */
    size_t count;
};

/* The sets of several texts, in the arena. Words are what stands between ASCII white space, as
 * written: lower-case the texts first where case shall not count. O(n log n) in all words. */
struct word_set *word_sets_new(struct arena *arena, const str *text, size_t count);
/* Jaccard: common words / all words; two empty sets are alike (1). */
double word_sets_similarity(struct word_set a, struct word_set b);
/* The same, compared with a share; gives up as soon as the share is out of reach. */
bool word_sets_reach(struct word_set a, struct word_set b, double share);

/* Texts longer than this many code points are compared by their words. */
enum { SIMILAR_EDITS_MOST = 20000 };

/* 1 - Levenshtein distance / longer length, over code points; two empty texts are alike (1). When
 * either is longer than SIMILAR_EDITS_MOST: the Jaccard share of their words, ASCII letters
 * lower-cased. O(n * m), so some 0.5 s at the most: from SIMILAR_QUICK steps on a worker. */
double texts_similarity(str a, str b);
enum { SIMILAR_QUICK = 200 * 1000 };

#endif
