/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call_tools.h: the tools of a call: what the model asks for is run and told to it.
 */
#ifndef PATTERNS_CALL_TOOLS_H
#define PATTERNS_CALL_TOOLS_H

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

struct call_tools {
    const struct bound_tool *bound;
    const struct llm_tool *tool; /* the same in the same order, for requests */
    size_t count;
};

/* Reads `call.tools`, a list of names. 0, or -1 after adding mistakes. */
int call_tools_bind(const struct binder *binder, const struct yaml *names,
                    struct call_tools *tools);
/* Of a round of one tool, the dearest by each figure. */
struct estimate call_tools_estimate(const struct call_tools *tools,
                                    const struct estimating *estimating);

/* Of one call while it runs. */
struct tools_use {
    size_t steps;  /* "tools[N]", so far */
    json *refused; /* calls that were not run, so far: in the trace; NULL: none */
};

/* Runs every tool call of a reply at once, each a step of its own, and writes one message for
 * each, in their order: the value, or what went wrong, told to the model. -1 only for failures
 * that nobody may forgive. */
int fiber_fn call_tools_answer(struct wf *wf, const struct call_tools *tools,
                               const struct llm_reply *reply, struct tools_use *use,
                               struct llm_message *message);

#endif
