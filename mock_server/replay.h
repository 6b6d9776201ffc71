/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.h: replies out of a cassette (base/cassette.h says which of them).
 *
 * Shared by all workers. Each scope plays the cassette for itself, so that tests that share a
 * server do not take each other's recordings.
 */
#ifndef MOCK_REPLAY_H
#define MOCK_REPLAY_H

#include <stdio.h>

#include "base/cassette.h"

struct call;
struct replay;

/* What an unseen request gets. */
enum unseen {
    UNSEEN_REFUSED, /* an error with the nearest recording and the difference */
    UNSEEN_PASSED,  /* it goes on to whoever answers else */
};

/* ERR_INPUT when the file is no cassette. An exchange without an end is told on stderr. */
struct replay *replay_new(const char *path, enum unseen unseen, bool repeat, struct err *err);
/* The same of a cassette that was read already, which is the replay's from now on. */
struct replay *replay_of(struct cassette *cassette, enum unseen unseen, bool repeat);
/* Refusals are told to people on stderr, unless this says elsewhere; NULL: nowhere. */
void replay_tell(struct replay *replay, FILE *out);
void replay_free(struct replay *replay);
/* All recordings are there to be played again; with a scope only its own. */
void replay_reset(struct replay *replay, const str *scope);
/* Fills the call's delivery; false: the request is unseen and passed on. */
bool replay_answer(struct replay *replay, struct call *call);

#endif
