/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt_cache.h: how much of a prompt the provider had read before.
 *
 * Prompts are remembered by their beginnings, in steps of some tokens, as providers do it. Mode
 * keyed remembers nothing and draws hits by the request; mode real remembers for a time, per key
 * and model, and so depends on arrival by nature.
 */
#ifndef MOCK_PROMPT_CACHE_H
#define MOCK_PROMPT_CACHE_H

#include "base/option.h"
#include "mock_server/request.h"

struct prompt_cache {
    bool is_given, is_real;
    double share; /* keyed: chance of a hit */
    int64_t ttl_ns;
    int64_t least_tokens, step_tokens;
};

/* Custom reader for a struct prompt_cache. */
int prompt_cache_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt prompt_cache_options[];

/* The beginnings of prompts; bounded, any thread may use it. */
struct prompt_memory;
struct prompt_memory *prompt_memory_new(void);
void prompt_memory_clear(struct prompt_memory *memory);
void prompt_memory_free(struct prompt_memory *memory);

/* Fills the reply's cache_read and cache_write. `key`: of the request, without the attempt. */
void prompt_cache_look(const struct prompt_cache *cache, struct prompt_memory *memory,
                       const struct request *request, struct rng_key key, int64_t now_ns,
                       struct reply *reply);

#endif
