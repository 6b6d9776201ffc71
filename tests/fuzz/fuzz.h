/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz.h: what all fuzz targets share. Their tables are base_targets.h, mock_targets.h and
 * client_targets.h; a program takes one of them.
 *
 * A target takes any bytes, calls one module the way the program does, and checks what must hold
 * whatever the bytes are. A broken promise prints the input and aborts; sanitizers see the rest.
 * libFuzzer feeds it (entry.c, script/fuzz) for as long as one likes, and unit/test_*fuzz*.c with
 * some thousand mutations in every test run. Where a target needs several texts they are
 * separated by the byte 0x1e.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* libfyaml loses 2 KB for a scalar with more than 30 doubled quotes (seen with 0.7.12). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

struct fuzz_target {
    const char *name;
    void (*run)(struct arena *arena, str input);
    const char *const *seeds; /* typical inputs; NULL behind the last */
    const char *const *words; /* what inputs are made of */
};

static str fuzz_input; /* for the message */

#define FUZZ_MUST(condition)                                                                   \
    do {                                                                                       \
        if (!(condition))                                                                      \
            fuzz_broken(#condition, __FILE__, __LINE__);                                       \
    } while (0)

static inline _Noreturn void fuzz_broken(const char *condition, const char *file, int line)
{
    struct arena arena = {0};
    str shown = text_visible(&arena, fuzz_input);
    fprintf(stderr, "%s:%d: %s does not hold for: %.*s\n", file, line, condition,
            STR_ARG(shown));
    abort();
}

/* Cuts the text before the next separator off the input. */
static inline str fuzz_cut(str *input)
{
    str part;
    str_cut(*input, '\x1e', &part, input);
    return part;
}

/* Cuts the first character off the input: a number from 0 that chooses among `count`. A digit or
 * a letter behind it reads as itself, so that seeds can be written. */
static inline size_t fuzz_choose(str *input, size_t count)
{
    size_t chosen = input->n ? (unsigned char)(input->p[0] - '0') % count : 0;
    *input = str_sub(*input, 1, input->n);
    return chosen;
}

static inline void fuzz_run(const struct fuzz_target *target, str input)
{
    struct arena arena = {0};
    fuzz_input = input;
    target->run(&arena, input);
    arena_release(&arena);
}

#endif
