/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reply.c: what was decoded into a reply, and kept bodies read again (see reply.h).
 *
 * The tree of a body is several times its size and is needed only while it is read, so reading
 * has an arena of its own; what the reply wants of it is copied.
 */
#include "llm/reply.h"

#include "base/ceilings.h"
#include "io/pool.h"
#include "llm/stream.h"

/* ---- keeping ---- */

static void keep_calls(struct llm_reply *reply, const struct llm_decoded *decoded,
                       struct arena *arena)
{
    struct llm_tool_call *kept = arena_array(arena, struct llm_tool_call, decoded->tool_calls);
    for (size_t i = 0; i < decoded->tool_calls; i++) {
        const struct llm_tool_call *from = &decoded->tool_call[i];
        kept[i].id = arena_str(arena, from->id);
        kept[i].name = arena_str(arena, from->name);
        kept[i].text = arena_str(arena, from->text);
        if (from->arguments)
            kept[i].arguments = json_deep_copy(arena, from->arguments);
    }
    reply->tool_call = kept;
    reply->tool_calls = decoded->tool_calls;
    if (decoded->raw_turn)
        reply->raw_turn = json_deep_copy(arena, decoded->raw_turn);
}

static void keep_vectors(struct llm_reply *reply, size_t count,
                         const struct llm_decoded *decoded, struct arena *arena)
{
    struct llm_vector *kept = arena_array(arena, struct llm_vector, count);
    for (size_t i = 0; i < count; i++) {
        size_t n = decoded->vector[i].count;
        float *value = arena_array(arena, float, n);
        memcpy(value, decoded->vector[i].value, n * sizeof *value);
        kept[i] = (struct llm_vector){value, n};
    }
    reply->vector = kept;
}

void llm_reply_keep(struct llm_reply *reply, const struct llm_request *request,
                    const struct llm_decoded *decoded, struct arena *arena)
{
    reply->text = arena_str(arena, decoded->text);
    reply->model = arena_str(arena, decoded->model);
    reply->fingerprint = arena_str(arena, decoded->fingerprint);
    reply->refused = decoded->refused;
    reply->finish = decoded->finish;
    if (decoded->tool_calls)
        keep_calls(reply, decoded, arena);
    if (decoded->vector)
        keep_vectors(reply, request->embeds, decoded, arena);
}

/* ---- reading again ---- */

struct reading {
    const struct llm_request *request;
    str kept;
    struct arena arena;
    struct llm_decoded decoded;
};

/* What was kept does not say how it was sent; but a JSON reply begins as JSON does, and no event
 * stream does. */
static bool is_stream(const struct llm_request *request, str body)
{
    str begin = str_trim(str_sub(body, 0, 64));
    return llm_request_streams(request) && !str_starts_with(begin, STR("{"));
}

static void read_stream(struct reading *reading, str body)
{
    const struct llm_model *model = reading->request->model;
    struct llm_stream stream;
    llm_stream_init(&stream, body, NULL, 0);
    model->provider->dialect->decode_stream(model, &stream, &reading->arena, &reading->decoded);
    llm_stream_release(&stream);
}

static void take_output(struct reading *reading)
{
    const struct llm_request *request = reading->request;
    struct llm_prepared prepared = {0};
    if (!request->schema || request->model->capabilities.schema != LLM_SCHEMA_TOOL)
        return;
    request->model->provider->dialect->prepare(request, &reading->arena, &prepared);
    llm_take_output(request, &prepared, &reading->decoded);
}

static void run_reading(void *arg)
{
    struct reading *reading = arg;
    const struct llm_request *request = reading->request;
    const struct llm_dialect *dialect = request->model->provider->dialect;
    str body = llm_stream_unfold(&reading->arena, reading->kept);
    if (request->embeds)
        dialect->embedding->decode(request, body, &reading->arena, &reading->decoded);
    else if (is_stream(request, body))
        read_stream(reading, body);
    else
        dialect->decode(request->model, body, &reading->arena, &reading->decoded);
    if (reading->decoded.outcome == LLM_OK)
        take_output(reading);
}

bool fiber_fn llm_reply_read(struct llm_reply *reply, const struct llm_request *request,
                             str kept, struct arena *arena, struct pool *pool)
{
    struct reading reading = {.request = request, .kept = kept};
    if (pool && kept.n > LARGE_PARSE_BYTES)
        pool_run(pool, run_reading, &reading);
    else
        run_reading(&reading);
    bool good = reading.decoded.outcome == LLM_OK && !reading.decoded.error_status;
    if (good)
        llm_reply_keep(reply, request, &reading.decoded, arena);
    arena_release(&reading.arena);
    return good;
}
