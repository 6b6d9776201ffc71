/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_responses.h: what the two files of this dialect share: its reading hooks.
 */
#ifndef LLM_DIALECT_OPENAI_RESPONSES_H
#define LLM_DIALECT_OPENAI_RESPONSES_H

#include "llm/dialect.h"

void openai_responses_decode(const struct llm_model *model, str body, struct arena *arena,
                             struct llm_decoded *out);
void openai_responses_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                                    struct arena *arena, struct llm_decoded *out);

#endif
