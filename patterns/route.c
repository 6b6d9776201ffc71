/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * route.c: classify, then hand over to one of several nodes.
 *
 * The classifier is any node; the router does not know what stands behind a case. A label that
 * no case has, or a classifier whose reply breaks its schema or is refused, goes to the
 * fallback; without one that is kind `unrouted`. Calls: the classifier's and those of one case.
 *
 *     route:
 *       by: {call: …}
 *       label: "{{classification.intent}}"
 *       cases: {Billing: {use: handler}, Technical: {use: handler}}
 *       fallback: {value: …}
 */
#include "patterns/patterns.h"

#include "plan/bind.h"
#include "plan/estimate.h"
#include "run/wf.h"

enum match { MATCH_EXACT, MATCH_CONTAINS };

struct route {
    const struct yaml *by_yaml, *label_yaml, *cases_yaml, *fallback_yaml;
    int match;

    const struct node *by;
    const struct template *label; /* NULL: the classification itself */
    const str *case_label;
    const struct node **case_node;
    size_t cases;
    const struct node *fallback; /* NULL: none */
};

static const char *const match_choices[] = {"exact", "contains", NULL};

static const struct opt route_options[] = {
    {.key = "by",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct route, by_yaml),
     .word = "node",
     .required = true,
     .help = "the classifier: any node"},
    {.key = "label",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct route, label_yaml),
     .word = "template",
     .help = "where the label is; {{classification}} when not given"},
    OPT_CHOICE(route, match, .choices = match_choices, .fallback = "exact",
               .help = "contains: the only label that occurs as whole words"),
    {.key = "cases",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct route, cases_yaml),
     .word = "cases",
     .required = true,
     .help = "label to node"},
    {.key = "fallback",
     .type = OPT_TYPE_RAW,
     .offset = offsetof(struct route, fallback_yaml),
     .word = "node",
     .help = "when no case matches, or the classifier's reply breaks its schema or is refused"},
    OPT_END,
};

/* The case that a label stands for; -1: none. */
static ptrdiff_t find_case(struct arena *arena, const struct route *route, str written)
{
    if (route->match == MATCH_CONTAINS) {
        const str *found = label_find(written, route->case_label, route->cases);
        return found ? found - route->case_label : -1;
    }
    for (size_t i = 0; i < route->cases; i++)
        if (label_equal(arena, written, route->case_label[i]))
            return (ptrdiff_t)i;
    return -1;
}

/* ---- before a run ---- */

/* Every label that the classifier's schema allows needs a case, or there must be a fallback. */
static int check_enum(struct binder *binder, const struct route *route, struct shape label)
{
    if (route->fallback || label.kind != SHAPE_SCHEMA)
        return 0;
    size_t count = 0;
    str *allowed = jsonschema_enum(label.schema, label.at, binder->arena, &count);
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        if (find_case(binder->arena, route, allowed[i]) < 0)
            result = mistake_add(
                binder->mistakes, route->cases_yaml->place,
                "label '%.*s' of schema %.*s has no case and route has no fallback; "
                "expected a case '%.*s' or a fallback",
                STR_ARG(allowed[i]), STR_ARG(label.schema_name), STR_ARG(allowed[i]));
    }
    return result;
}

static int bind_cases(struct binder *binder, struct route *route, struct shape *yields)
{
    const struct yaml *cases = route->cases_yaml;
    if (!yaml_is(cases, YAML_MAPPING) || cases->count == 0)
        return mistake_add(binder->mistakes, cases->place,
                           "route.cases is %s; expected a mapping from label to node",
                           yaml_is(cases, YAML_MAPPING) ? "empty" : yaml_kind_name(cases));
    str *label = arena_array(binder->arena, str, cases->count);
    route->case_node = arena_calloc(binder->arena, cases->count, sizeof(struct node *));
    int result = 0;
    for (size_t i = 0; i < cases->count; i++) {
        struct shape shape = {0};
        label[i] = cases->pair[i].key;
        for (size_t k = 0; k < i; k++)
            if (label_equal(binder->arena, label[i], label[k]))
                result =
                    mistake_add(binder->mistakes, cases->pair[i].key_place,
                                "label '%.*s' matches the case '%.*s' too; expected labels "
                                "that differ in more than case and quotes",
                                STR_ARG(label[i]), STR_ARG(label[k]));
        route->case_node[i] = bind_child(binder, cases->pair[i].value,
                                         path_segment(binder->arena, label[i]), &shape);
        result |= route->case_node[i] ? 0 : -1;
        *yields = i == 0 ? shape : shape_either(*yields, shape);
    }
    route->case_label = label;
    route->cases = cases->count;
    return result;
}

