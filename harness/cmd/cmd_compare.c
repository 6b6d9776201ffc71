/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_compare.c: weir compare: two runs, a run and a baseline, or two variants, sample by sample.
 *
 * Both sides go into one summary, each variant under its own name, and only the chosen pairs are
 * compared; so tables, tests and sentences are those of any report.
 */
#include "cmd/cmd.h"
#include "cmd/difference.h"
#include "cmd/matching.h"
#include "cmd/output.h"
#include "cmd/places.h"
#include "cmd/rules.h"
#include "cmd/side.h"
#include "cmd/slices.h"

#include "base/file.h"
#include "base/text.h"
#include "reports/report.h"
#include "stats/summary_stop.h"

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
               .help = "tables and sentences beside the comparison: auto is not on a terminal"),
    OPT_TEXTS(compare_cmd, group_by, .word = "GROUP",
              .help =
                  "accuracy by group of samples, instead of the experiment's: the beginning "
                  "of tags (lang:); may be repeated"),
    OPT_END,
};

/* What one of the two words means. */
struct operand {
    str given;
    struct side side;
    bool has_variant;
    size_t variant; /* of the side */
};

struct comparing {
    struct arena *arena;
    struct err *err;
    struct operand base, head;
    struct matching matching;
    struct opt_texts group_by; /* empty: what the experiment says */
    struct summary_pair *pair; /* variants of base and of head */
    size_t pairs;
};

/* ---- what is meant ---- */

static bool find_variant(const struct side *side, str name, size_t *variant)
{
    for (size_t i = 0; i < side->variants; i++)
        if (str_equal(side->variant[i].name, name)) {
            *variant = i;
            return true;
        }
    return false;
}

/* RUN, FILE.json, either with :VARIANT behind it, or a VARIANT of the newest run. */
static int read_operand(struct comparing *c, struct operand *operand)
{
    str given = operand->given, name = {"", 0}, source = given;
    struct err first = {0};
    if (side_open(&operand->side, given, c->arena, &first) == 0)
        return 0;
    for (size_t i = given.n; i > 0 && !name.n; i--)
        if (given.p[i - 1] == ':') {
            source = str_sub(given, 0, i - 1);
            name = str_sub(given, i, given.n);
        }
    if (!name.n) {
        source = STR("");
        name = given;
    }
    struct err second = {0};
    if (side_open(&operand->side, source, c->arena, &second) < 0) {
        *c->err = source.n ? second : first;
        return -1;
    }
    operand->has_variant = find_variant(&operand->side, name, &operand->variant);
    if (operand->has_variant)
        return 0;
    if (!source.n) {
        *c->err = first;
        return -1;
    }
    str shown = text_visible(c->arena, name);
    return err_set(c->err, ERR_INPUT, "%s: no variant '%.*s'", operand->side.source.p,
                   STR_ARG(shown));
}

static int differ(struct comparing *c, const char *what, str base, str head)
{
    return err_set(
        c->err, ERR_INPUT,
        "the two cannot be compared sample by sample: %s is %.*s there and %.*s here", what,
        STR_ARG(base), STR_ARG(head));
}

static int check_alike(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    if (!str_equal(base->graders, head->graders))
        return differ(c, "the hash of the scores' definitions", base->graders, head->graders);
    if (base->mock != head->mock)
        return differ(c, "the provider", base->mock ? STR("weir-mock") : STR("a real one"),
                      head->mock ? STR("weir-mock") : STR("a real one"));
    return 0;
}

/* ---- pairs ---- */

static void add_pair(struct comparing *c, size_t base, size_t head)
{
    c->pair[c->pairs++] = (struct summary_pair){base, head};
}

/* The variant that meets one that was named on the other side: its namesake, or the only one. */
static int find_other(struct comparing *c, const struct operand *named, struct operand *other)
{
    str name = named->side.variant[named->variant].name;
    if (find_variant(&other->side, name, &other->variant))
        return 0;
    if (other->side.variants == 1)
        return 0;
    return err_set(c->err, ERR_INPUT, "%s has no variant '%.*s'; expected %s:VARIANT",
                   other->side.source.p, STR_ARG(name), other->side.source.p);
}

static int find_pairs(struct comparing *c)
{
    struct operand *base = &c->base, *head = &c->head;
    c->pair = arena_array(c->arena, struct summary_pair, head->side.variants + 1);
    if (base->has_variant || head->has_variant) {
        if (!base->has_variant && find_other(c, head, base) < 0)
            return -1;
        if (!head->has_variant && find_other(c, base, head) < 0)
            return -1;
        add_pair(c, base->variant, head->variant);
        return 0;
    }
    for (size_t i = 0; i < head->side.variants; i++) {
        size_t namesake;
        if (find_variant(&base->side, head->side.variant[i].name, &namesake))
            add_pair(c, namesake, i);
    }
    if (c->pairs == 0 && base->side.variants == 1 && head->side.variants == 1)
        add_pair(c, 0, 0);
    if (c->pairs)
        return 0;
    return err_set(c->err, ERR_INPUT,
                   "%s and %s have no variant of the same name; expected BASE:VARIANT and "
                   "HEAD:VARIANT",
                   base->side.source.p, head->side.source.p);
}

