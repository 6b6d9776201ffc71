/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h: HTTP/1.1 requests in, head lines of replies out. http.c is the only file that knows
 * http_parser.
 *
 * A reader takes the bytes of one connection as they come and hands out whole requests. It
 * copies nothing when a request lies in one piece; a request is valid until the reader is fed
 * again. Strict: what the parser refuses ends the connection with a status of its own.
 */
#ifndef MOCK_HTTP_H
#define MOCK_HTTP_H

#include "base/buf.h"
#include "base/str.h"

enum {
    /* providers' front doors allow 64 KiB of headers in all */
    HTTP_MAX_HEAD_BYTES = 64 * 1024,
    HTTP_MAX_HEADERS = 200,
    /* the largest body a provider documents (Anthropic: 32 MB) */
    HTTP_MAX_BODY_BYTES = 32 * 1024 * 1024,
};

struct http_header {
    str name, value;
};

struct http_request {
    str method;
    str target, path, query; /* path and query are parts of target, as sent */
    const struct http_header *header;
    size_t headers;
    str body; /* chunked bodies are put together */
    bool keep_alive;
    bool is_1_0; /* knows no chunked bodies */
};

/* Empty slice when there is none; the first of several. Names without regard to case. */
str http_header_get(const struct http_request *request, str name);

struct http_reader;
struct http_reader *http_reader_new(void);
void http_reader_free(struct http_reader *reader);

enum reader_event {
    READER_MORE,     /* all bytes were taken; the request goes on */
    READER_CONTINUE, /* the same, and the client waits for "100 Continue" */
    READER_REQUEST,  /* a whole request: http_reader_request */
    READER_REFUSED,  /* http_reader_status says why; the connection is of no more use */
};
/* Takes bytes up to the end of a request; *used says how many. */
enum reader_event http_reader_feed(struct http_reader *reader, str bytes, size_t *used);
const struct http_request *http_reader_request(const struct http_reader *reader);
/* After READER_REFUSED: the request with its headers; NULL if those are not whole. */
const struct http_request *http_reader_refused(const struct http_reader *reader);
/* 400, 413, 431 and a sentence, after READER_REFUSED. */
int http_reader_status(const struct http_reader *reader, const char **what);
/* Gives back the memory of a request that has been handed out, before the next one is fed. */
void http_reader_forget(struct http_reader *reader);
/* Has a request begun that is not complete? */
bool http_reader_is_inside(const struct http_reader *reader);
/* Bytes that it keeps of a request that is not complete. */
size_t http_reader_held(const struct http_reader *reader);

const char *http_status_text(int status);

/* A chunk of a chunked body; not an empty one, which would be the last. */
void http_write_chunk(struct buf *out, str bytes);
void http_write_last_chunk(struct buf *out);

#endif
