/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a run stopped and what that spared (see summary_stop.h). Nothing here decides: stats/stop.c
 * does. Its order of samples is that of the plan, which the rest of a summary does not know. */
#include "stats/summary_stop.h"

#include "base/mem.h"
#include "base/units.h"
#include "stats/random.h"
#include "stats/summary_stop_inside.h"

enum { PLACES_FIRST = 256 };

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

bool summary_watched_single(const struct summary *summary, bool score)
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
    stats_stop_init(
        &w->stop,
        &(struct stats_stop_rule){.alpha = rule->alpha,
                                  .margin = rule->margin,
                                  .min_samples = rule->min_samples,
                                  .single = summary_watched_single(summary, rule->score),
                                  .reducer = summary->meta.reducer},
        w->clustered ? &w->clusters : NULL, w->samples, summary->meta.trials);
}

bool summary_place_in_plan(const struct summary_watched *w, size_t sample, size_t *place)
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
        !summary_place_in_plan(w, row->sample, &place))
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

    return w && w->stop.decision != STATS_STOP_UNDECIDED &&
           summary_place_in_plan(w, sample, &place) && place >= w->stop.looked;
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
        .difference = summary_stop_estimate(&w->stop),
        .beyond_cells = w->beyond_cells,
        .beyond_calls = w->beyond.traffic.calls,
        .beyond_unknown = w->beyond.cost.unknown_calls,
        .beyond_usd = summary_money_usd(&w->beyond.cost),
    };
    count_spared(summary, stop);
    summary_stop_say(summary, stop);
    bool *is_beyond = arena_array(&summary->arena, bool, w->index_room + 1);
    for (size_t i = 0; i < w->index_room; i++)
        is_beyond[i] = summary_is_beyond(summary, i);
    stop->is_beyond = is_beyond;
    stop->indexes = w->index_room;
    summary->stop = stop;
}
