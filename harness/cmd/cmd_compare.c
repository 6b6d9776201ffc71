/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_compare.c: weir compare: two runs, a run and a baseline, or two variants, sample by sample.
 *
 * Both sides go into one summary, each variant under its own name, and only the chosen pairs are
 * compared; so tables, tests and sentences are those of any report.
 */
#include "cmd/cmd.h"
#include "cmd/comparing.h"
#include "cmd/output.h"
#include "session/difference.h"
#include "session/places.h"

#include "base/text.h"
#include "reports/report.h"

struct compare_cmd {
    str output, md, json, junit, github;
    int details;
    struct opt_texts group_by;
};

static const struct opt compare_cmd_options[] = {
    OPT_TEXT(compare_cmd, output, .letter = 'o', .word = "FILE",
             .help = "write the comparison; its format by the extension: html json md txt xml"),
    OPT_TEXT(compare_cmd, md, .bare = "-", .word = "FILE",
             .help = "as Markdown; stdout without a FILE"),
    OPT_TEXT(compare_cmd, json, .bare = "-", .word = "FILE",
             .help = "as JSON; stdout without a FILE"),
    OPT_TEXT(compare_cmd, junit, .bare = "-", .word = "FILE",
             .help = "the requirements as JUnit XML; stdout without a FILE"),
    OPT_TEXT(compare_cmd, github, .bare = "-", .word = "FILE",
             .help =
                 "annotations for GitHub Actions; on stdout, beside the text, without a FILE"),
    OPT_CHOICE(compare_cmd, details, .choices = output_details, .fallback = "auto",
               .bare = "always",
               .help = "tables and sentences beside the comparison; auto: in a pipe, not on a "
                       "terminal"),
    OPT_TEXTS(compare_cmd, group_by, .word = "GROUP",
              .help =
                  "accuracy by group of samples, instead of the experiment's: the beginning "
                  "of tags (lang:); may be repeated"),
    OPT_END,
};

/* ---- what was edited ---- */

static const struct side_file *file_named(const struct side *side, str name)
{
    for (size_t i = 0; i < side->files; i++)
        if (str_equal(side->file[i].name, name))
            return &side->file[i];
    return NULL;
}

/* Prompts, schemas and programs that are not the same text; the definition tells of the experiment's
 * own file, and samples are matched. */
static str edited_files(struct comparing *c)
{
    static const str told[] = {STR_INIT("prompt"), STR_INIT("schema"), STR_INIT("program"),
                               STR_INIT("rows")};
    str list = {"", 0};
    for (size_t i = 0; i < c->head.side.files; i++) {
        const struct side_file *is = &c->head.side.file[i];
        const struct side_file *was = file_named(&c->base.side, is->name);
        bool tells = false;
        for (size_t k = 0; k < sizeof told / sizeof told[0]; k++)
            tells = tells || str_equal(is->role, told[k]);
        if (tells && was && !str_equal(was->hash, is->hash))
            list = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "",
                                STR_ARG(text_visible(c->arena, is->name)));
    }
    return list;
}

/* Between two runs whose experiments are at hand: what a difference may come from. */
static str edited_text(struct comparing *c)
{
    enum { PLACES = 8 };
    const struct side *base = &c->base.side, *head = &c->head.side;
    if (!base->definition || !head->definition || str_equal(base->run, head->run))
        return STR("");
    str files = edited_files(c);
    str places = difference_places(base->definition, head->definition, PLACES, c->arena);
    if (!files.n && !places.n)
        return STR("Nothing was edited between the two runs.");
    return arena_printf(c->arena, "Edited between the two runs: %.*s%s%.*s.", STR_ARG(files),
                        files.n && places.n ? ", " : "", STR_ARG(places));
}

/* ---- output ---- */

static int write_by_extension(struct comparing *c, str file, const struct report_input *input)
{
    const struct reporter *reporter = report_for_file(file);
    if (!reporter || str_equal(str_from(reporter->name), STR("csv")))
        return err_set(c->err, ERR_INPUT,
                       "no format of a comparison for '%.*s'; expected a name that ends in "
                       ".json, .md, .txt or .xml",
                       STR_ARG(file));
    return output_report(str_from(reporter->name), file, input, c->arena, c->err);
}

/* Of HEAD's experiment, when HEAD is a run: a baseline knows no lines. */
static int write_annotations(struct comparing *c, str file, const struct report_input *input)
{
    str path;
    struct store *store = file.n && !file_is_baseline(c->head.side.source)
                              ? run_open(c->arena, c->head.side.source, &path, &(struct err){0})
                              : NULL;
    int result = output_annotations(file, input, store, c->arena, c->err);
    if (store)
        store_close(store);
    return result;
}

static int write_all(struct comparing *c, const struct compare_cmd *options,
                     const struct summary *summary)
{
    struct report_input input = {
        .summary = summary,
        .title = arena_printf(c->arena, "%.*s against %.*s", STR_ARG(c->head.given),
                              STR_ARG(c->base.given)),
        .description = edited_text(c),
    };
    output_to_terminal(&input, options->details);
    const struct {
        const char *format;
        str file;
    } wanted[] = {{"md", options->md}, {"json", options->json}, {"junit", options->junit}};
    bool taken = false;
    if (options->output.n && write_by_extension(c, options->output, &input) < 0)
        return -1;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (wanted[i].file.n && output_report(str_from(wanted[i].format), wanted[i].file,
                                              &input, c->arena, c->err) < 0)
            return -1;
        taken = taken || str_equal(wanted[i].file, STR("-"));
    }
    if (!taken && output_report(STR("text"), STR("-"), &input, c->arena, c->err) < 0)
        return -1;
    return write_annotations(c, options->github, &input);
}

static int compare(struct comparing *c, const struct compare_cmd *options, bool *failed)
{
    if (comparing_open(c) < 0)
        return -1;
    struct summary *summary;
    int result = comparing_summarise(c, &summary);
    if (result == 0)
        result = write_all(c, options, summary);
    *failed = summary->requirement_failed;
    summary_free(summary);
    return result;
}

static int compare_run(struct arena *arena, const void *given, const str *arg, size_t args,
                       struct err *err)
{
    struct comparing c = {.arena = arena, .err = err};
    bool failed = false;
    if (args > 2)
        return err_set(
            err, ERR_INPUT,
            "expected BASE and HEAD: two runs (weir runs lists them), a baseline and a "
            "run, or two variants of the newest run");
    c.group_by = ((const struct compare_cmd *)given)->group_by;
    if (comparing_choose(&c, arg, args) < 0 || compare(&c, given, &failed) < 0)
        return -1;
    return failed ? EXIT_REQUIREMENT : EXIT_FINE;
}

const struct cmd cmd_compare = {
    .name = "compare",
    .usage = "[BASE [HEAD]] [options]",
    .summary = "two runs, a run and a baseline, or two variants, sample by sample",
    .details =
        "BASE and HEAD are each a run (path or ID), a baseline (FILE.json of weir baseline\n"
        "save), one of its variants (RUN:VARIANT, FILE.json:VARIANT), or a variant of the\n"
        "newest run. Without HEAD it is the newest complete run in .weir/runs here; without\n"
        "both, BASE is the complete run of the same experiment before that. Without variants\n"
        "each meets its namesake. Both must have the same scores. Of different datasets the\n"
        "samples with the same content are compared; with none in common the comparison is\n"
        "unpaired, and says so. The rules of HEAD's experiment (require) are judged, with\n"
        "BASE as their baseline; the exit code is 100 when one is not met.",
    CMD_OPTIONS(compare_cmd),
    .run = compare_run,
};
