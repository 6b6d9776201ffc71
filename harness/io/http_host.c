/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_host.c: what is known of a host, above all its address (see http_inside.h).
 *
 * libcurl asks for a name with one thread per exchange until the first answer is in its cache: a
 * thousand exchanges at once would be a thousand threads. So a name is looked up here, once, by
 * libuv's workers, while the exchanges wait; the answer goes into the cache that all handles
 * share, through CURLOPT_RESOLVE of the exchanges that start before one of them has connected.
 * It is looked up again in the background when it is some minutes old.
 *
 * Behind a proxy (io/http_proxy.h) the proxy looks names up, and this stays out of the way.
 */
#include "io/http_inside.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/loop_inside.h"

enum { ADDRESSES = 16 }; /* of one name; more are let go */

static const int64_t RENEW_NS = 300 * NS_PER_S;

struct lookup {
    uv_getaddrinfo_t request;
    struct http_host *host; /* NULL when http was closed meanwhile */
};

struct http_host {
    struct http *http;
    struct http_host *next;
    str prefix;        /* "https://api.example.com:8443": scheme and authority of its URLs */
    char *name, *port; /* name without the brackets of an IPv6 address */
    struct arena arena;
    struct http_proxy proxy;
    bool named;  /* a name that we look up */
    bool known;  /* has an address, or needs none */
    bool loaded; /* libcurl has it */
    struct moment looked_up;
    struct lookup *lookup;         /* under way */
    struct curl_slist *entry;      /* "+name:port:address,address" for CURLOPT_RESOLVE */
    struct exchange *first, *last; /* wait for the address */
};

/* --- hosts --- */

static str prefix_of(str url)
{
    ptrdiff_t scheme = str_find(url, STR("://"), 0);
    size_t end = scheme < 0 ? url.n : (size_t)scheme + 3;
    while (end < url.n && !strchr("/?#\\", url.p[end]))
        end++;
    return str_sub(url, 0, end);
}

/* libcurl's own reading of the URL, or we might look up another host than it connects to. */
static struct http_host *host_make(struct http *http, str prefix)
{
    struct arena arena = {0};
    char *name = NULL, *port = NULL;
    CURLU *parsed = curl_url();
    const char *url = arena_str(&arena, prefix).p;
    if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, 0) ||
        curl_url_get(parsed, CURLUPART_HOST, &name, 0) ||
        curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
        curl_free(name);
        curl_url_cleanup(parsed);
        arena_release(&arena);
        return NULL;
    }
    struct http_host *host = xcalloc(1, sizeof *host);
    str bare = str_from(name);
    if (bare.n > 2 && bare.p[0] == '[')
        bare = str_sub(bare, 1, bare.n - 1);
    host->http = http;
    host->prefix = arena_str(&arena, prefix);
    bare = arena_str(&arena, bare);
    host->name = xstrdup(bare.p);
    host->port = xstrdup(port);
    host->proxy =
        http_proxy_for(&arena, str_starts_with(prefix, STR("https:")), bare, str_from(port));
    host->named = !http_is_address(bare) && !host->proxy.url.n;
    host->known = !host->named;
    host->arena = arena;
    curl_free(name);
    curl_free(port);
    curl_url_cleanup(parsed);
    return host;
}

struct http_host *host_of(struct http *http, str url)
{
    const str prefix = prefix_of(url);
    for (struct http_host *host = http->hosts; host; host = host->next)
        if (str_equal(host->prefix, prefix))
            return host;
    struct http_host *host = host_make(http, prefix);
    if (host) {
        host->next = http->hosts;
        http->hosts = host;
    }
    return host;
}

static void host_free(struct http_host *host)
{
    if (host->lookup) {
        host->lookup->host = NULL;
        uv_cancel((uv_req_t *)&host->lookup->request);
    }
    xfree(host->name);
    xfree(host->port);
    arena_release(&host->arena);
    xfree(host);
}

void hosts_free(struct http *http)
{
    while (http->hosts) {
        struct http_host *host = http->hosts;
        http->hosts = host->next;
        host_free(host);
    }
}

