/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.h: memory that goes away together.
 *
 * A cell, an experiment, a report each have an arena; what they make lives as long as it does
 * and nothing is freed singly. Allocation cannot fail (base/mem.h). What an arena cannot free
 * (a compiled regex, a file) is attached with arena_on_end and ends with it, newest first.
 * An arena belongs to one thread at a time; handing a whole arena to another thread is fine.
 *
 *     struct arena arena = {0};               zero is an empty arena
 *     char *name = arena_printf(&arena, "%s-%d", base, i).p;
 *     arena_release(&arena);
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>

struct arena {
    struct arena_block *block; /* newest; NULL when empty */
    struct arena_end *ends;    /* what to call at the end, newest first */
    size_t total;              /* bytes held in blocks */
    /* Bytes of the first block, which arena_clear keeps: what fits costs no malloc when the arena is
     * used again. 0: little, for there may be ten thousand arenas. */
    size_t first;
};

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, not zeroed: for bytes that are all written at once. */
void *arena_bytes(struct arena *arena, size_t size);
#define arena_new(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_calloc((arena), (count), sizeof(type)))
void *arena_calloc(struct arena *arena, size_t count, size_t size);
/* A copy of `old_count` items in room for `new_count`; the old place is left behind. */
void *arena_grow(struct arena *arena, const void *old, size_t old_count, size_t new_count,
                 size_t size);

/* Copies; the result has a NUL behind its last byte. */
str arena_str(struct arena *arena, str s);
str arena_join(struct arena *arena, str first, str second);
str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
str arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Calls end(object) when the arena is released or cleared. */
void arena_on_end(struct arena *arena, void (*end)(void *object), void *object);

/* Ends the arena's objects and gives all its memory back; the arena is then empty. */
void arena_release(struct arena *arena);
/* The same, but keeps its first block for reuse. */
void arena_clear(struct arena *arena);

#endif
