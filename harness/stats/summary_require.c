/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judges the requirements of a run: each rule about one variant gets an estimate with one-sided
 * bounds and a verdict. A verdict rests on bounds, so that a run too small to show anything is
 * INCONCLUSIVE, not PASS. Sentences are in summary_require_text.c, the quantile ratio in
 * quantile_ratio.c; what a rule means for exit codes and files is none of its business. */
#include <math.h>

#include "stats/distribution.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/passk.h"
#include "stats/quantile_ratio.h"
#include "stats/random.h"
#include "stats/ratio.h"
#include "stats/sum.h"
#include "stats/summary_rows.h"

#define GOOD_POWER 0.8
enum { RANKS_SEARCHED = 4000 };

/* What is known of one rule while it is judged. */
struct judging {
    struct summary *summary;
    struct summary_requirement *requirement;
    const struct summary_rule *rule;
    struct arena scratch;
    double tail;           /* of each bound */
    double se;             /* of the measured value, on the scale of the limit; 0: not known */
    const char *undecided; /* why no verdict can be given, or NULL */
    int decided;           /* by a test of its own: 1 above the other, -1 below; 0: by bounds */
};

const char *summary_metric_name(enum summary_metric metric)
{
    static const char *const names[SUMMARY_METRICS] = {
        "accuracy",  "score",      "score",    "error_rate",  "cost_usd",
        "tokens",    "calls",      "retries",  "latency_p50", "latency_p95",
        "pass_at_k", "pass_hat_k", "must_pass"};

    return names[metric];
}

const char *summary_bar_name(enum summary_bar bar)
{
    static const char *const names[] = {"min",       "max",   "not_below",
                                        "not_above", "above", "below"};

    return names[bar];
}

/* ---- values of a cell ---- */

static maybe value_error(const struct summary *summary, const struct summary_cell *cell,
                         size_t which)
{
    (void)summary;
    (void)which;
    if (!summary_is_finished((enum summary_status)cell->status))
        return maybe_none();
    return maybe_of(cell->status == SUMMARY_ERROR || cell->status == SUMMARY_TIMEOUT);
}

static maybe value_amount(const struct summary *summary, const struct summary_cell *cell,
                          size_t which)
{
    const struct summary_amounts *amounts = &summary->private->amounts[cell->scores];

    if (!summary_is_finished((enum summary_status)cell->status))
        return maybe_none();
    return maybe_of(which == SUMMARY_TOKENS  ? (double)amounts->tokens
                    : which == SUMMARY_CALLS ? (double)amounts->calls
                                             : (double)amounts->retries);
}

static bool is_latency(const struct summary_rule *rule)
{
    return rule->metric == SUMMARY_LATENCY_P50 || rule->metric == SUMMARY_LATENCY_P95;
}

static bool is_scored(const struct summary_rule *rule)
{
    return rule->metric <= SUMMARY_NAMED || rule->metric == SUMMARY_PASS_AT ||
           rule->metric == SUMMARY_PASS_HAT;
}

static bool is_share(const struct summary_rule *rule)
{
    return is_scored(rule) || rule->metric == SUMMARY_ERROR_RATE;
}

/* ---- one value a sample ---- */

static unsigned tries_of(const struct judging *j)
{
    return j->rule->k ? j->rule->k : (unsigned)j->summary->meta.trials;
}

/* pass@k or pass^k of each sample in place of its mean; samples with fewer trials are left out. */
static void reduce_to_tries(const struct judging *j, struct summary_series *series)
{
    size_t kept = 0;

    for (size_t i = 0; i < series->trials.samples; i++) {
        uint64_t trials = stats_trials_of(&series->trials, i);
        uint64_t right = (uint64_t)llround(series->sums[i]);
        maybe value = j->rule->metric == SUMMARY_PASS_AT
                          ? stats_pass_at_k(trials, right, tries_of(j))
                          : stats_pass_hat_k(trials, right, tries_of(j));

        if (!value.known)
            continue;
        series->places[kept] = series->places[i];
        series->means[kept++] = value.value;
    }
    series->trials.samples = kept;
}

