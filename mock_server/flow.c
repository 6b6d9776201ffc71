/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow.c: sending what comes from elsewhere (see flow.h).
 *
 * Bytes go straight to the socket. What it does not take is written by libuv from memory of the
 * exchange's own, and what comes meanwhile waits behind it.
 */
#include "mock_server/server_inside.h"

#include "base/mem.h"
#include "mock_server/flow.h"

/* More than this is not fetched ahead of a slow client. */
enum { FULL_BYTES = 256 * 1024 };

static void go_on(struct connection *connection);

/* Hands what waits to libuv. */
static void write_waiting(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    xfree(exchange->flowing);
    exchange->flowing = exchange->waiting.p;
    str part = {exchange->flowing, exchange->waiting.n};
    exchange->waiting = (struct buf){0};
    if (connection_write(connection, part, go_on) < 0)
        connection_lost(connection);
}

/* All that was handed to libuv has been written. */
static void go_on(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct flow *flow = exchange->flow;
    if (exchange->waiting.n) {
        write_waiting(connection);
        return;
    }
    if (!flow) {
        exchange_end(connection);
        return;
    }
    bool was_full = flow->full;
    flow->full = false;
    if (was_full)
        flow->taken(flow);
}

void flow_begin(struct connection *connection, struct flow *flow)
{
    connection->exchange.flow = flow;
    flow->connection = connection;
    flow->ticket = connection->exchange.ticket;
    flow->full = false;
    flow->begin(flow, connection->worker);
}

void flow_lose(struct exchange *exchange)
{
    struct flow *flow = exchange->flow;
    exchange->flow = NULL;
    buf_release(&exchange->waiting);
    if (flow)
        flow->gone(flow);
}

void flow_send(struct flow *flow, str bytes)
{
    struct connection *connection = flow->connection;
    struct exchange *exchange = &connection->exchange;
    tally_add(&connection->worker->tally.bytes_out, bytes.n);
    exchange->sent += bytes.n;
    if (!connection->writing) {
        ssize_t taken = connection_try_write(connection, bytes);
        if (taken < 0) {
            connection_lost(connection);
            return;
        }
        bytes = str_sub(bytes, (size_t)taken, bytes.n);
    }
    if (bytes.n == 0)
        return;
    buf_add_str(&exchange->waiting, bytes);
    if (!connection->writing)
        write_waiting(connection);
}

bool flow_is_full(struct flow *flow)
{
    const struct connection *connection = flow->connection;
    flow->full = connection->writing && connection->exchange.waiting.n > FULL_BYTES;
    return flow->full;
}

void flow_end(struct flow *flow, enum ending ending)
{
    struct connection *connection = flow->connection;
    struct exchange *exchange = &connection->exchange;
    exchange->flow = NULL;
    exchange->ending = ending;
    if (!connection->writing)
        exchange_end(connection);
}
