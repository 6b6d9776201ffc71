/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mock.h: the bundled mock server, for the time of a run.
 */
#ifndef SESSION_MOCK_H
#define SESSION_MOCK_H

#include "io/process.h"
#include "plan/experiment.h"

struct mock {
    struct process process;
    str url;    /* "http://127.0.0.1:4000" */
    bool heard; /* its stderr is not ours, but told: with the error, or when it ends */
    int said;   /* of one that is heard: a file in memory */
};

/* Starts weir-mock with the experiment's mock on a port that the kernel picks. `url` and `heard` are
 * set before. The child dies with the calling thread. ERR_FAILED, ERR_INPUT. */
int mock_start(struct mock *mock, const struct experiment *experiment, struct arena *arena,
               struct err *err);
/* The words of weir-mock's command line that name the experiment's mock; how many they are, 0: none. */
size_t mock_where(const struct experiment *experiment, str word[4]);
/* For experiment_options.read_mock: has weir-mock read it, and adds what is wrong with it, as weir-mock
 * says it, to what is wrong with the experiment. Where weir-mock is not to be had that is a warning. Blocks. */
experiment_mock_fn mock_check;
/* A line about each model of the experiment that its mock does not know. */
size_t mock_unknown(const struct experiment *experiment, struct arena *arena, str **told);
/* Says in the log what makes figures of a mock look like results and is not meant: no mock file, a
 * model that the file lacks. */
void mock_notes(const struct experiment *experiment, struct arena *arena);
/* Says in the log, after a run of a mock that mock_start started, how many replies of which model were
 * made up though the mock file says what is replied; then also which of its rules decided none. Blocks. */
void mock_made_up(const struct mock *mock, struct arena *arena);
/* Points the providers of an experiment at the mock, if there is one; else, unless nobody is to be
 * asked (`offline`), reads the keys of those that are used. ERR_INPUT: a key is missing. */
int providers_prepare(struct arena *arena, const struct experiment *experiment, str mock_url,
                      bool offline, struct err *err);
/* Harmless when none was started. */
void mock_stop(struct mock *mock);

#endif
