/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * llm.c: names, request hashes and token estimates of the neutral types (see llm.h).
 */
#include "llm/llm.h"

#include "base/buf.h"
#include "llm/model.h"

const char *llm_finish_name(enum llm_finish finish)
{
    static const char *const names[] = {"stop", "length", "filter", "tool", "other"};
    return names[finish];
}

const char *llm_outcome_name(enum llm_outcome outcome)
{
    switch (outcome) {
    case LLM_OK:
        return "ok";
    case LLM_RATE_LIMITED:
        return "rate-limited";
    case LLM_QUOTA:
        return "quota";
    case LLM_AUTH:
        return "auth";
    case LLM_REQUEST:
        return "request";
    case LLM_SERVER:
        return "server";
    case LLM_TRANSPORT:
        return "transport";
    case LLM_TIMEOUT:
        return "timeout";
    case LLM_LIMIT:
        return "limit";
    case LLM_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

const char *llm_effort_name(enum llm_effort effort)
{
    static const char *const names[] = {"minimal", "low", "medium", "high"};
    return (size_t)effort < sizeof names / sizeof names[0] ? names[effort] : "unknown";
}

/* ---- what is asked, as a hash ---- */

static struct hash128 add_double(struct hash128 hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return hash_add_int(hash, bits);
}

/* Each parameter that is set: its number, then its value. The numbers are part of stored hashes
 * and never change. */
static struct hash128 add_params(struct hash128 hash, const struct llm_params *params)
{
    if (params->has_temperature)
        hash = add_double(hash_add_int(hash, 1), params->temperature);
    if (params->has_top_p)
        hash = add_double(hash_add_int(hash, 2), params->top_p);
    if (params->has_max_tokens)
        hash = hash_add_int(hash_add_int(hash, 3), (uint64_t)params->max_tokens);
    if (params->has_seed)
        hash = hash_add_int(hash_add_int(hash, 4), (uint64_t)params->seed);
    if (params->has_effort)
        hash = hash_add_int(hash_add_int(hash, 5), (uint64_t)params->effort);
    for (size_t i = 0; i < params->stop_count; i++)
        hash = hash_add(hash_add_int(hash, 6), params->stop[i]);
    return hash;
}

static struct hash128 add_json(struct hash128 hash, const json *value)
{
    struct buf text = {0};
    json_write_canonical(&text, value);
    hash = hash_add(hash, buf_str(&text));
    buf_release(&text);
    return hash;
}

/* What a message has beside its text. Numbers as above; a plain message adds nothing. */
static struct hash128 add_calls(struct hash128 hash, const struct llm_message *message)
{
    for (size_t i = 0; i < message->tool_calls; i++) {
        hash = hash_add(hash_add_int(hash, 7), message->tool_call[i].name);
        hash = hash_add(hash, message->tool_call[i].text);
    }
    if (message->answers)
        hash = hash_add(hash_add_int(hash, 8), message->answers->name);
    if (message->failed)
        hash = hash_add_int(hash, 9);
    return hash;
}

static struct hash128 add_tools(struct hash128 hash, const struct llm_request *request)
{
    for (size_t i = 0; i < request->tools; i++) {
        const struct llm_tool *tool = &request->tool[i];
        hash = hash_add(hash_add_int(hash, 10), tool->name);
        hash = hash_add(hash, tool->description);
        hash = hash_add_int(hash, tool->strict);
        hash = add_json(hash, tool->parameters);
    }
    if (request->tool_choice != LLM_TOOLS_AUTO)
        hash = hash_add_int(hash_add_int(hash, 11), (uint64_t)request->tool_choice);
    return hash;
}

struct hash128 llm_request_hash(const struct llm_request *request)
{
    const struct llm_model *model = request->model;
    struct hash128 hash = hash_add((struct hash128){0}, STR("weir request 1"));
    hash = hash_add(hash, model->provider->name);
    hash = hash_add(hash, model->model);
    hash = hash_add_int(hash, request->message_count);
    for (size_t i = 0; i < request->message_count; i++) {
        hash = hash_add_int(hash, (uint64_t)request->message[i].role);
        hash = hash_add(hash, request->message[i].text);
        hash = add_calls(hash, &request->message[i]);
    }
    hash = add_params(hash, &request->params);
    hash = add_tools(hash, request);
    for (size_t i = 0; i < request->embeds; i++)
        hash = hash_add(hash_add_int(hash, 12), request->embed[i]);
    if (request->schema) {
        hash = hash_add(hash, request->schema_name);
        hash = hash_add_int(hash, (uint64_t)model->capabilities.schema);
        hash = hash_add(hash, jsonschema_canonical(request->schema));
    }
    if (model->extra)
        hash = add_json(hash_add(hash, STR("extra")), model->extra);
    return hash;
}

/* ---- how long it is ---- */

enum { BYTES_PER_TOKEN = 4, TOKENS_PER_MESSAGE = 4 };

static size_t bytes_of_json(const json *value)
{
    struct buf text = {0};
    json_write(&text, value, JSON_COMPACT);
    size_t bytes = text.n;
    buf_release(&text);
    return bytes;
}

/* Bytes, and how many pieces they are in, each of which is rounded up to whole tokens. */
struct extent {
    size_t bytes;
    int64_t tokens;
};

static void add_piece(struct extent *extent, size_t bytes)
{
    extent->bytes += bytes;
    extent->tokens += (int64_t)((bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN);
}

static void add_message(struct extent *extent, const struct llm_message *message)
{
    extent->tokens += TOKENS_PER_MESSAGE;
    if (message->raw_turn) {
        add_piece(extent, bytes_of_json(message->raw_turn));
        return;
    }
    add_piece(extent, message->text.n);
    for (size_t i = 0; i < message->tool_calls; i++)
        add_piece(extent, message->tool_call[i].name.n + message->tool_call[i].text.n);
}

static struct extent extent_of(const struct llm_request *request)
{
    struct extent extent = {0};
    for (size_t i = 0; i < request->message_count; i++)
        add_message(&extent, &request->message[i]);
    for (size_t i = 0; i < request->embeds; i++)
        add_piece(&extent, request->embed[i].n);
    if (request->schema)
        add_piece(&extent, bytes_of_json(jsonschema_source(request->schema)));
    for (size_t i = 0; i < request->tools; i++) {
        const struct llm_tool *tool = &request->tool[i];
        add_piece(&extent, tool->name.n + tool->description.n);
        add_piece(&extent, bytes_of_json(tool->parameters));
    }
    return extent;
}

int64_t llm_estimate_tokens(const struct llm_request *request)
{
    return extent_of(request).tokens;
}

size_t llm_request_bytes(const struct llm_request *request)
{
    return extent_of(request).bytes;
}

struct llm_message llm_reply_turn(const struct llm_reply *reply)
{
    return (struct llm_message){
        .role = LLM_ASSISTANT,
        .text = reply->text,
        .tool_call = reply->tool_call,
        .tool_calls = reply->tool_calls,
        .raw_turn = reply->raw_turn,
    };
}
