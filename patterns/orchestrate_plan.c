/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_plan.c: plans are judged, amended and put into layers (see orchestrate_plan.h).
 *
 * A plan comes from a model, so it may be anything: prose, ten thousand tasks, a task that waits
 * for itself. How many there are is looked at before any of them is. All that is wrong is
 * collected, so that a planner that is asked again hears of everything at once.
 */
#include "patterns/orchestrate_plan.h"

#include "base/text.h"
#include "patterns/similar.h"

#include <stdio.h>
#include <stdlib.h>

enum { PROBLEMS_MOST = 20, SCHEMA_PROBLEMS = 3, SHOWN_COLUMNS = 60 };

/* Jaccard share of words from which two tasks say nearly the same, whatever is done about it. */
static const double alike_from = 0.9;

static const char *const empty_choices[] = {"fail", "allow", NULL};
static const char *const too_many_choices[] = {"fail", "cut", NULL};
static const char *const unknown_choices[] = {"fail", "drop", NULL};
static const char *const duplicates_choices[] = {"fail", "drop", "allow", NULL};

const struct opt plan_rules_options[] = {
    OPT_CHOICE(plan_rules, empty, .choices = empty_choices, .fallback = "fail",
               .help = "a plan without tasks"),
    OPT_CHOICE(plan_rules, too_many, .choices = too_many_choices, .fallback = "fail",
               .help = "more than max_workers; cut keeps the first"),
    OPT_CHOICE(plan_rules, unknown_type, .choices = unknown_choices, .fallback = "fail",
               .help = "a task whose type has no worker"),
    OPT_CHOICE(plan_rules, duplicates, .choices = duplicates_choices, .fallback = "drop",
               .help = "tasks that are equal, or overlap"),
    OPT_SHARE(plan_rules, overlap, .fallback = "1",
              .help = "tasks whose words have this Jaccard similarity are duplicates"),
    {.key = "needs",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct plan_rules, needs_yaml),
     .word = "object",
     .form = "{type: object, additionalProperties: {type: array, items: {type: string}}}",
     .help = "type to list of members that must be there and not null"},
    {.key = "task",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct plan_rules, task_yaml),
     .word = "schema",
     .help = "every task must conform to it"},
    OPT_END,
};

/* A task of the plan while it is judged. */
struct item {
    const json *task;
    size_t worker;
    bool dropped;
    size_t same_as; /* of a dropped duplicate: the item that was kept */
    size_t number;  /* among the kept */
};

struct reading {
    struct task_plan *plan;
    const struct plan_rules *rules;
    struct arena *arena;
    struct item *item;
    size_t count;
};

void task_plan_problem(struct task_plan *plan, struct arena *arena, const char *format, ...)
{
    if (plan->problems == PROBLEMS_MOST) {
        plan->more++;
        return;
    }
    if (!plan->problem)
        plan->problem = arena_array(arena, str, PROBLEMS_MOST);
    va_list args;
    va_start(args, format);
    plan->problem[plan->problems++] = arena_vprintf(arena, format, args);
    va_end(args);
}

#define problem(reading, ...) task_plan_problem((reading)->plan, (reading)->arena, __VA_ARGS__)

static str shown(const struct reading *reading, str text)
{
    return text_visible(reading->arena, text_shorten(reading->arena, text, SHOWN_COLUMNS));
}

static void drop(struct reading *reading, size_t i, str why, bool duplicate)
{
    struct task_plan *plan = reading->plan;
    reading->item[i].dropped = true;
    plan->dropped[plan->drops++] = (struct plan_dropped){i, why, duplicate};
}

/* ---- each task by itself ---- */

static void unknown_type(struct reading *reading, size_t i, const json *type)
{
    str name = shown(reading, json_render(reading->arena, type));
    str why = json_is(type, JSON_TEXT)
                  ? arena_printf(reading->arena, "no worker has the type '%.*s'", STR_ARG(name))
                  : arena_printf(reading->arena, "it has no type in '%.*s'",
                                 STR_ARG(reading->rules->type));
    if (reading->rules->unknown_type == UNKNOWN_DROP)
        drop(reading, i, why, false);
    else
        problem(reading, "task %zu: %.*s", i, STR_ARG(why));
}

/* False when the task has no worker. */
static bool find_worker(struct reading *reading, size_t i)
{
    const struct plan_rules *rules = reading->rules;
    const json *type = json_get(reading->item[i].task, rules->type);
    for (size_t k = 0; k < rules->workers; k++)
        if (json_is(type, JSON_TEXT) && str_equal(json_text(type), rules->worker[k])) {
            reading->item[i].worker = k;
            return true;
        }
    unknown_type(reading, i, type);
    return false;
}

