/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_strict.h: what OpenAI asks of a schema that is sent with `strict: true`.
 */
#ifndef MOCK_OPENAI_STRICT_H
#define MOCK_OPENAI_STRICT_H

#include "mock_server/openai_read.h"

/* Where a schema stands, for the words of a refusal. */
struct strict_place {
    const char *what;  /* "response_format", "function" */
    str name;          /* of the schema or function */
    const char *param; /* "tools[0].parameters" */
    const char *code;  /* NULL: null */
};

/* The root is an object; every object forbids other members and requires all of its own; no
 * allOf, oneOf, not, if, then, else or dependent…. `strict` is the member of that name: unless it
 * is true all is well. */
int openai_check_strict(const struct openai_body *in, const json *strict, const json *schema,
                        const struct strict_place *place);

#endif
