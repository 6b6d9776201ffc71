/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * provider_openai.h: an error in OpenAI's words, for dialects that have another shape for it.
 */
#ifndef MOCK_PROVIDER_OPENAI_H
#define MOCK_PROVIDER_OPENAI_H

#include "mock_server/dialect.h"

struct openai_error {
    str message, type, code; /* an empty code is null */
};

/* What the trouble leaves open is the provider's usual for its status. */
struct openai_error openai_error_of(struct arena *arena, const struct trouble *trouble);

/* A JSON text, or null when it is empty. */
void openai_write_or_null(struct buf *out, str text);

#endif
