/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delivery.h: the bytes that go back for a request, and when.
 *
 * A delivery is a plan made before its first byte is sent: all bytes of the reply, cut into
 * parts that are due at times after the request's arrival, and how it ends. Streams, slow drips
 * and connections reset in mid-body are all told by it, so the server needs to know nothing of
 * dialects or faults.
 */
#ifndef MOCK_DELIVERY_H
#define MOCK_DELIVERY_H

#include "base/buf.h"

enum ending {
    ENDING_KEEP,  /* the connection stays for the next request */
    ENDING_CLOSE, /* closed in order (FIN) */
    ENDING_RESET, /* RST */
    ENDING_HANG,  /* nothing more happens until the client goes away */
};

/* Bytes up to `upto` go out `at_ns` after the start. */
struct part {
    int64_t at_ns;
    size_t upto;
};

struct slots;
struct flow;

struct delivery {
    struct buf *bytes;       /* the server's own, empty when handed out */
    int64_t at_ns;           /* when all bytes are due, if `parts` is 0 */
    const struct part *part; /* needed until the handler returns */
    size_t parts;
    struct flow *flow; /* not NULL: the bytes come later, in place of all above (flow.h) */
    enum ending ending;
    struct slots *slots; /* NULL: starts at once (slots.h) */
    uint64_t ticket;     /* told to the handler again if the client goes away */
};

#endif
