/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * importing_template.c: Nunjucks templates as weir's (see importing.h), tag by tag.
 *
 * What both have goes over: paths, lists, a loop, the filters dump, join and default, raw blocks,
 * comments. Anything else (conditions, macros, arithmetic, other filters) is said by name and not
 * guessed at: a prompt that reads a little differently measures something else.
 */
#include "cmd/importing_template.h"

#include "base/option.h"
#include "base/template.h"
#include "base/text.h"
#include "plan/scope.h"

/* ---- names ---- */

str import_input_name(struct importing *importing, str variable)
{
    static const char *const fields[] = {"id", "cluster", "description"};
    bool taken = scope_is_reserved(variable);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        taken = taken || str_equal(variable, str_from(fields[i]));
    return taken ? arena_printf(importing->arena, "%.*s_", STR_ARG(variable)) : variable;
}

/* ---- tags ---- */

static bool begin_loop(struct import_converter *converter, str rest)
{
    size_t at = 0;
    import_skip_blanks(rest, &at);
    str name = import_read_word(rest, &at);
    import_skip_blanks(rest, &at);
    str in = import_read_word(rest, &at);
    import_skip_blanks(rest, &at);
    if (!name_is_valid(name) || !str_equal(in, STR("in")) ||
        converter->loops == IMPORT_LOOPS_MAX)
        return import_refuse(converter, "the loop", rest);
    buf_add_str(&converter->out, STR("{{#each "));
    str list = import_input_name(converter->importing, str_trim(str_sub(rest, at, rest.n)));
    if (name_is_valid(list) && !import_is_loop_name(converter, list))
        json_set(converter->importing->arena, converter->used, list,
                 json_new_list(converter->importing->arena));
    if (!import_read_path(converter, rest, &at) || (import_skip_blanks(rest, &at), at < rest.n))
        return converter->why.n ? false : import_refuse(converter, "the loop", rest);
    buf_printf(&converter->out, " as %.*s}}", STR_ARG(name));
    converter->loop[converter->loops++] = name;
    return true;
}

static bool convert_raw(struct import_converter *converter)
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
        return import_refuse(converter, "the tag without its end", STR("raw"));
    template_write_literal(&converter->out, str_sub(text, converter->at, (size_t)end));
    converter->at = (size_t)close + 2;
    return true;
}

static bool convert_tag(struct import_converter *converter, str tag)
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
    return import_refuse(converter, "the tag", tag);
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

static bool convert_next(struct import_converter *converter)
{
    str text = converter->text;
    size_t at = converter->at;
    char kind = text.p[at + 1];
    const char *end = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    ptrdiff_t close = kind == '#' ? str_find(text, STR("#}"), at) : tag_end(text, at + 2, end);
    if (close < 0)
        return import_refuse(converter, "the tag that is not closed,",
                             str_sub(text, at, text.n));
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
    return kind == '{' ? import_expression(converter, inside) : convert_tag(converter, inside);
}

static size_t next_tag(str text, size_t at)
{
    for (; at + 1 < text.n; at++)
        if (text.p[at] == '{' && memchr("{%#", text.p[at + 1], 3))
            return at;
    return text.n;
}

static bool convert(struct import_converter *converter)
{
    str text = converter->text;
    while (converter->at < text.n) {
        if (converter->trim)
            import_skip_blanks(text, &converter->at);
        converter->trim = false;
        size_t tag = next_tag(text, converter->at);
        buf_add_str(&converter->out, str_sub(text, converter->at, tag));
        converter->at = tag;
        if (tag < text.n && !convert_next(converter))
            return false;
    }
    return converter->loops == 0 ||
           import_refuse(converter, "the tag without its end", STR("for"));
}

/* What came out must be a template of weir's. */
static bool compiles(struct import_converter *converter, str text)
{
    struct importing *importing = converter->importing;
    struct mistakes mistakes;
    struct source *source = arena_new(importing->arena, struct source);
    *source = (struct source){importing->path, text};
    mistakes_init(&mistakes, importing->arena);
    return template_new_text(importing->arena, source, 0, text, &mistakes) != NULL ||
           import_refuse(converter, "the template", converter->text);
}

bool import_template(struct importing *importing, str text, json *used, str *result, str *why)
{
    struct arena *arena = importing->arena;
    struct import_converter converter = {
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
