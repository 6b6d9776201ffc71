/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decision, and nothing else: who may look at which sample is known to those that run it
 * (run/stopping.c) and to those that tell of it (stats/summary_stop.c). Both use this file, so a
 * report cannot come to another stop than the run did. */
#include "stats/stop.h"

#include <math.h>

#include "base/mem.h"

struct stats_stop_cluster {
    double sum;
    uint64_t known, left; /* samples with a difference; not looked at yet */
};

/* Outside of what a score can be; NAN is one that there is none of. */
#define NOT_ENDED (-1.0)

const char *stats_stop_decision_name(enum stats_stop_decision decision)
{
    static const char *const names[] = {"undecided", "better", "worse", "not worse",
                                        "worse by more than the margin"};

    return names[decision];
}

void stats_stop_init(struct stats_stop *stop, const struct stats_stop_rule *rule,
                     const struct stats_clusters *clusters, size_t samples, size_t trials)
{
    *stop = (struct stats_stop){
        .rule = *rule, .clusters = clusters, .samples = samples, .trials = trials};
    stop->left = xcalloc(samples + 1, sizeof *stop->left);
    stop->trial = xcalloc(trials + 1, sizeof *stop->trial);
    stop->value = xcalloc(2 * samples * trials + 1, sizeof *stop->value);
    for (size_t i = 0; i < samples; i++)
        stop->left[i] = (uint32_t)(2 * trials);
    for (size_t i = 0; i < 2 * samples * trials; i++)
        stop->value[i] = NOT_ENDED;
    stats_confidence_sequence_init(&stop->sequence, rule->alpha, STATS_SEQUENCE_BET);
    stats_sequential_mcnemar_init(&stop->test, rule->alpha);
    if (!clusters)
        return;
    stop->cluster = xcalloc(clusters->count + 1, sizeof *stop->cluster);
    for (size_t i = 0; i < samples; i++)
        stop->cluster[clusters->of[i]].left++;
}

void stats_stop_release(struct stats_stop *stop)
{
    xfree(stop->cluster);
    xfree(stop->value);
    xfree(stop->trial);
    xfree(stop->left);
    stop->cluster = NULL;
    stop->value = NULL;
    stop->trial = NULL;
    stop->left = NULL;
}

static void observe(struct stats_stop *stop, double difference)
{
    stats_confidence_sequence_add(&stop->sequence, difference);
    if (stop->rule.single)
        stats_sequential_mcnemar_add(&stop->test, difference);
}

static void observe_cluster(struct stats_stop *stop, size_t number, maybe difference)
{
    struct stats_stop_cluster *cluster = &stop->cluster[number];

    cluster->left--;
    if (difference.known) {
        cluster->sum += difference.value;
        cluster->known++;
    }
    if (cluster->left == 0 && cluster->known > 0)
        observe(stop, cluster->sum / (double)cluster->known);
}

/* Of a difference at all. p may have fallen below alpha before the least number of samples; without
 * a side there is nothing to say then. */
static enum stats_stop_decision decide_difference(const struct stats_stop *stop)
{
    const struct stats_confidence_sequence *s = &stop->sequence;
    const struct stats_sequential_mcnemar *t = &stop->test;

    if (stop->rule.single) {
        if (t->p > stop->rule.alpha || t->positive == t->negative)
            return STATS_STOP_UNDECIDED;
        return t->positive > t->negative ? STATS_STOP_BETTER : STATS_STOP_WORSE;
    }
    if (s->inconsistent)
        return STATS_STOP_UNDECIDED;
    return s->low > 0.0    ? STATS_STOP_BETTER
           : s->high < 0.0 ? STATS_STOP_WORSE
                           : STATS_STOP_UNDECIDED;
}

static enum stats_stop_decision decide(const struct stats_stop *stop)
{
    const struct stats_confidence_sequence *s = &stop->sequence;
    enum stats_stop_decision difference = decide_difference(stop);
    double margin = stop->rule.margin;

    if (!(margin > 0.0) || s->inconsistent || difference == STATS_STOP_BETTER)
        return difference;
    if (s->high < -margin)
        return STATS_STOP_TOO_BAD;
    if (difference == STATS_STOP_UNDECIDED && s->low > -margin)
        return STATS_STOP_NOT_WORSE;
    return difference;
}

bool stats_stop_look(struct stats_stop *stop, maybe difference)
{
    uint64_t number = stop->looked++;

    if (difference.known) {
        stop->pairs++;
        stats_sum_add(&stop->sum, difference.value);
    }
    if (stop->clusters)
        observe_cluster(stop, stop->clusters->of[number], difference);
    else if (difference.known)
        observe(stop, difference.value);
    if (stop->looked >= stop->rule.min_samples)
        stop->decision = decide(stop);
    return stop->decision != STATS_STOP_UNDECIDED;
}

/* In the order of trials: sums of fractions must not depend on who came first. */
static maybe value_of(const struct stats_stop *stop, size_t sample, enum stats_stop_side side)
{
    const double *value = &stop->value[(2 * sample + side) * stop->trials];
    size_t count = 0;

    for (size_t t = 0; t < stop->trials; t++)
        if (!isnan(value[t]))
            stop->trial[count++] = value[t];
    return count ? maybe_of(stats_reduce(stop->rule.reducer, stop->trial, count))
                 : maybe_none();
}

void stats_stop_cell(struct stats_stop *stop, size_t sample, enum stats_stop_side side,
                     unsigned trial, maybe value)
{
    if (stop->decision != STATS_STOP_UNDECIDED || sample >= stop->samples || trial < 1 ||
        trial > stop->trials)
        return;
    double *place = &stop->value[(2 * sample + side) * stop->trials + trial - 1];

    if (isnan(*place) || *place >= 0.0)
        return;
    *place = value.known ? value.value : (double)NAN;
    stop->left[sample]--;
    while (stop->looked < stop->samples && stop->left[stop->looked] == 0) {
        size_t next = (size_t)stop->looked;
        maybe candidate = value_of(stop, next, STATS_STOP_CANDIDATE);
        maybe baseline = value_of(stop, next, STATS_STOP_BASELINE);
        bool both = candidate.known && baseline.known;

        if (stats_stop_look(stop,
                            both ? maybe_of(candidate.value - baseline.value) : maybe_none()))
            return;
    }
}
