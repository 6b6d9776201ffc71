/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec.c: a program from start to end (see exec.h).
 *
 * One thread starts the program, feeds its stdin, empties its stdout and stderr and waits, all
 * in one poll. What ends the wait is the end of the program itself, not of its pipes: a child
 * that it left behind may hold those open for ever. Then the whole group is killed while the
 * ended program still holds its process id, so no stranger can have that number, and what is left
 * in the pipes is read.
 */
#include "io/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "base/buf.h"
#include "base/clock.h"
#include "io/exec_inside.h"
#include "io/pool.h"

enum { READ_BYTES = 16 * 1024, NAP_MS = 5, AT_ONCE_MIN = 4 };

/* ---- cancelling: the loop's thread kills what a worker waits for ---- */

struct cancel {
    pthread_mutex_t lock;
    bool cancelled;
    pid_t program; /* that runs and has not been reaped; 0: none */
};

/* Of the work that this thread does for exec_work; NULL: nobody can cancel. */
static _Thread_local struct cancel *my_cancel;

static void kill_group(pid_t program)
{
    kill(-program, SIGKILL);
    kill(program, SIGKILL); /* it may have left the group */
}

static void cancel_now(void *arg)
{
    struct cancel *cancel = arg;
    pthread_mutex_lock(&cancel->lock);
    cancel->cancelled = true;
    if (cancel->program)
        kill_group(cancel->program);
    pthread_mutex_unlock(&cancel->lock);
}

/* Says which program runs now (0: none): true unless it was cancelled. */
static bool cancel_watch(pid_t program)
{
    struct cancel *cancel = my_cancel;
    if (!cancel)
        return true;
    pthread_mutex_lock(&cancel->lock);
    cancel->program = program;
    if (cancel->cancelled && program)
        kill_group(program);
    bool goes_on = !cancel->cancelled;
    pthread_mutex_unlock(&cancel->lock);
    return goes_on;
}

/* ---- pipes ---- */

struct pipes {
    int input[2], output[2], errors[2], report[2]; /* -1: closed */
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Above the first three, where a program's own ends are put. */
static int move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(*fd);
    *fd = moved;
    return moved < 0 ? -1 : 0;
}

static int pipe_open(int ends[2])
{
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
#else
    if (pipe(ends) < 0)
        return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
    for (int i = 0; i < 2; i++)
        if (ends[i] <= STDERR_FILENO && move_up(&ends[i]) < 0)
            return -1;
    return 0;
}

static void pipes_close(struct pipes *pipes)
{
    int *ends[] = {pipes->input, pipes->output, pipes->errors, pipes->report};
    for (size_t i = 0; i < 4; i++) {
        close_end(&ends[i][0]);
        close_end(&ends[i][1]);
    }
}

static int pipes_open(struct pipes *pipes)
{
    if (pipe_open(pipes->input) < 0 || pipe_open(pipes->output) < 0 ||
        pipe_open(pipes->errors) < 0 || pipe_open(pipes->report) < 0)
        return -1;
    fcntl(pipes->input[1], F_SETFL, O_NONBLOCK);
    fcntl(pipes->output[0], F_SETFL, O_NONBLOCK);
    fcntl(pipes->errors[0], F_SETFL, O_NONBLOCK);
    return 0;
}

/* ---- one run ---- */

struct running {
    const struct exec_request *request;
    struct exec_result *result;
    struct pipes pipes;
    pid_t pid;
    int ended_fd; /* readable when the program has ended; -1: there is no such thing here */
    struct moment start, due; /* due.ns 0: never */
    size_t written;
    struct buf output, errors;
    bool ended, cancelled;
};

