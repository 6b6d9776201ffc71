/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unkept.h: where the file of `weir run --no-store` lies while the run lasts.
 *
 * A folder of its own that only this user can read, in memory where there is room. With a guard it goes
 * with the process however that ends: a second process, which does nothing else, waits for that and
 * then removes the folder. Only a kill of both leaves it behind.
 */
#ifndef SESSION_UNKEPT_H
#define SESSION_UNKEPT_H

#include "base/arena.h"
#include "base/err.h"

#include <sys/types.h>

struct unkept {
    str folder; /* empty: none */
    pid_t guard; /* 0: none */
    int alive; /* the guard reads its other end, which closes with this process */
};

/* The folder to make it in: `memory` when that is a file system in memory with 256 MB free, else
 * $TMPDIR, else /tmp. */
str unkept_place(const char *memory);

/* `guarded`: with the second process; to be called before there are threads. ERR_FAILED. */
int unkept_make(struct unkept *unkept, bool guarded, struct arena *arena, struct err *err);
/* Removes the folder and the files in it, and waits for the guard. Harmless without a folder. */
void unkept_remove(struct unkept *unkept);

#endif
