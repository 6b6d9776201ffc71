/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat.c: OpenAI's POST /v1/chat/completions.
 *
 * Reading is openai_chat_read.c's, streaming openai_chat_stream.c's. Replies are written member by
 * member in the provider's order; going through a JSON tree would cost more than all the rest of a request.
 */
#include "mock_server/dialect.h"
#include "mock_server/openai_chat.h"
#include "mock_server/openai_logprobs.h"

static void write_text_or_null(struct buf *out, bool given, str text)
{
    if (given)
        json_write_text(out, text);
    else
        buf_add_str(out, STR("null"));
}

/* Calls of one choice differ from those of another. */
static struct rng_key choice_key(const struct reply *reply, size_t choice)
{
    return choice ? rng_mix_int(reply->ids, choice) : reply->ids;
}

bool openai_chat_is_custom(const struct request *request, str tool)
{
    for (size_t i = 0; i < request->tools; i++)
        if (request->tool[i].is_custom && str_equal(request->tool[i].name, tool))
            return true;
    return false;
}

void openai_chat_write_call(struct buf *out, const struct request *request,
                            const struct reply *reply, size_t choice, size_t use, str arguments)
{
    const struct tool_use *call = &reply->choice[choice].use[use];
    bool custom = openai_chat_is_custom(request, call->name);
    buf_add_str(out, STR("\"id\":\"call_"));
    write_id(out, rng_mix_int(choice_key(reply, choice), use), "call", 24);
    buf_add_str(out, custom ? STR("\",\"type\":\"custom\",\"custom\":{\"name\":")
                            : STR("\",\"type\":\"function\",\"function\":{\"name\":"));
    json_write_text(out, call->name);
    buf_add_str(out, custom ? STR(",\"input\":") : STR(",\"arguments\":"));
    json_write_text(out, arguments);
    buf_add_char(out, '}');
}

static void write_tool_calls(struct buf *out, const struct request *request,
                             const struct reply *reply, size_t choice)
{
    buf_add_str(out, STR(",\"tool_calls\":["));
    for (size_t i = 0; i < reply->choice[choice].uses; i++) {
        buf_add_str(out, i ? STR(",{") : STR("{"));
        openai_chat_write_call(out, request, reply, choice, i,
                               reply->choice[choice].use[i].arguments);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

str openai_chat_finish(enum finish finish)
{
    static const str words[] = {[FINISH_STOP] = STR_INIT("stop"),
                                [FINISH_LENGTH] = STR_INIT("length"),
                                [FINISH_TOOL] = STR_INIT("tool_calls")};
    return words[finish];
}

void openai_chat_write_logprobs(struct buf *out, const struct request *request,
                                const struct reply *reply, size_t choice, int64_t first,
                                int64_t end)
{
    const struct choice *of = &reply->choice[choice];
    bool refusal = of->kind == CHOICE_REFUSAL;
    if (!request->logprobs || end <= first) {
        buf_add_str(out, STR("null"));
        return;
    }
    buf_add_str(out, refusal ? STR("{\"content\":null,\"refusal\":") : STR("{\"content\":"));
    openai_write_logprobs(out, request, choice_key(reply, choice), of->text, first, end);
    buf_add_str(out, refusal ? STR("}") : STR(",\"refusal\":null}"));
}

static void write_choice(struct buf *out, const struct request *request,
                         const struct reply *reply, size_t index)
{
    const struct choice *choice = &reply->choice[index];
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
        write_tool_calls(out, request, reply, index);
    buf_add_str(out, STR("},\"logprobs\":"));
    openai_chat_write_logprobs(out, request, reply, index, 0, token_count(choice->text));
    buf_add_str(out, STR(",\"finish_reason\":\""));
    buf_add_str(out, openai_chat_finish(choice->finish));
    buf_add_str(out, STR("\"}"));
}

static void write_count(struct buf *out, str name, int64_t number)
{
    buf_add_str(out, name);
    write_int(out, number);
}

void openai_chat_write_usage(struct buf *out, const struct request *request,
                             const struct reply *reply)
{
    write_count(out, STR("{\"prompt_tokens\":"), request->input_tokens);
    write_count(out, STR(",\"completion_tokens\":"), reply->output_tokens);
    write_count(out, STR(",\"total_tokens\":"), request->input_tokens + reply->output_tokens);
    write_count(out, STR(",\"prompt_tokens_details\":{\"cached_tokens\":"), reply->cache_read);
    write_count(out, STR(",\"cache_write_tokens\":"), reply->cache_write);
    write_count(out,
                STR(",\"audio_tokens\":0},\"completion_tokens_details\":{"
                    "\"reasoning_tokens\":"),
                reply->reasoning_tokens);
    buf_add_str(out, STR(",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                         "\"rejected_prediction_tokens\":0}}"));
}

void openai_chat_write_begin(struct buf *out, const struct reply *reply, str object)
{
    buf_add_str(out, STR("{\"id\":\"chatcmpl-"));
    write_id(out, reply->ids, "id", 29);
    buf_add_str(out, STR("\",\"object\":\""));
    buf_add_str(out, object);
    buf_add_str(out, STR("\",\"created\":"));
    write_int(out, drawn_time(reply->ids));
    buf_add_str(out, STR(",\"model\":"));
    json_write_text(out, reply->model);
    buf_add_str(out, STR(",\"service_tier\":\"default\",\"system_fingerprint\":"));
    json_write_text(out, reply->fingerprint);
}

static void write_reply(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    openai_chat_write_begin(out, reply, STR("chat.completion"));
    buf_add_str(out, STR(",\"choices\":["));
    for (size_t i = 0; i < reply->choices; i++) {
        if (i)
            buf_add_char(out, ',');
        write_choice(out, request, reply, i);
    }
    buf_add_str(out, STR("],\"usage\":"));
    openai_chat_write_usage(out, request, reply);
    buf_add_char(out, '}');
}

const struct dialect dialect_openai_chat = {
    .name = "openai-chat",
    .provider = &provider_openai,
    .read = openai_chat_read,
    .write = write_reply,
    .write_stream = openai_chat_write_stream,
    .write_stream_error = openai_chat_write_stream_error,
};
