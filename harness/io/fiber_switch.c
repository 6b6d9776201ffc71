/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fiber_switch.c: the few instructions that change stacks (see fiber_switch.h).
 *
 * A switch is a function call to the compiler, so only what a callee must preserve is saved:
 * on the stack that is left, whose pointer is all that a context holds. The floating point
 * control words (mxcsr, x87, fpcr) are callee-saved too; they are left alone, because nothing in
 * weir changes them and reading them costs more than the rest.
 *
 * The unwinding notes (.cfi) let gdb walk a fiber's stack down to its first frame and end there:
 * fiber_context_begin has no return address, and its frame pointer is zero.
 */
#include "io/fiber_switch.h"

#if FIBER_SWITCH_UCONTEXT

/* makecontext passes only ints portably, so the new context is found here by its first run. */
static _Thread_local struct fiber_context *beginning;

static void begin(void)
{
    struct fiber_context *context = beginning;
    context->entry(context->arg);
}

void fiber_context_make(struct fiber_context *context, void *low, size_t size,
                        void (*entry)(void *arg), void *arg)
{
    getcontext(&context->place);
    context->place.uc_stack.ss_sp = low;
    context->place.uc_stack.ss_size = size;
    context->place.uc_link = NULL;
    context->entry = entry;
    context->arg = arg;
    makecontext(&context->place, begin, 0);
}

void fiber_context_switch(struct fiber_context *from, struct fiber_context *to)
{
    beginning = to;
    swapcontext(&from->place, &to->place);
}

#elif defined(__x86_64__)

/* clang-format off */
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl fiber_context_switch\n"
    ".hidden fiber_context_switch\n"
    ".type fiber_context_switch, @function\n"
    "fiber_context_switch:\n"
    ".cfi_startproc\n"
    "pushq %rbp\n" ".cfi_adjust_cfa_offset 8\n" ".cfi_rel_offset rbp, 0\n"
    "pushq %rbx\n" ".cfi_adjust_cfa_offset 8\n" ".cfi_rel_offset rbx, 0\n"
    "pushq %r12\n" ".cfi_adjust_cfa_offset 8\n" ".cfi_rel_offset r12, 0\n"
    "pushq %r13\n" ".cfi_adjust_cfa_offset 8\n" ".cfi_rel_offset r13, 0\n"
    "pushq %r14\n" ".cfi_adjust_cfa_offset 8\n" ".cfi_rel_offset r14, 0\n"
    "pushq %r15\n" ".cfi_adjust_cfa_offset 8\n" ".cfi_rel_offset r15, 0\n"
    "movq %rsp, (%rdi)\n"
    "movq (%rsi), %rsp\n"
    "popq %r15\n" ".cfi_adjust_cfa_offset -8\n" ".cfi_restore r15\n"
    "popq %r14\n" ".cfi_adjust_cfa_offset -8\n" ".cfi_restore r14\n"
    "popq %r13\n" ".cfi_adjust_cfa_offset -8\n" ".cfi_restore r13\n"
    "popq %r12\n" ".cfi_adjust_cfa_offset -8\n" ".cfi_restore r12\n"
    "popq %rbx\n" ".cfi_adjust_cfa_offset -8\n" ".cfi_restore rbx\n"
    "popq %rbp\n" ".cfi_adjust_cfa_offset -8\n" ".cfi_restore rbp\n"
    "ret\n"
    ".cfi_endproc\n"
    ".size fiber_context_switch, . - fiber_context_switch\n"

    ".p2align 4\n"
    ".type fiber_context_begin, @function\n"
    ".globl fiber_context_begin\n"
    ".hidden fiber_context_begin\n"
    "fiber_context_begin:\n"
    ".cfi_startproc\n"
    ".cfi_undefined rip\n"
    "movq %r13, %rdi\n"
    "callq *%r12\n"
    "ud2\n"
    ".cfi_endproc\n"
    ".size fiber_context_begin, . - fiber_context_begin\n"
);
/* clang-format on */

/* What fiber_context_switch pops, lowest address first. */
struct frame {
    void *r15, *r14;
    void *r13; /* argument of the entry */
    void (*r12)(void *arg);
    void *rbx, *rbp;
    void (*resume)(void);
    void *end[2]; /* zero: the last frame's saved rbp and return address for naive walkers */
};

