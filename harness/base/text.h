/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h: text as people see it: UTF-8, edit distance, visible control characters.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"
#include "base/str.h"

/* Byte offset of the first byte that is not UTF-8 (RFC 3629: no overlong forms, no surrogates,
 * at most U+10FFFF), or -1 when all of it is. */
ptrdiff_t utf8_invalid_at(str text);
/* Reads one code point and its length in bytes; an invalid byte gives U+FFFD and length 1. */
uint32_t utf8_decode(str text, size_t at, size_t *length);
/* Writes 1 to 4 bytes and returns how many. */
size_t utf8_encode(uint32_t code_point, char bytes[4]);
size_t utf8_count(str text); /* code points */
/* A copy in which invalid bytes are U+FFFD; `text` itself when it is valid. */
str utf8_clean(struct arena *arena, str text);

/* Lower case by fixed rules for Latin, Greek and Cyrillic (no locale: the same everywhere);
 * text_lower_ascii changes A-Z alone. */
str text_lower(struct arena *arena, str text);
str text_lower_ascii(struct arena *arena, str text);
/* The other way. text_title: the first letter of every word is a capital, the others are small. */
str text_upper(struct arena *arena, str text);
str text_title(struct arena *arena, str text);
/* A letter by the same rules: what has a case, and everything else that is no ASCII. */
bool text_is_letter(uint32_t code_point);
/* Runs of white space become one blank, none at the ends. */
str text_squeeze(struct arena *arena, str text);
/* For a terminal: control characters (C0, DEL, C1), bidirectional overrides and invalid bytes
 * are shown as escapes (\n, \e, \x07, U+202E), so that model output cannot steer it. The second
 * sign of "##[" too: CI systems take that for a command, wherever it stands in a log. */
str text_visible(struct arena *arena, str text);
/* What it shows so: characters that steer a terminal, turn the direction of text, or stand there
 * unseen (zero width, tags, fillers). */
bool text_is_hidden(uint32_t code_point);
/* The first `columns` code points, with "…" when something was cut. */
str text_shorten(struct arena *arena, str text, size_t columns);
/* Number of terminal columns: wide East Asian characters and emoji count two, marks none. */
size_t text_columns(str text);
/* The longest beginning and the longest end that fit into so many columns. */
str text_fitting(str text, size_t columns);
str text_fitting_end(str text, size_t columns);
/* `text` when it fits into so many columns, else its beginning and "…". */
str text_clip(struct arena *arena, str text, size_t columns);

/* Levenshtein distance over code points, O(n·m) time and O(m) memory. */
size_t text_distance(str a, str b);
/* The word of `words` nearest to `word`, if its distance is at most a third of the longer
 * length; else an empty slice. Two neighbours that changed places count one, "mial" for "mail".
 * Of two that are as near the one that is as long: letters are mistaken more often than left
 * out. */
str text_nearest(str word, const str *words, size_t count);
/* "a, b, c"; of more than `most` the first ones, and "…". */
str text_list(struct arena *arena, const str *words, size_t count, size_t most);

#endif
