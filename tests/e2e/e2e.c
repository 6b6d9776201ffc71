/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e.c: programs, their ends and what they printed (see e2e.h).
 *
 * Output goes to files, not pipes: nobody has to read while a program runs, what a grandchild
 * prints is there too, and a program that is killed leaves what it had said.
 */
#include "e2e.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

extern char **environ;

enum { OUTPUT_MOST = 200 * 1000 * 1000, ARGUMENTS = 32 };

void nap_5ms(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
}

/* ---- starting ---- */

static bool names_same(const char *setting, str other)
{
    size_t n = strcspn(setting, "=");
    return strncmp(setting, other.p, n) == 0 && (other.p[n] == '=' || other.p[n] == '\0');
}

static bool is_handed_on(const struct place *place, const char *setting)
{
    static const char *const kept_back[] = {
        "WEIR_",  "OPENAI_", "ANTHROPIC_", "GEMINI_",  "http_",    "https_", "HTTP_",
        "HTTPS_", "all_",    "ALL_PROXY",  "NO_COLOR", "no_proxy", "COLUMNS"};
    for (size_t i = 0; i < sizeof kept_back / sizeof kept_back[0]; i++)
        if (strncmp(setting, kept_back[i], strlen(kept_back[i])) == 0)
            return false;
    for (size_t i = 0; i < place->environments; i++)
        if (names_same(setting, place->environment[i]))
            return false;
    return true;
}

static const char **environment_for(struct place *place)
{
    size_t count = 0, n = 0;
    while (environ[count])
        count++;
    const char **made = arena_array(&place->arena, const char *, count + 18);
    made[n++] =
        arena_printf(&place->arena, "E2E_PLACE=%s", place->root).p; /* first: place_processes */
    for (size_t i = 0; i < count; i++)
        if (is_handed_on(place, environ[i]))
            made[n++] = environ[i];
    for (size_t i = 0; i < place->environments; i++)
        if (strchr(place->environment[i].p, '='))
            made[n++] = place->environment[i].p;
    return made;
}

/* In the child: nothing but what is safe after fork. */
static _Noreturn void become(const char *folder, const char *const *argv,
                             const char *const *environment)
{
    char *const *words, *const *settings;
    memcpy(&words, &argv, sizeof words); /* execve takes them without const */
    memcpy(&settings, &environment, sizeof settings);
    if (chdir(folder) == 0)
        execve(argv[0], words, settings);
    _exit(127);
}

struct child child_start(struct place *place, const char *const argv[])
{
    struct child child = {.place = place};
    int number = place->outputs++;
    child.out = arena_printf(&place->arena, "%s/%d.out", place->root, number);
    child.err = arena_printf(&place->arena, "%s/%d.err", place->root, number);
    const char **environment = environment_for(place);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid > 0)
        return child;
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
    int in = open("/dev/null", O_RDONLY), out = open(child.out.p, flags, 0600),
        err = open(child.err.p, flags, 0600);
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(126);
    become(place->folder, argv, environment);
}

void child_signal(const struct child *child, int number)
{
    assert_int_equal(kill(child->pid, number), 0);
}

