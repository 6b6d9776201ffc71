/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_confusion.c: where routers send what: a matrix for each route whose classifier is scored.
 *
 * Matrices stand below each other on one grid: y counts rows through all of them, x columns. Labels
 * may come from a model, so there may be very many: the most frequent classes are shown, the
 * others are one.
 */
#include "reports/plot_frame.h"

#include "stats/format.h"
#include "stats/summary_diagnosis.h"

#include <inttypes.h>
#include <stdlib.h>

enum { BLOCKS_MAX = 6, CLASSES_MAX = 10, COLUMNS_LEAST = 5, ROW_HEIGHT = 28, LABEL_MAX = 22 };
/* Rows of the grid: a heading, labels, a gap. */
enum { AROUND_MATRIX = 3 };

struct matrix_row {
    size_t place; /* of its class in the block */
    uint64_t sum;
};

/* A matrix as drawn: `shown` classes and, after them, one of all others. */
struct block {
    size_t variant; /* place */
    const struct summary_route *route;
    size_t class[CLASSES_MAX], shown;
    bool others;
    uint64_t *cells;                        /* by row and column, as drawn */
    struct matrix_row row[CLASSES_MAX + 1]; /* that are drawn */
    size_t rows;
};

struct blocks {
    struct block block[BLOCKS_MAX];
    size_t count, left_out;
    size_t columns, rows;
};

static size_t size_of(const struct block *block)
{
    return block->shown + block->others;
}

/* The most frequent classes, then in the order of the labels. */
static void choose_classes(struct block *block)
{
    const struct summary_route *route = block->route;
    bool keep = route->class_count <= CLASSES_MAX;
    uint64_t least = 0;
    size_t most = CLASSES_MAX - 1, ties = 0;
    for (size_t i = 0; !keep && i < route->class_count; i++) {
        size_t larger = 0, equal = 0;
        uint64_t own = route->classes[i].wanted + route->classes[i].given;
        for (size_t k = 0; k < route->class_count; k++) {
            uint64_t other = route->classes[k].wanted + route->classes[k].given;
            larger += other > own;
            equal += other == own;
        }
        if (larger < most && larger + equal >= most) {
            least = own;
            ties = most - larger;
        }
    }
    for (size_t i = 0; i < route->class_count; i++) {
        uint64_t own = route->classes[i].wanted + route->classes[i].given;
        bool tie = !keep && own == least && ties > 0;
        ties -= tie;
        if (keep || own > least || tie)
            block->class[block->shown++] = i;
    }
    block->others = block->shown < route->class_count;
}

/* Where a class stands in the block. */
static size_t place_of(const struct block *block, size_t class)
{
    size_t at = 0;
    while (at < block->shown && block->class[at] != class)
        at++;
    return at;
}

/* Rows of classes that nothing belongs to say nothing. */
static void count_cells(const struct plot_work *work, struct block *block)
{
    const struct summary_route *route = block->route;
    size_t n = size_of(block);
    block->cells = arena_array(work->arena, uint64_t, n * n + 1);
    for (size_t i = 0; i < route->class_count; i++)
        for (size_t k = 0; k < route->class_count; k++)
            block->cells[place_of(block, i) * n + place_of(block, k)] +=
                route->confusion[i * route->class_count + k];
    for (size_t i = 0; i < n; i++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < n; k++)
            sum += block->cells[i * n + k];
        if (sum)
            block->row[block->rows++] = (struct matrix_row){i, sum};
    }
}

static void choose(const struct plot_work *work, struct blocks *blocks)
{
    for (size_t i = 0; i < work->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = plot_variant(work, i)->diagnosis;
        for (size_t r = 0; d && r < d->route_count; r++) {
            if (d->routes[r].judged == 0)
                continue;
            if (blocks->count == BLOCKS_MAX) {
                blocks->left_out++;
                continue;
            }
            struct block *block = &blocks->block[blocks->count++];
            *block = (struct block){.variant = i, .route = &d->routes[r]};
            choose_classes(block);
            count_cells(work, block);
            if (size_of(block) > blocks->columns)
                blocks->columns = size_of(block);
            blocks->rows += block->rows + AROUND_MATRIX;
        }
    }
    if (blocks->columns < COLUMNS_LEAST)
        blocks->columns = COLUMNS_LEAST;
}

static str label_of(const struct plot_work *work, const struct block *block, size_t place)
{
    return place < block->shown
               ? plot_text(work, block->route->classes[block->class[place]].label, LABEL_MAX)
               : STR("(others)");
}

/* ---- data ---- */

static void write_matrix(struct plot_work *work, const struct block *block, size_t number,
                         size_t first)
{
    size_t n = size_of(block);
    for (size_t r = 0; r < block->rows; r++)
        for (size_t k = 0; k < n; k++) {
            size_t i = block->row[r].place;
            uint64_t cells = block->cells[i * n + k];
            csv_out_int(&work->csv, (int64_t)number);
            csv_out_int(&work->csv, (int64_t)k + 1);
            csv_out_int(&work->csv, (int64_t)(first + r));
            csv_out_int(&work->csv, (int64_t)cells);
            csv_out_number(&work->csv, maybe_of((double)cells / (double)block->row[r].sum));
            csv_out_int(&work->csv, i == k);
            plot_data_text(work, label_of(work, block, i));
            plot_data_text(work, label_of(work, block, k));
            csv_out_end(&work->csv);
        }
}

