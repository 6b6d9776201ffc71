/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_write.c: writing YAML (see yaml_write.h).
 *
 * A text is written plainly when it cannot be taken for anything else, as a literal block when
 * that shows it as it is, and between double quotes otherwise. The subset of YAML that this
 * makes is small on purpose: no anchors, no folding, no indentation indicators.
 */
#include "base/yaml_write.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

enum { DEPTH_MAX = 40, KEY_MAX = 500, PLAIN_MAX = 80, ROW_COLUMNS = 96 };

/* ---- texts ---- */

/* Words that YAML 1.1 or 1.2 reads as something else than a text. */
static bool is_taken_word(str text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal_nocase(text, str_from(words[i])))
            return true;
    return false;
}

static bool is_plain(str text)
{
    if (text.n == 0 || text.n > PLAIN_MAX || char_is_digit(text.p[0]) ||
        !(char_is_alnum(text.p[0]) || text.p[0] == '/') || text.p[text.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!char_is_alnum(text.p[i]) && !memchr(" _-./", text.p[i], 5))
            return false;
    return !is_taken_word(text);
}

/* Is the code point shown by every editor, and the same for every reader of YAML? */
static bool is_shown(uint32_t c)
{
    if (c < 0x20)
        return c == '\t' || c == '\n';
    return !(c >= 0x7f && c <= 0x9f) && c != 0xa0 && c != 0x2028 && c != 0x2029 &&
           c != 0xfeff && c != 0xfffe && c != 0xffff;
}

/* A block's indentation is that of its first line with anything on it, which must therefore not
 * begin with a blank; and blanks at the end of the text would not be seen. */
static bool is_block(str text)
{
    size_t first = 0, length;
    char last = text.p[text.n - 1];
    if (last == ' ' || last == '\t')
        return false;
    if (!memchr(text.p, '\n', text.n) && !memchr(text.p, '"', text.n) &&
        !memchr(text.p, '\\', text.n))
        return false;
    while (first < text.n && text.p[first] == '\n')
        first++;
    if (first == text.n || text.p[first] == ' ' || text.p[first] == '\t')
        return false;
    for (size_t at = 0; at < text.n; at += length)
        if (!is_shown(utf8_decode(text, at, &length)))
            return false;
    return true;
}

static void write_block(struct buf *out, str text, unsigned indent)
{
    size_t breaks = 0;
    while (breaks < text.n && text.p[text.n - 1 - breaks] == '\n')
        breaks++;
    buf_add_str(out, breaks == 0 ? STR(" |-\n") : breaks == 1 ? STR(" |\n") : STR(" |+\n"));
    str rest = str_sub(text, 0, text.n - (breaks > 0)), line;
    for (bool more = true; more;) {
        more = str_cut(rest, '\n', &line, &rest);
        if (line.n)
            buf_printf(out, "%*s", (int)indent, "");
        buf_add_str(out, line);
        buf_add_char(out, '\n');
    }
}

static void write_escape(struct buf *out, uint32_t c)
{
    static const char shorts[] = "\"\"\\\\\nn\tt\rr";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2)
        if ((uint32_t)shorts[i] == c) {
            buf_add_char(out, '\\');
            buf_add_char(out, shorts[i + 1]);
            return;
        }
    buf_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
}

static void write_quoted(struct buf *out, str text)
{
    buf_add_char(out, '"');
    for (size_t at = 0, length; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        if (c == '"' || c == '\\' || c == '\n' || c == '\t' || !is_shown(c))
            write_escape(out, c);
        else
            buf_add(out, text.p + at, length);
    }
    buf_add_char(out, '"');
}

void yaml_write_text(struct buf *out, str text, unsigned indent)
{
    if (text.n && is_block(text)) {
        write_block(out, text, indent);
        return;
    }
    buf_add_char(out, ' ');
    if (is_plain(text))
        buf_add_str(out, text);
    else
        write_quoted(out, text);
    buf_add_char(out, '\n');
}

