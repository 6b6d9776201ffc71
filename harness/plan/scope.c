/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scope.c: names and shapes before a run (see scope.h).
 *
 * A template is walked with its visitor. Loops push their item onto a scope of their own; a
 * reference is followed step by step through the shape of its name, and the first step that
 * cannot be is a mistake at its place in the file.
 */
#include "plan/scope.h"

#include "base/buf.h"

const struct scope *scope_bind(struct arena *arena, const struct scope *outer,
                               enum scope_kind kind, str name, struct shape shape)
{
    struct scope *scope = arena_new(arena, struct scope);
    *scope = (struct scope){.outer = outer, .kind = kind, .name = name, .shape = shape};
    return scope;
}

const struct scope *scope_find(const struct scope *scope, str name)
{
    while (scope && !str_equal(scope->name, name))
        scope = scope->outer;
    return scope;
}

static bool is_one_of(str name, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(name, str_from(*words)))
            return true;
    return false;
}

bool scope_is_hidden(str name)
{
    static const char *const words[] = {"expected", "expected_steps", "metadata", "tags", NULL};
    return is_one_of(name, words);
}

bool scope_is_reserved(str name)
{
    static const char *const words[] = {"index", "label", "value", "output", NULL};
    return scope_is_hidden(name) || is_one_of(name, words);
}

/* ---- walking a template ---- */

enum { EACH_DEPTH = 8 };

struct walk {
    const struct scope_check *check;
    const struct scope *scope;
    const struct scope *saved[EACH_DEPTH];
    size_t depth;
    struct shape last; /* of the last reference */
    size_t at;         /* step of it that is looked at */
    int result;
};

/* Sample fields first, then vars, then what patterns added, outermost first; a name that is
 * hidden by another of its kind once. */
static str in_scope_text(struct arena *arena, const struct scope *scope)
{
    const struct scope *chain[64];
    size_t n = 0;
    for (const struct scope *s = scope; s && n < 64; s = s->outer)
        if (scope_find(scope, s->name) == s)
            chain[n++] = s;
    struct buf list = {0};
    for (enum scope_kind kind = SCOPE_INPUT; kind <= SCOPE_STEP; kind++)
        for (size_t i = n; i-- > 0;) {
            enum scope_kind own = chain[i]->kind == SCOPE_NAME ? SCOPE_STEP : chain[i]->kind;
            if (own == kind)
                buf_printf(&list, "%s%.*s", list.n ? ", " : "", STR_ARG(chain[i]->name));
        }
    str text = arena_str(arena, list.n ? buf_str(&list) : STR("nothing"));
    buf_release(&list);
    return text;
}

static str near_in_scope(struct arena *arena, const struct scope *scope, str name)
{
    str words[64];
    size_t n = 0;
    for (; scope && n < 64; scope = scope->outer)
        words[n++] = scope->name;
    return mistake_hint(arena, name, words, n, false);
}

static str used_by_text(const struct scope_check *check)
{
    if (!check->user_path.n)
        return STR("");
    str at = place_text(check->arena, check->user_place);
    return arena_printf(check->arena, "used by step '%.*s' at %.*s", STR_ARG(check->user_path),
                        STR_ARG(at));
}

static void unknown_name(struct walk *walk, const struct template_ref *ref)
{
    const struct scope_check *check = walk->check;
    struct arena *arena = check->arena;
    int before = walk->result;
    walk->result = -1;
    if (scope_is_hidden(ref->name) && !check->may_see_expected) {
        str by = used_by_text(check);
        mistake_add(check->mistakes, ref->place,
                    "'%.*s' is for scores; a workflow must not see the answer%s%.*s",
                    STR_ARG(ref->name), by.n ? "; " : "", STR_ARG(by));
        return;
    }
    for (size_t i = 0; i < check->later_count; i++)
        if (str_equal(check->later[i], ref->name)) {
            str by = used_by_text(check);
            mistake_add(check->mistakes, ref->place,
                        "step '%.*s' runs after '%.*s'; a step sees only earlier steps%s%.*s",
                        STR_ARG(ref->name), STR_ARG(check->later_after[i]), by.n ? "; " : "",
                        STR_ARG(by));
            return;
        }
    if (check->inputs_unknown) {
        walk->result = before;
        return;
    }
    str hint = near_in_scope(arena, walk->scope, ref->name);
    str user = used_by_text(check);
    str known = user.n ? user
                       : arena_printf(arena, "in scope: %.*s",
                                      STR_ARG(in_scope_text(arena, walk->scope)));
    mistake_add(check->mistakes, ref->place, "name '%.*s' is not known here; %.*s%.*s",
                STR_ARG(ref->name), STR_ARG(known), STR_ARG(hint));
}

/* The start of a message about a name: "step 'draft'", "name 'x'". */
static str called(struct walk *walk, const struct template_ref *ref)
{
    const struct scope *found = scope_find(walk->scope, ref->name);
    const char *word = found && found->kind == SCOPE_STEP ? "step" : "name";
    return arena_printf(walk->check->arena, "%s '%.*s'", word, STR_ARG(ref->name));
}

