/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_library.c: libweir as a service would use it: by weir.h alone, linked with nothing else of weir.
 *
 * What the library promises not to do (print, handle signals, change limits, follow the locale) is looked
 * for while it runs.
 */
#include "weir.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include <sqlite3.h>
/* cmocka wants those of C before it */
#include <cmocka.h>

enum { SAMPLES = 20, CELLS = 2 * SAMPLES };

static char folder[] = "/tmp/weir-library-XXXXXX";

/* ---- an experiment ---- */

static const char *in_folder(const char *name)
{
    static _Thread_local char paths[4][128];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char head[] =
    "dataset: {file: rows.jsonl}\n"
    "models: {small: {provider: openai, model: m, price: {input: 1.5, output: 2}}}\n"
    "defaults: {model: small, max_tokens: 10}\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'Say {{q}}'}}}\n"
    "  two: {chain: {a: {call: {prompt: {user: 'Say {{q}}'}}}, b: {value: '{{a}}!'}}}\n"
    "baseline: one\n"
    "score: {same: {equals: '{{expected}}'}}\n";

/* Every reply is "hi", so variant one is right and two, which says "hi!", is wrong. */
static void write_experiment(const char *name, const char *more, const char *first_token)
{
    char text[4096], rows[4096] = "";
    snprintf(text, sizeof text,
             "%s%smock:\n  models: {'*': {first_token: %s}}\n  rules: {all: {reply: hi}}\n",
             head, more, first_token);
    write_text(name, text);
    for (int i = 0; i < SAMPLES; i++) {
        size_t n = strlen(rows);
        snprintf(rows + n, sizeof rows - n,
                 "{\"id\": \"s%d\", \"q\": %d, \"expected\": \"hi\"}\n", i, i);
    }
    write_text("rows.jsonl", rows);
}

static struct weir_options *mock_options(void)
{
    struct weir_options *options = weir_options_new();
    assert_int_equal(weir_options_set(options, "mock", "true", NULL), WEIR_FINE);
    return options;
}

static void set(struct weir_options *options, const char *name, const char *value)
{
    struct weir_error *error;
    int status = weir_options_set(options, name, value, &error);
    if (status)
        print_error("%s\n", weir_error_message(error));
    assert_int_equal(status, WEIR_FINE);
    assert_null(error);
}

static struct weir_experiment *load(const char *name, struct weir_options *options)
{
    struct weir_error *error;
    struct weir_experiment *experiment = weir_load(in_folder(name), options, &error);
    if (!experiment)
        print_error("%s\n", weir_error_problem(error, 0)->shown);
    assert_non_null(experiment);
    weir_options_free(options);
    return experiment;
}

static int run_it(struct weir_run *run)
{
    struct weir_error *error;
    int status = weir_run_execute(run, &error);
    if (error)
        print_error("%s\n", weir_error_message(error));
    assert_null(error);
    return status;
}

static struct weir_report *report_of(struct weir_run *run)
{
    struct weir_error *error;
    struct weir_report *report = weir_run_report(run, &error);
    assert_non_null(report);
    assert_null(error);
    return report;
}

/* ---- reading ---- */

/* Protects: every mistake comes back with its place, what is wrong and what would be right; nothing is
 * printed and nothing leaks (the sanitizer says so), however often. */
static void mistakes_come_back(void **state)
{
    (void)state;
    struct weir_error *error;
    write_text("bad.yaml", "dataset: {samples: [{id: 1, q: a}]}\n"
                           "modles: {m: {provider: openai, model: x}}\n"
                           "trails: 3\n");
    for (int i = 0; i < 3; i++) {
        assert_null(weir_load(in_folder("bad.yaml"), NULL, &error));
        assert_int_equal(weir_error_status(error), WEIR_BAD_INPUT);
        assert_int_equal(weir_error_problems(error),
                         4); /* no variants, no score, two unknown keys */
        const struct weir_problem *problem = weir_error_problem(error, 2);
        assert_string_equal(problem->file, in_folder("bad.yaml"));
        assert_int_equal(problem->line, 2);
        assert_int_equal(problem->column, 1);
        assert_non_null(strstr(problem->message, "modles"));
        assert_string_equal(problem->hint, "did you mean 'models'?");
        assert_non_null(strstr(problem->shown, "\n  ^"));
        assert_null(weir_error_problem(error, weir_error_problems(error)));
        weir_error_free(error);
        assert_null(weir_load(in_folder("bad.yaml"), NULL, NULL)); /* nobody asks why */
    }
    assert_null(weir_load(in_folder("none.yaml"), NULL, &error));
    assert_int_equal(weir_error_status(error), WEIR_BAD_INPUT);
    assert_null(weir_error_problem(error, 0)->file);
    assert_non_null(strstr(weir_error_message(error), "none.yaml"));
    weir_error_free(error);
}

/* Protects: an option that is not there, or cannot be that, is refused with what would be right. */
static void options_are_checked(void **state)
{
    (void)state;
    struct weir_options *options = weir_options_new();
    struct weir_error *error;
    assert_int_equal(weir_options_set(options, "trails", "2", &error), WEIR_BAD_INPUT);
    assert_string_equal(weir_error_problem(error, 0)->hint, "did you mean 'trials'?");
    weir_error_free(error);
    assert_int_equal(weir_options_set(options, "trials", "many", &error), WEIR_BAD_INPUT);
    assert_non_null(strstr(weir_error_message(error), "trials"));
    weir_error_free(error);
    assert_int_equal(weir_options_set(options, "trials", "0", NULL), WEIR_BAD_INPUT);
    set(options, "trials", "3");
    set(options, "limit", "5");
    set(options, "seed", "9");
    write_experiment("e.yaml", "", "0ms");
    struct weir_experiment *experiment = load("e.yaml", options);
    assert_int_equal(weir_experiment_cells(experiment), 2 * 5 * 3);
    assert_int_equal(weir_experiment_variants(experiment), 2);
    assert_string_equal(weir_experiment_variant(experiment, 1), "two");
    assert_null(weir_experiment_variant(experiment, 2));
    assert_string_equal(weir_experiment_name(experiment), "e");
    options = weir_options_new();
    set(options, "retry_errors", "true");
    assert_null(weir_load(in_folder("e.yaml"), options, &error)); /* of no run */
    assert_non_null(strstr(weir_error_message(error), "resume"));
    weir_error_free(error);
    weir_options_free(options);
    char *estimates = weir_check(experiment, &error);
    assert_null(error);
    assert_non_null(strstr(estimates, "\"calls\""));
    weir_free(estimates);
    weir_experiment_free(experiment);
}

/* ---- running ---- */

struct seen {
    unsigned cells, right, progress, warnings;
    int last; /* progress: the last one said so */
    pthread_t thread;
    bool other_thread;
    unsigned stop_after; /* cells; 0: never */
    struct weir_run *run;
    double latency_sum;
};

static int on_cell(void *arg, const struct weir_cell *cell)
{
    struct seen *seen = arg;
    seen->cells++;
    seen->right += cell->correct == 1;
    seen->other_thread = seen->other_thread || !pthread_equal(seen->thread, pthread_self());
    assert_string_equal(cell->status, "ok");
    assert_null(cell->reason);
    assert_null(cell->message);
    assert_int_equal(cell->trial, 1);
    assert_int_equal(cell->calls, 1);
    assert_true(cell->latency_ns > 0);
    assert_true(cell->cost_nanousd > 0);
    bool one = strcmp(cell->variant, "one") == 0;
    assert_string_equal(cell->output, one ? "\"hi\"" : "\"hi!\"");
    assert_true(cell->score == (one ? 1.0 : 0.0));
    assert_int_equal(cell->sample[0], 's');
    assert_non_null(weir_run_path(seen->run)); /* it can be read by now */
    return seen->stop_after && seen->cells == seen->stop_after;
}

static int on_progress(void *arg, const struct weir_progress *progress)
{
    struct seen *seen = arg;
    seen->progress++;
    seen->last = progress->last;
    seen->other_thread = seen->other_thread || !pthread_equal(seen->thread, pthread_self());
    assert_int_equal(progress->cells_total, CELLS);
    return 0;
}

static void on_warning(void *arg, const char *text)
{
    struct seen *seen = arg;
    seen->warnings++;
    assert_true(strlen(text) > 0);
}

static struct weir_run *new_run(struct weir_experiment *experiment, struct seen *seen)
{
    struct weir_run *run = weir_run_new(experiment);
    *seen = (struct seen){.thread = pthread_self(), .run = run};
    weir_run_on_cell(run, on_cell, seen);
    weir_run_on_progress(run, on_progress, seen);
    weir_run_on_warning(run, on_warning, seen);
    return run;
}

static void check_figures(const struct weir_report *report)
{
    const struct weir_variant *one = weir_report_variant(report, 0);
    const struct weir_variant *two = weir_report_variant(report, 1);
    assert_int_equal(weir_report_variants(report), 2);
    assert_string_equal(one->name, "one");
    assert_string_equal(two->pattern, "chain");
    assert_int_equal(one->cells, SAMPLES);
    assert_int_equal(one->finished, SAMPLES);
    assert_true(one->accuracy == 1.0 && two->accuracy == 0.0);
    assert_true(one->accuracy_low > 0.7 && one->accuracy_high == 1.0);
    assert_int_equal(one->calls, SAMPLES);
    assert_true(one->cost_usd > 0 && one->cost_usd == one->known_cost_usd);
    assert_true(one->latency_p50_ms > 0 && one->latency_p50_ms <= one->latency_p99_ms);
    assert_int_equal(weir_report_comparisons(report), 1);
    const struct weir_comparison *comparison = weir_report_comparison(report, 0);
    assert_string_equal(comparison->baseline, "one");
    assert_string_equal(comparison->variant, "two");
    assert_true(comparison->difference == -1.0 && comparison->high < 0);
    assert_true(comparison->p < 0.001);
    assert_string_equal(comparison->verdict, "worse");
    assert_string_equal(weir_report_winner(report), "one");
    assert_true(weir_report_is_mock(report));
    assert_true(weir_report_warnings(report) > 0);
    assert_non_null(strstr(weir_report_warning(report, 0), "mock"));
}

static int count_cell(void *arg, const struct weir_cell *cell)
{
    unsigned *count = arg;
    assert_non_null(cell->output);
    return ++*count == 7 ? 7 : 0;
}

static int64_t cpu_used_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static int64_t stored_cpu_ns(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *rows;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT cpu_ns FROM run", -1, &rows, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(rows), SQLITE_ROW);
    int64_t cpu_ns = sqlite3_column_int64(rows, 0);
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return cpu_ns;
}

/* Protects: a run tells of each cell once, on the caller's thread, and its results are the store's; a
 * second run of the same experiment in the same process does as well. What the process did before is
 * not in a run's processor time. */
static void two_runs_one_after_another(void **state)
{
    (void)state;
    struct seen seen;
    struct weir_error *error;
    write_experiment("e.yaml", "", "1ms");
    struct weir_experiment *experiment = load("e.yaml", mock_options());
    for (int i = 0; i < 2; i++) {
        struct weir_run *run = new_run(experiment, &seen);
        assert_null(weir_run_path(run));
        assert_null(weir_run_report(run, &error)); /* too early */
        weir_error_free(error);
        int64_t before_ns = cpu_used_ns();
        assert_int_equal(run_it(run), WEIR_FINE);
        int64_t took_ns = stored_cpu_ns(weir_run_path(run));
        assert_true(took_ns > 0 && took_ns <= cpu_used_ns() - before_ns);
        assert_int_equal(seen.cells, CELLS);
        assert_int_equal(seen.right, SAMPLES);
        assert_true(seen.progress >= 1 && seen.last);
        assert_false(seen.other_thread);
        assert_null(weir_run_reason(run));
        struct weir_report *report = report_of(run);
        check_figures(report);
        assert_int_equal(weir_report_status(report), WEIR_FINE);
        assert_null(weir_report_verdict(report));
        unsigned count = 0;
        assert_int_equal(weir_report_each_cell(report, count_cell, &count, &error), 7);
        assert_null(error);
        assert_int_equal(count, 7);
        assert_int_equal(weir_run_execute(run, &error), WEIR_BAD_INPUT); /* once is enough */
        weir_error_free(error);
        weir_run_free(run);
        check_figures(report); /* it needs no run */
        weir_report_free(report);
    }
    weir_experiment_free(experiment);
}

/* Protects: a stored run is found by path, by ID and as the newest, and is rendered in every format. */
static void stored_runs_are_read(void **state)
{
    (void)state;
    struct seen seen;
    struct weir_error *error;
    write_experiment("e.yaml", "require: [{of: two, metric: accuracy, min: 0.5}]\n", "0ms");
    struct weir_experiment *experiment = load("e.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    assert_int_equal(run_it(run), WEIR_FINE);
    struct weir_report *report = weir_report_open(NULL, in_folder("e.yaml"), &error);
    assert_non_null(report);
    char id[80];
    snprintf(id, sizeof id, "%s", weir_report_run(report));
    assert_non_null(strstr(weir_run_path(run), id));
    weir_report_free(report);
    report = weir_report_open(id, folder, &error);
    assert_non_null(report);
    weir_report_free(report);
    report = weir_report_open(weir_run_path(run), NULL, &error);
    assert_non_null(report);
    assert_int_equal(weir_report_status(report), WEIR_NOT_MET);
    assert_string_equal(weir_report_verdict(report), "FAIL");
    assert_int_equal(weir_report_requirements(report), 1);
    assert_int_equal(weir_report_requirement(report, 0)->failed, 1);
    assert_string_equal(weir_report_requirement(report, 0)->verdict, "FAIL");
    assert_null(weir_report_open("20000101T000000Z-0000", folder, &error));
    assert_int_equal(weir_error_status(error), WEIR_BAD_INPUT);
    weir_error_free(error);
    size_t formats = 0, length;
    for (const char *format; (format = weir_report_format(formats)); formats++) {
        if (strcmp(format, "html") == 0)
            continue; /* pictures take their time; below without them */
        char *text = weir_report_render(report, format, WEIR_CELLS, &length, &error);
        assert_non_null(text);
        assert_int_equal(strlen(text), length);
        weir_free(text);
    }
    assert_true(formats >= 10);
    assert_null(weir_report_render(report, "pdf", 0, NULL, &error));
    assert_non_null(strstr(weir_error_message(error), "html"));
    weir_error_free(error);
    assert_int_equal(weir_report_write(report, NULL, in_folder("out.json"), 0, &error),
                     WEIR_FINE);
    char *json = weir_report_render(report, "json", 0, &length, &error),
         *read = malloc(length + 2);
    FILE *file = fopen(in_folder("out.json"), "r");
    assert_int_equal(fread(read, 1, length + 2, file), length);
    assert_memory_equal(read, json, length);
    fclose(file);
    free(read);
    weir_free(json);
    assert_int_equal(weir_report_write(report, NULL, in_folder("out.db"), 0, &error),
                     WEIR_BAD_INPUT); /* a run is never written over */
    weir_error_free(error);
    assert_int_equal(weir_report_write(report, "json", in_folder("no\xff/x"), 0, &error),
                     WEIR_FAILED);
    assert_non_null(strstr(weir_error_message(error), "no\xef\xbf\xbd/x")); /* it is UTF-8 */
    weir_error_free(error);
    weir_report_free(report);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* ---- stopping ---- */

static void check_stopped(struct weir_run *run, const struct seen *seen)
{
    assert_true(seen->cells < CELLS);
    assert_non_null(weir_run_reason(run));
    struct weir_report *report = report_of(run);
    assert_int_equal(weir_report_status(report), WEIR_INCOMPLETE);
    assert_int_equal(weir_report_variant(report, 0)->finished +
                         weir_report_variant(report, 1)->finished,
                     seen->cells);
    weir_report_free(report);
}

/* Protects: a callback that returns something ends the run as one Ctrl-C does: open cells are finished. */
static void a_callback_stops_it(void **state)
{
    (void)state;
    struct seen seen;
    write_experiment("slow.yaml", "concurrency: 2\n", "20ms");
    struct weir_experiment *experiment = load("slow.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    seen.stop_after = 3;
    assert_int_equal(run_it(run), WEIR_INCOMPLETE);
    assert_true(seen.cells >= 3);
    check_stopped(run, &seen);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* Protects: a run that was stopped goes on later, in this process or another: what has a
 * result is not run again, and the results are those of a run that was never stopped. */
static void a_stopped_run_goes_on(void **state)
{
    (void)state;
    struct seen seen;
    struct weir_error *error;
    char path[256];
    write_experiment("slow.yaml", "concurrency: 2\n", "20ms");
    struct weir_experiment *experiment = load("slow.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    seen.stop_after = 3;
    assert_int_equal(run_it(run), WEIR_INCOMPLETE);
    snprintf(path, sizeof path, "%s", weir_run_path(run));
    unsigned before = seen.cells;
    weir_run_free(run);
    weir_experiment_free(experiment);
    struct weir_options *options = weir_options_new();
    set(options, "resume", path); /* that a mock answers it knows itself */
    experiment = load("slow.yaml", options);
    run = new_run(experiment, &seen);
    assert_int_equal(run_it(run), WEIR_FINE);
    assert_string_equal(weir_run_path(run), path);
    assert_int_equal(seen.cells, CELLS - before);
    struct weir_report *report = report_of(run);
    check_figures(report);
    weir_report_free(report);
    weir_run_free(run);
    run = weir_run_new(experiment);
    assert_int_equal(weir_run_execute(run, &error), WEIR_BAD_INPUT);
    weir_error_free(error);
    weir_run_free(run);
    weir_experiment_free(experiment);
    options = weir_options_new();
    set(options, "resume", path);
    assert_null(weir_load(in_folder("slow.yaml"), options, &error)); /* it is finished */
    assert_int_equal(weir_error_status(error), WEIR_BAD_INPUT);
    assert_non_null(strstr(weir_error_message(error), "finished"));
    weir_error_free(error);
    weir_options_free(options);
}

static void *stop_twice(void *arg)
{
    weir_run_stop(arg);
    weir_run_stop(arg);
    return NULL;
}

static int stop_from_elsewhere(void *arg, const struct weir_cell *cell)
{
    struct seen *seen = arg;
    pthread_t thread;
    (void)cell;
    if (seen->cells++ == 0) {
        assert_int_equal(pthread_create(&thread, NULL, stop_twice, seen->run), 0);
        pthread_join(thread, NULL);
    }
    return 0;
}

/* Protects: another thread may stop a run, twice to drop what is open, and before it has begun. */
static void another_thread_stops_it(void **state)
{
    (void)state;
    struct seen seen;
    write_experiment("slow.yaml", "concurrency: 2\n", "20ms");
    struct weir_experiment *experiment = load("slow.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    weir_run_on_cell(run, stop_from_elsewhere, &seen);
    assert_int_equal(run_it(run), WEIR_DROPPED);
    check_stopped(run, &seen);
    weir_run_stop(run); /* it has ended */
    weir_run_free(run);
    run = new_run(experiment, &seen);
    weir_run_stop(run);
    assert_int_equal(run_it(run), WEIR_INCOMPLETE);
    assert_int_equal(seen.cells, 0);
    check_stopped(run, &seen);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* ---- what it leaves alone ---- */

struct manners {
    struct sigaction action[NSIG];
    sigset_t mask;
    struct rlimit files, core;
    char *locale;
    int out, err; /* duplicates of stdout and stderr */
    FILE *said;
};

static void handler(int number)
{
    (void)number;
}

static void watch_manners(struct manners *manners)
{
    signal(SIGINT, handler);
    signal(SIGPIPE, SIG_DFL);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &manners->action[number]);
    pthread_sigmask(SIG_BLOCK, NULL, &manners->mask);
    getrlimit(RLIMIT_NOFILE, &manners->files);
    getrlimit(RLIMIT_CORE, &manners->core);
    fflush(stdout);
    fflush(stderr);
    manners->said = tmpfile();
    manners->out = dup(STDOUT_FILENO);
    manners->err = dup(STDERR_FILENO);
    dup2(fileno(manners->said), STDOUT_FILENO);
    dup2(fileno(manners->said), STDERR_FILENO);
}

static void check_manners(struct manners *manners)
{
    struct sigaction action;
    struct rlimit limit;
    sigset_t mask;
    fflush(stdout);
    fflush(stderr);
    dup2(manners->out, STDOUT_FILENO);
    dup2(manners->err, STDERR_FILENO);
    close(manners->out);
    close(manners->err);
    struct stat said;
    fstat(fileno(manners->said), &said);
    assert_int_equal(said.st_size, 0);
    fclose(manners->said);
    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &action) == 0)
            assert_ptr_equal(action.sa_handler, manners->action[number].sa_handler);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&mask, number), sigismember(&manners->mask, number));
    getrlimit(RLIMIT_NOFILE, &limit);
    assert_int_equal(limit.rlim_cur, manners->files.rlim_cur);
    getrlimit(RLIMIT_CORE, &limit);
    assert_int_equal(limit.rlim_cur, manners->core.rlim_cur);
    signal(SIGINT, SIG_DFL);
}

static int look_around(void *arg, const struct weir_cell *cell)
{
    const struct manners *manners = arg;
    struct sigaction action;
    (void)cell;
    sigaction(SIGINT, NULL, &action);
    return action.sa_handler != manners->action[SIGINT].sa_handler;
}

/* Protects the process around the library: signals, limits and masks stay, and nothing is printed: neither
 * of a budget that is spent nor of mistakes. */
static void the_process_is_left_alone(void **state)
{
    (void)state;
    struct seen seen;
    struct manners manners;
    write_text("bad.yaml", "dataset: 5\n");
    write_experiment("e.yaml", "concurrency: 1\nbudget: {run: {calls: 3}}\n", "1ms");
    struct weir_experiment *experiment = load("e.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    weir_run_on_cell(run, look_around, &manners);
    watch_manners(&manners);
    struct weir_experiment *none = weir_load(in_folder("bad.yaml"), NULL, NULL);
    int status = weir_run_execute(run, NULL);
    struct weir_report *report = weir_run_report(run, NULL);
    check_manners(&manners);
    assert_null(none);
    assert_int_equal(status, WEIR_INCOMPLETE);
    assert_string_equal(weir_run_reason(run), "the run's budget of calls is spent");
    assert_true(seen.warnings >= 1); /* it was told, to who listens */
    assert_non_null(report);
    weir_report_free(report);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

static bool writes_commas(void)
{
    char text[16];
    snprintf(text, sizeof text, "%.1f", 0.5);
    return strcmp(text, "0,5") == 0;
}

static int look_at_locale(void *arg, const struct weir_cell *cell)
{
    (void)arg;
    (void)cell;
    return !writes_commas();
}

/* Protects services with a locale of their own: numbers in files and requests are C's all the same, and
 * callbacks see the service's. */
static void the_locale_is_not_followed(void **state)
{
    (void)state;
    struct seen seen;
    char command[200];
    snprintf(command, sizeof command,
             "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    setenv("LOCPATH", system(command) == 0 ? folder : "", 1);
    const char *german = setlocale(LC_ALL, "de_DE.UTF-8");
    unsetenv("LOCPATH"); /* programs that are started need not follow it */
    if (!german || !writes_commas()) {
        setlocale(LC_ALL, "C");
        skip();
    }
    write_experiment("e.yaml", "", "0ms");
    struct weir_experiment *experiment = load("e.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    weir_run_on_cell(run, look_at_locale, NULL);
    int status = run_it(run);
    struct weir_report *report = report_of(run);
    char *here = weir_report_render(report, "json", WEIR_CELLS, NULL, NULL);
    bool kept = writes_commas();
    setlocale(LC_ALL, "C");
    assert_true(kept);
    assert_int_equal(status, WEIR_FINE);
    char *plain = weir_report_render(report, "json", WEIR_CELLS, NULL, NULL);
    assert_string_equal(here, plain);
    assert_non_null(strstr(plain, "\"confidence\": 0.95"));
    check_figures(report); /* the price of 1.5 was read as that */
    assert_true(fabs(weir_report_variant(report, 0)->cost_usd * 1e6 / SAMPLES - 1.5 * 5 - 2) <
                10);
    weir_free(here);
    weir_free(plain);
    weir_report_free(report);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* Protects: a run without a store leaves no file, and its report works until it is freed. */
static void nothing_is_kept(void **state)
{
    (void)state;
    struct seen seen;
    struct stat about;
    char path[256];
    write_experiment("unkept.yaml", "", "0ms");
    struct weir_options *options = mock_options();
    set(options, "store", "false");
    struct weir_experiment *experiment = load("unkept.yaml", options);
    struct weir_run *run = new_run(experiment, &seen);
    assert_int_equal(run_it(run), WEIR_FINE);
    struct weir_report *report = report_of(run);
    snprintf(path, sizeof path, "%s", weir_run_path(run));
    weir_run_free(run);
    assert_int_equal(stat(path, &about), 0);
    unsigned count = 0;
    weir_report_each_cell(report, count_cell, &count, NULL);
    assert_int_equal(count, 7);
    weir_report_free(report);
    assert_int_equal(stat(path, &about), -1);
    weir_experiment_free(experiment);
}

/* Protects: what weir-mock has to say of a wrong mock file comes back, and reaches no stderr. */
static void mistakes_of_the_mock_come_back(void **state)
{
    (void)state;
    struct seen seen;
    struct manners manners;
    struct weir_error *error;
    write_experiment("e.yaml", "", "0ms");
    write_text("mock.yaml", "rulez: {}\n");
    char text[1024];
    snprintf(text, sizeof text, "%smock: mock.yaml\n", head);
    write_text("mocked.yaml", text);
    struct weir_experiment *experiment = load("mocked.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    watch_manners(&manners);
    int status = weir_run_execute(run, &error);
    check_manners(&manners);
    assert_int_equal(status, WEIR_BAD_INPUT);
    assert_non_null(strstr(weir_error_message(error), "rulez"));
    weir_error_free(error);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

static void keep_warning(void *arg, const char *text)
{
    char *said = arg;
    size_t n = strlen(said);
    snprintf(said + n, 1024 - n, "%s\n", text);
}

/* Protects who reads the figures: that a mock makes up replies, and what a run leaves out, is told as the command
 * tells it. */
static void what_should_be_known_is_told(void **state)
{
    (void)state;
    char said[1024] = "", text[1024];
    write_experiment("e.yaml", "", "0ms"); /* its rows */
    snprintf(text, sizeof text, "%sstop: {of: two}\n", head);
    write_text("bare.yaml", text);
    struct weir_options *options = mock_options();
    set(options, "limit", "1");
    set(options, "variants", "two");
    struct weir_experiment *experiment = load("bare.yaml", options);
    struct weir_run *run = weir_run_new(experiment);
    weir_run_on_warning(run, keep_warning, said);
    assert_int_equal(run_it(run), WEIR_FINE);
    assert_non_null(strstr(said, "names no mock file"));
    assert_non_null(strstr(said, "leaves out a variant that stop watches"));
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* Protects: runs are kept where the caller says. */
static void runs_are_kept_elsewhere(void **state)
{
    (void)state;
    struct seen seen;
    write_experiment("e.yaml", "", "0ms");
    assert_int_equal(mkdir(in_folder("elsewhere"), 0700), 0);
    struct weir_options *options = mock_options();
    set(options, "runs", in_folder("elsewhere"));
    struct weir_experiment *experiment = load("e.yaml", options);
    struct weir_run *run = new_run(experiment, &seen);
    assert_int_equal(run_it(run), WEIR_FINE);
    assert_ptr_equal(strstr(weir_run_path(run), in_folder("elsewhere")), weir_run_path(run));
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* ---- what others use as well ---- */

static void use_cjson(void)
{
    cJSON *value = cJSON_Parse("{\"a\": [1, 2, {\"b\": \"c\"}]}");
    assert_non_null(value);
    char *text = cJSON_PrintUnformatted(value);
    assert_string_equal(text, "{\"a\":[1,2,{\"b\":\"c\"}]}");
    cJSON_free(text);
    cJSON_Delete(value);
}

static int use_cjson_too(void *arg, const struct weir_cell *cell)
{
    (void)arg;
    (void)cell;
    use_cjson();
    return 0;
}

/* Protects programs that use cJSON and SQLite themselves: values of theirs that live across a run can be
 * freed, callbacks can parse, and their connections are as safe as before. */
static void libraries_are_shared(void **state)
{
    (void)state;
    struct seen seen;
    sqlite3 *db;
    cJSON *before = cJSON_Parse("[1, 2, 3]");
    write_experiment("e.yaml", "", "0ms");
    struct weir_experiment *experiment = load("e.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    weir_run_on_cell(run, use_cjson_too, NULL);
    assert_int_equal(run_it(run), WEIR_FINE);
    use_cjson();
    cJSON_AddItemToArray(before, cJSON_CreateNumber(4));
    assert_int_equal(cJSON_GetArraySize(before), 4);
    cJSON_Delete(before);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_non_null(sqlite3_db_mutex(db)); /* it may be used by several threads */
    sqlite3_close(db);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* ---- runs side by side ---- */

static void *run_one(void *arg)
{
    struct seen seen;
    const char *name = arg;
    struct weir_experiment *experiment = load(name, mock_options());
    struct weir_run *run = new_run(experiment, &seen);
    assert_int_equal(run_it(run), WEIR_FINE);
    assert_int_equal(seen.cells, CELLS);
    assert_false(seen.other_thread);
    struct weir_report *report = report_of(run);
    check_figures(report);
    weir_report_free(report);
    weir_run_free(run);
    weir_experiment_free(experiment);
    return NULL;
}

/* Protects: runs of different experiments may go on at once. */
static void runs_go_on_side_by_side(void **state)
{
    (void)state;
    static char names[2][8] = {"a.yaml", "b.yaml"};
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        write_experiment(names[i], "", "2ms");
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, run_one, names[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
}

static int run_within(void *arg, const struct weir_cell *cell)
{
    struct weir_error *error;
    (void)cell;
    assert_int_equal(weir_run_execute(arg, &error), WEIR_BAD_INPUT);
    assert_non_null(strstr(weir_error_message(error), "another run"));
    weir_error_free(error);
    return 0;
}

/* Protects: of one experiment a second run is refused while the first goes on, and can begin after it. */
static void one_experiment_runs_once_at_a_time(void **state)
{
    (void)state;
    struct seen seen;
    write_experiment("e.yaml", "", "0ms");
    struct weir_experiment *experiment = load("e.yaml", mock_options());
    struct weir_run *run = new_run(experiment, &seen), *second = weir_run_new(experiment);
    weir_run_on_cell(run, run_within, second);
    assert_int_equal(run_it(run), WEIR_FINE);
    assert_int_equal(run_it(second), WEIR_FINE);
    weir_run_free(second);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* Protects: a provider that is not there is an error with the exit code of the command. */
static void a_provider_that_is_down(void **state)
{
    (void)state;
    struct seen seen;
    struct weir_error *error;
    write_experiment("e.yaml", "", "0ms");
    struct weir_options *options = weir_options_new();
    set(options, "mock_url", "http://127.0.0.1:1");
    struct weir_experiment *experiment = load("e.yaml", options);
    struct weir_run *run = new_run(experiment, &seen);
    assert_int_equal(weir_run_execute(run, &error), WEIR_INCOMPLETE);
    assert_non_null(error);
    assert_int_equal(weir_error_status(error), WEIR_INCOMPLETE);
    weir_error_free(error);
    weir_run_free(run);
    weir_experiment_free(experiment);
}

/* Protects: the header is of the library that runs. */
static void versions_agree(void **state)
{
    (void)state;
    char text[40];
    snprintf(text, sizeof text, "%d.%d.%d", WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR,
             WEIR_VERSION_PATCH);
    assert_string_equal(weir_version(), text);
    assert_int_equal(weir_version_number(), WEIR_VERSION_NUMBER);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_agree),
        cmocka_unit_test(mistakes_come_back),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(two_runs_one_after_another),
        cmocka_unit_test(stored_runs_are_read),
        cmocka_unit_test(a_callback_stops_it),
        cmocka_unit_test(a_stopped_run_goes_on),
        cmocka_unit_test(another_thread_stops_it),
        cmocka_unit_test(the_process_is_left_alone),
        cmocka_unit_test(the_locale_is_not_followed),
        cmocka_unit_test(nothing_is_kept),
        cmocka_unit_test(mistakes_of_the_mock_come_back),
        cmocka_unit_test(what_should_be_known_is_told),
        cmocka_unit_test(runs_are_kept_elsewhere),
        cmocka_unit_test(libraries_are_shared),
        cmocka_unit_test(runs_go_on_side_by_side),
        cmocka_unit_test(one_experiment_runs_once_at_a_time),
        cmocka_unit_test(a_provider_that_is_down),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