/* A pipe that nobody reads any more is no failure: a program need not want its input. */
static void feed(struct running *run)
{
    str input = run->request->input;
    while (run->written < input.n) {
        ssize_t n = write(run->pipes.input[1], input.p + run->written, input.n - run->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break;
        run->written += (size_t)n;
    }
    close_end(&run->pipes.input[1]);
}

/* Reads until there is nothing at the moment or for ever. */
static void drain(int *fd, struct buf *into)
{
    char bytes[READ_BYTES];
    while (*fd >= 0) {
        ssize_t n = read(*fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_end(fd);
            return;
        }
        size_t room = into->limit - into->n;
        if ((size_t)n > room)
            into->full = true;
        buf_add(into, bytes, (size_t)n < room ? (size_t)n : room);
        if (into->full)
            return; /* an endless writer must not keep us here */
    }
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
           info.si_pid == pid;
}

static int wait_ms(const struct running *run)
{
    int64_t left_ms = -1;
    if (run->due.ns) {
        int64_t left_ns = moment_since(run->due, clock_now());
        left_ms = left_ns <= 0 ? 0 : left_ns / NS_PER_MS + 1;
    }
    if (run->ended_fd < 0 && (left_ms < 0 || left_ms > NAP_MS))
        left_ms = NAP_MS;
    return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static void wait_once(struct running *run)
{
    enum { INPUT, OUTPUT, ERRORS, ENDED, FDS };
    struct pollfd fd[FDS] = {
        [INPUT] = {.fd = run->pipes.input[1], .events = POLLOUT},
        [OUTPUT] = {.fd = run->pipes.output[0], .events = POLLIN},
        [ERRORS] = {.fd = run->pipes.errors[0], .events = POLLIN},
        [ENDED] = {.fd = run->ended_fd, .events = POLLIN},
    };
    if (poll(fd, FDS, wait_ms(run)) < 0)
        return;
    if (fd[INPUT].revents)
        feed(run);
    if (fd[OUTPUT].revents)
        drain(&run->pipes.output[0], &run->output);
    if (fd[ERRORS].revents)
        drain(&run->pipes.errors[0], &run->errors);
    run->errors.full = false; /* what is beyond its ceiling is dropped, that is all */
    run->ended = run->ended_fd < 0 ? has_ended(run->pid) : fd[ENDED].revents != 0;
}

static int open_ended_fd(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    return -1;
#endif
}

/* Until it has ended, or must be ended: the outcome so far. */
static enum exec_outcome attend(struct running *run)
{
    run->ended_fd = open_ended_fd(run->pid);
    feed(run);
    enum exec_outcome outcome = EXEC_OK;
    while (!run->ended && outcome == EXEC_OK) {
        wait_once(run);
        if (run->output.full)
            outcome = EXEC_FLOODED;
        else if (!run->ended && run->due.ns && moment_reached(clock_now(), run->due))
            outcome = EXEC_TIMEOUT;
    }
    close_end(&run->ended_fd);
    return outcome;
}

static int64_t cpu_time(const struct rusage *usage)
{
    return ((int64_t)usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * NS_PER_S +
           ((int64_t)usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * NS_PER_US;
}

/* Ends what is left of it, and reads what it had written. */
static int finish(struct running *run, struct rusage *usage)
{
    int status = 0;
    kill_group(run->pid);
    while (!has_ended(run->pid))
        poll(NULL, 0, 1); /* it dies of SIGKILL; must stay unreaped while it can be cancelled */
    run->cancelled = !cancel_watch(0);
    while (wait4(run->pid, &status, 0, usage) < 0 && errno == EINTR)
        ;
    drain(&run->pipes.output[0], &run->output);
    drain(&run->pipes.errors[0], &run->errors);
    return status;
}

/* ---- the result ---- */

static void conclude(struct running *run, struct arena *arena, enum exec_outcome outcome)
{
    struct exec_result *result = run->result;
    struct rusage usage = {0};
    int status = finish(run, &usage);
    result->start = run->start;
    result->time_ns = moment_since(clock_now(), run->start);
    result->cpu_ns = cpu_time(&usage);
    bool failed = WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
    if (outcome == EXEC_OK && run->output.full)
        outcome = EXEC_FLOODED; /* it ended before we had read all */
    if (outcome == EXEC_OK && failed) {
        outcome = EXEC_FAILED;
        result->exit_code = WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
        result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    if (run->cancelled)
        outcome = EXEC_CANCELLED;
    result->outcome = outcome;
    exec_tell(run->request, arena, result);
}

static char **texts_of(struct arena *arena, const str *text, size_t count)
{
    char **texts = arena_array(arena, char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        texts[i] = arena_alloc(arena, text[i].n + 1);
        if (text[i].n)
            memcpy(texts[i], text[i].p, text[i].n);
    }
    return texts;
}

static void start_and_attend(struct running *run, struct arena *arena)
{
    const struct exec_request *request = run->request;
    struct launch_report failed = {.number = 0};
    struct launch launch = {
        .program = arena_str(arena, request->program).p,
        .folder = request->folder.n ? arena_str(arena, request->folder).p : NULL,
        .argv = texts_of(arena, request->argv, request->argc),
        .environment = texts_of(arena, request->environment, request->environments),
        .memory = request->memory,
        .cpu_ns = request->cpu_ns,
        .sandbox = request->sandbox,
    };
    if (pipes_open(&run->pipes) < 0) {
        failed.number = errno;
        exec_tell_not_started(&failed, arena, run->result);
        return;
    }
    launch.input = run->pipes.input[0];
    launch.output = run->pipes.output[1];
    launch.errors = run->pipes.errors[1];
    launch.report = run->pipes.report[1];
    run->pid = launch_process(&launch, run->pipes.report[0], &failed);
    run->pipes.report[1] = -1; /* that end is closed in any case */
    if (run->pid < 0) {
        exec_tell_not_started(&failed, arena, run->result);
        return;
    }
    close_end(&run->pipes.input[0]);
    close_end(&run->pipes.output[1]);
    close_end(&run->pipes.errors[1]);
    conclude(run, arena, cancel_watch(run->pid) ? attend(run) : EXEC_CANCELLED);
}

/* Writing to a program that has closed its stdin leaves a signal behind, blocked so far. */
static void forget_broken_pipe(const sigset_t *before)
{
    sigset_t pending, broken_pipe;
    int number;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    if (!sigismember(before, SIGPIPE) && sigpending(&pending) == 0 &&
        sigismember(&pending, SIGPIPE))
        sigwait(&broken_pipe, &number);
}

void exec_run_blocking(const struct exec_request *request, struct arena *arena,
                       struct exec_result *result)
{
    *result = (struct exec_result){0};
    struct running run = {.request = request,
                          .result = result,
                          .pipes = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}},
                          .ended_fd = -1,
                          .start = clock_now(),
                          .output = BUF(request->max_output ? request->max_output : 1),
                          .errors = BUF(EXEC_ERRORS_MAX)};
    if (request->timeout_ns)
        run.due = moment_add(run.start, request->timeout_ns);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* none may be handled in a vforked child */
    if (cancel_watch(0))
        start_and_attend(&run, arena);
    else
        result->outcome = EXEC_CANCELLED;
    forget_broken_pipe(&before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pipes_close(&run.pipes);
    result->output = arena_str(arena, buf_str(&run.output));
    result->errors = arena_str(arena, buf_str(&run.errors));
    buf_release(&run.output);
    buf_release(&run.errors);
}

/* ---- on a fiber ---- */

struct work {
    struct cancel *cancel;
    void (*fn)(void *arg);
    void *arg;
};

static void run_work(void *arg)
{
    struct work *work = arg;
    my_cancel = work->cancel;
    work->fn(work->arg);
    my_cancel = NULL;
}

int fiber_fn exec_work(struct pool *pool, void (*fn)(void *arg), void *arg)
{
    struct cancel cancel = {.cancelled = fiber_cancelled()};
    struct work work = {&cancel, fn, arg};
    pthread_mutex_init(&cancel.lock, NULL);
    int result = pool_run_until(pool, run_work, cancel_now, &work, &cancel);
    pthread_mutex_destroy(&cancel.lock);
    return result;
}

struct one_run {
    const struct exec_request *request;
    struct exec_result *result;
    struct arena arena; /* the caller's may be in use by others meanwhile */
};

static void run_one(void *arg)
{
    struct one_run *one = arg;
    exec_run_blocking(one->request, &one->arena, one->result);
}

int fiber_fn exec_run(struct pool *pool, const struct exec_request *request,
                      struct arena *arena, struct exec_result *result)
{
    struct one_run one = {.request = request, .result = result};
    int status = exec_work(pool, run_one, &one);
    result->output = arena_str(arena, result->output);
    result->errors = arena_str(arena, result->errors);
    result->reason = arena_str(arena, result->reason);
    arena_release(&one.arena);
    return status;
}

unsigned exec_at_once(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > AT_ONCE_MIN ? (unsigned)processors : AT_ONCE_MIN;
}
