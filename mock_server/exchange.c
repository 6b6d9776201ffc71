/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exchange.c: carrying out deliveries: parts at their times, slots, endings.
 *
 * What a handler wrote goes, when it is due now, straight from the scratch buffer to the socket;
 * only a reply that is due later, or that the socket does not take at once, is copied into memory
 * of its own.
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"

/* ---- sending ---- */

static void exchange_go_on(struct connection *connection);
static void exchange_end(struct connection *connection);

static struct connection *connection_of(struct exchange *exchange)
{
    return (struct connection *)(void *)((char *)exchange -
                                         offsetof(struct connection, exchange));
}

void exchange_on_due(struct timer *timer)
{
    exchange_go_on(connection_of((struct exchange *)(void *)timer));
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    connection->writing = false;
    if (connection->closing)
        return;
    if (status < 0) {
        connection->server->stats.gone++;
        connection_close(connection, false);
        return;
    }
    exchange_go_on(connection);
}

/* Bytes that the exchange owns, up to `upto`; what the socket does not take is left to libuv. */
static int send_owned(struct connection *connection, size_t upto)
{
    struct exchange *exchange = &connection->exchange;
    uv_buf_t bytes =
        uv_buf_init(exchange->bytes + exchange->sent, (unsigned)(upto - exchange->sent));
    exchange->sent = upto;
    int taken = bytes.len ? uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1) : 0;
    if (taken < 0 && taken != UV_EAGAIN)
        return -1;
    if (taken < 0)
        taken = 0;
    if ((size_t)taken == bytes.len)
        return 0;
    bytes.base += taken;
    bytes.len -= (size_t)taken;
    connection->write.data = connection;
    connection->writing = true;
    return uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &bytes, 1, on_written);
}

/* Sends every part that is due and waits for the next one. */
static void exchange_go_on(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct server *server = connection->server;
    while (!connection->writing && exchange->next < exchange->parts) {
        const struct part *part = &exchange->part[exchange->next];
        struct moment due = moment_add(exchange->start, part->at_ns), now = clock_now();
        if (!moment_reached(now, due)) {
            timer_set(server->timers, &exchange->timer, due);
            return;
        }
        exchange->next++;
        if (part->upto > exchange->sent)
            server_note_send(server, moment_since(now, due));
        if (send_owned(connection, part->upto) < 0) {
            server->stats.gone++;
            connection_close(connection, false);
            return;
        }
    }
    if (!connection->writing)
        exchange_end(connection);
}

static void exchange_end(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    if (exchange->ending == ENDING_HANG)
        return;
    exchange_leave_slots(connection);
    xfree(exchange->bytes);
    exchange->bytes = NULL;
    exchange->busy = false;
    if (exchange->ending == ENDING_RESET)
        connection_close(connection, true);
    else if (exchange->ending == ENDING_CLOSE)
        connection_finish(connection);
    else if (!connection->feeding && connection->ahead.n)
        connection_feed_ahead(connection);
}

/* ---- slots ---- */

static void slots_enter(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct slots *slots = exchange->slots;
    if (!slots || slots->active < slots->most) {
        if (slots)
            slots->active++;
        exchange->holds_slot = slots != NULL;
        exchange_go_on(connection);
        return;
    }
    exchange->queued = true;
    exchange->queued_next = NULL;
    if (slots->last)
        slots->last->queued_next = exchange;
    else
        slots->first = exchange;
    slots->last = exchange;
}

static void slots_unqueue(struct slots *slots, struct exchange *exchange)
{
    struct exchange **link = &slots->first, *before = NULL;
    while (*link != exchange) {
        before = *link;
        link = &(*link)->queued_next;
    }
    *link = exchange->queued_next;
    if (slots->last == exchange)
        slots->last = before;
    exchange->queued = false;
}

void exchange_leave_slots(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct slots *slots = exchange->slots;
    exchange->slots = NULL;
    if (exchange->queued)
        slots_unqueue(slots, exchange);
    if (!exchange->holds_slot)
        return;
    exchange->holds_slot = false;
    slots->active--;
    struct exchange *next = slots->first;
    if (!next)
        return;
    slots_unqueue(slots, next);
    slots->active++;
    next->holds_slot = true;
    next->start = clock_now();
    /* by the timer, not from here: a chain of replies due at once would be a chain of calls */
    timer_set(connection->server->timers, &next->timer, next->start);
}

/* ---- deliveries ---- */

/* The whole reply at once, without a copy, if it is due and the socket takes it. True: done. */
static bool send_at_once(struct connection *connection, const struct delivery *delivery)
{
    if (delivery->parts || delivery->at_ns > 0 || delivery->slots ||
        delivery->ending == ENDING_HANG)
        return false;
    struct exchange *exchange = &connection->exchange;
    uv_buf_t bytes = uv_buf_init(delivery->bytes->p, (unsigned)delivery->bytes->n);
    int taken = bytes.len ? uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1) : 0;
    exchange->ending = delivery->ending;
    if (taken < 0 && taken != UV_EAGAIN) {
        connection->server->stats.gone++;
        connection_close(connection, false);
        return true;
    }
    exchange->sent = taken > 0 ? (size_t)taken : 0;
    if (exchange->sent < delivery->bytes->n)
        return false;
    server_note_send(connection->server, 0);
    exchange_end(connection);
    return true;
}

void exchange_begin(struct connection *connection, const struct delivery *delivery,
                    struct moment arrived)
{
    struct exchange *exchange = &connection->exchange;
    const struct part whole = {delivery->at_ns, delivery->bytes->n};
    const struct part *part = delivery->parts ? delivery->part : &whole;
    size_t parts = delivery->parts ? delivery->parts : 1, n = delivery->bytes->n;
    size_t aligned = (n + 15) / 16 * 16;

    exchange->sent = 0;
    if (send_at_once(connection, delivery))
        return;
    exchange->bytes = xmalloc(aligned + parts * sizeof *part);
    if (n)
        memcpy(exchange->bytes, delivery->bytes->p, n);
    exchange->part = (struct part *)(void *)(exchange->bytes + aligned);
    memcpy(exchange->part, part, parts * sizeof *part);
    exchange->n = n;
    exchange->parts = parts;
    exchange->next = 0;
    exchange->ending = delivery->ending;
    exchange->slots = delivery->slots;
    exchange->start = arrived;
    exchange->busy = true;
    slots_enter(connection);
}
