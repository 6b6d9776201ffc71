/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * difference.h: what was changed in an experiment since a run of it began, for people.
 */
#ifndef SESSION_DIFFERENCE_H
#define SESSION_DIFFERENCE_H

#include "base/buf.h"
#include "base/json.h"

/* Appends a line for each place where the two definitions differ, at most `most` of them and one
 * more that counts the rest:
 *
 *     variants.two.chain.first.call.max_tokens: 10 is now 20
 *
 * What decides no result (description, report, concurrency, the mock, the run's budget) is passed
 * over. Returns the number of differences. */
size_t difference_of(const json *was, const json *is, size_t most, struct buf *out);

/* The places alone, in a list: "variants.two.chain.first.call.max_tokens, trials"; empty when there are
 * none. Of two runs: variants that one of them left out (--variants) were not edited. In the arena. */
str difference_places(const json *was, const json *is, size_t most, struct arena *arena);

/* The first lines in which two texts differ: "line 3: '…' is now '…'". */
void difference_of_texts(str was, str is, struct buf *out);

#endif
