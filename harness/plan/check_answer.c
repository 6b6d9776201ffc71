/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_answer.c: the check that finds a short answer at the end of a long one, as Inspect's `match`
 * does: a number by its value, anything else by its text.
 */
#include "plan/check_parts.h"

#include "base/text.h"
#include "plan/transform_parts.h"

/* Without blanks and ASCII punctuation at both ends, in lower case. */
static str bare(struct arena *arena, str text)
{
    size_t from = 0, to = text.n;
    while (from < to && !char_is_alnum(text.p[from]) && !((unsigned char)text.p[from] & 0x80))
        from++;
    while (to > from && !char_is_alnum(text.p[to - 1]) &&
           !((unsigned char)text.p[to - 1] & 0x80))
        to--;
    return text_lower(arena, str_sub(text, from, to));
}

static void match_number(const struct check_subject *subject, struct check_result *result,
                         str value, double wanted)
{
    double number;
    const json *found = find_number(subject->arena, value);
    str shown = number_shown(subject->arena, wanted);
    if (!found || !value_number(found, &number))
        check_no(subject, result, "no number in %.*s; expected %.*s",
                 STR_ARG(text_shown(subject->arena, value)), STR_ARG(shown));
    else if (number >= wanted && number <= wanted)
        check_yes(result);
    else
        check_no(subject, result, "the last number is %.*s; expected %.*s",
                 STR_ARG(number_shown(subject->arena, number)), STR_ARG(shown));
}

/* "$1,234.50" and "50%" are numbers here, "12 monkeys" is a text. */
static bool is_number(struct arena *arena, str text, double *number)
{
    str plain = bare(arena, text);
    for (size_t i = 0; i < plain.n; i++)
        if (!char_is_digit(plain.p[i]) && !strchr(".,+-e", plain.p[i]))
            return false;
    const json *found = find_number(arena, text);
    return found && value_number(found, number);
}

void check_by_match(const struct check_subject *subject, struct check_result *result)
{
    struct arena *arena = subject->arena;
    str text, value = json_render(arena, subject->value);
    double wanted;
    if (!json_is(subject->value, JSON_NUMBER) && !check_subject_text(subject, result, &value))
        return;
    if (!check_operand_text(subject, result, &text))
        return;
    if (is_number(arena, text, &wanted)) {
        match_number(subject, result, value, wanted);
        return;
    }
    str given = bare(arena, value), end = bare(arena, text);
    if (end.n ? str_ends_with(given, end) : given.n == 0)
        check_yes(result);
    else
        check_no(subject, result, "%.*s does not end with %.*s",
                 STR_ARG(text_shown(arena, value)), STR_ARG(text_shown(arena, text)));
}
