/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client_inside.h: what client.c, call.c and judge.c share. Nobody else includes it.
 */
#ifndef LLM_CLIENT_INSIDE_H
#define LLM_CLIENT_INSIDE_H

#include "base/buf.h"
#include "io/http.h"
#include "llm/client.h"
#include "llm/dialect.h"
#include "llm/retry.h"

/* What was prepared for one schema and one set of tools of a model; newest first. */
struct prepared {
    struct prepared *next;
    const struct jsonschema *schema; /* NULL: text output */
    str schema_name;
    const struct llm_tool *tool;
    size_t tools;
    struct llm_prepared prepared;
};

struct client_provider {
    struct client_provider *next;
    const struct llm_provider *provider;
    struct llm_queue *queue;
    str query;       /* "a=b&c=d", or empty */
    const str *line; /* headers that are the same for all requests */
    size_t lines;
    const str *key_line; /* one for each endpoint; empty where it has no key */
};

struct client_step {
    struct client_step *next;
    const void *step;
    struct llm_queue_model *limits;
};

struct client_model {
    struct client_model *next;
    const struct llm_model *model;
    struct client_provider *provider;
    struct llm_queue_model *limits;
    struct client_step *steps; /* with a limit of their own */
    struct prepared *prepared;
};

/* A call that backs off; on its fiber's stack. */
struct backing_off {
    struct backing_off *next, **link;
    struct moment due;
    int status;  /* that the server answered with; 0: it did not */
    bool hinted; /* the server said how long */
};

struct llm_client {
    struct llm_client_options options;
    struct arena arena;   /* providers, models, prepared schemas */
    struct arena scratch; /* of one decoding; never across a wait */
    struct buf encoded;   /* of one encoding; likewise */
    struct client_provider *providers;
    struct client_model *models;
    struct backing_off *backing_off;
    struct llm_client_stats stats;
};

struct client_provider *client_provider(struct llm_client *client,
                                        const struct llm_provider *provider);
struct client_model *client_model(struct llm_client *client, const struct llm_model *model);
/* The line in the provider's queue: the model's, or that of a step with a limit. */
struct llm_queue_model *client_line(struct llm_client *client, struct client_model *model,
                                    const struct llm_request *request);
const struct llm_prepared *client_prepared(struct llm_client *client,
                                           struct client_model *model,
                                           const struct llm_request *request);

/* GET of the model list at one endpoint, with its key: http_send's result. */
int fiber_fn client_probe(struct llm_client *client, const struct client_provider *of,
                          size_t index, struct arena *arena, str *url,
                          struct http_reply *reply);

/* Behind a path, which may have parameters of its own. */
void client_add_query(const struct client_provider *provider, struct buf *url);

/* One call under way; on its fiber's stack. */
struct call {
    struct llm_client *client;
    const struct llm_request *request;
    const struct llm_retry *retry;
    struct arena *arena;
    struct llm_reply *reply;
    struct client_model *model;
    struct llm_attempt *attempt; /* all so far */
    unsigned attempts, room;
    struct http_request http;
    str *attempt_line;          /* the headers that change */
    str *key_line;              /* NULL: no endpoint has a key */
    str path;                   /* of the URL, with parameters */
    int64_t left_ns;            /* on the clock of latency; INT64_MAX: no deadline */
    int64_t upper_nanousd;      /* of one attempt; -1: unknown */
    struct llm_attempt_end end; /* of the last attempt */
};

/* Fills in what the attempt came to (outcome, message, usage, times of a stream, hint) and
 * call->end; the texts of a good reply go to call->reply. */
void fiber_fn call_judge(struct call *call, const struct http_reply *http,
                         struct llm_attempt *attempt);
/* For http_request: a stream, so far as it came, has the provider's sign of its end. */
bool call_is_over(void *arg, str body);
bool call_knows_usage(const struct llm_usage *usage);

/* Text of a provider or of libcurl for people: no secrets, valid UTF-8, at most some lines. */
str client_clean_message(struct arena *arena, str text);

#endif
