/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_svg.c: gnuplot's SVG, read tag by tag and written anew (see html_svg.h).
 *
 * No parser of all XML: it knows start tags, end tags, text, comments and the declaration at the
 * top, and gives up at anything else. What it writes was put together here, never copied as
 * markup. Groups without content, of which gnuplot writes many, are dropped.
 */
#include "reports/html_svg.h"

#include "reports/html_escape.h"

enum { DEPTH_MAX = 64, VALUE_MAX = 1 << 20 };

/* ---- what may stay ---- */

static const char *const shapes[] = {"svg",     "g",    "defs",    "path",     "circle",
                                     "ellipse", "rect", "polygon", "polyline", "line",
                                     "use",     "text", "tspan"};
static const char *const attributes[] = {"d",
                                         "x",
                                         "y",
                                         "x1",
                                         "y1",
                                         "x2",
                                         "y2",
                                         "cx",
                                         "cy",
                                         "r",
                                         "rx",
                                         "ry",
                                         "width",
                                         "height",
                                         "points",
                                         "transform",
                                         "opacity",
                                         "fill-opacity",
                                         "stroke-width",
                                         "stroke-linecap",
                                         "font-size",
                                         "dx",
                                         "dy",
                                         "font-weight",
                                         "font-style",
                                         "text-anchor",
                                         "stroke-opacity",
                                         "stroke-linejoin",
                                         "stroke-dasharray",
                                         "fill-rule"};
static const char *const paints[] = {"fill", "stroke", "color"};

static bool is_in(str name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(name, str_from(list[i])))
            return true;
    return false;
}
#define IS_IN(name, list) is_in((name), (list), sizeof(list) / sizeof(list)[0])

/* Letters of numbers, paths and transforms; no colon, no semicolon, no quote. */
static bool is_harmless(str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!char_is_alnum(value.p[i]) && !(value.p[i] && strchr(" \t\n.,+-()#%", value.p[i])))
            return false;
    return !str_contains(value, STR("url"));
}

/* ---- colours ---- */

struct neutral {
    unsigned rgb;
    const char *paint;
};

/* What gnuplot draws in without having been told by the palette. */
static const struct neutral neutrals[] = {
    {0xffffff, "var(--paper)"},  {0x000000, "var(--ink)"},   {0x404040, "var(--ink)"},
    {0x606060, "var(--quiet)"},  {0x707070, "var(--quiet)"}, {0x808080, "var(--axis)"},
    {0x909090, "var(--axis)"},   {0xa0a0a0, "var(--axis)"},  {0xe4e4e4, "var(--line)"},
    {0xb04a00, "var(--notice)"},
};

static int hex_digit(char c)
{
    c = char_lower(c);
    return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(str value, unsigned *rgb)
{
    *rgb = 0;
    if (value.n != 7 || value.p[0] != '#')
        return false;
    for (size_t i = 1; i < 7; i++) {
        int digit = hex_digit(value.p[i]);
        if (digit < 0)
            return false;
        *rgb = *rgb << 4 | (unsigned)digit;
    }
    return true;
}

/* "rgb(128, 128, 128)" */
static bool read_rgb(str value, unsigned *rgb)
{
    if (!str_starts_with(value, STR("rgb(")) || !str_ends_with(value, STR(")")))
        return false;
    str rest = str_sub(value, 4, value.n - 1), part;
    *rgb = 0;
    for (unsigned i = 0; i < 3; i++) {
        int64_t number;
        str_cut(rest, ',', &part, &rest);
        if (!str_to_int(str_trim(part), &number) || number < 0 || number > 255)
            return false;
        *rgb = *rgb << 8 | (unsigned)number;
    }
    return rest.n == 0;
}

/* Paler than any colour of the palette: the shade of a heat map, which would be brighter than the
 * text in the dark. */
static bool is_tint(unsigned rgb)
{
    const unsigned least = 190;
    return (rgb >> 16) >= least && (rgb >> 8 & 255) >= least && (rgb & 255) >= least;
}

/* False: the colour is a tint. */
static bool write_paint(struct buf *out, str value)
{
    unsigned rgb;
    if (str_equal(value, STR("none")) || str_equal(value, STR("currentColor"))) {
        buf_add_str(out, value);
        return true;
    }
    if (str_equal(value, STR("black")))
        rgb = 0;
    else if (str_equal(value, STR("white")))
        rgb = 0xffffff;
    else if (!read_hex(value, &rgb) && !read_rgb(value, &rgb)) {
        buf_add_str(out, STR("currentColor"));
        return true;
    }
    for (size_t i = 0; i < sizeof neutrals / sizeof neutrals[0]; i++)
        if (neutrals[i].rgb == rgb) {
            buf_add_str(out, str_from(neutrals[i].paint));
            return true;
        }
    buf_printf(out, "#%06x", rgb);
    return !is_tint(rgb);
}

/* ---- reading ---- */

struct element {
    size_t begins; /* where its start tag was written */
    bool kept;     /* it is on the list */
    bool shows;    /* something stands in it */
    bool is_text;  /* characters in it are shown */
    str name;
};

struct reader {
    struct buf *out;
    str svg;
    size_t at;
    const struct html_picture *picture;
    struct element open[DEPTH_MAX];
    size_t depth, dropped; /* dropped: how many open elements are not on the list */
    bool rooted;
    bool tinted; /* a tint was seen */
    bool light;  /* it is to stay light in the dark */
};

static bool skip_to(struct reader *r, str end)
{
    ptrdiff_t found = str_find(r->svg, end, r->at);
    if (found < 0)
        return false;
    r->at = (size_t)found + end.n;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->svg.n && char_is_space(r->svg.p[r->at]))
        r->at++;
}

