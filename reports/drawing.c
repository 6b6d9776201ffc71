/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drawing.c: nodes out of JSON (see drawing.h).
 */
#include "reports/drawing.h"

#include "base/option.h"
#include "patterns/pattern.h"
#include "reports/page.h"

enum {
    NODES_MAX = 400,
    DEPTH_MAX = 24,
    SETTING_COLUMNS = 60,
    SETTINGS_MAX = 6,
    CHECKS_MAX = 3
};

struct tracing {
    struct arena *arena;
    const json *shared; /* nodes that `use` names */
    struct drawing drawing;
};

static const struct pattern *pattern_named(str name)
{
    for (size_t i = 0; pattern_table[i]; i++)
        if (str_equal(name, str_from(pattern_table[i]->name)))
            return pattern_table[i];
    return NULL;
}

/* The member that makes a mapping a node, or NULL. */
static const json *pattern_member(const json *value)
{
    if (json_is(value, JSON_OBJECT))
        for (const json *member = json_first(value); member; member = json_next(member))
            if (pattern_named(json_key(member)))
                return member;
    return NULL;
}

/* Lists of checks: some of those have the names of patterns. */
static bool holds_checks(str key)
{
    return str_equal(key, STR("accept")) || str_equal(key, STR("gate")) ||
           str_equal(key, STR("validate")) || str_equal(key, STR("checks"));
}

/* ---- what stands beside a pattern's name ---- */

static bool is_scalar(const json *value)
{
    return json_is(value, JSON_TEXT) || json_is(value, JSON_NUMBER) ||
           (json_is(value, JSON_BOOL) && json_bool(value));
}

static bool is_list_of_scalars(const json *value)
{
    bool all = json_is(value, JSON_LIST) && json_count(value) > 0;
    for (const json *item = all ? json_first(value) : NULL; item && all; item = json_next(item))
        all = is_scalar(item);
    return all;
}

static str joined(struct arena *arena, str text, const char *between, str more)
{
    return arena_printf(arena, "%.*s%s%.*s", STR_ARG(text), text.n && more.n ? between : "",
                        STR_ARG(more));
}

/* "16", "sh ./run_tests.sh" */
static str scalars(struct arena *arena, const json *value, const char *between)
{
    str text = STR("");
    if (is_scalar(value))
        text = json_render(arena, value);
    else if (is_list_of_scalars(value))
        for (const json *item = json_first(value); item; item = json_next(item))
            text = joined(arena, text, between, json_render(arena, item));
    return page_text(arena, text, SETTING_COLUMNS);
}

static bool is_default(struct arena *arena, const struct pattern *pattern, const json *member)
{
    const struct opt *row =
        pattern->options ? opt_find(pattern->options, json_key(member)) : NULL;
    str text = scalars(arena, member, ", ");
    if (json_is(member, JSON_LIST)) /* as tables write it */
        text = arena_printf(arena, "[%.*s]", STR_ARG(text));
    return row && row->fallback && str_equal(text, str_from(row->fallback));
}

/* "width 4"; what is only true needs no more than its key. */
static str setting(struct arena *arena, const json *member)
{
    str key = page_text(arena, json_key(member), SETTING_COLUMNS);
    return json_is(member, JSON_BOOL) ? key
                                      : joined(arena, key, " ", scalars(arena, member, " "));
}

/* The member of a check that is neither of the keys that go with every check. */
static const json *check_member(const json *check)
{
    static const str with_every[] = {STR_INIT("of"), STR_INIT("transform"),
                                     STR_INIT("threshold")};
    for (const json *member = json_is(check, JSON_OBJECT) ? json_first(check) : NULL; member;
         member = json_next(member)) {
        bool other = true;
        for (size_t i = 0; i < sizeof with_every / sizeof *with_every; i++)
            other = other && !str_equal(json_key(member), with_every[i]);
        if (other)
            return member;
    }
    return NULL;
}

static str check_text(struct arena *arena, const json *check)
{
    const json *member = check_member(check);
    return joined(arena, scalars(arena, json_get(check, STR("of")), " "), " ",
                  member ? setting(arena, member) : STR("a check"));
}

/* "gate min-words 50 and {{value.names}} count 4" */
static str checks(struct arena *arena, const json *list)
{
    str text = STR("");
    size_t count = 0, all = json_is(list, JSON_LIST) ? json_count(list) : 0;
    for (const json *check = all ? json_first(list) : NULL; check && count < CHECKS_MAX;
         check = json_next(check), count++)
        text = joined(arena, text, " and ", check_text(arena, check));
    if (all > count)
        text = arena_printf(arena, "%.*s and %zu more", STR_ARG(text), all - count);
    return text.n ? arena_printf(arena, "%.*s %.*s", STR_ARG(json_key(list)), STR_ARG(text))
                  : text;
}

