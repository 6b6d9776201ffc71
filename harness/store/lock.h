/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock.h: one writing process per run.
 *
 * SQLite's locks keep two writers from damaging a file, not from both running the same cells.
 * The lock is an flock on a file beside the run ("ID.db-lock"): it ends with the process however
 * that ends, and what a crash leaves behind is an empty file that locks nothing. It is not on
 * the run's own file: closing any descriptor of a file drops SQLite's locks on it.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"

#include <stdbool.h>

struct lock {
    int fd; /* -1: none */
    char *path;
};

/* ERR_INPUT when a living process holds it. */
int lock_take(struct lock *lock, const char *run_path, struct err *err);
/* Removes the file. */
void lock_release(struct lock *lock);
/* Is someone writing? */
bool lock_is_held(const char *run_path);

#endif
