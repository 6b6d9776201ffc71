/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec_inside.h: what the files of exec share; nobody else includes it.
 *
 *     exec.c          a program from start to end: pipes, deadlines, ceilings, killing
 *     exec_launch.c   how a process becomes the program
 *     exec_find.c     names of programs, and whether there are sandboxes
 *     exec_tell.c     what became of it, for people
 *     sandbox.c       what is different when the program is not trusted
 */
#ifndef IO_EXEC_INSIDE_H
#define IO_EXEC_INSIDE_H

#include "io/exec.h"

#include <sys/types.h>

/* All that a new process needs, made before it exists: it must not allocate. */
struct launch {
    const char *program, *folder; /* folder NULL: stay */
    char **argv, **environment;
    int input, output, errors; /* what its stdin, stdout and stderr become */
    int report;                /* where it says what went wrong; closed by exec */
    int64_t memory, cpu_ns;
    bool sandbox;
};

/* What a process says on `report`: at most one STARTED, at most one of the others. */
struct launch_report {
    enum { LAUNCH_FAILED, LAUNCH_SANDBOX_FAILED, LAUNCH_STARTED } what;
    int number;    /* errno; of STARTED the process id of the program */
    char step[32]; /* what was being done */
};

/* Starts a process that becomes the program and reads its report: its id, or -1 and why. Closes
 * our end of launch->report. */
pid_t launch_process(const struct launch *launch, int report_read,
                     struct launch_report *failed);

/* Fill the reason of a result whose outcome is known, or was that nothing was started. */
void exec_tell(const struct exec_request *request, struct arena *arena,
               struct exec_result *result);
void exec_tell_not_started(const struct launch_report *failed, struct arena *arena,
                           struct exec_result *result);

/* ---- in the new process; none of these allocates or locks ---- */

/* Takes the process through its last steps. Ends it when one fails. */
_Noreturn void launch_become(const struct launch *launch);
/* Tells what failed (errno) and ends the process. */
_Noreturn void launch_fail(const struct launch *launch, int what, const char *step);
/* Signals as a program expects them: default actions, none blocked. */
void launch_default_signals(void);

/* In a process of its own: starts the program in a sandbox as a child of our parent, reports it,
 * and ends. */
_Noreturn void sandbox_become(const struct launch *launch);

#endif
