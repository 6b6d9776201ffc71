/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kept.h: the baseline file that a run is compared with (`baseline: {file: …}`), as the run keeps it.
 *
 * Its variants stand behind the run's own in a summary, as `base:NAME`, and each is compared with its
 * namesake alone: what weir compare shows of the file and the run.
 */
#ifndef SESSION_KEPT_H
#define SESSION_KEPT_H

#include "session/matching.h"
#include "plan/experiment.h"
#include "store/store.h"

struct kept {
    str name; /* of the file; empty: there is none, it was left out (--no-baseline), or it has other
                  * scores than the run by now (weir score) */
    bool wanted; /* the definition names one, there or not */
    struct side side;
    struct matching matching;
    const size_t *of;      /* of each pair: the variant of the file */
    const size_t *variant; /* its namesake in the run */
    size_t pairs;
};

/* All in the arena. ERR_INPUT: it is no whole baseline, or cannot be compared. */
int kept_read(struct kept *kept, struct store *store, const json *definition,
              struct arena *arena, struct err *err);
/* The name of that pair's variant of the file, in a summary. */
str kept_shown_name(const struct kept *kept, size_t pair, struct arena *arena);
/* Its cells, as variants `first` and on. */
int kept_feed(const struct kept *kept, struct summary *summary, size_t first, struct err *err);

/* Before the first call: is it whole, and answered by what will answer this run? */
int kept_check(const struct experiment *experiment, bool mock, struct arena *arena,
               struct err *err);

#endif
