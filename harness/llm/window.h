/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window.h: how many requests in flight a model bears, found out by what it answers.
 *
 * Adapted as a congestion window of DCTCP is (RFC 8257, section 3.3): once in every window of
 * replies it grows by a step when none of them was pushed back, and otherwise shrinks in
 * proportion to a moving share of those that were, at most by half. A few refusals among many
 * replies thus cost little, and a provider that refuses every other request is asked half as
 * much. A 429 counts whole, an overload of the server (502, 503, 504, 529, no answer) as a half;
 * other errors say nothing of load.
 */
#ifndef LLM_WINDOW_H
#define LLM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct llm_window {
    int64_t most;          /* configured; 0: no limit */
    double size;           /* 0 until something was pushed back: `most` */
    double share;          /* of replies pushed back, moving */
    int64_t replies, peak; /* of this round: answered, and most in flight */
    double marks;
};

enum llm_pressure { LLM_PRESSURE_NONE, LLM_PRESSURE_LOAD, LLM_PRESSURE_RATE };

/* By HTTP status; 0: no reply came. */
enum llm_pressure llm_pressure_of(int status);

/* A reply has ended; `held` were in flight when it did, itself included. */
void llm_window_note(struct llm_window *window, enum llm_pressure pressure, int64_t held);
/* Whether one more may go with `held` in flight. One always may. */
bool llm_window_is_open(const struct llm_window *window, int64_t held);

#endif
