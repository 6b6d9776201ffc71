/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * identity.c: counting requests (see identity.h).
 *
 * The table forgets: it holds the last million or so of distinct requests in two generations,
 * so that a server that runs for months stays small. Weir and the official SDKs number their
 * attempts, so what is forgotten matters to hand-made clients only.
 */
#include "mock_server/identity.h"

#include "base/hash.h"
#include "base/mem.h"
#include "mock_server/dialect.h"
#include "mock_server/epoch.h"

#include <pthread.h>

enum { GENERATION_MAX = 1 << 19, FIRST_CAPACITY = 1 << 10 };

struct counter {
    uint64_t key; /* 0: free */
    uint32_t requests, firsts;
};

struct generation {
    struct counter *slot;
    size_t capacity, count;
};

struct counters {
    pthread_mutex_t lock;
    struct generation young, old;
    struct epochs epochs;
};

struct counters *counters_new(void)
{
    struct counters *counters = xcalloc(1, sizeof *counters);
    pthread_mutex_init(&counters->lock, NULL);
    return counters;
}

static void generation_release(struct generation *generation)
{
    xfree(generation->slot);
    *generation = (struct generation){0};
}

void counters_clear(struct counters *counters)
{
    pthread_mutex_lock(&counters->lock);
    generation_release(&counters->young);
    generation_release(&counters->old);
    epochs_clear(&counters->epochs);
    pthread_mutex_unlock(&counters->lock);
}

void counters_forget(struct counters *counters, str scope)
{
    pthread_mutex_lock(&counters->lock);
    epoch_next(&counters->epochs, scope);
    pthread_mutex_unlock(&counters->lock);
}

void counters_free(struct counters *counters)
{
    counters_clear(counters);
    pthread_mutex_destroy(&counters->lock);
    xfree(counters);
}

static struct counter *slot_of(const struct generation *generation, uint64_t key)
{
    size_t mask = generation->capacity - 1, at = (size_t)key & mask;
    while (generation->slot[at].key && generation->slot[at].key != key)
        at = (at + 1) & mask;
    return &generation->slot[at];
}

static void grow(struct generation *generation)
{
    struct generation larger = {.count = generation->count};
    larger.capacity = generation->capacity ? generation->capacity * 2 : FIRST_CAPACITY;
    larger.slot = xcalloc(larger.capacity, sizeof *larger.slot);
    for (size_t i = 0; i < generation->capacity; i++)
        if (generation->slot[i].key)
            *slot_of(&larger, generation->slot[i].key) = generation->slot[i];
    xfree(generation->slot);
    *generation = larger;
}

static struct counter *counter_of(struct counters *counters, uint64_t key)
{
    struct generation *young = &counters->young;
    key += key == 0;
    if (young->count == GENERATION_MAX) {
        generation_release(&counters->old);
        counters->old = *young;
        *young = (struct generation){0};
    }
    if (young->count * 2 >= young->capacity)
        grow(young);
    struct counter *counter = slot_of(young, key);
    if (counter->key)
        return counter;
    young->count++;
    if (counters->old.capacity)
        *counter = *slot_of(&counters->old, key);
    counter->key = key;
    return counter;
}

/* The number in a header, or -1. */
static int64_t header_number(const struct http_request *http, str name, int64_t least)
{
    int64_t number;
    str text = str_trim(http_header_get(http, name));
    return text.n && str_to_int(text, &number) && number >= least ? number : -1;
}

int64_t identity_told_attempt(const struct http_request *http)
{
    int64_t attempt = header_number(http, STR("x-weir-attempt"), 1);
    if (attempt < 0) {
        int64_t retries = header_number(http, STR("x-stainless-retry-count"), 0);
        attempt = retries < 0 ? -1 : retries + 1;
    }
    return attempt < 0 ? header_number(http, STR("x-mock-attempt"), 1) : attempt;
}

/* Counts the request and fills in the attempt where nobody told it. The number of first attempts
 * with the same content so far. */
static uint32_t count_request(struct counters *counters, struct request *request)
{
    struct rng_key key = rng_mix_str(request->content, request->scope);
    key = rng_mix_str(key, request->idempotency);
    key = rng_mix_str(key, dialect_name(request->dialect));
    key = rng_mix_int(key, request->dialect->task);
    pthread_mutex_lock(&counters->lock);
    uint64_t epoch = epoch_of(&counters->epochs, request->scope);
    struct counter *counter = counter_of(counters, epoch ? rng_mix_int(key, epoch).k0 : key.k0);
    counter->requests++;
    if (request->attempt < 0)
        request->attempt = counter->requests;
    if (request->attempt == 1)
        counter->firsts++;
    uint32_t firsts = counter->firsts;
    pthread_mutex_unlock(&counters->lock);
    return firsts;
}

void identity_find(struct counters *counters, const struct http_request *http,
                   struct request *request)
{
    uint32_t firsts = 0;
    request->idempotency = http_header_get(http, STR("idempotency-key"));
    request->attempt = identity_told_attempt(http);
    if (request->attempt < 0 || request->idempotency.n == 0)
        firsts = count_request(counters, request);
    if (request->idempotency.n)
        request->sample = rng_mix_str(rng_key(1), request->idempotency);
    else
        request->sample = rng_mix_int(rng_key(2), firsts ? firsts - 1 : 0);
}

struct rng_key identity_key(uint64_t seed, const struct request *request)
{
    const uint64_t parts[] = {request->content.k0, request->content.k1, request->sample.k0,
                              request->sample.k1};
    struct rng_key key = rng_mix_str(rng_key(seed), request->scope);
    return rng_mix_str(key, (str){(const char *)parts, sizeof parts});
}

struct rng_key identity_attempt_key(uint64_t seed, const struct request *request)
{
    return rng_mix_int(identity_key(seed, request), (uint64_t)request->attempt);
}
