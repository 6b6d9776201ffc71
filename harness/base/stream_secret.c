/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream_secret.c: see stream_secret.h.
 *
 * The JSON is not parsed but looked through: a stream may break off anywhere, and what is no JSON must
 * not hide what comes behind it. Each text is put behind those of its place, unescaped, and only where
 * a secret is found in one is it worked out again which bytes of the body that is. Time and memory are
 * in proportion to the body.
 */
#include "base/stream_secret.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

enum {
    DEPTH_MOST = 64, /* deeper texts belong to the last one known */
    PROBES = 64
};

static const str mark = STR_INIT("[secret]");

/* What is between the quotes of a text that is a value. */
struct piece {
    size_t from, to;   /* in the body */
    uint64_t place;    /* hash of names and indexes */
    size_t next;       /* of the same place; 0: none */
    size_t text_start; /* in that place's text */
};

struct frame {
    uint64_t path;  /* of names from the root */
    uint64_t index; /* sum over members named like an index */
    size_t pieces;  /* when it began */
    bool is_object;
};

struct scan {
    str body;
    struct piece *piece; /* the first is none */
    size_t pieces, room;
    struct frame frame[DEPTH_MOST];
    size_t depth;
    uint64_t name; /* of the member whose value comes */
    bool is_index; /* it is named like one */
    bool wants_name;
};

/* ---- looking through the body ---- */

static void add_piece(struct scan *s, size_t from, size_t to)
{
    if (s->pieces == s->room) {
        s->room = s->room ? 2 * s->room : 256;
        s->piece = xrealloc(s->piece, s->room * sizeof *s->piece);
    }
    const struct frame *top = &s->frame[s->depth];
    s->piece[s->pieces++] = (struct piece){
        .from = from, .to = to, .place = top->path * 31 + (top->is_object ? s->name : 1)};
}

static void open_frame(struct scan *s, bool is_object)
{
    const struct frame *top = &s->frame[s->depth];
    uint64_t path = top->path * 31 + (top->is_object ? s->name : 1);
    if (s->depth + 1 < DEPTH_MOST)
        s->depth++;
    s->frame[s->depth] =
        (struct frame){.path = path, .pieces = s->pieces, .is_object = is_object};
    s->wants_name = is_object;
}

static void close_frame(struct scan *s)
{
    const struct frame *top = &s->frame[s->depth];
    for (size_t i = top->pieces; top->index && i < s->pieces; i++)
        s->piece[i].place += top->index;
    if (s->depth > 0)
        s->depth--;
    s->wants_name = false;
}

/* What is open when an event ends was broken off. */
static void end_event(struct scan *s)
{
    while (s->depth > 0)
        close_frame(s);
    close_frame(s);
    s->frame[0] = (struct frame){.pieces = s->pieces};
    s->name = 0;
    s->wants_name = false;
}

/* From behind the opening quote: where the closing one stands, or the end. */
static size_t text_end(str body, size_t at, size_t end)
{
    size_t quote = 0; /* the next one from `at` on, looked for once for all escapes before it */
    for (;;) {
        if (quote < at) {
            const char *found = memchr(body.p + at, '"', end - at);
            quote = found ? (size_t)(found - body.p) : end;
        }
        const char *slash = memchr(body.p + at, '\\', quote - at);
        if (!slash)
            return quote;
        at = (size_t)(slash - body.p) + 2;
        if (at >= end)
            return end;
    }
}

static void take_text(struct scan *s, size_t from, size_t to)
{
    if (!s->wants_name) {
        if (to > from)
            add_piece(s, from, to);
        return;
    }
    str name = str_sub(s->body, from, to);
    s->name = hash_quick(name);
    s->is_index = str_ends_with(name, STR("index"));
    s->wants_name = false;
}

static void take_number(struct scan *s, size_t at, size_t end)
{
    size_t from = at;
    while (at < end && char_is_digit(s->body.p[at]))
        at++;
    s->frame[s->depth].index += s->name * 31 + hash_quick(str_sub(s->body, from, at));
}

/* A line, or what is behind "data:" of one. */
static void scan_json(struct scan *s, size_t at, size_t end)
{
    while (at < end) {
        char c = s->body.p[at];
        if (c == '"') {
            size_t to = text_end(s->body, at + 1, end);
            take_text(s, at + 1, to);
            at = to;
        } else if (c == '{' || c == '[') {
            open_frame(s, c == '{');
        } else if (c == '}' || c == ']') {
            close_frame(s);
        } else if (c == ',') {
            s->wants_name = s->frame[s->depth].is_object;
        } else if (c == ':' && s->is_index && at + 1 < end) {
            while (at + 1 < end && s->body.p[at + 1] == ' ')
                at++;
            take_number(s, at + 1, end);
        }
        at++;
    }
}

