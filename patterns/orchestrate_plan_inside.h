/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_plan_inside.h: a plan while it is read, for the two files that read it.
 */
#ifndef PATTERNS_ORCHESTRATE_PLAN_INSIDE_H
#define PATTERNS_ORCHESTRATE_PLAN_INSIDE_H

#include "patterns/orchestrate_plan.h"

/* A task of the plan while it is judged. */
struct task_item {
    const json *task;
    size_t worker;
    bool dropped;
    size_t same_as; /* of a dropped duplicate: the item that was kept */
    size_t number;  /* among the kept */
};

struct task_reading {
    struct task_plan *plan;
    const struct plan_rules *rules;
    struct arena *arena;
    struct task_item *item;
    size_t count;
};

#define task_problem(reading, ...)                                                             \
    task_plan_problem((reading)->plan, (reading)->arena, __VA_ARGS__)
/* A text of the plan's in a message. */
str task_shown(const struct task_reading *reading, str text);

/* orchestrate_order.c: what each kept task needs, and its layer; a circle is a problem. */
void task_reading_order(struct task_reading *reading);

#endif
