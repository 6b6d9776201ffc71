/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * regex_ecma.h: patterns of JSON Schema (ECMA-262, Unicode mode) in PCRE2's words; for regex.c.
 */
#ifndef BASE_REGEX_ECMA_H
#define BASE_REGEX_ECMA_H

#include "base/buf.h"

struct ecma {
    str pattern;
    size_t at;        /* where reading stands in the pattern */
    struct buf out;   /* the pattern for PCRE2; the caller releases it */
    size_t stop;      /* reading ends once `out` is this long; 0: at the end of the pattern */
    const char *what; /* what is wrong at `at`; NULL while nothing is */
};

/* False and ecma->what when the pattern uses what ECMA-262 has not. */
bool ecma_translate(struct ecma *ecma);

#endif
