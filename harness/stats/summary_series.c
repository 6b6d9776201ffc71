/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From sorted cells to arrays that the pure functions take, and from their results to estimates.
 * The policies of what counts as what (an error is a wrong answer, an unscored cell is none) are
 * the summary_value_* functions here and nowhere else. */
#include "base/units.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/ratio.h"
#include "stats/sum.h"
#include "stats/summary_rows.h"

#include <math.h>
#include <string.h>

static bool failed(const struct summary_cell *cell)
{
    return cell->status == SUMMARY_ERROR || cell->status == SUMMARY_TIMEOUT;
}

maybe summary_value_correct(const struct summary *summary, const struct summary_cell *cell,
                            size_t which)
{
    (void)summary;
    (void)which;
    if (failed(cell))
        return maybe_of(0.0);
    return cell->status == SUMMARY_OK ? maybe_of((double)cell->correct) : maybe_none();
}

maybe summary_value_score(const struct summary *summary, const struct summary_cell *cell,
                          size_t which)
{
    (void)summary;
    (void)which;
    if (failed(cell))
        return maybe_of(0.0);
    return cell->status == SUMMARY_OK ? maybe_of(cell->score) : maybe_none();
}

/* A failed cell counts 0 only where a good one would have had a value. */
static bool score_is_for(const struct summary *summary, const struct summary_cell *cell,
                         size_t which)
{
    const struct summary_rows *rows = summary->private;
    size_t scores = summary->meta.score_count;
    bool of_variant =
        !rows->restricted[which] || rows->of_variant[cell->variant * scores + which];
    return of_variant && rows->applies[cell->place * scores + which];
}

maybe summary_value_named(const struct summary *summary, const struct summary_cell *cell,
                          size_t which)
{
    if (failed(cell))
        return score_is_for(summary, cell, which) ? maybe_of(0.0) : maybe_none();
    const double value =
        summary->private->score[cell->scores * summary->meta.score_count + which];
    return cell->status == SUMMARY_OK && !isnan(value) ? maybe_of(value) : maybe_none();
}

/* Every finished cell, failed ones too: the money is spent. */
maybe summary_value_cost(const struct summary *summary, const struct summary_cell *cell,
                         size_t which)
{
    (void)summary;
    (void)which;
    if (!summary_is_finished((enum summary_status)cell->status))
        return maybe_none();
    return maybe_of((double)cell->cost_nanousd * USD_PER_NANO);
}

/* An error may be quick or slow for reasons of its own; a timeout took at least this long. What
 * a cache answered was timed in another run, under another load. */
maybe summary_value_latency(const struct summary *summary, const struct summary_cell *cell,
                            size_t which)
{
    (void)summary;
    (void)which;
    if (!summary_is_finished((enum summary_status)cell->status) ||
        cell->status == SUMMARY_ERROR || cell->latency_ns < 0)
        return maybe_none();
    return maybe_of((double)cell->latency_ns);
}

bool summary_is_grader_failure(const struct summary *summary, const struct summary_cell *cell)
{
    return cell->status == SUMMARY_UNSCORED &&
           !str_equal(summary->private->names.text[cell->reason], STR("nothing-expected"));
}

const struct stats_clusters *summary_clusters_of(struct arena *scratch,
                                                 const struct summary *summary,
                                                 const size_t *places, size_t count)
{
    struct stats_clusters *clusters;
    uint64_t *labels;
    size_t *of;

    if (!summary->clustered)
        return NULL;
    labels = arena_array(scratch, uint64_t, count + 1);
    of = arena_array(scratch, size_t, count + 1);
    for (size_t i = 0; i < count; i++)
        labels[i] = summary->private->samples[places[i]].cluster;
    clusters = arena_new(scratch, struct stats_clusters);
    *clusters = (struct stats_clusters){of, stats_clusters_number(labels, count, of)};
    return clusters;
}

