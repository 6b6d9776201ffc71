/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limit.c: token buckets, windows and quotas (see limit.h).
 *
 * A bucket holds a minute's worth and refills steadily; a window counts what came since its
 * minute began. Tokens are counted as the provider does it, by the larger of what the prompt
 * costs and what the reply may cost, before the reply is known.
 */
#include "mock_server/limit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mock_server/epoch.h"

#include <math.h>
#include <pthread.h>

static const char *const per_names[] = {"key", "model", NULL};
static const char *const shape_names[] = {"bucket", "window", NULL};
static const char *const mode_names[] = {"real", "keyed", "virtual", NULL};

struct limit_spec {
    int per, shape, mode;
    str model;
    int64_t rpm, tpm, requests;
    double share;
    bool share_given;
};

/* clang-format off */
const struct opt limit_options[] = {
    OPT_CHOICE(limit_spec, per, .choices = per_names, .fallback = "key", .help = "counted for each key or for each model"),
    OPT_TEXT(limit_spec, model, .help = "only this model; all by default"),
    OPT_INT(limit_spec, rpm, .min = 1, .max = 1e12, .help = "requests per minute"),
    OPT_INT(limit_spec, tpm, .min = 1, .max = 1e15, .help = "tokens per minute"),
    OPT_INT(limit_spec, requests, .min = 1, .max = 1e12, .help = "requests in all, then the quota is exhausted"),
    OPT_CHOICE(limit_spec, shape, .choices = shape_names, .fallback = "bucket", .help = "refills steadily, or starts anew each minute"),
    OPT_CHOICE(limit_spec, mode, .choices = mode_names, .fallback = "real", .help = "real depends on arrival; keyed draws refusals; virtual has a clock moved by /mock/clock"),
    OPT_SHARE(limit_spec, share, .fallback = "0.05", OPT_GIVEN(limit_spec, share_given), .help = "keyed only: chance of a 429 per attempt, whatever the load"),
    OPT_END_FORM(
        "{anyOf: [{required: [rpm]}, {required: [tpm]}, {required: [requests]}],"
        " if: {required: [share]}, then: {properties: {mode: {const: keyed}}, required: [mode]}}"),
};
/* clang-format on */

static int read_limit(struct opt_parse *parse, const struct yaml *value, struct limit *limit)
{
    struct limit_spec spec = {0};
    opt_defaults(limit_options, parse->arena, &spec);
    if (opt_parse_mapping(parse, limit_options, value, "limit", NULL, &spec) < 0)
        return -1;
    if (!spec.rpm && !spec.tpm && !spec.requests)
        return mistake_add(parse->mistakes, value->place,
                           "limit limits nothing; expected one of rpm, tpm, requests");
    if (spec.share_given && spec.mode != LIMIT_KEYED)
        return mistake_add(parse->mistakes, yaml_pair_get(value, STR("share"))->key_place,
                           "'share' goes only with mode: keyed");
    *limit = (struct limit){(enum limit_per)spec.per,
                            spec.model,
                            spec.rpm,
                            spec.tpm,
                            spec.requests,
                            (enum limit_shape)spec.shape,
                            (enum limit_mode)spec.mode,
                            spec.share};
    return 0;
}

int limits_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_LIST)
        return mistake_add(parse->mistakes, value->place,
                           "limits is %s; expected a list of limits",
                           value_shown(parse->arena, value));
    struct limit *limit = arena_array(parse->arena, struct limit, value->count);
    int result = 0;
    for (size_t i = 0; i < value->count; i++)
        result |= read_limit(parse, value->item[i], &limit[i]);
    *(struct limits *)field = (struct limits){limit, value->count};
    return result ? -1 : 0;
}

/* ---- counts ---- */

/* One for each limit and each key or model that was seen; there are few. */
struct tally {
    struct tally *next;
    uint64_t name;
    double requests_used, tokens_used; /* of a minute's worth */
    int64_t since_ns;                  /* of the last refill, or of the window's begin */
    int64_t all;
    bool begun;
};

enum { BUCKETS = 1024 };

struct limit_counts {
    pthread_mutex_t lock;
    struct tally *bucket[BUCKETS];
    struct epochs epochs;
};

struct limit_counts *limit_counts_new(void)
{
    struct limit_counts *counts = xcalloc(1, sizeof *counts);
    pthread_mutex_init(&counts->lock, NULL);
    return counts;
}

