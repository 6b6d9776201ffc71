/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_run.c: weir run: an experiment in, an honest comparison out.
 *
 * The order is: read and check everything; start the mock, if asked for; make the run's file;
 * run; report from what was written. What comes last on stdout is the path of the run, unless
 * --no-store leaves none.
 */
#include "cmd/cmd.h"
#include "cmd/run_words.h"
#include "cmd/vigil.h"
#include "session/again.h"
#include "session/estimates.h"
#include "session/kept.h"
#include "session/mock.h"
#include "session/places.h"
#include "session/running.h"
#include "session/unkept.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "plan/experiment_select.h"
#include "run/progress.h"

#include <stdio.h>
#include <unistd.h>

static const struct opt run_cmd_options[] = {
    OPT_BOOL(run_cmd, mock, .fallback = "false",
             .help = "answer with the bundled mock server and the experiment's mock file"),
    OPT_TEXT(run_cmd, mock_url, .word = "URL",
             .help = "a weir-mock that runs already, instead of starting one"),
    OPT_INT(run_cmd, trials, .also = "repeat", .min = 1, .max = 1000,
            .help = "instead of the experiment's"),
    OPT_INT(run_cmd, concurrency, .letter = 'j', .also = "max_concurrency", .min = 1,
            .max = 10000, .help = "cells open at once, instead of the experiment's"),
    OPT_TEXT(run_cmd, config, .letter = 'c', .word = "EXP",
             .help = "EXP, as users of promptfoo name it"),
    PART_ROWS(run_cmd),
    OPT_INT(run_cmd, seed, .min = 0, .max = 9007199254740992.0, OPT_GIVEN(run_cmd, has_seed),
            .help = "instead of the experiment's"),
    OPT_NUMBER(run_cmd, rate, .min = 0.001, .max = 1e6,
               .help = "start that many cells a second on a schedule, instead of -j at once"),
    OPT_CHOICE(run_cmd, arrivals, .choices = arrivals_names, .fallback = "poisson",
               .help = "of --rate: evenly, or with the gaps of independent users"),
    OPT_USD(run_cmd, max_cost, .help = "dollars the run may spend (budget.run.usd)"),
    OPT_INT(run_cmd, max_calls, .min = 1, .max = 1e15,
            .help = "calls the run may make (budget.run.calls)"),
    OPT_INT(run_cmd, max_tokens, .min = 1, .max = 1e15,
            .help = "tokens the run may use (budget.run.tokens)"),
    OPT_TEXT(run_cmd, shard, .word = "I/N",
             .help = "only part I of N: whole samples, a part of each budget of the run and of "
                     "each rate; weir merge joins the parts"),
    OPT_BOOL(run_cmd, cache, .fallback = "true",
             .help = "what the experiment says of it; --no-cache neither reads nor writes it"),
    OPT_SIZE(run_cmd, cache_size, .fallback = "1GB",
             .help = "bytes that the cache keeps; what was not used longest goes first"),
    OPT_BOOL(run_cmd, baseline, .fallback = "true",
             .help =
                 "--no-baseline leaves out the experiment's baseline file, as before there is "
                 "one"),
    OPT_BOOL(run_cmd, store, .fallback = "true",
             .help = "--no-store keeps no records: the run's file lies in memory and goes "
                     "with the process, so the report is all there is"),
    TAPING_ROWS(run_cmd),
    OPT_TEXT(run_cmd, resume, .word = "RUN", .bare = AGAIN_NEWEST,
             .help = "go on with a run that stopped; without RUN the newest that did"),
    OPT_BOOL(run_cmd, retry_errors, .fallback = "false",
             .help = "with --resume: failed cells run again, also of a finished run"),
    OPT_TEXT(run_cmd, keep, .word = "VARIANTS",
             .help =
                 "with --resume, of an edited experiment: cells of these variants stay, all "
                 "others run again"),
    OPT_BOOL(run_cmd, watch, .fallback = "false",
             .help = "run again whenever a file of the experiment is saved, until Ctrl-C: only "
                     "calls that changed are sent, and --max-cost is for all runs together"),
    OPT_BOOL(run_cmd, quiet, .letter = 'q', .fallback = "false",
             .help = "print nothing but the path of the run"),
    OPT_BOOL(run_cmd, progress_bar, .fallback = "true",
             .help = "the status line; --no-progress-bar leaves it out"),
    OUTPUT_ROWS(run_cmd),
    OPT_END,
};