static void check_members(struct reading *reading, size_t i)
{
    const struct plan_rules *rules = reading->rules;
    const struct item *item = &reading->item[i];
    if (!rules->needs)
        return;
    const struct opt_texts *needs = &rules->needs[item->worker];
    for (size_t k = 0; k < needs->count; k++) {
        const json *member = json_get(item->task, needs->text[k]);
        if (!member || json_is(member, JSON_NULL))
            problem(reading, "task %zu: '%.*s' is missing for %.*s", i, STR_ARG(needs->text[k]),
                    STR_ARG(rules->worker[item->worker]));
    }
}

static void check_schema(struct reading *reading, size_t i)
{
    struct jsonschema_problem wrong[SCHEMA_PROBLEMS];
    size_t count = 0;
    if (!reading->rules->task ||
        jsonschema_valid(reading->rules->task, reading->item[i].task, reading->arena, wrong,
                         SCHEMA_PROBLEMS, &count))
        return;
    for (size_t k = 0; k < count && k < SCHEMA_PROBLEMS; k++) {
        str line = jsonschema_problem_line(reading->arena, &wrong[k]);
        problem(reading, "task %zu: %.*s", i, STR_ARG(line));
    }
}

static void judge_task(struct reading *reading, size_t i)
{
    bool typed = reading->rules->type.n > 0;
    const json *task = reading->item[i].task;
    if (!json_is(task, JSON_OBJECT) && (typed || !json_is(task, JSON_TEXT))) {
        problem(reading, "task %zu is %s; expected an object%s", i,
                json_kind_name(json_kind(task)), typed ? "" : " or a text");
        return;
    }
    if (typed && !find_worker(reading, i))
        return;
    check_members(reading, i);
    check_schema(reading, i);
}

/* ---- duplicates ---- */

/* What a task says, without its name and what it waits for. */
static const json *content_of(const struct reading *reading, const json *task)
{
    if (!reading->rules->after.n || !json_is(task, JSON_OBJECT))
        return task;
    json *content = json_new_object(reading->arena);
    for (const json *member = json_first(task); member; member = json_next(member)) {
        str key = json_key(member);
        if (!str_equal(key, STR("id")) && !str_equal(key, reading->rules->after))
            json_set(reading->arena, content, key, member);
    }
    return content;
}

static void add_words(struct buf *words, const json *value)
{
    enum json_kind kind = json_kind(value);
    if (kind == JSON_TEXT) {
        buf_add_str(words, json_text(value));
        buf_add_char(words, ' ');
    } else if (kind == JSON_NUMBER || kind == JSON_BOOL) {
        json_write(words, value, JSON_COMPACT);
        buf_add_char(words, ' ');
    }
    for (const json *item = json_first(value); item; item = json_next(item))
        add_words(words, item);
}

static void found_duplicate(struct reading *reading, size_t i, size_t of)
{
    str why = arena_printf(reading->arena, "a duplicate of task %zu", of);
    if (reading->rules->duplicates == DUPLICATES_FAIL) {
        problem(reading, "task %zu is %.*s", i, STR_ARG(why));
        return;
    }
    drop(reading, i, why, true);
    reading->item[i].same_as = of;
}

/* Without words there is only equality. */
static bool are_alike(struct word_set a, struct word_set b, const json *left, const json *right,
                      double share)
{
    return a.count && b.count ? word_sets_reach(a, b, share) : json_equal(left, right);
}

static void drop_duplicate(struct reading *reading, const struct word_set *set,
                           const json *const *content, size_t i)
{
    double share = reading->rules->overlap;
    for (size_t k = 0; k < i && !reading->item[i].dropped; k++)
        if (!reading->item[k].dropped &&
            are_alike(set[i], set[k], content[i], content[k], share)) {
            found_duplicate(reading, i, k);
            break;
        }
}

/* Each task against those before it: to drop it, those that were kept; to count it, all. */
static void find_duplicates(struct reading *reading)
{
    struct arena *arena = reading->arena;
    str *text = arena_array(arena, str, reading->count + 1);
    const json **content = arena_calloc(arena, reading->count + 1, sizeof(const json *));
    for (size_t i = 0; i < reading->count; i++) {
        struct buf words = {0};
        content[i] = content_of(reading, reading->item[i].task);
        add_words(&words, content[i]);
        text[i] = text_lower(arena, arena_str(arena, buf_str(&words)));
        buf_release(&words);
    }
    const struct word_set *set = word_sets_new(arena, text, reading->count);
    for (size_t i = 1; i < reading->count; i++) {
        size_t k = 0;
        while (k < i && !are_alike(set[i], set[k], content[i], content[k], alike_from))
            k++;
        reading->plan->alike += k < i;
        if (reading->rules->duplicates != DUPLICATES_ALLOW)
            drop_duplicate(reading, set, content, i);
    }
}

