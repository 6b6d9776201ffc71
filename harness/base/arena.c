/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.c: bump allocation in blocks (see arena.h).
 *
 * Ten thousand cells may wait at once, each with an arena or two, so blocks are small at first and
 * then an eighth of all before them. What is larger than the next block gets one of its own size.
 * What goes on being used is the block with more left, of the one before and the new one. Who has few
 * arenas, used again and again, gives them a large first block: 17 small ones were made and freed for
 * each call.
 *
 * Under AddressSanitizer the unused rest of a block is poisoned, so that an overflow inside an
 * arena is found as it would be on the heap.
 */
#include "base/arena.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
enum { RED_ZONE = 16 };
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { RED_ZONE = 0 };
#endif

enum {
    ALIGN = _Alignof(max_align_t),
    FIRST_BLOCK = 1280,
    SMALLEST_BLOCK = 640,
    LARGEST_BLOCK = 1 << 20, /* beyond it growing only wastes */
};

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

struct arena_end {
    struct arena_end *next;
    void (*end)(void *object);
    void *object;
};

static size_t first_size(const struct arena *arena)
{
    return arena->first ? arena->first : FIRST_BLOCK;
}

static size_t next_size(const struct arena *arena)
{
    size_t size = arena->total / 8;
    if (!arena->block)
        return first_size(arena);
    return size < SMALLEST_BLOCK ? SMALLEST_BLOCK : size > LARGEST_BLOCK ? LARGEST_BLOCK : size;
}

static struct arena_block *block_add(struct arena *arena, size_t least)
{
    size_t size = next_size(arena);
    if (size < least)
        size = least;
    struct arena_block *before = arena->block;
    bool behind = before && before->size - before->used > size - least;
    struct arena_block **link = behind ? &before->next : &arena->block;
    struct arena_block *block = xmalloc(sizeof *block + size);
    block->next = *link;
    block->size = size;
    block->used = 0;
    POISON(block->data, size);
    *link = block;
    arena->total += size;
    return block;
}

void *arena_bytes(struct arena *arena, size_t size)
{
    size_t need = (size + RED_ZONE + ALIGN - 1) / ALIGN * ALIGN;
    assert(need >= size);
    struct arena_block *block = arena->block;
    if (!block || block->size - block->used < need)
        block = block_add(arena, need);
    char *memory = block->data + block->used;
    block->used += need;
    UNPOISON(memory, size);
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_bytes(arena, size), 0, size);
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    assert(size == 0 || count <= SIZE_MAX / 2 / size);
    return arena_alloc(arena, count * size);
}

void *arena_grow(struct arena *arena, const void *old, size_t old_count, size_t new_count,
                 size_t size)
{
    void *grown = arena_calloc(arena, new_count, size);
    if (old_count)
        memcpy(grown, old, old_count * size);
    return grown;
}

str arena_str(struct arena *arena, str s)
{
    char *copy = arena_bytes(arena, s.n + 1);
    if (s.n)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return (str){copy, s.n};
}

str arena_join(struct arena *arena, str first, str second)
{
    char *whole = arena_bytes(arena, first.n + second.n + 1);
    if (first.n)
        memcpy(whole, first.p, first.n);
    if (second.n)
        memcpy(whole + first.n, second.p, second.n);
    whole[first.n + second.n] = '\0';
    return (str){whole, first.n + second.n};
}

str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

/* Most texts are short: printed once, and copied, which takes half of printing them twice. */
enum { PRINTED_SHORT = 256 };

str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    char text[PRINTED_SHORT];
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(text, sizeof text, format, args);
    assert(length >= 0);
    char *kept = arena_bytes(arena, (size_t)length + 1);
    if ((size_t)length < sizeof text)
        memcpy(kept, text, (size_t)length + 1);
    else
        vsnprintf(kept, (size_t)length + 1, format, again);
    va_end(again);
    return (str){kept, (size_t)length};
}

void arena_on_end(struct arena *arena, void (*end)(void *object), void *object)
{
    struct arena_end *entry = arena_new(arena, struct arena_end);
    *entry = (struct arena_end){arena->ends, end, object};
    arena->ends = entry;
}

static void run_ends(struct arena *arena)
{
    while (arena->ends) {
        struct arena_end *entry = arena->ends;
        arena->ends = entry->next;
        entry->end(entry->object);
    }
}

static void free_block(struct arena *arena, struct arena_block *block)
{
    arena->total -= block->size;
    UNPOISON(block->data, block->size);
    xfree(block);
}

void arena_release(struct arena *arena)
{
    run_ends(arena);
    for (struct arena_block *block; (block = arena->block);) {
        arena->block = block->next;
        free_block(arena, block);
    }
}

void arena_clear(struct arena *arena)
{
    struct arena_block *kept = NULL;
    run_ends(arena);
    for (struct arena_block *block; (block = arena->block);) {
        arena->block = block->next;
        if (!kept && block->size == first_size(arena))
            kept = block;
        else
            free_block(arena, block);
    }
    if (!kept)
        return;
    kept->next = NULL;
    kept->used = 0;
    POISON(kept->data, kept->size);
    arena->block = kept;
}