struct summary_series summary_collect(struct arena *scratch, const struct summary *summary,
                                      size_t variant, summary_value value, size_t which)
{
    const struct summary_rows *rows = summary->private;
    size_t first = rows->cell_start[variant], end = rows->cell_start[variant + 1];
    size_t room = 1, samples = 0, total = 0;
    for (size_t i = first; i < end; i++)
        room += i == first || rows->cells[i].place != rows->cells[i - 1].place;
    double *scores = arena_array(scratch, double, end - first + 1);
    size_t *start = arena_array(scratch, size_t, room + 1);
    struct summary_series series = {.places = arena_array(scratch, size_t, room),
                                    .means = arena_array(scratch, double, room),
                                    .sums = arena_array(scratch, double, room)};

    for (size_t i = first; i < end; i++) {
        maybe one = value(summary, &rows->cells[i], which);

        if (!one.known)
            continue;
        if (samples == 0 || series.places[samples - 1] != rows->cells[i].place)
            series.places[samples++] = rows->cells[i].place;
        scores[total++] = one.value;
        start[samples] = total;
    }
    for (size_t s = 0; s < samples; s++) {
        series.sums[s] = stats_sum_of(scores + start[s], start[s + 1] - start[s]);
        series.means[s] = series.sums[s] / (double)(start[s + 1] - start[s]);
    }
    series.trials = (struct stats_trials){scores, start, samples};
    series.clusters = summary_clusters_of(scratch, summary, series.places, samples);
    return series;
}

struct summary_series summary_reduce(struct arena *scratch, const struct summary *summary,
                                     const struct summary_series *series)
{
    const struct stats_trials *trials = &series->trials;
    size_t samples = trials->samples;

    if (summary->meta.reducer == STATS_REDUCE_MEAN)
        return *series;
    struct summary_series reduced = *series;
    double *values = arena_array(scratch, double, stats_trials_total(trials) + 1);
    size_t *start = arena_array(scratch, size_t, samples + 2);
    reduced.means = arena_array(scratch, double, samples + 1);
    memcpy(values, trials->scores, stats_trials_total(trials) * sizeof *values);
    for (size_t i = 0; i < samples; i++) {
        reduced.means[i] = stats_reduce(summary->meta.reducer, values + trials->start[i],
                                        stats_trials_of(trials, i));
        start[i + 1] = i + 1;
    }
    reduced.sums = reduced.means;
    reduced.trials = (struct stats_trials){reduced.means, start, samples};
    return reduced;
}

struct summary_estimate summary_unknown(const char *reason)
{
    return (struct summary_estimate){.method = "none", .reason = reason};
}

static bool single_binary(const struct summary_series *series)
{
    size_t total = stats_trials_total(&series->trials);

    if (series->clusters || total != series->trials.samples)
        return false;
    for (size_t i = 0; i < total; i++)
        if (series->trials.scores[i] > 0.0 && series->trials.scores[i] < 1.0)
            return false;
    return true;
}

struct summary_estimate summary_share(const struct summary *summary,
                                      const struct summary_series *series)
{
    return summary_share_at(series, summary->meta.confidence);
}

struct summary_estimate summary_share_at(const struct summary_series *series, double conf)
{
    size_t total = stats_trials_total(&series->trials);
    struct summary_estimate result = summary_unknown("no scored trial");
    struct stats_proportion interval;

    result.n = total;
    if (single_binary(series)) {
        interval =
            stats_wilson(stats_sum_of(series->trials.scores, total), (double)total, conf);
        if (total > 0) {
            result.method = "wilson";
            result.n_eff = maybe_of((double)total);
        }
    } else {
        struct stats_accuracy accuracy =
            stats_accuracy_neff(&series->trials, series->clusters, conf);

        interval = accuracy.interval;
        result.method = "wilson_neff";
        result.n_eff = accuracy.n_eff;
    }
    result.value = interval.estimate;
    result.low = maybe_of(interval.low);
    result.high = maybe_of(interval.high);
    if (interval.estimable) {
        result.reason = NULL;
        result.se = stats_cluster_se(series->means, series->trials.samples,
                                     interval.estimate.value, series->clusters);
    }
    return result;
}