static bool is_mock(const struct run_cmd *options, const struct llm_tape *tape)
{
    return options->mock || options->mock_url.n || (tape && llm_tape_is_of_mock(tape));
}

/* A cassette that a mock filled knows the paths that the mock has. */
static const str no_mock = STR_INIT("http://mock.invalid");

/* If several apply: 130, (1, 2: errors), 3, 100. */
static int exit_code_of(const struct run_result *result, bool failed)
{
    if (result->stopped)
        return EXIT_STOPPED;
    if (!result->complete)
        return EXIT_INCOMPLETE;
    return failed ? EXIT_REQUIREMENT : EXIT_FINE;
}

/* The stored run, rendered and judged: *failed when a requirement is not met. */
static int report(struct arena *arena, const struct run_cmd *options, str path, bool has_rules,
                  bool *failed, struct err *err)
{
    struct output_options out = options->out;
    struct run_view view;
    int status = 0;
    out.quiet = options->quiet;
    if (output_is_wanted(&out) || has_rules) { /* reading a large run again takes seconds */
        status = run_view_open_by(&view, path, &out.group_by, arena, err);
        if (status == 0) {
            *failed = view.summary->requirement_failed;
            status = output_write(&out, &view, arena, err);
        }
        run_view_close(&view);
    }
    if (options->unkept.folder.n)
        return status;
    if (options->quiet || !isatty(STDOUT_FILENO))
        printf("%.*s\n", STR_ARG(path));
    else
        fprintf(stderr, "run: %.*s\n", STR_ARG(text_visible(arena, path)));
    return status;
}

static struct running running_of(const struct experiment *experiment,
                                 const struct run_cmd *options, struct llm_tape *tape,
                                 struct progress *progress)
{
    return (struct running){
        .experiment = experiment,
        .tape = tape,
        .again = options->again,
        .folder = options->unkept.folder,
        .words = options->words,
        .mock_url = options->mock_url,
        .mock = is_mock(options, tape),
        .own_mock = options->mock && !options->mock_url.n,
        .replayed = options->taping.replay,
        .rate = options->rate,
        .arrivals = (enum arrivals)options->arrivals,
        .cache_size = options->cache_size,
        .signals = true,
        .progress = progress_show,
        .progress_arg = progress,
        .progress_ns = progress_interval_ns(progress),
    };
}

/* The run has ended, however it did: what was paid is paid. */
static void count_run(const struct run_cmd *options, const struct run_result *result)
{
    const struct vigil_limits limits = {options->max_calls > 0, options->max_tokens > 0,
                                        options->max_cost > 0};
    if (!options->vigil)
        return;
    vigil_end_run(options->vigil);
    vigil_count(options->vigil, result, &limits);
}

static void watch_run(const struct run_cmd *options, struct running *running)
{
    if (!options->vigil)
        return;
    running->signals = false; /* they are the vigil's */
    running->control = vigil_begin_run(options->vigil);
    running->spent = vigil_spent(options->vigil);
}

/* The run in the file, to the user. */
static int tell(struct arena *arena, const struct run_cmd *options, str path,
                const struct experiment *experiment, const struct run_result *result,
                bool *failed, struct err *err)
{
    struct vigil *vigil = options->vigil;
    if (vigil && vigil_is_cut(vigil, result))
        return 0;
    if (report(arena, options, path, experiment->rules > 0, failed, err) < 0)
        return -1;
    if (vigil)
        vigil_tell(vigil, arena, path, result);
    return 0;
}

