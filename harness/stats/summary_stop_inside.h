/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of early stopping: what its three files share. Not for reporters. */
#ifndef STATS_SUMMARY_STOP_INSIDE_H
#define STATS_SUMMARY_STOP_INSIDE_H

#include "stats/summary_rows.h"
#include "stats/summary_stop.h"

/* Until the end: the watched pair, and the samples in the order of the plan. */
struct summary_watched {
    struct stats_stop stop;
    struct stats_clusters clusters;
    size_t *cluster_of;
    bool clustered, begun;
    size_t samples, room, index_room;
    uint64_t *label;    /* of the cluster, by place */
    uint32_t *place_of; /* 1 + place, by index in the data set; 0: not told */
    struct summary_account beyond;
    uint64_t beyond_cells;
};

/* One trial, right or wrong, no clusters: McNemar's sequential test decides. Once watching has begun. */
bool summary_watched_single(const struct summary *summary, bool score);
/* Where the plan has the sample; false: it was not told. */
bool summary_place_in_plan(const struct summary_watched *watched, size_t sample, size_t *place);

/* The difference so far and its confidence sequence; unknown before the first pair. */
struct summary_estimate summary_stop_estimate(const struct stats_stop *stop);
/* Of a comparison: the rule's for the watched pair, the report's for all others. */
double summary_sequential_alpha(const struct summary *summary,
                                const struct summary_comparison *comparison);

/* The three sentences of summary_stop, once all else of it is filled. */
void summary_stop_say(struct summary *summary, struct summary_stop *stop);

#endif
