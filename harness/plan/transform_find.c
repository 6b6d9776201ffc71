/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transform_find.c: finding a number, JSON, a tag's content or a label in what a model wrote.
 *
 * Each is one pass over the text, or a bounded number of them: the texts come from models and
 * may be megabytes of brackets. The choice of a letter has rules enough for a file of its own,
 * transform_letter.c.
 */
#include "plan/transform_parts.h"

#include "base/text.h"

/* ---- the last number ---- */

static size_t skip_digits(str text, size_t at)
{
    while (at < text.n && char_is_digit(text.p[at]))
        at++;
    return at;
}

static bool digits_at(str text, size_t at, size_t count)
{
    return skip_digits(str_sub(text, 0, at + count), at) == at + count && at + count <= text.n;
}

/* The end of digits in groups: 1,234,567. A comma counts only before exactly three digits. */
static size_t skip_groups(str text, size_t from)
{
    size_t at = skip_digits(text, from);
    if (at - from > 3)
        return at;
    while (at < text.n && text.p[at] == ',' && digits_at(text, at + 1, 3) &&
           !digits_at(text, at + 4, 1))
        at += 4;
    return at;
}

static size_t skip_exponent(str text, size_t at)
{
    if (at >= text.n || char_lower(text.p[at]) != 'e')
        return at;
    size_t digits = at + 1;
    if (digits < text.n && (text.p[digits] == '-' || text.p[digits] == '+'))
        digits++;
    size_t end = skip_digits(text, digits);
    return end > digits && !is_word(char_after(text, end)) ? end : at;
}

/* Is the sign before `at` a minus, and no hyphen or subtraction? */
static bool is_negative(str text, size_t at)
{
    uint32_t sign = char_before(text, at);
    if (sign != '-' && sign != 0x2212)
        return false;
    uint32_t before = char_before(text, at - (sign == '-' ? 1 : 3));
    return !is_word(before) && before != ')' && before != ']';
}

/* The number that begins at `from`, a digit or a point before one; *end is behind it. */
static bool number_at(str text, size_t from, size_t *end, double *number)
{
    size_t at = skip_groups(text, from);
    if (at < text.n && text.p[at] == '.' && digits_at(text, at + 1, 1))
        at = skip_digits(text, at + 1);
    at = skip_exponent(text, at);
    *end = at;
    char plain[64];
    size_t n = 0;
    for (size_t i = from; i < at && n < sizeof plain; i++)
        if (text.p[i] != ',')
            plain[n++] = text.p[i];
    if (n == sizeof plain || !str_to_double((str){plain, n}, number))
        return false;
    /* "$-5" and "-$5" are the same */
    if (is_negative(text, from) ||
        (char_before(text, from) == '$' && is_negative(text, from - 1)))
        *number = -*number;
    return true;
}

const json *find_number(struct arena *arena, str text)
{
    double last = 0, number;
    bool found = false;
    for (size_t at = 0; at < text.n;) {
        /* ".5" begins with its point; the second one of "1.2.3" is none */
        bool point = text.p[at] == '.' && digits_at(text, at + 1, 1) &&
                     !(at && char_is_digit(text.p[at - 1]));
        if (!point && !char_is_digit(text.p[at])) {
            at++;
            continue;
        }
        size_t end;
        if (number_at(text, at, &end, &number)) {
            last = number;
            found = true;
        }
        at = end;
    }
    return found ? json_new_number(arena, last) : NULL;
}

/* ---- JSON in prose ---- */

/* What stands between ``` (with a word such as "json" behind it) and the next ```. */
static bool next_fence(str text, size_t *at, str *content)
{
    ptrdiff_t open = str_find(text, STR("```"), *at);
    if (open < 0)
        return false;
    size_t from = (size_t)open + 3;
    while (from < text.n && char_is_alnum(text.p[from]))
        from++;
    ptrdiff_t close = str_find(text, STR("```"), from);
    size_t to = close < 0 ? text.n : (size_t)close;
    *content = str_sub(text, from, to);
    *at = close < 0 ? text.n : to + 3;
    return true;
}

/* The first object or list in prose. Each bracket may begin one, and a long text may have to be
 * read to its end to see that it does not: what is read in vain is limited to a multiple of the
 * text, so that megabytes of brackets cost no more than a second. */
static const json *json_in_prose(struct arena *arena, str text)
{
    size_t in_vain = 0, used;
    for (size_t at = 0; at < text.n && in_vain / 8 <= text.n; at++) {
        if (text.p[at] != '{' && text.p[at] != '[')
            continue;
        str rest = str_sub(text, at, text.n);
        const json *value = json_parse_prefix(arena, rest, &used);
        if (value)
            return value;
        struct json_error error = {0};
        json_parse(arena, rest, &error);
        in_vain += error.at;
    }
    return NULL;
}

