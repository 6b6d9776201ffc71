/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walks.c: the rows of a run one by one, in the order that who asks needs (see store.h).
 */
#include "store/internal.h"

#include <inttypes.h>

/* Statement `rest` with up to three numbers bound; NULL on error. */
static sqlite3_stmt *select_rows(struct store *store, enum table_id id, const char *rest,
                                 const int64_t *number, int numbers, struct err *err)
{
    sqlite3_stmt *rows = db_prepare_select(&store->db, &tables[id], rest, err);
    for (int i = 0; rows && i < numbers; i++)
        sqlite3_bind_int64(rows, i + 1, number[i]);
    return rows;
}

static sqlite3_stmt *select_of_cell(struct store *store, enum table_id id, int64_t cell,
                                    struct err *err)
{
    if (cell == STORE_EVERY)
        return select_rows(store, id, "", NULL, 0, err);
    return select_rows(store, id, "WHERE cell = ? ORDER BY 1", &cell, 1, err);
}

int store_each_cell(struct store *store, enum store_order order, store_cell_fn *fn, void *arg,
                    struct err *err)
{
    const char *rest = order == STORE_IN_ORDER ? "ORDER BY variant, sample, trial" : "";
    sqlite3_stmt *rows = select_rows(store, TABLE_CELL, rest, NULL, 0, err);
    if (!rows)
        return -1;
    struct store_cell cell = {0};
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_CELL], &cell, err)) > 0)
        if ((result = fn(arg, &cell)) != 0)
            break;
    sqlite3_finalize(rows);
    return result;
}

int store_find_cell(struct store *store, int64_t variant, int64_t sample, int64_t trial,
                    struct arena *arena, struct store_cell *cell, struct err *err)
{
    int64_t place[] = {variant, sample, trial};
    sqlite3_stmt *rows = select_rows(
        store, TABLE_CELL, "WHERE variant = ? AND sample = ? AND trial = ?", place, 3, err);
    if (!rows)
        return -1;
    *cell = (struct store_cell){0};
    int more = db_next(&store->db, rows, &tables[TABLE_CELL], cell, err);
    if (more > 0)
        db_read_keep(arena, &tables[TABLE_CELL], cell);
    sqlite3_finalize(rows);
    if (more == 0)
        return err_set(err, ERR_INPUT,
                       "%s: variant %" PRId64 ", sample %" PRId64 ", trial %" PRId64
                       " has no result",
                       store->db.path, variant, sample, trial);
    return more < 0 ? -1 : 0;
}

void name_step(const struct store *store, struct store_step *step)
{
    static const struct node_row unknown = {.variant = -1};
    bool known = step->node_id >= 1 && (size_t)step->node_id <= store->nodes;
    if (!known)
        step->node_id = 0;
    /* nodes are numbered from 1 without gaps (checked in read_names) */
    const struct node_row *node = known ? &store->node[step->node_id - 1] : &unknown;
    step->node = node->path;
    step->pattern = node->pattern;
    step->variant = node->variant;
}

int store_each_step(struct store *store, int64_t cell, store_step_fn *fn, void *arg,
                    struct err *err)
{
    sqlite3_stmt *rows = select_of_cell(store, TABLE_STEP, cell, err);
    if (!rows)
        return -1;
    struct store_step step = {0};
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_STEP], &step, err)) > 0) {
        name_step(store, &step);
        if ((result = fn(arg, &step)) != 0)
            break;
    }
    sqlite3_finalize(rows);
    return result;
}

static bool has_notes(const struct node_row *node)
{
    static const char *const patterns[] = {"route", "refine", "orchestrate", "vote"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (str_equal(node->pattern, str_from(patterns[i])))
            return true;
    return false;
}

int store_each_note(struct store *store, store_step_fn *fn, void *arg, struct err *err)
{
    bool any = false;
    for (size_t i = 0; i < store->nodes; i++)
        any = any || has_notes(&store->node[i]);
    if (!any)
        return 0;
    sqlite3_stmt *rows =
        db_prepare(&store->db, "SELECT cell, node, path, outcome, note FROM step", err);
    if (!rows)
        return -1;
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t node = sqlite3_column_int64(rows, 1);
        if (node < 1 || (size_t)node > store->nodes || !has_notes(&store->node[node - 1]))
            continue;
        struct store_step step = {.cell = sqlite3_column_int64(rows, 0),
                                  .node_id = node,
                                  .path = db_text(rows, 2),
                                  .outcome = db_text(rows, 3),
                                  .note = db_text(rows, 4)};
        name_step(store, &step);
        if (step.note.n)
            result = fn(arg, &step);
    }
    if (result == 0 && code != SQLITE_DONE)
        result = db_fail(&store->db, err);
    sqlite3_finalize(rows);
    return result;
}

int store_each_score(struct store *store, int64_t cell, store_score_fn *fn, void *arg,
                     struct err *err)
{
    sqlite3_stmt *rows = select_of_cell(store, TABLE_SCORE, cell, err);
    if (!rows)
        return -1;
    struct store_score score = {0};
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_SCORE], &score, err)) > 0)
        if ((result = fn(arg, &score)) != 0)
            break;
    sqlite3_finalize(rows);
    return result;
}

