/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_plan.h: what a planner wrote becomes tasks that can be run, or a list of what is
 * wrong with it. Pure: no window, no I/O; may run on any thread that has the arena to itself.
 */
#ifndef PATTERNS_ORCHESTRATE_PLAN_H
#define PATTERNS_ORCHESTRATE_PLAN_H

#include "base/jsonschema.h"
#include "base/option.h"

/* In the order of the words in `plan_rules_options`. */
enum plan_empty { EMPTY_FAIL, EMPTY_ALLOW };
enum plan_too_many { TOO_MANY_FAIL, TOO_MANY_CUT };
enum plan_unknown { UNKNOWN_FAIL, UNKNOWN_DROP };
enum plan_duplicates { DUPLICATES_FAIL, DUPLICATES_DROP, DUPLICATES_ALLOW };

struct plan_rules {
    int empty, too_many, unknown_type, duplicates;
    double overlap;
    const struct yaml *needs_yaml, *task_yaml; /* read by bind */

    const struct jsonschema *task; /* every task conforms to it; NULL: none */
    str type;                      /* member that names the worker; empty: free-form */
    str after;                     /* member that lists the tasks it needs; empty: none do */
    const str *worker;             /* names of workers, when typed */
    const struct opt_texts *needs; /* for each worker: members that must be there */
    size_t workers;
    size_t most; /* max_workers, 1 to 1,000 */
};

/* `validate`, for the option parser: fills the first fields. */
extern const struct opt plan_rules_options[];

struct plan_task {
    const json *task;
    size_t position; /* in the plan, from 0 */
    size_t worker;
    const size_t
        *need; /* tasks (by index in task_plan.task) that it runs after, in its order */
    size_t needs;
    size_t layer; /* from 0: one more than that of the latest it needs */
};

struct plan_dropped {
    size_t position;
    str why;
    bool duplicate; /* else its type has no worker */
};

struct task_plan {
    struct plan_task *task; /* in plan order */
    size_t count, layers;
    struct plan_dropped *dropped;
    size_t drops;
    size_t cut;   /* tasks beyond max_workers that were cut off */
    size_t alike; /* tasks that say what an earlier one says, or nearly so; dropped ones too */
    str *problem; /* for people and for the planner: one sentence each */
    size_t problems;
    size_t more; /* problems beyond those kept */
};

/* Reads the value that should be a list of tasks. The plan is valid when it has no problems; its
 * tasks are complete only then. Time is bounded by the size of the first max_workers tasks and,
 * for overlap, by all pairs of them. */
void task_plan_read(struct task_plan *plan, const struct plan_rules *rules, const json *tasks,
                    struct arena *arena);
void task_plan_problem(struct task_plan *plan, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
