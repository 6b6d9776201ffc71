/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_once.h: one GET, which blocks: for a helper program of ours, before the loop runs and after it.
 *
 * No proxy is asked and no redirect followed. Everything that goes to providers is http.h's.
 */
#ifndef IO_HTTP_ONCE_H
#define IO_HTTP_ONCE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* The body of a reply of status 200, at most some megabytes of it. ERR_FAILED: there was none such within
 * timeout_ns. */
int http_once(struct arena *arena, str url, int64_t timeout_ns, str *body, struct err *err);

#endif
