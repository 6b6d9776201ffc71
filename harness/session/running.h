/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * running.h: one execution of an experiment, from its file's first row to its last.
 *
 * For `weir run` and libweir, which read what was asked for before it and report after it.
 */
#ifndef SESSION_RUNNING_H
#define SESSION_RUNNING_H

#include "llm/tape.h"
#include "plan/experiment.h"
#include "run/pace.h"
#include "run/run.h"

struct again;

struct running {
    const struct experiment *experiment;
    struct llm_tape *tape; /* NULL: no cassette */
    struct again *again;   /* the run that goes on; NULL: a new one */
    str folder;            /* where the file is made; empty: among the experiment's runs */
    str words;             /* of the command line that a resume has to know (again_words) */
    str mock_url;          /* a mock that ran already; empty: none */
    bool mock;             /* a mock answers, as the file is to say */
    bool own_mock;         /* it is one that was started for this run */
    str replayed;          /* the cassette that answers; empty: none */
    double rate;           /* cells a second; 0: no schedule */
    enum arrivals arrivals;
    int64_t cache_size; /* bytes */
    /* Where the file lies, before the first cell begins; optional. `path` lives as long as the arena. */
    void (*on_file)(void *arg, str path);
    void *on_file_arg;
    /* As of struct run_options. */
    bool signals;
    struct run_control *control;
    void (*progress)(void *arg, const struct run *run, bool last);
    void *progress_arg;
    int64_t progress_ns;
    void (*on_cell)(void *arg, const struct cell *cell);
    void *on_cell_arg;
    struct run_spent spent;
};

/* Says in the log what of its experiment the run leaves out, where it does (--variants). */
void running_tell_left_out(const struct experiment *experiment, struct arena *arena);
/* Makes or reopens the file, runs the cells that have no result, and writes the end. *path is
 * where the file lies. A run that broke off has its end written too, with the reason. ERR_INPUT,
 * ERR_FAILED. */
int running_execute(const struct running *running, struct arena *arena, str *path,
                    struct run_result *result, struct err *err);

#endif