static str read_name(struct reader *r)
{
    size_t from = r->at;
    while (r->at < r->svg.n && (char_is_alnum(r->svg.p[r->at]) ||
                                (r->svg.p[r->at] && strchr(":-_", r->svg.p[r->at]))))
        r->at++;
    return str_sub(r->svg, from, r->at);
}

/* name = "value" or 'value' */
static bool read_attribute(struct reader *r, str *name, str *value)
{
    *name = read_name(r);
    skip_blanks(r);
    if (name->n == 0 || r->at >= r->svg.n || r->svg.p[r->at] != '=')
        return false;
    r->at++;
    skip_blanks(r);
    if (r->at >= r->svg.n || (r->svg.p[r->at] != '"' && r->svg.p[r->at] != '\''))
        return false;
    char quote = r->svg.p[r->at++];
    size_t from = r->at;
    while (r->at < r->svg.n && r->svg.p[r->at] != quote)
        r->at++;
    *value = str_sub(r->svg, from, r->at);
    return r->at++ < r->svg.n && value->n < VALUE_MAX;
}

static void write_id(struct reader *r, const char *attribute, str id)
{
    buf_printf(r->out, " %s%s-", attribute, r->picture->name);
    html_attribute(r->out, id);
    buf_add_char(r->out, '"');
}

static void write_attribute(struct reader *r, str name, str value)
{
    if (str_equal(name, STR("id")) && is_harmless(value)) {
        write_id(r, "id=\"", value);
    } else if ((str_equal(name, STR("href")) || str_equal(name, STR("xlink:href"))) &&
               str_starts_with(value, STR("#")) && is_harmless(value)) {
        write_id(r, "href=\"#", str_sub(value, 1, value.n));
    } else if (IS_IN(name, paints)) {
        buf_printf(r->out, " %.*s=\"", STR_ARG(name));
        r->tinted |= !write_paint(r->out, str_trim(value));
        buf_add_char(r->out, '"');
    } else if (IS_IN(name, attributes) && is_harmless(value)) {
        buf_printf(r->out, " %.*s=\"", STR_ARG(name));
        html_attribute(r->out, str_trim(value));
        buf_add_char(r->out, '"');
    }
}

static void write_root(struct reader *r, str box)
{
    const struct html_picture *picture = r->picture;
    buf_printf(r->out, "<svg class=\"plot%s\" role=\"img\"", r->light ? " light" : "");
    if (box.n && is_harmless(box)) {
        buf_add_str(r->out, STR(" viewBox=\""));
        html_attribute(r->out, box);
        buf_add_char(r->out, '"');
    }
    buf_printf(r->out, " aria-labelledby=\"%s-title %s-about\"><title id=\"%s-title\">",
               picture->name, picture->name, picture->name);
    html_text(r->out, picture->title);
    buf_printf(r->out, "</title><desc id=\"%s-about\">", picture->name);
    html_text(r->out, picture->description);
    buf_add_str(r->out, STR("</desc>"));
}

/* ---- elements ---- */

/* What stands in an element makes all that it stands in worth keeping. */
static void mark_shown(struct reader *r)
{
    for (size_t i = r->depth; i > 0; i--)
        r->open[i - 1].shows = true;
}

static void close_element(struct reader *r)
{
    struct element *element = &r->open[--r->depth];
    if (!element->kept) {
        r->dropped--;
        return;
    }
    if (!element->shows) {
        r->out->n = element->begins;
        if (r->out->p)
            r->out->p[r->out->n] = '\0';
        return;
    }
    buf_printf(r->out, "</%.*s>", STR_ARG(element->name));
}

static bool is_container(str name)
{
    return str_equal(name, STR("g")) || str_equal(name, STR("text")) ||
           str_equal(name, STR("tspan")) || str_equal(name, STR("defs"));
}

