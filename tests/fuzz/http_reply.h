/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http_reply.h: is this a well-formed HTTP/1.1 reply, and its body what its head says?
 *
 * Written against RFC 9110 and 9112, the WHATWG's event streams and the providers' documented
 * errors, not against the code that writes replies. Everything is FUZZ_MUST.
 */
#ifndef FUZZ_HTTP_REPLY_H
#define FUZZ_HTTP_REPLY_H

#include "base/json.h"
#include "fuzz/fuzz.h"

struct heard {
    int status;
    str head;             /* header lines, each with its end */
    str body;             /* without chunks */
    const json *value;    /* of a JSON body */
    bool closes, is_json; /* says "connection: close"; says that the body is JSON */
};

/* ---- heads ---- */

static inline str heard_header(const struct heard *heard, str name)
{
    str rest = heard->head, line, key, value;
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        if (str_cut(line, ':', &key, &value) && str_equal_nocase(key, name))
            return str_trim(value);
    }
    return STR("");
}

static inline bool is_token_character(unsigned char c)
{
    return char_is_digit((char)c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* name ":" value CRLF (RFC 9112, 5) */
static inline void check_line(str line)
{
    str name, value;
    FUZZ_MUST(line.n > 0 && line.p[line.n - 1] == '\r');
    FUZZ_MUST(str_cut(str_sub(line, 0, line.n - 1), ':', &name, &value) && name.n > 0);
    for (size_t i = 0; i < name.n; i++)
        FUZZ_MUST(is_token_character((unsigned char)name.p[i]));
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        FUZZ_MUST((c >= ' ' && c != 0x7f) || c == '\t');
    }
}

/* Takes the head off the bytes. */
static inline void hear_head(str *bytes, struct heard *heard)
{
    str line, lines;
    ptrdiff_t end = str_find(*bytes, STR("\r\n\r\n"), 0);
    FUZZ_MUST(end > 0);
    str_cut(str_sub(*bytes, 0, (size_t)end + 2), '\n', &line, &lines);
    FUZZ_MUST(line.n > 14 && str_starts_with(line, STR("HTTP/1.1 ")));
    for (size_t i = 9; i < 12; i++) {
        FUZZ_MUST(char_is_digit(line.p[i]));
        heard->status = heard->status * 10 + (line.p[i] - '0');
    }
    FUZZ_MUST(line.p[12] == ' ' && heard->status >= 100);
    heard->head = lines;
    while (lines.n) {
        str_cut(lines, '\n', &line, &lines);
        check_line(line);
    }
    heard->closes = str_equal_nocase(heard_header(heard, STR("connection")), STR("close"));
    *bytes = str_sub(*bytes, (size_t)end + 4, bytes->n);
}

/* ---- framing ---- */

static inline size_t hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    FUZZ_MUST(at != NULL);
    return (size_t)(at - digits);
}

/* Puts the chunks together; nothing may follow the last one. */
static inline str hear_chunks(struct arena *arena, str bytes)
{
    struct buf body = {0};
    for (size_t size = 1; size > 0;) {
        str line;
        FUZZ_MUST(str_cut(bytes, '\n', &line, &bytes));
        FUZZ_MUST(line.n >= 2 && line.n < 10 && line.p[line.n - 1] == '\r');
        size = 0;
        for (size_t i = 0; i + 1 < line.n; i++)
            size = size * 16 + hex_digit(line.p[i]);
        FUZZ_MUST(size + 2 <= bytes.n);
        buf_add_str(&body, str_sub(bytes, 0, size));
        FUZZ_MUST(str_equal(str_sub(bytes, size, size + 2), STR("\r\n")));
        bytes = str_sub(bytes, size + 2, bytes.n);
    }
    FUZZ_MUST(bytes.n == 0);
    str whole = arena_str(arena, buf_str(&body));
    buf_release(&body);
    return whole;
}

static inline bool has_no_body(int status)
{
    return status < 200 || status == 204 || status == 304;
}

