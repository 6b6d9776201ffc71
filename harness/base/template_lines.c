/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_lines.c: lines that hold nothing but {{#each}} or {{/each}} vanish (see template.h).
 *
 * Such a line is cut from the texts before and behind its tags, its line break with it, when all
 * segments of a text are known. Blanks on the line go too.
 */
#include "base/template_parts.h"

static bool is_loop_tag(const struct segment *segment)
{
    return segment->kind == SEGMENT_EACH || segment->kind == SEGMENT_END;
}

static bool is_blank(str text)
{
    return str_trim(text).n == 0;
}

/* Bytes up to and with the first line break, or all of them. */
static size_t first_line(str text)
{
    ptrdiff_t end = str_find(text, STR("\n"), 0);
    return end < 0 ? text.n : (size_t)end + 1;
}

static size_t last_line(str text)
{
    size_t from = text.n;
    while (from && text.p[from - 1] != '\n')
        from--;
    return from;
}

/* Whether nothing but blanks and loop tags stand between a segment and the line's start, or its
 * end. */
static bool line_is_bare(const struct segment *segment, size_t count, size_t at, bool backwards)
{
    while (backwards ? at-- > 0 : ++at < count) {
        if (is_loop_tag(&segment[at]))
            continue;
        if (segment[at].kind != SEGMENT_TEXT)
            return false;
        str text = segment[at].text;
        size_t cut = backwards ? last_line(text) : first_line(text);
        if (!is_blank(backwards ? str_sub(text, cut, text.n) : str_sub(text, 0, cut)))
            return false;
        if (str_contains(text, STR("\n")))
            return true;
    }
    return true;
}

void template_cut_bare_lines(struct arena *arena, struct segment *segment, size_t count)
{
    bool *bare = arena_array(arena, bool, count + 2);
    for (size_t i = 0; i < count; i++)
        bare[i + 1] = is_loop_tag(&segment[i]) && line_is_bare(segment, count, i, true) &&
                      line_is_bare(segment, count, i, false);
    for (size_t i = 0; i < count; i++) {
        if (segment[i].kind != SEGMENT_TEXT)
            continue;
        str text = segment[i].text;
        segment[i].text = str_sub(text, bare[i] ? first_line(text) : 0,
                                  bare[i + 2] ? last_line(text) : text.n);
    }
}
