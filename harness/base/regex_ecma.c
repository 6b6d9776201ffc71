/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * regex_ecma.c: rewrites a pattern of ECMA-262 for PCRE2 (see regex_ecma.h).
 *
 * The two agree on nearly all; rewritten is where they differ: \s and the dot (which line ends and
 * blanks count), \uXXXX with surrogate pairs, long names of properties, "[" inside a class, and
 * escapes of letters, which PCRE2 gives meanings of its own (\A, \Z, \h …) and ECMA-262 has not.
 * Groups that only PCRE2 knows are left to PCRE2: a pattern that works elsewhere in Python's or
 * Perl's way does here.
 */
#include "base/regex_ecma.h"

#include "base/text.h"

static bool wrong(struct ecma *ecma, const char *what)
{
    ecma->what = what;
    return false;
}

/* The byte `ahead` bytes on; NUL behind the end. */
static char peek(const struct ecma *ecma, size_t ahead)
{
    size_t at = ecma->at + ahead;
    return at < ecma->pattern.n ? ecma->pattern.p[at] : '\0';
}

static void copy(struct ecma *ecma, size_t bytes)
{
    buf_add_str(&ecma->out, str_sub(ecma->pattern, ecma->at, ecma->at + bytes));
    ecma->at += bytes;
}

/* ---- escapes ---- */

/* White space and line ends of ECMA-262, 12.2 and 12.3, and all else. They begin and end with an
 * escape, so that a "-" beside them is judged as beside \s itself: no range. */
#define SPACES                                                                                 \
    "\\s\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"      \
    "\\x{feff}\\s"
#define NOT_SPACES                                                                             \
    "\\w\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"        \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"             \
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}\\w"

static void put_class(struct ecma *ecma, bool in_class, str members)
{
    ecma->at += 2;
    if (!in_class)
        buf_add_char(&ecma->out, '[');
    buf_add_str(&ecma->out, members);
    if (!in_class)
        buf_add_char(&ecma->out, ']');
}

static int hex_value(char c)
{
    if (char_is_digit(c))
        return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `count` hexadecimal digits, `ahead` bytes on. */
static bool hex_digits(const struct ecma *ecma, size_t ahead, size_t count, uint32_t *code)
{
    *code = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = hex_value(peek(ecma, ahead + i));
        if (digit < 0)
            return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    return true;
}

static bool put_code(struct ecma *ecma, uint32_t code, size_t bytes)
{
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return wrong(ecma, "\\u names no character");
    buf_printf(&ecma->out, "\\x{%x}", (unsigned)code);
    ecma->at += bytes;
    return true;
}

static bool escape_unicode(struct ecma *ecma)
{
    uint32_t code, low;
    if (peek(ecma, 2) == '{') {
        size_t count = 0;
        while (count < 7 && hex_value(peek(ecma, 3 + count)) >= 0)
            count++;
        if (count == 0 || count == 7 || peek(ecma, 3 + count) != '}')
            return wrong(ecma, "expected \\u{…} with 1 to 6 hexadecimal digits");
        hex_digits(ecma, 3, count, &code);
        return put_code(ecma, code, 4 + count);
    }
    if (!hex_digits(ecma, 2, 4, &code))
        return wrong(ecma, "expected \\u with four hexadecimal digits");
    bool pair = code >= 0xd800 && code <= 0xdbff && peek(ecma, 6) == '\\' &&
                peek(ecma, 7) == 'u' && hex_digits(ecma, 8, 4, &low) && low >= 0xdc00 &&
                low <= 0xdfff;
    if (pair)
        return put_code(ecma, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), 12);
    return put_code(ecma, code, 6);
}

