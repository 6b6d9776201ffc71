/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_write.c: a GenerateContentResponse, whole or the part of a stream.
 *
 * Counts that are 0 are left out, as protocol buffers do. A refusal is a candidate without
 * content that was stopped for safety; its words are told as the reason. Signatures stand on the
 * first call, or on the text of a model that reasoned.
 */
#include "mock_server/gemini.h"

#include "mock_server/dialect.h"

enum { SIGNATURE = 64 }; /* characters, a whole number of base64's groups */

static struct rng_key candidate_key(const struct reply *reply, size_t index)
{
    return index ? rng_mix_int(reply->ids, index) : reply->ids;
}

/* ---- parts ---- */

/* The provider's calls are objects; a text that is none cannot be sent. */
static const json *arguments_of(const struct request *request, const struct tool_use *use)
{
    if (use->arguments.n == 0)
        return json_new_object(request->arena);
    const json *arguments = json_parse(request->arena, use->arguments, NULL);
    return json_is(arguments, JSON_OBJECT) ? arguments : NULL;
}

static void write_signature(struct buf *out, struct rng_key key)
{
    buf_add_str(out, STR(",\"thoughtSignature\":\""));
    write_id(out, key, "signature", SIGNATURE);
    buf_add_char(out, '"');
}

static void write_call(struct buf *out, const struct tool_use *use, const json *arguments,
                       struct rng_key key, size_t index)
{
    buf_add_str(out, STR("{\"functionCall\":{\"id\":\""));
    write_id(out, rng_mix_int(key, index), "call", 8);
    buf_add_str(out, STR("\",\"name\":"));
    json_write_text(out, use->name);
    buf_add_str(out, STR(",\"args\":"));
    json_write(out, arguments, JSON_COMPACT);
    buf_add_char(out, '}');
    if (index == 0)
        write_signature(out, key);
    buf_add_char(out, '}');
}

static str text_between(str text, int64_t first, int64_t end)
{
    return str_sub(text, token_cut(text, first).n, token_cut(text, end).n);
}

/* A streamed candidate ends with an empty text. */
static bool write_text(struct buf *out, const struct candidate_part *part, struct rng_key key,
                       bool any)
{
    const struct choice *choice = part->choice;
    bool is_signed = part->is_last && choice->reasoning_tokens && choice->text.n &&
                     choice->kind == CHOICE_TEXT;
    bool is_end = part->is_last && !part->is_whole;
    str text = text_between(choice->text, part->first, part->end);
    if (!text.n && !is_end)
        return any;
    buf_add_str(out, any ? STR(",{\"text\":") : STR("{\"text\":"));
    json_write_text(out, text);
    if (is_signed)
        write_signature(out, key);
    buf_add_char(out, '}');
    return true;
}

static void write_content(struct buf *out, const struct request *request,
                          const struct candidate_part *part, struct rng_key key)
{
    const struct choice *choice = part->choice;
    size_t begin = out->n;
    bool any = false;
    buf_add_str(out, STR("\"content\":{\"parts\":["));
    if (part->thought.n) {
        buf_add_str(out, STR("{\"text\":"));
        json_write_text(out, part->thought);
        buf_add_str(out, STR(",\"thought\":true}"));
        any = true;
    }
    any = write_text(out, part, key, any);
    for (size_t i = part->use; i < part->use + part->uses; i++) {
        const json *arguments = arguments_of(request, &choice->use[i]);
        if (!arguments)
            continue;
        if (any)
            buf_add_char(out, ',');
        write_call(out, &choice->use[i], arguments, key, i);
        any = true;
    }
    if (!any) {
        out->n = begin;
        buf_add_str(out, STR("\"content\":{\"role\":\"model\"}"));
        return;
    }
    buf_add_str(out, STR("],\"role\":\"model\"}"));
}

/* ---- how it ended ---- */

static const struct tool_use *malformed_use(const struct request *request,
                                            const struct choice *choice)
{
    for (size_t i = 0; choice->finish != FINISH_LENGTH && i < choice->uses; i++)
        if (!arguments_of(request, &choice->use[i]))
            return &choice->use[i];
    return NULL;
}

static void write_finish(struct buf *out, const struct request *request,
                         const struct choice *choice)
{
    const struct tool_use *malformed = malformed_use(request, choice);
    if (choice->kind == CHOICE_REFUSAL) {
        buf_add_str(out, STR("\"finishReason\":\"SAFETY\",\"finishMessage\":"));
        json_write_text(out, choice->text);
        buf_add_str(out,
                    STR(",\"safetyRatings\":[{\"category\":\"HARM_CATEGORY_DANGEROUS_CONTENT\","
                        "\"probability\":\"HIGH\",\"blocked\":true}]"));
    } else if (malformed) {
        buf_add_str(out,
                    STR("\"finishReason\":\"MALFORMED_FUNCTION_CALL\",\"finishMessage\":"));
        json_write_text(out,
                        arena_printf(request->arena, "Malformed function call: %.*s(%.*s)",
                                     STR_ARG(malformed->name), STR_ARG(malformed->arguments)));
    } else {
        buf_add_str(out, choice->finish == FINISH_LENGTH
                             ? STR("\"finishReason\":\"MAX_TOKENS\"")
                             : STR("\"finishReason\":\"STOP\""));
    }
    buf_add_char(out, ',');
}

