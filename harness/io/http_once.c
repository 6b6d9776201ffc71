/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_once.c: see http_once.h. An easy handle of libcurl, as it comes.
 */
#include "io/http_once.h"

#include "base/buf.h"
#include "base/clock.h"

#include <curl/curl.h>

enum { MOST_BYTES = 4 * 1024 * 1024 };

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;
    size_t n = size * count;
    if (body->n + n > MOST_BYTES)
        return 0;
    return buf_add_str(body, (str){bytes, n}) ? n : 0;
}

int http_once(struct arena *arena, str url, int64_t timeout_ns, str *body, struct err *err)
{
    struct buf text = {0};
    long status = 0;
    CURL *curl = curl_easy_init();
    if (!curl)
        return err_set(err, ERR_FAILED, "libcurl does not start");
    curl_easy_setopt(curl, CURLOPT_URL, arena_str(arena, url).p);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(timeout_ns / NS_PER_MS));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    CURLcode failed = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    *body = arena_str(arena, buf_str(&text));
    buf_release(&text);
    if (failed)
        return err_set(err, ERR_FAILED, "%.*s: %s", STR_ARG(url), curl_easy_strerror(failed));
    if (status != 200)
        return err_set(err, ERR_FAILED, "%.*s: status %ld", STR_ARG(url), status);
    return 0;
}