static str read_output(const struct child *child, str path)
{
    str text = {"", 0};
    struct err err = {0};
    if (file_exists(path.p) &&
        file_read(&child->place->arena, path.p, OUTPUT_MOST, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

str child_out(const struct child *child)
{
    return read_output(child, child->out);
}

str child_err(const struct child *child)
{
    return read_output(child, child->err);
}

/* ---- ending ---- */

static void decode_status(int status, struct ended *ended)
{
    ended->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ended->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

struct ended child_wait(struct child *child)
{
    struct ended ended = {0};
    int status = 0;
    for (int left = child->place->limit_s * 200; waitpid(child->pid, &status, WNOHANG) == 0;
         left--) {
        if (left == 0) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &status, 0);
            str err = child_err(child);
            fail_msg("the program did not end within %d s; stderr:\n%.*s",
                     child->place->limit_s, STR_ARG(err));
        }
        nap_5ms();
    }
    child->pid = 0;
    decode_status(status, &ended);
    ended.out = child_out(child);
    ended.err = child_err(child);
    return ended;
}

/* ---- weir ---- */

static const char **arguments(struct place *place, const char *first, va_list rest)
{
    const char **argv = arena_array(&place->arena, const char *, ARGUMENTS + 2);
    size_t n = 0;
    argv[n++] = E2E_WEIR;
    for (const char *word = first; word && n <= ARGUMENTS; word = va_arg(rest, const char *))
        argv[n++] = word;
    return argv;
}

struct child weir_start(struct place *place, const char *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    const char **argv = arguments(place, argument, rest);
    va_end(rest);
    return child_start(place, argv);
}

struct ended weir(struct place *place, const char *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    const char **argv = arguments(place, argument, rest);
    va_end(rest);
    struct child child = child_start(place, argv);
    return child_wait(&child);
}

/* `typed` is typed as soon as `after` is shown. */
static str read_terminal(struct place *place, int terminal, const char *after,
                         const char *typed)
{
    struct buf *shown = arena_new(&place->arena, struct buf);
    buf_in_arena(shown, &place->arena);
    for (int left = place->limit_s * 10; left > 0; left--) {
        struct pollfd wait = {.fd = terminal, .events = POLLIN};
        char bytes[4096];
        if (poll(&wait, 1, 100) == 0)
            continue;
        ssize_t n = read(terminal, bytes, sizeof bytes);
        if (n <= 0) /* EIO: the last writer has gone */
            return buf_str(shown);
        buf_add(shown, bytes, (size_t)n);
        if (typed && str_contains(buf_str(shown), str_from(after))) {
            assert_int_equal(write(terminal, typed, strlen(typed)), strlen(typed));
            typed = NULL;
        }
    }
    fail_msg("the program on the terminal did not end within %d s", place->limit_s);
    return buf_str(shown);
}

static struct ended on_terminal(struct place *place, const char *after, const char *typed,
                                const char **argv)
{
    const char **environment = environment_for(place);
    struct winsize size = {.ws_row = 40, .ws_col = 100};
    struct ended ended = {0};
    int terminal, status = 0;
    pid_t pid = forkpty(&terminal, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0)
        become(place->folder, argv, environment);
    ended.out = read_terminal(place, terminal, after, typed);
    close(terminal);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    decode_status(status, &ended);
    return ended;
}

struct ended weir_on_terminal(struct place *place, const char *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    const char **argv = arguments(place, argument, rest);
    va_end(rest);
    return on_terminal(place, "", NULL, argv);
}

struct ended weir_typed(struct place *place, const char *after, const char *typed,
                        const char *argument, ...)
{
    va_list rest;
    va_start(rest, argument);
    const char **argv = arguments(place, argument, rest);
    va_end(rest);
    return on_terminal(place, after, typed, argv);
}

/* ---- weir-mock ---- */

struct mock_server mock_start(struct place *place, const char *config)
{
    const char *argv[] = {E2E_WEIR_MOCK, "--port", "0", "--config", config, NULL};
    struct mock_server mock = {.child = child_start(place, argv)};
    wait_until(str_contains(child_out(&mock.child), STR("\n")) ||
               waitpid(mock.child.pid, NULL, WNOHANG) != 0);
    str line = child_out(&mock.child), said = child_err(&mock.child);
    const json *listening = json_parse(&place->arena, str_trim(line), NULL);
    mock.url = json_text(json_get(listening, STR("listening")));
    if (!mock.url.n)
        fail_msg("weir-mock said '%.*s', and on stderr:\n%.*s", STR_ARG(line), STR_ARG(said));
    return mock;
}

void mock_stop(struct mock_server *mock)
{
    child_signal(&mock->child, SIGTERM);
    struct ended ended = child_wait(&mock->child);
    if (ended.code > 0 || (ended.signal && ended.signal != SIGTERM))
        fail_msg("weir-mock ended with %d, signal %d:\n%.*s", ended.code, ended.signal,
                 STR_ARG(ended.err));
}

/* ---- assertions ---- */

static str shown_part(str text)
{
    return text.n > 4000 ? str_sub(text, text.n - 4000, text.n) : text;
}

void e2e_check_contains(str text, const char *part, bool wanted, const char *file, int line)
{
    if (str_contains(text, str_from(part)) == wanted)
        return;
    str shown = shown_part(text);
    print_error("%s:%d: %s '%s' in:\n%.*s\n", file, line, wanted ? "there is no" : "there is",
                part, STR_ARG(shown));
    _fail(file, line);
}

void e2e_check_text(str is, str should, const char *file, int line)
{
    if (str_equal(is, should))
        return;
    size_t at = 0;
    while (at < is.n && at < should.n && is.p[at] == should.p[at])
        at++;
    str a = str_sub(is, at > 200 ? at - 200 : 0, at + 300),
        b = str_sub(should, at > 200 ? at - 200 : 0, at + 300);
    print_error("%s:%d: texts differ at byte %zu:\n%.*s\n--- should be ---\n%.*s\n", file, line,
                at, STR_ARG(a), STR_ARG(b));
    _fail(file, line);
}

void e2e_check_code(struct ended ended, int should, const char *file, int line)
{
    if (ended.code == should)
        return;
    str out = shown_part(ended.out), err = shown_part(ended.err);
    print_error("%s:%d: ended with %d (signal %d), not %d\nstdout:\n%.*s\nstderr:\n%.*s\n",
                file, line, ended.code, ended.signal, should, STR_ARG(out), STR_ARG(err));
    _fail(file, line);
}

void e2e_check_json(const json *is, const json *should, const char *file, int line)
{
    struct arena arena = {0};
    if (is && should && json_equal(is, should))
        return;
    str a = is ? json_to_str(&arena, is, JSON_SPACED) : STR("(none)");
    str b = should ? json_to_str(&arena, should, JSON_SPACED) : STR("(none)");
    print_error("%s:%d: values differ:\n%.*s\n--- should be ---\n%.*s\n", file, line,
                STR_ARG(str_sub(a, 0, 500)), STR_ARG(str_sub(b, 0, 500)));
    arena_release(&arena);
    _fail(file, line);
}
