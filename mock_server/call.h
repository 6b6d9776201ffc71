/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.h: one HTTP request on its way through the mock; inside of mock.c, respond.c and admin.c.
 */
#ifndef MOCK_CALL_H
#define MOCK_CALL_H

#include "mock_server/dialect.h"
#include "mock_server/mock.h"

/* What one worker works with. */
struct mock {
    struct state *state; /* shared by all workers, as are: */
    struct counters *counters;
    struct limit_counts *limits;
    struct truth *truth;
    struct journal *journal;
    struct version *version; /* held; config, seed and scale are its own */
    const struct config *config;
    uint64_t seed;
    double scale;
    struct replay *replay;     /* NULL: none */
    struct recorder *recorder; /* NULL: none */
    struct upstream *upstream; /* with a recorder */
    struct arena arena;        /* of the request in hand */
    struct buf body;           /* scratch */
};

struct call {
    struct mock *mock;
    const struct http_request *http;
    struct moment arrived;
    struct delivery *delivery;
    str path;     /* behind the scope prefix */
    bool is_head; /* asked for without the body */
    str allow;    /* the methods that go there, where that is said; else empty */
    struct route route;
    struct request request;
    const struct model *model;
    const struct fault *fault;
    struct decision decision;
    struct reply reply;
    struct trouble trouble;
    struct reply_head head;
    const struct law *first_token, *per_token;
    double scale;               /* of the times, with what the load does to them */
    int64_t first_ns, total_ns; /* of the plan, scaled */
    int status;                 /* sent; 0: none */
};

/* ---- plan.c ---- */

/* Fills reply, times and slots from the decision. */
void plan_reply(struct call *call);

/* ---- respond.c: bytes of replies ---- */

/* A reply of the body in mock->body, with the call's fault, due after total_ns. */
void respond_body(struct call *call, int status, str type);
/* The provider's error for call->trouble, at once. */
void respond_trouble(struct call *call);
/* A plain reply of the server itself. */
void respond_plain(struct call *call, int status, str type, str body);

/* ---- respond_stream.c ---- */

/* The call's reply as a stream, with the call's fault. */
void respond_stream(struct call *call);

/* ---- between the two ---- */

enum { LENGTH_CHUNKED = -1, LENGTH_UNTIL_CLOSE = -2, LENGTH_NONE = LENGTH_UNTIL_CLOSE };
/* Writes a head; `length` in bytes or one of the above. */
void respond_head(struct call *call, int status, str type, int64_t length);
/* What a fault says in place of a body's length. */
int64_t respond_length(const struct fault *fault, size_t bytes);
/* Silence in place of the whole reply, or slowly, byte by byte, behind the head. */
void respond_silence(struct call *call, enum ending ending);
void respond_drip(struct call *call, size_t head);

/* ---- admin.c: /mock/…, /metrics, /healthz ---- */

/* False when the path is none of these. */
bool admin_handle(struct call *call);

#endif
