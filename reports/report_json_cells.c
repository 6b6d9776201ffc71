/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_cells.c: the cells of the JSON report (see report_json.h).
 *
 * One line a cell, so that diff and grep work on the file. What a failed cell's message says may
 * name a time, so messages are in timing.
 */
#include "reports/report_json.h"

#include "base/units.h"
#include "reports/cells.h"

struct cell_writer {
    struct json_out *to;
    const struct report_input *input;
    struct err *err;
};

static void write_place(struct json_out *to, const struct report_cell *cell)
{
    json_out_flat_object(to, NULL);
    json_out_text(to, "variant", cell->variant);
    json_out_text(to, "sample", cell->sample);
    if (cell->perturbation.n)
        json_out_text(to, "perturbation", cell->perturbation);
    json_out_count(to, "trial", cell->trial);
}

static void write_scores(struct json_out *to, const struct summary *summary,
                         const struct report_cell *cell, bool skipped, bool clocked)
{
    json_out_object(to, "scores");
    for (size_t k = 0; k < summary->meta.score_count; k++)
        if (summary->meta.scores[k].clocked == clocked)
            json_out_named(to, summary->meta.scores[k].name,
                           skipped ? maybe_none() : cell->scores[k]);
    json_out_end(to);
}

static int write_output(struct cell_writer *writer, const struct store_cell *row)
{
    struct arena arena = {0};
    str text = STR("");
    int result = row && row->output.id ? store_body(writer->input->store, row->output.id,
                                                    &arena, &text, writer->err)
                                       : 0;
    const json *value = text.n ? json_parse(&arena, text, NULL) : NULL;
    if (value || text.n == 0)
        json_out_value(writer->to, "output", value);
    else
        json_out_text(writer->to, "output", text);
    arena_release(&arena);
    return result;
}

static maybe cost_of(const struct store_cell *row)
{
    return row && row->unknown_cost_calls == 0
               ? maybe_of((double)row->cost_nanousd * USD_PER_NANO)
               : maybe_none();
}

static int write_result(void *arg, const struct report_cell *cell)
{
    struct cell_writer *writer = arg;
    struct json_out *to = writer->to;
    const struct store_cell *row = cell->row;
    /* had it begun or not: that hangs on the clock */
    bool skipped = cell->beyond || (row && row->status == STORE_SKIPPED);
    str reason = skipped ? STR("stop") : row ? row->reason : (str){"", 0};
    row = skipped ? NULL : row;
    write_place(to, cell);
    json_out_text(to, "status",
                  skipped ? str_from(summary_status_name(SUMMARY_SKIPPED))
                          : str_from(cell->status));
    json_out_text_or_null(to, "reason", reason);
    if (write_output(writer, row) < 0)
        return -1;
    if (row && row->correct >= 0)
        json_out_bool(to, "correct", row->correct > 0);
    else
        json_out_null(to, "correct");
    json_out_maybe(to, "score", row ? maybe_of(row->score) : maybe_none());
    write_scores(to, writer->input->summary, cell, skipped, false);
    json_out_maybe(to, "cost_usd", cost_of(row));
    json_out_int(to, "calls", row ? row->calls : 0);
    json_out_end(to);
    return 0;
}

int report_json_cells(struct json_out *to, const struct report_input *input, struct err *err)
{
    struct cell_writer writer = {to, input, err};
    json_out_list(to, "cells");
    int result =
        report_each_cell(input, "the cells of a JSON report", write_result, &writer, err);
    json_out_end(to);
    return result;
}

/* Of a cell that was resumed. */
static maybe ms_if_known(int64_t ns)
{
    return ns < 0 ? maybe_none() : maybe_of((double)ns * MS_PER_NS);
}

static int write_timed(void *arg, const struct report_cell *cell)
{
    struct cell_writer *writer = arg;
    struct json_out *to = writer->to;
    const struct store_cell *row = cell->row;
    if (!row || row->status == STORE_SKIPPED)
        return 0;
    write_place(to, cell);
    json_out_maybe(to, "latency_ms", ms_if_known(row->latency_ns));
    json_out_maybe(to, "wall_ms", ms_if_known(row->wall_ns));
    json_out_number(to, "provider_ms", (double)row->times.provider_ns * MS_PER_NS);
    json_out_number(to, "connect_ms", (double)row->times.connect_ns * MS_PER_NS);
    json_out_number(to, "backoff_ms", (double)row->times.backoff_ns * MS_PER_NS);
    json_out_number(to, "permit_wait_ms", (double)row->times.permit_wait_ns * MS_PER_NS);
    json_out_number(to, "store_wait_ms", (double)row->times.store_wait_ns * MS_PER_NS);
    json_out_number(to, "total_work_ms", (double)row->total_work_ns * MS_PER_NS);
    json_out_int(to, "attempts", row->attempts);
    json_out_int(to, "retries", row->retries);
    json_out_int(to, "cached", row->cached);
    write_scores(to, writer->input->summary, cell, false, true);
    json_out_text_or_null(to, "failed_path", row->failed_path);
    json_out_text_or_null(to, "message", row->message);
    json_out_end(to);
    return 0;
}

int report_json_timed_cells(struct json_out *to, const struct report_input *input,
                            struct err *err)
{
    struct cell_writer writer = {to, input, err};
    json_out_list(to, "cells");
    int result =
        report_each_cell(input, "the cells of a JSON report", write_timed, &writer, err);
    json_out_end(to);
    return result;
}
