/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upstream.c: libcurl's multi handle on a worker's loop (see upstream.h).
 *
 * libcurl says which sockets and which moment it waits for: sockets become handles of libuv, the
 * moment a timer of the worker. Every transfer has an easy handle of its own; connections are
 * the multi handle's.
 */
#include "mock_server/upstream.h"

#include "base/mem.h"
#include "mock_server/server_inside.h"

#include <curl/curl.h>
#include <stdio.h>

struct upstream {
    struct upstream_settings settings;
    struct arena arena;
    struct worker *worker; /* from the first transfer on */
    struct timer timer;
    CURLM *curl;
};

struct transfer {
    struct upstream *upstream;
    const struct transfer_events *events;
    void *context;
    CURL *curl;
    struct curl_slist *headers;
    struct buf lines;
    int status;
    bool in_body, reporting, cancelled, reached;
    char error[CURL_ERROR_SIZE];
};

/* A socket that libcurl waits for. */
struct watched {
    uv_poll_t poll; /* first: handle and watched are the same address */
    struct upstream *upstream;
    curl_socket_t fd;
    int wanted; /* enum uv_poll_event */
};

str upstream_url(struct arena *arena, str base, str target)
{
    str scheme, rest;
    if (str_cut(base, ':', &scheme, &rest) && str_starts_with(rest, STR("//"))) {
        ptrdiff_t slash = str_find(rest, STR("/"), 2);
        str path = slash < 0 ? STR("") : str_sub(rest, (size_t)slash, rest.n);
        str next = str_sub(target, path.n, path.n + 1);
        if (path.n && str_starts_with(target, path) && str_equal(next, STR("/")))
            base = str_sub(base, 0, base.n - path.n);
    }
    return arena_printf(arena, "%.*s%.*s", STR_ARG(base), STR_ARG(target));
}

/* ---- ends ---- */

static enum upstream_end end_of(const struct transfer *transfer, CURLcode result)
{
    if (transfer->cancelled)
        return UPSTREAM_CANCELLED;
    switch (result) {
    case CURLE_OK:
        return UPSTREAM_COMPLETE;
    case CURLE_OPERATION_TIMEDOUT:
        return UPSTREAM_TIMEOUT;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return UPSTREAM_CLOSED;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return transfer->reached ? UPSTREAM_RESET : UPSTREAM_DOWN;
    default:
        return transfer->status ? UPSTREAM_RESET : UPSTREAM_DOWN;
    }
}

static void finish(struct transfer *transfer, CURLcode result)
{
    const struct transfer_events *events = transfer->events;
    void *context = transfer->context;
    enum upstream_end end = end_of(transfer, result);
    char why[CURL_ERROR_SIZE];
    snprintf(why, sizeof why, "%s",
             transfer->error[0] ? transfer->error : curl_easy_strerror(result));
    curl_multi_remove_handle(transfer->upstream->curl, transfer->curl);
    curl_easy_cleanup(transfer->curl);
    curl_slist_free_all(transfer->headers);
    buf_release(&transfer->lines);
    xfree(transfer);
    events->end(context, end, end == UPSTREAM_COMPLETE ? "" : why);
}

static void collect(struct upstream *upstream)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(upstream->curl, &left))) {
        struct transfer *transfer;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result; /* gone once the handle is removed */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        finish(transfer, result);
    }
}

/* ---- the loop ---- */

static void act(struct upstream *upstream, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(upstream->curl, fd, events, &running);
    collect(upstream);
}

/* Where a reset has come libuv says nothing but that, and watches no more, though bytes may lie before
 * it: libcurl is let read and write until the socket itself says how it ended. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = (struct watched *)poll;
    if (status < 0)
        events = UV_READABLE | UV_WRITABLE;
    act(watched->upstream, watched->fd,
        (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
            (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        uv_poll_start(poll, watched->wanted, on_ready);
}

static void on_closed(uv_handle_t *handle)
{
    xfree(handle);
}

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *assigned)
{
    struct upstream *upstream = arg;
    struct watched *watched = assigned;
    (void)curl;
    if (what == CURL_POLL_REMOVE) {
        if (watched)
            uv_close((uv_handle_t *)&watched->poll, on_closed);
        curl_multi_assign(upstream->curl, fd, NULL);
        return 0;
    }
    if (!watched) {
        watched = xcalloc(1, sizeof *watched);
        watched->upstream = upstream;
        watched->fd = fd;
        if (uv_poll_init_socket(&upstream->worker->loop, &watched->poll, fd) < 0) {
            xfree(watched);
            return -1;
        }
        curl_multi_assign(upstream->curl, fd, watched);
    }
    watched->wanted =
        (what != CURL_POLL_OUT ? UV_READABLE : 0) | (what != CURL_POLL_IN ? UV_WRITABLE : 0);
    uv_poll_start(&watched->poll, watched->wanted, on_ready);
    return 0;
}

static void on_due(struct timer *timer)
{
    struct upstream *upstream =
        (struct upstream *)(void *)((char *)timer - offsetof(struct upstream, timer));
    act(upstream, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *curl, long ms, void *arg)
{
    struct upstream *upstream = arg;
    (void)curl;
    if (upstream->worker->ended)
        return 0;
    if (ms < 0)
        timer_cancel(upstream->worker->timers, &upstream->timer);
    else
        timer_set(upstream->worker->timers, &upstream->timer,
                  moment_add(clock_now(), ms * NS_PER_MS));
    return 0;
}

/* ---- reports ---- */

