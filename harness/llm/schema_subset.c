/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema_subset.c: one walk over a schema with a provider's table of keywords (see
 * schema_subset.h).
 *
 * It copies what is accepted, leaves out what is checked here, and gives up at the first keyword
 * that is refused. Schemas were compiled before (base/jsonschema.h), so they are well formed and
 * their references are local.
 */
#include "llm/schema_subset.h"

#include "base/buf.h"

/* Schemas that a chain of references may pass through, and all that are followed in one walk. */
enum { CHAIN_MOST = 64, FOLLOWED_MOST = 10000 };

struct walk {
    const struct schema_subset *subset;
    struct arena *arena;
    const json *root;
    struct buf path;       /* JSON pointer of the schema at hand */
    str problem_path, why; /* `why` set: does not fit */
    unsigned level;
    bool in_all_of;
    size_t properties, values, bytes;
};

static const json *walk_schema(struct walk *walk, const json *schema);

/* ---- where it is, and what is wrong there ---- */

static size_t enter(struct walk *walk, str name)
{
    size_t before = walk->path.n;
    buf_add_char(&walk->path, '/');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '~')
            buf_add_str(&walk->path, STR("~0"));
        else if (name.p[i] == '/')
            buf_add_str(&walk->path, STR("~1"));
        else
            buf_add_char(&walk->path, name.p[i]);
    }
    return before;
}

static size_t enter_index(struct walk *walk, size_t index)
{
    size_t before = walk->path.n;
    buf_printf(&walk->path, "/%zu", index);
    return before;
}

static void leave(struct walk *walk, size_t before)
{
    walk->path.n = before;
}

static void refuse(struct walk *walk, str why)
{
    if (walk->why.n)
        return;
    walk->why = why;
    walk->problem_path = arena_str(walk->arena, buf_str(&walk->path));
}

static void refuse_keyword(struct walk *walk, str name, const char *why)
{
    size_t before = enter(walk, name);
    refuse(walk, arena_printf(walk->arena, "'%.*s' %s", STR_ARG(name), why));
    leave(walk, before);
}

/* ---- tables ---- */

static enum schema_rule rule_of(const struct schema_subset *subset, str name)
{
    for (size_t i = 0; i < subset->keywords; i++)
        if (str_equal(name, str_from(subset->keyword[i].name)))
            return subset->keyword[i].rule;
    return SCHEMA_REFUSED;
}

static bool format_is_known(const struct schema_subset *subset, str name)
{
    for (const char *const *format = subset->formats; format && *format; format++)
        if (str_equal(name, str_from(*format)))
            return true;
    return false;
}

/* ---- references ---- */

/* The schema that "#/a/b" names; NULL when it names none. */
static const json *target_of(const json *root, str ref, struct arena *arena)
{
    const json *at = root;
    if (!str_starts_with(ref, STR("#")))
        return NULL;
    str rest = str_sub(ref, 1, ref.n);
    while (at && rest.n) {
        str step;
        rest = str_sub(rest, 1, rest.n);
        if (!str_cut(rest, '/', &step, &rest))
            rest = STR("");
        else
            rest = (str){rest.p - 1, rest.n + 1};
        struct buf name = {0};
        for (size_t i = 0; i < step.n; i++) {
            bool escape = step.p[i] == '~' && i + 1 < step.n;
            buf_add_char(&name, !escape ? step.p[i] : step.p[++i] == '0' ? '~' : '/');
        }
        int64_t index;
        str plain = arena_str(arena, buf_str(&name));
        at = json_is(at, JSON_LIST) && str_to_int(plain, &index) ? json_at(at, index)
                                                                 : json_get(at, plain);
        buf_release(&name);
    }
    return at;
}

struct chain {
    const json *link[CHAIN_MOST];
    size_t count, followed;
};

/* True when following references from this schema comes back to one on the way. What is too long
 * to follow counts as such. */
static bool has_cycle(struct walk *walk, const json *schema, struct chain *chain,
                      unsigned depth)
{
    if (!json_is(schema, JSON_OBJECT) && !json_is(schema, JSON_LIST))
        return false;
    if (depth == JSON_DEPTH_MAX || ++chain->followed > FOLLOWED_MOST)
        return true;
    const json *ref = json_get(schema, STR("$ref"));
    const json *target =
        json_is(ref, JSON_TEXT) ? target_of(walk->root, json_text(ref), walk->arena) : NULL;
    if (target) {
        for (size_t i = 0; i < chain->count; i++)
            if (chain->link[i] == target)
                return true;
        if (chain->count == CHAIN_MOST)
            return true;
        chain->link[chain->count++] = target;
        bool found = has_cycle(walk, target, chain, depth + 1);
        chain->count--;
        if (found)
            return true;
    }
    for (const json *item = json_first(schema); item; item = json_next(item)) {
        bool definitions = str_equal(json_key(item), STR("$defs")) ||
                           str_equal(json_key(item), STR("definitions"));
        if (!definitions && has_cycle(walk, item, chain, depth + 1))
            return true;
    }
    return false;
}