static void write_data(struct plot_work *work, const struct blocks *blocks)
{
    static const char *const heads[] = {"matrix", "x",     "y",      "cells",
                                        "share",  "right", "wanted", "given"};
    size_t row = 1;
    csv_out_heads(&work->csv, heads, 8);
    csv_out_end(&work->csv);
    for (size_t i = 0; i < blocks->count; i++) {
        write_matrix(work, &blocks->block[i], i + 1, row + 2);
        row += blocks->block[i].rows + AROUND_MATRIX;
    }
}

/* ---- texts ---- */

static str heading(const struct plot_work *work, const struct block *block)
{
    const struct summary_route *route = block->route;
    str path = plot_path(work, route->path, PLOT_NAME_MAX),
        name = plot_name(work, block->variant);
    bool root = route->path.n == 0 || str_equal(route->path, STR("."));
    return arena_printf(
        work->arena, "%.*s%s%.*s: right in %s of %" PRIu64 "  (%s)", STR_ARG(name),
        root ? "" : ", ", STR_ARG(root ? STR("") : path),
        stats_format_percent(work->arena, route->accuracy.value).p, route->judged,
        stats_format_percent_range(work->arena, route->accuracy.low, route->accuracy.high).p);
}

static void write_block_texts(struct plot_work *work, const struct block *block, size_t first,
                              size_t columns)
{
    /* what fits into a column of the 600 pixels that are left */
    size_t wide = 84 / columns;
    plot_label(work, heading(work, block), 110, "at graph 0, first %zu left font ':Bold'",
               first);
    for (size_t k = 0; k < size_of(block); k++)
        plot_label(work, plot_text(work, label_of(work, block, k), wide), wide,
                   "at first %zu, first %.1f center font ',11' tc rgb '#404040'", k + 1,
                   (double)first + 1.15);
    for (size_t r = 0; r < block->rows; r++) {
        size_t place = block->row[r].place, y = first + 2 + r;
        plot_label(work, label_of(work, block, place), LABEL_MAX,
                   "at graph -0.01, first %zu right", y);
        if (place == block->shown)
            continue;
        const struct summary_estimate *e = &block->route->classes[block->class[place]].recall;
        str recall =
            arena_printf(work->arena, "%s  (%s)", stats_format_percent(work->arena, e->value).p,
                         stats_format_percent_range(work->arena, e->low, e->high).p);
        plot_label(work, recall, 40, "at first %.2f, first %zu left font ',11'",
                   (double)size_of(block) + 0.6, y);
    }
}

static const char look[] =
    "unset border\nunset grid\nunset tics\nunset key\n"
    "# from white to blue; the text is white on dark boxes\n"
    "shade(s) = int(255 - 255*s)*65536 + int(255 - 141*s)*256 + int(255 - 77*s)\n"
    "ink(s) = s > 0.7 ? 0xFFFFFF : 0x000000\n";

static const char command[] =
    "plot 'confusion.csv' using 2:3:($2-0.48):($2+0.48):($3-0.46):($3+0.46):(shade($5)) \\\n"
    "        with boxxyerror fs solid 1 noborder lc rgb variable, \\\n"
    "    '' using 2:3:($2-0.48):($2+0.48):($3-0.46):($3+0.46) \\\n"
    "        with boxxyerror lc rgb '#B0B0B0' dt 1 lw 0.8 fs empty border, \\\n"
    "    '' using ($6 == 1 ? $2 : NaN):3:($2-0.48):($2+0.48):($3-0.46):($3+0.46) \\\n"
    "        with boxxyerror lc rgb '#000000' dt 1 lw 2 fs empty border, \\\n"
    "    '' using 2:3:(sprintf('%d', int($4))):(ink($5)) with labels tc rgb variable";

int plot_confusion(struct plot_work *work, struct err *err)
{
    struct blocks blocks = {.count = 0};
    (void)err;
    choose(work, &blocks);
    if (blocks.count == 0)
        return 1;
    unsigned left = 8;
    for (size_t i = 0; i < blocks.count; i++)
        for (size_t k = 0; k < size_of(&blocks.block[i]); k++)
            left = plot_wider(left, label_of(work, &blocks.block[i], k));
    str note = arena_printf(work->arena,
                            "row: as it should be, column: as it was sent; shade: share of the "
                            "row; right: recall, %.*s",
                            STR_ARG(plot_interval_words(work)));
    struct plot_frame frame = {
        .name = "confusion",
        .title = "Where routers send what",
        .note = plot_left_out(work, note, blocks.left_out, "router"),
        .height = plot_rows_height(blocks.rows - 1, ROW_HEIGHT, 0),
        .left = left + 3,
        .right = 27,
    };
    write_data(work, &blocks);
    plot_frame_begin(work, &frame);
    buf_printf(&work->script, "set xrange [0.4:%zu.6]\nset yrange [%zu.5:0.5]\n%s",
               blocks.columns, blocks.rows - 1, look);
    for (size_t i = 0, row = 1; i < blocks.count; i++) {
        write_block_texts(work, &blocks.block[i], row, blocks.columns);
        row += blocks.block[i].rows + AROUND_MATRIX;
    }
    plot_frame_end(work, &frame, str_from(command));
    return 0;
}