void yaml_write_key(struct buf *out, str key, unsigned indent)
{
    buf_printf(out, "%*s", (int)indent, "");
    if (is_plain(key))
        buf_add_str(out, key);
    else
        write_quoted(out, key);
    buf_add_char(out, ':');
}

/* ---- values ---- */

static void write_items(struct buf *out, const json *value, unsigned indent,
                        enum yaml_order order, bool first_in_place);

static bool is_row(const json *list)
{
    for (const json *item = json_first(list); item; item = json_next(item))
        if (!json_is(item, JSON_NUMBER))
            return false;
    return true;
}

static void write_row(struct buf *out, const json *list, unsigned indent)
{
    size_t line = out->n;
    buf_add_str(out, STR(" ["));
    for (const json *item = json_first(list); item; item = json_next(item)) {
        json_write(out, item, JSON_COMPACT);
        if (!json_next(item))
            break;
        buf_add_char(out, ',');
        if (out->n - line > ROW_COLUMNS - indent) {
            line = out->n;
            buf_printf(out, "\n%*s", (int)indent, "");
        }
        buf_add_char(out, ' ');
    }
    buf_add_str(out, STR("]\n"));
}

void yaml_write(struct buf *out, const json *value, unsigned indent, enum yaml_order order)
{
    enum json_kind kind = json_kind(value);
    if (kind == JSON_TEXT) {
        yaml_write_text(out, json_text(value), indent ? indent : 1);
    } else if (kind != JSON_LIST && kind != JSON_OBJECT) {
        buf_add_char(out, ' ');
        json_write(out, value, JSON_COMPACT);
        buf_add_char(out, '\n');
    } else if (json_count(value) == 0) {
        buf_add_str(out, kind == JSON_LIST ? STR(" []\n") : STR(" {}\n"));
    } else if (kind == JSON_LIST && is_row(value)) {
        write_row(out, value, indent + 1);
    } else {
        buf_add_char(out, '\n');
        write_items(out, value, indent, order, false);
    }
}

static int by_key(const void *a, const void *b)
{
    return str_compare(json_key(*(const json *const *)a), json_key(*(const json *const *)b));
}

/* `first_in_place`: the first line's indentation has been written already. */
static void write_members(struct buf *out, const json *object, unsigned indent,
                          enum yaml_order order, bool first_in_place)
{
    size_t count = json_count(object), n = 0;
    const json **member = xcalloc(count, sizeof(const json *));
    for (const json *m = json_first(object); m; m = json_next(m))
        member[n++] = m;
    if (order == YAML_SORTED)
        qsort(member, count, sizeof(const json *), by_key);
    for (size_t i = 0; i < count; i++) {
        yaml_write_key(out, json_key(member[i]), i == 0 && first_in_place ? 0 : indent);
        yaml_write(out, member[i], indent + 2, order);
    }
    xfree((void *)member);
}

static void write_items(struct buf *out, const json *value, unsigned indent,
                        enum yaml_order order, bool first_in_place)
{
    if (json_is(value, JSON_OBJECT)) {
        write_members(out, value, indent, order, first_in_place);
        return;
    }
    for (const json *item = json_first(value); item; item = json_next(item)) {
        buf_printf(out, "%*s-", (int)indent, "");
        if (json_is(item, JSON_OBJECT) && json_count(item)) {
            buf_add_char(out, ' ');
            write_items(out, item, indent + 2, order, true);
        } else {
            yaml_write(out, item, indent + 2, order);
        }
    }
}

static bool is_writable_at(const json *value, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return false;
    if (json_is(value, JSON_LIST) || json_is(value, JSON_OBJECT))
        for (const json *part = json_first(value); part; part = json_next(part))
            if ((json_is(value, JSON_OBJECT) &&
                 (json_key(part).n > KEY_MAX || str_equal(json_key(part), STR("<<")))) ||
                !is_writable_at(part, depth + 1))
                return false;
    return true;
}

bool yaml_is_writable(const json *value)
{
    return is_writable_at(value, 1);
}
