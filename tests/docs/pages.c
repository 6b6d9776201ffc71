/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.c: a process for each page (see pages.h).
 *
 * What the page does is written down for page.bash first. The process leads a session of its own,
 * so that whatever the page leaves running ends with it. Nothing of the caller's environment is
 * handed on but what a shell needs.
 */
#include "docs/pages.h"

#include "base/clock.h"
#include "base/buf.h"
#include "base/file.h"
#include "io/exec.h"

#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct job {
    struct docs_run *run;
    char folder[40]; /* in it: work, home, steps, results, scratch */
    pid_t pid;
    struct moment started;
};

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static str in_folder(struct arena *arena, const struct job *job, const char *name)
{
    return arena_printf(arena, "%s/%s", job->folder, name);
}

static void write_file(const char *path, str text)
{
    struct err err = {0};
    if (file_write(path, text, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static void make_folder(const char *path)
{
    struct err err = {0};
    if (dir_make(path, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

/* ---- what the page does ---- */

static void write_shown(struct arena *arena, const struct job *job,
                        const struct docs_block *block, struct buf *steps)
{
    struct buf text = {0};
    for (size_t i = 0; i < block->lines; i++)
        buf_printf(&text, "%.*s\n", STR_ARG(block->text[i].text));
    str copy = arena_printf(arena, "%s/scratch/file.%d", job->folder, block->line),
        name = block->file.n ? block->file : arena_printf(arena, "shown-%d.yaml", block->line);
    write_file(copy.p, buf_str(&text));
    buf_release(&text);
    buf_printf(steps, "file\t%d\t%.*s\t%s\n", block->line, STR_ARG(name), copy.p);
    if (block->checked_by.n)
        buf_printf(steps, "sh\t%d\t%.*s %.*s\nend\n", block->line, STR_ARG(block->checked_by),
                   STR_ARG(name));
}

/* Output that the page shows: its figures are looked for in what was printed so far. */
static void write_printed(struct arena *arena, const struct job *job,
                          const struct docs_block *block, struct buf *steps)
{
    struct buf text = {0};
    for (size_t i = 0; i < block->lines; i++)
        buf_printf(&text, "%.*s\n", STR_ARG(block->text[i].text));
    str copy = arena_printf(arena, "%s/scratch/printed.%d", job->folder, block->line);
    write_file(copy.p, buf_str(&text));
    buf_release(&text);
    buf_printf(steps, "printed\t%d\t%.*s\n", block->line, STR_ARG(copy));
}

static bool program_exists(struct arena *arena, str name)
{
    str folder, rest = str_from(getenv("PATH"));
    while (rest.n) {
        str_cut(rest, ':', &folder, &rest);
        if (access(path_join(arena, folder, name).p, X_OK) == 0)
            return true;
    }
    return false;
}

static bool is_here(struct arena *arena, str need)
{
    struct err err = {0};
    if (str_equal(need, STR("sandbox")))
        return exec_sandbox_available(&err) == 0;
    return program_exists(arena, need);
}

bool docs_block_runs(struct arena *arena, const struct docs_block *block)
{
    return str_equal(block->language, STR("sh")) && !block->not_run.n && !block->file.n &&
           (!block->needs.n || is_here(arena, block->needs));
}

static void write_steps(struct arena *arena, const struct job *job)
{
    struct buf steps = {0};
    const struct docs_page *page = job->run->page;
    for (size_t i = 0; i < page->blocks; i++) {
        const struct docs_block *block = &page->block[i];
        if (block->file.n || block->checked_by.n)
            write_shown(arena, job, block, &steps);
        if (block->printed)
            write_printed(arena, job, block, &steps);
        if (!docs_block_runs(arena, block))
            continue;
        buf_printf(&steps, "full\t%d\ninterrupted\t%d\n", block->in_full, block->interrupted);
        for (size_t k = 0; k < block->lines; k++)
            buf_printf(&steps, "sh\t%d\t%.*s\n", block->text[k].line,
                       STR_ARG(block->text[k].text));
        buf_add_str(&steps, STR("end\n"));
    }
    write_file(in_folder(arena, job, "steps").p, buf_str(&steps));
    buf_release(&steps);
}

static void copy_folder(struct arena *arena, const char *from, const char *to)
{
    const char *argv[] = {"cp", "-R", "--", arena_printf(arena, "%s/.", from).p, to, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], (char **)(uintptr_t)argv);
        _exit(127);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        give_up("cp");
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts, (void)type, (void)at;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void prepare(struct arena *arena, struct job *job)
{
    snprintf(job->folder, sizeof job->folder, "/tmp/weir-docs-XXXXXX");
    if (!mkdtemp(job->folder))
        give_up("mkdtemp");
    static const char *const folders[] = {"work", "home", "scratch"};
    for (size_t i = 0; i < 3; i++)
        make_folder(in_folder(arena, job, folders[i]).p);
    write_file(in_folder(arena, job, "results").p, STR(""));
    if (job->run->copy.n) {
        str work = in_folder(arena, job, "work");
        copy_folder(arena, job->run->copy.p, work.p);
        remove_folder(path_join(arena, work, STR(".weir")).p);
    }
    write_steps(arena, job);
}

/* ---- its process ---- */

static bool write_once(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

/* A network with nothing but a loopback device. */
static bool enter_own_network(void)
{
    char map[64];
    unsigned user = getuid(), group = getgid();
    if (unshare(CLONE_NEWNET) == 0) /* a privileged user's */
        return raise_loopback();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return false;
    snprintf(map, sizeof map, "%u %u 1", user, user);
    if (!write_once("/proc/self/setgroups", "deny") || !write_once("/proc/self/uid_map", map))
        return false;
    snprintf(map, sizeof map, "%u %u 1", group, group);
    if (!write_once("/proc/self/gid_map", map))
        return false;
    return raise_loopback();
}

bool docs_network_is_own(void)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(enter_own_network() ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static _Noreturn void become_page(struct arena *arena, const struct docs_place *place,
                                  const struct job *job)
{
    const char *argv[] = {"bash",
                          place->driver,
                          in_folder(arena, job, "steps").p,
                          in_folder(arena, job, "results").p,
                          in_folder(arena, job, "scratch").p,
                          NULL};
    const char *sanitizers = getenv("ASAN_OPTIONS");
    const char *environment[] = {
        arena_printf(arena, "PATH=%s:/usr/local/bin:/usr/bin:/bin", place->bin).p,
        arena_printf(arena, "HOME=%s/home", job->folder).p,
        arena_printf(arena, "ASAN_OPTIONS=%s", sanitizers ? sanitizers : "").p,
        "LANG=C.UTF-8",
        "TERM=dumb",
        "http_proxy=http://127.0.0.1:9",
        "https_proxy=http://127.0.0.1:9",
        "no_proxy=127.0.0.1,localhost",
        NULL};
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (setsid() < 0 || chdir(in_folder(arena, job, "work").p) < 0 || nothing < 0 ||
        dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0)
        _exit(126);
    if (place->own_network && !enter_own_network())
        _exit(126);
    execvpe("bash", (char **)(uintptr_t)argv, (char **)(uintptr_t)environment);
    _exit(127);
}

static void start(struct arena *arena, const struct docs_place *place, struct job *job)
{
    prepare(arena, job);
    job->started = clock_now();
    job->pid = fork();
    if (job->pid == 0)
        become_page(arena, place, job);
    if (job->pid < 0)
        give_up("fork");
}

/* ---- what became of it ---- */

static void read_results(struct arena *arena, const struct docs_place *place, struct job *job)
{
    struct err err = {0};
    struct docs_run *run = job->run;
    struct buf told = {0};
    bool ended = false;
    str text, line, what, rest, number, code;
    if (file_read(arena, in_folder(arena, job, "results").p, 10000000, &text, &err) < 0)
        give_up(err.message);
    while (text.n) {
        str_cut(text, '\n', &line, &text);
        str_cut(line, '\t', &what, &rest);
        if (str_equal(what, STR("ok"))) {
            run->ran++;
        } else if (str_equal(what, STR("end"))) {
            ended = true;
        } else if (str_equal(what, STR("bad"))) {
            str_cut(rest, '\t', &number, &rest);
            str_cut(rest, '\t', &code, &rest);
            run->wrong++;
            buf_printf(&told, "%.*s:%.*s: it exits with %.*s, not %.*s\n",
                       STR_ARG(run->page->path), STR_ARG(number), STR_ARG(code), STR_ARG(rest));
        } else if (str_equal(what, STR("unsaid"))) {
            str_cut(rest, '\t', &number, &rest);
            run->wrong++;
            buf_printf(&told, "%.*s:%.*s: no command before it prints %.*s\n",
                       STR_ARG(run->page->path), STR_ARG(number), STR_ARG(rest));
        } else {
            buf_printf(&told, "    %.*s\n", STR_ARG(rest));
        }
    }
    if (!ended) {
        run->wrong++;
        buf_printf(&told, "%.*s: not at its end after %zu commands and %d s\n",
                   STR_ARG(run->page->path), run->ran, place->limit_s);
    }
    run->told = arena_str(arena, buf_str(&told));
    buf_release(&told);
}

static void finish(struct arena *arena, const struct docs_place *place, struct job *job)
{
    kill(-job->pid, SIGKILL); /* what it left running */
    read_results(arena, place, job);
    remove_folder(job->folder);
    job->pid = 0;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* ---- many of them ---- */

struct pages {
    struct docs_run *run;
    size_t count;
    bool *begun;
    struct job *job;
    size_t jobs;
    bool one_server; /* on this machine's network, where two would want the same port */
};

static bool starts_server(const struct docs_page *page)
{
    for (size_t i = 0; i < page->blocks; i++)
        for (size_t k = 0; k < page->block[i].lines; k++)
            if (str_starts_with(page->block[i].text[k].text, STR("weir-mock ")))
                return true;
    return false;
}

/* NULL: all have begun, or have to wait for one that runs. */
static struct docs_run *next_page(const struct pages *pages)
{
    bool server_runs = false;
    for (size_t i = 0; i < pages->jobs; i++)
        server_runs |= pages->job[i].pid && starts_server(pages->job[i].run->page);
    for (size_t i = 0; i < pages->count; i++) {
        bool waits = pages->one_server && server_runs && starts_server(pages->run[i].page);
        if (pages->begun[i] || waits)
            continue;
        pages->begun[i] = true;
        return &pages->run[i];
    }
    return NULL;
}

void docs_run_pages(struct arena *arena, const struct docs_place *place, struct docs_run *run,
                    size_t count)
{
    struct pages pages = {.run = run,
                          .count = count,
                          .begun = arena_array(arena, bool, count + 1),
                          .job = arena_array(arena, struct job, place->at_once),
                          .jobs = place->at_once,
                          .one_server = !place->own_network};
    for (size_t ended = 0; ended < count; nap())
        for (size_t i = 0; i < pages.jobs; i++) {
            struct job *job = &pages.job[i];
            int status;
            if (job->pid && moment_since(clock_now(), job->started) > place->limit_s * NS_PER_S)
                kill(-job->pid, SIGKILL);
            if (job->pid && waitpid(job->pid, &status, WNOHANG) == job->pid) {
                finish(arena, place, job);
                ended++;
            }
            if (!job->pid && (job->run = next_page(&pages)))
                start(arena, place, job);
        }
}
