/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json.c: the report for scripts; its fields are a contract (docs/reports.md).
 *
 * `results` is a function of the replies alone: the same experiment, seed and replies give the
 * same bytes at any concurrency. Whatever depends on a clock, on retries or on what a cache held
 * is in `timing`. Fields are added, never renamed; the order of members is that of this file.
 */
#include "reports/report_json.h"

#include "reports/json_out.h"
#include "reports/reporters.h"
#include "stats/summary_robust.h"

enum { SCHEMA_VERSION = 1 };
#define MS_PER_NS    1e-6
#define S_PER_NS     1e-9
#define USD_PER_NANO 1e-9

/* ---- small parts ---- */

static void write_interval(struct json_out *to, const char *key,
                           const struct summary_estimate *e)
{
    json_out_flat_object(to, key);
    json_out_maybe(to, "low", e->low);
    json_out_maybe(to, "high", e->high);
    json_out_text_or_null(to, "method", str_from(e->method));
    json_out_end(to);
}

static void write_tokens(struct json_out *to, const struct summary_tokens *tokens)
{
    json_out_flat_object(to, "tokens");
    json_out_int(to, "input", tokens->input);
    json_out_int(to, "cache_read", tokens->cache_read);
    json_out_int(to, "cache_write", tokens->cache_write);
    json_out_int(to, "output", tokens->output);
    json_out_int(to, "reasoning", tokens->reasoning);
    json_out_end(to);
}

static void write_reasons(struct json_out *to, const char *key,
                          const struct summary_count *counts, size_t count)
{
    json_out_list(to, key);
    for (size_t i = 0; i < count; i++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "status", str_from(summary_status_name(counts[i].status)));
        json_out_text_or_null(to, "reason", counts[i].reason);
        json_out_count(to, "count", counts[i].count);
        json_out_end(to);
    }
    json_out_end(to);
}

static str variant_name(const struct summary *summary, size_t variant)
{
    return variant < summary->meta.variant_count ? summary->meta.variants[variant].name
                                                 : (str){"", 0};
}

static void write_warnings(struct json_out *to, const struct summary *summary, bool timing)
{
    json_out_list(to, "warnings");
    for (size_t i = 0; i < summary->warning_count; i++) {
        const struct summary_warning *w = &summary->warnings[i];
        if (w->timing != timing)
            continue;
        json_out_flat_object(to, NULL);
        json_out_text(to, "code", str_from(w->code));
        json_out_text_or_null(to, "variant", variant_name(summary, w->variant));
        json_out_text(to, "text", w->text);
        json_out_end(to);
    }
    json_out_end(to);
}

/* ---- results ---- */

static void write_step(struct json_out *to, const struct summary_step *step)
{
    json_out_object(to, NULL);
    json_out_text(to, "path", step->path);
    json_out_text(to, "pattern", step->pattern);
    json_out_count(to, "instances", step->instances);
    json_out_count(to, "ok", step->ok);
    json_out_count(to, "failed", step->failed);
    json_out_count(to, "calls", step->traffic.calls);
    if (step->accuracy.value.known)
        json_out_estimate(to, "accuracy", &step->accuracy, 1);
    else
        json_out_null(to, "accuracy");
    json_out_maybe(to, "cost_usd", step->cost_usd);
    json_out_count(to, "unknown_cost_calls", step->cost.unknown_calls);
    json_out_count(to, "lost_attempts", step->cost.lost_attempts);
    write_tokens(to, &step->tokens);
    write_reasons(to, "failures", step->failures, step->failure_count);
    json_out_end(to);
}

static void write_reliability(struct json_out *to, const struct summary_variant *v)
{
    json_out_list(to, "reliability");
    for (size_t i = 0; i < v->reliability_count; i++) {
        json_out_flat_object(to, NULL);
        json_out_count(to, "k", i + 1);
        json_out_estimate(to, "pass_at_k", &v->reliability[i].pass_at, 1);
        json_out_estimate(to, "pass_hat_k", &v->reliability[i].pass_hat, 1);
        json_out_count(to, "left_out", v->reliability[i].left_out);
        json_out_end(to);
    }
    json_out_end(to);
}

