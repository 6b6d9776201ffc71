/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_unread.c: which steps of chains nobody reads (see experiment_unread.h).
 *
 * A name in a scope remembers that a template found it (plan/scope.h). What is read without a name is
 * looked for in the YAML, by its keys, and rather once too often: a warning that is wrong costs more than
 * one that is missing.
 */
#include "plan/experiment_unread.h"

#include "plan/step_path.h"

struct unread_step {
    struct unread_step *next;
    const struct variant *variant;
    str name, path; /* generic */
    struct place place;
    const bool *read;
};

enum { DEPTH_MAX = 32 };

/* Is one of these keys anywhere in it, shared nodes that it uses included? */
static bool has_key(const struct experiment *experiment, const struct yaml *yaml,
                    const char *const *keys, int depth)
{
    if (depth > DEPTH_MAX)
        return true;
    for (size_t i = 0; yaml_is(yaml, YAML_LIST) && i < yaml->count; i++)
        if (has_key(experiment, yaml->item[i], keys, depth + 1))
            return true;
    for (size_t i = 0; yaml_is(yaml, YAML_MAPPING) && i < yaml->count; i++) {
        const struct yaml_pair *pair = &yaml->pair[i];
        for (size_t k = 0; keys[k]; k++)
            if (str_equal(pair->key, str_from(keys[k])))
                return true;
        const struct yaml *shared =
            str_equal(pair->key, STR("use")) && yaml_is(pair->value, YAML_TEXT)
                ? yaml_get(experiment->nodes, pair->value->text)
                : NULL;
        if (has_key(experiment, pair->value, keys, depth + 1) ||
            (shared && has_key(experiment, shared, keys, depth + 1)))
            return true;
    }
    return false;
}

void experiment_step_bound(struct binder *binder, const struct yaml *chain, size_t at)
{
    static const char *const purposes[] = {"gate", "guard", "exec", "tools", "usable", NULL};
    static const char *const see_all[] = {"exec", NULL};
    struct experiment *experiment = binder->experiment;
    if (!binder->variant || at + 1 >= chain->count ||
        has_key(experiment, chain->pair[at].value, purposes, 0))
        return;
    for (size_t later = at + 1; later < chain->count; later++)
        if (has_key(experiment, chain->pair[later].value, see_all, 0))
            return;
    struct scope *scope = arena_new(binder->arena, struct scope);
    *scope = *binder->scope;
    scope->read = arena_new(binder->arena, bool);
    binder->scope = scope;
    struct unread_step *step = arena_new(binder->arena, struct unread_step);
    str path = path_append(binder->arena, binder->path, chain->pair[at].key);
    *step = (struct unread_step){.next = experiment->unread,
                                 .variant = binder->variant,
                                 .name = chain->pair[at].key,
                                 .path = path_generic(binder->arena, path),
                                 .place = chain->pair[at].key_place,
                                 .read = scope->read};
    experiment->unread = step;
}

/* A score looks at it, or at a part of it, or at the names that a step sees. */
static bool is_scored(const struct experiment *experiment, const struct unread_step *step)
{
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        if (!score->step.n || !score->applies[step->variant->index])
            continue;
        if (str_starts_with(score->step, step->path) ||
            str_equal(str_from(score->check->kind->name), STR("exec")))
            return true;
    }
    return false;
}

static bool is_read(const struct experiment *experiment, const struct unread_step *step)
{
    return *step->read || is_scored(experiment, step);
}

/* The same line of the file, in another variant. */
static bool is_read_elsewhere(const struct experiment *experiment,
                              const struct unread_step *step)
{
    for (const struct unread_step *other = experiment->unread; other; other = other->next)
        if (other->place.source == step->place.source &&
            other->place.line == step->place.line && other->place.col == step->place.col &&
            is_read(experiment, other))
            return true;
    return false;
}

void experiment_check_unread(struct experiment *experiment)
{
    for (const struct unread_step *step = experiment->unread; step; step = step->next) {
        if (is_read(experiment, step))
            continue;
        str where = is_read_elsewhere(experiment, step)
                        ? arena_printf(experiment->arena, " in variant '%.*s'",
                                       STR_ARG(step->variant->name))
                        : STR("");
        mistake_add(experiment->warnings, step->place,
                    "nobody reads what step '%.*s' says%.*s: no later step and no score; "
                    "expected {{%.*s}} somewhere, or no such step",
                    STR_ARG(step->path), STR_ARG(where), STR_ARG(step->name));
    }
}
