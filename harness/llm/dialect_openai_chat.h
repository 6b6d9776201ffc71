/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat.h: what the files of this dialect share; OpenAI's other dialects use its
 * errors.
 */
#ifndef LLM_DIALECT_OPENAI_CHAT_H
#define LLM_DIALECT_OPENAI_CHAT_H

#include "llm/dialect.h"

/* Hooks of struct llm_dialect. */
void openai_chat_decode(const struct llm_model *model, str body, struct arena *arena,
                        struct llm_decoded *out);
void openai_chat_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                               struct arena *arena, struct llm_decoded *out);
void openai_explain(int status, str body, struct arena *arena, struct llm_problem *problem);

/* Whole replies and streams alike: the member `usage` (any value), a finish_reason, and the
 * message with text, refusal and tool calls (set out->finish first). */
void openai_chat_usage(const json *usage, struct llm_usage *out);
enum llm_finish openai_chat_finish(str reason);
void openai_chat_message(const json *message, struct arena *arena, struct llm_decoded *out);

/* The account is used up: told by type or code of the error object, never by its text. */
bool openai_error_is_quota(const json *error);
/* openai_error.c: the HTTP status that an error object within a stream stands for, by its `code`
 * and `type`; 500 when they say nothing that is known. */
int openai_error_status(const json *error);

#endif
