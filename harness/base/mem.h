/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mem.h: the only way to the C heap.
 *
 * Running out of memory ends the program with a clear line: the store is transactional, so
 * nothing that was written is lost, and no caller carries an error path that no test reaches.
 * Most memory belongs to an arena (base/arena.h); these are for what must be freed singly.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Never NULL, also for size 0. The caller frees with xfree(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
/* A NUL-terminated copy. */
char *xstrdup(const char *text);
void xfree(void *memory);

#endif
