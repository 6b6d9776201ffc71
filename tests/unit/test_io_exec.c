/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_io_exec.c: programs that an experiment names, and above all bad ones.
 *
 * Most are one line for /bin/sh; where that is not enough this program is run again with
 * arguments (see main). What needs a sandbox is skipped, visibly, where there is none.
 */
#include "io/exec.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_texts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/pool.h"
#include "io/sandbox.h"

static char self_path[PATH_MAX];

struct bench {
    struct arena arena;
    struct exec_request request;
    struct exec_result result;
    const str *argv;
};

static const str plain_environment[] = {STR_INIT("PATH=/usr/local/bin:/usr/bin:/bin"),
                                        STR_INIT("COLOUR=blue")};

static void bench_open(struct bench *bench, const char *program, const char *first,
                       const char *second)
{
    *bench = (struct bench){0};
    str *argv = arena_array(&bench->arena, str, 3);
    argv[0] = str_from(program);
    argv[1] = str_from(first);
    argv[2] = str_from(second);
    bench->request = (struct exec_request){
        .program = str_from(program),
        .argv = argv,
        .argc = second  ? 3
                : first ? 2
                        : 1,
        .environment = plain_environment,
        .environments = 2,
        .timeout_ns = 60 * NS_PER_S,
        .max_output = 1000000,
    };
}

static void bench_shell(struct bench *bench, const char *script)
{
    bench_open(bench, "/bin/sh", "-c", script);
}

static void bench_run(struct bench *bench)
{
    exec_run_blocking(&bench->request, &bench->arena, &bench->result);
}

static void bench_close(struct bench *bench)
{
    arena_release(&bench->arena);
}

#define assert_outcome(bench, wanted)                                                          \
    do {                                                                                       \
        if ((bench)->result.outcome != (wanted))                                               \
            fail_msg("outcome %d: %.*s; %.*s", (bench)->result.outcome,                        \
                     STR_ARG((bench)->result.reason), STR_ARG((bench)->result.errors));        \
    } while (0)

static size_t open_fds(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static bool has_children(void)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Does a process with this id go away soon? */
static bool is_gone(str pid_text)
{
    int64_t pid = 0;
    assert_true(str_to_int(str_trim(pid_text), &pid) && pid > 1);
    for (int i = 0; i < 5000; i++) {
        char path[64], text[512];
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        int fd = open(path, O_RDONLY);
        if (fd < 0)
            return true;
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        if (n <= 0)
            return true;
        text[n] = '\0';
        const char *state = strrchr(text, ')');
        if (state && state[2] == 'Z') /* dead, and its new parent has not looked yet */
            return true;
        usleep(1000);
    }
    return false;
}

/* ---- programs that behave ---- */

/* Protects: arguments are handed over as they are; no shell looks at them. */
static void arguments_are_not_interpreted(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "/bin/echo", "$(id); `id` > x", "a  b\n*");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_text(bench.result.output, "$(id); `id` > x a  b\n*\n");
    assert_true(bench.result.time_ns > 0);
    bench_close(&bench);
}

/* Protects: only the named environment, the folder, and stdin, stdout and stderr apart. */
static void streams_folder_and_environment(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "cat; echo \"$COLOUR$HOME$USER\"; pwd; echo bad >&2");
    bench.request.input = STR("in ");
    bench.request.folder = STR("/");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_text(bench.result.output, "in blue\n/\n");
    assert_text(bench.result.errors, "bad\n");
    bench_close(&bench);
}

/* Protects: nothing of ours is open in it, not even what was opened without close-on-exec. */
static void inherits_no_descriptors(void **state)
{
    (void)state;
    struct bench bench;
    int leaky = open("/dev/null", O_RDONLY);
    bench_shell(&bench, "ls /proc/self/fd");
    bench_run(&bench);
    close(leaky);
    assert_outcome(&bench, EXEC_OK);
    assert_text(bench.result.output, "0\n1\n2\n3\n"); /* 3 is the folder that ls reads */
    bench_close(&bench);
}

/* Protects: megabytes in both directions at once, more than pipes hold. */
static void large_streams(void **state)
{
    (void)state;
    enum { SIZE = 5000000 };
    struct bench bench;
    bench_open(&bench, "/bin/cat", NULL, NULL);
    char *text = arena_alloc(&bench.arena, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 26);
    bench.request.input = (str){text, SIZE};
    bench.request.max_output = SIZE;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_true(str_equal(bench.result.output, bench.request.input));
    bench_close(&bench);
}

