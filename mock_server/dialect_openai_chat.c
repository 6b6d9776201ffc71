/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat.c: OpenAI's POST /v1/chat/completions.
 *
 * Reading is openai_chat_read.c's. Replies are written member by member in the provider's order;
 * going through a JSON tree would cost more than all the rest of a request.
 */
#include "mock_server/dialect.h"
#include "mock_server/openai_chat.h"

static void write_text_or_null(struct buf *out, bool given, str text)
{
    if (given)
        json_write_text(out, text);
    else
        buf_add_str(out, STR("null"));
}

static void write_tool_calls(struct buf *out, const struct choice *choice, struct rng_key ids)
{
    buf_add_str(out, STR(",\"tool_calls\":["));
    for (size_t i = 0; i < choice->uses; i++) {
        buf_add_str(out, i ? STR(",{\"id\":\"call_") : STR("{\"id\":\"call_"));
        write_id(out, rng_mix_int(ids, i), "call", 24);
        buf_add_str(out, STR("\",\"type\":\"function\",\"function\":{\"name\":"));
        json_write_text(out, choice->use[i].name);
        buf_add_str(out, STR(",\"arguments\":"));
        json_write_text(out, choice->use[i].arguments);
        buf_add_str(out, STR("}}"));
    }
    buf_add_char(out, ']');
}

static const str finish_words[] = {[FINISH_STOP] = STR_INIT("stop"),
                                   [FINISH_LENGTH] = STR_INIT("length"),
                                   [FINISH_TOOL] = STR_INIT("tool_calls")};

static void write_choice(struct buf *out, const struct choice *choice,
                         const struct reply *reply, size_t index)
{
    buf_add_str(out, STR("{\"index\":"));
    write_int(out, (int64_t)index);
    buf_add_str(out, STR(",\"message\":{\"role\":\"assistant\",\"content\":"));
    write_text_or_null(
        out, choice->kind == CHOICE_TEXT || (choice->kind == CHOICE_TOOL && choice->text.n),
        choice->text);
    buf_add_str(out, STR(",\"refusal\":"));
    write_text_or_null(out, choice->kind == CHOICE_REFUSAL, choice->text);
    buf_add_str(out, STR(",\"annotations\":[]"));
    if (choice->kind == CHOICE_TOOL)
        write_tool_calls(out, choice, index ? rng_mix_int(reply->ids, index) : reply->ids);
    buf_add_str(out, STR("},\"logprobs\":null,\"finish_reason\":\""));
    buf_add_str(out, finish_words[choice->finish]);
    buf_add_str(out, STR("\"}"));
}

static void write_usage(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    buf_add_str(out, STR("{\"prompt_tokens\":"));
    write_int(out, request->input_tokens);
    buf_add_str(out, STR(",\"completion_tokens\":"));
    write_int(out, reply->output_tokens);
    buf_add_str(out, STR(",\"total_tokens\":"));
    write_int(out, request->input_tokens + reply->output_tokens);
    buf_add_str(out, STR(",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                         "\"completion_tokens_details\":{\"reasoning_tokens\":0,"
                         "\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                         "\"rejected_prediction_tokens\":0}}"));
}

static void write_begin(struct buf *out, const struct request *request,
                        const struct reply *reply, str object)
{
    buf_add_str(out, STR("{\"id\":\"chatcmpl-"));
    write_id(out, reply->ids, "id", 29);
    buf_add_str(out, STR("\",\"object\":\""));
    buf_add_str(out, object);
    buf_add_str(out, STR("\",\"created\":"));
    write_int(out, drawn_time(reply->ids));
    buf_add_str(out, STR(",\"model\":"));
    json_write_text(out, request->model);
}

#define FINGERPRINT                                                                            \
    STR(",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\"")

static void write_reply(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    write_begin(out, request, reply, STR("chat.completion"));
    buf_add_str(out, STR(",\"choices\":["));
    for (size_t i = 0; i < reply->choices; i++) {
        if (i)
            buf_add_char(out, ',');
        write_choice(out, &reply->choice[i], reply, i);
    }
    buf_add_str(out, STR("],\"usage\":"));
    write_usage(out, request, reply);
    buf_add_str(out, FINGERPRINT);
    buf_add_char(out, '}');
}

const struct dialect dialect_openai_chat = {
    .name = "openai-chat",
    .provider = &provider_openai,
    .read = openai_chat_read,
    .write = write_reply,
};
