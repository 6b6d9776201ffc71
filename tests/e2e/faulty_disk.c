/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faulty_disk.c: makes one step of the store go wrong. Linked into weir-faulty, which is weir but
 * for this.
 *
 *     WEIR_FAULTY=write:17        the 17th write to a file finds the disk full
 *     WEIR_FAULTY=sync:3          the 3rd flush fails
 *     WEIR_FAULTY=step:40         the 40th step of an SQL statement is interrupted
 *     WEIR_FAULTY=write:17:kill   the process is killed instead, half of the bytes written
 *     WEIR_SLOW_SYNC_MS=100       every flush takes 100 ms longer, beside any of these
 *
 * A program's own functions come before those of the libraries it is linked with, so that
 * SQLite's calls arrive here. One step fails and those after it succeed: a lasting failure
 * would be noticed even by a program that forgets an error.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at);

enum kind { WRITE, SYNC, STEP, KINDS };
static const char *const names[KINDS] = {"write", "sync", "step"};

static struct {
    enum kind kind;
    unsigned long at; /* 0: nothing fails */
    bool kill;
    atomic_ulong seen;
    long slow_ms; /* of every flush */
} fault;

static void read_setting(void)
{
    const char *text = getenv("WEIR_FAULTY"), *slow = getenv("WEIR_SLOW_SYNC_MS");
    fault.slow_ms = slow ? strtol(slow, NULL, 10) : 0;
    for (unsigned k = 0; text && k < KINDS; k++) {
        size_t length = strlen(names[k]);
        char *end;
        if (strncmp(text, names[k], length) != 0 || text[length] != ':')
            continue;
        fault.kind = (enum kind)k;
        fault.at = strtoul(text + length + 1, &end, 10);
        fault.kill = strcmp(end, ":kill") == 0;
    }
}

/* Is this the step that fails? */
static bool fails(enum kind kind)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_setting);
    return fault.at && kind == fault.kind && atomic_fetch_add(&fault.seen, 1) + 1 == fault.at;
}

/* ISO C has no way from void * to a function; POSIX promises that this one works. */
#define NEXT(type, name)                                                                       \
    static type *next;                                                                         \
    if (!next)                                                                                 \
    *(void **)&next = dlsym(RTLD_NEXT, name)

typedef ssize_t pwrite_fn(int, const void *, size_t, off64_t);
typedef int flush_fn(int);
typedef int step_fn(sqlite3_stmt *);

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    NEXT(pwrite_fn, "pwrite64");
    if (!fails(WRITE))
        return next(fd, bytes, count, at);
    if (fault.kill) {
        next(fd, bytes, count / 2, at);
        raise(SIGKILL);
    }
    errno = ENOSPC;
    return -1;
}

static int flush(int fd, flush_fn *next)
{
    bool good = !fails(SYNC);
    struct timespec rest = {fault.slow_ms / 1000, fault.slow_ms % 1000 * 1000000};
    while (fault.slow_ms && nanosleep(&rest, &rest) < 0)
        ;
    if (good)
        return next(fd);
    if (fault.kill)
        raise(SIGKILL);
    errno = EIO;
    return -1;
}

int fsync(int fd)
{
    NEXT(flush_fn, "fsync");
    return flush(fd, next);
}

int fdatasync(int fd)
{
    NEXT(flush_fn, "fdatasync");
    return flush(fd, next);
}

static int always(void *unused)
{
    (void)unused;
    return 1;
}

int sqlite3_step(sqlite3_stmt *statement)
{
    NEXT(step_fn, "sqlite3_step");
    if (!fails(STEP))
        return next(statement);
    if (fault.kill)
        raise(SIGKILL);
    sqlite3 *db = sqlite3_db_handle(statement);
    sqlite3_progress_handler(db, 1, always, NULL);
    int code = next(statement);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    return code;
}