/* Scores by name; those that hang on a clock belong to timing. */
static void write_scores(struct json_out *to, const struct summary *summary,
                         const struct summary_variant *v, bool clocked)
{
    json_out_list(to, "scores");
    for (size_t k = 0; k < summary->meta.score_count; k++) {
        const struct summary_score_meta *score = &summary->meta.scores[k];
        if (score->clocked != clocked)
            continue;
        json_out_flat_object(to, NULL);
        json_out_text(to, "name", score->name);
        json_out_number(to, "weight", score->weight);
        json_out_maybe(to, "value", v->scores[k].value);
        json_out_maybe(to, "low", v->scores[k].low);
        json_out_maybe(to, "high", v->scores[k].high);
        json_out_text_or_null(to, "method", str_from(v->scores[k].method));
        json_out_count(to, "n", v->scores[k].n);
        json_out_count(to, "ungraded", v->judges[k].ungraded);
        json_out_maybe(to, "agreement", v->judges[k].agreement.value);
        write_interval(to, "agreement_interval", &v->judges[k].agreement);
        json_out_count(to, "calls", v->judges[k].account.traffic.calls);
        json_out_maybe(to, "cost_usd", v->judges[k].account.cost_usd);
        json_out_end(to);
    }
    json_out_end(to);
}

