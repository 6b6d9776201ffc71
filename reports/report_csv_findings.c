/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_csv_findings.c: tidy tables of what a run comes to: a row per requirement, a row per figure
 * of the diagnosis.
 *
 * A figure's row says what it is about (`item`, and `other` where it is about two: the class wanted
 * and the label given) and which figure it is (`measure`), so that a data frame is filtered, not
 * parsed. All of it is in the summary; nothing is computed here.
 */
#include "base/units.h"
#include "reports/csv_out.h"
#include "reports/reporters.h"

#include "stats/summary_diagnosis.h"
#include "stats/summary_recommend.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void write_origin(struct csv_out *csv, const struct summary_meta *meta)
{
    csv_out_text(csv, meta->experiment);
    csv_out_text(csv, meta->run);
    csv_out_bool(csv, meta->mock);
    csv_out_end(csv);
}

/* ---- a row per requirement ---- */

static const char *const requirement_heads[] = {
    "variant",        "metric",    "against",     "bar",   "limit",      "margin", "ratio",
    "measures",       "verdict",   "failed",      "value", "low",        "high",   "samples",
    "samples_needed", "is_timing", "requirement", "text",  "experiment", "run",    "mock"};

static str name_at(const struct summary_meta *meta, size_t variant)
{
    return variant < meta->variant_count ? meta->variants[variant].name : STR("");
}

static void write_requirement(struct csv_out *csv, const struct summary_meta *meta,
                              const struct summary_requirement *r)
{
    const struct summary_rule *rule = r->rule;
    bool is_time = rule->metric == SUMMARY_LATENCY_P50 || rule->metric == SUMMARY_LATENCY_P95;
    double factor = is_time && !r->is_ratio ? MS_PER_NS : 1;
    bool must_pass = rule->metric == SUMMARY_MUST_PASS;
    csv_out_text(csv, name_at(meta, rule->variant));
    csv_out_text(csv, rule->metric == SUMMARY_NAMED
                          ? meta->scores[rule->score].name
                          : str_from(summary_metric_name(rule->metric)));
    csv_out_text(csv, name_at(meta, rule->against));
    csv_out_text(csv, must_pass ? rule->wanted : str_from(summary_bar_name(rule->bar)));
    csv_out_number(csv, !must_pass && rule->bar <= SUMMARY_MAX ? maybe_of(rule->limit * factor)
                                                               : maybe_none());
    csv_out_number(csv, rule->margin > 0 ? maybe_of(rule->margin) : maybe_none());
    csv_out_number(csv, rule->ratio > 0 ? maybe_of(rule->ratio) : maybe_none());
    csv_out_text(csv, r->is_ratio        ? STR("ratio")
                      : r->is_difference ? STR("difference")
                                         : STR("value"));
    csv_out_text(csv, r->judged ? str_from(stats_gate_verdict_name(r->verdict)) : STR(""));
    csv_out_bool(csv, r->failed);
    csv_out_number(csv, maybe_scale(r->measured.value, factor));
    csv_out_number(csv, maybe_scale(r->measured.low, factor));
    csv_out_number(csv, maybe_scale(r->measured.high, factor));
    csv_out_int(csv, (int64_t)r->measured.n);
    csv_out_number(csv, r->samples_needed ? maybe_of((double)r->samples_needed) : maybe_none());
    csv_out_bool(csv, r->timing);
    csv_out_text(csv, r->what);
    csv_out_text(csv, r->text);
    write_origin(csv, meta);
}

int report_csv_requirements(const struct report_input *input, struct buf *out, struct err *err)
{
    const struct summary *summary = input->summary;
    struct csv_out csv = {.out = out};
    (void)err;
    csv_out_heads(&csv, requirement_heads, COUNT(requirement_heads));
    csv_out_end(&csv);
    for (size_t i = 0; i < summary->requirement_count; i++)
        write_requirement(&csv, &summary->meta, &summary->requirements[i]);
    return 0;
}

/* ---- a row per figure ---- */

static const char *const figure_heads[] = {
    "variant", "about",  "path", "item",      "other",      "measure", "value", "low",
    "high",    "method", "n",    "is_timing", "experiment", "run",     "mock"};

/* What the rows at hand are about. */
struct figures {
    struct csv_out csv;
    const struct summary_meta *meta;
    str variant, path;
    const char *about;
    bool timing;
};