static int route_bind(struct binder *binder, const struct yaml *value, void *options,
                      struct shape *yields)
{
    struct route *route = options;
    struct shape by = {0}, label = {0}, fallback = {0};
    (void)value;
    route->by = bind_child(binder, route->by_yaml, STR("by"), &by);
    int result = route->by ? 0 : -1;

    struct binder inner = *binder;
    bind_name(&inner, SCOPE_NAME, STR("classification"), by);
    label = by;
    if (route->label_yaml) {
        route->label = bind_template(&inner, route->label_yaml, &label);
        result |= route->label ? 0 : -1;
    }
    bind_name(&inner, SCOPE_NAME, STR("label"),
              (struct shape){.kind = SHAPE_TEXT, .size = label.size});
    result |= bind_cases(&inner, route, yields);
    if (route->fallback_yaml) {
        route->fallback = bind_child(&inner, route->fallback_yaml, STR("fallback"), &fallback);
        result |= route->fallback ? 0 : -1;
        *yields = shape_either(*yields, fallback);
    }
    return result ? result : check_enum(binder, route, label);
}

/* The cheapest, the mean and the dearest case. */
static void route_estimate(const void *options, const struct estimating *estimating,
                           struct estimate *estimate)
{
    const struct route *route = options;
    struct estimate cases = estimate_node(route->case_node[0], estimating);
    for (size_t i = 1; i <= route->cases; i++) {
        const struct node *node = i < route->cases ? route->case_node[i] : route->fallback;
        if (!node)
            continue;
        struct estimate one = estimate_node(node, estimating);
        estimate_widen(&cases, &one);
        for (int k = 0; k < ESTIMATE_PARTS && i < route->cases; k++)
            cases.part[k].expected += one.part[k].expected; /* the fallback is the exception */
    }
    for (int k = 0; k < ESTIMATE_PARTS; k++)
        cases.part[k].expected /= (double)route->cases;
    *estimate = estimate_node(route->by, estimating);
    estimate_add(estimate, cases);
}

/* ---- the run ---- */

/* Runs the classifier: 0 with the label's text and the classification. A reply that breaks its
 * schema or is refused yields null when there is a fallback for it. */
static int fiber_fn classify(struct wf *wf, const struct route *route, const json **class,
                             str *label)
{
    *label = STR("");
    if (wf_run_as(wf, ROLE_ROUTER, route->by, STR("by"), wf_env(wf), class) < 0) {
        enum failure_kind kind = wf_failure(wf)->kind;
        bool caught = kind == FAILURE_SCHEMA || kind == FAILURE_REFUSED;
        if (!caught || !route->fallback)
            return -1;
        wf_forgive(wf);
        *class = json_null();
        return 0;
    }
    if (!route->label) {
        *label = json_render(wf_arena(wf), *class);
        return 0;
    }
    const struct env *env = env_bind(wf_arena(wf), wf_env(wf), STR("classification"), *class);
    return wf_render(wf, route->label, env, label);
}

static int fiber_fn route_run(struct wf *wf, const void *options, const json **value)
{
    const struct route *route = options;
    struct arena *arena = wf_arena(wf);
    const json *class;
    str written;
    if (classify(wf, route, &class, &written) < 0)
        return -1;

    ptrdiff_t found = find_case(arena, route, written);
    str label = found >= 0 ? route->case_label[found] : written;
    const json *taken = found >= 0 ? json_new_text(arena, label) : json_null();
    wf_label_child(wf, taken);
    wf_note(wf, "label", json_new_text(arena, written));
    wf_note(wf, "case", taken);

    const struct env *env = env_bind(arena, wf_env(wf), STR("classification"), class);
    env = env_bind(arena, env, STR("label"), json_new_text(arena, label));
    if (found >= 0)
        return wf_run(wf, route->case_node[found], path_segment(arena, label), env, value);
    if (route->fallback)
        return wf_run(wf, route->fallback, STR("fallback"), env, value);
    wf_fail_value(wf, class);
    return wf_fail(wf, FAILURE_UNROUTED, "no case for the label '%.*s'", STR_ARG(written));
}

/* What its case has: the child that is not the classifier. */
static const json *route_best(const struct wf *wf, const void *options)
{
    (void)options;
    for (const struct wf *c = wf_first_child(wf); c; c = wf_next_child(c))
        if (!str_equal(wf_segment(c), STR("by")))
            return wf_has(c);
    return NULL;
}

const struct pattern pattern_route = {
    .name = "route",
    .summary = "classify, then hand over to one of several nodes",
    .options = route_options,
    .options_size = sizeof(struct route),
    .bind = route_bind,
    .run = route_run,
    .best = route_best,
    .estimate = route_estimate,
};
