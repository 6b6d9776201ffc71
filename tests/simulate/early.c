/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See early.h. A run has a generator of its own, seeded by its number. */
#include "simulate/early.h"

#include <stdlib.h>

#include "base/mem.h"
#include "simulate/draw.h"
#include "stats/stop.h"

#define ALPHA 0.05
enum { MIN_SAMPLES = 20 };

static double difference_of(struct stats_random *random, const struct early *e)
{
    double difference = 0.0;

    for (size_t t = 0; t < e->trials; t++) {
        double first = draw_uniform(random);
        double second = e->shared ? first : draw_uniform(random);

        difference += (double)(first < e->base + e->difference) - (double)(second < e->base);
    }
    return difference / (double)e->trials;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return a < b ? -1 : a > b;
}

static double median_of(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

struct early_result early_simulate(const struct early *e, size_t runs, uint32_t seed)
{
    struct stats_stop_rule rule = {.alpha = ALPHA,
                                   .margin = e->margin,
                                   .min_samples = MIN_SAMPLES,
                                   .single = e->trials == 1};
    struct early_result result = {.runs = runs};
    double *looked = xcalloc(runs + 1, sizeof *looked);

    for (size_t run = 0; run < runs; run++) {
        struct stats_random *random = stats_random_new(seed + (uint32_t)run);
        struct stats_stop stop;
        bool decided = false;

        stats_stop_init(&stop, &rule, NULL, e->samples, e->trials);
        while (stop.looked < e->samples && !decided)
            decided = stats_stop_look(&stop, maybe_of(difference_of(random, e)));
        result.stopped += stop.looked < e->samples;
        result.better += stop.decision == STATS_STOP_BETTER;
        result.worse += stop.decision == STATS_STOP_WORSE;
        result.other +=
            stop.decision == STATS_STOP_NOT_WORSE || stop.decision == STATS_STOP_TOO_BAD;
        result.missed +=
            stop.sequence.low > e->difference || stop.sequence.high < e->difference;
        looked[run] = (double)stop.looked;
        stats_stop_release(&stop);
        stats_random_free(random);
    }
    result.median_looked = median_of(looked, runs);
    result.median_spared = 1.0 - result.median_looked / (double)e->samples;
    xfree(looked);
    return result;
}
