/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock.h: the mock model: HTTP requests in, deliveries out. It knows no sockets and no clock but
 * the times it is given, so tests call it without a server.
 *
 *     struct state *state = state_new(config, &settings, clock_now());
 *     struct mock *mock = mock_new(state);                one for each worker
 *     const struct server_handler handler = mock_handler(mock);
 */
#ifndef MOCK_MOCK_H
#define MOCK_MOCK_H

#include "mock_server/record.h"
#include "mock_server/replay.h"
#include "mock_server/state.h"

struct mock;

/* A worker's own scratch memory over what all share; used by one thread at a time. */
struct mock *mock_new(struct state *state);
void mock_free(struct mock *mock);
struct server_handler mock_handler(struct mock *mock);
/* Requests to providers' endpoints are answered out of `replay`; those that it passes on, or all
 * without one, go to `recorder`'s server. NULL: there is none. Both outlive the mock. */
void mock_play(struct mock *mock, struct replay *replay, struct recorder *recorder);

#endif
