/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * permit.h: who may send, and when (docs/providers.md).
 *
 * A provider has one queue. An attempt that is about to go on the wire takes all its permits at
 * once or none: a place among the requests in flight of the provider and of the model, one of
 * the requests per minute and its share of the tokens per minute of both, and its means, which
 * the owner of the run's budget reserves. It holds them until the reply has ended, never while it backs
 * off. The oldest cell goes first; who waits for a model's own limit lets others pass that do not
 * need that model, who waits for the provider's lets nobody pass, so nobody starves.
 *
 * Rates are token buckets (bucket.h). A request of more tokens than the bucket holds goes when the
 * bucket is full, and those after it wait until the debt is paid. How many requests a model may
 * have in flight adapts to what it answers, below the configured limit (window.h).
 *
 * All functions are called on the loop's thread.
 */
#ifndef LLM_PERMIT_H
#define LLM_PERMIT_H

#include "base/clock.h"
#include "io/fiber.h"
#include "llm/bucket.h"
#include "llm/rate_headers.h"
#include "llm/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* The limits of a provider or of one of its models; 0 means none. */
struct llm_limits {
    int64_t concurrency, rpm, tpm;
};

struct llm_queue;       /* a provider's */
struct llm_queue_model; /* a model's in it */

/* One attempt's permits. Zero it, fill the first part, and keep it in place until it is
 * settled. */
struct llm_permit {
    struct llm_queue_model *model;
    uint64_t age;          /* of its cell: the lower goes first; then who asked first */
    int64_t tokens;        /* taken from the tokens per minute: estimated input + max_tokens */
    bool again;            /* not the first attempt of its call */
    int64_t upper_tokens;  /* for the means: what it can use at most */
    int64_t upper_nanousd; /* likewise; -1: unknown */

    /* The queue's. */
    uint64_t order;
    size_t place; /* 1 + place in the heap; 0: not waiting */
    struct fiber *fiber;
    bool granted, given, refused;
};

enum llm_means_answer {
    LLM_MEANS_RESERVED,
    LLM_MEANS_LATER, /* not now: the queue asks again when something comes back, or is poked */
    LLM_MEANS_NEVER, /* the budget is spent: the attempt is not made, as if it was cancelled */
};

/* What an attempt used; -1: nothing is known of it, and what was reserved stays spent. */
struct llm_used {
    int64_t tokens, nanousd;
};

/* The means of a whole run. `reserve` is asked last, when the attempt has everything else.
 * `settle` is called once for each reservation; `used` is NULL when nothing was sent after all.
 * Both must not wait. */
struct llm_means {
    enum llm_means_answer (*reserve)(void *arg, const struct llm_permit *permit);
    void (*settle)(void *arg, const struct llm_permit *permit, const struct llm_used *used);
    void *arg;
};

struct llm_queue *llm_queue_new(struct loop *loop, struct llm_limits limits);
/* Nobody may wait in it or hold a permit (BUG). */
void llm_queue_free(struct llm_queue *queue);
void llm_queue_set_means(struct llm_queue *queue, struct llm_means means);
/* Adds a model; it lives as long as the queue. */
struct llm_queue_model *llm_queue_add_model(struct llm_queue *queue, struct llm_limits limits);
/* A line of its own for a step that may have so many requests to the model in flight: whoever waits for
 * that lets others pass. The model's limits count for it too. */
struct llm_queue_model *llm_queue_add_step(struct llm_queue_model *model, int64_t concurrency);

/* Waits for the permits: 0 and how long that took, or -1 when the fiber was cancelled or there
 * are no means left; nothing is held then. */
int fiber_fn llm_permit_take(struct llm_permit *permit, int64_t *waited_ns);
/* The reply has ended, and says this of the load: gives the places among the requests in flight
 * back. Then, once it is
 * known what the attempt used, it is settled: both exactly once. -1 means unknown: what was taken
 * of the tokens per minute and of the money stays taken. */
void llm_permit_give(struct llm_permit *permit, enum llm_pressure pressure);
void llm_permit_settle(struct llm_permit *permit, int64_t tokens_used, int64_t spent_nanousd);
/* What a reply's headers say of the model's rates. */
void llm_queue_learn(struct llm_queue_model *model, const struct llm_rate_state *state);
/* Looks again whether someone may go: means came back, or ended. */
void llm_queue_poke(struct llm_queue *queue);

/* Why the first in line waits: "concurrency", "requests per minute", "tokens per minute",
 * "budget"; NULL when nobody waits. */
const char *llm_queue_reason(const struct llm_queue *queue);
size_t llm_queue_waiting(const struct llm_queue *queue);
size_t llm_queue_held(const struct llm_queue *queue);

#endif
