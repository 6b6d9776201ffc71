/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h: what a client asks for and what it gets, in words that no provider uses alone.
 *
 * A dialect reads a provider's body into a struct request and writes a struct reply in the
 * provider's shape; everything between knows only these. All parts live in the request's arena,
 * which ends with the request.
 */
#ifndef MOCK_REQUEST_H
#define MOCK_REQUEST_H

#include "base/json.h"
#include "base/rng.h"

struct dialect;
struct http_request;

enum role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct turn {
    enum role role;
    str text;
    const json *tool_calls; /* of the assistant: list of {name, arguments}; NULL: none */
    int64_t answers;        /* of a tool: ordinal of the call that it answers, from 0 */
};

struct tool {
    str name;
    const json *parameters; /* JSON Schema; NULL: none given */
    bool is_custom;         /* OpenAI's tools that take any text */
};

/* How long to think. */
enum effort {
    EFFORT_USUAL, /* not said */
    EFFORT_NONE,
    EFFORT_MINIMAL,
    EFFORT_LOW,
    EFFORT_MEDIUM,
    EFFORT_HIGH,
    EFFORT_XHIGH,
    EFFORT_MAX,
};

enum tool_choice { TOOL_AUTO, TOOL_NONE, TOOL_REQUIRED, TOOL_NAMED };

struct request {
    /* set before a dialect reads the body */
    struct arena *arena;
    const struct dialect *dialect;
    const struct http_request *http; /* for those whose headers or URL say more */
    str url_model;                   /* of dialects that have the model in the URL */

    str model;
    const json *body; /* for dialects whose replies repeat parts of it; else NULL */
    const struct turn *turn;
    size_t turns;
    str system, prompt; /* all system texts; all user texts or inputs; joined by line breaks */
    int64_t answered;   /* turns of the assistant so far */
    str schema_name;
    const json *schema;  /* NULL: none */
    bool wants_json;     /* an object, of any shape */
    bool bare_text;      /* where the schema gives a text: the text itself, not as JSON */
    bool show_reasoning; /* what is shown of it is asked for */
    const struct tool *tool;
    size_t tools;
    enum tool_choice tool_choice;
    str tool_name;         /* TOOL_NAMED */
    bool one_call;         /* several calls at once are not wanted */
    enum effort effort;    /* reasoning.h */
    int64_t thinking_most; /* tokens of reasoning; 0: no limit of its own */
    bool cache_by_marks;   /* of the prompt only the first `cache_turns` turns are cached */
    bool cache_long;       /* for an hour in place of minutes */
    size_t cache_turns;
    int64_t choices;
    int64_t max_tokens; /* 0: no limit */
    const str *stop;    /* texts that end a reply */
    size_t stops;
    uint64_t sampling; /* hash of the other parameters that shape a reply */
    bool stream, stream_usage, stream_padding;
    bool stream_list; /* Gemini without alt=sse: one JSON list in place of events */
    bool logprobs;
    int64_t top_logprobs;
    int64_t input_tokens;

    /* of embeddings */
    const str *input;
    size_t inputs;
    int64_t dimensions; /* 0: the model's */
    bool base64;

    /* who is asking, and which repetition this is (identity.h) */
    str scope, api_key, idempotency;
    int64_t attempt;        /* from 1 */
    struct rng_key content; /* K: of what is asked, and of nothing else */
    struct rng_key sample;  /* of the idempotency key, or of what takes its place */
};

enum choice_kind { CHOICE_TEXT, CHOICE_REFUSAL, CHOICE_TOOL };
enum finish { FINISH_STOP, FINISH_LENGTH, FINISH_TOOL };

/* One call of a tool. */
struct tool_use {
    str name;
    str arguments; /* JSON as text; cut short at the limit of tokens */
};

struct choice {
    enum choice_kind kind;
    str text;             /* of TOOL what is said before the calls, mostly nothing */
    struct tool_use *use; /* TOOL: one or more */
    size_t uses;
    str reasoning;            /* what is shown of it; empty: nothing */
    int64_t reasoning_tokens; /* part of `tokens`, before those of the text */
    enum finish finish;
    str stopped_by; /* the stop text that ended it; empty: none did */
    int64_t tokens; /* of reasoning, text, names and arguments, in this order */
};

struct reply {
    struct choice *choice;
    size_t choices; /* 0 where nothing was generated: counts of tokens, embeddings */
    int64_t output_tokens, reasoning_tokens; /* of all choices */
    int64_t cache_read, cache_write;         /* parts of request->input_tokens */
    struct rng_key ids;                      /* what ids and times of creation are drawn from */
    str model, fingerprint;                  /* as it names them */
};

/* A refusal in the provider's way. Fields left empty are the provider's usual for the status. */
struct trouble {
    int status;
    str message;
    str type, code, param;
    int64_t retry_after_ns; /* 0: not said */
    bool quota;             /* a 429 that waiting does not mend */
    bool html;              /* a gateway's page instead */
};

/* Fills trouble and returns -1; message in the arena. */
int trouble_set(struct arena *arena, struct trouble *trouble, int status, const char *param,
                const char *code, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* One token for every four bytes begun: what a tokenizer makes of English prose, roughly
 * (docs/mock-server.md). */
int64_t token_count(str text);
/* The first `tokens` tokens of a text, cut between characters. */
str token_cut(str text, int64_t tokens);
/* Token number `index` of a text, from 0; empty beyond its end. Whole characters: a token may be
 * empty and its neighbour longer. All tokens in order are the text. */
str token_piece(str text, int64_t index);

/* A hash of a JSON value that does not depend on the order of members or on white space; adds
 * the length of its texts to *bytes (may be NULL), a measure for what it costs as input. */
uint64_t json_hash(const json *value, size_t *bytes);
/* The arguments of a call that a conversation tells of, in the form that turns hold: some
 * dialects send JSON as text, others the value. An empty text is {}; what is no JSON stays text. */
const json *call_arguments(struct arena *arena, const json *sent);
/* Fills what follows from the other parts: system, prompt, answered, content, input_tokens. */
void request_complete(struct request *request);

#endif
