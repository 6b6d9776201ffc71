/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What early stopping spares, and how often it is fooled: many runs of two variants through the
 * functions that decide (stats/stop.h), samples in the order of the plan. */
#ifndef SIMULATE_EARLY_H
#define SIMULATE_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct early {
    size_t samples,
        trials; /* planned; with one trial McNemar's test decides, else the sequence */
    double base, difference;
    bool shared; /* one draw a sample for both variants: they differ only where one is better */
    double margin;
};

struct early_result {
    size_t runs, stopped, better, worse, other; /* other: of the margin */
    double median_looked, median_spared;        /* samples; share of them */
    size_t missed; /* runs whose confidence sequence does not hold the true difference */
};

struct early_result early_simulate(const struct early *setting, size_t runs, uint32_t seed);

#endif
