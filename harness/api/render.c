/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * render.c: a report in one of its formats, and its cells.
 */
#include "api/report_inside.h"

#include <math.h>

#include "base/file.h"
#include "reports/cells.h"
#include "session/annotate.h"
#include "session/rendering.h"

const char *weir_report_format(size_t i)
{
    size_t count;
    const struct reporter *reporter = report_reporters(&count);
    return i < count ? reporter[i].name : NULL;
}

static int render(struct weir_report *report, str format, unsigned flags, struct buf *out,
                  struct err *err)
{
    struct arena arena = {0};
    struct report_input input = rendering_input(&report->view);
    input.cells = (flags & WEIR_CELLS) != 0;
    if (str_equal(format, STR("github")))
        annotate_places(&input, report->view.store, &arena);
    int result = report_emit(format, &input, out, err);
    arena_release(&arena);
    return result;
}

char *weir_report_render(struct weir_report *report, const char *format, unsigned flags,
                         size_t *length, struct weir_error **error)
{
    struct api_call call;
    struct err err = {0};
    struct buf out = {0};
    char *text = NULL;
    api_enter(&call);
    if (render(report, str_from(format), flags, &out, &err) == 0)
        text = api_text(buf_str(&out), length);
    buf_release(&out);
    api_fail(error, &err);
    api_leave(&call);
    return text;
}

static int write_file(struct weir_report *report, const char *format, const char *path,
                      unsigned flags, struct err *err)
{
    const struct reporter *reporter;
    struct buf out = {0};
    if (rendering_check_file(str_from(path), err) < 0)
        return -1;
    if (!format && !(reporter = rendering_for_file(str_from(path), err)))
        return -1;
    int result = render(report, str_from(format ? format : reporter->name), flags, &out, err);
    if (result == 0)
        result = file_write(path, buf_str(&out), err);
    buf_release(&out);
    return result;
}

int weir_report_write(struct weir_report *report, const char *format, const char *path,
                      unsigned flags, struct weir_error **error)
{
    struct api_call call;
    struct err err = {0};
    api_enter(&call);
    write_file(report, format, path, flags, &err);
    int status = api_fail(error, &err);
    api_leave(&call);
    return status;
}

/* ---- cells ---- */

struct walk {
    struct weir_report *report;
    weir_cell_fn *fn;
    void *arg;
    int said; /* by fn */
    struct api_call *call;
    struct err *err;
};

static int tell(struct walk *walk, const struct weir_cell *cell)
{
    api_leave(walk->call);
    walk->said = walk->fn(walk->arg, cell);
    api_enter(walk->call);
    return walk->said;
}

static int add_cell(void *arg, const struct report_cell *cell)
{
    struct walk *walk = arg;
    const struct store_cell *row = cell->row;
    struct arena arena = {0};
    str output;
    if (!row || cell->beyond)
        return 0;
    int result =
        store_body(walk->report->view.store, row->output.id, &arena, &output, walk->err);
    const struct weir_cell told = {
        .variant = arena_str(&arena, cell->variant).p,
        .sample = arena_str(&arena, cell->sample).p,
        .trial = row->trial,
        .status = cell->status,
        .reason = api_shown(&arena, row->reason),
        .message = api_shown(&arena, row->message),
        .correct = (int)row->correct,
        .score = row->score,
        .latency_ns = row->latency_ns,
        .wall_ns = row->wall_ns,
        .calls = (uint64_t)row->calls,
        .cost_nanousd = row->unknown_cost_calls ? -1 : row->cost_nanousd,
        .output = result == 0 ? api_shown(&arena, output) : NULL,
        .perturbation = api_shown(&arena, cell->perturbation),
    };
    if (result == 0)
        result = tell(walk, &told);
    arena_release(&arena);
    return result;
}

int weir_report_each_cell(struct weir_report *report, weir_cell_fn *fn, void *arg,
                          struct weir_error **error)
{
    struct api_call call;
    struct err err = {0};
    struct walk walk = {report, fn, arg, 0, &call, &err};
    const struct report_input input = rendering_input(&report->view);
    api_enter(&call);
    report_each_cell(&input, "cells", add_cell, &walk, &err);
    int status = api_fail(error, &err);
    api_leave(&call);
    return status == WEIR_FINE ? walk.said : -status;
}
