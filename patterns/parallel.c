/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parallel.c: different work at once, each part under a name (sectioning).
 *
 * The value is an object of the branches' values in file order, or what `combine` makes of them.
 * A guard runs beside the branches; when it says no, none of what they did is released. Calls:
 * the sum of branches, guard and combine. Latency: the slowest of them, then combine.
 *
 *     parallel:
 *       branches: {accuracy: {call: …}, tone: {call: …, timeout: 5s}}
 *       on_error: partial
 *       guard: {call: …, gate: [{equals: SAFE}]}
 *       blocked: "I cannot help with that."
 *       combine: {call: …}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

enum guard_error { GUARD_ERROR_BLOCK, GUARD_ERROR_PASS };

struct parallel {
    const struct yaml *branches_yaml, *combine_yaml, *guard_yaml, *blocked_yaml;
    int64_t width;
    int on_error;    /* enum wf_on_error */
    int guard_error; /* enum guard_error */
    bool cancel_blocked;

    const str *name;
    const struct node **branch;
    size_t branches;
    const struct node *combine, *guard; /* NULL: none */
    const struct template *blocked;
};

enum { MAX_BRANCHES = 100 };

static const char *const on_error_choices[] = {"fail", "partial", NULL};
static const char *const guard_error_choices[] = {"block", "pass", NULL};

static const struct opt parallel_options[] = {
    {.key = "branches",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct parallel, branches_yaml),
     .word = "branches",
     .required = true,
     .help = "name to node, 1 to 100"},
    OPT_INT(parallel, width, .min = 1, .max = 100,
            .help = "branches at once; all when not given"),
    OPT_CHOICE(parallel, on_error, .choices = on_error_choices, .fallback = "fail",
               .help = "partial: fails only if every branch failed"),
    {.key = "combine",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct parallel, combine_yaml),
     .word = "node",
     .help = "makes the value; an object of the branches' values when not given"},
    {.key = "guard",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct parallel, guard_yaml),
     .word = "node",
     .help = "runs beside the branches; when a gate of it fails, the value is blocked"},
    {.key = "blocked",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct parallel, blocked_yaml),
     .word = "template",
     .help = "the value when the guard says no; null when not given"},
    OPT_CHOICE(parallel, guard_error, .choices = guard_error_choices, .fallback = "block",
               .help = "when the guard fails otherwise"),
    OPT_BOOL(parallel, cancel_blocked, .fallback = "false",
             .help =
                 "stop the branches when the guard says no; the number of calls then depends "
                 "on timing"),
    OPT_END_FORM(
        "{if: {not: {required: [guard]}}, then: {properties: {blocked: false,"
        " guard_error: false, cancel_blocked: false}}}"),
};

/* ---- before a run ---- */

static bool is_name_of_combine(str name)
{
    return str_equal(name, STR("branches")) || str_equal(name, STR("failed"));
}

/* Branches see what the node sees, and `combine` sees them all. */
static int bind_branches(struct binder *binder, struct binder *combine,
                         struct parallel *parallel, struct shape *object)
{
    const struct yaml *yaml = parallel->branches_yaml;
    bool mapping = yaml_is(yaml, YAML_MAPPING);
    if (!mapping)
        return mistake_add(binder->mistakes, yaml->place,
                           "parallel.branches is %s; expected a mapping from name to node",
                           yaml_kind_name(yaml));
    if (yaml->count == 0 || yaml->count > MAX_BRANCHES)
        return mistake_add(binder->mistakes, yaml->place,
                           "parallel.branches has %zu entries; expected 1 to %d", yaml->count,
                           MAX_BRANCHES);
    str *name = arena_array(binder->arena, str, yaml->count);
    struct shape_member *member = arena_array(binder->arena, struct shape_member, yaml->count);
    parallel->branch = arena_calloc(binder->arena, yaml->count, sizeof(struct node *));
    parallel->name = name;
    parallel->branches = yaml->count;
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        struct shape shape = {0};
        name[i] = pair->key;
        parallel->branch[i] =
            bind_child(binder, pair->value, path_segment(binder->arena, pair->key), &shape);
        result |= parallel->branch[i] ? 0 : -1;
        if (is_name_of_combine(pair->key))
            result = mistake_add(binder->mistakes, pair->key_place,
                                 "'%.*s' has a meaning of its own in combine and cannot name a "
                                 "branch; expected another name",
                                 STR_ARG(pair->key));
        result |=
            bind_own_name(combine, SCOPE_STEP, "branch", pair->key, pair->key_place, shape);
        member[i] = (struct shape_member){pair->key, shape};
    }
    *object = (struct shape){.kind = SHAPE_OBJECT, .member = member, .members = yaml->count};
    return result;
}

