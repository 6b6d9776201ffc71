/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_parts.h: what the files of the template module share; nobody else includes it.
 *
 *     path.c            paths: parsing, following them through a value, saying why one ends
 *     template_parse.c  texts to segments, with the mistakes of the file
 *     template_filter.c what stands behind '|' in them
 *     template_lines.c  lines that vanish
 *     template_eval.c   segments and an environment to a value
 *     template_size.c   how long that becomes
 *     template.c        environments, and looking at a template before a run
 */
#ifndef BASE_TEMPLATE_PARTS_H
#define BASE_TEMPLATE_PARTS_H

#include "base/template.h"

/* ---- paths ---- */

struct template_path {
    str text; /* as written, blanks at the ends removed */
    str name; /* the first name; empty for a path that begins with '[' */
    const struct template_step *step;
    const size_t *step_at; /* byte of text where each step begins */
    size_t count;
    bool fans_out; /* has a [*] */
};

struct cursor {
    str text;
    size_t at;
};

void cursor_skip_blank(struct cursor *cursor);
bool cursor_take(struct cursor *cursor, str token); /* after blanks */
/* [A-Za-z_][A-Za-z0-9_]*, or an empty text. */
str cursor_name(struct cursor *cursor);

/* Parses NAME and steps from where the cursor stands; columns count from `column_from`. False and
 * *what, the cursor at the fault. */
bool path_parse(struct arena *arena, struct cursor *cursor, size_t column_from,
                struct template_path *path, str *what);

/* Following a path. Missing members are skipped below a [*] when `lenient`. */
struct path_walk {
    const struct template_path *path;
    const struct env *env; /* for [k]; NULL: no names */
    struct arena *arena;
    bool lenient;
    json *matches;    /* under a [*] */
    size_t missed;    /* the step that found nothing */
    const json *last; /* the value it looked at */
};
/* The value, or NULL. `root` is the value of the path's first name. */
const json *path_follow(struct path_walk *walk, const json *root);
/* "'x' has no member 'y'", after path_follow gave NULL. */
str path_missed_text(const struct path_walk *walk);

/* ---- compiled templates ---- */

enum filter_kind { FILTER_JSON, FILTER_JOIN, FILTER_DEFAULT };

struct filter {
    enum filter_kind kind;
    unsigned indent;      /* json; 0: one line */
    str separator;        /* join */
    const json *fallback; /* default */
};

/* Where a text stands: a scalar of a YAML file, or part of a prompt file. */
struct origin {
    const struct yaml *scalar; /* NULL: prompt file */
    const struct source *source;
    size_t offset; /* of text in source */
    str text;
};

struct tag {
    const struct origin *origin;
    size_t from;      /* byte of the "{{" in the origin's text */
    size_t name_from; /* byte of the name */
    str text;         /* with its braces */
    struct template_path path;
    const struct filter *filter;
    size_t filters;
    bool has_default;
};

enum segment_kind { SEGMENT_TEXT, SEGMENT_TAG, SEGMENT_EACH, SEGMENT_END };

struct segment {
    enum segment_kind kind;
    str text;              /* TEXT; EACH: the item's name */
    const struct tag *tag; /* TAG, EACH; END: that of its EACH */
    size_t end;            /* EACH: index of its END */
};

enum template_kind {
    TEMPLATE_CONSTANT,
    TEMPLATE_REF,
    TEMPLATE_TEXT,
    TEMPLATE_LIST,
    TEMPLATE_OBJECT
};

struct template
{
    enum template_kind kind;
    const json *constant;
    const struct tag *ref;
    const struct segment *segment;      /* TEXT */
    const str *key;                     /* OBJECT */
    const struct template *const *item; /* LIST, OBJECT */
    size_t count;
};

/* Place of a byte of the origin's text that lies in the tag which begins at `tag_from`. */
struct place origin_place(const struct origin *origin, size_t tag_from, size_t at);

/* The value of a tag after its filters; NULL when it does not resolve. */
const json *template_tag_value(const struct tag *tag, const struct env *env,
                               struct arena *arena);

void template_cut_bare_lines(struct arena *arena, struct segment *segment, size_t count);

#endif
