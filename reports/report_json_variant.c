/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_variant.c: what the JSON report says of one variant, in results and in timing (see
 * report_json.c for which belongs where).
 */
#include "reports/report_json_inside.h"

#include "base/units.h"

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

void report_json_variant(struct json_out *to, const struct summary *summary, size_t variant)
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
                          beaten ? report_json_variant_name(summary, v->dominated_by)
                                 : (str){"", 0});
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

/* ---- timing ---- */

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

void report_json_timed_variant(struct json_out *to, const struct summary *summary,
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