/* Keys that say what a guard does, without a guard. */
static int check_guard_keys(const struct binder *binder, const struct yaml *value)
{
    static const char *const keys[] = {"blocked", "guard_error", "cancel_blocked", NULL};
    int result = 0;
    for (size_t i = 0; keys[i]; i++) {
        const struct yaml_pair *pair = yaml_pair_get(value, str_from(keys[i]));
        if (pair)
            result = mistake_add(binder->mistakes, pair->key_place,
                                 "'%s' without a guard; expected 'guard' beside it", keys[i]);
    }
    return result;
}

static int bind_guard(struct binder *binder, struct parallel *parallel, struct shape *yields)
{
    struct shape blocked = {0};
    parallel->guard = bind_child(binder, parallel->guard_yaml, STR("guard"), NULL);
    parallel->blocked = parallel->blocked_yaml
                            ? bind_template(binder, parallel->blocked_yaml, &blocked)
                            : template_constant(binder->arena, json_null());
    *yields = shape_either(*yields, blocked);
    return parallel->guard && parallel->blocked ? 0 : -1;
}

static int parallel_bind(struct binder *binder, const struct yaml *value, void *options,
                         struct shape *yields)
{
    struct parallel *parallel = options;
    struct binder inner = *binder;
    struct shape object = {0};
    int result = bind_branches(binder, &inner, parallel, &object);
    *yields = object;
    if (parallel->combine_yaml) {
        bind_name(&inner, SCOPE_NAME, STR("branches"), object);
        bind_name(&inner, SCOPE_NAME, STR("failed"),
                  shape_list(binder->arena, (struct shape){.kind = SHAPE_TEXT}));
        parallel->combine = bind_child(&inner, parallel->combine_yaml, STR("combine"), yields);
        result |= parallel->combine ? 0 : -1;
    }
    if (parallel->guard_yaml)
        return result | bind_guard(binder, parallel, yields);
    return result | check_guard_keys(binder, value);
}

/* At least: the guard says no, so that nothing is combined, and has the branches stopped. */
static void parallel_estimate(const void *options, const struct estimating *estimating,
                              struct estimate *estimate)
{
    const struct parallel *parallel = options;
    struct estimate each_after_each = {0};
    for (size_t i = 0; i < parallel->branches; i++) {
        struct estimate branch = estimate_node(parallel->branch[i], estimating);
        estimate_beside(estimate, branch);
        estimate_add(&each_after_each, branch);
    }
    estimate_narrow(estimate, &each_after_each, (double)parallel->width);
    if (parallel->guard && parallel->cancel_blocked)
        *estimate = estimate_times(*estimate, 0, 1, 1);
    if (parallel->guard)
        estimate_beside(estimate, estimate_node(parallel->guard, estimating));
    if (parallel->combine) {
        struct estimate combine = estimate_node(parallel->combine, estimating);
        estimate_add(estimate, estimate_times(combine, parallel->guard ? 0 : 1, 1, 1));
    }
}

/* ---- the guard ---- */

enum verdict { VERDICT_PASS, VERDICT_BLOCK };

/* What follows from how the guard ended. A gate inside it is one of its gates. */
static enum verdict verdict_of(const struct parallel *parallel, enum failure_kind kind)
{
    if (kind == FAILURE_NONE)
        return VERDICT_PASS;
    bool error = kind != FAILURE_GATE;
    return error && parallel->guard_error == GUARD_ERROR_PASS ? VERDICT_PASS : VERDICT_BLOCK;
}

static int block(struct wf *wf, const struct parallel *parallel, const json **value)
{
    wf_forgive(wf);
    wf_note(wf, "guard", json_new_text(wf_arena(wf), STR("blocked")));
    wf_blocked(wf);
    return wf_eval(wf, parallel->blocked, wf_env(wf), value);
}

/* ---- the run ---- */

static struct wf_task *tasks_for(struct wf *wf, const struct parallel *parallel)
{
    struct arena *arena = wf_arena(wf);
    size_t count = parallel->branches + 1;
    struct wf_task *task = arena_array(arena, struct wf_task, count);
    for (size_t i = 0; i < parallel->branches; i++)
        task[i] = (struct wf_task){
            .node = parallel->branch[i],
            .segment = path_segment(arena, parallel->name[i]),
            .env = wf_env(wf),
        };
    task[parallel->branches] = (struct wf_task){
        .node = parallel->guard,
        .segment = STR("guard"),
        .env = wf_env(wf),
        .beside = true,
        .cancels = parallel->cancel_blocked ? FAILURE_GATE : FAILURE_NONE,
    };
    return task;
}

