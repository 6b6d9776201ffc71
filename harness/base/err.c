/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * err.c: errors and broken invariants (see err.h).
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message that was cut says so, and ends with a whole character: it is told as UTF-8. */
static void end_cut(struct err *err)
{
    static const char more[] = "…";
    size_t at = sizeof err->message - sizeof more;
    while (at > 0 && ((unsigned char)err->message[at] & 0xc0) == 0x80)
        at--;
    memcpy(err->message + at, more, sizeof more);
}

int err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    err->kind = kind;
    int length = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (length >= (int)sizeof err->message)
        end_cut(err);
    return -1;
}

int err_exit_code(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return 0;
    case ERR_FAILED:
        return 1;
    case ERR_INPUT:
        return 2;
    case ERR_DOWN:
        return 3;
    case ERR_CANCELLED:
        return 130;
    }
    return 1;
}

void err_bug(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "weir: this is a bug in weir (%s:%d): ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
