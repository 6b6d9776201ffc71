/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_cookbook.h: the entries of fixtures/, tried as their users try them:
 *
 *     weir init --from NAME NAME && cd NAME && weir check && weir run --mock && weir report -o r.html
 *
 * each by the real program, at the mock's own pace. Whatever lies in fixtures/ is tried, and every
 * experiment of an entry is: experiment.yaml against expected.json, OTHER.yaml against
 * OTHER-expected.json. Draws hang on the seeds alone, so what holds here holds always.
 */
#ifndef E2E_COOKBOOK_H
#define E2E_COOKBOOK_H

#include "e2e_run.h"

enum { COOKBOOK_PARTS = 2 }; /* programs that share the entries, to run beside each other */

/* Tries the entries of a part (from 0) that need no sandbox, or all that need one. How many. */
size_t cookbook_try(struct place *place, unsigned part);
size_t cookbook_try_sandboxed(struct place *place);

/* The names of all entries, in order. */
struct names {
    const char *name[64];
    size_t count;
};
void cookbook_entries(struct place *place, struct names *names);
/* The experiments of an entry that stands in `folder` (a path): "experiment", "widths", … */
void cookbook_experiments(struct place *place, const char *folder, struct names *names);

/* That each cell made the calls that its patterns' formulas say, on every level of its trace
 * (e2e_formulas.c); the test fails for a variant of which no formula is known. */
void formulas_check(const char *entry, const char *experiment, const char *db);
/* That the figures of its README, of the index and of the book are those of its run, as they are
 * rounded there (e2e_figures.c). In the copy's folder. */
void figures_check(struct place *place, const char *entry, const char *experiment,
                   const json *expected, const json *report);

#endif
