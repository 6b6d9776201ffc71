/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mistakes.c: collecting and showing mistakes (see mistakes.h).
 */
#include "base/mistakes.h"

#include "base/buf.h"
#include "base/ceilings.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

struct mistake {
    struct mistake *next;
    struct place place;
    str text;
    size_t order;  /* of files: that of their first mistake */
    size_t number; /* in which they came */
    unsigned line_offset;
};

void mistakes_init(struct mistakes *mistakes, struct arena *arena)
{
    *mistakes = (struct mistakes){.arena = arena};
}

static bool same_place(struct place a, struct place b)
{
    return a.source == b.source && a.line == b.line && a.col == b.col;
}

int mistake_add(struct mistakes *mistakes, struct place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str text = arena_vprintf(mistakes->arena, format, args);
    va_end(args);
    size_t order = mistakes->count;
    struct mistake **end = &mistakes->first;
    for (; *end; end = &(*end)->next) {
        if (same_place((*end)->place, place) && str_equal((*end)->text, text))
            return -1;
        if ((*end)->place.source == place.source && (*end)->order < order)
            order = (*end)->order;
    }
    if (mistakes->count == MAX_MISTAKES) {
        mistakes->dropped++;
        return -1;
    }
    *end = arena_new(mistakes->arena, struct mistake);
    **end = (struct mistake){NULL, place, text, order, mistakes->count, mistakes->line_offset};
    mistakes->count++;
    return -1;
}

str mistake_hint(struct arena *arena, str word, const str *words, size_t count, bool list_all)
{
    str near = text_nearest(word, words, count);
    if (near.n)
        return arena_printf(arena, "; did you mean '%.*s'?", STR_ARG(near));
    if (!list_all || count == 0)
        return STR("");
    struct buf list = {0};
    buf_add_str(&list, count == 1 ? STR("; expected ") : STR("; expected one of "));
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(words[i]));
    str hint = arena_str(arena, buf_str(&list));
    buf_release(&list);
    return hint;
}

static int by_position(const void *a, const void *b)
{
    const struct mistake *x = *(const struct mistake *const *)a;
    const struct mistake *y = *(const struct mistake *const *)b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    if (x->place.col != y->place.col)
        return x->place.col < y->place.col ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* A byte order mark is no column: editors do not show it. */
static size_t mark_length(str text)
{
    return str_starts_with(text, STR("\xef\xbb\xbf")) ? 3 : 0;
}

static str source_line(struct place place)
{
    str rest = place.source->text, line = {"", 0};
    rest = str_sub(rest, mark_length(rest), rest.n);
    for (unsigned i = 0; i < place.line; i++)
        str_cut(rest, '\n', &line, &rest);
    return str_ends_with(line, STR("\r")) ? str_sub(line, 0, line.n - 1) : line;
}

/* Columns: long lines (a dataset's row) are shown around the place only. */
enum { LINE_SHOWN = 96, LINE_BEFORE = 60 };

static size_t offset_of(str line, unsigned column)
{
    size_t at = 0, length;
    for (unsigned i = 1; at < line.n && i < column; at += length, i++)
        utf8_decode(line, at, &length);
    return at;
}

static void add_caret(struct buf *out, struct arena *arena, struct place place)
{
    str line = source_line(place);
    size_t at = offset_of(line, place.col);
    str before = text_visible(arena, str_sub(line, 0, at)),
        after = text_visible(arena, str_sub(line, at, line.n));
    /* a CI system takes a line that begins so for a command */
    const char *margin = str_starts_with(str_trim(line), STR("::")) ? "| " : "  ", *cut = "";
    if (text_columns(before) > LINE_BEFORE) {
        before = text_fitting_end(before, LINE_BEFORE - 1);
        cut = "…";
    }
    size_t used = text_columns(before) + (*cut != 0);
    buf_printf(out, "\n%s%s%.*s%.*s\n  %*s^", margin, cut, STR_ARG(before),
               STR_ARG(text_clip(arena, after, LINE_SHOWN - used)), (int)used, "");
}

static void add_mistake(struct buf *out, const struct mistakes *mistakes,
                        const struct mistake *mistake)
{
    struct arena *arena = mistakes->arena;
    struct place place = mistake->place;
    if (place.source) {
        str path = text_visible(arena, place.source->path);
        buf_printf(out, "%.*s:%u:%u: ", STR_ARG(path), place.line + mistake->line_offset,
                   place.col);
    }
    str text = secret_redact(arena, text_visible(arena, mistake->text));
    if (mistakes->word)
        buf_printf(out, "%s: ", mistakes->word);
    buf_add_str(out, text);
    if (place.source && place.line && !secret_occurs(source_line(place)))
        add_caret(out, arena, place);
}

/* For xfree. */
static struct mistake **sort(struct mistakes *mistakes)
{
    struct mistake **sorted = xcalloc(mistakes->count, sizeof(struct mistake *));
    size_t n = 0;
    for (struct mistake *m = mistakes->first; m; m = m->next)
        sorted[n++] = m;
    qsort(sorted, n, sizeof sorted[0], by_position);
    return sorted;
}

size_t mistakes_tell(struct mistakes *mistakes, struct mistake_told **told)
{
    struct arena *arena = mistakes->arena;
    struct mistake **sorted = sort(mistakes);
    *told = arena_array(arena, struct mistake_told, mistakes->count + 1);
    for (size_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = sorted[i];
        struct place place = mistake->place;
        struct buf shown = {0};
        add_mistake(&shown, mistakes, mistake);
        (*told)[i] = (struct mistake_told){
            .message = secret_redact(arena, text_visible(arena, mistake->text)),
            .shown = arena_str(arena, buf_str(&shown)),
        };
        buf_release(&shown);
        if (!place.source)
            continue;
        (*told)[i].path = place.source->path;
        (*told)[i].line = place.line + mistake->line_offset;
        (*told)[i].col = place.col;
    }
    xfree(sorted);
    return mistakes->count;
}

str mistakes_text(struct mistakes *mistakes)
{
    struct mistake **sorted = sort(mistakes);
    size_t n = mistakes->count;
    struct buf out = {0};
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(&out, '\n');
        add_mistake(&out, mistakes, sorted[i]);
    }
    if (mistakes->dropped)
        buf_printf(&out, "\n… and %zu more %ss", mistakes->dropped,
                   mistakes->word ? mistakes->word : "mistake");
    str text = arena_str(mistakes->arena, buf_str(&out));
    buf_release(&out);
    xfree(sorted);
    return text;
}

int mistakes_report(struct mistakes *mistakes, struct err *err)
{
    if (mistakes->count == 0)
        return 0;
    str text = mistakes_text(mistakes);
    log_text(text);
    size_t total = mistakes->count + mistakes->dropped;
    return err_set(err, ERR_INPUT, "%zu mistake%s, nothing was run", total,
                   total == 1 ? "" : "s");
}

struct place place_at(const struct source *source, size_t offset)
{
    struct place place = {source, 1, 1};
    size_t line_start = mark_length(source->text);
    for (size_t i = 0; i < offset && i < source->text.n; i++)
        if (source->text.p[i] == '\n') {
            place.line++;
            line_start = i + 1;
        }
    place.col = (unsigned)utf8_count(str_sub(source->text, line_start, offset)) + 1;
    return place;
}

str place_text(struct arena *arena, struct place place)
{
    if (!place.source)
        return STR("the command line");
    return arena_printf(arena, "%.*s:%u:%u", STR_ARG(place.source->path), place.line,
                        place.col);
}
