/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a run stopped, and comparisons that hold wherever it stops (see summary_stop.h). Nothing
 * here decides: stats/stop.c does. Its order of samples is that of the plan, which the rest of a
 * summary does not know. */
#include "stats/summary_stop.h"

#include <inttypes.h>
#include <math.h>

#include "base/mem.h"
#include "stats/format.h"
#include "stats/multiple.h"
#include "stats/random.h"
#include "stats/summary_rows.h"

#define USD_PER_NANO 1e-9
enum { PLACES_FIRST = 256 };

/* Until the end: the watched pair, and the samples in the order of the plan. */
struct summary_watched {
    struct stats_stop stop;
    struct stats_clusters clusters;
    size_t *cluster_of;
    bool clustered, begun;
    size_t samples, room, index_room;
    uint64_t *label;    /* of the cluster, by place */
    uint32_t *place_of; /* 1 + place, by index in the data set; 0: not told */
    struct summary_account beyond;
    uint64_t beyond_cells;
};

/* ---- what is told first ---- */

static struct summary_watched *watched_of(struct summary *summary)
{
    struct summary_rows *rows = summary->private;

    if (!summary->meta.stop || !rows)
        BUG("a summary without `stop` watches nothing");
    if (!rows->watched)
        rows->watched = xcalloc(1, sizeof *rows->watched);
    return rows->watched;
}

static size_t room_for(size_t place, size_t room)
{
    while (room <= place)
        room = room ? 2 * room : PLACES_FIRST;
    return room;
}

void summary_watch_sample(struct summary *summary, size_t sample, size_t place, str cluster)
{
    struct summary_watched *w = watched_of(summary);
    struct arena scratch = {0};
    size_t known = w->index_room;

    if (place >= w->room) {
        w->room = room_for(place, w->room);
        w->label = xrealloc(w->label, w->room * sizeof *w->label);
    }
    if (sample >= known) {
        w->index_room = room_for(sample, known);
        w->place_of = xrealloc(w->place_of, w->index_room * sizeof *w->place_of);
        memset(w->place_of + known, 0, (w->index_room - known) * sizeof *w->place_of);
    }
    w->label[place] =
        stats_key_hash(cluster.n ? arena_printf(&scratch, "c%.*s", STR_ARG(cluster))
                                 : arena_printf(&scratch, "s%zu", sample));
    w->place_of[sample] = (uint32_t)place + 1;
    w->samples = w->samples > place ? w->samples : place + 1;
    arena_release(&scratch);
}

static bool is_single(const struct summary *summary, bool score)
{
    return summary->meta.trials == 1 && !score && !summary->private->watched->clustered;
}

static void begin_watch(struct summary *summary)
{
    struct summary_watched *w = watched_of(summary);
    const struct summary_stop_rule *rule = summary->meta.stop;

    if (w->begun)
        return;
    w->begun = true;
    w->cluster_of = xcalloc(w->samples + 1, sizeof *w->cluster_of);
    w->clusters = (struct stats_clusters){
        w->cluster_of, stats_clusters_number(w->label, w->samples, w->cluster_of)};
    w->clustered = w->clusters.count < w->samples;
    stats_stop_init(&w->stop,
                    &(struct stats_stop_rule){.alpha = rule->alpha,
                                              .margin = rule->margin,
                                              .min_samples = rule->min_samples,
                                              .single = is_single(summary, rule->score)},
                    w->clustered ? &w->clusters : NULL, w->samples, summary->meta.trials);
}

static bool place_in_plan(const struct summary_watched *w, size_t sample, size_t *place)
{
    if (sample >= w->index_room || !w->place_of[sample])
        return false;
    *place = w->place_of[sample] - 1;
    return true;
}

static bool has_failed(enum summary_status status)
{
    return status == SUMMARY_ERROR || status == SUMMARY_TIMEOUT;
}

