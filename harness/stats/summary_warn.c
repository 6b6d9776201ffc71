/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader must know before believing the numbers. Codes are stable; texts may improve. */
#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_rows.h"
#include "stats/summary_stop.h"

#define DROPPED_SHARE 0.05
/* weir's own lateness that a reader must know of: a share of the shortest median, and at least
 * so much. */
#define LATE_SHARE    0.05
#define LATE_LEAST_NS 1e6
enum {
    FEW = 10,
    WARNINGS_A_VARIANT = 11,
    WARNINGS_A_COMPARISON = 4,
    WARNINGS_OF_THE_RUN = 11,
    WARNINGS_A_REPLIER = 2
};

static void warn(struct summary *summary, const char *code, bool timing, size_t variant,
                 str text)
{
    summary->warnings[summary->warning_count++] =
        (struct summary_warning){code, timing, variant, text};
}

void summary_warn(struct summary *summary, const char *code, size_t variant, str text)
{
    warn(summary, code, false, variant, text);
}

static size_t clusters_in(const struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    struct arena scratch = {0};
    size_t first = rows->cell_start[variant], end = rows->cell_start[variant + 1], count;
    uint64_t *labels = arena_array(&scratch, uint64_t, end - first + 1);
    size_t *of = arena_array(&scratch, size_t, end - first + 1);

    for (size_t i = first; i < end; i++)
        labels[i - first] = rows->samples[rows->cells[i].place].cluster;
    count = stats_clusters_number(labels, end - first, of);
    arena_release(&scratch);
    return count;
}

static void warn_of_data(struct summary *summary, size_t i)
{
    struct summary_variant *v = &summary->variants[i];
    struct arena *arena = &summary->arena;

    if (v->samples == 0) {
        warn(summary, "no-data", false, i,
             arena_printf(arena, "%.*s: no data.", STR_ARG(v->name)));
        return;
    }
    if (v->statuses[SUMMARY_PENDING] > 0)
        warn(summary, "incomplete", false, i,
             arena_printf(arena,
                          "%.*s: %" PRIu64 " of %" PRIu64
                          " cells have no result yet; a resume runs them.",
                          STR_ARG(v->name), v->statuses[SUMMARY_PENDING], v->cells));
    if (v->statuses[SUMMARY_SKIPPED] > 0 && !summary->stop)
        warn(summary, "skipped", false, i,
             arena_printf(arena, "%.*s: %" PRIu64 " cells were skipped.", STR_ARG(v->name),
                          v->statuses[SUMMARY_SKIPPED]));
    if (v->samples < FEW)
        warn(summary, "few-samples", false, i,
             arena_printf(arena,
                          "%.*s: very few samples (%" PRIu64 "); treat all of its "
                          "numbers as an indication.",
                          STR_ARG(v->name), v->samples));
    else if (summary->clustered && clusters_in(summary, i) < FEW)
        warn(summary, "few-clusters", false, i,
             arena_printf(arena, "%.*s: only %zu clusters of samples; intervals are rough.",
                          STR_ARG(v->name), clusters_in(summary, i)));
    if (v->identical_trials)
        warn(summary, "identical-trials", false, i,
             arena_printf(arena,
                          "%.*s: all trials of each sample are identical; the extra "
                          "trials add no information (temperature 0, or cached "
                          "replies?).",
                          STR_ARG(v->name)));
}

static void warn_of_failures(struct summary *summary, size_t i)
{
    struct summary_variant *v = &summary->variants[i];
    struct arena *arena = &summary->arena;
    uint64_t errors = v->statuses[SUMMARY_ERROR] + v->statuses[SUMMARY_TIMEOUT];
    uint64_t unscored = v->statuses[SUMMARY_UNSCORED];

    if (errors > 0)
        warn(summary, "errors", false, i,
             arena_printf(arena,
                          "%.*s: %" PRIu64 " of %" PRIu64 " cells failed and count as "
                          "wrong (for diagnosis only: accuracy without them %s).",
                          STR_ARG(v->name), errors, v->finished,
                          stats_format_percent(arena, v->accuracy_without_errors.value).p));
    if (unscored > 0)
        warn(summary, "unscored", false, i,
             arena_printf(arena,
                          "%.*s: %" PRIu64 " of %" PRIu64 " cells could not be scored "
                          "and are left out; accuracy would lie between %s and %s.",
                          STR_ARG(v->name), unscored, v->finished,
                          stats_format_percent(arena, v->accuracy_worst).p,
                          stats_format_percent(arena, v->accuracy_best).p));
    if (v->cost.unknown_calls > 0)
        warn(summary, "unknown-cost", false, i,
             arena_printf(arena, "%.*s: the cost of %" PRIu64 " calls is not known.",
                          STR_ARG(v->name), v->cost.unknown_calls));
    if (v->cost.lost_attempts > 0)
        warn(summary, "lost-attempts", false, i,
             arena_printf(arena,
                          "%.*s: %" PRIu64 " attempts were lost after sending; the "
                          "cost is at least what is shown, at most %s.",
                          STR_ARG(v->name), v->cost.lost_attempts,
                          stats_format_usd(arena, maybe_of(v->upper_usd)).p));
    if (v->cached_cells > 0)
        warn(summary, "cached", true, i,
             arena_printf(arena,
                          "%.*s: %" PRIu64 " of %" PRIu64
                          " cells have replies of an earlier run. Their "
                          "times (then %s on average) stand in no latency and no comparison; "
                          "%s was paid, "
                          "without the cache it would have been %s.",
                          STR_ARG(v->name), v->cached_cells, v->finished,
                          stats_format_duration(arena, v->cached_latency_ns).p,
                          stats_format_usd(arena, v->paid_usd).p,
                          stats_format_usd(arena, v->cost_usd).p));
    if (v->latency_at_least)
        warn(summary, "timeouts", true, i,
             arena_printf(arena,
                          "%.*s: %" PRIu64 " timeouts are longer than any latency "
                          "shown; means take their elapsed time.",
                          STR_ARG(v->name), v->statuses[SUMMARY_TIMEOUT]));
}

