/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * taping.h: `weir run --record` and `--replay`: the cassette of a run, from its options to what is
 * said of it at the end.
 */
#ifndef CMD_TAPING_H
#define CMD_TAPING_H

#include "base/err.h"
#include "llm/tape.h"

struct taping_options {
    str record, replay; /* files; empty: none */
    double replay_scale;
    bool replay_any;
};

/* The rows of those options for a command's table; `owner` has a member `taping`. */
#define TAPING_ROW(kind, owner, name, ...)                                                     \
    {                                                                                          \
        .key = #name, .type = (kind), .offset = offsetof(struct owner, taping.name),           \
        __VA_ARGS__                                                                            \
    }
#define TAPING_ROWS(owner)                                                                     \
    TAPING_ROW(OPT_TYPE_TEXT, owner, record, .word = "FILE",                                   \
               .help = "keep every exchange with the providers in this new cassette"),         \
        TAPING_ROW(OPT_TYPE_TEXT, owner, replay, .word = "FILE",                               \
                   .help = "answer out of this cassette and open no connection; what is not "  \
                           "in it fails, or with --record is asked for and added"),            \
        TAPING_ROW(OPT_TYPE_NUMBER, owner, replay_scale, .max = 1000, .fallback = "0",         \
                   .help = "times of a replay: 0 waits for nothing, 1 as long as it took, "    \
                           "0.1 a tenth; latencies are the recorded ones in any case"),        \
        TAPING_ROW(OPT_TYPE_BOOL, owner, replay_any, .fallback = "false",                      \
                   .help = "also take what was recorded of the same request for another "      \
                           "call, first come, first served")

/* Opens what the options name; *tape is NULL when they name nothing. `mock_url`: where a mock is
 * asked; empty: providers are, or nobody. `go_on`: the file to record to may be there already.
 * ERR_INPUT. */
int taping_open(struct llm_tape **tape, const struct taping_options *options, str mock_url,
                bool go_on, struct err *err);
/* Nobody will be asked: the options have a cassette to answer from, and none to add to. */
bool taping_is_offline(const struct taping_options *options);

/* Says what was not in the cassette, and what could not be written. An exit code: 0, 1 or 2. */
int taping_end(struct llm_tape *tape, const struct taping_options *options, struct err *err);

#endif
