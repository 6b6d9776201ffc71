/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_template.c: Nunjucks templates as weir's (see importing.h).
 *
 * What both have goes over: paths, lists, a loop, the filters dump, join and default, raw blocks,
 * comments. Anything else (conditions, macros, arithmetic, other filters) is said by name and not
 * guessed at: a prompt that reads a little differently measures something else.
 */
#include "cmd/importing.h"

#include "base/option.h"
#include "base/template.h"
#include "base/text.h"
#include "plan/scope.h"

enum { LOOPS_MAX = 4 };

struct converter {
    struct importing *importing;
    str text;
    size_t at;
    struct buf out;
    json *
        used; /* names from outside, and what promptfoo renders for them when they are not there */
    str loop[LOOPS_MAX];
    size_t loops;
    str why;
    bool trim; /* white space behind a tag with "-" */
};

/* ---- names ---- */

str import_input_name(struct importing *importing, str variable)
{
    static const char *const fields[] = {"id", "cluster", "description"};
    bool taken = scope_is_reserved(variable);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        taken = taken || str_equal(variable, str_from(fields[i]));
    return taken ? arena_printf(importing->arena, "%.*s_", STR_ARG(variable)) : variable;
}

static bool refuse(struct converter *converter, const char *format, str what)
{
    struct arena *arena = converter->importing->arena;
    str shown = text_shorten(arena, text_visible(arena, str_trim(what)), 50);
    converter->why = arena_printf(arena, "%s '%.*s'", format, STR_ARG(shown));
    return false;
}

/* ---- expressions ---- */

static void skip_blanks(str text, size_t *at)
{
    while (*at < text.n && char_is_space(text.p[*at]))
        (*at)++;
}

static bool is_name_char(char c)
{
    return char_is_alnum(c) || c == '_';
}

static str read_word(str text, size_t *at)
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

static bool is_loop_name(const struct converter *converter, str name)
{
    for (size_t i = 0; i < converter->loops; i++)
        if (str_equal(converter->loop[i], name))
            return true;
    return false;
}