/* ---- programs that fail ---- */

/* Protects: exit codes and signals come back, with what was written until then. */
static void exit_codes_and_signals(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "echo so far; echo why >&2; exit 3");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_FAILED);
    assert_int_equal(bench.result.exit_code, 3);
    assert_text(bench.result.reason, "exit code 3");
    assert_text(bench.result.output, "so far\n");
    assert_text(bench.result.errors, "why\n");
    bench_close(&bench);
    bench_shell(&bench, "kill -SEGV $$");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_FAILED);
    assert_int_equal(bench.result.signal, SIGSEGV);
    assert_text(bench.result.reason, "signal 11: segmentation fault");
    bench_close(&bench);
}

/* Protects: what cannot be started says why, and leaves nothing behind. */
static void not_started(void **state)
{
    (void)state;
    static const struct {
        const char *program, *reason;
    } cases[] = {{"/no/such/program", "it cannot be started: No such file or directory"},
                 {"/etc", "it cannot be started: Permission denied"}};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        bench_open(&bench, cases[i].program, NULL, NULL);
        bench_run(&bench);
        assert_outcome(&bench, EXEC_NOT_STARTED);
        assert_text(bench.result.reason, cases[i].reason);
        bench_close(&bench);
    }
    struct bench bench;
    bench_shell(&bench, "true");
    bench.request.folder = STR("/no/such/folder");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_NOT_STARTED);
    assert_text(bench.result.reason,
                "it cannot be started: its folder: No such file or directory");
    bench_close(&bench);
    assert_false(has_children());
}

/* Protects: input that nobody reads is no failure, and its signal does not reach us. */
static void input_is_not_read(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "exec <&-; sleep 0.05; echo 7");
    bench.request.input = (str){arena_alloc(&bench.arena, 1000000), 1000000};
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_text(bench.result.output, "7\n");
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    bench_close(&bench);
}

/* Protects: a program that writes where nobody reads dies of it as it would in a shell: its
 * signals are the default ones although weir ignores SIGPIPE. */
static void signals_are_the_default(void **state)
{
    (void)state;
    struct bench bench;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    bench_shell(&bench, "{ sleep 0.05; kill -PIPE $$; } | true; sleep 1; echo survived");
    bench_run(&bench);
    signal(SIGPIPE, before);
    assert_outcome(&bench, EXEC_FAILED);
    assert_int_equal(bench.result.signal, SIGPIPE);
    bench_close(&bench);
}

/* ---- programs that do not end ---- */

/* Protects: a hung program is killed with all that it has started, also what ignores signals. */
static void hangs(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "trap '' TERM INT; sleep 1000 & echo $!; wait");
    bench.request.timeout_ns = 200 * NS_PER_MS;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_TIMEOUT);
    assert_text(bench.result.reason, "it was killed after 0.2 s");
    assert_true(bench.result.time_ns >= 200 * NS_PER_MS);
    assert_true(is_gone(bench.result.output));
    bench_close(&bench);
}

/* Protects: a child that outlives the program, and holds its stdout open, is not waited for and
 * does not stay. */
static void children_outlive_it(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "sleep 1000 & echo $!");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_true(bench.result.time_ns < 50 * NS_PER_S);
    assert_true(is_gone(bench.result.output));
    bench_close(&bench);
}

/* Protects: a child in a session of its own cannot hold us up, although it is not killed. */
static void children_leave_the_group(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, self_path, "leave-group", NULL);
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    int64_t pid = 0;
    assert_true(str_to_int(str_trim(bench.result.output), &pid));
    kill((pid_t)pid, SIGKILL);
    bench_close(&bench);
}

/* Protects: a program that floods stdout is killed at the ceiling; at it, it is fine. */
static void floods_stdout(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "yes");
    bench.request.max_output = 100000;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_FLOODED);
    assert_int_equal(bench.result.output.n, 100000);
    assert_text(bench.result.reason, "it wrote more than 100000 bytes and was killed");
    bench_close(&bench);
    for (size_t most = 3; most <= 4;
         most++) { /* it ends at once: what is left must count too */
        bench_shell(&bench, "printf 1234");
        bench.request.max_output = most;
        bench_run(&bench);
        assert_outcome(&bench, most == 4 ? EXEC_OK : EXEC_FLOODED);
        assert_int_equal(bench.result.output.n, most);
        bench_close(&bench);
    }
}

