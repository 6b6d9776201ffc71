/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h: heads of replies that another server made, for record.c and replay.c.
 */
#ifndef MOCK_WIRE_H
#define MOCK_WIRE_H

#include "base/cassette.h"
#include "mock_server/call.h"

/* How the client learns where the body ends. */
enum framing {
    FRAMING_LENGTH,
    FRAMING_CHUNKED,
    FRAMING_UNTIL_CLOSE, /* what HTTP/1.0 has in place of chunks */
    FRAMING_NONE,        /* there is no body, not even an empty one (204, 304) */
};

struct wire_head {
    int status;
    const struct cassette_header *header; /* hop-by-hop ones and content-length are left out */
    size_t headers;
    enum framing framing;
    uint64_t length; /* LENGTH */
    str plan;        /* for x-mock-plan; empty: none */
    bool closes;
};
void wire_write_head(struct buf *out, const struct wire_head *head);
/* The framing for a client of this request. */
enum framing wire_framing(const struct http_request *http, int status, bool chunked);

/* Headers that are about one connection and not about the message (RFC 9110, 7.6.1); `options`:
 * the value of the message's own Connection header, which names more of them. */
bool wire_is_hop_by_hop(str name, str options);

/* A request as cassettes take it; in the call's arena. */
struct cassette_asked wire_asked(struct call *call);
/* A whole reply that the mock makes itself: the provider's error with a header that tells
 * official clients whether to try again. */
void wire_write_error(struct buf *out, const struct provider *provider,
                      const struct reply_head *head, const struct trouble *trouble, bool retry,
                      bool closes);

#endif
