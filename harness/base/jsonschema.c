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
#include "base/jsonschema_tree.h"

#include "base/mistakes.h"
#include "base/text.h"

#include <pthread.h>
#include <stdio.h>

enum {
    /* Nodes visited in one walk; a reply of a megabyte against a large schema needs a tenth. */
    MOST_VISITS = 20000000,
    /* Levels on the caller's stack, which may be a fiber's. Replies have some ten. */
    SHALLOW_LEVELS = 40,
    /* Levels on a thread: JSON_DEPTH_MAX values with eight references at each. */
    DEEP_LEVELS = 1024,
    DEEP_STACK_BYTES = 16 * 1024 * 1024,
};

enum stop { GO_ON, STOP_TOO_DEEP, STOP_VISITS, STOP_PATTERN };

struct check {
    struct arena *arena;
    struct jsonschema_problem *problems;
    size_t most, count;
    bool quiet;
    unsigned level, levels_most;
    size_t visits;
    enum stop stop; /* the walk was given up; its answer is worth nothing */
    str stopped_by;
};

/* A place in the value; the frames on the stack make the path. */
enum spot_kind { SPOT_ROOT, SPOT_MEMBER, SPOT_ITEM, SPOT_NAME };

struct spot {
    const struct spot *above;
    const json *value; /* NULL for a name */
    enum spot_kind kind;
    size_t index;
    str name;
};

static bool fits(struct check *check, const struct schema_node *node, const struct spot *spot);

/* ---- problems ---- */

static str spot_path(struct arena *arena, const struct spot *spot)
{
    str path = {"", 0};
    for (; spot->above; spot = spot->above) {
        if (spot->kind == SPOT_ITEM)
            path = arena_printf(arena, "/%zu%.*s", spot->index, STR_ARG(path));
        else if (spot->kind == SPOT_MEMBER)
            path = arena_printf(arena, "/%.*s%.*s", STR_ARG(schema_escape(arena, spot->name)),
                                STR_ARG(path));
    }
    return path;
}

static bool problem(struct check *check, const struct spot *spot, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Always false. Callers test check->quiet first where the text costs something to make. */
static bool problem(struct check *check, const struct spot *spot, const char *format, ...)
{
    if (check->quiet || check->count == check->most)
        return false;
    va_list args;
    va_start(args, format);
    str text = arena_vprintf(check->arena, format, args);
    va_end(args);
    if (spot->kind == SPOT_NAME)
        text = arena_printf(check->arena, "the name '%.*s': %.*s", STR_ARG(spot->name),
                            STR_ARG(text));
    check->problems[check->count++] =
        (struct jsonschema_problem){spot_path(check->arena, spot), text};
    return false;
}

/* After a failure: is there anything left to find? */
static bool done(const struct check *check)
{
    return check->quiet || check->count == check->most || check->stop != GO_ON;
}

static bool give_up(struct check *check, enum stop stop)
{
    if (check->stop == GO_ON)
        check->stop = stop;
    return false;
}

enum { SHOWN_CODE_POINTS = 60, SHOWN_CHOICES = 20 };

static str shown(struct check *check, const json *value)
{
    str text = json_to_str(check->arena, value, JSON_SPACED);
    return text_shorten(check->arena, text, SHOWN_CODE_POINTS);
}

static str shown_spot(struct check *check, const struct spot *spot)
{
    return spot->value ? shown(check, spot->value)
                       : shown(check, json_new_text(check->arena, spot->name));
}

/* ---- type, enum, const ---- */

static str types_in_words(struct arena *arena, unsigned types)
{
    str words = {"", 0};
    for (unsigned i = 0; i < TYPE_COUNT; i++) {
        if (!(types & 1u << i))
            continue;
        const char *one = schema_type_words((enum schema_type)(1u << i));
        words =
            words.n ? arena_printf(arena, "%.*s or %s", STR_ARG(words), one) : str_from(one);
    }
    return words;
}

static bool wrong_type(struct check *check, const struct spot *spot, unsigned wanted,
                       unsigned got)
{
    if (check->quiet)
        return false;
    str words = types_in_words(check->arena, wanted);
    if (got == TYPE_NUMBER && (wanted & TYPE_INTEGER))
        return problem(check, spot, "expected %.*s, got %.*s", STR_ARG(words),
                       STR_ARG(shown_spot(check, spot)));
    if (got & TYPE_INTEGER)
        got = TYPE_NUMBER;
    return problem(check, spot, "expected %.*s, got %s", STR_ARG(words),
                   schema_type_words((enum schema_type)got));
}

static bool is_text(const struct spot *spot, str *text)
{
    if (spot->value && !json_is(spot->value, JSON_TEXT))
        return false;
    *text = spot->value ? json_text(spot->value) : spot->name;
    return true;
}

static bool among(const struct schema_choices *choices, const struct spot *spot)
{
    str text;
    if (is_text(spot, &text)) {
        size_t low = 0, high = choices->text_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            int order = str_compare(text, choices->text[middle]);
            if (order == 0)
                return true;
            if (order < 0)
                high = middle;
            else
                low = middle + 1;
        }
        return false;
    }
    for (size_t i = 0; i < choices->other_count; i++)
        if (json_equal(choices->other[i], spot->value))
            return true;
    return false;
}

