/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonschema_check.c: the rules for one kind of value, and the words for what breaks them (see
 * jsonschema_check.h). The words are read by people and, in a re-ask, by the model that erred.
 */
#include "base/jsonschema_check.h"

#include "base/mistakes.h"
#include "base/text.h"

#include <stdio.h>

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

bool check_problem(struct check *check, const struct spot *spot, const char *format, ...)
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

bool check_done(const struct check *check)
{
    return check->quiet || check->count == check->most || check->stop != GO_ON;
}

bool check_stop(struct check *check, enum stop stop)
{
    if (check->stop == GO_ON)
        check->stop = stop;
    return false;
}

enum { SHOWN_CODE_POINTS = 60, SHOWN_CHOICES = 20 };

str check_shown(struct check *check, const json *value)
{
    str text = json_to_str(check->arena, value, JSON_SPACED);
    return text_shorten(check->arena, text, SHOWN_CODE_POINTS);
}

str check_shown_spot(struct check *check, const struct spot *spot)
{
    return spot->value ? check_shown(check, spot->value)
                       : check_shown(check, json_new_text(check->arena, spot->name));
}

/* ---- type, enum, const ---- */

static str types_in_words(struct arena *arena, unsigned types)
{
    str words = {"", 0};
    if (types & TYPE_NUMBER)
        types &= ~(unsigned)TYPE_INTEGER;
    for (unsigned i = 0; i < TYPE_COUNT; i++) {
        if (!(types & 1u << i))
            continue;
        const char *one = schema_type_words((enum schema_type)(1u << i));
        words =
            words.n ? arena_printf(arena, "%.*s or %s", STR_ARG(words), one) : str_from(one);
    }
    return words;
}

bool check_wrong_type(struct check *check, const struct spot *spot, unsigned wanted,
                      unsigned got)
{
    if (check->quiet)
        return false;
    str words = types_in_words(check->arena, wanted);
    if (got == TYPE_NUMBER && (wanted & TYPE_INTEGER))
        return check_problem(check, spot, "expected %.*s, got %.*s", STR_ARG(words),
                             STR_ARG(check_shown_spot(check, spot)));
    if (got & TYPE_INTEGER)
        got = TYPE_NUMBER;
    return check_problem(check, spot, "expected %.*s, got %s", STR_ARG(words),
                         schema_type_words((enum schema_type)got));
}

bool check_is_text(const struct spot *spot, str *text)
{
    if (spot->value && !json_is(spot->value, JSON_TEXT))
        return false;
    *text = spot->value ? json_text(spot->value) : spot->name;
    return true;
}

static bool among(const struct schema_choices *choices, const struct spot *spot)
{
    str text;
    if (check_is_text(spot, &text)) {
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
            buf_add_str(&words, check_shown(check, item));
        }
    if (count > SHOWN_CHOICES)
        buf_printf(&words, " and %zu more", count - SHOWN_CHOICES);
    check_problem(check, spot, "expected %s%.*s; got %.*s", count > 1 ? "one of " : "",
                  STR_ARG(buf_str(&words)), STR_ARG(check_shown_spot(check, spot)));
    buf_release(&words);
    return false;
}

static bool equals(const struct schema_node *node, const struct spot *spot)
{
    str text;
    if (spot->value)
        return json_equal(node->only, spot->value);
    return check_is_text(spot, &text) && json_is(node->only, JSON_TEXT) &&
           str_equal(text, json_text(node->only));
}

