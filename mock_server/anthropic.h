/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic.h: what the files of Anthropic's provider and dialects share.
 */
#ifndef MOCK_ANTHROPIC_H
#define MOCK_ANTHROPIC_H

#include "mock_server/dialect.h"

/* Does the request ask for version 2026-10-21, which dropped temperature, top_p and top_k? */
bool anthropic_is_latest(const struct http_request *http);

/* ---- anthropic_models.c ---- */

/* The query of the list of models: limit, after_id, before_id. 400 and trouble. */
int anthropic_check_paging(const struct http_request *http, struct arena *arena,
                           struct trouble *trouble);
void anthropic_write_models(struct buf *out, const struct model_list *list);

/* ---- provider_anthropic.c ---- */

/* {"type":…,"message":…}: the inner part of an error, also of one in a stream. */
void anthropic_write_error(struct buf *out, const struct trouble *trouble);

/* ---- anthropic_read.c: read of struct dialect ---- */

int anthropic_messages_read(const json *body, struct request *request, struct trouble *trouble);
/* The same without max_tokens. */
int anthropic_count_read(const json *body, struct request *request, struct trouble *trouble);

/* ---- anthropic_write.c ---- */

/* Parts of a message that streams have, too: each a whole JSON value. */
void anthropic_write_tool_use(struct buf *out, const struct reply *reply,
                              const struct choice *choice, size_t index, str input);
/* The input of a call: its arguments if they are an object, else {}, as when they are cut short. */
str anthropic_input(const struct request *request, const struct tool_use *use);
/* What is shown of the reasoning, which may be nothing. */
str anthropic_thoughts(const struct request *request, const struct choice *choice);
/* Opens a message up to its content: {"id":…,"model":… */
void anthropic_write_begin(struct buf *out, const struct reply *reply);
/* "stop_reason":…,"stop_sequence":…,"stop_details":… without braces. */
void anthropic_write_stop(struct buf *out, const struct reply *reply);
void anthropic_write_usage(struct buf *out, const struct request *request,
                           const struct reply *reply, int64_t output_tokens);
/* As it is told at the end of a stream. */
void anthropic_write_final_usage(struct buf *out, const struct request *request,
                                 const struct reply *reply);
void anthropic_write_signature(struct buf *out, const struct reply *reply);

/* ---- anthropic_stream.c: write_stream and write_stream_error of struct dialect ---- */

void anthropic_write_stream(struct stream *stream, const struct request *request,
                            const struct reply *reply);
void anthropic_write_stream_error(struct stream *stream, const struct request *request,
                                  const struct trouble *trouble);

#endif