/* What calls were made for; a judge's are in no other figure of the variant. */
static void write_roles(struct json_out *to, const struct summary_variant *v)
{
    if (!v->has_roles) {
        json_out_null(to, "roles");
        return;
    }
    json_out_list(to, "roles");
    for (size_t r = 0; r < SUMMARY_ROLES; r++) {
        const struct summary_account *a = &v->roles[r];
        json_out_flat_object(to, NULL);
        json_out_text(to, "role", str_from(summary_role_name((enum summary_role)r)));
        json_out_count(to, "calls", a->traffic.calls);
        write_tokens(to, &a->tokens);
        json_out_maybe(to, "cost_usd", a->cost_usd);
        json_out_count(to, "unknown_cost_calls", a->cost.unknown_calls);
        json_out_count(to, "lost_attempts", a->cost.lost_attempts);
        json_out_maybe(to, "cost_upper_usd",
                       a->cost.unknown_calls
                           ? maybe_none()
                           : maybe_of((double)a->cost.upper_nanousd * USD_PER_NANO));
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_timed_roles(struct json_out *to, const struct summary_variant *v)
{
    if (!v->has_roles) {
        json_out_null(to, "roles");
        return;
    }
    json_out_list(to, "roles");
    for (size_t r = 0; r < SUMMARY_ROLES; r++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "role", str_from(summary_role_name((enum summary_role)r)));
        json_out_count(to, "attempts", v->roles[r].traffic.attempts);
        json_out_count(to, "retries", v->roles[r].traffic.retries);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_accuracy(struct json_out *to, const struct summary_variant *v)
{
    json_out_count(to, "correct", v->correct);
    json_out_count(to, "scored", v->scored);
    json_out_estimate(to, "accuracy", &v->accuracy, 1);
    json_out_maybe(to, "score", v->score.value);
    write_interval(to, "score_interval", &v->score);
    json_out_flat_object(to, "statuses");
    for (size_t s = 0; s < SUMMARY_STATUSES; s++)
        json_out_count(to, summary_status_name((enum summary_status)s), v->statuses[s]);
    json_out_end(to);
    write_reasons(to, "reasons", v->reasons, v->reason_count);
    json_out_maybe(to, "error_rate", v->error_rate.value);
    write_interval(to, "error_rate_interval", &v->error_rate);
    json_out_maybe(to, "accuracy_without_errors", v->accuracy_without_errors.value);
    write_interval(to, "accuracy_without_errors_interval", &v->accuracy_without_errors);
    json_out_maybe(to, "accuracy_worst", v->accuracy_worst);
    json_out_maybe(to, "accuracy_best", v->accuracy_best);
    json_out_maybe(to, "se_rerun", v->se_rerun);
    json_out_maybe(to, "icc", v->icc);
    write_reliability(to, v);
}

static void write_money(struct json_out *to, const struct summary_variant *v)
{
    json_out_maybe(to, "cost_usd", v->cost_usd);
    json_out_number(to, "known_cost_usd", v->known_usd);
    json_out_count(to, "unknown_cost_calls", v->cost.unknown_calls);
    json_out_count(to, "lost_attempts", v->cost.lost_attempts);
    json_out_maybe(to, "cost_upper_usd",
                   v->cost.unknown_calls ? maybe_none() : maybe_of(v->upper_usd));
    json_out_maybe(to, "cost_per_cell_usd", v->cost_per_cell_usd.value);
    write_interval(to, "cost_per_cell_usd_interval", &v->cost_per_cell_usd);
    json_out_maybe(to, "cost_per_correct_usd", v->cost_per_correct_usd.value);
    write_interval(to, "cost_per_correct_usd_interval", &v->cost_per_correct_usd);
}

static const char *front_name(enum summary_front_place front)
{
    static const char *const names[] = {NULL, "on", "off", "dominated"};
    return names[front];
}

static void write_variant(struct json_out *to, const struct summary *summary, size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    const char *front = front_name(v->front);
    bool beaten = v->front == SUMMARY_FRONT_OFF || v->front == SUMMARY_FRONT_DOMINATED;
    json_out_object(to, NULL);
    json_out_text(to, "name", v->name);
    json_out_text(to, "pattern", v->pattern);
    json_out_count(to, "cells", v->cells);
    json_out_count(to, "finished", v->finished);
    json_out_count(to, "samples", v->samples);
    json_out_count(to, "trials", v->trials);
    write_accuracy(to, v);
    write_scores(to, summary, v, false);
    json_out_count(to, "calls", v->traffic.calls);
    json_out_maybe(to, "calls_per_cell", v->calls_per_cell);
    write_tokens(to, &v->tokens);
    write_money(to, v);
    json_out_text_or_null(to, "front", str_from(front));
    json_out_text_or_null(to, "dominated_by",
                          beaten ? variant_name(summary, v->dominated_by) : (str){"", 0});
    json_out_list(to, "steps");
    for (size_t i = 0; i < v->step_count; i++)
        write_step(to, &v->steps[i]);
    json_out_end(to);
    json_out_text_or_null(to, "text", v->accuracy_text);
    json_out_text_or_null(to, "rerun_text", v->rerun_text);
    json_out_text_or_null(to, "cost_text", v->cost_text);
    write_roles(to, v);
    json_out_text_or_null(to, "judge_text", v->judge_text);
    report_json_diagnosis(to, summary, v);
    report_json_consistency(to, v);
    report_json_perturbed(to, summary, v);
    json_out_end(to);
}

static void write_pair(struct json_out *to, const struct summary *summary,
                       const struct summary_comparison *c)
{
    json_out_text(to, "baseline", variant_name(summary, c->baseline));
    json_out_text(to, "candidate", variant_name(summary, c->candidate));
}

static void write_flips(struct json_out *to, const struct summary_comparison *c)
{
    json_out_count(to, "gained", c->gained);
    json_out_count(to, "lost", c->lost);
    json_out_text_or_null(to, "flips_text", c->flips_text);
    json_out_list(to, "flips");
    for (size_t i = 0; i < c->flip_count; i++) {
        const struct summary_flip *flip = &c->flips[i];
        json_out_flat_object(to, NULL);
        json_out_text(to, "sample", flip->sample_id);
        json_out_text(to, "turn", flip->gained ? STR("gained") : STR("lost"));
        json_out_count(to, "baseline_right", flip->baseline_right);
        json_out_count(to, "baseline_scored", flip->baseline_scored);
        json_out_count(to, "candidate_right", flip->candidate_right);
        json_out_count(to, "candidate_scored", flip->candidate_scored);
        json_out_end(to);
    }
    json_out_end(to);
}

/* What it would take to find less. */
static void write_powers(struct json_out *to, const struct summary_comparison *c)
{
    json_out_list(to, "samples_for");
    for (size_t i = 0; i < SUMMARY_POWERS; i++) {
        json_out_flat_object(to, NULL);
        json_out_number(to, "difference", c->powers[i].difference);
        json_out_maybe(to, "samples",
                       c->powers[i].samples ? maybe_of((double)c->powers[i].samples)
                                            : maybe_none());
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_comparison(struct json_out *to, const struct summary *summary,
                             const struct summary_comparison *c)
{
    json_out_object(to, NULL);
    write_pair(to, summary, c);
    json_out_count(to, "pairs", c->pairs);
    json_out_count(to, "dropped", c->dropped);
    json_out_estimate(to, "accuracy_difference", &c->accuracy, 1);
    json_out_maybe(to, "low_simultaneous", c->low_simultaneous);
    json_out_maybe(to, "high_simultaneous", c->high_simultaneous);
    json_out_text_or_null(to, "test", str_from(c->test));
    json_out_maybe(to, "p", c->p);
    json_out_maybe(to, "p_adjusted", c->p_adjusted);
    json_out_count(to, "family", c->family);
    json_out_text(to, "verdict", str_from(summary_verdict_name(c->verdict)));
    json_out_bool(to, "borderline", c->borderline);
    json_out_bool(to, "unscored", c->unscored);
    json_out_maybe(to, "detectable", c->detectable);
    write_powers(to, c);
    json_out_estimate(to, "score_difference", &c->score, 1);
    json_out_estimate(to, "cost_ratio", &c->cost_ratio, 1);
    json_out_estimate(to, "cost_ratio_typical", &c->cost_ratio_typical, 1);
    json_out_bool(to, "cost_dominated", c->cost_dominated);
    json_out_text_or_null(to, "text", c->accuracy_text);
    json_out_text_or_null(to, "cost_text", c->cost_text);
    write_flips(to, c);
    json_out_end(to);
}

/* ---- requirements ---- */

/* Times are ns inside and ms outside. */
static double factor_of(const struct summary_requirement *r)
{
    bool time =
        r->rule->metric == SUMMARY_LATENCY_P50 || r->rule->metric == SUMMARY_LATENCY_P95;
    return time && !r->is_ratio ? MS_PER_NS : 1;
}

static void write_bar(struct json_out *to, const struct summary_requirement *r)
{
    const struct summary_rule *rule = r->rule;
    bool alone = rule->bar <= SUMMARY_MAX;
    if (rule->metric == SUMMARY_MUST_PASS) {
        json_out_text(to, "must_pass", rule->wanted);
        return;
    }
    json_out_text(to, "bar", str_from(summary_bar_name(rule->bar)));
    json_out_maybe(to, "limit", alone ? maybe_of(rule->limit * factor_of(r)) : maybe_none());
    json_out_maybe(to, "margin", rule->margin > 0 ? maybe_of(rule->margin) : maybe_none());
    json_out_maybe(to, "ratio", rule->ratio > 0 ? maybe_of(rule->ratio) : maybe_none());
    json_out_text(to, "using", rule->estimate ? STR("estimate") : STR("bound"));
    json_out_text(to, "measures",
                  r->is_ratio        ? STR("ratio")
                  : r->is_difference ? STR("difference")
                                     : STR("value"));
    if (rule->metric == SUMMARY_PASS_AT || rule->metric == SUMMARY_PASS_HAT)
        json_out_maybe(to, "k", rule->k ? maybe_of(rule->k) : maybe_none());
}

static void write_requirement(struct json_out *to, const struct summary *summary,
                              const struct summary_requirement *r)
{
    static const char *const undecided[] = {"fail", "pass", "warn"};
    const struct summary_rule *rule = r->rule;
    json_out_object(to, NULL);
    json_out_text(to, "metric",
                  rule->metric == SUMMARY_NAMED ? summary->meta.scores[rule->score].name
                                                : str_from(summary_metric_name(rule->metric)));
    json_out_text(to, "variant", variant_name(summary, rule->variant));
    json_out_text_or_null(to, "against", variant_name(summary, rule->against));
    write_bar(to, r);
    json_out_text(to, "inconclusive", str_from(undecided[rule->undecided]));
    json_out_text_or_null(to, "verdict",
                          str_from(r->judged ? stats_gate_verdict_name(r->verdict) : ""));
    json_out_bool(to, "failed", r->failed);
    json_out_estimate(to, "measured", &r->measured, factor_of(r));
    json_out_maybe(to, "samples_needed",
                   r->samples_needed ? maybe_of((double)r->samples_needed) : maybe_none());
    json_out_text(to, "requirement", r->what);
    json_out_text(to, "text", r->text);
    json_out_end(to);
}

static void write_requirements(struct json_out *to, const struct summary *summary, bool timing)
{
    json_out_list(to, "requirements");
    for (size_t i = 0; i < summary->requirement_count; i++)
        if (summary->requirements[i].timing == timing)
            write_requirement(to, summary, &summary->requirements[i]);
    json_out_end(to);
}

/* Calls before the first cell, which belong to none. */
static void write_setup(struct json_out *to, const struct summary_meta *meta)
{
    if (meta->setup_calls == 0)
        return;
    json_out_flat_object(to, "setup");
    json_out_int(to, "calls", meta->setup_calls);
    json_out_int(to, "tokens", meta->setup_tokens);
    json_out_maybe(to, "cost_usd", meta->setup_usd);
    json_out_end(to);
}

/* Paid for, and in no result: what became of a cell must not depend on how often it began. */
static void write_superseded(struct json_out *to, const struct summary_meta *meta)
{
    if (meta->superseded_calls == 0)
        return;
    json_out_flat_object(to, "superseded");
    json_out_int(to, "calls", meta->superseded_calls);
    json_out_number(to, "cost_usd", meta->superseded_usd);
    json_out_end(to);
}

static void write_models(struct json_out *to, const struct summary *summary)
{
    json_out_list(to, "models");
    for (size_t i = 0; i < summary->replier_count; i++) {
        const struct summary_replier *replier = &summary->repliers[i];
        json_out_flat_object(to, NULL);
        json_out_text(to, "variant", variant_name(summary, replier->variant));
        json_out_text(to, "model", replier->model);
        json_out_text_or_null(to, "reported_model", replier->reported);
        json_out_text_or_null(to, "fingerprint", replier->fingerprint);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_slices(struct json_out *to, const struct summary *summary)
{
    json_out_list(to, "slices");
    for (size_t i = 0; i < summary->slice_count; i++) {
        const struct summary_slice *slice = &summary->slices[i];
        json_out_object(to, NULL);
        json_out_text(to, "by", slice->by);
        json_out_text(to, "group", slice->name);
        json_out_count(to, "samples", slice->samples);
        json_out_list(to, "variants");
        for (size_t v = 0; v < summary->meta.variant_count; v++) {
            json_out_flat_object(to, NULL);
            json_out_text(to, "name", variant_name(summary, v));
            json_out_estimate(to, "accuracy", &slice->accuracy[v], 1);
            json_out_end(to);
        }
        json_out_end(to);
        json_out_list(to, "comparisons");
        for (size_t c = 0; c < summary->comparison_count; c++) {
            json_out_flat_object(to, NULL);
            write_pair(to, summary, &summary->comparisons[c]);
            json_out_estimate(to, "accuracy_difference", &slice->difference[c], 1);
            json_out_end(to);
        }
        json_out_end(to);
        json_out_end(to);
    }
    json_out_end(to);
}

/* Of two sides whose datasets differ. */
static void write_matching(struct json_out *to, const struct summary_matching *m)
{
    if (!m)
        return;
    json_out_flat_object(to, "matching");
    json_out_count(to, "matched", m->matched);
    json_out_count(to, "renamed", m->renamed);
    json_out_count(to, "only_baseline", m->only_baseline);
    json_out_count(to, "only_candidate", m->only_candidate);
    json_out_count(to, "edited", m->edited);
    json_out_text_or_null(to, "baseline_samples", m->baseline_ids);
    json_out_text_or_null(to, "candidate_samples", m->candidate_ids);
    json_out_text_or_null(to, "edited_samples", m->edited_ids);
    json_out_end(to);
}

static int write_results(struct json_out *to, const struct report_input *input, struct err *err)
{
    const struct summary *summary = input->summary;
    json_out_object(to, "results");
    write_setup(to, &summary->meta);
    json_out_list(to, "variants");
    for (size_t v = 0; v < summary->meta.variant_count; v++)
        write_variant(to, summary, v);
    json_out_end(to);
    json_out_list(to, "comparisons");
    for (size_t i = 0; i < summary->comparison_count; i++)
        write_comparison(to, summary, &summary->comparisons[i]);
    json_out_end(to);
    report_json_contests(to, summary);
    write_slices(to, summary);
    write_matching(to, summary->meta.matching);
    write_requirements(to, summary, false);
    json_out_text_or_null(to, "winner", variant_name(summary, summary->winner));
    json_out_text_or_null(to, "winner_text", summary->winner_text);
    json_out_text_or_null(to, "advised", variant_name(summary, summary->advised));
    json_out_text_or_null(to, "advice_text", summary->advice_text);
    report_json_stop(to, summary);
    report_json_advice(to, summary);
    write_models(to, summary);
    write_warnings(to, summary, false);
    if (input->cells && report_json_cells(to, input, err) < 0)
        return -1;
    json_out_end(to);
    return 0;
}

/* ---- timing ---- */

static void write_latency(struct json_out *to, const struct summary_variant *v)
{
    static const char *const names[SUMMARY_LEVELS] = {"p50", "p90", "p95", "p99"};
    json_out_flat_object(to, "latency_ms");
    for (size_t level = 0; level < SUMMARY_LEVELS; level++)
        json_out_maybe(to, names[level], maybe_scale(v->latency_ns[level].estimate, MS_PER_NS));
    json_out_maybe(to, "mean", maybe_scale(v->latency_mean_ns.value, MS_PER_NS));
    json_out_end(to);
    json_out_object(to, "latency_ms_intervals");
    for (size_t level = 0; level < SUMMARY_LEVELS; level++) {
        json_out_flat_object(to, names[level]);
        json_out_maybe(to, "low", maybe_scale(v->latency_ns[level].low, MS_PER_NS));
        json_out_maybe(to, "high", maybe_scale(v->latency_ns[level].high, MS_PER_NS));
        json_out_count(to, "n", v->latency_ns[level].n);
        json_out_count(to, "n_eff", v->latency_ns[level].n_eff);
        json_out_end(to);
    }
    json_out_estimate(to, "mean", &v->latency_mean_ns, MS_PER_NS);
    json_out_end(to);
    json_out_bool(to, "latency_at_least", v->latency_at_least);
}

/* By the clock, from the scheduled start to the end. */
static void write_scheduled(struct json_out *to, const struct summary *summary,
                            const struct summary_variant *v)
{
    static const char *const names[SUMMARY_LEVELS] = {"p50", "p90", "p95", "p99"};
    if (!summary->meta.rate.known)
        return;
    json_out_flat_object(to, "scheduled_ms");
    for (size_t level = 0; level < SUMMARY_LEVELS; level++)
        json_out_maybe(to, names[level],
                       maybe_scale(v->scheduled_ns[level].estimate, MS_PER_NS));
    json_out_end(to);
}

static void write_rate(struct json_out *to, const struct summary *summary)
{
    if (!summary->meta.rate.known)
        return;
    json_out_flat_object(to, "rate");
    json_out_maybe(to, "per_s", summary->meta.rate);
    json_out_text(to, "arrivals", summary->meta.arrivals);
    json_out_maybe(to, "late_ms_p50", maybe_scale(summary->late_p50_ns, MS_PER_NS));
    json_out_maybe(to, "late_ms_p99", maybe_scale(summary->late_p99_ns, MS_PER_NS));
    json_out_end(to);
}

static void write_timed_step(struct json_out *to, const struct summary_step *step)
{
    json_out_flat_object(to, NULL);
    json_out_text(to, "path", step->path);
    json_out_maybe(to, "mean_ms", maybe_scale(step->latency_ns.value, MS_PER_NS));
    json_out_maybe(to, "mean_ms_low", maybe_scale(step->latency_ns.low, MS_PER_NS));
    json_out_maybe(to, "mean_ms_high", maybe_scale(step->latency_ns.high, MS_PER_NS));
    json_out_maybe(to, "p50_ms", maybe_scale(step->p50_ns.estimate, MS_PER_NS));
    json_out_maybe(to, "p95_ms", maybe_scale(step->p95_ns.estimate, MS_PER_NS));
    json_out_count(to, "attempts", step->traffic.attempts);
    json_out_count(to, "retries", step->traffic.retries);
    json_out_end(to);
}

static void write_timed_variant(struct json_out *to, const struct summary *summary,
                                size_t variant)
{
    const struct summary_variant *v = &summary->variants[variant];
    json_out_object(to, NULL);
    json_out_text(to, "name", v->name);
    write_latency(to, v);
    write_scheduled(to, summary, v);
    json_out_maybe(to, "wall_ms", maybe_scale(v->wall_ns, MS_PER_NS));
    json_out_maybe(to, "provider_ms", maybe_scale(v->provider_ns, MS_PER_NS));
    json_out_maybe(to, "permit_wait_ms", maybe_scale(v->permit_wait_ns, MS_PER_NS));
    json_out_maybe(to, "backoff_ms", maybe_scale(v->backoff_ns, MS_PER_NS));
    json_out_maybe(to, "store_wait_ms", maybe_scale(v->store_wait_ns, MS_PER_NS));
    json_out_maybe(to, "connect_ms", maybe_scale(v->connect_ns, MS_PER_NS));
    json_out_maybe(to, "ttft_ms", maybe_scale(v->ttft_ns, MS_PER_NS));
    json_out_maybe(to, "critical_path_ms", maybe_scale(v->critical_path_ns, MS_PER_NS));
    json_out_maybe(to, "total_work_ms", maybe_scale(v->total_work_ns, MS_PER_NS));
    json_out_count(to, "latency_lost_cells", v->latency_lost);
    json_out_count(to, "sent", v->traffic.sent);
    json_out_count(to, "cached", v->traffic.cached);
    json_out_count(to, "unsent", v->traffic.unsent);
    json_out_count(to, "cached_cells", v->cached_cells);
    json_out_maybe(to, "cached_latency_ms", maybe_scale(v->cached_latency_ns, MS_PER_NS));
    json_out_maybe(to, "paid_usd", v->paid_usd);
    json_out_count(to, "attempts", v->traffic.attempts);
    json_out_count(to, "retries", v->traffic.retries);
    write_scores(to, summary, v, true);
    json_out_list(to, "steps");
    for (size_t i = 0; i < v->step_count; i++)
        write_timed_step(to, &v->steps[i]);
    json_out_end(to);
    json_out_text_or_null(to, "text", v->latency_text);
    write_timed_roles(to, v);
    report_json_timed_diagnosis(to, v);
    json_out_end(to);
}

static void write_timed_comparison(struct json_out *to, const struct summary *summary,
                                   const struct summary_comparison *c)
{
    json_out_object(to, NULL);
    write_pair(to, summary, c);
    json_out_estimate(to, "latency_ratio", &c->latency_ratio, 1);
    json_out_estimate(to, "latency_ratio_typical", &c->latency_ratio_typical, 1);
    json_out_estimate(to, "latency_shift_ms", &c->latency_shift_ns, MS_PER_NS);
    json_out_maybe(to, "shift_coverage", c->shift_coverage);
    json_out_bool(to, "latency_dominated", c->latency_dominated);
    json_out_bool(to, "latency_at_least", c->latency_at_least);
    json_out_text_or_null(to, "text", c->latency_text);
    json_out_text_or_null(to, "shift_text", c->shift_text);
    json_out_end(to);
}

/* Of its changed samples. */
static uint64_t changed_calls(const struct summary *summary, size_t variant)
{
    uint64_t calls = 0;
    for (size_t p = 0; p < summary->meta.perturbation_count; p++) {
        const struct summary_perturbed *one = &summary->variants[variant].perturbed[p];
        calls += one->account.traffic.calls + one->judges.traffic.calls;
    }
    return calls;
}

static void write_client(struct json_out *to, const struct summary *summary)
{
    const struct summary_meta *meta = &summary->meta;
    uint64_t calls = 0;
    for (size_t v = 0; v < meta->variant_count; v++)
        calls += summary->variants[v].traffic.calls +
                 summary->variants[v].roles[SUMMARY_JUDGE].traffic.calls +
                 changed_calls(summary, v);
    json_out_flat_object(to, "client");
    json_out_maybe(to, "cpu_s", maybe_scale(meta->cpu_ns, S_PER_NS));
    json_out_maybe(to, "cpu_us_per_call",
                   calls ? maybe_scale(meta->cpu_ns, 1e-3 / (double)calls) : maybe_none());
    json_out_maybe(to, "max_rss_mb", maybe_scale(meta->max_rss_bytes, 1e-6));
    json_out_maybe(to, "lateness_ms_p99", maybe_scale(meta->lateness_p99_ns, MS_PER_NS));
    json_out_end(to);
}

static int write_timing(struct json_out *to, const struct report_input *input, struct err *err)
{
    const struct summary *summary = input->summary;
    json_out_object(to, "timing");
    json_out_list(to, "variants");
    for (size_t v = 0; v < summary->meta.variant_count; v++)
        write_timed_variant(to, summary, v);
    json_out_end(to);
    json_out_list(to, "comparisons");
    for (size_t i = 0; i < summary->comparison_count; i++)
        write_timed_comparison(to, summary, &summary->comparisons[i]);
    json_out_end(to);
    write_requirements(to, summary, true);
    json_out_text_or_null(
        to, "verdict",
        str_from(summary->requirement_verdict ? summary->requirement_verdict : ""));
    json_out_maybe(to, "wall_s", maybe_scale(summary->meta.wall_ns, S_PER_NS));
    write_superseded(to, &summary->meta);
    report_json_timed_stop(to, summary);
    write_client(to, summary);
    json_out_text_or_null(to, "advice_text", summary->advice_latency_text);
    write_rate(to, summary);
    report_json_timed_advice(to, summary);
    write_warnings(to, summary, true);
    if (input->cells && report_json_timed_cells(to, input, err) < 0)
        return -1;
    json_out_end(to);
    return 0;
}

/* ---- the object ---- */

static void write_head(struct json_out *to, const struct report_input *input)
{
    const struct summary_meta *meta = &input->summary->meta;
    json_out_text(to, "weir", meta->version);
    json_out_int(to, "schema", SCHEMA_VERSION);
    json_out_text(to, "experiment", meta->experiment);
    json_out_text(to, "run", meta->run);
    json_out_bool(to, "mock", meta->mock);
    if (meta->shards > 0) {
        json_out_flat_object(to, "shard");
        json_out_int(to, "number", meta->shard);
        json_out_int(to, "of", meta->shards);
        json_out_end(to);
    }
    json_out_text_or_null(to, "title", input->title);
    json_out_text_or_null(to, "description", input->description);
    json_out_flat_object(to, "dataset");
    json_out_text_or_null(to, "name", meta->dataset);
    json_out_text_or_null(to, "fingerprint", meta->fingerprint);
    json_out_count(to, "samples", meta->samples);
    json_out_count(to, "trials", meta->trials);
    json_out_bool(to, "clustered", input->summary->clustered);
    json_out_end(to);
    json_out_flat_object(to, "options");
    json_out_count(to, "seed", meta->seed);
    json_out_number(to, "confidence", meta->confidence);
    json_out_number(to, "alpha", meta->alpha);
    json_out_number(to, "power", meta->power);
    json_out_number(to, "margin", meta->margin);
    json_out_text_or_null(to, "baseline", variant_name(input->summary, meta->baseline));
    json_out_bool(to, "all_pairs", meta->all_pairs);
    json_out_bool(to, "tuning", meta->tuning);
    json_out_end(to);
}

int report_json(const struct report_input *input, struct buf *out, struct err *err)
{
    struct json_out to = {.out = out};
    json_out_object(&to, NULL);
    write_head(&to, input);
    if (write_results(&to, input, err) < 0 || write_timing(&to, input, err) < 0)
        return -1;
    json_out_end(&to);
    return 0;
}
