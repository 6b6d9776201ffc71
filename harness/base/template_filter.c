/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_filter.c: what stands behind '|' in a tag: json, join and default, with their arguments.
 *
 * An argument is a JSON literal. A fault in it is told at its first byte, with what would have fitted.
 */
#include "base/template_inside.h"

#include "base/text.h"

static bool unknown_filter(struct text_parser *parser, size_t at, str name)
{
    static const str words[] = {STR_INIT("json"), STR_INIT("join"), STR_INIT("default")};
    str hint = mistake_hint(parser->compiler->arena, name, words, 3, false);
    str text = arena_printf(parser->compiler->arena,
                            "unknown filter '%.*s'; expected json, join or default%.*s",
                            STR_ARG(name), STR_ARG(hint));
    return tag_mistake(parser, at, text);
}

/* The JSON literal of a filter and its ")". NULL after a mistake. */
static const json *filter_argument(struct text_parser *parser, const char *what)
{
    cursor_skip_blank(&parser->cursor);
    size_t used = 0;
    str rest = parser_rest(parser, parser->cursor.at);
    const json *value = json_parse_prefix(parser->compiler->arena, rest, &used);
    if (!value) {
        tag_fault(parser, str_from(what));
        return NULL;
    }
    parser->cursor.at += used;
    if (cursor_take(&parser->cursor, STR(")")))
        return value;
    tag_fault(parser, STR("expected ')'"));
    return NULL;
}

static bool json_filter(struct text_parser *parser, struct filter *filter)
{
    static const char expected[] = "expected json, or json(2) with an indent of 1 to 10";
    filter->kind = FILTER_JSON;
    if (!cursor_take(&parser->cursor, STR("(")))
        return true;
    cursor_skip_blank(&parser->cursor);
    size_t at = parser->cursor.at;
    const json *value = filter_argument(parser, expected);
    if (!value)
        return false;
    int64_t indent;
    if (!json_int(value, &indent) || indent < 1 || indent > 10) {
        parser->cursor.at = at;
        return tag_fault(parser, str_from(expected));
    }
    filter->indent = (unsigned)indent;
    return true;
}

static bool join_filter(struct text_parser *parser, struct filter *filter)
{
    static const char expected[] = "expected a separator in quotes, join(\", \")";
    filter->kind = FILTER_JOIN;
    if (!cursor_take(&parser->cursor, STR("(")))
        return tag_fault(parser, str_from(expected));
    cursor_skip_blank(&parser->cursor);
    size_t at = parser->cursor.at;
    const json *value = filter_argument(parser, expected);
    if (!value)
        return false;
    if (!json_is(value, JSON_TEXT)) {
        parser->cursor.at = at;
        return tag_fault(parser, str_from(expected));
    }
    filter->separator = json_text(value);
    return true;
}

static bool default_filter(struct text_parser *parser, struct filter *filter)
{
    static const char expected[] = "expected a JSON literal, such as default(null) or "
                                   "default(\"none\")";
    filter->kind = FILTER_DEFAULT;
    if (!cursor_take(&parser->cursor, STR("(")))
        return tag_fault(parser, str_from(expected));
    filter->fallback = filter_argument(parser, expected);
    return filter->fallback != NULL;
}

static bool parse_filter(struct text_parser *parser, struct filter *filter)
{
    cursor_skip_blank(&parser->cursor);
    size_t at = parser->cursor.at;
    str name = cursor_name(&parser->cursor);
    if (str_equal(name, STR("json")))
        return json_filter(parser, filter);
    if (str_equal(name, STR("join")))
        return join_filter(parser, filter);
    if (str_equal(name, STR("default")))
        return default_filter(parser, filter);
    if (name.n == 0)
        return tag_fault(parser, STR("expected a filter after '|': json, join or default"));
    return unknown_filter(parser, at, name);
}

bool tag_parse_filters(struct text_parser *parser, struct tag *tag)
{
    struct filter *list = NULL;
    size_t capacity = 0;
    while (cursor_take(&parser->cursor, STR("|"))) {
        if (tag->filters == capacity) {
            capacity = capacity ? capacity * 2 : 2;
            list =
                arena_grow(parser->compiler->arena, list, tag->filters, capacity, sizeof *list);
        }
        if (!parse_filter(parser, &list[tag->filters]))
            return false;
        tag->has_default |= list[tag->filters].kind == FILTER_DEFAULT;
        tag->filters++;
    }
    tag->filter = list;
    return true;
}
