/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_api_events.c: in which order a run's caller hears of what happened.
 */
#include "api/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "base/buf.h"

struct heard {
    struct buf order; /* c, p, P, w: a cell, progress, the last progress, a warning */
    int answer;       /* to cells */
    int stops;
};

static int on_cell(void *arg, const struct weir_cell *cell)
{
    struct heard *heard = arg;
    (void)cell;
    buf_add_char(&heard->order, 'c');
    return heard->answer;
}

static int on_progress(void *arg, const struct weir_progress *progress)
{
    struct heard *heard = arg;
    buf_add_char(&heard->order, progress->last ? 'P' : 'p');
    return 0;
}

static void on_warning(void *arg, const char *text)
{
    struct heard *heard = arg;
    assert_string_equal(text, "mind the gap");
    buf_add_char(&heard->order, 'w');
}

static void on_stop(void *arg)
{
    struct heard *heard = arg;
    heard->stops++;
}

static void check_order(struct events *events, struct heard *heard, const char *order)
{
    const struct events_listener listener = {on_cell, on_progress, on_warning, heard,
                                             heard,   heard,       on_stop,    heard};
    events_end(events);
    events_deliver(events, &listener);
    assert_true(str_equal(buf_str(&heard->order), str_from(order)));
    buf_release(&heard->order);
    events_release(events);
}

static void add_cell(struct events *events)
{
    const struct weir_cell cell = {.variant = "one"};
    events_add_cell(events, &cell, (struct arena){0});
}

/* Protects who stops a run by its progress: cells that come faster than they are told do not keep it back. */
static void progress_does_not_wait_for_cells(void **state)
{
    struct events events;
    struct heard heard = {.answer = 0};
    (void)state;
    events_init(&events);
    add_cell(&events);
    add_cell(&events);
    events_set_progress(&events, &(struct weir_progress){.cells_done = 2});
    check_order(&events, &heard, "pcc");
}

/* Protects who ends its display then: behind the last progress nothing comes, not even a warning. */
static void nothing_follows_the_last_progress(void **state)
{
    struct events events;
    struct heard heard = {.answer = 0};
    (void)state;
    events_init(&events);
    add_cell(&events);
    events_set_progress(&events, &(struct weir_progress){.last = 1});
    events_add_warning(&events, STR("mind the gap"));
    check_order(&events, &heard, "cwP");
}

/* Protects open cells: however often callbacks say stop, it is the first stop, which lets them end. */
static void callbacks_stop_once(void **state)
{
    struct events events;
    struct heard heard = {.answer = 1};
    (void)state;
    events_init(&events);
    add_cell(&events);
    add_cell(&events);
    check_order(&events, &heard, "cc");
    assert_int_equal(heard.stops, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_does_not_wait_for_cells),
        cmocka_unit_test(nothing_follows_the_last_progress),
        cmocka_unit_test(callbacks_stop_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
