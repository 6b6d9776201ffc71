/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_walk.c: a place in a JSON text that moves on (see json_walk.h). The grammar is
 * json_scan.c's.
 */
#include "base/json_walk.h"

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
        if (!slash)
            break;
        char bytes[4];
        size_t length;
        buf_add(out, bytes, json_scan_escape_bytes(rest, bytes, &length));
        rest = str_sub(rest, length, rest.n);
    }
    return true;
}

bool json_walk_is_null(str value)
{
    return value.n == 4 && value.p[0] == 'n';
}
