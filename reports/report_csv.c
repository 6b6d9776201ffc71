/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_csv.c: tidy tables for spreadsheets and data frames: a row per cell, a row per call.
 *
 * Unknown is an empty cell, times are milliseconds, money is dollars, both exact. Prompts and
 * replies are not here: `weir show` has them. The columns are named in docs/reports.md.
 */
#include "reports/cells.h"
#include "reports/csv_out.h"
#include "reports/reporters.h"

#include "base/mem.h"

enum { ORIGIN_COLUMNS = 3, JUDGE_COLUMNS = 5, LATE_COLUMNS = 4 };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct csv_report {
    struct csv_out csv;
    struct arena arena; /* of a row */
    const struct report_input *input;
};

static void write_tokens(struct csv_out *csv, const struct store_tokens *tokens)
{
    csv_out_count(csv, tokens->input);
    csv_out_count(csv, tokens->cache_read);
    csv_out_count(csv, tokens->cache_write);
    csv_out_count(csv, tokens->output);
    csv_out_count(csv, tokens->reasoning);
}

/* Which run, and that it was the mock: a file goes its own ways. */
static void write_origin(struct csv_report *report)
{
    const struct summary_meta *meta = &report->input->summary->meta;
    csv_out_text(&report->csv, meta->experiment);
    csv_out_text(&report->csv, meta->run);
    csv_out_bool(&report->csv, meta->mock);
}

/* What the scores asked models: in none of the columns before. */
static void write_judges(struct csv_out *csv, const struct report_judges *judges)
{
    csv_out_int(csv, judges->calls);
    csv_out_int(csv, judges->attempts);
    csv_out_usd(csv, judges->unknown_cost_calls == 0, judges->cost_nanousd);
    csv_out_int(csv, judges->lost_attempts);
    csv_out_int(csv, judges->ungraded);
}

/* ---- a row per cell ---- */

static const char *const place_heads[] = {"variant", "sample", "cluster", "trial",
                                          "status",  "reason", "correct", "score"};
static const char *const cell_heads[] = {"calls",
                                         "sent",
                                         "cached",
                                         "unsent",
                                         "attempts",
                                         "retries",
                                         "input_tokens",
                                         "cache_read_tokens",
                                         "cache_write_tokens",
                                         "output_tokens",
                                         "reasoning_tokens",
                                         "cost_usd",
                                         "known_cost_usd",
                                         "paid_usd",
                                         "unknown_cost_calls",
                                         "lost_attempts",
                                         "cost_upper_usd",
                                         "latency_ms",
                                         "wall_ms",
                                         "provider_ms",
                                         "permit_wait_ms",
                                         "backoff_ms",
                                         "store_wait_ms",
                                         "connect_ms",
                                         "critical_path_ms",
                                         "total_work_ms",
                                         "ttft_ms",
                                         "started_ms",
                                         "failed_path",
                                         "message",
                                         "experiment",
                                         "run",
                                         "mock",
                                         "judge_calls",
                                         "judge_attempts",
                                         "judge_cost_usd",
                                         "judge_lost_attempts",
                                         "ungraded_scores",
                                         "perturbation",
                                         "answer",
                                         "shape",
                                         "tags"};

static void write_cell_heads(struct csv_report *report)
{
    const struct summary_meta *meta = &report->input->summary->meta;
    struct arena arena = {0};
    csv_out_heads(&report->csv, place_heads, COUNT(place_heads));
    for (size_t k = 0; k < meta->score_count; k++)
        csv_out_text(&report->csv,
                     arena_printf(&arena, "score:%.*s", STR_ARG(meta->scores[k].name)));
    csv_out_heads(&report->csv, cell_heads, COUNT(cell_heads));
    csv_out_end(&report->csv);
    arena_release(&arena);
}

