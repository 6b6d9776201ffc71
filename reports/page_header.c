/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_header.c: what a report is of (see page.h): the facts a reader must know before any figure, and
 * those that only some runs have.
 */
#include "reports/page_inside.h"

#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_robust.h"
#include "stats/summary_stop.h"

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
    if (meta->reducer != STATS_REDUCE_MEAN)
        text = arena_printf(arena, "%s, of the trials of a sample the %s", text.p,
                            stats_reducer_name(meta->reducer));
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
    for (size_t v = 0; v < summary->meta.variant_count - summary->meta.kept; v++) {
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

static str baseline_fact(const struct page *page)
{
    const struct summary_meta *meta = &page->summary->meta;
    if (meta->baseline_file.n == 0)
        return STR("");
    str file = page_text(page->arena, meta->baseline_file, PAGE_NAME_MAX);
    str run = page_text(page->arena, meta->baseline_run, PAGE_NAME_MAX);
    return arena_printf(page->arena, "%.*s, of run %.*s: base:NAME below is of that run",
                        STR_ARG(file), STR_ARG(run));
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

void page_add_header(struct page *page)
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
    add_fact(page, "baseline", baseline_fact(page));
    add_fact(page, "early stop", stop_fact(page));
    add_fact(page, "cells", cells_fact(page));
    add_fact(page, "changed", changed_fact(page));
    add_fact(page, "client", client_fact(page));
    add_fact(page, "setup", setup_fact(page));
    add_fact(page, "superseded", superseded_fact(page));
}
