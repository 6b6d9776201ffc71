/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h: the last requests, for tests that look at what was asked.
 *
 * Bounded: JOURNAL_ENTRIES requests, of each body the first JOURNAL_BODY bytes. Keys are not
 * kept. Any thread may use it.
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

/* Which entries are shown; zero: all. */
struct journal_filter {
    str scope, model, rule, fault; /* equal to these, where not empty */
    bool scope_given;              /* an empty scope is one too */
    int64_t status;                /* 0: any */
    int64_t after;                 /* only later ones than this number */
    int64_t last;                  /* at most so many, the newest; 0: any number */
    bool gone;                     /* only those whose client went away */
};

struct journal *journal_new(void);
void journal_clear(struct journal *journal);
void journal_clear_scope(struct journal *journal, str scope);
void journal_free(struct journal *journal);
/* The entry's number, from 1. */
uint64_t journal_add(struct journal *journal, const struct journal_entry *entry);
/* The status of that entry's reply, where it was not known at once. */
void journal_note_status(struct journal *journal, uint64_t number, int status);
/* The client of that entry went away when `sent` bytes of its reply were out. No effect when the
 * entry has been forgotten. */
void journal_note_gone(struct journal *journal, uint64_t number, uint64_t sent);
/* A JSON list, oldest first. */
void journal_write(struct buf *out, struct journal *journal,
                   const struct journal_filter *filter);

#endif
