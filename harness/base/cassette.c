/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette.c: requests and replies as they are kept: keys, headers, bodies (see cassette.h).
 */
#include "base/cassette_inside.h"

#include "base/clock.h"
#include "base/stream_secret.h"
#include "base/text.h"
#include "base/yaml_write.h"

#include <stdio.h>

const char *const cassette_layout_names[] = {"compact",  "compact, line break",  "spaced",
                                             "indented", "indented, line break", NULL};
const char *const cassette_end_names[] = {"complete", "closed", "reset", NULL};
const char *const cassette_gave_up_names[] = {"no",        "timeout", "no connection",
                                              "too large", "barred",  NULL};

/* ---- requests ---- */

static str clean_query(struct arena *arena, const struct cassette_secrets *secrets, str query)
{
    struct buf kept = {0};
    str pair, name, value;
    for (str rest = query; rest.n;) {
        str_cut(rest, '&', &pair, &rest);
        str_cut(pair, '=', &name, &value);
        if (pair.n == 0 || cassette_is_secret_parameter(name))
            continue;
        if (kept.n)
            buf_add_char(&kept, '&');
        buf_add_str(&kept, pair);
    }
    str result = arena_str(arena, cassette_redact(arena, secrets, buf_str(&kept)));
    buf_release(&kept);
    return result;
}

static str header_of(const struct cassette_asked *asked, str name)
{
    for (size_t i = 0; i < asked->headers; i++)
        if (str_equal_nocase(asked->header[i].name, name))
            return asked->header[i].value;
    return STR("");
}

void cassette_request_read(struct arena *arena, const struct cassette_secrets *secrets,
                           const struct cassette_asked *asked, struct cassette_request *request)
{
    const json *body = asked->body.n ? json_parse(arena, asked->body, NULL) : NULL;
    *request = (struct cassette_request){
        .method = asked->method,
        .path = utf8_clean(arena, cassette_redact(arena, secrets, asked->path)),
        .query = utf8_clean(arena, clean_query(arena, secrets, asked->query)),
        .idempotency = utf8_clean(arena, str_trim(header_of(asked, STR("idempotency-key")))),
        .attempt = asked->attempt,
    };
    if (body && yaml_is_writable(body))
        request->json = cassette_redact_json(arena, secrets, body);
    else
        request->body = cassette_redact(arena, secrets, asked->body);
    request->key = cassette_key(arena, request);
}

/* Members of the top level that tell runs and users apart and change no reply. */
static bool is_content(str name)
{
    static const char *const others[] = {"metadata", "prompt_cache_key", "safety_identifier",
                                         "user"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_equal(name, str_from(others[i])))
            return false;
    return true;
}

static const json *content_of(struct arena *arena, const json *body)
{
    if (!json_is(body, JSON_OBJECT))
        return body;
    json *content = json_new_object(arena);
    for (const json *member = json_first(body); member; member = json_next(member))
        if (is_content(json_key(member)))
            json_set(arena, content, json_key(member), member);
    return content;
}

struct hash128 cassette_key(struct arena *arena, const struct cassette_request *request)
{
    struct hash128 key = hash_add((struct hash128){0, 0}, STR("weir cassette 1"));
    key = hash_add(hash_add(hash_add(key, request->method), request->path), request->query);
    if (!request->json)
        return hash_add(key, request->body);
    struct buf canonical = {0};
    json_write_canonical(&canonical, content_of(arena, request->json));
    key = hash_add(hash_add(key, STR("json")), buf_str(&canonical));
    buf_release(&canonical);
    return key;
}

