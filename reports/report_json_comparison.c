/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_comparison.c: the JSON report's comparisons of variants, of all samples and of slices
 * of them, and how the samples of two datasets were matched.
 */
#include "reports/report_json_inside.h"

#include "base/units.h"

static void write_pair(struct json_out *to, const struct summary *summary,
                       const struct summary_comparison *c)
{
    json_out_text(to, "baseline", report_json_variant_name(summary, c->baseline));
    json_out_text(to, "candidate", report_json_variant_name(summary, c->candidate));
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

void report_json_comparison(struct json_out *to, const struct summary *summary,
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

void report_json_timed_comparison(struct json_out *to, const struct summary *summary,
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

void report_json_slices(struct json_out *to, const struct summary *summary)
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
            json_out_text(to, "name", report_json_variant_name(summary, v));
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
void report_json_matching(struct json_out *to, const struct summary_matching *m)
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