static void figure_of(struct figures *f, str item, str other, const char *measure,
                      const struct summary_estimate *e)
{
    struct csv_out *csv = &f->csv;
    if (!e->value.known)
        return;
    csv_out_text(csv, f->variant);
    csv_out_text(csv, str_from(f->about));
    csv_out_text(csv, f->path);
    csv_out_text(csv, item);
    csv_out_text(csv, other);
    csv_out_text(csv, str_from(measure));
    csv_out_number(csv, e->value);
    csv_out_number(csv, e->low);
    csv_out_number(csv, e->high);
    csv_out_text(csv, str_from(e->method ? e->method : ""));
    csv_out_number(csv, e->n ? maybe_of((double)e->n) : maybe_none());
    csv_out_bool(csv, f->timing);
    write_origin(csv, f->meta);
}

static void figure(struct figures *f, str item, const char *measure,
                   const struct summary_estimate *e)
{
    figure_of(f, item, STR(""), measure, e);
}

static void plain(struct figures *f, str item, const char *measure, maybe value)
{
    figure(f, item, measure, &(struct summary_estimate){.value = value});
}

static void count(struct figures *f, str item, const char *measure, uint64_t number)
{
    plain(f, item, measure, maybe_of((double)number));
}

static void write_chain(struct figures *f, const struct summary_chain *chain)
{
    f->about = "chain";
    f->path = STR(".");
    count(f, STR(""), "cells", chain->cells);
    count(f, STR(""), "broken", chain->broken);
    count(f, STR(""), "repaired", chain->repaired);
    for (size_t s = 0; s < chain->step_count; s++) {
        const struct summary_chain_step *step = &chain->steps[s];
        count(f, step->name, "entered", step->entered);
        count(f, step->name, "first_wrong", step->entered - step->passed);
        figure(f, step->name, "rate", &step->rate);
        figure(f, step->name, "if_perfect", &step->perfect);
    }
}

static void write_vote(struct figures *f, struct arena *arena, const struct summary_vote *vote)
{
    f->about = "vote";
    f->path = STR(".");
    plain(f, STR(""), "correlation", vote->rho);
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++) {
        str votes = arena_printf(arena, "%u", summary_vote_sizes[i]);
        figure(f, votes, "accuracy", &vote->size[i].accuracy);
        plain(f, votes, "cost_usd", vote->size[i].cost_usd);
    }
}

static void write_route(struct figures *f, const struct summary_route *route)
{
    size_t classes = route->class_count;
    f->about = "route";
    f->path = route->path;
    figure(f, STR(""), "accuracy", &route->accuracy);
    figure(f, STR(""), "balanced_accuracy", &route->balanced);
    plain(f, STR(""), "macro_f1", route->macro_f1);
    figure(f, STR(""), "if_right", &route->if_right);
    figure(f, STR(""), "if_wrong", &route->if_wrong);
    figure(f, STR(""), "if_perfect", &route->perfect);
    plain(f, STR(""), "router_usd", route->router_usd);
    plain(f, STR(""), "mixed_usd", route->mixed_usd);
    plain(f, STR(""), "least_cheap_share", route->least_cheap_share);
    figure(f, STR(""), "over_single", &route->over_single);
    for (size_t c = 0; c < route->case_count; c++) {
        const struct summary_route_case *one = &route->cases[c];
        str name = one->label.n ? one->label : STR("(no case matched)");
        count(f, name, "cells", one->cells);
        plain(f, name, "share", one->share);
        figure(f, name, "right_at_the_end", &one->accuracy);
        plain(f, name, "cost_usd", one->cost_usd);
    }
    for (size_t i = 0; i < classes; i++) {
        const struct summary_route_class *one = &route->classes[i];
        figure(f, one->label, "recall", &one->recall);
        plain(f, one->label, "precision", one->precision);
        plain(f, one->label, "f1", one->f1);
        for (size_t j = 0; j < classes; j++)
            figure_of(f, one->label, route->classes[j].label, "confused_cells",
                      &(struct summary_estimate){
                          .value = maybe_of((double)route->confusion[i * classes + j])});
    }
}

static void write_refinement(struct figures *f, struct arena *arena,
                             const struct summary_refinement *of)
{
    f->about = "refine";
    f->path = of->path;
    plain(f, STR(""), "mean_rounds", of->mean_rounds);
    figure(f, STR(""), "false_accept", &of->false_accept);
    figure(f, STR(""), "false_reject", &of->false_reject);
    count(f, STR(""), "stuck", of->stuck);
    for (size_t r = 0; r < of->round_count; r++) {
        const struct summary_round *round = &of->rounds[r];
        str number = arena_printf(arena, "%u", round->number);
        count(f, number, "reached", round->reached);
        count(f, number, "accepted", round->accepted);
        figure(f, number, "accepted_by", &round->accepted_by);
        figure(f, number, "quality", &round->quality);
        figure(f, number, "gain", &round->gain);
        figure(f, number, "gain_of_the_rest", &round->rest);
        plain(f, number, "similarity", round->likeness);
    }
}

