/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_judge_check.c: weir judge-check: a judge held against labels of people.
 */
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "session/labels.h"

#include "reports/judge_report.h"
#include "reports/terminal.h"

struct judge_check_cmd {
    str score, labels, json;
};

static const struct opt judge_check_cmd_options[] = {
    OPT_TEXT(judge_check_cmd, score, .word = "NAME",
             .help = "what the judge scored; may be left out where there is one such score"),
    OPT_TEXT(judge_check_cmd, labels, .word = "FILE",
             .help = "where labels are kept; ID.labels.jsonl beside the run when not given"),
    OPT_TEXT(judge_check_cmd, json, .bare = "-", .word = "FILE",
             .help = "as JSON; stdout without a FILE"),
    OPT_END,
};

struct checking {
    struct arena *arena;
    struct err *err;
    struct label_items items;
    struct label_lines lines;
    str file;
};

static double confidence_of(const struct checking *c)
{
    const json *definition =
        json_parse(c->arena, store_run_row(c->items.store)->definition, NULL);
    double confidence = json_number(json_path(definition, "report.confidence"));
    return confidence > 0 ? confidence : 0.95;
}

static int write_check(const struct checking *c, const struct judge_check *check,
                       const struct label_use *use, double confidence, str json_file)
{
    const struct store_run *run = store_run_row(c->items.store);
    size_t variants;
    const struct store_variant *variant = store_variants(c->items.store, &variants);
    str *name = arena_array(c->arena, str, variants + 1);
    for (size_t v = 0; v < variants; v++)
        name[v] = variant[v].name;
    const struct judge_report_input input = {
        .check = check,
        .run = run->id,
        .score = c->items.score,
        .method = c->items.check,
        .mock = run->mock,
        .compares = c->items.compares,
        .labels = c->file,
        .rater = use->rater,
        .variant = name,
        .used = use->used,
        .other = use->other,
        .unread = c->lines.unread,
        .confidence = confidence,
        .width = terminal_stdout_width(REPORT_WIDTH),
        .colour = terminal_stdout_colours(),
    };
    struct buf out = {0};
    if (json_file.n)
        judge_report_json(&input, &out);
    else
        judge_report_text(&input, &out);
    int result =
        output_text(json_file.n ? json_file : STR("-"), buf_str(&out), c->arena, c->err);
    buf_release(&out);
    return result;
}

static int check(struct checking *c, const struct judge_check_cmd *options, str path)
{
    struct judge_check result;
    struct label_use use;
    double confidence = confidence_of(c);
    c->file =
        options->labels.n ? options->labels : label_file_of(c->arena, path, c->items.store);
    if (label_file_read(c->arena, c->file, &c->lines, c->err) < 0 ||
        labels_check(&c->items, &c->lines, confidence, c->arena, &result, &use, c->err) < 0)
        return -1;
    if (use.used == 0)
        return err_set(c->err, ERR_INPUT,
                       "%.*s: no labels of '%.*s' on these answers%s; expected those of "
                       "weir label",
                       STR_ARG(c->file), STR_ARG(c->items.score),
                       use.other ? ", but of other texts or by another rubric" : "");
    return write_check(c, &result, &use, confidence, options->json);
}

static int judge_check_run(struct arena *arena, const void *given, const str *arg, size_t args,
                           struct err *err)
{
    const struct judge_check_cmd *options = given;
    struct checking c = {.arena = arena, .err = err};
    str path;
    if (cmd_no_more(arg, args, 1, err) < 0 ||
        label_items_open(cmd_arg(arg, args, 0), options->score, arena, &c.items, &path, err) <
            0)
        return -1;
    int result = check(&c, options, path);
    store_close(c.items.store);
    return result < 0 ? -1 : EXIT_FINE;
}

const struct cmd cmd_judge_check = {
    .name = "judge-check",
    .usage = "[RUN] [options]",
    .summary = "hold a judge against labels of people: agreement, kappa, bias, consistency",
    .details = "Compares what a judge said in a run with what people said of the same answers\n"
               "(weir label). docs/judges.md says what each figure means.",
    CMD_OPTIONS(judge_check_cmd),
    .run = judge_check_run,
};
