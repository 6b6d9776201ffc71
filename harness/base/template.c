/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.c: environments, and looking at compiled templates before a run (see template.h).
 *
 * An environment is a linked list that is never changed, so concurrent children share what they
 * have in common. Lookups are linear: scopes hold a dozen names.
 */
#include "base/template_parts.h"

#include "base/text.h"

/* ---- environments ---- */

const struct env *env_bind(struct arena *arena, const struct env *outer, str name,
                           const json *value)
{
    struct env *env = arena_new(arena, struct env);
    *env = (struct env){outer, name, value ? value : json_null(), NULL};
    return env;
}

const struct env *env_bind_object(struct arena *arena, const struct env *outer,
                                  const json *object)
{
    struct env *env = arena_new(arena, struct env);
    *env = (struct env){.outer = outer, .object = object};
    return env;
}

const json *env_get(const struct env *env, str name)
{
    for (; env; env = env->outer) {
        const json *value = env->value;
        if (!value)
            value = json_get(env->object, name);
        else if (!str_equal(env->name, name))
            continue;
        if (value)
            return value;
    }
    return NULL;
}

const json *env_to_json(struct arena *arena, const struct env *env)
{
    size_t count = 0, i = 0;
    for (const struct env *e = env; e; e = e->outer)
        count++;
    const struct env **chain = arena_array(arena, const struct env *, count);
    for (const struct env *e = env; e; e = e->outer)
        chain[i++] = e;
    json *all = json_new_object(arena);
    while (i-- > 0) { /* outermost first, so that inner values replace outer ones */
        if (chain[i]->value)
            json_set(arena, all, chain[i]->name, chain[i]->value);
        else
            for (const json *m = json_first(chain[i]->object); m; m = json_next(m))
                json_set(arena, all, json_key(m), m);
    }
    return all;
}

/* ---- looking at templates ---- */

const struct template *template_constant(struct arena *arena, const json *value)
{
    struct template *made = arena_new(arena, struct template);
    made->kind = TEMPLATE_CONSTANT;
    made->constant = value ? value : json_null();
    return made;
}

bool template_is_ref(const struct template *template)
{
    return template->kind == TEMPLATE_REF;
}

const json *template_literal(const struct template *template)
{
    return template->kind == TEMPLATE_CONSTANT ? template->constant : NULL;
}

void template_write_literal(struct buf *out, str text)
{
    size_t from = 0;
    for (ptrdiff_t at; (at = str_find(text, STR("{{"), from)) >= 0; from = (size_t)at + 2) {
        buf_add_str(out, str_sub(text, from, (size_t)at));
        buf_add_str(out, STR("{{\"{{\"}}"));
    }
    buf_add_str(out, str_sub(text, from, text.n));
}

/* Number of "{{" before a byte, counted as yaml_tag_place does. */
static size_t braces_before(str text, size_t at)
{
    size_t count = 0;
    ptrdiff_t hit = str_find(text, STR("{{"), 0);
    for (; hit >= 0 && (size_t)hit < at; count++)
        hit = str_find(text, STR("{{"), (size_t)hit + 2);
    return count;
}

struct place origin_place(const struct origin *origin, size_t tag_from, size_t at)
{
    if (!origin->scalar)
        return place_at(origin->source, origin->offset + at);
    size_t after = utf8_count(str_sub(origin->text, tag_from, at));
    return yaml_tag_place(origin->scalar, braces_before(origin->text, tag_from), after);
}

static struct template_ref ref_of(const struct tag *tag)
{
    return (struct template_ref){
        .name = tag->path.name,
        .step = tag->path.step,
        .steps = tag->path.count,
        .has_default = tag->has_default,
        .place = origin_place(tag->origin, tag->from, tag->name_from),
        .tag_place = origin_place(tag->origin, tag->from, tag->from),
    };
}

static void visit_segments(const struct template *template,
                           const struct template_visitor *visitor)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct segment *segment = &template->segment[i];
        if (segment->kind == SEGMENT_END && visitor->each_end)
            visitor->each_end(visitor->context);
        if (segment->kind == SEGMENT_TEXT || segment->kind == SEGMENT_END)
            continue;
        struct template_ref ref = ref_of(segment->tag);
        if (visitor->ref)
            visitor->ref(visitor->context, &ref);
        if (segment->kind == SEGMENT_EACH && visitor->each_begin)
            visitor->each_begin(visitor->context, &ref, segment->text);
    }
}

void template_visit(const struct template *template, const struct template_visitor *visitor)
{
    if (template->kind == TEMPLATE_REF && visitor->ref) {
        struct template_ref ref = ref_of(template->ref);
        visitor->ref(visitor->context, &ref);
    }
    if (template->kind == TEMPLATE_TEXT)
        visit_segments(template, visitor);
    if (template->kind == TEMPLATE_LIST || template->kind == TEMPLATE_OBJECT)
        for (size_t i = 0; i < template->count; i++)
            template_visit(template->item[i], visitor);
}
