/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_scan.h: the strict look at a JSON text before cJSON parses it. For json.c and json_walk.c.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/arena.h"
#include "base/str.h"

struct json_scan {
    str text;
    size_t at; /* where the value ends, or what is wrong begins */
    int depth;
    bool has_unfit;   /* \u0000 (cJSON's texts end there) or half of a surrogate pair */
    const char *what; /* is wrong; static text */
};

/* One value from scan->at on: true, or false and `what`. Blanks before it are passed over. */
bool json_scan_value(struct json_scan *scan);
void json_scan_blank(struct json_scan *scan);
bool json_scan_fail(struct json_scan *scan, const char *what);
/* The code of a \u escape of four digits that was scanned already, and its kind. */
unsigned json_scan_code(const char *escape);
bool json_scan_is_high_half(unsigned code);
bool json_scan_is_low_half(unsigned code);
/* A copy of a text that was scanned, in which NUL and halves of surrogate pairs are \ufffd. */
str json_without_unfit(struct arena *arena, str text);

#endif
