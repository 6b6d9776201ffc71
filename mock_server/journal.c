/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.c: a ring of requests (see journal.h).
 *
 * Adding must cost next to nothing, since every request is added: the texts are put one behind
 * the other into the slot's own buffer, and JSON is made only when someone asks.
 */
#include "mock_server/journal.h"

#include "base/json.h"
#include "base/mem.h"

#include <pthread.h>

enum { METHOD, TARGET, SCOPE, MODEL, IDEMPOTENCY, RULE, FAULT, BODY, TEXTS };
static const char *const text_names[TEXTS] = {"method",          "target", "scope", "model",
                                              "idempotency_key", "rule",   "fault", "body"};

struct slot {
    struct buf texts;
    uint32_t length[TEXTS];
    bool cut;        /* the body was longer */
    uint64_t number; /* 0: nothing is here */
    int64_t attempt, planned_ns;
    int status;
    bool gone;
    uint64_t sent; /* bytes of the reply, where gone */
};

struct journal {
    pthread_mutex_t lock;
    struct slot slot[JOURNAL_ENTRIES];
    uint64_t count; /* of all requests */
};

struct journal *journal_new(void)
{
    struct journal *journal = xcalloc(1, sizeof *journal);
    pthread_mutex_init(&journal->lock, NULL);
    return journal;
}

static str text_of(const struct slot *slot, size_t which)
{
    size_t at = 0;
    for (size_t i = 0; i < which; i++)
        at += slot->length[i];
    return str_sub(buf_str(&slot->texts), at, at + slot->length[which]);
}

static void forget(struct slot *slot)
{
    buf_release(&slot->texts);
    *slot = (struct slot){0};
}

void journal_clear(struct journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    for (size_t i = 0; i < JOURNAL_ENTRIES; i++)
        forget(&journal->slot[i]);
    journal->count = 0;
    pthread_mutex_unlock(&journal->lock);
}

void journal_clear_scope(struct journal *journal, str scope)
{
    pthread_mutex_lock(&journal->lock);
    for (size_t i = 0; i < JOURNAL_ENTRIES; i++)
        if (journal->slot[i].number && str_equal(text_of(&journal->slot[i], SCOPE), scope))
            forget(&journal->slot[i]);
    pthread_mutex_unlock(&journal->lock);
}

void journal_free(struct journal *journal)
{
    journal_clear(journal);
    pthread_mutex_destroy(&journal->lock);
    xfree(journal);
}

uint64_t journal_add(struct journal *journal, const struct journal_entry *entry)
{
    const str texts[TEXTS] = {entry->method,      entry->target, entry->scope, entry->model,
                              entry->idempotency, entry->rule,   entry->fault, entry->body};
    pthread_mutex_lock(&journal->lock);
    struct slot *slot = &journal->slot[journal->count++ % JOURNAL_ENTRIES];
    buf_clear(&slot->texts);
    for (size_t i = 0; i < TEXTS; i++) {
        str text = str_sub(texts[i], 0, JOURNAL_BODY);
        buf_add_str(&slot->texts, text);
        slot->length[i] = (uint32_t)text.n;
    }
    slot->cut = entry->body.n > JOURNAL_BODY;
    slot->attempt = entry->attempt;
    slot->planned_ns = entry->planned_ns;
    slot->status = entry->status;
    slot->gone = false;
    uint64_t number = slot->number = journal->count;
    pthread_mutex_unlock(&journal->lock);
    return number;
}

/* NULL when it has been forgotten. */
static struct slot *slot_of(struct journal *journal, uint64_t number)
{
    struct slot *slot = number ? &journal->slot[(number - 1) % JOURNAL_ENTRIES] : NULL;
    return slot && slot->number == number ? slot : NULL;
}

void journal_note_status(struct journal *journal, uint64_t number, int status)
{
    pthread_mutex_lock(&journal->lock);
    struct slot *slot = slot_of(journal, number);
    if (slot)
        slot->status = status;
    pthread_mutex_unlock(&journal->lock);
}

void journal_note_gone(struct journal *journal, uint64_t number, uint64_t sent)
{
    pthread_mutex_lock(&journal->lock);
    struct slot *slot = slot_of(journal, number);
    if (slot) {
        slot->gone = true;
        slot->sent = sent;
    }
    pthread_mutex_unlock(&journal->lock);
}

/* ---- writing ---- */

static bool text_fits(const struct slot *slot, size_t which, str wanted)
{
    return wanted.n == 0 || str_equal(text_of(slot, which), wanted);
}

static bool fits(const struct slot *slot, const struct journal_filter *filter)
{
    if (filter->scope_given && !str_equal(text_of(slot, SCOPE), filter->scope))
        return false;
    return slot->number > (uint64_t)filter->after &&
           (!filter->status || slot->status == filter->status) &&
           (!filter->gone || slot->gone) && text_fits(slot, MODEL, filter->model) &&
           text_fits(slot, RULE, filter->rule) && text_fits(slot, FAULT, filter->fault);
}

static void write_slot(struct buf *out, const struct slot *slot)
{
    const char *at = slot->texts.p;
    struct arena scratch = {0};
    buf_printf(out, "{\"number\":%llu,\"status\":%d,\"attempt\":%lld,\"planned_ms\":%g",
               (unsigned long long)slot->number, slot->status, (long long)slot->attempt,
               (double)slot->planned_ns / 1e6);
    for (size_t i = 0; i < TEXTS; at += slot->length[i++]) {
        if (slot->length[i] == 0)
            continue;
        buf_printf(out, ",\"%s\":", text_names[i]);
        /* through a text value: a body may be anything, a JSON text is UTF-8 */
        json_write(out, json_new_text(&scratch, (str){at, slot->length[i]}), JSON_COMPACT);
    }
    if (slot->gone)
        buf_printf(out, ",\"gone\":true,\"sent_bytes\":%llu", (unsigned long long)slot->sent);
    buf_add_str(out, slot->cut ? STR(",\"body_cut\":true}") : STR("}"));
    arena_release(&scratch);
}

void journal_write(struct buf *out, struct journal *journal,
                   const struct journal_filter *filter)
{
    const struct slot *shown[JOURNAL_ENTRIES];
    size_t count = 0;
    pthread_mutex_lock(&journal->lock);
    uint64_t first = journal->count > JOURNAL_ENTRIES ? journal->count - JOURNAL_ENTRIES : 0;
    for (uint64_t i = first; i < journal->count; i++) {
        const struct slot *slot = &journal->slot[i % JOURNAL_ENTRIES];
        if (slot->number && fits(slot, filter))
            shown[count++] = slot;
    }
    size_t from =
        filter->last && count > (size_t)filter->last ? count - (size_t)filter->last : 0;
    buf_add_char(out, '[');
    for (size_t i = from; i < count; i++) {
        if (i > from)
            buf_add_char(out, ',');
        write_slot(out, shown[i]);
    }
    buf_add_char(out, ']');
    pthread_mutex_unlock(&journal->lock);
}