/* --- looking up --- */

/* The entry stays in the arena for good: an exchange that has not started yet may hold the one
 * before. The same answer again gives no new one. */
static void set_entry(struct http_host *host, const struct addrinfo *found)
{
    struct buf text = {0};
    char address[INET6_ADDRSTRLEN];
    unsigned count = 0;
    buf_printf(&text, "+%s:%s:", host->name, host->port);
    for (; found && count < ADDRESSES; found = found->ai_next) {
        if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        buf_printf(&text, found->ai_family == AF_INET6 ? "%s[%s]" : "%s%s", count ? "," : "",
                   address);
        count++;
    }
    if (count && !(host->entry && str_equal(buf_str(&text), str_from(host->entry->data)))) {
        const str kept = arena_str(&host->arena, buf_str(&text));
        host->entry = arena_new(&host->arena, struct curl_slist);
        memcpy(&host->entry->data, &kept.p, sizeof kept.p); /* libcurl's field is not const */
        host->loaded = false;
    }
    host->known = host->entry != NULL;
    buf_release(&text);
}

/* Those that waited go on, or fail with the reason. */
static void release_waiting(struct http_host *host, const char *reason)
{
    struct exchange *exchange = host->first;
    host->first = host->last = NULL;
    while (exchange) {
        struct exchange *next = exchange->next;
        if (reason)
            exchange_fail(exchange, HTTP_CONNECT, reason);
        else
            exchange_fly(exchange);
        exchange = next;
    }
}

static void looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *lookup = request->data;
    struct http_host *host = lookup->host;
    xfree(lookup);
    if (host) {
        host->lookup = NULL;
        host->looked_up = clock_now();
        if (status == 0)
            set_entry(host, found);
        char reason[300];
        snprintf(reason, sizeof reason, "cannot resolve host %s: %s", host->name,
                 status ? uv_strerror(status) : "no address");
        release_waiting(host, host->known ? NULL : reason);
    }
    uv_freeaddrinfo(found);
}

static void look_up(struct http_host *host)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct lookup *lookup = xcalloc(1, sizeof *lookup);
    lookup->host = host;
    lookup->request.data = lookup;
    if (uv_getaddrinfo(&host->http->loop->uv, &lookup->request, looked_up, host->name, NULL,
                       &hints) < 0)
        xfree(lookup); /* a name too long to ask for; the caller sees that none is under way */
    else
        host->lookup = lookup;
}

bool host_ready(struct http_host *host, struct exchange *exchange)
{
    if (!host->named)
        return true;
    if (!host->lookup &&
        (!host->known || moment_since(clock_now(), host->looked_up) > RENEW_NS))
        look_up(host);
    if (host->known || !host->lookup) /* without a lookup libcurl says what is wrong */
        return true;
    exchange->next = NULL;
    exchange->prev = host->last;
    if (host->last)
        host->last->next = exchange;
    else
        host->first = exchange;
    host->last = exchange;
    return false;
}

void host_leave(struct exchange *exchange)
{
    struct http_host *host = exchange->host;
    if (exchange->prev)
        exchange->prev->next = exchange->next;
    else
        host->first = exchange->next;
    if (exchange->next)
        exchange->next->prev = exchange->prev;
    else
        host->last = exchange->prev;
}

/* --- options --- */

void host_apply(struct http_host *host, struct easy *easy)
{
    if (easy->host != host) /* an empty one is none, whatever the environment says */
        curl_easy_setopt(easy->curl, CURLOPT_PROXY, host->proxy.url.n ? host->proxy.url.p : "");
    easy->host = host;
    const bool resolve = host->entry && !host->loaded;
    if (resolve || easy->resolves)
        curl_easy_setopt(easy->curl, CURLOPT_RESOLVE, resolve ? host->entry : NULL);
    easy->resolves = resolve;
}

str host_shown(const struct http_host *host)
{
    return host->prefix;
}

const struct http_proxy *host_proxy(const struct http_host *host)
{
    return &host->proxy;
}

void host_reached(struct http_host *host)
{
    host->loaded = true;
}
