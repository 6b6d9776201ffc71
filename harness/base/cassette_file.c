/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_file.c: a cassette that grows (see cassette.h).
 *
 * Every exchange is one write at the end of the file. A recorder that is killed leaves whole
 * exchanges and, if it was killed in the middle of that write, a last one without an end, which
 * readers leave out and the next recorder cuts off.
 */
#include "base/cassette_inside.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct cassette_file {
    int fd;
    char *path;
    struct buf text; /* scratch */
};

static int write_all(struct cassette_file *file, str bytes, struct err *err)
{
    while (bytes.n) {
        ssize_t n = write(file->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_FAILED, "%s: %s", file->path, strerror(errno));
        bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
    return 0;
}

static int go_on(struct cassette_file *file, bool mock, struct err *err)
{
    struct cassette *cassette = cassette_load(file->path, err);
    if (!cassette)
        return -1;
    int result = 0;
    if (cassette->mock != mock) {
        result = err_set(err, ERR_INPUT,
                         "%s: replies of a mock server and others do not go into one cassette",
                         file->path);
    } else if (cassette->unfinished) {
        log_line(LOG_WARNING, "%s:%u: the last exchange has no end and is cut off", file->path,
                 cassette->unfinished);
        if (ftruncate(file->fd, (off_t)cassette->whole) < 0)
            result = err_set(err, ERR_FAILED, "%s: %s", file->path, strerror(errno));
    }
    cassette_free(cassette);
    return result;
}

static int begin(struct cassette_file *file, bool mock, struct err *err)
{
    struct stat facts;
    if (flock(file->fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_INPUT, "%s: somebody else is recording to it", file->path);
    if (fstat(file->fd, &facts) < 0 || !S_ISREG(facts.st_mode))
        return err_set(err, ERR_INPUT, "%s: is no ordinary file", file->path);
    if (facts.st_size > 0)
        return go_on(file, mock, err);
    buf_clear(&file->text);
    cassette_write_head(&file->text, mock);
    return write_all(file, buf_str(&file->text), err);
}

struct cassette_file *cassette_file_open(const char *path, bool mock, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
        err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct cassette_file *file = xcalloc(1, sizeof *file);
    file->fd = fd;
    file->path = xstrdup(path);
    if (begin(file, mock, err) == 0)
        return file;
    cassette_file_close(file);
    return NULL;
}

int cassette_file_add(struct cassette_file *file, const struct recorded *recorded,
                      struct err *err)
{
    buf_clear(&file->text);
    cassette_write(&file->text, recorded);
    return write_all(file, buf_str(&file->text), err);
}

void cassette_file_close(struct cassette_file *file)
{
    if (!file)
        return;
    close(file->fd);
    xfree(file->path);
    buf_release(&file->text);
    xfree(file);
}
