/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect.h: how a family of providers writes requests and replies (docs/providers.md).
 *
 * A dialect is one file with one `const struct llm_dialect` and one row in dialect.c. It knows
 * JSON, not HTTP: the client sends what it encodes and hands it what came. Nothing here waits.
 * All that a provider sends is untrusted: any JSON of any type may come, and decoding answers it
 * with an outcome and a message, never with a crash.
 */
#ifndef LLM_DIALECT_H
#define LLM_DIALECT_H

#include "base/arena.h"
#include "base/buf.h"
#include "llm/llm.h"
#include "llm/model.h"

struct llm_stream;

/* What does not change from call to call, made once for a model, schema and tools. */
struct llm_prepared {
    str schema;      /* the schema as this dialect wants it, JSON; empty: text output */
    bool strict;     /* the provider promises to keep to it */
    bool any_object; /* it asks for an object and no more, for which there is another word */
    str schema_name; /* as the dialect allows names */
    str tools;       /* the list of tools, JSON, with that of capability `tool`; empty: none */
};

/* What a reply says, before it is judged. Texts live in the arena it was decoded with. */
struct llm_decoded {
    enum llm_outcome outcome; /* LLM_OK, or LLM_TRANSPORT: not the provider's JSON */
    /* The provider sent an error in a reply that had begun well: the HTTP status that it stands
     * for, which makes the outcome and decides about another attempt. 0: it did not. */
    int error_status;
    bool quota;             /* of that error: as in llm_problem */
    int64_t retry_after_ns; /* likewise; 0: no hint */
    bool cut;    /* the stream ended before the reply did; tried again as a broken transfer */
    str message; /* of a failure or refusal */
    str text;
    bool refused;
    enum llm_finish finish;
    struct llm_tool_call *tool_call; /* what the model called, that of capability `tool` too */
    size_t tool_calls;
    const json *raw_turn;      /* with tool calls: see llm_message */
    struct llm_vector *vector; /* of an embedding */
    struct llm_usage usage;    /* also of a reply that is otherwise unusable */
    str model, fingerprint;
};

/* What the body of an error status says. */
struct llm_problem {
    str message;            /* in the provider's words; empty: none found */
    bool quota;             /* the account is used up: trying again does not help */
    bool auth;              /* it is about the key, whatever the status */
    int64_t retry_after_ns; /* a hint in the body; -1: none */
};

/* How a provider makes vectors. `extra` of the model goes into the body. */
struct llm_embedding {
    void (*path)(const struct llm_request *request, struct buf *out);
    void (*encode)(const struct llm_request *request, struct buf *out);
    /* Reads the body of a status 2xx; a good one has a vector for each text of the request. May
     * run on another thread. */
    void (*decode)(const struct llm_request *request, str body, struct arena *arena,
                   struct llm_decoded *decoded);
};

/* What is required is so unless the dialect makes only vectors; `explain` is in any case. */
struct llm_dialect {
    const char *name;       /* the word of `api` */
    const char *summary;    /* one line for listings */
    const char *mock_path;  /* what follows the mock server's address in its base_url: "/v1" */
    const char *probe_path; /* GET here answers without cost: the model list */

    /* Required. The header line that carries the key: name and what comes before the value. */
    const char *key_header, *key_prefix;
    /* Where the provider's api_version goes: a header, or a parameter of the URL; NULL: neither
     * (the dialect's own path may have it). Sent when it is set or the dialect has a default. */
    const char *version_header, *version_query, *version;
    int64_t max_tokens; /* sent where nothing is said, since it must be; 0: not sent */

    const struct llm_embedding *embedding; /* NULL: it makes no vectors */

    /* Required. What is made once, of the request's model, schema, schema_name and tools only. */
    void (*prepare)(const struct llm_request *request, struct arena *arena,
                    struct llm_prepared *prepared);
    /* Required. Appends the endpoint's path, which follows the provider's base_url. */
    void (*path)(const struct llm_request *request, struct buf *out);
    /* Required. Appends the body. Hot: writes straight into the buffer. */
    void (*encode)(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out);
    /* Required. Reads the body of a status 2xx. May run on another thread. */
    void (*decode)(const struct llm_model *model, str body, struct arena *arena,
                   struct llm_decoded *decoded);
    /* Optional: without it nothing is streamed. Reads a reply of status 2xx that came as an event
     * stream (llm/stream.h), to its end or as far as it came: `cut` unless the provider's sign of
     * the end was there, with the usage that was seen; a part that was not seen is -1. What
     * follows that sign or an error is not looked at. May run on another thread. */
    void (*decode_stream)(const struct llm_model *model, struct llm_stream *stream,
                          struct arena *arena, struct llm_decoded *decoded);
    /* No event says that a stream is over, only the end of its connection. */
    bool ends_unsaid;
    /* Required. Reads the body of any other status; `body` may be anything. */
    void (*explain)(int status, str body, struct arena *arena, struct llm_problem *problem);
    /* Optional. What the dialect cannot do, as llm_request_check says it; empty when all is well.
     * The messages are not there yet. */
    str (*check)(const struct llm_request *request, struct arena *arena);
};

/* By the word of `api`; NULL when there is none. */
const struct llm_dialect *llm_dialect_find(str name);
const struct llm_dialect *llm_dialect_at(size_t index); /* NULL beyond the end */

extern const struct llm_dialect llm_dialect_openai_chat;
extern const struct llm_dialect llm_dialect_openai_responses;
extern const struct llm_dialect llm_dialect_openai_embeddings;
extern const struct llm_dialect llm_dialect_anthropic_messages;
extern const struct llm_dialect llm_dialect_gemini;

/* The provider's api_version, else the dialect's; empty: neither. */
str llm_api_version(const struct llm_provider *provider);

/* Whether this request is to be streamed: asked for, and within what model and dialect can. */
bool llm_request_streams(const struct llm_request *request);

/* After decoding: the call of the tool that stands for the schema (capability `tool`) becomes the
 * text of the reply; the model's other calls in that turn are dropped, for it has answered. */
void llm_take_output(const struct llm_request *request, const struct llm_prepared *prepared,
                     struct llm_decoded *decoded);

/* For dialects: the system text that asks for JSON of this schema (capability `prompt`). */
void llm_write_schema_prompt(struct buf *out, str schema);
/* Percent-encoding of RFC 3986: all but unreserved characters, and those of `also`. */
void llm_write_escaped(struct buf *out, str text, const char *also);
/* A count of tokens: -1 unless the value is a whole number from 0 on. */
int64_t llm_token_count(const json *value);

#endif
