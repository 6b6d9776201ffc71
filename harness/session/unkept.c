/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unkept.c: a folder that goes with the process (see unkept.h).
 *
 * SQLite finds a run's files, and a second connection to them, by name, so they cannot be files
 * without one. Handlers of signals would not do: libuv has those of a run, and neither a crash nor
 * SIGKILL has any. The end of a pipe closes whatever happens.
 */
#include "session/unkept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM_BYTES = 256 * 1024 * 1024 }; /* some 100,000 calls; containers often have 64 MB */

static bool is_roomy_memory(const char *path)
{
    struct statfs about;
    if (access(path, W_OK | X_OK) < 0 || statfs(path, &about) < 0)
        return false;
    unsigned long type = (unsigned long)about.f_type;
    return (type == TMPFS_MAGIC || type == RAMFS_MAGIC) &&
           (uint64_t)about.f_bavail * (uint64_t)about.f_bsize >= ROOM_BYTES;
}

str unkept_place(const char *memory)
{
    const char *chosen = getenv("TMPDIR");
    if (is_roomy_memory(memory))
        chosen = memory;
    return chosen && chosen[0] ? str_from(chosen) : STR("/tmp");
}

/* The store makes no folders. */
static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0); /* "." and ".." are none of its business */
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* A session of its own, for Ctrl-C goes to all of a terminal's foreground; and what is sent to
 * every weir means the other one. Nobody waits for this one's copies of stdout and stderr. */
static _Noreturn void guard_main(const char *path, int ended)
{
    char byte;
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        close(fd);
    while (read(ended, &byte, 1) < 0 && errno == EINTR)
        ;
    remove_folder(path);
    _exit(0);
}

static int start_guard(struct unkept *unkept, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(err, ERR_FAILED, "no pipe: %s", strerror(errno));
    unkept->guard = fork();
    if (unkept->guard == 0) {
        close(ends[1]);
        guard_main(unkept->folder.p, ends[0]);
    }
    close(ends[0]);
    unkept->alive = ends[1];
    if (unkept->guard > 0)
        return 0;
    close(ends[1]);
    return err_set(err, ERR_FAILED, "no second process for --no-store: %s", strerror(errno));
}

int unkept_make(struct unkept *unkept, bool guarded, struct arena *arena, struct err *err)
{
    str place = unkept_place("/dev/shm");
    str name = arena_printf(arena, "%.*s/weir-%ld-XXXXXX", STR_ARG(place), (long)getpid());
    char *folder = arena_alloc(arena, name.n + 1);
    memcpy(folder, name.p, name.n + 1);
    if (!mkdtemp(folder))
        return err_set(err, ERR_FAILED, "%.*s: cannot make a folder: %s", STR_ARG(place),
                       strerror(errno));
    unkept->folder = str_from(folder);
    if (!guarded || start_guard(unkept, err) == 0)
        return 0;
    rmdir(folder);
    unkept->folder = STR("");
    return -1;
}

void unkept_remove(struct unkept *unkept)
{
    if (!unkept->folder.n)
        return;
    remove_folder(unkept->folder.p);
    if (unkept->guard)
        close(unkept->alive);
    while (unkept->guard && waitpid(unkept->guard, NULL, 0) < 0 && errno == EINTR)
        ;
    *unkept = (struct unkept){.folder = STR("")};
}
