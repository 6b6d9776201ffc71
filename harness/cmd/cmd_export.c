/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_export.c: weir export: all that a run has, for other tools.
 */
#include "cmd/cmd.h"
#include "cmd/export.h"
#include "session/places.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct export_cmd {
    str jsonl, otlp;
    bool texts;
};

static const struct opt export_cmd_options[] = {
    OPT_TEXT(export_cmd, jsonl, .bare = "-", .word = "FILE",
             .help =
                 "JSON Lines: the run, cells, scores, steps, calls, attempts; stdout without "
                 "a FILE"),
    OPT_TEXT(export_cmd, otlp, .bare = "-", .word = "FILE",
             .help = "OpenTelemetry traces (OTLP in JSON), one a cell; stdout without a FILE"),
    OPT_BOOL(export_cmd, texts, .fallback = "true",
             .help = "prompts, replies and values too; --no-texts leaves them out"),
    OPT_END,
};

/* The file is there whole or not at all. */
static int export_to(struct arena *arena, struct exporter *exporter,
                     const struct export_format *format, str file, struct err *err)
{
    if (str_equal(file, STR("-"))) {
        exporter->to = stdout;
        return export_run(exporter, format);
    }
    if (str_ends_with(file, STR(".db")))
        return err_set(err, ERR_INPUT,
                       "'%.*s' looks like a run; expected RUN before the options",
                       STR_ARG(file));
    str path = arena_str(arena, file);
    str beside = arena_printf(arena, "%s.%ld.tmp", path.p, (long)getpid());
    exporter->to = fopen(beside.p, "we");
    int result = 0;
    if (exporter->to) {
        result = export_run(exporter, format);
        if (fclose(exporter->to) != 0 && result == 0)
            result =
                err_set(err, ERR_FAILED, "%s: cannot be written: %s", path.p, strerror(errno));
    } else {
        return err_set(err, ERR_FAILED, "%s: cannot be written: %s", path.p, strerror(errno));
    }
    if (result == 0 && rename(beside.p, path.p) < 0)
        result = err_set(err, ERR_FAILED, "%s: cannot be written: %s", path.p, strerror(errno));
    if (result < 0)
        unlink(beside.p);
    else
        fprintf(stderr, "%s: %s\n", format->name, path.p);
    return result;
}

static int export_all(struct arena *arena, const struct export_cmd *options,
                      struct store *store, struct err *err)
{
    const json *definition = json_parse(arena, store_run_row(store)->definition, NULL);
    str jsonl = options->jsonl.n || options->otlp.n ? options->jsonl : STR("-");
    struct exporter exporter = {
        .store = store, .definition = definition, .texts = options->texts, .err = err};
    struct exporter second = exporter;
    if (jsonl.n && export_to(arena, &exporter, &export_jsonl, jsonl, err) < 0)
        return -1;
    return options->otlp.n ? export_to(arena, &second, &export_otlp, options->otlp, err) : 0;
}

static int run(struct arena *arena, const void *given, const str *arg, size_t args,
               struct err *err)
{
    str path;
    struct store *store;
    if (cmd_no_more(arg, args, 1, err) < 0 ||
        !(store = run_open(arena, cmd_arg(arg, args, 0), &path, err)))
        return -1;
    int status = export_all(arena, given, store, err);
    store_close(store);
    return status;
}

const struct cmd cmd_export = {
    .name = "export",
    .usage = "[RUN] [options]",
    .summary = "a run's rows as JSON Lines, or as OpenTelemetry traces",
    .details =
        "RUN is the path of a run's file, or an ID in .weir/runs; by default the newest.\n"
        "Without options JSON Lines go to stdout. Members and attributes: docs/export.md.",
    CMD_OPTIONS(export_cmd),
    .run = run,
};
