/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_proxy.h: which proxy stands between us and a URL, by the environment.
 *
 *   https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY    for https:// (reached by CONNECT)
 *   http_proxy, all_proxy, ALL_PROXY                  for http://
 *   no_proxy, NO_PROXY                                hosts that are reached directly
 *
 * The first that is set and not empty counts. HTTP_PROXY in capitals is not read: a web server
 * fills it from a header of whoever asks (CVE-2016-5385). NO_PROXY is a list separated by commas
 * or blanks: a name stands for itself and all below it, with or without a dot before it; an
 * address for itself; 10.0.0.0/8 for a range; *: no proxy at all. An entry may name a port. This
 * machine is never reached through a proxy: localhost, 127.0.0.0/8 and ::1.
 *
 * It is decided here and not by libcurl, so that a message, `weir doctor` and the connection
 * agree.
 */
#ifndef IO_HTTP_PROXY_H
#define IO_HTTP_PROXY_H

#include "base/arena.h"
#include "base/str.h"

struct http_proxy {
    str url;              /* as it was given, a password included; empty: none */
    str shown;            /* without user and password, for people */
    const char *variable; /* that named it */
};

/* `host` is a name or an address without brackets; https: the URL's scheme. */
struct http_proxy http_proxy_for(struct arena *arena, bool https, str host, str port);

/* Registers the passwords in those variables as secrets: before a run begins. */
void http_proxy_hide_passwords(void);

/* An address of either family, not a name. */
bool http_is_address(str host);

#endif
