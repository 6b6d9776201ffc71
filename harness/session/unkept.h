/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unkept.h: where the file of `weir run --no-store` lies while the run lasts.
 *
 * A folder of its own that only this user can read, in memory where there is room. It goes with
 * the process however that ends: a second process, which does nothing else, waits for that and
 * then removes the folder. Only a kill of both leaves it behind.
 */
#ifndef SESSION_UNKEPT_H
#define SESSION_UNKEPT_H

#include "base/arena.h"
#include "base/err.h"

#include <sys/types.h>

struct unkept {
    str folder; /* empty: none */
    pid_t guard;
    int alive; /* the guard reads its other end, which closes with this process */
};

/* The folder to make it in: `memory` when that is a file system in memory with 256 MB free, else
 * $TMPDIR, else /tmp. */
str unkept_place(const char *memory);

/* To be called before there are threads. ERR_FAILED. */
int unkept_make(struct unkept *unkept, struct arena *arena, struct err *err);
/* Removes the folder and the files in it, and waits for the guard. Harmless without a folder. */
void unkept_remove(struct unkept *unkept);

#endif
