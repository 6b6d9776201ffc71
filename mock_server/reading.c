/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reading.c: readers of templates, paths and patterns, and checks of names (see reading.h).
 */
#include "mock_server/reading.h"

#include "base/regex.h"
#include "mock_server/answer.h"

int template_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    const struct template *template = template_new(parse->arena, value, parse->mistakes);
    *(const struct template **)field = template;
    return template ? 0 : -1;
}

int path_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    str what = STR("");
    if (value->kind != YAML_TEXT)
        return mistake_add(parse->mistakes, value->place,
                           "expected a path such as faqs[0].title");
    const struct template_path *path = path_new(parse->arena, value->text, &what);
    if (!path)
        return mistake_add(parse->mistakes, value->place, "'%.*s' is no path: %.*s",
                           STR_ARG(value->text), STR_ARG(what));
    *(const struct template_path **)field = path;
    return 0;
}

int regex_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    str what = STR("");
    size_t at = 0;
    if (value->kind != YAML_TEXT)
        return mistake_add(parse->mistakes, value->place, "expected a regular expression");
    const struct regex *regex = regex_new(parse->arena, value->text, REGEX_UTF, &what, &at);
    if (!regex)
        return mistake_add(parse->mistakes, value->place,
                           "not a regular expression: %.*s, at character %zu", STR_ARG(what),
                           at);
    *(const struct regex **)field = regex;
    return 0;
}

/* ---- names ---- */

enum { EACH_DEPTH = 8 };

struct name_check {
    struct opt_parse *parse; /* NULL: only looks for `wanted` */
    const str *name;
    size_t names;
    str wanted;
    bool found;
    str loop[EACH_DEPTH];
    size_t loops;
    int result;
};

static bool is_known(const struct name_check *check, str name)
{
    for (size_t i = 0; i < check->names; i++)
        if (str_equal(check->name[i], name))
            return true;
    for (size_t i = 0; i < check->loops; i++)
        if (str_equal(check->loop[i], name))
            return true;
    return check->loops > 0 && str_equal(name, STR("index"));
}

/* How a rule comes to know a row. */
static str row_hint(struct opt_parse *parse)
{
    const struct answer_keys *keys = ((const struct reading *)parse->context)->keys;
    if (!keys || keys->count == 0)
        return STR("; a rule knows the row with `when: {row: KEY}`, where KEY is one of `answers`");
    return arena_printf(parse->arena, "; a rule knows the row with `when: {row: %.*s}`",
                        STR_ARG(keys->key[0].name));
}

static void check_name(struct name_check *check, str name, struct place place)
{
    if (str_equal(name, check->wanted))
        check->found = true;
    if (!check->parse || is_known(check, name))
        return;
    struct arena *arena = check->parse->arena;
    str hint = mistake_hint(arena, name, check->name, check->names, false), scope = STR("");
    for (size_t i = 0; i < check->names; i++)
        scope = arena_printf(arena, "%.*s%s%.*s", STR_ARG(scope), i ? ", " : "",
                             STR_ARG(check->name[i]));
    const struct reading *reading = check->parse->context;
    if (reading && reading->in_rule && (str_equal(name, STR("row")) || str_equal(name, STR("parent"))))
        hint = row_hint(check->parse);
    check->result = mistake_add(check->parse->mistakes, place,
                                "name '%.*s' is not known here; in scope: %.*s%.*s",
                                STR_ARG(name), STR_ARG(scope), STR_ARG(hint));
}

static void on_ref(void *context, const struct template_ref *ref)
{
    check_name(context, ref->name, ref->place);
    for (size_t i = 0; i < ref->steps; i++)
        if (ref->step[i].kind == STEP_NAME)
            check_name(context, ref->step[i].name, ref->place);
}

static void on_each_begin(void *context, const struct template_ref *list, str as)
{
    struct name_check *check = context;
    on_ref(context, list);
    if (check->loops < EACH_DEPTH)
        check->loop[check->loops++] = as;
}

static void on_each_end(void *context)
{
    struct name_check *check = context;
    if (check->loops)
        check->loops--;
}

static void look(struct name_check *check, const struct template *template)
{
    const struct template_visitor visitor = {on_ref, on_each_begin, on_each_end, check};
    template_visit(template, &visitor);
}

int template_check_names(struct opt_parse *parse, const struct template *template,
                         const str *names, size_t count)
{
    struct name_check check = {.parse = parse, .name = names, .names = count};
    if (template)
        look(&check, template);
    return check.result;
}

bool template_uses(const struct template *template, str name)
{
    struct name_check check = {.wanted = name};
    if (template)
        look(&check, template);
    return check.found;
}

/* ---- messages ---- */

const char *value_shown(struct arena *arena, const struct yaml *value)
{
    if (value->kind == YAML_NUMBER)
        return arena_printf(arena, "the number %.*s", STR_ARG(value->text)).p;
    if (value->kind == YAML_TEXT)
        return arena_printf(arena, "'%.*s'", STR_ARG(value->text)).p;
    return yaml_kind_name(value);
}

/* ---- kinds ---- */

static str words_of(struct arena *arena, const str *word, size_t count)
{
    str all = STR("");
    for (size_t i = 0; i < count; i++)
        all = arena_printf(arena, "%.*s%s%.*s", STR_ARG(all), i ? ", " : "", STR_ARG(word[i]));
    return all;
}

int read_one_kind(struct opt_parse *parse, const struct yaml *mapping, const char *where,
                  const str *kinds, size_t count)
{
    int found = -1;
    if (mapping->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, mapping->place, "%s is %s; expected a mapping",
                           where, yaml_kind_name(mapping));
    for (size_t i = 0; i < mapping->count; i++)
        for (size_t k = 0; k < count; k++) {
            if (!str_equal(mapping->pair[i].key, kinds[k]))
                continue;
            if (found >= 0)
                return mistake_add(parse->mistakes, mapping->pair[i].key_place,
                                   "%s has two kinds, '%.*s' and '%.*s'; expected exactly one",
                                   where, STR_ARG(kinds[found]), STR_ARG(kinds[k]));
            found = (int)k;
        }
    if (found >= 0)
        return found;
    for (size_t i = 0; i < mapping->count; i++) { /* a misspelled kind says more than none */
        str hint = mistake_hint(parse->arena, mapping->pair[i].key, kinds, count, false);
        if (hint.n)
            return mistake_add(parse->mistakes, mapping->pair[i].key_place,
                               "unknown key '%.*s' in %s%.*s", STR_ARG(mapping->pair[i].key),
                               where, STR_ARG(hint));
    }
    str words = words_of(parse->arena, kinds, count);
    return mistake_add(parse->mistakes, mapping->place,
                       "%s says not what it is; expected one of %.*s", where, STR_ARG(words));
}