str cassette_request_text(struct arena *arena, const struct cassette_request *request)
{
    struct buf text = {0};
    buf_printf(&text, "%.*s %.*s", STR_ARG(request->method), STR_ARG(request->path));
    if (request->query.n)
        buf_printf(&text, "?%.*s", STR_ARG(request->query));
    if (request->json)
        yaml_write(&text, content_of(arena, request->json), 0, YAML_SORTED);
    else if (request->body.n)
        buf_printf(&text, "\n%.*s\n", STR_ARG(utf8_clean(arena, request->body)));
    else
        buf_add_char(&text, '\n');
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

/* ---- replies ---- */

bool cassette_keeps_header(str name)
{
    static const char *const whole[] = {"content-type",
                                        "content-encoding",
                                        "cache-control",
                                        "retry-after",
                                        "retry-after-ms",
                                        "x-should-retry",
                                        "allow",
                                        "openai-version",
                                        "openai-model",
                                        "openai-processing-ms",
                                        "anthropic-version"};
    static const char *const parts[] = {"ratelimit", "rate-limit", "request-id"};
    struct arena scratch = {0};
    str lower = text_lower_ascii(&scratch, name);
    bool kept = false;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        kept = kept || str_equal(lower, str_from(whole[i]));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        kept = kept || str_contains(lower, str_from(parts[i]));
    arena_release(&scratch);
    return kept;
}

static int64_t to_us(int64_t ns)
{
    return ns <= 0 ? 0 : (ns + NS_PER_US / 2) / NS_PER_US * NS_PER_US;
}

static void clean_headers(struct arena *arena, const struct cassette_secrets *secrets,
                          const struct cassette_reply *reply, struct cassette_reply *clean)
{
    struct cassette_header *header =
        arena_array(arena, struct cassette_header, reply->headers ? reply->headers : 1);
    size_t count = 0;
    for (size_t i = 0; i < reply->headers; i++) {
        str name = text_lower_ascii(arena, reply->header[i].name), value;
        if (!cassette_keeps_header(name))
            continue;
        value = utf8_clean(arena, cassette_redact(arena, secrets, reply->header[i].value));
        size_t at = 0;
        while (at < count && !str_equal(header[at].name, name))
            at++;
        if (at < count) /* given twice: a list (RFC 9110, 5.3) */
            value =
                arena_printf(arena, "%.*s, %.*s", STR_ARG(header[at].value), STR_ARG(value));
        else
            count++;
        header[at] = (struct cassette_header){name, value};
    }
    clean->header = header;
    clean->headers = count;
}

/* The reply without these bytes. A part that ends inside of a secret ends behind its mark. */
static void cut_body(struct arena *arena, const struct stream_cut *cut, size_t cuts,
                     struct cassette_reply *reply)
{
    size_t from = 0, next = 0;
    struct buf body = {0};
    struct cassette_part *part =
        arena_array(arena, struct cassette_part, reply->parts ? reply->parts : 1);
    for (size_t i = 0; i <= cuts; i++) {
        bool last = i == cuts;
        size_t end = last ? reply->body.n : cut[i].from;
        for (; next < reply->parts && (reply->part[next].upto <= end || last); next++)
            part[next] = (struct cassette_part){reply->part[next].at_ns,
                                                body.n + (reply->part[next].upto - from)};
        buf_add_str(&body, str_sub(reply->body, from, end));
        if (last)
            break;
        if (cut[i].first)
            buf_add_str(&body, STR("[secret]"));
        from = cut[i].to;
        for (; next < reply->parts && reply->part[next].upto <= from; next++)
            part[next] = (struct cassette_part){reply->part[next].at_ns, body.n};
    }
    reply->body = arena_str(arena, buf_str(&body));
    reply->part = part;
    buf_release(&body);
}

static ptrdiff_t find_secret(void *arg, str text, size_t from, size_t *length)
{
    struct secret_search *search = arg;
    if (text.p != search->text.p || text.n != search->text.n || from == 0)
        secret_search_begin(search, search->secrets, text);
    return secret_search_next(search, from, length);
}

static void clean_body(struct arena *arena, const struct cassette_secrets *secrets,
                       struct cassette_reply *clean)
{
    struct secret_search search = {.secrets = secrets};
    struct stream_cut *cut;
    size_t room = 0, length = 0;
    bool stream = cassette_is_stream(clean);
    size_t cuts = (stream ? stream_secret_cuts : escaped_secret_cuts)(
        arena, clean->body, find_secret, &search, &cut);
    if (cuts)
        cut_body(arena, cut, cuts, clean);
    cuts = 0;
    cut = NULL;
    for (ptrdiff_t at = 0; (at = find_secret(&search, clean->body, (size_t)at, &length)) >= 0;
         at += (ptrdiff_t)length) {
        if (cuts == room) {
            cut = arena_grow(arena, cut, cuts, room ? 2 * room : 16, sizeof *cut);
            room = room ? 2 * room : 16;
        }
        cut[cuts++] = (struct stream_cut){(size_t)at, (size_t)at + length, true};
    }
    cut_body(arena, cut, cuts, clean);
}

/* Parts without a byte go; times are whole µs and never fall. */
static void clean_times(const struct cassette_reply *reply, struct cassette_reply *clean)
{
    struct cassette_part *part = (struct cassette_part *)(uintptr_t)clean->part;
    int64_t least = clean->head_ns = to_us(reply->head_ns);
    size_t count = 0, upto = 0;
    for (size_t i = 0; i < reply->parts; i++) {
        int64_t at_ns = to_us(reply->part[i].at_ns);
        least = at_ns > least ? at_ns : least;
        if (part[i].upto == upto)
            continue;
        upto = part[i].upto;
        part[count++] = (struct cassette_part){least, upto};
    }
    clean->parts = count;
    clean->end_ns = to_us(reply->end_ns);
    if (clean->end_ns < least)
        clean->end_ns = least;
}

void cassette_reply_clean(struct arena *arena, const struct cassette_secrets *secrets,
                          const struct cassette_reply *reply, struct cassette_reply *clean)
{
    *clean = *reply;
    clean_headers(arena, secrets, reply, clean);
    clean_body(arena, secrets, clean);
    clean_times(reply, clean);
}

bool cassette_is_stream(const struct cassette_reply *reply)
{
    for (size_t i = 0; i < reply->headers; i++)
        if (str_equal(reply->header[i].name, STR("content-type")))
            return str_starts_with(reply->header[i].value, STR("text/event-stream")) ||
                   str_contains(reply->header[i].value, STR("json-seq")) ||
                   str_contains(reply->header[i].value, STR("jsonl")) ||
                   str_contains(reply->header[i].value, STR("ndjson"));
    return false;
}

/* ---- shapes of bodies ---- */

void cassette_print(struct buf *out, const json *value, enum cassette_layout layout)
{
    if (layout == LAYOUT_COMPACT || layout == LAYOUT_COMPACT_LINE)
        json_write(out, value, JSON_COMPACT);
    else if (layout == LAYOUT_SPACED)
        json_write(out, value, JSON_SPACED);
    else
        json_write_indented(out, value, 2);
    if (layout == LAYOUT_COMPACT_LINE || layout == LAYOUT_INDENT_LINE)
        buf_add_char(out, '\n');
}

str bytes_escape(struct arena *arena, str bytes)
{
    struct buf text = {0};
    for (size_t at = 0, length; at < bytes.n; at += length) {
        uint32_t c = utf8_decode(bytes, at, &length);
        if (c == '\\')
            buf_add_str(&text, STR("\\\\"));
        else if (c == 0 || (c == 0xfffd && length == 1))
            buf_printf(&text, "\\x%02x", (unsigned char)bytes.p[at]);
        else
            buf_add(&text, bytes.p + at, length);
    }
    str result = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return result;
}

static int hex_digit(char c)
{
    c = char_lower(c);
    return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bytes_unescape(struct arena *arena, str text, str *bytes)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t at = 0; at < text.n; at++) {
        if (text.p[at] != '\\') {
            out[n++] = text.p[at];
            continue;
        }
        str escape = str_sub(text, at + 1, at + 4);
        if (str_starts_with(escape, STR("\\"))) {
            out[n++] = '\\';
            at++;
            continue;
        }
        if (escape.n < 3 || escape.p[0] != 'x' || hex_digit(escape.p[1]) < 0 ||
            hex_digit(escape.p[2]) < 0)
            return false;
        out[n++] = (char)(hex_digit(escape.p[1]) * 16 + hex_digit(escape.p[2]));
        at += 3;
    }
    *bytes = (str){out, n};
    return true;
}