static void scan_line(struct scan *s, size_t from, size_t to)
{
    str line = str_sub(s->body, from, to);
    if (line.n == 0) {
        end_event(s);
    } else if (str_starts_with(line, STR("data:"))) {
        scan_json(s, from + 5, to);
    } else if (line.p[0] == '{' || line.p[0] == '[' || line.p[0] == '\x1e') {
        scan_json(s, from, to);
        end_event(s);
    }
}

static void scan_body(struct scan *s)
{
    size_t from = 0;
    s->pieces = 0;
    add_piece(s, 0, 0);
    s->frame[0].pieces = 1;
    while (from < s->body.n) {
        const char *feed = memchr(s->body.p + from, '\n', s->body.n - from);
        size_t end = feed ? (size_t)(feed - s->body.p) : s->body.n, to = end;
        if (to > from && s->body.p[to - 1] == '\r')
            to--;
        /* lines may also end in CR alone, which JSON escapes in texts */
        for (const char *cr; (cr = memchr(s->body.p + from, '\r', to - from)) != NULL;) {
            scan_line(s, from, (size_t)(cr - s->body.p));
            from = (size_t)(cr - s->body.p) + 1;
        }
        scan_line(s, from, to);
        from = end + 1;
    }
    end_event(s);
}

/* ---- texts of one place ---- */

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* What the next character, escaped or not, comes to; returns its bytes in the body. Of a surrogate pair
 * each half is a step: no key has one. */
static size_t unescape(str body, size_t at, size_t end, char out[4], size_t *n)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    out[0] = body.p[at];
    *n = 1;
    if (body.p[at] != '\\' || at + 1 >= end)
        return 1;
    char c = body.p[at + 1];
    const char *found = c ? strchr(from, c) : NULL;
    if (c != 'u') {
        out[0] = found ? to[found - from] : c;
        return 2;
    }
    uint32_t code = 0;
    size_t digits = 0;
    for (; digits < 4 && at + 2 + digits < end; digits++) {
        int value = hex_value(body.p[at + 2 + digits]);
        if (value < 0)
            break;
        code = code * 16 + (uint32_t)value;
    }
    if (digits < 4) /* broken off or no escape */
        return 2;
    *n = utf8_encode(code, out);
    return 6;
}

static void add_text(struct buf *text, str body, const struct piece *piece)
{
    str raw = str_sub(body, piece->from, piece->to);
    if (!memchr(raw.p, '\\', raw.n)) {
        buf_add_str(text, raw);
        return;
    }
    for (size_t at = piece->from; at < piece->to;) {
        char out[4];
        size_t n;
        at += unescape(body, at, piece->to, out, &n);
        buf_add(text, out, n);
    }
}

/* Where a piece was left, in the body and in its place's text: hits come in their order, so that none
 * begins again. */
struct reached {
    size_t at, text;
};

struct found {
    struct stream_cut *cut;
    size_t count, room;
    struct reached reached; /* of the piece looked at last; at 0: none */
};

/* The bytes of [from, to) of a place's text that this piece has. */
static void cut_piece(struct found *found, const struct scan *s, const struct piece *piece,
                      size_t from, size_t to, bool *first)
{
    bool again = found->reached.at > piece->from && found->reached.at <= piece->to;
    size_t at = again ? found->reached.at : piece->from;
    size_t text = again ? found->reached.text : piece->text_start, begin = SIZE_MAX, end = 0;
    while (at < piece->to && text < to) {
        char out[4];
        size_t n, bytes = unescape(s->body, at, piece->to, out, &n);
        if (text + n > from) {
            begin = begin == SIZE_MAX ? at : begin;
            end = at + bytes;
        }
        text += n;
        at += bytes;
    }
    found->reached = (struct reached){at, text};
    if (begin == SIZE_MAX)
        return;
    if (found->count == found->room) {
        found->room = found->room ? 2 * found->room : 16;
        found->cut = xrealloc(found->cut, found->room * sizeof *found->cut);
    }
    found->cut[found->count++] =
        (struct stream_cut){begin, end < piece->to ? end : piece->to, *first};
    *first = false;
}

/* Names and types stand in each event, and come to no text. */
static bool is_constant(const struct scan *s, size_t first)
{
    const struct piece *a = &s->piece[first];
    str text = str_sub(s->body, a->from, a->to);
    size_t i = a->next;
    while (i && str_equal(str_sub(s->body, s->piece[i].from, s->piece[i].to), text))
        i = s->piece[i].next;
    return !i;
}

