/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_server.h: an HTTP server inside the test, for replies that weir-mock cannot give and for
 * looking at exactly what was sent.
 *
 * A function of the test decides each reply from the request alone. It is called by a thread per
 * connection, one at a time.
 */
#ifndef E2E_SERVER_H
#define E2E_SERVER_H

#include "e2e.h"

struct asked {
    str head; /* request line and headers as they came */
    str body;
    size_t number; /* from 0, in order of arrival; without GET requests */
};

enum said_kind {
    SAID_REPLY,
    SAID_NOTHING,   /* no byte, until the client goes away */
    SAID_HALF_BODY, /* half of the body, then a reset connection */
};

struct said {
    enum said_kind kind;
    int status;          /* 200 */
    const char *headers; /* whole lines with \r\n; NULL: none */
    str body;
    struct arena *arena; /* of the server, for what the function makes */
};

/* `said` is {SAID_REPLY, 200} with an empty body, and may be changed. */
typedef void answer_fn(void *arg, const struct asked *asked, struct said *said);

struct server;
/* GET requests (the warm-up) are answered with an empty model list and are not asked for. */
struct server *server_start(struct place *place, answer_fn *answer, void *arg);
void server_stop(struct server *server);
str server_url(const struct server *server); /* http://127.0.0.1:PORT/v1 */
/* What was asked so far; valid until server_stop. */
size_t server_count(struct server *server);
const struct asked *server_asked(struct server *server, size_t number);
/* Everything that came in, GET requests too. */
str server_bytes(struct server *server);
/* A header of a request; empty when it is absent. */
str asked_header(const struct asked *asked, const char *name);

/* A chat completion with this text, usage and finish reason. */
str chat_reply(struct arena *arena, str content, const char *finish);

#endif
