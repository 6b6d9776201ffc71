/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth.h: what the server knows that it did: for clients that check their own counters.
 *
 * Counted for each scope; what is written is the sum over all of them, or one. Any thread may
 * use it. What is written does not depend on the order in which requests came.
 */
#ifndef MOCK_TRUTH_H
#define MOCK_TRUTH_H

#include "mock_server/decide.h"

struct truth;

struct truth *truth_new(void);
void truth_clear(struct truth *truth);
/* One scope's counts alone. */
void truth_clear_scope(struct truth *truth, str scope);
void truth_free(struct truth *truth);

/* A reply that was planned: its verdicts and tokens. Replies that a fault replaced are not
 * counted here. */
void truth_note_reply(struct truth *truth, const struct request *request,
                      const struct decision *decision, int64_t output_tokens);
/* A rule that decided, whatever came of it. */
void truth_note_rule(struct truth *truth, str scope, str name);
void truth_note_fault(struct truth *truth, str scope, str name);
/* Any reply's status; 0 for none. `endpoint`: the pattern of its path; `dialect` may be empty. */
void truth_note_status(struct truth *truth, str scope, str endpoint, str dialect, int status);

/* {replies, choices, tokens, statuses, faults, answers: [{model, rule, replies, expected, correct,
 * realised, wrong}]} as members of an open object; of one scope, or of all (NULL). */
void truth_write(struct buf *out, struct truth *truth, const str *scope);
/* The same way {made_up: [{model, replies, made_up, prompt}], unused: [rule]}: replies whose text no rule
 * and no answer key gave, of models that had such, with the beginning of one such prompt; rules of the
 * file that decided nothing. */
void truth_write_made_up(struct buf *out, struct truth *truth, const struct config *config,
                         const str *scope);
/* Of all scopes for Prometheus. */
void truth_write_metrics(struct buf *out, struct truth *truth);

#endif
