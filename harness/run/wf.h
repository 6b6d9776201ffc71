/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wf.h: the narrow window through which a pattern sees the world.
 *
 * A pattern's `run` gets a wf: the node instance it works for. It runs children, makes calls and
 * evaluates templates as if all of that blocked; fibers, permits, the store, deadlines and the
 * trace are behind the window. Functions marked fiber_fn may suspend.
 *
 * Everything returned lives as long as the cell, but for replies (wf_call). A function that returns -1
 * has left a failure in the window; a pattern that does not handle it returns -1 itself:
 *
 *     for (size_t i = 0; i < chain->count; i++)
 *         if (wf_run(wf, chain->step[i].node, chain->step[i].name, env, &value) < 0)
 *             return -1;
 */
#ifndef RUN_WF_H
#define RUN_WF_H

#include "base/template.h"
#include "base/clock.h"
#include "io/exec.h"
#include "io/fiber.h"
#include "llm/llm.h"
#include "plan/node.h"
#include "run/outcome.h"

struct wf;

struct arena *wf_arena(const struct wf *wf);
/* For what nobody needs once this node has ended: prompts, requests, replies. Values live longer. */
struct arena *wf_scratch(struct wf *wf);
/* The names this node sees, `with` included. */
const struct env *wf_env(const struct wf *wf);

/* Runs a child in place. `segment` is its part of the path: "answer", "[2]" (plan/bind.h,
 * path_segment, for names that are no plain words). 0 with *value, or -1. */
int fiber_fn wf_run(struct wf *wf, const struct node *child, str segment, const struct env *env,
                    const json **value);

/* The same for a child whose calls, and those of all within it, have another role. */
int fiber_fn wf_run_as(struct wf *wf, enum call_role role, const struct node *child,
                       str segment, const struct env *env, const json **value);

/* One of several children. */
struct wf_task {
    const struct node *node;
    str segment;
    const struct env *env;
    /* The last task only. It starts with the first ones, whatever the width, and its failure ends
     * no series; failing with the kind `cancels` (NONE: none) cancels the tasks beside it. */
    bool beside;
    enum failure_kind cancels;
    /* filled in: */
    const json *value; /* NULL when it failed or did not run */
    bool failed;
    struct failure failure;
};

enum wf_on_error { WF_FAIL, WF_PARTIAL };

/* Runs children, at most `width` of them at once (0: all). They are all started, and run to
 * their end whatever becomes of their siblings, except that with width 1 the first failure ends
 * the series under WF_FAIL. Under WF_FAIL the failure is that of the first failed task in order;
 * under WF_PARTIAL the call fails only when the run is stopped. When a task has cancelled those
 * beside it, the failure is its own in both cases. */
int fiber_fn wf_run_all(struct wf *wf, struct wf_task *task, size_t count, size_t width,
                        enum wf_on_error on_error);

/* The failure that a child left, and going on in spite of it. */
const struct failure *wf_failure(const struct wf *wf);
void wf_forgive(struct wf *wf);
/* Is it one that no pattern may forgive: the run is stopped, or a budget further out is spent? */
bool wf_must_end(const struct wf *wf);

/* Fails this node; returns -1. */
int wf_fail(struct wf *wf, enum failure_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Fails this node with a failure of one of its tasks, its path and kind kept; returns -1. */
int wf_fail_as(struct wf *wf, const struct failure *failure);
/* The value to show with the failure. */
void wf_fail_value(struct wf *wf, const json *value);

/* This node ends `blocked`: its value stands for what a guard held back. */
void wf_blocked(struct wf *wf);

/* For a pattern's `best`: the children that were started, in the order of the definition, and
 * what each has: its value if it ended with one, else, when a budget ended it, the best its own
 * pattern has; NULL: nothing. */
const struct wf *wf_first_child(const struct wf *wf);
const struct wf *wf_next_child(const struct wf *child);
str wf_segment(const struct wf *child);
const struct node *wf_child_node(const struct wf *child);
const json *wf_has(const struct wf *child);

/* Evaluates a template of this node; failure `template`. */
int wf_eval(struct wf *wf, const struct template *template, const struct env *env,
            const json **value);
int wf_render(struct wf *wf, const struct template *template, const struct env *env, str *text);
/* The same, in wf_scratch. */
int wf_render_scratch(struct wf *wf, const struct template *template, const struct env *env,
                      str *text);

/* One model call of this node, as the repeat index counts them. The request's model, messages,
 * schema and parameters are the caller's, the rest is filled in here. 0 with a whole reply (which
 * may be a refusal, cut off, or break its schema), -1 with failure `provider`, `timeout`, `limit`.
 * The reply is stored before this returns (rule 6); it lives until this node has ended. */
int fiber_fn wf_call(struct wf *wf, struct llm_request *request,
                     const struct llm_reply **reply);

/* Runs a program for this node and waits for it: no call, but its time is part of the latency. The
 * node's deadline is the program's; where the node has no timeout of its own, it is EXEC_TIMEOUT_NS
 * at most. 0 when it ended well; else -1 with failure `timeout` (a deadline), `budget`, `exec` (all
 * that it did wrong, hanging among it; the message has the end of its stderr). The request's
 * timeout is filled in here, and its limit of processor time when it has none. The result lives
 * until this node has ended. */
#define EXEC_TIMEOUT_NS (10 * NS_PER_S)
int fiber_fn wf_exec(struct wf *wf, struct exec_request *request,
                     const struct exec_result **result);
/* Has a deadline or a budget's time passed, so that nothing can be asked any more? */
bool wf_out_of_time(const struct wf *wf);

/* Validates against a schema, on a worker when the value is large. True, or false and up to
 * `most` problems. */
bool fiber_fn wf_valid(struct wf *wf, const struct jsonschema *schema, const json *value,
                       struct jsonschema_problem *problems, size_t most, size_t *count);
/* Parses, on a worker when the text is large. */
const json *fiber_fn wf_parse(struct wf *wf, str text, struct json_error *error);

/* Applies transforms, on a worker when the text is large. */
struct transform;
const json *fiber_fn wf_transform(struct wf *wf, const struct transform *transform,
                                  size_t count, const json *value);

/* Runs a check, on a worker when the value is large: true, or false and the reason ("min-words:
 * 50: 12 words; …"). What a check's template does not resolve to is a reason too. */
bool fiber_fn wf_check(struct wf *wf, const struct check *check, const struct env *env,
                       const json *value, str *reason);
/* Too large to be looked at on the loop? */
bool wf_is_large(const json *value);
/* Runs work(arg) on a worker when `large`, else here. It must not touch the cell's arena. */
void fiber_fn wf_work(struct wf *wf, bool large, void (*work)(void *arg), void *arg);

/* What a pattern wants to have in the trace, beside the value: the case a route took. */
void wf_note(struct wf *wf, const char *key, const json *value);
/* Tells the step that ran last under this one which label was taken (for scores on `by`). */
void wf_label_child(struct wf *wf, const json *label);

/* The trial's number, from 1. */
int64_t wf_trial(const struct wf *wf);

#endif
