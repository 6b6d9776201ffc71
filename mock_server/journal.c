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

enum { TEXTS = 8 };
static const char *const text_names[TEXTS] = {"method",          "target", "scope", "model",
                                              "idempotency_key", "rule",   "fault", "body"};

struct slot {
    struct buf texts;
    uint32_t length[TEXTS];
    bool cut; /* the body was longer */
    int64_t attempt, planned_ns;
    int status;
};

struct journal {
    struct slot slot[JOURNAL_ENTRIES];
    uint64_t count; /* of all requests */
};

struct journal *journal_new(void)
{
    return xcalloc(1, sizeof(struct journal));
}

void journal_clear(struct journal *journal)
{
    for (size_t i = 0; i < JOURNAL_ENTRIES; i++)
        buf_release(&journal->slot[i].texts);
    journal->count = 0;
}

void journal_free(struct journal *journal)
{
    journal_clear(journal);
    xfree(journal);
}

void journal_add(struct journal *journal, const struct journal_entry *entry)
{
    struct slot *slot = &journal->slot[journal->count++ % JOURNAL_ENTRIES];
    const str texts[TEXTS] = {entry->method,      entry->target, entry->scope, entry->model,
                              entry->idempotency, entry->rule,   entry->fault, entry->body};
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
}

static void write_slot(struct buf *out, const struct slot *slot, uint64_t number)
{
    const char *at = slot->texts.p;
    struct arena scratch = {0};
    buf_printf(out, "{\"number\":%llu,\"status\":%d,\"attempt\":%lld,\"planned_ms\":%g",
               (unsigned long long)number, slot->status, (long long)slot->attempt,
               (double)slot->planned_ns / 1e6);
    for (size_t i = 0; i < TEXTS; at += slot->length[i++]) {
        if (slot->length[i] == 0)
            continue;
        buf_printf(out, ",\"%s\":", text_names[i]);
        /* through a text value: a body may be anything, a JSON text is UTF-8 */
        json_write(out, json_new_text(&scratch, (str){at, slot->length[i]}), JSON_COMPACT);
    }
    buf_add_str(out, slot->cut ? STR(",\"body_cut\":true}") : STR("}"));
    arena_release(&scratch);
}

void journal_write(struct buf *out, const struct journal *journal)
{
    uint64_t first = journal->count > JOURNAL_ENTRIES ? journal->count - JOURNAL_ENTRIES : 0;
    buf_add_char(out, '[');
    for (uint64_t i = first; i < journal->count; i++) {
        if (i > first)
            buf_add_char(out, ',');
        write_slot(out, &journal->slot[i % JOURNAL_ENTRIES], i + 1);
    }
    buf_add_char(out, ']');
}
