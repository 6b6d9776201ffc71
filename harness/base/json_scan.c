/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_scan.c: the grammar of JSON (RFC 8259), depth, UTF-8 (see json_scan.h).
 *
 * cJSON is lenient (01, raw control characters, any bytes) and knows no limit that fits model
 * output. One pass over the text, without recursion, refuses all that before cJSON sees it.
 */
#include "base/json_scan.h"

#include "base/json.h"
#include "base/json_plain.h"
#include "base/text.h"

bool json_scan_fail(struct json_scan *scan, const char *what)
{
    if (!scan->what)
        scan->what = what;
    return false;
}

static char scan_peek(const struct json_scan *scan)
{
    return scan->at < scan->text.n ? scan->text.p[scan->at] : '\0';
}

void json_scan_blank(struct json_scan *scan)
{
    for (; scan->at < scan->text.n; scan->at++) {
        char c = scan->text.p[scan->at];
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
            return;
    }
}

static bool scan_digits(struct json_scan *scan)
{
    size_t from = scan->at;
    while (char_is_digit(scan_peek(scan)))
        scan->at++;
    return scan->at > from || json_scan_fail(scan, "a number lacks a digit");
}

static bool scan_number(struct json_scan *scan)
{
    size_t from = scan->at;
    if (scan_peek(scan) == '-')
        scan->at++;
    if (scan_peek(scan) == '0')
        scan->at++;
    else if (!scan_digits(scan))
        return false;
    if (scan_peek(scan) == '.') {
        scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    bool exponent = scan_peek(scan) == 'e' || scan_peek(scan) == 'E';
    if (exponent) {
        scan->at++;
        if (scan_peek(scan) == '+' || scan_peek(scan) == '-')
            scan->at++;
        if (!scan_digits(scan))
            return false;
    }
    /* cJSON copies at most 63 characters of a number */
    if (scan->at - from > 63) {
        scan->at = from;
        return json_scan_fail(scan, "a number has more than 63 characters");
    }
    double number;
    if (exponent && !str_to_double(str_sub(scan->text, from, scan->at), &number)) {
        scan->at = from;
        return json_scan_fail(scan, "a number is larger than 1.8e308");
    }
    return true;
}

static int hex_digit(char c)
{
    if (char_is_digit(c))
        return c - '0';
    char lower = char_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool scan_hex(struct json_scan *scan, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, scan->at++) {
        int digit = hex_digit(scan_peek(scan));
        if (digit < 0)
            return json_scan_fail(scan, "\\u lacks four hexadecimal digits");
        *code = *code << 4 | (unsigned)digit;
    }
    return true;
}

bool json_scan_is_high_half(unsigned code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

bool json_scan_is_low_half(unsigned code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* Half of a surrogate pair is grammatical (RFC 8259, 8.2) and models do send it; like NUL it is
 * replaced before cJSON sees it. */
static bool scan_escape(struct json_scan *scan)
{
    scan->at++;
    char c = scan_peek(scan);
    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return json_scan_fail(scan, "unknown escape in a text");
    scan->at++;
    if (c != 'u')
        return true;
    unsigned code, low;
    if (!scan_hex(scan, &code))
        return false;
    if (code == 0 || json_scan_is_low_half(code))
        scan->has_unfit = true;
    if (!json_scan_is_high_half(code))
        return true;
    struct json_scan ahead = *scan;
    ahead.at += 2;
    bool pair = str_starts_with(str_sub(scan->text, scan->at, scan->text.n), STR("\\u")) &&
                scan_hex(&ahead, &low) && json_scan_is_low_half(low);
    if (pair)
        scan->at = ahead.at;
    else
        scan->has_unfit = true;
    return true;
}

static bool scan_text(struct json_scan *scan)
{
    scan->at = json_plain_end(scan->text, scan->at + 1, JSON_PLAIN_ASCII);
    while (scan->at < scan->text.n) {
        unsigned char c = (unsigned char)scan->text.p[scan->at];
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c < 0x20)
            return json_scan_fail(scan, "a control character in a text");
        if (c == '\\') {
            if (!scan_escape(scan))
                return false;
            scan->at = json_plain_end(scan->text, scan->at, JSON_PLAIN_ASCII);
        } else if (c < 0x80) {
            scan->at = json_plain_end(scan->text, scan->at + 1, JSON_PLAIN_ASCII);
        } else {
            size_t length;
            if (utf8_decode(scan->text, scan->at, &length) == 0xfffd && length == 1)
                return json_scan_fail(scan, "invalid UTF-8");
            scan->at += length;
        }
    }
    return json_scan_fail(scan, "a text is not closed");
}

static bool scan_word(struct json_scan *scan, str word)
{
    if (!str_starts_with(str_sub(scan->text, scan->at, scan->text.n), word))
        return json_scan_fail(scan, "expected a JSON value");
    scan->at += word.n;
    return true;
}

static bool scan_scalar(struct json_scan *scan)
{
    char c = scan_peek(scan);
    if (c == '"')
        return scan_text(scan);
    if (c == '-' || char_is_digit(c))
        return scan_number(scan);
    if (c == 't')
        return scan_word(scan, STR("true"));
    if (c == 'f')
        return scan_word(scan, STR("false"));
    if (c == 'n')
        return scan_word(scan, STR("null"));
    return json_scan_fail(scan, scan->at < scan->text.n
                                    ? "expected a JSON value"
                                    : "the text ends where a value is expected");
}

static bool scan_key(struct json_scan *scan)
{
    json_scan_blank(scan);
    if (scan_peek(scan) != '"')
        return json_scan_fail(scan, "expected a member name in quotes");
    if (!scan_text(scan))
        return false;
    json_scan_blank(scan);
    if (scan_peek(scan) != ':')
        return json_scan_fail(scan, "expected ':' after a member name");
    scan->at++;
    return true;
}

/* Without recursion: nesting is only a stack of brackets. */
bool json_scan_value(struct json_scan *scan)
{
    char open[JSON_DEPTH_MAX];
    for (;;) {
        json_scan_blank(scan);
        char c = scan_peek(scan);
        if (c == '{' || c == '[') {
            if (scan->depth == JSON_DEPTH_MAX)
                return json_scan_fail(scan, "nested deeper than 128");
            open[scan->depth++] = c;
            scan->at++;
            json_scan_blank(scan);
            if (scan_peek(scan) != (c == '{' ? '}' : ']')) {
                if (c == '{' && !scan_key(scan))
                    return false;
                continue;
            }
        } else if (!scan_scalar(scan)) {
            return false;
        }
        for (;;) { /* after a value: close what ends here, go on after a comma */
            if (scan->depth == 0)
                return true;
            json_scan_blank(scan);
            char in = open[scan->depth - 1];
            char next = scan_peek(scan);
            if (next == (in == '{' ? '}' : ']')) {
                scan->depth--;
                scan->at++;
                continue;
            }
            if (next != ',')
                return json_scan_fail(scan, in == '{' ? "expected ',' or '}'"
                                                      : "expected ',' or ']'");
            scan->at++;
            if (in == '{' && !scan_key(scan))
                return false;
            break;
        }
    }
}

unsigned json_scan_code(const char *escape)
{
    unsigned code = 0;
    for (int i = 2; i < 6; i++)
        code = code << 4 | (unsigned)hex_digit(escape[i]);
    return code;
}

/* NUL and halves of surrogate pairs become \ufffd, which is as long as what it replaces. */
str json_without_unfit(struct arena *arena, str text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    memcpy(copy, text.p, text.n);
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (copy[i] != '\\')
            continue;
        i++; /* an escaped backslash is passed over whole */
        if (copy[i] != 'u')
            continue;
        unsigned code = json_scan_code(copy + i - 1);
        bool pair = json_scan_is_high_half(code) && text.n - i > 10 && copy[i + 5] == '\\' &&
                    copy[i + 6] == 'u' && json_scan_is_low_half(json_scan_code(copy + i + 5));
        if (pair)
            i += 10;
        else if (code == 0 || json_scan_is_high_half(code) || json_scan_is_low_half(code))
            memcpy(copy + i - 1, "\\ufffd", 6);
    }
    return (str){copy, text.n};
}
