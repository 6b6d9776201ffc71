/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anthropic_write.c: messages and their parts as Anthropic writes them, member by member.
 *
 * A message has one choice: its reasoning, text and calls are blocks of content in this order.
 * A request that only warms the prompt cache (max_tokens 0) has none, and no content.
 */
#include "mock_server/anthropic.h"

/* Texts are written as they are only where they are a whole object. */
str anthropic_input(const struct request *request, const struct tool_use *use)
{
    const json *value = json_parse(request->arena, use->arguments, NULL);
    return json_is(value, JSON_OBJECT) ? use->arguments : STR("{}");
}

str anthropic_thoughts(const struct request *request, const struct choice *choice)
{
    return request->show_reasoning ? choice->reasoning : STR("");
}

void anthropic_write_tool_use(struct buf *out, const struct reply *reply,
                              const struct choice *choice, size_t index, str input)
{
    buf_add_str(out, STR("{\"type\":\"tool_use\",\"id\":\"toolu_01"));
    write_id(out, rng_mix_int(reply->ids, index), "call", 22);
    buf_add_str(out, STR("\",\"name\":"));
    json_write_text(out, choice->use[index].name);
    buf_add_str(out, STR(",\"input\":"));
    buf_add_str(out, input);
    buf_add_str(out, STR(",\"caller\":{\"type\":\"direct\"}}"));
}

/* Looks like base64 of something that only the provider can read. */
void anthropic_write_signature(struct buf *out, const struct reply *reply)
{
    buf_add_str(out, STR("\"EqQB"));
    write_id(out, reply->ids, "signature", 64);
    buf_add_char(out, '"');
}

void anthropic_write_begin(struct buf *out, const struct reply *reply)
{
    buf_add_str(out, STR("{\"id\":\"msg_01"));
    write_id(out, reply->ids, "id", 22);
    buf_add_str(out, STR("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"));
    json_write_text(out, reply->model);
}

static str stop_reason(const struct reply *reply)
{
    const struct choice *choice = reply->choice;
    if (reply->choices == 0 || choice->finish == FINISH_LENGTH)
        return STR("max_tokens");
    if (choice->kind == CHOICE_REFUSAL)
        return STR("refusal");
    if (choice->finish == FINISH_TOOL)
        return STR("tool_use");
    return choice->stopped_by.n ? STR("stop_sequence") : STR("end_turn");
}

void anthropic_write_stop(struct buf *out, const struct reply *reply)
{
    const struct choice *choice = reply->choices ? reply->choice : NULL;
    str reason = stop_reason(reply);
    buf_add_str(out, STR("\"stop_reason\":"));
    json_write_text(out, reason);
    buf_add_str(out, STR(",\"stop_sequence\":"));
    if (str_equal(reason, STR("stop_sequence")))
        json_write_text(out, choice->stopped_by);
    else
        buf_add_str(out, STR("null"));
    buf_add_str(out, STR(",\"stop_details\":"));
    if (str_equal(reason, STR("refusal"))) {
        buf_add_str(out, STR("{\"type\":\"refusal\",\"category\":null,\"explanation\":"));
        json_write_text(out, choice->text);
        buf_add_char(out, '}');
    } else {
        buf_add_str(out, STR("null"));
    }
}

static void add_member(struct buf *out, str name, int64_t number)
{
    buf_add_str(out, name);
    write_int(out, number);
}

/* What was read from the cache or written to it is not part of input_tokens. */
static void write_input_usage(struct buf *out, const struct request *request,
                              const struct reply *reply)
{
    int64_t rest = request->input_tokens - reply->cache_read - reply->cache_write;
    add_member(out, STR("{\"input_tokens\":"), rest);
    add_member(out, STR(",\"cache_creation_input_tokens\":"), reply->cache_write);
    add_member(out, STR(",\"cache_read_input_tokens\":"), reply->cache_read);
}

static void write_output_usage(struct buf *out, const struct reply *reply, int64_t tokens)
{
    int64_t thinking = reply->reasoning_tokens < tokens ? reply->reasoning_tokens : tokens;
    add_member(out, STR(",\"output_tokens\":"), tokens);
    add_member(out, STR(",\"output_tokens_details\":{\"thinking_tokens\":"), thinking);
    buf_add_str(out, STR("},\"server_tool_use\":null"));
}

void anthropic_write_usage(struct buf *out, const struct request *request,
                           const struct reply *reply, int64_t output_tokens)
{
    int64_t hour = request->cache_long ? reply->cache_write : 0;
    write_input_usage(out, request, reply);
    add_member(out, STR(",\"cache_creation\":{\"ephemeral_5m_input_tokens\":"),
               reply->cache_write - hour);
    add_member(out, STR(",\"ephemeral_1h_input_tokens\":"), hour);
    buf_add_char(out, '}');
    write_output_usage(out, reply, output_tokens);
    buf_add_str(out, STR(",\"service_tier\":\"standard\",\"speed\":\"standard\","
                         "\"inference_geo\":\"global\"}"));
}

void anthropic_write_final_usage(struct buf *out, const struct request *request,
                                 const struct reply *reply)
{
    write_input_usage(out, request, reply);
    write_output_usage(out, reply, reply->output_tokens);
    buf_add_char(out, '}');
}
