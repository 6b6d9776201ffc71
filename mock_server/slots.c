/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slots.c: a queue across workers (see slots.h).
 *
 * Whoever leaves a slot grants it to the first in the queue and puts that exchange into its
 * worker's mail: also when it is the same worker's, for a chain of replies that are due at once
 * would otherwise be a chain of calls. The lock of the slots comes before that of the mail.
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"

struct slots {
    pthread_mutex_t lock;
    int64_t most, active;
    struct exchange *first, *last;
};

struct slots *slots_new(int64_t most)
{
    struct slots *slots = xcalloc(1, sizeof *slots);
    pthread_mutex_init(&slots->lock, NULL);
    slots->most = most;
    return slots;
}

void slots_free(struct slots *slots)
{
    pthread_mutex_destroy(&slots->lock);
    xfree(slots);
}

static void unqueue(struct slots *slots, struct exchange *exchange)
{
    struct exchange **link = &slots->first, *before = NULL;
    while (*link != exchange) {
        before = *link;
        link = &(*link)->queued_next;
    }
    *link = exchange->queued_next;
    if (slots->last == exchange)
        slots->last = before;
}

static void grant(struct slots *slots)
{
    while (slots->first && slots->active < slots->most) {
        struct exchange *next = slots->first;
        unqueue(slots, next);
        slots->active++;
        next->place = PLACE_GRANTED;
        worker_give_exchange(next->worker, next);
    }
}

void slots_set_most(struct slots *slots, int64_t most)
{
    pthread_mutex_lock(&slots->lock);
    slots->most = most;
    grant(slots);
    pthread_mutex_unlock(&slots->lock);
}

int64_t slots_busy(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    int64_t busy = slots->active;
    pthread_mutex_unlock(&slots->lock);
    return busy;
}

bool slots_enter(struct slots *slots, struct exchange *exchange)
{
    pthread_mutex_lock(&slots->lock);
    bool now = slots->active < slots->most && !slots->first;
    exchange->slots = slots;
    exchange->place = now ? PLACE_TAKEN : PLACE_QUEUED;
    exchange->queued_next = NULL;
    if (now)
        slots->active++;
    else if (slots->last)
        slots->last->queued_next = exchange;
    else
        slots->first = exchange;
    if (!now)
        slots->last = exchange;
    pthread_mutex_unlock(&slots->lock);
    return now;
}

void slots_begin(struct exchange *exchange)
{
    pthread_mutex_lock(&exchange->slots->lock);
    exchange->place = PLACE_TAKEN;
    pthread_mutex_unlock(&exchange->slots->lock);
}

void slots_leave(struct exchange *exchange)
{
    struct slots *slots = exchange->slots;
    pthread_mutex_lock(&slots->lock);
    if (exchange->place == PLACE_QUEUED)
        unqueue(slots, exchange);
    if (exchange->place == PLACE_GRANTED)
        worker_take_back_exchange(exchange->worker, exchange);
    if (exchange->place == PLACE_GRANTED || exchange->place == PLACE_TAKEN)
        slots->active--;
    exchange->place = PLACE_NONE;
    exchange->slots = NULL;
    grant(slots);
    pthread_mutex_unlock(&slots->lock);
}
