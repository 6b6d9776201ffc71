/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syncer.h: the thread that brings committed records to the disk.
 *
 * It has a connection of its own. Every half second it flushes the WAL if something was
 * committed since; when the WAL has grown large it copies it into the file (a passive
 * checkpoint, which stops neither writer nor readers).
 */
#ifndef STORE_SYNCER_H
#define STORE_SYNCER_H

#include "store/db.h"
#include "store/store.h"

struct syncer;

struct syncer *syncer_start(struct db *writer);
/* The writer's thread, after each commit: notes it, and, after a checkpoint of the thread, does
 * the small rest that was committed meanwhile, so that the WAL begins anew at its start. -1: the
 * thread or the checkpoint has failed. */
int syncer_committed(struct syncer *syncer, struct err *err);
void syncer_stats(struct syncer *syncer, struct store_stats *stats);
/* Ends the thread; -1 when it had failed. */
int syncer_stop(struct syncer *syncer, struct err *err);

#endif
