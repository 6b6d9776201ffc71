/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.h: what a run tells its caller, from the thread it happens on to the one that waits.
 *
 * So no callback stands on a fiber's small stack, and none holds up the loop, which would be measured as a
 * model's latency.
 */
#ifndef API_EVENTS_H
#define API_EVENTS_H

#include <pthread.h>
#include <stdbool.h>

#include "api/weir.h"
#include "base/arena.h"
#include "base/str.h"

enum { EVENTS_CELLS_MOST = 256 };

struct event;

struct events {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct event *first, *last;
    size_t cells;
    struct weir_progress progress; /* the newest: older ones are of no interest */
    bool has_progress, ended;
};

/* Who is called; NULL: nobody. */
struct events_listener {
    weir_cell_fn *cell;
    weir_progress_fn *progress;
    weir_warning_fn *warning;
    void *cell_arg, *progress_arg, *warning_arg;
    void (*stop)(void *arg); /* when one of the first two wants it; once */
    void *stop_arg;
};

void events_init(struct events *events);
void events_release(struct events *events);

/* From any thread. The cell's texts live in `arena`, which the queue takes over. */
void events_add_cell(struct events *events, const struct weir_cell *cell, struct arena arena);
void events_add_warning(struct events *events, str text);
void events_set_progress(struct events *events, const struct weir_progress *progress);
bool events_are_full(struct events *events);
/* Nothing follows. */
void events_end(struct events *events);

/* Hands on what comes, until the end. */
void events_deliver(struct events *events, const struct events_listener *listener);

#endif
