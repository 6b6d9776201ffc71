/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history_data.c: a history for programs: JSON, and CSV with a row a run, variant and metric (see
 * history_report.h).
 */
#include "base/units.h"
#include "reports/csv_out.h"
#include "reports/history_report.h"
#include "reports/json_out.h"

enum { HISTORY_SCHEMA = 1 };

static void write_mark(struct json_out *to, const char *key, enum history_mark mark)
{
    json_out_text_or_null(to, key, str_from(history_mark_name(mark)));
}

static void write_ratio(struct json_out *to, const char *key, const struct summary_estimate *e,
                        maybe low, maybe high, enum history_mark mark)
{
    json_out_object(to, key);
    json_out_estimate(to, "ratio", e, 1);
    json_out_maybe(to, "low_simultaneous", low);
    json_out_maybe(to, "high_simultaneous", high);
    write_mark(to, "changed", mark);
    json_out_end(to);
}

static void write_change(struct json_out *to, const struct history *h, const char *key,
                         const struct history_change *c)
{
    if (!c->there) {
        json_out_null(to, key);
        return;
    }
    json_out_object(to, key);
    json_out_text(to, "against", h->run[c->from].meta.id);
    json_out_count(to, "pairs", c->pairs);
    json_out_object(to, "accuracy");
    json_out_estimate(to, "difference", &c->accuracy, 1);
    json_out_text(to, "test", str_from(c->test ? c->test : "none"));
    json_out_maybe(to, "p", c->p);
    json_out_maybe(to, "p_adjusted", c->p_adjusted);
    json_out_maybe(to, "detectable", c->detectable);
    write_mark(to, "changed", c->mark[HISTORY_ACCURACY]);
    json_out_end(to);
    write_ratio(to, "cost", &c->cost_ratio, c->cost_low, c->cost_high, c->mark[HISTORY_COST]);
    write_ratio(to, "latency", &c->latency_ratio, c->latency_low, c->latency_high,
                c->mark[HISTORY_LATENCY]);
    json_out_end(to);
}

static void write_value(struct json_out *to, const struct history *h, size_t run,
                        size_t variant)
{
    const struct history_value *v = &h->run[run].value[variant];
    json_out_object(to, NULL);
    json_out_text(to, "name", h->variant[variant]);
    json_out_count(to, "samples", v->samples);
    json_out_estimate(to, "accuracy", &v->accuracy, 1);
    json_out_estimate(to, "cost_per_cell_usd", &v->cost_usd, 1);
    json_out_quantile(to, "latency_p50_ms", &v->latency_ns, MS_PER_NS);
    write_change(to, h, "change", &h->run[run].change[variant]);
    json_out_end(to);
}

static void write_run(struct json_out *to, const struct history *h, size_t run)
{
    const struct history_run *r = &h->run[run];
    json_out_object(to, NULL);
    json_out_text(to, "run", r->meta.id);
    json_out_text(to, "began", r->meta.time);
    json_out_bool(to, "mock", r->meta.mock);
    json_out_int(to, "seed", r->meta.seed);
    json_out_text(to, "weir", r->meta.version);
    json_out_list(to, "notes");
    for (size_t i = 0; i < r->notes; i++)
        json_out_text(to, NULL, r->note[i]);
    json_out_end(to);
    json_out_list(to, "variants");
    for (size_t v = 0; v < h->variants; v++)
        if (r->value[v].there)
            write_value(to, h, run, v);
    json_out_end(to);
    json_out_end(to);
}

static void write_overall(struct json_out *to, const struct history *h)
{
    json_out_list(to, "overall");
    for (size_t v = 0; v < h->variants; v++) {
        if (!h->overall[v].there)
            continue;
        json_out_object(to, NULL);
        json_out_text(to, "name", h->variant[v]);
        write_change(to, h, "change", &h->overall[v]);
        json_out_end(to);
    }
    json_out_end(to);
}

