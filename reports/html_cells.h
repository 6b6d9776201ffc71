/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * html_cells.h: what became of every cell, in a byte each, and the cells that a page shows whole.
 *
 * One pass over the run's file. Which cells are kept is decided here: flips and failures first,
 * whatever the order in which cells ended.
 */
#ifndef REPORTS_HTML_CELLS_H
#define REPORTS_HTML_CELLS_H

#include "reports/report.h"
#include "store/store.h"

enum html_mark {
    HTML_PASS = 'p',
    HTML_FAIL = 'f',
    HTML_ERROR = 'e',
    HTML_TIMEOUT = 't',
    HTML_UNSCORED = 'u',
    HTML_SKIPPED = 's',
    HTML_PENDING = 'n', /* no result */
};
const char *html_mark_name(char mark); /* "right", "wrong", "error", ... */
bool html_mark_failed(char mark);      /* wrong, error or timeout */

struct html_cells {
    size_t variants, samples, trials;
    const struct store_sample *sample;
    /* enum html_mark of [(sample * variants + variant) * trials + trial - 1]. */
    char *mark;
    int64_t *latency_ns; /* likewise; -1: not known */
    uint64_t failed;     /* cells */
};

static inline size_t html_cell_at(const struct html_cells *cells, size_t variant, size_t sample,
                                  unsigned trial)
{
    return (sample * cells->variants + variant) * cells->trials + trial - 1;
}

/* ERR_INPUT, ERR_FAILED of the store. Everything is in the arena. */
int html_cells_read(struct html_cells *cells, const struct report_input *input,
                    struct arena *arena, struct err *err);

/* Why a cell is shown whole. In this order they are taken. */
enum html_why {
    HTML_TYPICAL, /* its latency is the variant's median, or nearest to it */
    HTML_SLOWEST,
    HTML_FLIP,
    HTML_FAILURE, /* error or timeout */
    HTML_WRONG,
    HTML_UNGRADED,
    HTML_REST,
    HTML_WHYS
};

struct html_place {
    size_t variant, sample;
    unsigned trial;
};

/* Calls `take` for each cell to be shown, each once, until it returns 1 (this one not, and enough of
 * this kind) or less than 0, which is handed on. */
typedef int html_take_fn(void *arg, enum html_why why, const struct html_place *place);
int html_cells_choose(const struct html_cells *cells, const struct summary *summary,
                      html_take_fn *take, void *arg);

#endif
