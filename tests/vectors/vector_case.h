/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One case of a statistics vectors file: reading its input and checking results against what it
 * expects.
 *
 * An adapter reads the input with the vector_* getters, calls the library and hands every result
 * to a check_* function. The first thing that goes wrong is kept as the reason; everything after
 * it is still safe to call. A member of `expected` that no check asked for is a failure, one that
 * `expected` leaves out is not. */
#ifndef TESTS_VECTOR_CASE_H
#define TESTS_VECTOR_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "stats/cluster.h"
#include "stats/maybe.h"
#include "stats/trials.h"

struct vector_case {
    struct arena *arena;
    const json *input;
    const json *expected;
    double tolerance;
    bool relative; /* kind of the tolerance */
    bool failed;
    char reason[400];
};

/* Keeps the first reason only. */
void vector_fail(struct vector_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Members of the input. A missing or mistyped one fails the case and reads as 0 or empty. */
double vector_number(struct vector_case *c, const char *key);
double vector_number_or(struct vector_case *c, const char *key, double fallback);
uint64_t vector_whole(struct vector_case *c, const char *key);
str vector_text(struct vector_case *c, const char *key);
const json *vector_list(struct vector_case *c, const char *key);

/* A list of numbers; count is set. vector_numbers_of reads an item that is itself a list. */
const double *vector_numbers(struct vector_case *c, const char *key, size_t *count);
/* A list of lists of numbers. */
struct stats_trials vector_trials(struct vector_case *c, const char *key);
/* "clusters": labels for `count` items; NULL when absent or null. */
const struct stats_clusters *vector_clusters(struct vector_case *c, size_t count);

/* Checks walk one object of the expected value; `seen` counts what was asked for. */
struct vector_check {
    struct vector_case *c;
    const json *object;
    const char *name; /* of the object, for messages; NULL at the top */
    size_t seen;
};

struct vector_check check_begin(struct vector_case *c);
/* A nested object; its own check_end is due. */
struct vector_check check_inside(struct vector_check *check, const char *key);
void check_end(struct vector_check *check);

void check_number(struct vector_check *check, const char *key, maybe value);
/* Exact. check_whole_maybe is for integers that may be null. */
void check_whole(struct vector_check *check, const char *key, uint64_t value);
void check_whole_maybe(struct vector_check *check, const char *key, maybe value);
void check_text(struct vector_check *check, const char *key, const char *value);
void check_bool(struct vector_check *check, const char *key, bool value);
void check_numbers(struct vector_check *check, const char *key, const maybe *values,
                   size_t count);
void check_wholes(struct vector_check *check, const char *key, const uint64_t *values,
                  size_t count);

#endif