void summary_watch_cell(struct summary *summary, const struct summary_cell_row *row)
{
    struct summary_watched *w = watched_of(summary);
    const struct summary_stop_rule *rule = summary->meta.stop;
    bool candidate = row->variant == rule->candidate;
    maybe value = maybe_none();
    size_t place;

    begin_watch(summary);
    if ((!candidate && row->variant != rule->baseline) || !summary_is_finished(row->status) ||
        !place_in_plan(w, row->sample, &place))
        return;
    if (has_failed(row->status))
        value = maybe_of(0.0);
    else if (row->status == SUMMARY_OK)
        value = rule->score ? row->score : row->correct;
    stats_stop_cell(&w->stop, place, candidate ? STATS_STOP_CANDIDATE : STATS_STOP_BASELINE,
                    row->trial, value);
}

/* ---- beyond the stop ---- */

bool summary_is_beyond(const struct summary *summary, size_t sample)
{
    const struct summary_watched *w = summary->private->watched;
    size_t place;

    return w && w->stop.decision != STATS_STOP_UNDECIDED && place_in_plan(w, sample, &place) &&
           place >= w->stop.looked;
}

void summary_add_beyond(struct summary *summary, const struct summary_traffic *traffic,
                        const struct summary_money *cost, bool cell)
{
    struct summary_watched *w = summary->private->watched;

    summary_traffic_add(&w->beyond.traffic, traffic);
    summary_money_add(&w->beyond.cost, cost);
    w->beyond_cells += cell;
}

void summary_free_watched(struct summary_watched *w)
{
    if (!w)
        return;
    stats_stop_release(&w->stop);
    xfree(w->cluster_of);
    xfree(w->label);
    xfree(w->place_of);
    xfree(w);
}

/* ---- comparisons ---- */

bool summary_is_sequential(const struct summary *summary)
{
    return summary->private->watched && summary->private->watched->begun;
}

/* Either way round. */
static bool is_watched_pair(const struct summary *summary, size_t a, size_t b)
{
    const struct summary_stop_rule *rule = summary->meta.stop;

    return (a == rule->candidate && b == rule->baseline) ||
           (b == rule->candidate && a == rule->baseline);
}

/* All samples that are complete in both, in the order of the plan, without an end. */
static void look_at_pair(const struct summary *summary, size_t baseline, size_t candidate,
                         bool score, double alpha, struct stats_stop *stop)
{
    const struct summary_rows *rows = summary->private;
    const struct summary_watched *w = rows->watched;
    const size_t variants[] = {candidate, baseline};
    struct stats_stop_rule rule = {
        .alpha = alpha, .min_samples = UINT64_MAX, .single = is_single(summary, score)};

    stats_stop_init(stop, &rule, w->clustered ? &w->clusters : NULL, w->samples,
                    summary->meta.trials);
    for (int side = 0; side < 2; side++)
        for (size_t i = rows->cell_start[variants[side]];
             i < rows->cell_start[variants[side] + 1]; i++) {
            const struct summary_cell *cell = &rows->cells[i];
            size_t place;

            if (summary_is_finished((enum summary_status)cell->status) &&
                place_in_plan(w, cell->sample, &place))
                stats_stop_cell(stop, place, (enum stats_stop_side)side, cell->trial,
                                score ? summary_value_score(summary, cell, 0)
                                      : summary_value_correct(summary, cell, 0));
        }
}

static struct summary_estimate estimate_of(const struct stats_stop *stop)
{
    const struct stats_confidence_sequence *s = &stop->sequence;

    if (stop->pairs == 0)
        return summary_unknown("no sample of the plan's beginning is complete in both");
    return (struct summary_estimate){
        .value = maybe_of(stats_sum_value(&stop->sum) / (double)stop->pairs),
        .low = s->inconsistent ? maybe_none() : maybe_of(s->low),
        .high = s->inconsistent ? maybe_none() : maybe_of(s->high),
        .method = "eb_confidence_sequence",
        .n = stop->pairs};
}

struct summary_estimate summary_sequence(const struct summary *summary, size_t baseline,
                                         size_t candidate, bool score, double alpha, maybe *p)
{
    struct stats_stop stop;
    struct summary_estimate result;

    look_at_pair(summary, baseline, candidate, score, alpha, &stop);
    result = estimate_of(&stop);
    if (p)
        *p = stop.rule.single && stop.pairs ? maybe_of(stop.test.p) : maybe_none();
    stats_stop_release(&stop);
    return result;
}