bool check_value(struct check *check, const struct schema_node *node, const struct spot *spot)
{
    if (node->choices && !among(node->choices, spot))
        return none_of_choices(check, node, spot);
    if (node->only && !equals(node, spot)) {
        if (check->quiet)
            return false;
        return check_problem(check, spot, "expected %.*s; got %.*s",
                             STR_ARG(check_shown(check, node->only)),
                             STR_ARG(check_shown_spot(check, spot)));
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
    return check_problem(check, spot, "expected a number %s %.*s; got %.*s", words,
                         STR_ARG(check_shown(check, limit)),
                         STR_ARG(check_shown_spot(check, spot)));
}

bool check_number(struct check *check, const struct schema_number_rules *rules,
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
        check_stop(check, STOP_PATTERN);
    }
    return result == REGEX_YES;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

bool check_text(struct check *check, const struct schema_text_rules *rules,
                const struct spot *spot, str text)
{
    bool good = true;
    if (rules->least || rules->most < text.n) {
        size_t length = utf8_count(text);
        if (length < rules->least)
            good = check_problem(check, spot, "expected at least %zu character%s, got %zu",
                                 rules->least, plural(rules->least), length);
        if (length > rules->most)
            good = check_problem(check, spot, "expected at most %zu character%s, got %zu",
                                 rules->most, plural(rules->most), length);
    }
    if (rules->pattern && !matches(check, rules->pattern, rules->pattern_text, text)) {
        if (check->quiet)
            return false;
        good =
            check_problem(check, spot, "expected a text that matches %.*s; got %.*s",
                          STR_ARG(rules->pattern_text), STR_ARG(check_shown_spot(check, spot)));
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
            return check_problem(check, spot, "expected at most %zu item%s, got %zu",
                                 rules->prefix.count, plural(rules->prefix.count),
                                 json_count(spot->value));
        if (!check_node(check, node, &inner)) {
            good = false;
            if (check_done(check))
                break;
        }
    }
    return good;
}

static bool fits_contains(struct check *check, const struct schema_list_rules *rules,
                          const struct spot *spot)
{
    size_t count = 0;
    struct spot inner = {.above = spot, .kind = SPOT_ITEM};
    inner.value = json_first(spot->value);
    for (; inner.value; inner.value = json_next(inner.value), inner.index++) {
        count += check_quietly(check, rules->contains, &inner);
        if (check->stop != GO_ON)
            return false;
        if (count >= rules->contains_least && rules->contains_most == SIZE_MAX)
            return true;
    }
    if (count < rules->contains_least)
        return check_problem(check, spot,
                             "expected at least %zu item%s as 'contains' describes, got %zu",
                             rules->contains_least, plural(rules->contains_least), count);
    if (count > rules->contains_most)
        return check_problem(check, spot,
                             "expected at most %zu item%s as 'contains' describes, got %zu",
                             rules->contains_most, plural(rules->contains_most), count);
    return true;
}

bool check_list(struct check *check, const struct schema_list_rules *rules,
                const struct spot *spot)
{
    bool good = true;
    if (rules->least || rules->most != SIZE_MAX) {
        size_t count = json_count(spot->value);
        if (count < rules->least)
            good = check_problem(check, spot, "expected at least %zu item%s, got %zu",
                                 rules->least, plural(rules->least), count);
        if (count > rules->most)
            good = check_problem(check, spot, "expected at most %zu item%s, got %zu",
                                 rules->most, plural(rules->most), count);
        if (!good && check_done(check))
            return false;
    }
    if ((rules->rest || rules->prefix.count) && !fits_items(check, rules, spot)) {
        good = false;
        if (check_done(check))
            return false;
    }
    if (rules->contains && !fits_contains(check, rules, spot))
        good = false;
    size_t first, second;
    if (rules->unique && !schema_all_different(spot->value, &first, &second))
        good = check_problem(check, spot,
                             "expected items that differ; items %zu and %zu are equal", first,
                             second);
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
    return check_problem(check, inner, "unexpected member '%.*s'%.*s", STR_ARG(inner->name),
                         STR_ARG(hint));
}

/* One member against properties, patternProperties, additionalProperties and propertyNames. */
static bool fits_member(struct check *check, const struct schema_object_rules *rules,
                        const struct spot *inner, const struct schema_member *member)
{
    bool known = member && member->node, good = true;
    if (known)
        good = check_node(check, member->node, inner);
    for (size_t i = 0; i < rules->pattern_count; i++) {
        const struct schema_pattern *pattern = &rules->pattern[i];
        if (!matches(check, pattern->regex, pattern->text, inner->name))
            continue;
        known = true;
        good = check_node(check, pattern->node, inner) && good;
    }
    if (!known && rules->rest) {
        if (rules->rest->verdict == SCHEMA_FALSE)
            good = unexpected(check, rules, inner);
        else
            good = check_node(check, rules->rest, inner);
    }
    if (rules->names) {
        struct spot name = {.above = inner, .kind = SPOT_NAME, .name = inner->name};
        good = check_node(check, rules->names, &name) && good;
    }
    return good && check->stop == GO_ON;
}

static bool fits_dependent(struct check *check, const struct schema_object_rules *rules,
                           const struct spot *spot)
{
    bool good = true;
    for (size_t i = 0; i < rules->dependent_count && (good || !check_done(check)); i++) {
        const struct schema_dependent *dependent = &rules->dependent[i];
        if (!json_get(spot->value, dependent->name))
            continue;
        for (size_t k = 0; k < dependent->needs_count; k++)
            if (!json_get(spot->value, dependent->needs[k]))
                good = check_problem(check, spot, "lacks the member '%.*s', which '%.*s' needs",
                                     STR_ARG(dependent->needs[k]), STR_ARG(dependent->name));
        if (dependent->node && !check_node(check, dependent->node, spot))
            good = false;
    }
    return good;
}

static bool lacks(struct check *check, const struct schema_object_rules *rules,
                  const struct spot *spot)
{
    for (size_t i = 0; i < rules->member_count && !check_done(check); i++) {
        const struct schema_member *member = &rules->member[i];
        if (member->required && !json_get(spot->value, member->name))
            check_problem(check, spot, "lacks the member '%.*s'", STR_ARG(member->name));
    }
    return false;
}

bool check_object(struct check *check, const struct schema_object_rules *rules,
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
            if (check_done(check))
                return false;
        }
    }
    if (required < rules->required_count)
        good = lacks(check, rules, spot);
    if (count < rules->least)
        good = check_problem(check, spot, "expected at least %zu member%s, got %zu",
                             rules->least, plural(rules->least), count);
    if (count > rules->most)
        good = check_problem(check, spot, "expected at most %zu member%s, got %zu", rules->most,
                             plural(rules->most), count);
    if (!good && check_done(check))
        return false;
    return fits_dependent(check, rules, spot) && good;
}
