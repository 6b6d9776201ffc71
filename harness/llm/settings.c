/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.c: the keys of `retry` and `defaults` (language 2.5, 2.7; see model.h).
 */
#include "llm/model.h"

#include <math.h>

#define ROW(word_, kind, owner, field, ...)                                                    \
    {                                                                                          \
        .key = (word_), .type = (kind), .offset = offsetof(struct owner, field), __VA_ARGS__   \
    }

/* ---- retry ---- */

static const int default_statuses[] = {408, 409, 429, 500, 502, 503, 504, 529};

static int read_statuses(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct llm_retry *retry = field;
    if (value->kind != YAML_LIST || value->count > LLM_STATUSES_MAX)
        return mistake_add(parse->mistakes, value->place,
                           "statuses is %s; expected a list of at most %d HTTP statuses",
                           yaml_kind_name(value), LLM_STATUSES_MAX);
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml *item = value->item[i];
        if (item->kind != YAML_NUMBER || item->number != floor(item->number) ||
            item->number < 400 || item->number > 599)
            return mistake_add(parse->mistakes, item->place,
                               "statuses has %s; expected an integer from 400 to 599",
                               yaml_kind_name(item));
        retry->statuses[i] = (int)item->number;
    }
    retry->status_count = value->count;
    return 0;
}

const struct opt llm_retry_options[] = {
    ROW("retries", OPT_TYPE_INT, llm_retry, retries, .max = 20, .fallback = "2",
        .help = "attempts after the first; 0 means none"),
    ROW("attempt_timeout", OPT_TYPE_DURATION, llm_retry, attempt_timeout_ns, .fallback = "60s",
        .help = "of one attempt, from connect to last byte"),
    ROW("first_byte_timeout", OPT_TYPE_DURATION, llm_retry, first_byte_timeout_ns,
        .help = "until the reply begins; attempt_timeout by default"),
    ROW("base", OPT_TYPE_DURATION, llm_retry, base_ns, .fallback = "500ms",
        .help = "backoff k, from 0, waits min(cap, base·2^k)·(1 − 0.25·U), U in [0, 1)"),
    ROW("cap", OPT_TYPE_DURATION, llm_retry, cap_ns, .fallback = "8s",
        .help = "longest backoff"),
    ROW("retry_after_cap", OPT_TYPE_DURATION, llm_retry, retry_after_cap_ns, .fallback = "60s",
        .help = "a longer Retry-After ends the call as rate-limited"),
    {.key = "statuses",
     .type = OPT_TYPE_CUSTOM,
     .custom = read_statuses,
     .word = "list of int",
     .form = "{type: array, maxItems: 64, items: {type: integer, minimum: 400, maximum: 599}}",
     .fallback = "[408, 409, 429, 500, 502, 503, 504, 529]",
     .help =
         "HTTP statuses that are tried again; so are connection errors, timeouts and broken "
         "transfers, never an exhausted quota"},
    OPT_END,
};

struct llm_retry llm_retry_default(void)
{
    struct llm_retry retry = {0};
    struct arena scratch = {0};
    opt_defaults(llm_retry_options, &scratch, &retry);
    arena_release(&scratch);
    retry.status_count = sizeof default_statuses / sizeof default_statuses[0];
    memcpy(retry.statuses, default_statuses, sizeof default_statuses);
    return retry;
}

int llm_retry_read(struct opt_parse *parse, const struct yaml *mapping, struct llm_retry *retry)
{
    if (opt_parse_mapping(parse, llm_retry_options, mapping, "retry", NULL, retry) < 0)
        return -1;
    if (retry->attempt_timeout_ns == 0)
        return mistake_add(parse->mistakes, mapping->place,
                           "attempt_timeout is 0s; expected a longer time");
    return 0;
}

/* ---- defaults ---- */

static const char *const efforts[] = {"minimal", "low", "medium", "high", NULL};

