/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.c: requests from the bytes of a connection (see http.h).
 *
 * Parts of a request are kept as offsets into its raw bytes. As long as a request lies in the
 * piece being fed, those are the caller's bytes; a request that ends in a later piece has been
 * gathered in a buffer of the reader's, where the same offsets hold. Only chunked bodies are
 * copied, since their raw bytes have chunk sizes in between.
 */
#include "mock_server/http.h"

#include "base/mem.h"

#include <http_parser.h>
#include <limits.h>

str http_header_get(const struct http_request *request, str name)
{
    for (size_t i = 0; i < request->headers; i++)
        if (str_equal_nocase(request->header[i].name, name))
            return request->header[i].value;
    return STR("");
}

struct span {
    size_t from, n;
};

struct header_span {
    struct span name, value;
};

struct http_reader {
    http_parser parser;
    struct buf kept;    /* raw bytes of the request so far, when it came in several pieces */
    const char *piece;  /* being fed */
    size_t piece_from;  /* offset of the piece in the request */
    struct span target; /* in the raw bytes, like all spans */
    struct header_span *header;
    size_t headers, header_capacity;
    bool value_last; /* the last header callback was for a value */
    struct span body;
    struct buf chunks; /* a chunked body */
    bool chunked, begun, head_done, complete, expects;
    bool shown; /* request is that of the bytes at hand, refused */
    int status;
    const char *what;
    struct http_header *shown_header; /* what the request shows; header_capacity items */
    struct http_request request;
};

static int refuse(struct http_reader *reader, int status, const char *what)
{
    reader->status = status;
    reader->what = what;
    return 1; /* http_parser stops */
}

static size_t offset_of(const struct http_reader *reader, const char *at)
{
    return reader->piece_from + (size_t)(at - reader->piece);
}

static void extend(struct http_reader *reader, struct span *span, const char *at, size_t n)
{
    size_t from = offset_of(reader, at);
    if (span->n == 0)
        span->from = from;
    span->n = from + n - span->from;
}

static int on_begin(http_parser *parser)
{
    struct http_reader *reader = parser->data;
    reader->begun = true;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t n)
{
    struct http_reader *reader = parser->data;
    extend(reader, &reader->target, at, n);
    return 0;
}

static int on_header_name(http_parser *parser, const char *at, size_t n)
{
    struct http_reader *reader = parser->data;
    if (reader->head_done)
        return 0; /* a trailer */
    if (reader->headers == 0 || reader->value_last) {
        if (reader->headers == HTTP_MAX_HEADERS)
            return refuse(reader, 431, "too many headers");
        if (reader->headers == reader->header_capacity) {
            size_t capacity = reader->header_capacity ? reader->header_capacity * 2 : 16;
            reader->header = xrealloc(reader->header, capacity * sizeof *reader->header);
            reader->shown_header =
                xrealloc(reader->shown_header, capacity * sizeof *reader->shown_header);
            reader->header_capacity = capacity;
        }
        reader->header[reader->headers++] = (struct header_span){{0, 0}, {0, 0}};
        reader->value_last = false;
    }
    extend(reader, &reader->header[reader->headers - 1].name, at, n);
    return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t n)
{
    struct http_reader *reader = parser->data;
    if (reader->head_done)
        return 0;
    reader->value_last = true;
    extend(reader, &reader->header[reader->headers - 1].value, at, n);
    return 0;
}

static const char *raw_bytes(const struct http_reader *reader)
{
    return reader->piece_from ? reader->kept.p : reader->piece;
}

static str raw(const struct http_reader *reader, struct span span)
{
    return (str){raw_bytes(reader) + span.from, span.n};
}

static int on_head(http_parser *parser)
{
    struct http_reader *reader = parser->data;
    parser->upgrade = 0; /* no other protocol is spoken: an offer of h2c is passed over */
    reader->chunked = (parser->flags & F_CHUNKED) != 0;
    reader->head_done = true;
    if (!reader->chunked && parser->content_length != ULLONG_MAX &&
        parser->content_length > HTTP_MAX_BODY_BYTES) {
        refuse(reader, 413, "the body is larger than 32 MiB");
        return -1; /* 1 would mean that there is no body */
    }
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t n)
{
    struct http_reader *reader = parser->data;
    if (!reader->chunked) {
        extend(reader, &reader->body, at, n);
        return 0;
    }
    reader->chunks.limit = HTTP_MAX_BODY_BYTES;
    if (!buf_add(&reader->chunks, at, n))
        return refuse(reader, 413, "the body is larger than 32 MiB");
    return 0;
}

