/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One order of the rows of a run, whatever order they came in: samples as in the data set, cells
 * by variant, sample and trial, steps by place, sample and trial. Then where each variant and
 * each step begins, which samples belong together, and which score is for which sample. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/random.h"
#include "stats/summary_rows.h"

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_cells(const void *left, const void *right)
{
    const struct summary_cell *a = left, *b = right;
    int order = compare_sizes(a->variant, b->variant);

    if (order == 0)
        order = compare_sizes(a->sample, b->sample);
    return order ? order : compare_sizes(a->trial, b->trial);
}

static int compare_kinds(const void *left, const void *right)
{
    const struct summary_kind *a = left, *b = right;
    int order = compare_sizes(a->variant, b->variant);

    if (order == 0)
        order = compare_sizes(a->order, b->order);
    return order ? order : str_compare(a->path, b->path);
}

static int compare_instances(const void *left, const void *right)
{
    const struct summary_instance *a = left, *b = right;
    int order = compare_sizes(a->kind, b->kind);

    if (order == 0)
        order = compare_sizes(a->place, b->place);
    if (order == 0)
        order = compare_sizes(a->trial, b->trial);
    /* Instances of one cell have no number here: any order that only values decide will do. */
    if (order == 0)
        order = a->score < b->score ? -1 : a->score > b->score;
    return order ? order : (a->latency_ns > b->latency_ns) - (a->latency_ns < b->latency_ns);
}

/* Sorted by `compare`, which looks at the bucket first, of which there are `buckets`. Rows come
 * all over a run's samples, and a general sort of a million took a second; here each is moved
 * once, and only the few of one sample are compared. Returns the new array, frees the old one.
 * With more buckets than that is worth, the general sort. */
static void *sort_rows(void *rows, size_t count, size_t size, size_t buckets,
                       size_t (*bucket)(const struct summary_rows *, const void *),
                       const struct summary_rows *all,
                       int (*compare)(const void *, const void *))
{
    if (buckets / 4 > count) {
        if (count)
            qsort(rows, count, size, compare);
        return rows;
    }
    const char *from = rows;
    char *sorted = xcalloc(count + 1, size);
    size_t *end = xcalloc(buckets + 1, sizeof *end);

    for (size_t i = 0; i < count; i++)
        end[bucket(all, from + i * size) + 1]++;
    for (size_t i = 0; i < buckets; i++)
        end[i + 1] += end[i];
    /* end[i] begins as the start of bucket i and is moved on to its end */
    for (size_t i = 0; i < count; i++)
        memcpy(sorted + end[bucket(all, from + i * size)]++ * size, from + i * size, size);
    for (size_t i = 0, start = 0; i < buckets; start = end[i++])
        if (end[i] - start > 1)
            qsort(sorted + start * size, end[i] - start, size, compare);
    xfree(end);
    xfree(rows);
    return sorted;
}

static size_t cell_bucket(const struct summary_rows *rows, const void *row)
{
    const struct summary_cell *cell = row;
    return cell->variant * rows->sample_count + cell->place;
}

/* The last bucket of a kind is for instances whose sample has no cell. */
static size_t instance_bucket(const struct summary_rows *rows, const void *row)
{
    const struct summary_instance *one = row;
    size_t place = one->place == SUMMARY_NO_PLACE ? rows->sample_count : one->place;
    return one->kind * (rows->sample_count + 1) + place;
}

static int find_duplicates(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;

    for (size_t i = 1; i < rows->cell_count; i++) {
        const struct summary_cell *cell = &rows->cells[i];
        struct summary_row_name name = {summary, cell->variant, cell->sample,
                                        rows->samples[cell->place].id, cell->trial};

        if (compare_cells(&rows->cells[i - 1], cell) == 0)
            return summary_refuse(err, &name, "added twice");
    }
    return 0;
}

/* Samples in the order of the data set, and what points to them. */
static void order_samples(struct summary_rows *rows)
{
    struct summary_sample *samples = xcalloc(rows->sample_count + 1, sizeof *samples);
    uint32_t *moved = xcalloc(rows->sample_count + 1, sizeof *moved), count = 0;

    for (size_t i = 0; i < rows->place_room; i++)
        if (rows->place_of[i]) {
            samples[count] = rows->samples[rows->place_of[i] - 1];
            moved[rows->place_of[i] - 1] = count;
            rows->place_of[i] = ++count;
        }
    for (size_t i = 0; i < rows->cell_count; i++)
        rows->cells[i].place = moved[rows->cells[i].place];
    for (size_t i = 0; i < rows->instance_count; i++) {
        uint32_t *place = &rows->instances[i].place;
        uint32_t found = *place < rows->place_room ? rows->place_of[*place] : 0;
        *place = found ? found - 1 : SUMMARY_NO_PLACE;
    }
    xfree(rows->samples);
    xfree(moved);
    rows->samples = samples;
}

