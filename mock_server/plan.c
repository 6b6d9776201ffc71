/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c: what follows from a decision: token counts, what was cached, and how long it takes (see
 * call.h).
 */
#include "mock_server/call.h"
#include "mock_server/slots.h"

static void count_tokens(struct reply *reply)
{
    for (size_t i = 0; i < reply->choices; i++) {
        reply->output_tokens += reply->choice[i].tokens;
        reply->reasoning_tokens += reply->choice[i].reasoning_tokens;
    }
}

static struct slots *slots_of(const struct mock *mock, const struct model *model)
{
    const struct config *config = mock->config;
    bool named =
        config->models && model >= config->model && model < config->model + config->models;
    return named ? mock->version->queue[model - config->model] : NULL;
}

/* A reply of several choices takes as long as its longest. */
static void plan_times(struct call *call)
{
    const struct rule *rule = call->decision.rule;
    const struct model *model = call->model;
    struct slots *slots = slots_of(call->mock, model);
    int64_t longest = 0, active = slots && model->load.per_request > 0 ? slots_busy(slots) : 0;
    call->first_token =
        rule && rule->first_token_given ? &rule->first_token : &model->first_token;
    call->per_token = rule && rule->per_token_given ? &rule->per_token : &model->per_token;
    call->scale = call->mock->scale * load_factor(&model->load, active, call->head.ids);
    call->delivery->slots = slots;
    for (size_t i = 0; i < call->reply.choices; i++)
        if (call->reply.choice[i].tokens > longest)
            longest = call->reply.choice[i].tokens;
    int64_t first_ns = law_draw(call->first_token, call->head.ids, "first_token", 0);
    int64_t tokens_ns = law_sum(call->per_token, call->head.ids, "token", longest);
    call->first_ns = (int64_t)((double)first_ns * call->scale);
    call->total_ns = (int64_t)((double)(first_ns + tokens_ns) * call->scale);
}

/* Like the reply itself: the same on every attempt and in every order of requests. */
static str drawn_name(const struct call *call, const str *name, size_t names,
                      const char *purpose, str otherwise)
{
    struct rng_key key = identity_key(call->mock->seed, &call->request);
    return names ? name[rng_below(key, purpose, 0, names)] : otherwise;
}

static void name_model(struct call *call)
{
    const struct model *model = call->model;
    call->reply.model =
        drawn_name(call, model->snapshot, model->snapshots, "snapshot", call->request.model);
    call->reply.fingerprint = drawn_name(call, model->fingerprint, model->fingerprints,
                                         "fingerprint", STR("fp_44709d6fcb"));
}

void plan_reply(struct call *call)
{
    const struct mock *mock = call->mock;
    const struct request *request = &call->request;
    call->reply = (struct reply){.choice = call->decision.choice,
                                 .choices = call->decision.choices,
                                 .ids = call->head.ids};
    name_model(call);
    if (request->dialect->task == TASK_COUNT)
        return;
    count_tokens(&call->reply);
    if (request->dialect->task == TASK_REPLY)
        prompt_cache_look(&call->model->cache, state_prompts(mock->state), request,
                          identity_key(mock->seed, request),
                          state_up_ns(mock->state, call->arrived), &call->reply);
    plan_times(call);
}