void history_json(const void *history, struct buf *out)
{
    const struct history *h = history;
    struct json_out to = {.out = out};
    json_out_object(&to, NULL);
    json_out_text(&to, "weir", STR(WEIR_VERSION));
    json_out_count(&to, "schema", HISTORY_SCHEMA);
    json_out_text(&to, "experiment", h->meta.experiment);
    json_out_text(&to, "dataset", h->dataset);
    json_out_text(&to, "fingerprint", h->fingerprint);
    json_out_number(&to, "confidence", h->meta.confidence);
    json_out_number(&to, "alpha", h->meta.alpha);
    json_out_flat_object(&to, "family");
    for (int m = 0; m < HISTORY_METRICS; m++)
        json_out_count(&to, history_metric_name((enum history_metric)m), h->family[m]);
    json_out_end(&to);
    json_out_list(&to, "runs");
    for (size_t r = 0; r < h->runs; r++)
        write_run(&to, h, r);
    json_out_end(&to);
    write_overall(&to, h);
    json_out_list(&to, "left_out");
    for (size_t i = 0; i < h->left_outs; i++) {
        json_out_flat_object(&to, NULL);
        json_out_text(&to, "run", h->left_out[i].id);
        json_out_text_or_null(&to, "began", h->left_out[i].time);
        json_out_text(&to, "reason", h->left_out[i].reason);
        json_out_end(&to);
    }
    json_out_end(&to);
    json_out_list(&to, "changes");
    for (size_t i = 0; i < h->sentences; i++)
        json_out_text(&to, NULL, h->sentence[i]);
    json_out_end(&to);
    json_out_text(&to, "verdict", h->verdict);
    json_out_end(&to);
    buf_add_char(out, '\n');
}

/* ---- CSV ---- */

struct figure {
    const char *metric;
    maybe value, low, high;
    const struct summary_estimate *change;
    maybe p, p_adjusted;
    enum history_mark mark;
};

static void row(struct csv_out *csv, const struct history *h, size_t run, size_t variant,
                const struct history_change *c, struct figure figure)
{
    csv_out_text(csv, h->run[run].meta.id);
    csv_out_text(csv, h->run[run].meta.time);
    csv_out_text(csv, h->variant[variant]);
    csv_out_text(csv, str_from(figure.metric));
    csv_out_number(csv, figure.value);
    csv_out_number(csv, figure.low);
    csv_out_number(csv, figure.high);
    csv_out_text(csv, c->there ? h->run[c->from].meta.id : STR(""));
    csv_out_number(csv, c->there ? figure.change->value : maybe_none());
    csv_out_number(csv, c->there ? figure.change->low : maybe_none());
    csv_out_number(csv, c->there ? figure.change->high : maybe_none());
    csv_out_number(csv, figure.p);
    csv_out_number(csv, figure.p_adjusted);
    csv_out_text(csv, str_from(history_mark_name(figure.mark)));
    csv_out_end(csv);
}

static void rows(struct csv_out *csv, const struct history *h, size_t run, size_t variant,
                 const struct history_value *v, const struct history_change *c)
{
    row(csv, h, run, variant, c,
        (struct figure){"accuracy", v->accuracy.value, v->accuracy.low, v->accuracy.high,
                        &c->accuracy, c->p, c->p_adjusted, c->mark[HISTORY_ACCURACY]});
    row(csv, h, run, variant, c,
        (struct figure){.metric = "cost_per_cell_usd",
                        .value = v->cost_usd.value,
                        .low = v->cost_usd.low,
                        .high = v->cost_usd.high,
                        .change = &c->cost_ratio,
                        .mark = c->mark[HISTORY_COST]});
    row(csv, h, run, variant, c,
        (struct figure){.metric = "latency_p50_ms",
                        .value = maybe_scale(v->latency_ns.estimate, MS_PER_NS),
                        .low = maybe_scale(v->latency_ns.low, MS_PER_NS),
                        .high = maybe_scale(v->latency_ns.high, MS_PER_NS),
                        .change = &c->latency_ratio,
                        .mark = c->mark[HISTORY_LATENCY]});
}

void history_csv(const void *history, struct buf *out)
{
    const struct history *h = history;
    static const char *const heads[] = {
        "run",     "began",  "variant",    "metric",      "value", "low",        "high",
        "against", "change", "change_low", "change_high", "p",     "p_adjusted", "changed"};
    struct csv_out csv = {.out = out};
    csv_out_heads(&csv, heads, sizeof heads / sizeof heads[0]);
    csv_out_end(&csv);
    for (size_t r = 0; r < h->runs; r++)
        for (size_t v = 0; v < h->variants; v++)
            if (h->run[r].value[v].there)
                rows(&csv, h, r, v, &h->run[r].value[v], &h->run[r].change[v]);
    for (size_t v = 0; v < h->variants && h->runs > 2; v++)
        if (h->overall[v].there)
            rows(&csv, h, h->runs - 1, v, &h->run[h->runs - 1].value[v], &h->overall[v]);
}
