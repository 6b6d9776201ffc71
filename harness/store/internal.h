/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * internal.h: what struct store is, for the files of store/ alone.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/db.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/writer.h"

/* Either a writer (store.c) or a reader (reader.c). */
struct store {
    struct arena arena;
    struct db db;
    struct store_run run;

    struct writer *writer; /* NULL in a reader */
    struct lock lock;

    bool running;
    bool resumed; /* a writer that goes on */
    struct store_variant *variant;
    struct store_sample *sample;
    struct node_row *node;
    struct store_file *file;
    size_t variants, samples, nodes, files;
};

/* Fills in what the step's node says, from its node_id; 0: there is no such node. */
void name_step(const struct store *store, struct store_step *step);
/* The row of table run; texts in the arena. */
int read_run(struct db *db, struct arena *arena, struct store_run *run, struct err *err);

#endif
