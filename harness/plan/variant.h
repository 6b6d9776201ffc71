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

#endif
