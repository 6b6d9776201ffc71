/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json.c: the report for scripts; its fields are a contract (docs/reports.md).
 *
 * `results` is a function of the replies alone: the same experiment, seed and replies give the
 * same bytes at any concurrency. Whatever depends on a clock, on retries or on what a cache held
 * is in `timing`. Fields are added, never renamed. What is said of variants, comparisons and
 * requirements stands in files of their own (report_json_*.c).
 */
#include "reports/report_json.h"

#include "base/units.h"
#include "reports/report_json_inside.h"
#include "reports/reporters.h"
#include "stats/summary_robust.h"

enum { SCHEMA_VERSION = 1 };

/* ---- parts of both halves ---- */

str report_json_variant_name(const struct summary *summary, size_t variant)
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
        json_out_text_or_null(to, "variant", report_json_variant_name(summary, w->variant));
        json_out_text(to, "text", w->text);
        json_out_end(to);
    }
    json_out_end(to);
}

/* ---- results ---- */

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

static void write_models(struct json_out *to, const struct summary *summary)
{
    json_out_list(to, "models");
    for (size_t i = 0; i < summary->replier_count; i++) {
        const struct summary_replier *replier = &summary->repliers[i];
        json_out_flat_object(to, NULL);
        json_out_text(to, "variant", report_json_variant_name(summary, replier->variant));
        json_out_text(to, "model", replier->model);
        json_out_text_or_null(to, "reported_model", replier->reported);
        json_out_text_or_null(to, "fingerprint", replier->fingerprint);
        json_out_end(to);
    }
    json_out_end(to);
}

static int write_results(struct json_out *to, const struct report_input *input, struct err *err)
{
    const struct summary *summary = input->summary;
    json_out_object(to, "results");
    write_setup(to, &summary->meta);
    json_out_list(to, "variants");
    for (size_t v = 0; v < summary->meta.variant_count; v++)
        report_json_variant(to, summary, v);
    json_out_end(to);
    json_out_list(to, "comparisons");
    for (size_t i = 0; i < summary->comparison_count; i++)
        report_json_comparison(to, summary, &summary->comparisons[i]);
    json_out_end(to);
    report_json_contests(to, summary);
    report_json_slices(to, summary);
    report_json_matching(to, summary->meta.matching);
    report_json_requirements(to, summary, false);
    json_out_text_or_null(to, "winner", report_json_variant_name(summary, summary->winner));
    json_out_text_or_null(to, "winner_text", summary->winner_text);
    json_out_text_or_null(to, "advised", report_json_variant_name(summary, summary->advised));
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
    for (size_t v = 0; v < meta->variant_count - meta->kept; v++)
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
        report_json_timed_variant(to, summary, v);
    json_out_end(to);
    json_out_list(to, "comparisons");
    for (size_t i = 0; i < summary->comparison_count; i++)
        report_json_timed_comparison(to, summary, &summary->comparisons[i]);
    json_out_end(to);
    report_json_requirements(to, summary, true);
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
    if (meta->baseline_file.n) {
        json_out_flat_object(to, "baseline_file");
        json_out_text(to, "name", meta->baseline_file);
        json_out_text_or_null(to, "run", meta->baseline_run);
        json_out_end(to);
    }
    json_out_flat_object(to, "options");
    json_out_count(to, "seed", meta->seed);
    json_out_number(to, "confidence", meta->confidence);
    json_out_number(to, "alpha", meta->alpha);
    json_out_number(to, "power", meta->power);
    json_out_number(to, "margin", meta->margin);
    json_out_text(to, "reducer", str_from(stats_reducer_name(meta->reducer)));
    json_out_text_or_null(to, "baseline",
                          report_json_variant_name(input->summary, meta->baseline));
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
