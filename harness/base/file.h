/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file.h: reading whole files and writing them atomically.
 *
 * A file that weir writes is there whole or not at all: it is written beside its place, flushed
 * and renamed. These calls block; none of them belongs on the loop thread.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* The bytes of a file, in the arena. ERR_INPUT when it cannot be read or is above `limit`. */
int file_read(struct arena *arena, const char *path, size_t limit, str *bytes, struct err *err);
/* Writes the whole file or leaves the old one. ERR_FAILED with the reason. */
int file_write(const char *path, str bytes, struct err *err);
bool file_exists(const char *path);
bool dir_exists(const char *path);
bool dir_is_empty(const char *path); /* or is not there */
/* Makes the directory and those above it. */
int dir_make(const char *path, struct err *err);
/* Removes a folder that was begun and cannot be finished, with all that is in it: for a caller that found it empty
 * or not there. Links are not followed. Goes as far as it can. */
void dir_remove(const char *path);

/* For programs, before they open anything: stdin, stdout and stderr that nobody gave them stay closed to who
 * reads or writes, but their numbers are taken. Else the next file or socket had one of them, and what
 * is printed would go there. */
void file_hold_standard(void);

/* Paths, in the arena. `path` relative to the folder of the file `base`; absolute ones stay. */
str path_beside(struct arena *arena, str base_file, str path);
str path_join(struct arena *arena, str folder, str name);
str path_folder(struct arena *arena, str path); /* "." when there is none */
str path_name(str path);                        /* after the last slash */
str path_extension(str path);                   /* without the dot; empty when there is none */

#endif
