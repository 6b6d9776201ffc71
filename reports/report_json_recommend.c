/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_recommend.c: what a run supports changing, in the JSON report (see report_json.h).
 */
#include "reports/report_json.h"

#include "stats/summary_recommend.h"

static void write_limits(struct json_out *to, const struct summary *summary,
                         const struct summary_limit *limit, size_t count)
{
    json_out_list(to, "limits");
    for (size_t i = 0; i < count; i++) {
        bool of_all = limit[i].variant == SUMMARY_NO_BASELINE;
        json_out_object(to, NULL);
        json_out_text_or_null(to, "variant",
                              of_all ? STR("") : summary->meta.variants[limit[i].variant].name);
        json_out_text_or_null(to, "path", limit[i].path);
        json_out_text(to, "option", str_from(limit[i].option));
        json_out_maybe(to, "now", limit[i].now);
        json_out_maybe(to, "recommended", limit[i].set);
        json_out_count(to, "seen", limit[i].seen);
        json_out_text(to, "text", limit[i].text);
        json_out_end(to);
    }
    json_out_end(to);
}

static void write_exchange(struct json_out *to, const struct summary *summary,
                           const struct summary_exchange *x)
{
    json_out_object(to, NULL);
    json_out_text(to, "path", x->path);
    json_out_text(to, "cheap", summary->meta.variants[x->cheap].name);
    json_out_text(to, "dear", summary->meta.variants[x->dear].name);
    json_out_text(to, "cheap_model", x->cheap_model);
    json_out_text(to, "dear_model", x->dear_model);
    json_out_estimate(to, "accuracy_difference", &x->difference, 1);
    json_out_estimate(to, "cost_ratio", &x->cost_ratio, 1);
    json_out_maybe(to, "detectable", x->detectable);
    json_out_text(to, "finding", str_from(x->finding));
    json_out_text(to, "text", x->text);
    json_out_end(to);
}

void report_json_advice(struct json_out *to, const struct summary *summary)
{
    const struct summary_recommendations *advice = summary->recommendations;
    if (!advice) {
        json_out_null(to, "recommendations");
        return;
    }
    json_out_object(to, "recommendations");
    write_limits(to, summary, advice->limits, advice->limit_count);
    json_out_list(to, "models");
    for (size_t i = 0; i < advice->exchange_count; i++)
        write_exchange(to, summary, &advice->exchanges[i]);
    json_out_end(to);
    json_out_text_or_null(to, "steps_text", advice->steps_text);
    json_out_text_or_null(to, "models_text", advice->models_text);
    json_out_end(to);
}

void report_json_timed_advice(struct json_out *to, const struct summary *summary)
{
    const struct summary_recommendations *advice = summary->recommendations;
    if (!advice) {
        json_out_null(to, "recommendations");
        return;
    }
    json_out_object(to, "recommendations");
    write_limits(to, summary, advice->timing_limits, advice->timing_limit_count);
    json_out_end(to);
}
