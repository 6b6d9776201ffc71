/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * synthetic_inside.h: what synthetic.c (values) and synthetic_schema.c (schemas) share.
 */
#ifndef MOCK_SYNTHETIC_INSIDE_H
#define MOCK_SYNTHETIC_INSIDE_H

#include "base/json.h"
#include "base/rng.h"

enum {
    DEPTH_MAX = 24,     /* of recursive schemas */
    OPTIONAL_DEPTH = 4, /* below it only what is required is made */
    STEPS_MAX =
        20000, /* sub-schemas looked at for one value: a schema may refer to itself twice */
};

/* How many of the members that may lack are made. */
enum sparse { MAKE_ALL, MAKE_SOME, MAKE_REQUIRED };

struct making {
    struct arena *arena;
    const json *root;
    struct rng_key key;
    uint64_t draws; /* numbers the draws */
    unsigned steps; /* of the value in making */
    enum sparse sparse;
};

/* A draw from 0 .. n-1. */
uint64_t making_below(struct making *m, uint64_t n);

/* One schema without $ref, allOf, anyOf, oneOf and if: their parts, or the branch that was drawn,
 * are merged into it. */
const json *making_flatten(struct making *m, const json *schema, int depth);
/* The schema of a member that `properties` does not name: that of the first pattern it matches,
 * else additionalProperties; NULL: any. */
const json *making_member(struct making *m, const json *schema, str name);

#endif
