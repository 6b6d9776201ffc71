/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_expression.c: expressions of Nunjucks as weir's: paths, literals and the filters that both
 * have (see importing_template.h).
 */
#include "cmd/importing_template.h"

#include "base/template.h"
#include "base/text.h"

bool import_refuse(struct import_converter *converter, const char *format, str what)
{
    struct arena *arena = converter->importing->arena;
    str shown = text_shorten(arena, text_visible(arena, str_trim(what)), 50);
    converter->why = arena_printf(arena, "%s '%.*s'", format, STR_ARG(shown));
    return false;
}

void import_skip_blanks(str text, size_t *at)
{
    while (*at < text.n && char_is_space(text.p[*at]))
        (*at)++;
}

static bool is_name_char(char c)
{
    return char_is_alnum(c) || c == '_';
}

str import_read_word(str text, size_t *at)
{
    size_t from = *at;
    while (*at < text.n && is_name_char(text.p[*at]))
        (*at)++;
    return str_sub(text, from, *at);
}

/* 'x' or "x", written as JSON writes it. */
static bool read_quoted(str text, size_t *at, struct buf *out)
{
    char quote = *at < text.n ? text.p[*at] : 0;
    struct buf plain = {0};
    if (quote != '"' && quote != '\'')
        return false;
    for ((*at)++; *at < text.n && text.p[*at] != quote; (*at)++) {
        char c = text.p[*at];
        if (c == '\\' && *at + 1 < text.n) {
            c = text.p[++*at];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        buf_add_char(&plain, c);
    }
    bool closed = *at < text.n;
    *at += closed;
    json_write_text(out, buf_str(&plain));
    buf_release(&plain);
    return closed;
}

bool import_is_loop_name(const struct import_converter *converter, str name)
{
    for (size_t i = 0; i < converter->loops; i++)
        if (str_equal(converter->loop[i], name))
            return true;
    return false;
}

/* A path: name, then .member, [0], ["x"], [name]. */
bool import_read_path(struct import_converter *converter, str text, size_t *at)
{
    struct buf *out = &converter->out;
    size_t from = *at;
    str name = import_read_word(text, at);
    if (!name.n || char_is_digit(name.p[0]))
        return false;
    if (str_equal(name, STR("env")))
        return import_refuse(converter, "the environment variable", text);
    if (str_equal(name, STR("loop")) && converter->loops) {
        if (!str_equal(str_trim(str_sub(text, from, text.n)), STR("loop.index0")))
            return import_refuse(converter, "the loop variable", text);
        *at = text.n;
        return buf_add_str(out, STR("index"));
    }
    if (!import_is_loop_name(converter, name)) {
        name = import_input_name(converter->importing, name);
        if (!json_get(converter->used, name))
            json_set_text(converter->importing->arena, converter->used,
                          arena_str(converter->importing->arena, name).p, STR(""));
    }
    buf_add_str(out, name);
    while (*at < text.n && (text.p[*at] == '.' || text.p[*at] == '[')) {
        bool bracket = text.p[(*at)++] == '[';
        buf_add_char(out, bracket ? '[' : '.');
        if (bracket && *at < text.n && (text.p[*at] == '"' || text.p[*at] == '\'')) {
            if (!read_quoted(text, at, out))
                return false;
        } else {
            str member = import_read_word(text, at);
            if (!member.n || str_equal(member, STR("length")) ||
                (!bracket && char_is_digit(member.p[0])))
                return false;
            buf_add_str(out, member);
        }
        if (bracket && (*at >= text.n || text.p[*at] != ']'))
            return false;
        if (bracket)
            buf_add_char(out, text.p[(*at)++]);
    }
    return true;
}

/* The arguments of a filter, one of `join` or the first of `default`. */
static bool read_argument(str text, size_t *at, struct buf *out)
{
    struct json_error error;
    struct arena scratch = {0};
    import_skip_blanks(text, at);
    bool good = read_quoted(text, at, out);
    if (!good) {
        size_t from = *at;
        while (*at < text.n && text.p[*at] != ',' && text.p[*at] != ')')
            (*at)++;
        str literal = str_trim(str_sub(text, from, *at));
        good = json_parse(&scratch, literal, &error) != NULL;
        buf_add_str(out, literal);
    }
    if (*at < text.n && text.p[*at] == ',') /* default(x, true) */
        while (*at < text.n && text.p[*at] != ')')
            (*at)++;
    import_skip_blanks(text, at);
    good = good && *at < text.n && text.p[*at] == ')';
    *at += good;
    arena_release(&scratch);
    return good;
}

static bool read_filter(struct import_converter *converter, str text, size_t *at)
{
    struct buf *out = &converter->out;
    import_skip_blanks(text, at);
    str name = import_read_word(text, at);
    bool arguments = *at < text.n && text.p[*at] == '(';
    const char *ours = NULL;
    if (str_equal(name, STR("dump")) || str_equal(name, STR("tojson")))
        ours = "json";
    else if (str_equal(name, STR("join")) || str_equal(name, STR("default")))
        ours = name.p[0] == 'j' ? "join" : "default";
    else if (str_equal(name, STR("d")))
        ours = "default";
    else if (!str_equal(name, STR("safe")) && !str_equal(name, STR("string")))
        return import_refuse(converter, "the filter", name);
    *at += arguments;
    if (!ours) {
        *at += arguments; /* safe() */
        return true;
    }
    buf_printf(out, " | %s", ours);
    if (!arguments && !str_equal(str_from(ours), STR("json")))
        return import_refuse(converter, "the filter without arguments", name);
    if (!arguments)
        return true;
    buf_add_char(out, '(');
    if (!read_argument(text, at, out))
        return import_refuse(converter, "the filter's argument in", text);
    return buf_add_char(out, ')');
}

bool import_expression(struct import_converter *converter, str text)
{
    size_t at = 0;
    struct buf constant = {0};
    import_skip_blanks(text, &at);
    if (read_quoted(text, &at, &constant) && str_equal(str_trim(text), buf_str(&constant))) {
        const json *value = json_parse(converter->importing->arena, buf_str(&constant), NULL);
        template_write_literal(&converter->out, json_text(value));
        buf_release(&constant);
        return true;
    }
    buf_release(&constant);
    at = 0;
    buf_add_str(&converter->out, STR("{{"));
    import_skip_blanks(text, &at);
    bool good = import_read_path(converter, text, &at);
    for (import_skip_blanks(text, &at); good && at < text.n && text.p[at] == '|';
         import_skip_blanks(text, &at)) {
        at++;
        good = read_filter(converter, text, &at);
    }
    if ((!good || at < text.n) && !converter->why.n)
        return import_refuse(converter, "the expression", text);
    return good && buf_add_str(&converter->out, STR("}}"));
}
