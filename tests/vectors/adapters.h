/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which library function answers which `stat` of a vectors file. To add one: write an adapter in
 * the file of its section and add its row there. */
#ifndef TESTS_VECTORS_ADAPTERS_H
#define TESTS_VECTORS_ADAPTERS_H

#include "tests/vectors/vector_case.h"

struct vector_adapter {
    const char *stat;
    void (*run)(struct vector_case *c);
};

/* Tables that end with a NULL name. */
extern const struct vector_adapter vector_adapters_single[];   /* one variant */
extern const struct vector_adapter vector_adapters_pair[];     /* two variants */
extern const struct vector_adapter vector_adapters_time[];     /* latency, ratios, sequences */
extern const struct vector_adapter vector_adapters_diagnose[]; /* agreement and patterns */

#endif
