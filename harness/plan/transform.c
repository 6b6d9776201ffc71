/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transform.c: reading a list of transforms and applying it (see transform.h).
 *
 * The simple ones, which change a text, are here; those that look for something in it are in
 * transform_find.c and transform_letter.c.
 */
#include "plan/transform_parts.h"

#include "base/regex.h"
#include "base/text.h"

/* ---- reading ---- */

struct row {
    const char *name;
    const char *takes; /* for messages; NULL: a plain word */
    const char *help;
};

static const struct row rows[] = {
    [TRANSFORM_TRIM] = {"trim", NULL, "the text without white space at its ends"},
    [TRANSFORM_LOWER] = {"lower", NULL, "in lower case"},
    [TRANSFORM_SQUEEZE] = {"squeeze", NULL,
                           "each run of white space as one blank, none at the ends"},
    [TRANSFORM_NO_PUNCTUATION] = {"no-punctuation", NULL,
                                  "without punctuation and symbols: YES! is YES"},
    [TRANSFORM_NUMBER] = {"number", NULL, "the last number: $1,234.50 is 1234.5"},
    [TRANSFORM_LETTER] = {"letter", NULL, "the letter of a choice, as a capital"},
    [TRANSFORM_JSON] = {"json", NULL,
                        "the text as JSON, or the JSON in its code fence or prose"},
    [TRANSFORM_FIRST_LINE] = {"first-line", NULL, "the first line that is not blank"},
    [TRANSFORM_LAST_LINE] = {"last-line", NULL, "the last line that is not blank"},
    [TRANSFORM_TAG] = {"tag", "the name of a tag, such as {tag: answer}",
                       "what stands between <NAME> and </NAME>"},
    [TRANSFORM_CAPTURE] = {"capture", "a PCRE2 pattern, such as {capture: 'is (\\w+)'}",
                           "the first group of the pattern, or all of the match"},
    [TRANSFORM_LABEL] = {"label", "a list of labels, such as {label: [YES, NO]}",
                         "the only one of the labels that occurs as whole words, in any case"},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const char *transform_word(size_t kind, bool *takes_value)
{
    if (kind >= ROWS)
        return NULL;
    *takes_value = rows[kind].takes != NULL;
    return rows[kind].name;
}

const char *transform_help(size_t kind)
{
    return kind < ROWS ? rows[kind].help : NULL;
}

struct reading {
    struct arena *arena;
    struct mistakes *mistakes;
};

static int find_row(const struct reading *reading, str name, struct place place,
                    enum transform_kind *kind)
{
    str words[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        words[i] = str_from(rows[i].name);
        if (str_equal(name, words[i])) {
            *kind = (enum transform_kind)i;
            return 0;
        }
    }
    str hint = mistake_hint(reading->arena, name, words, ROWS, true);
    str shown = text_shorten(reading->arena, name, 60);
    return mistake_add(reading->mistakes, place, "unknown transform '%.*s'%.*s", STR_ARG(shown),
                       STR_ARG(hint));
}

static int wrong_value(const struct reading *reading, const struct row *row,
                       const struct yaml *value)
{
    return mistake_add(reading->mistakes, value->place, "%s is %s; expected %s", row->name,
                       yaml_kind_name(value), row->takes);
}

static int read_tag(const struct reading *reading, const struct row *row,
                    const struct yaml *value, struct transform *transform)
{
    if (value->kind != YAML_TEXT)
        return wrong_value(reading, row, value);
    for (size_t i = 0; i < value->text.n; i++) {
        char c = value->text.p[i];
        if (!char_is_alnum(c) && !strchr("_-.:", c))
            return mistake_add(reading->mistakes, value->place,
                               "'%.*s' is no name of a tag; expected letters, digits, _ - . :",
                               STR_ARG(text_shorten(reading->arena, value->text, 60)));
    }
    transform->name = value->text;
    return value->text.n ? 0 : wrong_value(reading, row, value);
}

static int read_capture(const struct reading *reading, const struct row *row,
                        const struct yaml *value, struct transform *transform)
{
    str what;
    size_t at;
    if (value->kind != YAML_TEXT)
        return wrong_value(reading, row, value);
    transform->regex = regex_new(reading->arena, value->text, REGEX_UTF, &what, &at);
    if (transform->regex)
        return 0;
    return mistake_add(reading->mistakes, value->place,
                       "capture is no pattern: %.*s, at byte %zu; expected a PCRE2 pattern",
                       STR_ARG(what), at);
}

static int read_labels(const struct reading *reading, const struct row *row,
                       const struct yaml *value, struct transform *transform)
{
    if (value->kind != YAML_LIST || value->count == 0)
        return wrong_value(reading, row, value);
    str *label = arena_array(reading->arena, str, value->count);
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml *item = value->item[i];
        if (item->kind == YAML_LIST || item->kind == YAML_MAPPING ||
            str_trim(item->text).n == 0)
            return wrong_value(reading, row, item);
        label[i] = str_trim(item->text);
        str lower = text_lower(reading->arena, label[i]);
        for (size_t j = 0; j < i; j++)
            if (str_equal(lower, text_lower(reading->arena, label[j])))
                return mistake_add(reading->mistakes, item->place,
                                   "label '%.*s' is there twice (case does not matter)",
                                   STR_ARG(text_shorten(reading->arena, label[i], 60)));
    }
    transform->label = label;
    transform->labels = value->count;
    return 0;
}