/* Protects: stderr is kept up to 64 KB; more is dropped and fails nothing. */
static void floods_stderr(void **state)
{
    (void)state;
    struct bench bench;
    bench_shell(&bench, "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo 1");
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_text(bench.result.output, "1\n");
    assert_int_equal(bench.result.errors.n, EXEC_ERRORS_MAX);
    bench_close(&bench);
}

/* Protects: limits of memory and processor time. */
static void memory_and_processor_time(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "/bin/dd", "if=/dev/zero", "bs=1G");
    bench.request.memory = 512 * 1000 * 1000;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_FAILED);
    assert_int_equal(bench.result.output.n, 0);
    bench_close(&bench);
    bench_shell(&bench, "while :; do :; done");
    bench.request.cpu_ns = NS_PER_MS;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_FAILED);
    assert_text(bench.result.reason, "signal 24: it used more than its cpu_time");
    assert_true(bench.result.cpu_ns > 500 * NS_PER_MS);
    bench_close(&bench);
}

/* Protects: after 200 runs of all kinds no descriptor is open and no zombie is left. */
static void leaves_nothing(void **state)
{
    (void)state;
    static const char *const scripts[] = {"echo 1", "exit 1", "yes", "sleep 100 & exit 2",
                                          "exec sleep 100"};
    struct err err = {0};
    bool sandbox = exec_sandbox_available(&err) == 0;
    size_t before = open_fds();
    for (int i = 0; i < 200; i++) {
        struct bench bench;
        bench_shell(&bench, scripts[i % 5]);
        bench.request.input = STR("{}");
        bench.request.max_output = 1000;
        bench.request.timeout_ns = i % 5 == 4 ? 5 * NS_PER_MS : 60 * NS_PER_S;
        bench.request.sandbox = sandbox && i % 3 == 0;
        if (i % 20 == 7)
            bench.request.program = STR("/no/such/program");
        bench_run(&bench);
        bench_close(&bench);
    }
    assert_int_equal(open_fds(), before);
    assert_false(has_children());
}

/* ---- fibers ---- */

struct many {
    struct loop *loop;
    struct pool *pool;
    int ok, at_once, ticks;
    bool ended;
};

static void fiber_fn run_sleeper(void *arg)
{
    struct many *many = arg;
    struct bench bench;
    bench_shell(&bench, "sleep 0.05; cat");
    bench.request.input = STR("x");
    assert_int_equal(exec_run(many->pool, &bench.request, &bench.arena, &bench.result), 0);
    many->ok += bench.result.outcome == EXEC_OK && str_equal(bench.result.output, STR("x"));
    bench_close(&bench);
}

static void fiber_fn tick(void *arg)
{
    struct many *many = arg;
    while (!many->ended && fiber_sleep(NS_PER_MS) == 0)
        many->ticks++;
}

static void fiber_fn run_many(void *arg)
{
    struct many *many = arg;
    struct fiber_group group = {0}, ticker = {0};
    fiber_group_start(&ticker, tick, many);
    for (int i = 0; i < 40; i++)
        fiber_group_start(&group, run_sleeper, many);
    assert_int_equal(fiber_group_join(&group), 0);
    many->ended = true;
    assert_int_equal(fiber_group_join(&ticker), 0);
}

/* Protects: the loop goes on while programs run. */
static void the_loop_goes_on(void **state)
{
    (void)state;
    struct many many = {.loop = loop_open()};
    many.pool = pool_open(many.loop, exec_at_once());
    fiber_run(many.loop, run_many, &many);
    assert_int_equal(many.ok, 40);
    assert_true(many.ticks > 20);
    pool_close(many.pool);
    loop_close(many.loop);
    assert_false(has_children());
}

struct stopped {
    struct many many;
    struct bench bench[12];
    int cancelled;
};

struct stopped_one {
    struct stopped *stopped;
    int number;
};

