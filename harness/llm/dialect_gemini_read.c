/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialect_gemini_read.c: Gemini's generateContent: what comes back, whole or as a stream.
 *
 * Replies are proto-JSON: a member that has its default value is left out, counts of 0 included.
 * A stream is a row of whole replies with the new parts only; nothing but a finishReason tells
 * that it came to its end. Thoughts are counted beside the output and are added to it.
 */
#include "llm/dialect_gemini.h"

#include "llm/dialect_parts.h"
#include "llm/stream.h"

/* ---- usage ---- */

/* Early pieces of a stream have usage without counts: that says nothing. */
static void read_usage(const json *usage, struct llm_usage *out)
{
    const json *prompt = json_get(usage, STR("promptTokenCount"));
    if (!prompt && !json_get(usage, STR("totalTokenCount")))
        return;
    int64_t input = llm_token_count(prompt);
    int64_t for_tools = llm_optional_count(json_get(usage, STR("toolUsePromptTokenCount")));
    int64_t answer = llm_optional_count(json_get(usage, STR("candidatesTokenCount")));
    int64_t thoughts = llm_optional_count(json_get(usage, STR("thoughtsTokenCount")));
    out->cache_read = llm_optional_count(json_get(usage, STR("cachedContentTokenCount")));
    out->cache_write = 0; /* storing is billed by the hour, not by the request */
    input = llm_count_without(input, out->cache_read, 0);
    out->input = input < 0 || for_tools < 0 ? -1 : input + for_tools;
    out->output = answer < 0 || thoughts < 0 ? -1 : answer + thoughts;
    out->reasoning = thoughts;
}

/* ---- a reply, or the pieces of one ---- */

struct reply {
    struct arena *arena;
    struct llm_decoded *out;
    struct buf text;
    json *parts;      /* of the model's turn */
    str finish, note; /* finishReason, finishMessage */
    str blocked;      /* blockReason of the prompt */
    bool has_candidate;
};

/* True when it brought a piece of the answer. */
static bool read_part(struct reply *reply, const json *part)
{
    const json *call = json_get(part, STR("functionCall"));
    str text = json_text(json_get(part, STR("text")));
    json_add(reply->arena, reply->parts, part);
    if (json_is(call, JSON_OBJECT)) {
        llm_decoded_add_call(reply->out, reply->arena,
                             llm_tool_call_json(reply->arena,
                                                json_text(json_get(call, STR("id"))),
                                                json_text(json_get(call, STR("name"))),
                                                json_get(call, STR("args"))));
        return true;
    }
    if (json_bool(json_get(part, STR("thought"))))
        return false;
    buf_add_str(&reply->text, text);
    return text.n > 0;
}

static bool read_root(struct reply *reply, const json *root)
{
    const json *candidates = json_get(root, STR("candidates"));
    const json *candidate = json_is(candidates, JSON_LIST) ? json_first(candidates) : NULL;
    const json *parts = json_path(candidate, "content.parts");
    str finish = json_text(json_get(candidate, STR("finishReason")));
    str blocked = json_text(json_path(root, "promptFeedback.blockReason"));
    str model = json_text(json_get(root, STR("modelVersion")));
    bool output = false;
    read_usage(json_get(root, STR("usageMetadata")), &reply->out->usage);
    if (model.n)
        reply->out->model = model;
    if (blocked.n)
        reply->blocked = blocked;
    if (finish.n) {
        reply->finish = finish;
        reply->note = json_text(json_get(candidate, STR("finishMessage")));
    }
    reply->has_candidate = reply->has_candidate || finish.n || json_is(parts, JSON_LIST);
    for (const json *part = json_is(parts, JSON_LIST) ? json_first(parts) : NULL; part;
         part = json_next(part))
        output = read_part(reply, part) || output;
    return output;
}

/* ---- what it comes to ---- */

static bool is_block(str reason)
{
    static const char *const words[] = {"SAFETY",
                                        "RECITATION",
                                        "BLOCKLIST",
                                        "PROHIBITED_CONTENT",
                                        "SPII",
                                        "IMAGE_SAFETY",
                                        "IMAGE_PROHIBITED_CONTENT",
                                        "IMAGE_RECITATION",
                                        NULL};
    return llm_is_word(reason, words);
}

static enum llm_finish finish_of(const struct reply *reply)
{
    if (str_equal(reply->finish, STR("STOP")))
        return reply->out->tool_calls ? LLM_FINISH_TOOL : LLM_FINISH_STOP;
    if (str_equal(reply->finish, STR("MAX_TOKENS")))
        return LLM_FINISH_LENGTH;
    return is_block(reply->finish) ? LLM_FINISH_FILTER : LLM_FINISH_OTHER;
}

static void refuse(struct reply *reply, const char *what, str reason)
{
    struct llm_decoded *out = reply->out;
    out->refused = true;
    out->finish = LLM_FINISH_FILTER;
    out->tool_calls = 0;
    out->message = arena_printf(reply->arena, "%s (%.*s)%s%.*s", what, STR_ARG(reason),
                                reply->note.n ? ": " : "", STR_ARG(reply->note));
}

