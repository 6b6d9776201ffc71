/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gnuplot.c: quoting for gnuplot, and its process (see gnuplot.h).
 *
 * The child's output is drained to the end and its beginning kept, for the message. Whether exec
 * failed is told through a pipe that a successful exec closes, so that "there is no gnuplot" and
 * "gnuplot failed" cannot be mixed up.
 */
#include "reports/gnuplot.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 1 << 20, SHOWN_MAX = 400 };

void gnuplot_text(struct buf *script, str text, size_t columns)
{
    struct arena arena = {0};
    str head = str_sub(text, 0, 4 * columns + 4);
    str shown = text_shorten(&arena, text_visible(&arena, head), columns);
    buf_add_char(script, '\'');
    for (size_t i = 0; i < shown.n; i++)
        buf_add_str(script, shown.p[i] == '\'' ? STR("’") : str_sub(shown, i, i + 1));
    buf_add_char(script, '\'');
    arena_release(&arena);
}

struct child {
    pid_t pid;
    int words; /* read end of its stdout and stderr */
    int exec;  /* read end: holds errno when exec failed */
};

/* After fork, in the child: only calls that are safe there. */
_Noreturn static void become_gnuplot(const char *folder, char *const *argv, int words, int exec)
{
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0 && setpgid(0, 0) == 0 && chdir(folder) == 0 && dup2(null, 0) >= 0 &&
        dup2(words, 1) >= 0 && dup2(words, 2) >= 0)
        execvp(argv[0], argv);
    int why = errno;
    ssize_t written = write(exec, &why, sizeof why);
    _exit(written == (ssize_t)sizeof why ? 127 : 126);
}

static int start(struct child *child, const char *folder, char *const *argv, struct err *err)
{
    int words[2], exec[2];
    if (pipe2(words, O_CLOEXEC) < 0)
        return err_set(err, ERR_FAILED, "gnuplot: %s", strerror(errno));
    if (pipe2(exec, O_CLOEXEC) < 0) {
        close(words[0]);
        close(words[1]);
        return err_set(err, ERR_FAILED, "gnuplot: %s", strerror(errno));
    }
    child->pid = fork();
    int why = errno;
    if (child->pid == 0)
        become_gnuplot(folder, argv, words[1], exec[1]);
    close(words[1]);
    close(exec[1]);
    child->words = words[0];
    child->exec = exec[0];
    if (child->pid > 0)
        return 0;
    close(words[0]);
    close(exec[0]);
    return err_set(err, ERR_FAILED, "gnuplot: %s", strerror(why));
}

/* True when the child closed its output before the deadline. */
static bool drain(const struct child *child, struct moment deadline, struct buf *words)
{
    char bytes[512];
    for (;;) {
        int64_t left = moment_since(deadline, clock_now()) / NS_PER_MS;
        struct pollfd fd = {.fd = child->words, .events = POLLIN};
        int ready = left > 0 ? poll(&fd, 1, (int)(left < 1000 ? left : 1000)) : 0;
        if (ready > 0) {
            ssize_t n = read(child->words, bytes, sizeof bytes);
            if (n == 0)
                return true;
            if (n > 0)
                buf_add(words, bytes, (size_t)n);
        } else if (left <= 0) {
            return false;
        }
    }
}

static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static int exec_errno(const struct child *child)
{
    int why = 0;
    ssize_t n = read(child->exec, &why, sizeof why);
    return n == (ssize_t)sizeof why ? why : 0;
}

/* Before it gnuplot repeats the command, which may be long. */
static str last_line(struct arena *arena, str words)
{
    str line = str_trim(words);
    for (str rest = line; str_cut(rest, '\n', &line, &rest);)
        line = rest;
    return text_shorten(arena, text_visible(arena, str_sub(line, 0, SHOWN_MAX)), SHOWN_MAX);
}

/* Writable, as argv wants it. */
static char *argument(struct arena *arena, const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(arena_bytes(arena, n), text, n);
}

/* "gnuplot -d a.gp b.gp" */
static char **arguments(struct arena *arena, const char *const *scripts, size_t count)
{
    char **argv = arena_array(arena, char *, count + 3);
    size_t n = 0;
    argv[n++] = argument(arena, "gnuplot");
    argv[n++] = argument(arena, "-d");
    for (size_t i = 0; i < count; i++)
        argv[n++] = argument(arena, scripts[i]);
    return argv;
}

enum gnuplot_result gnuplot_run(const char *folder, const char *const *scripts, size_t count,
                                int64_t timeout_ns, struct err *err)
{
    struct child child = {.pid = -1, .words = -1, .exec = -1};
    struct arena arena = {0};
    if (start(&child, folder, arguments(&arena, scripts, count), err) < 0) {
        arena_release(&arena);
        return GNUPLOT_FAILED;
    }
    struct buf words = BUF(WORDS_MAX);
    bool ended = drain(&child, moment_add(clock_now(), timeout_ns), &words);
    /* whatever it started goes with it */
    kill(-child.pid, SIGKILL);
    if (!ended)
        kill(child.pid, SIGKILL);
    int status = reap(child.pid), why = exec_errno(&child);
    enum gnuplot_result result = GNUPLOT_DONE;
    str said = last_line(&arena, buf_str(&words));
    if (why == ENOENT) {
        result = GNUPLOT_ABSENT;
    } else if (why) {
        result = GNUPLOT_FAILED;
        err_set(err, ERR_FAILED, "gnuplot cannot be run in %s: %s", folder, strerror(why));
    } else if (!ended) {
        result = GNUPLOT_FAILED;
        err_set(err, ERR_FAILED, "gnuplot: no pictures within %d s",
                (int)(timeout_ns / NS_PER_S));
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        result = GNUPLOT_FAILED;
        err_set(err, ERR_FAILED, "gnuplot failed: %.*s", STR_ARG(said));
    }
    close(child.words);
    close(child.exec);
    buf_release(&words);
    arena_release(&arena);
    return result;
}
