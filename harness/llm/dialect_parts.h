/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_parts.h: what dialects share: writing bodies, reading replies. Only they include it.
 *
 *     struct llm_body body = llm_body_begin(out, request->model->extra);
 *     llm_body_text(&body, "model", request->model->model);
 *     if (llm_body_member(&body, "messages")) …write the value…
 *     llm_body_end(&body);
 */
#ifndef LLM_DIALECT_PARTS_H
#define LLM_DIALECT_PARTS_H

#include "llm/dialect.h"
#include "llm/schema_subset.h"

/* ---- writing ---- */

enum { LLM_MERGED_MOST = 4 };

/* A JSON object that is being written. Members of `over` (the model's `extra`) go before weir's
 * own: such a member is not written where weir would, but at the end, as it stands. */
struct llm_body {
    struct buf *out;
    const json *over; /* NULL: none */
    bool comma;
    const char *merged[LLM_MERGED_MOST]; /* objects of `over` that were written already */
    unsigned merged_count;
};

struct llm_body llm_body_begin(struct buf *out, const json *over);
/* Writes the name; the caller writes the value. False, and nothing is written, when `over` has
 * that member. */
bool llm_body_member(struct llm_body *body, const char *name);
void llm_body_text(struct llm_body *body, const char *name, str text);
void llm_body_int(struct llm_body *body, const char *name, int64_t number);
void llm_body_number(struct llm_body *body, const char *name, double number);
void llm_body_bool(struct llm_body *body, const char *name, bool value);
void llm_body_json(struct llm_body *body, const char *name, const json *value);
/* The value as JSON text. */
void llm_body_raw(struct llm_body *body, const char *name, str value);
void llm_body_texts(struct llm_body *body, const char *name, const str *text, size_t count);
/* Opens an object in which members of an object of that name in `over` count likewise. False when
 * `over` has something else there, which replaces it. */
bool llm_body_object(struct llm_body *body, const char *name, struct llm_body *inner);
/* What `over` has beyond, and the closing brace. */
void llm_body_end(struct llm_body *body);

/* The name of a request's schema, or "output". As a tool (capability `tool`) it is none of the
 * request's own tools. */
str llm_schema_name(const struct llm_request *request, struct arena *arena);

/* Structured output goes this way: the request has a schema and its model this capability. */
bool llm_schema_is(const struct llm_request *request, enum llm_schema_mode mode);

/* The schema as JSON text: in the subset, and *strict is true, when `strict` is asked for and it
 * fits, else as it stands. */
str llm_schema_text(const struct schema_subset *subset, struct arena *arena, const json *schema,
                    bool strict, bool *is_strict);
/* For providers that have no place for a schema's name: the schema in the subset, which it fits,
 * with that name for its title; only one that is a reference has no room for it. */
str llm_schema_titled(const struct schema_subset *subset, struct arena *arena,
                      const json *schema, str name);
/* How a dialect writes schemas and tools. */
struct llm_form {
    const struct schema_subset *subset;
    /* Appends one tool, or the schema that stands in for one, as an object. */
    void (*add_tool)(struct buf *out, str name, str description, bool strict, str schema);
    bool has_json_object; /* a word of its own for "any object" */
    bool names_by_title;  /* it has no other place for a schema's name */
    bool always_subset; /* no word for strict tools: they go in the subset where they fit it */
};
/* A dialect's `prepare`. Tools are a JSON list, empty when there are none. */
void llm_prepare(const struct llm_form *form, const struct llm_request *request,
                 struct arena *arena, struct llm_prepared *prepared);
/* What is wrong with a request's schema, as a dialect's `check` says it: natively it must fit the
 * subset; as a tool it is a hint if need be, with an object at its root. */
str llm_schema_check(const struct schema_subset *subset, const struct llm_request *request,
                     struct arena *arena);

/* The texts of all system messages, joined by empty lines, and behind them the sentence that asks
 * for JSON where the schema goes into the prompt: for providers that have one place for it. */
str llm_system_text(const struct llm_request *request, const struct llm_prepared *prepared,
                    struct arena *arena);

/* OpenAI takes `json_object` only with a word of JSON among the messages: where there is none, this
 * is said. */
#define LLM_ASK_JSON "Answer with a JSON object."
bool llm_mentions_json(const struct llm_request *request);

/* What a dialect's `check` says: "model 'x' cannot take …: …". */
str llm_cannot_take(const struct llm_request *request, struct arena *arena, const char *what);
/* The members of `own` (NULL at its end) are weir's: `extra` may not have them. */
str llm_check_extra(const struct llm_request *request, struct arena *arena,
                    const char *const *own);

/* ---- reading ---- */

/* Nothing known yet, and no fault found. */
struct llm_decoded llm_decoded_new(void);

/* The reply's object. NULL with outcome and message in `decoded`, whose other fields it
 * clears, when the body is something else. */
const json *llm_decode_root(str body, struct arena *arena, struct llm_decoded *decoded);
/* The reply is not the provider's. */
void llm_decode_fail(struct llm_decoded *decoded, str message);
/* The stream ended before the reply did. */
void llm_decode_cut(struct llm_decoded *decoded);
/* A body of status 2xx that has no answer: says so in the words of its error, if it has one. */
void llm_decode_lacks(const json *root, const char *what, struct arena *arena,
                      struct llm_decoded *decoded);

/* The object that an event of a stream is. NULL when it is something else: the reply is unusable
 * then, and `decoded` says so. */
const json *llm_stream_object(const struct llm_stream *stream, struct arena *arena,
                              struct llm_decoded *decoded);

/* A call from its arguments as text ("" means none), or as JSON. */
struct llm_tool_call llm_tool_call_text(struct arena *arena, str id, str name, str arguments);
struct llm_tool_call llm_tool_call_json(struct arena *arena, str id, str name,
                                        const json *arguments);
void llm_decoded_add_call(struct llm_decoded *decoded, struct arena *arena,
                          struct llm_tool_call call);

/* A count that providers leave out when it is 0: 0 when there is none or null, -1 when it is no
 * count. */
int64_t llm_optional_count(const json *value);
/* `whole` without the two parts of it; -1 when one is unknown or they are more than it. */
int64_t llm_count_without(int64_t whole, int64_t part, int64_t other);

/* A list of numbers as a vector; empty when it is something else. */
struct llm_vector llm_vector_of_json(const json *list, struct arena *arena);
/* Takes the vectors over when none is empty and all are as long; else the reply is not the
 * provider's, in the words of its error if it has one. */
void llm_decoded_set_vectors(struct llm_decoded *decoded, const json *root,
                             struct llm_vector *vector, size_t count, struct arena *arena);

/* The message for an empty answer that ended at the token limit. */
void llm_note_used_up(struct llm_decoded *decoded);

/* The error object of a body: that of {"error": {…}}, of the same in a list of one, or the object
 * itself when it is flat. NULL: none. Fills `message` from it or from {"error": "text"}. */
const json *llm_problem_error(str body, struct arena *arena, struct llm_problem *problem);
/* True when the text is one of `words`, which end with NULL. */
bool llm_is_word(str text, const char *const *words);

#endif
