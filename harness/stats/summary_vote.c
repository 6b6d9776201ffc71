/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Would voting help? From answers to the same samples: their correlation says whether errors are
 * random or systematic, and a spread of success probabilities what a majority would be.
 *
 * Samples with as many answers and as many right ones are alike to every formula here. So they
 * are counted in bins, of which there are few, and the jackknife, which leaves out one sample at
 * a time, costs as much as there are bins. Same-wrong rates are not computed: the summary does not
 * know answers. */
#include <inttypes.h>
#include <math.h>

#include "stats/format.h"
#include "stats/interval.h"
#include "stats/summary_diagnose.h"
#include "stats/voting.h"

const unsigned summary_vote_sizes[SUMMARY_VOTE_SIZES] = {1, 3, 5, 7, 9, 15};

enum { ANSWERS_MOST = 300 /* to a sample */, SAMPLES_LEAST = 3 };
static const double random_below = 0.2, systematic_from = 0.8, point = 0.01, errors_apart = 2.0;
static const double whole = 1e-6; /* a number of right answers, from their mean */

const char *summary_errors_name(enum summary_errors errors)
{
    static const char *const names[] = {NULL, "random", "partly random", "systematic"};
    return names[errors];
}

/* ---- bins ---- */

struct bin {
    size_t trials, right, samples;
};

struct bins {
    struct bin *bin;
    size_t count;
    size_t least; /* answers of the sample that has the fewest */
    uint32_t *of; /* of each sample: its bin */
};

/* None when there are too many answers to a sample. */
static struct bins bins_of(struct arena *scratch, const struct stats_trials *trials)
{
    size_t most = 0;
    for (size_t i = 0; i < trials->samples; i++)
        if (stats_trials_of(trials, i) > most)
            most = stats_trials_of(trials, i);
    if (most > ANSWERS_MOST)
        return (struct bins){0};
    struct bins bins = {.of = arena_array(scratch, uint32_t, trials->samples + 1),
                        .least = most};
    uint32_t *at = arena_array(scratch, uint32_t, (most + 1) * (most + 1));

    bins.bin = arena_array(scratch, struct bin, (most + 1) * (most + 1));
    for (size_t i = 0; i < trials->samples; i++) {
        size_t count = stats_trials_of(trials, i), right = 0;
        for (size_t t = trials->start[i]; t < trials->start[i + 1]; t++)
            right += trials->scores[t] > 0.5;
        uint32_t *place = &at[count * (most + 1) + right];
        if (*place == 0) {
            bins.bin[bins.count] = (struct bin){count, right, 0};
            *place = (uint32_t)++bins.count;
        }
        bins.of[i] = *place - 1;
        bins.bin[*place - 1].samples++;
        if (count < bins.least)
            bins.least = count;
    }
    return bins;
}

/* ---- prediction ---- */

struct spread {
    double p, rho; /* rho is NAN when nothing differs */
};

/* stats_voting_report of binned samples: mean of means, and the correlation of an analysis of
 * variance with samples as groups. */
static struct spread spread_of(const struct bins *bins)
{
    double n = 0.0, total = 0.0, right = 0.0, means = 0.0, squares = 0.0, within = 0.0;
    double between = 0.0;

    for (size_t i = 0; i < bins->count; i++) {
        const struct bin *b = &bins->bin[i];
        double c = (double)b->samples, t = (double)b->trials, k = (double)b->right;
        n += c;
        total += c * t;
        right += c * k;
        means += c * k / t;
        squares += c * t * t;
        within += c * k * (t - k) / t;
    }
    for (size_t i = 0; i < bins->count; i++) {
        const struct bin *b = &bins->bin[i];
        double t = (double)b->trials, off = (double)b->right / t - right / total;
        between += (double)b->samples * t * off * off;
    }
    double mean_within = within / (total - n);
    double variance =
        (between / (n - 1.0) - mean_within) / ((total - squares / total) / (n - 1.0));
    variance = fmax(variance, 0.0);
    return (struct spread){means / n, variance + mean_within > 0.0
                                          ? variance / (variance + mean_within)
                                          : (double)NAN};
}

