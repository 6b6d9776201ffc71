/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the diagnosis of routers: what its files share. */
#ifndef STATS_SUMMARY_ROUTE_INSIDE_H
#define STATS_SUMMARY_ROUTE_INSIDE_H

#include "stats/summary_diagnose.h"

/* One time that the route ran. */
struct summary_taken {
    size_t cell;
    uint32_t name;          /* of the case; 0: none */
    uint32_t given, wanted; /* labels, where `judged` */
    bool judged, hit;
};

struct summary_routing {
    struct arena *scratch;
    struct summary *summary;
    size_t variant;
    const struct summary_cell *cells;
    size_t count;
    struct summary_taken *taken;
    size_t times;
    struct summary_route *route;
};

/* What the router and its cases cost, and what there is beside them. */
void summary_route_money(struct summary_routing *w);

#endif
