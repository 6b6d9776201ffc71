/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema.c: checks a value against a compiled schema (see jsonschema.h).
 *
 * A walk over value and nodes together. The first pass is quiet: it stops at the first thing
 * that is wrong and allocates nothing, which is all that a valid value costs. Only when the
 * caller wants problems is the value walked again, loudly. Branches of anyOf, oneOf, not and if
 * are always tried quietly, since a branch that does not fit is no problem by itself.
 *
 * Schemas and values may be hostile: nodes visited are counted, and recursion is bounded. A walk
 * that needs more levels than a fiber's stack should carry is done over on a thread with a
 * stack to fit.
 *
 * Deliberately absent: annotations, and with them unevaluated*; format is not asserted.
 */
#include "base/jsonschema_check.h"

#include "base/thread.h"

#include <pthread.h>
#include <stdio.h>

enum {
    /* Nodes visited in one walk; a reply of a megabyte needs some hundred thousand. */
    MOST_VISITS = 10000000,
    /* Levels on the caller's stack, which may be a fiber's. Replies have some ten. */
    SHALLOW_LEVELS = 40,
    /* Levels on a thread: JSON_DEPTH_MAX values with eight references at each. */
    DEEP_LEVELS = 1024,
    DEEP_STACK_BYTES = 16 * 1024 * 1024,
};

bool check_quietly(struct check *check, const struct schema_node *node, const struct spot *spot)
{
    bool before = check->quiet;
    check->quiet = true;
    bool good = check_node(check, node, spot);
    check->quiet = before;
    return good;
}

/* ---- combinations ---- */

/* The types a node allows, looking through plain references. */
static unsigned allowed_types(const struct schema_node *node)
{
    for (int hops = 0; node->reference && !node->types && hops < 8; hops++)
        node = node->reference;
    return node->types ? node->types : ~0u;
}

/* None of the branches fits. If only one is of the value's type, that one was meant and says
 * what is wrong with the value. */
static bool none_fits(struct check *check, const struct schema_nodes *nodes,
                      const struct spot *spot, const char *keyword)
{
    if (check->quiet)
        return false;
    unsigned got = spot->value ? schema_types_of(spot->value) : TYPE_STRING;
    unsigned any = 0;
    const struct schema_node *meant = NULL;
    size_t candidates = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        unsigned types = allowed_types(nodes->item[i]);
        any |= types;
        if (types & got) {
            meant = nodes->item[i];
            candidates++;
        }
    }
    if (candidates == 0)
        return check_wrong_type(check, spot, any, got);
    if (candidates == 1)
        return check_node(check, meant, spot);
    return check_problem(check, spot, "%.*s is none of the %zu forms that '%s' allows",
                         STR_ARG(check_shown_spot(check, spot)), nodes->count, keyword);
}

static bool fits_any(struct check *check, const struct schema_node *node,
                     const struct spot *spot)
{
    for (size_t i = 0; i < node->any.count; i++)
        if (check_quietly(check, node->any.item[i], spot))
            return true;
    return none_fits(check, &node->any, spot, "anyOf");
}

static bool fits_one(struct check *check, const struct schema_node *node,
                     const struct spot *spot)
{
    size_t first = 0, count = 0;
    for (size_t i = 0; i < node->one.count; i++) {
        if (!check_quietly(check, node->one.item[i], spot))
            continue;
        if (++count == 2)
            return check_problem(
                check, spot, "is of forms %zu and %zu of 'oneOf' at once; expected exactly one",
                first + 1, i + 1);
        first = i;
    }
    return count == 1 || none_fits(check, &node->one, spot, "oneOf");
}

static bool fits_negated(struct check *check, const struct schema_node *node,
                         const struct spot *spot)
{
    if (!check_quietly(check, node->negated, spot))
        return true;
    if (check->quiet)
        return false;
    return check_problem(check, spot, "%.*s is what 'not' excludes: %.*s",
                         STR_ARG(check_shown_spot(check, spot)),
                         STR_ARG(check_shown(check, node->negated->source)));
}

static bool fits_condition(struct check *check, const struct schema_node *node,
                           const struct spot *spot)
{
    bool met = check_quietly(check, node->condition, spot);
    const struct schema_node *next = met ? node->then : node->otherwise;
    return !next || check_node(check, next, spot);
}

static bool fits_combinations(struct check *check, const struct schema_node *node,
                              const struct spot *spot)
{
    bool good = !node->reference || check_node(check, node->reference, spot);
    for (size_t i = 0; i < node->all.count && (good || !check_done(check)); i++)
        good = check_node(check, node->all.item[i], spot) && good;
    if ((good || !check_done(check)) && node->any.count)
        good = fits_any(check, node, spot) && good;
    if ((good || !check_done(check)) && node->one.count)
        good = fits_one(check, node, spot) && good;
    if ((good || !check_done(check)) && node->negated)
        good = fits_negated(check, node, spot) && good;
    if ((good || !check_done(check)) && node->condition)
        good = fits_condition(check, node, spot) && good;
    return good;
}