static void search_place(struct scan *s, size_t first, struct buf *text,
                         stream_secret_find *find, void *arg, struct found *found)
{
    const struct piece *only = s->piece[first].next ? NULL : &s->piece[first];
    if (only ? !memchr(s->body.p + only->from, '\\', only->to - only->from)
             : is_constant(s, first))
        return;
    buf_clear(text);
    for (size_t i = first; i; i = s->piece[i].next) {
        s->piece[i].text_start = text->n;
        add_text(text, s->body, &s->piece[i]);
    }
    size_t from = 0, length = 0, piece = first;
    found->reached = (struct reached){0};
    for (ptrdiff_t hit; (hit = find(arg, buf_str(text), from, &length)) >= 0;) {
        size_t at = (size_t)hit;
        bool is_first = true;
        from = at + length;
        while (s->piece[piece].next && s->piece[s->piece[piece].next].text_start <= at)
            piece = s->piece[piece].next;
        for (size_t i = piece; i && s->piece[i].text_start < from; i = s->piece[i].next)
            cut_piece(found, s, &s->piece[i], at, from, &is_first);
    }
}

/* Pieces of each place in a chain. Places that were chosen to collide stay by themselves: who does that has
 * the key already. Returns how many places there are; `head` has their first. */
static size_t chain(struct scan *s, size_t *head)
{
    size_t slots = 16, heads = 0;
    while (slots < 2 * s->pieces)
        slots *= 2;
    size_t *slot = xcalloc(slots, sizeof *slot), *last = xcalloc(slots, sizeof *last);
    for (size_t i = 1; i < s->pieces; i++) {
        size_t at = (size_t)(s->piece[i].place * 0x9e3779b97f4a7c15U >> 20) & (slots - 1);
        size_t tries = 0;
        while (slot[at] && s->piece[slot[at]].place != s->piece[i].place && ++tries < PROBES)
            at = (at + 1) & (slots - 1);
        if (tries == PROBES)
            head[heads++] = i;
        else if (slot[at])
            s->piece[last[at]].next = i;
        else
            head[heads++] = slot[at] = i;
        last[at] = tries == PROBES ? last[at] : i;
    }
    xfree(slot);
    xfree(last);
    return heads;
}

static int compare_cuts(const void *left, const void *right)
{
    const struct stream_cut *a = left, *b = right;
    return (a->from > b->from) - (a->from < b->from);
}

/* In the places of these first pieces; gives the scan back. */
static size_t find_cuts(struct arena *arena, struct scan *s, const size_t *head, size_t heads,
                        stream_secret_find *find, void *arg, struct stream_cut **cuts)
{
    struct found found = {0};
    struct buf text = BUF(s->body.n + 1);
    for (size_t i = 0; i < heads; i++)
        search_place(s, head ? head[i] : i + 1, &text, find, arg, &found);
    if (found.count)
        qsort(found.cut, found.count, sizeof *found.cut, compare_cuts);
    *cuts = arena_array(arena, struct stream_cut, found.count + 1);
    for (size_t i = 0; i < found.count; i++)
        (*cuts)[i] = found.cut[i];
    buf_release(&text);
    xfree(found.cut);
    xfree(s->piece);
    return found.count;
}

size_t stream_secret_cuts(struct arena *arena, str body, stream_secret_find *find, void *arg,
                          struct stream_cut **cuts)
{
    struct scan s = {.body = body};
    scan_body(&s);
    size_t *head = xcalloc(s.pieces, sizeof *head), heads = chain(&s, head);
    size_t count = find_cuts(arena, &s, head, heads, find, arg, cuts);
    xfree(head);
    return count;
}

size_t escaped_secret_cuts(struct arena *arena, str body, stream_secret_find *find, void *arg,
                           struct stream_cut **cuts)
{
    struct scan s = {.body = body};
    *cuts = NULL;
    if (!memchr(body.n ? body.p : "", '\\', body.n))
        return 0;
    add_piece(&s, 0, 0);
    s.frame[0].pieces = 1;
    scan_json(&s, 0, body.n);
    return find_cuts(arena, &s, NULL, s.pieces - 1, find, arg, cuts);
}

/* ---- what the log knows ---- */

static ptrdiff_t find_known(void *arg, str text, size_t from, size_t *length)
{
    (void)arg;
    return secret_find(text, from, length);
}

static str redact(struct arena *arena, str body, const struct stream_cut *cut, size_t count)
{
    struct buf clean = {0};
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&clean, str_sub(body, from, cut[i].from));
        if (cut[i].first)
            buf_add_str(&clean, mark);
        from = cut[i].to;
    }
    if (count) {
        buf_add_str(&clean, str_sub(body, from, body.n));
        body = arena_str(arena, buf_str(&clean));
    }
    buf_release(&clean);
    return secret_redact(arena, body);
}

typedef size_t cuts_in(struct arena *arena, str body, stream_secret_find *find, void *arg,
                       struct stream_cut **cut);

static str redact_known(struct arena *arena, str body, cuts_in *cuts)
{
    struct stream_cut *cut;
    if (!secret_any())
        return body;
    size_t count = cuts(arena, body, find_known, NULL, &cut);
    return redact(arena, body, cut, count);
}

str stream_secret_redact(struct arena *arena, str body)
{
    return redact_known(arena, body, stream_secret_cuts);
}

str escaped_secret_redact(struct arena *arena, str body)
{
    return redact_known(arena, body, escaped_secret_cuts);
}
