/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * past.h: the runs that a history may show, and what it tells of them.
 *
 * One run, the newest by default, is the measure of what is comparable: same dataset, same scores, same
 * kind of provider, whole. All texts are in the arena that is given and live as long as it does.
 */
#ifndef CMD_PAST_H
#define CMD_PAST_H

#include "session/side.h"
#include "stats/history.h"
#include "store/store.h"

/* A run that may be shown; {0}: none. */
struct past_run {
    const struct store_listing *listing;
    struct arena arena; /* of `side` */
    struct side side;
    bool open;
};

/* Reads the run into *to, which past_close frees. What keeps it from being shown, be it the run itself or
 * that it is not like `measure` (which may be closed); empty: nothing, and *to is open. */
str past_open(struct past_run *to, const struct store_listing *listing,
              const struct past_run *measure, struct arena *arena);
/* Also of {0}. */
void past_close(struct past_run *run);
/* Why a run is not a whole one with answers of its own, whatever the others are; empty: it is. */
str past_own_reason(struct arena *arena, const struct store_listing *listing);
/* When it was begun; empty: its file cannot be read. */
str past_time(struct arena *arena, const struct store_listing *listing);

/* Notes beside run `run` of the history: what was different from the one before, settings, files, version of
 * weir, and what replies name as their model. */
void past_note_changes(struct history *history, size_t run, const struct past_run *was,
                       const struct past_run *is, struct arena *arena);
/* The figures of run `run` of the history. ERR_FAILED. */
int past_add_values(struct history *history, size_t run, const struct side *side,
                    struct err *err);
/* What changed from run `from` to run `run`, of the variants that both have; `overall`: from the first to the
 * last. ERR_FAILED. */
int past_add_changes(struct history *history, size_t from, size_t run, const struct side *was,
                     const struct side *is, bool overall, struct err *err);

#endif
