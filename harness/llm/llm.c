/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * llm.c: names, request hashes and token estimates of the neutral types (see llm.h).
 */
#include "llm/llm.h"

#include "base/buf.h"
#include "llm/model.h"

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
    }
    hash = add_params(hash, &request->params);
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

static int64_t tokens_of(size_t bytes)
{
    return (int64_t)((bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN);
}

int64_t llm_estimate_tokens(const struct llm_request *request)
{
    int64_t tokens = 0;
    for (size_t i = 0; i < request->message_count; i++)
        tokens += tokens_of(request->message[i].text.n) + TOKENS_PER_MESSAGE;
    if (request->schema) {
        struct buf text = {0};
        json_write(&text, jsonschema_source(request->schema), JSON_COMPACT);
        tokens += tokens_of(text.n);
        buf_release(&text);
    }
    return tokens;
}
