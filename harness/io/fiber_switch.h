/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fiber_switch.h: from one stack to another; for io/fiber.c only.
 *
 * A context is where a stack was left. By hand for x86-64 (System V ABI) and aarch64 (AAPCS64)
 * on ELF systems; ucontext elsewhere and where WEIR_FIBER_UCONTEXT is defined (CMake option
 * WEIR_FIBER=ucontext). The hand-written one is not for speed alone: AddressSanitizer misses
 * overflows in frames that are live across a swapcontext.
 */
#ifndef IO_FIBER_SWITCH_H
#define IO_FIBER_SWITCH_H

#include <stddef.h>

#if defined(WEIR_FIBER_UCONTEXT) || !defined(__ELF__) ||                                       \
    !(defined(__x86_64__) || defined(__aarch64__)) || defined(__ILP32__)
#define FIBER_SWITCH_UCONTEXT 1
#include <ucontext.h>
struct fiber_context {
    ucontext_t place;
    void (*entry)(void *arg);
    void *arg;
};
#else
#define FIBER_SWITCH_UCONTEXT 0
struct fiber_context {
    void *sp; /* of the frame that fiber_context_switch pushed */
};
#endif

/* The first switch to `context` runs entry(arg) on the stack [low, low + size); entry must never
 * return. `low + size` is aligned to 16 bytes. */
void fiber_context_make(struct fiber_context *context, void *low, size_t size,
                        void (*entry)(void *arg), void *arg);
/* Leaves the running stack in `from` and goes on where `to` was left. */
void fiber_context_switch(struct fiber_context *from, struct fiber_context *to);

#endif
