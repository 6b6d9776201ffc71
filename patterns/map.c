/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * map.c: the same work for every item of a list, in parallel up to `width`.
 *
 * The value is the list of results in the order of the items. Calls: N × each.
 *
 *     map: {over: "{{questions.questions}}", as: question, width: 4, each: {call: …}}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

struct map {
    const struct yaml *over_yaml, *each_yaml;
    str as;
    int64_t width, max_items;
    int on_error; /* enum wf_on_error */

    const struct template *over;
    struct shape_length length; /* of the list, as far as it is known before a run */
    const struct node *each;
};

static const char *const on_error_choices[] = {"fail", "partial", NULL};

static const struct opt map_options[] = {
    {.key = "over",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct map, over_yaml),
     .word = "template",
     .form = OPT_FORM_LIST,
     .required = true,
     .help = "the list: one {{…}} or a list in place"},
    OPT_NAME(map, as, .fallback = "item", .help = "name of the item inside"),
    OPT_INT(map, width, .min = 1, .max = 10000, .help = "items at once; all when not given"),
    {.key = "each",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct map, each_yaml),
     .word = "node",
     .required = true,
     .help = "the work for one item"},
    OPT_INT(map, max_items, .min = 1, .max = 100000, .fallback = "100",
            .help = "more items than this: kind limit, before the first"),
    OPT_CHOICE(map, on_error, .choices = on_error_choices, .fallback = "fail",
               .help = "partial: a failed item is null"),
    OPT_END,
};

/* Of a list of which nothing is known (language 4.10). */
static struct shape_length length_guessed(const struct map *map)
{
    double most = (double)map->max_items;
    return (struct shape_length){false, 0, most < 5 ? most : 5, most};
}

static int map_bind(struct binder *binder, const struct yaml *value, void *options,
                    struct shape *yields)
{
    struct map *map = options;
    struct shape item = {0}, each = {0};
    const struct yaml *as = yaml_get(value, STR("as"));
    map->over = bind_list(binder, map->over_yaml, "map.over", &item, &map->length);
    int result = map->over ? 0 : -1;
    struct binder inner = *binder;
    result |= bind_own_name(&inner, SCOPE_NAME, "item", map->as,
                            as ? as->place : map->each_yaml->place, item);
    bind_name(&inner, SCOPE_NAME, STR("index"), (struct shape){.kind = SHAPE_NUMBER});
    map->each = bind_child(&inner, map->each_yaml, STR("[*]"), &each);
    *yields = shape_list(binder->arena, each);
    yields->length = map->length;
    if (!map->length.known)
        yields->length = length_guessed(map);
    return map->each ? result : -1;
}

static struct wf_task *tasks_for(struct wf *wf, const struct map *map, const json *list)
{
    struct arena *arena = wf_arena(wf);
    struct wf_task *task = arena_array(arena, struct wf_task, json_count(list) + 1);
    int64_t i = 0;
    for (const json *item = json_first(list); item; item = json_next(item), i++) {
        const struct env *env =
            env_bind(arena, wf_env(wf), STR("index"), json_new_int(arena, i));
        env = env_bind(arena, env, map->as, item);
        str segment = arena_printf(arena, "[%lld]", (long long)i);
        task[i] = (struct wf_task){.node = map->each, .segment = segment, .env = env};
    }
    return task;
}

static int fiber_fn map_run(struct wf *wf, const void *options, const json **value)
{
    const struct map *map = options;
    const json *list;
    if (wf_eval(wf, map->over, wf_env(wf), &list) < 0)
        return -1;
    if (!json_is(list, JSON_LIST))
        return wf_fail(wf, FAILURE_TEMPLATE, "map.over is %s; expected a list",
                       json_kind_name(json_kind(list)));
    size_t count = json_count(list);
    if (count > (size_t)map->max_items)
        return wf_fail(wf, FAILURE_LIMIT, "%zu items; max_items is %lld", count,
                       (long long)map->max_items);

    struct wf_task *task = tasks_for(wf, map, list);
    if (wf_run_all(wf, task, count, (size_t)map->width, (enum wf_on_error)map->on_error) < 0)
        return -1;

    json *results = json_new_list(wf_arena(wf));
    for (size_t i = 0; i < count; i++)
        json_add(wf_arena(wf), results, task[i].value);
    *value = results;
    return 0;
}

/* Items: as many as are known of, else 0, 5 and max_items (language 4.10). */
/* The list so far, null where there is nothing; nothing at all is not a result. */
static const json *map_best(const struct wf *wf, const void *options)
{
    (void)options;
    bool any = false;
    json *list = json_new_list(wf_arena(wf));
    for (const struct wf *c = wf_first_child(wf); c; c = wf_next_child(c)) {
        any = any || wf_has(c);
        json_add(wf_arena(wf), list, wf_has(c));
    }
    return any ? list : NULL;
}

static void map_estimate(const void *options, const struct estimating *estimating,
                         struct estimate *estimate)
{
    const struct map *map = options;
    struct shape_length length = map->length.known ? map->length : length_guessed(map);
    *estimate = estimate_waves(estimate_node(map->each, estimating), length.low,
                               length.expected, length.worst, (double)map->width);
}

const struct pattern pattern_map = {
    .name = "map",
    .summary = "the same work for each item of a list, results in input order",
    .options = map_options,
    .options_size = sizeof(struct map),
    .bind = map_bind,
    .run = map_run,
    .best = map_best,
    .estimate = map_estimate,
};
