/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * err.h: what stopped something we were told to do.
 *
 * An error is a file that cannot be read, a bad option, a full disk. What a model or a provider
 * did (a 429, a refusal, a reply that breaks its schema) is an outcome, which is data and
 * travels in results (run/outcome.h), never here.
 *
 * A function that can fail returns 0 or -1 and takes `struct err *err` last; it fills err where
 * the facts are and the command prints it once. err_set returns -1:
 *
 *     return err_set(err, ERR_INPUT, "%s: %s", path, strerror(errno));
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_kind {
    ERR_NONE,
    ERR_FAILED,    /* the program failed: disk, memory limit, a missing library feature */
    ERR_INPUT,     /* what the user gave is wrong: usage, experiment, dataset */
    ERR_DOWN,      /* a provider gives no HTTP answer at all */
    ERR_CANCELLED, /* unwound because the run was stopped */
};

struct err {
    enum err_kind kind;
    char message[1000]; /* one or more lines, without a line break at the end */
};

/* Fills err (which may be NULL) and returns -1. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* the exit code (docs/architecture.md, exit codes) of an error of that kind: 1, 2, 3 or 130. */
int err_exit_code(enum err_kind kind);

/* A broken invariant of our own: prints file, line and text, and aborts. */
#define BUG(...) err_bug(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void err_bug(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
