/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_stop.c: early stopping in the JSON report (see report_json.h).
 *
 * Where a run stopped is a result: the same at any concurrency. How many cells had begun beyond is
 * none, so that stands in timing.
 */
#include "reports/report_json_inside.h"
#include "stats/summary_stop.h"

void report_json_stop(struct json_out *to, const struct summary *summary)
{
    const struct summary_stop *stop = summary->stop;
    if (!stop)
        return;
    json_out_object(to, "stop");
    json_out_text(to, "of", report_json_variant_name(summary, stop->rule.candidate));
    json_out_text(to, "against", report_json_variant_name(summary, stop->rule.baseline));
    json_out_text(to, "metric", stop->rule.score ? STR("score") : STR("accuracy"));
    json_out_number(to, "alpha", stop->rule.alpha);
    json_out_number(to, "margin", stop->rule.margin);
    json_out_count(to, "min_samples", stop->rule.min_samples);
    json_out_text(to, "test", str_from(stop->test));
    json_out_bool(to, "stopped", stop->stopped);
    json_out_count(to, "looked", stop->looked);
    json_out_count(to, "samples", stop->samples);
    json_out_text(to, "decision", str_from(stats_stop_decision_name(stop->decision)));
    json_out_bool(to, "inconsistent", stop->inconsistent);
    json_out_maybe(to, "p", stop->p);
    json_out_estimate(to, "difference", &stop->difference, 1);
    json_out_count(to, "spared_cells", stop->spared_cells);
    json_out_maybe(to, "spared_calls", stop->spared_calls);
    json_out_maybe(to, "spared_usd", stop->spared_usd);
    json_out_text(to, "text", stop->text);
    json_out_text_or_null(to, "spared_text", stop->spared_text);
    json_out_end(to);
}

void report_json_timed_stop(struct json_out *to, const struct summary *summary)
{
    const struct summary_stop *stop = summary->stop;
    if (!stop)
        return;
    json_out_flat_object(to, "stop");
    json_out_count(to, "beyond_cells", stop->beyond_cells);
    json_out_count(to, "beyond_calls", stop->beyond_calls);
    json_out_maybe(to, "beyond_usd", stop->beyond_usd);
    json_out_count(to, "beyond_unknown_cost_calls", stop->beyond_unknown);
    json_out_text_or_null(to, "beyond_text", stop->beyond_text);
    json_out_end(to);
}