static struct summary_series series_of(struct judging *j, size_t variant)
{
    static const summary_value values[SUMMARY_METRICS] = {
        [SUMMARY_ACCURACY] = summary_value_correct,
        [SUMMARY_SCORE] = summary_value_score,
        [SUMMARY_NAMED] = summary_value_named,
        [SUMMARY_ERROR_RATE] = value_error,
        [SUMMARY_COST] = summary_value_cost,
        [SUMMARY_TOKENS] = value_amount,
        [SUMMARY_CALLS] = value_amount,
        [SUMMARY_RETRIES] = value_amount,
        [SUMMARY_LATENCY_P50] = summary_value_latency,
        [SUMMARY_LATENCY_P95] = summary_value_latency,
        [SUMMARY_PASS_AT] = summary_value_correct,
        [SUMMARY_PASS_HAT] = summary_value_correct,
    };
    enum summary_metric metric = j->rule->metric;
    size_t which = metric == SUMMARY_NAMED ? j->rule->score : (size_t)metric;
    struct summary_series series =
        summary_collect(&j->scratch, j->summary, variant, values[metric], which);

    if (metric == SUMMARY_PASS_AT || metric == SUMMARY_PASS_HAT) {
        reduce_to_tries(j, &series);
        series.clusters =
            summary_clusters_of(&j->scratch, j->summary, series.places, series.trials.samples);
    }
    return series;
}

/* The samples that both have a value for; entries as in summary_pair_up. */
static struct summary_pairing pair_up(struct judging *j)
{
    struct summary_pairing p = {.candidate = series_of(j, j->rule->variant),
                                .baseline = series_of(j, j->rule->against)};
    size_t room = p.candidate.trials.samples + 1, i = 0, k = 0;

    p.from_candidate = arena_array(&j->scratch, size_t, room);
    p.from_baseline = arena_array(&j->scratch, size_t, room);
    p.places = arena_array(&j->scratch, size_t, room);
    while (i < p.candidate.trials.samples && k < p.baseline.trials.samples) {
        if (p.candidate.places[i] < p.baseline.places[k]) {
            i++;
        } else if (p.candidate.places[i] > p.baseline.places[k]) {
            k++;
        } else {
            p.places[p.count] = p.candidate.places[i];
            p.from_candidate[p.count] = i++;
            p.from_baseline[p.count++] = k++;
        }
    }
    p.clusters = summary_clusters_of(&j->scratch, j->summary, p.places, p.count);
    return p;
}

/* ---- latencies, all trials ---- */

static struct stats_observation *latencies_of(struct judging *j, size_t variant, size_t *count,
                                              uint64_t **labels)
{
    const struct summary_rows *rows = j->summary->private;
    size_t first = rows->cell_start[variant], end = rows->cell_start[variant + 1];
    struct stats_observation *observations =
        arena_array(&j->scratch, struct stats_observation, end - first + 1);

    *labels = arena_array(&j->scratch, uint64_t, end - first + 1);
    *count = 0;
    for (size_t i = first; i < end; i++) {
        const struct summary_cell *cell = &rows->cells[i];

        if (!summary_value_latency(j->summary, cell, 0).known)
            continue;
        observations[*count].value =
            cell->status == SUMMARY_TIMEOUT ? STATS_CENSORED : cell->latency_ns;
        (*labels)[(*count)++] = rows->samples[cell->place].cluster;
    }
    return observations;
}

static unsigned level_of(const struct summary_rule *rule)
{
    return rule->metric == SUMMARY_LATENCY_P50 ? 500 : 950;
}

/* Independent values from which the quantile has an upper bound at all. */
static uint64_t least_for_bound(unsigned permille, double confidence)
{
    for (uint64_t n = 1; n < RANKS_SEARCHED; n++)
        if (stats_order_stat_ranks(n, permille, confidence).upper <= n)
            return n;
    return 0;
}

