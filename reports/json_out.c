/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_out.c: the writing of JSON reports (see json_out.h).
 */
#include "reports/json_out.h"

#include "base/err.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>

/* ---- texts ---- */

/* What a terminal obeys or nobody sees is escaped, as RFC 8259 allows. */
static void write_code_point(struct buf *out, uint32_t c, str bytes)
{
    if (c == '\n')
        buf_add_str(out, STR("\\n"));
    else if (c == '\t')
        buf_add_str(out, STR("\\t"));
    else if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", (char)c);
    else if (text_is_hidden(c) && c > 0xffff)
        buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)),
                   (unsigned)(0xdc00 + (c & 0x3ff)));
    else if (text_is_hidden(c))
        buf_printf(out, "\\u%04x", (unsigned)c);
    else if (c == 0xfffd)
        buf_add_str(out, STR("\xef\xbf\xbd"));
    else
        buf_add_str(out, bytes);
}

static void write_text(struct buf *out, str text)
{
    buf_add_char(out, '"');
    for (size_t at = 0, length; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        write_code_point(out, c, str_sub(text, at, at + length));
    }
    buf_add_char(out, '"');
}

/* ---- places ---- */

static bool is_flat(const struct json_out *to)
{
    return to->flat && to->depth >= to->flat;
}

static void write_break(struct json_out *to)
{
    if (!is_flat(to))
        buf_printf(to->out, "\n%*s", (int)(2 * to->depth), "");
}

/* Comma, line break and key before a value. */
static void begin_value(struct json_out *to)
{
    if (to->depth == 0)
        return;
    if (to->started[to->depth])
        buf_add_str(to->out, is_flat(to) ? STR(", ") : STR(","));
    to->started[to->depth] = true;
    write_break(to);
}

static void place(struct json_out *to, const char *key)
{
    begin_value(to);
    if (key) {
        write_text(to->out, str_from(key));
        buf_add_str(to->out, STR(": "));
    }
}

static void open(struct json_out *to, const char *key, char bracket, char close)
{
    place(to, key);
    buf_add_char(to->out, bracket);
    if (++to->depth == JSON_OUT_DEPTH_MAX)
        BUG("a report nested deeper than %d", JSON_OUT_DEPTH_MAX);
    to->started[to->depth] = false;
    to->close[to->depth] = close;
}

void json_out_object(struct json_out *to, const char *key)
{
    open(to, key, '{', '}');
}

void json_out_list(struct json_out *to, const char *key)
{
    open(to, key, '[', ']');
}

static void begin_flat(struct json_out *to)
{
    if (!to->flat)
        to->flat = to->depth;
}

void json_out_flat_object(struct json_out *to, const char *key)
{
    json_out_object(to, key);
    begin_flat(to);
}

void json_out_flat_list(struct json_out *to, const char *key)
{
    json_out_list(to, key);
    begin_flat(to);
}

void json_out_end(struct json_out *to)
{
    bool flat = is_flat(to);
    char close = to->close[to->depth];
    bool empty = !to->started[to->depth];
    if (to->flat == to->depth)
        to->flat = 0;
    to->depth--;
    if (!flat && !empty)
        write_break(to);
    buf_add_char(to->out, close);
    if (to->depth == 0)
        buf_add_char(to->out, '\n');
}

/* ---- values ---- */

void json_out_text(struct json_out *to, const char *key, str text)
{
    place(to, key);
    write_text(to->out, text);
}

void json_out_text_or_null(struct json_out *to, const char *key, str text)
{
    if (text.n)
        json_out_text(to, key, text);
    else
        json_out_null(to, key);
}

void json_out_bool(struct json_out *to, const char *key, bool value)
{
    place(to, key);
    buf_add_str(to->out, value ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *to, const char *key)
{
    place(to, key);
    buf_add_str(to->out, STR("null"));
}

void json_out_count(struct json_out *to, const char *key, uint64_t count)
{
    place(to, key);
    buf_printf(to->out, "%" PRIu64, count);
}

void json_out_int(struct json_out *to, const char *key, int64_t number)
{
    place(to, key);
    buf_printf(to->out, "%" PRId64, number);
}

static void write_number(struct buf *out, double number)
{
    if (!isfinite(number))
        buf_add_str(out, STR("null"));
    else
        buf_printf(out, "%.10g", fabs(number) > 0.0 ? number : 0.0);
}

void json_out_number(struct json_out *to, const char *key, double number)
{
    place(to, key);
    write_number(to->out, number);
}

void json_out_maybe(struct json_out *to, const char *key, maybe number)
{
    json_out_number(to, key, number.known ? number.value : (double)NAN);
}

void json_out_named(struct json_out *to, str key, maybe number)
{
    begin_value(to);
    write_text(to->out, key);
    buf_add_str(to->out, STR(": "));
    write_number(to->out, number.known ? number.value : (double)NAN);
}

void json_out_estimate(struct json_out *to, const char *key,
                       const struct summary_estimate *estimate, double factor)
{
    json_out_flat_object(to, key);
    json_out_maybe(to, "value", maybe_scale(estimate->value, factor));
    json_out_maybe(to, "low", maybe_scale(estimate->low, factor));
    json_out_maybe(to, "high", maybe_scale(estimate->high, factor));
    json_out_text_or_null(to, "method", str_from(estimate->method));
    json_out_maybe(to, "se", maybe_scale(estimate->se, factor));
    json_out_count(to, "n", estimate->n);
    if (estimate->n_eff.known)
        json_out_maybe(to, "n_eff", estimate->n_eff);
    if (estimate->reason)
        json_out_text(to, "reason", str_from(estimate->reason));
    json_out_end(to);
}

/* ---- values as they are ---- */

static void write_value(struct buf *out, const json *value);

static void write_children(struct buf *out, const json *value, bool named)
{
    const char *between = "";
    buf_add_char(out, named ? '{' : '[');
    for (const json *item = json_first(value); item; item = json_next(item)) {
        buf_add_str(out, str_from(between));
        if (named) {
            write_text(out, json_key(item));
            buf_add_str(out, STR(": "));
        }
        write_value(out, item);
        between = ", ";
    }
    buf_add_char(out, named ? '}' : ']');
}

static void write_value(struct buf *out, const json *value)
{
    switch (json_kind(value)) {
    case JSON_NULL:
        buf_add_str(out, STR("null"));
        break;
    case JSON_BOOL:
        buf_add_str(out, json_bool(value) ? STR("true") : STR("false"));
        break;
    case JSON_NUMBER:
        json_write_number(out, json_number(value));
        break;
    case JSON_TEXT:
        write_text(out, json_text(value));
        break;
    case JSON_LIST:
    case JSON_OBJECT:
        write_children(out, value, json_is(value, JSON_OBJECT));
        break;
    }
}

void json_out_value(struct json_out *to, const char *key, const json *value)
{
    place(to, key);
    write_value(to->out, value);
}

void json_out_quantile(struct json_out *to, const char *key,
                       const struct stats_quantile *quantile, double factor)
{
    json_out_flat_object(to, key);
    json_out_maybe(to, "value", maybe_scale(quantile->estimate, factor));
    json_out_maybe(to, "low", maybe_scale(quantile->low, factor));
    json_out_maybe(to, "high", maybe_scale(quantile->high, factor));
    json_out_end(to);
}
