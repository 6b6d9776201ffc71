/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several tests at once. */
#ifndef STATS_MULTIPLE_H
#define STATS_MULTIPLE_H

#include <stddef.h>

#include "stats/maybe.h"

/* Holm's step-down adjustment (1979): adjusted[i] is p[i] after keeping the chance of any false
 * alarm in the family at the level. Unknown p-values stay unknown and do not count; ties keep
 * input order. Returns the size of the family (the number of known p-values). */
size_t stats_holm(const maybe *p, size_t count, maybe *adjusted);

#endif