static void measure_latency(struct judging *j)
{
    struct summary_estimate *m = &j->requirement->measured;
    double confidence = 1.0 - 2.0 * j->tail;
    uint64_t *labels;
    size_t count;
    struct stats_observation *observations = latencies_of(j, j->rule->variant, &count, &labels);
    size_t *of = arena_array(&j->scratch, size_t, count + 1);
    size_t clusters = stats_clusters_number(labels, count, of);

    for (size_t i = 0; i < count; i++)
        observations[i].cluster = of[i];
    struct stats_quantile q =
        stats_latency_quantile(observations, count, clusters, level_of(j->rule), confidence);
    *m = (struct summary_estimate){.value = q.estimate,
                                   .low = q.low,
                                   .high = q.high,
                                   .method = "order_statistic",
                                   .n = clusters};
    if (!q.estimate.known)
        m->reason = count ? "that quantile is a timeout" : "no latency was measured";
    if (q.low.known && q.high.known)
        j->se = (q.high.value - q.low.value) / (2.0 * stats_normal_quantile_upper(j->tail));
    if (count && !q.high.known && q.n_eff > 0)
        j->requirement->samples_needed =
            (uint64_t)ceil((double)least_for_bound(level_of(j->rule), confidence) *
                           (double)clusters / (double)q.n_eff);
}

static void measure_latency_ratio(struct judging *j)
{
    struct summary_estimate *m = &j->requirement->measured;
    const struct summary_rule *rule = j->rule;
    struct summary_pairing p = pair_up(j);
    bool *paired = arena_array(&j->scratch, bool, j->summary->private->sample_count + 1);
    struct stats_quantile_data data[2];
    const size_t variants[] = {rule->variant, rule->against};
    size_t clusters = stats_clusters_count(p.clusters, p.count);
    uint64_t *of_sample =
        arena_array(&j->scratch, uint64_t, j->summary->private->sample_count + 1);

    for (size_t i = 0; i < p.count; i++) {
        paired[p.places[i]] = true;
        of_sample[p.places[i]] = p.clusters ? p.clusters->of[i] : i;
    }
    for (size_t side = 0; side < 2; side++) {
        const struct summary_rows *rows = j->summary->private;
        size_t first = rows->cell_start[variants[side]], kept = 0;
        size_t end = rows->cell_start[variants[side] + 1];
        struct stats_observation *o =
            arena_array(&j->scratch, struct stats_observation, end - first + 1);

        for (size_t i = first; i < end; i++) {
            const struct summary_cell *cell = &rows->cells[i];

            if (!paired[cell->place] || !summary_value_latency(j->summary, cell, 0).known)
                continue;
            o[kept].value = cell->status == SUMMARY_TIMEOUT ? STATS_CENSORED : cell->latency_ns;
            o[kept++].cluster = (size_t)of_sample[cell->place];
        }
        data[side] = (struct stats_quantile_data){o, kept};
    }
    uint32_t seed =
        stats_seed_for(j->summary->meta.seed, "boot", summary_metric_name(rule->metric),
                       j->summary->meta.variants[rule->against].name,
                       j->summary->meta.variants[rule->variant].name);
    struct stats_quantile_ratio ratio = stats_quantile_ratio(
        &data[0], &data[1], clusters, level_of(rule), seed, 1.0 - 2.0 * j->tail);
    *m = (struct summary_estimate){.value = ratio.ratio,
                                   .low = ratio.low,
                                   .high = ratio.high,
                                   .method = "quantile_ratio_bootstrap",
                                   .n = p.count};
    if (!ratio.ratio.known)
        m->reason = p.count ? "a quantile is a timeout" : "no sample has a latency in both";
    if (ratio.low.known && ratio.high.known && ratio.low.value > 0.0)
        j->se = log(ratio.high.value / ratio.low.value) /
                (2.0 * stats_normal_quantile_upper(j->tail));
}

/* ---- shares and means of one variant ---- */

/* Of a share without spread: as if it were at the limit. */
static double spread_of(maybe se, maybe n_eff, double limit)
{
    if (se.known && se.value > 0.0)
        return se.value;
    return n_eff.known && n_eff.value > 0.0 ? sqrt(limit * (1.0 - limit) / n_eff.value) : 0.0;
}

