/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do two judges, or a judge and people, or many raters, agree beyond chance? */
#ifndef STATS_AGREEMENT_H
#define STATS_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "stats/maybe.h"

/* Cohen's kappa of a square table (row-major, labels x labels) with the standard error of Fleiss,
 * Cohen and Everitt (1969). Unknown when both always use one and the same label. */
struct stats_kappa {
    maybe kappa;
    maybe observed, expected; /* agreement; unknown for an empty table */
    maybe se;
    maybe low, high;
};

struct stats_kappa stats_cohen_kappa(const uint64_t *table, size_t labels, double conf);

/* Krippendorff's alpha for nominal labels (2004): any number of raters, labels may be missing.
 * Labels of unit u are labels[start[u]] .. labels[start[u + 1] - 1], each below `kinds` or
 * STATS_LABEL_MISSING. Unknown when no two labels can disagree. */
#define STATS_LABEL_MISSING SIZE_MAX
maybe stats_krippendorff_nominal(const size_t *labels, const size_t *start, size_t units,
                                 size_t kinds);

/* The share of pairs of labels that are equal; unknown for fewer than two. Sorts them. */
maybe stats_pair_agreement(uint64_t *labels, size_t count);

/* Accuracy corrected for a judge's own errors (Rogan and Gladen 1978), clipped to [0,1]; unknown
 * for a judge no better than chance. */
maybe stats_rogan_gladen(double observed, double sensitivity, double specificity);

#endif
