/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fiber_stack.c: slabs of stacks with guard pages (see fiber_stack.h).
 *
 * A guard made with mprotect splits a mapping, and a process may have some 65,000 of them
 * (vm.max_map_count): enough for 32,000 stacks. Linux 6.13 has MADV_GUARD_INSTALL, which marks
 * the page without a split; it is tried first. Huge pages are refused: one touched page per
 * stack would become the whole slab.
 */
#include "io/fiber_stack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

#if WEIR_VALGRIND
#include <valgrind/valgrind.h>
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13; older kernels answer EINVAL */
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#ifndef MAP_STACK
#define MAP_STACK 0
#endif

enum { STACKS_PER_SLAB = 64 };

struct fiber_slab {
    struct fiber_slab *next;
    char *memory;
    size_t used;                           /* stacks carved */
    unsigned valgrind_id[STACKS_PER_SLAB]; /* what valgrind calls them */
};

/* From stack to stack. Where pages are large (64 KB on some aarch64), the guard comes on top. */
static size_t stack_stride(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return page > FIBER_STACK_SIZE / 8 ? FIBER_STACK_SIZE + page : FIBER_STACK_SIZE;
}

static struct fiber_slab *slab_add(struct fiber_stacks *stacks)
{
    struct fiber_slab *slab = xcalloc(1, sizeof *slab);
    const size_t size = STACKS_PER_SLAB * stack_stride();
    slab->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (slab->memory == MAP_FAILED)
        BUG("no address space for more fiber stacks after %zu: %s", stacks->made,
            strerror(errno));
#ifdef MADV_NOHUGEPAGE
    madvise(slab->memory, size, MADV_NOHUGEPAGE);
#endif
    slab->next = stacks->slab;
    stacks->slab = slab;
    return slab;
}

static void guard(char *page, size_t size, size_t made)
{
    static bool told;
    if (madvise(page, size, MADV_GUARD_INSTALL) == 0 || mprotect(page, size, PROT_NONE) == 0)
        return;
    if (!told)
        log_line(LOG_WARNING, "fiber stacks after the first %zu have no guard page: %s", made,
                 strerror(errno));
    told = true;
}

char *fiber_stack_make(struct fiber_stacks *stacks, size_t *size)
{
    struct fiber_slab *slab = stacks->slab;
    if (!slab || slab->used == STACKS_PER_SLAB)
        slab = slab_add(stacks);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t stride = stack_stride();
    char *memory = slab->memory + slab->used * stride;
    guard(memory, page, stacks->made);
    *size = stride - page;
#if WEIR_VALGRIND
    slab->valgrind_id[slab->used] = VALGRIND_STACK_REGISTER(memory + page, memory + stride);
#endif
    slab->used++;
    stacks->made++;
    return memory + page;
}

void fiber_stacks_release(struct fiber_stacks *stacks)
{
    while (stacks->slab) {
        struct fiber_slab *slab = stacks->slab;
        stacks->slab = slab->next;
#if WEIR_VALGRIND
        for (size_t i = 0; i < slab->used; i++)
            VALGRIND_STACK_DEREGISTER(slab->valgrind_id[i]);
#endif
        munmap(slab->memory, STACKS_PER_SLAB * stack_stride());
        xfree(slab);
    }
    stacks->made = 0;
}
