/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * insert.h: records into tables, on the writer's connection.
 */
#ifndef STORE_INSERT_H
#define STORE_INSERT_H

#include "base/arena.h"
#include "store/db.h"
#include "store/record.h"

struct node_index; /* of what is in table node */
struct asked;      /* requests of late, to be stored once */
struct large_text; /* large texts of late, likewise */

struct inserter {
    struct db *db;
    sqlite3_stmt *insert[TABLES]; /* prepared when first needed */
    struct bound *bound[TABLES];  /* what its parameters are */
    struct node_index *nodes;
    struct asked *asked;
    struct large_text *large;
    struct arena scratch; /* texts from which a secret was removed; emptied per record */
};

/* Reads the nodes that are there already (after a resume). */
int inserter_init(struct inserter *inserter, struct db *db, struct err *err);
void inserter_release(struct inserter *inserter);

/* All within the transaction of the caller. */
int insert_record(struct inserter *inserter, struct record *record, struct err *err);
int insert_run(struct inserter *inserter, const struct store_run *run, struct err *err);
int insert_plan(struct inserter *inserter, const struct store_plan *plan, struct err *err);

#endif
