/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * matrix.h: one variant for each combination of settings (language 2.6, `matrix`).
 *
 *     vote: {extends: base, matrix: {vote.voters: [3, 5, 7]}}
 *     call:
 *       call: …
 *       matrix: {size: {tiny: {call.model: small, call.max_tokens: 50}, big: {call.model: large}}}
 *
 * An axis is a path with a list of scalars, or a name with labelled sets of paths. Variants are
 * named after the one that has the matrix, then a value or label of each axis in file order:
 * vote-3, call-tiny; the last axis turns fastest. The one that has the matrix is not run.
 */
#ifndef PLAN_MATRIX_H
#define PLAN_MATRIX_H

#include "base/mistakes.h"
#include "base/yaml.h"

/* Where a variant stands on an axis, for reports. */
struct axis_value {
    str axis;  /* "vote.voters", "size" */
    str value; /* as written, or the label */
};

struct matrix_variant {
    struct yaml_pair
        pair; /* value: after extends, set, unset and matrix; NULL: it has mistakes */
    const struct axis_value *axis;
    size_t axes; /* 0: from no matrix */
};

/* All variants of an experiment in order, each resolved (plan/variant.h) and put in place of its
 * matrix. NULL after adding mistakes when there are too many; other mistakes leave a variant
 * without a value. */
const struct matrix_variant *matrix_expand(struct arena *arena, struct mistakes *mistakes,
                                           const struct yaml *variants,
                                           const struct yaml *nodes, size_t most,
                                           size_t *count);

#endif
