/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream_secret.h: secrets that lie across the pieces of a streamed reply, or behind escapes of JSON.
 *
 * A model that says a key in a stream says it in pieces, each in an event of its own: as bytes the key
 * is nowhere, and who puts the pieces together has it. Here they are put together, without knowing any
 * provider's format: texts that stand at the same place in the JSON of several events are one text. The
 * place is the names of members from the root down, and the numbers of members that are named like an
 * index (`index`, `output_index`) beside them, so that two tool calls that come in turns are two texts.
 *
 * Who writes JSON may escape what need not be ("\/", "\u003d"), and a line break before a key makes an "n"
 * of it, as if the key began within a word: so texts with escapes are looked at as they are meant, in a
 * stream and in a reply that is one document.
 */
#ifndef BASE_STREAM_SECRET_H
#define BASE_STREAM_SECRET_H

#include "base/arena.h"
#include "base/str.h"

/* The first secret in `text` at or after `from`, and its length; -1: there is none. */
typedef ptrdiff_t stream_secret_find(void *arg, str text, size_t from, size_t *length);

/* Bytes of the body to be left out. */
struct stream_cut {
    size_t from, to;
    bool first; /* of its secret: where "[secret]" is to stand */
};

/* In an event stream (or lines of JSON), whole or broken off: what is to be cut out of secrets that have
 * several pieces, or that are escaped, in the order of the body, in the arena. Others are left to
 * who looks through the bytes. */
size_t stream_secret_cuts(struct arena *arena, str body, stream_secret_find *find, void *arg,
                          struct stream_cut **cuts);

/* The same of one JSON document, on however many lines: what is escaped. Texts stay apart. */
size_t escaped_secret_cuts(struct arena *arena, str body, stream_secret_find *find, void *arg,
                           struct stream_cut **cuts);

/* The body without what base/log knows as secrets, in pieces or not; itself where there is none. */
str stream_secret_redact(struct arena *arena, str body);
/* Likewise of a document. */
str escaped_secret_redact(struct arena *arena, str body);

#endif
