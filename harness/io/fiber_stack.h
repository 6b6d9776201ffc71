/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fiber_stack.h: stacks for fibers, carved from slabs; for io/fiber.c only.
 *
 * Each stack begins with a page that faults when touched, so that an overflow ends the program
 * instead of changing a neighbour. Stacks are handed out once; who needs them again keeps them.
 */
#ifndef IO_FIBER_STACK_H
#define IO_FIBER_STACK_H

#include "io/sanitize.h"

#include <stddef.h>

/* Reserved address space; only touched pages cost memory. Sanitizers make frames several times
 * larger. */
#if WEIR_ASAN || WEIR_TSAN
enum { FIBER_STACK_SIZE = 256 * 1024 };
#else
enum { FIBER_STACK_SIZE = 64 * 1024 };
#endif

struct fiber_slab;

struct fiber_stacks {
    struct fiber_slab *slab; /* newest first */
    size_t made;
};

/* A new stack: its lowest usable byte, with its size. Running out of address space ends the
 * program. */
char *fiber_stack_make(struct fiber_stacks *stacks, size_t *size);
void fiber_stacks_release(struct fiber_stacks *stacks);

#endif
