/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option_value.c: one value by one row of struct opt (see option.h).
 *
 * Every type has one reader, which takes a YAML scalar, and one sentence that says what it takes; a value
 * that a reader refuses is told with that sentence.
 */
#include "base/option.h"

#include "base/text.h"

#include <math.h>

#define NANO_PER_DOLLAR INT64_C(1000000000)

/* ---- value parsers that stand alone ---- */

struct unit {
    const char *name;
    double factor;
};

/* A decimal number followed by one of the units, whole and in range of an int64_t. */
static bool parse_with_unit(str text, const struct unit *units, int64_t *value)
{
    size_t n = 0;
    while (n < text.n && (char_is_digit(text.p[n]) || text.p[n] == '.'))
        n++;
    double number;
    if (!str_to_double(str_sub(text, 0, n), &number))
        return false;
    for (; units->name; units++)
        if (str_equal(str_sub(text, n, text.n), str_from(units->name))) {
            double scaled = number * units->factor;
            if (scaled > 9e18)
                return false;
            *value = (int64_t)llround(scaled);
            return true;
        }
    return false;
}

bool parse_duration(str text, int64_t *ns)
{
    static const struct unit units[] = {{"ms", 1e6},   {"s", 1e9},  {"m", 60e9},
                                        {"h", 3600e9}, {"us", 1e3}, {NULL, 0}};
    return parse_with_unit(text, units, ns);
}

static bool parse_size(str text, int64_t *bytes)
{
    static const struct unit units[] = {
        {"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {NULL, 0}};
    return parse_with_unit(text, units, bytes);
}

/* By digits, not by way of a double: 0.000000001 is one nano-dollar and stays one. */
static bool parse_usd(str text, int64_t *nanousd)
{
    str whole, part;
    str_cut(text, '.', &whole, &part);
    int64_t dollars = 0, nano = 0;
    if (whole.n + part.n == 0 || part.n > 9 || whole.n > 9)
        return false;
    for (size_t i = 0; i < whole.n + 9; i++) {
        bool after = i >= whole.n;
        size_t at = after ? i - whole.n : i;
        char c = !after ? whole.p[at] : at < part.n ? part.p[at] : '0';
        if (!char_is_digit(c))
            return false;
        int64_t *sum = after ? &nano : &dollars;
        *sum = *sum * 10 + (c - '0');
    }
    *nanousd = dollars * NANO_PER_DOLLAR + nano;
    return true;
}

bool name_is_valid(str name)
{
    if (name.n == 0 || name.n > 64 || char_is_digit(name.p[0]))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && name.p[i] != '_')
            return false;
    return true;
}

/* ---- what a row takes, in words ---- */

static str choices_text(struct arena *arena, const struct opt *row)
{
    struct buf list = {0};
    for (size_t i = 0; row->choices[i]; i++)
        buf_printf(&list, "%s%s",
                   i == 0                ? ""
                   : row->choices[i + 1] ? ", "
                                         : " or ",
                   row->choices[i]);
    str text = arena_str(arena, buf_str(&list));
    buf_release(&list);
    return text;
}

static str range_text(struct arena *arena, const struct opt *row, const char *what)
{
    if (row->min == 0 && row->max == 0)
        return str_from(what);
    if (row->max == 0)
        return arena_printf(arena, "%s of at least %.16g", what, row->min);
    return arena_printf(arena, "%s from %.16g to %.16g", what, row->min, row->max);
}

/* "a node", "an item", "a list of paths", "checks" */
static str with_article(struct arena *arena, const char *word)
{
    if (str_ends_with(str_from(word), STR("s")) && !strchr(word, ' '))
        return str_from(word);
    return arena_printf(arena, "a%s %s", strchr("aeio", word[0]) ? "n" : "", word);
}

str opt_type_text(struct arena *arena, const struct opt *row)
{
    switch (row->type) {
    case OPT_TYPE_TEXT:
        return STR("a text");
    case OPT_TYPE_LABEL:
        return STR("a text of 1 to 100 characters");
    case OPT_TYPE_NAME:
        return STR("a name (letters, digits and _, not starting with a digit)");
    case OPT_TYPE_INT:
        return range_text(arena, row, "an integer");
    case OPT_TYPE_NUMBER:
        return range_text(arena, row, "a number");
    case OPT_TYPE_SHARE:
        return STR("a number from 0 to 1");
    case OPT_TYPE_BOOL:
        return STR("true or false");
    case OPT_TYPE_DURATION:
        return STR("a duration with a unit, such as 60s or 500ms");
    case OPT_TYPE_SIZE:
        return STR("a size with a unit, such as 64KB or 10MB");
    case OPT_TYPE_USD:
        return STR("an amount of dollars with at most nine decimals");
    case OPT_TYPE_CHOICE:
        return choices_text(arena, row);
    case OPT_TYPE_TEXTS:
        return STR("a list of texts");
    case OPT_TYPE_RAW:
    case OPT_TYPE_CUSTOM:
        return with_article(arena, row->word ? row->word : "value");
    case OPT_TYPE_END:
        break;
    }
    return STR("nothing");
}

/* ---- one value ---- */

static str shown_value(struct arena *arena, const struct yaml *value)
{
    if (value->kind == YAML_NUMBER || value->kind == YAML_BOOL)
        return arena_printf(arena, "the %s %.*s",
                            value->kind == YAML_NUMBER ? "number" : "bool",
                            STR_ARG(value->text));
    if (value->kind == YAML_TEXT) {
        str text = text_shorten(arena, value->text, 40);
        return arena_printf(arena, "'%.*s'", STR_ARG(text));
    }
    return str_from(yaml_kind_name(value));
}

/* Who writes 5% means 0.05. */
static str percent_hint(struct arena *arena, const struct opt *row, const struct yaml *value)
{
    double percent;
    bool is_share = row->type == OPT_TYPE_SHARE ||
                    (row->type == OPT_TYPE_NUMBER && row->max > 0 && row->max <= 1);
    if (!is_share || value->kind != YAML_TEXT || !str_ends_with(value->text, STR("%")) ||
        !str_to_double(str_trim(str_sub(value->text, 0, value->text.n - 1)), &percent) ||
        percent < 0 || percent > 100)
        return STR("");
    return arena_printf(arena, "; did you mean %.10g?", percent / 100);
}

static int refuse(struct opt_parse *parse, const struct opt *row, const struct yaml *value)
{
    str shown = shown_value(parse->arena, value);
    str wanted = opt_type_text(parse->arena, row);
    str hint = percent_hint(parse->arena, row, value);
    if (row->type == OPT_TYPE_CHOICE && value->kind == YAML_TEXT) {
        str word[64];
        size_t n = 0;
        for (; row->choices[n] && n < 64; n++)
            word[n] = str_from(row->choices[n]);
        hint = mistake_hint(parse->arena, value->text, word, n, false);
    }
    return mistake_add(parse->mistakes, value->place, "%s is %.*s; expected %.*s%.*s", row->key,
                       STR_ARG(shown), STR_ARG(wanted), STR_ARG(hint));
}

static bool in_range(const struct opt *row, double number)
{
    if (row->min == 0 && row->max == 0)
        return row->type != OPT_TYPE_INT || fabs(number) <= OPT_INT_MOST;
    return number >= row->min && (row->max == 0 ? true : number <= row->max);
}

static bool read_number(const struct opt *row, const struct yaml *value, void *field)
{
    if (value->kind != YAML_NUMBER || !in_range(row, value->number))
        return false;
    if (row->type == OPT_TYPE_INT) {
        if (value->number != floor(value->number))
            return false;
        *(int64_t *)field = (int64_t)value->number;
    } else {
        *(double *)field = value->number;
    }
    return true;
}

static bool read_text(const struct opt *row, const struct yaml *value, void *field)
{
    bool scalar =
        value->kind == YAML_TEXT || (row->type == OPT_TYPE_LABEL &&
                                     (value->kind == YAML_NUMBER || value->kind == YAML_BOOL));
    if (!scalar)
        return false;
    if (row->type == OPT_TYPE_NAME && !name_is_valid(value->text))
        return false;
    if (row->type == OPT_TYPE_LABEL && (value->text.n == 0 || utf8_count(value->text) > 100))
        return false;
    *(str *)field = value->text;
    return true;
}

static bool read_unit(const struct opt *row, const struct yaml *value, void *field)
{
    int64_t *number = field;
    if (row->type == OPT_TYPE_USD)
        return (value->kind == YAML_NUMBER || value->kind == YAML_TEXT) &&
               parse_usd(value->text, number);
    if (value->kind != YAML_TEXT)
        return false;
    return row->type == OPT_TYPE_SIZE ? parse_size(value->text, number)
                                      : parse_duration(value->text, number);
}

static bool read_choice(const struct opt *row, const struct yaml *value, void *field)
{
    if (value->kind != YAML_TEXT)
        return false;
    for (int i = 0; row->choices[i]; i++)
        if (str_equal(value->text, str_from(row->choices[i]))) {
            *(int *)field = i;
            return true;
        }
    return false;
}

static bool read_texts(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_LIST)
        return false;
    str *text = arena_array(parse->arena, str, value->count + 1);
    for (size_t i = 0; i < value->count; i++) {
        if (value->item[i]->kind != YAML_TEXT)
            return false;
        text[i] = value->item[i]->text;
    }
    *(struct opt_texts *)field = (struct opt_texts){text, value->count};
    return true;
}

