/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_robust.c: changed samples, and trials held against each other, in the JSON report
 * (see report_json.h).
 */
#include "reports/report_json.h"

#include "stats/summary_robust.h"

static void write_estimate(struct json_out *to, const char *key,
                           const struct summary_estimate *estimate)
{
    if (estimate->value.known)
        json_out_estimate(to, key, estimate, 1);
    else
        json_out_null(to, key);
}

void report_json_perturbed(struct json_out *to, const struct summary *summary,
                           const struct summary_variant *v)
{
    json_out_list(to, "perturbed");
    for (size_t i = 0; i < summary->meta.perturbation_count; i++) {
        const struct summary_perturbed *p = &v->perturbed[i];
        json_out_object(to, NULL);
        json_out_text(to, "name", summary->meta.perturbations[i].name);
        json_out_count(to, "changed", summary->meta.perturbations[i].changed);
        json_out_count(to, "cells", p->cells);
        json_out_count(to, "finished", p->finished);
        json_out_flat_object(to, "statuses");
        for (size_t s = 0; s < SUMMARY_STATUSES; s++)
            json_out_count(to, summary_status_name((enum summary_status)s), p->statuses[s]);
        json_out_end(to);
        json_out_count(to, "scored", p->scored);
        json_out_count(to, "correct", p->correct);
        write_estimate(to, "accuracy", &p->accuracy);
        json_out_count(to, "pairs", p->pairs);
        write_estimate(to, "difference", &p->difference);
        json_out_maybe(to, "detectable", p->detectable);
        json_out_count(to, "cell_pairs", p->cell_pairs);
        json_out_count(to, "broken", p->broken);
        json_out_count(to, "fixed", p->fixed);
        write_estimate(to, "flips", &p->flips);
        write_estimate(to, "other_answers", &p->answers);
        json_out_count(to, "calls", p->account.traffic.calls);
        json_out_maybe(to, "cost_usd", p->account.cost_usd);
        json_out_count(to, "unknown_cost_calls", p->account.cost.unknown_calls);
        json_out_count(to, "judge_calls", p->judges.traffic.calls);
        json_out_maybe(to, "judge_cost_usd", p->judges.cost_usd);
        json_out_text_or_null(to, "text", p->text);
        json_out_end(to);
    }
    json_out_end(to);
}

void report_json_consistency(struct json_out *to, const struct summary_variant *v)
{
    const struct summary_consistency *c = v->consistency;
    if (!c) {
        json_out_null(to, "consistency");
        return;
    }
    json_out_object(to, "consistency");
    write_estimate(to, "same_answer", &c->same);
    write_estimate(to, "flips", &c->rerun_flips);
    write_estimate(to, "other_shape", &c->drift);
    json_out_count(to, "shapes_seen", c->shapes_seen);
    json_out_list(to, "shapes");
    for (size_t i = 0; i < c->shape_count; i++) {
        json_out_flat_object(to, NULL);
        json_out_text(to, "shape", c->shapes[i].shape);
        json_out_count(to, "cells", c->shapes[i].cells);
        json_out_end(to);
    }
    json_out_end(to);
    json_out_text_or_null(to, "text", c->text);
    json_out_end(to);
}
