/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h: the tables of a run's file and their version.
 *
 * A file carries weir's application id and the schema's version (SQLite's application_id and
 * user_version). Versions only add: an older file is brought up to date by numbered migrations
 * when it is opened for writing, a newer one is refused.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

enum {
    SCHEMA_APPLICATION = 0x77656972, /* "weir" */
    SCHEMA_VERSION = 6,
};

struct buf;

/* The statements that make an empty file into a run's, with a comment for every column. */
void schema_write(struct buf *sql);
int schema_create(struct db *db, struct err *err);
/* One of them. */
void schema_write_table(struct buf *sql, const struct table *table);

/* 0 when the file is a run of a schema we know. ERR_INPUT: no run, or written by a newer weir. */
int schema_check(struct db *db, struct err *err);

/* What leads from version - 1 to version. */
struct migration {
    int version;
    const char *sql;
};
/* Applies those above the file's version, each in a transaction of its own. */
int schema_migrate(struct db *db, const struct migration *migration, size_t count,
                   struct err *err);
/* schema_migrate with our own. */
int schema_upgrade(struct db *db, struct err *err);

/* The indexes that readers want; made when a run is finished, since appending to a table with
 * indexes costs twice as much. */
int schema_index(struct db *db, struct err *err);

#endif
