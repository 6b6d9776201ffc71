/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.h: commands of weir and weir-mock in shell lines and sentences, held against the tables
 * that the programs read their own arguments by. Nothing is run.
 */
#ifndef DOCS_COMMANDS_H
#define DOCS_COMMANDS_H

#include "base/arena.h"
#include "base/str.h"

struct docs_commands {
    struct arena *arena;
    str root;      /* of the repository: scripts and entries must be there */
    str mock_help; /* what weir-mock --help prints */
    size_t seen;   /* commands of weir and weir-mock that were found */
    str wrong;     /* what is wrong with the last line; empty: nothing */
};

/* Every weir, weir-mock and script of the repository in a line of shell: is there such a command,
 * has it these options, is there such a topic, entry, file. False: see `wrong`. */
bool docs_commands_check(struct docs_commands *commands, str line);
/* The same of a text in which commands stand among words ("weir run --resume goes on"): what is
 * followed by no command of weir is taken for a sentence. */
bool docs_prose_check(struct docs_commands *commands, str text);

#endif
