/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * writer.h: the queue of records and the two threads behind it.
 *
 * The writer thread alone inserts and commits. The sync thread brings what was committed to the
 * disk, twice a second, and moves it from the WAL into the file when the WAL has grown; so no
 * record ever waits for the disk.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/db.h"
#include "store/store.h"

struct writer;

/* `db` belongs to the writer until writer_stop. `plan` (or NULL) is written first. */
struct writer *writer_start(struct db *db, const struct store_plan *plan);
void writer_add_call(struct writer *writer, const struct store_call *call, store_done *done,
                     void *arg);
void writer_add_cell(struct writer *writer, const struct store_cell *cell, store_done *done,
                     void *arg);
void writer_add_command(struct writer *writer, const struct store_command *command,
                        store_done *done, void *arg);
void writer_add_cells(struct writer *writer, const struct store_cell *const *cell, size_t count,
                      store_done *done, void *arg);
void writer_supersede(struct writer *writer, int64_t cell, store_done *done, void *arg);
void writer_supersede_call(struct writer *writer, int64_t call, store_done *done, void *arg);
int writer_error(struct writer *writer, struct err *err);
struct store_stats writer_stats(struct writer *writer);

/* Commits what is queued, ends both threads and frees the writer. With `at_once` what is queued
 * is dropped (done says failed). -1 when the writer had failed. */
int writer_stop(struct writer *writer, bool at_once, struct err *err);

#endif
