/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * weir.h: weir as a library: read an experiment, see what it will take, run it, read the results.
 *
 *     struct weir_error *error;
 *     struct weir_experiment *experiment = weir_load("experiment.yaml", NULL, &error);
 *     struct weir_run *run = weir_run_new(experiment);
 *     weir_run_on_cell(run, cell_ended, NULL);
 *     int status = weir_run_execute(run, &error);
 *     struct weir_report *report = weir_run_report(run, &error);
 *     printf("%f\n", weir_report_variant(report, 0)->accuracy);
 *
 * docs/library.md is the tour, with a whole program and how to call weir from other languages.
 *
 * What the library does not do. It prints nothing, calls exit() for nothing, and leaves signals, the
 * locale, resource limits, the working directory and the environment as they are: it reads the
 * environment (keys, proxies, TMPDIR, PATH) and numbers are C's whatever the locale. Out of memory and
 * a broken invariant of its own end the process with a line on stderr, as assert() would.
 *
 * Threads. Each object belongs to one thread at a time; different objects may be used on different
 * threads at once, and runs may go on side by side. Only weir_run_stop may be called on a run from
 * another thread while it is executed. A run has threads of its own, which block all signals; callbacks
 * never come from them but from the thread that called weir_run_execute, while it waits there.
 *
 * Memory. What weir_*_new, weir_load and the like return is freed by the weir_*_free of its kind, which
 * take NULL; char * by weir_free. Texts and structs behind const pointers belong to the object they were
 * asked of and live as long as that; those that a callback gets live until it returns. All text is UTF-8
 * and ends with a NUL.
 *
 * Compatibility. Structs are made by the library alone and grow only at their end: read them through the
 * pointers, and never copy, allocate or lay them out in arrays by their size. Objects are opaque, options
 * are words with text values. So a program built with an older weir.h runs with a newer library of the
 * same soname. Unknown numbers are NAN, unknown amounts and times -1, texts that are not there NULL.
 */
#ifndef WEIR_H
#define WEIR_H

#include <stddef.h>
#include <stdint.h>

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0
#define WEIR_VERSION_NUMBER                                                                    \
    (WEIR_VERSION_MAJOR * 1000000 + WEIR_VERSION_MINOR * 1000 + WEIR_VERSION_PATCH)

#define WEIR_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* Of the library that runs: "0.1.0", and as WEIR_VERSION_NUMBER. */
WEIR_API const char *weir_version(void);
WEIR_API int weir_version_number(void);

/* Frees a text that the library returned as char *. */
WEIR_API void weir_free(char *text);

/* ---- how things end ------------------------------------------------------------------------- */

/* The exit codes of the command. */
enum weir_status {
    WEIR_FINE = 0,
    WEIR_FAILED = 1,    /* disk, a broken file: not the caller's doing */
    WEIR_BAD_INPUT = 2, /* the experiment, its files, an option, a run that is not there */
    WEIR_INCOMPLETE = 3, /* a run stopped early, or a provider gives no answer at all */
    WEIR_NOT_MET = 100, /* a requirement failed, or is inconclusive and counts as that */
    WEIR_DROPPED = 130, /* stopped twice: open cells were dropped */
};

/* Why something did not work. Functions that can fail take `struct weir_error **error` last (it may be
 * NULL) and set *error to NULL or to an error, which the caller frees. */
struct weir_error;

/* One mistake, or the whole of an error that is about no file. */
struct weir_problem {
    const char *file;      /* as it was named; NULL: it is about no place in a file */
    unsigned line, column; /* from 1; columns are characters, not bytes */
    const char *message;   /* one line */
    const char *hint;      /* the part of it that says what would be right; NULL: none does */
    const char *shown;     /* as the command shows it: with its place, the line and a caret */
};

WEIR_API int weir_error_status(const struct weir_error *error); /* enum weir_status */
/* One line about all of it. */
WEIR_API const char *weir_error_message(const struct weir_error *error);
/* At least one. NULL beyond the last. */
WEIR_API size_t weir_error_problems(const struct weir_error *error);
WEIR_API const struct weir_problem *weir_error_problem(const struct weir_error *error,
                                                       size_t i);
WEIR_API void weir_error_free(struct weir_error *error);

/* ---- options -------------------------------------------------------------------------------- */

/* What is asked for beyond what the experiment's file says. The words are those of `weir run`, with "_"
 * for "-", and so are the values: "trials" "5", "concurrency" "8", "limit" "20", "seed" "7",
 * "mock" "true", "store" "false". docs/library.md lists them all. */
struct weir_options;

WEIR_API struct weir_options *weir_options_new(void);
/* A later value of the same name counts; of "sample_id" all do. 0, or WEIR_BAD_INPUT for an unknown name (the
 * error names the nearest) or a value that it cannot have. Nothing is read from WEIR_… in the environment. */
WEIR_API int weir_options_set(struct weir_options *options, const char *name, const char *value,
                              struct weir_error **error);
WEIR_API void weir_options_free(struct weir_options *options);