void limit_counts_forget(struct limit_counts *counts, str scope)
{
    pthread_mutex_lock(&counts->lock);
    epoch_next(&counts->epochs, scope);
    pthread_mutex_unlock(&counts->lock);
}

void limit_counts_clear(struct limit_counts *counts)
{
    pthread_mutex_lock(&counts->lock);
    epochs_clear(&counts->epochs);
    for (size_t i = 0; i < BUCKETS; i++)
        while (counts->bucket[i]) {
            struct tally *tally = counts->bucket[i];
            counts->bucket[i] = tally->next;
            xfree(tally);
        }
    pthread_mutex_unlock(&counts->lock);
}

void limit_counts_free(struct limit_counts *counts)
{
    limit_counts_clear(counts);
    pthread_mutex_destroy(&counts->lock);
    xfree(counts);
}

static struct tally *tally_of(struct limit_counts *counts, uint64_t name)
{
    struct tally **link = &counts->bucket[name % BUCKETS];
    while (*link && (*link)->name != name)
        link = &(*link)->next;
    if (!*link) {
        *link = xcalloc(1, sizeof **link);
        (*link)->name = name;
    }
    return *link;
}

#define MINUTE_NS (60 * NS_PER_S)

static void refill(const struct limit *limit, struct tally *tally, int64_t now_ns)
{
    int64_t passed = tally->begun ? now_ns - tally->since_ns : 0;
    if (!tally->begun || (limit->shape == SHAPE_WINDOW && passed >= MINUTE_NS)) {
        tally->requests_used = tally->tokens_used = 0;
        tally->since_ns = now_ns;
        tally->begun = true;
        return;
    }
    if (limit->shape == SHAPE_WINDOW)
        return;
    double share = (double)passed / (double)MINUTE_NS;
    tally->requests_used -= share * (double)limit->rpm;
    tally->tokens_used -= share * (double)limit->tpm;
    tally->requests_used = tally->requests_used < 0 ? 0 : tally->requests_used;
    tally->tokens_used = tally->tokens_used < 0 ? 0 : tally->tokens_used;
    tally->since_ns = now_ns;
}

/* How long until `wanted` more fit: 0 when they do now. */
static int64_t wait_for(const struct limit *limit, const struct tally *tally, int64_t now_ns,
                        double used, double wanted, int64_t per_minute)
{
    double above = used + wanted - (double)per_minute;
    if (per_minute == 0 || above <= 1e-6 || (used <= 0 && wanted > (double)per_minute))
        return 0; /* what is larger than the limit goes when all of it is free */
    if (limit->shape == SHAPE_WINDOW)
        return tally->since_ns + MINUTE_NS - now_ns;
    above = above > used ? used : above;
    return (int64_t)ceil(above / (double)per_minute * (double)MINUTE_NS - 0.5);
}

static int64_t tokens_of(const struct request *request)
{
    return request->input_tokens > request->max_tokens ? request->input_tokens
                                                       : request->max_tokens;
}

static int refuse(struct arena *arena, struct trouble *trouble, const struct limit *limit,
                  const struct request *request, bool tokens, int64_t wait_ns)
{
    trouble_set(
        arena, trouble, 429, NULL, "rate_limit_exceeded",
        "Rate limit reached for %.*s on %s per min: Limit %lld. Please try again in %gs.",
        STR_ARG(request->model), tokens ? "tokens" : "requests",
        (long long)(tokens ? limit->tpm : limit->rpm), (double)wait_ns / 1e9);
    trouble->type = tokens ? STR("tokens") : STR("requests");
    trouble->retry_after_ns = wait_ns;
    return -1;
}

static int check(const struct limit *limit, const struct tally *tally,
                 const struct request *request, int64_t now_ns, struct trouble *trouble)
{
    int64_t requests_wait = wait_for(limit, tally, now_ns, tally->requests_used, 1, limit->rpm);
    int64_t tokens_wait = wait_for(limit, tally, now_ns, tally->tokens_used,
                                   (double)tokens_of(request), limit->tpm);
    if (limit->requests && tally->all >= limit->requests) {
        *trouble = (struct trouble){.status = 429, .quota = true};
        return -1;
    }
    if (requests_wait || tokens_wait)
        return refuse(request->arena, trouble, limit, request, tokens_wait > requests_wait,
                      requests_wait > tokens_wait ? requests_wait : tokens_wait);
    return 0;
}

