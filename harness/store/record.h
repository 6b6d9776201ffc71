/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h: a record on its way to the writer: one block that holds all it points to.
 *
 * The blocks are kept for reuse: they are made on the loop's thread and given back on the
 * writer's, and malloc does poorly at that.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "store/store.h"

enum record_kind { RECORD_CALL, RECORD_CELL, RECORD_COMMAND, RECORD_SUPERSEDE, RECORD_SUPERSEDE_CALL };

struct record {
    struct record *next;
    store_done *done;
    void *arg;
    enum record_kind kind;
    unsigned size_class; /* of the block */
    union {
        struct store_call call;
        struct store_cell cell;
        struct store_command command;
        int64_t superseded; /* cell, or call */
    };
};

enum { RECORD_CLASSES = 8 };

/* Blocks not in use. Guarded by the lock of who owns it. Zero is an empty pool. */
struct record_pool {
    struct record *unused[RECORD_CLASSES];
    size_t bytes; /* held */
};

/* Bytes for a record and all its texts, steps and scores or attempts. */
size_t record_size_call(const struct store_call *call);
size_t record_size_cell(const struct store_cell *cell);
size_t record_size_command(const struct store_command *command);

/* A block of at least `size` bytes, from the pool or, when it has none, NULL: then the caller
 * makes one with record_make, outside its lock. */
struct record *record_take(struct record_pool *pool, size_t size);
struct record *record_make(size_t size);
/* Into the pool, or freed when the pool holds enough. */
void record_give(struct record_pool *pool, struct record *record);
void record_pool_release(struct record_pool *pool);

/* Fills a block of the size asked for above. Texts that are the same slice are copied once. */
void record_fill_call(struct record *record, const struct store_call *call);
void record_fill_cell(struct record *record, const struct store_cell *cell);
void record_fill_command(struct record *record, const struct store_command *command);

#endif