static int status_of(str line)
{
    str version, rest;
    int64_t status = 0;
    if (!str_starts_with(line, STR("HTTP/")) || !str_cut(line, ' ', &version, &rest))
        return 0;
    return str_to_int(str_sub(rest, 0, 3), &status) ? (int)status : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    const str line = {bytes, size * count};
    int status = status_of(line);
    if (transfer->in_body) /* trailers are let go */
        return line.n;
    if (status) { /* after an interim reply (1xx) the next one begins anew */
        transfer->status = status;
        buf_clear(&transfer->lines);
    } else if (str_trim(line).n) {
        buf_add_str(&transfer->lines, line);
    } else if (transfer->status >= 200) {
        transfer->in_body = transfer->reporting = true;
        transfer->events->head(transfer->context, transfer->status, buf_str(&transfer->lines));
        transfer->reporting = false;
    }
    return transfer->cancelled ? 0 : line.n;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    transfer->reporting = true;
    bool taken = transfer->events->body(transfer->context, (str){bytes, size * count});
    transfer->reporting = false;
    if (transfer->cancelled)
        return 0;
    return taken ? size * count : CURL_WRITEFUNC_PAUSE;
}

/* Connected, and the request is written next. */
static int on_reached(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *transfer = arg;
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    transfer->reached = true;
    return CURL_PREREQFUNC_OK;
}

/* ---- transfers ---- */

static void set_request(struct transfer *transfer, struct arena *arena,
                        const struct transfer_request *request)
{
    CURL *curl = transfer->curl;
    str url = upstream_url(arena, transfer->upstream->settings.base, request->target);
    curl_easy_setopt(curl, CURLOPT_URL, url.p); /* libcurl copies it */
    if (request->body.n || !str_equal(request->method, STR("GET"))) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, arena_str(arena, request->method).p);
    for (size_t i = 0; i < request->headers; i++)
        transfer->headers =
            curl_slist_append(transfer->headers, arena_str(arena, request->header[i]).p);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
}

static void set_rules(struct transfer *transfer)
{
    CURL *curl = transfer->curl;
    const struct upstream_settings *settings = &transfer->upstream->settings;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                     (long)((settings->idle_ns + NS_PER_S - 1) / NS_PER_S));
    if (settings->ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca);
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_reached);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, transfer);
}

struct transfer *transfer_start(struct upstream *upstream, struct worker *worker,
                                const struct transfer_request *request,
                                const struct transfer_events *events, void *context)
{
    struct arena scratch = {0};
    struct transfer *transfer = xcalloc(1, sizeof *transfer);
    upstream->worker = worker;
    *transfer = (struct transfer){.upstream = upstream, .events = events, .context = context};
    transfer->lines = BUF(HTTP_MAX_HEAD_BYTES);
    transfer->curl = curl_easy_init();
    if (!transfer->curl)
        BUG("libcurl gives no more easy handles");
    set_rules(transfer);
    set_callbacks(transfer);
    set_request(transfer, &scratch, request);
    arena_release(&scratch);
    CURLMcode failed = curl_multi_add_handle(upstream->curl, transfer->curl);
    if (failed)
        BUG("curl_multi_add_handle: %s", curl_multi_strerror(failed));
    return transfer;
}

void transfer_resume(struct transfer *transfer)
{
    curl_easy_pause(transfer->curl, CURLPAUSE_CONT);
}

void transfer_cancel(struct transfer *transfer)
{
    transfer->cancelled = true;
    if (!transfer->reporting)
        finish(transfer, CURLE_ABORTED_BY_CALLBACK);
}

/* ---- life ---- */

struct upstream *upstream_new(const struct upstream_settings *settings)
{
    struct upstream *upstream = xcalloc(1, sizeof *upstream);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    upstream->settings = *settings;
    upstream->timer.fire = on_due;
    upstream->curl = curl_multi_init();
    if (!upstream->curl)
        BUG("libcurl gives no multi handle");
    curl_multi_setopt(upstream->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(upstream->curl, CURLMOPT_SOCKETDATA, upstream);
    curl_multi_setopt(upstream->curl, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(upstream->curl, CURLMOPT_TIMERDATA, upstream);
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    if (!upstream)
        return;
    curl_multi_setopt(upstream->curl, CURLMOPT_TIMERFUNCTION, NULL);
    curl_multi_cleanup(upstream->curl);
    curl_global_cleanup();
    arena_release(&upstream->arena);
    xfree(upstream);
}