/* Of the pattern: its settings that are not what they are by default, and its checks. */
static str settings_of(struct arena *arena, const struct pattern *pattern, const json *value)
{
    str text = scalars(arena, value, " ");
    size_t written = 0;
    for (const json *member = json_is(value, JSON_OBJECT) ? json_first(value) : NULL;
         member && written < SETTINGS_MAX; member = json_next(member)) {
        str one = STR("");
        if (str_equal(json_key(member), STR("accept")))
            one = checks(arena, member);
        else if ((is_scalar(member) || is_list_of_scalars(member)) &&
                 !is_default(arena, pattern, member))
            one = setting(arena, member);
        written += one.n > 0;
        text = joined(arena, text, ", ", one);
    }
    return text;
}

/* Of the node: what any may have beside its pattern, and what tells two variants apart. */
static str common_settings(struct arena *arena, const json *node)
{
    str text = checks(arena, json_get(node, STR("gate")));
    const json *timeout = json_get(node, STR("timeout")),
               *usable = json_get(node, STR("usable")), *budget = json_get(node, STR("budget"));
    if (is_scalar(timeout))
        text = joined(arena, text, ", ", setting(arena, timeout));
    for (const json *limit = json_is(budget, JSON_OBJECT) ? json_first(budget) : NULL; limit;
         limit = json_next(limit))
        text =
            joined(arena, text, ", ", joined(arena, STR("budget"), " ", setting(arena, limit)));
    return is_scalar(usable) ? joined(arena, text, ", ", STR("usable")) : text;
}

/* ---- nodes ---- */

static void find_nodes(struct tracing *tracing, const json *value, size_t parent,
                       unsigned depth);
static void add_shared(struct tracing *tracing, str name, size_t parent, unsigned depth);

static void add_node(struct tracing *tracing, const json *node, str label, size_t parent,
                     unsigned depth)
{
    const json *member = pattern_member(node);
    struct drawing *drawing = &tracing->drawing;
    if (drawing->count == NODES_MAX) {
        drawing->left_out++;
        return;
    }
    const struct pattern *pattern = pattern_named(json_key(member));
    size_t place = drawing->count++;
    drawing->node[place] = (struct drawing_node){
        .label = page_text(tracing->arena, label, PAGE_NAME_MAX),
        .pattern = json_key(member),
        .settings = joined(tracing->arena, settings_of(tracing->arena, pattern, member), ", ",
                           common_settings(tracing->arena, node)),
        .parent = parent,
        .depth = depth,
    };
    if (str_equal(json_key(member), STR("use")))
        add_shared(tracing, json_text(member), place, depth + 1);
    else if (!str_equal(json_key(member), STR("value")))
        find_nodes(tracing, member, place, depth + 1);
}

static void add_shared(struct tracing *tracing, str name, size_t parent, unsigned depth)
{
    const json *node = json_get(tracing->shared, name);
    if (pattern_member(node) && depth < DEPTH_MAX)
        add_node(tracing, node, STR(""), parent, depth);
}

/* Also through mappings that are none themselves (`cases`, `workers`). */
static void find_nodes(struct tracing *tracing, const json *value, size_t parent,
                       unsigned depth)
{
    if (!json_is(value, JSON_OBJECT) || depth >= DEPTH_MAX)
        return;
    for (const json *member = json_first(value); member; member = json_next(member)) {
        if (holds_checks(json_key(member)))
            continue;
        if (pattern_member(member))
            add_node(tracing, member, json_key(member), parent, depth);
        else
            find_nodes(tracing, member, parent, depth);
    }
}

/* Whoever comes last below a parent is its last. */
static void mark_last(struct drawing *drawing)
{
    for (size_t i = drawing->count; i-- > 0;) {
        bool last = true;
        for (size_t k = i + 1; k < drawing->count && last; k++)
            last = drawing->node[k].parent != drawing->node[i].parent;
        drawing->node[i].last = last;
    }
}

struct drawing drawing_of(struct arena *arena, const json *definition, str variant)
{
    struct tracing tracing = {
        .arena = arena,
        .shared = json_get(definition, STR("nodes")),
        .drawing = {.node = arena_array(arena, struct drawing_node, NODES_MAX)},
    };
    const json *root = json_get(json_get(definition, STR("variants")), variant);
    if (pattern_member(root))
        add_node(&tracing, root, STR(""), DRAWING_NO_PARENT, 0);
    mark_last(&tracing.drawing);
    return tracing.drawing;
}
