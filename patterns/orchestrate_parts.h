/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_parts.h: what the two halves of `orchestrate` share: orchestrate_bind.c reads it
 * before a run, orchestrate.c runs it.
 */
#ifndef PATTERNS_ORCHESTRATE_PARTS_H
#define PATTERNS_ORCHESTRATE_PARTS_H

#include "patterns/orchestrate_plan.h"
#include "plan/bind.h"
#include "plan/estimate.h"

struct orchestrate {
    const struct yaml *plan_yaml, *tasks_yaml, *workers_yaml, *worker_yaml, *validate_yaml,
        *synthesize_yaml;
    str type, after;
    int64_t max_workers, width, replan;
    int on_error; /* enum wf_on_error */

    const struct node *plan, *plan_again; /* the same at another path, for scores */
    const struct template *tasks;
    struct plan_rules rules;
    const struct node **worker; /* one for each of rules.worker; free-form: one in all */
    size_t workers;
    const struct node *synthesize; /* NULL: none */
};

extern const struct opt orchestrate_options[];

/* Hooks of the pattern (patterns/pattern.h). */
int orchestrate_bind(struct binder *binder, const struct yaml *value, void *options,
                     struct shape *yields);
void orchestrate_estimate(const void *options, const struct estimating *estimating,
                          struct estimate *estimate);

#endif
