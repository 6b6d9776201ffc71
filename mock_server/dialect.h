/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect.h: what differs between providers: one table row each.
 *
 * A provider has the shape of errors, headers, keys and the list of models; a dialect is one of
 * its endpoints. To add one: a file dialect_NAME.c that ends with its struct dialect, and a row
 * in the table of dialect.c.
 */
#ifndef MOCK_DIALECT_H
#define MOCK_DIALECT_H

#include "mock_server/http.h"
#include "mock_server/request.h"

struct stream_marks;

/* What the rate-limit headers of a reply say. */
struct quota_state {
    int64_t requests_limit, requests_left, requests_reset_ns;
    int64_t tokens_limit, tokens_left, tokens_reset_ns;
};

/* What goes into the head of every reply of a provider. */
struct reply_head {
    struct rng_key ids; /* for the request's id */
    int64_t took_ns;    /* as planned */
    struct quota_state quota;
};

struct provider {
    const char *name;
    /* Required. Is there a key? The key, or trouble and -1. */
    int (*authorize)(struct arena *arena, const struct http_request *http, str *key,
                     struct trouble *trouble);
    /* Required. The body of an error. */
    void (*write_error)(struct buf *out, const struct trouble *trouble);
    /* Required. Header lines, each with its line end; trouble is NULL for a good reply. */
    void (*write_head)(struct buf *out, const struct reply_head *head,
                       const struct trouble *trouble);
    /* Required. The list of models; `model` empty: all, else one. */
    void (*write_models)(struct buf *out, const str *models, size_t count, str model);
};

struct dialect {
    const char *name;
    const struct provider *provider;
    /* Required. Reads a parsed body; everything in request->arena. -1 and trouble. */
    int (*read)(const json *body, struct request *request, struct trouble *trouble);
    /* Required. The body of a reply. */
    void (*write)(struct buf *out, const struct request *request, const struct reply *reply);
    /* Optional: NULL means that the dialect does not stream yet, and says so. The bytes of a
     * stream as events; `mark` is called behind each event (stream.h). */
    void (*write_stream)(struct buf *out, const struct request *request,
                         const struct reply *reply, struct stream_marks *marks);
};

enum endpoint {
    ENDPOINT_NONE,   /* nothing at this path */
    ENDPOINT_CHAT,   /* dialect */
    ENDPOINT_MODELS, /* the list */
    ENDPOINT_MODEL,  /* one of it; `rest` is its name */
};

struct route {
    enum endpoint endpoint;
    const struct dialect *dialect;   /* CHAT */
    const struct provider *provider; /* also for NONE: whose errors these are */
    str method;
    str rest;
};
/* `path` begins behind the scope prefix. */
struct route route_find(str path);

extern const struct provider provider_openai;
extern const struct dialect dialect_openai_chat;

/* Dialects that a mock file may name, served already or not. */
const str *dialect_names(size_t *count);
bool dialect_name_is_known(str name);
str dialect_name(const struct dialect *dialect);

/* ---- writers that dialects share ---- */

/* `count` letters and digits drawn from the key. */
void write_id(struct buf *out, struct rng_key key, const char *purpose, size_t count);
/* A time of creation in Unix seconds, drawn, never the clock's: transcripts of one run are equal. */
int64_t drawn_time(struct rng_key key);
void write_int(struct buf *out, int64_t number);

#endif