static double alpha_of(const struct summary *summary, const struct summary_comparison *c)
{
    return is_watched_pair(summary, c->baseline, c->candidate) ? summary->meta.stop->alpha
                                                               : 1.0 - summary->meta.confidence;
}

void summary_compare_sequentially(struct summary *summary, struct summary_comparison *c)
{
    c->accuracy = summary_sequence(summary, c->baseline, c->candidate, false,
                                   alpha_of(summary, c), &c->p);
    c->dropped += c->pairs;
    c->pairs = c->accuracy.n;
    c->dropped = c->dropped > c->pairs ? c->dropped - c->pairs : 0;
    c->test = c->p.known ? "sequential_mcnemar" : "none";
    c->detectable = maybe_none();
}

struct summary_estimate summary_score_sequence(const struct summary *summary,
                                               const struct summary_comparison *c)
{
    return summary_sequence(summary, c->baseline, c->candidate, true, alpha_of(summary, c),
                            NULL);
}

static enum summary_verdict verdict_of(const struct summary_comparison *c, double alpha)
{
    bool better = c->accuracy.value.value > 0.0, decided;

    if (!c->accuracy.value.known)
        return SUMMARY_NOT_COMPARABLE;
    if (c->p.known) {
        decided = c->p_adjusted.value <= alpha && fabs(c->accuracy.value.value) > 0.0;
    } else {
        better = c->low_simultaneous.known && c->low_simultaneous.value > 0.0;
        decided = better || (c->high_simultaneous.known && c->high_simultaneous.value < 0.0);
    }
    if (!decided)
        return SUMMARY_NO_CLEAR_DIFFERENCE;
    return better ? SUMMARY_BETTER : SUMMARY_WORSE;
}

/* The watched pair was named before the run and is a family of its own; the others share one. */
void summary_judge_sequentially(const struct summary *summary,
                                struct summary_comparison *comparisons, size_t count)
{
    maybe *p = xcalloc(count + 1, sizeof *p), *adjusted = xcalloc(count + 1, sizeof *adjusted);
    uint64_t family = 0;

    for (size_t i = 0; i < count; i++) {
        const struct summary_comparison *c = &comparisons[i];
        bool watched = is_watched_pair(summary, c->baseline, c->candidate);

        p[i] = watched ? maybe_none() : c->p;
        family += !watched && c->accuracy.value.known;
    }
    stats_holm(p, count, adjusted);
    for (size_t i = 0; i < count; i++) {
        struct summary_comparison *c = &comparisons[i];
        bool watched = is_watched_pair(summary, c->baseline, c->candidate);
        double alpha = watched ? summary->meta.stop->alpha : summary->meta.alpha;

        c->family = watched ? 1 : family;
        c->p_adjusted = watched ? c->p : adjusted[i];
        if (c->accuracy.value.known) {
            struct summary_estimate all = summary_sequence(
                summary, c->baseline, c->candidate, false, alpha / (double)c->family, NULL);
            c->low_simultaneous = all.low;
            c->high_simultaneous = all.high;
        }
        c->verdict = verdict_of(c, alpha);
        c->borderline = false;
    }
    xfree(p);
    xfree(adjusted);
}

/* ---- what is told of it ---- */

static void count_spared(struct summary *summary, struct summary_stop *stop)
{
    double samples = (double)(stop->samples - stop->looked), calls = 0.0, usd = 0.0;
    bool calls_known = true, usd_known = true;

    if (!stop->stopped)
        return;
    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        const struct summary_variant *one = &summary->variants[v];
        const struct summary_account *judge = &one->roles[SUMMARY_JUDGE];
        double versions = (double)(summary->meta.perturbation_count + 1);
        double cells = samples * (double)summary->meta.trials * versions;
        double n = (double)one->finished;

        stop->spared_cells += (uint64_t)cells;
        calls_known = calls_known && n > 0.0;
        usd_known =
            usd_known && n > 0.0 && one->cost_usd.known && judge->cost.unknown_calls == 0;
        if (n > 0.0) {
            calls += cells * (double)(one->traffic.calls + judge->traffic.calls) / n;
            usd +=
                cells * (one->known_usd + (double)judge->cost.known_nanousd * USD_PER_NANO) / n;
        }
    }
    stop->spared_calls = calls_known ? maybe_of(calls) : maybe_none();
    stop->spared_usd = usd_known ? maybe_of(usd) : maybe_none();
}

