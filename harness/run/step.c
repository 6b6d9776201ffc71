/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.c: walking a trace and adding up what calls cost (see step.h).
 */
#include "run/step.h"

static struct step *following(const struct step *step)
{
    if (step->first_child)
        return step->first_child;
    while (step && !step->next)
        step = step->parent;
    return step ? step->next : NULL;
}

static bool counts(const struct step *step)
{
    return !step->hidden && step->outcome != STEP_NOT_RUN;
}

struct step *step_next(const struct step *step)
{
    struct step *next = following(step);
    while (next && !counts(next))
        next = following(next);
    return next;
}

struct step *step_first(const struct step *trace)
{
    return step_next(trace);
}

void totals_add(struct totals *sum, const struct totals *part)
{
    sum->calls += part->calls;
    sum->sent += part->sent;
    sum->cached += part->cached;
    sum->unsent += part->unsent;
    sum->attempts += part->attempts;
    sum->input_tokens += part->input_tokens;
    sum->cache_read_tokens += part->cache_read_tokens;
    sum->cache_write_tokens += part->cache_write_tokens;
    sum->output_tokens += part->output_tokens;
    sum->reasoning_tokens += part->reasoning_tokens;
    sum->unknown_usage_calls += part->unknown_usage_calls;
    sum->cost_nanousd += part->cost_nanousd;
    sum->paid_nanousd += part->paid_nanousd;
    sum->unknown_cost_calls += part->unknown_cost_calls;
    sum->lost_attempts += part->lost_attempts;
    sum->cost_upper_nanousd += part->cost_upper_nanousd;
    sum->permit_wait_ns += part->permit_wait_ns;
    sum->backoff_ns += part->backoff_ns;
    sum->store_wait_ns += part->store_wait_ns;
    sum->connect_ns += part->connect_ns;
    sum->provider_ns += part->provider_ns;
    sum->work_ns += part->work_ns;
    sum->ttft_ns += part->ttft_ns;
    sum->ttft_calls += part->ttft_calls;
}

static int64_t known(int64_t tokens)
{
    return tokens > 0 ? tokens : 0;
}

static int64_t lost_attempts(const struct llm_reply *reply)
{
    int64_t lost = 0;
    for (unsigned i = 0; i < reply->attempts; i++)
        lost += reply->attempt[i].lost;
    return lost;
}

void totals_add_call(struct totals *sum, const struct llm_reply *reply)
{
    /* a reservation that cannot be priced is seen in lost_attempts, and in the calls of unknown
     * cost */
    int64_t upper = reply->cost.nanousd + known(reply->cost.upper_nanousd);
    int64_t ttft = known(reply->ttft_ns);
    bool usage_unknown = reply->usage.output < 0;
    struct totals call = {
        .calls = 1,
        .sent = !reply->cached && reply->attempts > 0,
        .cached = reply->cached,
        .unsent = !reply->cached && reply->attempts == 0,
        .attempts = reply->cached ? 0 : reply->attempts,
        .input_tokens = known(reply->usage.input),
        .cache_read_tokens = known(reply->usage.cache_read),
        .cache_write_tokens = known(reply->usage.cache_write),
        .output_tokens = known(reply->usage.output),
        .reasoning_tokens = known(reply->usage.reasoning),
        .unknown_usage_calls = usage_unknown,
        .cost_nanousd = reply->cost.nanousd,
        .paid_nanousd = reply->cached ? 0 : reply->cost.nanousd,
        .unknown_cost_calls = !reply->cost.known,
        .lost_attempts = lost_attempts(reply),
        .cost_upper_nanousd = upper,
        .permit_wait_ns = reply->permit_wait_ns,
        .backoff_ns = reply->backoff_ns,
        .connect_ns = reply->connect_ns,
        .provider_ns = reply->provider_ns,
        .work_ns = reply->latency_ns,
        .ttft_ns = ttft,
        .ttft_calls = reply->ttft_ns >= 0,
    };
    totals_add(sum, &call);
}

void step_add_call(struct step *step, const struct llm_reply *reply)
{
    totals_add_call(&step->own, reply);
    step->answered = reply->outcome == LLM_OK;
    step->refused = step->answered && reply->refused;
    step->finish = reply->finish;
}
