/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the recommendations: what their files share. Not for reporters. */
#ifndef STATS_SUMMARY_RECOMMEND_INSIDE_H
#define STATS_SUMMARY_RECOMMEND_INSIDE_H

#include "base/histogram.h"
#include "stats/summary_diagnosis.h"
#include "stats/summary_recommend.h"
#include "stats/summary_rows.h"

enum { SUMMARY_RECOMMENDED_MOST = 60 }; /* of each kind: beyond nobody reads */

/* Calls of one step of one variant to one model. */
struct summary_use {
    str path, model;
    uint64_t calls, truncated, limited;
    int64_t low_limit, high_limit;
    struct histogram tokens, attempts; /* attempts in microseconds */
};

struct summary_uses {
    struct summary_use *use;
    size_t count, last;
};

struct summary_advising {
    struct summary_uses *of; /* by variant */
    size_t variants;
    struct summary_settings settings;
};

struct summary_recommending {
    struct summary *summary;
    const struct summary_advising *from;
    struct summary_recommendations *to;
};

void summary_recommend_limits(struct summary_recommending *w);
void summary_recommend_models(struct summary_recommending *w);

#endif
