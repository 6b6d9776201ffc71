/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_secure.c: TLS and HTTP/2: whom we trust, and how many streams a connection carries.
 *
 * Certificates are always verified; there is no switch. Who is trusted is libcurl's default (the
 * system's file), or what SSL_CERT_FILE, else SSL_CERT_DIR names.
 *
 * HTTP/2 is measured only where it is asked for: streams of one connection share its congestion
 * window, so that one call's loss is another's latency. A connection carries fewer streams than
 * the server allows. RFC 9113 (6.5.2) recommends servers to allow 100, so 64 are below; a multi
 * handle gets no more exchanges than that (http_multi.c), and so makes one connection to a host,
 * for which all of them wait. A server that allows fewer says so when a connection begins, and
 * libcurl keeps to it; from the first time that this matters we stay below.
 */
#include "io/http_inside.h"

#include <stdlib.h>

#include "base/mem.h"

enum { STREAMS_MOST = 64 };

/* A file alone, where there is one: libcurl reads it again for each connection as long as a folder
 * stands beside it, which took 116 ms on the loop for Debian's; without one it keeps what it read
 * for a day, and a connection takes 0.8 ms. */
void secure_init(struct http *http)
{
    const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");
    const bool has_file = file && *file;
    http->ca_file = xstrdup(has_file ? file : "");
    http->ca_folder = xstrdup(folder && !has_file ? folder : "");
    http->streams = STREAMS_MOST;
}

void secure_release(struct http *http)
{
    xfree(http->ca_file);
    xfree(http->ca_folder);
}

/* The default folder holds the same certificates as the file. */
static void trust_default_file_alone(CURL *curl)
{
    char *file = NULL;
    if (!curl_easy_getinfo(curl, CURLINFO_CAINFO, &file) && file)
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

void secure_apply(const struct http *http, CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (!*http->ca_file && !*http->ca_folder) {
        trust_default_file_alone(curl);
        return;
    }
    curl_easy_setopt(curl, CURLOPT_CAINFO, *http->ca_file ? http->ca_file : NULL);
    curl_easy_setopt(curl, CURLOPT_CAPATH, *http->ca_folder ? http->ca_folder : NULL);
}

/* --- HTTP/2 -------------------------------------------------------------------------------- */

/* The number behind `name` in what libcurl says of a connection. */
static bool number_after(str text, str name, int64_t *number)
{
    const ptrdiff_t at = str_find(text, name, 0);
    if (at < 0)
        return false;
    size_t from = (size_t)at + name.n, to;
    while (from < text.n && !char_is_digit(text.p[from]))
        from++;
    for (to = from; to < text.n && char_is_digit(text.p[to]);)
        to++;
    return str_to_int(str_sub(text, from, to), number);
}

/* An eighth below, for what is on its way: a stream that we see end before the server does. */
static unsigned streams_below(int64_t allowed)
{
    const int64_t below = allowed - (allowed + 7) / 8;
    return below < 1 ? 1 : (unsigned)below;
}

/* libcurl tells what a server allows in no other way: "MAX_CONCURRENT_STREAMS reached, skip (8)".
 * Were the words to change, what is left is STREAMS_MOST and libcurl's own count. */
static int on_talk(CURL *curl, curl_infotype type, char *bytes, size_t size, void *arg)
{
    struct easy *easy = arg;
    int64_t allowed;
    (void)curl;
    if (type != CURLINFO_TEXT || !easy->multi ||
        !number_after((str){bytes, size}, STR("MAX_CONCURRENT_STREAMS"), &allowed))
        return 0;
    struct http *http = easy->multi->http;
    if (allowed > 0 && streams_below(allowed) < http->streams)
        http->streams = streams_below(allowed);
    return 0;
}

void secure_set_http2(struct easy *easy, bool http2)
{
    CURL *curl = easy->curl;
    if (easy->http2 == http2)
        return;
    easy->http2 = http2;
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
                     (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    /* One that could share a connection being made waits for it. */
    curl_easy_setopt(curl, CURLOPT_PIPEWAIT, http2 ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_talk);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, easy);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, http2 ? 1L : 0L);
}

void secure_cap_streams(struct http_multi *multi)
{
    if (multi->streams == multi->http->streams)
        return;
    multi->streams = multi->http->streams;
    curl_multi_setopt(multi->curl, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)multi->streams);
}

void secure_times(struct http_reply *reply, const struct easy *easy)
{
    if (easy->reached)
        reply->connect_ns = easy->reached_ns;
    if (easy->status)
        reply->first_byte_ns = easy->answered_ns;
    reply->total_ns = moment_since(clock_now(), reply->start);
}

const char *secure_protocol(CURL *curl)
{
    long version = 0;
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version);
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return "http/1.0";
    case CURL_HTTP_VERSION_1_1:
        return "http/1.1";
    case CURL_HTTP_VERSION_2_0:
        return "h2";
    default:
        return NULL;
    }
}
