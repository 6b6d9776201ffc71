/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.c: the log and the removal of secrets (see log.h).
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <pthread.h>
#include <stdio.h>

enum { SECRET_SHORTEST = 6 };

static enum log_level log_level = LOG_WARNING;
static _Thread_local const struct log_sink *thread_sink;

static pthread_rwlock_t secret_lock = PTHREAD_RWLOCK_INITIALIZER;
static str *secrets; /* a service may have a key for each of its customers */
static size_t secret_count;

void log_set_level(enum log_level level)
{
    log_level = level;
}

__attribute__((format(printf, 2, 0))) static str clean(struct arena *scratch,
                                                       const char *format, va_list args)
{
    return text_visible(scratch, secret_redact(scratch, arena_vprintf(scratch, format, args)));
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (level > log_level)
        return;
    struct arena scratch = {0};
    va_list args;
    va_start(args, format);
    str shown = clean(&scratch, format, args);
    va_end(args);
    if (thread_sink)
        thread_sink->say(thread_sink->arg, level, shown);
    else
        fprintf(stderr, "weir: %s: %.*s\n", names[level], STR_ARG(shown));
    arena_release(&scratch);
}

void log_notice(const char *format, ...)
{
    struct arena scratch = {0};
    va_list args;
    va_start(args, format);
    str shown = clean(&scratch, format, args);
    va_end(args);
    if (thread_sink)
        thread_sink->say(thread_sink->arg, LOG_WARNING, shown);
    else
        fprintf(stderr, "\nweir: %.*s\n", STR_ARG(shown)); /* below the status line */
    arena_release(&scratch);
}

void log_text(str text)
{
    if (thread_sink)
        thread_sink->say(thread_sink->arg, LOG_WARNING, text);
    else
        fprintf(stderr, "%.*s\n", STR_ARG(text));
}

const struct log_sink *log_use_sink(const struct log_sink *sink)
{
    const struct log_sink *before = thread_sink;
    thread_sink = sink;
    return before;
}

const struct log_sink *log_sink(void)
{
    return thread_sink;
}

/* ---- secrets ---- */

static void add_secret(str value)
{
    if (value.n < SECRET_SHORTEST)
        return;
    for (size_t i = 0; i < secret_count; i++)
        if (str_equal(secrets[i], value))
            return;
    secrets = xrealloc(secrets, (secret_count + 1) * sizeof *secrets);
    /* The longest first: of a secret that contains another one nothing may be left over. */
    size_t at = secret_count++;
    for (; at > 0 && secrets[at - 1].n < value.n; at--)
        secrets[at] = secrets[at - 1];
    char *copy = xmalloc(value.n);
    memcpy(copy, value.p, value.n);
    secrets[at] = (str){copy, value.n};
}

void secret_add(str value)
{
    pthread_rwlock_wrlock(&secret_lock);
    add_secret(value);
    pthread_rwlock_unlock(&secret_lock);
}

bool secret_occurs(str text)
{
    bool occurs = false;
    pthread_rwlock_rdlock(&secret_lock);
    for (size_t i = 0; i < secret_count && !occurs; i++)
        occurs = str_contains(text, secrets[i]);
    pthread_rwlock_unlock(&secret_lock);
    return occurs;
}

bool secret_any(void)
{
    pthread_rwlock_rdlock(&secret_lock);
    bool any = secret_count > 0;
    pthread_rwlock_unlock(&secret_lock);
    return any;
}

/* The first in the beginning of a text, if it can be told there: a longer one might begin before it and go on
 * behind the end. */
static ptrdiff_t find_within(str text, size_t from, bool whole, size_t *length)
{
    ptrdiff_t first = -1;
    for (size_t i = 0; i < secret_count; i++) {
        ptrdiff_t at = str_find(text, secrets[i], from);
        if (at < 0 || (first >= 0 && at >= first)) /* of equals the first: the longest */
            continue;
        first = at;
        *length = secrets[i].n;
    }
    bool told = whole || (first >= 0 && (size_t)first + secrets[0].n <= text.n);
    return told ? first : -1;
}

/* No further than twice as far as the next one, for any number of secrets: a text may hold one of them
 * thousands of times, and each is looked for from the one before it. */
ptrdiff_t secret_find(str text, size_t from, size_t *length)
{
    enum { FIRST_BYTES = 1024 };
    ptrdiff_t first = -1;
    bool whole = false;
    pthread_rwlock_rdlock(&secret_lock);
    for (size_t bytes = FIRST_BYTES; secret_count && first < 0 && !whole; bytes *= 2) {
        size_t reach = bytes + secrets[0].n;
        whole = from >= text.n || text.n - from <= reach;
        first =
            find_within(str_sub(text, 0, whole ? text.n : from + reach), from, whole, length);
    }
    pthread_rwlock_unlock(&secret_lock);
    return first;
}

static str redact_one(struct arena *arena, str text, str secret)
{
    struct buf clean = {0};
    size_t from = 0;
    for (ptrdiff_t hit; (hit = str_find(text, secret, from)) >= 0;) {
        buf_add_str(&clean, str_sub(text, from, (size_t)hit));
        buf_add_str(&clean, STR("[secret]"));
        from = (size_t)hit + secret.n;
    }
    buf_add_str(&clean, str_sub(text, from, text.n));
    str result = arena_str(arena, buf_str(&clean));
    buf_release(&clean);
    return result;
}

str secret_redact(struct arena *arena, str text)
{
    pthread_rwlock_rdlock(&secret_lock);
    for (size_t i = 0; i < secret_count; i++)
        if (str_contains(text, secrets[i]))
            text = redact_one(arena, text, secrets[i]);
    pthread_rwlock_unlock(&secret_lock);
    return text;
}

bool secret_name(str name)
{
    static const char *const words[] = {"authorization", "api-key", "api_key",  "apikey",
                                        "x-goog-api",    "secret",  "password", "credential",
                                        "set-cookie",    "cookie"};
    struct arena scratch = {0};
    str lower = text_lower_ascii(&scratch, name);
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        found = found || str_contains(lower, str_from(words[i]));
    /* an access token is one, max_tokens and a rate limit's remaining-tokens are counts */
    found = found || (str_contains(lower, STR("token")) && !str_contains(lower, STR("tokens")));
    arena_release(&scratch);
    return found;
}

void secret_clear(void)
{
    pthread_rwlock_wrlock(&secret_lock);
    while (secret_count) {
        secret_count--;
        /* the copy was made in secret_add and belongs to this file */
        xfree((void *)(uintptr_t)secrets[secret_count].p);
    }
    xfree(secrets);
    secrets = NULL;
    pthread_rwlock_unlock(&secret_lock);
}
