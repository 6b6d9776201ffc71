/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nearest_difference.c: two texts line by line (see nearest.h).
 *
 * Equal lines at both ends are passed over; what is between goes through the table of longest
 * common subsequences, or, where that would be large, counts as changed altogether.
 */
#include "base/nearest.h"

#include "base/mem.h"
#include "base/text.h"

enum { AROUND = 3, TABLE_MOST = 4000000, COLUMNS = 100, COLUMNS_AROUND = 30 };

struct lines {
    str *line;
    size_t count;
};

struct writing {
    struct buf *out;
    struct arena scratch;
    size_t left, dropped;
};

static struct lines lines_of(str text)
{
    struct lines lines = {0};
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '\n';
    lines.line = xcalloc(count, sizeof *lines.line);
    while (text.n)
        str_cut(text, '\n', &lines.line[lines.count++], &text);
    return lines;
}

/* ---- lines ---- */

static void say(struct writing *writing, char sign, str line)
{
    if (writing->left == 0) {
        writing->dropped++;
        return;
    }
    writing->left--;
    buf_add_char(writing->out, sign);
    buf_add_str(writing->out, line);
    buf_add_char(writing->out, '\n');
}

static bool inside_character(str text, size_t at)
{
    return at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80;
}

/* The window of a long line around from..to. */
static str window(struct arena *arena, str line, size_t from, size_t to)
{
    if (line.n <= COLUMNS)
        return line;
    from = from > COLUMNS_AROUND ? from - COLUMNS_AROUND : 0;
    to = to + COLUMNS_AROUND < line.n ? to + COLUMNS_AROUND : line.n;
    while (from > 0 && inside_character(line, from))
        from--;
    while (inside_character(line, to))
        to++;
    str part = text_shorten(arena, str_sub(line, from, to), 4 * COLUMNS);
    return arena_printf(arena, "%s%.*s%s", from ? "…" : "", STR_ARG(part),
                        to < line.n ? "…" : "");
}

/* A line that is the same on both sides, or has no counterpart: its beginning is enough. */
static str beginning(struct arena *arena, str line)
{
    return text_shorten(arena, line, COLUMNS);
}

