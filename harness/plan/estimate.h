/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimate.h: what a cell takes, before it runs: calls, tokens, dollars (docs/estimates.md).
 *
 * Every pattern sums up its parts; how many calls there are follows from the tree (language 4.10),
 * what each takes from its prompt, which is measured for one sample, and from its max_tokens. Retries
 * of a call that failed are in no figure.
 */
#ifndef PLAN_ESTIMATE_H
#define PLAN_ESTIMATE_H

#include "llm/model.h"
#include "plan/node.h"
#include "plan/spread.h"

enum estimate_part {
    ESTIMATE_CALLS,
    ESTIMATE_INPUT,   /* tokens */
    ESTIMATE_OUTPUT,  /* tokens */
    ESTIMATE_NANOUSD, /* open where a price is not known */
    ESTIMATE_SHOWN,   /* the parts before it are figures for people */
    /* Of calls whose step was timed before; open where one was not (plan/estimate_time.c). */
    ESTIMATE_WORK_NS = ESTIMATE_SHOWN, /* on the wire, all calls together */
    ESTIMATE_PATH_NS,                  /* the longest path: what latency will be */
    ESTIMATE_VARIANCE,                 /* of that, in ns²: `expected` alone */
    ESTIMATE_PARTS
};

struct estimate {
    struct spread part[ESTIMATE_PARTS];
};

/* What the calls of a step took on average in an earlier run. */
struct estimate_seen {
    str variant, path;    /* generic: indexes are [*]; "." for the root */
    double input, output; /* tokens of a call */
};

/* How long a call of a step took in an earlier run, or a program: the fastest, the mean, the slowest. */
struct estimate_time {
    str variant, path; /* as above; of a judge's calls "score:NAME[*]" */
    double count;
    double least_ns, mean_ns, most_ns, squares; /* squares: sum of squared distances from the mean */
};

/* What is asked: of which sample, which calls count, and what is known from earlier. */
struct estimating {
    str variant;
    const struct estimate_seen *seen;
    size_t seens;
    const struct estimate_time *time;
    size_t times;
    const struct env *env;        /* vars and inputs of the sample; NULL: not known */
    struct arena *scratch;        /* for texts that are measured */
    const struct llm_model *only; /* calls to this model alone; NULL: to all */
};

/* Of a node, through its pattern. */
struct estimate estimate_node(const struct node *node, const struct estimating *estimating);
/* Within a budget (NULL: none): no more than it allows, and, where it may be reached, perhaps nothing
 * at all. */
void estimate_within(struct estimate *estimate, const struct budget *budget);
/* Of one request that takes so many input tokens: output and cost follow from model and
 * parameters. Nothing for a model that is not asked for. */
struct estimate estimate_request(const struct llm_model *model, const struct llm_params *params,
                                 struct spread input, const struct estimating *estimating);

/* The same with so many tokens of output. */
struct estimate estimate_exchange(const struct llm_model *model, struct spread input,
                                  struct spread output, const struct estimating *estimating);
/* Replaces what is expected by what was seen of the step. False: it was not seen. */
bool estimate_as_seen(const struct estimating *estimating, str path, struct spread *input,
                      struct spread *output);
/* Tokens of one reply: at least one; half of max_tokens is a guess; at most max_tokens. */
struct spread estimate_output(const struct llm_params *params);

/* Requests of a step get the time that its calls were seen to take; without that their time is open. Of a
 * program, which is no request, only the path. */
void estimate_time_calls(struct estimate *requests, const struct estimating *estimating, str path);
void estimate_time_program(struct estimate *program, const struct estimating *estimating,
                           str path);

/* One after the other: of all figures the sum, also of the path. */
void estimate_add(struct estimate *sum, struct estimate part);
/* At the same time: the sum, and of the path the longer. */
void estimate_beside(struct estimate *sum, struct estimate part);
/* The path of what ran so with no more than `width` at once; `one` is the longest of them. 0: all at once. */
void estimate_narrow(struct estimate *sum, const struct estimate *each_after_each, double width);
/* So many of one, `width` at once; 0: all. */
struct estimate estimate_waves(struct estimate each, double low, double expected, double worst,
                               double width);
struct estimate estimate_times(struct estimate part, double low, double expected, double worst);
/* One of several, by each figure: the least low and the greatest worst. The mean stays what it
 * is. */
void estimate_widen(struct estimate *sum, const struct estimate *other);

#endif
