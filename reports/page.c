/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.c: header, sentences, warnings and verdict of a report (see page.h).
 *
 * It chooses and orders what the summary says. Variants are sorted by the decision most readers
 * take (accuracy, then cost), but the order is not a ranking: the verdict, which rests on paired
 * tests, stands beside it.
 */
#include "reports/page.h"

#include "base/text.h"
#include "stats/format.h"
#include "stats/summary_diagnosis.h"
#include "stats/summary_stop.h"
#include "stats/summary_robust.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- texts ---- */

str page_text(struct arena *arena, str text, size_t columns)
{
    /* cut before it is made visible: ten megabytes are not worth escaping */
    str head = str_sub(text, 0, 4 * columns + 4);
    return text_shorten(arena, text_visible(arena, head), columns);
}

str page_path(struct arena *arena, str path, size_t columns)
{
    bool root = path.n == 0 || str_equal(path, STR("."));
    return root ? STR("(whole workflow)") : page_text(arena, path, columns);
}

str page_mock_notice(const struct summary *summary)
{
    return summary->meta.mock
               ? STR("Answered by weir-mock: these figures describe its configuration, not a "
                     "model.")
               : STR("");
}

static str sentence(struct arena *arena, str text)
{
    text = page_text(arena, text, PAGE_TEXT_MAX);
    return text.n && !str_ends_with(text, STR(".")) && !str_ends_with(text, STR("…"))
               ? arena_printf(arena, "%.*s.", STR_ARG(text))
               : text;
}

/* ---- order ---- */

struct place {
    size_t variant;
    maybe accuracy, cost;
};

/* Known values first; `sign` 1: small before large. */
static int compare_maybe(maybe a, maybe b, int sign)
{
    if (a.known != b.known)
        return a.known ? -1 : 1;
    return sign * ((a.value > b.value) - (a.value < b.value));
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = compare_maybe(a->accuracy, b->accuracy, -1);
    if (order == 0)
        order = compare_maybe(a->cost, b->cost, 1);
    return order ? order : (a->variant > b->variant) - (a->variant < b->variant);
}

size_t *page_order(const struct summary *summary, struct arena *arena)
{
    size_t count = summary->meta.variant_count;
    struct place *place = arena_array(arena, struct place, count + 1);
    size_t *order = arena_array(arena, size_t, count + 1);
    for (size_t v = 0; v < count; v++)
        place[v] = (struct place){v, summary->variants[v].accuracy.value,
                                  summary->variants[v].cost_per_cell_usd.value};
    if (count)
        qsort(place, count, sizeof *place, compare_places);
    for (size_t i = 0; i < count; i++)
        order[i] = place[i].variant;
    return order;
}

const struct summary_comparison *page_against_baseline(const struct summary *summary,
                                                       size_t variant)
{
    for (size_t i = 0; i < summary->comparison_count; i++)
        if (summary->comparisons[i].candidate == variant &&
            (summary->meta.pair_count ||
             summary->comparisons[i].baseline == summary->meta.baseline))
            return &summary->comparisons[i];
    return NULL;
}

/* ---- what tables share ---- */

const struct summary_variant *page_variant_at(const struct page *page, size_t place)
{
    return &page->summary->variants[page->order[place]];
}

str page_interval_head(const struct page *page)
{
    return arena_printf(page->arena, "%s %% interval",
                        stats_format_confidence(page->arena, page->summary->meta.confidence).p);
}

str page_count(struct arena *arena, uint64_t count)
{
    return arena_printf(arena, "%" PRIu64, count);
}

str page_points_range(struct arena *arena, const struct summary_estimate *difference)
{
    if (!difference->low.known || !difference->high.known)
        return STR("—");
    return arena_printf(arena, "%s – %s", stats_format_points(arena, difference->low).p,
                        stats_format_points(arena, difference->high).p);
}

void page_group_row(const struct page *page, struct sheet *sheet, size_t place)
{
    sheet_row(sheet, SHEET_GROUP);
    sheet_add(sheet, page->name[page->order[place]]);
}

void page_add_sheet(struct page *page, struct sheet *sheet)
{
    if (sheet->rows && page->sheets < sizeof page->sheet / sizeof page->sheet[0])
        page->sheet[page->sheets++] = sheet;
}

/* ---- header ---- */

static void add_fact(struct page *page, const char *label, str text)
{
    if (text.n)
        page->fact[page->facts++] = (struct page_fact){label, text};
}

