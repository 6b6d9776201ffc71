/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * llm.h: one call to one model, in words that no provider has of its own.
 *
 * The neutral types: what is asked (llm_request), what came back (llm_reply), tokens and money.
 * A dialect (llm/dialect.h) translates them to a provider's wire format and back; the client
 * (llm/client.h) adds permits, retries, deadlines and cost. Everything lives in the arena of the
 * cell that asks.
 */
#ifndef LLM_LLM_H
#define LLM_LLM_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/jsonschema.h"
#include "base/rng.h"
#include "base/str.h"

enum llm_role { LLM_SYSTEM, LLM_USER, LLM_ASSISTANT, LLM_TOOL };

/* A tool that the model may call. */
struct llm_tool {
    str name; /* [A-Za-z_][A-Za-z0-9_]{0,63}: all providers take that */
    str description;
    const json *parameters; /* JSON Schema of the arguments, root an object */
    bool strict; /* ask the provider to keep to it, where the schema fits its subset. Whoever
                  * runs the tool checks the arguments in any case */
};

enum llm_tool_choice {
    LLM_TOOLS_AUTO,     /* the model may call tools or answer */
    LLM_TOOLS_REQUIRED, /* it must call one */
    LLM_TOOLS_NONE,     /* it must answer; earlier calls stay in the conversation */
};

/* One call of a tool, as the model asked for it. */
struct llm_tool_call {
    str id; /* the provider's name for it; empty when it gives none */
    str name;
    const json *arguments; /* {} when there are none; NULL when `text` is no JSON */
    str text;              /* the arguments as they came, or printed */
};

/*
 * One turn. A round of tools is an assistant's turn with its calls, and right behind it one
 * LLM_TOOL message for each of them, in their order:
 *
 *     message[n++] = llm_reply_turn(reply);
 *     for (size_t i = 0; i < reply->tool_calls; i++)
 *         message[n++] = (struct llm_message){
 *             .role = LLM_TOOL, .text = result[i], .answers = &reply->tool_call[i]};
 */
struct llm_message {
    enum llm_role role;
    str text; /* of LLM_TOOL: the result, usually JSON; or the error */
    /* LLM_ASSISTANT: what was called, and the turn as the provider wrote it. That holds what only
     * the provider can read (reasoning, signatures) and goes back to it unchanged instead of text
     * and calls; NULL: the turn is written anew from these. */
    const struct llm_tool_call *tool_call;
    size_t tool_calls;
    const json *raw_turn;
    /* LLM_TOOL: the call that this answers, and whether it failed. */
    const struct llm_tool_call *answers;
    bool failed;
};

enum llm_effort { LLM_EFFORT_MINIMAL, LLM_EFFORT_LOW, LLM_EFFORT_MEDIUM, LLM_EFFORT_HIGH };
const char *llm_effort_name(enum llm_effort effort); /* "minimal", … */

enum { LLM_STOP_MAX = 4 };

/* Sampling and size; a field counts only where its `has_` is set, `stop` where its count is not
 * 0. The keys of `defaults` (language 2.5) that reach the provider. */
struct llm_params {
    bool has_temperature, has_top_p, has_max_tokens, has_seed, has_effort, has_stream;
    double temperature, top_p;
    int64_t max_tokens, seed;
    str stop[LLM_STOP_MAX];
    size_t stop_count;
    enum llm_effort effort;
    bool stream;
};

/* A text as a point: what texts mean alike lies in one direction from 0 (llm/embed.h). */
struct llm_vector {
    const float *value;
    size_t count;
};

struct llm_request {
    const struct llm_model *model; /* llm/model.h; lives as long as the client */
    const str *embed;              /* texts to make vectors of, instead of messages */
    size_t embeds;                 /* 0: it is no embedding */
    const struct llm_message *message;
    size_t message_count;
    str schema_name;                 /* empty: "output" */
    const struct jsonschema *schema; /* NULL: text output; else lives as long as the client */
    const struct llm_tool *tool;     /* as long as the client: what they become is kept */
    size_t tools;
    enum llm_tool_choice tool_choice;
    struct llm_params params; /* after precedence: nothing is added to them */

    /* Requests that this step may have in flight to the model, whatever cells they are of; 0: any
     * number. `step` names it by its address. */
    const void *step;
    int64_t step_concurrency;

    str attempt_key;      /* Idempotency-Key: the same for all attempts of this call */
    struct rng_key key;   /* for backoff jitter */
    int64_t time_left_ns; /* on the clock of latency (attempts and backoff); 0: no deadline */
    uint64_t age;         /* place of the cell in the plan: the older goes first (rule 7) */
};

/* Names what is asked, not who asks: model, texts, schema, tools and parameters (rule 10). The
 * same on every machine and in every run; keys, deadline and age do not count, nor do the ids of
 * tool calls and raw turns, which are new in every reply. */
struct hash128 llm_request_hash(const struct llm_request *request);
/* Tokens of the input, estimated without a tokenizer: ceil(bytes / 4) + 4 a message, and
 * ceil(bytes / 4) of the schema, of each tool and of raw turns. For limits and forecasts, never
 * for money. */
