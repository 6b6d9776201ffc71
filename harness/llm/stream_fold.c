/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream_fold.c: streams in less room (see stream.h).
 *
 * Written for each streamed call, so the search is no search: a line is compared with one line
 * before it, from both ends. A general compressor gains as much and costs ten times the time.
 */
#include "llm/stream.h"

/* Of a text unfolded: above any reply that limits allow, and bounded for a file that was changed. */
enum { UNFOLDED_MOST = 1 << 28 };

static const str magic = STR_INIT(":~weir\n"), mark = STR_INIT(":~");

/* Bytes at the beginning in which both are the same. Lines mostly differ where the lines before
 * did, so that many are looked at in one go. */
static size_t same_head(str a, str b, size_t guess)
{
    size_t most = a.n < b.n ? a.n : b.n, same = 0;
    if (guess && guess <= most && memcmp(a.p, b.p, guess) == 0)
        same = guess;
    for (uint64_t x, y; most - same >= sizeof x; same += sizeof x) {
        memcpy(&x, a.p + same, sizeof x);
        memcpy(&y, b.p + same, sizeof y);
        if (x != y)
            break;
    }
    while (same < most && a.p[same] == b.p[same])
        same++;
    return same;
}

/* Likewise at the end, `most` at the most. */
static size_t same_tail(str a, str b, size_t most, size_t guess)
{
    size_t same = 0;
    if (guess && guess <= most && memcmp(a.p + a.n - guess, b.p + b.n - guess, guess) == 0)
        same = guess;
    for (uint64_t x, y; most - same >= sizeof x; same += sizeof x) {
        memcpy(&x, a.p + (a.n - same) - sizeof x, sizeof x);
        memcpy(&y, b.p + (b.n - same) - sizeof y, sizeof y);
        if (x != y)
            break;
    }
    while (same < most && a.p[a.n - same - 1] == b.p[b.n - same - 1])
        same++;
    return same;
}

/* The next line with its line feed; the last one may have none. */
static bool take_line(str *rest, str *line)
{
    if (rest->n == 0)
        return false;
    const char *feed = memchr(rest->p, '\n', rest->n);
    size_t n = feed ? (size_t)(feed - rest->p) + 1 : rest->n;
    *line = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, rest->n);
    return true;
}

static bool is_whole(str line)
{
    return line.p[line.n - 1] == '\n';
}

/* ---- folding ---- */

struct fold {
    struct buf out;
    str base;          /* the last long line */
    size_t head, tail; /* of the last folded line */
};

/* Writes the digits and what is behind them before `end`; returns where they begin. */
static char *write_number(char *end, size_t number, char behind)
{
    *--end = behind;
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return end;
}

static void fold_line(struct fold *fold, str line)
{
    char text[64], *end = text + sizeof text, *at = end;
    str base = fold->base;
    size_t most = base.n < line.n ? base.n : line.n;
    size_t head = same_head(base, line, fold->head);
    if (head && head == most) /* of equal lines the line feed is the tail's */
        head--;
    size_t tail = same_tail(base, line, most - head, fold->tail);
    at = write_number(at, tail, ',');
    at = write_number(at, head, ',');
    at -= mark.n;
    memcpy(at, mark.p, mark.n);
    buf_add(&fold->out, at, (size_t)(end - at));
    buf_add_str(&fold->out, str_sub(line, head, line.n - tail));
    /* A line feed that is part of the tail still ends the line. */
    if (tail)
        buf_add_char(&fold->out, '\n');
    fold->head = head;
    fold->tail = tail;
}

str llm_stream_fold(struct arena *arena, str text)
{
    struct fold fold = {0};
    str rest = text, line;
    buf_add_str(&fold.out, magic);
    while (take_line(&rest, &line)) {
        bool whole = is_whole(line), is_long = whole && line.n >= LLM_FOLD_BYTES;
        if ((is_long && fold.base.n) || (whole && str_starts_with(line, mark)))
            fold_line(&fold, line);
        else
            buf_add_str(&fold.out, line);
        if (is_long)
            fold.base = line;
    }
    str folded = buf_str(&fold.out);
    bool keep = folded.n < text.n || str_starts_with(text, magic);
    str result = keep ? arena_str(arena, folded) : text;
    buf_release(&fold.out);
    return result;
}

/* ---- unfolding ---- */

static bool take_number(str *rest, size_t most, size_t *number)
{
    str digits;
    int64_t value;
    if (!str_cut(*rest, ',', &digits, rest) || !str_to_int(digits, &value) || value < 0 ||
        (size_t)value > most)
        return false;
    *number = (size_t)value;
    return true;
}

/* False when it is no folded line: a run's file may have been changed by anyone. */
static bool unfold_line(struct buf *out, str line, str base)
{
    size_t head, tail;
    str middle = str_sub(line, mark.n, line.n);
    if (!take_number(&middle, base.n, &head) || !take_number(&middle, base.n - head, &tail))
        return false;
    if (tail)
        middle.n--;
    buf_add_str(out, str_sub(base, 0, head));
    buf_add_str(out, middle);
    buf_add_str(out, str_sub(base, base.n - tail, base.n));
    return true;
}

str llm_stream_unfold(struct arena *arena, str text)
{
    /* Lines refer to lines made before: they are found by their places. */
    struct buf out = BUF(UNFOLDED_MOST);
    size_t base = 0, base_end = 0;
    str rest = str_sub(text, magic.n, text.n), line;
    if (!str_starts_with(text, magic))
        return text;
    while (!out.full && take_line(&rest, &line)) {
        size_t begin = out.n;
        struct buf made = {0};
        if (is_whole(line) && str_starts_with(line, mark) &&
            unfold_line(&made, line, str_sub(buf_str(&out), base, base_end)))
            buf_add_str(&out, buf_str(&made));
        else
            buf_add_str(&out, line);
        buf_release(&made);
        if (out.n >= begin + LLM_FOLD_BYTES && out.p[out.n - 1] == '\n') {
            base = begin;
            base_end = out.n;
        }
    }
    str result = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return result;
}