static const json *walk_reference(struct walk *walk, const json *member)
{
    const json *target = target_of(walk->root, json_text(member), walk->arena);
    struct chain chain = {.link = {target}, .count = 1};
    if (walk->subset->no_cycles && target &&
        (target == walk->root || has_cycle(walk, target, &chain, 0)))
        refuse(walk, STR("the reference makes the schema contain itself"));
    return member;
}

/* ---- values ---- */

static void count_value(struct walk *walk, const json *value)
{
    walk->values++;
    walk->bytes += json_text(value).n;
    bool simple = json_is(value, JSON_TEXT) || json_is(value, JSON_NUMBER);
    if (walk->subset->true_false)
        simple = !json_is(value, JSON_LIST) && !json_is(value, JSON_OBJECT);
    if (!simple)
        refuse(walk, arena_printf(walk->arena, "%s cannot be one of the values",
                                  json_kind_name(json_kind(value))));
}

static const json *walk_values(struct walk *walk, const json *value)
{
    size_t index = 0;
    if (!json_is(value, JSON_LIST)) {
        count_value(walk, value);
        return value;
    }
    for (const json *item = json_first(value); item; item = json_next(item)) {
        size_t before = enter_index(walk, index++);
        count_value(walk, item);
        leave(walk, before);
    }
    return value;
}

/* ---- schemas inside ---- */

static const json *walk_children(struct walk *walk, const json *list)
{
    json *out = json_new_list(walk->arena);
    size_t index = 0;
    for (const json *item = json_first(list); item && !walk->why.n; item = json_next(item)) {
        size_t before = enter_index(walk, index++);
        json_add(walk->arena, out, walk_schema(walk, item));
        leave(walk, before);
    }
    return out;
}

static const json *walk_all_of(struct walk *walk, const json *list)
{
    bool outer = walk->in_all_of;
    walk->in_all_of = true;
    const json *out = walk_children(walk, list);
    walk->in_all_of = outer;
    return out;
}

static const json *walk_named(struct walk *walk, const json *object, bool properties)
{
    json *out = json_new_object(walk->arena);
    bool outer = walk->in_all_of;
    walk->in_all_of = false;
    for (const json *item = json_first(object); item && !walk->why.n; item = json_next(item)) {
        size_t before = enter(walk, json_key(item));
        walk->properties += properties;
        walk->bytes += json_key(item).n;
        json_set(walk->arena, out, json_key(item), walk_schema(walk, item));
        leave(walk, before);
    }
    walk->in_all_of = outer;
    return out;
}

static bool type_has_object(const json *type)
{
    if (str_equal(json_text(type), STR("object")))
        return true;
    for (const json *item = json_is(type, JSON_LIST) ? json_first(type) : NULL; item;
         item = json_next(item))
        if (str_equal(json_text(item), STR("object")))
            return true;
    return false;
}

static bool is_required(const json *schema, str property)
{
    const json *name = json_first(json_get(schema, STR("required")));
    for (; name; name = json_next(name))
        if (str_equal(json_text(name), property))
            return true;
    return false;
}

/* What a subset with closed objects asks of one; `out` gets what closes it. */
static void close_object(struct walk *walk, const json *schema, json *out)
{
    const json *properties = json_get(schema, STR("properties"));
    if (!properties && !type_has_object(json_get(schema, STR("type"))))
        return;
    if (!json_is(properties, JSON_OBJECT))
        refuse(walk, STR("an object must name its properties"));
    else if (walk->in_all_of)
        refuse(walk, STR("an object inside allOf cannot be closed"));
    const json *property = walk->subset->all_required ? json_first(properties) : NULL;
    for (; property && !walk->why.n; property = json_next(property))
        if (!is_required(schema, json_key(property)))
            refuse(walk, arena_printf(walk->arena,
                                      "property '%.*s' is not in 'required'; let it be null "
                                      "instead",
                                      STR_ARG(json_key(property))));
    json_set(walk->arena, out, STR("additionalProperties"), json_new_bool(false));
}

/* ---- one keyword ---- */

static const char *name_of_rule(enum schema_rule rule, const char *name)
{
    return rule == SCHEMA_AS_ENUM ? "enum" : rule == SCHEMA_AS_ANY_OF ? "anyOf" : name;
}