/* ---- an experiment -------------------------------------------------------------------------- */

struct weir_experiment;

/* Reads the file (or experiment.yaml in a folder) and all that it names, and checks everything that
 * `weir check` does; nothing is sent and no key is needed. The options are copied; NULL: none. Returns NULL
 * with an error that has all mistakes, each with its place. */
WEIR_API struct weir_experiment *weir_load(const char *path, const struct weir_options *options,
                                           struct weir_error **error);
WEIR_API const char *weir_experiment_name(const struct weir_experiment *experiment);
WEIR_API size_t weir_experiment_variants(const struct weir_experiment *experiment);
WEIR_API const char *weir_experiment_variant(const struct weir_experiment *experiment,
                                             size_t i);
/* Of a whole run: variants × samples × trials. */
WEIR_API uint64_t weir_experiment_cells(const struct weir_experiment *experiment);
/* What a run will take: calls, tokens, cost, time, as `weir check --json` prints it. */
WEIR_API char *weir_check(struct weir_experiment *experiment, struct weir_error **error);
/* Its runs are to be freed before. */
WEIR_API void weir_experiment_free(struct weir_experiment *experiment);

/* ---- a run ---------------------------------------------------------------------------------- */

struct weir_run;

struct weir_progress {
    uint64_t cells_done, cells_open, cells_total;
    uint64_t calls, retries;
    uint64_t errors;          /* cells that failed */
    uint64_t scored, correct; /* cells */
    int64_t cost_nanousd;     /* the known part */
    uint64_t unknown_cost_calls;
    int last; /* 1: nothing follows, neither of cells nor of warnings */
};

/* One cell: a variant on a sample in a trial. */
struct weir_cell {
    const char *variant, *sample;
    int64_t trial;               /* from 1 */
    const char *status;          /* "ok", "error", "timeout", "unscored", "skipped" */
    const char *reason;          /* "rate-limited", "gate", …; NULL */
    const char *message;         /* of a failure; NULL */
    int correct;                 /* 1, 0; -1: not scored */
    double score;                /* 0 to 1, or NAN */
    int64_t latency_ns, wall_ns; /* or -1 */
    uint64_t calls;
    int64_t cost_nanousd;     /* 10^-9 dollars; -1: a price or a usage is not known */
    const char *output;       /* as JSON; NULL: there is none */
    const char *perturbation; /* the change that its sample runs with; NULL: none */
};

/* Anything but 0 stops the run, as the first weir_run_stop does; to drop open cells too, call that. They are
 * called on the thread that called weir_run_execute. A slow one holds up no request and is in no measured
 * time: at most 256 cells wait for it, then no further one ends. They may call everything but
 * weir_run_execute and weir_run_free of this run; they must return, neither longjmp nor throw. */
typedef int weir_progress_fn(void *arg, const struct weir_progress *progress);
typedef int weir_cell_fn(void *arg, const struct weir_cell *cell);
/* One line for people, of what the command says on stderr. */
typedef void weir_warning_fn(void *arg, const char *text);

/* A run that has not begun. Of one experiment several can be executed, one after another. */
WEIR_API struct weir_run *weir_run_new(struct weir_experiment *experiment);
/* About ten times a second, and once at the end, after all else. It counts cells that weir_run_on_cell has yet
 * to tell of. This and the next two are called before weir_run_execute; while it lasts they can replace a
 * function, or with NULL have no more of it. */
WEIR_API void weir_run_on_progress(struct weir_run *run, weir_progress_fn *fn, void *arg);
/* Each cell, when it is finished and in the run's file; in no order. Where the experiment has `stop`, those
 * that the decision leaves out are among them. */
WEIR_API void weir_run_on_cell(struct weir_run *run, weir_cell_fn *fn, void *arg);
WEIR_API void weir_run_on_warning(struct weir_run *run, weir_warning_fn *fn, void *arg);

/* Runs it to its end, once; again only after it was refused because its experiment was busy. WEIR_FINE;
 * WEIR_INCOMPLETE or WEIR_DROPPED without an error when it was stopped, by the caller or by its budget
 * (weir_run_reason); else what its error says. Its results are read with weir_run_report, also when it was
 * stopped. */
WEIR_API int weir_run_execute(struct weir_run *run, struct weir_error **error);
/* From any thread, not from a signal's handler: open cells are finished, no other begins. Again: they are
 * dropped. Before the run begins it counts for that run. */
WEIR_API void weir_run_stop(struct weir_run *run);
/* NULL before there is one. With the option store=false it goes with the run and its reports. */
WEIR_API const char *weir_run_path(const struct weir_run *run);
/* Why it is not complete; NULL: it is, or has not ended. */
WEIR_API const char *weir_run_reason(const struct weir_run *run);
WEIR_API void weir_run_free(struct weir_run *run);

/* ---- results -------------------------------------------------------------------------------- */

struct weir_report;