static str name_of(const struct summary *summary, size_t variant)
{
    return variant < summary->meta.variant_count ? summary->variants[variant].name : STR("?");
}

/* "vote is better than once" */
static str decision_text(struct summary *summary, const struct summary_stop *stop)
{
    struct arena *arena = &summary->arena;
    str candidate = name_of(summary, stop->rule.candidate);
    str baseline = name_of(summary, stop->rule.baseline);
    str margin = arena_printf(arena, "%.1f points", 100.0 * stop->rule.margin);

    switch (stop->decision) {
    case STATS_STOP_BETTER:
    case STATS_STOP_WORSE:
        return arena_printf(arena, "%.*s is %s than %.*s", STR_ARG(candidate),
                            stats_stop_decision_name(stop->decision), STR_ARG(baseline));
    case STATS_STOP_NOT_WORSE:
        return arena_printf(arena, "%.*s is not worse than %.*s by %.*s or more",
                            STR_ARG(candidate), STR_ARG(baseline), STR_ARG(margin));
    case STATS_STOP_TOO_BAD:
        return arena_printf(arena, "%.*s is worse than %.*s by more than %.*s",
                            STR_ARG(candidate), STR_ARG(baseline), STR_ARG(margin));
    case STATS_STOP_UNDECIDED:
        break;
    }
    return arena_printf(arena, "nothing is decided of %.*s and %.*s", STR_ARG(candidate),
                        STR_ARG(baseline));
}

static str where_text(struct arena *arena, const struct summary_stop *stop)
{
    if (stop->stopped)
        return arena_printf(arena, "Stopped after %" PRIu64 " of %" PRIu64 " samples",
                            stop->looked, stop->samples);
    if (stop->looked < stop->samples)
        return arena_printf(arena,
                            "The first %" PRIu64 " of %" PRIu64
                            " samples in the order of the plan are complete",
                            stop->looked, stop->samples);
    return arena_printf(arena, "All %" PRIu64 " samples were looked at", stop->samples);
}

/* Where a run stops for what it saw, it saw more of it than there is. */
static str lean_text(struct arena *arena, const struct summary_stop *stop)
{
    bool more = stop->decision == STATS_STOP_BETTER || stop->decision == STATS_STOP_NOT_WORSE;

    if (!stop->stopped)
        return STR("it holds at whatever sample one looks.");
    return arena_printf(arena,
                        "it holds wherever a run stops, but because this one stopped early, "
                        "the middle of it is likely too %s.",
                        more ? "high" : "low");
}

static str stop_text(struct summary *summary, const struct summary_stop *stop)
{
    struct arena *arena = &summary->arena;
    const struct summary_estimate *d = &stop->difference;
    str p = STR("");

    if (stop->p.known)
        p = arena_printf(arena, " (always-valid p %s%s)", stop->p.value < 0.001 ? "" : "= ",
                         stats_format_p(arena, stop->p).p);
    str head = arena_printf(arena, "%.*s: %.*s%.*s.", STR_ARG(where_text(arena, stop)),
                            STR_ARG(decision_text(summary, stop)), STR_ARG(p));
    if (stop->inconsistent)
        return arena_printf(arena,
                            "%.*s Inconsistent data over time: the samples drift, or chance "
                            "plays a rare trick; so nothing is decided.",
                            STR_ARG(head));
    if (!d->value.known)
        return head;
    return arena_printf(
        arena,
        "%.*s The %s %% confidence sequence for the difference%s is %s to %s points; %.*s",
        STR_ARG(head), stats_format_confidence(arena, 1.0 - stop->rule.alpha).p,
        stop->rule.score ? " of mean scores" : "", stats_format_points(arena, d->low).p,
        stats_format_points(arena, d->high).p, STR_ARG(lean_text(arena, stop)));
}

static str spared_text(struct arena *arena, const struct summary_stop *stop)
{
    if (!stop->stopped)
        return STR("");
    str cost = stop->spared_usd.known ? stats_format_usd(arena, stop->spared_usd)
                                      : STR("an unknown sum");
    return arena_printf(arena,
                        "The other %" PRIu64 " samples, %" PRIu64
                        " cells, were not needed: by the means of the others about %.0f calls "
                        "and %.*s.",
                        stop->samples - stop->looked, stop->spared_cells,
                        stop->spared_calls.value, STR_ARG(cost));
}