/* A path: name, then .member, [0], ["x"], [name]. */
static bool read_path(struct converter *converter, str text, size_t *at)
{
    struct buf *out = &converter->out;
    size_t from = *at;
    str name = read_word(text, at);
    if (!name.n || char_is_digit(name.p[0]))
        return false;
    if (str_equal(name, STR("env")))
        return refuse(converter, "the environment variable", text);
    if (str_equal(name, STR("loop")) && converter->loops) {
        if (!str_equal(str_trim(str_sub(text, from, text.n)), STR("loop.index0")))
            return refuse(converter, "the loop variable", text);
        *at = text.n;
        return buf_add_str(out, STR("index"));
    }
    if (!is_loop_name(converter, name)) {
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
            str member = read_word(text, at);
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
    skip_blanks(text, at);
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
    skip_blanks(text, at);
    good = good && *at < text.n && text.p[*at] == ')';
    *at += good;
    arena_release(&scratch);
    return good;
}

static bool read_filter(struct converter *converter, str text, size_t *at)
{
    struct buf *out = &converter->out;
    skip_blanks(text, at);
    str name = read_word(text, at);
    bool arguments = *at < text.n && text.p[*at] == '(';
    const char *ours = NULL;
    if (str_equal(name, STR("dump")) || str_equal(name, STR("tojson")))
        ours = "json";
    else if (str_equal(name, STR("join")) || str_equal(name, STR("default")))
        ours = name.p[0] == 'j' ? "join" : "default";
    else if (str_equal(name, STR("d")))
        ours = "default";
    else if (!str_equal(name, STR("safe")) && !str_equal(name, STR("string")))
        return refuse(converter, "the filter", name);
    *at += arguments;
    if (!ours) {
        *at += arguments; /* safe() */
        return true;
    }
    buf_printf(out, " | %s", ours);
    if (!arguments && !str_equal(str_from(ours), STR("json")))
        return refuse(converter, "the filter without arguments", name);
    if (!arguments)
        return true;
    buf_add_char(out, '(');
    if (!read_argument(text, at, out))
        return refuse(converter, "the filter's argument in", text);
    return buf_add_char(out, ')');
}

static bool convert_expression(struct converter *converter, str text)
{
    size_t at = 0;
    struct buf constant = {0};
    skip_blanks(text, &at);
    if (read_quoted(text, &at, &constant) && str_equal(str_trim(text), buf_str(&constant))) {
        const json *value = json_parse(converter->importing->arena, buf_str(&constant), NULL);
        buf_printf(&converter->out, "%s%.*s",
                   str_starts_with(json_text(value), STR("{{")) ? "{{\"{{\"}}" : "",
                   STR_ARG(str_starts_with(json_text(value), STR("{{"))
                               ? str_sub(json_text(value), 2, json_text(value).n)
                               : json_text(value)));
        buf_release(&constant);
        return true;
    }
    buf_release(&constant);
    at = 0;
    buf_add_str(&converter->out, STR("{{"));
    skip_blanks(text, &at);
    bool good = read_path(converter, text, &at);
    for (skip_blanks(text, &at); good && at < text.n && text.p[at] == '|';
         skip_blanks(text, &at)) {
        at++;
        good = read_filter(converter, text, &at);
    }
    if ((!good || at < text.n) && !converter->why.n)
        return refuse(converter, "the expression", text);
    return good && buf_add_str(&converter->out, STR("}}"));
}

/* ---- tags ---- */

static bool begin_loop(struct converter *converter, str rest)
{
    size_t at = 0;
    skip_blanks(rest, &at);
    str name = read_word(rest, &at);
    skip_blanks(rest, &at);
    str in = read_word(rest, &at);
    skip_blanks(rest, &at);
    if (!name_is_valid(name) || !str_equal(in, STR("in")) || converter->loops == LOOPS_MAX)
        return refuse(converter, "the loop", rest);
    buf_add_str(&converter->out, STR("{{#each "));
    str list = import_input_name(converter->importing, str_trim(str_sub(rest, at, rest.n)));
    if (name_is_valid(list) && !is_loop_name(converter, list))
        json_set(converter->importing->arena, converter->used, list,
                 json_new_list(converter->importing->arena));
    if (!read_path(converter, rest, &at) || (skip_blanks(rest, &at), at < rest.n))
        return converter->why.n ? false : refuse(converter, "the loop", rest);
    buf_printf(&converter->out, " as %.*s}}", STR_ARG(name));
    converter->loop[converter->loops++] = name;
    return true;
}

/* Text with no tags: only "{{" means something. */
static void add_literal(struct converter *converter, str text)
{
    size_t from = 0;
    ptrdiff_t brace;
    while ((brace = str_find(text, STR("{{"), from)) >= 0) {
        buf_add_str(&converter->out, str_sub(text, from, (size_t)brace));
        buf_add_str(&converter->out, STR("{{\"{{\"}}"));
        from = (size_t)brace + 2;
    }
    buf_add_str(&converter->out, str_sub(text, from, text.n));
}

static bool convert_raw(struct converter *converter)
{
    str text = converter->text;
    ptrdiff_t end = str_find(text, STR("{%"), converter->at), close = -1;
    while (end >= 0) {
        close = str_find(text, STR("%}"), (size_t)end);
        if (close < 0)
            break;
        str tag = str_trim(str_sub(text, (size_t)end + 2, (size_t)close));
        if (str_equal(tag, STR("endraw")) || str_equal(tag, STR("- endraw")))
            break;
        end = str_find(text, STR("{%"), (size_t)end + 2);
    }
    if (end < 0 || close < 0)
        return refuse(converter, "the tag without its end", STR("raw"));
    add_literal(converter, str_sub(text, converter->at, (size_t)end));
    converter->at = (size_t)close + 2;
    return true;
}

static bool convert_tag(struct converter *converter, str tag)
{
    str word, rest;
    str_cut(tag, ' ', &word, &rest);
    if (str_equal(word, STR("raw")))
        return convert_raw(converter);
    if (str_equal(word, STR("for")))
        return begin_loop(converter, rest);
    if (str_equal(word, STR("endfor")) && converter->loops) {
        converter->loops--;
        return buf_add_str(&converter->out, STR("{{/each}}"));
    }
    return refuse(converter, "the tag", tag);
}

/* Where a tag that begins at `at` ends; quotes may hold the sign of the end. */
static ptrdiff_t tag_end(str text, size_t at, const char *end)
{
    char quote = 0;
    for (size_t i = at; i + 1 < text.n; i++) {
        char c = text.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == end[0] && text.p[i + 1] == end[1])
            return (ptrdiff_t)i;
        else if (c == '"' || c == '\'')
            quote = c;
    }
    return str_find(text, str_from(end), at);
}

static bool convert_next(struct converter *converter)
{
    str text = converter->text;
    size_t at = converter->at;
    char kind = text.p[at + 1];
    const char *end = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    ptrdiff_t close = kind == '#' ? str_find(text, STR("#}"), at) : tag_end(text, at + 2, end);
    if (close < 0)
        return refuse(converter, "the tag that is not closed,", str_sub(text, at, text.n));
    str inside = str_sub(text, at + 2, (size_t)close);
    converter->at = (size_t)close + 2;
    if (inside.n && inside.p[0] == '-') {
        while (converter->out.n && char_is_space(converter->out.p[converter->out.n - 1]))
            converter->out.n--;
        inside = str_sub(inside, 1, inside.n);
    }
    if (inside.n && inside.p[inside.n - 1] == '-') {
        converter->trim = true;
        inside.n--;
    }
    if (kind == '#')
        return true;
    inside = str_trim(inside);
    return kind == '{' ? convert_expression(converter, inside) : convert_tag(converter, inside);
}

