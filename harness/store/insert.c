/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * insert.c: records into tables (see insert.h).
 *
 * A text goes into `body` first, the row that names it after. Step paths without their indexes
 * repeat in every cell; they are stored once per variant, in `node`, and found by a hash table.
 * So are requests: the trials of a sample ask the same thing, one soon after the other.
 */
#include "store/insert.h"

#include "base/hash.h"
#include "base/mem.h"
#include "store/repeats.h"

#include <stdio.h>

/* --- nodes --------------------------------------------------------------------------------- */

struct node_index {
    struct arena arena;
    struct node_row *slot; /* open addressing; id 0 is free */
    size_t capacity, count;
};

static uint64_t node_hash(int64_t variant, str path)
{
    return hash_sip((uint64_t)variant, 0, path.p, path.n);
}

static struct node_row *node_slot(struct node_index *nodes, int64_t variant, str path,
                                  str pattern)
{
    size_t mask = nodes->capacity - 1;
    size_t at = node_hash(variant, path) & mask;
    for (;; at = (at + 1) & mask) {
        struct node_row *slot = &nodes->slot[at];
        if (!slot->id || (slot->variant == variant && str_equal(slot->path, path) &&
                          str_equal(slot->pattern, pattern)))
            return slot;
    }
}

static void nodes_grow(struct node_index *nodes)
{
    struct node_row *old = nodes->slot;
    size_t old_capacity = nodes->capacity;
    nodes->capacity = old_capacity ? 2 * old_capacity : 64;
    nodes->slot = xcalloc(nodes->capacity, sizeof *nodes->slot);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].id)
            *node_slot(nodes, old[i].variant, old[i].path, old[i].pattern) = old[i];
    xfree(old);
}

static void node_add(struct node_index *nodes, struct node_row *slot, struct node_row row)
{
    row.path = arena_str(&nodes->arena, row.path);
    row.pattern = arena_str(&nodes->arena, row.pattern);
    *slot = row;
    nodes->count++;
}

/* --- requests ------------------------------------------------------------------------------ */

enum { ASKED_SLOTS = 4096, HASH_DIGITS = 32 };

/* One slot for each value of a hash: what was asked some thousand requests ago may be stored
 * again. The same request has the same text; the sum says so once more. */
struct asked {
    char hash[HASH_DIGITS];
    uint64_t sum;
    int64_t body; /* 0: a free slot */
};

static struct asked asked_of(const struct store_call *call)
{
    struct asked asked = {.sum = hash_quick(call->request.text)};
    memcpy(asked.hash, call->request_hash.p, HASH_DIGITS);
    return asked;
}

static bool asked_equal(const struct asked *a, const struct asked *b)
{
    return a->sum == b->sum && memcmp(a->hash, b->hash, HASH_DIGITS) == 0;
}

/* --- large texts --------------------------------------------------------------------------- */

enum { LARGE_TEXT_BYTES = 4096, LARGE_TEXT_SLOTS = 4096 };

/* As with requests. 128 bits of a keyed hash say that two texts are the same. */
struct large_text {
    struct hash128 hash;
    int64_t body; /* 0: a free slot */
};

/* --- statements ---------------------------------------------------------------------------- */

static int insert_row(struct inserter *inserter, enum table_id id, const void *row,
                      struct err *err)
{
    sqlite3_stmt **statement = &inserter->insert[id];
    if (!*statement) {
        *statement = db_prepare_insert(inserter->db, &tables[id], err);
        if (!*statement)
            return -1;
        inserter->bound[id] = xcalloc(tables[id].columns, sizeof **inserter->bound);
    }
    db_bind_row(*statement, &tables[id], row, inserter->bound[id], &inserter->scratch);
    return db_run(inserter->db, *statement, err);
}

static int64_t last_row(const struct inserter *inserter)
{
    return sqlite3_last_insert_rowid(inserter->db->handle);
}

static int insert_new_body(struct inserter *inserter, struct store_text *text, struct err *err)
{
    struct body_row row = {.size = (int64_t)text->text.n, .bytes = text->text};
    if (insert_row(inserter, TABLE_BODY, &row, err) < 0)
        return -1;
    text->id = last_row(inserter);
    return 0;
}

