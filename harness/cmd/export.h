/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export.h: a run's rows, cell by cell, in formats that other tools read (docs/export.md).
 */
#ifndef CMD_EXPORT_H
#define CMD_EXPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "store/store.h"

#include <stdio.h>

struct exporter {
    struct store *store;
    const json *definition; /* the effective experiment */
    bool texts;             /* prompts, replies and values too */
    FILE *to;
    struct buf out;     /* what is written at the end of each cell */
    struct arena arena; /* of one cell, cleared after it */
    bool started;       /* something stands in `to`: for commas */
    struct err *err;
};

/* All rows of one cell, in the arena: calls in the order they ended, steps in that of the
 * definition, attempts call by call. Times of calls and attempts are wall time. */
struct export_cell {
    const struct store_cell *cell;
    const struct store_variant *variant;
    const struct store_sample *sample;
    struct store_step *step;
    struct store_call *call;
    struct store_attempt *attempt;
    struct store_score *score;
    struct store_verdict *verdict; /* of judges */
    struct store_command *command; /* programs */
    size_t steps, calls, attempts, scores, verdicts, commands;
};

/* One format. All return 0 or -1. */
struct export_format {
    const char *name;
    int (*begin)(struct exporter *exporter);
    int (*cell)(struct exporter *exporter, const struct export_cell *cell);
    int (*end)(struct exporter *exporter);
};
extern const struct export_format export_jsonl, export_otlp;

/* Walks the cells by variant, sample and trial. */
int export_run(struct exporter *exporter, const struct export_format *format);

/* The rows of one cell, in the arena; `row` must live as long. 0 or -1. */
int export_gather(struct store *store, const struct store_cell *row, struct arena *arena,
                  struct export_cell *cell, struct err *err);

/* The text of a body in the arena, a folded stream as it came. Empty for none. */
int export_text(struct exporter *exporter, const struct store_text *text, str *bytes);

#endif
