/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_traces.c: which cells there is room for, and their texts once (see html_traces.h).
 *
 * Each kind of cell may fill the room up to a share of it, so that ten thousand timeouts leave
 * something for wrong answers. What a cell takes is only known when it is written: the last one of
 * a kind may go over its share by its own size, which has a ceiling.
 */
#include "reports/html_traces.h"

#include "base/hash.h"
#include "base/mem.h"

enum {
    TEXT_MAX = 12000,
    CELL_TEXTS_MAX = 120 * 1000,
    /* Of a run that is open: it has no indexes yet, and each cell is a walk through all rows. */
    OPEN_RUN_MAX = 200,
};

/* Percent of HTML_TRACES_MAX up to which cells of that kind are taken. */
static const unsigned share[HTML_WHYS] = {
    [HTML_TYPICAL] = 5, [HTML_SLOWEST] = 10,  [HTML_FLIP] = 45, [HTML_FAILURE] = 70,
    [HTML_WRONG] = 94,  [HTML_UNGRADED] = 96, [HTML_REST] = 98};

/* ---- texts ---- */

struct text_entry {
    struct hash128 hash;
    int64_t place; /* -1: empty */
};

struct html_texts_table {
    struct buf *out;
    struct text_entry *entry; /* open addressing; a power of two */
    size_t room, count;
    size_t of_cell; /* bytes of texts that the cell at hand added */
    struct buf line;
};

static void grow(struct html_texts_table *table)
{
    size_t room = table->room ? 2 * table->room : 256;
    struct text_entry *entry = xmalloc(room * sizeof *entry);
    for (size_t i = 0; i < room; i++)
        entry[i].place = -1;
    for (size_t i = 0; i < table->room; i++) {
        size_t at = (size_t)table->entry[i].hash.low & (room - 1);
        if (table->entry[i].place < 0)
            continue;
        while (entry[at].place >= 0)
            at = (at + 1) & (room - 1);
        entry[at] = table->entry[i];
    }
    xfree(table->entry);
    table->entry = entry;
    table->room = room;
}

static void write_text(struct html_texts_table *table, str text)
{
    struct arena scratch = {0};
    size_t left_out, most = TEXT_MAX;
    if (table->of_cell > CELL_TEXTS_MAX)
        most = 200;
    str shown = html_lines(&scratch, text, most, &left_out);
    if (left_out)
        shown = arena_printf(&scratch, "%.*s\n[… %zu more bytes: weir show]", STR_ARG(shown),
                             left_out);
    buf_clear(&table->line);
    json_write_text(&table->line, shown);
    size_t before = table->out->n;
    if (table->count)
        buf_add_str(table->out, STR(",\n"));
    html_json(table->out, buf_str(&table->line));
    table->of_cell += table->out->n - before;
    arena_release(&scratch);
}

int64_t html_text_place(struct html_texts_table *table, str text)
{
    if (text.n == 0)
        return -1;
    if (2 * table->count >= table->room)
        grow(table);
    struct hash128 hash = hash_add((struct hash128){0}, text);
    size_t at = (size_t)hash.low & (table->room - 1);
    while (table->entry[at].place >= 0 && !hash_equal(table->entry[at].hash, hash))
        at = (at + 1) & (table->room - 1);
    if (table->entry[at].place < 0) {
        write_text(table, text);
        table->entry[at] = (struct text_entry){hash, (int64_t)table->count++};
    }
    return table->entry[at].place;
}

/* ---- cells ---- */

struct taking {
    struct html_traces *traces;
    const struct html *html;
    struct html_texts_table table;
    struct arena scratch;
    struct buf cell;
    size_t room; /* of traces->kept */
    struct err *err;
};

static bool wants_bodies(const struct html *html, enum html_why why, char mark)
{
    if (html->texts == HTML_TEXTS_FAILURES)
        return why == HTML_FLIP || mark == HTML_UNSCORED || html_mark_failed(mark);
    return html->texts == HTML_TEXTS_ALL;
}

static struct html_kept *new_kept(struct taking *taking)
{
    struct html_traces *traces = taking->traces;
    if (traces->count == taking->room) {
        size_t room = taking->room ? 2 * taking->room : 64;
        traces->kept = arena_grow(taking->html->arena, traces->kept, traces->count, room,
                                  sizeof *traces->kept);
        taking->room = room;
    }
    return &traces->kept[traces->count];
}

static int take(void *arg, enum html_why why, const struct html_place *place)
{
    struct taking *taking = arg;
    struct html_traces *traces = taking->traces;
    const struct html_cells *cells = taking->html->cells;
    if (traces->traces.n + traces->texts.n >= HTML_TRACES_MAX / 100 * share[why])
        return 1;
    if (store_run_row(taking->html->input->store)->state == STORE_OPEN &&
        traces->count >= OPEN_RUN_MAX)
        return 1;
    char mark = cells->mark[html_cell_at(cells, place->variant, place->sample, place->trial)];
    struct html_kept *kept = new_kept(taking);
    *kept = (struct html_kept){.place = *place, .why = why, .mark = mark};
    buf_clear(&taking->cell);
    taking->table.of_cell = 0;
    struct html_trace_job job = {.html = taking->html,
                                 .place = place,
                                 .why = why,
                                 .bodies = wants_bodies(taking->html, why, mark),
                                 .table = &taking->table,
                                 .arena = &taking->scratch,
                                 .kept = kept,
                                 .err = taking->err};
    int result = html_trace(&job, &taking->cell);
    arena_clear(&taking->scratch);
    if (result < 0)
        return -1;
    if (traces->count++)
        buf_add_str(&traces->traces, STR(",\n"));
    html_json(&traces->traces, buf_str(&taking->cell));
    traces->failed += html_mark_failed(mark);
    return 0;
}

int html_traces_make(struct html_traces *traces, const struct html *html, struct err *err)
{
    struct taking taking = {.traces = traces, .html = html, .err = err};
    *traces = (struct html_traces){0};
    buf_in_arena(&traces->traces, html->arena);
    buf_in_arena(&traces->texts, html->arena);
    taking.table.out = &traces->texts;
    int result = html_cells_choose(html->cells, html->input->summary, take, &taking);
    xfree(taking.table.entry);
    buf_release(&taking.table.line);
    buf_release(&taking.cell);
    arena_release(&taking.scratch);
    return result;
}

const struct html_kept *html_kept_side(const struct html_traces *traces, size_t variant,
                                       size_t sample, bool right)
{
    for (size_t i = 0; i < traces->count; i++) {
        const struct html_kept *kept = &traces->kept[i];
        if (kept->place.variant == variant && kept->place.sample == sample &&
            (right ? kept->mark == HTML_PASS : html_mark_failed(kept->mark)))
            return kept;
    }
    return NULL;
}