/* Documents and what is made of them go from step to step; small texts are not worth a look. */
static int insert_body(struct inserter *inserter, struct store_text *text, struct err *err)
{
    text->id = 0;
    if (text->text.n == 0)
        return 0;
    if (text->text.n < LARGE_TEXT_BYTES)
        return insert_new_body(inserter, text, err);
    struct hash128 hash = hash_add((struct hash128){0}, text->text);
    struct large_text *slot = &inserter->large[hash.low % LARGE_TEXT_SLOTS];
    if (slot->body && hash_equal(slot->hash, hash)) {
        text->id = slot->body;
        return 0;
    }
    if (insert_new_body(inserter, text, err) < 0)
        return -1;
    *slot = (struct large_text){hash, text->id};
    return 0;
}

static int find_node(struct inserter *inserter, struct store_step *step, struct err *err)
{
    struct node_index *nodes = inserter->nodes;
    if (2 * nodes->count >= nodes->capacity)
        nodes_grow(nodes);
    struct node_row *slot = node_slot(nodes, step->variant, step->node, step->pattern);
    if (!slot->id) {
        struct node_row row = {
            .variant = step->variant, .path = step->node, .pattern = step->pattern};
        if (insert_row(inserter, TABLE_NODE, &row, err) < 0)
            return -1;
        row.id = last_row(inserter);
        node_add(nodes, slot, row);
    }
    step->node_id = slot->id;
    return 0;
}

int inserter_init(struct inserter *inserter, struct db *db, struct err *err)
{
    *inserter = (struct inserter){.db = db,
                                  .nodes = xcalloc(1, sizeof *inserter->nodes),
                                  .asked = xcalloc(ASKED_SLOTS, sizeof *inserter->asked),
                                  .large = xcalloc(LARGE_TEXT_SLOTS, sizeof *inserter->large)};
    sqlite3_stmt *rows = db_prepare_select(db, &tables[TABLE_NODE], "", err);
    if (!rows)
        return -1;
    struct node_row row;
    int more;
    while ((more = db_next(db, rows, &tables[TABLE_NODE], &row, err)) > 0) {
        if (2 * inserter->nodes->count >= inserter->nodes->capacity)
            nodes_grow(inserter->nodes);
        node_add(inserter->nodes,
                 node_slot(inserter->nodes, row.variant, row.path, row.pattern), row);
    }
    sqlite3_finalize(rows);
    return more;
}

void inserter_release(struct inserter *inserter)
{
    for (size_t i = 0; i < TABLES; i++) {
        sqlite3_finalize(inserter->insert[i]);
        xfree(inserter->bound[i]);
    }
    if (inserter->nodes) {
        arena_release(&inserter->nodes->arena);
        xfree(inserter->nodes->slot);
        xfree(inserter->nodes);
    }
    xfree(inserter->asked);
    xfree(inserter->large);
    arena_release(&inserter->scratch);
    *inserter = (struct inserter){0};
}

/* --- records ------------------------------------------------------------------------------- */

/* One good attempt says nothing that its call does not say. */
static bool attempt_is_kept(const struct store_call *call)
{
    const struct store_attempt *first = call->attempt;
    return call->attempts != 1 || first->lost || first->message.n || first->outcome.n == 0 ||
           !str_equal(first->outcome, call->outcome) || first->retry_after_ns != -1 ||
           first->http_status != call->http_status ||
           first->connect_ns != call->times.connect_ns ||
           first->first_byte_ns != call->first_byte_ns || first->start_ns != call->start_ns ||
           first->total_ns != call->times.connect_ns + call->times.provider_ns ||
           first->permit_wait_ns != call->times.permit_wait_ns || first->backoff_before_ns ||
           first->number != 1 || first->cost_upper_nanousd > 0 ||
           first->tls_ns != call->tls_ns || !str_equal(first->protocol, call->protocol);
}

static int insert_request(struct inserter *inserter, struct store_call *call, struct err *err)
{
    if (call->request_hash.n != HASH_DIGITS || call->request.text.n == 0)
        return insert_body(inserter, &call->request, err);
    struct asked asked = asked_of(call);
    struct asked *slot = &inserter->asked[asked.sum % ASKED_SLOTS];
    if (slot->body && asked_equal(slot, &asked)) {
        call->request.id = slot->body;
        return 0;
    }
    if (insert_body(inserter, &call->request, err) < 0)
        return -1;
    asked.body = call->request.id;
    *slot = asked;
    return 0;
}