static void measure_share(struct judging *j, const struct summary_series *series)
{
    struct summary_estimate *m = &j->requirement->measured;
    double confidence = 1.0 - 2.0 * j->tail;
    bool tries = j->rule->metric == SUMMARY_PASS_AT || j->rule->metric == SUMMARY_PASS_HAT;

    if (is_scored(j->rule) && !tries) {
        *m = summary_share_at(series, confidence);
    } else {
        struct stats_accuracy a =
            tries ? stats_accuracy_of_values(series->means, series->trials.samples,
                                             series->clusters, confidence)
                  : stats_accuracy_neff(&series->trials, series->clusters, confidence);

        *m =
            summary_unknown(tries ? "no sample has as many scored trials" : "no finished cell");
        if (a.interval.estimable)
            *m = (struct summary_estimate){.value = a.interval.estimate,
                                           .low = maybe_of(a.interval.low),
                                           .high = maybe_of(a.interval.high),
                                           .method = "wilson_neff",
                                           .se = a.se,
                                           .n_eff = a.n_eff};
    }
    m->n = series->trials.samples;
    j->se = spread_of(m->se, m->n_eff, j->rule->limit);
}

/* What lost attempts may have cost, as a factor on what is known. */
static double cost_factor(const struct judging *j, size_t variant)
{
    const struct summary_money *cost = &j->summary->variants[variant].cost;

    if (j->rule->metric != SUMMARY_COST || cost->known_nanousd <= 0)
        return 1.0;
    return (double)cost->upper_nanousd / (double)cost->known_nanousd;
}

static void measure_mean(struct judging *j, const struct summary_series *series)
{
    struct summary_estimate *m = &j->requirement->measured;
    struct stats_mean mean = stats_mean_t(series->means, series->trials.samples,
                                          series->clusters, 1.0 - 2.0 * j->tail);

    *m = summary_mean(&mean, series->trials.samples);
    m->high = maybe_scale(m->high, cost_factor(j, j->rule->variant));
    j->se = mean.se.value;
}

static void measure_alone(struct judging *j)
{
    if (is_latency(j->rule)) {
        measure_latency(j);
        return;
    }
    struct summary_series series = series_of(j, j->rule->variant);

    if (is_share(j->rule))
        measure_share(j, &series);
    else
        measure_mean(j, &series);
}

/* ---- against another variant ---- */

/* In a run that may end early, bounds that hold wherever it does: two-sided at twice the tail. */
static void measure_sequentially(struct judging *j)
{
    const struct summary_rule *rule = j->rule;
    bool superior = rule->bar == SUMMARY_ABOVE || rule->bar == SUMMARY_BELOW;
    struct summary_estimate *m = &j->requirement->measured;
    double alpha = 2.0 * j->tail;
    maybe p;

    *m = summary_sequence(j->summary, rule->against, rule->variant,
                          rule->metric == SUMMARY_SCORE, alpha, &p);
    if (superior && p.known && p.value <= alpha && m->value.known)
        j->decided = m->value.value > 0.0 ? 1 : m->value.value < 0.0 ? -1 : 0;
}

static void measure_difference(struct judging *j, const struct summary_pairing *p)
{
    struct summary_estimate *m = &j->requirement->measured;
    const double *d = summary_differences(&j->scratch, p);
    double confidence = 1.0 - 2.0 * j->tail;

    j->requirement->is_difference = true;
    if (summary_is_sequential(j->summary) && j->rule->metric <= SUMMARY_SCORE) {
        measure_sequentially(j);
        return;
    }
    if (!is_share(j->rule)) {
        struct stats_mean mean = stats_mean_t(d, p->count, p->clusters, confidence);

        *m = summary_mean(&mean, p->count);
        j->se = mean.se.value;
        return;
    }
    struct stats_paired_difference bounds =
        stats_paired_diff(d, p->count, p->clusters, 1.0 - j->tail, 1);

    *m = summary_difference(&bounds, p->count);
    j->se = bounds.se.value;
    if (j->rule->metric == SUMMARY_ACCURACY && p->count && summary_is_single(p)) {
        struct stats_paired_counts counts;

        summary_count_pairs(p, &counts);
        struct stats_newcombe newcombe = stats_newcombe_paired(&counts, confidence);
        m->low = maybe_of(newcombe.low);
        m->high = maybe_of(newcombe.high);
        m->method = "newcombe_paired";
    }
}