static bool read_start(struct reader *r)
{
    str name = read_name(r), box = STR(""), key, value;
    bool root = str_equal(name, STR("svg"));
    if (name.n == 0 || root == r->rooted || r->depth == DEPTH_MAX)
        return false; /* anything before the root, or a second one */
    struct element *element = &r->open[r->depth++];
    *element = (struct element){.begins = r->out->n,
                                .name = name,
                                .shows = !is_container(name),
                                .kept = IS_IN(name, shapes) && r->dropped == 0};
    element->is_text = str_equal(name, STR("text")) || str_equal(name, STR("tspan"));
    r->dropped += !element->kept;
    r->rooted = true;
    if (element->kept && !root)
        buf_printf(r->out, "<%.*s", STR_ARG(name));
    for (;;) {
        skip_blanks(r);
        if (r->at >= r->svg.n)
            return false;
        if (r->svg.p[r->at] == '>' || r->svg.p[r->at] == '/')
            break;
        if (!read_attribute(r, &key, &value))
            return false;
        if (root && str_equal(key, STR("viewBox")))
            box = value;
        else if (element->kept && !root)
            write_attribute(r, key, value);
    }
    if (root)
        write_root(r, box);
    else if (element->kept)
        buf_add_char(r->out, '>');
    if (element->kept && element->shows)
        mark_shown(r);
    bool ends = r->svg.p[r->at] == '/';
    r->at += ends;
    if (r->at >= r->svg.n || r->svg.p[r->at++] != '>')
        return false;
    if (ends)
        close_element(r);
    return true;
}

static bool read_end(struct reader *r)
{
    str name = read_name(r);
    skip_blanks(r);
    if (r->depth == 0 || r->at >= r->svg.n || r->svg.p[r->at++] != '>' ||
        !str_equal(name, r->open[r->depth - 1].name))
        return false;
    close_element(r);
    return true;
}

/* ---- text ---- */

struct reference {
    str name, text;
};

/* The five that XML knows. Anything else is shown as it stands. */
static void write_characters(struct reader *r, str text)
{
    static const struct reference known[] = {{STR_INIT("&amp;"), STR_INIT("&")},
                                             {STR_INIT("&lt;"), STR_INIT("<")},
                                             {STR_INIT("&gt;"), STR_INIT(">")},
                                             {STR_INIT("&quot;"), STR_INIT("\"")},
                                             {STR_INIT("&apos;"), STR_INIT("'")}};
    struct buf plain = {0};
    for (size_t at = 0; at < text.n;) {
        str rest = str_sub(text, at, text.n), found = str_sub(rest, 0, 1);
        size_t used = 1;
        for (size_t i = 0; i < sizeof known / sizeof known[0] && *found.p == '&'; i++)
            if (str_starts_with(rest, known[i].name)) {
                found = known[i].text;
                used = known[i].name.n;
            }
        buf_add_str(&plain, found);
        at += used;
    }
    html_text(r->out, buf_str(&plain));
    buf_release(&plain);
}

static bool read_text(struct reader *r)
{
    ptrdiff_t end = str_find(r->svg, STR("<"), r->at);
    str text = str_sub(r->svg, r->at, end < 0 ? r->svg.n : (size_t)end);
    r->at += text.n;
    if (str_trim(text).n == 0)
        return true;
    if (r->depth == 0)
        return false;
    if (r->dropped == 0 && r->open[r->depth - 1].is_text) {
        mark_shown(r);
        write_characters(r, text);
    }
    return true;
}

static bool read_piece(struct reader *r)
{
    str rest = str_sub(r->svg, r->at, r->svg.n);
    if (!str_starts_with(rest, STR("<")))
        return read_text(r);
    if (str_starts_with(rest, STR("<!--")))
        return skip_to(r, STR("-->"));
    if (str_starts_with(rest, STR("<?")))
        return !r->rooted && skip_to(r, STR("?>"));
    if (str_starts_with(rest, STR("<!DOCTYPE")))
        return !r->rooted && skip_to(r, STR(">"));
    r->at += 1 + str_starts_with(rest, STR("</"));
    return str_starts_with(rest, STR("</")) ? read_end(r) : read_start(r);
}

static bool read_all(struct reader *r)
{
    bool good = true;
    while (good && r->at < r->svg.n)
        good = read_piece(r);
    return good && r->rooted && r->depth == 0;
}

bool html_svg(struct buf *out, str svg, const struct html_picture *picture)
{
    struct reader reader = {.out = out, .svg = svg, .picture = picture};
    size_t start = out->n;
    bool good = read_all(&reader);
    if (good && reader.tinted) { /* what is written first depends on all of it */
        out->n = start;
        reader = (struct reader){.out = out, .svg = svg, .picture = picture, .light = true};
        good = read_all(&reader);
    }
    if (good)
        return true;
    out->n = start;
    if (out->p)
        out->p[start] = '\0';
    return false;
}