/* ---- the summary ---- */

/* Namesakes of two runs are told apart by where they come from. */
static str shown_name(struct comparing *c, size_t i, bool head)
{
    str base_name = c->base.side.variant[c->pair[i].baseline].name;
    str head_name = c->head.side.variant[c->pair[i].candidate].name;
    str own = head ? head_name : base_name;
    if (!str_equal(base_name, head_name) && c->pairs == 1)
        return own;
    return arena_printf(c->arena, "%s:%.*s", head ? "head" : "base", STR_ARG(own));
}

/* HEAD's rules, about its variants: BASE is what they call the baseline. */
static const struct summary_rule *read_rules(struct comparing *c, size_t *count)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    size_t variants = 2 * c->pairs;
    struct rules_sample *sample = arena_array(c->arena, struct rules_sample, head->samples + 1);
    str *name = arena_array(c->arena, str, variants + 1);
    str *baseline_name = arena_array(c->arena, str, variants + 1);
    size_t *baseline = arena_array(c->arena, size_t, variants + 1);
    *count = 0;
    if (!head->definition)
        return NULL;
    for (size_t i = 0; i < head->samples; i++)
        sample[i] = (struct rules_sample){head->sample[i].id, head->sample[i].tags};
    for (size_t i = 0; i < c->pairs; i++) {
        baseline[2 * i] = SUMMARY_NO_BASELINE;
        name[2 * i + 1] = head->variant[c->pair[i].candidate].name;
        baseline[2 * i + 1] = 2 * i;
        baseline_name[2 * i + 1] = base->variant[c->pair[i].baseline].name;
    }
    struct rules_world world = {
        .definition = head->definition,
        .score = head->score,
        .scores = head->scores,
        .sample = sample,
        .samples = head->samples,
        .variant = name,
        .variants = variants,
        .baseline = baseline,
        .baseline_name = baseline_name,
        .is_comparison = true,
    };
    return rules_read(&world, c->arena, count);
}

/* Where one of the runs may have ended for what it saw, intervals that hold all the same. */
static const struct summary_stop_rule *read_stop(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    const struct side *stopped = side_may_stop(head) ? head : base;
    str *name = arena_array(c->arena, str, 2 * c->pairs + 1);
    if (!side_may_stop(stopped) || base->trials != head->trials)
        return NULL;
    for (size_t i = 0; i < c->pairs && str_equal(base->run, head->run); i++) {
        name[2 * i] = base->variant[c->pair[i].baseline].name;
        name[2 * i + 1] = head->variant[c->pair[i].candidate].name;
    }
    return summarise_stop(stopped->definition, name, 2 * c->pairs, c->arena);
}

static void watch(struct comparing *c, struct summary *summary)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    const struct side *ordered = side_may_stop(head) ? head : base;
    if (!summary->meta.stop)
        return;
    for (size_t i = 0; i < ordered->samples; i++)
        summary_watch_sample(summary, i, (size_t)ordered->sample[i].place,
                             ordered->sample[i].cluster);
    for (size_t i = 0; i < 2 * c->pairs; i++) {
        const struct summary_pair *pair = &c->pair[i / 2];
        const struct side *side = i % 2 ? head : base;
        for (size_t k = 0; k < side->cells; k++) {
            struct summary_cell_row cell = side->cell[k];
            if (cell.variant != (i % 2 ? pair->candidate : pair->baseline))
                continue;
            cell.variant = i;
            summary_watch_cell(summary, &cell);
        }
    }
}

/* Of HEAD's samples, by its experiment. */
static const struct summary_group *read_groups(struct comparing *c, size_t *count)
{
    const struct side *head = &c->head.side;
    struct opt_texts by = slices_wanted(c->arena, &c->group_by, head->definition);
    struct slices_sample *sample =
        arena_array(c->arena, struct slices_sample, head->samples + 1);
    for (size_t i = 0; i < head->samples; i++)
        sample[i].tags = head->sample[i].tags;
    return slices_read(c->arena, &by, sample, head->samples, count);
}