static void fiber_fn run_stopped(void *arg)
{
    struct stopped_one *one = arg;
    struct bench *bench = &one->stopped->bench[one->number];
    bench_shell(bench, "sleep 1000");
    int status =
        exec_run(one->stopped->many.pool, &bench->request, &bench->arena, &bench->result);
    one->stopped->cancelled += status < 0 && bench->result.outcome == EXEC_CANCELLED;
    bench_close(bench);
}

static void fiber_fn run_and_stop(void *arg)
{
    struct stopped *stopped = arg;
    struct stopped_one one[12];
    struct fiber_group group = {0};
    for (int i = 0; i < 12; i++) {
        one[i] = (struct stopped_one){stopped, i};
        fiber_group_start(&group, run_stopped, &one[i]);
    }
    assert_int_equal(fiber_sleep(100 * NS_PER_MS), 0);
    fiber_group_cancel(&group);
    fiber_group_join(&group);
}

/* Protects: a cancel kills what runs, and what waits for its turn never starts. */
static void cancel_kills(void **state)
{
    (void)state;
    struct stopped stopped = {.many = {.loop = loop_open()}};
    stopped.many.pool = pool_open(stopped.many.loop, 4);
    fiber_run(stopped.many.loop, run_and_stop, &stopped);
    assert_int_equal(stopped.cancelled, 12);
    pool_close(stopped.many.pool);
    loop_close(stopped.many.loop);
    assert_false(has_children());
}

/* ---- names ---- */

/* Protects: where a program is looked for, and that what cannot be run is refused. */
static void programs_are_found(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct err err = {0};
    str path;
    char folder[] = "/tmp/weir-exec-XXXXXX";
    assert_non_null(mkdtemp(folder));
    str script = path_join(&arena, str_from(folder), STR("run me"));
    assert_int_equal(file_write(script.p, STR("#!/bin/sh\necho 1\n"), &err), 0);
    assert_int_equal(exec_find(&arena, str_from(folder), STR("./run me"), &path, &err), -1);
    assert_string_equal(err.message,
                        "the program './run me' cannot be executed: Permission denied");
    assert_int_equal(chmod(script.p, 0700), 0);
    assert_int_equal(exec_find(&arena, str_from(folder), STR("./run me"), &path, &err), 0);
    assert_true(str_equal(path, script));
    assert_int_equal(exec_find(&arena, str_from(folder), STR("sh"), &path, &err), 0);
    assert_true(path.p[0] == '/' && str_ends_with(path, STR("/sh")));
    assert_int_equal(exec_find(&arena, str_from(folder), STR("run me"), &path, &err), -1);
    assert_string_equal(err.message, "no program 'run me' on PATH");
    assert_int_equal(exec_find(&arena, str_from(folder), STR("/tmp"), &path, &err), -1);
    assert_string_equal(err.message, "the program '/tmp' cannot be executed: Is a directory");
    assert_int_equal(unlink(script.p), 0);
    assert_int_equal(rmdir(folder), 0);
    arena_release(&arena);
}

/* ---- the sandbox ---- */

static bool no_sandbox(void)
{
    struct err err = {0};
    if (exec_sandbox_available(&err) == 0)
        return false;
    print_message("SKIPPED, no sandbox here: %s\n", err.message);
    return true;
}

static void sandbox_shell(struct bench *bench, const char *script)
{
    bench_shell(bench, script);
    bench->request.sandbox = true;
    bench->request.memory = 512 * 1000 * 1000;
    bench_run(bench);
}

