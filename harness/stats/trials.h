/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of repeated trials, sample by sample, in one flat array: what most functions of this
 * library that look inside a sample take. Samples without a scored trial are left out by the
 * caller (and counted there). */
#ifndef STATS_TRIALS_H
#define STATS_TRIALS_H

#include <stddef.h>

struct stats_trials {
    const double *scores; /* sample i: scores[start[i]] .. scores[start[i + 1] - 1] */
    const size_t *start;  /* samples + 1 entries, start[0] = 0 */
    size_t samples;
};

static inline size_t stats_trials_of(const struct stats_trials *trials, size_t sample)
{
    return trials->start[sample + 1] - trials->start[sample];
}

static inline size_t stats_trials_total(const struct stats_trials *trials)
{
    return trials->samples ? trials->start[trials->samples] : 0;
}

#endif
