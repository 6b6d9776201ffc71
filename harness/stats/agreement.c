/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Agreement statistics. Kappa drops when one label dominates, so raw agreement and the marginal
 * rates belong beside it; both are in the result or follow from the table. */
#include "stats/agreement.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"

struct marginals {
    double *row, *column; /* shares */
    double total;
    double observed, expected;
};

static struct marginals marginals_of(const uint64_t *table, size_t labels)
{
    struct marginals m = {.row = xcalloc(labels, sizeof *m.row),
                          .column = xcalloc(labels, sizeof *m.column)};
    struct stats_sum expected = {0};
    uint64_t total = 0, same = 0;

    for (size_t i = 0; i < labels; i++)
        for (size_t j = 0; j < labels; j++) {
            total += table[i * labels + j];
            m.row[i] += (double)table[i * labels + j];
            m.column[j] += (double)table[i * labels + j];
        }
    for (size_t i = 0; i < labels; i++)
        same += table[i * labels + i];
    m.total = (double)total;
    for (size_t i = 0; total > 0 && i < labels; i++) {
        m.row[i] /= m.total;
        m.column[i] /= m.total;
        stats_sum_add(&expected, m.row[i] * m.column[i]);
    }
    m.observed = total > 0 ? (double)same / m.total : 0.0;
    m.expected = stats_sum_value(&expected);
    return m;
}

static double kappa_error(const uint64_t *table, size_t labels, const struct marginals *m,
                          double kappa)
{
    struct stats_sum agree = {0}, differ = {0};
    double a, b, c;

    for (size_t i = 0; i < labels; i++)
        for (size_t j = 0; j < labels; j++) {
            double share = (double)table[i * labels + j] / m->total;
            double weight;

            if (i == j) {
                weight = 1.0 - (m->row[i] + m->column[i]) * (1.0 - kappa);
                stats_sum_add(&agree, share * weight * weight);
            } else {
                weight = m->column[i] + m->row[j];
                stats_sum_add(&differ, share * weight * weight);
            }
        }
    a = stats_sum_value(&agree);
    b = (1.0 - kappa) * (1.0 - kappa) * stats_sum_value(&differ);
    c = kappa - m->expected * (1.0 - kappa);
    return sqrt(fmax(0.0, (a + b - c * c) / m->total)) / (1.0 - m->expected);
}

struct stats_kappa stats_cohen_kappa(const uint64_t *table, size_t labels, double conf)
{
    struct marginals m = marginals_of(table, labels);
    struct stats_kappa result = {0};

    if (m.total > 0.0) {
        result.observed = maybe_of(m.observed);
        result.expected = maybe_of(m.expected);
    }
    if (m.total > 0.0 && m.expected < 1.0) {
        double kappa = (m.observed - m.expected) / (1.0 - m.expected);
        double se = kappa_error(table, labels, &m, kappa);
        double half = stats_normal_quantile_upper((1.0 - conf) / 2.0) * se;

        result.kappa = maybe_of(kappa);
        result.se = maybe_of(se);
        result.low = maybe_of(fmax(-1.0, kappa - half));
        result.high = maybe_of(fmin(1.0, kappa + half));
    }
    xfree(m.row);
    xfree(m.column);
    return result;
}

/* Adds one unit's labels to the totals and returns its share of disagreeing coincidences. */
static double unit_disagreement(const size_t *labels, size_t count, size_t kinds, size_t *tally,
                                double *totals, double *pairable)
{
    double present = 0.0, agreeing = 0.0;

    for (size_t k = 0; k < kinds; k++)
        tally[k] = 0;
    for (size_t i = 0; i < count; i++)
        if (labels[i] != STATS_LABEL_MISSING) {
            tally[labels[i]]++;
            present += 1.0;
        }
    if (present < 2.0)
        return 0.0;
    for (size_t k = 0; k < kinds; k++) {
        totals[k] += (double)tally[k];
        agreeing += (double)tally[k] * ((double)tally[k] - 1.0);
    }
    *pairable += present;
    return (present * (present - 1.0) - agreeing) / (present - 1.0);
}

maybe stats_krippendorff_nominal(const size_t *labels, const size_t *start, size_t units,
                                 size_t kinds)
{
    size_t *tally = xcalloc(kinds + 1, sizeof *tally);
    double *totals = xcalloc(kinds + 1, sizeof *totals), pairable = 0.0, same = 0.0, expected;
    struct stats_sum disagreement = {0};
    maybe alpha = maybe_none();

    for (size_t u = 0; u < units; u++)
        stats_sum_add(&disagreement,
                      unit_disagreement(labels + start[u], start[u + 1] - start[u], kinds,
                                        tally, totals, &pairable));
    for (size_t k = 0; k < kinds; k++)
        same += totals[k] * totals[k];
    expected = pairable * pairable - same;
    if (pairable > 1.0 && expected > 0.0)
        alpha = maybe_of(1.0 - stats_sum_value(&disagreement) / pairable /
                                   (expected / (pairable * (pairable - 1.0))));
    xfree(tally);
    xfree(totals);
    return alpha;
}

static int compare_labels(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

maybe stats_pair_agreement(uint64_t *labels, size_t count)
{
    double equal = 0.0;

    if (count < 2)
        return maybe_none();
    qsort(labels, count, sizeof *labels, compare_labels);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && labels[end] == labels[i];)
            end++;
        equal += (double)(end - i) * (double)(end - i - 1) / 2.0;
    }
    return maybe_of(equal / ((double)count * (double)(count - 1) / 2.0));
}

maybe stats_rogan_gladen(double observed, double sensitivity, double specificity)
{
    double better_than_chance = sensitivity + specificity - 1.0;

    if (!(better_than_chance > 0.0))
        return maybe_none();
    return maybe_of(fmin(1.0, fmax(0.0, (observed + specificity - 1.0) / better_than_chance)));
}
