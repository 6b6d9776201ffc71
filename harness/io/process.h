/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.h: a helper program that lives as long as we do.
 *
 * Starts a child (weir-mock), reads the one line it prints when it is ready, and ends it. These
 * calls block, so they belong before the loop runs and after it. The child has a process group
 * of its own, so a Ctrl-C at the terminal reaches weir alone, which then decides; on Linux the
 * kernel ends the child when the thread that started it ends, however that happens.
 */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

struct process {
    int64_t pid; /* 0 when none runs */
    int output;  /* read end of the child's stdout */
};

/* Starts argv[0] (searched on PATH when it has no slash; argv ends with NULL) and waits for the
 * first line of its stdout, which goes to `line` without its line break. stdin is empty, stderr
 * is ours. Fails with ERR_FAILED when the program cannot be run, ends or prints nothing within
 * timeout_ns, ERR_INPUT when it ended with exit code 2 (what weir-mock was given is wrong, and it
 * has said so); no child is left then. The child must print little more than that line: nobody
 * reads it. Call it from a thread that stays. */
int process_start(struct process *process, char *const argv[], int64_t timeout_ns,
                  struct arena *arena, str *line, struct err *err);
/* The same with `errors` for its stderr. */
int process_start_apart(struct process *process, char *const argv[], int64_t timeout_ns, int errors,
                        struct arena *arena, str *line, struct err *err);

/* Asks the child and its process group to end (SIGTERM), insists after grace_ns (SIGKILL), and
 * reaps it. The exit code, 128 + signal number when a signal ended it, or -1 when none ran. */
int process_stop(struct process *process, int64_t grace_ns);

#endif