static size_t common_start(str a, str b)
{
    size_t n = 0;
    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

static size_t common_end(str a, str b, size_t start)
{
    size_t n = 0;
    while (n < a.n - start && n < b.n - start && a.p[a.n - 1 - n] == b.p[b.n - 1 - n])
        n++;
    return n;
}

/* Lines that went and lines that came in one place: the n-th of each belong together. */
static void say_change(struct writing *writing, const str *gone, size_t gone_count,
                       const str *come, size_t come_count)
{
    for (size_t i = 0; i < gone_count; i++) {
        str other = i < come_count ? come[i] : STR("");
        size_t start = common_start(gone[i], other), end = common_end(gone[i], other, start);
        bool paired = i < come_count;
        say(writing, '-',
            paired ? window(&writing->scratch, gone[i], start, gone[i].n - end)
                   : beginning(&writing->scratch, gone[i]));
    }
    for (size_t i = 0; i < come_count; i++) {
        str other = i < gone_count ? gone[i] : STR("");
        size_t start = common_start(come[i], other), end = common_end(come[i], other, start);
        bool paired = i < gone_count;
        say(writing, '+',
            paired ? window(&writing->scratch, come[i], start, come[i].n - end)
                   : beginning(&writing->scratch, come[i]));
    }
}

/* ---- what changed ---- */

/* A line is kept: it has a counterpart. */
struct kept {
    bool *before, *after;
};

/* The longest common subsequence of before[from..] and after[from..], by the usual table. */
static void mark_common(struct lines before, struct lines after, struct kept kept)
{
    size_t rows = before.count + 1, columns = after.count + 1;
    uint32_t *table = xcalloc(rows * columns, sizeof *table);
    for (size_t i = before.count; i-- > 0;)
        for (size_t j = after.count; j-- > 0;) {
            uint32_t down = table[(i + 1) * columns + j], right = table[i * columns + j + 1];
            table[i * columns + j] = str_equal(before.line[i], after.line[j])
                                         ? table[(i + 1) * columns + j + 1] + 1
                                     : down > right ? down
                                                    : right;
        }
    for (size_t i = 0, j = 0; i < before.count && j < after.count;) {
        if (str_equal(before.line[i], after.line[j])) {
            kept.before[i++] = kept.after[j++] = true;
        } else if (table[(i + 1) * columns + j] >= table[i * columns + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    xfree(table);
}

static void mark_kept(struct lines before, struct lines after, struct kept kept)
{
    size_t start = 0, end = 0;
    size_t least = before.count < after.count ? before.count : after.count;
    while (start < least && str_equal(before.line[start], after.line[start]))
        kept.before[start] = kept.after[start] = true, start++;
    while (end < least - start &&
           str_equal(before.line[before.count - 1 - end], after.line[after.count - 1 - end])) {
        kept.before[before.count - 1 - end] = kept.after[after.count - 1 - end] = true;
        end++;
    }
    struct lines a = {before.line + start, before.count - start - end};
    struct lines b = {after.line + start, after.count - start - end};
    if (a.count && b.count && a.count < TABLE_MOST / b.count)
        mark_common(a, b, (struct kept){kept.before + start, kept.after + start});
}

/* Lines of `before` that stand within AROUND lines of a change. `i` is kept. */
static bool is_near(const bool *kept_before, size_t count, const bool *changes, size_t i)
{
    for (size_t k = i > AROUND ? i - AROUND : 0; k < count && k <= i + AROUND; k++)
        if (!kept_before[k] || (changes[k] && k <= i + AROUND))
            return true;
    return i + AROUND + 1 > count && changes[count];
}

/* changes[i]: lines of `after` without counterpart come before line i of `before`. */
static void write_lines(struct writing *writing, struct lines before, struct lines after,
                        struct kept kept, const bool *changes)
{
    bool skipped = false;
    for (size_t i = 0, j = 0; i < before.count || j < after.count;) {
        size_t gone = i, come = j;
        while (gone < before.count && !kept.before[gone])
            gone++;
        while (come < after.count && !kept.after[come])
            come++;
        say_change(writing, before.line + i, gone - i, after.line + j, come - j);
        i = gone;
        j = come;
        if (i == before.count)
            continue;
        if (!is_near(kept.before, before.count, changes, i)) {
            skipped = true;
        } else {
            if (skipped)
                say(writing, '@', arena_printf(&writing->scratch, "@ line %zu @@", i + 1));
            skipped = false;
            say(writing, ' ', beginning(&writing->scratch, before.line[i]));
        }
        i++;
        j++;
    }
}

static void find_changes(struct lines before, struct lines after, struct kept kept,
                         bool *changes)
{
    size_t i = 0;
    for (size_t j = 0; j < after.count; j++) {
        while (kept.after[j] && i < before.count && !kept.before[i])
            i++;
        if (kept.after[j])
            i++;
        else
            changes[i] = true;
    }
}

void nearest_difference(struct buf *out, str before, str after, size_t most)
{
    if (str_equal(before, after))
        return;
    struct writing writing = {.out = out, .left = most};
    struct lines old = lines_of(before), new = lines_of(after);
    struct kept kept = {xcalloc(old.count + 1, sizeof(bool)),
                        xcalloc(new.count + 1, sizeof(bool))};
    bool *changes = xcalloc(old.count + 1, sizeof *changes);
    mark_kept(old, new, kept);
    find_changes(old, new, kept, changes);
    write_lines(&writing, old, new, kept, changes);
    if (writing.dropped)
        buf_printf(out, "… and %zu more lines\n", writing.dropped);
    xfree(changes);
    xfree(kept.before);
    xfree(kept.after);
    xfree(old.line);
    xfree(new.line);
    arena_release(&writing.scratch);
}
