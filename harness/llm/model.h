/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.h: who answers: providers, models and the settings of a request (language 2.2, 2.5, 2.7).
 *
 * Plain records that plan/ fills from the experiment; the option tables here are the reference of
 * their keys. A record is read with its *_read function, which also does what rows alone cannot:
 * refuse credentials, look up dialects and prices. All texts live in the arena of the parse.
 *
 *     struct llm_provider *provider = arena_new(arena, struct llm_provider);
 *     llm_provider_read(&parse, name, mapping, &run_retry, provider);
 *     ...
 *     if (llm_provider_load_keys(provider, arena, getenv, err) < 0)     before a live run
 */
#ifndef LLM_MODEL_H
#define LLM_MODEL_H

#include "base/option.h"
#include "llm/llm.h"
#include "llm/price.h"

struct llm_dialect;

/* ---- retries of one call's attempts ---- */

enum { LLM_STATUSES_MAX = 64 };

struct llm_retry {
    int64_t retries; /* after the first attempt; 0 means none */
    int64_t attempt_timeout_ns;
    int64_t first_byte_timeout_ns; /* 0: the attempt's */
    int64_t base_ns, cap_ns;       /* backoff k waits min(cap, base·2^k)·(1 − 0.25·U) */
    int64_t retry_after_cap_ns;
    int statuses[LLM_STATUSES_MAX]; /* that are retried */
    size_t status_count;
};
extern const struct opt llm_retry_options[];
/* The language's defaults (opt_defaults does not fill `statuses`). */
struct llm_retry llm_retry_default(void);
/* Replaces the keys that the mapping has; fill `retry` first, from the default or from the
 * run's. */
int llm_retry_read(struct opt_parse *parse, const struct yaml *mapping,
                   struct llm_retry *retry);

/* ---- providers ---- */

struct llm_pair {
    str name, value;
};

struct llm_pairs {
    const struct llm_pair *pair;
    size_t count;
};

struct llm_texts {
    const str *text;
    size_t count;
};

/* One address and key of a provider. */
struct llm_endpoint {
    str base_url; /* up to, not including, the endpoint path; no slash at its end */
    str key_env;  /* empty: no key is sent */
    str key;      /* from the environment, in memory only */
};

struct llm_provider {
    str name;
    const struct llm_dialect *dialect;
    /* As they are given: one each, or lists of one length. */
    struct llm_texts base_url, key_env; /* empty in a built-in one */
    /* What they come to. Calls spread over the endpoints by their keys, and each attempt goes to
     * the next; limits, and the queue, are those of the provider. */
    const struct llm_endpoint *endpoint;
    size_t endpoints;
    str api_version;
    struct llm_pairs headers, query;
    struct llm_pairs headers_env;  /* value: name of the environment variable */
    int64_t rpm, tpm, concurrency; /* 0: no limit */
    struct llm_retry retry;
    bool warmup, http2;

    /* From the environment, in memory only; llm_provider_load_keys fills them. */
    struct llm_pairs secret_headers;
};
extern const struct opt llm_provider_options[];

/* Reads one entry of `providers`. run_retry is the run's. A credential in the file is a mistake
 * whose text is never repeated: it is registered as a secret, so that no message shows it. */
int llm_provider_read(struct opt_parse *parse, str name, const struct yaml *mapping,
                      const struct llm_retry *run_retry, struct llm_provider *provider);

/* The providers that need no entry, by index: NULL beyond the end. */
const char *llm_provider_builtin_name(size_t index);
/* Fills one of them. False when there is none of that name. */
bool llm_provider_builtin(str name, const struct llm_retry *run_retry,
                          struct llm_provider *provider);

/* Reads key_env and headers_env by `get` (getenv) and registers the values as secrets. ERR_INPUT
 * naming the provider and the variable that is not set or empty. */
int llm_provider_load_keys(struct llm_provider *provider, struct arena *arena,
                           char *(*get)(const char *name), struct err *err);
/* Points the provider at a mock server ("http://127.0.0.1:4000"): its requests carry
 * a made-up key, never the real one, and no variable is read. */
void llm_provider_use_mock(struct llm_provider *provider, struct arena *arena, str mock_url);

/* ---- parameters ---- */

/* `defaults` of an experiment, a variant, a model or a call: what is not given is not set. */
struct llm_defaults {
    bool has_model, has_reask;
    str model; /* its name in the experiment */
    int64_t reask;
    struct llm_params params;
};
/* All keys, and all but `model`, which a model's own mapping takes. Both fill llm_defaults. */
extern const struct opt llm_defaults_options[];
extern const struct opt llm_model_defaults_options[];
/* What `over` gives replaces what is there: called from the weakest to the strongest. */
void llm_defaults_overlay(struct llm_defaults *under, const struct llm_defaults *over);

/* ---- models ---- */

enum llm_schema_mode {
    LLM_SCHEMA_NATIVE, /* the dialect's own way of structured output */
    LLM_SCHEMA_TOOL,   /* a tool of that shape which the model must call */
    LLM_SCHEMA_PROMPT, /* a sentence and the schema after the system text */
};

struct llm_capabilities {
    enum llm_schema_mode schema;
    bool tools, seed, temperature, stream;
};
extern const struct opt llm_capabilities_options[];

struct llm_model {
    str name;          /* in the experiment */
    str provider_name; /* plan/ looks it up and fills `provider` */
    const struct llm_provider *provider;
    str model;              /* the provider's own name for it */
    struct llm_price price; /* the experiment's, else the table's */
    int tier;               /* enum llm_tier: of the table's price; llm/price.h */
    bool has_tier;          /* the experiment says which */
    int64_t context;        /* tokens; 0: unknown */
    struct llm_capabilities capabilities;
    struct llm_defaults defaults;
    const json *extra;             /* object merged into the request body; NULL: none */
    int64_t rpm, tpm, concurrency; /* 0: no limit */
};
extern const struct opt llm_model_options[];

/* Reads one entry of `models`; `provider` stays NULL. */
int llm_model_read(struct opt_parse *parse, str name, const struct yaml *mapping,
                   struct llm_model *model);

/* Fills in what the model's dialect sends where nothing is said, since it must: max_tokens. */
void llm_params_complete(const struct llm_model *model, struct llm_params *params);

/* What a request's model cannot do with its parameters, schema and tools: one sentence in the
 * arena ("model 'small' cannot …"), empty when all is well. Messages need not be there. */
str llm_request_check(const struct llm_request *request, struct arena *arena);

#endif
