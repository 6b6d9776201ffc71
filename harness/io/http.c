/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.c: the fiber's side of an exchange, and what all exchanges share (see http.h).
 *
 * libcurl never runs on a fiber's stack: its stack use is its own business, and with TLS below
 * it is large. A fiber queues its exchange as a task of the loop and suspends; the loop starts
 * it, and wakes the fiber when it is done. Nothing is allocated for the hand-over.
 */
#include "io/http_inside.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/mem.h"

int fiber_fn http_send(struct http *http, const struct http_request *request,
                       struct http_reply *reply)
{
    struct exchange exchange = {
        .http = http, .request = request, .reply = reply, .fiber = fiber_current()};
    *reply = (struct http_reply){
        .outcome = HTTP_CANCELLED,
        .start = clock_now(),
        .connect_ns = -1,
        .tls_ns = -1,
        .first_byte_ns = -1,
    };
    if (fiber_cancelled())
        return -1;

    exchange.start = (struct loop_task){.run = exchange_start, .arg = &exchange};
    if (++http->stats.in_flight > http->stats.peak)
        http->stats.peak = http->stats.in_flight;
    loop_soon(http->loop, &exchange.start);
    while (exchange.state != EXCHANGE_DONE && fiber_suspend() == 0)
        ;
    if (exchange.state != EXCHANGE_DONE) {
        exchange.abort = (struct loop_task){.run = exchange_abort, .arg = &exchange};
        loop_soon(http->loop, &exchange.abort);
        while (exchange.state != EXCHANGE_DONE || exchange.abort.queued)
            fiber_suspend_held();
    }
    http->stats.in_flight--;
    return fiber_cancelled() ? -1 : 0;
}

str header_value(str lines, const char *name)
{
    const str wanted = str_from(name);
    str line, field, value;
    str_cut(lines, '\n', &line, &lines); /* the status line */
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        if (str_cut(line, ':', &field, &value) && str_equal_nocase(field, wanted))
            return str_trim(value);
    }
    return (str){"", 0};
}

str http_header(const struct http_reply *reply, const char *name)
{
    return header_value(reply->header_lines, name);
}

size_t http_in_flight(const struct http *http)
{
    return http->stats.in_flight;
}

struct http_stats http_stats(const struct http *http)
{
    return http->stats;
}

/* Writing to a peer that is gone is an error like others. What other threads do about the signal is
 * not our business. */
static void block_broken_pipe(void)
{
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
}

void http_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int http_open(struct http **http_out, struct loop *loop, struct err *err)
{
    CURLcode failed = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (failed)
        return err_set(err, ERR_FAILED, "libcurl does not start: %s",
                       curl_easy_strerror(failed));
    struct http *http = xcalloc(1, sizeof *http);
    http->loop = loop;
    http->share = curl_share_init();
    if (!http->share) {
        xfree(http);
        curl_global_cleanup();
        return err_set(err, ERR_FAILED, "libcurl does not start: no share");
    }
    /* One thread uses it, so it needs no locks. */
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    http->watch = watch_open(loop, multi_socket_ready, multi_batch_end, http);
    secure_init(http);
    block_broken_pipe();
    *http_out = http;
    return 0;
}

void http_close(struct http *http)
{
    if (http->stats.in_flight)
        BUG("http is closed with %zu exchanges in flight", http->stats.in_flight);
    while (http->idle) {
        struct easy *easy = http->idle;
        http->idle = easy->next;
        easy_free(easy);
    }
    for (size_t i = 0; i < http->multi_count; i++)
        multi_free(http->multis[i]);
    xfree(http->multis);
    hosts_free(http);
    secure_release(http);
    curl_share_cleanup(http->share);
    watch_close(http->watch);
    curl_global_cleanup();
    xfree(http);
}
