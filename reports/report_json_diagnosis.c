/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_diagnosis.c: what a variant's pattern did, in the JSON report (see report_json.h).
 *
 * A member that does not apply to the pattern is left out; `diagnosis` itself is null then.
 */
#include "reports/report_json.h"

#include "base/units.h"
#include "stats/summary_diagnosis.h"

static void write_chain(struct json_out *to, const struct summary_chain *chain)
{
    json_out_object(to, "chain");
    json_out_count(to, "cells", chain->cells);
    json_out_count(to, "broken", chain->broken);
    json_out_count(to, "repaired", chain->repaired);
    json_out_count(to, "unblamed", chain->unblamed);
    json_out_maybe(to, "all_right", chain->all_right);
    json_out_maybe(to, "product", chain->product);
    json_out_text_or_null(to, "weakest",
                          chain->weakest < chain->step_count ? chain->steps[chain->weakest].name
                                                             : (str){"", 0});
    json_out_list(to, "steps");
    for (size_t s = 0; s < chain->step_count; s++) {
        const struct summary_chain_step *step = &chain->steps[s];
        json_out_object(to, NULL);
        json_out_text(to, "path", step->name);
        json_out_bool(to, "scored", step->scored);
        json_out_count(to, "entered", step->entered);
        json_out_count(to, "passed", step->passed);
        json_out_estimate(to, "rate", &step->rate, 1);
        json_out_estimate(to, "marginal_rate", &step->marginal, 1);
        json_out_maybe(to, "blame", step->blame);
        json_out_estimate(to, "if_perfect", &step->perfect, 1);
        json_out_maybe(to, "gain", step->gain);
        json_out_end(to);
    }
    json_out_end(to);
    json_out_end(to);
}

static void write_vote(struct json_out *to, const struct summary_vote *vote)
{
    json_out_object(to, "vote");
    json_out_text(to, "of", vote->voters ? STR("voters") : STR("trials"));
    json_out_count(to, "samples", vote->samples);
    json_out_count(to, "answers", vote->answers);
    json_out_count(to, "always_right", vote->always_right);
    json_out_count(to, "always_wrong", vote->always_wrong);
    json_out_count(to, "mixed", vote->mixed);
    json_out_maybe(to, "p", vote->p);
    json_out_maybe(to, "correlation", vote->rho);
    json_out_maybe(to, "plug_in_limit", vote->plug_in_limit);
    json_out_text_or_null(to, "errors", str_from(summary_errors_name(vote->errors)));
    json_out_bool(to, "helps", vote->helps);
    json_out_bool(to, "extrapolation_fits", vote->fits);
    json_out_list(to, "majorities");
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++) {
        const struct summary_majority *m = &vote->size[i];
        json_out_object(to, NULL);
        json_out_count(to, "votes", summary_vote_sizes[i]);
        json_out_estimate(to, "accuracy", &m->accuracy, 1);
        json_out_bool(to, "extrapolated", m->extrapolated);
        json_out_number(to, "if_random", m->independent);
        json_out_maybe(to, "cost_usd", m->cost_usd);
        json_out_maybe(to, "cost_per_point_usd", m->per_point_usd);
        json_out_end(to);
    }
    json_out_end(to);
    json_out_end(to);
}

/* ---- routers ---- */