/* ---- a node ---- */

static bool fits_rules(struct check *check, const struct schema_node *node,
                       const struct spot *spot)
{
    str text;
    if (node->types) {
        unsigned got = spot->value ? schema_types_of(spot->value) : TYPE_STRING;
        if (!(got & node->types))
            return check_wrong_type(check, spot, node->types, got);
    }
    bool good = check_value(check, node, spot);
    if (!good && check_done(check))
        return false;
    if (node->text && check_is_text(spot, &text))
        good = check_text(check, node->text, spot, text) && good;
    else if (node->object && json_is(spot->value, JSON_OBJECT))
        good = check_object(check, node->object, spot) && good;
    else if (node->list && json_is(spot->value, JSON_LIST))
        good = check_list(check, node->list, spot) && good;
    else if (node->number && json_is(spot->value, JSON_NUMBER))
        good = check_number(check, node->number, spot) && good;
    if (!good && check_done(check))
        return false;
    return fits_combinations(check, node, spot) && good;
}

bool check_node(struct check *check, const struct schema_node *node, const struct spot *spot)
{
    if (node->verdict == SCHEMA_TRUE)
        return true;
    if (node->verdict == SCHEMA_FALSE)
        return check_problem(check, spot, "expected nothing here");
    if (check->stop != GO_ON)
        return false;
    if (++check->visits > MOST_VISITS)
        return check_stop(check, STOP_VISITS);
    if (check->level == check->levels_most)
        return check_stop(check, STOP_TOO_DEEP);
    check->level++;
    bool good = fits_rules(check, node, spot);
    check->level--;
    return good;
}

/* ---- a whole value ---- */

struct walk {
    struct check *check;
    const struct schema_node *node;
    const json *value;
    bool good;
};

static void *walk_value(void *object)
{
    struct walk *walk = object;
    struct spot root = {.value = walk->value ? walk->value : json_null()};
    walk->good = check_node(walk->check, walk->node, &root);
    return NULL;
}

/* The same walk on a stack for DEEP_LEVELS. */
static void walk_deep(struct walk *walk)
{
    pthread_t thread;
    pthread_attr_t attributes;
    walk->check->levels_most = DEEP_LEVELS;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, DEEP_STACK_BYTES);
    if (thread_start(&thread, &attributes, walk_value, walk) == 0)
        pthread_join(thread, NULL);
    else
        check_stop(walk->check, STOP_TOO_DEEP);
    pthread_attr_destroy(&attributes);
}

static bool walk(const struct jsonschema *schema, const json *value, struct check *check)
{
    struct check start = *check;
    struct walk walk = {check, schema->root, value, false};
    check->levels_most = SHALLOW_LEVELS;
    walk_value(&walk);
    if (check->stop == STOP_TOO_DEEP) {
        *check = start;
        walk_deep(&walk);
    }
    return walk.good && check->stop == GO_ON;
}

static void report_stop(struct check *check)
{
    struct spot root = {0};
    check->count = 0;
    check->quiet = false;
    if (check->stop == STOP_TOO_DEEP)
        check_problem(check, &root, "value and schema are nested too deeply to be checked");
    else if (check->stop == STOP_VISITS)
        check_problem(check, &root, "checking takes more than %d steps", MOST_VISITS);
    else
        check_problem(check, &root, "the pattern %.*s takes too many steps",
                      STR_ARG(check->stopped_by));
}

bool jsonschema_valid(const struct jsonschema *schema, const json *value, struct arena *arena,
                      struct jsonschema_problem *problems, size_t most, size_t *count)
{
    struct check check = {.quiet = true};
    bool good = walk(schema, value, &check);
    if (!good && most > 0 && check.stop == GO_ON) {
        check = (struct check){.arena = arena, .problems = problems, .most = most};
        walk(schema, value, &check);
    }
    if (!good && most > 0 && check.stop != GO_ON) {
        check.arena = arena;
        check.problems = problems;
        check.most = most;
        report_stop(&check);
    }
    if (count)
        *count = check.count;
    return good;
}

str jsonschema_problem_line(struct arena *arena, const struct jsonschema_problem *problem_found)
{
    str path = problem_found->path;
    return arena_printf(arena, "at %.*s: %.*s", STR_ARG(path.n ? path : STR("the top")),
                        STR_ARG(problem_found->text));
}
