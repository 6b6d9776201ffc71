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

/* What does not change from call to call, made once for a model and schema. */
struct llm_prepared {
    str schema;      /* the schema as this dialect wants it, JSON; empty: text output */
    bool strict;     /* the provider promises to keep to it */
    str schema_name; /* as the dialect allows names */
    str extra; /* members of model->extra as JSON, with a comma before each; may be empty */
};

/* What a reply says, before it is judged. Texts live in the arena it was decoded with. */
struct llm_decoded {
    enum llm_outcome outcome; /* LLM_OK, or LLM_TRANSPORT: not the provider's JSON */
    str message;              /* of a failure or refusal */
    str text;
    bool refused;
    enum llm_finish finish;
    struct llm_usage usage; /* also of a reply that is otherwise unusable */
    str model, fingerprint;
};

/* What the body of an error status says. */
struct llm_problem {
    str message;            /* in the provider's words; empty: none found */
    bool quota;             /* the account is used up: trying again does not help */
    int64_t retry_after_ns; /* a hint in the body; -1: none */
};

struct llm_dialect {
    const char *name;       /* the word of `api` */
    const char *summary;    /* one line for listings */
    const char *mock_path;  /* what follows the mock server's address in its base_url: "/v1" */
    const char *probe_path; /* GET here answers without cost: the model list */

    /* Required. The header line that carries the key: name and what comes before the value. */
    const char *key_header, *key_prefix;

    /* Required. What is made once: schema and its name. `schema` may be NULL. */
    void (*prepare)(const struct llm_model *model, const struct jsonschema *schema,
                    str schema_name, struct arena *arena, struct llm_prepared *prepared);
    /* Required. Appends the endpoint's path, which follows the provider's base_url. */
    void (*path)(const struct llm_request *request, struct buf *out);
    /* Required. Appends the body. Hot: writes straight into the buffer. */
    void (*encode)(const struct llm_request *request, const struct llm_prepared *prepared,
                   struct buf *out);
    /* Required. Reads the body of a status 2xx. May run on another thread. */
    void (*decode)(const struct llm_model *model, str body, struct arena *arena,
                   struct llm_decoded *decoded);
    /* Required. Reads the body of any other status; `body` may be anything. */
    void (*explain)(int status, str body, struct arena *arena, struct llm_problem *problem);
    /* Optional. What the dialect cannot do, as llm_model_check says it; empty when all is well. */
    str (*check)(const struct llm_model *model, const struct llm_params *params,
                 const struct jsonschema *schema, struct arena *arena);
};

/* By the word of `api`; NULL when there is none. */
const struct llm_dialect *llm_dialect_find(str name);
const struct llm_dialect *llm_dialect_at(size_t index); /* NULL beyond the end */

extern const struct llm_dialect llm_dialect_openai_chat;

/* For dialects: the system text that asks for JSON of this schema (capability `prompt`). */
void llm_write_schema_prompt(struct buf *out, str schema);
/* A count of tokens: -1 unless the value is a whole number from 0 on. */
int64_t llm_token_count(const json *value);

#endif