static void warn_of_reducer(struct summary *summary)
{
    static const char *const text[STATS_REDUCERS] = {
        [STATS_REDUCE_MEDIAN] = "Each sample counts with the median of its trials: what rarely "
                                "happens on it is not seen.",
        [STATS_REDUCE_MODE] = "Each sample counts with the majority of its trials: accuracy and "
                              "scores are those of a vote that was not held.",
        [STATS_REDUCE_MAX] = "Each sample counts with the best of its trials: accuracy and "
                             "scores are those of whoever may try again until it is right; "
                             "pass@k estimates that for any number of tries."};

    if (summary->meta.reducer != STATS_REDUCE_MEAN && summary->meta.trials > 1)
        warn(summary, "reducer", false, SUMMARY_NO_BASELINE,
             str_from(text[summary->meta.reducer]));
}

static void warn_of_comparison(struct summary *summary, const struct summary_comparison *c)
{
    struct arena *arena = &summary->arena;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name;

    if ((double)c->dropped > DROPPED_SHARE * (double)(c->dropped + c->pairs))
        warn(summary, "dropped-samples", false, c->candidate,
             arena_printf(arena,
                          "%.*s against %.*s: %" PRIu64 " of %" PRIu64 " samples have "
                          "no scored trial in both and are left out.",
                          STR_ARG(candidate), STR_ARG(baseline), c->dropped,
                          c->dropped + c->pairs));
    if (c->unscored)
        warn(summary, "unscored-comparison", false, c->candidate,
             arena_printf(arena,
                          "%.*s against %.*s: over 2 %% of the trials of one of them "
                          "are unscored; do not rely on this comparison.",
                          STR_ARG(candidate), STR_ARG(baseline)));
    if (c->cost_dominated)
        warn(summary, "cost-ratio-approximate", false, c->candidate,
             arena_printf(arena,
                          "%.*s against %.*s: few samples decide the cost ratio; its "
                          "interval is approximate.",
                          STR_ARG(candidate), STR_ARG(baseline)));
    if (c->latency_dominated)
        warn(summary, "latency-ratio-approximate", true, c->candidate,
             arena_printf(arena,
                          "%.*s against %.*s: few samples decide the latency ratio; "
                          "its interval is approximate.",
                          STR_ARG(candidate), STR_ARG(baseline)));
}

static void warn_of_lost_times(struct summary *summary, size_t i)
{
    const struct summary_variant *v = &summary->variants[i];
    if (v->latency_lost)
        warn(summary, "lost-times", true, i,
             arena_printf(&summary->arena,
                          "%.*s: %llu of %llu cells were open when the run stopped and have no "
                          "latency: part of it is not known.",
                          STR_ARG(v->name), (unsigned long long)v->latency_lost,
                          (unsigned long long)v->finished));
}

/* The shortest median latency of a variant that calls anyone. */
static maybe shortest_median(const struct summary *summary)
{
    maybe shortest = maybe_none();

    for (size_t v = 0; v < summary->meta.variant_count - summary->meta.kept; v++) {
        const struct summary_variant *variant = &summary->variants[v];
        maybe half = variant->latency_ns[SUMMARY_P50].estimate;

        if (variant->traffic.sent && half.known &&
            (!shortest.known || half.value < shortest.value))
            shortest = half;
    }
    return shortest;
}

static void warn_of_client(struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    struct arena *arena = &summary->arena;
    maybe median = shortest_median(summary), late = meta->lateness_p99_ns;

    if (meta->replayed.n || !median.known)
        return;
    if (late.known && late.value > LATE_LEAST_NS && late.value > LATE_SHARE * median.value)
        warn(summary, "client-bottleneck", true, SUMMARY_NO_BASELINE,
             arena_printf(
                 arena,
                 "weir was a bottleneck: 1 %% of its events were served at least %s "
                 "late, where half of the cells of one variant take %s. Latencies may "
                 "be too long: open fewer cells at once (-j), or use a quieter machine.",
                 stats_format_duration(arena, late).p, stats_format_duration(arena, median).p));
}