static struct summary *begin(struct comparing *c)
{
    const struct side *base = &c->base.side, *head = &c->head.side;
    struct summary_variant_meta *variant =
        arena_array(c->arena, struct summary_variant_meta, 2 * c->pairs + 1);
    struct summary_pair *pair = arena_array(c->arena, struct summary_pair, c->pairs + 1);
    for (size_t i = 0; i < c->pairs; i++) {
        variant[2 * i] = (struct summary_variant_meta){
            shown_name(c, i, false), base->variant[c->pair[i].baseline].pattern};
        variant[2 * i + 1] = (struct summary_variant_meta){
            shown_name(c, i, true), head->variant[c->pair[i].candidate].pattern};
        pair[i] = (struct summary_pair){2 * i, 2 * i + 1};
    }
    size_t rules;
    const struct summary_rule *rule = read_rules(c, &rules);
    size_t groups;
    const struct summary_group *group = read_groups(c, &groups);
    struct summary_meta meta = {
        .version = STR(WEIR_VERSION),
        .experiment = head->experiment,
        .run = str_equal(base->run, head->run)
                   ? head->run
                   : arena_printf(c->arena, "%.*s against %.*s", STR_ARG(head->run),
                                  STR_ARG(base->run)),
        .dataset = head->dataset,
        .fingerprint = head->fingerprint,
        .mock = head->mock,
        .confidence = head->confidence,
        .samples = head->samples,
        .trials = (size_t)(base->trials > head->trials ? base->trials : head->trials),
        .variants = variant,
        .variant_count = 2 * c->pairs,
        .rules = rule,
        .rule_count = rules,
        .margin = rules_margin(rule, rules),
        .matching = c->matching.told,
        .groups = group,
        .group_count = groups,
        .pairs = pair,
        .pair_count = c->pairs,
        .stop = read_stop(c),
        .scores = head->score,
        .score_count = head->scores,
    };
    return summary_begin(&meta);
}

static int feed(struct comparing *c, struct summary *summary)
{
    watch(c, summary);
    for (size_t i = 0; i < c->pairs; i++) {
        if (side_feed(&c->base.side, c->pair[i].baseline, c->matching.base, summary, 2 * i,
                      c->err) < 0 ||
            side_feed(&c->head.side, c->pair[i].candidate, c->matching.head, summary, 2 * i + 1,
                      c->err) < 0)
            return -1;
    }
    return summary_finish(summary, c->err);
}

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
    if (read_operand(c, &c->base) < 0 || read_operand(c, &c->head) < 0 || check_alike(c) < 0 ||
        matching_make(&c->matching, &c->base.side, &c->head.side, c->arena, c->err) < 0 ||
        find_pairs(c) < 0)
        return -1;
    if (c->matching.told && (side_may_stop(&c->base.side) || side_may_stop(&c->head.side)))
        return err_set(
            c->err, ERR_INPUT,
            "a run with stop looked at samples in their order, so it is compared with "
            "runs of the same dataset alone; the fingerprint is %.*s there and %.*s "
            "here",
            STR_ARG(c->base.side.fingerprint), STR_ARG(c->head.side.fingerprint));
    side_drop_beyond(&c->base.side, c->arena);
    side_drop_beyond(&c->head.side, c->arena);
    struct summary *summary = begin(c);
    int result = feed(c, summary);
    if (result == 0)
        result = write_all(c, options, summary);
    *failed = summary->requirement_failed;
    summary_free(summary);
    return result;
}

static int compare_run(struct arena *arena, const void *given, const str *arg, size_t args,
                       struct err *err)
{
    if (args != 2)
        return err_set(err, ERR_INPUT, "expected BASE and HEAD; see --help");
    struct comparing c = {
        .arena = arena, .err = err, .base = {.given = arg[0]}, .head = {.given = arg[1]}};
    bool failed = false;
    c.group_by = ((const struct compare_cmd *)given)->group_by;
    if (compare(&c, given, &failed) < 0)
        return -1;
    return failed ? EXIT_REQUIREMENT : EXIT_FINE;
}

const struct cmd cmd_compare = {
    .name = "compare",
    .usage = "BASE HEAD [options]",
    .summary = "two runs, a run and a baseline, or two variants, sample by sample",
    .details =
        "BASE and HEAD are each a run (path or ID), a baseline (FILE.json of weir baseline\n"
        "save), one of its variants (RUN:VARIANT, FILE.json:VARIANT), or a variant of the\n"
        "newest run. Without variants each meets its namesake. Both must have the same\n"
        "scores. Of different datasets the samples with the same content are compared; with\n"
        "none in common the comparison is unpaired, and says so. The rules of HEAD's\n"
        "experiment (require) are judged, with BASE as their baseline; the exit code is 100\n"
        "when one is not met.",
    CMD_OPTIONS(compare_cmd),
    .run = compare_run,
};
