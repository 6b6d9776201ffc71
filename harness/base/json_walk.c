/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_walk.c: a place in a JSON text that moves on (see json_walk.h). The grammar is
 * json_scan.c's.
 */
#include "base/json_walk.h"

#include "base/text.h"

struct json_walk json_walk_begin(str text)
{
    return (struct json_walk){.scan = {.text = text}};
}

static char peek(struct json_walk *walk)
{
    struct json_scan *scan = &walk->scan;
    json_scan_blank(scan);
    return !scan->what && scan->at < scan->text.n ? scan->text.p[scan->at] : '\0';
}

static bool enter(struct json_walk *walk, char open)
{
    if (peek(walk) != open)
        return false;
    walk->scan.at++;
    walk->first = true;
    return true;
}

bool json_walk_object(struct json_walk *walk)
{
    return enter(walk, '{');
}

bool json_walk_list(struct json_walk *walk)
{
    return enter(walk, '[');
}

/* Past the comma, or past the closing bracket: then, and when it is neither, false. */
static bool go_on(struct json_walk *walk, char close)
{
    char c = peek(walk);
    bool first = walk->first;
    walk->first = false;
    if (walk->scan.what)
        return false;
    if (c == close) {
        walk->scan.at++;
        return false;
    }
    if (first)
        return true;
    if (c != ',')
        return json_scan_fail(&walk->scan,
                              close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    walk->scan.at++;
    return true;
}

bool json_walk_member(struct json_walk *walk, str *key)
{
    if (!go_on(walk, '}'))
        return false;
    if (peek(walk) != '"')
        return json_scan_fail(&walk->scan, "expected a member name in quotes");
    str name = json_walk_value(walk);
    if (name.n == 0)
        return false;
    if (peek(walk) != ':')
        return json_scan_fail(&walk->scan, "expected ':' after a member name");
    walk->scan.at++;
    *key = str_sub(name, 1, name.n - 1);
    return true;
}

bool json_walk_item(struct json_walk *walk)
{
    return go_on(walk, ']');
}

str json_walk_value(struct json_walk *walk)
{
    struct json_scan *scan = &walk->scan;
    if (scan->what)
        return STR("");
    json_scan_blank(scan);
    size_t from = scan->at;
    return json_scan_value(scan) ? str_sub(scan->text, from, scan->at) : STR("");
}

bool json_walk_end(struct json_walk *walk)
{
    struct json_scan *scan = &walk->scan;
    if (scan->what)
        return false;
    json_scan_blank(scan);
    return scan->at == scan->text.n || json_scan_fail(scan, "something follows the JSON value");
}

/* ---- texts ---- */

static void add_code_point(struct buf *out, uint32_t code)
{
    char bytes[4];
    buf_add(out, bytes, utf8_encode(code, bytes));
}

/* What a \u escape at the beginning of `escape` stands for; returns its length. */
static size_t add_unicode(struct buf *out, str escape)
{
    unsigned code = json_scan_code(escape.p), low = 0;
    if (json_scan_is_high_half(code) && escape.n >= 12 && escape.p[6] == '\\' &&
        escape.p[7] == 'u')
        low = json_scan_code(escape.p + 6);
    if (low && json_scan_is_low_half(low)) {
        add_code_point(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
        return 12;
    }
    bool unfit = code == 0 || json_scan_is_high_half(code) || json_scan_is_low_half(code);
    add_code_point(out, unfit ? 0xfffd : code);
    return 6;
}

static size_t add_escape(struct buf *out, str escape)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (escape.p[1] == 'u')
        return add_unicode(out, escape);
    buf_add_char(out, bytes[strchr(names, escape.p[1]) - names]);
    return 2;
}

bool json_walk_text(str value, struct buf *out)
{
    if (value.n < 2 || value.p[0] != '"')
        return false;
    str rest = str_sub(value, 1, value.n - 1);
    while (rest.n) {
        const char *slash = memchr(rest.p, '\\', rest.n);
        size_t plain = slash ? (size_t)(slash - rest.p) : rest.n;
        buf_add(out, rest.p, plain);
        rest = str_sub(rest, plain, rest.n);
        if (slash)
            rest = str_sub(rest, add_escape(out, rest), rest.n);
    }
    return true;
}

bool json_walk_is_null(str value)
{
    return value.n == 4 && value.p[0] == 'n';
}
