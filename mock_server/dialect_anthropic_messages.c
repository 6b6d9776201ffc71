/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_anthropic_messages.c: Anthropic's POST /v1/messages and /v1/messages/count_tokens.
 *
 * Reading is anthropic_read.c's, streams are anthropic_stream.c's.
 */
#include "mock_server/anthropic.h"

static void write_content(struct buf *out, const struct request *request,
                          const struct reply *reply, const struct choice *choice)
{
    size_t begin = out->n;
    if (choice->reasoning_tokens > 0) {
        buf_add_str(out, STR("{\"type\":\"thinking\",\"thinking\":"));
        json_write_text(out, anthropic_thoughts(request, choice));
        buf_add_str(out, STR(",\"signature\":"));
        anthropic_write_signature(out, reply);
        buf_add_char(out, '}');
    }
    if (choice->text.n && choice->kind != CHOICE_REFUSAL) {
        buf_add_str(out, out->n > begin ? STR(",") : STR(""));
        buf_add_str(out, STR("{\"type\":\"text\",\"text\":"));
        json_write_text(out, choice->text);
        buf_add_str(out, STR(",\"citations\":null}"));
    }
    for (size_t i = 0; choice->kind == CHOICE_TOOL && i < choice->uses; i++) {
        buf_add_str(out, out->n > begin ? STR(",") : STR(""));
        anthropic_write_tool_use(out, reply, choice, i,
                                 anthropic_input(request, &choice->use[i]));
    }
}

static void write_message(struct buf *out, const struct request *request,
                          const struct reply *reply)
{
    anthropic_write_begin(out, reply);
    buf_add_str(out, STR(",\"content\":["));
    if (reply->choices)
        write_content(out, request, reply, reply->choice);
    buf_add_str(out, STR("],"));
    anthropic_write_stop(out, reply);
    buf_add_str(out, STR(",\"container\":null,\"diagnostics\":null,\"usage\":"));
    anthropic_write_usage(out, request, reply, reply->output_tokens);
    buf_add_char(out, '}');
}

static void write_count(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    (void)reply;
    buf_add_str(out, STR("{\"input_tokens\":"));
    write_int(out, request->input_tokens);
    buf_add_char(out, '}');
}

const struct dialect dialect_anthropic_messages = {
    .name = "anthropic-messages",
    .provider = &provider_anthropic,
    .task = TASK_REPLY,
    .read = anthropic_messages_read,
    .write = write_message,
    .write_stream = anthropic_write_stream,
    .write_stream_error = anthropic_write_stream_error,
};

const struct dialect dialect_anthropic_count = {
    .name = "anthropic-messages",
    .provider = &provider_anthropic,
    .task = TASK_COUNT,
    .read = anthropic_count_read,
    .write = write_count,
};
