/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.c: a queue with one reader (see events.h).
 */
#include "api/events.h"

#include "base/mem.h"

struct event {
    struct event *next;
    struct arena arena;
    struct weir_cell cell;
    const char *warning; /* NULL: it is a cell */
};

void events_init(struct events *events)
{
    *events = (struct events){.ended = false};
    pthread_mutex_init(&events->lock, NULL);
    pthread_cond_init(&events->changed, NULL);
}

static void event_free(struct event *event)
{
    arena_release(&event->arena);
    xfree(event);
}

void events_release(struct events *events)
{
    while (events->first) {
        struct event *event = events->first;
        events->first = event->next;
        event_free(event);
    }
    pthread_cond_destroy(&events->changed);
    pthread_mutex_destroy(&events->lock);
}

static void add(struct events *events, struct event *event)
{
    pthread_mutex_lock(&events->lock);
    if (events->last)
        events->last->next = event;
    else
        events->first = event;
    events->last = event;
    events->cells += !event->warning;
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
}

void events_add_cell(struct events *events, const struct weir_cell *cell, struct arena arena)
{
    struct event *event = xcalloc(1, sizeof *event);
    event->cell = *cell;
    event->arena = arena;
    add(events, event);
}

void events_add_warning(struct events *events, str text)
{
    struct event *event = xcalloc(1, sizeof *event);
    event->warning = arena_str(&event->arena, text).p;
    add(events, event);
}

void events_set_progress(struct events *events, const struct weir_progress *progress)
{
    pthread_mutex_lock(&events->lock);
    events->progress = *progress;
    events->has_progress = true;
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
}

bool events_are_full(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    bool full = events->cells >= EVENTS_CELLS_MOST;
    pthread_mutex_unlock(&events->lock);
    return full;
}

void events_end(struct events *events)
{
    pthread_mutex_lock(&events->lock);
    events->ended = true;
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
}

/* Progress goes before events: there may always be some when they come faster than they are told. The last
 * one goes behind all of them. */
static bool progress_is_due(const struct events *events)
{
    bool behind = events->progress.last && (events->first || !events->ended);
    return events->has_progress && !behind;
}

/* The next thing to tell: an event, or, with `event` NULL, the progress. False: that was all. */
static bool take(struct events *events, struct event **event, struct weir_progress *progress)
{
    pthread_mutex_lock(&events->lock);
    while (!events->first && !progress_is_due(events) && !events->ended)
        pthread_cond_wait(&events->changed, &events->lock);
    bool due = progress_is_due(events), any = due || events->first;
    *event = due ? NULL : events->first;
    if (*event) {
        events->first = (*event)->next;
        if (!events->first)
            events->last = NULL;
        events->cells -= !(*event)->warning;
    } else {
        *progress = events->progress;
        events->has_progress = false;
    }
    pthread_mutex_unlock(&events->lock);
    return any;
}

/* What the caller answered. */
static int tell(const struct events_listener *listener, const struct event *event,
                const struct weir_progress *progress)
{
    if (!event)
        return listener->progress ? listener->progress(listener->progress_arg, progress) : 0;
    if (!event->warning)
        return listener->cell ? listener->cell(listener->cell_arg, &event->cell) : 0;
    if (listener->warning)
        listener->warning(listener->warning_arg, event->warning);
    return 0;
}

void events_deliver(struct events *events, const struct events_listener *listener)
{
    struct event *event;
    struct weir_progress progress;
    bool stopped = false;
    while (take(events, &event, &progress)) {
        if (tell(listener, event, &progress) != 0 && !stopped) {
            stopped = true;
            listener->stop(listener->stop_arg);
        }
        if (event)
            event_free(event);
    }
}