static int read_one(const struct reading *reading, const struct yaml *yaml,
                    struct transform *transform)
{
    bool word = yaml->kind == YAML_TEXT;
    if (!word && (yaml->kind != YAML_MAPPING || yaml->count != 1))
        return mistake_add(reading->mistakes, yaml->place,
                           "a transform is %s; expected a word such as trim, or a mapping with "
                           "one key such as {tag: answer}",
                           yaml->kind == YAML_MAPPING ? "a mapping with several keys or none"
                                                      : yaml_kind_name(yaml));
    str name = word ? yaml->text : yaml->pair[0].key;
    struct place place = word ? yaml->place : yaml->pair[0].key_place;
    if (find_row(reading, name, place, &transform->kind) < 0)
        return -1;
    const struct row *row = &rows[transform->kind];
    if (word == (row->takes != NULL))
        return word ? mistake_add(reading->mistakes, place,
                                  "transform '%s' lacks a value; "
                                  "expected %s",
                                  row->name, row->takes)
                    : mistake_add(reading->mistakes, place,
                                  "transform '%s' takes no value; "
                                  "expected the word alone",
                                  row->name);
    if (word)
        return 0;
    const struct yaml *value = yaml->pair[0].value;
    if (transform->kind == TRANSFORM_TAG)
        return read_tag(reading, row, value, transform);
    if (transform->kind == TRANSFORM_CAPTURE)
        return read_capture(reading, row, value, transform);
    return read_labels(reading, row, value, transform);
}

int transform_read(struct arena *arena, struct mistakes *mistakes, const struct yaml *list,
                   const struct transform **transform, size_t *count)
{
    struct reading reading = {arena, mistakes};
    if (!yaml_is(list, YAML_LIST))
        return mistake_add(mistakes, list->place,
                           "transform is %s; expected a list, such as [trim, lower]",
                           yaml_kind_name(list));
    struct transform *made = arena_array(arena, struct transform, list->count + 1);
    int result = 0;
    for (size_t i = 0; i < list->count; i++)
        result |= read_one(&reading, list->item[i], &made[i]);
    *transform = made;
    *count = list->count;
    return result;
}

/* ---- kinds of characters ---- */

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t c, const struct range *range)
{
    for (; range->last; range++)
        if (c >= range->first && c <= range->last)
            return true;
    return false;
}

bool is_punctuation(uint32_t c)
{
    /* Unicode's general categories P and S, by block, as far as answers use them. */
    static const struct range ranges[] = {
        {0x21, 0x2f},     {0x3a, 0x40},     {0x5b, 0x60},     {0x7b, 0x7e},
        {0xa1, 0xa1},     {0xa7, 0xa7},     {0xab, 0xab},     {0xb6, 0xb7},
        {0xbb, 0xbb},     {0xbf, 0xbf},     {0x2010, 0x2027}, {0x2030, 0x205e},
        {0x2e00, 0x2e5d}, {0x3001, 0x3003}, {0x3008, 0x3011}, {0x3014, 0x301f},
        {0xfe10, 0xfe19}, {0xfe30, 0xfe6b}, {0xff01, 0xff0f}, {0xff1a, 0xff20},
        {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0, 0},
    };
    return in_ranges(c, ranges);
}