static str dataset_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    str name = page_text(page->arena, meta->dataset, PAGE_NAME_MAX);
    str print = page_text(page->arena, meta->fingerprint, 16);
    str source = name.n || print.n ? arena_printf(page->arena, "%.*s%s%s%.*s%s, ",
                                                  STR_ARG(name), name.n && print.n ? " " : "",
                                                  print.n ? "(fingerprint " : "",
                                                  STR_ARG(print), print.n ? ")" : "")
                                   : STR("");
    return arena_printf(page->arena, "%.*s%zu sample%s × %zu trial%s%s", STR_ARG(source),
                        meta->samples, meta->samples == 1 ? "" : "s", meta->trials,
                        meta->trials == 1 ? "" : "s",
                        page->summary->clustered ? ", in clusters" : "");
}

static str options_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    struct arena *arena = page->arena;
    str text = arena_printf(arena, "confidence %s %%, significance %.10g, report seed %" PRIu64,
                            stats_format_confidence(arena, meta->confidence).p, meta->alpha,
                            meta->seed);
    if (meta->margin > 0)
        text = arena_printf(arena, "%s, margin %.10g points", text.p, 100 * meta->margin);
    if (meta->baseline != SUMMARY_NO_BASELINE && meta->variant_count > 1)
        text = arena_printf(arena, "%s, baseline %.*s", text.p,
                            STR_ARG(page->name[meta->baseline]));
    uint64_t family =
        page->summary->comparison_count ? page->summary->comparisons[0].family : 0;
    if (family > 1)
        text =
            arena_printf(arena, "%s, p adjusted for %" PRIu64 " comparisons", text.p, family);
    return text;
}

static str cells_fact(const struct page *page)
{
    const struct summary *summary = page->summary;
    uint64_t cells = 0, statuses[SUMMARY_STATUSES] = {0};
    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        cells += summary->variants[v].cells;
        for (size_t s = 0; s < SUMMARY_STATUSES; s++)
            statuses[s] += summary->variants[v].statuses[s];
    }
    str text = arena_printf(page->arena, "%" PRIu64, cells);
    const char *between = ": ";
    for (size_t s = 0; s < SUMMARY_STATUSES; s++) {
        if (statuses[s] == 0)
            continue;
        text = arena_printf(page->arena, "%s%s%" PRIu64 " %s", text.p, between, statuses[s],
                            summary_status_name((enum summary_status)s));
        between = ", ";
    }
    return text;
}

static str client_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    struct arena *arena = page->arena;
    if (!meta->wall_ns.known)
        return STR("");
    str text = arena_printf(arena, "%s wall", stats_format_duration(arena, meta->wall_ns).p);
    if (meta->cpu_ns.known)
        text = arena_printf(arena, "%s, %s of CPU", text.p,
                            stats_format_duration(arena, meta->cpu_ns).p);
    if (meta->max_rss_bytes.known)
        text = arena_printf(arena, "%s, %.0f MB", text.p, meta->max_rss_bytes.value / 1e6);
    if (meta->lateness_p99_ns.known)
        text = arena_printf(arena, "%s, 99 %% of events served within %s", text.p,
                            stats_format_duration(arena, meta->lateness_p99_ns).p);
    return text;
}

/* What the run paid for once, and no cell. */
static str setup_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    if (meta->setup_calls == 0)
        return STR("");
    str cost = stats_format_usd(page->arena, meta->setup_usd);
    return arena_printf(page->arena,
                        "%" PRId64 " call%s before the first cell, %" PRId64 " tokens, %.*s: "
                        "examples were embedded",
                        meta->setup_calls, meta->setup_calls == 1 ? "" : "s",
                        meta->setup_tokens, STR_ARG(cost));
}

/* What was paid for and is in no figure. */
static str superseded_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    if (meta->superseded_calls == 0)
        return STR("");
    str cost = stats_format_usd(page->arena, maybe_of(meta->superseded_usd));
    return arena_printf(
        page->arena, "%" PRId64 " call%s, %.*s, paid beside: their cells ran again",
        meta->superseded_calls, meta->superseded_calls == 1 ? "" : "s", STR_ARG(cost));
}

/* Cells of samples that `perturb` changed, which stand in tables of their own. */
static str changed_fact(const struct page *page)
{
    const struct summary *summary = page->summary;
    uint64_t cells = 0, finished = 0;
    for (size_t v = 0; v < summary->meta.variant_count; v++)
        for (size_t p = 0; p < summary->meta.perturbation_count; p++) {
            cells += summary->variants[v].perturbed[p].cells;
            finished += summary->variants[v].perturbed[p].finished;
        }
    return cells ? arena_printf(page->arena,
                                "%" PRIu64 " cells more of changed samples, %" PRIu64
                                " finished: in the table of changed samples alone",
                                cells, finished)
                 : STR("");
}

/* A part of a run; its figures are of its own samples. */
static str shard_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    if (meta->shards == 0)
        return STR("");
    return arena_printf(page->arena,
                        "%" PRId64 " of %" PRId64 ": all below is of its samples alone",
                        meta->shard, meta->shards);
}