static bool none_of_choices(struct check *check, const struct schema_node *node,
                            const struct spot *spot)
{
    if (check->quiet)
        return false;
    const json *list = json_get(node->source, STR("enum"));
    struct buf words = {0};
    size_t count = 0;
    for (const json *item = json_first(list); item; item = json_next(item), count++)
        if (count < SHOWN_CHOICES) {
            buf_add_str(&words, count ? STR(", ") : STR(""));
            buf_add_str(&words, shown(check, item));
        }
    if (count > SHOWN_CHOICES)
        buf_printf(&words, " and %zu more", count - SHOWN_CHOICES);
    problem(check, spot, "expected %s%.*s; got %.*s", count > 1 ? "one of " : "",
            STR_ARG(buf_str(&words)), STR_ARG(shown_spot(check, spot)));
    buf_release(&words);
    return false;
}

static bool equals(const struct schema_node *node, const struct spot *spot)
{
    str text;
    if (spot->value)
        return json_equal(node->only, spot->value);
    return is_text(spot, &text) && json_is(node->only, JSON_TEXT) &&
           str_equal(text, json_text(node->only));
}

static bool fits_value(struct check *check, const struct schema_node *node,
                       const struct spot *spot)
{
    if (node->choices && !among(node->choices, spot))
        return none_of_choices(check, node, spot);
    if (node->only && !equals(node, spot)) {
        if (check->quiet)
            return false;
        return problem(check, spot, "expected %.*s; got %.*s",
                       STR_ARG(shown(check, node->only)), STR_ARG(shown_spot(check, spot)));
    }
    return true;
}

/* ---- numbers and texts ---- */

static bool outside(struct check *check, const struct spot *spot, const char *words,
                    double bound)
{
    if (check->quiet)
        return false;
    const json *limit = json_new_number(check->arena, bound);
    return problem(check, spot, "expected a number %s %.*s; got %.*s", words,
                   STR_ARG(shown(check, limit)), STR_ARG(shown_spot(check, spot)));
}

static bool fits_number(struct check *check, const struct schema_number_rules *rules,
                        const struct spot *spot)
{
    double number = json_number(spot->value);
    bool good = true;
    if (number < rules->minimum)
        good = outside(check, spot, "of at least", rules->minimum);
    if (number > rules->maximum)
        good = outside(check, spot, "of at most", rules->maximum);
    if (number <= rules->above)
        good = outside(check, spot, "above", rules->above);
    if (number >= rules->below)
        good = outside(check, spot, "below", rules->below);
    if (rules->multiple > 0 && !schema_is_multiple(number, rules->multiple))
        good = outside(check, spot, "that is a multiple of", rules->multiple);
    return good;
}