/* Protects: an ordinary program runs in it, with its streams, folder, exit code and /tmp. */
static void sandbox_runs(void **state)
{
    (void)state;
    if (no_sandbox())
        skip();
    struct bench bench;
    char folder[] = "/tmp/weir-exec-XXXXXX";
    struct err err = {0};
    assert_non_null(mkdtemp(folder)); /* below /tmp, which is hidden, and closed to others */
    bench_open(&bench, "./script", NULL, NULL);
    str script = path_join(&bench.arena, str_from(folder), STR("script"));
    assert_int_equal(file_write(script.p,
                                STR("#!/bin/sh\ncat; pwd; echo a > /tmp/a; cat /tmp/a\n"
                                    "ls /tmp; head -c 2 /dev/zero | wc -c; exit 4\n"),
                                &err),
                     0);
    assert_int_equal(chmod(script.p, 0700), 0);
    bench.request.program = script;
    bench.request.folder = str_from(folder);
    bench.request.input = STR("in\n");
    bench.request.sandbox = true;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_FAILED);
    assert_int_equal(bench.result.exit_code, 4);
    str wanted = arena_printf(&bench.arena, "in\n%s\na\na\n%s\n2\n", folder, folder + 5);
    assert_text(bench.result.output, wanted.p);
    assert_int_equal(unlink(script.p), 0);
    assert_int_equal(rmdir(folder), 0);
    bench_close(&bench);
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Protects: no network: what can be reached from outside cannot from inside. */
static void sandbox_has_no_network(void **state)
{
    (void)state;
    if (no_sandbox())
        skip();
    int port;
    int listener = listen_somewhere(&port);
    for (int inside = 0; inside < 2; inside++) {
        struct bench bench;
        char text[16];
        snprintf(text, sizeof text, "%d", port);
        bench_open(&bench, self_path, "connect", text);
        bench.request.sandbox = inside;
        bench_run(&bench);
        assert_outcome(&bench, EXEC_OK);
        assert_text(bench.result.output, inside ? "unreachable\n" : "connected\n");
        bench_close(&bench);
    }
    close(listener);
}

/* Protects: nothing can be written but the private folders, and no other process is seen. */
static void sandbox_is_read_only(void **state)
{
    (void)state;
    if (no_sandbox())
        skip();
    struct bench bench;
    sandbox_shell(&bench,
                  "for f in /x /etc/x /var/x /usr/x \"$PWD/x\" /dev/x /proc/sys/kernel/"
                  "hostname /proc/sysrq-trigger /sys/x; do\n"
                  "{ echo 1 > $f; } 2>/dev/null && echo wrote $f; done; ls /run\n"
                  "for p in /proc/[0-9]*; do echo ${p#/proc/}; done | grep -c .\n"
                  "kill -9 -1 2>/dev/null; unshare -Ur true 2>/dev/null && echo nested");
    assert_outcome(&bench, EXEC_FAILED); /* of the last command */
    int64_t processes = 0;
    assert_true(str_to_int(str_trim(bench.result.output), &processes));
    assert_true(processes >= 1 && processes <= 4);
    bench_close(&bench);
}

/* Protects: a fork bomb is bounded, and all of it is gone afterwards. */
static void sandbox_bounds_forks(void **state)
{
    (void)state;
    if (no_sandbox())
        skip();
    struct bench bench;
    bench_open(&bench, self_path, "fork", NULL);
    bench.request.sandbox = true;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    int64_t forks = 0;
    assert_true(str_to_int(str_trim(bench.result.output), &forks));
    assert_true(forks >= 8 && forks <= SANDBOX_PROCESSES);
    bench_close(&bench);
    bench_shell(&bench, "b() { b | b & }; b; sleep 1000");
    bench.request.sandbox = true;
    bench.request.timeout_ns = 300 * NS_PER_MS;
    bench_run(&bench);
    assert_true(bench.result.outcome == EXEC_TIMEOUT || bench.result.outcome == EXEC_FAILED);
    bench_close(&bench);
    assert_false(has_children());
}

/* Protects: a program that leaves its group and its parent's signal behind ends all the same. */
static void sandbox_has_no_way_out(void **state)
{
    (void)state;
    if (no_sandbox())
        skip();
    struct bench bench;
    bench_open(&bench, self_path, "hide", NULL);
    bench.request.sandbox = true;
    bench.request.timeout_ns = 500 * NS_PER_MS;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_TIMEOUT);
    assert_false(has_children());
    bench_close(&bench);
    bench_open(&bench, self_path, "leave-group", NULL);
    bench.request.sandbox = true;
    bench_run(&bench);
    assert_outcome(&bench, EXEC_OK);
    assert_true(bench.result.time_ns < 50 * NS_PER_S);
    bench_close(&bench);
}

/* Protects: 1 GB cannot be allocated, in anonymous memory or in files. */
static void sandbox_bounds_memory(void **state)
{
    (void)state;
    if (no_sandbox())
        skip();
    struct bench bench;
    sandbox_shell(&bench, "dd if=/dev/zero of=/dev/null bs=1G count=1");
    assert_outcome(&bench, EXEC_FAILED);
    bench_close(&bench);
    sandbox_shell(&bench, "head -c 1000000000 /dev/zero > /tmp/a");
    assert_outcome(&bench, EXEC_FAILED);
    bench_close(&bench);
}

