/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h: the last requests, for tests that look at what was asked.
 *
 * Bounded: JOURNAL_ENTRIES requests, of each body the first JOURNAL_BODY bytes. Keys are not
 * kept.
 */
#ifndef MOCK_JOURNAL_H
#define MOCK_JOURNAL_H

#include "base/buf.h"

enum { JOURNAL_ENTRIES = 1000, JOURNAL_BODY = 4096 };

struct journal;

struct journal_entry {
    str method, target, scope, model, idempotency, rule, fault, body;
    int64_t attempt; /* 0: not known */
    int status;      /* 0: no reply */
    int64_t planned_ns;
};

struct journal *journal_new(void);
void journal_clear(struct journal *journal);
void journal_free(struct journal *journal);
void journal_add(struct journal *journal, const struct journal_entry *entry);
/* A JSON list, oldest first. */
void journal_write(struct buf *out, const struct journal *journal);

#endif
