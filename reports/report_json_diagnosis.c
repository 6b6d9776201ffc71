/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_diagnosis.c: what a variant's pattern did, in the JSON report (see report_json.h).
 *
 * A member that does not apply to the pattern is left out; `diagnosis` itself is null then.
 */
#include "reports/report_json.h"

#include "stats/summary_diagnosis.h"

#define MS_PER_NS 1e-6

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

void report_json_diagnosis(struct json_out *to, const struct summary_variant *v)
{
    const struct summary_diagnosis *d = v->diagnosis;
    if (!d || (!d->chain && !d->vote)) {
        json_out_null(to, "diagnosis");
        return;
    }
    json_out_object(to, "diagnosis");
    if (d->chain)
        write_chain(to, d->chain);
    if (d->vote)
        write_vote(to, d->vote);
    json_out_list(to, "sentences");
    for (size_t i = 0; i < d->sentence_count; i++)
        json_out_text(to, NULL, d->sentences[i]);
    json_out_end(to);
    json_out_end(to);
}

void report_json_timed_diagnosis(struct json_out *to, const struct summary_variant *v)
{
    const struct summary_fan *fan = v->diagnosis ? v->diagnosis->fan : NULL;
    if (!fan) {
        json_out_null(to, "diagnosis");
        return;
    }
    json_out_object(to, "diagnosis");
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
    json_out_text(to, "text", v->diagnosis->timing_text);
    json_out_end(to);
}
