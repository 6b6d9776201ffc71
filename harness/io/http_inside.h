/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_inside.h: what the files behind http.h share. Only they include libcurl.
 *
 *   http.c           the fiber's side: send, wait, cancel; open and close
 *   http_exchange.c  one exchange from start to outcome: deadlines, times, the reply
 *   http_easy.c      libcurl's easy handles: options and callbacks
 *   http_multi.c     libcurl's multi handles on the loop's sockets and timers
 *   http_host.c      names are resolved once, off the loop
 *   http_secure.c    TLS and HTTP/2
 *   http_trouble.c   errors in words
 *
 * An exchange is on its fiber's stack and goes through these states; exchange_* functions change
 * them, always on the loop's own stack:
 *
 *   EXCHANGE_QUEUED     its start is a task of the loop
 *   EXCHANGE_RESOLVING  waits in its host's list for the address
 *   EXCHANGE_FLYING     its easy handle is in a multi handle
 *   EXCHANGE_DONE       the reply is filled in; the fiber was woken
 */
#ifndef IO_HTTP_INSIDE_H
#define IO_HTTP_INSIDE_H

#include <curl/curl.h>

#include "base/buf.h"
#include "io/http.h"
#include "io/http_proxy.h"
#include "io/loop.h"
#include "io/watch.h"

enum exchange_state {
    EXCHANGE_QUEUED,
    EXCHANGE_RESOLVING,
    EXCHANGE_FLYING,
    EXCHANGE_DONE,
};

struct exchange {
    struct http *http;
    const struct http_request *request;
    struct http_reply *reply;
    struct fiber *fiber;
    enum exchange_state state;
    struct loop_task start, abort;
    struct loop_timer deadline;
    int64_t quiet_ns;   /* when to look whether it is over, from the start; 0: not */
    size_t quiet_bytes; /* of the body, when that was set */
    struct http_host *host;
    struct exchange *next, *prev; /* in the host's list */
    struct easy *easy;            /* while flying */
};

/* An easy handle with what its callbacks fill. Kept for the next exchange, as are the options
 * that did not change; buffers are not. */
struct easy {
    CURL *curl;
    struct easy *next; /* idle ones */
    struct exchange *exchange;
    struct http_multi *multi;
    struct http_host *host;   /* whose options are set */
    char *url;                /* set last */
    struct buf headers, body; /* of the reply */
    struct buf arrivals;      /* struct http_arrival */
    uint64_t noted_turn;      /* of the multi handle, in which the last of them was noted */
    struct moment handed;     /* when libcurl got it */
    int status;               /* 0 until a status line came */
    int64_t reached_ns, answered_ns; /* with HTTP/2: when, from the start (secure_times) */
    bool reached;                    /* connected, and the request was about to be written */
    bool too_large, lost;            /* why a callback ended it */
    bool in_body;
    bool is_post, resolves, http2, forbids_reuse; /* options that are set */
    long receive;                                 /* likewise: the size of its buffer */
    char error[CURL_ERROR_SIZE];
};

struct http_multi {
    struct http *http;
    CURLM *curl;
    unsigned tag; /* place in http->multis */
    size_t running;
    unsigned streams; /* of HTTP/2 on one connection: what libcurl was told */
    uint64_t turn;    /* counts the times that libcurl was called */
    bool touched;     /* may have finished exchanges */
    struct loop_timer timer;
    struct loop_task kick; /* libcurl asked to be called at once */
};

struct http {
    struct loop *loop;
    struct watch *watch;
    CURLSH *share;
    struct http_multi **multis;
    size_t multi_count;
    struct easy *idle;
    struct http_host *hosts;
    char *ca_file, *ca_folder; /* empty: libcurl's own */
    unsigned streams;          /* of HTTP/2 on one connection, at most */
    struct http_stats stats;
};

/* http_exchange.c */
/* Tasks of the loop; `arg` is the exchange. */
void exchange_start(void *arg);
void exchange_abort(void *arg);
/* The host's address is known (or left to libcurl): goes on the wire. */
void exchange_fly(struct exchange *exchange);
void exchange_fail(struct exchange *exchange, enum http_outcome outcome, const char *reason);
/* libcurl is through with it. */
void exchange_finish(struct easy *easy, CURLcode result);
/* Something came: asks whether it is all once nothing has come for HTTP_QUIET_NS. */
void exchange_watch_quiet(struct exchange *exchange);

/* http_easy.c */
struct easy *easy_make(struct http *http);
void easy_free(struct easy *easy);
/* Sets what this exchange has that the one before had not; nothing is sent yet. */
void easy_prepare(struct easy *easy, struct exchange *exchange);

/* http.c */
/* The value of the first header of that name in what was received; empty when absent. */
str header_value(str lines, const char *name);

/* http_multi.c */
struct http_multi *multi_choose(struct http *http, bool http2);
void multi_add(struct http_multi *multi, struct easy *easy);
void multi_remove(struct easy *easy);
void multi_free(struct http_multi *multi);
/* For watch_open; `arg` is the http. */
void multi_socket_ready(void *arg, int fd, unsigned tag, unsigned events);
void multi_batch_end(void *arg);

/* http_host.c */
/* The host of the URL, made when it is new; NULL when the URL is none. */
struct http_host *host_of(struct http *http, str url);
/* True when an exchange may start now; else it was put into the host's list. */
bool host_ready(struct http_host *host, struct exchange *exchange);
void host_leave(struct exchange *exchange);
/* Options that depend on the host alone. */
void host_apply(struct http_host *host, struct easy *easy);
/* Somebody connected to it: libcurl knows the address. */
void host_reached(struct http_host *host);
/* "https://api.example.com", for people; a NUL follows. */
str host_shown(const struct http_host *host);
const struct http_proxy *host_proxy(const struct http_host *host);
void hosts_free(struct http *http);

/* http_secure.c */
void secure_init(struct http *http);
void secure_release(struct http *http);
/* Options of a new handle. */
void secure_apply(const struct http *http, CURL *curl);
void secure_set_http2(struct easy *easy, bool http2);
/* Tells libcurl how many streams a connection may carry: before an exchange is added, and after each turn of
 * libcurl's, in which a server may have said that it allows fewer; those that wait already keep to it then. */
void secure_cap_streams(struct http_multi *multi);
/* With HTTP/2 libcurl's times will not do: an exchange that waits for a connection of others has
 * those of a new transfer afterwards. Ours do. */
void secure_times(struct http_reply *reply, const struct easy *easy);
/* Of the reply, by its ALPN name; NULL when there was none. */
const char *secure_protocol(CURL *curl);

/* http_trouble.c */
/* HTTP_BARRED, HTTP_CONNECT or HTTP_BROKEN; the reason is appended to `out`. */
enum http_outcome trouble_explain(struct easy *easy, CURLcode code, struct buf *out);

#endif
