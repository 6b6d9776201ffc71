/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_gemini.h: what the files of this dialect share: its reading hooks.
 */
#ifndef LLM_DIALECT_GEMINI_H
#define LLM_DIALECT_GEMINI_H

#include "llm/dialect.h"

void gemini_decode(const struct llm_model *model, str body, struct arena *arena,
                   struct llm_decoded *out);
void gemini_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                          struct arena *arena, struct llm_decoded *out);
void gemini_explain(int status, str body, struct arena *arena, struct llm_problem *problem);

extern const struct llm_embedding gemini_embedding;

/* Appends "/v1beta/models/NAME" and the method: ":generateContent". */
void gemini_path(const struct llm_model *model, const char *method, struct buf *out);

#endif