struct weir_variant {
    const char *name, *pattern;
    uint64_t cells, finished, errors; /* errors: failed or timed out, and counted as wrong */
    uint64_t scored, correct;
    double accuracy, accuracy_low, accuracy_high; /* 0 to 1, with its confidence interval */
    double score, score_low, score_high;
    uint64_t calls, retries;
    int64_t input_tokens, output_tokens; /* input with what a provider's cache read or wrote */
    double cost_usd, known_cost_usd;     /* NAN: some is not known; the known part of it */
    double cost_per_cell_usd;
    double latency_p50_ms, latency_p90_ms, latency_p95_ms, latency_p99_ms, latency_mean_ms;
    const char *text; /* the accuracy in a sentence */
};

/* A variant against another one, on the samples that both have. */
struct weir_comparison {
    const char *baseline, *variant;
    uint64_t samples;
    double difference, low, high; /* of accuracies, variant minus baseline: 0.01 is a point */
    double p, p_adjusted;         /* adjusted for the number of comparisons */
    const char
        *verdict; /* "better", "worse", "no clear difference", "not comparable", "unpaired" */
    double cost_ratio, latency_ratio; /* variant / baseline */
    const char *text;
};

struct weir_requirement {
    const char *what;    /* "accuracy of vote is not below single, margin 5.0 points" */
    const char *verdict; /* "PASS", "FAIL", "INCONCLUSIVE"; NULL: it could not be judged */
    int failed;          /* 1: it makes weir_report_status WEIR_NOT_MET */
    const char *text;    /* why */
};

/* Of a run that was executed here. */
WEIR_API struct weir_report *weir_run_report(struct weir_run *run, struct weir_error **error);
/* Of any run's file: its path, or its ID, or NULL for the newest, among the runs beside `experiment`: a
 * file or a folder, NULL for the current folder. A run that goes on can be read: what it has by now. */
WEIR_API struct weir_report *weir_report_open(const char *run, const char *experiment,
                                              struct weir_error **error);
WEIR_API void weir_report_free(struct weir_report *report);

WEIR_API const char *weir_report_run(const struct weir_report *report); /* its ID */
WEIR_API const char *weir_report_path(const struct weir_report *report);
WEIR_API const char *weir_report_experiment(const struct weir_report *report);
WEIR_API int weir_report_is_mock(const struct weir_report *report);
/* For CI: WEIR_INCOMPLETE, WEIR_NOT_MET or WEIR_FINE, the first that applies. */
WEIR_API int weir_report_status(const struct weir_report *report);
/* Of all requirements: "PASS", "FAIL", "INCONCLUSIVE"; NULL: none was judged. */
WEIR_API const char *weir_report_verdict(const struct weir_report *report);
/* The variant that is better than every other; NULL: none is. */
WEIR_API const char *weir_report_winner(const struct weir_report *report);

/* In the order of the experiment; NULL beyond the last. Every figure is that of `weir report --json`. */
WEIR_API size_t weir_report_variants(const struct weir_report *report);
WEIR_API const struct weir_variant *weir_report_variant(const struct weir_report *report,
                                                        size_t i);
WEIR_API size_t weir_report_comparisons(const struct weir_report *report);
WEIR_API const struct weir_comparison *weir_report_comparison(const struct weir_report *report,
                                                              size_t i);
WEIR_API size_t weir_report_requirements(const struct weir_report *report);
WEIR_API const struct weir_requirement *
weir_report_requirement(const struct weir_report *report, size_t i);
/* What a reader has to know before believing a figure: few samples, a mock, errors. */
WEIR_API size_t weir_report_warnings(const struct weir_report *report);
WEIR_API const char *weir_report_warning(const struct weir_report *report, size_t i);
/* Every finished cell, by variant, sample and trial. What fn returns, if it is not 0, ends it and is
 * returned; else 0, or a weir_status below 0: -WEIR_FAILED, with an error. */
WEIR_API int weir_report_each_cell(struct weir_report *report, weir_cell_fn *fn, void *arg,
                                   struct weir_error **error);

enum weir_rendering {
    WEIR_CELLS = 1, /* every cell in the JSON report */
};
/* The names of the formats: "text", "md", "html", "json", …; NULL beyond the last. */
WEIR_API const char *weir_report_format(size_t i);
/* The report in a format, `flags` of enum weir_rendering. *length (may be NULL) is without the NUL. The same
 * bytes as `weir report -o` writes. HTML asks gnuplot for its pictures where it is installed: a program
 * that takes a second. NULL with an error. */
WEIR_API char *weir_report_render(struct weir_report *report, const char *format,
                                  unsigned flags, size_t *length, struct weir_error **error);
/* Into a file, in one step: it is the old one or the new one. `format` NULL: by the name's extension. 0, or a
 * status with an error. */
WEIR_API int weir_report_write(struct weir_report *report, const char *format, const char *path,
                               unsigned flags, struct weir_error **error);

/* ---- beside runs ---------------------------------------------------------------------------- */

/* What else is said to people outside of a run, by calls of this thread: a picture that is left out. NULL:
 * nobody listens. */
WEIR_API void weir_on_warning(weir_warning_fn *fn, void *arg);

#ifdef __cplusplus
}
#endif

#endif
