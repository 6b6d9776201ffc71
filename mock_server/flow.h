/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow.h: a reply whose bytes come from elsewhere, while they are sent.
 *
 * A handler that does not know its reply yet puts a flow into the delivery in place of bytes. The
 * server calls `begin` when the reply's turn has come; from then on the maker sends what it gets
 * and at last says how it ends. All on the thread of the worker that has the connection.
 *
 *     struct forward { struct flow flow; … } *forward = …;
 *     forward->flow = (struct flow){.begin = begin, .gone = gone, .taken = taken};
 *     delivery->flow = &forward->flow;
 */
#ifndef MOCK_FLOW_H
#define MOCK_FLOW_H

#include "mock_server/delivery.h"

struct worker;

struct flow {
    /* Required: the maker's. */
    void (*begin)(struct flow *flow, struct worker *worker);
    /* Required. The client left, or the server ends: flow_send and flow_end must not be called
     * again. Comes from inside flow_send, too. */
    void (*gone)(struct flow *flow);
    /* Required. The client has taken what was sent, after flow_is_full said true. */
    void (*taken)(struct flow *flow);

    /* the server's */
    struct connection *connection;
    uint64_t ticket; /* of the delivery */
    bool full;
};

void flow_send(struct flow *flow, str bytes);
/* True: much of what was sent waits for the client, and the maker had better get no more. */
bool flow_is_full(struct flow *flow);
/* Nothing more comes. The server has done with the flow: there are no more calls. */
void flow_end(struct flow *flow, enum ending ending);

#endif
