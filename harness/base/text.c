/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.c: UTF-8, case, visible control characters, edit distance (see text.h).
 */
#include "base/text.h"

#include "base/buf.h"
#include "base/mem.h"

/* Length of the sequence that starts with this byte by its table in RFC 3629, 0 if none does. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

uint32_t utf8_decode(str text, size_t at, size_t *length)
{
    const unsigned char *p = (const unsigned char *)text.p + at;
    size_t n = sequence_length(p[0]);
    *length = 1;
    if (n == 0 || n > text.n - at)
        return 0xfffd;
    if (n == 1)
        return p[0];
    uint32_t code = p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0xfffd;
        code = code << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0xfffd;
    *length = n;
    return code;
}

size_t utf8_encode(uint32_t code, char bytes[4])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    bytes[0] = (char)(lead[n] | code);
    return n;
}

static bool is_replacement(str text, size_t at, size_t length)
{
    return length == 3 && memcmp(text.p + at, "\xef\xbf\xbd", 3) == 0;
}

ptrdiff_t utf8_invalid_at(str text)
{
    for (size_t at = 0, length; at < text.n; at += length) {
        length = 1;
        if ((unsigned char)text.p[at] < 0x80)
            continue;
        if (utf8_decode(text, at, &length) == 0xfffd && !is_replacement(text, at, length))
            return (ptrdiff_t)at;
    }
    return -1;
}

size_t utf8_count(str text)
{
    size_t count = 0;
    for (size_t at = 0, length; at < text.n; at += length, count++)
        utf8_decode(text, at, &length);
    return count;
}

static str keep(struct arena *arena, struct buf *buf)
{
    str kept = arena_str(arena, buf_str(buf));
    buf_release(buf);
    return kept;
}

static void add_code_point(struct buf *buf, uint32_t code)
{
    char bytes[4];
    buf_add(buf, bytes, utf8_encode(code, bytes));
}

str utf8_clean(struct arena *arena, str text)
{
    if (utf8_invalid_at(text) < 0)
        return text;
    struct buf clean = {0};
    for (size_t at = 0, length; at < text.n; at += length)
        add_code_point(&clean, utf8_decode(text, at, &length));
    return keep(arena, &clean);
}

/* Latin-1, Latin Extended-A, Greek and Cyrillic, by rule and not by locale, so that a result is
 * the same on every machine. */
static uint32_t lower_code_point(uint32_t c)
{
    if (c < 0x80)
        return (unsigned char)char_lower((char)c);
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
        (c >= 0x410 && c <= 0x42f))
        return c + 32;
    if (c >= 0x400 && c <= 0x40f)
        return c + 80;
    if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14a && c <= 0x177))
        return c | 1;
    if (((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) && (c & 1))
        return c + 1;
    return c == 0x178 ? 0xff : c;
}

str text_lower(struct arena *arena, str text)
{
    struct buf lower = {0};
    for (size_t at = 0, length; at < text.n; at += length)
        add_code_point(&lower, lower_code_point(utf8_decode(text, at, &length)));
    return keep(arena, &lower);
}

static uint32_t upper_code_point(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    if (c == 0x3c2) /* sigma at the end of a word */
        return 0x3a3;
    if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9) ||
        (c >= 0x430 && c <= 0x44f))
        return c - 32;
    if (c >= 0x450 && c <= 0x45f)
        return c - 80;
    if ((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14a && c <= 0x177))
        return c & ~UINT32_C(1);
    if (((c >= 0x13a && c <= 0x148) || (c >= 0x17a && c <= 0x17e)) && !(c & 1))
        return c - 1;
    return c == 0xff ? 0x178 : c;
}

str text_upper(struct arena *arena, str text)
{
    struct buf upper = {0};
    for (size_t at = 0, length; at < text.n; at += length)
        add_code_point(&upper, upper_code_point(utf8_decode(text, at, &length)));
    return keep(arena, &upper);
}

bool text_is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x2bff) &&
            !(c >= 0x3000 && c <= 0x303f) && c != 0xfffd);
}

str text_title(struct arena *arena, str text)
{
    struct buf title = {0};
    bool within = false;
    for (size_t at = 0, length; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        bool letter = text_is_letter(c) || (within && c == '\'');
        add_code_point(&title, letter && !within ? upper_code_point(c) : lower_code_point(c));
        within = letter;
    }
    return keep(arena, &title);
}