struct summary_estimate summary_ratio(const struct stats_ratio *ratio, size_t n,
                                      const char *method)
{
    if (!ratio->ratio.known)
        return summary_unknown("a mean is not positive");
    return (struct summary_estimate){.value = ratio->ratio,
                                     .low = ratio->low,
                                     .high = ratio->high,
                                     .method = method,
                                     .se = ratio->se_log,
                                     .n = n};
}

struct summary_estimate summary_mean(const struct stats_mean *mean, size_t n)
{
    if (!mean->mean.known)
        return summary_unknown("no data");
    return (struct summary_estimate){.value = mean->mean,
                                     .low = mean->low,
                                     .high = mean->high,
                                     .method = "mean_t",
                                     .se = mean->se,
                                     .n = n};
}

void summary_traffic_add(struct summary_traffic *sum, const struct summary_traffic *more)
{
    sum->calls += more->calls;
    sum->sent += more->sent;
    sum->cached += more->cached;
    sum->unsent += more->unsent;
    sum->attempts += more->attempts;
    sum->retries += more->retries;
}

void summary_tokens_add(struct summary_tokens *sum, const struct summary_tokens *more)
{
    sum->input += more->input;
    sum->cache_read += more->cache_read;
    sum->cache_write += more->cache_write;
    sum->output += more->output;
    sum->reasoning += more->reasoning;
}

void summary_money_add(struct summary_money *sum, const struct summary_money *more)
{
    sum->known_nanousd += more->known_nanousd;
    sum->unknown_calls += more->unknown_calls;
    sum->lost_attempts += more->lost_attempts;
    sum->upper_nanousd += more->upper_nanousd;
}

maybe summary_money_usd(const struct summary_money *money)
{
    if (money->unknown_calls > 0)
        return maybe_none();
    return maybe_of((double)money->known_nanousd * USD_PER_NANO);
}

struct summary_pairing summary_pair_series(struct arena *scratch, const struct summary *summary,
                                           struct summary_series baseline,
                                           struct summary_series candidate)
{
    struct summary_pairing p = {.candidate = candidate, .baseline = baseline};
    size_t room = candidate.trials.samples + 1, i = 0, j = 0;

    p.from_candidate = arena_array(scratch, size_t, room);
    p.from_baseline = arena_array(scratch, size_t, room);
    p.places = arena_array(scratch, size_t, room);
    while (i < candidate.trials.samples && j < baseline.trials.samples) {
        if (candidate.places[i] < baseline.places[j]) {
            i++;
        } else if (candidate.places[i] > baseline.places[j]) {
            j++;
        } else {
            p.places[p.count] = candidate.places[i];
            p.from_candidate[p.count] = i++;
            p.from_baseline[p.count++] = j++;
        }
    }
    p.clusters = summary_clusters_of(scratch, summary, p.places, p.count);
    return p;
}

struct summary_pairing summary_pair_up(struct arena *scratch, const struct summary *summary,
                                       size_t baseline, size_t candidate, summary_value value)
{
    struct summary_series b = summary_collect(scratch, summary, baseline, value, 0);
    struct summary_series c = summary_collect(scratch, summary, candidate, value, 0);

    if (value == summary_value_correct || value == summary_value_score) {
        b = summary_reduce(scratch, summary, &b);
        c = summary_reduce(scratch, summary, &c);
    }
    return summary_pair_series(scratch, summary, b, c);
}

double *summary_differences(struct arena *scratch, const struct summary_pairing *p)
{
    double *d = arena_array(scratch, double, p->count + 1);

    for (size_t i = 0; i < p->count; i++)
        d[i] =
            p->candidate.means[p->from_candidate[i]] - p->baseline.means[p->from_baseline[i]];
    return d;
}

struct summary_estimate summary_difference(const struct stats_paired_difference *d, size_t n)
{
    if (!d->difference.known)
        return summary_unknown("no sample has a scored trial in both");
    return (struct summary_estimate){.value = d->difference,
                                     .low = maybe_of(d->low),
                                     .high = maybe_of(d->high),
                                     .method = stats_paired_method_name(d->method),
                                     .se = d->se,
                                     .n = n};
}
