/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_escape.c: escaping by context (see html_escape.h).
 *
 * Text is made visible first and escaped then, so that what is escaped holds no control character
 * but line breaks and tabs.
 */
#include "reports/html_escape.h"

#include "base/text.h"

static void add_escaped(struct buf *out, str text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.n; at++) {
        const char *reference = NULL;
        switch (text.p[at]) {
        case '&':
            reference = "&amp;";
            break;
        case '<':
            reference = "&lt;";
            break;
        case '>':
            reference = "&gt;";
            break;
        case '"':
            reference = "&quot;";
            break;
        case '\'':
            reference = "&#39;";
            break;
        default:
            continue;
        }
        buf_add_str(out, str_sub(text, from, at));
        buf_add_str(out, str_from(reference));
        from = at + 1;
    }
    buf_add_str(out, str_sub(text, from, text.n));
}

/* Printable ASCII, line breaks and tabs: nearly all text, and nothing in it to be made visible. */
static bool is_plain(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c > '~')
            return false;
    }
    return true;
}

/* The text between two line breaks or tabs, which stay as they are. */
static size_t run_end(str text, size_t from)
{
    while (from < text.n && text.p[from] != '\n' && text.p[from] != '\t')
        from++;
    return from;
}

str html_lines(struct arena *arena, str text, size_t most, size_t *left_out)
{
    size_t end = text.n;
    if (end > most) {
        end = most;
        /* not within a character, which has at most 3 bytes behind its first */
        for (size_t i = 0; i < 3 && end > 0 && ((unsigned char)text.p[end] & 0xc0) == 0x80; i++)
            end--;
    }
    *left_out = text.n - end;
    text = str_sub(text, 0, end);
    if (is_plain(text))
        return arena_str(arena, text);
    struct buf shown = {0};
    for (size_t at = 0; at < text.n;) {
        size_t stop = run_end(text, at);
        /* a CR before its LF is no news */
        size_t last =
            stop > at && stop < text.n && text.p[stop] == '\n' && text.p[stop - 1] == '\r'
                ? stop - 1
                : stop;
        buf_add_str(&shown, text_visible(arena, str_sub(text, at, last)));
        if (stop < text.n)
            buf_add_char(&shown, text.p[stop]);
        at = stop + 1;
    }
    str kept = arena_str(arena, buf_str(&shown));
    buf_release(&shown);
    return kept;
}

void html_text(struct buf *out, str text)
{
    if (is_plain(text)) {
        add_escaped(out, text);
        return;
    }
    struct arena scratch = {0};
    size_t left_out;
    add_escaped(out, html_lines(&scratch, text, text.n, &left_out));
    arena_release(&scratch);
}

/* " %", " ms", " s", " points" behind a digit, and what is on both sides of a dash. */
static bool holds_together(str text, size_t blank)
{
    static const str units[] = {STR_INIT("%"), STR_INIT("ms"), STR_INIT("s"),
                                STR_INIT("points"), STR_INIT("µs")};
    str next = str_sub(text, blank + 1, text.n), before = str_sub(text, 0, blank);
    if (str_starts_with(next, STR("– ")) || str_ends_with(before, STR("–")))
        return true; /* the limits of an interval */
    if (blank == 0 || !char_is_digit(text.p[blank - 1]))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_starts_with(next, units[i]) &&
            (next.n == units[i].n || !char_is_alnum(next.p[units[i].n])))
            return true;
    return false;
}

void html_sentence(struct buf *out, str text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.n; at++) {
        if (text.p[at] != ' ' || !holds_together(text, at))
            continue;
        html_text(out, str_sub(text, from, at));
        buf_add_str(out, STR("\xc2\xa0"));
        from = at + 1;
    }
    html_text(out, str_sub(text, from, text.n));
}

void html_attribute(struct buf *out, str text)
{
    html_text(out, text);
}

void html_json(struct buf *out, str json)
{
    size_t from = 0;
    for (size_t at = 0; at < json.n; at++) {
        char c = json.p[at];
        if (c != '<' && c != '>' && c != '&')
            continue;
        buf_add_str(out, str_sub(json, from, at));
        buf_printf(out, "\\u%04x", (unsigned)c);
        from = at + 1;
    }
    buf_add_str(out, str_sub(json, from, json.n));
}
