/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * use.c: a shared node from `nodes`, put in place. Names are resolved where it is used, and it
 * adds nothing to paths. Calls: those of the shared node.
 *
 *     use: handler
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

struct use {
    const struct node *node;
};

static int use_bind(struct binder *binder, const struct yaml *value, void *options,
                    struct shape *yields)
{
    struct use *use = options;
    use->node = bind_shared(binder, value, yields);
    return use->node ? 0 : -1;
}

static int fiber_fn use_run(struct wf *wf, const void *options, const json **value)
{
    const struct use *use = options;
    return wf_run(wf, use->node, STR(""), wf_env(wf), value);
}

static void use_estimate(const void *options, const struct estimating *estimating,
                         struct estimate *estimate)
{
    const struct use *use = options;
    *estimate = estimate_node(use->node, estimating);
}

static const json *use_best(const struct wf *wf, const void *options)
{
    (void)options;
    return wf_first_child(wf) ? wf_has(wf_first_child(wf)) : NULL;
}

const struct pattern pattern_use = {
    .name = "use",
    .summary = "a shared node of `nodes`",
    .form = "{type: string}",
    .value =
        "The name of a node that stands under `nodes`, where several variants share it. Its\n"
        "names are those of the place where it is used.\n\n"
        "  nodes: {answer: {call: {prompt: {user: \"{{mail}}\"}}}}\n"
        "  variants:\n"
        "    plain: {use: answer}\n",
    .options_size = sizeof(struct use),
    .transparent = true,
    .bind = use_bind,
    .run = use_run,
    .best = use_best,
    .estimate = use_estimate,
};
