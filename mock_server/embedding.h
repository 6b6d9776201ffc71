/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embedding.h: vectors of texts, near for texts that share words.
 */
#ifndef MOCK_EMBEDDING_H
#define MOCK_EMBEDDING_H

#include "base/buf.h"

/* Fills `dimensions` numbers (at least 1) whose squares add up to 1, to the precision of floats.
 * The cosine of two texts is about the share of words that they have in common, give or take
 * 1/sqrt(dimensions); case, order and punctuation move it by a few percent only. The same for
 * the same text always. A shorter vector is the beginning of a longer one, made a unit again, as
 * with providers that let a client choose the length. */
void embedding_make(str text, size_t dimensions, float *vector);

/* A JSON list of the numbers, which are at most 1. */
void embedding_write(struct buf *out, const float *vector, size_t dimensions);

#endif
