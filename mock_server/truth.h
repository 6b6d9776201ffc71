/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth.h: what the server knows that it did: for clients that check their own counters.
 */
#ifndef MOCK_TRUTH_H
#define MOCK_TRUTH_H

#include "mock_server/decide.h"

struct truth;

struct truth *truth_new(void);
void truth_clear(struct truth *truth);
void truth_free(struct truth *truth);

/* A reply that was planned: its verdicts and tokens. Replies that a fault replaced are not
 * counted here. */
void truth_note_reply(struct truth *truth, const struct request *request,
                      const struct decision *decision, int64_t output_tokens);
void truth_note_fault(struct truth *truth, str name);
/* Any reply's status; 0 for none. */
void truth_note_status(struct truth *truth, int status);

/* {requests, statuses, tokens, faults, answers: [{model, rule, replies, expected, correct,
 * realised, wrong}]} as members of an open object. */
void truth_write(struct buf *out, const struct truth *truth);
/* The same for Prometheus. */
void truth_write_metrics(struct buf *out, const struct truth *truth);

#endif
