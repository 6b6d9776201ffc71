/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_proxy.c: the environment's word on proxies (see http_proxy.h). Pure functions of it; no
 * name is looked up.
 */
#include "io/http_proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* An address of either family in network order; 0 bytes: it is none. */
struct address {
    unsigned char byte[16];
    size_t bytes;
};

static struct address address_of(str text)
{
    struct address address = {.bytes = 0};
    char name[INET6_ADDRSTRLEN];
    if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
        text = str_sub(text, 1, text.n - 1);
    if (text.n == 0 || text.n >= sizeof name)
        return address;
    memcpy(name, text.p, text.n);
    name[text.n] = '\0';
    if (inet_pton(AF_INET, name, address.byte) == 1)
        address.bytes = 4;
    else if (inet_pton(AF_INET6, name, address.byte) == 1)
        address.bytes = 16;
    return address;
}

bool http_is_address(str host)
{
    return address_of(host).bytes > 0;
}

/* localhost, 127.0.0.0/8, ::1 */
static bool is_loopback(str host)
{
    static const unsigned char six[16] = {[15] = 1};
    const struct address address = address_of(host);
    if (address.bytes == 4)
        return address.byte[0] == 127;
    if (address.bytes == 16)
        return memcmp(address.byte, six, sizeof six) == 0;
    return str_equal_nocase(host, STR("localhost"));
}

/* --- NO_PROXY ------------------------------------------------------------------------------ */

static bool in_range(const struct address *address, const struct address *range, int64_t bits)
{
    if (address->bytes != range->bytes || bits < 0 || bits > 8 * (int64_t)range->bytes)
        return false;
    const size_t whole = (size_t)bits / 8;
    const unsigned rest = (unsigned)bits % 8;
    if (memcmp(address->byte, range->byte, whole) != 0)
        return false;
    return rest == 0 || (address->byte[whole] ^ range->byte[whole]) >> (8 - rest) == 0;
}

/* "example.com" stands for a.example.com too, but not for badexample.com. */
static bool name_covers(str entry, str host)
{
    while (entry.n && entry.p[0] == '.')
        entry = str_sub(entry, 1, entry.n);
    if (entry.n == 0 || entry.n > host.n)
        return false;
    const str end = str_sub(host, host.n - entry.n, host.n);
    return str_equal_nocase(end, entry) &&
           (host.n == entry.n || host.p[host.n - entry.n - 1] == '.');
}

/* "name:port" or "[::1]:port" without its port; false when it names another port. */
static bool take_port(str *entry, str port)
{
    const char *colon = memrchr(entry->p, ':', entry->n);
    if (!colon || http_is_address(*entry))
        return true;
    const size_t at = (size_t)(colon - entry->p);
    const str named = str_sub(*entry, at + 1, entry->n);
    *entry = str_sub(*entry, 0, at);
    return str_equal(named, port);
}

static bool entry_covers(str entry, str host, str port)
{
    str base, size;
    int64_t bits;
    const struct address address = address_of(host);
    if (str_equal(entry, STR("*")))
        return true;
    if (str_cut(entry, '/', &base, &size)) {
        const struct address range = address_of(base);
        return str_to_int(size, &bits) && range.bytes && in_range(&address, &range, bits);
    }
    if (!take_port(&entry, port))
        return false;
    if (!address.bytes)
        return name_covers(entry, host);
    const struct address same = address_of(entry);
    return in_range(&address, &same, 8 * (int64_t)same.bytes) && same.bytes;
}

static bool goes_directly(str list, str host, str port)
{
    while (list.n) {
        size_t end = 0;
        while (end < list.n && !strchr(", \t", list.p[end]))
            end++;
        if (end && entry_covers(str_sub(list, 0, end), host, port))
            return true;
        list = str_sub(list, end < list.n ? end + 1 : end, list.n);
    }
    return false;
}

/* --- which ----------------------------------------------------------------------------------- */

/* The first of the variables that says something. */
static str from_environment(const char *const *names, const char **which)
{
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value && *value) {
            *which = *names;
            return str_trim(str_from(value));
        }
    }
    *which = NULL;
    return STR("");
}

/* "user:password" of "http://user:password@host:3128"; empty when there is none. */
static str user_of(str url)
{
    const ptrdiff_t scheme = str_find(url, STR("://"), 0);
    const str rest = str_sub(url, scheme < 0 ? 0 : (size_t)scheme + 3, url.n);
    const char *at = memrchr(rest.p, '@', rest.n);
    return str_sub(rest, 0, at ? (size_t)(at - rest.p) : 0);
}

static str without_user(struct arena *arena, str url)
{
    const str user = user_of(url);
    if (!user.n)
        return url;
    const size_t from = (size_t)(user.p - url.p);
    const str before = str_sub(url, 0, from), after = str_sub(url, from + user.n + 1, url.n);
    return arena_printf(arena, "%.*s%.*s", STR_ARG(before), STR_ARG(after));
}

static const char *const for_https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                        NULL};
static const char *const for_http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
static const char *const directly[] = {"no_proxy", "NO_PROXY", NULL};

static void hide_passwords(const char *const *names)
{
    for (; *names; names++) {
        const str user = user_of(str_trim(str_from(getenv(*names))));
        str name, password;
        if (str_cut(user, ':', &name, &password)) {
            secret_add(user);
            secret_add(password);
        }
    }
}

void http_proxy_hide_passwords(void)
{
    hide_passwords(for_https);
    hide_passwords(for_http);
}

struct http_proxy http_proxy_for(struct arena *arena, bool https, str host, str port)
{
    const char *which, *unused;
    const str url = from_environment(https ? for_https : for_http, &which);
    if (!url.n || is_loopback(host) ||
        goes_directly(from_environment(directly, &unused), host, port))
        return (struct http_proxy){.url = STR("")};
    return (struct http_proxy){
        .url = arena_str(arena, url),
        .shown = arena_str(arena, without_user(arena, url)),
        .variable = which,
    };
}
