/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * skeleton.c: the file to copy for a new pattern. It compiles and is tested (tests/unit/
 * test_skeleton.c), but does not stand in the table. docs/extending.md has the steps.
 *
 * The top comment says what the pattern is, where the idea comes from, and what it costs in
 * calls. This one is "second opinion": two nodes answer, and a third decides between them.
 * Calls: the sum of the three.
 *
 *     skeleton: {first: {call: …}, second: {call: …}, decide: {call: …}, at_once: true}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

/* One struct for all three hooks: what the option rows fill, then what bind makes of it. It is
 * read only once bind has returned; a cell's own state lives in local variables of run. */
struct skeleton {
    const struct yaml *first_yaml, *second_yaml, *decide_yaml;
    bool at_once;

    const struct node *first, *second, *decide;
};

/* One row for each key: parser, default, limits, help and JSON Schema at once. A child is a RAW
 * row of the word "node": bind reads it, because only bind knows which names it sees. */
#define NODE_ROW(name, text)                                                                   \
    {                                                                                          \
        .key = #name, .type = OPT_TYPE_RAW, .offset = offsetof(struct skeleton, name##_yaml),  \
        .word = "node", .required = true, .help = (text)                                       \
    }

static const struct opt skeleton_options[] = {
    NODE_ROW(first, "the first answer"),
    NODE_ROW(second, "the second answer"),
    NODE_ROW(decide, "sees both, as first and second; its value is the value"),
    OPT_BOOL(skeleton, at_once, .fallback = "true", .help = "ask both at once"),
    OPT_END,
};

/* Required. Called once for each place the pattern stands in. Binds the children in the scope
 * that each sees, and says what the node yields, so that names can be checked before a run.
 * Go on after a mistake: the user wants to see all of them. */
static int skeleton_bind(struct binder *binder, const struct yaml *value, void *options,
                         struct shape *yields)
{
    struct skeleton *skeleton = options;
    struct shape first = {0}, second = {0};
    (void)value; /* for patterns without option rows */
    skeleton->first = bind_child(binder, skeleton->first_yaml, STR("first"), &first);
    skeleton->second = bind_child(binder, skeleton->second_yaml, STR("second"), &second);

    struct binder inner = *binder; /* a copy: names end with the pattern */
    bind_name(&inner, SCOPE_STEP, STR("first"), first);
    bind_name(&inner, SCOPE_STEP, STR("second"), second);
    skeleton->decide = bind_child(&inner, skeleton->decide_yaml, STR("decide"), yields);
    return skeleton->first && skeleton->second && skeleton->decide ? 0 : -1;
}

/* Required. Runs on a fiber, once for each cell, and reads like its description. What it calls
 * may wait; it must not block. 0 with *value, or -1 with the failure left in the window. */
static int fiber_fn skeleton_run(struct wf *wf, const void *options, const json **value)
{
    const struct skeleton *skeleton = options;
    struct wf_task answer[] = {
        {.node = skeleton->first, .segment = STR("first"), .env = wf_env(wf)},
        {.node = skeleton->second, .segment = STR("second"), .env = wf_env(wf)},
    };
    if (wf_run_all(wf, answer, 2, skeleton->at_once ? 2 : 1, WF_FAIL) < 0)
        return -1;

    const struct env *env = env_bind(wf_arena(wf), wf_env(wf), STR("first"), answer[0].value);
    env = env_bind(wf_arena(wf), env, STR("second"), answer[1].value);
    wf_note(wf, "agreed", json_new_bool(json_equal(answer[0].value, answer[1].value)));
    return wf_run(wf, skeleton->decide, STR("decide"), env, value);
}

/* Required. Calls before a run, from those of the children. */
static void skeleton_estimate(const void *options, const struct estimating *estimating,
                              struct estimate *estimate)
{
    const struct skeleton *skeleton = options;
    *estimate = estimate_node(skeleton->first, estimating);
    estimate_add(estimate, estimate_node(skeleton->second, estimating));
    estimate_add(estimate, estimate_node(skeleton->decide, estimating));
}

/* The entry: the row of the table in pattern.c is its address. */
const struct pattern pattern_skeleton = {
    .name = "skeleton",
    .summary = "two answers, and a third node that decides",
    .options = skeleton_options,
    .options_size = sizeof(struct skeleton),
    .bind = skeleton_bind,
    .run = skeleton_run,
    .estimate = skeleton_estimate,
};
