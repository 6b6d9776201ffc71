/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml.c: the only file that includes libfyaml (see yaml.h).
 *
 * The tree is built from libfyaml's events, not from its document: events give the place of
 * every key, so that a duplicate can name its first line, and let aliases be counted while they
 * are expanded. An alias shares the node of its anchor. What a plain scalar means is decided in
 * yaml_scalar.c, what is let in and how the library's complaints are told in yaml_trouble.c.
 */
#include "base/yaml_inside.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/text.h"

#include <libfyaml.h>

const struct yaml_limits yaml_file_limits = {MAX_EXPERIMENT_BYTES, MAX_YAML_NODES,
                                             MAX_YAML_DEPTH};
const struct yaml_limits yaml_dataset_limits = {MAX_DATASET_BYTES, MAX_YAML_DATASET_NODES,
                                                MAX_YAML_DEPTH};

struct anchor {
    struct anchor *next;
    str name;
    const struct yaml *node; /* NULL while it is being read: an alias to itself */
    size_t weight;           /* nodes in it */
};

struct reader {
    struct arena *arena;
    const struct source *source;
    const struct yaml_limits *limits;
    struct mistakes *mistakes;
    struct fy_parser *parser;
    struct fy_event *event; /* the one looked at; NULL at the end or after an error */
    struct anchor *anchors;
    struct place last; /* of the last event that has one: empty values have none of their own */
    size_t nodes;
    bool failed;
};

static void next_event(struct reader *reader)
{
    if (reader->event)
        fy_parser_event_free(reader->parser, reader->event);
    reader->event = fy_parser_parse(reader->parser);
}