static double extrapolated(const struct bins *bins, uint64_t votes)
{
    struct spread s = spread_of(bins);
    if (s.rho >= 1.0)
        return s.p;
    if (!(s.rho > 0.0) || s.p <= 0.0 || s.p >= 1.0)
        return stats_majority_independent(s.p, votes);
    return stats_majority_beta_binomial(s.p * (1.0 - s.rho) / s.rho,
                                        (1.0 - s.p) * (1.0 - s.rho) / s.rho, votes);
}

static double majority(const struct bins *bins, uint64_t votes)
{
    double sum = 0.0, n = 0.0;

    if (votes > bins->least)
        return extrapolated(bins, votes);
    for (size_t i = 0; i < bins->count; i++) {
        const struct bin *b = &bins->bin[i];
        sum += (double)b->samples * stats_majority_ustat(b->trials, b->right, votes).value;
        n += (double)b->samples;
    }
    return sum / n;
}

/* Interval from the jackknife: each sample's pseudo-value is N times the estimate less N - 1 times
 * that without it. */
static void fill_interval(struct arena *scratch, const struct summary *summary,
                          const struct summary_series *series, struct bins *bins,
                          uint64_t votes, struct summary_estimate *estimate)
{
    size_t samples = series->trials.samples;
    double *influence = arena_array(scratch, double, bins->count + 1);
    double *values = arena_array(scratch, double, samples + 1);
    double n = (double)samples, mean = 0.0, all = estimate->value.value;

    if (samples < SAMPLES_LEAST)
        return;
    for (size_t i = 0; i < bins->count; i++) {
        bins->bin[i].samples--;
        influence[i] = (n - 1.0) * (all - majority(bins, votes));
        bins->bin[i].samples++;
        mean += influence[i] * (double)bins->bin[i].samples / n;
    }
    for (size_t i = 0; i < samples; i++)
        values[i] = all + influence[bins->of[i]] - mean;
    double alpha = (1.0 - summary->meta.confidence) / SUMMARY_VOTE_SIZES;
    struct stats_accuracy accuracy =
        stats_accuracy_of_values(values, samples, series->clusters, 1.0 - alpha);
    estimate->low = maybe_of(accuracy.interval.low);
    estimate->high = maybe_of(accuracy.interval.high);
    estimate->se = accuracy.se;
    estimate->n_eff = accuracy.n_eff;
}

/* Is what extrapolation says where it is not needed what was seen? Beside its standard error. */
static bool extrapolation_fits(struct bins *bins, size_t samples)
{
    uint64_t votes = bins->least - (bins->least % 2 == 0);
    double n = (double)samples, off, squares = 0.0, mean = 0.0;

    if (votes < 3 || samples < SAMPLES_LEAST)
        return true;
    off = extrapolated(bins, votes) - majority(bins, votes);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < bins->count; i++) {
            double many = (double)bins->bin[i].samples, one;
            bins->bin[i].samples--;
            one = (n - 1.0) * (off - extrapolated(bins, votes) + majority(bins, votes));
            bins->bin[i].samples++;
            if (pass == 0)
                mean += one * many / n;
            else
                squares += many * (one - mean) * (one - mean);
        }
    return fabs(off) <= errors_apart * sqrt(squares / (n - 1.0) / n) + whole;
}

static void fill_size(struct arena *scratch, const struct summary *summary,
                      const struct summary_series *series, struct bins *bins,
                      struct summary_vote *vote, size_t size)
{
    struct summary_majority *m = &vote->size[size];
    uint64_t votes = summary_vote_sizes[size];
    double rho = vote->rho.value;

