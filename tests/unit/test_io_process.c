/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_process.c: a child that says when it is ready, and ends with us.
 */
#include "io/process.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

static int start(struct process *process, const char *script, int64_t timeout_ns, str *line,
                 struct arena *arena, struct err *err)
{
    static char shell[] = "sh", flag[] = "-c";
    char *text = arena_alloc(arena, strlen(script) + 1);
    char *const argv[] = {shell, flag, text, NULL};
    memcpy(text, script, strlen(script));
    return process_start(process, argv, timeout_ns, arena, line, err);
}

/* Protects: the first line arrives; the child has a group of its own and is gone afterwards. */
static void line_and_end(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct process process;
    struct err err;
    str line;
    assert_int_equal(start(&process, "echo \"ready $$\"; echo more; sleep 600", 60 * NS_PER_S,
                           &line, &arena, &err),
                     0);
    assert_string_equal(line.p, arena_printf(&arena, "ready %d", (int)process.pid).p);
    pid_t pid = (pid_t)process.pid;
    assert_int_equal(getpgid(pid), pid);
    assert_int_equal(process_stop(&process, 60 * NS_PER_S), 128 + SIGTERM);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(process_stop(&process, 0), -1);
    arena_release(&arena);
}

/* Protects: a child that does not listen to SIGTERM is ended all the same. */
static void insists(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct process process;
    struct err err;
    str line;
    assert_int_equal(start(&process, "trap '' TERM; echo deaf; while :; do sleep 1; done",
                           60 * NS_PER_S, &line, &arena, &err),
                     0);
    assert_int_equal(process_stop(&process, 20 * NS_PER_MS), 128 + SIGKILL);
    arena_release(&arena);
}

/* Protects: every way in which a child may not come up has its message and leaves none. */
static void failures_say_why(void **state)
{
    (void)state;
    static char missing[] = "/nowhere/weir-mock";
    char *const argv[] = {missing, NULL};
    struct arena arena = {0};
    struct process process;
    struct err err;
    str line;
    assert_int_equal(process_start(&process, argv, NS_PER_S, &arena, &line, &err), -1);
    assert_int_equal(err.kind, ERR_FAILED);
    assert_string_equal(err.message,
                        "cannot start /nowhere/weir-mock: No such file or directory");
    assert_int_equal(start(&process, "exit 3", 60 * NS_PER_S, &line, &arena, &err), -1);
    assert_string_equal(err.message, "sh ended before it printed a line");
    assert_int_equal(start(&process, "sleep 600", 20 * NS_PER_MS, &line, &arena, &err), -1);
    assert_string_equal(err.message, "sh printed no line in time");
    assert_int_equal(start(&process, "while :; do printf aaaaaaaaaaaaaaaaaaaaaaa; done",
                           60 * NS_PER_S, &line, &arena, &err),
                     -1);
    assert_string_equal(err.message, "sh printed a first line that is too long");
    assert_int_equal(process.pid, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    arena_release(&arena);
}

/* Protects: the child ends when we do, also by a signal nobody can handle. */
static void child_dies_with_us(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t middle = fork();
    if (middle == 0) {
        struct arena arena = {0};
        struct process process;
        str line;
        int failed =
            start(&process, "echo up; exec sleep 600", 60 * NS_PER_S, &line, &arena, NULL);
        int pid = failed ? -1 : (int)process.pid;
        if (write(pipes[1], &pid, sizeof pid) != sizeof pid)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int pid = -1;
    assert_int_equal(read(pipes[0], &pid, sizeof pid), sizeof pid);
    assert_true(pid > 0);
    assert_int_equal(waitpid(middle, NULL, 0), middle);
    close(pipes[0]);
    close(pipes[1]);
#ifdef __linux__
    /* An orphan: gone, or at most a zombie until init has looked. */
    char path[64], status[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (;;) {
        FILE *file = fopen(path, "r");
        if (!file)
            break;
        size_t n = fread(status, 1, sizeof status - 1, file);
        fclose(file);
        status[n] = '\0';
        if (n == 0 || str_contains(str_from(status), STR(") Z ")))
            break;
        usleep(1000);
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_and_end),
        cmocka_unit_test(insists),
        cmocka_unit_test(failures_say_why),
        cmocka_unit_test(child_dies_with_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
