/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a router and its cases cost, and what it is held against: the dearest case for all, a single prompt,
 * the best of its models for each sample. */
#include "stats/summary_route_inside.h"

#include <math.h>

#include "stats/diagnose.h"
#include "stats/summary_recommend_inside.h"

static void fill_cases_money(struct summary_routing *w, double router_usd)
{
    struct summary_route *route = w->route;

    for (size_t c = 0; c < route->case_count; c++) {
        struct summary_route_case *one = &route->cases[c];
        double sum = 0.0;
        for (size_t i = 0; i < w->times; i++)
            if (str_equal(w->summary->private->names.text[w->taken[i].name], one->label))
                sum += (double)w->cells[w->taken[i].cell].cost_nanousd * 1e-9;
        if (one->cells)
            one->cost_usd = maybe_of(fmax(0.0, sum / (double)one->cells - router_usd));
        if (one->label.n == 0 || !one->cost_usd.known)
            continue;
        if (route->cheapest == route->case_count ||
            one->cost_usd.value < route->cases[route->cheapest].cost_usd.value)
            route->cheapest = c;
        if (route->dearest == route->case_count ||
            one->cost_usd.value > route->cases[route->dearest].cost_usd.value)
            route->dearest = c;
    }
}

static void fill_break_even(struct summary_route *route)
{
    if (route->dearest == route->case_count)
        return;
    struct stats_break_even even = stats_routing_break_even(
        route->router_usd.value, route->cases[route->cheapest].cost_usd.value,
        route->cases[route->dearest].cost_usd.value, 0.0, 0.0);
    route->least_cheap_share = even.min_small_share;
    route->cheap_share = maybe_of(1.0 - route->cases[route->dearest].share.value);
}

static void fill_single(struct summary_routing *w)
{
    struct summary_route *route = w->route;
    struct summary *summary = w->summary;
    const struct summary_variant *v = &summary->variants[w->variant], *single;
    struct summary_comparison comparison = {0};

    for (size_t i = summary->meta.variant_count; i-- > 0;)
        if (str_equal(summary_root_pattern(summary, i), STR("call")) &&
            (route->single == SUMMARY_NO_BASELINE || route->single != summary->meta.baseline))
            route->single = i;
    if (route->single == SUMMARY_NO_BASELINE)
        return;
    single = &summary->variants[route->single];
    route->single_usd = single->cost_per_cell_usd.value;
    summary_compare_accuracy(summary, route->single, w->variant, &comparison);
    route->over_single = comparison.accuracy;
    if (comparison.accuracy.value.known && v->cost_per_cell_usd.value.known &&
        route->single_usd.known && comparison.accuracy.value.value > 0.0 &&
        v->cost_per_cell_usd.value.value > route->single_usd.value)
        route->usd_per_gained =
            maybe_of((v->cost_per_cell_usd.value.value - route->single_usd.value) /
                     comparison.accuracy.value.value);
}

/* ---- the best there could be ---- */

/* Is the whole variant one call to that model? */
static bool is_single_call(const struct summary *summary, size_t variant, str model)
{
    const struct summary_uses *uses = &summary->private->advising->of[variant];

    return str_equal(summary_root_pattern(summary, variant), STR("call")) && uses->count == 1 &&
           str_equal(uses->use[0].path, STR(".")) && str_equal(uses->use[0].model, model);
}

/* Marks the variants of one call to the models that stand behind the cases; false when one of these
 * has no such variant. */
static bool find_singles(const struct summary_routing *w, bool *single)
{
    const struct summary *summary = w->summary;
    const struct summary_advising *from = summary->private->advising;

    for (size_t i = 0; from && i < from->of[w->variant].count; i++) {
        const struct summary_use *use = &from->of[w->variant].use[i];
        bool found = false;
        if (str_equal(use->path, STR("by")) || str_starts_with(use->path, STR("by.")))
            continue;
        for (size_t v = 0; v < summary->meta.variant_count; v++)
            if (is_single_call(summary, v, use->model))
                found = single[v] = true;
        if (!found)
            return false;
    }
    return from && from->of[w->variant].count > 0;
}

static void fill_oracle(struct summary_routing *w)
{
    struct summary_route *route = w->route;
    struct summary *summary = w->summary;
    size_t variants = summary->meta.variant_count, samples = summary->private->sample_count;
    bool *single = arena_array(w->scratch, bool, variants + 1);
    double *best = arena_array(w->scratch, double, samples + 1), sum = 0.0, count = 0.0;
    size_t *seen = arena_array(w->scratch, size_t, samples + 1), all = 0;

    route->best_single = SUMMARY_NO_BASELINE;
    if (!find_singles(w, single))
        return;
    for (size_t v = 0; v < variants; v++) {
        if (!single[v])
            continue;
        struct summary_series trials =
            summary_collect(w->scratch, summary, v, summary_value_correct, 0);
        struct summary_series series = summary_reduce(w->scratch, summary, &trials);
        maybe mine = summary->variants[v].accuracy.value;
        all++;
        if (mine.known &&
            (route->best_single == SUMMARY_NO_BASELINE ||
             mine.value > summary->variants[route->best_single].accuracy.value.value))
            route->best_single = v;
        for (size_t s = 0; s < series.trials.samples; s++) {
            best[series.places[s]] = fmax(best[series.places[s]], series.means[s]);
            seen[series.places[s]]++;
        }
    }
    for (size_t s = 0; s < samples; s++)
        if (all > 1 && seen[s] == all) {
            sum += best[s];
            count += 1.0;
        }
    route->oracle = count > 0.0 ? maybe_of(sum / count) : maybe_none();
}

void summary_route_money(struct summary_routing *w)
{
    struct summary_route *route = w->route;
    const struct summary_variant *v = &w->summary->variants[w->variant];
    maybe router = v->roles[SUMMARY_ROUTER].cost_usd;

    route->cheapest = route->dearest = route->case_count;
    route->single = SUMMARY_NO_BASELINE;
    route->best_single = SUMMARY_NO_BASELINE;
    route->over_single = summary_unknown("there is no variant of one call");
    if (!str_equal(route->path, STR(".")) || !route->once || route->cells == 0)
        return;
    fill_single(w);
    fill_oracle(w);
    if (!v->cost_per_cell_usd.value.known || !router.known)
        return;
    route->router_usd = maybe_of(router.value / (double)route->cells);
    double sum = 0.0;
    for (size_t i = 0; i < w->times; i++)
        sum += (double)w->cells[w->taken[i].cell].cost_nanousd * 1e-9;
    route->mixed_usd = maybe_of(sum / (double)w->times);
    fill_cases_money(w, route->router_usd.value);
    fill_break_even(route);
}
