/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_chat.h: the parts of the Chat Completions dialect: reading (openai_chat_read.c,
 * openai_chat_messages.c), whole replies (dialect_openai_chat.c), streams
 * (openai_chat_stream.c).
 */
#ifndef MOCK_OPENAI_CHAT_H
#define MOCK_OPENAI_CHAT_H

#include "mock_server/request.h"

struct stream;

/* Reads and checks a body as the provider does: the first thing that is wrong is a 400 with its
 * parameter. */
int openai_chat_read(const json *body, struct request *request, struct trouble *trouble);

void openai_chat_write_stream(struct stream *stream, const struct request *request,
                              const struct reply *reply);
void openai_chat_write_stream_error(struct stream *stream, const struct request *request,
                                    const struct trouble *trouble);

/* ---- what whole replies and streams share ---- */

/* {"id":…,"object":…,"created":…,"model":…,"service_tier":…,"system_fingerprint":… without its
 * closing brace. */
void openai_chat_write_begin(struct buf *out, const struct reply *reply, str object);
/* The object of token counts. */
void openai_chat_write_usage(struct buf *out, const struct request *request,
                             const struct reply *reply);
/* "id":…,"type":…,"function":{"name":…,"arguments":…} of call `use` of a choice, or
 * "custom":{"name":…,"input":…}. */
void openai_chat_write_call(struct buf *out, const struct request *request,
                            const struct reply *reply, size_t choice, size_t use,
                            str arguments);
/* {"content":[…],"refusal":null} for tokens of the choice's text, or null where none are asked
 * for. */
void openai_chat_write_logprobs(struct buf *out, const struct request *request,
                                const struct reply *reply, size_t choice, int64_t first,
                                int64_t end);
/* Does that tool take any text, not JSON? */
bool openai_chat_is_custom(const struct request *request, str tool);
str openai_chat_finish(enum finish finish);

#endif
