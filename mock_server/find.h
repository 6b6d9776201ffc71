/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find.h: which of many texts occurs in a prompt, at a cost that does not grow with their number.
 *
 * White space is squeezed on both sides: runs of it count as one blank. Of several texts that
 * occur the longest wins, then the one with the smaller number.
 *
 *     struct find *find = find_new(arena);
 *     find_add(find, question, row_number); ...
 *     find_build(find);
 *     if (find_longest(find, find_squeeze(arena, prompt), &hit)) ... hit.number ...
 */
#ifndef MOCK_FIND_H
#define MOCK_FIND_H

#include "base/arena.h"

struct find;

struct find_hit {
    uint32_t number;
    size_t at, n; /* where in the squeezed text */
};

/* Everything lives in the arena. */
struct find *find_new(struct arena *arena);
/* Texts that are empty once squeezed are left out: returns false. */
bool find_add(struct find *find, str text, uint32_t number);
/* Once, after the last find_add. */
void find_build(struct find *find);
bool find_longest(const struct find *find, str squeezed, struct find_hit *hit);
str find_squeeze(struct arena *arena, str text);

#endif