static str beyond_text(struct arena *arena, const struct summary_stop *stop)
{
    if (stop->beyond_cells == 0)
        return STR("");
    str cost = stop->beyond_usd.known ? stats_format_usd(arena, stop->beyond_usd)
                                      : STR("an unknown sum");
    return arena_printf(arena,
                        "%" PRIu64 " of those cells had begun before it was decided: %" PRIu64
                        " call%s, %.*s, paid and in no other figure.",
                        stop->beyond_cells, stop->beyond_calls,
                        stop->beyond_calls == 1 ? "" : "s", STR_ARG(cost));
}

void summary_fill_stop(struct summary *summary)
{
    const struct summary_watched *w = summary->private->watched;

    if (!summary_is_sequential(summary) || summary->meta.stop->candidate == SUMMARY_NO_BASELINE)
        return;
    struct summary_stop *stop = arena_new(&summary->arena, struct summary_stop);
    bool decided = w->stop.decision != STATS_STOP_UNDECIDED;
    *stop = (struct summary_stop){
        .rule = *summary->meta.stop,
        .test = w->stop.rule.single ? "sequential_mcnemar" : "eb_confidence_sequence",
        .samples = w->samples,
        .looked = w->stop.looked,
        .decision = w->stop.decision,
        .stopped = decided && w->stop.looked < w->samples,
        .inconsistent = w->stop.sequence.inconsistent,
        .p = w->stop.rule.single && w->stop.pairs ? maybe_of(w->stop.test.p) : maybe_none(),
        .difference = estimate_of(&w->stop),
        .beyond_cells = w->beyond_cells,
        .beyond_calls = w->beyond.traffic.calls,
        .beyond_unknown = w->beyond.cost.unknown_calls,
        .beyond_usd = summary_money_usd(&w->beyond.cost),
    };
    count_spared(summary, stop);
    stop->text = stop_text(summary, stop);
    stop->spared_text = spared_text(&summary->arena, stop);
    stop->beyond_text = beyond_text(&summary->arena, stop);
    bool *is_beyond = arena_array(&summary->arena, bool, w->index_room + 1);
    for (size_t i = 0; i < w->index_room; i++)
        is_beyond[i] = summary_is_beyond(summary, i);
    stop->is_beyond = is_beyond;
    stop->indexes = w->index_room;
    summary->stop = stop;
}

str summary_sequential_text(struct summary *summary, const struct summary_comparison *c)
{
    const struct summary_stop *stop = summary->stop;
    struct arena *arena = &summary->arena;
    const struct summary_estimate *d = &c->accuracy;
    str candidate = summary->variants[c->candidate].name;
    str baseline = summary->variants[c->baseline].name, p = STR("");

    if (stop && !stop->rule.score && c->candidate == stop->rule.candidate &&
        c->baseline == stop->rule.baseline)
        return stop->text;
    if (c->p_adjusted.known)
        p = arena_printf(arena, ", always-valid p %s%s",
                         c->p_adjusted.value < 0.001 ? "" : "= ",
                         stats_format_p(arena, c->p_adjusted).p);
    str decided = c->verdict == SUMMARY_NO_CLEAR_DIFFERENCE
                      ? STR("That decides nothing.")
                      : arena_printf(arena, "%.*s is %s.", STR_ARG(candidate),
                                     summary_verdict_name(c->verdict));
    return arena_printf(
        arena,
        "%.*s answers %.1f points %s often correctly than %.*s on the same %" PRIu64
        " samples (%s %% confidence sequence %s to %s points%.*s). %.*s",
        STR_ARG(candidate), 100.0 * fabs(d->value.value),
        d->value.value < 0.0 ? "less" : "more", STR_ARG(baseline), c->pairs,
        stats_format_confidence(arena, 1.0 - alpha_of(summary, c)).p,
        stats_format_points(arena, d->low).p, stats_format_points(arena, d->high).p, STR_ARG(p),
        STR_ARG(decided));
}