static struct place mark_place(const struct reader *reader, const struct fy_mark *mark)
{
    return (struct place){reader->source, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* Code points of the line that begins at `from`, up to `at`; a byte order mark is none. */
static unsigned columns_before(str text, size_t from, size_t at)
{
    if (from == 0 && str_starts_with(text, STR("\xef\xbb\xbf")))
        from = 3;
    return (unsigned)utf8_count(str_sub(text, from, at));
}

/* The parser's marks begin behind quotes and '*', and at the first line of a block scalar; what
 * is shown is the quote, the '*' and the '|'. */
static struct place block_place(const struct reader *reader, const struct fy_mark *mark)
{
    str text = reader->source->text;
    size_t end = mark->input_pos;
    while (end && text.p[end - 1] != '\n')
        end--;
    end -= end > 0;
    size_t from = end;
    while (from && text.p[from - 1] != '\n')
        from--;
    for (size_t at = from; at < end; at++) {
        if (text.p[at] != '|' && text.p[at] != '>')
            continue;
        size_t rest = at + 1;
        while (rest < end && memchr("+-123456789", text.p[rest], 11))
            rest++;
        while (rest < end && char_is_space(text.p[rest]))
            rest++;
        if (rest == end || (text.p[rest] == '#' && char_is_space(text.p[rest - 1])))
            return (struct place){reader->source, (unsigned)mark->line,
                                  columns_before(text, from, at) + 1};
    }
    return mark_place(reader, mark);
}

/* `a:`, for one. libfyaml 0.7 gives no mark for it, 0.8 one behind the colon. */
static bool is_empty_value(const struct fy_event *event)
{
    if (event->type != FYET_SCALAR)
        return false;
    struct fy_token *token = event->scalar.value;
    size_t length = 0;
    return fy_token_scalar_style(token) == FYSS_PLAIN &&
           (!fy_token_get_text(token, &length) || length == 0);
}

static struct place event_place(struct reader *reader)
{
    const struct fy_mark *mark = fy_event_start_mark(reader->event);
    if (!mark || is_empty_value(reader->event))
        return reader->last;
    struct place place = mark_place(reader, mark);
    if (reader->event->type == FYET_ALIAS)
        place.col--;
    if (reader->event->type == FYET_SCALAR) {
        enum fy_scalar_style style = fy_token_scalar_style(reader->event->scalar.value);
        if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
            place.col--;
        else if (style == FYSS_LITERAL || style == FYSS_FOLDED)
            place = block_place(reader, mark);
    }
    reader->last = place;
    return place;
}

static const struct yaml *fail(struct reader *reader)
{
    reader->failed = true;
    return NULL;
}

#define reader_mistake(reader, place, ...)                                                     \
    (mistake_add((reader)->mistakes, (place), __VA_ARGS__), fail(reader))

static bool count_nodes(struct reader *reader, size_t more, struct place place)
{
    reader->nodes += more;
    if (reader->nodes <= reader->limits->nodes)
        return true;
    reader_mistake(reader, place,
                   "the file has more than %zu values after aliases are expanded",
                   reader->limits->nodes);
    return false;
}

/* ---- scalars ---- */

static str event_text(struct reader *reader)
{
    size_t length = 0;
    const char *text = fy_token_get_text(reader->event->scalar.value, &length);
    return arena_str(reader->arena, text ? (str){text, length} : (str){"", 0});
}

static char style_of(enum fy_scalar_style style)
{
    switch (style) {
    case FYSS_SINGLE_QUOTED:
        return '\'';
    case FYSS_DOUBLE_QUOTED:
        return '"';
    case FYSS_LITERAL:
        return '|';
    case FYSS_FOLDED:
        return '>';
    default:
        return 0;
    }
}

static const struct yaml *read_scalar(struct reader *reader)
{
    struct yaml *node = arena_new(reader->arena, struct yaml);
    node->kind = YAML_TEXT;
    node->place = event_place(reader);
    node->text = event_text(reader);
    const struct fy_mark *from = fy_event_start_mark(reader->event);
    const struct fy_mark *to = fy_event_end_mark(reader->event);
    node->raw_from = from ? from->input_pos : 0;
    node->raw_to = to ? to->input_pos : 0;
    node->style = style_of(fy_token_scalar_style(reader->event->scalar.value));
    if (node->style == '"' || node->style == '\'') {
        node->raw_from--;
        node->raw_to++;
    }
    if (node->style == 0)
        yaml_resolve_plain(node);
    return node;
}

/* ---- collections ---- */

static const struct yaml *read_node(struct reader *reader, unsigned depth);

static bool has_no_tag(struct reader *reader)
{
    struct fy_token *tag = fy_event_get_tag_token(reader->event);
    if (!tag)
        return true;
    const struct fy_mark *mark = fy_token_start_mark(tag);
    reader_mistake(reader, mark ? mark_place(reader, mark) : event_place(reader),
                   "tags are not allowed here; expected a plain value");
    return false;
}

static const struct yaml *read_list(struct reader *reader, struct yaml *node, unsigned depth)
{
    const struct yaml **item = NULL;
    size_t capacity = 0;
    next_event(reader);
    while (reader->event && reader->event->type != FYET_SEQUENCE_END) {
        if (node->count == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            item = arena_grow(reader->arena, (const void *)item, node->count, capacity,
                              sizeof(struct yaml *));
        }
        const struct yaml *value = read_node(reader, depth + 1);
        if (!value)
            return NULL;
        item[node->count++] = value;
        next_event(reader);
    }
    node->item = item;
    return node;
}

/* Does the event stand behind '{'? */
static bool is_after_brace(const struct reader *reader)
{
    size_t at = reader->event->type == FYET_MAPPING_START
                    ? fy_event_start_mark(reader->event)->input_pos
                    : 0;
    return at > 0 && at < reader->source->text.n && reader->source->text.p[at] == '{' &&
           reader->source->text.p[at - 1] == '{';
}

static bool read_key(struct reader *reader, struct yaml *mapping, struct yaml_pair *pair)
{
    pair->key_place = event_place(reader);
    if (reader->event->type != FYET_SCALAR) {
        if (is_after_brace(reader))
            reader_mistake(reader, pair->key_place,
                           "'{{' outside of quotes is a mapping in a mapping; expected quotes "
                           "around the whole text, as \"{{text}}\"");
        else
            reader_mistake(reader, pair->key_place, "a key must be a text");
        return false;
    }
    if (!has_no_tag(reader))
        return false;
    pair->key = event_text(reader);
    if (str_equal(pair->key, STR("<<"))) {
        mistake_add(reader->mistakes, pair->key_place,
                    "merge keys are not part of YAML 1.2; expected 'extends' in a variant, or "
                    "'use' for a shared node");
        reader->failed = true;
    }
    const struct yaml_pair *first = yaml_pair_get(mapping, pair->key);
    if (first) {
        mistake_add(reader->mistakes, pair->key_place,
                    "duplicate key '%.*s'; it was first given at line %u", STR_ARG(pair->key),
                    first->key_place.line);
        reader->failed = true;
    }
    next_event(reader);
    return reader->event != NULL;
}

static const struct yaml *read_mapping(struct reader *reader, struct yaml *node, unsigned depth)
{
    struct yaml_pair *pair = NULL;
    size_t capacity = 0;
    next_event(reader);
    while (reader->event && reader->event->type != FYET_MAPPING_END) {
        if (node->count == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            pair = arena_grow(reader->arena, pair, node->count, capacity, sizeof *pair);
            node->pair = pair;
        }
        struct yaml_pair *entry = &pair[node->count];
        if (!read_key(reader, node, entry))
            return NULL;
        entry->value = read_node(reader, depth + 1);
        if (!entry->value)
            return NULL;
        node->count++;
        next_event(reader);
    }
    return node;
}

static const struct yaml *read_collection(struct reader *reader, unsigned depth)
{
    struct yaml *node = arena_new(reader->arena, struct yaml);
    node->place = event_place(reader);
    if (depth >= reader->limits->depth)
        return reader_mistake(reader, node->place, "nested deeper than %u",
                              reader->limits->depth);
    bool list = reader->event->type == FYET_SEQUENCE_START;
    node->kind = list ? YAML_LIST : YAML_MAPPING;
    return list ? read_list(reader, node, depth) : read_mapping(reader, node, depth);
}

/* ---- anchors and aliases ---- */

static str token_text(struct reader *reader, struct fy_token *token)
{
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : NULL;
    return arena_str(reader->arena, text ? (str){text, length} : (str){"", 0});
}

static const struct yaml *read_alias(struct reader *reader)
{
    str name = token_text(reader, reader->event->alias.anchor);
    struct place place = event_place(reader);
    for (struct anchor *a = reader->anchors; a; a = a->next)
        if (str_equal(a->name, name)) {
            if (!a->node)
                return reader_mistake(reader, place, "alias '%.*s' stands inside itself",
                                      STR_ARG(name));
            return count_nodes(reader, a->weight, place) ? a->node : NULL;
        }
    return reader_mistake(
        reader, place, "alias '%.*s' has no anchor before it; expected &%.*s at a value above",
        STR_ARG(name), STR_ARG(name));
}

static const struct yaml *read_node(struct reader *reader, unsigned depth)
{
    struct place place = event_place(reader);
    enum fy_event_type type = reader->event->type;
    if (type == FYET_ALIAS)
        return read_alias(reader);
    if (!has_no_tag(reader))
        return NULL;
    if (!count_nodes(reader, 1, place))
        return NULL;
    struct anchor *anchor = NULL;
    struct fy_token *name = fy_event_get_anchor_token(reader->event);
    if (name) {
        anchor = arena_new(reader->arena, struct anchor);
        *anchor = (struct anchor){reader->anchors, token_text(reader, name), NULL, 0};
        reader->anchors = anchor;
    }
    size_t before = reader->nodes;
    const struct yaml *node =
        type == FYET_SCALAR ? read_scalar(reader) : read_collection(reader, depth);
    if (anchor) {
        anchor->node = node;
        anchor->weight = reader->nodes - before + 1;
    }
    return node;
}

/* ---- documents ---- */

static void parser_mistake(struct reader *reader, struct fy_diag *diag)
{
    void *position = NULL;
    struct fy_diag_error *error = fy_diag_errors_iterate(diag, &position);
    struct place place = {reader->source, 1, 1};
    const char *what = "is not YAML 1.2";
    if (error) {
        place.line = error->line > 0 ? (unsigned)error->line : 1;
        place.col = error->column > 0 ? (unsigned)error->column : 1;
        what = error->msg;
    }
    yaml_tell(reader->mistakes, place, what);
    fail(reader);
}

static const struct yaml *read_document(struct reader *reader, struct fy_diag *diag)
{
    const struct yaml *root = NULL;
    for (next_event(reader); reader->event; next_event(reader)) {
        enum fy_event_type type = reader->event->type;
        if (type == FYET_STREAM_END)
            break;
        if (type == FYET_DOCUMENT_START && root)
            return reader_mistake(reader, event_place(reader),
                                  "a second document; expected one");
        if (type == FYET_STREAM_START || type == FYET_DOCUMENT_START ||
            type == FYET_DOCUMENT_END)
            continue;
        root = read_node(reader, 0);
        if (!root)
            break;
    }
    bool cut = !reader->event || fy_parser_get_stream_error(reader->parser);
    if (cut && !reader->failed)
        parser_mistake(reader, diag);
    if (reader->failed)
        return NULL;
    struct place start = {reader->source, 1, 1};
    return root ? root : reader_mistake(reader, start, "the file is empty");
}

const struct yaml *yaml_parse(struct arena *arena, const struct source *source,
                              const struct yaml_limits *limits, struct mistakes *mistakes)
{
    struct reader reader = {.arena = arena,
                            .source = source,
                            .limits = limits,
                            .mistakes = mistakes,
                            .last = {source, 1, 1}};
    if (!yaml_is_fit(source, limits, mistakes))
        return NULL;
    struct fy_diag_cfg diag_config = {.level = FYET_ERROR, .module_mask = ~0u};
    struct fy_diag *diag = fy_diag_create(&diag_config);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                 FYPCF_DISABLE_MMAP_OPT | FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT,
        .diag = diag,
    };
    reader.parser = fy_parser_create(&config);
    fy_parser_set_string(reader.parser, source->text.p, source->text.n);
    const struct yaml *root = read_document(&reader, diag);
    if (reader.event)
        fy_parser_event_free(reader.parser, reader.event);
    fy_parser_destroy(reader.parser);
    fy_diag_destroy(diag);
    return root;
}

const struct yaml *yaml_load(struct arena *arena, str path, str shown_path,
                             const struct yaml_limits *limits, struct mistakes *mistakes)
{
    struct source *source = arena_new(arena, struct source);
    source->path = arena_str(arena, shown_path);
    struct err err = {0};
    str name = arena_str(arena, path);
    if (file_read(arena, name.p, limits->bytes, &source->text, &err) < 0) {
        mistake_add(mistakes, (struct place){0}, "%s", err.message);
        return NULL;
    }
    return yaml_parse(arena, source, limits, mistakes);
}
