/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt_cache.c: remembering the beginnings of prompts (see prompt_cache.h).
 *
 * A beginning is known by a hash that is carried on from step to step, so all beginnings of a
 * prompt cost one pass. The memory is a table of fixed size in sets of four, of which the oldest
 * goes.
 */
#include "mock_server/prompt_cache.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <pthread.h>

static const char *const modes[] = {"keyed", "real", NULL};

struct prompt_cache_spec {
    int mode;
    double share;
    int64_t ttl, least, step;
    bool share_given, ttl_given;
};

/* clang-format off */
const struct opt prompt_cache_options[] = {
    OPT_CHOICE(prompt_cache_spec, mode, .choices = modes, .fallback = "keyed", .help = "keyed draws hits; real remembers prompts per key and model and so depends on arrival"),
    OPT_SHARE(prompt_cache_spec, share, .fallback = "0.5", OPT_GIVEN(prompt_cache_spec, share_given), .help = "keyed only: chance that all of the prompt but its last step was read before"),
    OPT_DURATION(prompt_cache_spec, ttl, .fallback = "5m", OPT_GIVEN(prompt_cache_spec, ttl_given), .help = "real only: how long a beginning is remembered since its last use"),
    OPT_INT(prompt_cache_spec, least, .fallback = "1024", .min = 1, .max = 1e9, .help = "tokens; what is shorter is not remembered"),
    OPT_INT(prompt_cache_spec, step, .fallback = "128", .min = 1, .max = 1e9, .help = "tokens; beginnings are told apart by as many"),
    OPT_END_FORM("{if: {properties: {mode: {const: real}}, required: [mode]}, then: {properties: {share: false}}, else: {properties: {ttl: false}}}"),
};
/* clang-format on */

static int check_flag(struct opt_parse *parse, const struct yaml *value, const char *key,
                      const char *mode)
{
    return mistake_add(parse->mistakes, yaml_pair_get(value, str_from(key))->key_place,
                       "'%s' goes only with mode: %s", key, mode);
}

int prompt_cache_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct prompt_cache_spec spec = {0};
    opt_defaults(prompt_cache_options, parse->arena, &spec);
    if (opt_parse_mapping(parse, prompt_cache_options, value, "cache", NULL, &spec) < 0)
        return -1;
    bool real = spec.mode == 1;
    if (spec.share_given && real)
        return check_flag(parse, value, "share", "keyed");
    if (spec.ttl_given && !real)
        return check_flag(parse, value, "ttl", "real");
    *(struct prompt_cache *)field =
        (struct prompt_cache){true, real, spec.share, spec.ttl, spec.least, spec.step};
    return 0;
}

/* ---- memory ---- */

enum { SETS = 1 << 14, WAYS = 4 };

struct beginning {
    uint64_t hash; /* 0: free */
    int64_t used_ns;
};

struct prompt_memory {
    pthread_mutex_t lock;
    struct beginning *beginning; /* SETS × WAYS; NULL until needed */
};

struct prompt_memory *prompt_memory_new(void)
{
    struct prompt_memory *memory = xcalloc(1, sizeof *memory);
    pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

void prompt_memory_clear(struct prompt_memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    xfree(memory->beginning);
    memory->beginning = NULL;
    pthread_mutex_unlock(&memory->lock);
}

void prompt_memory_free(struct prompt_memory *memory)
{
    prompt_memory_clear(memory);
    pthread_mutex_destroy(&memory->lock);
    xfree(memory);
}

/* Was it used since `since_ns`? It is now in any case. */
static bool meet(struct prompt_memory *memory, uint64_t hash, int64_t since_ns, int64_t now_ns)
{
    struct beginning *set = &memory->beginning[hash % SETS * WAYS], *oldest = set;
    hash += hash == 0;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash) {
            bool fresh = set[i].used_ns >= since_ns;
            set[i].used_ns = now_ns;
            return fresh;
        }
        if (set[i].hash == 0 || (oldest->hash && set[i].used_ns < oldest->used_ns))
            oldest = &set[i];
    }
    *oldest = (struct beginning){hash, now_ns};
    return false;
}

/* ---- beginnings ---- */

/* Goes through a prompt and meets each beginning whose length is a whole number of steps. */
struct reading_prompt {
    const struct prompt_cache *cache;
    struct prompt_memory *memory;
    int64_t now_ns;
    uint64_t hash;
    int64_t tokens;      /* so far */
    int64_t known, last; /* the longest beginning that was remembered; that there is */
};

static void read_tokens(struct reading_prompt *r, str text, uint64_t role)
{
    enum { PER_TURN = 4, BYTES_PER_TOKEN = 4 };
    const struct prompt_cache *cache = r->cache;
    r->tokens += PER_TURN;
    while (text.n) {
        int64_t to_step = cache->step_tokens - r->tokens % cache->step_tokens;
        int64_t tokens = token_count(text);
        bool whole = tokens >= to_step;
        size_t n = whole ? (size_t)to_step * BYTES_PER_TOKEN : text.n;
        n = n > text.n ? text.n : n;
        r->hash = hash_sip(r->hash, role, text.p, n);
        r->tokens += whole ? to_step : tokens;
        text = str_sub(text, n, text.n);
        if (!whole || r->tokens < cache->least_tokens)
            continue;
        if (r->memory && meet(r->memory, r->hash, r->now_ns - cache->ttl_ns, r->now_ns))
            r->known = r->tokens;
        r->last = r->tokens;
    }
    r->hash = hash_sip(r->hash, role, "", 0);
}

/* What comes before the turns: whose prompt it is, its tools and its schema. */
static void begin(struct reading_prompt *r, const struct request *request)
{
    r->tokens = request->input_tokens;
    for (size_t i = 0; i < request->turns; i++)
        r->tokens -= token_count(request->turn[i].text) + 4;
    struct rng_key key = rng_mix_str(rng_key(0), request->scope);
    key = rng_mix_str(rng_mix_str(key, request->api_key), request->model);
    for (size_t i = 0; i < request->tools; i++) {
        key = rng_mix_str(key, request->tool[i].name);
        key = rng_mix_int(key, json_hash(request->tool[i].parameters, NULL));
    }
    r->hash = rng_mix_int(key, json_hash(request->schema, NULL)).k0;
}

void prompt_cache_look(const struct prompt_cache *cache, struct prompt_memory *memory,
                       const struct request *request, struct rng_key key, int64_t now_ns,
                       struct reply *reply)
{
    if (!cache->is_given)
        return;
    struct reading_prompt r = {.cache = cache, .now_ns = now_ns};
    const size_t turns = request->cache_by_marks ? request->cache_turns : request->turns;
    begin(&r, request);
    if (cache->is_real) {
        pthread_mutex_lock(&memory->lock);
        if (!memory->beginning)
            memory->beginning = xcalloc((size_t)SETS * WAYS, sizeof(struct beginning));
        r.memory = memory;
    }
    for (size_t i = 0; i < turns; i++)
        read_tokens(&r, request->turn[i].text, (uint64_t)request->turn[i].role);
    if (cache->is_real)
        pthread_mutex_unlock(&memory->lock);
    else if (rng_uniform(key, "cache", 0) < cache->share)
        r.known = r.last;
    reply->cache_read = r.known;
    reply->cache_write = r.last - r.known;
}
