/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_responses_output.c: the items of a response (see openai_responses.h).
 */
#include "mock_server/dialect.h"
#include "mock_server/openai_chat.h"
#include "mock_server/openai_logprobs.h"
#include "mock_server/openai_responses.h"

/* ---- which there are ---- */

/* When all tokens went into reasoning no message was begun. */
static bool has_message(const struct choice *choice)
{
    if (choice->text.n)
        return true;
    return choice->kind != CHOICE_TOOL && choice->finish != FINISH_LENGTH;
}

static str item_id(const struct request *request, struct rng_key ids, const char *prefix)
{
    struct buf id = {0};
    buf_add_str(&id, str_from(prefix));
    write_id(&id, ids, prefix, 48);
    str copy = arena_str(request->arena, buf_str(&id));
    buf_release(&id);
    return copy;
}

const struct output_item *openai_responses_items(const struct request *request,
                                                 const struct reply *reply, size_t *count)
{
    const struct choice *choice = &reply->choice[0];
    struct output_item *item =
        arena_array(request->arena, struct output_item, choice->uses + 2);
    *count = 0;
    if (choice->reasoning_tokens > 0 || choice->reasoning.n)
        item[(*count)++] = (struct output_item){.kind = OUTPUT_REASONING,
                                                .id = item_id(request, reply->ids, "rs_")};
    if (has_message(choice))
        item[(*count)++] = (struct output_item){.kind = OUTPUT_MESSAGE,
                                                .id = item_id(request, reply->ids, "msg_")};
    for (size_t i = 0; i < choice->uses; i++) {
        bool custom = openai_chat_is_custom(request, choice->use[i].name);
        item[(*count)++] = (struct output_item){
            .kind = custom ? OUTPUT_CUSTOM : OUTPUT_FUNCTION,
            .use = i,
            .id = item_id(request, rng_mix_int(reply->ids, i), custom ? "ctc_" : "fc_")};
    }
    if (*count)
        item[*count - 1].is_cut = choice->finish == FINISH_LENGTH;
    return item;
}

/* ---- what they say ---- */

str openai_responses_summary(const struct request *request, const struct reply *reply)
{
    return request->show_reasoning ? reply->choice[0].reasoning : STR("");
}

static bool is_included(const struct request *request, str what)
{
    const json *include = json_get(request->body, STR("include"));
    for (const json *word = json_first(include); word; word = json_next(word))
        if (str_equal(json_text(word), what))
            return true;
    return false;
}

void openai_responses_write_logprobs(struct buf *out, const struct request *request,
                                     const struct reply *reply, int64_t first, int64_t end)
{
    if (request->logprobs)
        openai_write_logprobs(out, request, reply->ids, reply->choice[0].text, first, end);
    else
        buf_add_str(out, STR("[]"));
}

void openai_responses_write_part(struct buf *out, const struct request *request,
                                 const struct reply *reply, enum response_state state)
{
    const struct choice *choice = &reply->choice[0];
    str text = state == RESPONSE_ENDED ? choice->text : STR("");
    if (choice->kind == CHOICE_REFUSAL) {
        buf_add_str(out, STR("{\"type\":\"refusal\",\"refusal\":"));
        json_write_text(out, text);
        buf_add_char(out, '}');
        return;
    }
    buf_add_str(out, STR("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":"));
    openai_responses_write_logprobs(out, request, reply, 0, token_count(text));
    buf_add_str(out, STR(",\"text\":"));
    json_write_text(out, text);
    buf_add_char(out, '}');
}

static void write_status(struct buf *out, const struct output_item *item,
                         enum response_state state)
{
    buf_add_str(out, STR(",\"status\":\""));
    buf_add_str(out, state == RESPONSE_STARTED ? STR("in_progress")
                     : item->is_cut            ? STR("incomplete")
                                               : STR("completed"));
    buf_add_char(out, '"');
}

static void write_reasoning(struct buf *out, const struct request *request,
                            const struct reply *reply, enum response_state state)
{
    str summary = openai_responses_summary(request, reply);
    buf_add_str(out, STR("\"reasoning\",\"summary\":["));
    if (summary.n && state == RESPONSE_ENDED) {
        buf_add_str(out, STR("{\"type\":\"summary_text\",\"text\":"));
        json_write_text(out, summary);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
    if (!is_included(request, STR("reasoning.encrypted_content")))
        return;
    buf_add_str(out, STR(",\"encrypted_content\":\"gAAAAAB"));
    write_id(out, reply->ids, "encrypted content", 57); /* base64: a multiple of four */
    buf_add_char(out, '"');
}

static void write_message(struct buf *out, const struct request *request,
                          const struct reply *reply, const struct output_item *item,
                          enum response_state state)
{
    buf_add_str(out, STR("\"message\""));
    write_status(out, item, state);
    buf_add_str(out, STR(",\"content\":["));
    if (state == RESPONSE_ENDED)
        openai_responses_write_part(out, request, reply, state);
    buf_add_str(out, STR("],\"role\":\"assistant\""));
}

static void write_call(struct buf *out, const struct reply *reply,
                       const struct output_item *item, enum response_state state)
{
    const struct tool_use *use = &reply->choice[0].use[item->use];
    bool custom = item->kind == OUTPUT_CUSTOM;
    buf_add_str(out, custom ? STR("\"custom_tool_call\"") : STR("\"function_call\""));
    write_status(out, item, state);
    buf_add_str(out, custom ? STR(",\"input\":") : STR(",\"arguments\":"));
    json_write_text(out, state == RESPONSE_ENDED ? use->arguments : STR(""));
    buf_add_str(out, STR(",\"call_id\":\"call_"));
    write_id(out, rng_mix_int(reply->ids, item->use), "call", 24);
    buf_add_str(out, STR("\",\"name\":"));
    json_write_text(out, use->name);
}

void openai_responses_write_item(struct buf *out, const struct request *request,
                                 const struct reply *reply, const struct output_item *item,
                                 enum response_state state)
{
    buf_add_str(out, STR("{\"id\":\""));
    buf_add_str(out, item->id);
    buf_add_str(out, STR("\",\"type\":"));
    switch (item->kind) {
    case OUTPUT_REASONING:
        write_reasoning(out, request, reply, state);
        break;
    case OUTPUT_MESSAGE:
        write_message(out, request, reply, item, state);
        break;
    case OUTPUT_FUNCTION:
    case OUTPUT_CUSTOM:
        write_call(out, reply, item, state);
        break;
    }
    buf_add_char(out, '}');
}
