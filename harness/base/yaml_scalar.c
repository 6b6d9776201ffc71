/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_scalar.c: what a scalar without quotes is, by the core schema (YAML 1.2.2, 10.3.2): null, a bool,
 * a number, or else a text. 'yes', 'on' and '1_000', which YAML 1.1 took for others, are texts.
 */
#include "base/yaml_inside.h"

#include <math.h>

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

void yaml_resolve_plain(struct yaml *node)
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
