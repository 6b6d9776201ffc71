/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_text.c: checks that look at a text: what occurs in it, its words, how near it is.
 *
 * Bytes are compared as they are, but where a check says "without regard to case" (text_lower).
 * Words are what stands between ASCII white space, as everywhere in weir.
 */
#include "plan/check_parts.h"

#include "base/regex.h"
#include "base/text.h"

enum {
    /* Items that a reason lists by name. */
    LISTED_MAX = 5,
    /* Steps of one edit distance: 3,000 by 3,000 characters that differ, some 20 ms. */
    DISTANCE_STEPS = 10 * 1000 * 1000,
};

/* ---- what occurs ---- */

/* "is one of" a fixed number of ways to find `text` in the value. */
static void find_text(const struct check_subject *subject, struct check_result *result,
                      bool (*found)(str value, str text), bool lower, const char *verb)
{
    str value, text;
    if (!check_subject_text(subject, result, &value) ||
        !check_operand_text(subject, result, &text))
        return;
    bool yes = lower
                   ? found(text_lower(subject->arena, value), text_lower(subject->arena, text))
                   : found(value, text);
    if (yes) {
        check_yes(result);
        return;
    }
    str wanted = text_shown(subject->arena, text), shown = text_shown(subject->arena, value);
    check_no(subject, result, "%.*s does not %s %.*s", STR_ARG(shown), verb, STR_ARG(wanted));
}

void check_by_contains(const struct check_subject *subject, struct check_result *result)
{
    find_text(subject, result, str_contains, false, "contain");
}

void check_by_icontains(const struct check_subject *subject, struct check_result *result)
{
    find_text(subject, result, str_contains, true, "contain");
}

void check_by_starts_with(const struct check_subject *subject, struct check_result *result)
{
    find_text(subject, result, str_starts_with, false, "start with");
}

/* Looks for each text of the operand. Those that do not occur are named in `missing`. False when
 * the check has ended as unfit. */
static bool find_each(const struct check_subject *subject, struct check_result *result,
                      size_t *found, size_t *count, str *missing)
{
    str value;
    if (!check_subject_text(subject, result, &value))
        return false;
    if (!json_is(subject->operand, JSON_LIST)) {
        check_unfit(subject, result, "%s is %s; expected a list of texts", subject->name,
                    json_kind_name(json_kind(subject->operand)));
        return false;
    }
    struct check_subject one = *subject;
    struct buf list = {0};
    size_t absent = 0;
    *found = *count = 0;
    for (const json *item = json_first(subject->operand); item; item = json_next(item)) {
        str text;
        one.operand = item;
        if (!check_operand_text(&one, result, &text)) {
            buf_release(&list);
            return false;
        }
        ++*count;
        if (str_contains(value, text)) {
            ++*found;
        } else if (absent++ < LISTED_MAX) {
            str shown = text_shown(subject->arena, text);
            buf_printf(&list, "%s%.*s", absent > 1 ? ", " : "", STR_ARG(shown));
        }
    }
    if (absent > LISTED_MAX)
        buf_printf(&list, " and %zu more", absent - LISTED_MAX);
    *missing = arena_str(subject->arena, buf_str(&list));
    buf_release(&list);
    return true;
}

void check_by_contains_all(const struct check_subject *subject, struct check_result *result)
{
    size_t found, count;
    str missing;
    if (!find_each(subject, result, &found, &count, &missing))
        return;
    if (found == count)
        check_yes(result);
    else
        check_no(subject, result, "%zu of %zu do not occur: %.*s", count - found, count,
                 STR_ARG(missing));
}

void check_by_contains_any(const struct check_subject *subject, struct check_result *result)
{
    size_t found, count;
    str missing;
    if (!find_each(subject, result, &found, &count, &missing))
        return;
    if (found)
        check_yes(result);
    else
        check_no(subject, result, "none occurs of %.*s",
                 STR_ARG(missing.n ? missing : STR("an empty list")));
}

void check_by_regex(const struct check_subject *subject, struct check_result *result)
{
    str value;
    if (!check_subject_text(subject, result, &value))
        return;
    switch (regex_find(subject->fixed, value)) {
    case REGEX_YES:
        check_yes(result);
        break;
    case REGEX_NO:
        check_no(subject, result, "the pattern does not occur in %.*s",
                 STR_ARG(text_shown(subject->arena, value)));
        break;
    case REGEX_LIMIT:
        check_unfit(subject, result, "the pattern met its limit");
        break;
    }
}

/* ---- words ---- */

