/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What patterns say of themselves, kept until the diagnosis: narrow rows in one order. Labels may come
 * from a model, so the different ones that are kept are limited. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/summary_rows.h"

enum { NAMES_MOST = 2000 };

/* A label that a router gave. Those that are neither a case nor wanted anywhere are one class in the
 * end, so that it does not matter which of them came before the table was full. */
static uint32_t given_number(struct summary *summary, str label)
{
    const struct summary_names *names = &summary->private->names;

    summary_number(summary, STR(SUMMARY_OTHER_LABEL));
    if (names->count < NAMES_MOST)
        return summary_number(summary, label);
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->text[i], label))
            return (uint32_t)i;
    return summary_number(summary, STR(SUMMARY_OTHER_LABEL));
}

static const char *note_fault(const struct summary *summary, const struct summary_note *note)
{
    if (note->variant >= summary->meta.variant_count)
        return "no such variant";
    if ((unsigned)note->kind >= SUMMARY_NOTE_KINDS)
        return "no such note";
    if (note->sample >= INT32_MAX)
        return "no data set has so many samples";
    return NULL;
}

int summary_add_note(struct summary *summary, const struct summary_note *note, struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct summary_row_name name = {summary, note->variant, note->sample, STR(""), note->trial};
    const char *fault = note_fault(summary, note);

    if (!rows)
        BUG("row added to a finished summary");
    if (fault)
        return summary_refuse(err, &name, fault);
    if (rows->fact_count == rows->fact_room) {
        rows->fact_room = rows->fact_room ? 2 * rows->fact_room : 256;
        rows->facts = xrealloc(rows->facts, rows->fact_room * sizeof *rows->facts);
    }
    rows->facts[rows->fact_count++] = (struct summary_fact){
        .variant = (uint32_t)note->variant,
        .sample = (uint32_t)note->sample,
        .trial = note->trial,
        .path = summary_number(summary, note->path),
        .name = note->kind == SUMMARY_NOTE_LABELLED ? given_number(summary, note->name)
                                                    : summary_number(summary, note->name),
        .other = summary_number(summary, note->other),
        .instance = note->instance,
        .index = note->index,
        .score = note->score,
        .first = note->first.known ? note->first.value : (double)NAN,
        .second = note->second.known ? note->second.value : (double)NAN,
        .kind = (uint8_t)note->kind,
        .yes = note->yes,
    };
    return 0;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_facts(const void *left, const void *right)
{
    const struct summary_fact *a = left, *b = right;
    int order = compare_numbers(a->variant, b->variant);

    if (order == 0)
        order = compare_numbers(a->path, b->path);
    if (order == 0)
        order = compare_numbers(a->sample, b->sample);
    if (order == 0)
        order = compare_numbers(a->trial, b->trial);
    if (order == 0)
        order = compare_numbers(a->instance, b->instance);
    if (order == 0)
        order = compare_numbers(a->kind, b->kind);
    if (order == 0)
        order = compare_numbers(a->index, b->index);
    if (order == 0)
        order = compare_numbers(a->score, b->score);
    return order ? order : compare_numbers(a->name, b->name);
}

struct ranked {
    str text;
    uint32_t number;
};

static int compare_texts(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    return str_compare(a->text, b->text);
}

/* Texts were numbered as they came; from now on their numbers are in the order of the texts. */
static void rank_names(struct summary_rows *rows)
{
    struct summary_names *names = &rows->names;
    struct ranked *ranked = xcalloc(names->count + 1, sizeof *ranked);
    uint32_t *moved = xcalloc(names->count + 1, sizeof *moved);

    for (size_t i = 0; i < names->count; i++)
        ranked[i] = (struct ranked){names->text[i], (uint32_t)i};
    qsort(ranked, names->count, sizeof *ranked, compare_texts);
    for (size_t i = 0; i < names->count; i++) {
        moved[ranked[i].number] = (uint32_t)i;
        names->text[i] = ranked[i].text;
    }
    for (size_t i = 0; i < rows->cell_count; i++)
        rows->cells[i].reason = moved[rows->cells[i].reason];
    for (size_t i = 0; i < rows->instance_count; i++)
        rows->instances[i].failure = moved[rows->instances[i].failure] & INT32_MAX;
    for (size_t i = 0; i < rows->fact_count; i++) {
        struct summary_fact *fact = &rows->facts[i];

        fact->path = moved[fact->path];
        fact->name = moved[fact->name];
        fact->other = moved[fact->other];
    }
    xfree(ranked);
    xfree(moved);
}

/* Those whose sample has no cell are left out. */
void summary_sort_facts(struct summary_rows *rows)
{
    size_t kept = 0;

    if (rows->fact_count == 0)
        return;
    rank_names(rows);
    for (size_t i = 0; i < rows->fact_count; i++) {
        struct summary_fact fact = rows->facts[i];
        uint32_t found = fact.sample < rows->place_room ? rows->place_of[fact.sample] : 0;

        if (found == 0)
            continue;
        fact.place = found - 1;
        rows->facts[kept++] = fact;
    }
    rows->fact_count = kept;
    if (kept)
        qsort(rows->facts, kept, sizeof *rows->facts, compare_facts);
}

/* The first fact of that variant or a later one. */
static size_t first_of(const struct summary_rows *rows, size_t variant)
{
    size_t low = 0, high = rows->fact_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->facts[middle].variant < variant)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct summary_fact *summary_facts(const struct summary *summary, size_t variant,
                                         size_t *count)
{
    const struct summary_rows *rows = summary->private;
    size_t first = first_of(rows, variant);

    *count = first_of(rows, variant + 1) - first;
    return rows->facts + first;
}