    m->independent = stats_majority_independent(vote->p.value, votes);
    m->extrapolated = votes > bins->least;
    enum stats_majority_method method = !m->extrapolated ? STATS_MAJORITY_USTAT
                                        : !vote->rho.known || rho <= 0.0
                                            ? STATS_MAJORITY_BINOMIAL
                                        : rho >= 1.0 ? STATS_MAJORITY_DEGENERATE
                                                     : STATS_MAJORITY_BETA_BINOMIAL;
    m->accuracy = (struct summary_estimate){.value = maybe_of(majority(bins, votes)),
                                            .method = stats_majority_method_name(method),
                                            .n = vote->samples};
    fill_interval(scratch, summary, series, bins, votes, &m->accuracy);
}

/* ---- where answers come from ---- */

/* Voters whose number does not hang on what they said: all are asked in every cell. Their score is
 * the mean of a cell, which stands at each of them. */
static bool collect_voters(struct arena *scratch, const struct summary *summary, size_t variant,
                           struct summary_series *series, size_t *per_poll, size_t *polls)
{
    struct summary_span span = summary_items(summary, variant);
    size_t voters = 0, samples = 0, total = 0;

    if (!span.scored)
        return false;
    double *scores = arena_array(scratch, double, span.count + 1);
    size_t *start = arena_array(scratch, size_t, span.count + 2);
    series->places = arena_array(scratch, size_t, span.count + 1);
    for (size_t i = 0, next; i < span.count; i = next) {
        const struct summary_instance *one = &span.first[i];
        for (next = i; next < span.count && span.first[next].place == one->place &&
                       span.first[next].trial == one->trial;)
            next++;
        double right = one->score * (double)(next - i);
        if (one->place == SUMMARY_NO_PLACE || isnan(one->score))
            continue;
        voters = voters ? voters : next - i;
        if (next - i != voters || fabs(right - round(right)) > whole)
            return false;
        (*polls)++;
        if (samples == 0 || series->places[samples - 1] != one->place)
            series->places[samples++] = one->place;
        for (size_t k = i; k < next; k++)
            scores[total++] = (double)(k - i) < round(right);
        start[samples] = total;
    }
    series->trials = (struct stats_trials){scores, start, samples};
    series->clusters = summary_clusters_of(scratch, summary, series->places, samples);
    *per_poll = voters;
    return samples > 0;
}

static void fill_money(struct summary_vote *vote, const struct summary_variant *v)
{
    maybe cell = v->cost_per_cell_usd.value;
    for (size_t i = 0; cell.known && i < SUMMARY_VOTE_SIZES; i++) {
        struct summary_majority *m = &vote->size[i];
        double one = vote->voters ? cell.value / (double)vote->per_poll : cell.value;
        double gain = m->accuracy.value.value - vote->size[0].accuracy.value.value;
        m->cost_usd = maybe_of(one * summary_vote_sizes[i]);
        if (gain > point / 20.0)
            m->per_point_usd = maybe_of(one * (summary_vote_sizes[i] - 1) / (gain / point));
    }
}

struct summary_vote *summary_vote_of(struct summary *summary, size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    struct arena scratch = {0};
    struct summary_series series = {0};
    struct summary_vote *vote = NULL;
    bool voters = str_equal(summary_root_pattern(summary, variant), STR("vote"));
    size_t per_poll = 0, polls = 0;

    if (voters ? collect_voters(&scratch, summary, variant, &series, &per_poll, &polls)
               : v->trials > 1) {
        if (!voters)
            series = summary_collect(&scratch, summary, variant, summary_value_correct, 0);
        struct bins bins = {.least = 0};
        if (series.trials.samples)
            bins = bins_of(&scratch, &series.trials);
        struct stats_voting report = stats_voting_report(&series.trials);
        if (bins.least >= 2) {
            vote = arena_new(&summary->arena, struct summary_vote);
            vote->voters = voters;
            vote->per_poll = per_poll;
            vote->polls = polls;
            vote->samples = series.trials.samples;
            vote->answers = stats_trials_total(&series.trials);
            vote->always_right = report.always_right;
            vote->always_wrong = report.always_wrong;
            vote->mixed = report.mixed;
            vote->p = report.p;
            vote->rho = report.rho;
            vote->plug_in_limit = report.plug_in_limit;
            vote->errors = !report.rho.known                     ? SUMMARY_ERRORS_UNKNOWN
                           : report.rho.value < random_below     ? SUMMARY_ERRORS_RANDOM
                           : report.rho.value >= systematic_from ? SUMMARY_ERRORS_SYSTEMATIC
                                                                 : SUMMARY_ERRORS_PARTLY;
            vote->fits = extrapolation_fits(&bins, vote->samples);
            for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++) {
                fill_size(&scratch, summary, &series, &bins, vote, i);
                if ((vote->fits || !vote->size[i].extrapolated) &&
                    vote->size[i].accuracy.value.value >
                        vote->size[vote->best].accuracy.value.value + point / 1000.0)
                    vote->best = i;
            }
            vote->helps = vote->size[vote->best].accuracy.value.value >=
                          vote->size[0].accuracy.value.value + point;
            fill_money(vote, v);
        }
    }
    arena_release(&scratch);
    return vote;
}

