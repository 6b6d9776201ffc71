/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h: one HTTP exchange, as the provider's side of the wire sees it.
 *
 * http_send suspends the calling fiber until the reply is whole or the exchange has failed, and
 * says which, with times. What the exchange was for, whether it is tried again and what it
 * costs, is llm/'s business. No redirect is followed: it is a reply like any other. Connections
 * are kept and reused; an exchange is sent once at most, also when a kept connection turns out
 * dead after sending (libcurl alone would send it again unseen, and our count of attempts would
 * be wrong). Certificates are always verified; proxies are those of the environment
 * (io/http_proxy.h).
 *
 *     struct http_request request = {.url = url, .headers = lines, .header_count = 2,
 *                                    .body = body, .arena = &arena, .timeout_ns = ...};
 *     struct http_reply reply;
 *     if (http_send(http, &request, &reply) < 0)
 *         return -1;                          cancelled
 *     if (reply.outcome == HTTP_OK && reply.status == 200) ...
 *
 * All functions are called on the loop's thread.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "io/fiber.h"

struct http;
struct loop;

enum http_outcome {
    HTTP_OK,        /* a whole reply came, of any status */
    HTTP_TIMEOUT,   /* timeout_ns or first_byte_timeout_ns passed */
    HTTP_CONNECT,   /* never reached: resolving, connecting or TLS failed; nothing was sent */
    HTTP_BARRED,    /* likewise, and trying again does not help: the server's certificate is not
                     * trusted, a proxy refuses, the URL is none */
    HTTP_BROKEN,    /* the connection was lost, or spoke no HTTP, after sending */
    HTTP_TOO_LARGE, /* the reply was cut off at reply_limit (or its headers at 64 KB) */
    HTTP_CANCELLED, /* fiber_cancel */
};

struct http_request {
    str method; /* empty means POST */
    str url;    /* http or https */
    /* Lines without line break, a NUL behind each: "Content-Type: application/json". */
    const str *headers;
    size_t header_count;
    str body;            /* not copied: stays in place until http_send returns */
    struct arena *arena; /* for headers, body and error text of the reply */

    /* All counted from the start of the exchange; 0 means without limit. */
    int64_t connect_timeout_ns;    /* until connected, TLS included: HTTP_CONNECT */
    int64_t first_byte_timeout_ns; /* until the reply begins: HTTP_TIMEOUT */
    int64_t timeout_ns;            /* until the last byte: HTTP_TIMEOUT */
    size_t reply_limit;            /* bytes of body; 0 means BUF_DEFAULT_LIMIT */
    bool http2; /* offer HTTP/2 over TLS, many exchanges on a connection; else HTTP/1.1 */

    /* Note when the pieces of the body of a reply with status 2xx arrived: for event streams. */
    bool note_arrivals;

    /* Optional. Whether a reply of status 2xx says of itself that it is over, though its connection
     * stays open: asked when nothing came for HTTP_QUIET_NS, on the loop's own stack. True ends
     * the exchange well, with the time of the last byte, and the connection is closed. */
    bool (*is_over)(void *arg, str body);
    void *is_over_arg;
};
#define HTTP_QUIET_NS (200 * NS_PER_MS)

/* So many bytes of the body were there so long after the start of the exchange. */
struct http_arrival {
    size_t bytes;
    int64_t at_ns;
};

struct http_reply {
    enum http_outcome outcome;
    int status;       /* 0 when no status line came */
    str header_lines; /* as received, with the status line; see http_header */
    str body;         /* a NUL follows; what came before it broke is kept too */
    const struct http_arrival *arrival; /* NULL unless they were to be noted; bytes ascend */
    size_t arrivals;
    str error;       /* for people, when outcome is not HTTP_OK */
    bool bytes_sent; /* the request went out, at least in part: it may have been worked on */
    bool reused;     /* on a connection that was there already */
    const char
        *protocol; /* of the reply, by its ALPN name: "http/1.1", "h2"; NULL: none came */

    /* From libcurl, counted from `start`; -1 when it did not come to that. The provider's time
     * is total_ns - connect_ns. */
    struct moment start; /* when the exchange was handed to libcurl */
    int64_t connect_ns;  /* resolved, connected, TLS agreed; about 0 on a reused connection */
    int64_t
        tls_ns; /* of that: agreeing on TLS, behind a proxy its CONNECT too; -1: it did not */
    int64_t first_byte_ns;
    int64_t total_ns; /* always known */
};

/* For the calling thread, which has SIGPIPE blocked from now on (TLS writes raise it). ERR_FAILED
 * when libcurl cannot start. */
int http_open(struct http **http_out, struct loop *loop, struct err *err);
/* Nothing may be in flight. Closes the kept connections. */
void http_close(struct http *http);
/* Allows this process as many descriptors as its hard limit does: each exchange in flight is one, and
 * the usual soft limit is 1,024. For programs; a library leaves limits alone. */
void http_raise_descriptor_limit(void);

/* 0 with the outcome in reply; -1 when the fiber was cancelled (outcome HTTP_CANCELLED; reply
 * says how far it got). A reply that was whole before the cancel took hold is HTTP_OK, and the
 * result still -1. */
int fiber_fn http_send(struct http *http, const struct http_request *request,
                       struct http_reply *reply);

/* The value of the first header of that name, without regard to case; empty when absent. */
str http_header(const struct http_reply *reply, const char *name);

size_t http_in_flight(const struct http *http);

struct http_stats {
    uint64_t sent;          /* exchanges handed to libcurl */
    uint64_t connections;   /* opened */
    size_t in_flight, peak; /* exchanges */
    size_t handles;         /* libcurl multi handles made */
};
struct http_stats http_stats(const struct http *http);

#endif