static void warn_of_judge(struct summary *summary, size_t score)
{
    const struct summary_judge_checked none = {.text = STR("")};
    const struct summary_judge_checked *checked =
        summary->meta.checked ? &summary->meta.checked[score] : &none;
    str name = summary->meta.scores[score].name;

    if (!summary->meta.scores[score].judged || checked->validated)
        return;
    warn(summary, "judge-not-validated", false, SUMMARY_NO_BASELINE,
         checked->text.n
             ? arena_printf(&summary->arena, "%.*s rests on a judge. %.*s", STR_ARG(name),
                            STR_ARG(checked->text))
             : arena_printf(&summary->arena,
                            "%.*s rests on a judge that was not validated: no labels of "
                            "people stand beside its verdicts.",
                            STR_ARG(name)));
}

static void warn_of_relative(struct summary *summary, size_t score)
{
    const struct summary_score_meta *meta = &summary->meta.scores[score];

    if (!summary->meta.two_runs || !meta->relative)
        return;
    warn(summary, "relative-score", false, SUMMARY_NO_BASELINE,
         arena_printf(&summary->arena,
                      "%.*s says how a variant did among the others of its own run, whose "
                      "texts its judge saw: between two runs it%s can change where the variant "
                      "did not.",
                      STR_ARG(meta->name), meta->weight > 0.0 ? ", and accuracy with it," : ""));
}

/* The first variant stands in for a baseline that is not there. */
static void warn_of_left_out(struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    str baseline = {"", 0};

    if (!meta->left_outs)
        return;
    if (meta->baseline_left_out.n && meta->variant_count > 1)
        baseline = arena_printf(&summary->arena,
                                " The baseline '%.*s' is one of them, so variants are compared "
                                "with '%.*s'.",
                                STR_ARG(meta->baseline_left_out),
                                STR_ARG(meta->variants[meta->baseline].name));
    size_t own = meta->variant_count - meta->kept;
    warn(summary, "variants-left-out", false, SUMMARY_NO_BASELINE,
         arena_printf(&summary->arena,
                      "%zu of the experiment's %zu variants ran (--variants), without "
                      "%.*s.%.*s",
                      own, own + meta->left_outs, STR_ARG(meta->left_out), STR_ARG(baseline)));
}

void summary_fill_warnings(struct summary *summary)
{
    size_t variants = summary->meta.variant_count;

    summary->warnings = arena_array(&summary->arena, struct summary_warning,
                                    WARNINGS_OF_THE_RUN + 2 * summary->meta.score_count +
                                        variants * WARNINGS_A_VARIANT +
                                        summary->replier_count * WARNINGS_A_REPLIER +
                                        summary->comparison_count * WARNINGS_A_COMPARISON);
    if (summary->meta.mock)
        warn(summary, "mock", false, SUMMARY_NO_BASELINE,
             STR("Answered by the mock server: these numbers show what its configuration "
                 "put in, not what a model can do."));
    if (summary->meta.replayed.n)
        warn(summary, "replayed", true, SUMMARY_NO_BASELINE,
             arena_printf(
                 &summary->arena,
                 "Replayed from %.*s: replies, latencies and costs are those of the "
                 "recording; nothing was sent or paid, and wall times are of the replay.",
                 STR_ARG(summary->meta.replayed)));
    if (summary->meta.tuning)
        warn(summary, "tuning", false, SUMMARY_NO_BASELINE,
             STR("Measured on tuning data: expect less on new samples."));
    warn_of_reducer(summary);
    warn_of_left_out(summary);
    if (summary->stop && summary->stop->stopped)
        warn(summary, "stopped-early", false, SUMMARY_NO_BASELINE,
             arena_printf(
                 &summary->arena,
                 "The run stopped for what it saw in its first %" PRIu64 " of %" PRIu64
                 " samples: every figure is of those, and accuracies of single variants "
                 "lean towards the decision.",
                 summary->stop->looked, summary->stop->samples));
    if (summary->late_starts)
        warn(summary, "late-starts", true, SUMMARY_NO_BASELINE,
             arena_printf(
                 &summary->arena,
                 "weir itself started 1 %% of the cells at least %.*s late: the "
                 "schedule was not kept, so the load was another one.",
                 STR_ARG(stats_format_duration(&summary->arena, summary->late_p99_ns))));
    warn_of_client(summary);
    for (size_t k = 0; k < summary->meta.score_count; k++) {
        warn_of_judge(summary, k);
        warn_of_relative(summary, k);
    }
    for (size_t v = 0; v < variants; v++) {
        warn_of_lost_times(summary, v);
        warn_of_data(summary, v);
        warn_of_failures(summary, v);
    }
    summary_warn_of_matching(summary);
    summary_warn_of_slices(summary);
    summary_warn_of_repliers(summary);
    for (size_t i = 0; i < summary->comparison_count; i++)
        warn_of_comparison(summary, &summary->comparisons[i]);
}
