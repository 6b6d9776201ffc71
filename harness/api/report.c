/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.c: a run's summary in structs that stay as they are while the summary's change. No figure is made
 * here: each is one of stats/summary.h.
 */
#include "api/report_inside.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "session/places.h"
#include "stats/gate.h"

static const double ms = 1e-6; /* of a nanosecond */

static double number(maybe value, double unit)
{
    return value.known ? value.value * unit : (double)NAN;
}

static double latency(const struct summary_variant *of, enum summary_level level)
{
    return number(of->latency_ns[level].estimate, ms);
}

static const char *shown(struct weir_report *report, str text)
{
    return api_shown(&report->arena, text);
}

static struct weir_variant variant_of(struct weir_report *report,
                                      const struct summary_variant *of)
{
    return (struct weir_variant){
        .name = shown(report, of->name),
        .pattern = shown(report, of->pattern),
        .cells = of->cells,
        .finished = of->finished,
        .errors = of->statuses[SUMMARY_ERROR] + of->statuses[SUMMARY_TIMEOUT],
        .scored = of->scored,
        .correct = of->correct,
        .accuracy = number(of->accuracy.value, 1),
        .accuracy_low = number(of->accuracy.low, 1),
        .accuracy_high = number(of->accuracy.high, 1),
        .score = number(of->score.value, 1),
        .score_low = number(of->score.low, 1),
        .score_high = number(of->score.high, 1),
        .calls = of->traffic.calls,
        .retries = of->traffic.retries,
        .input_tokens = of->tokens.input + of->tokens.cache_read + of->tokens.cache_write,
        .output_tokens = of->tokens.output,
        .cost_usd = number(of->cost_usd, 1),
        .known_cost_usd = of->known_usd,
        .cost_per_cell_usd = number(of->cost_per_cell_usd.value, 1),
        .latency_p50_ms = latency(of, SUMMARY_P50),
        .latency_p90_ms = latency(of, SUMMARY_P90),
        .latency_p95_ms = latency(of, SUMMARY_P95),
        .latency_p99_ms = latency(of, SUMMARY_P99),
        .latency_mean_ms = number(of->latency_mean_ns.value, ms),
        .text = shown(report, of->accuracy_text),
    };
}

static struct weir_comparison comparison_of(struct weir_report *report,
                                            const struct summary_comparison *of)
{
    return (struct weir_comparison){
        .baseline = report->variant[of->baseline].name,
        .variant = report->variant[of->candidate].name,
        .samples = of->pairs,
        .difference = number(of->accuracy.value, 1),
        .low = number(of->accuracy.low, 1),
        .high = number(of->accuracy.high, 1),
        .p = number(of->p, 1),
        .p_adjusted = number(of->p_adjusted, 1),
        .verdict = summary_verdict_name(of->verdict),
        .cost_ratio = number(of->cost_ratio.value, 1),
        .latency_ratio = number(of->latency_ratio.value, 1),
        .text = shown(report, of->accuracy_text),
    };
}

static void take_summary(struct weir_report *report)
{
    const struct summary *summary = report->view.summary;
    struct arena *arena = &report->arena;
    report->variants = summary->meta.variant_count;
    report->variant = arena_array(arena, struct weir_variant, report->variants + 1);
    for (size_t i = 0; i < report->variants; i++)
        report->variant[i] = variant_of(report, &summary->variants[i]);
    report->comparisons = summary->comparison_count;
    report->comparison = arena_array(arena, struct weir_comparison, report->comparisons + 1);
    for (size_t i = 0; i < report->comparisons; i++)
        report->comparison[i] = comparison_of(report, &summary->comparisons[i]);
    report->requirements = summary->requirement_count;
    report->requirement = arena_array(arena, struct weir_requirement, report->requirements + 1);
    for (size_t i = 0; i < report->requirements; i++) {
        const struct summary_requirement *of = &summary->requirements[i];
        report->requirement[i] = (struct weir_requirement){
            .what = shown(report, of->what),
            .verdict = of->judged ? stats_gate_verdict_name(of->verdict) : NULL,
            .failed = of->failed,
            .text = shown(report, of->text),
        };
    }
    report->warnings = summary->warning_count;
    report->warning = arena_array(arena, const char *, report->warnings + 1);
    for (size_t i = 0; i < report->warnings; i++)
        report->warning[i] = arena_str(arena, summary->warnings[i].text).p;
}

struct weir_report *api_report_open(str path, struct api_folder *folder,
                                    struct weir_error **error)
{
    struct api_call call;
    struct err err = {0};
    struct weir_report *report = xcalloc(1, sizeof *report);
    api_enter(&call);
    report->folder = api_folder_use(folder);
    report->path = arena_str(&report->arena, path);
    if (run_view_open(&report->view, report->path, &report->arena, &err) == 0) {
        take_summary(report);
    } else {
        weir_report_free(report);
        report = NULL;
    }
    api_fail(error, &err);
    api_leave(&call);
    return report;
}

struct weir_report *weir_report_open(const char *run, const char *experiment,
                                     struct weir_error **error)
{
    struct api_call call;
    struct arena arena = {0};
    struct err err = {0};
    str path;
    api_enter(&call);
    int found = run_find_beside(&arena, str_from(experiment), str_from(run), &path, &err);
    if (found < 0)
        api_fail(error, &err);
    api_leave(&call);
    struct weir_report *report = found < 0 ? NULL : api_report_open(path, NULL, error);
    arena_release(&arena);
    return report;
}

void weir_report_free(struct weir_report *report)
{
    if (!report)
        return;
    run_view_close(&report->view);
    api_folder_leave(report->folder);
    arena_release(&report->arena);
    xfree(report);
}

/* ---- what it says ---- */

const char *weir_report_run(const struct weir_report *report)
{
    return report->view.summary->meta.run.p;
}

const char *weir_report_path(const struct weir_report *report)
{
    return report->path.p;
}

const char *weir_report_experiment(const struct weir_report *report)
{
    return report->view.summary->meta.experiment.p;
}

int weir_report_is_mock(const struct weir_report *report)
{
    return report->view.summary->meta.mock;
}

int weir_report_status(const struct weir_report *report)
{
    if (store_run_row(report->view.store)->state != STORE_FINISHED)
        return WEIR_INCOMPLETE;
    return report->view.summary->requirement_failed ? WEIR_NOT_MET : WEIR_FINE;
}

const char *weir_report_verdict(const struct weir_report *report)
{
    return report->view.summary->requirement_verdict;
}

const char *weir_report_winner(const struct weir_report *report)
{
    size_t winner = report->view.summary->winner;
    return winner < report->variants ? report->variant[winner].name : NULL;
}

size_t weir_report_variants(const struct weir_report *report)
{
    return report->variants;
}

const struct weir_variant *weir_report_variant(const struct weir_report *report, size_t i)
{
    return i < report->variants ? &report->variant[i] : NULL;
}

size_t weir_report_comparisons(const struct weir_report *report)
{
    return report->comparisons;
}

const struct weir_comparison *weir_report_comparison(const struct weir_report *report, size_t i)
{
    return i < report->comparisons ? &report->comparison[i] : NULL;
}

size_t weir_report_requirements(const struct weir_report *report)
{
    return report->requirements;
}

const struct weir_requirement *weir_report_requirement(const struct weir_report *report,
                                                       size_t i)
{
    return i < report->requirements ? &report->requirement[i] : NULL;
}

size_t weir_report_warnings(const struct weir_report *report)
{
    return report->warnings;
}

const char *weir_report_warning(const struct weir_report *report, size_t i)
{
    return i < report->warnings ? report->warning[i] : NULL;
}
