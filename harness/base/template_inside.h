/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_inside.h: the compiler of templates, for template_parse.c and template_filter.c alone.
 */
#ifndef BASE_TEMPLATE_INSIDE_H
#define BASE_TEMPLATE_INSIDE_H

#include "base/ceilings.h"
#include "base/template_parts.h"

struct compiler {
    struct arena *arena;
    struct mistakes *mistakes;
    size_t tags; /* of the whole template */
    bool failed;
};

/* One text that is being compiled. */
struct text_parser {
    struct compiler *compiler;
    const struct origin *origin;
    struct cursor cursor;
    size_t tag_from;
    struct segment *segment;
    size_t count, capacity;
    size_t open[MAX_EACH_DEPTH]; /* segments of the loops that are open */
    size_t depth;
    bool each_failed; /* its end is then no mistake of its own */
};

/* The text from a byte on. */
str parser_rest(const struct text_parser *parser, size_t at);
/* Reports a fault in a tag and goes on behind it. When the text or the next tag comes before a
 * "}}", the fault is that the tag is not closed. Both are always false. */
bool tag_mistake(struct text_parser *parser, size_t at, str message);
/* "'{{a|b}}' is not understood; WHAT", at the cursor. */
bool tag_fault(struct text_parser *parser, str what);

/* The filters of a tag, from its first '|' on; false after a mistake. */
bool tag_parse_filters(struct text_parser *parser, struct tag *tag);

#endif
