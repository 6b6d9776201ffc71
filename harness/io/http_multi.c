/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_multi.c: libcurl's multi handles on our loop.
 *
 * libcurl walks its list of connections to a host for every exchange, so that one handle with
 * 10,000 of them costs some thirty times what it costs with 64. New exchanges therefore go to the
 * first handle that has room, and a handle is made when none has. The first ones are filled
 * first: few exchanges use one handle, and find its kept connections.
 *
 * libcurl says which sockets and which moment it waits for (its "socket action" interface); a
 * moment of 0 becomes a task, so that a series of starts costs one call.
 */
#include "io/http_inside.h"

#include "base/mem.h"
#include "io/loop_inside.h"

enum {
    MULTI_ROOM = 200, /* measured: library-choices; more costs time, fewer costs handles */
    /* Kept connections: all that were in use at once. Fewer would close and open all the time. */
    MULTI_CONNECTIONS = MULTI_ROOM + 8,
    LEFTOVERS_MOST = 1 << 16, /* bytes that are read away before a connection is given up */
};

/* --- finished exchanges --- */

static void collect(struct http_multi *multi)
{
    CURLMsg *message;
    int left;
    multi->touched = false;
    while ((message = curl_multi_info_read(multi->curl, &left))) {
        struct easy *easy;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result; /* gone once the handle is removed */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&easy);
        exchange_finish(easy, result);
    }
}

static void multi_collect(struct http *http)
{
    for (size_t i = 0; i < http->multi_count; i++)
        if (http->multis[i]->touched)
            collect(http->multis[i]);
}

static void act(struct http_multi *multi, curl_socket_t fd, int events)
{
    int running;
    multi->turn++;
    curl_multi_socket_action(multi->curl, fd, events, &running);
    secure_cap_streams(multi);
    multi->touched = true;
}

void multi_socket_ready(void *arg, int fd, unsigned tag, unsigned events)
{
    struct http *http = arg;
    act(http->multis[tag], fd,
        (events & WATCH_READ ? CURL_CSELECT_IN : 0) |
            (events & WATCH_WRITE ? CURL_CSELECT_OUT : 0) |
            (events & WATCH_ERROR ? CURL_CSELECT_ERR : 0));
}

void multi_batch_end(void *arg)
{
    multi_collect(arg);
}

/* --- what libcurl waits for --- */

/* A server that sent more than it had announced: the rest would be taken for the beginning of the
 * next reply, for this libcurl (7.88) does not look. The connection is made to look closed, so
 * that it is not used again. What is encrypted has records of its own and cannot be told. */
static void refuse_leftovers(CURL *curl, curl_socket_t fd)
{
    struct easy *easy = NULL;
    char bytes[4096];
    ssize_t left = 0, got;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&easy);
    if (!easy || !easy->url || !str_starts_with(str_from(easy->url), STR("http:")))
        return;
    while ((got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0 && left < LEFTOVERS_MOST)
        left += got;
    if (left)
        shutdown(fd, SHUT_RDWR);
}

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct http_multi *multi = arg;
    (void)unused;
    unsigned events = 0;
    if (what == CURL_POLL_REMOVE)
        refuse_leftovers(curl, fd);
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= WATCH_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= WATCH_WRITE;
    watch_want(multi->http->watch, fd, events, multi->tag);
    return 0;
}

static int on_timer(CURLM *curl, long ms, void *arg)
{
    struct http_multi *multi = arg;
    struct loop *loop = multi->http->loop;
    (void)curl;
    if (ms > 0) {
        loop_timer_set(loop, &multi->timer, moment_add(clock_now(), ms * NS_PER_MS));
        return 0;
    }
    loop_timer_stop(loop, &multi->timer);
    if (ms == 0)
        loop_soon(loop, &multi->kick);
    return 0;
}

static void time_has_come(void *arg)
{
    struct http_multi *multi = arg;
    act(multi, CURL_SOCKET_TIMEOUT, 0);
    collect(multi);
}

/* --- handles --- */

static struct http_multi *multi_make(struct http *http)
{
    struct http_multi *multi = xcalloc(1, sizeof *multi);
    multi->http = http;
    multi->tag = (unsigned)http->multi_count;
    multi->timer = (struct loop_timer){.run = time_has_come, .arg = multi};
    multi->kick = (struct loop_task){.run = time_has_come, .arg = multi};
    multi->curl = curl_multi_init();
    if (!multi->curl)
        BUG("libcurl gives no more multi handles after %zu", http->multi_count);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, (long)MULTI_CONNECTIONS);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    http->multis = xrealloc(http->multis, (http->multi_count + 1) * sizeof *http->multis);
    http->multis[http->multi_count++] = multi;
    http->stats.handles = http->multi_count;
    return multi;
}

struct http_multi *multi_choose(struct http *http, bool http2)
{
    const size_t room = http2 ? http->streams : MULTI_ROOM;
    for (size_t i = 0; i < http->multi_count; i++)
        if (http->multis[i]->running < room)
            return http->multis[i];
    return multi_make(http);
}

void multi_add(struct http_multi *multi, struct easy *easy)
{
    multi->running++;
    easy->multi = multi;
    secure_cap_streams(multi);
    CURLMcode failed = curl_multi_add_handle(multi->curl, easy->curl);
    if (failed)
        BUG("curl_multi_add_handle: %s", curl_multi_strerror(failed));
}

void multi_remove(struct easy *easy)
{
    curl_multi_remove_handle(easy->multi->curl, easy->curl);
    easy->multi->running--;
    easy->multi = NULL;
}

void multi_free(struct http_multi *multi)
{
    curl_multi_cleanup(multi->curl);
    loop_timer_stop(multi->http->loop, &multi->timer);
    loop_unqueue(multi->http->loop, &multi->kick);
    xfree(multi);
}