/* All of `bytes` is the body, as the head announces it. `ends`: the connection does, too. */
static inline void hear_body(struct arena *arena, str bytes, bool ends, struct heard *heard)
{
    str length = heard_header(heard, STR("content-length"));
    str coding = heard_header(heard, STR("transfer-encoding"));
    int64_t announced;
    heard->body = bytes;
    FUZZ_MUST(!length.n || !coding.n);
    if (has_no_body(heard->status)) {
        FUZZ_MUST(bytes.n == 0 && !length.n && !coding.n);
    } else if (coding.n) {
        FUZZ_MUST(str_equal(coding, STR("chunked")));
        heard->body = hear_chunks(arena, bytes);
    } else if (length.n) {
        FUZZ_MUST(str_to_int(length, &announced) && announced == (int64_t)bytes.n);
    } else {
        FUZZ_MUST(ends);
    }
}

/* ---- bodies ---- */

static inline void check_event_line(struct arena *arena, str line)
{
    str name, value;
    if (str_starts_with(line, STR(":")))
        return;
    FUZZ_MUST(str_cut(line, ':', &name, &value));
    value = str_trim(value);
    FUZZ_MUST(str_equal(name, STR("event")) || str_equal(name, STR("data")));
    if (str_equal(name, STR("data")) && !str_equal(value, STR("[DONE]")))
        FUZZ_MUST(json_parse(arena, value, NULL) != NULL);
}

/* Whole events whose data are JSON. */
static inline void check_events(struct arena *arena, str body)
{
    str line;
    FUZZ_MUST(str_ends_with(body, STR("\n\n")) || str_ends_with(body, STR("\n\r\n")));
    while (body.n) {
        str_cut(body, '\n', &line, &body);
        if (str_ends_with(line, STR("\r")))
            line = str_sub(line, 0, line.n - 1);
        if (line.n)
            check_event_line(arena, line);
    }
}

static inline void check_body(struct arena *arena, struct heard *heard)
{
    str type = heard_header(heard, STR("content-type"));
    heard->is_json = str_starts_with(type, STR("application/json"));
    if (has_no_body(heard->status))
        return;
    FUZZ_MUST(type.n > 0 && utf8_invalid_at(heard->body) < 0);
    if (heard->is_json) {
        heard->value = json_parse(arena, heard->body, NULL);
        FUZZ_MUST(heard->value != NULL);
    } else if (str_starts_with(type, STR("text/event-stream"))) {
        check_events(arena, heard->body);
    }
}

/* ---- errors ---- */

static inline bool is_text_or_null(const json *value)
{
    return value && (json_kind(value) == JSON_TEXT || json_kind(value) == JSON_NULL);
}

static inline bool is_openai_error(const json *value)
{
    const json *error = json_get(value, STR("error"));
    return json_text(json_get(error, STR("message"))).n > 0 &&
           json_is(json_get(error, STR("type")), JSON_TEXT) &&
           is_text_or_null(json_get(error, STR("param"))) &&
           is_text_or_null(json_get(error, STR("code")));
}

static inline bool is_anthropic_error(const json *value)
{
    const json *error = json_get(value, STR("error"));
    return str_equal(json_text(json_get(value, STR("type"))), STR("error")) &&
           json_text(json_get(error, STR("message"))).n > 0 &&
           json_text(json_get(error, STR("type"))).n > 0 &&
           json_text(json_get(value, STR("request_id"))).n > 0;
}

/* A stream that is a list has its error in one. */
static inline bool is_gemini_error(const json *value, int status)
{
    if (json_is(value, JSON_LIST))
        value = json_at(value, 0);
    const json *error = json_get(value, STR("error"));
    int64_t code = 0;
    return json_int(json_get(error, STR("code")), &code) && code == status &&
           json_text(json_get(error, STR("message"))).n > 0 &&
           json_text(json_get(error, STR("status"))).n > 0;
}

/* ---- all of it ---- */

/* One whole reply and nothing else. `bodiless`: asked for by HEAD; `ends`: the connection is
 * closed behind it. */
static inline struct heard hear_reply(struct arena *arena, str bytes, bool bodiless, bool ends)
{
    struct heard heard = {0};
    hear_head(&bytes, &heard);
    FUZZ_MUST(!heard.closes || ends);
    if (bodiless) {
        FUZZ_MUST(bytes.n == 0);
        return heard;
    }
    hear_body(arena, bytes, ends, &heard);
    check_body(arena, &heard);
    return heard;
}

#endif
