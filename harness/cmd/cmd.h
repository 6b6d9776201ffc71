/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd.h: one command, one file, one row in the table of cmd.c.
 *
 * A command parses its own arguments by its option rows, does its work through the layers below,
 * and returns an exit code (docs/architecture.md, exit codes). Errors are printed once, by
 * cmd_main. Environment variables WEIR_KEY stand for options that are not given.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/err.h"
#include "base/option.h"

enum exit_code {
    EXIT_FINE = 0,
    EXIT_PROGRAM = 1,    /* the program failed */
    EXIT_INPUT = 2,      /* usage or bad input file */
    EXIT_INCOMPLETE = 3, /* resume it: interrupt, provider down */
    EXIT_REQUIREMENT = 100,
    EXIT_STOPPED = 130, /* second Ctrl-C */
};

struct cmd {
    const char *name, *alias; /* alias may be NULL */
    const char *usage;        /* after the name: "[EXP] [options]" */
    const char *summary;      /* one line */
    const char *details;      /* paragraphs for --help; may be NULL */
    const char *const *words; /* that its first argument may be, NULL at the end; may be NULL */
    const struct opt *options;
    size_t options_size;
    /* Returns an exit code, or -1 with err set: then it is that of the error's kind. */
    int (*run)(struct arena *arena, const void *options, const str *arg, size_t args,
               struct err *err);
};

/* The members options and options_size of a command whose rows NAME_options fill a struct NAME. */
#define CMD_OPTIONS(name) .options = name##_options, .options_size = sizeof(struct name)

/* The table, alphabetical, ended by NULL. */
extern const struct cmd *const cmd_table[];

/* By name or alias; NULL when there is none. */
const struct cmd *cmd_find(str name);
/* What weir says of itself, and of one command. */
void cmd_write_overview(struct buf *out);
void cmd_write_help(struct buf *out, const struct cmd *cmd);

/* argv of the whole program → exit code. */
int cmd_main(int argc, char **argv);

/* The argument of that place; empty when there are not so many. */
str cmd_arg(const str *arg, size_t args, size_t place);
/* Refuses more than `most` arguments. 0 or -1. */
int cmd_no_more(const str *arg, size_t args, size_t most, struct err *err);

extern const struct cmd cmd_baseline, cmd_cache, cmd_check, cmd_compare, cmd_completion,
    cmd_doctor, cmd_export, cmd_help, cmd_history, cmd_import, cmd_init, cmd_judge_check,
    cmd_label, cmd_list, cmd_merge, cmd_report, cmd_rm, cmd_run, cmd_runs, cmd_score, cmd_show, cmd_unpack;

#endif
