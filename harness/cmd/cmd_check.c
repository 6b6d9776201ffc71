/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_check.c: weir check: everything that can be known without a call.
 */
#include "cmd/cmd.h"
#include "cmd/part.h"
#include "cmd/vigil.h"
#include "session/estimates.h"
#include "session/mock.h"
#include "session/places.h"

#include "base/log.h"
#include "base/text.h"
#include "plan/experiment_scores.h"
#include "plan/experiment_select.h"
#include "plan/experiment_stop.h"
#include "plan/perturb.h"
#include "reports/drawing.h"

#include <stdio.h>

struct check_cmd {
    int64_t trials, concurrency;
    str config;
    struct part_options part;
    bool effective, json, watch;
    int draw;
};

static const char *const draw_words[] = {"no", "text", "dot", "mermaid", NULL};
static void (*const draw_forms[])(struct buf *out, str name, const struct drawing *drawing) = {
    NULL, drawing_as_text, drawing_as_dot, drawing_as_mermaid};

static const struct opt check_cmd_options[] = {
    OPT_INT(check_cmd, trials, .also = "repeat", .min = 1, .max = 1000,
            .help = "instead of the experiment's"),
    OPT_TEXT(check_cmd, config, .letter = 'c', .word = "EXP",
             .help = "EXP, as users of promptfoo name it"),
    PART_ROWS(check_cmd),
    OPT_INT(check_cmd, concurrency, .letter = 'j', .also = "max_concurrency", .min = 1,
            .max = 10000, .help = "cells open at once, instead of the experiment's"),
    OPT_BOOL(check_cmd, effective, .fallback = "false",
             .help = "print the experiment as it counts, as JSON"),
    OPT_BOOL(check_cmd, json, .fallback = "false",
             .help = "print the estimates as one JSON object"),
    OPT_CHOICE(check_cmd, draw, .choices = draw_words, .fallback = "no", .bare = "text",
               .help = "print each variant's tree: as text, for Graphviz, or for Mermaid"),
    OPT_BOOL(check_cmd, watch, .fallback = "false",
             .help = "check again whenever a file of the experiment is saved, until Ctrl-C"),
    OPT_END,
};