static size_t count_words(str text)
{
    size_t words = 0;
    bool inside = false;
    for (size_t i = 0; i < text.n; i++) {
        bool space = char_is_space(text.p[i]);
        words += !space && !inside;
        inside = !space;
    }
    return words;
}

static void bound_words(const struct check_subject *subject, struct check_result *result,
                        bool at_least)
{
    str value;
    double bound;
    if (!check_subject_text(subject, result, &value) ||
        !check_operand_number(subject, result, &bound))
        return;
    size_t words = count_words(value);
    if (at_least ? (double)words >= bound : (double)words <= bound)
        check_yes(result);
    else
        check_no(subject, result, "%zu word%s; expected at %s %.*s", words,
                 words == 1 ? "" : "s", at_least ? "least" : "most",
                 STR_ARG(number_shown(subject->arena, bound)));
}

void check_by_min_words(const struct check_subject *subject, struct check_result *result)
{
    bound_words(subject, result, true);
}

void check_by_max_words(const struct check_subject *subject, struct check_result *result)
{
    bound_words(subject, result, false);
}

void check_by_word_count(const struct check_subject *subject, struct check_result *result)
{
    const struct span_fixed *span = subject->fixed;
    str value;
    if (!check_subject_text(subject, result, &value))
        return;
    size_t words = count_words(value);
    bool few = span->min >= 0 && words < (size_t)span->min;
    bool many = span->max >= 0 && words > (size_t)span->max;
    if (!few && !many)
        check_yes(result);
    else
        check_no(subject, result, "%zu word%s; expected %s%lld", words, words == 1 ? "" : "s",
                 span->min == span->max ? ""
                 : few                  ? "at least "
                                        : "at most ",
                 (long long)(few ? span->min : span->max));
}

/* ---- nearness ---- */

static bool is_continuation(str text, size_t at)
{
    return at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80;
}

/* Cuts off what both texts begin and end with: the distance stays the same. */
static void cut_common_ends(str *a, str *b)
{
    size_t least = a->n < b->n ? a->n : b->n, n = 0;
    while (n < least && a->p[n] == b->p[n])
        n++;
    while (n > 0 && (is_continuation(*a, n) || is_continuation(*b, n)))
        n--;
    *a = str_sub(*a, n, a->n);
    *b = str_sub(*b, n, b->n);
    least = a->n < b->n ? a->n : b->n;
    n = 0;
    while (n < least && a->p[a->n - 1 - n] == b->p[b->n - 1 - n])
        n++;
    while (n > 0 && is_continuation(*a, a->n - n))
        n--;
    *a = str_sub(*a, 0, a->n - n);
    *b = str_sub(*b, 0, b->n - n);
}

void check_by_levenshtein(const struct check_subject *subject, struct check_result *result)
{
    str value, text;
    if (!check_subject_text(subject, result, &value) ||
        !check_operand_text(subject, result, &text))
        return;
    size_t length = utf8_count(value), other = utf8_count(text);
    size_t longer = length > other ? length : other;
    cut_common_ends(&value, &text);
    size_t rest = utf8_count(value), rest_other = utf8_count(text);
    if (rest_other && rest > DISTANCE_STEPS / rest_other) {
        check_unfit(subject, result,
                    "the texts are too long to compare: %zu by %zu characters differ", rest,
                    rest_other);
        return;
    }
    size_t distance = text_distance(value, text);
    double similarity = longer ? 1 - (double)distance / (double)longer : 1;
    check_grade(subject, result, similarity, "similarity %.3g: %zu edits in %zu characters",
                similarity, distance, longer);
}

/* ---- multiple choice ---- */

void check_by_choice(const struct check_subject *subject, struct check_result *result)
{
    static const struct transform letter = {.kind = TRANSFORM_LETTER};
    str value;
    if (!check_subject_text(subject, result, &value))
        return;
    const json *chosen = transform_apply(subject->arena, &letter, 1, subject->value);
    const json *right = transform_apply(subject->arena, &letter, 1, subject->operand);
    if (!json_is(right, JSON_TEXT)) {
        check_unfit(subject, result, "choice is %.*s, which is no letter",
                    STR_ARG(value_shown(subject->arena, subject->operand)));
    } else if (!json_is(chosen, JSON_TEXT)) {
        check_no(subject, result, "no single letter is chosen in %.*s",
                 STR_ARG(text_shown(subject->arena, value)));
    } else if (str_equal(json_text(chosen), json_text(right))) {
        check_yes(result);
    } else {
        check_no(subject, result, "chose %.*s; expected %.*s", STR_ARG(json_text(chosen)),
                 STR_ARG(json_text(right)));
    }
}
