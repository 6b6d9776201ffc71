/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_parse.c: compiles texts with {{…}} into segments (see template.h).
 *
 * A tag is parsed from its "{{" on; its "}}" is where the grammar ends, so that "}}" inside a
 * quoted key or a JSON literal is no end. A loop is a pair of segments that know each other.
 * Lines that hold nothing but loop tags go at the end (template_lines.c), what stands behind a '|' is
 * read in template_filter.c. Whether names exist is not decided here: see template_visit.
 */
#include "base/template_inside.h"

#include "base/ceilings.h"
#include "base/text.h"

static bool fail(struct text_parser *parser, int mistake)
{
    (void)mistake;
    parser->compiler->failed = true;
    return false;
}

#define parser_mistake(parser, at, ...)                                                        \
    fail((parser),                                                                             \
         mistake_add((parser)->compiler->mistakes,                                             \
                     origin_place((parser)->origin, (parser)->tag_from, (at)), __VA_ARGS__))

static void add_segment(struct text_parser *parser, struct segment segment)
{
    if (parser->count == parser->capacity) {
        parser->capacity = parser->capacity ? parser->capacity * 2 : 8;
        parser->segment = arena_grow(parser->compiler->arena, parser->segment, parser->count,
                                     parser->capacity, sizeof segment);
    }
    parser->segment[parser->count++] = segment;
}

static void add_text(struct text_parser *parser, str text)
{
    if (text.n == 0)
        return;
    /* JSON texts know no NUL, so it goes here once and not at every evaluation */
    const json *clean = json_new_text(parser->compiler->arena, text);
    add_segment(parser, (struct segment){.kind = SEGMENT_TEXT, .text = json_text(clean)});
}

/* ---- mistakes ---- */

str parser_rest(const struct text_parser *parser, size_t at)
{
    return str_sub(parser->cursor.text, at, parser->cursor.text.n);
}

bool tag_mistake(struct text_parser *parser, size_t at, str message)
{
    str rest = parser_rest(parser, parser->cursor.at);
    ptrdiff_t close = str_find(rest, STR("}}"), 0), open = str_find(rest, STR("{{"), 0);
    if (close < 0 || (open >= 0 && open < close)) {
        parser->cursor.at += open >= 0 ? (size_t)open : rest.n;
        return parser_mistake(parser, parser->tag_from,
                              "'{{' is not closed in this text; expected '}}' (a literal '{{' "
                              "is written {{\"{{\"}})");
    }
    parser->cursor.at += (size_t)close + 2;
    return parser_mistake(parser, at, "%.*s", STR_ARG(message));
}

bool tag_fault(struct text_parser *parser, str what)
{
    size_t at = parser->cursor.at;
    ptrdiff_t close = str_find(parser->cursor.text, STR("}}"), at);
    str tag =
        str_sub(parser->cursor.text, parser->tag_from, close < 0 ? at : (size_t)close + 2);
    struct arena *arena = parser->compiler->arena;
    tag = text_shorten(arena, tag, 60);
    return tag_mistake(
        parser, at,
        arena_printf(arena, "'%.*s' is not understood; %.*s", STR_ARG(tag), STR_ARG(what)));
}

/* ---- tags ---- */

static bool close_tag(struct text_parser *parser, struct tag *tag, const char *expected)
{
    if (!cursor_take(&parser->cursor, STR("}}")))
        return tag_fault(parser, str_from(expected));
    tag->text = arena_str(parser->compiler->arena,
                          str_sub(parser->cursor.text, parser->tag_from, parser->cursor.at));
    return true;
}

static bool parse_path(struct text_parser *parser, struct tag *tag)
{
    cursor_skip_blank(&parser->cursor);
    tag->name_from = parser->cursor.at;
    str what = STR("");
    if (!path_parse(parser->compiler->arena, &parser->cursor, parser->tag_from, &tag->path,
                    &what))
        return tag_fault(parser, what);
    if (tag->path.name.n && tag->path.name.n <= 64)
        return true;
    parser->cursor.at = tag->name_from;
    return tag_fault(parser, STR("expected a name of letters, digits and '_', at most 64"));
}

