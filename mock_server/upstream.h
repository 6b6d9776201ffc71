/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upstream.h: one worker's connections to the real server.
 *
 * libcurl on the worker's loop: nothing blocks it, and what comes is handed on at once. A server
 * with TLS must have a certificate that the machine trusts (or `ca`). Connections are kept for
 * the next request. upstream.c is the only file of the mock that knows libcurl.
 */
#ifndef MOCK_UPSTREAM_H
#define MOCK_UPSTREAM_H

#include "base/buf.h"
#include "base/clock.h"

struct worker;

struct upstream_settings {
    str base;        /* "https://api.openai.com", without a slash at the end */
    const char *ca;  /* file with certificates to trust; NULL: the machine's */
    int64_t idle_ns; /* a reply of which nothing comes for so long is given up */
};

enum upstream_end {
    UPSTREAM_COMPLETE,
    UPSTREAM_CLOSED, /* the server closed in order, too early */
    UPSTREAM_RESET,  /* the connection broke */
    UPSTREAM_DOWN, /* there was none: no such name, refused, a certificate not to be trusted */
    UPSTREAM_TIMEOUT,  /* nothing came for too long */
    UPSTREAM_CANCELLED /* by transfer_cancel */
};

/* Reports of a transfer, none of them from inside transfer_start. */
struct transfer_events {
    /* The head of the reply is whole; `lines`: its headers, a line each. */
    void (*head)(void *context, int status, str lines);
    /* More of the body. False: not now, the same comes again after transfer_resume. */
    bool (*body)(void *context, str bytes);
    /* The last one. `why`: a sentence, unless it is complete. */
    void (*end)(void *context, enum upstream_end end, const char *why);
};

struct transfer_request {
    str method, target; /* of the client; target begins with a slash */
    const str *header;  /* "Name: value" */
    size_t headers;
    str body;
};

struct upstream;
struct transfer;

/* Before the workers' threads begin. */
struct upstream *upstream_new(const struct upstream_settings *settings);
/* After the worker's loop has ended. */
void upstream_free(struct upstream *upstream);

/* The request is needed until the transfer ends. */
struct transfer *transfer_start(struct upstream *upstream, struct worker *worker,
                                const struct transfer_request *request,
                                const struct transfer_events *events, void *context);
void transfer_resume(struct transfer *transfer);
/* From inside of a report, it ends when that returns; else at once. */
void transfer_cancel(struct transfer *transfer);

/* Base and target in one, the path that both have only once. */
str upstream_url(struct arena *arena, str base, str target);

#endif
