/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_tables.c: every key of an experiment file that is not a pattern's, a check's or a
 * provider's (see experiment_tables.h).
 */
#include "plan/experiment_tables.h"

static const char *const order_choices[] = {"blocked", "file", NULL};
static const char *const cache_choices[] = {"none", "use", "refresh", NULL};

const struct opt experiment_options[] = {
    OPT_TEXT(experiment_keys, description, .help = "one line for reports"),
    OPT_RAW(experiment_keys, dataset, .word = "dataset", .required = true,
            .help = "the samples: a file, or a mapping"),
    OPT_RAW(experiment_keys, vars, .word = "object",
            .form = "{type: object, propertyNames: {pattern: '" OPT_FORM_NAME "'}}",
            .help = "constants that templates see; a sample field of the same name wins"),
    OPT_RAW(experiment_keys, providers, .word = "providers",
            .help = "where requests go; openai, anthropic and gemini are built in"),
    OPT_RAW(experiment_keys, models, .word = "models", .required = true, .help = "who answers"),
    OPT_TEXT(experiment_keys, prompts, .fallback = "prompts/",
             .help = "directory, one file a prompt"),
    OPT_TEXT(experiment_keys, schemas, .fallback = "schemas/",
             .help = "directory, one JSON Schema a file"),
    OPT_RAW(experiment_keys, defaults, .word = "defaults",
            .help = "for every call that does not say otherwise"),
    OPT_RAW(experiment_keys, tools, .word = "tools", .help = "what calls may use"),
    OPT_RAW(experiment_keys, nodes, .word = "nodes",
            .help = "shared nodes, put in place with use"),
    OPT_RAW(experiment_keys, variants, .word = "variants", .required = true,
            .help = "what is compared"),
    OPT_INT(experiment_keys, trials, .min = 1, .max = 1000, .fallback = "1",
            .help = "repetitions of each variant on each sample"),
    OPT_INT(experiment_keys, seed, .min = 0, .max = 9007199254740992.0, .fallback = "1",
            .help = "for order, attempt keys and backoff; sent to models only by call.seed"),
    OPT_CHOICE(experiment_keys, order, .choices = order_choices, .fallback = "blocked",
               .help = "blocked: the cells of a sample close together, in seeded random order"),
    OPT_INT(experiment_keys, concurrency, .min = 1, .max = 10000, .fallback = "32",
            .help = "cells open at once"),
    OPT_RAW(experiment_keys, limits, .word = "limits", .help = "safety limits of one cell"),
    OPT_RAW(experiment_keys, budget, .word = "budgets",
            .help = "what the run and each cell may spend: {run: …, cell: …}"),
    OPT_RAW(experiment_keys, retry, .word = "retry", .help = "transport retries"),
    OPT_CHOICE(experiment_keys, cache, .choices = cache_choices, .fallback = "none",
               .help =
                   "replies of earlier runs: use reads and writes them, refresh only writes"),
    OPT_RAW(experiment_keys, score, .word = "score", .required = true,
            .help = "how an output becomes a number"),
    OPT_RAW(experiment_keys, baseline, .word = "baseline",
            .help = "the variant that the others are compared with, the first when not given; or "
                    "a saved baseline, {file: …}"),
    OPT_RAW(experiment_keys, require, .word = "rules",
            .help = "what a run must show to pass: a list of rules"),
    OPT_RAW(experiment_keys, stop, .word = "stop",
            .help = "ends the run once a difference of two variants is decided"),
    OPT_RAW(experiment_keys, perturb, .word = "perturb",
            .help = "also run each sample with a harmless change: a mapping from name to change"),
    OPT_RAW(experiment_keys, report, .word = "report", .help = "what reports show"),
    OPT_RAW(experiment_keys, mock, .word = "mock", .help = "a mock file, for --mock"),
    OPT_END,
};

const struct opt variant_options[] = {
    OPT_TEXT(variant_keys, extends, .help = "start from a copy of that variant"),
    OPT_RAW(variant_keys, set, .word = "set",
            .help = "path to value, replaced or added in the copy"),
    OPT_RAW(variant_keys, unset, .word = "unset", .help = "paths removed from the copy"),
    OPT_RAW(variant_keys, defaults, .word = "defaults",
            .help = "for the calls of this variant"),
    OPT_RAW(variant_keys, matrix, .word = "matrix",
            .help = "one variant for each combination of the axes"),
    OPT_END,
};

const struct opt score_options[] = {
    OPT_TEXT(score_keys, step,
             .help = "score that step instead of the output; with [*] every "
                     "instance, the value is their mean"),
    OPT_NUMBER(score_keys, weight, .min = 0, .max = 1e6, OPT_GIVEN(score_keys, has_weight),
               .help = "0: recorded, no part of correctness; default 1, with step 0"),
    OPT_TEXT(score_keys, model,
             .help = "that the check asks: a judge, or similar's embedding model"),
    OPT_INT(score_keys, repeats, .min = 1, .max = 15, .fallback = "1",
            OPT_GIVEN(score_keys, has_repeats),
            .help = "how often a judge is asked; the median counts"),
    OPT_TEXT(score_keys, description, .help = "for readers"),
    OPT_END,
};

const struct opt limits_options[] = {
    OPT_INT(limits, calls, .min = 1, .max = 1e6, .fallback = "200",
            .help = "model calls, re-asks included"),
    OPT_INT(limits, steps, .min = 1, .max = 1e7, .fallback = "2000", .help = "step instances"),
    OPT_INT(limits, depth, .min = 1, .max = 32, .fallback = "16", .help = "nested nodes"),
    OPT_DURATION(limits, time, .fallback = "10m", .help = "on the clock of latency"),
    OPT_SIZE(limits, reply, .fallback = "4MB", .help = "one model reply"),
    OPT_SIZE(limits, value, .fallback = "16MB", .help = "the value of one step"),
    OPT_END,
};

/* as in stats/reduce.h */
static const char *const reducer_names[] = {"mean", "median", "mode", "max", NULL};

static const char *const texts_choices[] = {"failures", "all", "none", NULL};

const char *const report_plot_names[] = {
    "accuracy", "calls",          "confusion", "cost",       "latency",    "quantiles",
    "speed",    "refine-gain",    "steps-cost", "steps-time", "steps-tokens",
    "votes",    "refine-quality", "waterfall", NULL};

const struct opt report_options[] = {
    OPT_TEXT(report_settings, title, .help = "of reports; the description when not given"),
    OPT_TEXTS(report_settings, group_by,
              .help = "accuracy by group of samples: beginnings of tags (lang:), metadata.KEY"),
    OPT_NUMBER(report_settings, confidence, .min = 0.5, .max = 0.999, .fallback = "0.95",
               .help = "of intervals"),
    OPT_CHOICE(report_settings, reducer, .choices = reducer_names, .fallback = "mean",
               .help = "how the trials of a sample become one value"),
    OPT_CHOICE(report_settings, texts, .choices = texts_choices, .fallback = "failures",
               .help = "prompts and replies in an HTML report: of which cells"),
    OPT_RAW(report_settings, plots, .word = "plot_names",
            .help = "pictures of reports: names as in weir list plots, or none; all when not "
                    "given"),
    OPT_END,
};
