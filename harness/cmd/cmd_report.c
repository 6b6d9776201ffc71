/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_report.c: weir report: a stored run, rendered again.
 */
#include "cmd/cmd.h"
#include "cmd/forecasting.h"
#include "cmd/output.h"
#include "session/places.h"

struct report_cmd {
    struct output_options out;
    struct forecasting_options volumes;
};

static const struct opt report_cmd_options[] = {
    OUTPUT_ROWS(report_cmd),
    FORECASTING_ROWS(report_cmd),
    OPT_END,
};

static int report_run(struct arena *arena, const void *given, const str *arg, size_t args,
                      struct err *err)
{
    const struct report_cmd *options = given;
    str path;
    bool failed;
    bool forecast = forecasting_is_wanted(&options->volumes, &failed, err);
    if (failed || cmd_no_more(arg, args, 1, err) < 0 ||
        run_find(arena, cmd_arg(arg, args, 0), &path, err) < 0)
        return -1;
    struct run_view view;
    int status = run_view_open_by(&view, path, &options->out.group_by, arena, err);
    if (status == 0)
        status = forecast
                     ? forecasting_write(&options->volumes, &options->out, &view, arena, err)
                     : output_write(&options->out, &view, arena, err);
    run_view_close(&view);
    return status;
}

const struct cmd cmd_report = {
    .name = "report",
    .usage = "[RUN] [options]",
    .summary = "render a stored run: terminal, Markdown, JSON, CSV, pictures",
    .details =
        "RUN is the path of a run's file, or an ID in .weir/runs; by default the newest.\n"
        "A format without a file goes to stdout: weir report --json. With --forecast: what "
        "each\n"
        "variant would cost and need with so many requests (docs/forecast.md).",
    CMD_OPTIONS(report_cmd),
    .run = report_run,
};
