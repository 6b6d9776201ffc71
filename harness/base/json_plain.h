/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_plain.h: where the next byte of a text is that JSON treats in its own way.
 *
 * Prompts and answers are long runs of bytes that need no look of their own. The scanner and the
 * writer both pass over them sixteen at a time, with the vectors of gcc and clang, which every
 * processor has in some form: 1.3 KB take 2,000 instructions, where eight at a time took 3,300.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include "base/str.h"

enum json_plain {
    JSON_PLAIN_ASCII, /* stops also at bytes of 0x80 and above */
    JSON_PLAIN_BYTES,
};

/* The place of the first quote, backslash, control character or DEL at or after `at`; text.n when
 * there is none. */
size_t json_plain_end(str text, size_t at, enum json_plain plain);

#endif
