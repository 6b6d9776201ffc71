/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ngram.h: how many runs of words two texts have in common, for metrics of overlap (ROUGE, BLEU,
 * F1 of words).
 */
#ifndef BASE_NGRAM_H
#define BASE_NGRAM_H

#include "base/str.h"

/* For each order k from 1 to `orders`: common[k - 1] is the number of runs of k words that occur in
 * both lists, each counted as often as in the list that has it less often. At most 2^31 words in
 * all. O(orders · n log n). */
void ngram_common(const str *a, size_t a_count, const str *b, size_t b_count, size_t orders,
                  size_t *common);

#endif