/* ---- sentences ---- */

static str size_text(struct arena *arena, const struct summary_vote *vote, size_t size)
{
    const struct summary_majority *m = &vote->size[size];
    return arena_printf(arena, "%s%s", stats_format_percent(arena, m->accuracy.value).p,
                        m->extrapolated ? " (extrapolated)" : "");
}

static str advice(struct arena *arena, const struct summary_vote *vote)
{
    const struct summary_majority *best = &vote->size[vote->best], *three = &vote->size[1];

    if (!vote->helps)
        return arena_printf(arena,
                            "Voting will not help: %u votes are estimated at %s, one at %s.",
                            summary_vote_sizes[SUMMARY_VOTE_SIZES - 1],
                            size_text(arena, vote, SUMMARY_VOTE_SIZES - 1).p,
                            stats_format_percent(arena, vote->size[0].accuracy.value).p);
    if (!best->per_point_usd.known || !three->per_point_usd.known)
        return STR("");
    if (best == three)
        return arena_printf(arena, "A point more costs a cell %s with 3 votes.",
                            stats_format_usd(arena, three->per_point_usd).p);
    return arena_printf(arena, "A point more costs a cell %s with 3 votes and %s with %u.",
                        stats_format_usd(arena, three->per_point_usd).p,
                        stats_format_usd(arena, best->per_point_usd).p,
                        summary_vote_sizes[vote->best]);
}

void summary_say_vote(struct summary *summary, const struct summary_variant *v)
{
    struct arena *arena = &summary->arena;
    const struct summary_vote *vote = v->diagnosis->vote;
    const char *errors = summary_errors_name(vote->errors);

    summary_say(v->diagnosis,
                arena_printf(arena,
                             "In %" PRIu64 " of %" PRIu64 " samples all %s agree (%" PRIu64
                             " always right, %" PRIu64 " always wrong).",
                             vote->samples - vote->mixed, vote->samples,
                             vote->voters ? "voters" : "trials", vote->always_right,
                             vote->always_wrong));
    if (errors)
        summary_say(v->diagnosis,
                    arena_printf(arena, "Within-sample correlation %.2f: errors are %s.",
                                 vote->rho.value, errors));
    summary_say(
        v->diagnosis,
        arena_printf(arena,
                     "One answer is right %s of the time; a majority of 3 is estimated at %s, "
                     "of 7 at %s; "
                     "if errors were purely random it would be %s and %s.",
                     stats_format_percent(arena, vote->size[0].accuracy.value).p,
                     size_text(arena, vote, 1).p, size_text(arena, vote, 3).p,
                     stats_format_percent(arena, maybe_of(vote->size[1].independent)).p,
                     stats_format_percent(arena, maybe_of(vote->size[3].independent)).p));
    if (!vote->fits)
        summary_say(v->diagnosis,
                    STR("Extrapolation does not fit what was seen (some samples are settled, "
                        "others are not): believe it only after a run with more trials."));
    summary_say(v->diagnosis, advice(arena, vote));
}