static struct shape no_members(struct walk *walk, const struct template_ref *ref,
                               struct shape shape)
{
    str name = called(walk, ref);
    walk->result = -1;
    if (shape.kind == SHAPE_TEXT && walk->at == 0)
        mistake_add(walk->check->mistakes, ref->place,
                    "%.*s yields text, which has no members; expected {{%.*s}}, or a schema on "
                    "the call",
                    STR_ARG(name), STR_ARG(ref->name));
    else
        mistake_add(walk->check->mistakes, ref->place,
                    "%.*s has no members at this place; it is %s", STR_ARG(name),
                    shape.kind == SHAPE_LIST   ? "a list, whose items are reached by [0] or [*]"
                    : shape.kind == SHAPE_TEXT ? "a text"
                                               : "a plain value");
    return (struct shape){0};
}

static struct shape unknown_member(struct walk *walk, const struct template_ref *ref,
                                   struct shape shape, str member)
{
    struct arena *arena = walk->check->arena;
    size_t count = 0;
    str *words = NULL;
    if (shape.kind == SHAPE_SCHEMA) {
        words = jsonschema_names(shape.schema, shape.at, arena, &count);
    } else {
        words = arena_array(arena, str, shape.members + 1);
        for (; count < shape.members; count++)
            words[count] = shape.member[count].name;
    }
    struct buf list = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(words[i]));
    str holder = shape.schema_name.n
                     ? arena_printf(arena, "schema %.*s", STR_ARG(shape.schema_name))
                     : STR("it");
    str hint = mistake_hint(arena, member, words, count, false);
    str name = called(walk, ref), user = used_by_text(walk->check);
    mistake_add(walk->check->mistakes, ref->place,
                "%.*s has no member '%.*s'; %.*s has: %.*s%s%.*s%.*s", STR_ARG(name),
                STR_ARG(member), STR_ARG(holder), STR_ARG(buf_str(&list)), user.n ? "; " : "",
                STR_ARG(user), STR_ARG(hint));
    buf_release(&list);
    walk->result = -1;
    return (struct shape){0};
}

static struct shape member_of(struct walk *walk, const struct template_ref *ref,
                              struct shape shape, str member)
{
    if (shape.kind == SHAPE_ANY)
        return shape;
    if (shape.kind == SHAPE_OBJECT) {
        for (size_t i = 0; i < shape.members; i++)
            if (str_equal(shape.member[i].name, member))
                return shape.member[i].shape;
        return unknown_member(walk, ref, shape, member);
    }
    if (shape.kind != SHAPE_SCHEMA)
        return no_members(walk, ref, shape);
    const json *inner = NULL;
    switch (jsonschema_member(shape.schema, shape.at, member, &inner)) {
    case SCHEMA_MEMBER_ANY:
        return (struct shape){0};
    case SCHEMA_MEMBER_NO:
        return unknown_member(walk, ref, shape, member);
    case SCHEMA_MEMBER_TYPE:
        return no_members(walk, ref, shape);
    case SCHEMA_MEMBER_YES:
        break;
    }
    if (!inner)
        return (struct shape){0};
    shape.at = inner;
    return shape;
}

static struct shape not_a_list(struct walk *walk, const struct template_ref *ref)
{
    str name = called(walk, ref), user = used_by_text(walk->check);
    mistake_add(walk->check->mistakes, ref->place, "%.*s is no list at this place%s%.*s",
                STR_ARG(name), user.n ? "; " : "", STR_ARG(user));
    walk->result = -1;
    return (struct shape){0};
}

/* [0] and [*]; the latter goes through the members of an object too. */
static struct shape item_of(struct walk *walk, const struct template_ref *ref,
                            struct shape shape, bool all)
{
    if (shape.kind == SHAPE_LIST)
        return *shape.item;
    if (shape.kind == SHAPE_TEXT || shape.kind == SHAPE_NUMBER)
        return no_members(walk, ref, shape);
    if (shape.kind == SHAPE_OBJECT && !all)
        return not_a_list(walk, ref);
    if (shape.kind != SHAPE_SCHEMA)
        return (struct shape){0};
    const json *inner = NULL;
    enum jsonschema_member is = jsonschema_item(shape.schema, shape.at, &inner);
    if (is == SCHEMA_MEMBER_TYPE && !all)
        return not_a_list(walk, ref);
    if (is != SCHEMA_MEMBER_YES || !inner)
        return (struct shape){0};
    shape.at = inner;
    return shape;
}

/* x[k]: what k holds is known only when it runs, but k itself must be a name. */
static struct shape member_by_name(struct walk *walk, const struct template_ref *ref, str name)
{
    const struct scope *found = scope_find(walk->scope, name);
    if (found && found->read)
        *found->read = true;
    if (!found)
        unknown_name(walk, &(struct template_ref){.name = name, .place = ref->place});
    return (struct shape){0};
}

static struct shape_length member_length(struct shape shape, str member)
{
    const struct shape_counted *counted = shape.counted;
    while (counted && !str_equal(counted->member, member))
        counted = counted->next;
    return counted ? counted->length : (struct shape_length){0};
}

