/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sse.c: lines, then fields, then events (see sse.h).
 *
 * Lines end in LF, CR or CRLF. Whether a CR is followed by its LF shows only with the next byte,
 * so a line ends at the CR, and an LF right behind it is passed over later. `id` and `retry` are
 * for clients that reconnect, which a request that is paid for must not.
 */
#include "llm/sse.h"

static const str byte_order_mark = STR_INIT("\xef\xbb\xbf");

/* False when more bytes are needed to tell. */
static bool begin(struct sse *sse, str bytes)
{
    size_t seen = bytes.n < byte_order_mark.n ? bytes.n : byte_order_mark.n;
    bool alike = memcmp(bytes.p, byte_order_mark.p, seen) == 0;
    if (alike && seen < byte_order_mark.n)
        return false;
    sse->at = sse->looked = sse->feed = alike ? byte_order_mark.n : 0;
    return sse->begun = true;
}

/* The next line, without its end: false when it is not whole yet. */
static bool take_line(struct sse *sse, str bytes, str *line)
{
    if (sse->after_cr && sse->at < bytes.n) {
        sse->at += bytes.p[sse->at] == '\n';
        sse->looked = sse->at;
        sse->feed = sse->feed < sse->at ? sse->at : sse->feed;
        sse->after_cr = false;
    }
    str ahead = str_sub(bytes, sse->feed, bytes.n);
    const char *feed = ahead.n ? memchr(ahead.p, '\n', ahead.n) : NULL;
    sse->feed = feed ? (size_t)(feed - bytes.p) : bytes.n;
    str rest = str_sub(bytes, sse->looked, sse->feed);
    const char *back = rest.n ? memchr(rest.p, '\r', rest.n) : NULL;
    sse->looked = back ? (size_t)(back - bytes.p) : sse->feed;
    if (!feed && !back)
        return false;
    *line = str_sub(bytes, sse->at, sse->looked);
    sse->after_cr = back != NULL;
    sse->at = ++sse->looked;
    if (sse->feed < sse->at)
        sse->feed = sse->at;
    return true;
}

static str value_of(str line, size_t name_length)
{
    str value = str_sub(line, name_length + 1, line.n);
    return str_starts_with(value, STR(" ")) ? str_sub(value, 1, value.n) : value;
}

static void add_data(struct sse *sse, str bytes, str value)
{
    if (sse->data_lines == 1) {
        buf_clear(&sse->join);
        buf_add_str(&sse->join, str_sub(bytes, sse->data, sse->data_end));
    }
    if (sse->data_lines++) {
        buf_add_char(&sse->join, '\n');
        buf_add_str(&sse->join, value);
        return;
    }
    sse->data = (size_t)(value.p - bytes.p);
    sse->data_end = sse->data + value.n;
}

static void take_field(struct sse *sse, str bytes, str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    size_t length = colon ? (size_t)(colon - line.p) : line.n;
    str name = str_sub(line, 0, length);
    if (length == 0) /* a comment */
        return;
    sse->in_event = true;
    if (str_equal(name, STR("data"))) {
        add_data(sse, bytes, value_of(line, length));
    } else if (str_equal(name, STR("event"))) {
        str value = value_of(line, length);
        sse->name = (size_t)(value.p - bytes.p);
        sse->name_end = sse->name + value.n;
    }
}

/* At a blank line: true when the lines before it make an event. */
static bool end_event(struct sse *sse, str bytes, struct sse_event *event)
{
    *event = (struct sse_event){
        .name = str_sub(bytes, sse->name, sse->name_end),
        .data = sse->data_lines > 1 ? buf_str(&sse->join)
                                    : str_sub(bytes, sse->data, sse->data_end),
        .in_place = sse->data_lines < 2,
        .end = sse->at,
    };
    sse->name = sse->name_end = sse->data = sse->data_end = sse->data_lines = 0;
    sse->in_event = false;
    return event->data.n > 0;
}

/* Nearly all events are one "data: …" line and a blank one, ended by line feeds. Where that is so
 * and nothing of it was looked at before, it is taken at once, at a third of the cost. */
static bool take_plain(struct sse *sse, str bytes, struct sse_event *event)
{
    static const str field = STR_INIT("data: ");
    if (sse->in_event || sse->after_cr || sse->looked != sse->at || sse->feed != sse->at)
        return false;
    str rest = str_sub(bytes, sse->at, bytes.n);
    if (!str_starts_with(rest, field))
        return false;
    const char *feed = memchr(rest.p, '\n', rest.n);
    size_t n = feed ? (size_t)(feed - rest.p) : 0;
    if (n <= field.n || n + 1 == rest.n || rest.p[n + 1] != '\n' || memchr(rest.p, '\r', n))
        return false;
    sse->at = sse->looked = sse->feed = sse->at + n + 2;
    *event = (struct sse_event){
        .name = STR(""), .data = str_sub(rest, field.n, n), .in_place = true, .end = sse->at};
    return true;
}

bool sse_next(struct sse *sse, str bytes, struct sse_event *event)
{
    str line;
    if (!sse->begun && (bytes.n == 0 || !begin(sse, bytes)))
        return false;
    if (take_plain(sse, bytes, event))
        return true;
    while (take_line(sse, bytes, &line)) {
        if (line.n)
            take_field(sse, bytes, line);
        else if (end_event(sse, bytes, event))
            return true;
    }
    return false;
}

bool sse_unfinished(const struct sse *sse, str bytes)
{
    return sse->in_event || bytes.n > sse->at;
}

void sse_release(struct sse *sse)
{
    buf_release(&sse->join);
}