static struct tag *new_tag(struct text_parser *parser)
{
    struct tag *tag = arena_new(parser->compiler->arena, struct tag);
    tag->origin = parser->origin;
    tag->from = parser->tag_from;
    return tag;
}

static bool parse_value_tag(struct text_parser *parser)
{
    struct tag *tag = new_tag(parser);
    if (!parse_path(parser, tag) || !tag_parse_filters(parser, tag) ||
        !close_tag(parser, tag, "expected '.', '[', '|' or '}}' here"))
        return false;
    add_segment(parser, (struct segment){.kind = SEGMENT_TAG, .tag = tag});
    return true;
}

static bool parse_each(struct text_parser *parser)
{
    static const char expected[] = "expected {{#each LIST as NAME}}";
    struct tag *tag = new_tag(parser);
    size_t at = parser->cursor.at;
    cursor_skip_blank(&parser->cursor);
    if (parser->cursor.at == at)
        return tag_fault(parser, str_from(expected));
    if (!parse_path(parser, tag))
        return false;
    if (!str_equal(cursor_name(&parser->cursor), STR("as")))
        return tag_fault(parser, str_from(expected));
    str as = cursor_name(&parser->cursor);
    if (as.n == 0 || as.n > 64)
        return tag_fault(parser, str_from(expected));
    if (!close_tag(parser, tag, expected))
        return false;
    if (parser->depth == MAX_EACH_DEPTH)
        return parser_mistake(parser, tag->from, "'#each' is nested deeper than %d",
                              MAX_EACH_DEPTH);
    parser->open[parser->depth++] = parser->count;
    add_segment(parser, (struct segment){.kind = SEGMENT_EACH,
                                         .text = arena_str(parser->compiler->arena, as),
                                         .tag = tag});
    return true;
}

static bool parse_end(struct text_parser *parser)
{
    struct tag *tag = new_tag(parser);
    if (!close_tag(parser, tag, "expected {{/each}}"))
        return false;
    if (parser->depth == 0 && parser->each_failed)
        return true;
    if (parser->depth == 0)
        return parser_mistake(parser, tag->from,
                              "{{/each}} has no {{#each LIST as NAME}} before it");
    size_t each = parser->open[--parser->depth];
    parser->segment[each].end = parser->count;
    add_segment(parser,
                (struct segment){.kind = SEGMENT_END, .tag = parser->segment[each].tag});
    return true;
}

/* {{"{{"}} */
static bool parse_literal(struct text_parser *parser)
{
    if (!cursor_take(&parser->cursor, STR("\"{{\"")))
        return tag_fault(parser, STR("expected a name, or {{\"{{\"}} for a literal '{{'"));
    struct tag *tag = new_tag(parser);
    if (!close_tag(parser, tag, "expected '}}'"))
        return false;
    add_text(parser, STR("{{"));
    return true;
}

static bool parse_tag(struct text_parser *parser)
{
    parser->tag_from = parser->cursor.at;
    parser->cursor.at += 2;
    if (++parser->compiler->tags == MAX_TEMPLATE_TAGS + 1)
        parser_mistake(parser, parser->tag_from, "a template has more than %d tags",
                       MAX_TEMPLATE_TAGS);
    cursor_skip_blank(&parser->cursor);
    if (str_starts_with(parser_rest(parser, parser->cursor.at), STR("\"")))
        return parse_literal(parser);
    if (cursor_take(&parser->cursor, STR("#each"))) {
        bool good = parse_each(parser);
        parser->each_failed |= !good;
        return good;
    }
    if (cursor_take(&parser->cursor, STR("/each")))
        return parse_end(parser);
    return parse_value_tag(parser);
}

/* ---- texts ---- */

static void parse_text(struct text_parser *parser)
{
    str text = parser->cursor.text;
    while (parser->cursor.at < text.n) {
        ptrdiff_t tag = str_find(text, STR("{{"), parser->cursor.at);
        size_t end = tag < 0 ? text.n : (size_t)tag;
        add_text(parser, str_sub(text, parser->cursor.at, end));
        parser->cursor.at = end;
        if (tag >= 0)
            parse_tag(parser);
    }
    while (parser->depth > 0) {
        const struct tag *tag = parser->segment[parser->open[--parser->depth]].tag;
        parser->tag_from = tag->from;
        parser_mistake(parser, tag->from, "'%.*s' has no {{/each}}; expected one in this text",
                       STR_ARG(tag->text));
    }
    template_cut_bare_lines(parser->compiler->arena, parser->segment, parser->count);
}