/* ---- what runs after what ---- */

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
static size_t kept_as(const struct reading *reading, size_t i)
{
    const struct item *item = &reading->item[i];
    if (item->dropped && item->same_as != SIZE_MAX)
        item = &reading->item[item->same_as];
    return item->dropped ? SIZE_MAX : item->number;
}

/* Tasks are named by their members `id` if any has one, else by their positions. */
static struct task_name *name_tasks(struct reading *reading, size_t *count)
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
            problem(reading, "tasks %zu and %zu have the same id '%.*s'", name[i - 1].item,
                    name[i].item, STR_ARG(shown(reading, name[i].name)));
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
static size_t find_need(struct reading *reading, const struct task_name *name, size_t names,
                        const struct plan_task *task, const json *entry)
{
    str wanted = json_render(reading->arena, entry), seen = shown(reading, wanted);
    bool is_name = json_is(entry, JSON_TEXT) || json_is(entry, JSON_NUMBER);
    const struct task_name *found = is_name ? find_name(name, names, wanted) : NULL;
    size_t number = found ? kept_as(reading, found->item) : SIZE_MAX;
    if (!found)
        problem(reading, "task %zu needs '%.*s', which is no task of the plan", task->position,
                STR_ARG(seen));
    else if (number == SIZE_MAX)
        problem(reading, "task %zu needs '%.*s', which was dropped", task->position,
                STR_ARG(seen));
    else if (task == &reading->plan->task[number])
        problem(reading, "task %zu needs itself", task->position);
    else
        return number;
    return SIZE_MAX;
}

static void find_needs(struct reading *reading, const struct task_name *name, size_t names,
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
static void tell_circle(struct reading *reading, size_t at)
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
    problem(reading, "tasks wait for each other in a circle: %.*s%zu", STR_ARG(buf_str(&text)),
            plan->task[start].position);
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

static void layer_tasks(struct reading *reading)
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

static void order_tasks(struct reading *reading)
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

/* ---- the whole ---- */

static void keep_tasks(struct reading *reading)
{
    struct task_plan *plan = reading->plan;
    plan->task = arena_array(reading->arena, struct plan_task, reading->count + 1);
    for (size_t i = 0; i < reading->count; i++) {
        struct item *item = &reading->item[i];
        if (item->dropped)
            continue;
        item->number = plan->count;
        plan->task[plan->count++] = (struct plan_task){item->task, i, item->worker, NULL, 0, 0};
    }
}

/* How many tasks are to be looked at; false when the plan ends here. */
static bool count_tasks(struct reading *reading, const json *tasks)
{
    const struct plan_rules *rules = reading->rules;
    if (!json_is(tasks, JSON_LIST)) {
        problem(reading, "the plan is %s; expected a list of tasks",
                json_kind_name(json_kind(tasks)));
        return false;
    }
    reading->count = json_count(tasks);
    if (reading->count == 0 && rules->empty == EMPTY_FAIL)
        problem(reading, "the plan has no tasks");
    if (reading->count <= rules->most)
        return reading->count > 0;
    if (rules->too_many == TOO_MANY_FAIL) {
        problem(reading, "the plan has %zu tasks; expected at most %zu", reading->count,
                rules->most);
        return false;
    }
    reading->plan->cut = reading->count - rules->most;
    reading->count = rules->most;
    return true;
}

void task_plan_read(struct task_plan *plan, const struct plan_rules *rules, const json *tasks,
                    struct arena *arena)
{
    *plan = (struct task_plan){0};
    struct reading reading = {.plan = plan, .rules = rules, .arena = arena};
    if (!count_tasks(&reading, tasks))
        return;
    reading.item = arena_array(arena, struct item, reading.count);
    plan->dropped = arena_array(arena, struct plan_dropped, reading.count);
    const json *task = json_first(tasks);
    for (size_t i = 0; i < reading.count; i++, task = json_next(task)) {
        reading.item[i] = (struct item){.task = task, .same_as = SIZE_MAX};
        judge_task(&reading, i);
    }
    find_duplicates(&reading);
    keep_tasks(&reading);
    if (plan->count == 0 && plan->problems == 0 && rules->empty == EMPTY_FAIL)
        problem(&reading, "the plan has no task left: all were dropped");
    order_tasks(&reading);
}
