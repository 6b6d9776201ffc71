/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chain.c: one after the other, each step seeing the ones before it (prompt chaining).
 *
 * The value is the last step's. A failed step or gate ends the chain. Calls: the sum of the
 * steps.
 *
 *     chain:
 *       draft: {call: …, gate: [{min-words: 50}]}
 *       final: {call: …}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "plan/experiment_unread.h"
#include "run/wf.h"

struct chain_step {
    str name;
    const struct node *node;
};

struct chain {
    const struct chain_step *step;
    size_t count;
};

/* Step i is bound seeing the steps before it; those after it are known only to be named in the
 * message when one of them is used too early. */
static int bind_step(struct binder *binder, const struct yaml *steps, size_t i,
                     struct chain_step *step, struct shape *shape)
{
    const struct yaml_pair *pair = &steps->pair[i];
    struct binder inner = *binder;
    size_t later = steps->count - i - 1;
    str *names = arena_array(binder->arena, str, binder->later_count + later + 1);
    str *after = arena_array(binder->arena, str, binder->later_count + later + 1);
    for (size_t k = 0; k < later; k++) {
        names[k] = steps->pair[i + 1 + k].key;
        after[k] = pair->key;
    }
    for (size_t k = 0; k < binder->later_count; k++) {
        names[later + k] = binder->later[k];
        after[later + k] = binder->later_after[k];
    }
    inner.later = names;
    inner.later_after = after;
    inner.later_count = later + binder->later_count;
    *step = (struct chain_step){pair->key, bind_child(&inner, pair->value, pair->key, shape)};
    return step->node ? 0 : -1;
}

static int chain_bind(struct binder *binder, const struct yaml *value, void *options,
                      struct shape *yields)
{
    struct chain *chain = options;
    if (!yaml_is(value, YAML_MAPPING) || value->count == 0)
        return mistake_add(binder->mistakes, value->place,
                           "chain is %s; expected a mapping from step name to node",
                           value->count == 0 && yaml_is(value, YAML_MAPPING)
                               ? "empty"
                               : yaml_kind_name(value));
    struct chain_step *step = arena_array(binder->arena, struct chain_step, value->count);
    int result = 0;
    for (size_t i = 0; i < value->count; i++) {
        struct shape shape = {0};
        result |= bind_step(binder, value, i, &step[i], &shape);
        result |= bind_own_name(binder, SCOPE_STEP, "step", value->pair[i].key,
                                value->pair[i].key_place, shape);
        experiment_step_bound(binder, value, i);
        *yields = shape;
    }
    chain->step = step;
    chain->count = value->count;
    return result;
}

static int fiber_fn chain_run(struct wf *wf, const void *options, const json **value)
{
    const struct chain *chain = options;
    const struct env *env = wf_env(wf);
    for (size_t i = 0; i < chain->count; i++) {
        const struct chain_step *step = &chain->step[i];
        if (wf_run(wf, step->node, step->name, env, value) < 0)
            return -1;
        env = env_bind(wf_arena(wf), env, step->name, *value);
    }
    return 0;
}

/* The last finished step marked `usable`; if none is marked, the last finished step. */
static const json *chain_best(const struct wf *wf, const void *options)
{
    const struct chain *chain = options;
    bool marked = false;
    for (size_t i = 0; i < chain->count; i++)
        marked = marked || chain->step[i].node->usable;
    const json *best = NULL;
    for (const struct wf *c = wf_first_child(wf); c; c = wf_next_child(c))
        if (wf_has(c) && (!marked || wf_child_node(c)->usable))
            best = wf_has(c);
    return best;
}

static void chain_estimate(const void *options, const struct estimating *estimating,
                           struct estimate *estimate)
{
    const struct chain *chain = options;
    for (size_t i = 0; i < chain->count; i++)
        estimate_add(estimate, estimate_node(chain->step[i].node, estimating));
}

const struct pattern pattern_chain = {
    .name = "chain",
    .summary = "one step after the other; a failed gate ends it",
    .form = "{type: object, minProperties: 1, propertyNames: {pattern: '" OPT_FORM_NAME "'},"
            " additionalProperties: {$ref: '#/$defs/node'}}",
    .value = "A mapping from the name of a step to its node, in order. A later step sees the\n"
             "values of those before it by their names; the last one's is the chain's.\n\n"
             "  chain:\n"
             "    summary: {call: {prompt: {user: \"Summarise: {{mail}}\"}}}\n"
             "    sort: {call: {prompt: {user: \"Which label? {{summary}}\"}}}\n",
    .options_size = sizeof(struct chain),
    .bind = chain_bind,
    .run = chain_run,
    .best = chain_best,
    .estimate = chain_estimate,
};
