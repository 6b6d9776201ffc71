/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * size.c: tokens of a template, piece by piece (see size.h).
 *
 * Literal text, fields and vars are counted as they are; any other reference counts what its shape
 * says of its size. The body of a loop over a list that is not known counts once for each item that
 * is expected, but its item, where only the size of the whole list is known, only once: all items
 * together are the list.
 */
#include "plan/size.h"

#include "base/ceilings.h"

struct loop {
    str as;
    struct spread turns;
    bool whole;     /* its item counts for all turns at once */
    size_t outside; /* the loop, from 1, whose item its list is a part of; 0: none */
};

struct measuring {
    const struct scope *scope, *saved[MAX_EACH_DEPTH + 1];
    const struct env *env;
    struct arena *scratch;
    struct loop loop[MAX_EACH_DEPTH + 1];
    size_t depth;
    struct spread sum;
};

static bool is_known(void *context, str name)
{
    const struct measuring *m = context;
    const struct scope *found = scope_find(m->scope, name);
    return m->env && found && (found->kind == SCOPE_INPUT || found->kind == SCOPE_VAR);
}

static size_t loop_of(const struct measuring *m, str name)
{
    for (size_t i = m->depth; i > 0; i--)
        if (str_equal(m->loop[i - 1].as, name))
            return i;
    return 0;
}

/* Adds what stands there in every turn of the open loops; `item` is the loop, from 1, of whose list
 * it is a part. */
static void add(struct measuring *m, struct spread size, size_t item)
{
    bool counted[MAX_EACH_DEPTH + 1] = {false}; /* all turns of the loop together */
    for (size_t i = item; i > 0 && m->loop[i - 1].whole; i = m->loop[i - 1].outside)
        counted[i - 1] = true;
    for (size_t i = 0; i < m->depth; i++) {
        const struct spread *turns = &m->loop[i].turns;
        if (counted[i])
            continue;
        size = spread_times(size, turns->low, turns->expected, turns->worst);
        size.open = size.open || turns->open;
    }
    m->sum = spread_add(m->sum, size);
}

static void add_known(void *context, size_t bytes)
{
    add(context, spread_of_bytes((double)bytes), 0);
}

static void add_unknown(void *context, const struct template_ref *ref)
{
    struct measuring *m = context;
    struct shape shape = scope_follow(m->scope, ref, m->scratch);
    add(m, size_of_shape(&shape, m->env, m->scratch), loop_of(m, ref->name));
}

static struct spread turns_of(const struct shape *list)
{
    const struct shape_length *length = &list->length;
    if (length->known || length->worst > 0)
        return (struct spread){length->low, length->expected, length->worst, false};
    return (struct spread){0, shape_items(list), shape_items(list), true};
}

static void begin_each(void *context, const struct template_ref *list, str as)
{
    struct measuring *m = context;
    struct shape shape = scope_follow(m->scope, list, m->scratch);
    struct shape item = {0};
    bool whole = shape.size.kind != SIZE_UNKNOWN;
    if (shape.kind == SHAPE_LIST)
        item = *shape.item;
    else if (shape.kind == SHAPE_SCHEMA &&
             jsonschema_item(shape.schema, shape.at, &item.at) == SCHEMA_MEMBER_YES && item.at)
        item = (struct shape){.kind = SHAPE_SCHEMA,
                              .schema = shape.schema,
                              .schema_name = shape.schema_name,
                              .at = item.at};
    if (whole)
        item.size = shape_size_part(shape.size, 1);
    m->saved[m->depth] = m->scope;
    m->loop[m->depth] = (struct loop){as, turns_of(&shape), whole, loop_of(m, list->name)};
    m->depth++;
    m->scope = scope_bind(m->scratch, m->scope, SCOPE_NAME, STR("index"),
                          (struct shape){.kind = SHAPE_NUMBER});
    m->scope = scope_bind(m->scratch, m->scope, SCOPE_NAME, as, item);
}

static void end_each(void *context)
{
    struct measuring *m = context;
    m->scope = m->saved[--m->depth];
}

struct spread size_of_template(const struct template *template, const struct scope *scope,
                               const struct env *env, struct arena *scratch)
{
    struct measuring m = {.scope = scope, .env = env, .scratch = scratch};
    const struct template_sizer sizer = {env,        is_known, add_known, add_unknown,
                                         begin_each, end_each, &m};
    template_size(template, &sizer, scratch);
    return m.sum;
}

static struct spread of_members(const struct shape *shape, const struct env *env,
                                struct arena *scratch)
{
    const double marks = 6; /* quotes, a colon, a comma and their blanks */
    struct spread sum = spread_of_bytes(2);
    for (size_t i = 0; i < shape->members; i++) {
        const struct shape_member *member = &shape->member[i];
        sum = spread_add(sum, spread_of_bytes((double)member->name.n + marks));
        sum = spread_add(sum, size_of_shape(&member->shape, env, scratch));
    }
    return sum;
}

static struct spread of_items(const struct shape *shape, const struct env *env,
                              struct arena *scratch)
{
    const double marks = 4;
    struct spread turns = turns_of(shape);
    struct spread item =
        spread_add(size_of_shape(shape->item, env, scratch), spread_of_bytes(marks));
    struct spread sum = spread_times(item, turns.low, turns.expected, turns.worst);
    sum.open = sum.open || turns.open;
    return spread_add(sum, spread_of_bytes(2));
}

static struct spread of_size(const struct shape_size *size, const struct env *env,
                             struct arena *scratch)
{
    struct spread whole = {.open = true};
    if (size->kind == SIZE_TOKENS)
        whole = size->tokens;
    else if (size->kind == SIZE_TEMPLATE)
        whole = size_of_template(size->template, size->scope, env, scratch);
    else if (size->kind == SIZE_SAME)
        whole = of_size(size->same, env, scratch);
    return size->pieces > 0 ? spread_part(whole, size->pieces) : whole;
}

struct spread size_of_shape(const struct shape *shape, const struct env *env,
                            struct arena *scratch)
{
    enum { NUMBER_BYTES = 25 }; /* -1.2345678901234567e-100 */
    if (shape->size.kind != SIZE_UNKNOWN)
        return of_size(&shape->size, env, scratch);
    if (shape->kind == SHAPE_NUMBER)
        return (struct spread){0.25, 1, NUMBER_BYTES, false};
    if (shape->kind == SHAPE_OBJECT)
        return of_members(shape, env, scratch);
    if (shape->kind == SHAPE_LIST)
        return of_items(shape, env, scratch);
    return (struct spread){.open = true};
}