/* clang-format off */
static const struct { const char *longer, *shorter; } categories[] = {
    {"Cased_Letter", "L&"}, {"Close_Punctuation", "Pe"}, {"Combining_Mark", "M"},
    {"Connector_Punctuation", "Pc"}, {"Control", "Cc"}, {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"}, {"Decimal_Number", "Nd"}, {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"}, {"Format", "Cf"}, {"Initial_Punctuation", "Pi"},
    {"LC", "L&"}, {"Letter", "L"}, {"Letter_Number", "Nl"}, {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"}, {"Mark", "M"}, {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"}, {"Modifier_Symbol", "Sk"}, {"Nonspacing_Mark", "Mn"},
    {"Number", "N"}, {"Open_Punctuation", "Ps"}, {"Other", "C"}, {"Other_Letter", "Lo"},
    {"Other_Number", "No"}, {"Other_Punctuation", "Po"}, {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"}, {"Private_Use", "Co"}, {"Punctuation", "P"},
    {"Separator", "Z"}, {"Space_Separator", "Zs"}, {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"}, {"Symbol", "S"}, {"Titlecase_Letter", "Lt"}, {"Unassigned", "Cn"},
    {"Uppercase_Letter", "Lu"}, {"cntrl", "Cc"}, {"digit", "Nd"}, {"punct", "P"},
};
/* clang-format on */

/* \p{Letter}, \p{gc=Letter}, \p{Script=Greek}; PCRE2 knows the short names and the scripts. */
static bool escape_property(struct ecma *ecma)
{
    ptrdiff_t end = str_find(ecma->pattern, STR("}"), ecma->at);
    if (peek(ecma, 2) != '{' || end < 0)
        return wrong(ecma, "expected \\p{…} with the name of a property");
    str name = str_sub(ecma->pattern, ecma->at + 3, (size_t)end), key, value;
    if (str_cut(name, '=', &key, &value) &&
        (str_equal(key, STR("gc")) || str_equal(key, STR("General_Category"))))
        name = value;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (str_equal(name, str_from(categories[i].longer)))
            name = str_from(categories[i].shorter);
    buf_printf(&ecma->out, "\\%c{%.*s}", peek(ecma, 1), STR_ARG(name));
    ecma->at = (size_t)end + 1;
    return true;
}

static bool escape_reference(struct ecma *ecma, bool in_class)
{
    size_t count = 1;
    while (char_is_digit(peek(ecma, 1 + count)))
        count++;
    if (in_class)
        return wrong(ecma, "a class cannot refer to a group");
    buf_printf(&ecma->out, "\\g{%.*s}",
               STR_ARG(str_sub(ecma->pattern, ecma->at + 1, ecma->at + 1 + count)));
    ecma->at += 1 + count;
    return true;
}

static bool escape(struct ecma *ecma, bool in_class)
{
    uint32_t code;
    char c = peek(ecma, 1);
    switch (c) {
    case '\0':
        return wrong(ecma, "the pattern ends after '\\'");
    case 's':
        put_class(ecma, in_class, STR(SPACES));
        return true;
    case 'S':
        put_class(ecma, in_class, STR(NOT_SPACES));
        return true;
    case 'D': /* PCRE2's JIT up to 10.42 denies these of non-ASCII letters outside a class */
        put_class(ecma, in_class, STR("\\D"));
        return true;
    case 'W':
        put_class(ecma, in_class, STR("\\W"));
        return true;
    case 'v':
        return put_code(ecma, 0x0b, 2);
    case '0':
        if (char_is_digit(peek(ecma, 2)))
            return wrong(ecma, "expected \\0 without a digit behind it");
        return put_code(ecma, 0, 2);
    case 'x':
        if (!hex_digits(ecma, 2, 2, &code))
            return wrong(ecma, "expected \\x with two hexadecimal digits");
        return put_code(ecma, code, 4);
    case 'u':
        return escape_unicode(ecma);
    case 'p':
    case 'P':
        return escape_property(ecma);
    default:
        break;
    }
    if (c >= '1' && c <= '9')
        return escape_reference(ecma, in_class);
    if (char_is_alnum(c) && !strchr(in_class ? "dwbcfnrt" : "dwbBcfknrt", c))
        return wrong(ecma, "unknown escape of a letter");
    copy(ecma, 2);
    return true;
}

/* ---- the pattern ---- */

/* Reads from '[' to behind ']'. */
static bool put_whole_class(struct ecma *ecma)
{
    copy(ecma, peek(ecma, 1) == '^' ? 2 : 1);
    while (ecma->at < ecma->pattern.n) {
        char c = peek(ecma, 0);
        if (ecma->stop && ecma->out.n >= ecma->stop)
            return true;
        if (c == ']') {
            copy(ecma, 1);
            return true;
        }
        if (c == '\\') {
            if (!escape(ecma, true))
                return false;
            continue;
        }
        if (c == '[')
            buf_add_char(&ecma->out, '\\');
        copy(ecma, 1);
    }
    return wrong(ecma, "'[' is not closed");
}

bool ecma_translate(struct ecma *ecma)
{
    while (ecma->at < ecma->pattern.n && (!ecma->stop || ecma->out.n < ecma->stop)) {
        char c = peek(ecma, 0);
        if (c == '\\') {
            if (!escape(ecma, false))
                return false;
        } else if (c == '[') {
            if (!put_whole_class(ecma))
                return false;
        } else if (c == '.') {
            buf_add_str(&ecma->out, STR("[^\\n\\r\\x{2028}\\x{2029}]"));
            ecma->at++;
        } else if (c == '(' && peek(ecma, 1) == '*') {
            return wrong(ecma, "nothing to repeat");
        } else {
            copy(ecma, 1);
        }
    }
    return true;
}
