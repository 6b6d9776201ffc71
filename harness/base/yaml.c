/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml.c: the only file that includes libfyaml (see yaml.h).
 *
 * The tree is built from libfyaml's events, not from its document: events give the place of
 * every key, so that a duplicate can name its first line, and let aliases be counted while they
 * are expanded. An alias shares the node of its anchor.
 */
#include "base/yaml.h"

#include "base/ceilings.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <libfyaml.h>
#include <math.h>

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
    struct place last; /* of the last event that had one: empty values have none */
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

static struct place event_place(struct reader *reader)
{
    const struct fy_mark *mark = fy_event_start_mark(reader->event);
    if (!mark)
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

/* ---- scalars by the core schema (YAML 1.2.2, 10.3.2) ---- */

static bool one_of(str text, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(text, str_from(*words)))
            return true;
    return false;
}

static bool core_int(str text, double *number)
{
    str digits = text;
    if (str_starts_with(text, STR("0o")) || str_starts_with(text, STR("0x"))) {
        double base = text.p[1] == 'o' ? 8 : 16, value = 0;
        for (size_t i = 2; i < text.n; i++) {
            char c = char_lower(text.p[i]);
            int digit = char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
            if (digit >= (int)base)
                return false;
            value = value * base + digit;
        }
        *number = value;
        return text.n > 2 && isfinite(value);
    }
    if (digits.n && (digits.p[0] == '-' || digits.p[0] == '+'))
        digits = str_sub(digits, 1, digits.n);
    for (size_t i = 0; i < digits.n; i++)
        if (!char_is_digit(digits.p[i]))
            return false;
    return digits.n && str_to_double(text, number);
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool core_float(str text, double *number)
{
    size_t i = text.n && (text.p[0] == '-' || text.p[0] == '+') ? 1 : 0, before = 0, after = 0;
    for (; i < text.n && char_is_digit(text.p[i]); i++)
        before++;
    if (i < text.n && text.p[i] == '.')
        for (i++; i < text.n && char_is_digit(text.p[i]); i++)
            after++;
    if (before + after == 0)
        return false;
    if (i < text.n && char_lower(text.p[i]) == 'e') {
        size_t exponent = 0;
        i++;
        if (i < text.n && (text.p[i] == '-' || text.p[i] == '+'))
            i++;
        for (; i < text.n && char_is_digit(text.p[i]); i++)
            exponent++;
        if (exponent == 0)
            return false;
    }
    return i == text.n && str_to_double(text, number);
}

static void resolve_plain(struct yaml *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    if (one_of(node->text, nulls)) {
        node->kind = YAML_NULL;
    } else if (one_of(node->text, trues) || one_of(node->text, falses)) {
        node->kind = YAML_BOOL;
        node->boolean = one_of(node->text, trues);
    } else if (core_int(node->text, &node->number) || core_float(node->text, &node->number)) {
        node->kind = YAML_NUMBER;
    }
}

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
        resolve_plain(node);
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

/* What the library says of mistakes that people often make, and what would have been right. */
static const struct {
    const char *said, *expected;
} parser_hints[] = {
    {"tab character may not be used as indentation", "spaces"},
    {"invalid nested block mapping on the same line", "quotes around a text that holds ': '"},
    {"invalid indentation in mapping", "the key in the column of those before it"},
    {"wrongly indented double-quoted scalar", "its closing quote"},
    {"wrongly indented single-quoted scalar", "its closing quote"},
};

static str hint_for(struct arena *arena, const char *said)
{
    for (size_t i = 0; i < sizeof parser_hints / sizeof parser_hints[0]; i++)
        if (strcmp(said, parser_hints[i].said) == 0)
            return arena_printf(arena, "; expected %s", parser_hints[i].expected);
    return (str){"", 0};
}

/* Where something lacks at the end, rather than on an empty line further down. */
static struct place place_behind_text(const struct source *source)
{
    size_t end = source->text.n;
    while (end > 0 && char_is_space(source->text.p[end - 1]))
        end--;
    return place_at(source, end);
}

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
    struct place end = place_behind_text(reader->source);
    if (place.line > end.line)
        place = end;
    reader_mistake(reader, place, "not YAML: %s%.*s", what,
                   STR_ARG(hint_for(reader->arena, what)));
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

/* YAML 1.2.2, 5.1: of the C0 controls only tab and line breaks may occur. */
static ptrdiff_t control_at(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 && !memchr("\t\n\r", text.p[i], 3))
            return (ptrdiff_t)i;
    return -1;
}

static bool text_is_fit(struct reader *reader)
{
    str text = reader->source->text;
    struct place start = {reader->source, 1, 1};
    if (text.n > reader->limits->bytes) {
        reader_mistake(reader, start, "has %zu bytes; expected at most %zu", text.n,
                       reader->limits->bytes);
        return false;
    }
    ptrdiff_t bad = utf8_invalid_at(text);
    if (bad >= 0) {
        reader_mistake(reader, place_at(reader->source, (size_t)bad),
                       "byte 0x%02x is not UTF-8; expected a UTF-8 file",
                       (unsigned char)text.p[bad]);
        return false;
    }
    bad = control_at(text);
    if (bad >= 0) {
        reader_mistake(reader, place_at(reader->source, (size_t)bad),
                       "not YAML: control character 0x%02x; expected it as an escape in double "
                       "quotes",
                       (unsigned char)text.p[bad]);
        return false;
    }
    return true;
}

const struct yaml *yaml_parse(struct arena *arena, const struct source *source,
                              const struct yaml_limits *limits, struct mistakes *mistakes)
{
    struct reader reader = {.arena = arena,
                            .source = source,
                            .limits = limits,
                            .mistakes = mistakes,
                            .last = {source, 1, 1}};
    if (!text_is_fit(&reader))
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