/* What might have ended the run before its last sample. */
static str stop_fact(const struct page *page)
{
    const struct summary_stop *stop = page->summary->stop;
    struct arena *arena = page->arena;
    if (!stop)
        return STR("");
    str margin = stop->rule.margin > 0
                     ? arena_printf(arena, ", margin %.10g points", 100 * stop->rule.margin)
                     : STR("");
    return arena_printf(arena,
                        "when %s of %.*s against %.*s is decided, false alarms %.10g%.*s, from "
                        "%" PRIu64 " samples",
                        stop->rule.score ? "the score" : "the accuracy",
                        STR_ARG(page->name[stop->rule.candidate]),
                        STR_ARG(page->name[stop->rule.baseline]), stop->rule.alpha,
                        STR_ARG(margin), stop->rule.min_samples);
}

static void add_header(struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    struct arena *arena = page->arena;
    str experiment = page_text(arena, meta->experiment, PAGE_NAME_MAX);
    str title = page_text(arena, page->input->title, 200);
    str description = page_text(arena, page->input->description, 400);

    page->title = title.n ? title : experiment.n ? experiment : STR("weir");
    page->description = str_equal(title, description) ? STR("") : description;
    page->mock = page_mock_notice(page->summary);
    add_fact(page, "experiment", experiment);
    str run = page_text(arena, meta->run, PAGE_NAME_MAX);
    str version = page_text(arena, meta->version, PAGE_NAME_MAX);
    add_fact(page, "run",
             version.n ? arena_printf(arena, "%.*s, weir %.*s", STR_ARG(run), STR_ARG(version))
                       : run);
    add_fact(page, "shard", shard_fact(page));
    add_fact(page, "dataset", dataset_fact(page));
    add_fact(page, "options", options_fact(page));
    add_fact(page, "early stop", stop_fact(page));
    add_fact(page, "cells", cells_fact(page));
    add_fact(page, "changed", changed_fact(page));
    add_fact(page, "client", client_fact(page));
    add_fact(page, "setup", setup_fact(page));
    add_fact(page, "superseded", superseded_fact(page));
}

/* ---- sentences ---- */

void page_add_sentence(struct page *page, struct page_part *part, str text)
{
    if (text.n && part->count < PAGE_SENTENCES_MAX)
        part->sentence[part->count++] = sentence(page->arena, text);
}

static bool is_watched(const struct summary *summary, const struct summary_comparison *c)
{
    const struct summary_stop *stop = summary->stop;
    return stop && c->candidate == stop->rule.candidate && c->baseline == stop->rule.baseline;
}

/* Of the watched pair: with its comparison, or by itself where that is not shown. */
static void add_stop(struct page *page, struct page_part *part)
{
    const struct summary_stop *stop = page->summary->stop;
    if (part->count == 0 || stop->rule.score)
        page_add_sentence(page, part, stop->text);
    page_add_sentence(page, part, stop->spared_text);
    page_add_sentence(page, part, stop->beyond_text);
}

static void add_stop_part(struct page *page)
{
    const struct summary *summary = page->summary;
    bool shown = !summary->stop;
    for (size_t i = 0; i < summary->comparison_count; i++)
        shown = shown || is_watched(summary, &summary->comparisons[i]);
    if (shown)
        return;
    struct page_part *part = &page->part[page->parts++];
    part->heading = arena_printf(page->arena, "%.*s against %.*s",
                                 STR_ARG(page->name[summary->stop->rule.candidate]),
                                 STR_ARG(page->name[summary->stop->rule.baseline]));
    add_stop(page, part);
}

static void add_parts(struct page *page)
{
    const struct summary *summary = page->summary;
    page->part = arena_array(page->arena, struct page_part,
                             summary->comparison_count + 3 * summary->meta.variant_count + 3);
    add_stop_part(page);
    for (size_t i = 0; i < summary->comparison_count; i++) {
        const struct summary_comparison *c = &summary->comparisons[i];
        struct page_part *part = &page->part[page->parts++];
        part->heading =
            arena_printf(page->arena, "%.*s against %.*s", STR_ARG(page->name[c->candidate]),
                         STR_ARG(page->name[c->baseline]));
        page_add_sentence(page, part, c->accuracy_text);
        if (is_watched(summary, c))
            add_stop(page, part);
        page_add_sentence(page, part, c->cost_text);
        page_add_sentence(page, part, c->latency_text);
        page_add_sentence(page, part, c->shift_text);
    }
    page->comparison_parts = page->parts;
    for (size_t i = 0; i < summary->meta.variant_count; i++) {
        const struct summary_variant *v = &summary->variants[page->order[i]];
        struct page_part *part = &page->part[page->parts++];
        part->heading = page->name[page->order[i]];
        page_add_sentence(page, part, v->accuracy_text);
        page_add_sentence(page, part, v->rerun_text);
        page_add_sentence(page, part, v->cost_text);
        page_add_sentence(page, part, v->latency_text);
        page_add_sentence(page, part, v->judge_text);
    }
    page->variant_parts = page->parts;
    for (size_t i = 0; i < summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = summary->variants[page->order[i]].diagnosis;
        struct page_part *part = &page->part[page->parts];
        part->heading = page->name[page->order[i]];
        for (size_t s = 0; d && s < d->sentence_count; s++)
            page_add_sentence(page, part, d->sentences[s]);
        if (d)
            page_add_sentence(page, part, d->timing_text);
        page->parts += part->count > 0;
    }
    page_add_robust_parts(page);
    page_add_advice(page);
}

