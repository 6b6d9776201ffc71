/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slices.h: groups of samples that a report looks at apart: `report.group_by`, or --group-by.
 */
#ifndef SESSION_SLICES_H
#define SESSION_SLICES_H

#include "base/json.h"
#include "base/option.h"
#include "stats/summary.h"
#include "store/store.h"

enum { SLICES_MOST = 100 };

/* What groups are made of. */
struct slices_sample {
    str tags;             /* a JSON list; empty: none */
    const json *metadata; /* NULL: none */
};

/* "lang:" makes a group of every tag that begins so, "metadata.KEY" one of every value; in the order
 * of `by`, then of first appearance. A sample may be in several, or in none. At most SLICES_MOST. */
const struct summary_group *slices_read(struct arena *arena, const struct opt_texts *by,
                                        const struct slices_sample *sample, size_t samples,
                                        size_t *count);
/* `given`, or when that is empty what the definition says. */
struct opt_texts slices_wanted(struct arena *arena, const struct opt_texts *given,
                               const json *definition);
/* The rows of a run, without changed samples. ERR_FAILED. */
int slices_samples(struct store *store, const struct opt_texts *by, struct arena *arena,
                   struct slices_sample **sample, size_t *samples, struct err *err);

#endif