/* Kinds in the order of the variants' trees, and their instances numbered accordingly. */
static void order_kinds(struct summary_rows *rows)
{
    uint32_t *moved = xcalloc(rows->kind_count + 1, sizeof *moved);

    if (rows->kind_count)
        qsort(rows->kinds, rows->kind_count, sizeof *rows->kinds, compare_kinds);
    for (size_t i = 0; i < rows->kind_count; i++)
        moved[rows->kinds[i].number] = (uint32_t)i;
    for (size_t i = 0; i < rows->instance_count; i++)
        rows->instances[i].kind = moved[rows->instances[i].kind];
    xfree(moved);
}

static void sort_all(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    order_samples(rows);
    summary_sort_facts(rows);
    order_kinds(rows);
    rows->cells = sort_rows(rows->cells, rows->cell_count, sizeof *rows->cells,
                            rows->groups * rows->sample_count, cell_bucket, rows,
                            compare_cells);
    rows->instances = sort_rows(rows->instances, rows->instance_count, sizeof *rows->instances,
                                rows->kind_count * (rows->sample_count + 1), instance_bucket,
                                rows, compare_instances);
}

static void number_clusters(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    uint64_t *labels = xcalloc(rows->sample_count, sizeof *labels);
    size_t *of = xcalloc(rows->sample_count, sizeof *of);
    struct arena scratch = {0};

    for (size_t i = 0; i < rows->sample_count; i++) {
        const struct summary_sample *sample = &rows->samples[i];

        labels[i] =
            stats_key_hash(sample->cluster_name.n
                               ? arena_printf(&scratch, "c%.*s", STR_ARG(sample->cluster_name))
                               : arena_printf(&scratch, "s%zu", sample->index));
    }
    summary->clustered =
        stats_clusters_number(labels, rows->sample_count, of) < rows->sample_count;
    for (size_t i = 0; i < rows->sample_count; i++)
        rows->samples[i].cluster = of[i];
    arena_release(&scratch);
    xfree(labels);
    xfree(of);
}

static void find_ranges(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    size_t cell = 0, one = 0;

    rows->cell_start = arena_array(&summary->arena, size_t, rows->groups + 1);
    rows->kind_start = arena_array(&summary->arena, size_t, rows->kind_count + 1);
    for (size_t v = 0; v < rows->groups; v++) {
        while (cell < rows->cell_count && rows->cells[cell].variant <= v)
            cell++;
        rows->cell_start[v + 1] = cell;
    }
    for (size_t k = 0; k < rows->kind_count; k++) {
        while (one < rows->instance_count && rows->instances[one].kind <= k)
            one++;
        rows->kind_start[k + 1] = one;
    }
}

/* A failed cell counts 0 for a named score, unless the score was not for its sample at all: no
 * finished cell of that sample, in any variant, has it although some could. */
static void find_applicable(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    size_t scores = summary->meta.score_count;
    bool *answered = xcalloc(rows->sample_count, sizeof *answered);

    rows->applies = arena_array(&summary->arena, bool, rows->sample_count *scores + 1);
    for (size_t i = 0; i < rows->cell_count; i++) {
        const struct summary_cell *cell = &rows->cells[i];

        if (cell->status != SUMMARY_OK || cell->variant >= summary->meta.variant_count)
            continue;
        answered[cell->place] = true;
        for (size_t k = 0; k < scores; k++)
            if (!isnan(rows->score[cell->scores * scores + k]))
                rows->applies[cell->place * scores + k] = true;
    }
    for (size_t s = 0; s < rows->sample_count; s++)
        for (size_t k = 0; k < scores && !answered[s]; k++)
            rows->applies[s * scores + k] = true;
    xfree(answered);
}

int summary_sort(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;

    sort_all(summary);
    if (find_duplicates(summary, err) != 0)
        return -1;
    if (rows->conflict.kind != ERR_NONE) {
        *err = rows->conflict;
        return -1;
    }
    number_clusters(summary);
    find_ranges(summary);
    find_applicable(summary);
    return 0;
}
