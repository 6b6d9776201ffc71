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

static struct connection *connection_of(struct exchange *exchange)
{
    return (struct connection *)(void *)((char *)exchange -
                                         offsetof(struct connection, exchange));
}

void exchange_on_due(struct timer *timer)
{
    exchange_go_on(connection_of((struct exchange *)(void *)timer));
}

/* Bytes of the parcel; what the socket does not take is left to libuv. */
static int send_part(struct connection *connection, str part)
{
    ssize_t taken = connection_try_write(connection, part);
    if (taken < 0)
        return -1;
    tally_add(&connection->worker->tally.bytes_out, part.n);
    connection->exchange.sent += part.n;
    if ((size_t)taken == part.n)
        return 0;
    return connection_write(connection, str_sub(part, (size_t)taken, part.n), exchange_go_on);
}

/* Sends every part that is due and waits for the next one. */
static void exchange_go_on(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct worker *worker = connection->worker;
    int64_t at_ns;
    while (!connection->writing && parcel_due(&exchange->parcel, &at_ns)) {
        struct moment due = moment_add(exchange->start, at_ns), now = clock_now();
        if (!moment_reached(now, due)) {
            timer_set(worker->timers, &exchange->timer, due);
            return;
        }
        str part = parcel_take(&exchange->parcel, &worker->scratch);
        if (part.n)
            worker_note_send(worker, moment_since(now, due));
        if (send_part(connection, part) < 0) {
            connection_lost(connection);
            return;
        }
    }
    if (!connection->writing)
        exchange_end(connection);
}

bool exchange_hangs(const struct exchange *exchange)
{
    int64_t at_ns;
    return exchange->busy && exchange->ending == ENDING_HANG && !exchange->queued &&
           !parcel_due(&exchange->parcel, &at_ns);
}

static void release(struct exchange *exchange)
{
    struct tally *tally = &exchange->worker->tally;
    flow_lose(exchange);
    if (exchange->slots)
        slots_leave(exchange);
    if (exchange->busy)
        tally_sub(&tally->in_flight, 1);
    if (exchange->busy && exchange->parcel.parts > 1)
        tally_sub(&tally->streams, 1);
    if (exchange->queued)
        tally_sub(&tally->queued, 1);
    exchange->busy = exchange->queued = false;
}

void exchange_abandon(struct connection *connection)
{
    timer_cancel(connection->worker->timers, &connection->exchange.timer);
    release(&connection->exchange);
}

void exchange_end(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    if (exchange->ending == ENDING_HANG) {
        if (connection->last)
            connection_close(connection, false);
        return;
    }
    release(exchange);
    parcel_release(&exchange->parcel);
    xfree(exchange->flowing);
    exchange->flowing = NULL;
    if (exchange->ending == ENDING_RESET)
        connection_close(connection, true);
    else if (exchange->ending == ENDING_CLOSE)
        connection_finish(connection);
    else if (!connection->feeding && connection->ahead.n)
        connection_feed_ahead(connection);
    else if (connection->last || (connection->half_closed && !connection->feeding))
        connection_finish(connection);
}

/* ---- deliveries ---- */

/* The whole reply at once, without a copy, if it is due and the socket takes it. True: done. */
static bool send_at_once(struct connection *connection, const struct delivery *delivery)
{
    bool late = delivery->parts ? delivery->parts > 1 || delivery->part->at_ns > 0
                                : delivery->at_ns > 0;
    if (late || delivery->slots || delivery->ending == ENDING_HANG)
        return false;
    struct exchange *exchange = &connection->exchange;
    uv_buf_t bytes = uv_buf_init(delivery->bytes->p, (unsigned)delivery->bytes->n);
    int taken = bytes.len ? uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1) : 0;
    exchange->ending = delivery->ending;
    if (taken < 0 && taken != UV_EAGAIN) {
        connection_lost(connection);
        return true;
    }
    size_t sent = taken > 0 ? (size_t)taken : 0;
    exchange->sent = sent;
    tally_add(&connection->worker->tally.bytes_out, sent);
    if (sent < delivery->bytes->n)
        return false;
    worker_note_send(connection->worker, 0);
    exchange_end(connection);
    return true;
}

/* A beginning that the socket took already. */
static void skip_sent(const struct delivery *delivery, size_t sent)
{
    struct buf *bytes = delivery->bytes;
    if (sent == 0)
        return;
    bytes->n -= sent;
    memmove(bytes->p, bytes->p + sent, bytes->n);
}

void exchange_begin(struct connection *connection, const struct delivery *delivery,
                    struct moment arrived)
{
    struct exchange *exchange = &connection->exchange;
    struct tally *tally = &connection->worker->tally;
    exchange->sent = 0;
    exchange->ticket = delivery->ticket;
    if (delivery->flow) {
        exchange->busy = true;
        exchange->ending = ENDING_KEEP;
        tally_add(&tally->in_flight, 1);
        flow_begin(connection, delivery->flow);
        return;
    }
    if (send_at_once(connection, delivery))
        return;
    skip_sent(delivery, exchange->sent);
    parcel_make(&exchange->parcel, delivery);
    exchange->ending = delivery->ending;
    exchange->start = arrived;
    exchange->busy = true;
    tally_add(&tally->in_flight, 1);
    if (exchange->parcel.parts > 1)
        tally_add(&tally->streams, 1);
    if (!delivery->slots || slots_enter(delivery->slots, exchange)) {
        exchange_go_on(connection);
        return;
    }
    exchange->queued = true;
    tally_add(&tally->queued, 1);
}

void exchange_grant(struct exchange *exchange)
{
    exchange->queued = false;
    tally_sub(&exchange->worker->tally.queued, 1);
    exchange->start = clock_now();
    exchange_go_on(connection_of(exchange));
}
