/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * openai_error.c: what OpenAI's error objects mean (see dialect_openai_chat.h).
 *
 * In a stream the status line has long been sent when something fails, so `code` and `type` are
 * all there is to tell whether another attempt makes sense. Words from OpenAI's description and
 * help pages, and from servers that speak its API. Compatible ones also send the status itself
 * as `code`. Messages are never interpreted.
 */
#include "llm/dialect_openai_chat.h"

static const struct {
    const char *word;
    int status;
} words[] = {
    {"rate_limit_exceeded", 429},
    {"rate_limit_error", 429},
    {"slow_down", 429},
    {"insufficient_quota", 429},
    {"credit_balance_exhausted", 429},
    {"organization_spend_limit_exceeded", 429},
    {"project_spend_limit_exceeded", 429},
    {"organization_usage_limit_exceeded", 429},
    {"server_is_overloaded", 503},
    {"service_unavailable_error", 503},
    {"overloaded_error", 529},
    {"invalid_api_key", 401},
    {"authentication_error", 401},
    {"permission_error", 403},
    {"model_not_found", 404},
    {"not_found_error", 404},
    {"invalid_request_error", 400},
    {"invalid_prompt", 400},
    {"context_length_exceeded", 400},
    {"data_residency_mismatch", 400},
    {"bio_policy", 400},
    {"misalignment_policy_violation", 400},
};

static int status_of(const json *value)
{
    int64_t number;
    str word = json_text(value);
    if (json_int(value, &number) || str_to_int(word, &number))
        return number >= 400 && number <= 599 ? (int)number : 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(word, str_from(words[i].word)))
            return words[i].status;
    return 0;
}

int openai_error_status(const json *error)
{
    int by_code = status_of(json_get(error, STR("code")));
    int by_type = status_of(json_get(error, STR("type")));
    return by_code ? by_code : by_type ? by_type : 500;
}
