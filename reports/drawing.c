/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drawing.c: nodes out of JSON (see drawing.h).
 */
#include "reports/drawing.h"

#include "base/option.h"
#include "patterns/pattern.h"
#include "reports/page.h"

enum { NODES_MAX = 400, DEPTH_MAX = 24, SETTING_COLUMNS = 60, SETTINGS_MAX = 6 };

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

static bool is_setting(const json *member)
{
    return json_is(member, JSON_TEXT) || json_is(member, JSON_NUMBER) ||
           (json_is(member, JSON_BOOL) && json_bool(member));
}

static bool is_default(struct arena *arena, const struct pattern *pattern, const json *member)
{
    const struct opt *row =
        pattern->options ? opt_find(pattern->options, json_key(member)) : NULL;
    return row && row->fallback &&
           str_equal(json_render(arena, member), str_from(row->fallback));
}

static str setting_text(struct arena *arena, const json *value)
{
    return page_text(arena, json_render(arena, value), SETTING_COLUMNS);
}

static str settings_of(struct arena *arena, const struct pattern *pattern, const json *value)
{
    if (is_setting(value))
        return setting_text(arena, value);
    str text = STR("");
    size_t written = 0;
    for (const json *member = json_is(value, JSON_OBJECT) ? json_first(value) : NULL;
         member && written < SETTINGS_MAX; member = json_next(member)) {
        if (!is_setting(member) || is_default(arena, pattern, member))
            continue;
        str key = page_text(arena, json_key(member), SETTING_COLUMNS);
        str shown = setting_text(arena, member);
        text = arena_printf(arena, "%.*s%s%.*s %.*s", STR_ARG(text), written++ ? ", " : "",
                            STR_ARG(key), STR_ARG(shown));
    }
    return text;
}

/* ---- nodes ---- */

static void find_nodes(struct tracing *tracing, const json *value, size_t parent,
                       unsigned depth);
static void add_shared(struct tracing *tracing, str name, size_t parent, unsigned depth);

static void add_node(struct tracing *tracing, const json *member, str label, size_t parent,
                     unsigned depth)
{
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
        .settings = settings_of(tracing->arena, pattern, member),
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
    const json *node = pattern_member(json_get(tracing->shared, name));
    if (node && depth < DEPTH_MAX)
        add_node(tracing, node, STR(""), parent, depth);
}

/* Also through mappings that are none themselves (`cases`, `workers`). */
static void find_nodes(struct tracing *tracing, const json *value, size_t parent,
                       unsigned depth)
{
    if (!json_is(value, JSON_OBJECT) || depth >= DEPTH_MAX)
        return;
    for (const json *member = json_first(value); member; member = json_next(member)) {
        const json *pattern = pattern_member(member);
        if (holds_checks(json_key(member)))
            continue;
        if (pattern)
            add_node(tracing, pattern, json_key(member), parent, depth);
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
    const json *root = pattern_member(json_get(json_get(definition, STR("variants")), variant));
    if (root)
        add_node(&tracing, root, STR(""), DRAWING_NO_PARENT, 0);
    mark_last(&tracing.drawing);
    return tracing.drawing;
}
