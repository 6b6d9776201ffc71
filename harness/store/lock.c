/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock.c: the lock of a run (see lock.h).
 */
#include "store/lock.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* lock_is_held takes the lock for a moment to see whether it can. */
enum { TRIES = 20, TRY_PAUSE_NS = 5 * 1000 * 1000 };

static char *lock_path(const char *run_path)
{
    static const char suffix[] = "-lock";
    size_t length = strlen(run_path);
    char *path = xmalloc(length + sizeof suffix);
    memcpy(path, run_path, length);
    memcpy(path + length, suffix, sizeof suffix);
    return path;
}

/* The holder removes the file before it lets go, so a lock may be on a file that is gone. */
static bool is_still_there(int fd, const char *path)
{
    struct stat of_fd, of_path;
    return fstat(fd, &of_fd) == 0 && stat(path, &of_path) == 0 &&
           of_fd.st_ino == of_path.st_ino && of_fd.st_dev == of_path.st_dev;
}

int lock_take(struct lock *lock, const char *run_path, struct err *err)
{
    *lock = (struct lock){.fd = -1, .path = lock_path(run_path)};
    for (int i = 0; i < TRIES; i++) {
        int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0) {
            err_set(err, ERR_INPUT, "%s: cannot write: %s", run_path, strerror(errno));
            lock_release(lock);
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still_there(fd, lock->path)) {
            lock->fd = fd;
            return 0;
        }
        close(fd);
        nanosleep(&(struct timespec){.tv_nsec = TRY_PAUSE_NS}, NULL);
    }
    err_set(err, ERR_INPUT, "%s: another weir is writing this run; expected it to end before",
            run_path);
    lock_release(lock);
    return -1;
}

void lock_release(struct lock *lock)
{
    if (lock->fd >= 0) {
        unlink(lock->path);
        close(lock->fd);
    }
    xfree(lock->path);
    *lock = (struct lock){.fd = -1};
}

bool lock_is_held(const char *run_path)
{
    char *path = lock_path(run_path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    xfree(path);
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}