static void print_json(const json *value)
{
    struct buf out = {0};
    json_write_indented(&out, value, 2);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

static void print_drawings(struct arena *arena, const struct experiment *experiment, int form)
{
    struct buf out = {0};
    for (size_t i = 0; i < experiment->variants; i++) {
        str name = experiment->variant[i].name;
        struct drawing drawing = drawing_of(arena, experiment->effective, name);
        draw_forms[form](&out, name, &drawing);
    }
    printf("%.*s", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

static void print_cells(struct arena *arena, const struct experiment *experiment)
{
    double cells = (double)experiment->dataset.count * (double)experiment->trials;
    str name = text_visible(arena, experiment->name);
    str also = experiment->perturbations
                   ? arena_printf(arena, " × %zu (unchanged, and by each of %zu changes)",
                                  experiment->perturbations + 1, experiment->perturbations)
                   : STR("");
    printf("%.*s: %zu samples%.*s × %lld trials × %zu variants = %.0f cells\n", STR_ARG(name),
           experiment->originals, STR_ARG(also), (long long)experiment->trials,
           experiment->variants, cells * (double)experiment->variants);
}

static const struct estimates *look_ahead(struct arena *arena,
                                          const struct experiment *experiment)
{
    struct estimates_run run = estimates_look_back(arena, experiment);
    return estimates_of(arena, experiment, &run);
}

static void print_estimates(struct arena *arena, const struct estimates *estimates)
{
    struct buf out = {0};
    estimates_as_text(arena, &out, estimates);
    printf("%.*s", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

/* What `perturb` changes, and where it has nothing to change. */
static void print_perturbations(struct arena *arena, const struct experiment *experiment)
{
    if (experiment->perturbations)
        printf("\n  %-24s %28s\n", "perturbation", "changes samples");
    for (size_t p = 0; p < experiment->perturbations; p++) {
        const struct perturbation *one = &experiment->perturbation[p];
        str changed = arena_printf(arena, "%zu of %zu", one->changed, experiment->originals);
        printf("  %-24.*s %28.*s\n", STR_ARG(one->label), STR_ARG(changed));
    }
}

/* What scores ask models is no part of the variants, but of the bill. */
static void print_asking(const struct experiment *experiment)
{
    double cells = (double)experiment->dataset.count * (double)experiment->trials;
    bool first = true;
    for (size_t i = 0; i < experiment->scores; i++) {
        const struct score *score = &experiment->score[i];
        double variants = 0;
        for (size_t v = 0; v < experiment->variants; v++)
            variants += score->applies[v];
        if (!score->model)
            continue;
        if (first)
            printf("\n  beside them, for scores, at most\n");
        first = false;
        printf("  %-24.*s %8lld a cell%s%.*s, %.0f in all%s, by model '%.*s'\n",
               STR_ARG(score->name), (long long)score_calls(experiment, score),
               score->step.n ? " and instance of " : "", STR_ARG(score->step),
               cells * variants * (double)score_calls(experiment, score),
               score->step.n ? " for one instance each" : "", STR_ARG(score->model->name));
    }
}

/* What may end the run before those calls are made. */
static void print_stop(const struct experiment *experiment)
{
    const struct stop_settings *stop = experiment->stop;
    if (!stop)
        return;
    str of = experiment->variant[stop->of].name;
    str against = experiment->variant[stop->against].name;
    printf("\n  stop: fewer, when the %s of %.*s against %.*s is decided, from %lld samples\n",
           stop->score ? "score" : "accuracy", STR_ARG(of), STR_ARG(against),
           (long long)stop->min_samples);
}

/* What of the experiment does not hold for the variants that are asked about. */
static void print_left_out(struct arena *arena, const struct experiment *experiment)
{
    str rest = experiment_left_out_text(arena, experiment), line;
    if (rest.n)
        putchar('\n');
    while (rest.n) {
        str_cut(rest, '\n', &line, &rest);
        printf("  %.*s\n", STR_ARG(line));
    }
}

static void print_checked(struct arena *arena, const struct experiment *experiment,
                          const struct check_cmd *options)
{
    if (experiment->warnings->count)
        log_text(mistakes_text(experiment->warnings));
    if (options->effective) {
        print_json(experiment->effective);
    } else if (options->json) {
        print_json(estimates_as_json(arena, look_ahead(arena, experiment)));
    } else if (options->draw) {
        print_drawings(arena, experiment, options->draw);
    } else {
        print_cells(arena, experiment);
        print_estimates(arena, look_ahead(arena, experiment));
        print_asking(experiment);
        print_stop(experiment);
        print_left_out(arena, experiment);
        print_perturbations(arena, experiment);
    }
}

static struct experiment_options overrides_of(const struct check_cmd *options)
{
    struct experiment_options overrides = {.trials = options->trials,
                                           .concurrency = options->concurrency,
                                           .seed = -1,
                                           .read_mock = mock_check};
    part_take(&options->part, &overrides);
    return overrides;
}

struct watched_check {
    const struct check_cmd *options;
    str path;
};

static vigil_round check_round;
static int check_round(struct vigil *vigil, struct arena *arena, void *arg, struct err *err)
{
    const struct watched_check *watched = arg;
    struct experiment_options overrides = overrides_of(watched->options);
    const struct experiment *experiment =
        vigil_load(vigil, arena, watched->path, &overrides, err);
    if (!experiment)
        return -1;
    print_checked(arena, experiment, watched->options);
    return EXIT_FINE;
}

static int check_run_cmd(struct arena *arena, const void *given, const str *arg, size_t args,
                         struct err *err)
{
    const struct check_cmd *options = given;
    str path;
    if (options->watch && (options->json || options->effective))
        return err_set(err, ERR_INPUT, "--watch prints for people; expected no --%s",
                       options->json ? "json" : "effective");
    if (cmd_no_more(arg, args, 1, err) < 0 ||
        part_take_config(&options->config, &arg, &args, err) < 0 ||
        experiment_find(arena, cmd_arg(arg, args, 0), &path, err) < 0)
        return -1;
    if (options->watch)
        return vigil_keep(check_round, &(struct watched_check){options, path}, err);
    struct experiment_options overrides = overrides_of(options);
    const struct experiment *experiment = experiment_load(arena, path, &overrides, err);
    if (!experiment)
        return -1;
    print_checked(arena, experiment, options);
    return EXIT_FINE;
}

const struct cmd cmd_check = {
    .name = "check",
    .alias = "validate",
    .usage = "[EXP] [options]",
    .summary = "read and check an experiment, estimate what it takes; no network",
    CMD_OPTIONS(check_cmd),
    .run = check_run_cmd,
};
