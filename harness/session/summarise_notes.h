/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise_notes.h: what patterns noted in their traces, and what scores said of their parts, fed
 * to a summary (struct summary_note).
 */
#ifndef SESSION_SUMMARISE_NOTES_H
#define SESSION_SUMMARISE_NOTES_H

#include "base/json.h"
#include "stats/summary.h"
#include "store/store.h"

/* Where the cells of a run are, by number; trial 0: it has no row. */
struct note_cell {
    uint32_t variant, sample, trial;
};

struct note_reader {
    struct store *store;
    struct summary *summary;
    const struct note_cell *cell;
    size_t cells;
    const json *definition;
    const struct summary_score_meta *score; /* of the summary */
    const str *score_step;                  /* the step that each judges; empty: the output */
    size_t scores;
    bool told; /* some score has something to tell but its value */
    struct arena *arena; /* for the whole reading */
};

/* Once the cells have been added. 0 or -1. */
int summarise_notes(const struct note_reader *reader, struct err *err);

#endif