static void measure_ratio(struct judging *j, const struct summary_pairing *p)
{
    struct summary_estimate *m = &j->requirement->measured;
    double *num = arena_array(&j->scratch, double, p->count + 1);
    double *den = arena_array(&j->scratch, double, p->count + 1);

    j->requirement->is_ratio = true;
    for (size_t i = 0; i < p->count; i++) {
        num[i] = p->candidate.means[p->from_candidate[i]];
        den[i] = p->baseline.means[p->from_baseline[i]];
    }
    struct stats_ratio ratio =
        stats_ratio_logdelta(num, den, p->count, p->clusters, 1.0 - 2.0 * j->tail);

    *m = summary_ratio(&ratio, p->count, "ratio_logdelta");
    m->high = maybe_scale(m->high, cost_factor(j, j->rule->variant));
    m->low = maybe_scale(m->low, 1.0 / cost_factor(j, j->rule->against));
    j->se = ratio.se_log.value;
}

static void measure_pair(struct judging *j)
{
    if (is_latency(j->rule)) {
        j->requirement->is_ratio = true;
        measure_latency_ratio(j);
        return;
    }
    struct summary_pairing p = pair_up(j);

    if (j->rule->ratio > 0.0)
        measure_ratio(j, &p);
    else
        measure_difference(j, &p);
}

/* ---- verdicts ---- */

static bool is_upward(const struct summary_rule *rule)
{
    return rule->bar == SUMMARY_MIN || rule->bar == SUMMARY_NOT_BELOW ||
           rule->bar == SUMMARY_ABOVE;
}

static double threshold_of(const struct judging *j)
{
    const struct summary_rule *rule = j->rule;

    switch (rule->bar) {
    case SUMMARY_MIN:
    case SUMMARY_MAX:
        return rule->limit;
    case SUMMARY_NOT_BELOW:
        return j->requirement->is_ratio ? rule->ratio : -rule->margin;
    case SUMMARY_NOT_ABOVE:
        return j->requirement->is_ratio ? rule->ratio : rule->margin;
    case SUMMARY_ABOVE:
    case SUMMARY_BELOW:
        break;
    }
    return j->requirement->is_ratio ? 1.0 : 0.0;
}

static enum stats_gate_verdict by_estimate(const struct judging *j)
{
    double value = j->requirement->measured.value.value, threshold = threshold_of(j);
    bool strict = j->rule->bar == SUMMARY_ABOVE || j->rule->bar == SUMMARY_BELOW;
    bool good = is_upward(j->rule) ? value > threshold || (!strict && !(value < threshold))
                                   : value < threshold || (!strict && !(value > threshold));

    return good ? STATS_GATE_PASS : STATS_GATE_FAIL;
}

static enum stats_gate_verdict by_bounds(const struct judging *j)
{
    const struct summary_estimate *m = &j->requirement->measured;
    double threshold = threshold_of(j);

    if (j->decided)
        return (j->decided > 0) == is_upward(j->rule) ? STATS_GATE_PASS : STATS_GATE_FAIL;
    if (!is_upward(j->rule))
        return stats_gate_judge_ratio(m->low, m->high, threshold);
    return stats_gate_judge_ratio(maybe_scale(m->high, -1.0), maybe_scale(m->low, -1.0),
                                  -threshold);
}

/* Where the true value is taken to be, to plan by: equality where the rule grants a distance to
 * it, else what was seen. */