/* The value to write; NULL: nothing. */
static const json *walk_value(struct walk *walk, enum schema_rule rule, const json *member)
{
    switch (rule) {
    case SCHEMA_KEEP:
        return member;
    case SCHEMA_CHILD:
        return walk_schema(walk, member);
    case SCHEMA_CHILDREN:
    case SCHEMA_AS_ANY_OF:
        return walk_children(walk, member);
    case SCHEMA_ALL_OF:
        return walk_all_of(walk, member);
    case SCHEMA_NAMED:
    case SCHEMA_PROPERTIES:
        return walk_named(walk, member, rule == SCHEMA_PROPERTIES);
    case SCHEMA_VALUES:
        return walk_values(walk, member);
    case SCHEMA_AS_ENUM: {
        json *one = json_new_list(walk->arena);
        json_add(walk->arena, one, walk_values(walk, member));
        return one;
    }
    case SCHEMA_FORMAT:
        return format_is_known(walk->subset, json_text(member)) ? member : NULL;
    case SCHEMA_FEW:
        return json_number(member) <= 1 ? member : NULL;
    case SCHEMA_OPEN:
        return json_is(member, JSON_BOOL) ? member : walk_schema(walk, member);
    case SCHEMA_REFERENCE:
        return walk_reference(walk, member);
    case SCHEMA_CLOSED:
    case SCHEMA_LEAVE_OUT:
    case SCHEMA_REFUSED:
        break;
    }
    return NULL;
}

static void walk_member(struct walk *walk, const json *member, json *out)
{
    str name = json_key(member);
    enum schema_rule rule = rule_of(walk->subset, name);
    if (rule == SCHEMA_REFUSED) {
        refuse_keyword(walk, name, "is not part of it");
        return;
    }
    if (rule == SCHEMA_CLOSED && (!json_is(member, JSON_BOOL) || json_bool(member))) {
        refuse_keyword(walk, name, "must be false");
        return;
    }
    size_t before = enter(walk, name);
    const json *value = walk_value(walk, rule, member);
    leave(walk, before);
    if (!value || walk->why.n)
        return;
    str written = arena_str(walk->arena, name);
    written = str_from(name_of_rule(rule, written.p));
    if (json_get(out, written))
        refuse_keyword(walk, name, "stands beside another of its kind");
    else
        json_set(walk->arena, out, written, value);
}

/* ---- one schema ---- */

static bool says_something(const json *schema)
{
    static const char *const words[] = {"type",  "enum",  "const", "anyOf",
                                        "oneOf", "allOf", "$ref"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (json_get(schema, str_from(words[i])))
            return true;
    return false;
}

static const json *walk_schema(struct walk *walk, const json *schema)
{
    json *out = json_new_object(walk->arena);
    const struct schema_subset *subset = walk->subset;
    if (!json_is(schema, JSON_OBJECT)) {
        refuse(walk, STR("true and false are no schemas here"));
        return out;
    }
    if (subset->levels && walk->level == subset->levels) {
        refuse(walk, arena_printf(walk->arena, "it is nested more than %u levels deep",
                                  subset->levels));
        return out;
    }
    if (subset->typed && !says_something(schema))
        refuse(walk, STR("a schema that allows anything needs a 'type'"));
    bool lone = subset->lone_ref && json_get(schema, STR("$ref"));
    walk->level++;
    for (const json *member = json_first(schema); member && !walk->why.n;
         member = json_next(member))
        if (!lone || str_starts_with(json_key(member), STR("$")))
            walk_member(walk, member, out);
    if (subset->closed && !lone && !walk->why.n)
        close_object(walk, schema, out);
    walk->level--;
    return out;
}

/* ---- the whole ---- */

bool schema_root_is_object(const json *schema)
{
    return json_is(schema, JSON_OBJECT) &&
           str_equal(json_text(json_get(schema, STR("type"))), STR("object")) &&
           !json_get(schema, STR("anyOf"));
}

bool schema_is_any_object(const json *schema)
{
    static const char *const remarks[] = {"type",     "title", "description", "$schema",
                                          "$comment", "$id",   "examples",    "default"};
    if (!schema_root_is_object(schema))
        return false;
    for (const json *member = json_first(schema); member; member = json_next(member)) {
        bool remark = false;
        for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++)
            remark = remark || str_equal(json_key(member), str_from(remarks[i]));
        if (!remark)
            return false;
    }
    return true;
}

static void check_size(struct walk *walk)
{
    const struct schema_subset *subset = walk->subset;
    if (subset->properties && walk->properties > subset->properties)
        refuse(walk, arena_printf(walk->arena, "it has more than %zu properties",
                                  subset->properties));
    if (subset->values && walk->values > subset->values)
        refuse(walk, arena_printf(walk->arena, "it has more than %zu values in enum and const",
                                  subset->values));
    if (subset->bytes && walk->bytes > subset->bytes)
        refuse(walk, arena_printf(walk->arena, "its names and values have more than %zu bytes",
                                  subset->bytes));
}

const json *schema_subset_fit(const struct schema_subset *subset, struct arena *arena,
                              const json *schema, struct jsonschema_problem *problem)
{
    struct walk walk = {.subset = subset, .arena = arena, .root = schema};
    const json *out = NULL;
    if (subset->object_root && !schema_root_is_object(schema))
        refuse(&walk, STR("its root must have type \"object\" and no anyOf"));
    else
        out = walk_schema(&walk, schema);
    if (!walk.why.n)
        check_size(&walk);
    buf_release(&walk.path);
    if (!walk.why.n)
        return out;
    if (problem)
        *problem = (struct jsonschema_problem){.path = walk.problem_path, .text = walk.why};
    return NULL;
}