static void write_counts(struct csv_out *csv, const struct store_cell *row)
{
    csv_out_int(csv, row->calls);
    csv_out_int(csv, row->sent);
    csv_out_int(csv, row->cached);
    csv_out_int(csv, row->unsent);
    csv_out_int(csv, row->attempts);
    csv_out_int(csv, row->retries);
    write_tokens(csv, &row->tokens);
    csv_out_usd(csv, row->unknown_cost_calls == 0, row->cost_nanousd);
    csv_out_usd(csv, true, row->cost_nanousd);
    csv_out_usd(csv, true, row->paid_nanousd);
    csv_out_int(csv, row->unknown_cost_calls);
    csv_out_int(csv, row->lost_attempts);
    csv_out_usd(csv, row->unknown_cost_calls == 0, row->cost_upper_nanousd);
}

static void write_times(struct csv_out *csv, const struct store_cell *row)
{
    csv_out_ms(csv, row->latency_ns >= 0, row->latency_ns);
    csv_out_ms(csv, row->wall_ns >= 0, row->wall_ns);
    csv_out_ms(csv, true, row->times.provider_ns);
    csv_out_ms(csv, true, row->times.permit_wait_ns);
    csv_out_ms(csv, true, row->times.backoff_ns);
    csv_out_ms(csv, true, row->times.store_wait_ns);
    csv_out_ms(csv, true, row->times.connect_ns);
    csv_out_ms(csv, row->critical_path_ns >= 0, row->critical_path_ns);
    csv_out_ms(csv, true, row->total_work_ns);
    csv_out_ms(csv, row->streamed_calls > 0,
               row->streamed_calls > 0 ? row->ttft_ns / row->streamed_calls : 0);
    csv_out_ms(csv, true, row->started_ns);
}

static int write_cell(void *arg, const struct report_cell *cell)
{
    struct csv_report *report = arg;
    struct csv_out *csv = &report->csv;
    const struct store_cell *row = cell->row;
    csv_out_text(csv, cell->variant);
    csv_out_text(csv, cell->sample);
    csv_out_text(csv, cell->cluster);
    csv_out_int(csv, cell->trial);
    csv_out_text(csv, str_from(cell->status));
    csv_out_text(csv, row ? row->reason : STR(""));
    csv_out_count(csv, row ? row->correct : -1);
    csv_out_number(csv, row ? maybe_of(row->score) : maybe_none());
    for (size_t k = 0; k < report->input->summary->meta.score_count; k++)
        csv_out_number(csv, cell->scores[k]);
    if (row) {
        write_counts(csv, row);
        write_times(csv, row);
        csv_out_text(csv, row->failed_path);
        csv_out_text(csv, row->message);
    } else {
        for (size_t i = 0; i < COUNT(cell_heads) - ORIGIN_COLUMNS - JUDGE_COLUMNS - LATE_COLUMNS; i++)
            csv_out_empty(csv);
    }
    write_origin(report);
    write_judges(csv, &cell->judges);
    csv_out_text(csv, cell->perturbation);
    csv_out_text(csv, row && row->answer >= 0
                          ? arena_printf(&report->arena, "%016llx",
                                         (unsigned long long)row->answer)
                          : STR(""));
    csv_out_text(csv, row ? row->shape : STR(""));
    csv_out_text(csv, cell->tags);
    csv_out_end(csv);
    arena_clear(&report->arena);
    return 0;
}

int report_csv(const struct report_input *input, struct buf *out, struct err *err)
{
    struct csv_report report = {.csv = {.out = out}, .input = input};
    write_cell_heads(&report);
    int result = report_each_cell(input, "a CSV report", write_cell, &report, err);
    arena_release(&report.arena);
    return result;
}

/* ---- a row per call ---- */

static const char *const call_heads[] = {"variant",
                                         "sample",
                                         "trial",
                                         "step",
                                         "repeat",
                                         "model",
                                         "reported_model",
                                         "dialect",
                                         "source",
                                         "http_status",
                                         "outcome",
                                         "finish",
                                         "refused",
                                         "truncated",
                                         "attempts",
                                         "retries",
                                         "lost_attempts",
                                         "input_tokens",
                                         "cache_read_tokens",
                                         "cache_write_tokens",
                                         "output_tokens",
                                         "reasoning_tokens",
                                         "cost_usd",
                                         "latency_ms",
                                         "provider_ms",
                                         "permit_wait_ms",
                                         "backoff_ms",
                                         "connect_ms",
                                         "ttft_ms",
                                         "start_ms",
                                         "request_hash",
                                         "message",
                                         "experiment",
                                         "run",
                                         "mock",
                                         "role"};