/* The failure that fails the branches as a whole, or NULL. */
static const struct failure *branch_failure(const struct parallel *parallel,
                                            const struct wf_task *task)
{
    const struct failure *first = NULL;
    size_t failed = 0;
    for (size_t i = 0; i < parallel->branches; i++) {
        failed += task[i].failed;
        if (task[i].failed && !first)
            first = &task[i].failure;
    }
    bool all = failed == parallel->branches;
    return parallel->on_error == WF_FAIL || all ? first : NULL;
}

struct gathered {
    json *branches; /* those that finished, in file order */
    json *failed;   /* names of the others */
};

static struct gathered gather(struct wf *wf, const struct parallel *parallel,
                              const struct wf_task *task)
{
    struct arena *arena = wf_arena(wf);
    struct gathered all = {json_new_object(arena), json_new_list(arena)};
    for (size_t i = 0; i < parallel->branches; i++) {
        if (task[i].failed)
            json_add(arena, all.failed, json_new_text(arena, parallel->name[i]));
        else
            json_set(arena, all.branches, parallel->name[i], task[i].value);
    }
    return all;
}

static int fiber_fn combine(struct wf *wf, const struct parallel *parallel,
                            const struct wf_task *task, struct gathered all, const json **value)
{
    struct arena *arena = wf_arena(wf);
    const struct env *env = wf_env(wf);
    for (size_t i = 0; i < parallel->branches; i++)
        env = env_bind(arena, env, parallel->name[i],
                       task[i].failed ? json_null() : task[i].value);
    env = env_bind(arena, env, STR("branches"), all.branches);
    env = env_bind(arena, env, STR("failed"), all.failed);
    return wf_run(wf, parallel->combine, STR("combine"), env, value);
}

static int fiber_fn parallel_run(struct wf *wf, const void *options, const json **value)
{
    const struct parallel *parallel = options;
    struct wf_task *task = tasks_for(wf, parallel);
    const struct wf_task *guard = &task[parallel->branches];
    size_t count = parallel->branches + (parallel->guard ? 1 : 0);
    if (wf_run_all(wf, task, count, (size_t)parallel->width,
                   (enum wf_on_error)parallel->on_error) < 0 &&
        wf_must_end(wf))
        return -1;
    if (parallel->guard && verdict_of(parallel, guard->failure.kind) == VERDICT_BLOCK)
        return block(wf, parallel, value);

    const struct failure *failure = branch_failure(parallel, task);
    if (failure)
        return wf_fail_as(wf, failure);
    wf_forgive(wf); /* a guard that failed and may */
    struct gathered all = gather(wf, parallel, task);
    if (json_count(all.failed))
        wf_note(wf, "failed", all.failed);
    if (parallel->guard)
        wf_note(wf, "guard",
                json_new_text(wf_arena(wf), guard->failed ? STR("failed") : STR("passed")));
    if (parallel->combine)
        return combine(wf, parallel, task, all, value);
    *value = all.branches;
    return 0;
}

/* ---- when a budget ends ---- */

/* What the guard lets out: the object of what is there under `partial`, what stands for it when
 * the guard said no, and nothing when a budget ended the guard itself. */
static const json *parallel_best(const struct wf *wf, const void *options)
{
    const struct parallel *parallel = options;
    json *object = json_new_object(wf_arena(wf));
    for (const struct wf *c = wf_first_child(wf); c; c = wf_next_child(c)) {
        enum failure_kind kind = wf_failure(c)->kind;
        bool guard = wf_child_node(c) == parallel->guard;
        if (guard && kind == FAILURE_BUDGET)
            return NULL;
        if (guard && verdict_of(parallel, kind) == VERDICT_BLOCK)
            return template_eval(parallel->blocked, wf_env(wf), wf_arena(wf), NULL);
        if (!guard && wf_child_node(c) != parallel->combine && wf_has(c))
            json_set(wf_arena(wf), object, wf_segment(c), wf_has(c));
    }
    return parallel->on_error == WF_PARTIAL && json_count(object) ? object : NULL;
}

const struct pattern pattern_parallel = {
    .name = "parallel",
    .summary = "different work at once; a guard beside it may hold everything back",
    .options = parallel_options,
    .options_size = sizeof(struct parallel),
    .bind = parallel_bind,
    .run = parallel_run,
    .best = parallel_best,
    .estimate = parallel_estimate,
};