static void settle(struct reply *reply, const json *root)
{
    struct llm_decoded *out = reply->out;
    out->text = arena_str(reply->arena, buf_str(&reply->text));
    if (reply->blocked.n && !reply->has_candidate) {
        refuse(reply, "the prompt was blocked", reply->blocked);
        return;
    }
    if (!reply->has_candidate) {
        llm_decode_lacks(root, "candidates with content", reply->arena, out);
        return;
    }
    out->finish = finish_of(reply);
    if (out->finish == LLM_FINISH_FILTER)
        refuse(reply, "the answer was blocked", reply->finish);
    else if (out->finish == LLM_FINISH_OTHER && out->text.n == 0 && reply->finish.n)
        out->message = arena_printf(reply->arena, "the answer is empty: %.*s%s%.*s",
                                    STR_ARG(reply->finish), reply->note.n ? ": " : "",
                                    STR_ARG(reply->note));
    if (out->tool_calls) {
        json *turn = json_new_object(reply->arena);
        json_set_text(reply->arena, turn, "role", STR("model"));
        json_set(reply->arena, turn, STR("parts"), reply->parts);
        out->raw_turn = turn;
    }
    llm_note_used_up(out);
}

void gemini_decode(const struct llm_model *model, str body, struct arena *arena,
                   struct llm_decoded *out)
{
    (void)model;
    const json *root = llm_decode_root(body, arena, out);
    if (!root)
        return;
    struct reply reply = {.arena = arena, .out = out, .parts = json_new_list(arena)};
    read_root(&reply, root);
    settle(&reply, root);
    buf_release(&reply.text);
}

/* ---- errors ---- */

/* "36s", "36.429760048s": a duration of proto-JSON. */
static int64_t duration_ns(str text)
{
    double seconds;
    if (!str_ends_with(text, STR("s")) ||
        !str_to_double(str_sub(text, 0, text.n - 1), &seconds) || !(seconds > 0))
        return -1;
    const double most = 366.0 * 86400; /* above any cap */
    return (int64_t)((seconds < most ? seconds : most) * 1e9);
}

/* A quota by the day comes back tomorrow: as good as used up. */
static bool is_daily(const json *violations)
{
    for (const json *item = json_first(violations); item; item = json_next(item))
        if (str_contains(json_text(json_get(item, STR("quotaId"))), STR("PerDay")))
            return true;
    return false;
}

static void read_details(const json *error, struct llm_problem *problem)
{
    const json *details = json_get(error, STR("details"));
    const json *item = json_is(details, JSON_LIST) ? json_first(details) : NULL;
    for (; item; item = json_next(item)) {
        str type = json_text(json_get(item, STR("@type")));
        if (str_ends_with(type, STR("RetryInfo")))
            problem->retry_after_ns = duration_ns(json_text(json_get(item, STR("retryDelay"))));
        else if (str_ends_with(type, STR("QuotaFailure")))
            problem->quota = problem->quota || is_daily(json_get(item, STR("violations")));
        else if (str_equal(json_text(json_get(item, STR("reason"))), STR("API_KEY_INVALID")))
            problem->auth = true;
    }
}

void gemini_explain(int status, str body, struct arena *arena, struct llm_problem *problem)
{
    (void)status;
    const json *error = llm_problem_error(body, arena, problem);
    read_details(error, problem);
}

/* ---- a stream ---- */

static int error_status(const json *error)
{
    int64_t code;
    if (json_int(json_get(error, STR("code")), &code) && code >= 400 && code <= 599)
        return (int)code;
    return 500;
}

static void read_error(const json *error, struct arena *arena, struct llm_decoded *out)
{
    struct llm_problem problem = {.retry_after_ns = -1};
    str why = json_text(json_get(error, STR("message")));
    read_details(error, &problem);
    out->error_status = problem.auth ? 401 : error_status(error);
    out->quota = problem.quota;
    out->retry_after_ns = problem.retry_after_ns > 0 ? problem.retry_after_ns : 0;
    llm_decode_fail(out, why.n ? arena_str(arena, why) : STR("the provider says no more"));
}

static const json *error_in(const json *root)
{
    if (json_is(root, JSON_LIST))
        root = json_first(root);
    const json *error = json_get(root, STR("error"));
    return json_is(error, JSON_OBJECT) ? error : NULL;
}

/* What is behind the last event: the service may break off with an error that is none, without
 * "data:". Anything else is the beginning of an event: false, the stream was cut within it. */
static bool read_rest(struct reply *reply, const struct llm_stream *stream, const json **error)
{
    str rest = str_trim(str_sub(stream->body, stream->end, stream->body.n));
    if (rest.n == 0)
        return true;
    *error = error_in(json_parse(reply->arena, rest, NULL));
    return false;
}

/* What was counted so far is not what the whole answer took. */
static void cut(struct llm_decoded *out)
{
    out->usage.output = -1;
    out->usage.reasoning = -1;
    llm_decode_cut(out);
}

void gemini_decode_stream(const struct llm_model *model, struct llm_stream *stream,
                          struct arena *arena, struct llm_decoded *out)
{
    (void)model;
    struct reply reply = {.arena = arena, .out = out, .parts = json_new_list(arena)};
    const json *error = NULL;
    bool whole = true, readable = true;
    *out = llm_decoded_new();
    while (!error && readable && llm_stream_next(stream)) {
        const json *root = json_parse(arena, stream->data, NULL);
        error = error_in(root);
        readable = error || json_is(root, JSON_OBJECT);
        if (!error && readable && read_root(&reply, root))
            llm_stream_output(stream);
    }
    if (!error && readable)
        whole = read_rest(&reply, stream, &error);
    if (error)
        read_error(error, arena, out);
    else if (!readable)
        llm_decode_fail(out, STR("an event of the stream is not a JSON object"));
    else if (!whole || (!reply.finish.n && !reply.blocked.n))
        cut(out);
    else
        settle(&reply, NULL);
    buf_release(&reply.text);
}