static int read_stop(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct llm_defaults *defaults = field;
    bool good = value->kind == YAML_LIST && value->count >= 1 && value->count <= LLM_STOP_MAX;
    for (size_t i = 0; good && i < value->count; i++) {
        good = value->item[i]->kind == YAML_TEXT && value->item[i]->text.n > 0;
        defaults->params.stop[i] = value->item[i]->text;
    }
    if (!good)
        return mistake_add(parse->mistakes, value->place,
                           "stop is %s; expected a list of 1 to 4 texts that are not empty",
                           yaml_kind_name(value));
    defaults->params.stop_count = value->count;
    return 0;
}

#define PARAM(word_, kind, field, flag, ...)                                                   \
    ROW(word_, kind, llm_defaults, field, .given = offsetof(struct llm_defaults, flag) + 1,    \
        __VA_ARGS__)

#define PARAM_ROWS                                                                             \
    PARAM("temperature", OPT_TYPE_NUMBER, params.temperature, params.has_temperature,          \
          .max = 2, .help = "not sent unless given"),                                          \
        PARAM("top_p", OPT_TYPE_SHARE, params.top_p, params.has_top_p, .max = 1,               \
              .help = "not sent unless given"),                                                \
        PARAM("max_tokens", OPT_TYPE_INT, params.max_tokens, params.has_max_tokens, .min = 1,  \
              .max = 1e9,                                                                      \
              .help = "most tokens of the answer; the dialect picks the right field"),         \
        {.key = "stop",                                                                        \
         .type = OPT_TYPE_CUSTOM,                                                              \
         .custom = read_stop,                                                                  \
         .word = "list of 1 to 4 texts",                                                       \
         .form = "{type: array, minItems: 1, maxItems: 4, items: {type: string, minLength: 1}}", \
         .help = "texts that end the answer; not sent unless given"},                          \
        PARAM("seed", OPT_TYPE_INT, params.seed, params.has_seed,                              \
              .help = "sampling seed for the model; not sent unless given"),                   \
        PARAM("reasoning_effort", OPT_TYPE_CHOICE, params.effort, params.has_effort,           \
              .choices = efforts, .help = "not sent unless given"),                            \
        PARAM("stream", OPT_TYPE_BOOL, params.stream, params.has_stream,                       \
              .help = "streaming measures the time to first token; true by default"),          \
        PARAM("reask", OPT_TYPE_INT, reask, has_reask, .max = 3, .fallback = "0",              \
              .help = "times a reply that breaks its schema is asked for again")

const struct opt llm_defaults_options[] = {
    PARAM("model", OPT_TYPE_TEXT, model, has_model, .help = "a name of `models`"),
    PARAM_ROWS,
    OPT_END,
};

const struct opt llm_model_defaults_options[] = {
    PARAM_ROWS,
    OPT_END,
};

static void params_overlay(struct llm_params *under, const struct llm_params *over)
{
    if (over->has_temperature) {
        under->has_temperature = true;
        under->temperature = over->temperature;
    }
    if (over->has_top_p) {
        under->has_top_p = true;
        under->top_p = over->top_p;
    }
    if (over->has_max_tokens) {
        under->has_max_tokens = true;
        under->max_tokens = over->max_tokens;
    }
    if (over->has_seed) {
        under->has_seed = true;
        under->seed = over->seed;
    }
    if (over->has_effort) {
        under->has_effort = true;
        under->effort = over->effort;
    }
    if (over->has_stream) {
        under->has_stream = true;
        under->stream = over->stream;
    }
    if (over->stop_count) {
        under->stop_count = over->stop_count;
        memcpy(under->stop, over->stop, sizeof under->stop);
    }
}

void llm_defaults_overlay(struct llm_defaults *under, const struct llm_defaults *over)
{
    if (over->has_model) {
        under->has_model = true;
        under->model = over->model;
    }
    if (over->has_reask) {
        under->has_reask = true;
        under->reask = over->reask;
    }
    params_overlay(&under->params, &over->params);
}
