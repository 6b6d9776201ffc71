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

struct stream;

/* What the rate-limit headers of a reply say. */
struct quota_state {
    int64_t requests_limit, requests_left, requests_reset_ns;
    int64_t tokens_limit, tokens_left, tokens_reset_ns;
};

/* The names that are served. */
struct model_list {
    const str *name;
    size_t count;
    str one; /* not empty: this one is asked for, which may be none of the names */
    const struct http_request *http;
};

/* What goes into the head of every reply of a provider. */
struct reply_head {
    const struct http_request *http;
    struct rng_key ids; /* for the request's id */
    int64_t took_ns;    /* as planned */
    struct quota_state quota;
};

/* What is wrong with a request before its dialect looks at it. */
enum refusal {
    REFUSE_PATH,   /* nothing is there: 404 */
    REFUSE_METHOD, /* 405 */
    REFUSE_JSON,   /* the body is none: `what` says why */
    REFUSE_MODEL,  /* `what` is not served: 404 */
    /* later, when all else is in order: */
    REFUSE_CONTEXT, /* the input is longer than the model's context of `what` tokens: 400 */
};

struct provider {
    const char *name;
    str usual_model[2]; /* that a server without configuration says that it has */
    /* Required. Is there a key? Fills request->api_key; or trouble and -1. Looks at what else
     * every request of the provider needs, such as a version. */
    int (*authorize)(const struct http_request *http, struct request *request,
                     struct trouble *trouble);
    /* Required. Fills trouble in the provider's words. */
    void (*refuse)(const struct request *request, enum refusal why, str what,
                   struct trouble *trouble);
    /* Required. The body of an error. */
    void (*write_error)(struct buf *out, const struct reply_head *head,
                        const struct trouble *trouble);
    /* Required. Header lines, each with its line end; trouble is NULL for a good reply. */
    void (*write_head)(struct buf *out, const struct reply_head *head,
                       const struct trouble *trouble);
    /* Required. The list of models, or one of them. */
    void (*write_models)(struct buf *out, const struct model_list *list);
};

/* What the endpoint of a dialect gives. */
enum task {
    TASK_REPLY, /* text of a model */
    TASK_COUNT, /* the tokens of a request */
    TASK_EMBED, /* vectors */
};

struct dialect {
    const char *name; /* as mock files and counts know it; several endpoints may share one */
    const struct provider *provider;
    enum task task;
    /* Required. Reads a parsed body; everything in request->arena. -1 and trouble. */
    int (*read)(const json *body, struct request *request, struct trouble *trouble);
    /* Required. The body of a reply. COUNT and EMBED: a reply without choices. */
    void (*write)(struct buf *out, const struct request *request, const struct reply *reply);
    /* Required where `read` may set `stream`. The reply as events (stream.h). */
    void (*write_stream)(struct stream *stream, const struct request *request,
                         const struct reply *reply);
    /* Required with write_stream. An error in the middle of a stream, as one event. */
    void (*write_stream_error)(struct stream *stream, const struct request *request,
                               const struct trouble *trouble);
};

enum endpoint {
    ENDPOINT_NONE,   /* nothing at this path */
    ENDPOINT_TASK,   /* dialect */
    ENDPOINT_MODELS, /* the list */
    ENDPOINT_MODEL,  /* one of it; `rest` is its name */
};

struct route {
    enum endpoint endpoint;
    const struct dialect *dialect;   /* TASK */
    const struct provider *provider; /* also for NONE: whose errors these are */
    str method;
    str pattern; /* the row's path; empty for NONE */
    str rest;    /* what stands for '*' in the row's path: the name of a model */
};
/* `path` begins behind the scope prefix. Where providers share a path, such as that of the list
 * of models, the request's headers tell whose it is. */
struct route route_find(str path, const struct http_request *http);

extern const struct provider provider_openai;
extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_openai_responses, dialect_openai_input_tokens;
extern const struct dialect dialect_openai_embeddings;
extern const struct provider provider_anthropic;
extern const struct dialect dialect_anthropic_messages, dialect_anthropic_count;
extern const struct provider provider_gemini;
extern const struct dialect dialect_gemini, dialect_gemini_stream, dialect_gemini_count;
extern const struct dialect dialect_gemini_embed, dialect_gemini_batch_embed;

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