int store_each_verdict(struct store *store, int64_t cell, store_verdict_fn *fn, void *arg,
                       struct err *err)
{
    sqlite3_stmt *rows = select_of_cell(store, TABLE_VERDICT, cell, err);
    if (!rows)
        return -1;
    struct store_verdict verdict = {0};
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_VERDICT], &verdict, err)) > 0)
        if ((result = fn(arg, &verdict)) != 0)
            break;
    sqlite3_finalize(rows);
    return result;
}

int store_each_call(struct store *store, int64_t cell, store_call_fn *fn, void *arg,
                    struct err *err)
{
    sqlite3_stmt *rows = select_of_cell(store, TABLE_CALL, cell, err);
    if (!rows)
        return -1;
    struct store_call call = {0};
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_CALL], &call, err)) > 0)
        if ((result = fn(arg, &call)) != 0)
            break;
    sqlite3_finalize(rows);
    return result;
}

int store_find_call(struct store *store, int64_t call, struct arena *arena,
                    struct store_call *found, struct err *err)
{
    sqlite3_stmt *rows = select_rows(store, TABLE_CALL, "WHERE call = ?", &call, 1, err);
    if (!rows)
        return -1;
    *found = (struct store_call){0};
    int more = db_next(&store->db, rows, &tables[TABLE_CALL], found, err);
    if (more > 0)
        db_read_keep(arena, &tables[TABLE_CALL], found);
    sqlite3_finalize(rows);
    if (more == 0)
        return err_set(err, ERR_FAILED, "%s: call %" PRId64 " is missing", store->db.path,
                       call);
    return more < 0 ? -1 : 0;
}

/* What attempt_kept leaves out (store/insert.c). */
static struct store_attempt only_attempt(const struct store_call *call)
{
    return (struct store_attempt){
        .number = 1,
        .http_status = call->http_status,
        .outcome = call->outcome,
        .retry_after_ns = -1,
        .permit_wait_ns = call->times.permit_wait_ns,
        .start_ns = call->start_ns,
        .connect_ns = call->times.connect_ns,
        .first_byte_ns = call->first_byte_ns,
        .total_ns = call->times.connect_ns + call->times.provider_ns,
        .protocol = call->protocol,
        .tls_ns = call->tls_ns,
        .call = call->id,
    };
}

int store_each_attempt(struct store *store, const struct store_call *call, store_attempt_fn *fn,
                       void *arg, struct err *err)
{
    if (call->source != STORE_SENT)
        return 0;
    sqlite3_stmt *rows =
        select_rows(store, TABLE_ATTEMPT, "WHERE call = ? ORDER BY 1", &call->id, 1, err);
    if (!rows)
        return -1;
    struct store_attempt attempt = {0};
    int64_t kept = 0;
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_ATTEMPT], &attempt, err)) > 0) {
        kept++;
        if ((result = fn(arg, &attempt)) != 0)
            break;
    }
    sqlite3_finalize(rows);
    if (result == 0 && kept == 0 && call->attempts == 1) {
        attempt = only_attempt(call);
        return fn(arg, &attempt);
    }
    return result;
}

int store_each_command(struct store *store, int64_t cell, store_command_fn *fn, void *arg,
                       struct err *err)
{
    sqlite3_stmt *rows = select_of_cell(store, TABLE_COMMAND, cell, err);
    if (!rows)
        return -1;
    struct store_command command = {0};
    int result;
    while ((result = db_next(&store->db, rows, &tables[TABLE_COMMAND], &command, err)) > 0)
        if ((result = fn(arg, &command)) != 0)
            break;
    sqlite3_finalize(rows);
    return result;
}

int store_find_command(struct store *store, int64_t command, struct arena *arena,
                       struct store_command *found, struct err *err)
{
    sqlite3_stmt *rows =
        select_rows(store, TABLE_COMMAND, "WHERE command = ?", &command, 1, err);
    if (!rows)
        return -1;
    *found = (struct store_command){0};
    int more = db_next(&store->db, rows, &tables[TABLE_COMMAND], found, err);
    if (more > 0)
        db_read_keep(arena, &tables[TABLE_COMMAND], found);
    sqlite3_finalize(rows);
    if (more == 0)
        return err_set(err, ERR_FAILED, "%s: program %" PRId64 " is missing", store->db.path,
                       command);
    return more < 0 ? -1 : 0;
}

int store_body(struct store *store, int64_t id, struct arena *arena, str *text, struct err *err)
{
    *text = (str){0};
    if (id == 0)
        return 0;
    sqlite3_stmt *rows = select_rows(store, TABLE_BODY, "WHERE body = ?", &id, 1, err);
    if (!rows)
        return -1;
    struct body_row body;
    int more = db_next(&store->db, rows, &tables[TABLE_BODY], &body, err);
    if (more > 0)
        *text = arena_str(arena, body.bytes);
    sqlite3_finalize(rows);
    if (more == 0)
        return err_set(err, ERR_FAILED, "%s: text %" PRId64 " is missing", store->db.path, id);
    return more < 0 ? -1 : 0;
}
