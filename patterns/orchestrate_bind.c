/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orchestrate_bind.c: `orchestrate` before a run: its keys, its names, its calls.
 *
 * What a planner will write is not known, but what its schema allows is: members that tasks must
 * have and types without a worker are found here. Plans themselves are judged in
 * orchestrate_plan.c.
 */
#include "patterns/orchestrate_parts.h"

#include "run/wf.h"

static const char *const on_error_choices[] = {"fail", "partial", NULL};

#define RAW_ROW(name, type_word, ...)                                                          \
    {                                                                                          \
        .key = #name, .type = OPT_TYPE_RAW,                                                    \
        .offset = offsetof(struct orchestrate, name##_yaml), .word = (type_word), __VA_ARGS__  \
    }

const struct opt orchestrate_options[] = {
    RAW_ROW(plan, "node", .required = true, .help = "its value holds the tasks"),
    RAW_ROW(tasks, "template", .form = OPT_FORM_LIST, .help = "the list of tasks in it; {{plan}} when not given"),
    OPT_NAME(orchestrate, type, .help = "the member of a task that names its worker"),
    RAW_ROW(workers, "cases", .help = "type to node: typed tasks"),
    RAW_ROW(worker, "node", .help = "one worker for all: free-form tasks"),
    OPT_NAME(orchestrate, after,
             .help = "the member of a task that lists those it needs, by id or position"),
    OPT_INT(orchestrate, max_workers, .min = 1, .max = 1000, .fallback = "10",
            .help = "tasks of one plan"),
    OPT_INT(orchestrate, width, .min = 1, .max = 10000,
            .help = "tasks at once; all when not given"),
    RAW_ROW(validate, "validate", .help = "what makes a plan invalid, and what is done then"),
    OPT_INT(orchestrate, replan, .min = 0, .max = 3, .fallback = "0",
            .help = "times that a plan that is not valid is asked for again"),
    OPT_CHOICE(orchestrate, on_error, .choices = on_error_choices, .fallback = "partial",
               .help = "partial: a failed task is a result with an error"),
    RAW_ROW(synthesize, "node", .help = "makes the value; the results when not given"),
    OPT_END_FORM(
        "{if: {required: [worker]}, then: {properties: {workers: false, type: false}},"
        " else: {required: [workers, type]}}"),
};

/* A member that every task should have: does its schema know it? */
static int check_member(struct binder *binder, const struct yaml *at, const char *key, str name,
                        struct shape item, struct shape *member)
{
    const json *inner = NULL;
    *member = (struct shape){0};
    if (item.kind == SHAPE_TEXT)
        return mistake_add(
            binder->mistakes, at->place,
            "orchestrate.%s is '%.*s', but tasks are texts, which have no members", key,
            STR_ARG(name));
    if (item.kind != SHAPE_SCHEMA)
        return 0;
    enum jsonschema_member is = jsonschema_member(item.schema, item.at, name, &inner);
    if (is == SCHEMA_MEMBER_NO || is == SCHEMA_MEMBER_TYPE) {
        size_t count = 0;
        str *words = jsonschema_names(item.schema, item.at, binder->arena, &count);
        str hint = mistake_hint(binder->arena, name, words, count, true);
        return mistake_add(
            binder->mistakes, at->place,
            "orchestrate.%s is '%.*s', which tasks of schema %.*s do not have%.*s", key,
            STR_ARG(name), STR_ARG(item.schema_name), STR_ARG(hint));
    }
    if (is == SCHEMA_MEMBER_YES && inner) {
        *member = item;
        member->at = inner;
    }
    return 0;
}

static ptrdiff_t find_type(const struct plan_rules *rules, str name)
{
    for (size_t i = 0; i < rules->workers; i++)
        if (str_equal(rules->worker[i], name))
            return (ptrdiff_t)i;
    return -1;
}

/* Every type that the plan's schema allows needs a worker, unless such tasks are dropped. */
static int check_types(struct binder *binder, const struct orchestrate *o, struct shape item)
{
    const struct yaml *at = o->workers_yaml;
    struct shape type;
    if (check_member(binder, at, "type", o->type, item, &type) < 0)
        return -1;
    if (type.kind != SHAPE_SCHEMA || o->rules.unknown_type == UNKNOWN_DROP)
        return 0;
    size_t count = 0;
    int result = 0;
    str *allowed = jsonschema_enum(type.schema, type.at, binder->arena, &count);
    for (size_t i = 0; i < count; i++)
        if (find_type(&o->rules, allowed[i]) < 0)
            result = mistake_add(binder->mistakes, at->place,
                                 "type '%.*s' of schema %.*s has no worker; expected a worker "
                                 "'%.*s', or validate.unknown_type: drop",
                                 STR_ARG(allowed[i]), STR_ARG(type.schema_name),
                                 STR_ARG(allowed[i]));
    return result;
}

static int bind_needs(struct binder *binder, struct plan_rules *rules)
{
    const struct yaml *needs = rules->needs_yaml;
    static const struct opt row = {.key = "needs", .type = OPT_TYPE_TEXTS};
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    int result = 0;
    if (!yaml_is(needs, YAML_MAPPING))
        return mistake_add(
            binder->mistakes, needs->place,
            "validate.needs is %s; expected a mapping from type to list of names",
            yaml_kind_name(needs));
    struct opt_texts *texts = arena_array(binder->arena, struct opt_texts, rules->workers + 1);
    for (size_t i = 0; i < needs->count; i++) {
        const struct yaml_pair *pair = &needs->pair[i];
        ptrdiff_t worker = find_type(rules, pair->key);
        if (worker < 0) {
            str hint =
                mistake_hint(binder->arena, pair->key, rules->worker, rules->workers, true);
            result = mistake_add(binder->mistakes, pair->key_place,
                                 "validate.needs names '%.*s', which is no type of workers%.*s",
                                 STR_ARG(pair->key), STR_ARG(hint));
        } else {
            result |= opt_parse_value(&parse, &row, pair->value, &texts[worker]);
        }
    }
    rules->needs = texts;
    return result;
}

static int bind_rules(struct binder *binder, struct orchestrate *o)
{
    struct plan_rules *rules = &o->rules;
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    int result = 0;
    str name;
    opt_defaults(plan_rules_options, binder->arena, rules);
    rules->type = o->workers_yaml ? o->type : STR("");
    rules->after = o->after;
    rules->most = (size_t)o->max_workers;
    if (yaml_is(o->workers_yaml, YAML_MAPPING)) {
        str *type = arena_array(binder->arena, str, o->workers_yaml->count + 1);
        for (size_t i = 0; i < o->workers_yaml->count; i++)
            type[i] = o->workers_yaml->pair[i].key;
        rules->worker = type;
        rules->workers = o->workers_yaml->count;
    }
    if (!o->validate_yaml)
        return 0;
    result |= opt_parse_mapping(&parse, plan_rules_options, o->validate_yaml, "validate", NULL,
                                rules);
    if (rules->needs_yaml)
        result |= bind_needs(binder, rules);
    if (rules->task_yaml)
        result |= bind_schema(binder, rules->task_yaml, &rules->task, &name);
    return result;
}

/* `workers` and `type`, or `worker`. */
static int check_form(struct binder *binder, const struct orchestrate *o, struct place place)
{
    if (!o->workers_yaml == !o->worker_yaml)
        return mistake_add(
            binder->mistakes, o->worker_yaml ? o->worker_yaml->place : place,
            "orchestrate has %s; expected workers for typed tasks, or worker for "
            "free-form ones",
            o->worker_yaml ? "both workers and worker" : "no worker");
    if (!o->workers_yaml)
        return o->type.n ? mistake_add(binder->mistakes, o->worker_yaml->place,
                                       "orchestrate.type is for typed tasks; expected workers "
                                       "instead of worker")
                         : 0;
    if (!yaml_is(o->workers_yaml, YAML_MAPPING) || o->workers_yaml->count == 0)
        return mistake_add(
            binder->mistakes, o->workers_yaml->place,
            "orchestrate.workers is %s; expected a mapping from type to node",
            yaml_is(o->workers_yaml, YAML_MAPPING) ? "empty" : yaml_kind_name(o->workers_yaml));
    if (!o->type.n)
        return mistake_add(binder->mistakes, o->workers_yaml->place,
                           "orchestrate has workers, but no type; expected the name of the "
                           "member of a task that names its worker");
    return 0;
}

static int bind_plan(struct binder *binder, struct orchestrate *o, struct shape *plan)
{
    struct binder inner = *binder;
    struct shape text = {.kind = SHAPE_TEXT};
    bind_name(&inner, SCOPE_NAME, STR("problems"), shape_list(binder->arena, text));
    o->plan = bind_child(&inner, o->plan_yaml, STR("plan"), plan);
    if (!o->plan || o->replan == 0)
        return o->plan ? 0 : -1;
    struct mistakes quiet; /* all was said about the first */
    mistakes_init(&quiet, binder->arena);
    inner.mistakes = &quiet;
    o->plan_again = bind_child(&inner, o->plan_yaml, STR("plan[*]"), NULL);
    return o->plan_again ? 0 : -1;
}

static const struct yaml *tasks_yaml(const struct binder *binder, const struct orchestrate *o)
{
    if (o->tasks_yaml)
        return o->tasks_yaml;
    return yaml_new_text(binder->arena, o->plan_yaml->place, STR("{{plan}}"));
}

/* The shape of an entry of `results` and `needed`. */
static struct shape result_shape(struct binder *binder, struct shape task, struct shape value)
{
    struct shape_member *member = arena_array(binder->arena, struct shape_member, 3);
    member[0] = (struct shape_member){STR("task"), task};
    member[1] = (struct shape_member){STR("value"), value};
    /* in place of a value, which may be longer: null counts */
    struct shape error = {.size = shape_size_tokens(1, 1, 4)};
    member[2] = (struct shape_member){STR("error"), error};
    return (struct shape){.kind = SHAPE_OBJECT, .member = member, .members = 3};
}

static int bind_workers(struct binder *binder, struct orchestrate *o, struct shape task,
                        struct shape *value)
{
    struct arena *arena = binder->arena;
    struct binder inner = *binder;
    bind_name(&inner, SCOPE_NAME, STR("task"), task);
    bind_name(&inner, SCOPE_NAME, STR("index"), (struct shape){.kind = SHAPE_NUMBER});
    if (o->after.n) /* what the needed tasks yield is known only once all are bound */
        bind_name(&inner, SCOPE_NAME, STR("needed"),
                  shape_list(arena, result_shape(binder, task, (struct shape){0})));
    o->workers = o->workers_yaml ? o->workers_yaml->count : 1;
    o->worker = arena_calloc(arena, o->workers, sizeof(struct node *));
    int result = 0;
    for (size_t i = 0; i < o->workers; i++) {
        const struct yaml *yaml =
            o->workers_yaml ? o->workers_yaml->pair[i].value : o->worker_yaml;
        struct shape shape = {0};
        o->worker[i] = bind_child(&inner, yaml, STR("[*]"), &shape);
        result |= o->worker[i] ? 0 : -1;
        *value = i == 0 ? shape : shape_either(*value, shape);
    }
    return result;
}

static int bind_synthesize(struct binder *binder, struct orchestrate *o, struct shape task,
                           struct shape results, struct shape *yields)
{
    struct binder inner = *binder;
    *yields = results;
    if (!o->synthesize_yaml)
        return 0;
    struct shape tasks = shape_list(binder->arena, task);
    tasks.length = results.length;
    bind_name(&inner, SCOPE_NAME, STR("tasks"), tasks);
    bind_name(&inner, SCOPE_NAME, STR("results"), results);
    o->synthesize = bind_child(&inner, o->synthesize_yaml, STR("synthesize"), yields);
    return o->synthesize ? 0 : -1;
}

int orchestrate_bind(struct binder *binder, const struct yaml *value, void *options,
                     struct shape *yields)
{
    struct orchestrate *o = options;
    struct shape plan = {0}, task = {0}, done = {0}, unused;
    struct shape_length length = {0};
    int form = check_form(binder, o, value->place);
    int result = form | bind_rules(binder, o) | bind_plan(binder, o, &plan);

    struct binder inner = *binder;
    bind_name(&inner, SCOPE_STEP, STR("plan"), plan);
    o->tasks = bind_list(&inner, tasks_yaml(binder, o), "orchestrate.tasks", &task, &length);
    if (!o->tasks)
        result = -1;
    if (form < 0)
        return -1;
    if (o->workers_yaml)
        result |= check_types(binder, o, task);
    if (o->after.n)
        result |= check_member(binder, yaml_get(value, STR("after")), "after", o->after, task,
                               &unused);
    result |= bind_workers(&inner, o, task, &done);
    struct shape results = shape_list(binder->arena, result_shape(binder, task, done));
    results.length = (struct shape_length){false, 1, 4, (double)o->max_workers};
    return result | bind_synthesize(&inner, o, task, results, yields);
}

/* 1, 4 and max_workers workers; re-plans in the worst case only (language 4.10). */
void orchestrate_estimate(const void *options, const struct estimating *estimating,
                          struct estimate *estimate)
{
    const struct orchestrate *o = options;
    struct estimate worker = estimate_node(o->worker[0], estimating);
    const double most = (double)o->max_workers;
    for (size_t i = 1; i < o->workers; i++) {
        struct estimate one = estimate_node(o->worker[i], estimating);
        estimate_widen(&worker, &one);
        for (int k = 0; k < ESTIMATE_PARTS; k++)
            worker.part[k].expected += one.part[k].expected;
    }
    for (int k = 0; k < ESTIMATE_PARTS; k++)
        worker.part[k].expected /= (double)o->workers;
    *estimate = estimate_times(estimate_node(o->plan, estimating), 1, 1, 1 + (double)o->replan);
    estimate_add(estimate,
                 estimate_waves(worker, 1, most < 4 ? most : 4, most, (double)o->width));
    if (o->synthesize)
        estimate_add(estimate, estimate_node(o->synthesize, estimating));
}
