/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.c: fork, exec and the first line (see process.h).
 *
 * A second pipe, closed by a successful exec, brings back the reason of a failed one. Between
 * fork and exec the child calls only what is safe there, as threads may exist already.
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/clock.h"

enum { FIRST_LINE = 4096, POLL_MS = 2, EXIT_TRIES = 1000 };

/* Who embeds us may have sockets that are not closed by exec. Moves the one that is still needed. */
static int leave_others(int trouble)
{
    enum { FIRST = STDERR_FILENO + 1 };
#ifdef SYS_close_range
    if (trouble != FIRST) {
        if (dup2(trouble, FIRST) < 0)
            return -1;
        fcntl(FIRST, F_SETFD, FD_CLOEXEC);
        trouble = FIRST;
    }
    syscall(SYS_close_range, FIRST + 1u, ~0u, 0u);
#endif
    return trouble;
}

static _Noreturn void become(char *const argv[], int output, int errors, int trouble,
                             pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL); /* we may ignore both; that would be inherited */
    signal(SIGXFSZ, SIG_DFL);
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    int input = open("/dev/null", O_RDONLY);
    if (getppid() == parent && input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0 &&
        (trouble = leave_others(trouble)) >= 0)
        execvp(argv[0], argv);
    int reason = errno;
    ssize_t told = write(trouble, &reason, sizeof reason);
    _exit(told == sizeof reason ? 126 : 127);
}

static int pipe_make(int ends[2])
{
    return pipe2(ends, O_CLOEXEC);
}

static void pipe_close(int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* Forks and waits until the child has become argv, or says why not: errno or 0. */
static int launch(struct process *process, char *const argv[], int errors)
{
    int output[2], trouble[2], reason = 0;
    const pid_t self = getpid();
    if (pipe_make(output) < 0)
        return errno;
    if (pipe_make(trouble) < 0) {
        reason = errno;
        pipe_close(output);
        return reason;
    }
    pid_t pid = fork();
    if (pid == 0)
        become(argv, output[1], errors, trouble[1], self);
    if (pid < 0)
        reason = errno;
    close(output[1]);
    close(trouble[1]);
    ssize_t n = 0;
    if (pid > 0)
        while ((n = read(trouble[0], &reason, sizeof reason)) < 0 && errno == EINTR)
            ;
    close(trouble[0]);
    if (pid > 0 && n == (ssize_t)sizeof reason)
        waitpid(pid, NULL, 0);
    if (reason) {
        close(output[0]);
        return reason;
    }
    process->pid = pid;
    process->output = output[0];
    return 0;
}

/* Reads up to a line break: the length without it, or -1 with what went wrong. */
static ssize_t read_line(int fd, char *text, size_t size, int64_t timeout_ns,
                         const char **wrong)
{
    const struct moment end = moment_add(clock_now(), timeout_ns);
    size_t used = 0;
    for (;;) {
        int64_t left_ns = moment_since(end, clock_now());
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        int ready = left_ns <= 0 ? 0 : poll(&poll_fd, 1, (int)(left_ns / NS_PER_MS) + 1);
        if (ready == 0) {
            *wrong = "printed no line in time";
            return -1;
        }
        ssize_t n = ready < 0 ? -1 : read(fd, text + used, size - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            *wrong = n < 0 ? strerror(errno) : "ended before it printed a line";
            return -1;
        }
        const char *line_break = memchr(text + used, '\n', (size_t)n);
        if (line_break)
            return line_break - text;
        used += (size_t)n;
        if (used == size) {
            *wrong = "printed a first line that is too long";
            return -1;
        }
    }
}

/* Waits until the child has ended or the time is up: true with its status. */
static bool reap(pid_t pid, int64_t within_ns, int *status)
{
    const struct moment end = moment_add(clock_now(), within_ns);
    const struct timespec nap = {.tv_nsec = POLL_MS * NS_PER_MS};
    for (;;) {
        pid_t done = waitpid(pid, status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR))
            return true;
        if (moment_reached(clock_now(), end))
            return false;
        nanosleep(&nap, NULL);
    }
}

int process_stop(struct process *process, int64_t grace_ns)
{
    if (process->pid <= 0)
        return -1;
    const pid_t pid = (pid_t)process->pid;
    int status = 0;
    kill(-pid, SIGTERM); /* its group: with what it has started */
    if (!reap(pid, grace_ns, &status)) {
        kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(process->output);
    *process = (struct process){0};
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Of a child that has ended by itself, or is about to; -1 of one that has not. */
static int exit_code_of(struct process *process)
{
    siginfo_t info = {0};
    const struct timespec nap = {.tv_nsec = POLL_MS * NS_PER_MS};
    for (int tries = 0; tries < EXIT_TRIES && info.si_pid == 0; tries++) {
        if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            return -1;
        if (info.si_pid == 0)
            nanosleep(&nap, NULL);
    }
    return info.si_pid && info.si_code == CLD_EXITED ? info.si_status : -1;
}

int process_start(struct process *process, char *const argv[], int64_t timeout_ns,
                  struct arena *arena, str *line, struct err *err)
{
    return process_start_apart(process, argv, timeout_ns, STDERR_FILENO, arena, line, err);
}

int process_start_apart(struct process *process, char *const argv[], int64_t timeout_ns,
                        int errors, struct arena *arena, str *line, struct err *err)
{
    char text[FIRST_LINE];
    const char *wrong = "";
    *process = (struct process){0};
    int reason = launch(process, argv, errors);
    if (reason)
        return err_set(err, ERR_FAILED, "cannot start %s: %s", argv[0], strerror(reason));
    ssize_t n = read_line(process->output, text, sizeof text, timeout_ns, &wrong);
    if (n < 0) {
        bool bad_input = exit_code_of(process) == 2;
        process_stop(process, 0);
        return err_set(err, bad_input ? ERR_INPUT : ERR_FAILED, "%s %s", argv[0], wrong);
    }
    *line = arena_str(arena, (str){text, (size_t)n});
    return 0;
}
