/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * value.c: a template as a node: reshapes what earlier steps gave. No calls.
 *
 *     value: {question: "{{question}}", answer: "{{answer}}"}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

struct value {
    const struct template *template;
};

static int value_bind(struct binder *binder, const struct yaml *yaml, void *options,
                      struct shape *yields)
{
    struct value *value = options;
    value->template = bind_template(binder, yaml, yields);
    return value->template ? 0 : -1;
}

static int fiber_fn value_run(struct wf *wf, const void *options, const json **result)
{
    const struct value *value = options;
    return wf_eval(wf, value->template, wf_env(wf), result);
}

static void value_estimate(const void *options, const struct estimating *estimating,
                           struct estimate *estimate)
{
    (void)options;
    (void)estimating;
    *estimate = (struct estimate){0};
}

const struct pattern pattern_value = {
    .name = "value",
    .summary = "a template, without a model",
    .value =
        "A template, or a mapping or list of templates: what earlier steps gave, put together\n"
        "in another shape.\n\n"
        "  chain:\n"
        "    answer: {call: {prompt: {user: \"{{mail}}\"}}}\n"
        "    both: {value: {mail: \"{{mail}}\", answer: \"{{answer}}\"}}\n",
    .options_size = sizeof(struct value),
    .bind = value_bind,
    .run = value_run,
    .estimate = value_estimate,
};
