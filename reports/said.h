/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * said.h: what a stored request asks and a stored reply answers, as texts for people.
 *
 * Bodies are kept as they were on the wire. A reply is read by the dialect that read it first; a
 * request by its shape, which the dialects share: turns with a role and a text or parts. What
 * cannot be read that way is shown as it is.
 */
#ifndef REPORTS_SAID_H
#define REPORTS_SAID_H

#include "base/arena.h"
#include "base/str.h"

enum { SAID_TURNS_MAX = 200 };

struct said_turn {
    str role; /* "system", "user", "assistant", "tool", ...; "settings" for all that is no turn */
    str text; /* of outside: as it came */
};

/* Fills at most `room` turns, in the order of the conversation, settings last; returns how many. In
 * the arena. `body` is what store_body gives. */
size_t said_request(struct arena *arena, str body, struct said_turn *turn, size_t room);

/* The text of a reply with its tool calls, in the arena. `dialect`: the call's; `good`: the call's
 * outcome is "ok". A body that is no good reply is returned as it came (streams unfolded). Empty for
 * a good one that was streamed: its pieces lie in the file as they came, and a secret in several of
 * them was not removed as one; what the step made of it is stored whole. */
str said_reply(struct arena *arena, str dialect, bool good, str body);

/* A JSON value as people read it: a text as it is, anything else indented. Text that is no JSON
 * is returned as it is. */
str said_value(struct arena *arena, str text);

#endif
