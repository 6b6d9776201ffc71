/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect.c: the table of dialects, and what they share (see dialect.h).
 */
#include "llm/dialect.h"

static const struct llm_dialect *const dialects[] = {
    &llm_dialect_openai_chat,
    &llm_dialect_openai_responses,
    &llm_dialect_openai_embeddings,
    &llm_dialect_anthropic_messages,
    &llm_dialect_gemini,
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

str llm_api_version(const struct llm_provider *provider)
{
    return provider->api_version.n ? provider->api_version
                                   : str_from(provider->dialect->version);
}

bool llm_request_streams(const struct llm_request *request)
{
    const struct llm_params *params = &request->params;
    const struct llm_model *model = request->model;
    bool wanted = !params->has_stream || params->stream;
    return wanted && !request->embeds && model->capabilities.stream &&
           model->provider->dialect->decode_stream;
}

/* A server may call the only tool that it was given by another name. */
static const struct llm_tool_call *output_call(const struct llm_request *request,
                                               const struct llm_prepared *prepared,
                                               const struct llm_decoded *decoded)
{
    for (size_t i = 0; i < decoded->tool_calls; i++)
        if (request->tools == 0 || str_equal(decoded->tool_call[i].name, prepared->schema_name))
            return &decoded->tool_call[i];
    return NULL;
}

void llm_take_output(const struct llm_request *request, const struct llm_prepared *prepared,
                     struct llm_decoded *decoded)
{
    if (!request->schema || request->model->capabilities.schema != LLM_SCHEMA_TOOL ||
        decoded->refused)
        return;
    const struct llm_tool_call *call = output_call(request, prepared, decoded);
    if (!call)
        return;
    decoded->text = call->text;
    decoded->tool_calls = 0;
    decoded->raw_turn = NULL;
    if (decoded->finish == LLM_FINISH_TOOL)
        decoded->finish = LLM_FINISH_STOP;
}

void llm_write_escaped(struct buf *out, str text, const char *also)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (char_is_alnum((char)c) || (c && (strchr("-._~", c) || strchr(also, c))))
            buf_add_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
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
