/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_scan.h: the strict look at a JSON text, before a tree is made of it (json_parse.c) or its
 * values are walked along (json_walk.c).
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/arena.h"
#include "base/str.h"

struct json_scan {
    str text;
    size_t at; /* where the value ends, or what is wrong begins */
    int depth;
    const char *what; /* is wrong; static text */
};

/* One value from scan->at on: true, or false and `what`. Blanks before it are passed over. */
bool json_scan_value(struct json_scan *scan);
void json_scan_blank(struct json_scan *scan);
bool json_scan_fail(struct json_scan *scan, const char *what);
/* What the escape at the beginning of `escape` stands for, in UTF-8 (NUL and half of a surrogate
 * pair for U+FFFD), and its own length. Of a text that was scanned, and goes on to its end. */
size_t json_scan_escape_bytes(str escape, char bytes[4], size_t *length);

#endif
