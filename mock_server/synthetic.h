/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synthetic.h: content where neither rule nor answer key says anything: text, and values that
 * conform to a schema.
 */
#ifndef MOCK_SYNTHETIC_H
#define MOCK_SYNTHETIC_H

#include "base/json.h"
#include "base/rng.h"

/* A few sentences, the same for the same key. */
str synthetic_text(struct arena *arena, struct rng_key key);

/* A value that conforms to the schema, the same for the same key; NULL as schema gives a small
 * object. Several ways are tried where keywords work against each other; a schema that nothing
 * fits gets the last one tried. */
const json *synthetic_value(struct arena *arena, const json *schema, struct rng_key key);

/* A text that the regular expression describes, as far as it uses literals, classes, groups,
 * alternatives and counts (synthetic_pattern.c). False when it uses more. */
bool synthetic_pattern(struct arena *arena, str pattern, struct rng_key key, str *text);

#endif
