/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * query.h: the part of a URL behind '?'.
 */
#ifndef MOCK_QUERY_H
#define MOCK_QUERY_H

#include "base/arena.h"

/* Is the name there? */
bool query_has(str query, str name);
/* Is it there with just this value, as sent? */
bool query_is(str query, str name, str wanted);
/* True when the query has the name; *value without escapes and as UTF-8, in the
 * arena, may be empty. */
bool query_get(struct arena *arena, str query, str name, str *value);
/* The target with the value of that name replaced by "hidden"; the target itself where the name
 * does not stand in it. */
str query_hide(struct arena *arena, str target, str name);

#endif