static int run_with_tape(struct arena *arena, const struct experiment *experiment,
                         const struct run_cmd *options, str mock_url, struct llm_tape *tape,
                         struct err *err)
{
    struct run_result result = {0};
    str path = {"", 0};
    bool offline = llm_tape_is_offline(tape);
    if (offline && llm_tape_is_of_mock(tape))
        mock_url = no_mock;
    if (kept_check(experiment, is_mock(options, tape), arena, err) < 0 ||
        providers_prepare(arena, experiment, mock_url, offline, err) < 0)
        return -1;
    bool failed = false;
    struct progress progress = {
        .terminal = isatty(STDERR_FILENO) && options->progress_bar,
        .silent = options->quiet || !options->progress_bar,
    };
    struct running running = running_of(experiment, options, tape, &progress);
    watch_run(options, &running);
    int executed = running_execute(&running, arena, &path, &result, err);
    count_run(options, &result);
    if (executed < 0 || tell(arena, options, path, experiment, &result, &failed, err) < 0)
        return -1;
    int taped = taping_end(tape, &options->taping, err), code = exit_code_of(&result, failed);
    return taped && code != EXIT_STOPPED ? taped : code;
}

static int run_with_mock(struct arena *arena, const struct experiment *experiment,
                         const struct run_cmd *options, struct err *err)
{
    struct mock mock = {.url = options->mock_url};
    struct llm_tape *tape;
    if (taping_is_offline(&options->taping) && (options->mock || mock.url.n))
        return err_set(err, ERR_INPUT, "--replay asks nobody: leave out --mock and --mock-url");
    if (options->mock && !mock.url.n && mock_start(&mock, experiment, arena, err) < 0)
        return -1;
    if (options->mock && !options->mock_url.n && !options->quiet)
        mock_notes(experiment, arena);
    if (!options->quiet)
        running_tell_left_out(experiment, arena);
    int code;
    if (taping_open(&tape, &options->taping, mock.url, options->again != NULL, err) < 0)
        code = -1;
    else
        code = run_with_tape(arena, experiment, options, mock.url, tape, err);
    if (!options->quiet)
        mock_made_up(&mock, arena);
    llm_tape_close(tape);
    mock_stop(&mock);
    return code;
}

static struct again_options again_options_of(const struct run_cmd *options, const str *arg,
                                             size_t args)
{
    struct again_options again = {.run = options->resume,
                                  .experiment = cmd_arg(arg, args, 0),
                                  .retry_errors = options->retry_errors,
                                  .keep = options->keep};
    /* "--resume exp.yaml" */
    str name = again.run;
    bool is_experiment = name.n && (str_ends_with(name, STR(".yaml")) || dir_exists(name.p));
    if (!args && is_experiment) {
        again.experiment = name;
        again.run = STR(AGAIN_NEWEST);
    }
    return again;
}

static int take_manner(struct run_cmd *options, const struct again *again, struct err *err)
{
    struct again_manner manner = {options->mock, options->mock_url.n > 0, options->rate,
                                  options->arrivals};
    if (again_take_manner(again, &manner, err) < 0)
        return -1;
    options->mock = manner.mock;
    options->rate = manner.rate;
    options->arrivals = manner.arrivals;
    return 0;
}

static int resume_run(struct arena *arena, struct run_cmd *options,
                      const struct again_options *wanted, struct experiment_options *overrides,
                      struct err *err)
{
    struct again again;
    const struct experiment *experiment = NULL;
    if (again_find(&again, wanted, arena, err) == 0 &&
        again_take_options(&again, arena, overrides, err) == 0 &&
        take_manner(options, &again, err) == 0)
        experiment = experiment_load(arena, again.experiment_path, overrides, err);
    if (experiment && again_check(&again, experiment, wanted, arena, err) < 0)
        experiment = NULL;
    again_release(&again);
    if (!experiment)
        return -1;
    options->again = &again;
    return run_with_mock(arena, experiment, options, err);
}

