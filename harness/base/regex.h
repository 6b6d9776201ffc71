/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * regex.h: PCRE2 patterns under limits. regex.c is the only file that knows PCRE2.
 *
 * Patterns and subjects come from users and models: one match may take 100 million steps in all
 * and 3 million from one starting place (some 0.3 s with JIT at worst), and the JIT runs on a
 * stack of its own, never on a fiber's. A match that meets a limit is an answer of its own, not a
 * "no". Bytes that are not UTF-8 match nothing. Any thread may match any pattern.
 */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include "base/arena.h"
#include "base/str.h"

struct regex;

/* clang-format off */
enum regex_flags {
    REGEX_UTF = 1,     /* pattern and subject are UTF-8; \w and friends know Unicode */
    REGEX_NO_CASE = 2,
    REGEX_ECMA = 4,    /* JSON Schema's dialect, ECMA-262 in Unicode mode: $ only at the very end,
                          \d and \w ASCII, \p{Letter} long names, no \A, \Z … (needs REGEX_UTF) */
    REGEX_DOT_ALL = 8, /* a dot also matches a line break; not with REGEX_ECMA */
};
/* clang-format on */

/* Compiled into the arena (freed with it). NULL: *what says why (in the arena), *at at which byte
 * of the pattern. */
const struct regex *regex_new(struct arena *arena, str pattern, unsigned flags, str *what,
                              size_t *at);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

/* Found anywhere? */
enum regex_result regex_find(const struct regex *regex, str subject);

struct regex_group {
    str name; /* empty for a group without name */
    str text; /* part of the subject; empty when the group took no part */
    bool set;
};

/* With groups: item 0 is the whole match. *groups lives in the arena. */
enum regex_result regex_match(const struct regex *regex, struct arena *arena, str subject,
                              struct regex_group **groups, size_t *count);
/* Number of matches that do not overlap, at most `most`; those before the place where a limit was
 * met. */
size_t regex_count(const struct regex *regex, str subject, size_t most);
/* Names of the named groups, in the arena. */
str *regex_names(const struct regex *regex, struct arena *arena, size_t *count);

#endif