int opt_parse_value(struct opt_parse *parse, const struct opt *row, const struct yaml *value,
                    void *target)
{
    void *field = (char *)target + row->offset;
    bool good = false;
    switch (row->type) {
    case OPT_TYPE_TEXT:
    case OPT_TYPE_LABEL:
    case OPT_TYPE_NAME:
        good = read_text(row, value, field);
        break;
    case OPT_TYPE_INT:
    case OPT_TYPE_NUMBER:
    case OPT_TYPE_SHARE:
        good = read_number(row, value, field);
        break;
    case OPT_TYPE_BOOL:
        good = value->kind == YAML_BOOL;
        if (good)
            *(bool *)field = value->boolean;
        break;
    case OPT_TYPE_DURATION:
    case OPT_TYPE_SIZE:
    case OPT_TYPE_USD:
        good = read_unit(row, value, field);
        break;
    case OPT_TYPE_CHOICE:
        good = read_choice(row, value, field);
        break;
    case OPT_TYPE_TEXTS:
        good = read_texts(parse, value, field);
        break;
    case OPT_TYPE_RAW:
        *(const struct yaml **)field = value;
        good = true;
        break;
    case OPT_TYPE_CUSTOM:
        if (row->custom(parse, value, field) < 0)
            return -1;
        good = true;
        break;
    case OPT_TYPE_END:
        BUG("option rows have no end");
    }
    if (!good)
        return refuse(parse, row, value);
    if (row->given)
        *((char *)target + row->given - 1) = true;
    return 0;
}
