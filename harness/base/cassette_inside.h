/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cassette_inside.h: what the files of cassette.h share.
 *
 *   cassette.c          requests and replies as they are kept
 *   cassette_secret.c   what must not be kept
 *   cassette_write.c    exchanges as text
 *   cassette_load.c     the documents of a file
 *   cassette_read.c     and the exchanges in them
 *   cassette_file.c     appending
 *   cassette_play.c     which recording answers a request
 */
#ifndef BASE_CASSETTE_INSIDE_H
#define BASE_CASSETTE_INSIDE_H

#include "base/cassette.h"
#include "base/option.h"

enum { CASSETTE_VERSION = 1 };

/* A file being read. */
struct reading {
    struct arena *arena;  /* of the cassette */
    struct arena scratch; /* of the document */
    struct mistakes mistakes;
    struct opt_parse parse;
};
/* Returns -1. */
#define wrong(reading, node, ...) mistake_add(&(reading)->mistakes, (node)->place, __VA_ARGS__)
int cassette_read_head(struct reading *reading, const struct yaml *root, bool *mock);
void cassette_read_exchange(struct reading *reading, const struct yaml *root,
                            struct recorded *recorded);

/* How a JSON reply was printed; names in cassette_layout_names. */
enum cassette_layout {
    LAYOUT_COMPACT,
    LAYOUT_COMPACT_LINE, /* with a line break at the end */
    LAYOUT_SPACED,
    LAYOUT_INDENT,
    LAYOUT_INDENT_LINE,
    LAYOUT_COUNT,
};
extern const char *const cassette_layout_names[]; /* NULL behind the last */
extern const char *const cassette_end_names[]; /* by enum cassette_end; NULL behind the last */
extern const char *const cassette_gave_up_names[]; /* likewise */
void cassette_print(struct buf *out, const json *value, enum cassette_layout layout);

/* Text in which bytes that are no UTF-8 are "\xNN" and a backslash is "\\". */
str bytes_escape(struct arena *arena, str bytes);
/* False where that breaks its own rules. */
bool bytes_unescape(struct arena *arena, str text, str *bytes);

/* Secrets in a text from its beginning to its end, in time proportional to its length. */
enum { LOOKS = 7 /* what looks like a key */, SECRET_WAYS = 1 + LOOKS + 8 };
struct secret_search {
    const struct cassette_secrets *secrets;
    str text;
    size_t ways;
    ptrdiff_t at[SECRET_WAYS]; /* the next one found in each way; -1: there are no more */
    size_t length[SECRET_WAYS];
};
void secret_search_begin(struct secret_search *search, const struct cassette_secrets *secrets,
                         str text);
/* Place and length of the first one at or after `from`, which must not fall; -1: none. */
ptrdiff_t secret_search_next(struct secret_search *search, size_t from, size_t *length);
/* The JSON value without secrets; texts of members with a secret's name are secrets. */
const json *cassette_redact_json(struct arena *arena, const struct cassette_secrets *secrets,
                                 const json *value);
bool cassette_is_secret_parameter(str name);

struct hash128 cassette_key(struct arena *arena, const struct cassette_request *request);

/* Replies whose body is shown part by part: event streams and lines of JSON. */
bool cassette_is_stream(const struct cassette_reply *reply);

#endif