/* Before anything is paid for. A shard has a part of the budget, and of the cells. */
static void warn(struct arena *arena, const struct experiment *experiment)
{
    struct buf out = {0};
    if (experiment->warnings->count)
        log_text(mistakes_text(experiment->warnings));
    if (experiment->run_budget && experiment->shards == 0) {
        struct estimates_run run = estimates_look_back(arena, experiment);
        estimates_warn(arena, &out, estimates_of(arena, experiment, &run));
    }
    fprintf(stderr, "%.*s", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

/* ---- --watch ---- */

struct watched_run {
    struct run_cmd *options;
    struct experiment_options overrides;
    str path;
};

static vigil_round run_round;
static int run_round(struct vigil *vigil, struct arena *arena, void *arg, struct err *err)
{
    struct watched_run *watched = arg;
    const struct experiment *experiment =
        vigil_load(vigil, arena, watched->path, &watched->overrides, err);
    if (!experiment)
        return -1;
    watched->options->vigil = vigil;
    watched->options->words = again_words(arena, &watched->overrides);
    warn(arena, experiment);
    int code = run_with_mock(arena, experiment, watched->options, err);
    watched->overrides.refreshed = true;
    return code;
}

static int run_given(struct arena *arena, struct run_cmd *options, const str *arg, size_t args,
                     struct err *err)
{
    str path;
    struct experiment_options overrides = {
        .trials = options->trials,
        .concurrency = options->concurrency,
        .seed = options->has_seed ? options->seed : -1,
        .max_nanousd = options->max_cost,
        .max_calls = options->max_calls,
        .max_tokens = options->max_tokens,
        /* a cassette has all replies itself */
        .no_baseline = !options->baseline,
        .no_cache = !options->cache || options->taping.record.n || options->taping.replay.n,
    };
    part_take(&options->part, &overrides);
    if (run_cmd_read_shard(options->shard, &overrides, err) < 0)
        return -1;
    struct again_options wanted = again_options_of(options, arg, args);
    if (wanted.run.n)
        return resume_run(arena, options, &wanted, &overrides, err);
    if (options->retry_errors || options->keep.n)
        return err_set(err, ERR_INPUT, "--%s is of --resume; expected that too",
                       options->retry_errors ? "retry-errors" : "keep");
    if (experiment_find(arena, cmd_arg(arg, args, 0), &path, err) < 0)
        return -1;
    if (options->watch) {
        overrides.use_cache = true;
        return vigil_keep(run_round, &(struct watched_run){options, overrides, path}, err);
    }
    const struct experiment *experiment = experiment_load(arena, path, &overrides, err);
    if (!experiment)
        return -1;
    options->words = again_words(arena, &overrides);
    if (!options->quiet)
        warn(arena, experiment);
    return run_with_mock(arena, experiment, options, err);
}

static int run_run(struct arena *arena, const void *given, const str *arg, size_t args,
                   struct err *err)
{
    struct run_cmd options = *(const struct run_cmd *)given;
    if (cmd_no_more(arg, args, 1, err) < 0 ||
        part_take_config(&options.config, &arg, &args, err) < 0)
        return -1;
    /* a report that turns out impossible is told before anything is paid for */
    if (output_check(&options.out, err) < 0 ||
        (options.watch && run_cmd_check_watch(&options, err) < 0))
        return -1;
    if (!options.store &&
        (run_cmd_check_unkept(&options, err) < 0 || unkept_make(&options.unkept, true, arena, err) < 0))
        return -1;
    int code = run_given(arena, &options, arg, args, err);
    unkept_remove(&options.unkept);
    return code;
}

const struct cmd cmd_run = {
    .name = "run",
    .alias = "eval",
    .usage = "[EXP] [options]",
    .summary = "run every variant of an experiment over its dataset, and compare",
    .details =
        "EXP is an experiment file, or a folder with an experiment.yaml; by default the one\n"
        "here. The run is kept in .weir/runs beside the experiment. The first Ctrl-C\n"
        "finishes open cells, the second drops them. --resume goes on where a run stopped:\n"
        "what was paid for is not asked again. With --no-store nothing of it is kept but what\n"
        "-o and its like write.",
    CMD_OPTIONS(run_cmd),
    .run = run_run,
};