/* Protects: the sandbox works for an ordinary user too, or says that it does not. */
static void sandbox_as_ordinary_user(void **state)
{
    (void)state;
    if (geteuid() != 0 || no_sandbox())
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        struct err err = {0};
        struct bench bench;
        if (setgid(SANDBOX_USER) < 0 || setuid(SANDBOX_USER) < 0)
            _exit(3);
        prctl(PR_SET_DUMPABLE, 1); /* as after a login: what setuid takes, exec gives back */
        if (exec_sandbox_available(&err) < 0) {
            print_message("SKIPPED, no sandbox for ordinary users: %s\n", err.message);
            _exit(0);
        }
        bench_shell(&bench, "{ echo 1 > /etc/x; } 2>/dev/null; id -u; grep -c : /proc/net/dev; "
                            "i=0; while [ $i -lt 100 ]; do sleep 100 & i=$((i+1)); done");
        bench.request.sandbox = true;
        bench_run(&bench);
        bool good = str_equal(bench.result.output, STR("65534\n1\n")) &&
                    bench.result.outcome == EXEC_FAILED; /* forks were refused */
        if (!good)
            print_message("%.*s / %.*s / %.*s\n", STR_ARG(bench.result.output),
                          STR_ARG(bench.result.errors), STR_ARG(bench.result.reason));
        bench_close(&bench);
        _exit(good ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- this program as a helper ---- */

static int help_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    puts(connected ? "connected" : "unreachable");
    return 0;
}

/* A child in a session of its own that keeps stdout open. */
static int help_leave_group(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        sleep(1000);
        _exit(0);
    }
    printf("%d\n", (int)pid);
    return 0;
}

static int help_fork(void)
{
    int forks = 0;
    for (; forks < 10000; forks++) {
        pid_t pid = fork();
        if (pid < 0)
            break;
        if (pid == 0) {
            pause();
            _exit(0);
        }
    }
    printf("%d\n", forks);
    return 0;
}

static _Noreturn void help_hide(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_IGN);
    if (fork() == 0)
        setsid();
    for (;;)
        sleep(1000);
}

static int help(const char *what, const char *more)
{
    int result = 2;
    if (strcmp(what, "connect") == 0)
        result = help_connect((int)strtol(more, NULL, 10));
    else if (strcmp(what, "leave-group") == 0)
        result = help_leave_group();
    else if (strcmp(what, "fork") == 0)
        result = help_fork();
    else if (strcmp(what, "hide") == 0)
        help_hide();
    fflush(stdout);
    _exit(result);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return help(argv[1], argc > 2 ? argv[2] : "");
    if (readlink("/proc/self/exe", self_path, sizeof self_path - 1) < 0)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_not_interpreted),
        cmocka_unit_test(streams_folder_and_environment),
        cmocka_unit_test(inherits_no_descriptors),
        cmocka_unit_test(large_streams),
        cmocka_unit_test(exit_codes_and_signals),
        cmocka_unit_test(not_started),
        cmocka_unit_test(input_is_not_read),
        cmocka_unit_test(signals_are_the_default),
        cmocka_unit_test(hangs),
        cmocka_unit_test(children_outlive_it),
        cmocka_unit_test(children_leave_the_group),
        cmocka_unit_test(floods_stdout),
        cmocka_unit_test(floods_stderr),
        cmocka_unit_test(memory_and_processor_time),
        cmocka_unit_test(leaves_nothing),
        cmocka_unit_test(the_loop_goes_on),
        cmocka_unit_test(cancel_kills),
        cmocka_unit_test(programs_are_found),
        cmocka_unit_test(sandbox_runs),
        cmocka_unit_test(sandbox_has_no_network),
        cmocka_unit_test(sandbox_is_read_only),
        cmocka_unit_test(sandbox_bounds_forks),
        cmocka_unit_test(sandbox_has_no_way_out),
        cmocka_unit_test(sandbox_bounds_memory),
        cmocka_unit_test(sandbox_as_ordinary_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
