/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses.h: the parts of the Responses dialect: reading (openai_responses_read.c,
 * _items.c, _tools.c), whole replies (dialect_openai_responses.c), their items
 * (openai_responses_output.c), streams (openai_responses_stream.c).
 *
 * The output of a response is a list of items: the reasoning, if tokens went into it, the message,
 * and the calls of tools. What an item is follows from its number and the choice alone.
 */
#ifndef MOCK_OPENAI_RESPONSES_H
#define MOCK_OPENAI_RESPONSES_H

#include "mock_server/request.h"

struct stream;

/* Reads and checks a body as the provider does: the first thing that is wrong is a 400 with its
 * parameter. */
int openai_responses_read(const json *body, struct request *request, struct trouble *trouble);

void openai_responses_write_stream(struct stream *stream, const struct request *request,
                                   const struct reply *reply);
void openai_responses_write_stream_error(struct stream *stream, const struct request *request,
                                         const struct trouble *trouble);

/* ---- what whole replies and streams share ---- */

enum response_state { RESPONSE_STARTED, RESPONSE_ENDED };

/* The response object; one that has only started has no output and no usage. */
void openai_responses_write(struct buf *out, const struct request *request,
                            const struct reply *reply, enum response_state state);

enum output_kind { OUTPUT_REASONING, OUTPUT_MESSAGE, OUTPUT_FUNCTION, OUTPUT_CUSTOM };

struct output_item {
    enum output_kind kind;
    size_t use;  /* FUNCTION, CUSTOM: which call */
    str id;      /* "msg_…" */
    bool is_cut; /* the limit of tokens struck in it */
};

/* The items of a reply, in order; in the request's arena. */
const struct output_item *openai_responses_items(const struct request *request,
                                                 const struct reply *reply, size_t *count);
/* The item as a JSON object: whole, or as it is when it has just been begun. */
void openai_responses_write_item(struct buf *out, const struct request *request,
                                 const struct reply *reply, const struct output_item *item,
                                 enum response_state state);
/* {"type":"output_text",…} or {"type":"refusal",…}: all of the message, or nothing yet. */
void openai_responses_write_part(struct buf *out, const struct request *request,
                                 const struct reply *reply, enum response_state state);
/* Log probabilities of the text's tokens from first to end; [] where none are asked for. */
void openai_responses_write_logprobs(struct buf *out, const struct request *request,
                                     const struct reply *reply, int64_t first, int64_t end);
/* The summary of the reasoning; empty unless the request asks for one. */
str openai_responses_summary(const struct request *request, const struct reply *reply);

#endif
