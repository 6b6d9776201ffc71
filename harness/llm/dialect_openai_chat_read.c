/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_openai_chat_read.c: OpenAI's Chat Completions: what comes back.
 *
 * Compatible servers differ from OpenAI in what they leave out and in the types of what they
 * send, so nothing is taken for granted: what is missing is unknown, what has another type is as
 * if it were missing.
 */
#include "llm/dialect_openai_chat.h"

#include "llm/dialect_parts.h"

void openai_chat_usage(const json *usage, struct llm_usage *out)
{
    *out = (struct llm_usage){-1, -1, -1, -1, -1};
    if (!json_is(usage, JSON_OBJECT))
        return;
    int64_t prompt = llm_token_count(json_get(usage, STR("prompt_tokens")));
    const json *details = json_get(usage, STR("prompt_tokens_details"));
    const json *cached = json_get(details, STR("cached_tokens"));
    const json *written = json_get(details, STR("cache_write_tokens"));
    /* Who does not report the cache does not bill it apart. */
    out->cache_read = llm_optional_count(cached);
    out->cache_write = llm_optional_count(written);
    out->input = llm_count_without(prompt, out->cache_read, out->cache_write);
    out->output = llm_token_count(json_get(usage, STR("completion_tokens")));
    out->reasoning =
        llm_token_count(json_path(usage, "completion_tokens_details.reasoning_tokens"));
}

enum llm_finish openai_chat_finish(str reason)
{
    static const struct {
        const char *name;
        enum llm_finish finish;
    } rows[] = {{"stop", LLM_FINISH_STOP},
                {"length", LLM_FINISH_LENGTH},
                {"content_filter", LLM_FINISH_FILTER},
                {"tool_calls", LLM_FINISH_TOOL},
                {"function_call", LLM_FINISH_TOOL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_equal(reason, str_from(rows[i].name)))
            return rows[i].finish;
    return LLM_FINISH_OTHER;
}

/* A text, or the texts of a list of parts, as some servers send it. */
static str content_text(const json *content, struct arena *arena)
{
    if (!json_is(content, JSON_LIST))
        return json_text(content);
    struct buf text = {0};
    for (const json *part = json_first(content); part; part = json_next(part))
        buf_add_str(&text, json_text(json_get(part, STR("text"))));
    str whole = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return whole;
}

/* Arguments are JSON in a text, or the JSON itself from lenient servers. */
static void decode_calls(const json *message, struct arena *arena, struct llm_decoded *out)
{
    const json *calls = json_get(message, STR("tool_calls"));
    const json *call = json_is(calls, JSON_LIST) ? json_first(calls) : NULL;
    for (; call; call = json_next(call)) {
        const json *arguments = json_path(call, "function.arguments");
        str id = json_text(json_get(call, STR("id")));
        str name = json_text(json_path(call, "function.name"));
        if (json_is(arguments, JSON_TEXT))
            llm_decoded_add_call(out, arena,
                                 llm_tool_call_text(arena, id, name, json_text(arguments)));
        else if (json_is(json_get(call, STR("function")), JSON_OBJECT))
            llm_decoded_add_call(out, arena, llm_tool_call_json(arena, id, name, arguments));
    }
}

/* The message as it can be sent back: members that replies have and requests do not (annotations,
 * what servers show of their reasoning) are refused by some. */
static const json *raw_turn(const json *message, struct arena *arena)
{
    static const char *const members[] = {"content", "refusal", "tool_calls"};
    json *turn = json_new_object(arena);
    json_set_text(arena, turn, "role", STR("assistant"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json *value = json_get(message, str_from(members[i]));
        if (value && (i == 0 || json_kind(value) != JSON_NULL))
            json_set(arena, turn, str_from(members[i]), value);
    }
    return turn;
}

void openai_chat_message(const json *message, struct arena *arena, struct llm_decoded *out)
{
    str refusal = json_text(json_get(message, STR("refusal")));
    out->text = content_text(json_get(message, STR("content")), arena);
    if (refusal.n) {
        out->refused = true;
        out->message = refusal;
        out->text = STR("");
        return;
    }
    if (out->finish == LLM_FINISH_FILTER) {
        out->refused = true;
        out->message = STR("stopped by the provider's content filter");
        return;
    }
    decode_calls(message, arena, out);
    if (out->tool_calls)
        out->raw_turn = raw_turn(message, arena);
    llm_note_used_up(out);
}

void openai_chat_decode(const struct llm_model *model, str body, struct arena *arena,
                        struct llm_decoded *out)
{
    (void)model;
    const json *root = llm_decode_root(body, arena, out);
    if (!root)
        return;
    openai_chat_usage(json_get(root, STR("usage")), &out->usage);
    const json *choices = json_get(root, STR("choices"));
    const json *choice = json_is(choices, JSON_LIST) ? json_first(choices) : NULL;
    const json *message = json_get(choice, STR("message"));
    out->model = json_text(json_get(root, STR("model")));
    out->fingerprint = json_text(json_get(root, STR("system_fingerprint")));
    out->finish = openai_chat_finish(json_text(json_get(choice, STR("finish_reason"))));
    if (json_is(message, JSON_OBJECT))
        openai_chat_message(message, arena, out);
    else
        llm_decode_lacks(root, "choices with a message", arena, out);
}

/* ---- errors ---- */

bool openai_error_is_quota(const json *error)
{
    static const char *const words[] = {"insufficient_quota",
                                        "credit_balance_exhausted",
                                        "organization_spend_limit_exceeded",
                                        "project_spend_limit_exceeded",
                                        "organization_usage_limit_exceeded",
                                        NULL};
    return llm_is_word(json_text(json_get(error, STR("type"))), words) ||
           llm_is_word(json_text(json_get(error, STR("code"))), words);
}

/* {"error": {…}}, the same in a list of one, {"error": "text"}, or flat {"message": …}. */
void openai_explain(int status, str body, struct arena *arena, struct llm_problem *problem)
{
    (void)status;
    const json *error = llm_problem_error(body, arena, problem);
    problem->quota = openai_error_is_quota(error);
}
