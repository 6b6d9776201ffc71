/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_plan.c: plans are judged and amended (see orchestrate_plan.h).
 *
 * A plan comes from a model, so it may be anything: prose, ten thousand tasks, a task that waits
 * for itself. How many there are is looked at before any of them is. All that is wrong is
 * collected, so that a planner that is asked again hears of everything at once.
 */
#include "patterns/orchestrate_plan_inside.h"

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

str task_shown(const struct task_reading *reading, str text)
{
    return text_visible(reading->arena, text_shorten(reading->arena, text, SHOWN_COLUMNS));
}

static void drop(struct task_reading *reading, size_t i, str why, bool duplicate)
{
    struct task_plan *plan = reading->plan;
    reading->item[i].dropped = true;
    plan->dropped[plan->drops++] = (struct plan_dropped){i, why, duplicate};
}

/* ---- each task by itself ---- */

static void unknown_type(struct task_reading *reading, size_t i, const json *type)
{
    str name = task_shown(reading, json_render(reading->arena, type));
    str why = json_is(type, JSON_TEXT)
                  ? arena_printf(reading->arena, "no worker has the type '%.*s'", STR_ARG(name))
                  : arena_printf(reading->arena, "it has no type in '%.*s'",
                                 STR_ARG(reading->rules->type));
    if (reading->rules->unknown_type == UNKNOWN_DROP)
        drop(reading, i, why, false);
    else
        task_problem(reading, "task %zu: %.*s", i, STR_ARG(why));
}

/* False when the task has no worker. */
static bool find_worker(struct task_reading *reading, size_t i)
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

static void check_members(struct task_reading *reading, size_t i)
{
    const struct plan_rules *rules = reading->rules;
    const struct task_item *item = &reading->item[i];
    if (!rules->needs)
        return;
    const struct opt_texts *needs = &rules->needs[item->worker];
    for (size_t k = 0; k < needs->count; k++) {
        const json *member = json_get(item->task, needs->text[k]);
        if (!member || json_is(member, JSON_NULL))
            task_problem(reading, "task %zu: '%.*s' is missing for %.*s", i,
                         STR_ARG(needs->text[k]), STR_ARG(rules->worker[item->worker]));
    }
}

static void check_schema(struct task_reading *reading, size_t i)
{
    struct jsonschema_problem wrong[SCHEMA_PROBLEMS];
    size_t count = 0;
    if (!reading->rules->task ||
        jsonschema_valid(reading->rules->task, reading->item[i].task, reading->arena, wrong,
                         SCHEMA_PROBLEMS, &count))
        return;
    for (size_t k = 0; k < count && k < SCHEMA_PROBLEMS; k++) {
        str line = jsonschema_problem_line(reading->arena, &wrong[k]);
        task_problem(reading, "task %zu: %.*s", i, STR_ARG(line));
    }
}

static void judge_task(struct task_reading *reading, size_t i)
{
    bool typed = reading->rules->type.n > 0;
    const json *task = reading->item[i].task;
    if (!json_is(task, JSON_OBJECT) && (typed || !json_is(task, JSON_TEXT))) {
        task_problem(reading, "task %zu is %s; expected an object%s", i,
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
static const json *content_of(const struct task_reading *reading, const json *task)
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

static void found_duplicate(struct task_reading *reading, size_t i, size_t of)
{
    str why = arena_printf(reading->arena, "a duplicate of task %zu", of);
    if (reading->rules->duplicates == DUPLICATES_FAIL) {
        task_problem(reading, "task %zu is %.*s", i, STR_ARG(why));
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

static void drop_duplicate(struct task_reading *reading, const struct word_set *set,
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
static void find_duplicates(struct task_reading *reading)
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

/* ---- the whole ---- */

static void keep_tasks(struct task_reading *reading)
{
    struct task_plan *plan = reading->plan;
    plan->task = arena_array(reading->arena, struct plan_task, reading->count + 1);
    for (size_t i = 0; i < reading->count; i++) {
        struct task_item *item = &reading->item[i];
        if (item->dropped)
            continue;
        item->number = plan->count;
        plan->task[plan->count++] = (struct plan_task){item->task, i, item->worker, NULL, 0, 0};
    }
}

/* How many tasks are to be looked at; false when the plan ends here. */
static bool count_tasks(struct task_reading *reading, const json *tasks)
{
    const struct plan_rules *rules = reading->rules;
    if (!json_is(tasks, JSON_LIST)) {
        task_problem(reading, "the plan is %s; expected a list of tasks",
                     json_kind_name(json_kind(tasks)));
        return false;
    }
    reading->count = json_count(tasks);
    if (reading->count == 0 && rules->empty == EMPTY_FAIL)
        task_problem(reading, "the plan has no tasks");
    if (reading->count <= rules->most)
        return reading->count > 0;
    if (rules->too_many == TOO_MANY_FAIL) {
        task_problem(reading, "the plan has %zu tasks; expected at most %zu", reading->count,
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
    struct task_reading reading = {.plan = plan, .rules = rules, .arena = arena};
    if (!count_tasks(&reading, tasks))
        return;
    reading.item = arena_array(arena, struct task_item, reading.count);
    plan->dropped = arena_array(arena, struct plan_dropped, reading.count);
    const json *task = json_first(tasks);
    for (size_t i = 0; i < reading.count; i++, task = json_next(task)) {
        reading.item[i] = (struct task_item){.task = task, .same_as = SIZE_MAX};
        judge_task(&reading, i);
    }
    find_duplicates(&reading);
    keep_tasks(&reading);
    if (plan->count == 0 && plan->problems == 0 && rules->empty == EMPTY_FAIL)
        task_problem(&reading, "the plan has no task left: all were dropped");
    task_reading_order(&reading);
}
