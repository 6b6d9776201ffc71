/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variant.h: variants made from others: extends, set, unset (language 2.6).
 *
 * These work on the YAML before anything is bound: a variant that extends another is a changed
 * copy of its tree, and is then read like any other.
 */
#ifndef PLAN_VARIANT_H
#define PLAN_VARIANT_H

#include "base/mistakes.h"
#include "base/yaml.h"

/* The body of `variant` (a pair of `variants`) with extends, set and unset carried out and those
 * keys gone. `nodes` are the shared nodes, expanded where a path goes through `use`. NULL after
 * adding mistakes. */
const struct yaml *variant_resolve(struct arena *arena, struct mistakes *mistakes,
                                   const struct yaml *variants, const struct yaml_pair *variant,
                                   const struct yaml *nodes);

/* A copy of `body` with the values of `set`, a mapping from path to value, at their paths: what
 * `set` does, for a vote's `vary` and a matrix. In messages the mapping is `what` ("set") and the
 * body `owner` ("variant 'a'"). NULL after adding mistakes. */
const struct yaml *variant_change(struct arena *arena, struct mistakes *mistakes,
                                  const struct yaml *nodes, const struct yaml *body,
                                  const struct yaml *set, const char *what, str owner);

#endif