#elif defined(__aarch64__)

/* clang-format off */
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl fiber_context_switch\n"
    ".hidden fiber_context_switch\n"
    ".type fiber_context_switch, %function\n"
    "fiber_context_switch:\n"
    ".cfi_startproc\n"
    "stp x29, x30, [sp, #-160]!\n"
    ".cfi_adjust_cfa_offset 160\n" ".cfi_rel_offset x29, 0\n" ".cfi_rel_offset x30, 8\n"
    "stp x19, x20, [sp, #16]\n" ".cfi_rel_offset x19, 16\n" ".cfi_rel_offset x20, 24\n"
    "stp x21, x22, [sp, #32]\n" ".cfi_rel_offset x21, 32\n" ".cfi_rel_offset x22, 40\n"
    "stp x23, x24, [sp, #48]\n" ".cfi_rel_offset x23, 48\n" ".cfi_rel_offset x24, 56\n"
    "stp x25, x26, [sp, #64]\n" ".cfi_rel_offset x25, 64\n" ".cfi_rel_offset x26, 72\n"
    "stp x27, x28, [sp, #80]\n" ".cfi_rel_offset x27, 80\n" ".cfi_rel_offset x28, 88\n"
    "stp d8, d9, [sp, #96]\n"
    "stp d10, d11, [sp, #112]\n"
    "stp d12, d13, [sp, #128]\n"
    "stp d14, d15, [sp, #144]\n"
    "mov x9, sp\n"
    "str x9, [x0]\n"
    "ldr x9, [x1]\n"
    "mov sp, x9\n"
    "ldp x19, x20, [sp, #16]\n"
    "ldp x21, x22, [sp, #32]\n"
    "ldp x23, x24, [sp, #48]\n"
    "ldp x25, x26, [sp, #64]\n"
    "ldp x27, x28, [sp, #80]\n"
    "ldp d8, d9, [sp, #96]\n"
    "ldp d10, d11, [sp, #112]\n"
    "ldp d12, d13, [sp, #128]\n"
    "ldp d14, d15, [sp, #144]\n"
    "ldp x29, x30, [sp], #160\n"
    ".cfi_adjust_cfa_offset -160\n" ".cfi_restore x29\n" ".cfi_restore x30\n"
    ".cfi_restore x19\n" ".cfi_restore x20\n" ".cfi_restore x21\n" ".cfi_restore x22\n"
    ".cfi_restore x23\n" ".cfi_restore x24\n" ".cfi_restore x25\n" ".cfi_restore x26\n"
    ".cfi_restore x27\n" ".cfi_restore x28\n"
    "ret\n"
    ".cfi_endproc\n"
    ".size fiber_context_switch, . - fiber_context_switch\n"

    ".p2align 4\n"
    ".globl fiber_context_begin\n"
    ".hidden fiber_context_begin\n"
    ".type fiber_context_begin, %function\n"
    "fiber_context_begin:\n"
    ".cfi_startproc\n"
    ".cfi_undefined x30\n"
    "mov x0, x20\n"
    "blr x19\n"
    "brk #1\n"
    ".cfi_endproc\n"
    ".size fiber_context_begin, . - fiber_context_begin\n"
);
/* clang-format on */

/* What fiber_context_switch restores, lowest address first. */
struct frame {
    void *x29;
    void (*resume)(void); /* x30 */
    void (*x19)(void *arg);
    void *x20; /* argument of the entry */
    void *x21_to_x28[8];
    double d8_to_d15[8];
    void *end[2]; /* zero: the last frame's record for naive walkers */
};

#endif

#if !FIBER_SWITCH_UCONTEXT

void fiber_context_begin(void);

void fiber_context_make(struct fiber_context *context, void *low, size_t size,
                        void (*entry)(void *arg), void *arg)
{
    _Static_assert(sizeof(struct frame) % 8 == 0, "the stack stays aligned");
    struct frame *frame = (struct frame *)(void *)((char *)low + size - sizeof *frame);
    *frame = (struct frame){.resume = fiber_context_begin};
#if defined(__x86_64__)
    frame->r12 = entry;
    frame->r13 = arg;
#else
    frame->x19 = entry;
    frame->x20 = arg;
#endif
    context->sp = frame;
}

#endif
