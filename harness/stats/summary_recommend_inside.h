/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the recommendations: what their files share. Not for reporters. */
#ifndef STATS_SUMMARY_RECOMMEND_INSIDE_H
#define STATS_SUMMARY_RECOMMEND_INSIDE_H

#include "stats/summary_diagnosis.h"
#include "stats/summary_recommend.h"
#include "stats/summary_rows.h"

enum { SUMMARY_RECOMMENDED_MOST = 60 }; /* of each kind: beyond nobody reads */

/* Counts of values, in 128 buckets an octave: what is read off is at most 0.8 % too high. */
struct summary_histogram {
    uint32_t *bucket;
    size_t room;
    uint64_t count, most;
};

void summary_histogram_add(struct summary_histogram *h, int64_t value);
void summary_histogram_merge(struct summary_histogram *into,
                             const struct summary_histogram *from);
/* Nearest rank, never above the highest value. */
uint64_t summary_histogram_at(const struct summary_histogram *h, unsigned permille);

/* Calls of one step of one variant to one model. */
struct summary_use {
    str path, model;
    uint64_t calls, truncated, limited;
    int64_t low_limit, high_limit;
    struct summary_histogram tokens, attempts; /* attempts in microseconds */
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