static int64_t left_of(int64_t limit, double used)
{
    double left = (double)limit - used;
    return left > 0 ? (int64_t)left : 0;
}

static void show(const struct limit *limit, const struct tally *tally, int64_t now_ns,
                 struct quota_state *state)
{
    bool window = limit->shape == SHAPE_WINDOW;
    int64_t window_left = tally->since_ns + MINUTE_NS - now_ns;
    if (limit->rpm) {
        double share = tally->requests_used / (double)limit->rpm;
        state->requests_limit = limit->rpm;
        state->requests_left = left_of(limit->rpm, tally->requests_used);
        state->requests_reset_ns = window ? window_left : (int64_t)(share * (double)MINUTE_NS);
    }
    if (limit->tpm) {
        double share = tally->tokens_used / (double)limit->tpm;
        state->tokens_limit = limit->tpm;
        state->tokens_left = left_of(limit->tpm, tally->tokens_used);
        state->tokens_reset_ns = window ? window_left : (int64_t)(share * (double)MINUTE_NS);
    }
}

/* Keyed limits say the same at any load: the first request of an empty bucket. */
static int take_keyed(const struct limit *limit, const struct request *request,
                      struct rng_key draw, uint64_t index, struct quota_state *state,
                      struct trouble *trouble)
{
    struct tally one = {.requests_used = 1, .tokens_used = (double)tokens_of(request)};
    show(limit, &one, 0, state);
    if (rng_uniform(draw, "limit", index) >= limit->share)
        return 0;
    if (!limit->rpm && !limit->tpm) {
        *trouble = (struct trouble){.status = 429, .quota = true};
        return -1;
    }
    return refuse(request->arena, trouble, limit, request, limit->rpm == 0, NS_PER_S);
}

static bool concerns(const struct limit *limit, const struct request *request)
{
    return limit->model.n == 0 || str_equal(limit->model, request->model);
}

/* By what the limit says, not by its place in the file: what is counted outlives a reload. */
static uint64_t tally_name(const struct limit *limit, uint64_t epoch,
                           const struct request *request)
{
    const int64_t said[] = {limit->rpm,   limit->tpm,  limit->requests, limit->per,
                            limit->shape, limit->mode, (int64_t)epoch};
    struct rng_key key = rng_mix_str(rng_key(1), (str){(const char *)said, sizeof said});
    key = rng_mix_str(rng_mix_str(key, limit->model), request->scope);
    return rng_mix_str(key, limit->per == PER_KEY ? request->api_key : request->model).k0;
}

static int take(const struct limits *limits, struct limit_counts *counts,
                const struct request *request, struct rng_key draw, struct limit_clocks now,
                struct quota_state *state, struct trouble *trouble)
{
    uint64_t epoch = epoch_of(&counts->epochs, request->scope);
    for (int counting = 0; counting < 2; counting++)
        for (size_t i = 0; i < limits->count; i++) {
            const struct limit *limit = &limits->limit[i];
            int64_t now_ns = limit->mode == LIMIT_VIRTUAL ? now.virtual_ns : now.real_ns;
            if (!concerns(limit, request))
                continue;
            if (limit->mode == LIMIT_KEYED) {
                if (!counting && take_keyed(limit, request, draw, i, state, trouble) < 0)
                    return -1;
                continue;
            }
            struct tally *tally = tally_of(counts, tally_name(limit, epoch, request));
            refill(limit, tally, now_ns);
            if (counting) {
                tally->requests_used += 1;
                tally->tokens_used += (double)tokens_of(request);
                tally->all++;
            }
            show(limit, tally, now_ns, state);
            if (!counting && check(limit, tally, request, now_ns, trouble) < 0)
                return -1;
        }
    return 0;
}

int limits_take(const struct limits *limits, struct limit_counts *counts,
                const struct request *request, struct rng_key draw, struct limit_clocks now,
                struct quota_state *state, struct trouble *trouble)
{
    if (limits->count == 0)
        return 0;
    pthread_mutex_lock(&counts->lock);
    int result = take(limits, counts, request, draw, now, state, trouble);
    pthread_mutex_unlock(&counts->lock);
    return result;
}
