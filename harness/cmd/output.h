/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output.h: the options of a report and where it goes, shared by `run` and `report`.
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include "base/option.h"
#include "session/summarise.h"
#include "reports/paper.h"
#include "reports/report.h"

/* How much of the report a terminal shows; in a pipe and in files it is all of it. */
enum { DETAILS_AUTO, DETAILS_ALWAYS, DETAILS_NEVER };
extern const char *const output_details[];

struct output_options {
    str output;        /* -o FILE: format by extension */
    str md, html, json, csv, junit; /* files by format; "-" is stdout */
    str csv_calls, csv_requirements, csv_diagnosis, github;
    str plots;         /* folder */
    bool cells;        /* every cell in the JSON report */
    struct opt_texts group_by; /* empty: what the experiment says */
    int details;       /* DETAILS_... */
    bool quiet;
};

/* Rows for a struct that has a member `output` of that type. */
#define OUTPUT_ROW(owner, name, kind, ...)                                                     \
    {                                                                                          \
        .key = #name, .type = (kind), .offset = offsetof(struct owner, out.name), __VA_ARGS__  \
    }
#define OUTPUT_ROWS(owner)                                                                     \
    OUTPUT_ROW(owner, output, OPT_TYPE_TEXT, .letter = 'o', .word = "FILE",                    \
               .help = "write a report; its format by the extension: csv html json md txt xml"),    \
        OUTPUT_ROW(owner, md, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",                      \
                   .help = "write a Markdown report; stdout without a FILE"),                  \
        OUTPUT_ROW(owner, html, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",                    \
                   .help = "write an HTML page, with traces; stdout without a FILE"),          \
        OUTPUT_ROW(owner, json, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",                    \
                   .help = "write a JSON report; stdout without a FILE"),                      \
        OUTPUT_ROW(owner, csv, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",                     \
                   .help = "write a row per cell as CSV; stdout without a FILE"),              \
        OUTPUT_ROW(owner, csv_calls, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",               \
                   .help = "write a row per call as CSV; stdout without a FILE"),              \
        OUTPUT_ROW(owner, csv_requirements, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",        \
                   .help = "write a row per requirement as CSV; stdout without a FILE"),       \
        OUTPUT_ROW(owner, csv_diagnosis, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",           \
                   .help = "write a row per figure of the diagnosis as CSV; stdout without a " \
                           "FILE"),                                                            \
        OUTPUT_ROW(owner, github, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",                  \
                   .help = "write annotations for GitHub Actions; on stdout, beside the text, " \
                           "without a FILE"),                                                  \
        OUTPUT_ROW(owner, junit, OPT_TYPE_TEXT, .bare = "-", .word = "FILE",                   \
                   .help = "write JUnit XML, requirements and samples as test cases; stdout "  \
                           "without a FILE"),                                                  \
        OUTPUT_ROW(owner, plots, OPT_TYPE_TEXT, .word = "DIR",                                 \
                   .help = "draw the pictures with gnuplot into a folder"),                    \
        OUTPUT_ROW(owner, details, OPT_TYPE_CHOICE, .choices = output_details,                 \
                   .fallback = "auto", .bare = "always",                                       \
                   .help = "tables and sentences beside the comparison; auto: in a pipe, not " \
                           "on a terminal"),                                                   \
        OUTPUT_ROW(owner, group_by, OPT_TYPE_TEXTS, .word = "GROUP",                           \
                   .help = "accuracy by group of samples, instead of the experiment's: the "   \
                           "beginning of tags (lang:) or metadata.KEY; may be repeated"),      \
        OUTPUT_ROW(owner, cells, OPT_TYPE_BOOL, .fallback = "false",                           \
                   .help = "every cell in the JSON report")

/* A text to a file, whole or not at all; "-" is stdout. ERR_INPUT for the name of a run, ERR_FAILED. */
int output_text(str file, str text, struct arena *arena, struct err *err);
/* A report by the name of its format, likewise. */
int output_report(str format, str file, const struct report_input *input, struct arena *arena,
                  struct err *err);
/* Annotations for GitHub Actions, about the experiment of a run (`store` may be NULL); nothing when
 * `file` is empty. */
int output_annotations(str file, const struct report_input *input, struct store *store,
                       struct arena *arena, struct err *err);
/* Where a document of its own (reports/paper.h) goes: files by format, "-" is stdout; without any of
 * those that are stdout, the terminal. ERR_INPUT, ERR_FAILED. */
struct output_files {
    str output; /* its format by the extension */
    str md, html, json, csv;
};
int output_paper(const struct paper_kind *kind, const void *data,
                 const struct output_files *files, struct arena *arena, struct err *err);
/* How a text report is laid out on stdout: width, colour, how much of it (DETAILS_...). */
void output_to_terminal(struct report_input *input, int details);

/* False when output_write would write nothing. */
bool output_is_wanted(const struct output_options *options);
/* True when a format goes there instead of the terminal report, or beside it. */
bool output_takes_stdout(const struct output_options *options);
/* Finds before a run what output_write would refuse after it. ERR_INPUT. */
int output_check(const struct output_options *options, struct err *err);
/* Writes what the options ask for; with none of them, and not quiet, the terminal report. Files
 * are named on stderr. 0 or -1. */
int output_write(const struct output_options *options, struct run_view *view,
                 struct arena *arena, struct err *err);

#endif