static void write_route_cases(struct json_out *to, const struct summary_route *route)
{
    json_out_list(to, "cases");
    for (size_t c = 0; c < route->case_count; c++) {
        const struct summary_route_case *one = &route->cases[c];
        json_out_object(to, NULL);
        json_out_text_or_null(to, "label", one->label);
        json_out_count(to, "cells", one->cells);
        json_out_maybe(to, "share", one->share);
        json_out_estimate(to, "accuracy", &one->accuracy, 1);
        json_out_maybe(to, "cost_usd", one->cost_usd);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_route_classes(struct json_out *to, const struct summary_route *route)
{
    json_out_list(to, "classes");
    for (size_t c = 0; c < route->class_count; c++) {
        const struct summary_route_class *one = &route->classes[c];
        json_out_object(to, NULL);
        json_out_text(to, "label", one->label);
        json_out_count(to, "wanted", one->wanted);
        json_out_count(to, "given", one->given);
        json_out_estimate(to, "recall", &one->recall, 1);
        json_out_maybe(to, "precision", one->precision);
        json_out_maybe(to, "f1", one->f1);
        json_out_end(to);
    }
    json_out_end(to);
    json_out_list(to, "confusion");
    for (size_t i = 0; i < route->class_count; i++) {
        json_out_flat_list(to, NULL);
        for (size_t j = 0; j < route->class_count; j++)
            json_out_count(to, NULL, route->confusion[i * route->class_count + j]);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_route_money(struct json_out *to, const struct summary *summary,
                              const struct summary_route *route)
{
    bool has_single = route->single != SUMMARY_NO_BASELINE;
    bool has_dear = route->dearest < route->case_count;
    json_out_maybe(to, "router_usd", route->router_usd);
    json_out_maybe(to, "mixed_usd", route->mixed_usd);
    json_out_text_or_null(to, "cheapest",
                          has_dear ? route->cases[route->cheapest].label : STR(""));
    json_out_text_or_null(to, "dearest",
                          has_dear ? route->cases[route->dearest].label : STR(""));
    json_out_maybe(to, "cheap_share", route->cheap_share);
    json_out_maybe(to, "least_cheap_share", route->least_cheap_share);
    json_out_text_or_null(to, "single",
                          has_single ? summary->meta.variants[route->single].name : STR(""));
    json_out_maybe(to, "single_usd", route->single_usd);
    json_out_estimate(to, "over_single", &route->over_single, 1);
    json_out_maybe(to, "usd_per_gained", route->usd_per_gained);
    bool has_best = route->best_single != SUMMARY_NO_BASELINE;
    json_out_text_or_null(to, "best_single",
                          has_best ? summary->meta.variants[route->best_single].name : STR(""));
    json_out_maybe(to, "oracle", route->oracle);
}

static void write_routes(struct json_out *to, const struct summary *summary,
                         const struct summary_diagnosis *d)
{
    json_out_list(to, "routes");
    for (size_t i = 0; i < d->route_count; i++) {
        const struct summary_route *route = &d->routes[i];
        json_out_object(to, NULL);
        json_out_text(to, "path", route->path);
        json_out_count(to, "cells", route->cells);
        json_out_count(to, "unlabelled", route->unlabelled);
        json_out_count(to, "judged", route->judged);
        json_out_estimate(to, "accuracy", &route->accuracy, 1);
        json_out_estimate(to, "balanced_accuracy", &route->balanced, 1);
        json_out_maybe(to, "macro_f1", route->macro_f1);
        json_out_estimate(to, "if_right", &route->if_right, 1);
        json_out_estimate(to, "if_wrong", &route->if_wrong, 1);
        json_out_estimate(to, "if_perfect", &route->perfect, 1);
        json_out_maybe(to, "gain", route->gain);
        write_route_cases(to, route);
        write_route_classes(to, route);
        write_route_money(to, summary, route);
        json_out_end(to);
    }
    json_out_end(to);
}

/* ---- refinements ---- */

static void write_rounds(struct json_out *to, const struct summary_refinement *of)
{
    json_out_list(to, "rounds");
    for (size_t r = 0; r < of->round_count; r++) {
        const struct summary_round *round = &of->rounds[r];
        json_out_object(to, NULL);
        json_out_count(to, "round", round->number);
        json_out_count(to, "reached", round->reached);
        json_out_count(to, "accepted", round->accepted);
        json_out_estimate(to, "accepted_by", &round->accepted_by, 1);
        json_out_estimate(to, "quality", &round->quality, 1);
        json_out_estimate(to, "gain", &round->gain, 1);
        json_out_count(to, "fixed", round->fixed);
        json_out_count(to, "broken", round->broken);
        json_out_estimate(to, "gain_of_the_rest", &round->rest, 1);
        json_out_maybe(to, "similarity", round->likeness);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_refinements(struct json_out *to, const struct summary_diagnosis *d)
{
    json_out_list(to, "refinements");
    for (size_t i = 0; i < d->refinement_count; i++) {
        const struct summary_refinement *of = &d->refinements[i];
        json_out_object(to, NULL);
        json_out_text(to, "path", of->path);
        json_out_count(to, "cells", of->cells);
        json_out_maybe(to, "mean_rounds", of->mean_rounds);
        json_out_count(to, "accepted", of->accepted);
        json_out_count(to, "at_max_rounds", of->capped);
        json_out_count(to, "similar", of->alike);
        json_out_count(to, "failed", of->failed);
        json_out_text_or_null(to, "quality_is", str_from(summary_measure_name(of->measure)));
        write_rounds(to, of);
        json_out_count(to, "drafts", of->drafts);
        json_out_count(to, "stuck", of->stuck);
        json_out_estimate(to, "false_accept", &of->false_accept, 1);
        json_out_estimate(to, "false_reject", &of->false_reject, 1);
        if (of->enough)
            json_out_count(to, "recommended_max_rounds", of->enough);
        else
            json_out_null(to, "recommended_max_rounds");
        json_out_maybe(to, "drafts_saved", of->saved);
        json_out_end(to);
    }
    json_out_end(to);
}

/* ---- plans ---- */

static void write_plans(struct json_out *to, const struct summary_diagnosis *d)
{
    json_out_list(to, "plans");
    for (size_t i = 0; i < d->plan_count; i++) {
        const struct summary_plan *of = &d->plans[i];
        json_out_object(to, NULL);
        json_out_text(to, "path", of->path);
        json_out_count(to, "plans", of->plans);
        json_out_count(to, "remade", of->remade);
        json_out_count(to, "misplanned", of->misplanned);
        json_out_count(to, "amended", of->amended);
        json_out_count(to, "capped", of->capped);
        json_out_count(to, "tasks", of->tasks);
        json_out_maybe(to, "mean_tasks", of->mean_tasks);
        json_out_count(to, "median_tasks", of->median_tasks);
        json_out_count(to, "most_tasks", of->most_tasks);
        json_out_count(to, "cut", of->cut);
        json_out_count(to, "duplicates", of->duplicates);
        json_out_count(to, "untyped", of->untyped);
        json_out_estimate(to, "overlap", &of->overlap, 1);
        json_out_count(to, "judged", of->judged);
        json_out_estimate(to, "coverage", &of->coverage, 1);
        json_out_estimate(to, "invented", &of->invented, 1);
        json_out_list(to, "workers");
        for (size_t w = 0; w < of->worker_count; w++) {
            json_out_flat_object(to, NULL);
            json_out_text(to, "name", of->workers[w].name);
            json_out_count(to, "tasks", of->workers[w].tasks);
            json_out_count(to, "plans", of->workers[w].plans);
            json_out_end(to);
        }
        json_out_end(to);
        json_out_end(to);
    }
    json_out_end(to);
}

void report_json_diagnosis(struct json_out *to, const struct summary *summary,
                           const struct summary_variant *v)
{
    const struct summary_diagnosis *d = v->diagnosis;
    if (!d || d->sentence_count == 0) {
        json_out_null(to, "diagnosis");
        return;
    }
    json_out_object(to, "diagnosis");
    if (d->chain)
        write_chain(to, d->chain);
    if (d->vote)
        write_vote(to, d->vote);
    if (d->route_count)
        write_routes(to, summary, d);
    if (d->refinement_count)
        write_refinements(to, d);
    if (d->plan_count)
        write_plans(to, d);
    json_out_list(to, "sentences");
    for (size_t i = 0; i < d->sentence_count; i++)
        json_out_text(to, NULL, d->sentences[i]);
    json_out_end(to);
    json_out_end(to);
}

static void write_fan(struct json_out *to, const struct summary_fan *fan)
{
    json_out_count(to, "cells", fan->cells);
    json_out_count(to, "parts", fan->parts);
    json_out_maybe(to, "slowest_ms", maybe_scale(fan->slowest_ns, MS_PER_NS));
    json_out_maybe(to, "second_ms", maybe_scale(fan->second_ns, MS_PER_NS));
    json_out_maybe(to, "mean_ms", maybe_scale(fan->mean_ns, MS_PER_NS));
    json_out_maybe(to, "work_ms", maybe_scale(fan->work_ns, MS_PER_NS));
    json_out_list(to, "branches");
    for (size_t b = 0; b < fan->branch_count; b++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "path", fan->branches[b].path);
        json_out_count(to, "slowest", fan->branches[b].slowest);
        json_out_maybe(to, "without_ms", maybe_scale(fan->branches[b].without_ns, MS_PER_NS));
        json_out_end(to);
    }
    json_out_end(to);
    json_out_maybe(to, "took_ms", maybe_scale(fan->took_ns, MS_PER_NS));
    json_out_bool(to, "one_by_one", fan->one_by_one);
    json_out_count(to, "straggled", fan->straggled);
    if (fan->enough_width)
        json_out_count(to, "recommended_width", fan->enough_width);
    else
        json_out_null(to, "recommended_width");
    json_out_maybe(to, "wait_at_that_ms", maybe_scale(fan->wait_ns, MS_PER_NS));
}

/* The root's stands in the object itself, those of nodes below it in a list. */
void report_json_timed_diagnosis(struct json_out *to, const struct summary_variant *v)
{
    const struct summary_diagnosis *d = v->diagnosis;
    if (!d || d->fan_count == 0) {
        json_out_null(to, "diagnosis");
        return;
    }
    json_out_object(to, "diagnosis");
    bool root = str_equal(d->fans[0].path, STR("."));
    if (root)
        write_fan(to, &d->fans[0]);
    json_out_list(to, "nested");
    for (size_t i = root; i < d->fan_count; i++) {
        json_out_object(to, NULL);
        json_out_text(to, "path", d->fans[i].path);
        write_fan(to, &d->fans[i]);
        json_out_end(to);
    }
    json_out_end(to);
    json_out_text(to, "text", d->timing_text);
    json_out_end(to);
}
