/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_names.c: what a schema promises about names, for checks before a run.
 *
 * Parts of a schema that look at the same value ($ref, allOf, anyOf …) are asked each and their
 * answers put together. Whenever that leaves a doubt the answer is ANY: a name that is wrong
 * shows at the first reply, a name that is right must never be refused.
 */
#include "base/jsonschema_tree.h"

/* References in place end (schema_refuse_loops), but parts that are used twice at every level
 * would be asked 2^levels times; after this many questions the answer is "nothing known". */
enum { MOST_QUESTIONS = 2000 };

static const struct schema_node *node_of(const struct jsonschema *schema, const json *at)
{
    return at ? schema_map_find(&schema->map, at) : NULL;
}

/* ---- one answer from several ---- */

enum answer {
    ANSWER_SILENT, /* this part says nothing of it */
    ANSWER_OPEN,   /* this part allows anything there */
    ANSWER_YES,
    ANSWER_NO,
    ANSWER_TYPE,
};

struct finding {
    enum answer answer;
    const struct schema_node *inner; /* NULL: nothing known of it */
};

/* Parts that all hold: a declaration anywhere counts, openness hides a NO. */
static struct finding both(struct finding a, struct finding b)
{
    static const enum answer order[] = {ANSWER_TYPE, ANSWER_YES, ANSWER_OPEN, ANSWER_NO};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (a.answer == order[i])
            return a;
        if (b.answer == order[i])
            return b;
    }
    return a;
}

/* Parts of which one holds: branches of another type do not count beside others. */
static struct finding either(struct finding a, struct finding b)
{
    if (a.answer == ANSWER_TYPE)
        return b;
    if (b.answer == ANSWER_TYPE)
        return a;
    if (a.answer == ANSWER_YES || b.answer == ANSWER_YES) {
        bool same = a.answer == b.answer && a.inner == b.inner;
        return (struct finding){ANSWER_YES, same ? a.inner : NULL};
    }
    if (a.answer == ANSWER_NO && b.answer == ANSWER_NO)
        return a;
    return (struct finding){ANSWER_OPEN, NULL};
}

struct question {
    struct finding (*own)(const struct schema_node *node, str name);
    str name;
    int left;
};

static struct finding look(struct question *question, const struct schema_node *node);

static struct finding look_branches(struct question *question, const struct schema_nodes *nodes)
{
    struct finding found = {ANSWER_SILENT, NULL};
    for (size_t i = 0; i < nodes->count; i++) {
        struct finding branch = look(question, nodes->item[i]);
        found = i ? either(found, branch) : branch;
    }
    return found;
}

/* What holds only sometimes: a declaration counts, but nothing is certain of its inner schema. */
static struct finding look_sometimes(struct question *question, const struct schema_node *node)
{
    const struct schema_node *part[] = {node->then, node->otherwise};
    struct finding found = {ANSWER_SILENT, NULL};
    for (size_t i = 0; i < 2; i++)
        if (part[i] && look(question, part[i]).answer == ANSWER_YES)
            found.answer = ANSWER_YES;
    size_t dependents = node->object ? node->object->dependent_count : 0;
    for (size_t i = 0; i < dependents; i++) {
        const struct schema_node *dependent = node->object->dependent[i].node;
        if (dependent && look(question, dependent).answer == ANSWER_YES)
            found.answer = ANSWER_YES;
    }
    return found;
}

static struct finding look(struct question *question, const struct schema_node *node)
{
    struct finding found = {ANSWER_OPEN, NULL};
    if (question->left-- <= 0 || node->verdict != SCHEMA_RULES)
        return found;
    found = question->own(node, question->name);
    if (node->reference)
        found = both(found, look(question, node->reference));
    for (size_t i = 0; i < node->all.count; i++)
        found = both(found, look(question, node->all.item[i]));
    found = both(found, look_branches(question, &node->any));
    found = both(found, look_branches(question, &node->one));
    return both(found, look_sometimes(question, node));
}

/* ---- members and items ---- */

static struct finding own_member(const struct schema_node *node, str name)
{
    const struct schema_object_rules *rules = node->object;
    if (node->types && !(node->types & TYPE_OBJECT))
        return (struct finding){ANSWER_TYPE, NULL};
    if (!rules)
        return (struct finding){ANSWER_SILENT, NULL};
    const struct schema_member *member = schema_member_find(rules, name);
    if (member && member->node)
        return (struct finding){ANSWER_YES, member->node};
    for (size_t i = 0; i < rules->pattern_count; i++)
        if (regex_find(rules->pattern[i].regex, name) != REGEX_NO)
            return (struct finding){ANSWER_YES, NULL};
    if (rules->rest && rules->rest->verdict != SCHEMA_FALSE)
        return (struct finding){ANSWER_OPEN,
                                rules->rest->verdict == SCHEMA_RULES ? rules->rest : NULL};
    for (size_t i = 0; i < rules->member_count; i++)
        if (rules->member[i].node)
            return (struct finding){ANSWER_NO, NULL};
    if (rules->rest && rules->pattern_count == 0)
        return (struct finding){ANSWER_NO, NULL};
    return (struct finding){ANSWER_SILENT, NULL};
}

