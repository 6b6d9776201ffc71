/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect.c: the table of dialects, and what they share (see dialect.h).
 */
#include "llm/dialect.h"

static const struct llm_dialect *const dialects[] = {
    &llm_dialect_openai_chat,
};

const struct llm_dialect *llm_dialect_at(size_t index)
{
    return index < sizeof dialects / sizeof dialects[0] ? dialects[index] : NULL;
}

const struct llm_dialect *llm_dialect_find(str name)
{
    for (size_t i = 0; llm_dialect_at(i); i++)
        if (str_equal(name, str_from(dialects[i]->name)))
            return dialects[i];
    return NULL;
}

void llm_write_schema_prompt(struct buf *out, str schema)
{
    buf_add_str(out, STR("Answer with one JSON value that matches this JSON Schema, and with "
                         "nothing else:\n"));
    buf_add_str(out, schema);
}

int64_t llm_token_count(const json *value)
{
    int64_t count;
    return json_int(value, &count) && count >= 0 ? count : -1;
}
