/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec_launch.c: how a process becomes a program (see exec_inside.h).
 *
 * Between the birth of the process and exec only calls that are safe there are made, on memory
 * that was prepared before: with vfork it is still our memory. A pipe that exec closes brings
 * back what went wrong, as a process cannot return a reason otherwise.
 */
#include "io/exec_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/clock.h"
#include "io/sanitize.h"

_Noreturn void launch_fail(const struct launch *launch, int what, const char *step)
{
    struct launch_report report = {.number = errno};
    report.what = what == LAUNCH_SANDBOX_FAILED ? LAUNCH_SANDBOX_FAILED : LAUNCH_FAILED;
    for (size_t i = 0; i + 1 < sizeof report.step && step[i]; i++)
        report.step[i] = step[i];
    ssize_t told = write(launch->report, &report, sizeof report);
    _exit(told == (ssize_t)sizeof report ? 126 : 127);
}

void launch_default_signals(void)
{
    struct sigaction by_default;
    memset(&by_default, 0, sizeof by_default);
    by_default.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &by_default, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static struct rlimit at_most(int64_t soft, int64_t hard)
{
    return (struct rlimit){(rlim_t)soft, (rlim_t)hard};
}

/* A second after the soft limit, which ends the program with a signal that says why, the hard
 * one ends it for certain. */
static int limit_all(const struct launch *launch)
{
    int64_t seconds = (launch->cpu_ns + NS_PER_S - 1) / NS_PER_S;
    struct rlimit core = at_most(0, 0), cpu = at_most(seconds, seconds + 1);
    struct rlimit memory = at_most(launch->memory, launch->memory);
    if (setrlimit(RLIMIT_CORE, &core) < 0)
        return -1;
    if (launch->cpu_ns && setrlimit(RLIMIT_CPU, &cpu) < 0)
        return -1;
    if (launch->memory == 0)
        return 0;
    return launch->sandbox ? setrlimit(RLIMIT_AS, &memory) : setrlimit(RLIMIT_DATA, &memory);
}

/* Nothing but stdin, stdout, stderr and the report: what a library forgot to close on exec
 * would be the program's to use. */
static void close_others(int report)
{
#ifdef SYS_close_range
    if (report > 3)
        syscall(SYS_close_range, 3u, (unsigned)report - 1, 0u);
    syscall(SYS_close_range, (unsigned)report + 1, ~0u, 0u);
#else
    for (int fd = 3; fd < 1024; fd++)
        if (fd != report)
            close(fd);
#endif
}

_Noreturn void launch_become(const struct launch *launch)
{
    if (launch->folder && chdir(launch->folder) < 0)
        launch_fail(launch, LAUNCH_FAILED, "its folder");
    if (dup2(launch->input, STDIN_FILENO) < 0 || dup2(launch->output, STDOUT_FILENO) < 0 ||
        dup2(launch->errors, STDERR_FILENO) < 0)
        launch_fail(launch, LAUNCH_FAILED, "its pipes");
    close_others(launch->report);
    if (limit_all(launch) < 0)
        launch_fail(launch, LAUNCH_FAILED, "its limits");
    execve(launch->program, launch->argv, launch->environment);
    launch_fail(launch, LAUNCH_FAILED, "");
}

/* The program is a group of its own, and ends when weir does. */
static _Noreturn void become_plain(const struct launch *launch, pid_t parent)
{
    launch_default_signals();
    if (setpgid(0, 0) < 0)
        launch_fail(launch, LAUNCH_FAILED, "its process group");
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(127);
    launch_become(launch);
}

/* Not inlined: what vfork's two returns would clobber must not be kept in registers. */
static __attribute__((noinline)) pid_t start_plain(const struct launch *launch, pid_t self)
{
#if WEIR_TSAN
    pid_t pid = fork(); /* its runtime does not follow a vfork */
#else
    pid_t pid = vfork();
#endif
    if (pid == 0)
        become_plain(launch, self);
    return pid;
}

static __attribute__((noinline)) pid_t start_sandbox(const struct launch *launch)
{
    pid_t pid = fork();
    if (pid == 0)
        sandbox_become(launch);
    return pid;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool read_report(int fd, struct launch_report *report)
{
    ssize_t n;
    while ((n = read(fd, report, sizeof *report)) < 0 && errno == EINTR)
        ;
    return n == (ssize_t)sizeof *report;
}

pid_t launch_process(const struct launch *launch, int report_read, struct launch_report *failed)
{
    *failed = (struct launch_report){0};
    pid_t pid = launch->sandbox ? start_sandbox(launch) : start_plain(launch, getpid());
    failed->number = errno;
    close(launch->report); /* ours: the report ends when the program has taken over */
    if (pid < 0)
        return -1;
    struct launch_report report;
    while (read_report(report_read, &report)) {
        if (report.what == LAUNCH_STARTED) {
            reap(pid); /* it has done its part; the program is a child of ours */
            pid = report.number;
            continue;
        }
        *failed = report;
        reap(pid);
        return -1;
    }
    return pid;
}
