/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c: what is asked for beyond the experiment's file. Words and values, since those cross every
 * language's border, and one row more breaks no program.
 */
#include "api/inside.h"

#include <string.h>

#include "base/mem.h"
#include "run/pace.h"

const struct opt api_options[] = {
    OPT_BOOL(weir_options, mock, .fallback = "false",
             .help =
                 "answer with weir-mock and the experiment's mock file: the program is looked "
                 "for beside the one that runs, then on PATH"),
    OPT_TEXT(weir_options, mock_url, .word = "URL",
             .help = "a weir-mock that runs already, instead of starting one"),
    OPT_INT(weir_options, trials, .min = 1, .max = 1000, .help = "instead of the experiment's"),
    OPT_INT(weir_options, concurrency, .min = 1, .max = 10000,
            .help = "cells open at once, instead of the experiment's"),
    OPT_INT(weir_options, limit, .min = 1, .max = 1e9,
            .help = "only the first N samples of the dataset"),
    OPT_TEXT(weir_options, filter_range, .word = "A:B",
             .help = "only samples A up to B without B, counted from 0; then `limit` of them"),
    OPT_TEXT(weir_options, filter_pattern, .word = "REGEX",
             .help = "only samples in whose id or description it is found"),
    OPT_TEXTS(weir_options, sample_id, .word = "IDS",
              .help = "only these samples, ID,ID; each setting adds some"),
    OPT_TEXT(weir_options, variants, .word = "NAMES",
             .help = "only these variants, NAME,NAME: rules about others are not judged"),
    OPT_INT(weir_options, seed, .min = 0, .max = 9007199254740992.0,
            OPT_GIVEN(weir_options, has_seed), .help = "instead of the experiment's"),
    OPT_NUMBER(weir_options, rate, .min = 0.001, .max = 1e6,
               .help = "start that many cells a second on a schedule, instead of `concurrency` "
                       "at once"),
    OPT_CHOICE(weir_options, arrivals, .choices = arrivals_names, .fallback = "poisson",
               .help = "of `rate`: evenly, or with the gaps of independent users"),
    OPT_USD(weir_options, max_cost, .help = "dollars the run may spend (budget.run.usd)"),
    OPT_INT(weir_options, max_calls, .min = 1, .max = 1e15,
            .help = "calls the run may make (budget.run.calls)"),
    OPT_INT(weir_options, max_tokens, .min = 1, .max = 1e15,
            .help = "tokens the run may use (budget.run.tokens)"),
    OPT_BOOL(weir_options, cache, .fallback = "true",
             .help = "what the experiment says of it; false neither reads nor writes it"),
    OPT_SIZE(weir_options, cache_size, .fallback = "1GB", .help = "bytes that the cache keeps"),
    OPT_BOOL(weir_options, baseline, .fallback = "true",
             .help = "false leaves out the experiment's baseline file"),
    OPT_BOOL(weir_options, store, .fallback = "true",
             .help = "false keeps no records: the run's file lies in a folder of its own, in "
                     "memory where there is room, and goes with the run and its reports"),
    OPT_TEXT(
        weir_options, resume, .word = "RUN",
        .help = "go on with a run that stopped: its path, its ID, or newest; what was paid for "
                "is not asked again"),
    OPT_BOOL(weir_options, retry_errors, .fallback = "false",
             .help = "with `resume`: failed cells run again, also of a finished run"),
    OPT_TEXT(weir_options, runs, .word = "FOLDER",
             .help =
                 "where the run's file is made, a folder that is there; by default .weir/runs "
                 "beside the experiment"),
    OPT_END,
};

struct weir_options *weir_options_new(void)
{
    struct weir_options *options = xcalloc(1, sizeof *options);
    opt_defaults(api_options, &options->arena, options);
    return options;
}

static int unknown(struct arena *arena, str name, struct err *err)
{
    str words[32];
    size_t count = 0;
    for (const struct opt *row = api_options; row->type != OPT_TYPE_END; row++)
        words[count++] = str_from(row->key);
    str hint = mistake_hint(arena, name, words, count, true);
    return err_set(err, ERR_INPUT, "unknown option '%.*s'%.*s", STR_ARG(name), STR_ARG(hint));
}

static int set(struct weir_options *options, str name, str value, struct err *err)
{
    struct arena *arena = &options->arena;
    const struct opt *row = opt_find(api_options, name);
    if (!row)
        return unknown(arena, name, err);
    return opt_parse_text(arena, row, arena_str(arena, value), row->key, options, err);
}

int weir_options_set(struct weir_options *options, const char *name, const char *value,
                     struct weir_error **error)
{
    struct api_call call;
    struct err err = {0};
    api_enter(&call);
    set(options, str_from(name), str_from(value), &err);
    int status = api_fail(error, &err);
    api_leave(&call);
    return status;
}

void weir_options_free(struct weir_options *options)
{
    if (!options)
        return;
    arena_release(&options->arena);
    xfree(options);
}