str text_lower_ascii(struct arena *arena, str text)
{
    char *copy = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        copy[i] = char_lower(text.p[i]);
    return (str){copy, text.n};
}

str text_squeeze(struct arena *arena, str text)
{
    text = str_trim(text);
    char *copy = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (!char_is_space(text.p[i]))
            copy[n++] = text.p[i];
        else if (n && copy[n - 1] != ' ')
            copy[n++] = ' ';
    }
    return (str){copy, n};
}

bool text_is_hidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || c == 0xfeff || c == 0xffa0 ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static void add_visible(struct buf *buf, uint32_t c, str raw)
{
    if (c == '\n')
        buf_add_str(buf, STR("\\n"));
    else if (c == '\t')
        buf_add_str(buf, STR("\\t"));
    else if (c == '\r')
        buf_add_str(buf, STR("\\r"));
    else if (c == 0x1b)
        buf_add_str(buf, STR("\\e"));
    else if (c == 0xfffd && raw.n == 1)
        buf_printf(buf, "\\x%02x", (unsigned char)raw.p[0]);
    else if (text_is_hidden(c))
        buf_printf(buf, c < 0x100 ? "\\x%02x" : "U+%04X", (unsigned)c);
    else
        buf_add_str(buf, raw);
}

str text_visible(struct arena *arena, str text)
{
    struct buf shown = {0};
    for (size_t at = 0, length; at < text.n; at += length) {
        uint32_t c = utf8_decode(text, at, &length);
        if (c == '#' && at > 0 && str_starts_with(str_sub(text, at - 1, text.n), STR("##[")))
            buf_add_str(&shown, STR("\\x23"));
        else
            add_visible(&shown, c, str_sub(text, at, at + length));
    }
    return keep(arena, &shown);
}

str text_shorten(struct arena *arena, str text, size_t columns)
{
    size_t at = 0, length, count = 0;
    for (; at < text.n && count + 1 < columns; at += length, count++)
        utf8_decode(text, at, &length);
    size_t kept = at;
    if (at < text.n) {
        utf8_decode(text, at, &length);
        at += length;
    }
    if (at >= text.n)
        return text;
    return arena_printf(arena, "%.*s…", STR_ARG(str_sub(text, 0, kept)));
}

static uint32_t *code_points(str text, size_t *count)
{
    uint32_t *codes = xmalloc((text.n + 1) * sizeof *codes);
    *count = 0;
    for (size_t at = 0, length; at < text.n; at += length)
        codes[(*count)++] = utf8_decode(text, at, &length);
    return codes;
}

size_t text_distance(str a, str b)
{
    size_t n, m;
    uint32_t *x = code_points(a, &n), *y = code_points(b, &m);
    size_t *row = xmalloc((m + 1) * sizeof *row);
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (x[i - 1] != y[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    size_t distance = row[m];
    xfree(row);
    xfree(x);
    xfree(y);
    return distance;
}

/* Levenshtein's, with two neighbours that changed places counted as one mistake and not as two
 * (optimal string alignment): of what fingers do to a word that is half of it. */
static size_t typing_distance(str a, str b)
{
    size_t n, m;
    uint32_t *x = code_points(a, &n), *y = code_points(b, &m);
    size_t *rows = xcalloc(3 * (m + 1), sizeof *rows);
    size_t *before = rows, *last = before + m + 1, *row = last + m + 1;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (x[i - 1] != y[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    size_t distance = row[m];
    xfree(rows);
    xfree(x);
    xfree(y);
    return distance;
}

str text_nearest(str word, const str *words, size_t count)
{
    str nearest = {"", 0};
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t longer = word.n > words[i].n ? word.n : words[i].n;
        if (longer > 200)
            continue;
        size_t distance = typing_distance(word, words[i]);
        bool alike = words[i].n == word.n && nearest.n != word.n;
        if (distance * 3 <= longer && (distance < best || (distance == best && alike))) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}

str text_list(struct arena *arena, const str *words, size_t count, size_t most)
{
    struct buf out = {0};
    for (size_t i = 0; i < count && i < most; i++)
        buf_printf(&out, "%s%.*s", i ? ", " : "", STR_ARG(words[i]));
    if (count > most)
        buf_add_str(&out, STR(", …"));
    str list = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return list;
}
