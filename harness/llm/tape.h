/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape.h: a cassette (base/cassette.h) between the client and the network.
 *
 * Recording: an exchange is sent, written to the cassette, and handed on as it was written:
 * times in whole µs, secrets cut out, headers that are not kept gone. So the run that records
 * sees what its replay will see, and both come to the same, times included. The exchange is in
 * the file before the client goes on with it: what a run has kept, its cassette has too, however
 * the run ends.
 *
 * Replaying: no connection is opened. An attempt is answered by the recording of its call and
 * number, and takes the time on the clock of latency that it took then; whether anything is
 * waited for is a matter of `scale`. What was not recorded fails, with the nearest recording and
 * the difference. With both, what was not recorded is sent, and recorded.
 *
 * All functions are called on the loop's thread.
 */
#ifndef LLM_TAPE_H
#define LLM_TAPE_H

#include "base/err.h"
#include "io/http.h"

struct pool;

struct llm_tape;

struct llm_tape_options {
    const char *record; /* the cassette to write; NULL: none */
    const char *replay; /* the cassette to answer from; NULL: none */
    bool go_on;         /* `record` may be there already, and is added to */
    bool mock;          /* what is recorded comes from a mock server */
    str cut;      /* path of the mock's address, left out of recorded paths; empty: none */
    double scale; /* 0: nothing is waited for; 1: as long as it took */
    bool any;     /* recordings of the same request for another call will do too */
};

/* ERR_INPUT: a file that is no cassette, or must not be there, or is being written to. */
int llm_tape_open(struct llm_tape **tape, const struct llm_tape_options *options,
                  struct err *err);
/* NULL is nothing to close. No exchange may be under way. */
void llm_tape_close(struct llm_tape *tape);

/* Nothing is ever sent: it replays, and does not record. */
bool llm_tape_is_offline(const struct llm_tape *tape); /* false for NULL */
/* A cassette to replay, which was recorded from a mock server. */
bool llm_tape_is_of_mock(const struct llm_tape *tape);

struct llm_tape_stats {
    uint64_t replayed, recorded;
    uint64_t unseen;     /* attempts that failed since they were not recorded */
    str unseen_said[3];  /* of the first ones: what comes nearest; live as long as the tape */
    size_t unseen_saids; /* 0 to 3 */
};
const struct llm_tape_stats *llm_tape_stats(const struct llm_tape *tape);
/* 0, or the first error of writing; recording has stopped then. */
int llm_tape_error(const struct llm_tape *tape, struct err *err);

/* Which attempt of a call it is. */
struct llm_tape_try {
    unsigned number;    /* from 1 */
    int64_t backoff_ns; /* waited since the one before */
};

enum llm_tape_way {
    LLM_TAPE_SENT,
    LLM_TAPE_PLAYED,
    LLM_TAPE_UNSEEN, /* neither: the reply's error says in many lines what comes nearest */
};

/* http_send (io/http.h), by way of the tape. `http` is not needed offline; `pool` (may be NULL) is
 * for what takes long. */
int fiber_fn llm_tape_send(struct llm_tape *tape, struct http *http, struct pool *pool,
                           const struct http_request *request,
                           const struct llm_tape_try *attempt, struct http_reply *reply,
                           enum llm_tape_way *way);

/* True when the wait before attempt `number` is a recorded one, or would be: then *backoff_ns is
 * what counts for the clock of latency, and llm_tape_scaled of it is slept. */
bool llm_tape_backoff(struct llm_tape *tape, const struct http_request *request,
                      unsigned number, int64_t planned_ns, int64_t *backoff_ns);
int64_t llm_tape_scaled(const struct llm_tape *tape, int64_t ns);

/* Times that are kept in whole µs. */
int64_t llm_tape_rounded(int64_t ns);

#endif