static void write_logprobs(struct buf *out, const struct request *request,
                           const struct candidate_part *part, struct rng_key key)
{
    str text = part->choice->text;
    if (part->end > part->first) {
        buf_add_str(out, STR(",\"logprobsResult\":"));
        gemini_write_logprobs(out, request, key, text, part->first, part->end);
    }
    if (part->is_last && text.n) {
        buf_add_str(out, STR(",\"avgLogprobs\":"));
        json_write_number(out, gemini_mean_logprob(key, text));
    }
}

void gemini_write_candidate(struct buf *out, const struct request *request,
                            const struct reply *reply, const struct candidate_part *part)
{
    struct rng_key key = candidate_key(reply, part->index);
    bool refused = part->choice->kind == CHOICE_REFUSAL;
    buf_add_char(out, '{');
    if (!refused) {
        write_content(out, request, part, key);
        buf_add_char(out, ',');
    }
    if (part->is_last)
        write_finish(out, request, part->choice);
    buf_add_str(out, STR("\"index\":"));
    write_int(out, (int64_t)part->index);
    if (request->logprobs && !refused)
        write_logprobs(out, request, part, key);
    buf_add_char(out, '}');
}

/* ---- the rest ---- */

static void write_count(struct buf *out, str name, int64_t count)
{
    if (!count)
        return;
    buf_add_str(out, name);
    write_int(out, count);
}

static void write_details(struct buf *out, str name, int64_t count)
{
    if (!count)
        return;
    buf_add_str(out, name);
    buf_add_str(out, STR("[{\"modality\":\"TEXT\",\"tokenCount\":"));
    write_int(out, count);
    buf_add_str(out, STR("}]"));
}

void gemini_write_rest(struct buf *out, const struct request *request,
                       const struct reply *reply, int64_t thoughts, int64_t others)
{
    buf_add_str(out, STR(",\"usageMetadata\":{\"totalTokenCount\":"));
    write_int(out, request->input_tokens + thoughts + others);
    write_count(out, STR(",\"promptTokenCount\":"), request->input_tokens);
    write_count(out, STR(",\"candidatesTokenCount\":"), others);
    write_count(out, STR(",\"thoughtsTokenCount\":"), thoughts);
    write_count(out, STR(",\"cachedContentTokenCount\":"), reply->cache_read);
    write_details(out, STR(",\"promptTokensDetails\":"), request->input_tokens);
    write_details(out, STR(",\"cacheTokensDetails\":"), reply->cache_read);
    buf_add_str(out, STR("},\"modelVersion\":"));
    json_write_text(out, reply->model);
    buf_add_str(out, STR(",\"responseId\":\""));
    write_id(out, reply->ids, "id", 22);
    buf_add_str(out, STR("\"}"));
}

static bool is_block_reason(str words)
{
    static const str reasons[] = {STR_INIT("SAFETY"), STR_INIT("OTHER"), STR_INIT("BLOCKLIST"),
                                  STR_INIT("PROHIBITED_CONTENT"), STR_INIT("IMAGE_SAFETY")};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (str_equal(words, reasons[i]))
            return true;
    return false;
}

bool gemini_is_blocked(const struct reply *reply)
{
    return reply->choices && reply->choice[0].kind == CHOICE_REFUSAL &&
           is_block_reason(reply->choice[0].text);
}

void gemini_write_blocked(struct buf *out, const struct reply *reply)
{
    buf_add_str(out, STR("{\"promptFeedback\":{\"blockReason\":"));
    json_write_text(out, reply->choice[0].text);
    buf_add_char(out, '}');
}

void gemini_write_reply(struct buf *out, const struct request *request,
                        const struct reply *reply)
{
    if (gemini_is_blocked(reply))
        gemini_write_blocked(out, reply);
    else
        buf_add_str(out, STR("{\"candidates\":["));
    for (size_t i = 0; i < reply->choices && !gemini_is_blocked(reply); i++) {
        const struct choice *choice = &reply->choice[i];
        const struct candidate_part whole = {
            .index = i,
            .choice = choice,
            .thought = request->show_reasoning ? choice->reasoning : STR(""),
            .end = token_count(choice->text),
            .uses = choice->uses,
            .is_last = true,
            .is_whole = true};
        if (i)
            buf_add_char(out, ',');
        gemini_write_candidate(out, request, reply, &whole);
    }
    if (!gemini_is_blocked(reply))
        buf_add_char(out, ']');
    gemini_write_rest(out, request, reply, reply->reasoning_tokens,
                      reply->output_tokens - reply->reasoning_tokens);
}