bool is_word(uint32_t c)
{
    static const struct range blanks[] = {{0x80, 0xa0},     {0x2000, 0x200f}, {0x2028, 0x202f},
                                          {0x205f, 0x206f}, {0x3000, 0x3000}, {0, 0}};
    if (c < 0x80)
        return c == '_' || char_is_alnum((char)c);
    return !is_punctuation(c) && !in_ranges(c, blanks);
}

uint32_t char_after(str text, size_t at)
{
    size_t length;
    return at < text.n ? utf8_decode(text, at, &length) : 0;
}

uint32_t char_before(str text, size_t at)
{
    size_t from = at;
    while (from > 0 && at - from < 4) {
        from--;
        if (((unsigned char)text.p[from] & 0xc0) != 0x80)
            break;
    }
    return from < at ? char_after(text, from) : 0;
}

/* ---- applying ---- */

static str no_punctuation(struct arena *arena, str text)
{
    char *kept = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t at = 0, length; at < text.n; at += length)
        if (!is_punctuation(utf8_decode(text, at, &length))) {
            memcpy(kept + n, text.p + at, length);
            n += length;
        }
    return (str){kept, n};
}

/* The first or last line that is not blank, without blanks at its ends. */
static str edge_line(str text, bool last)
{
    text = str_trim(text);
    const char *hit = text.n == 0 ? NULL
                      : last      ? memrchr(text.p, '\n', text.n)
                                  : memchr(text.p, '\n', text.n);
    if (!hit)
        return text;
    size_t at = (size_t)(hit - text.p);
    return str_trim(last ? str_sub(text, at + 1, text.n) : str_sub(text, 0, at));
}

/* The first group of the match, or all of it when the pattern has no groups. */
static const json *capture(struct arena *arena, const struct regex *regex, str text)
{
    struct regex_group *group;
    size_t count;
    if (regex_match(regex, arena, text, &group, &count) != REGEX_YES)
        return NULL;
    const struct regex_group *wanted = &group[count > 1];
    return wanted->set ? json_new_text(arena, wanted->text) : NULL;
}

static const json *apply_one(struct arena *arena, const struct transform *transform, str text)
{
    str line;
    const str *label;
    switch (transform->kind) {
    case TRANSFORM_TRIM:
        return json_new_text(arena, str_trim(text));
    case TRANSFORM_LOWER:
        return json_new_text(arena, text_lower(arena, text));
    case TRANSFORM_SQUEEZE:
        return json_new_text(arena, text_squeeze(arena, text));
    case TRANSFORM_NO_PUNCTUATION:
        return json_new_text(arena, no_punctuation(arena, text));
    case TRANSFORM_NUMBER:
        return find_number(arena, text);
    case TRANSFORM_LETTER:
        return find_letter(arena, text);
    case TRANSFORM_JSON:
        return find_json(arena, text);
    case TRANSFORM_FIRST_LINE:
    case TRANSFORM_LAST_LINE:
        line = edge_line(text, transform->kind == TRANSFORM_LAST_LINE);
        return line.n ? json_new_text(arena, line) : NULL;
    case TRANSFORM_TAG:
        return find_tag(arena, text, transform->name);
    case TRANSFORM_CAPTURE:
        return capture(arena, transform->regex, text);
    case TRANSFORM_LABEL:
        label = label_find(text, transform->label, transform->labels);
        return label ? json_new_text(arena, *label) : NULL;
    }
    return NULL;
}

const json *transform_apply(struct arena *arena, const struct transform *transform,
                            size_t count, const json *value)
{
    for (size_t i = 0; i < count; i++)
        if (json_is(value, JSON_TEXT))
            value = apply_one(arena, &transform[i], json_text(value));
    return value ? value : json_null();
}