/* How many pieces a step chooses one of; 1: [*] takes them all. */
static double pieces_of(struct walk *walk, const struct template_step *step,
                        const struct shape *shape)
{
    size_t names = 0;
    if (step->kind == STEP_ALL)
        return 1;
    if (step->kind == STEP_INDEX)
        return shape_items(shape);
    if (shape->kind == SHAPE_SCHEMA)
        jsonschema_names(shape->schema, shape->at, walk->check->arena, &names);
    return names ? (double)names : 1;
}

static struct shape follow_step(struct walk *walk, const struct template_ref *ref,
                                const struct template_step *step, struct shape shape)
{
    struct shape_length length = {0};
    struct shape_size whole = shape.size;
    struct shape next;
    if (step->kind == STEP_MEMBER) {
        length = member_length(shape, step->name);
        next = member_of(walk, ref, shape, step->name);
    } else if (step->kind == STEP_NAME) {
        next = member_by_name(walk, ref, step->name);
    } else {
        next = item_of(walk, ref, shape, step->kind == STEP_ALL);
    }
    if (whole.kind &&
        (shape.kind == SHAPE_ANY || shape.kind == SHAPE_SCHEMA || !next.size.kind))
        next.size = shape_size_part(whole, pieces_of(walk, step, &shape));
    if (shape.kind == SHAPE_ANY || shape.kind == SHAPE_SCHEMA || length.known) {
        next.length = length; /* what these two carry is about the whole */
        next.counted = NULL;
    }
    return next;
}

static struct shape follow(struct walk *walk, const struct template_ref *ref,
                           struct shape shape)
{
    size_t fanned = 0;
    struct shape_length length = {0};
    bool sized = false; /* as a part of the list that was fanned out */
    for (size_t i = 0; i < ref->steps && walk->result == 0; i++) {
        if (ref->step[i].kind == STEP_ALL && fanned == 0)
            sized = shape.size.kind != SIZE_UNKNOWN;
        if (ref->step[i].kind == STEP_ALL)
            length = fanned++ ? (struct shape_length){0} : shape.length;
        walk->at = i;
        shape = follow_step(walk, ref, &ref->step[i], shape);
    }
    if (!fanned)
        return shape;
    struct shape_size parts = sized ? shape.size : (struct shape_size){0};
    shape = shape_list(walk->check->arena, shape);
    shape.length = length;
    shape.size = parts;
    return shape;
}

static struct shape look(struct walk *walk, const struct template_ref *ref)
{
    const struct scope *found = scope_find(walk->scope, ref->name);
    if (!found) {
        unknown_name(walk, ref);
        return (struct shape){0};
    }
    if (found->read)
        *found->read = true;
    bool input = found->kind == SCOPE_INPUT || scope_is_hidden(found->name);
    if (input && !ref->has_default && walk->check->input_used)
        walk->check->input_used(walk->check->context, ref->name, ref->place);
    int before = walk->result;
    walk->result = 0;
    struct shape shape = follow(walk, ref, found->shape);
    walk->result = walk->result ? walk->result : before;
    return ref->has_default ? (struct shape){.size = shape.size} : shape;
}

static void visit_ref(void *context, const struct template_ref *ref)
{
    struct walk *walk = context;
    walk->last = look(walk, ref);
}

static void visit_each_begin(void *context, const struct template_ref *list, str as)
{
    struct walk *walk = context;
    struct shape shape = look(walk, list);
    struct shape item = shape.kind == SHAPE_LIST || shape.kind == SHAPE_SCHEMA
                            ? item_of(walk, list, shape, true)
                            : (struct shape){0};
    if (walk->depth < EACH_DEPTH)
        walk->saved[walk->depth] = walk->scope;
    walk->depth++;
    struct arena *arena = walk->check->arena;
    walk->scope = scope_bind(arena, walk->scope, SCOPE_NAME, STR("index"),
                             (struct shape){.kind = SHAPE_NUMBER});
    walk->scope = scope_bind(arena, walk->scope, SCOPE_NAME, as, item);
}

static void visit_each_end(void *context)
{
    struct walk *walk = context;
    walk->depth--;
    if (walk->depth < EACH_DEPTH)
        walk->scope = walk->saved[walk->depth];
}

int scope_check_template(const struct scope_check *check, const struct template *template,
                         struct shape *shape)
{
    struct walk walk = {.check = check, .scope = check->scope};
    struct template_visitor visitor = {visit_ref, visit_each_begin, visit_each_end, &walk};
    template_visit(template, &visitor);
    if (shape)
        *shape = template_is_ref(template) ? walk.last : (struct shape){0};
    return walk.result;
}

struct shape scope_follow(const struct scope *scope, const struct template_ref *ref,
                          struct arena *arena)
{
    struct mistakes quiet;
    mistakes_init(&quiet, arena);
    const struct scope_check check = {.arena = arena, .mistakes = &quiet, .scope = scope};
    struct walk walk = {.check = &check, .scope = scope};
    return look(&walk, ref);
}