static void plan_samples(struct judging *j)
{
    struct summary_requirement *r = j->requirement;
    const struct summary_rule *rule = j->rule;
    double threshold = threshold_of(j), seen = r->measured.value.value, distance;
    bool generous = rule->margin > 0.0 ||
                    (rule->bar == SUMMARY_NOT_ABOVE && rule->ratio > 1.0) ||
                    (rule->bar == SUMMARY_NOT_BELOW && rule->ratio > 0.0 && rule->ratio < 1.0);

    if (!r->measured.value.known || !(j->se > 0.0) || r->samples_needed)
        return;
    if (r->is_ratio && !(threshold > 0.0 && seen > 0.0))
        return;
    if (r->is_ratio)
        distance = generous ? log(threshold) : log(threshold) - log(seen);
    else
        distance = generous ? threshold : threshold - seen;
    double factor = (stats_normal_quantile_upper(j->tail) + stats_normal_quantile(GOOD_POWER)) *
                    j->se / fabs(distance);
    double needed = ceil((double)r->measured.n * factor * factor);

    r->assumes_equal = generous;
    if (isfinite(needed) && needed < 1e12)
        r->samples_needed = (uint64_t)needed;
}

/* ---- what stands in the way of a verdict ---- */

static const char *obstacle(const struct judging *j)
{
    const struct summary *summary = j->summary;
    const struct summary_rule *rule = j->rule;
    bool pair = rule->bar >= SUMMARY_NOT_BELOW;
    const size_t variants[] = {rule->variant, pair ? rule->against : rule->variant};

    for (size_t i = 0; i < 2; i++) {
        if (is_scored(rule) && summary_too_many_unscored(summary, variants[i]))
            return "more than 2 % of the trials of a variant have no score, since their grader "
                   "failed";
        if (rule->metric == SUMMARY_COST && summary->variants[variants[i]].cost.unknown_calls)
            return "some calls are of unknown cost";
    }
    return NULL;
}

/* ---- samples that must pass ---- */

struct tally {
    uint64_t trials, wrong, open, samples;
    str first_wrong; /* a few of them, by name */
    uint64_t named;
};

static void count_cell(struct judging *j, const struct summary_cell *cell, struct tally *tally)
{
    enum { NAMES_SHOWN = 5 };
    enum summary_status status = (enum summary_status)cell->status;
    str id = j->summary->private->samples[cell->place].id;

    tally->trials++;
    if (!summary_is_finished(status) || status == SUMMARY_UNSCORED) {
        tally->open++;
        return;
    }
    if (status == SUMMARY_OK && cell->correct > 0)
        return;
    tally->wrong++;
    if (tally->named < NAMES_SHOWN)
        tally->first_wrong = arena_printf(&j->summary->arena, "%.*s%s%.*s (trial %u%s)",
                                          STR_ARG(tally->first_wrong), tally->named ? ", " : "",
                                          STR_ARG(id), cell->trial,
                                          status == SUMMARY_OK        ? ""
                                          : status == SUMMARY_TIMEOUT ? ", timeout"
                                                                      : ", error");
    else if (tally->named == NAMES_SHOWN)
        tally->first_wrong =
            arena_printf(&j->summary->arena, "%.*s, …", STR_ARG(tally->first_wrong));
    tally->named++;
}

static bool is_wanted(const struct summary_rule *rule, size_t sample)
{
    for (size_t i = 0; i < rule->sample_count; i++)
        if (rule->samples[i] == sample)
            return true;
    return false;
}

static void judge_samples(struct judging *j)
{
    struct summary_requirement *r = j->requirement;
    const struct summary_rows *rows = j->summary->private;
    struct arena *arena = &j->summary->arena;
    struct tally tally = {0};

    for (size_t i = rows->cell_start[j->rule->variant];
         i < rows->cell_start[j->rule->variant + 1]; i++) {
        const struct summary_cell *cell = &rows->cells[i];

        if (!is_wanted(j->rule, cell->sample))
            continue;
        tally.samples +=
            i == rows->cell_start[j->rule->variant] || rows->cells[i - 1].place != cell->place;
        count_cell(j, cell, &tally);
    }
    r->measured = summary_unknown("no sample has the tag or id");
    if (tally.trials)
        r->measured = (struct summary_estimate){
            .value = maybe_of(1.0 - (double)tally.wrong / (double)tally.trials),
            .method = "none",
            .n = tally.samples};
    r->verdict = tally.wrong                       ? STATS_GATE_FAIL
                 : tally.open || tally.trials == 0 ? STATS_GATE_INCONCLUSIVE
                                                   : STATS_GATE_PASS;
    if (tally.wrong)
        r->text = arena_printf(arena, "%llu of %llu trials are wrong: %.*s.",
                               (unsigned long long)tally.wrong,
                               (unsigned long long)tally.trials, STR_ARG(tally.first_wrong));
    else if (tally.trials == 0)
        r->text = STR("No sample of the run has such a tag or id.");
    else if (tally.open)
        r->text =
            arena_printf(arena, "%llu of %llu trials have no score yet.",
                         (unsigned long long)tally.open, (unsigned long long)tally.trials);
    else
        r->text =
            arena_printf(arena, "All %llu trials of %llu sample%s are correct.",
                         (unsigned long long)tally.trials, (unsigned long long)tally.samples,
                         tally.samples == 1 ? "" : "s");
}

