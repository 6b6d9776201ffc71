/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drawing_forms.c: a variant's tree as text, for Graphviz and for Mermaid (see drawing.h).
 *
 * Both languages take text in double quotes. What an experiment says in it is data: in DOT a quote
 * and a backslash are escaped, in Mermaid what is not plain goes by the number of its character.
 */
#include "reports/drawing.h"

/* "questions: call (max_tokens 400)" */
static void add_caption(struct buf *out, const struct drawing_node *node, const char *before)
{
    if (node->label.n)
        buf_printf(out, "%.*s%s", STR_ARG(node->label), before);
    buf_add_str(out, node->pattern);
    if (node->settings.n)
        buf_printf(out, " (%.*s)", STR_ARG(node->settings));
}

/* ---- text ---- */

/* A line goes down beside a node as long as an ancestor has more to come. */
static void add_branches(struct buf *out, const struct drawing *drawing, size_t place)
{
    const struct drawing_node *node = &drawing->node[place];
    if (node->parent == DRAWING_NO_PARENT)
        return;
    const struct drawing_node *above = &drawing->node[node->parent];
    if (above->parent != DRAWING_NO_PARENT) {
        size_t start = out->n;
        add_branches(out, drawing, node->parent);
        out->n = start + (out->n - start) - strlen("├─ ");
        buf_add_str(out, above->last ? STR("   ") : STR("│  "));
    }
    buf_add_str(out, node->last ? STR("└─ ") : STR("├─ "));
}

void drawing_as_text(struct buf *out, str name, const struct drawing *drawing)
{
    buf_printf(out, "%.*s\n", STR_ARG(name));
    for (size_t i = 0; i < drawing->count; i++) {
        buf_add_str(out, STR("  "));
        add_branches(out, drawing, i);
        add_caption(out, &drawing->node[i], "  ");
        buf_add_char(out, '\n');
    }
    if (drawing->left_out)
        buf_printf(out, "  and %zu more\n", drawing->left_out);
}

/* ---- Graphviz ---- */

static void add_dot_text(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, text.p[i]);
    }
}

void drawing_as_dot(struct buf *out, str name, const struct drawing *drawing)
{
    struct buf caption = {0};
    buf_add_str(out, STR("digraph \""));
    add_dot_text(out, name);
    buf_add_str(out, STR("\" {\n  rankdir = LR;\n  node [shape = box];\n"));
    for (size_t i = 0; i < drawing->count; i++) {
        const struct drawing_node *node = &drawing->node[i];
        buf_clear(&caption);
        add_caption(&caption, node, ": ");
        buf_printf(out, "  n%zu [label = \"", i);
        add_dot_text(out, buf_str(&caption));
        buf_add_str(out, STR("\"];\n"));
        if (node->parent != DRAWING_NO_PARENT)
            buf_printf(out, "  n%zu -> n%zu;\n", node->parent, i);
    }
    buf_add_str(out, STR("}\n"));
    buf_release(&caption);
}

/* ---- Mermaid ---- */

static bool is_plain(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || strchr(" _-.,:()[]*+/=", c);
}

static void add_mermaid_text(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (is_plain((unsigned char)text.p[i]))
            buf_add_char(out, text.p[i]);
        else
            buf_printf(out, "#%u;", (unsigned)(unsigned char)text.p[i]);
}

void drawing_as_mermaid(struct buf *out, str name, const struct drawing *drawing)
{
    struct buf caption = {0};
    buf_add_str(out, STR("---\ntitle: \""));
    add_dot_text(out, name);
    buf_add_str(out, STR("\"\n---\nflowchart LR\n"));
    for (size_t i = 0; i < drawing->count; i++) {
        const struct drawing_node *node = &drawing->node[i];
        buf_clear(&caption);
        add_caption(&caption, node, ": ");
        buf_printf(out, "  n%zu[\"", i);
        add_mermaid_text(out, buf_str(&caption));
        buf_add_str(out, STR("\"]\n"));
        if (node->parent != DRAWING_NO_PARENT)
            buf_printf(out, "  n%zu --> n%zu\n", node->parent, i);
    }
    buf_release(&caption);
}
