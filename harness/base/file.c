/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file.c: whole files and paths (see file.h).
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, bytes + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        done += (size_t)got;
    }
    return 0;
}

static int read_open(struct arena *arena, int fd, const char *path, size_t limit, str *bytes,
                     struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return err_set(err, ERR_INPUT, "%s: is not a file", path);
    size_t size = (size_t)info.st_size;
    if (size > limit)
        return err_set(err, ERR_INPUT, "%s: has %zu bytes; expected at most %zu", path, size,
                       limit);
    char *text = arena_alloc(arena, size + 1);
    if (read_all(fd, text, size) < 0)
        return err_set(err, ERR_INPUT, "%s: cannot be read: %s", path,
                       errno ? strerror(errno) : "it changed meanwhile");
    *bytes = (str){text, size};
    return 0;
}

int file_read(struct arena *arena, const char *path, size_t limit, str *bytes, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
    errno = 0;
    int result = read_open(arena, fd, path, limit, bytes, err);
    close(fd);
    return result;
}

static int write_all(int fd, str bytes)
{
    while (bytes.n) {
        ssize_t done = write(fd, bytes.p, bytes.n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        bytes = str_sub(bytes, (size_t)done, bytes.n);
    }
    return 0;
}

int file_write(const char *path, str bytes, struct err *err)
{
    struct arena scratch = {0};
    const char *beside = arena_printf(&scratch, "%s.%ld.tmp", path, (long)getpid()).p;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int result = 0;
    if (fd < 0) {
        result = err_set(err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    } else {
        bool bad = write_all(fd, bytes) < 0 || fsync(fd) < 0;
        bad = close(fd) < 0 || bad;
        if (bad || rename(beside, path) < 0) {
            result =
                err_set(err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
            unlink(beside);
        }
    }
    arena_release(&scratch);
    return result;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool dir_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool dir_is_empty(const char *path)
{
    DIR *dir = opendir(path);
    bool empty = true;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    if (dir)
        closedir(dir);
    return empty;
}

int dir_make(const char *path, struct err *err)
{
    if (dir_exists(path))
        return 0;
    struct arena scratch = {0};
    str above = path_folder(&scratch, str_from(path));
    int result = 0;
    if (above.n < strlen(path) && !str_equal(above, STR(".")))
        result = dir_make(above.p, err);
    if (result == 0 && mkdir(path, 0777) < 0 && errno != EEXIST)
        result = err_set(err, ERR_FAILED, "%s: cannot be made: %s", path, strerror(errno));
    arena_release(&scratch);
    return result;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    remove(path);
    return 0;
}

void dir_remove(const char *path)
{
    enum { DESCRIPTORS = 8 };
    nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

str path_beside(struct arena *arena, str base_file, str path)
{
    if (path.n && path.p[0] == '/')
        return arena_str(arena, path);
    return path_join(arena, path_folder(arena, base_file), path);
}

str path_join(struct arena *arena, str folder, str name)
{
    if (str_equal(folder, STR(".")))
        return arena_str(arena, name);
    const char *slash = str_ends_with(folder, STR("/")) ? "" : "/";
    return arena_printf(arena, "%.*s%s%.*s", STR_ARG(folder), slash, STR_ARG(name));
}

str path_folder(struct arena *arena, str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/')
            return arena_str(arena, str_sub(path, 0, i > 1 ? i - 1 : 1));
    return STR(".");
}

str path_name(str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/')
            return str_sub(path, i, path.n);
    return path;
}

str path_extension(str path)
{
    str name = path_name(path);
    for (size_t i = name.n; i > 1; i--)
        if (name.p[i - 1] == '.')
            return str_sub(name, i, name.n);
    return (str){"", 0};
}

void file_hold_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}
