/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The majority-correct model. A lower bound for plurality voting over many different wrong
 * answers; the measured voting variant is the evidence, this is the explanation. */
#include "stats/voting.h"

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/sum.h"
#include "stats/variance.h"

/* Weight of j right votes of n: 1 for a majority, one half for a tie. */
static double majority_weight(uint64_t right, uint64_t votes)
{
    if (2 * right == votes)
        return 0.5;
    return 2 * right > votes ? 1.0 : 0.0;
}

double stats_majority_independent(double p, uint64_t votes)
{
    enum { EXACT_UP_TO = 500 }; /* beyond, coefficients leave the range of double */
    struct stats_sum sum = {0};
    int64_t half = (int64_t)(votes / 2);

    if (votes > EXACT_UP_TO)
        return (stats_binomial_at_least(half + 1, votes, p) +
                stats_binomial_at_least((int64_t)votes - half, votes, p)) /
               2.0;
    for (uint64_t j = 0; j <= votes; j++)
        stats_sum_add(&sum, majority_weight(j, votes) * stats_choose(votes, j) *
                                pow(p, (double)j) * pow(1.0 - p, (double)(votes - j)));
    return fmin(1.0, stats_sum_value(&sum));
}

maybe stats_majority_ustat(uint64_t trials, uint64_t correct, uint64_t votes)
{
    struct stats_sum sum = {0};

    if (votes == 0 || votes > trials || correct > trials)
        return maybe_none();
    for (uint64_t j = 0; j <= votes; j++)
        stats_sum_add(&sum, majority_weight(j, votes) * stats_choose(correct, j) *
                                stats_choose(trials - correct, votes - j));
    return maybe_of(stats_sum_value(&sum) / stats_choose(trials, votes));
}

double stats_majority_beta_binomial(double alpha, double beta, uint64_t votes)
{
    struct stats_sum sum = {0};

    for (uint64_t j = 0; j <= votes; j++) {
        double weight = majority_weight(j, votes);

        if (weight > 0.0)
            stats_sum_add(
                &sum, weight * stats_choose(votes, j) *
                          exp(stats_log_beta((double)j + alpha, (double)(votes - j) + beta) -
                              stats_log_beta(alpha, beta)));
    }
    return fmin(1.0, stats_sum_value(&sum));
}

const char *stats_majority_method_name(enum stats_majority_method method)
{
    switch (method) {
    case STATS_MAJORITY_USTAT:
        return "ustat";
    case STATS_MAJORITY_BETA_BINOMIAL:
        return "beta_binomial";
    case STATS_MAJORITY_BINOMIAL:
        return "binomial";
    case STATS_MAJORITY_DEGENERATE:
        return "degenerate";
    case STATS_MAJORITY_NONE:
        break;
    }
    return "none";
}

struct stats_voting stats_voting_report(const struct stats_trials *trials)
{
    struct stats_voting report = {0};
    double n = (double)trials->samples, above = 0.0, p, rho;
    struct stats_sum sum = {0};

    if (trials->samples == 0)
        return report;
    for (size_t i = 0; i < trials->samples; i++) {
        double mean =
            stats_mean_of(trials->scores + trials->start[i], stats_trials_of(trials, i));

        stats_sum_add(&sum, mean);
        report.always_right += mean >= 1.0;
        report.always_wrong += mean <= 0.0;
        above += mean > 0.5 ? 1.0 : mean < 0.5 ? 0.0 : 0.5;
    }
    report.mixed = trials->samples - report.always_right - report.always_wrong;
    p = stats_sum_value(&sum) / n;
    report.p = maybe_of(p);
    report.plug_in_limit = maybe_of(above / n);
    report.rho = stats_variance_components(trials).icc;
    rho = report.rho.value;
    if (report.rho.known && rho > 0.0 && rho < 1.0 && p > 0.0 && p < 1.0) {
        report.alpha = maybe_of(p * (1.0 - rho) / rho);
        report.beta = maybe_of((1.0 - p) * (1.0 - rho) / rho);
    }
    return report;
}

/* Mean over samples of the unbiased estimate; unknown when a sample has too few trials. */
static maybe mean_ustat(const struct stats_trials *trials, uint64_t votes)
{
    struct stats_sum sum = {0};

    for (size_t i = 0; i < trials->samples; i++) {
        size_t count = stats_trials_of(trials, i);
        double right = stats_sum_of(trials->scores + trials->start[i], count);
        maybe one = stats_majority_ustat(count, (uint64_t)llround(right), votes);

        if (!one.known)
            return one;
        stats_sum_add(&sum, one.value);
    }
    return trials->samples ? maybe_of(stats_sum_value(&sum) / (double)trials->samples)
                           : maybe_none();
}

struct stats_majority stats_voting_majority(const struct stats_trials *trials,
                                            const struct stats_voting *report, uint64_t votes)
{
    struct stats_majority result = {.method = STATS_MAJORITY_NONE};

    if (!report->p.known)
        return result;
    result.independent = stats_majority_independent(report->p.value, votes);
    result.estimate = mean_ustat(trials, votes);
    if (result.estimate.known) {
        result.method = STATS_MAJORITY_USTAT;
    } else if (!report->rho.known) {
        result.method = STATS_MAJORITY_NONE;
    } else if (report->rho.value >= 1.0) {
        result.method = STATS_MAJORITY_DEGENERATE;
        result.estimate = report->p;
    } else if (report->alpha.known) {
        result.method = STATS_MAJORITY_BETA_BINOMIAL;
        result.estimate = maybe_of(
            stats_majority_beta_binomial(report->alpha.value, report->beta.value, votes));
    } else {
        result.method = STATS_MAJORITY_BINOMIAL;
        result.estimate = maybe_of(result.independent);
    }
    return result;
}
