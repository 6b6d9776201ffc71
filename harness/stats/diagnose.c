/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting and dividing, with the edges decided: what is undefined stays unknown, the first step
 * that fails takes the blame, and a sample that stopped early keeps its score. */
#include "stats/diagnose.h"

#include "stats/sum.h"

static maybe share_of(uint64_t part, uint64_t whole)
{
    return whole ? maybe_of((double)part / (double)whole) : maybe_none();
}

maybe stats_chain_attribution(const uint64_t *reached, size_t steps, maybe *step_rate,
                              maybe *failure_share)
{
    uint64_t failures = reached[0] - reached[steps];

    for (size_t s = 0; s < steps; s++) {
        step_rate[s] = share_of(reached[s + 1], reached[s]);
        failure_share[s] = share_of(reached[s] - reached[s + 1], failures);
    }
    return share_of(reached[steps], reached[0]);
}

struct stats_routing stats_routing_report(const uint64_t *confusion, size_t count,
                                          struct stats_route_class *classes)
{
    uint64_t total = 0, right = 0, occurring = 0, scored = 0;
    struct stats_sum recalls = {0}, scores = {0};
    struct stats_routing result = {0};

    for (size_t i = 0; i < count; i++) {
        uint64_t row = 0, column = 0, hit = confusion[i * count + i];

        for (size_t j = 0; j < count; j++) {
            row += confusion[i * count + j];
            column += confusion[j * count + i];
        }
        classes[i].recall = share_of(hit, row);
        classes[i].precision = share_of(hit, column).value;
        classes[i].f1 = share_of(2 * hit, row + column).value;
        if (row > 0) {
            stats_sum_add(&recalls, classes[i].recall.value);
            occurring++;
        }
        if (row + column > 0) {
            stats_sum_add(&scores, classes[i].f1);
            scored++;
        }
        total += row;
        right += hit;
    }
    result.accuracy = share_of(right, total);
    if (occurring > 0)
        result.balanced_accuracy = maybe_of(stats_sum_value(&recalls) / (double)occurring);
    if (scored > 0)
        result.macro_f1 = maybe_of(stats_sum_value(&scores) / (double)scored);
    return result;
}

struct stats_break_even stats_routing_break_even(double router, double small, double large,
                                                 double check, double escalation)
{
    struct stats_break_even result = {.cascade_cost = small + check + escalation * large};

    if (large > small)
        result.min_small_share = maybe_of(router / (large - small));
    if (large > 0.0)
        result.max_escalation = maybe_of(1.0 - (small + check) / large);
    return result;
}

size_t stats_refinement_longest(const struct stats_trials *rounds)
{
    size_t longest = 0;

    for (size_t i = 0; i < rounds->samples; i++)
        if (stats_trials_of(rounds, i) > longest)
            longest = stats_trials_of(rounds, i);
    return longest;
}

static double score_after(const struct stats_trials *rounds, size_t sample, size_t round)
{
    size_t count = stats_trials_of(rounds, sample);

    return rounds->scores[rounds->start[sample] + (round < count ? round : count - 1)];
}

void stats_refinement_report(const struct stats_trials *rounds, struct stats_refinement *report)
{
    report->longest = stats_refinement_longest(rounds);
    report->mean_rounds = share_of(stats_trials_total(rounds), rounds->samples);
    for (size_t r = 0; r < report->longest; r++) {
        struct stats_sum sum = {0};

        report->histogram[r] = 0;
        for (size_t i = 0; i < rounds->samples; i++) {
            report->histogram[r] += stats_trials_of(rounds, i) == r + 1;
            stats_sum_add(&sum, score_after(rounds, i, r));
        }
        report->mean_at[r] = stats_sum_value(&sum) / (double)rounds->samples;
    }
    for (size_t r = 1; r < report->longest; r++) {
        report->gain[r - 1] = report->mean_at[r] - report->mean_at[r - 1];
        report->fixed[r - 1] = report->broken[r - 1] = 0;
        for (size_t i = 0; i < rounds->samples; i++) {
            double change = score_after(rounds, i, r) - score_after(rounds, i, r - 1);

            report->fixed[r - 1] += change > 0.0;
            report->broken[r - 1] += change < 0.0;
        }
    }
}
