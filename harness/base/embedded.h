/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embedded.h: files that are part of the program. cmake/Embed.cmake makes a table of them from
 * real files of the tree, so that they are edited, checked and read where they belong.
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include "base/str.h"

/* A table is sorted by path and ended by a row without one. */
struct embedded {
    const char *path; /* below the folder that was embedded, with slashes */
    str bytes;
    bool program; /* it is made executable where it is written */
    const char *sha256; /* of the bytes, in hexadecimal */
};

#endif
