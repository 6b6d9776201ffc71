/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * patterns.h: the entries that the table in pattern.c lists, one for each file.
 */
#ifndef PATTERNS_PATTERNS_H
#define PATTERNS_PATTERNS_H

#include "patterns/pattern.h"

extern const struct pattern pattern_call;
extern const struct pattern pattern_chain;
extern const struct pattern pattern_exec;
extern const struct pattern pattern_keywords;
extern const struct pattern pattern_lookup;
extern const struct pattern pattern_map;
extern const struct pattern pattern_nearest;
extern const struct pattern pattern_orchestrate;
extern const struct pattern pattern_parallel;
extern const struct pattern pattern_refine;
extern const struct pattern pattern_route;
extern const struct pattern pattern_skeleton; /* taught and tested, not in the table */
extern const struct pattern pattern_use;
extern const struct pattern pattern_value;
extern const struct pattern pattern_vote;

#endif