static size_t next_tag(str text, size_t at)
{
    for (; at + 1 < text.n; at++)
        if (text.p[at] == '{' && memchr("{%#", text.p[at + 1], 3))
            return at;
    return text.n;
}

static bool convert(struct converter *converter)
{
    str text = converter->text;
    while (converter->at < text.n) {
        if (converter->trim)
            skip_blanks(text, &converter->at);
        converter->trim = false;
        size_t tag = next_tag(text, converter->at);
        buf_add_str(&converter->out, str_sub(text, converter->at, tag));
        converter->at = tag;
        if (tag < text.n && !convert_next(converter))
            return false;
    }
    return converter->loops == 0 || refuse(converter, "the tag without its end", STR("for"));
}

/* What came out must be a template of weir's. */
static bool compiles(struct converter *converter, str text)
{
    struct importing *importing = converter->importing;
    struct mistakes mistakes;
    struct source *source = arena_new(importing->arena, struct source);
    *source = (struct source){importing->path, text};
    mistakes_init(&mistakes, importing->arena);
    return template_new_text(importing->arena, source, 0, text, &mistakes) != NULL ||
           refuse(converter, "the template", converter->text);
}

bool import_template(struct importing *importing, str text, json *used, str *result, str *why)
{
    struct arena *arena = importing->arena;
    struct converter converter = {
        .importing = importing, .text = text, .used = json_new_object(arena)};
    bool good = convert(&converter);
    *result = arena_str(arena, buf_str(&converter.out));
    buf_release(&converter.out);
    good = good && compiles(&converter, *result);
    for (const json *name = good && used ? json_first(converter.used) : NULL; name;
         name = json_next(name))
        if (!json_is(json_get(used, json_key(name)), JSON_LIST))
            json_set(arena, used, json_key(name), name);
    *why = converter.why;
    return good;
}

const json *import_template_value(struct importing *importing, const json *value, json *used,
                                  str *why)
{
    struct arena *arena = importing->arena;
    if (json_is(value, JSON_TEXT)) {
        str text;
        return import_template(importing, json_text(value), used, &text, why)
                   ? json_new_text(arena, text)
                   : NULL;
    }
    if (!json_is(value, JSON_LIST) && !json_is(value, JSON_OBJECT))
        return value;
    bool list = json_is(value, JSON_LIST);
    json *copy = list ? json_new_list(arena) : json_new_object(arena);
    for (const json *item = json_first(value); item; item = json_next(item)) {
        const json *converted = import_template_value(importing, item, used, why);
        if (!converted)
            return NULL;
        if (list)
            json_add(arena, copy, converted);
        else
            json_set(arena, copy, json_key(item), converted);
    }
    return copy;
}

/* ---- for one row ---- */

static bool has_tags(const json *value)
{
    if (json_is(value, JSON_TEXT))
        return next_tag(json_text(value), 0) < json_text(value).n;
    if (json_is(value, JSON_LIST) || json_is(value, JSON_OBJECT))
        for (const json *item = json_first(value); item; item = json_next(item))
            if (has_tags(item))
                return true;
    return false;
}

const json *import_rendered(struct importing *importing, const json *value, const json *vars,
                            str *why)
{
    struct arena *arena = importing->arena;
    *why = STR("");
    if (!has_tags(value))
        return value;
    const json *converted = import_template_value(importing, value, NULL, why);
    if (!converted)
        return NULL;
    struct mistakes mistakes;
    struct source *source = arena_new(arena, struct source);
    struct buf text = {0};
    json_write(&text, converted, JSON_COMPACT);
    *source = (struct source){importing->path, arena_str(arena, buf_str(&text))};
    buf_release(&text);
    mistakes_init(&mistakes, arena);
    const struct yaml *yaml = yaml_parse(arena, source, &yaml_dataset_limits, &mistakes);
    const struct template *template = yaml ? template_new(arena, yaml, &mistakes) : NULL;
    struct template_problem problem = {0};
    const struct env *env = env_bind_object(arena, NULL, vars);
    const json *rendered = template ? template_eval(template, env, arena, &problem) : NULL;
    if (!rendered)
        *why = problem.text.n ? problem.text : STR("a template that does not resolve");
    return rendered;
}
