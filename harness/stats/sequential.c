/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinary intervals looked at again and again triple the false alarms; these do not. Group
 * sequential boundaries and normal mixtures are not offered: the first need the number of looks
 * in advance, the second are only approximate for scores like these. */
#include "stats/sequential.h"

#include <math.h>

#include "stats/distribution.h"

void stats_confidence_sequence_init(struct stats_confidence_sequence *sequence, double alpha,
                                    double ceiling)
{
    *sequence = (struct stats_confidence_sequence){.log_term = log(2.0 / alpha),
                                                   .ceiling = ceiling,
                                                   .mean = 0.5,
                                                   .variance = 0.25,
                                                   .low = -1.0,
                                                   .high = 1.0};
}

void stats_confidence_sequence_add(struct stats_confidence_sequence *sequence,
                                   double difference)
{
    double y = (difference + 1.0) / 2.0, t = (double)(sequence->count + 1);
    double bet = sqrt(2.0 * sequence->log_term / (sequence->variance * t * log(1.0 + t)));
    double surprise, cost, centre, radius;

    /* The bet uses only what was known before this sample: that is what makes it valid. */
    bet = fmin(bet, sequence->ceiling);
    surprise = 4.0 * (y - sequence->mean) * (y - sequence->mean);
    cost = (-log1p(-bet) - bet) / 4.0;
    stats_sum_add(&sequence->weights, bet);
    stats_sum_add(&sequence->weighted, bet * y);
    stats_sum_add(&sequence->penalty, surprise * cost);
    centre = stats_sum_value(&sequence->weighted) / stats_sum_value(&sequence->weights);
    radius = (sequence->log_term + stats_sum_value(&sequence->penalty)) /
             stats_sum_value(&sequence->weights);
    sequence->low = fmax(sequence->low, 2.0 * fmax(0.0, centre - radius) - 1.0);
    sequence->high = fmin(sequence->high, 2.0 * fmin(1.0, centre + radius) - 1.0);
    sequence->inconsistent = sequence->low > sequence->high;

    sequence->count++;
    stats_sum_add(&sequence->values, y);
    sequence->mean = (0.5 + stats_sum_value(&sequence->values)) / (t + 1.0);
    stats_sum_add(&sequence->squares, (y - sequence->mean) * (y - sequence->mean));
    sequence->variance = (0.25 + stats_sum_value(&sequence->squares)) / (t + 1.0);
}

void stats_sequential_mcnemar_init(struct stats_sequential_mcnemar *test, double alpha)
{
    *test = (struct stats_sequential_mcnemar){.alpha = alpha, .p = 1.0, .stop_at = STATS_NEVER};
}

void stats_sequential_mcnemar_add(struct stats_sequential_mcnemar *test, double difference)
{
    double discordant;

    test->count++;
    test->positive += difference > 0.0;
    test->negative += difference < 0.0;
    discordant = (double)(test->positive + test->negative);
    test->log_e = discordant * log(2.0) + stats_log_gamma((double)test->positive + 1.0) +
                  stats_log_gamma((double)test->negative + 1.0) -
                  stats_log_gamma(discordant + 2.0);
    test->p = fmin(test->p, exp(-test->log_e));
    if (test->stop_at == STATS_NEVER && test->p <= test->alpha)
        test->stop_at = test->count;
}
