/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h: two kinds of time that cannot be mixed.
 *
 * Durations and deadlines use monotonic time, a type of its own so that the compiler refuses to
 * subtract a wall time from it. Durations are plain int64_t nanoseconds, named _ns. Wall time is
 * for people: when a run began.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct moment {
    int64_t ns; /* of CLOCK_MONOTONIC; 0 means "not yet" */
};

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

struct moment clock_now(void);
int64_t moment_since(struct moment later, struct moment earlier); /* ns */
struct moment moment_add(struct moment moment, int64_t ns);
bool moment_reached(struct moment now, struct moment due);

/* Wall time in ns since 1970, UTC. */
int64_t clock_wall_ns(void);
/* What all threads of the process have taken of processors, user and system. */
int64_t clock_cpu_ns(void);
/* "2026-11-21T08:45:11Z" and "20261121T084511Z"; size must be at least 24. */
void clock_iso(int64_t wall_ns, char *text, unsigned size);
void clock_compact(int64_t wall_ns, char *text, unsigned size);

#endif
