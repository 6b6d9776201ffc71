/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a router's mistakes come to: its accuracy by class, and the accuracy at the end if it made
 * none. */
#ifndef STATS_ROUTE_H
#define STATS_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/interval.h"

/* Balanced accuracy: the mean of the recalls of the classes that occur, with the interval of a mean of
 * independent shares whose own intervals are given (Zou and Donner, Stat. Med. 27:1693, 2008: their
 * distances, squared and added). So a rare class that was always right by luck widens it, where a
 * standard error would be 0. Recalls that are not estimable are left out. */
struct stats_proportion stats_route_balanced(const struct stats_proportion *recall,
                                             size_t classes);

/* One cell. The weights of a sample's cells add up to 1. */
struct stats_routed {
    size_t truth;  /* class that it belongs to */
    size_t sample; /* from 0 */
    double weight;
    bool hit;   /* the router gave that class */
    bool right; /* the answer at the end was right */
};

/* Accuracy to expect of a router that is never wrong: the cells of a class would then do as those
 * of it that were hit (those of a class that never was, as all that were). A mean over samples of
 * values that are linear in each cell, so the standard error is that of a mean (delta method) and the
 * interval Wilson's at the effective sample size. Unknown when no cell was hit. It is too high where a router errs
 * on just those cells that are hard later on. */
struct stats_accuracy stats_route_perfect(const struct stats_routed *cells, size_t count,
                                          size_t classes, size_t samples,
                                          const struct stats_clusters *clusters, double conf);

#endif
