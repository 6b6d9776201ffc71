/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h: requests passed on to a real server, and what it says kept in a cassette.
 *
 * The client gets every byte when it comes. An exchange is kept when it has ended as the server
 * ended it, broken ones too; not when the client left, and not when there was no server.
 */
#ifndef MOCK_RECORD_H
#define MOCK_RECORD_H

#include "base/err.h"
#include "mock_server/upstream.h"

struct call;
struct recorder;

/* Shared by all workers. ERR_INPUT when the file is no cassette. */
struct recorder *recorder_new(const char *path, const struct upstream_settings *settings,
                              struct err *err);
/* Writes what is not written yet. -1 and the reason when something could not be. */
int recorder_free(struct recorder *recorder, struct err *err);
/* A worker's connections; for upstream_free. */
struct upstream *recorder_upstream(const struct recorder *recorder);
/* Fills the call's delivery. */
void record_forward(struct recorder *recorder, struct upstream *upstream, struct call *call);

#endif
