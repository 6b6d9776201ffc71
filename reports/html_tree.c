/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_tree.c: what each variant is: a drawing of its tree and what is to be said of it.
 */
#include "reports/drawing.h"
#include "reports/html.h"
#include "reports/html_traces.h"

/* ---- the tree ---- */

static void write_caption(struct html *html, const struct drawing_node *node)
{
    html_add(html, "<li>");
    if (node->label.n) {
        html_element(html, "bdi class=\"label\"", node->label);
        html_add(html, " ");
    }
    html_element(html, "b", node->pattern);
    if (node->settings.n) {
        html_add(html, " ");
        html_element(html, "span class=\"quiet\"", node->settings);
    }
}

/* A tree for a list: a screen reader says how deep it is. */
static void write_tree(struct html *html, str variant)
{
    struct drawing drawing = drawing_of(html->arena, html->definition, variant);
    if (drawing.count)
        html_add(html, "<ul class=\"tree\">\n");
    for (size_t i = 0; i < drawing.count; i++) {
        unsigned depth = drawing.node[i].depth,
                 next = i + 1 < drawing.count ? drawing.node[i + 1].depth : 0;
        write_caption(html, &drawing.node[i]);
        html_add(html, next > depth ? "\n<ul>\n" : "</li>\n");
        for (unsigned up = next; up < depth; up++)
            html_add(html, "</ul>\n</li>\n");
    }
    if (drawing.count)
        html_add(html, "</ul>\n");
    if (drawing.left_out)
        html_element(html, "p class=\"note\"",
                     arena_printf(html->arena, "%zu more nodes.", drawing.left_out));
}

/* ---- variants ---- */

static void write_cell(struct html *html, size_t variant, enum html_why why, const char *words)
{
    for (size_t i = 0; html->traces && i < html->traces->count; i++) {
        const struct html_kept *kept = &html->traces->kept[i];
        if (kept->why != why || kept->place.variant != variant)
            continue;
        html_add(html, "<li>");
        html_cell_link(html, variant, kept->place.sample, kept->place.trial,
                       arena_printf(html->arena, "%s: %.*s, trial %u", words,
                                    STR_ARG(page_text(
                                        html->arena, html->cells->sample[kept->place.sample].id,
                                        PAGE_NAME_MAX)),
                                    kept->place.trial));
        html_add(html, "</li>\n");
        return;
    }
}

/* Where to look first. A cell that is both is named once. */
static void write_cells(struct html *html, size_t variant)
{
    size_t start = html->out->n;
    html_add(html, "<ul class=\"plain small js-only\">\n");
    size_t begun = html->out->n;
    write_cell(html, variant, HTML_TYPICAL, "A cell of median latency");
    write_cell(html, variant, HTML_SLOWEST, "The slowest cell");
    if (html->out->n > begun)
        html_add(html, "</ul>\n");
    else
        html->out->n = start;
}

static void write_variant(struct html *html, size_t place)
{
    const struct page *page = html->page;
    size_t variant = page->order[place];
    str name = page->summary->meta.variants[variant].name;
    const json *node = json_get(json_get(html->definition, STR("variants")), name);
    const struct page_part *part = &page->part[page->comparison_parts + place];
    html_add(html, "<h3>");
    html_variant_name(html, variant);
    html_add(html, "</h3>\n");
    str about = page_text(html->arena, json_text(json_get(node, STR("description"))), 300);
    if (about.n)
        html_element(html, "p class=\"quiet\"", about);
    write_tree(html, name);
    for (size_t i = 0; i < part->count; i++) {
        html_element(html, "p", part->sentence[i]);
        html_add(html, "\n");
    }
    write_cells(html, variant);
}

void html_variants(struct html *html)
{
    html_section(html, "variants", "Variants");
    const struct summary_meta *meta = &html->page->summary->meta;
    for (size_t i = 0; i < meta->variant_count - meta->kept; i++)
        write_variant(html, i);
    html_end_section(html);
}
