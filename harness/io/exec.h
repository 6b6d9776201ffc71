/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec.h: the one place where weir runs programs that an experiment names (rule 11).
 *
 * Workers, classifiers, evaluators and checks all come here. A program is a path and a list of
 * arguments: no shell ever sees them. Its input is written to its stdin, its output is read up to
 * a ceiling, and when it has ended, or has to, its whole process group is killed, so nothing that
 * it started stays behind. (A program that is not in a sandbox can still leave its group with
 * setsid; in a sandbox nothing outlives it.)
 *
 * Starting a program and waiting for it block. Both are done by a thread of a pool that is there
 * for nothing else; the fiber waits. The thread uses vfork, which stops that thread alone and
 * copies no page tables. While fork copies them every other thread that touches new memory waits,
 * the loop's among them: measured 5 ms with 50 MB in use, 11 with 200 MB, 29 with 1 GB, against 1
 * with vfork. uv_spawn on the loop forks too, and on the loop's own thread. (Into a sandbox only
 * fork leads; it takes some 2 ms a program instead of 0.8.)
 *
 *     struct exec_request request = {.program = path, .argv = argv, .argc = 2, .input = text,
 *                                    .timeout_ns = 10 * NS_PER_S, .max_output = 1000000};
 *     struct exec_result result;
 *     if (exec_run(pool, &request, arena, &result) < 0)
 *         return -1;                          the fiber was cancelled, the program killed
 */
#ifndef IO_EXEC_H
#define IO_EXEC_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "io/fiber.h"

struct pool;

/* Of stderr; what a program writes beyond that is read and dropped. */
enum { EXEC_ERRORS_MAX = 64 * 1024 };

struct exec_request {
    str program;            /* path; exec_find makes one of a name */
    const str *argv;        /* argv[0] is what the program is told its name is */
    size_t argc;            /* at least 1 */
    const str *environment; /* "NAME=value"; nothing else is passed on */
    size_t environments;
    str folder;         /* where it runs; empty: where weir does */
    str input;          /* for its stdin, which is then closed */
    int64_t timeout_ns; /* by the wall, from its start; 0: none */
    int64_t cpu_ns;     /* rounded up to seconds; 0: no limit */
    int64_t memory;     /* bytes; 0: no limit. In a sandbox of address space, else of data */
    size_t max_output;  /* bytes of stdout; more: killed */
    bool sandbox;       /* io/sandbox.h */
};

enum exec_outcome {
    EXEC_OK,          /* exit code 0 */
    EXEC_FAILED,      /* another exit code, or a signal */
    EXEC_TIMEOUT,     /* killed after timeout_ns */
    EXEC_FLOODED,     /* killed after more than max_output */
    EXEC_NOT_STARTED, /* there is no such program, or no sandbox, process or pipe to be had */
    EXEC_CANCELLED,
};

struct exec_result {
    enum exec_outcome outcome;
    int exit_code;   /* of FAILED; -1 when a signal ended it */
    int signal;      /* of FAILED; 0: none */
    str output;      /* stdout so far, at most max_output */
    str errors;      /* stderr, the first EXEC_ERRORS_MAX bytes */
    str reason;      /* one line for people; empty when OK */
    struct moment start; /* zero: it was not started */
    int64_t time_ns; /* from its start until all of it was gone */
    int64_t cpu_ns;  /* of it and of those children that it waited for */
};

/* Runs a program on a thread of `pool`; the texts of the result are in `arena`, which is not
 * touched while the fiber waits. 0 whatever became of the program; -1 when the fiber was
 * cancelled: the program was killed then, and its outcome is EXEC_CANCELLED. */
int fiber_fn exec_run(struct pool *pool, const struct exec_request *request,
                      struct arena *arena, struct exec_result *result);

/* The same on the thread that calls it, which blocks: for work that is already on a worker. */
void exec_run_blocking(const struct exec_request *request, struct arena *arena,
                       struct exec_result *result);

/* Runs work(arg), which may use exec_run_blocking, on a thread of `pool`. A cancel kills what it
 * runs and whatever it tries to run after that. 0, or -1 when the fiber was cancelled; work has
 * returned in both cases. */
int fiber_fn exec_work(struct pool *pool, void (*work)(void *arg), void *arg);

/* Programs that run at once: as many as there are processors, and at least 4. More would only
 * share those, and what one takes would depend on how many cells are open. */
unsigned exec_at_once(void);

/* The absolute path of a program. A name with a slash is looked for from `folder`, one without
 * on PATH. ERR_INPUT when there is none that may be executed. */
int exec_find(struct arena *arena, str folder, str name, str *path, struct err *err);

/* One line for people: the reason, and the end of what it wrote to stderr, shortened and with
 * control characters shown: "exit code 1; stderr: KeyError: 'id'". */
str exec_explain(struct arena *arena, const struct exec_result *result);

/* 0 when programs can be run in a sandbox here; else ERR_FAILED with what is missing. Runs one,
 * so it blocks for some milliseconds, the first time. */
int exec_sandbox_available(struct err *err);

#endif
