/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * size.h: how many tokens texts take that are not yet made (docs/estimates.md).
 *
 * What a model will have written counts the tokens that it was allowed.
 */
#ifndef PLAN_SIZE_H
#define PLAN_SIZE_H

#include "plan/scope.h"

/* For one sample: the names of `env` are the values of fields and vars; NULL: none is known. */
struct spread size_of_template(const struct template *template, const struct scope *scope,
                               const struct env *env, struct arena *scratch);
struct spread size_of_shape(const struct shape *shape, const struct env *env,
                            struct arena *scratch);

#endif