/* Does it match? Giving up when the pattern takes too long. */
static bool matches(struct check *check, const struct regex *regex, str pattern, str text)
{
    enum regex_result result = regex_find(regex, text);
    if (result == REGEX_LIMIT && check->stop == GO_ON) {
        check->stopped_by = pattern;
        give_up(check, STOP_PATTERN);
    }
    return result == REGEX_YES;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static bool fits_text(struct check *check, const struct schema_text_rules *rules,
                      const struct spot *spot, str text)
{
    bool good = true;
    if (rules->least || rules->most < text.n) {
        size_t length = utf8_count(text);
        if (length < rules->least)
            good = problem(check, spot, "expected at least %zu character%s, got %zu",
                           rules->least, plural(rules->least), length);
        if (length > rules->most)
            good = problem(check, spot, "expected at most %zu character%s, got %zu",
                           rules->most, plural(rules->most), length);
    }
    if (rules->pattern && !matches(check, rules->pattern, rules->pattern_text, text)) {
        if (check->quiet)
            return false;
        good = problem(check, spot, "expected a text that matches %.*s; got %.*s",
                       STR_ARG(rules->pattern_text), STR_ARG(shown_spot(check, spot)));
    }
    return good;
}

/* ---- lists ---- */

static bool fits_items(struct check *check, const struct schema_list_rules *rules,
                       const struct spot *spot)
{
    bool good = true;
    struct spot inner = {.above = spot, .kind = SPOT_ITEM};
    inner.value = json_first(spot->value);
    for (; inner.value; inner.value = json_next(inner.value), inner.index++) {
        bool first = inner.index < rules->prefix.count;
        const struct schema_node *node = first ? rules->prefix.item[inner.index] : rules->rest;
        if (!node)
            break;
        if (!first && node->verdict == SCHEMA_FALSE)
            return problem(check, spot, "expected at most %zu item%s, got %zu",
                           rules->prefix.count, plural(rules->prefix.count),
                           json_count(spot->value));
        if (!fits(check, node, &inner)) {
            good = false;
            if (done(check))
                break;
        }
    }
    return good;
}

/* Tries a node without reporting. */
static bool fits_quietly(struct check *check, const struct schema_node *node,
                         const struct spot *spot)
{
    bool before = check->quiet;
    check->quiet = true;
    bool good = fits(check, node, spot);
    check->quiet = before;
    return good;
}

static bool fits_contains(struct check *check, const struct schema_list_rules *rules,
                          const struct spot *spot)
{
    size_t count = 0;
    struct spot inner = {.above = spot, .kind = SPOT_ITEM};
    inner.value = json_first(spot->value);
    for (; inner.value; inner.value = json_next(inner.value), inner.index++) {
        count += fits_quietly(check, rules->contains, &inner);
        if (check->stop != GO_ON)
            return false;
        if (count >= rules->contains_least && rules->contains_most == SIZE_MAX)
            return true;
    }
    if (count < rules->contains_least)
        return problem(check, spot,
                       "expected at least %zu item%s as 'contains' describes, got %zu",
                       rules->contains_least, plural(rules->contains_least), count);
    if (count > rules->contains_most)
        return problem(check, spot,
                       "expected at most %zu item%s as 'contains' describes, got %zu",
                       rules->contains_most, plural(rules->contains_most), count);
    return true;
}

static bool fits_list(struct check *check, const struct schema_list_rules *rules,
                      const struct spot *spot)
{
    bool good = true;
    if (rules->least || rules->most != SIZE_MAX) {
        size_t count = json_count(spot->value);
        if (count < rules->least)
            good = problem(check, spot, "expected at least %zu item%s, got %zu", rules->least,
                           plural(rules->least), count);
        if (count > rules->most)
            good = problem(check, spot, "expected at most %zu item%s, got %zu", rules->most,
                           plural(rules->most), count);
        if (!good && done(check))
            return false;
    }
    if ((rules->rest || rules->prefix.count) && !fits_items(check, rules, spot)) {
        good = false;
        if (done(check))
            return false;
    }
    if (rules->contains && !fits_contains(check, rules, spot))
        good = false;
    size_t first, second;
    if (rules->unique && !schema_all_different(spot->value, &first, &second))
        good = problem(check, spot, "expected items that differ; items %zu and %zu are equal",
                       first, second);
    return good;
}

/* ---- objects ---- */

const struct schema_member *schema_member_find(const struct schema_object_rules *rules,
                                               str name)
{
    size_t low = 0, high = rules->member_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(name, rules->member[middle].name);
        if (order == 0)
            return &rules->member[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool unexpected(struct check *check, const struct schema_object_rules *rules,
                       const struct spot *inner)
{
    if (check->quiet)
        return false;
    size_t count = 0;
    str *names = arena_array(check->arena, str, json_count(rules->properties));
    const json *known = json_first(rules->properties);
    for (; known; known = json_next(known))
        names[count++] = json_key(known);
    bool all = count <= SHOWN_CHOICES;
    str hint = mistake_hint(check->arena, inner->name, names, count, all);
    return problem(check, inner, "unexpected member '%.*s'%.*s", STR_ARG(inner->name),
                   STR_ARG(hint));
}

/* One member against properties, patternProperties, additionalProperties and propertyNames. */
static bool fits_member(struct check *check, const struct schema_object_rules *rules,
                        const struct spot *inner, const struct schema_member *member)
{
    bool known = member && member->node, good = true;
    if (known)
        good = fits(check, member->node, inner);
    for (size_t i = 0; i < rules->pattern_count; i++) {
        const struct schema_pattern *pattern = &rules->pattern[i];
        if (!matches(check, pattern->regex, pattern->text, inner->name))
            continue;
        known = true;
        good = fits(check, pattern->node, inner) && good;
    }
    if (!known && rules->rest) {
        if (rules->rest->verdict == SCHEMA_FALSE)
            good = unexpected(check, rules, inner);
        else
            good = fits(check, rules->rest, inner);
    }
    if (rules->names) {
        struct spot name = {.above = inner, .kind = SPOT_NAME, .name = inner->name};
        good = fits(check, rules->names, &name) && good;
    }
    return good && check->stop == GO_ON;
}

static bool fits_dependent(struct check *check, const struct schema_object_rules *rules,
                           const struct spot *spot)
{
    bool good = true;
    for (size_t i = 0; i < rules->dependent_count && (good || !done(check)); i++) {
        const struct schema_dependent *dependent = &rules->dependent[i];
        if (!json_get(spot->value, dependent->name))
            continue;
        for (size_t k = 0; k < dependent->needs_count; k++)
            if (!json_get(spot->value, dependent->needs[k]))
                good = problem(check, spot, "lacks the member '%.*s', which '%.*s' needs",
                               STR_ARG(dependent->needs[k]), STR_ARG(dependent->name));
        if (dependent->node && !fits(check, dependent->node, spot))
            good = false;
    }
    return good;
}

static bool lacks(struct check *check, const struct schema_object_rules *rules,
                  const struct spot *spot)
{
    for (size_t i = 0; i < rules->member_count && !done(check); i++) {
        const struct schema_member *member = &rules->member[i];
        if (member->required && !json_get(spot->value, member->name))
            problem(check, spot, "lacks the member '%.*s'", STR_ARG(member->name));
    }
    return false;
}

static bool fits_object(struct check *check, const struct schema_object_rules *rules,
                        const struct spot *spot)
{
    bool good = true;
    size_t count = 0, required = 0;
    struct spot inner = {.above = spot, .kind = SPOT_MEMBER};
    for (inner.value = json_first(spot->value); inner.value;
         inner.value = json_next(inner.value), count++) {
        inner.name = json_key(inner.value);
        const struct schema_member *member = schema_member_find(rules, inner.name);
        required += member && member->required;
        if (!fits_member(check, rules, &inner, member)) {
            good = false;
            if (done(check))
                return false;
        }
    }
    if (required < rules->required_count)
        good = lacks(check, rules, spot);
    if (count < rules->least)
        good = problem(check, spot, "expected at least %zu member%s, got %zu", rules->least,
                       plural(rules->least), count);
    if (count > rules->most)
        good = problem(check, spot, "expected at most %zu member%s, got %zu", rules->most,
                       plural(rules->most), count);
    if (!good && done(check))
        return false;
    return fits_dependent(check, rules, spot) && good;
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
        return wrong_type(check, spot, any, got);
    if (candidates == 1)
        return fits(check, meant, spot);
    return problem(check, spot, "%.*s is none of the %zu forms that '%s' allows",
                   STR_ARG(shown_spot(check, spot)), nodes->count, keyword);
}

static bool fits_any(struct check *check, const struct schema_node *node,
                     const struct spot *spot)
{
    for (size_t i = 0; i < node->any.count; i++)
        if (fits_quietly(check, node->any.item[i], spot))
            return true;
    return none_fits(check, &node->any, spot, "anyOf");
}

static bool fits_one(struct check *check, const struct schema_node *node,
                     const struct spot *spot)
{
    size_t first = 0, count = 0;
    for (size_t i = 0; i < node->one.count; i++) {
        if (!fits_quietly(check, node->one.item[i], spot))
            continue;
        if (++count == 2)
            return problem(check, spot,
                           "is of forms %zu and %zu of 'oneOf' at once; expected exactly one",
                           first + 1, i + 1);
        first = i;
    }
    return count == 1 || none_fits(check, &node->one, spot, "oneOf");
}

static bool fits_negated(struct check *check, const struct schema_node *node,
                         const struct spot *spot)
{
    if (!fits_quietly(check, node->negated, spot))
        return true;
    if (check->quiet)
        return false;
    return problem(check, spot, "%.*s is what 'not' excludes: %.*s",
                   STR_ARG(shown_spot(check, spot)),
                   STR_ARG(shown(check, node->negated->source)));
}

static bool fits_condition(struct check *check, const struct schema_node *node,
                           const struct spot *spot)
{
    bool met = fits_quietly(check, node->condition, spot);
    const struct schema_node *next = met ? node->then : node->otherwise;
    return !next || fits(check, next, spot);
}

static bool fits_combinations(struct check *check, const struct schema_node *node,
                              const struct spot *spot)
{
    bool good = !node->reference || fits(check, node->reference, spot);
    for (size_t i = 0; i < node->all.count && (good || !done(check)); i++)
        good = fits(check, node->all.item[i], spot) && good;
    if ((good || !done(check)) && node->any.count)
        good = fits_any(check, node, spot) && good;
    if ((good || !done(check)) && node->one.count)
        good = fits_one(check, node, spot) && good;
    if ((good || !done(check)) && node->negated)
        good = fits_negated(check, node, spot) && good;
    if ((good || !done(check)) && node->condition)
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
            return wrong_type(check, spot, node->types, got);
    }
    bool good = fits_value(check, node, spot);
    if (!good && done(check))
        return false;
    if (node->text && is_text(spot, &text))
        good = fits_text(check, node->text, spot, text) && good;
    else if (node->object && json_is(spot->value, JSON_OBJECT))
        good = fits_object(check, node->object, spot) && good;
    else if (node->list && json_is(spot->value, JSON_LIST))
        good = fits_list(check, node->list, spot) && good;
    else if (node->number && json_is(spot->value, JSON_NUMBER))
        good = fits_number(check, node->number, spot) && good;
    if (!good && done(check))
        return false;
    return fits_combinations(check, node, spot) && good;
}

static bool fits(struct check *check, const struct schema_node *node, const struct spot *spot)
{
    if (node->verdict == SCHEMA_TRUE)
        return true;
    if (node->verdict == SCHEMA_FALSE)
        return problem(check, spot, "expected nothing here");
    if (check->stop != GO_ON)
        return false;
    if (++check->visits > MOST_VISITS)
        return give_up(check, STOP_VISITS);
    if (check->level == check->levels_most)
        return give_up(check, STOP_TOO_DEEP);
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
    walk->good = fits(walk->check, walk->node, &root);
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
    if (pthread_create(&thread, &attributes, walk_value, walk) == 0)
        pthread_join(thread, NULL);
    else
        give_up(walk->check, STOP_TOO_DEEP);
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
        problem(check, &root, "value and schema are nested too deeply to be checked");
    else if (check->stop == STOP_VISITS)
        problem(check, &root, "checking takes more than %d steps", MOST_VISITS);
    else
        problem(check, &root, "the pattern %.*s takes too many steps",
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
