/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client.h: one call to one model, with all that it takes to get an answer.
 *
 * llm_call waits for permits, sends, tries again where that makes sense, and adds up time and
 * money. It returns an outcome in any case: what a lost call means is the pattern's decision.
 *
 *     struct llm_client *client =
 *         llm_client_open(&(struct llm_client_options){.loop = loop, .http = http, …});
 *     ...on a fiber:
 *     if (llm_call(client, &request, &arena, &reply) < 0)
 *         return -1;                                          cancelled
 *     if (reply.outcome == LLM_OK) use(reply.text);
 *     ...
 *     llm_client_close(client);
 *
 * The clock of latency (rule 2) counts attempts, from connecting to the last byte, and backoff;
 * waiting for permits counts against no deadline.
 */
#ifndef LLM_CLIENT_H
#define LLM_CLIENT_H

#include "base/err.h"
#include "io/fiber.h"
#include "llm/llm.h"
#include "llm/model.h"
#include "llm/permit.h"

struct http;
struct loop;
struct pool;
struct llm_client;
/* What its exchanges go through, for exchanges with others than providers. */
struct http *llm_client_http(const struct llm_client *client);

struct llm_client_options {
    struct loop *loop;
    struct http *http;
    struct pool *pool;      /* for large replies */
    size_t reply_limit;     /* bytes of what a reply says (limits.reply): its text, or the arguments
                             * of its tool calls; what is on the wire has a ceiling of its own,
                             * base/ceilings.h. 0: BUF_DEFAULT_LIMIT for both */
    struct llm_means means; /* optional: the run's budget */
    struct llm_tape *tape;  /* optional: exchanges are recorded or replayed (llm/tape.h) */
};

struct llm_client *llm_client_open(const struct llm_client_options *options);
/* No call may be under way. */
void llm_client_close(struct llm_client *client);

/*
 * 0 with the outcome in reply; -1 when the fiber was cancelled. The outcome is then
 * LLM_CANCELLED, or what a reply says that was whole already: it was paid for and can be kept.
 * All of the reply lives in `arena`; the request's texts must stay until this returns.
 *
 * A deadline (time_left_ns) shortens the attempt that would pass it. A backoff that would pass it
 * is not slept: the call ends at once with LLM_TIMEOUT, for it could only end so.
 */
int fiber_fn llm_call(struct llm_client *client, const struct llm_request *request,
                      struct arena *arena, struct llm_reply *reply);

/* Asks the provider for its model list, which opens a connection and costs nothing. Any HTTP
 * answer will do; ERR_DOWN naming provider and URL when there is none, ERR_CANCELLED. Offline it
 * does nothing. */
int fiber_fn llm_warmup(struct llm_client *client, const struct llm_provider *provider,
                        struct err *err);

/* The run's means may have come back, or ended. */
void llm_client_poke(struct llm_client *client);

/* What calls are waiting for, for a progress line: "429 Retry-After 42 s (3 calls)", "backoff (2
 * calls)", "openai: requests per minute (12 calls)"; joined by commas, empty when they wait for
 * nothing but replies. In the arena. */
str llm_client_waiting(const struct llm_client *client, struct arena *arena);

struct llm_client_stats {
    size_t calls;     /* under way */
    size_t in_flight; /* attempts on the wire */
    size_t waiting;   /* for permits */
    size_t backoff;
    uint64_t attempts, retries; /* so far */
};
struct llm_client_stats llm_client_stats(const struct llm_client *client);

#endif
