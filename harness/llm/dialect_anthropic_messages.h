/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_anthropic_messages.h: what the files of this dialect share: its reading hooks.
 */
#ifndef LLM_DIALECT_ANTHROPIC_MESSAGES_H
#define LLM_DIALECT_ANTHROPIC_MESSAGES_H

#include "llm/dialect.h"

void anthropic_decode(const struct llm_model *model, str body, struct arena *arena,
                      struct llm_decoded *out);
void anthropic_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                             struct arena *arena, struct llm_decoded *out);
void anthropic_explain(int status, str body, struct arena *arena, struct llm_problem *problem);

/* Whole replies and streams alike. Counts that are -1 were not in what was read so far; later
 * ones replace earlier ones. */
struct anthropic_counts {
    int64_t input, cache_read, cache_write, output, thinking;
};
struct anthropic_counts anthropic_no_counts(void);
void anthropic_read_counts(const json *usage, struct anthropic_counts *counts);
void anthropic_usage(const struct anthropic_counts *counts, struct llm_usage *usage);
/* The blocks of a message, with its stop_reason and stop_details (an object's members). */
void anthropic_read_message(const json *content, const json *stop, struct arena *arena,
                            struct llm_decoded *out);
/* The HTTP status that an error object within a stream stands for, by its type; 500 otherwise. */
int anthropic_error_status(const json *error);
bool anthropic_error_is_quota(const json *error);

#endif
