/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_order.c: which tasks of a plan run after which, and so in which layer each is (see
 * orchestrate_plan_inside.h).
 */
#include "patterns/orchestrate_plan_inside.h"

#include <stdlib.h>

struct task_name {
    str name;
    size_t item;
};

static int by_name(const void *left, const void *right)
{
    const struct task_name *a = left, *b = right;
    int order = str_compare(a->name, b->name);
    return order ? order : a->item < b->item ? -1 : a->item > b->item;
}

/* The kept task that an item stands for; SIZE_MAX: it was dropped. */
static size_t kept_as(const struct task_reading *reading, size_t i)
{
    const struct task_item *item = &reading->item[i];
    if (item->dropped && item->same_as != SIZE_MAX)
        item = &reading->item[item->same_as];
    return item->dropped ? SIZE_MAX : item->number;
}

/* Tasks are named by their members `id` if any has one, else by their positions. */
static struct task_name *name_tasks(struct task_reading *reading, size_t *count)
{
    struct task_name *name = arena_array(reading->arena, struct task_name, reading->count + 1);
    *count = 0;
    for (size_t i = 0; i < reading->count; i++) {
        const json *id = json_get(reading->item[i].task, STR("id"));
        if (json_is(id, JSON_TEXT) || json_is(id, JSON_NUMBER))
            name[(*count)++] = (struct task_name){json_render(reading->arena, id), i};
    }
    if (*count == 0)
        for (size_t i = 0; i < reading->count; i++)
            name[(*count)++] = (struct task_name){arena_printf(reading->arena, "%zu", i), i};
    qsort(name, *count, sizeof name[0], by_name);
    for (size_t i = 1; i < *count; i++)
        if (str_equal(name[i - 1].name, name[i].name) &&
            kept_as(reading, name[i - 1].item) != kept_as(reading, name[i].item))
            task_problem(reading, "tasks %zu and %zu have the same id '%.*s'", name[i - 1].item,
                         name[i].item, STR_ARG(task_shown(reading, name[i].name)));
    return name;
}

static const struct task_name *find_name(const struct task_name *name, size_t count, str wanted)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(name[middle].name, wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && str_equal(name[low].name, wanted) ? &name[low] : NULL;
}

/* What one entry of `after` names: the number of a kept task, or SIZE_MAX after a problem. */
static size_t find_need(struct task_reading *reading, const struct task_name *name,
                        size_t names, const struct plan_task *task, const json *entry)
{
    str wanted = json_render(reading->arena, entry), seen = task_shown(reading, wanted);
    bool is_name = json_is(entry, JSON_TEXT) || json_is(entry, JSON_NUMBER);
    const struct task_name *found = is_name ? find_name(name, names, wanted) : NULL;
    size_t number = found ? kept_as(reading, found->item) : SIZE_MAX;
    if (!found)
        task_problem(reading, "task %zu needs '%.*s', which is no task of the plan",
                     task->position, STR_ARG(seen));
    else if (number == SIZE_MAX)
        task_problem(reading, "task %zu needs '%.*s', which was dropped", task->position,
                     STR_ARG(seen));
    else if (task == &reading->plan->task[number])
        task_problem(reading, "task %zu needs itself", task->position);
    else
        return number;
    return SIZE_MAX;
}

static void find_needs(struct task_reading *reading, const struct task_name *name, size_t names,
                       struct plan_task *task, size_t *last_needed_by)
{
    const json *after = json_get(task->task, reading->rules->after);
    if (!after || json_is(after, JSON_NULL))
        return;
    size_t own = (size_t)(task - reading->plan->task) + 1; /* 0 is nobody */
    bool list = json_is(after, JSON_LIST);
    size_t *need = arena_array(reading->arena, size_t, list ? json_count(after) + 1 : 1);
    for (const json *entry = list ? json_first(after) : after; entry;
         entry = list ? json_next(entry) : NULL) {
        size_t number = find_need(reading, name, names, task, entry);
        if (number == SIZE_MAX || last_needed_by[number] == own)
            continue;
        last_needed_by[number] = own;
        need[task->needs++] = number;
    }
    task->need = need;
}

/* Goes along unfinished needs until it comes back to where it has been. */
static void tell_circle(struct task_reading *reading, size_t at)
{
    struct task_plan *plan = reading->plan;
    bool *seen = arena_array(reading->arena, bool, plan->count);
    struct buf text = {0};
    for (; !seen[at];) {
        seen[at] = true;
        size_t k = 0;
        while (plan->task[plan->task[at].need[k]].layer != SIZE_MAX)
            k++;
        at = plan->task[at].need[k];
    }
    size_t start = at;
    do {
        size_t k = 0;
        buf_printf(&text, "%zu, ", plan->task[at].position);
        while (plan->task[plan->task[at].need[k]].layer != SIZE_MAX)
            k++;
        at = plan->task[at].need[k];
    } while (at != start);
    task_problem(reading, "tasks wait for each other in a circle: %.*s%zu",
                 STR_ARG(buf_str(&text)), plan->task[start].position);
    buf_release(&text);
}

/* The layer of a task whose needs all have one; SIZE_MAX when one has none yet. */
static size_t layer_of(const struct task_plan *plan, const struct plan_task *task)
{
    size_t layer = 0;
    for (size_t k = 0; k < task->needs; k++) {
        size_t other = plan->task[task->need[k]].layer;
        if (other == SIZE_MAX)
            return SIZE_MAX;
        layer = other + 1 > layer ? other + 1 : layer;
    }
    return layer;
}

static void layer_tasks(struct task_reading *reading)
{
    struct task_plan *plan = reading->plan;
    for (size_t i = 0; i < plan->count; i++)
        plan->task[i].layer = SIZE_MAX;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < plan->count; i++) {
            struct plan_task *task = &plan->task[i];
            if (task->layer != SIZE_MAX)
                continue;
            task->layer = layer_of(plan, task);
            moved = moved || task->layer != SIZE_MAX;
            if (task->layer != SIZE_MAX && task->layer + 1 > plan->layers)
                plan->layers = task->layer + 1;
        }
    }
    for (size_t i = 0; i < plan->count; i++)
        if (plan->task[i].layer == SIZE_MAX) {
            tell_circle(reading, i);
            break;
        }
}

void task_reading_order(struct task_reading *reading)
{
    struct task_plan *plan = reading->plan;
    if (reading->rules->after.n) {
        size_t names;
        const struct task_name *name = name_tasks(reading, &names);
        size_t *last_needed_by = arena_array(reading->arena, size_t, plan->count + 1);
        for (size_t i = 0; i < plan->count; i++)
            find_needs(reading, name, names, &plan->task[i], last_needed_by);
    }
    layer_tasks(reading);
}