/* Where a cell is, by its number; trial 0: it has no result yet. */
struct place {
    size_t variant, sample;
    int64_t trial;
};

struct call_report {
    struct csv_report base;
    struct place *place;
    size_t cells, samples;
    const struct store_sample *sample;
};

static int keep_place(void *arg, const struct store_cell *row)
{
    struct call_report *report = arg;
    if (row->cell >= 0 && (size_t)row->cell < report->cells)
        report->place[row->cell] =
            (struct place){(size_t)row->variant, (size_t)row->sample, row->trial};
    return 0;
}

static void write_call_place(struct call_report *report, const struct store_call *row)
{
    struct csv_out *csv = &report->base.csv;
    const struct summary_meta *meta = &report->base.input->summary->meta;
    struct place place = {0, 0, 0};
    if (row->cell >= 0 && (size_t)row->cell < report->cells)
        place = report->place[row->cell];
    if (place.trial > 0 && place.variant < meta->variant_count &&
        place.sample < report->samples) {
        csv_out_text(csv, meta->variants[place.variant].name);
        csv_out_text(csv, report->sample[place.sample].id);
        csv_out_int(csv, place.trial);
    } else {
        for (unsigned i = 0; i < 3; i++)
            csv_out_empty(csv);
    }
    csv_out_text(csv, row->path);
    csv_out_int(csv, row->repeat);
}

static int write_call(void *arg, const struct store_call *row)
{
    struct call_report *report = arg;
    struct csv_out *csv = &report->base.csv;
    bool sent = row->source == STORE_SENT;
    write_call_place(report, row);
    csv_out_text(csv, row->model);
    csv_out_text(csv, row->reported_model);
    csv_out_text(csv, row->dialect);
    csv_out_text(csv, str_from(store_source_name(row->source)));
    csv_out_int(csv, row->http_status);
    csv_out_text(csv, row->outcome);
    csv_out_text(csv, row->finish);
    csv_out_bool(csv, row->refused);
    csv_out_bool(csv, row->truncated);
    csv_out_int(csv, row->attempts);
    csv_out_int(csv, sent ? row->attempts - 1 : 0);
    csv_out_int(csv, row->lost_attempts);
    write_tokens(csv, &row->tokens);
    csv_out_usd(csv, row->cost_nanousd >= 0, row->cost_nanousd);
    csv_out_ms(csv, true, row->latency_ns);
    csv_out_ms(csv, true, row->times.provider_ns);
    csv_out_ms(csv, true, row->times.permit_wait_ns);
    csv_out_ms(csv, true, row->times.backoff_ns);
    csv_out_ms(csv, true, row->times.connect_ns);
    csv_out_ms(csv, row->ttft_ns >= 0, row->ttft_ns);
    csv_out_ms(csv, true, row->start_ns);
    csv_out_text(csv, row->request_hash);
    csv_out_text(csv, row->message);
    write_origin(&report->base);
    csv_out_text(csv, str_from(store_role_name(row->role)));
    csv_out_end(csv);
    return 0;
}

int report_csv_calls(const struct report_input *input, struct buf *out, struct err *err)
{
    if (!input->store)
        return err_set(err, ERR_FAILED, "a CSV of calls: the run's file is not at hand");
    struct call_report report = {.base = {.csv = {.out = out}, .input = input}};
    report.cells = (size_t)store_run_row(input->store)->cells;
    report.sample = store_samples(input->store, &report.samples);
    report.place = xcalloc(report.cells + 1, sizeof *report.place);
    csv_out_heads(&report.base.csv, call_heads, COUNT(call_heads));
    csv_out_end(&report.base.csv);
    int result = store_each_cell(input->store, STORE_AS_WRITTEN, keep_place, &report, err);
    if (result == 0)
        result = store_each_call(input->store, STORE_EVERY, write_call, &report, err);
    xfree(report.place);
    return result;
}