static int on_complete(http_parser *parser)
{
    struct http_reader *reader = parser->data;
    reader->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_header_name,
    .on_header_value = on_header_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

struct http_reader *http_reader_new(void)
{
    struct http_reader *reader = xcalloc(1, sizeof *reader);
    http_parser_init(&reader->parser, HTTP_REQUEST);
    reader->parser.data = reader;
    return reader;
}

/* Between requests an idle connection holds next to nothing. */
static void forget_request(struct http_reader *reader)
{
    buf_release(&reader->kept);
    buf_release(&reader->chunks);
    reader->target = reader->body = (struct span){0, 0};
    reader->headers = 0;
    reader->value_last = reader->chunked = reader->begun = reader->complete = false;
    reader->head_done = reader->expects = reader->shown = false;
    reader->piece_from = 0;
}

void http_reader_forget(struct http_reader *reader)
{
    if (reader->complete)
        forget_request(reader);
}

void http_reader_free(struct http_reader *reader)
{
    forget_request(reader);
    xfree(reader->header);
    xfree(reader->shown_header);
    xfree(reader);
}

static void show_request(struct http_reader *reader)
{
    struct http_request *request = &reader->request;
    request->method = str_from(http_method_str((enum http_method)reader->parser.method));
    request->target = raw(reader, reader->target);
    str_cut(request->target, '?', &request->path, &request->query);
    for (size_t i = 0; i < reader->headers; i++)
        reader->shown_header[i] = (struct http_header){raw(reader, reader->header[i].name),
                                                       raw(reader, reader->header[i].value)};
    request->header = reader->shown_header;
    request->headers = reader->headers;
    request->body = reader->chunked ? buf_str(&reader->chunks) : raw(reader, reader->body);
    request->keep_alive = http_should_keep_alive(&reader->parser) != 0;
    request->is_1_0 = reader->parser.http_major == 1 && reader->parser.http_minor == 0;
}

static bool wants_continue(struct http_reader *reader)
{
    if (reader->expects || reader->parser.http_minor == 0)
        return false;
    for (size_t i = 0; i < reader->headers; i++)
        if (str_equal_nocase(raw(reader, reader->header[i].name), STR("expect")) &&
            str_equal_nocase(raw(reader, reader->header[i].value), STR("100-continue")))
            return reader->expects = true;
    return false;
}

static enum reader_event refused_by_parser(struct http_reader *reader, str bytes,
                                           bool head_was_done)
{
    enum http_errno error = HTTP_PARSER_ERRNO(&reader->parser);
    if (!reader->status && error == HPE_HEADER_OVERFLOW)
        refuse(reader, 431, "the headers are too large");
    if (!reader->status)
        refuse(reader, 400, http_errno_description(error));
    if (reader->head_done) {
        if (reader->piece_from && !head_was_done)
            buf_add_str(&reader->kept, bytes);
        show_request(reader);
        reader->shown = true;
    }
    return READER_REFUSED;
}

enum reader_event http_reader_feed(struct http_reader *reader, str bytes, size_t *used)
{
    if (reader->complete)
        forget_request(reader);
    bool head_was_done = reader->head_done;
    reader->piece = bytes.p;
    *used = http_parser_execute(&reader->parser, &settings, bytes.p, bytes.n);
    if (reader->complete) {
        http_parser_pause(&reader->parser, 0);
        if (reader->piece_from)
            buf_add(&reader->kept, bytes.p, *used);
        show_request(reader);
        return READER_REQUEST;
    }
    if (HTTP_PARSER_ERRNO(&reader->parser) != HPE_OK)
        return refused_by_parser(reader, bytes, head_was_done);
    *used = bytes.n;
    if (!reader->begun)
        return READER_MORE; /* blank lines between requests */
    if (!reader->chunked || !head_was_done) {
        buf_add(&reader->kept, bytes.p, bytes.n);
        reader->piece_from = reader->kept.n;
    }
    if (!reader->head_done) {
        if (reader->kept.n <= HTTP_MAX_HEAD_BYTES)
            return READER_MORE;
        refuse(reader, 431, "the headers are too large");
        return READER_REFUSED;
    }
    bool body_begun = reader->body.n || reader->chunks.n;
    return !body_begun && wants_continue(reader) ? READER_CONTINUE : READER_MORE;
}

const struct http_request *http_reader_request(const struct http_reader *reader)
{
    return &reader->request;
}

const struct http_request *http_reader_refused(const struct http_reader *reader)
{
    return reader->shown ? &reader->request : NULL;
}

int http_reader_status(const struct http_reader *reader, const char **what)
{
    *what = reader->what;
    return reader->status;
}

bool http_reader_is_inside(const struct http_reader *reader)
{
    return reader->begun && !reader->complete;
}

size_t http_reader_held(const struct http_reader *reader)
{
    return reader->kept.n + reader->chunks.n;
}

const char *http_status_text(int status)
{
    switch (status) {
#define STATUS_ROW(number, name, text)                                                         \
    case number:                                                                               \
        return #text;
        HTTP_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
    case 529:
        return "Overloaded";
    default:
        return "Unknown";
    }
}

/* ---- chunks (RFC 9112, 7.1) ---- */

void http_write_chunk(struct buf *out, str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char text[16], *at = text + sizeof text;
    size_t rest = bytes.n;
    do
        *--at = digits[rest % 16];
    while (rest /= 16);
    buf_add(out, at, (size_t)(text + sizeof text - at));
    buf_add_str(out, STR("\r\n"));
    buf_add_str(out, bytes);
    buf_add_str(out, STR("\r\n"));
}

void http_write_last_chunk(struct buf *out)
{
    buf_add_str(out, STR("0\r\n\r\n"));
}
