/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answer.h: when two answers are the same, and when they have the same shape.
 *
 * Texts are the same after trimming, squeezing blanks and lower-casing, other values as JSON: so
 * ballots of a vote are counted, and so trials of a sample are held against each other
 * (label consistency, docs/statistics.md).
 *
 * A shape is what a schema would say of a value: its kinds and the names of its members, not what
 * stands in them.
 *
 *     "yes"                                text
 *     {"label": "a", "terms": ["x", "y"]}  {label: text, terms: [text]}
 *     [1, null, "x"]                       [null | number | text]
 */
#ifndef BASE_ANSWER_H
#define BASE_ANSWER_H

#include "base/json.h"

/* Equal answers have equal keys. */
str answer_key(struct arena *arena, const json *value);
/* A number that is not negative, of the key: a hash of 63 bits. */
int64_t answer_hash(struct arena *arena, const json *value);

/* Members sorted by name, items of a list as the set of their shapes; at most ANSWER_SHAPE_MAX
 * bytes, beyond them a hash of the rest. */
enum { ANSWER_SHAPE_MAX = 400 };
str answer_shape(struct arena *arena, const json *value);
/* Do the shapes of two values agree? An empty list agrees with every list. */
bool answer_shapes_agree(str a, str b);

#endif
