/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice.h: which files have changed while the program was busy or waited, and whether Ctrl-C was pressed.
 *
 * A thread looks at each file's entry (stat) every 100 ms; what it looks at is a name, so a file that an editor
 * replaces, deletes and brings back is one file. Events of the kernel are not used: network file systems and
 * containers lose them, links hide what they point at, and there are only so many of them; with 18 files
 * twenty seconds of it took less than 10 ms of a processor. When an entry has changed, nothing is said until all
 * stand still for 100 ms (at most 2 s), and then only if a content is another one: a save that writes twice is
 * one change, touching a file is none.
 */
#ifndef IO_NOTICE_H
#define IO_NOTICE_H

#include "base/arena.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file as it was at one moment. */
struct notice_look {
    bool there;
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns;
    struct hash128 hash; /* of the content */
};

struct notice_file {
    str path;
    struct notice_look look;
};

/* Fills in the look of a path. Blocks while the file is read. */
void notice_look(struct notice_file *file);
/* The same content, or not there both times. */
bool notice_is_same(const struct notice_look *a, const struct notice_look *b);

struct notice;

/* Starts the thread. From now on SIGINT and SIGTERM are noted and do nothing else, but for the third one, which
 * ends the program with `exit_code`. */
struct notice *notice_open(int exit_code);
void notice_close(struct notice *notice);

/* From now on these are looked at, and a change is one from these looks. Paths are copied. */
void notice_files(struct notice *notice, const struct notice_file *file, size_t count);
/* Neither of them blocks. */
bool notice_has_changed(const struct notice *notice);
bool notice_is_interrupted(const struct notice *notice);
enum notice_event {
    NOTICE_CHANGE, /* files are not what they were */
    NOTICE_INTERRUPT,
};
typedef void notice_fn(void *arg, enum notice_event event);
/* Is called on the thread at every such event, and at once for what has come already; NULL: nobody, and nobody is
 * being called any more. It must not call back. */
void notice_tell(struct notice *notice, notice_fn *fn, void *arg);
/* Until one of them is true. */
void notice_wait(struct notice *notice);
/* Until the files stand still; at most 2 s. */
void notice_settle(struct notice *notice);
/* The paths that are not what notice_files was told, in the arena; NULL at the end. */
const char **notice_which(struct notice *notice, struct arena *arena);

#endif
