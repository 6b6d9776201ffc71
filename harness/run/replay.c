/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c: stored calls and programs of open cells (see replay.h).
 *
 * The numbers of their rows are read in one pass when the run is opened; rows and bodies only when
 * their cell starts, by number. One connection serves all workers, one at a time. It holds a
 * transaction, which keeps the WAL from starting anew, so it is closed as soon as the last open
 * cell has been read.
 */
#include "run/replay.h"

#include "base/mem.h"
#include "io/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct resume {
    struct arena arena;
    struct store *store; /* NULL: closed, nothing is wanted any more */
    struct store_progress progress;
    int64_t wall_ns;
    struct store_open_row *call, *command; /* by cell, then in the order written */
    size_t cells_left;                     /* open cells with rows, not read yet */
    pthread_mutex_t lock;                  /* of the store */
};

/* ---- opening ---- */

static int compare_rows(const void *left, const void *right)
{
    const struct store_open_row *a = left, *b = right;
    if (a->cell != b->cell)
        return a->cell < b->cell ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static struct store_open_row *sorted(struct arena *arena, const struct store_open_row *row,
                                     size_t count)
{
    struct store_open_row *copy = arena_array(arena, struct store_open_row, count + 1);
    if (count)
        memcpy(copy, row, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, compare_rows);
    return copy;
}

/* The first row of a cell, or of the first one behind it. */
static size_t first_of(const struct store_open_row *row, size_t count, int64_t cell)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t rows_of(const struct store_open_row *row, size_t count, int64_t cell)
{
    size_t first = first_of(row, count, cell), n = 0;
    while (first + n < count && row[first + n].cell == cell)
        n++;
    return n;
}

static size_t count_cells(const struct resume *resume)
{
    const struct store_progress *progress = &resume->progress;
    size_t cells = 0;
    for (size_t i = 0; i < progress->open_calls; i++)
        cells += i == 0 || resume->call[i].cell != resume->call[i - 1].cell;
    for (size_t i = 0; i < progress->open_commands; i++) {
        int64_t cell = resume->command[i].cell;
        bool first = i == 0 || resume->command[i - 1].cell != cell;
        cells += first && rows_of(resume->call, progress->open_calls, cell) == 0;
    }
    return cells;
}

static void let_go(struct resume *resume)
{
    if (resume->store)
        store_close(resume->store);
    resume->store = NULL;
}

static int open_resume(struct resume **resume, const char *path, bool finished,
                       struct err *err)
{
    struct resume *opened = xcalloc(1, sizeof *opened);
    struct store_progress *progress = &opened->progress;
    pthread_mutex_init(&opened->lock, NULL);
    if (store_open_checked(&opened->store, path, err) < 0 ||
        store_read_progress(opened->store, finished, &opened->arena, progress, err) < 0) {
        resume_close(opened);
        return -1;
    }
    opened->wall_ns = store_run_row(opened->store)->wall_ns;
    opened->call = sorted(&opened->arena, progress->call, progress->open_calls);
    opened->command = sorted(&opened->arena, progress->command, progress->open_commands);
    opened->cells_left = count_cells(opened);
    if (opened->cells_left == 0 && progress->setup_calls == 0)
        let_go(opened);
    *resume = opened;
    return 0;
}

int resume_open(struct resume **resume, const char *path, struct err *err)
{
    return open_resume(resume, path, false, err);
}

int resume_open_finished(struct resume **resume, const char *path, struct err *err)
{
    return open_resume(resume, path, true, err);
}

void resume_close(struct resume *resume)
{
    if (!resume)
        return;
    let_go(resume);
    pthread_mutex_destroy(&resume->lock);
    arena_release(&resume->arena);
    xfree(resume);
}

const struct store_progress *resume_progress(const struct resume *resume)
{
    return &resume->progress;
}

int64_t resume_wall_ns(const struct resume *resume)
{
    return resume->wall_ns;
}

bool resume_has(const struct resume *resume, uint64_t place)
{
    return resume->progress.done[place] != resume->progress.of_finished;
}

bool resume_has_calls(const struct resume *resume, uint64_t place)
{
    const struct store_progress *progress = &resume->progress;
    return rows_of(resume->call, progress->open_calls, (int64_t)place) > 0 ||
           rows_of(resume->command, progress->open_commands, (int64_t)place) > 0;
}

/* ---- one cell ---- */

struct reading {
    struct resume *resume;
    int64_t cell;
    size_t calls, commands;
    struct arena *arena;
    struct replay *replay;
    struct err *err;
    int result;
};

static int read_call(const struct reading *reading, int64_t number, struct replay_item *item)
{
    item->is_call = true;
    if (recorded_load(reading->resume->store, number, reading->arena, &item->call,
                      reading->err) < 0)
        return -1;
    item->path = item->call.row.path;
    item->repeat = item->call.row.repeat;
    item->hash = item->call.row.request_hash;
    return 0;
}

static int read_command(const struct reading *reading, int64_t number, struct replay_item *item)
{
    struct store *store = reading->resume->store;
    struct store_command *command = &item->command;
    if (store_find_command(store, number, reading->arena, command, reading->err) < 0 ||
        store_body(store, command->output.id, reading->arena, &item->output, reading->err) <
            0 ||
        store_body(store, command->errors.id, reading->arena, &item->errors, reading->err) < 0)
        return -1;
    item->path = command->path;
    item->repeat = command->repeat;
    item->hash = command->request_hash;
    return 0;
}

static int read_items(const struct reading *reading)
{
    const struct resume *resume = reading->resume;
    const struct store_progress *progress = &resume->progress;
    const struct store_open_row *call =
        resume->call + first_of(resume->call, progress->open_calls, reading->cell);
    const struct store_open_row *command =
        resume->command + first_of(resume->command, progress->open_commands, reading->cell);
    struct replay *replay = reading->replay;
    replay->item =
        arena_calloc(reading->arena, reading->calls + reading->commands, sizeof *replay->item);
    for (size_t i = 0; i < reading->calls; i++)
        if (read_call(reading, call[i].number, &replay->item[replay->count++]) < 0)
            return -1;
    for (size_t i = 0; i < reading->commands; i++)
        if (read_command(reading, command[i].number, &replay->item[replay->count++]) < 0)
            return -1;
    return 0;
}

static void run_reading(void *arg)
{
    struct reading *reading = arg;
    struct resume *resume = reading->resume;
    pthread_mutex_lock(&resume->lock);
    reading->result = read_items(reading);
    if (--resume->cells_left == 0)
        let_go(resume);
    pthread_mutex_unlock(&resume->lock);
}

int fiber_fn resume_cell(struct resume *resume, struct pool *pool, uint64_t place,
                         struct arena *arena, struct replay *replay, struct err *err)
{
    *replay = (struct replay){0};
    if (!resume)
        return 0;
    const struct store_progress *progress = &resume->progress;
    struct reading reading = {
        .resume = resume,
        .cell = (int64_t)place,
        .calls = rows_of(resume->call, progress->open_calls, (int64_t)place),
        .commands = rows_of(resume->command, progress->open_commands, (int64_t)place),
        .arena = arena,
        .replay = replay,
        .err = err,
    };
    if (reading.calls + reading.commands == 0)
        return 0;
    pool_run(pool, run_reading, &reading);
    return reading.result;
}

/* ---- before the first cell ---- */

bool fiber_fn resume_setup_call(struct resume *resume, const struct llm_request *request,
                                struct arena *arena, struct pool *pool, struct llm_reply *reply)
{
    if (!resume || !resume->store)
        return false;
    const struct store_progress *progress = &resume->progress;
    for (size_t i = 0; i < progress->setup_calls; i++) {
        struct recorded_call recorded;
        struct store_call row;
        if (store_find_call(resume->store, progress->setup[i].number, arena, &row, NULL) < 0 ||
            !str_equal(row.attempt_key, request->attempt_key) ||
            !str_equal(row.outcome, STR("ok")) ||
            recorded_load(resume->store, progress->setup[i].number, arena, &recorded, NULL) < 0)
            continue;
        if (recorded_reply(&recorded, request, arena, pool, reply))
            return true;
    }
    return false;
}

void resume_setup_done(struct resume *resume)
{
    if (resume && resume->cells_left == 0)
        let_go(resume);
}

/* ---- looking up ---- */

static struct replay_item *find(const struct replay *replay, bool is_call, str path,
                                int64_t repeat)
{
    for (size_t i = 0; i < replay->count; i++) {
        struct replay_item *item = &replay->item[i];
        if (item->is_call == is_call && item->repeat == repeat && str_equal(item->path, path))
            return item;
    }
    return NULL;
}

const struct replay_item *replay_find_call(const struct replay *replay, str path,
                                           int64_t repeat)
{
    return find(replay, true, path, repeat);
}

static enum replay_answer answer(struct replay *replay, const struct replay_item *item,
                                 bool fits)
{
    if (!item) {
        replay->live = true;
        return REPLAY_NONE;
    }
    replay->used = replay->used || fits;
    replay->differs = replay->differs || !fits;
    return fits ? REPLAY_FOUND : REPLAY_DIFFERS;
}

enum replay_answer fiber_fn replay_call(struct replay *replay, str path, int64_t repeat,
                                        str hash, const struct llm_request *request,
                                        struct arena *arena, struct pool *pool,
                                        struct llm_reply *reply)
{
    const struct replay_item *item = find(replay, true, path, repeat);
    bool fits = item && str_equal(item->hash, hash) &&
                recorded_reply(&item->call, request, arena, pool, reply);
    return answer(replay, item, fits);
}

enum replay_answer replay_command(struct replay *replay, str path, int64_t repeat, str hash,
                                  const struct replay_item **found)
{
    const struct replay_item *item = find(replay, false, path, repeat);
    *found = item;
    return answer(replay, item, item && str_equal(item->hash, hash));
}