static struct finding own_item(const struct schema_node *node, str name)
{
    (void)name;
    if (node->types && !(node->types & TYPE_ARRAY))
        return (struct finding){ANSWER_TYPE, NULL};
    if (node->list && node->list->rest && node->list->prefix.count == 0 &&
        node->list->rest->verdict != SCHEMA_FALSE)
        return (struct finding){ANSWER_YES, node->list->rest};
    if (node->types == TYPE_ARRAY || (node->list && node->list->prefix.count))
        return (struct finding){ANSWER_YES, NULL};
    return (struct finding){ANSWER_SILENT, NULL};
}

static enum jsonschema_member answer(struct finding found, const json **inner)
{
    *inner = found.inner ? found.inner->source : NULL;
    switch (found.answer) {
    case ANSWER_YES:
        return SCHEMA_MEMBER_YES;
    case ANSWER_NO:
        return SCHEMA_MEMBER_NO;
    case ANSWER_TYPE:
        return SCHEMA_MEMBER_TYPE;
    case ANSWER_SILENT:
    case ANSWER_OPEN:
        break;
    }
    return SCHEMA_MEMBER_ANY;
}

static enum jsonschema_member ask(const struct jsonschema *schema, const json *at,
                                  struct question question, const json **inner)
{
    const struct schema_node *node = node_of(schema, at);
    struct finding found = {ANSWER_OPEN, NULL};
    if (node)
        found = look(&question, node);
    if (question.left < 0)
        found = (struct finding){ANSWER_OPEN, NULL};
    return answer(found, inner);
}

enum jsonschema_member jsonschema_member(const struct jsonschema *schema, const json *at,
                                         str name, const json **inner)
{
    return ask(schema, at, (struct question){own_member, name, MOST_QUESTIONS}, inner);
}

enum jsonschema_member jsonschema_item(const struct jsonschema *schema, const json *at,
                                       const json **inner)
{
    return ask(schema, at, (struct question){own_item, STR(""), MOST_QUESTIONS}, inner);
}

/* ---- names and choices ---- */

struct names {
    struct arena *arena;
    str *name;
    size_t count, capacity;
    int left; /* questions */
};

static void add_name(struct names *names, str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->name[i], name))
            return;
    if (names->count == names->capacity) {
        names->capacity = names->capacity ? names->capacity * 2 : 8;
        names->name = arena_grow(names->arena, names->name, names->count, names->capacity,
                                 sizeof *names->name);
    }
    names->name[names->count++] = name;
}

static void add_names(struct names *names, const struct schema_node *node)
{
    if (names->left-- <= 0)
        return;
    const json *properties = json_get(node->source, STR("properties"));
    for (const json *member = json_first(properties); member; member = json_next(member))
        add_name(names, json_key(member));
    const struct schema_node *single[] = {node->reference, node->then, node->otherwise};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (single[i])
            add_names(names, single[i]);
    const struct schema_nodes *several[] = {&node->all, &node->any, &node->one};
    for (size_t k = 0; k < sizeof several / sizeof *several; k++)
        for (size_t i = 0; i < several[k]->count; i++)
            add_names(names, several[k]->item[i]);
}

str *jsonschema_names(const struct jsonschema *schema, const json *at, struct arena *arena,
                      size_t *count)
{
    struct names names = {.arena = arena, .left = MOST_QUESTIONS};
    const struct schema_node *node = node_of(schema, at);
    if (node)
        add_names(&names, node);
    *count = names.count;
    return names.name;
}

/* Adds the texts this node allows; false when it also allows something else. */
static bool add_choices(struct names *names, const struct schema_node *node)
{
    if (names->left-- <= 0 || node->verdict != SCHEMA_RULES)
        return false;
    if (node->only) {
        add_name(names, json_text(node->only));
        return json_is(node->only, JSON_TEXT);
    }
    if (node->choices) {
        const json *list = json_get(node->source, STR("enum"));
        for (const json *item = json_first(list); item; item = json_next(item))
            add_name(names, json_text(item));
        return node->choices->other_count == 0;
    }
    size_t before = names->count;
    if (node->reference && add_choices(names, node->reference))
        return true;
    for (size_t i = 0; i < node->all.count; i++) {
        names->count = before;
        if (add_choices(names, node->all.item[i]))
            return true;
    }
    const struct schema_nodes *branches = node->any.count ? &node->any : &node->one;
    names->count = before;
    for (size_t i = 0; i < branches->count; i++)
        if (!add_choices(names, branches->item[i]))
            return false;
    return branches->count > 0;
}

str *jsonschema_enum(const struct jsonschema *schema, const json *at, struct arena *arena,
                     size_t *count)
{
    struct names names = {.arena = arena, .left = MOST_QUESTIONS};
    const struct schema_node *node = node_of(schema, at);
    bool only_texts = node && add_choices(&names, node);
    *count = only_texts ? names.count : 0;
    return only_texts ? names.name : NULL;
}