static int insert_call(struct inserter *inserter, struct store_call *call, struct err *err)
{
    if (insert_request(inserter, call, err) < 0 ||
        insert_body(inserter, &call->reply, err) < 0 ||
        insert_row(inserter, TABLE_CALL, call, err) < 0)
        return -1;
    if (!call->attempt || !attempt_is_kept(call))
        return 0;
    int64_t id = last_row(inserter);
    for (int64_t i = 0; i < call->attempts; i++) {
        struct store_attempt attempt = call->attempt[i];
        attempt.call = id;
        if (insert_row(inserter, TABLE_ATTEMPT, &attempt, err) < 0)
            return -1;
    }
    return 0;
}

/* The copy in the block points a value that is stored elsewhere to the same bytes. */
static int insert_value(struct inserter *inserter, const struct store_cell *cell,
                        struct store_step *step, struct err *err)
{
    const char *bytes = step->value.text.p;
    if (bytes && bytes == cell->output.text.p) {
        step->value.id = cell->output.id;
        return 0;
    }
    if (bytes && step->parent >= 0 && step->parent < step->ordinal &&
        bytes == cell->step[step->parent].value.text.p) {
        step->value.id = cell->step[step->parent].value.id;
        return 0;
    }
    return insert_body(inserter, &step->value, err);
}

/* The scores lie behind the steps of the record, and the verdicts behind them (record_fill_cell). */
static int insert_scores(struct inserter *inserter, const struct store_cell *cell,
                         struct err *err)
{
    size_t kept = cell->only_score.n ? 0 : cell->score_rows;
    for (size_t i = 0; i < kept; i++) {
        struct store_score row = cell->score_row[i];
        if (insert_body(inserter, &row.question, err) < 0 ||
            insert_body(inserter, &row.answer, err) < 0 ||
            insert_row(inserter, TABLE_SCORE, &row, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < cell->verdicts; i++)
        if (insert_row(inserter, TABLE_VERDICT, &cell->verdict[i], err) < 0)
            return -1;
    return 0;
}

/* The name of the cell's only score, when that needs no row; empty: scores have rows. */
static str only_score(const struct store_cell *cell)
{
    bool repeats = cell->score_rows == 1 && score_repeats_cell(cell, cell->score_row);
    return repeats ? cell->score_row->name : (str){0};
}

/* Of a cell whose row is there: what its scores say of it. */
static int replace_scores(struct inserter *inserter, const struct store_cell *cell,
                          struct err *err)
{
    sqlite3_stmt *update = db_prepare(inserter->db,
                                      "UPDATE cell SET status = ?2, reason = nullif(?3, ''),"
                                      " correct = nullif(?4, -1), score = ?5,"
                                      " only_score = nullif(?6, '') WHERE cell = ?1",
                                      err);
    sqlite3_stmt *drop =
        db_prepare(inserter->db, "DELETE FROM score_kept WHERE cell = ?1", err);
    sqlite3_stmt *forget = db_prepare(inserter->db, "DELETE FROM verdict WHERE cell = ?1", err);
    int result = update && drop && forget ? 0 : -1;
    if (result == 0) {
        sqlite3_bind_int64(drop, 1, cell->cell);
        sqlite3_bind_int64(forget, 1, cell->cell);
        sqlite3_bind_int64(update, 1, cell->cell);
        sqlite3_bind_text(update, 2, store_status_name(cell->status), -1, SQLITE_STATIC);
        sqlite3_bind_text(update, 3, cell->reason.n ? cell->reason.p : "", (int)cell->reason.n,
                          SQLITE_STATIC);
        sqlite3_bind_int64(update, 4, cell->correct);
        sqlite3_bind_double(update, 5, cell->score); /* SQLite makes NULL of NAN */
        sqlite3_bind_text(update, 6, cell->only_score.n ? cell->only_score.p : "",
                          (int)cell->only_score.n, SQLITE_STATIC);
        result = db_run(inserter->db, drop, err) < 0 || db_run(inserter->db, forget, err) < 0 ||
                         db_run(inserter->db, update, err) < 0
                     ? -1
                     : 0;
    }
    sqlite3_finalize(update);
    sqlite3_finalize(drop);
    sqlite3_finalize(forget);
    return result < 0 ? -1 : insert_scores(inserter, cell, err);
}

static int insert_steps(struct inserter *inserter, struct store_cell *cell,
                        struct store_step *step, struct err *err)
{
    bool repeats = cell->steps == 1 && step_repeats_cell(cell, step);
    for (size_t i = 0; i < cell->steps; i++)
        if (find_node(inserter, &step[i], err) < 0 ||
            (!repeats && (insert_value(inserter, cell, &step[i], err) < 0 ||
                          insert_row(inserter, TABLE_STEP, &step[i], err) < 0)))
            return -1;
    cell->only_node = repeats ? step->node_id : -1;
    return 0;
}

static int insert_cell(struct inserter *inserter, struct store_cell *cell,
                       struct store_step *step, struct err *err)
{
    cell->only_score = only_score(cell);
    if (cell->rescored)
        return replace_scores(inserter, cell, err);
    if (insert_body(inserter, &cell->output, err) < 0 ||
        insert_steps(inserter, cell, step, err) < 0)
        return -1;
    return insert_scores(inserter, cell, err) < 0 ? -1
                                                  : insert_row(inserter, TABLE_CELL, cell, err);
}

static int insert_command(struct inserter *inserter, struct store_command *command,
                          struct err *err)
{
    if (insert_body(inserter, &command->output, err) < 0 ||
        insert_body(inserter, &command->errors, err) < 0)
        return -1;
    return insert_row(inserter, TABLE_COMMAND, command, err);
}

/* The only rows that change, and rarely: the whole table is looked through. */
static int supersede(struct inserter *inserter, int64_t cell, struct err *err)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "UPDATE call SET superseded = 1 WHERE cell = %lld;"
             "UPDATE command SET superseded = 1 WHERE cell = %lld",
             (long long)cell, (long long)cell);
    return db_exec(inserter->db, sql, err);
}