int64_t llm_estimate_tokens(const struct llm_request *request);
/* Bytes of all of that: no tokenizer makes more tokens of it. */
size_t llm_request_bytes(const struct llm_request *request);

/* Token counts; -1 is unknown, which is never 0: the reply did not say. input excludes what the
 * cache read or wrote. */
struct llm_usage {
    int64_t input, cache_read, cache_write, output, reasoning; /* reasoning is part of output */
};

/* Integer nano-dollars (rule 3). */
struct llm_cost {
    bool known;            /* false: a price or the usage is unknown */
    int64_t nanousd;       /* what is known to have been spent */
    int64_t upper_nanousd; /* reserved for attempts that were lost: 0 when none was, -1 when
                            * it is not known (no price, or no max_tokens) */
};

enum llm_finish {
    LLM_FINISH_STOP,
    LLM_FINISH_LENGTH,
    LLM_FINISH_FILTER,
    LLM_FINISH_TOOL,
    LLM_FINISH_OTHER
};
const char *llm_finish_name(enum llm_finish finish); /* "stop", "length", … */

/* Why there is no good reply: the `provider` reasons of the language (4.0) and its neighbours. */
enum llm_outcome {
    LLM_OK,           /* a whole reply, which may still be a refusal or break its schema */
    LLM_RATE_LIMITED, /* 429 after all retries, or a Retry-After above its cap */
    LLM_QUOTA,        /* the account is used up (429, 402); never retried */
    LLM_AUTH,         /* 401, 403 */
    LLM_REQUEST,      /* other 4xx, and 3xx: no redirect is followed */
    LLM_SERVER,       /* 5xx */
    LLM_TRANSPORT,    /* no whole HTTP reply, or a body that is not the provider's JSON */
    LLM_TIMEOUT,      /* the last attempt ran out of time, or the deadline passed */
    LLM_LIMIT,        /* the reply says more than limits.reply, or is above the wire's ceiling */
    LLM_CANCELLED,    /* the run was stopped: not an outcome of a cell */
};
const char *llm_outcome_name(enum llm_outcome outcome); /* "ok", "rate-limited", "quota", … */

/* One HTTP try. */
struct llm_attempt {
    unsigned number; /* from 1 */
    int status;      /* HTTP; 0: no reply */
    enum llm_outcome outcome;
    str message; /* what went wrong, redacted */
    int64_t backoff_before_ns, permit_wait_ns;
    struct moment start;
    int64_t connect_ns, first_byte_ns, total_ns; /* total: connect to last byte */
    int64_t tls_ns; /* the part of connect_ns that was TLS; -1: none */
    str protocol;   /* of the reply, by its ALPN name: "http/1.1", "h2"; empty: none came */
    int64_t retry_after_ns; /* the server's hint; -1: none */
    /* Of a streamed reply, counted from when the connection was there; -1: no output came. */
    int64_t ttft_ns;
    int64_t gap_most_ns,
        gap_mean_ns;            /* between pieces of the answer; -1: fewer than two came */
    bool lost;                  /* sent, and its usage is not known */
    int64_t cost_upper_nanousd; /* reserved for it when lost and priced; -1: unknown */
    struct llm_usage usage;     /* as far as it said, also when it broke off */
};

struct llm_reply {
    enum llm_outcome outcome;
    int status;   /* of the last attempt */
    str message;  /* of a failure or a refusal, for people, redacted */
    str text;     /* the model's answer; empty in a refusal */
    bool refused; /* a refusal or a content filter */
    enum llm_finish finish;
    struct llm_usage usage; /* with what is known of attempts that broke off; 0 when nothing is
                             * known and there was no good reply */
    struct llm_cost cost;
    const struct llm_tool_call *tool_call; /* what the model called, in its order */
    size_t tool_calls;
    const json *raw_turn;            /* with tool calls: see llm_message */
    const struct llm_vector *vector; /* of an embedding: one for each text, all as long */
    bool cached; /* of an earlier run: all is as it was then, and nothing was sent or paid */
    str model;                       /* as the provider names it in the reply */
    str fingerprint;
    /* Of the last attempt, as they were on the wire: who keeps them redacts them. */
    str request_body, reply_body;
    str header_lines; /* of the last attempt's reply, likewise */
    const struct llm_attempt *attempt;
    unsigned attempts;

    /* Sums over the attempts (rule 2); they never mix. */
    int64_t permit_wait_ns, backoff_ns, connect_ns, provider_ns;
    /* Of the good attempt, as there; -1 when it was not streamed. */
    int64_t ttft_ns, gap_most_ns, gap_mean_ns;
    int64_t latency_ns; /* connect + provider + backoff: what `latency` counts */
    struct moment start, end;
};

/* The assistant's turn that a reply is, for the next request of the conversation. */
struct llm_message llm_reply_turn(const struct llm_reply *reply);

#endif