const json *find_json(struct arena *arena, str text)
{
    const json *value = json_parse(arena, text, NULL);
    str content;
    for (size_t at = 0; !value && next_fence(text, &at, &content);)
        value = json_parse(arena, content, NULL);
    return value ? value : json_in_prose(arena, text);
}

/* ---- tags ---- */

/* The end of an opening tag NAME that begins at `at`, or 0: <answer>, <answer lang="en">. */
static size_t tag_end(str text, size_t at, str name)
{
    size_t behind = at + 1 + name.n;
    if (!str_equal_nocase(str_sub(text, at + 1, behind), name) || behind >= text.n)
        return 0;
    if (text.p[behind] == '>')
        return behind + 1;
    if (!char_is_space(text.p[behind]))
        return 0;
    /* attributes are short; a '<' inside means that this was no tag */
    for (size_t i = behind; i < text.n && i < behind + 1000 && text.p[i] != '<'; i++)
        if (text.p[i] == '>')
            return i + 1;
    return 0;
}

static bool closes_tag(str text, size_t at, str name)
{
    size_t from = at + 2, to = from + name.n;
    return to < text.n && text.p[at + 1] == '/' && text.p[to] == '>' &&
           str_equal_nocase(str_sub(text, from, to), name);
}

/* The innermost pair that is closed first: a name that is merely mentioned ("I answer in
 * <answer> tags: <answer>4</answer>") does not open one. */
const json *find_tag(struct arena *arena, str text, str name)
{
    size_t inside = 0;
    for (size_t at = 0; at < text.n; at++) {
        const char *hit = memchr(text.p + at, '<', text.n - at);
        if (!hit)
            break;
        at = (size_t)(hit - text.p);
        if (inside && closes_tag(text, at, name))
            return json_new_text(arena, str_trim(str_sub(text, inside, at)));
        size_t end = tag_end(text, at, name);
        if (end)
            inside = end;
    }
    return NULL;
}

/* ---- labels ---- */

static bool whole_words(str text, size_t from, size_t to)
{
    return !(is_word(char_after(text, from)) && is_word(char_before(text, from))) &&
           !(is_word(char_before(text, to)) && is_word(char_after(text, to)));
}

static bool stands_at(str text, str label, size_t at)
{
    return str_equal(str_sub(text, at, at + label.n), label) &&
           whole_words(text, at, at + label.n);
}

/* Is label `i`, which stands at `at`, part of a longer label that stands there? */
static bool is_covered(str text, const str *label, size_t labels, size_t i, size_t at)
{
    for (size_t j = 0; j < labels; j++) {
        if (label[j].n <= label[i].n)
            continue;
        ptrdiff_t offset = str_find(label[j], label[i], 0);
        for (; offset >= 0; offset = str_find(label[j], label[i], (size_t)offset + 1))
            if ((size_t)offset <= at && stands_at(text, label[j], at - (size_t)offset))
                return true;
    }
    return false;
}

static bool label_occurs(str text, const str *label, size_t labels, size_t i)
{
    if (label[i].n == 0)
        return false;
    ptrdiff_t hit = str_find(text, label[i], 0);
    for (; hit >= 0; hit = str_find(text, label[i], (size_t)hit + 1))
        if (whole_words(text, (size_t)hit, (size_t)hit + label[i].n) &&
            !is_covered(text, label, labels, i, (size_t)hit))
            return true;
    return false;
}

const str *label_find(str text, const str *label, size_t labels)
{
    struct arena arena = {0};
    str lower = text_lower(&arena, text);
    str *lower_label = arena_array(&arena, str, labels + 1);
    for (size_t i = 0; i < labels; i++)
        lower_label[i] = text_lower(&arena, str_trim(label[i]));
    const str *found = NULL;
    bool several = false;
    for (size_t i = 0; i < labels && !several; i++)
        if (label_occurs(lower, lower_label, labels, i)) {
            several = found != NULL;
            found = &label[i];
        }
    arena_release(&arena);
    return several ? NULL : found;
}

static bool is_wrapping(uint32_t c)
{
    return c == '\'' || c == '"' || c == '`' || c == '*' || c == 0xab || c == 0xbb ||
           (c >= 0x2018 && c <= 0x201f) || (c && c < 0x80 && char_is_space((char)c));
}

static str unwrap(str text)
{
    size_t length;
    while (text.n && is_wrapping(utf8_decode(text, 0, &length)))
        text = str_sub(text, length, text.n);
    for (uint32_t c; (c = char_before(text, text.n)) && is_wrapping(c);)
        text.n -= c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
    return text;
}

static str plain_label(struct arena *arena, str text)
{
    text = unwrap(text);
    if (text.n && text.p[text.n - 1] == '.')
        text = unwrap(str_sub(text, 0, text.n - 1));
    return text_lower(arena, text);
}

bool label_equal(struct arena *arena, str written, str label)
{
    return str_equal(plain_label(arena, written), plain_label(arena, label));
}