/* The mock has its notice at the top and is not repeated. */
static void add_warnings(struct page *page)
{
    const struct summary *summary = page->summary;
    page->warning = arena_array(page->arena, str, summary->warning_count + 1);
    for (size_t i = 0; i < summary->warning_count; i++)
        if (!str_equal(str_from(summary->warnings[i].code), STR("mock")))
            page->warning[page->warnings++] = sentence(page->arena, summary->warnings[i].text);
}

static void add_requirements(struct page *page)
{
    const struct summary *summary = page->summary;
    struct arena *arena = page->arena;
    size_t counts[3] = {0}, left = 0;
    page->requirement =
        arena_array(arena, struct page_requirement, summary->requirement_count + 1);
    for (size_t i = 0; i < summary->requirement_count; i++) {
        const struct summary_requirement *r = &summary->requirements[i];
        struct page_requirement *to = &page->requirement[page->requirements++];
        bool counts_not = r->judged && !r->failed && r->verdict == STATS_GATE_INCONCLUSIVE;
        str word = str_from(stats_gate_verdict_name(r->verdict));
        to->verdict = r->judged ? word : STR("not judged");
        to->what = page_text(arena, r->what, PAGE_TEXT_MAX);
        to->why = sentence(arena, r->text);
        if (counts_not)
            to->why = arena_printf(arena, "%.*s By its rule this does not fail the run.",
                                   STR_ARG(to->why));
        to->mark = r->failed                                    ? SHEET_BAD
                   : r->judged && r->verdict == STATS_GATE_PASS ? SHEET_GOOD
                                                                : SHEET_PLAIN;
        if (r->judged)
            counts[r->verdict]++;
        else
            left++;
    }
    if (page->requirements == 0)
        return;
    page->required = arena_printf(
        arena, "Requirements: %s (%zu passed, %zu failed, %zu inconclusive%s).",
        summary->requirement_verdict ? summary->requirement_verdict : "not judged",
        counts[STATS_GATE_PASS], counts[STATS_GATE_FAIL], counts[STATS_GATE_INCONCLUSIVE],
        left ? arena_printf(arena, ", %zu not judged here", left).p : "");
}

static str verdict(const struct page *page)
{
    const struct summary *summary = page->summary;
    if (summary->meta.variant_count == 0)
        return STR("There is no variant.");
    return sentence(page->arena, summary->winner_text.n ? summary->winner_text
                                                        : summary->variants[0].accuracy_text);
}

/* What the variant to look at first costs and takes; of two variants, one against the other. */
static str price(const struct page *page)
{
    const struct summary *summary = page->summary;
    bool pair = summary->meta.pair_count == 1 && summary->comparison_count == 1;
    const struct summary_comparison *c = pair ? &summary->comparisons[0] : NULL;
    str cost = sentence(page->arena, c ? c->cost_text : summary->advice_text);
    str latency = sentence(page->arena, c ? c->latency_text : summary->advice_latency_text);
    return arena_printf(page->arena, "%.*s%s%.*s", STR_ARG(cost),
                        cost.n && latency.n ? " " : "", STR_ARG(latency));
}

void page_make(struct page *page, const struct report_input *input, struct arena *arena)
{
    const struct summary_meta *meta = &input->summary->meta;
    *page = (struct page){.input = input, .arena = arena, .summary = input->summary};
    page->order = page_order(page->summary, arena);
    page->name = arena_array(arena, str, meta->variant_count + 1);
    for (size_t v = 0; v < meta->variant_count; v++)
        page->name[v] = page_text(arena, meta->variants[v].name, PAGE_NAME_MAX);
    add_header(page);
    add_parts(page);
    add_warnings(page);
    add_requirements(page);
    page->verdict = verdict(page);
    page->price = price(page);
    page_add_sheets(page);
    page_add_flips(page);
}
