/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_fuzz_short.c: the fuzz targets for a few seconds, with the same inputs in every run.
 *
 * Inputs are seeds of each target, changed a few times over: bytes flipped, parts cut, doubled,
 * repeated, words of the format put in, two inputs joined. All choices are draws by number, so a
 * failure comes again under a debugger.
 */
#include "fuzz/targets.h"

#include "base/mem.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { INPUTS = 1500, LONGEST = 2000 };

/* Draws for one input. */
struct draws {
    struct rng_key key;
    uint64_t next;
};

static size_t draw(struct draws *draws, size_t below)
{
    return (size_t)rng_below(draws->key, "fuzz", draws->next++, below ? below : 1);
}

static str pick(struct draws *draws, const char *const *texts)
{
    size_t count = 0;
    while (texts[count])
        count++;
    return str_from(texts[draw(draws, count)]);
}

/* Replaces from..to of `text` by `times` copies of `by`. */
static void splice(struct buf *text, size_t from, size_t to, str by, size_t times)
{
    struct buf made = BUF(LONGEST);
    buf_add_str(&made, str_sub(buf_str(text), 0, from));
    for (size_t i = 0; i < times; i++)
        buf_add_str(&made, by);
    buf_add_str(&made, str_sub(buf_str(text), to, text->n));
    buf_release(text);
    *text = made;
}

static void mutate(struct draws *draws, struct buf *text, const struct fuzz_target *target)
{
    struct arena scratch = {0};
    size_t from = draw(draws, text->n + 1);
    size_t to = from + draw(draws, (text->n - from < 20 ? text->n - from : 20) + 1);
    str part = arena_str(&scratch, str_sub(buf_str(text), from, to));
    switch (draw(draws, 7)) {
    case 0:
        if (from < text->n)
            text->p[from] = (char)(text->p[from] ^ (1 << draw(draws, 8)));
        break;
    case 1:
        splice(text, from, to, STR(""), 0);
        break;
    case 2:
        splice(text, to, to, part, 1 + draw(draws, 3));
        break;
    case 3:
        splice(text, to, to, part, draw(draws, 200));
        break;
    case 4:
        splice(text, from, text->n, pick(draws, target->seeds), 1);
        break;
    default:
        splice(text, from, draw(draws, 2) ? from : to, pick(draws, target->words), 1);
        break;
    }
    arena_release(&scratch);
}

static void run_inputs(void **state)
{
    const struct fuzz_target *target = *state;
    for (size_t i = 0; target->seeds[i]; i++)
        fuzz_run(target, str_from(target->seeds[i]));
    fuzz_run(target, STR(""));
    for (uint64_t input = 0; input < INPUTS; input++) {
        struct draws draws = {rng_mix_str(rng_key(input), str_from(target->name)), 0};
        struct buf text = BUF(LONGEST);
        buf_add_str(&text, pick(&draws, target->seeds));
        for (size_t changes = 1 + draw(&draws, 6); changes > 0; changes--)
            mutate(&draws, &text, target);
        /* an exact copy, so that a read past its end is seen */
        char *exact = xmalloc(text.n);
        memcpy(exact, buf_str(&text).p, text.n);
        fuzz_run(target, (str){exact, text.n});
        xfree(exact);
        buf_release(&text);
    }
}

int main(void)
{
    enum { TARGETS = sizeof fuzz_targets / sizeof *fuzz_targets };
    struct CMUnitTest tests[TARGETS];
    for (size_t i = 0; i < TARGETS; i++)
        tests[i] = (struct CMUnitTest){.name = fuzz_targets[i].name,
                                       .test_func = run_inputs,
                                       .initial_state = (void *)(uintptr_t)&fuzz_targets[i]};
    return cmocka_run_group_tests_name("fuzz, short", tests, NULL, NULL);
}
