/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * short.h: a fuzz target for a moment, with the same inputs in every run.
 *
 * Inputs are seeds of the target, changed a few times over: bytes flipped, parts cut, doubled,
 * repeated, words of the format put in, two inputs joined. All choices are draws by number, so a
 * failure comes again under a debugger.
 */
#ifndef FUZZ_SHORT_H
#define FUZZ_SHORT_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "fuzz/fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { FUZZ_LONGEST = 6000 };

/* Draws for one input. */
struct fuzz_draws {
    struct rng_key key;
    uint64_t next;
};

static inline size_t fuzz_draw(struct fuzz_draws *draws, size_t below)
{
    return (size_t)rng_below(draws->key, "fuzz", draws->next++, below ? below : 1);
}

static inline str fuzz_pick(struct fuzz_draws *draws, const char *const *texts)
{
    size_t count = 0;
    while (texts[count])
        count++;
    return str_from(texts[fuzz_draw(draws, count)]);
}

/* Replaces from..to of `text` by `times` copies of `by`. */
static inline void fuzz_splice(struct buf *text, size_t from, size_t to, str by, size_t times)
{
    struct buf made = BUF(FUZZ_LONGEST);
    buf_add_str(&made, str_sub(buf_str(text), 0, from));
    for (size_t i = 0; i < times; i++)
        buf_add_str(&made, by);
    buf_add_str(&made, str_sub(buf_str(text), to, text->n));
    buf_release(text);
    *text = made;
}

static inline void fuzz_mutate(struct fuzz_draws *draws, struct buf *text,
                               const struct fuzz_target *target)
{
    struct arena scratch = {0};
    size_t from = fuzz_draw(draws, text->n + 1);
    size_t to = from + fuzz_draw(draws, (text->n - from < 20 ? text->n - from : 20) + 1);
    str part = arena_str(&scratch, str_sub(buf_str(text), from, to));
    switch (fuzz_draw(draws, 7)) {
    case 0:
        if (from < text->n)
            text->p[from] = (char)(text->p[from] ^ (1 << fuzz_draw(draws, 8)));
        break;
    case 1:
        fuzz_splice(text, from, to, STR(""), 0);
        break;
    case 2:
        fuzz_splice(text, to, to, part, 1 + fuzz_draw(draws, 3));
        break;
    case 3:
        fuzz_splice(text, to, to, part, fuzz_draw(draws, 200));
        break;
    case 4:
        fuzz_splice(text, from, text->n, fuzz_pick(draws, target->seeds), 1);
        break;
    default:
        fuzz_splice(text, from, fuzz_draw(draws, 2) ? from : to,
                    fuzz_pick(draws, target->words), 1);
        break;
    }
    arena_release(&scratch);
}

/* The seeds, nothing at all, and `inputs` changed seeds. */
static inline void fuzz_shortly(const struct fuzz_target *target, uint64_t inputs)
{
    for (size_t i = 0; target->seeds[i]; i++)
        fuzz_run(target, str_from(target->seeds[i]));
    fuzz_run(target, STR(""));
    for (uint64_t input = 0; input < inputs; input++) {
        struct fuzz_draws draws = {rng_mix_str(rng_key(input), str_from(target->name)), 0};
        struct buf text = BUF(FUZZ_LONGEST);
        buf_add_str(&text, fuzz_pick(&draws, target->seeds));
        for (size_t changes = 1 + fuzz_draw(&draws, 6); changes > 0; changes--)
            fuzz_mutate(&draws, &text, target);
        /* an exact copy, so that a read past its end is seen */
        char *exact = xmalloc(text.n);
        memcpy(exact, buf_str(&text).p, text.n);
        fuzz_run(target, (str){exact, text.n});
        xfree(exact);
        buf_release(&text);
    }
}

/* One test for each target of the table; `run` takes the target as its state. */
#define FUZZ_TESTS(run)                                                                        \
    int main(void)                                                                             \
    {                                                                                          \
        enum { TARGETS = sizeof fuzz_targets / sizeof *fuzz_targets };                         \
        struct CMUnitTest tests[TARGETS];                                                      \
        for (size_t i = 0; i < TARGETS; i++)                                                   \
            tests[i] =                                                                         \
                (struct CMUnitTest){.name = fuzz_targets[i].name,                              \
                                    .test_func = run,                                          \
                                    .initial_state = (void *)(uintptr_t)&fuzz_targets[i]};     \
        return cmocka_run_group_tests_name("fuzz, short", tests, NULL, NULL);                  \
    }

#endif