static int supersede_call(struct inserter *inserter, int64_t call, struct err *err)
{
    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE call SET superseded = 1 WHERE call = %lld",
             (long long)call);
    return db_exec(inserter->db, sql, err);
}

int insert_record(struct inserter *inserter, struct record *record, struct err *err)
{
    int result = 0;
    switch (record->kind) {
    case RECORD_CALL:
        result = insert_call(inserter, &record->call, err);
        break;
    case RECORD_CELL: /* the steps lie behind the record, see record_fill_cell */
        result = insert_cell(inserter, &record->cell, (struct store_step *)(record + 1), err);
        break;
    case RECORD_COMMAND:
        result = insert_command(inserter, &record->command, err);
        break;
    case RECORD_SUPERSEDE:
        result = supersede(inserter, record->superseded, err);
        break;
    case RECORD_SUPERSEDE_CALL:
        result = supersede_call(inserter, record->superseded, err);
        break;
    }
    if (inserter->scratch.total)
        arena_clear(&inserter->scratch);
    return result;
}

int insert_run(struct inserter *inserter, const struct store_run *run, struct err *err)
{
    int result = insert_row(inserter, TABLE_RUN, run, err);
    arena_clear(&inserter->scratch);
    return result;
}

int insert_plan(struct inserter *inserter, const struct store_plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->variants; i++)
        if (insert_row(inserter, TABLE_VARIANT, &plan->variant[i], err) < 0)
            return -1;
    for (size_t i = 0; i < plan->samples; i++) {
        struct store_sample sample = plan->sample[i];
        if (insert_body(inserter, &sample.expected, err) < 0 ||
            insert_body(inserter, &sample.metadata, err) < 0 ||
            insert_row(inserter, TABLE_SAMPLE, &sample, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < plan->files; i++) {
        struct store_file file = plan->file[i];
        if (insert_body(inserter, &file.text, err) < 0 ||
            insert_row(inserter, TABLE_FILE, &file, err) < 0)
            return -1;
    }
    arena_clear(&inserter->scratch);
    return 0;
}