static const json *join_texts(const struct text_parser *parser)
{
    struct buf all = {0};
    for (size_t i = 0; i < parser->count; i++)
        buf_add_str(&all, parser->segment[i].text);
    const json *joined = json_new_text(parser->compiler->arena, buf_str(&all));
    buf_release(&all);
    return joined;
}

static const struct template *compile_text(struct compiler *compiler,
                                           const struct origin *origin, bool may_be_ref)
{
    struct text_parser parser = {
        .compiler = compiler, .origin = origin, .cursor = {origin->text, 0}};
    parse_text(&parser);
    if (compiler->failed)
        return NULL;
    bool has_tags = false;
    for (size_t i = 0; i < parser.count; i++)
        has_tags |= parser.segment[i].kind != SEGMENT_TEXT;
    if (!has_tags)
        return template_constant(compiler->arena, join_texts(&parser));
    struct template *made = arena_new(compiler->arena, struct template);
    const struct segment *first = &parser.segment[0];
    if (may_be_ref && parser.count == 1 && first->kind == SEGMENT_TAG) {
        made->kind = TEMPLATE_REF;
        made->ref = first->tag;
        return made;
    }
    made->kind = TEMPLATE_TEXT;
    made->segment = parser.segment;
    made->count = parser.count;
    return made;
}

/* ---- values ---- */

static const struct template *compile(struct compiler *compiler, const struct yaml *node);

static const struct template *compile_items(struct compiler *compiler, const struct yaml *node)
{
    bool object = node->kind == YAML_MAPPING, constant = true;
    const struct template **item =
        arena_array(compiler->arena, const struct template *, node->count);
    str *key = arena_array(compiler->arena, str, object ? node->count : 0);
    for (size_t i = 0; i < node->count; i++) {
        item[i] = compile(compiler, object ? node->pair[i].value : node->item[i]);
        constant &= item[i] && item[i]->kind == TEMPLATE_CONSTANT;
        if (object)
            key[i] = arena_str(compiler->arena, node->pair[i].key);
    }
    struct template *made = arena_new(compiler->arena, struct template);
    made->kind = object ? TEMPLATE_OBJECT : TEMPLATE_LIST;
    made->key = key;
    made->item = item;
    made->count = node->count;
    if (!constant)
        return made;
    /* put together from the parts, since {{"{{"}} differs from what is written */
    json *value = object ? json_new_object(compiler->arena) : json_new_list(compiler->arena);
    for (size_t i = 0; i < node->count; i++)
        if (object)
            json_set(compiler->arena, value, key[i], item[i]->constant);
        else
            json_add(compiler->arena, value, item[i]->constant);
    return template_constant(compiler->arena, value);
}

static const struct template *compile(struct compiler *compiler, const struct yaml *node)
{
    if (node->kind == YAML_LIST || node->kind == YAML_MAPPING)
        return compile_items(compiler, node);
    if (node->kind != YAML_TEXT || !str_contains(node->text, STR("{{")))
        return template_constant(compiler->arena, yaml_to_json(compiler->arena, node));
    struct origin *origin = arena_new(compiler->arena, struct origin);
    *origin = (struct origin){.scalar = node, .text = node->text};
    return compile_text(compiler, origin, true);
}

const struct template *template_new(struct arena *arena, const struct yaml *node,
                                    struct mistakes *mistakes)
{
    struct compiler compiler = {.arena = arena, .mistakes = mistakes};
    const struct template *made = compile(&compiler, node);
    return compiler.failed ? NULL : made;
}

const struct template *template_new_text(struct arena *arena, const struct source *source,
                                         size_t text_offset, str text,
                                         struct mistakes *mistakes)
{
    struct compiler compiler = {.arena = arena, .mistakes = mistakes};
    struct origin *origin = arena_new(arena, struct origin);
    *origin = (struct origin){.source = source, .offset = text_offset, .text = text};
    return compile_text(&compiler, origin, false);
}
