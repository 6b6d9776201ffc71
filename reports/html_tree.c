/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_tree.c: what each variant is: a drawing of its tree and what is to be said of it.
 *
 * The tree is read out of the effective experiment: a node is a mapping with the key of a pattern
 * (docs/experiment-file.md), whatever it stands in. So a pattern that is added tomorrow is drawn
 * without a line here.
 */
#include "reports/html.h"

#include "patterns/pattern.h"

enum { NODES_MAX = 400, DEPTH_MAX = 24, SETTING_COLUMNS = 60, SETTINGS_MAX = 6 };

struct drawing {
    struct html *html;
    size_t nodes;
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

static void write_settings(struct drawing *drawing, const json *value)
{
    struct html *html = drawing->html;
    size_t written = 0;
    if (is_setting(value)) {
        str text = page_text(html->arena, json_render(html->arena, value), SETTING_COLUMNS);
        html_add(html, " ");
        html_element(html, "span class=\"quiet\"", text);
    }
    for (const json *member = json_is(value, JSON_OBJECT) ? json_first(value) : NULL;
         member && written < SETTINGS_MAX; member = json_next(member)) {
        if (!is_setting(member))
            continue;
        str text = page_text(html->arena, json_render(html->arena, member), SETTING_COLUMNS);
        html_add(html, written++ ? "<span class=\"quiet\">, " : " <span class=\"quiet\">");
        html_text(html->out, page_text(html->arena, json_key(member), SETTING_COLUMNS));
        html_add(html, " ");
        html_text(html->out, text);
        html_add(html, "</span>");
    }
}

/* ---- nodes ---- */

static void write_children(struct drawing *drawing, const json *value, unsigned depth);

static void write_node(struct drawing *drawing, const json *member, str label, unsigned depth)
{
    struct html *html = drawing->html;
    if (++drawing->nodes > NODES_MAX)
        return;
    html_add(html, "<li>");
    if (label.n) {
        html_element(html, "bdi class=\"label\"", page_text(html->arena, label, PAGE_NAME_MAX));
        html_add(html, " ");
    }
    html_element(html, "b", json_key(member));
    write_settings(drawing, member);
    if (depth < DEPTH_MAX)
        write_children(drawing, member, depth);
    html_add(html, "</li>\n");
}

/* Nodes below `value`, also through mappings that are none (`cases`, `workers`). */
static void find_nodes(struct drawing *drawing, const json *value, unsigned depth, bool *any)
{
    if (!json_is(value, JSON_OBJECT) || depth >= DEPTH_MAX)
        return;
    for (const json *member = json_first(value); member; member = json_next(member)) {
        const json *pattern = pattern_member(member);
        if (holds_checks(json_key(member)))
            continue;
        if (!pattern) {
            find_nodes(drawing, member, depth + 1, any);
            continue;
        }
        if (!*any)
            html_add(drawing->html, "\n<ul>\n");
        *any = true;
        write_node(drawing, pattern, json_key(member), depth + 1);
    }
}

static void write_children(struct drawing *drawing, const json *value, unsigned depth)
{
    bool any = false;
    if (!str_equal(json_key(value), STR("value")))
        find_nodes(drawing, value, depth, &any);
    if (any)
        html_add(drawing->html, "</ul>\n");
}

/* A tree for a list: a screen reader says how deep it is. */
static void write_tree(struct html *html, const json *variant)
{
    struct drawing drawing = {.html = html};
    const json *pattern = pattern_member(variant);
    if (!pattern)
        return;
    html_add(html, "<ul class=\"tree\">\n");
    write_node(&drawing, pattern, STR(""), 0);
    html_add(html, "</ul>\n");
    if (drawing.nodes > NODES_MAX)
        html_element(html, "p class=\"note\"",
                     arena_printf(html->arena, "%zu more nodes.", drawing.nodes - NODES_MAX));
}

/* ---- variants ---- */

static void write_variant(struct html *html, size_t place)
{
    const struct page *page = html->page;
    size_t variant = page->order[place];
    const json *node = json_get(json_get(html->definition, STR("variants")),
                                page->summary->meta.variants[variant].name);
    const struct page_part *part = &page->part[page->comparison_parts + place];
    html_add(html, "<h3>");
    html_variant_name(html, variant);
    html_add(html, "</h3>\n");
    str about = page_text(html->arena, json_text(json_get(node, STR("description"))), 300);
    if (about.n)
        html_element(html, "p class=\"quiet\"", about);
    write_tree(html, node);
    for (size_t i = 0; i < part->count; i++) {
        html_element(html, "p", part->sentence[i]);
        html_add(html, "\n");
    }
}

void html_variants(struct html *html)
{
    html_section(html, "variants", "Variants");
    for (size_t i = 0; i < html->page->summary->meta.variant_count; i++)
        write_variant(html, i);
    html_end_section(html);
}
