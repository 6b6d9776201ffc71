/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * init_dataset.h: weir init --dataset: an experiment about somebody's own rows.
 *
 * Its files are a start that runs: the rows as JSONL, each with an id and with names that prompts can use; one prompt
 * against two small steps; a score by what the rows expect; a mock that knows the answers; a README.
 */
#ifndef CMD_INIT_DATASET_H
#define CMD_INIT_DATASET_H

#include "base/dataset.h"
#include "base/err.h"

enum { INIT_COLUMNS_MOST = 100, INIT_LABELS_MOST = 12 };

struct init_column {
    str given; /* as the file has it */
    str name;  /* as prompts can name it; empty: of no prompt */
};

struct init_dataset {
    str name; /* of the file, without folder and ending, as a file's name */
    struct rows rows;
    struct init_column column[INIT_COLUMNS_MOST];
    size_t columns;
    str expected; /* the column; empty: nothing is expected */
    str longest;  /* the column that tells rows apart, by its prompt name */
    bool has_id;
    str label[INIT_LABELS_MOST]; /* what is expected is one of these */
    size_t labels;               /* 0: it is anything */
    bool is_short;               /* and then short enough to be equal */
};

/* Reads the rows. `expected`: the column with the right answer; empty: one that is called as such columns are.
 * ERR_INPUT after printing the file's mistakes. */
int init_dataset_read(struct init_dataset *dataset, str path, str expected, struct arena *arena,
                      struct err *err);

struct init_file {
    const char *name;
    str text;
};
/* The files, by their names in the folder; NULL at the end. */
const struct init_file *init_dataset_files(const struct init_dataset *dataset,
                                           struct arena *arena);

#endif
