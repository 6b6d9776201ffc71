/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_out.h: writes JSON member by member, in the order it is told, straight into a buffer.
 *
 * For reports: a run of ten thousand cells is written without a tree of it in memory, statistics
 * have ten significant digits (so that they print alike on every machine), unknown is null, and
 * no character that a terminal would obey is written as itself.
 *
 *     struct json_out to = {.out = out};
 *     json_out_object(&to, NULL);
 *     json_out_text(&to, "name", name);
 *     json_out_end(&to);
 *
 * `key` is NULL for the items of a list and for the outermost value.
 */
#ifndef REPORTS_JSON_OUT_H
#define REPORTS_JSON_OUT_H

#include "base/buf.h"
#include "base/json.h"
#include "stats/summary.h"

enum { JSON_OUT_DEPTH_MAX = 16 };

struct json_out {
    struct buf *out;
    unsigned depth;
    unsigned flat;                    /* depth from which all is on one line; 0: nowhere */
    bool started[JSON_OUT_DEPTH_MAX]; /* something stands at that depth already */
    char close[JSON_OUT_DEPTH_MAX];
};

void json_out_object(struct json_out *to, const char *key);
void json_out_list(struct json_out *to, const char *key);
/* The same on one line, with all it holds. */
void json_out_flat_object(struct json_out *to, const char *key);
void json_out_flat_list(struct json_out *to, const char *key);
void json_out_end(struct json_out *to);

void json_out_text(struct json_out *to, const char *key, str text);
/* null when it is empty. */
void json_out_text_or_null(struct json_out *to, const char *key, str text);
void json_out_bool(struct json_out *to, const char *key, bool value);
void json_out_null(struct json_out *to, const char *key);
void json_out_count(struct json_out *to, const char *key, uint64_t count);
void json_out_int(struct json_out *to, const char *key, int64_t number);
void json_out_number(struct json_out *to, const char *key, double number);
void json_out_maybe(struct json_out *to, const char *key, maybe number);
/* A value as it is, on one line. */
void json_out_value(struct json_out *to, const char *key, const json *value);
/* {value, low, high, method, n}, times `factor`. */
void json_out_estimate(struct json_out *to, const char *key,
                       const struct summary_estimate *estimate, double factor);
/* {value, low, high}, times `factor`. */
void json_out_quantile(struct json_out *to, const char *key,
                       const struct stats_quantile *quantile, double factor);
/* As json_out_text, for a member's name that came from outside. */
void json_out_named(struct json_out *to, str key, maybe number);

#endif
