/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h: the trace of a cell: one record for each step instance, as a tree.
 *
 * The records of a node's children stand in the order of the node's definition, whenever they
 * ran, so that everything computed from a trace is the same at any concurrency. They live in the
 * arena of the cell.
 */
#ifndef RUN_STEP_H
#define RUN_STEP_H

#include "base/clock.h"
#include "base/template.h"
#include "llm/llm.h"
#include "plan/node.h"
#include "run/outcome.h"

/* Counts, money and times of calls; all additive. A call is sent, cached or unsent (rule 8). */
struct totals {
    int64_t calls, sent, cached, unsent;
    int64_t attempts;
    int64_t input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens;
    int64_t unknown_usage_calls;
    int64_t cost_nanousd; /* the known part */
    int64_t paid_nanousd; /* the part of it that this run paid: not that of cached calls */
    int64_t unknown_cost_calls;
    int64_t lost_attempts;
    int64_t cost_upper_nanousd; /* known part plus what was reserved for lost attempts */
    int64_t permit_wait_ns, backoff_ns, store_wait_ns, connect_ns, provider_ns;
    int64_t work_ns; /* attempts and backoff: what the critical path would weigh */
    int64_t ttft_ns, ttft_calls;
};
void totals_add(struct totals *sum, const struct totals *part);
void totals_add_call(struct totals *sum, const struct llm_reply *reply);

struct step {
    struct step *parent, *first_child, *last_child, *next;
    const struct node *node;
    str path;    /* "faqs[2].answer"; "." the root */
    str generic; /* "faqs[*].answer" */
    enum step_outcome outcome;
    struct failure failure; /* of this step or of the child that failed it */
    const struct env *env;  /* what its templates saw, `with` included */
    const json *value;      /* NULL when it has none */
    const json *label;      /* of a route's `by`: the case that was taken; NULL elsewhere */
    json *note;             /* what its pattern has to say; NULL: nothing */
    /* On the clock of latency, from the start of the cell. */
    int64_t start_ns, end_ns;
    /* On the wall, from the start of the cell. */
    int64_t wall_start_ns, wall_end_ns;
    struct totals own; /* of the calls it made itself; children have their own */
    /* Of the last of these calls: whether it had a whole reply, and how that ended. */
    bool answered, refused;
    enum llm_finish finish;
    bool failed_itself; /* the failure is its own, not a child's */
    size_t number;      /* place in the record of the cell */
    enum call_role role; /* of its calls */
    bool hidden;        /* of a node that adds no step (`use`): only its children count */
};

/* Counts a call of the step, and keeps how it ended. */
void step_add_call(struct step *step, const struct llm_reply *reply);

/* The steps that count, in document order: those that ran and are not hidden. Start with
 * step_first; NULL at the end. */
struct step *step_first(const struct step *trace);
struct step *step_next(const struct step *step);

#endif