/* ---- one rule ---- */

static void judge_metric(struct judging *j)
{
    struct summary_requirement *r = j->requirement;
    const struct summary_rule *rule = j->rule;
    bool superior = rule->bar == SUMMARY_ABOVE || rule->bar == SUMMARY_BELOW;
    const char *missing = obstacle(j);

    j->tail = superior ? (1.0 - j->summary->meta.confidence) / 2.0 : j->summary->meta.alpha;
    if (rule->bar >= SUMMARY_NOT_BELOW)
        measure_pair(j);
    else
        measure_alone(j);
    if (!missing && !r->measured.value.known && !r->measured.low.known)
        missing = r->measured.reason ? r->measured.reason : "there is no value";
    if (missing)
        r->verdict = STATS_GATE_INCONCLUSIVE;
    else if (rule->estimate && r->measured.value.known)
        r->verdict = by_estimate(j);
    else
        r->verdict = by_bounds(j);
    if (r->verdict == STATS_GATE_INCONCLUSIVE && !missing)
        plan_samples(j);
    else
        r->samples_needed = 0;
    summary_requirement_text(j->summary, r, missing);
}

static void judge(struct summary *summary, const struct summary_rule *rule,
                  struct summary_requirement *requirement)
{
    struct judging j = {.summary = summary, .requirement = requirement, .rule = rule};

    *requirement = (struct summary_requirement){.rule = rule,
                                                .timing = is_latency(rule) ||
                                                          rule->metric == SUMMARY_RETRIES,
                                                .measured = summary_unknown("not judged")};
    requirement->what = summary_requirement_what(summary, rule);
    if (rule->metric != SUMMARY_MUST_PASS && rule->bar >= SUMMARY_NOT_BELOW &&
        rule->against == SUMMARY_NO_BASELINE) {
        requirement->text = arena_printf(
            &summary->arena,
            "Not judged here: '%.*s' is not among what is shown; weir compare BASE "
            "HEAD judges it against an earlier run or a saved baseline.",
            STR_ARG(rule->reference));
        return;
    }
    requirement->judged = true;
    if (rule->metric == SUMMARY_MUST_PASS)
        judge_samples(&j);
    else
        judge_metric(&j);
    requirement->failed = requirement->verdict == STATS_GATE_FAIL ||
                          (requirement->verdict == STATS_GATE_INCONCLUSIVE &&
                           rule->undecided == SUMMARY_UNDECIDED_FAIL);
    arena_release(&j.scratch);
}

void summary_fill_requirements(struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    bool any = false, fail = false, inconclusive = false;

    summary->requirements =
        arena_array(&summary->arena, struct summary_requirement, meta->rule_count + 1);
    summary->requirement_count = meta->rule_count;
    for (size_t i = 0; i < meta->rule_count; i++) {
        struct summary_requirement *r = &summary->requirements[i];

        judge(summary, &meta->rules[i], r);
        any |= r->judged;
        fail |= r->judged && r->verdict == STATS_GATE_FAIL;
        inconclusive |= r->failed;
        summary->requirement_failed |= r->failed;
    }
    if (any)
        summary->requirement_verdict =
            stats_gate_verdict_name(fail           ? STATS_GATE_FAIL
                                    : inconclusive ? STATS_GATE_INCONCLUSIVE
                                                   : STATS_GATE_PASS);
}
