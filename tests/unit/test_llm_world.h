/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_world.h: a client, a provider and a model around a server that plays a script, and a
 * fiber to make calls on.
 */
#ifndef TEST_LLM_WORLD_H
#define TEST_LLM_WORLD_H

#include "base/ceilings.h"
#include "base/log.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "llm/client.h"
#include "llm/dialect.h"
#include "unit/test_llm_server.h"

#define SECRET "sk-very-secret-0123456789"

/* limits.reply of the client, and what may come for it on the wire. */
enum {
    WORLD_REPLY_LIMIT = 40000,
    WORLD_WIRE_LIMIT = REPLY_WIRE_ROOM_BYTES + REPLY_WIRE_FACTOR * WORLD_REPLY_LIMIT
};

struct world {
    struct script *script;
    struct loop *loop;
    struct http *http;
    struct pool *pool;
    struct llm_client *client;
    struct llm_provider provider;
    struct llm_model model;
    struct llm_message message;
    struct llm_request request;
    struct llm_reply reply;
    struct llm_endpoint endpoint;
    struct arena arena;
    int result;
    void (*test)(struct world *world);
};

static void fill_world(struct world *world)
{
    world->endpoint = (struct llm_endpoint){
        .base_url = arena_printf(&world->arena, "http://127.0.0.1:%d/v1", world->script->port),
        .key = STR(SECRET),
    };
    world->provider = (struct llm_provider){
        .name = STR("test"),
        .dialect = &llm_dialect_openai_chat,
        .endpoint = &world->endpoint,
        .endpoints = 1,
        .retry = llm_retry_default(),
    };
    world->provider.retry.base_ns = NS_PER_MS;
    world->provider.retry.cap_ns = 4 * NS_PER_MS;
    world->model = (struct llm_model){
        .name = STR("small"),
        .provider = &world->provider,
        .model = STR("m"),
        .price = {.known = true, .input = 2000000, .cache_read = 1000000, .output = 10000000},
    };
    world->message = (struct llm_message){.role = LLM_USER, .text = STR("Hello")};
    world->request = (struct llm_request){
        .model = &world->model,
        .message = &world->message,
        .message_count = 1,
        .params = {.has_max_tokens = true, .max_tokens = 100},
        .attempt_key = STR("key-1"),
        .key = rng_key(1),
    };
}

static void fiber_fn run_in_world(void *arg)
{
    struct world *world = arg;
    world->test(world);
}

/* Runs a test on a fiber against the script, with everything fresh around it. */
static void in_world(const struct act_step *step, size_t steps, void (*test)(struct world *))
{
    struct world world = {.script = script_start(step, steps), .test = test};
    struct err err;
    secret_add(STR(SECRET));
    fill_world(&world);
    world.loop = loop_open();
    world.pool = pool_open(world.loop, 1);
    assert_int_equal(http_open(&world.http, world.loop, &err), 0);
    world.client =
        llm_client_open(&(struct llm_client_options){.loop = world.loop,
                                                     .http = world.http,
                                                     .pool = world.pool,
                                                     .reply_limit = WORLD_REPLY_LIMIT});
    fiber_run(world.loop, run_in_world, &world);
    llm_client_close(world.client);
    http_close(world.http);
    pool_close(world.pool);
    loop_close(world.loop);
    script_end(world.script);
    arena_release(&world.arena);
    secret_clear();
}

#define IN_WORLD(steps, test) in_world(steps, sizeof(steps) / sizeof *(steps), test)

static void fiber_fn call(struct world *world)
{
    world->result = llm_call(world->client, &world->request, &world->arena, &world->reply);
}

static void expect(struct world *world, enum llm_outcome outcome, unsigned attempts)
{
    call(world);
    assert_int_equal(world->result, 0);
    if (world->reply.outcome != outcome || world->reply.attempts != attempts)
        fail_msg("%s after %u attempts: %.*s", llm_outcome_name(world->reply.outcome),
                 world->reply.attempts, STR_ARG(world->reply.message));
    assert_int_equal(world->reply.status, world->reply.attempt[attempts - 1].status);
    assert_false(secret_occurs(world->reply.message));
    for (unsigned i = 0; i < attempts; i++)
        assert_false(secret_occurs(world->reply.attempt[i].message));
}

static inline void assert_text(str text, const char *wanted)
{
    if (!str_equal(text, str_from(wanted)))
        fail_msg("'%.*s' instead of '%s'", STR_ARG(text), wanted);
}

static inline void assert_has(str text, const char *part)
{
    if (!str_contains(text, str_from(part)))
        fail_msg("no '%s' in '%.*s'", part, STR_ARG(text));
}

#endif