static void write_plan(struct figures *f, const struct summary_plan *of)
{
    f->about = "orchestrate";
    f->path = of->path;
    count(f, STR(""), "plans", of->plans);
    count(f, STR(""), "remade", of->remade);
    count(f, STR(""), "misplanned", of->misplanned);
    plain(f, STR(""), "mean_tasks", of->mean_tasks);
    figure(f, STR(""), "coverage", &of->coverage);
    figure(f, STR(""), "invented", &of->invented);
    figure(f, STR(""), "overlap", &of->overlap);
    for (size_t w = 0; w < of->worker_count; w++) {
        count(f, of->workers[w].name, "tasks", of->workers[w].tasks);
        count(f, of->workers[w].name, "plans", of->workers[w].plans);
    }
}

static void write_fan(struct figures *f, const struct summary_fan *fan)
{
    f->about = "side by side";
    f->path = fan->path;
    f->timing = true;
    plain(f, STR(""), "slowest_ms", maybe_scale(fan->slowest_ns, MS_PER_NS));
    plain(f, STR(""), "second_ms", maybe_scale(fan->second_ns, MS_PER_NS));
    plain(f, STR(""), "mean_ms", maybe_scale(fan->mean_ns, MS_PER_NS));
    plain(f, STR(""), "work_ms", maybe_scale(fan->work_ns, MS_PER_NS));
    for (size_t b = 0; b < fan->branch_count; b++) {
        count(f, fan->branches[b].path, "slowest_in_cells", fan->branches[b].slowest);
        plain(f, fan->branches[b].path, "without_ms",
              maybe_scale(fan->branches[b].without_ns, MS_PER_NS));
    }
    f->timing = false;
}

static void write_diagnosis(struct figures *f, struct arena *arena,
                            const struct summary_diagnosis *d)
{
    if (d->chain)
        write_chain(f, d->chain);
    for (size_t i = 0; i < d->route_count; i++)
        write_route(f, &d->routes[i]);
    for (size_t i = 0; i < d->refinement_count; i++)
        write_refinement(f, arena, &d->refinements[i]);
    for (size_t i = 0; i < d->plan_count; i++)
        write_plan(f, &d->plans[i]);
    if (d->vote)
        write_vote(f, arena, d->vote);
    for (size_t i = 0; i < d->fan_count; i++)
        write_fan(f, &d->fans[i]);
}

static void write_limits(struct figures *f, const struct summary_limit *limit, size_t limits,
                         bool timing)
{
    f->about = "limit";
    f->timing = timing;
    for (size_t i = 0; i < limits; i++) {
        f->variant = name_at(f->meta, limit[i].variant);
        f->path = limit[i].path;
        plain(f, str_from(limit[i].option), "now", limit[i].now);
        plain(f, str_from(limit[i].option), "recommended", limit[i].set);
        count(f, str_from(limit[i].option), "seen", limit[i].seen);
    }
    f->timing = false;
}

static void write_exchanges(struct figures *f, const struct summary_recommendations *of)
{
    f->about = "model";
    for (size_t i = 0; i < of->exchange_count; i++) {
        const struct summary_exchange *x = &of->exchanges[i];
        f->variant = name_at(f->meta, x->cheap);
        f->path = x->path;
        figure_of(f, x->cheap_model, x->dear_model, "accuracy_difference", &x->difference);
        figure_of(f, x->cheap_model, x->dear_model, "cost_ratio", &x->cost_ratio);
    }
}

int report_csv_diagnosis(const struct report_input *input, struct buf *out, struct err *err)
{
    const struct summary *summary = input->summary;
    const struct summary_recommendations *of = summary->recommendations;
    struct figures f = {.csv = {.out = out}, .meta = &summary->meta};
    struct arena arena = {0};
    (void)err;
    csv_out_heads(&f.csv, figure_heads, COUNT(figure_heads));
    csv_out_end(&f.csv);
    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        f.variant = summary->meta.variants[v].name;
        if (summary->variants[v].diagnosis)
            write_diagnosis(&f, &arena, summary->variants[v].diagnosis);
    }
    if (of) {
        write_limits(&f, of->limits, of->limit_count, false);
        write_limits(&f, of->timing_limits, of->timing_limit_count, true);
        write_exchanges(&f, of);
    }
    arena_release(&arena);
    return 0;
}
