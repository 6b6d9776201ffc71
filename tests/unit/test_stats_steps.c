/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a step takes of a cell: cost, tokens and work of its own calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/test_stats_rows.h"

enum { CELLS = 4 };

/* Two steps of one call each: the first takes 1 ms and 1,000 nano-dollars, the second thrice as
 * much. */
static struct summary_step_row step_of(size_t sample, size_t order)
{
    int64_t cost = order ? 3000 : 1000;
    return (struct summary_step_row){.sample = sample,
                                     .trial = 1,
                                     .order = order,
                                     .path = order ? STR("second") : STR("first"),
                                     .pattern = STR("call"),
                                     .cost = {.known_nanousd = cost, .upper_nanousd = cost},
                                     .tokens = {.input = 80, .cache_read = 10, .output = 10},
                                     .traffic = {1, 1, 0, 0, 1, 0},
                                     .latency_ns = cost * 1000,
                                     .work_ns = cost * 1000};
}

/* Protects: steps add up to the cell; a cell whose times are another run's, and one whose latency
 * was lost, have no part in the work; failed cells have a part in everything. */
static void steps_add_up(void **state)
{
    (void)state;
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    for (size_t s = 0; s < CELLS; s++) {
        struct summary_cell_row cell = cell_of(0, s, 1, true, 4000, 4);
        bool timed = s > 1;
        cell.traffic = (struct summary_traffic){2, 2, 0, 0, 2, 0};
        if (s == 0)
            cell.traffic = (struct summary_traffic){2, 0, 2, 0, 0, 0};
        if (s == 1)
            cell.latency_ns = -1;
        if (s == 2)
            cell.status = SUMMARY_ERROR;
        add(summary, &cell);
        for (size_t k = 0; k < 2; k++) {
            struct summary_step_row step = step_of(s, k);
            step.is_cached = s == 0;
            step.work_ns = timed ? step.work_ns : -1;
            add_step(summary, &step);
        }
    }
    finish(summary);
    const struct summary_variant *v = &summary->variants[0];
    assert_int_equal(v->step_count, 2);
    assert_near(v->steps[0].cost_per_cell_usd.value, 1e-6);
    assert_near(v->steps[1].cost_per_cell_usd.value, 3e-6);
    assert_near(v->steps[0].cost_per_cell_usd.value + v->steps[1].cost_per_cell_usd.value,
                v->cost_per_cell_usd.value.value);
    assert_near(v->steps[0].tokens_per_cell.value, 100);
    assert_near(v->steps[0].work_per_cell_ns.value, 1e6);
    assert_near(v->steps[1].work_per_cell_ns.value, 3e6);
    summary_free(summary);
}

/* Protects: a call of unknown cost makes the step's cost unknown, never too low; without a timed cell
 * there is no work, and not 0. */
static void unknown_is_unknown(void **state)
{
    (void)state;
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    struct summary_cell_row cell = cell_of(0, 0, 1, true, 4000, 4);
    struct summary_step_row step = step_of(0, 0);
    cell.latency_ns = -1;
    cell.cost.unknown_calls = step.cost.unknown_calls = 1;
    step.work_ns = -1;
    add(summary, &cell);
    add_step(summary, &step);
    finish(summary);
    const struct summary_step *only = &summary->variants[0].steps[0];
    assert_false(only->cost_per_cell_usd.known);
    assert_true(only->tokens_per_cell.known);
    assert_false(only->work_per_cell_ns.known);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_add_up),
        cmocka_unit_test(unknown_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
