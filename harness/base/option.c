/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option.c: mappings read by rows of struct opt (see option.h), and defaults.
 *
 * One value by one row is option_value.c's; the command line (option_argv.c) and the defaults go
 * through the same readers with a scalar made on the spot. What is printed from the rows is in
 * option_print.c (help, reference) and option_schema.c (JSON Schema).
 */
#include "base/option.h"

#include "base/text.h"

#include <assert.h>

static bool row_is_end(const struct opt *row)
{
    return row->type == OPT_TYPE_END;
}

const struct opt *opt_find(const struct opt *rows, str key)
{
    for (; rows && !row_is_end(rows); rows++)
        if (str_equal(str_from(rows->key), key))
            return rows;
    return NULL;
}

/* ---- defaults ---- */

/* A default is written as in a file; it becomes the scalar that the file would have held. */
static struct yaml scalar_of(const struct opt *row, str text)
{
    struct yaml scalar = {.kind = YAML_TEXT, .text = text};
    double number;
    bool numeric = row->type == OPT_TYPE_INT || row->type == OPT_TYPE_NUMBER ||
                   row->type == OPT_TYPE_SHARE || row->type == OPT_TYPE_USD;
    if (numeric && str_to_double(text, &number)) {
        scalar.kind = YAML_NUMBER;
        scalar.number = number;
    } else if (row->type == OPT_TYPE_BOOL &&
               (str_equal(text, STR("true")) || str_equal(text, STR("false")))) {
        scalar.kind = YAML_BOOL;
        scalar.boolean = text.n == 4;
    }
    return scalar;
}

void opt_defaults(const struct opt *rows, struct arena *arena, void *target)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    struct opt_parse parse = {arena, &mistakes, NULL};
    for (const struct opt *row = rows; row && !row_is_end(row); row++) {
        if (!row->fallback || row->type == OPT_TYPE_RAW || row->type == OPT_TYPE_CUSTOM)
            continue;
        struct opt plain = *row;
        plain.given = 0;
        struct yaml value = scalar_of(row, str_from(row->fallback));
        if (opt_parse_value(&parse, &plain, &value, target) < 0)
            BUG("the default '%s' of '%s' is not what its row takes", row->fallback, row->key);
    }
}

/* ---- mappings ---- */

enum { WORDS_MAX = 256 };

static void add_words(const struct opt *rows, str *words, size_t *count)
{
    for (; rows && !row_is_end(rows) && *count < WORDS_MAX; rows++)
        words[(*count)++] = str_from(rows->key);
}

static bool known_elsewhere(const struct opt_also *also, str key)
{
    if (!also)
        return false;
    for (size_t i = 0; i < also->table_count; i++)
        if (opt_find(also->tables[i], key))
            return true;
    for (size_t i = 0; i < also->key_count; i++)
        if (str_equal(also->keys[i], key))
            return true;
    return false;
}

/* "; expected it inside call", of a key that is known at another level; else empty. */
static str level_hint(struct arena *arena, const struct opt_also *also, str key)
{
    const struct opt_elsewhere *place = also ? also->elsewhere : NULL;
    for (; place && place->rows; place++)
        if (opt_find(place->rows, key))
            return arena_printf(arena, "; expected it %s", place->where);
    return (str){"", 0};
}

static int unknown_key(struct opt_parse *parse, const struct opt *rows,
                       const struct yaml_pair *pair, const char *where,
                       const struct opt_also *also)
{
    str words[WORDS_MAX];
    size_t count = 0;
    add_words(rows, words, &count);
    for (size_t i = 0; also && i < also->table_count; i++)
        add_words(also->tables[i], words, &count);
    for (size_t i = 0; also && i < also->key_count && count < WORDS_MAX; i++)
        words[count++] = also->keys[i];
    str hint = level_hint(parse->arena, also, pair->key);
    if (!hint.n)
        hint = mistake_hint(parse->arena, pair->key, words, count, true);
    str key = text_shorten(parse->arena, pair->key, 60);
    return mistake_add(parse->mistakes, pair->key_place, "unknown key '%.*s' in %s%.*s",
                       STR_ARG(key), where, STR_ARG(hint));
}

/* A required key that was misspelled is not missing as well. */
static bool is_misspelled(const struct opt *rows, const struct opt *row,
                          const struct yaml *mapping, const struct opt_also *also)
{
    str word = str_from(row->key);
    for (size_t i = 0; i < mapping->count; i++) {
        str key = mapping->pair[i].key;
        if (!opt_find(rows, key) && !known_elsewhere(also, key) &&
            text_nearest(key, &word, 1).n)
            return true;
    }
    return false;
}

static int check_required(struct opt_parse *parse, const struct opt *rows,
                          const struct yaml *mapping, const char *where,
                          const struct opt_also *also)
{
    int result = 0;
    for (const struct opt *row = rows; row && !row_is_end(row); row++) {
        if (!row->required || yaml_get(mapping, str_from(row->key)))
            continue;
        result = -1;
        if (is_misspelled(rows, row, mapping, also))
            continue;
        str wanted = opt_type_text(parse->arena, row);
        if (row->word &&
            strcmp(row->word, row->key) == 0) /* "expected a models" says nothing */
            mistake_add(parse->mistakes, mapping->place, "%s has no '%s'", where, row->key);
        else
            mistake_add(parse->mistakes, mapping->place, "%s has no '%s'; expected %.*s", where,
                        row->key, STR_ARG(wanted));
    }
    return result;
}

int opt_parse_mapping(struct opt_parse *parse, const struct opt *rows,
                      const struct yaml *mapping, const char *where,
                      const struct opt_also *also, void *target)
{
    if (mapping->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, mapping->place, "%s is %s; expected a mapping",
                           where, yaml_kind_name(mapping));
    int result = 0;
    for (size_t i = 0; i < mapping->count; i++) {
        const struct yaml_pair *pair = &mapping->pair[i];
        const struct opt *row = opt_find(rows, pair->key);
        if (row)
            result |= opt_parse_value(parse, row, pair->value, target);
        else if (!known_elsewhere(also, pair->key))
            result |= unknown_key(parse, rows, pair, where, also);
    }
    result |= check_required(parse, rows, mapping, where, also);
    return result ? -1 : 0;
}

int opt_parse_text(struct arena *arena, const struct opt *row, str text, const char *shown,
                   void *target, struct err *err)
{
    struct mistakes mistakes;
    mistakes_init(&mistakes, arena);
    struct opt_parse parse = {arena, &mistakes, NULL};
    struct yaml value = scalar_of(row, arena_str(arena, text));
    assert(row->type != OPT_TYPE_RAW && row->type != OPT_TYPE_CUSTOM);
    if (row->type == OPT_TYPE_TEXTS) {
        struct opt_texts *list = (struct opt_texts *)((char *)target + row->offset);
        str *grown = arena_grow(arena, list->text, list->count, list->count + 1, sizeof(str));
        grown[list->count] = value.text;
        *list = (struct opt_texts){grown, list->count + 1};
        return 0;
    }
    if (opt_parse_value(&parse, row, &value, target) == 0)
        return 0;
    str wanted = opt_type_text(arena, row);
    str seen = text_visible(arena, text_shorten(arena, text, 60));
    return err_set(err, ERR_INPUT, "%s is '%.*s'; expected %.*s", shown, STR_ARG(seen),
                   STR_ARG(wanted));
}
