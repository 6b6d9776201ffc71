/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over classes (see route.h). In the accuracy at the end a class counts by the weight of its cells,
 * in balanced accuracy all count alike. */
#include "stats/route.h"

#include <math.h>

#include "base/mem.h"

struct class_sums {
    double weight, hit, hit_right;
};

static struct class_sums *sums_of(const struct stats_routed *cells, size_t count,
                                  size_t classes)
{
    struct class_sums *sums = xcalloc(classes + 1, sizeof *sums);

    for (size_t i = 0; i < count; i++) {
        struct class_sums *c = &sums[cells[i].truth];

        c->weight += cells[i].weight;
        if (cells[i].hit) {
            c->hit += cells[i].weight;
            c->hit_right += cells[i].right ? cells[i].weight : 0.0;
        }
    }
    return sums;
}

static struct stats_accuracy unknown(void)
{
    return (struct stats_accuracy){.interval = {.low = 0.0, .high = 1.0}};
}

struct stats_proportion stats_route_balanced(const struct stats_proportion *recall,
                                             size_t classes)
{
    double mean = 0.0, below = 0.0, above = 0.0, occurring = 0.0;

    for (size_t c = 0; c < classes; c++)
        if (recall[c].estimate.known) {
            double share = recall[c].estimate.value;
            mean += share;
            below += (share - recall[c].low) * (share - recall[c].low);
            above += (recall[c].high - share) * (recall[c].high - share);
            occurring += 1.0;
        }
    if (!(occurring > 0.0))
        return (struct stats_proportion){.low = 0.0, .high = 1.0};
    mean /= occurring;
    return (struct stats_proportion){
        .estimate = maybe_of(mean),
        .low = fmax(0.0, mean - sqrt(below) / occurring),
        .high = fmin(1.0, mean + sqrt(above) / occurring),
        .estimable = true,
    };
}

struct stats_accuracy stats_route_perfect(const struct stats_routed *cells, size_t count,
                                          size_t classes, size_t samples,
                                          const struct stats_clusters *clusters, double conf)
{
    struct class_sums *sums = sums_of(cells, count, classes), all = {0};

    for (size_t c = 0; c < classes; c++) {
        all.hit += sums[c].hit;
        all.hit_right += sums[c].hit_right;
    }
    if (!(all.hit > 0.0)) {
        xfree(sums);
        return unknown();
    }
    double *values = xcalloc(samples + 1, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const struct class_sums *c = &sums[cells[i].truth];
        bool ever = c->hit > 0.0;
        double value = ever ? c->hit_right / c->hit : all.hit_right / all.hit;

        if (ever && cells[i].hit)
            value += c->weight / c->hit * ((cells[i].right ? 1.0 : 0.0) - value);
        values[cells[i].sample] += cells[i].weight * value;
    }
    struct stats_accuracy result = stats_accuracy_of_values(values, samples, clusters, conf);
    xfree(values);
    xfree(sums);
    return result;
}
