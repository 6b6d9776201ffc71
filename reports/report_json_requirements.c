/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_requirements.c: the JSON report's requirements, those about times apart from the others.
 */
#include "reports/report_json_inside.h"

#include "base/units.h"

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
    json_out_text_or_null(to, "variant", report_json_variant_name(summary, rule->variant));
    json_out_text_or_null(to, "against", report_json_variant_name(summary, rule->against));
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

void report_json_requirements(struct json_out *to, const struct summary *summary, bool timing)
{
    json_out_list(to, "requirements");
    for (size_t i = 0; i < summary->requirement_count; i++)
        if (summary->requirements[i].timing == timing)
            write_requirement(to, summary, &summary->requirements[i]);
    json_out_end(to);
}
