/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store.h: a folder for each test, records to write, and a look past the store into its
 * file.
 */
#ifndef TEST_STORE_H
#define TEST_STORE_H

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

struct place {
    char folder[64];
    char path[128]; /* of a run in it */
};

static inline void place_clear(const struct place *place)
{
    DIR *dir = opendir(place->folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", place->folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(dir);
}

static inline int place_make(void **state)
{
    struct place *place = xcalloc(1, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/weir-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/run.db", place->folder);
    *state = place;
    return 0;
}

static inline int place_remove(void **state)
{
    struct place *place = *state;
    place_clear(place);
    rmdir(place->folder);
    xfree(place);
    return 0;
}

static inline size_t place_files(const struct place *place)
{
    size_t count = 0;
    DIR *dir = opendir(place->folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

#define assert_good(call, err)                                                                 \
    do {                                                                                       \
        if ((call) != 0)                                                                       \
            fail_msg("%s", (err)->message);                                                    \
    } while (0)

static inline void assert_str(str is, str should)
{
    assert_int_equal(is.n, should.n);
    if (is.n)
        assert_memory_equal(is.p, should.p, should.n);
}

/* --- a run with two variants and two samples ------------------------------------------------ */

static const struct store_variant test_variants[] = {
    {0, STR_INIT("single"), STR_INIT("call"), STR_INIT("one prompt")},
    {1, STR_INIT("steps"), STR_INIT("chain"), {0}},
};
static const struct store_sample test_samples[] = {
    {.number = 0,
     .id = STR_INIT("s1"),
     .cluster = STR_INIT("solar"),
     .tags = STR_INIT("[\"easy\"]"),
     .description = STR_INIT("solar panels"),
     .expected = {STR_INIT("\"POSITIVE\""), 0},
     .hash = STR_INIT("7a"),
     .metadata = {STR_INIT("{\"source\": \"mail\"}"), 0},
     .original = -1},
    {.number = 1,
     .id = STR_INIT("s1~shout"),
     .cluster = STR_INIT("solar"),
     .perturbation = STR_INIT("shout"),
     .place = 1},
};
static const struct store_plan test_plan = {
    .variant = test_variants, .variants = 2, .sample = test_samples, .samples = 2};

static inline struct store_run test_run(int64_t cells)
{
    return (struct store_run){.id = STR("run"), .experiment = STR("test"), .cells = cells};
}

static inline struct store *test_create(const struct place *place, int64_t cells)
{
    struct err err = {0};
    struct store *store;
    struct store_run run = test_run(cells);
    assert_good(store_create(&store, place->path, &run, &test_plan, &err), &err);
    return store;
}

/* A run that stopped, to write on. */
static inline int resume_stored(struct store **store, const char *path, struct err *err)
{
    return store_reopen(store, path, &(const struct store_again){0}, err);
}

static inline void test_finish(struct store *store, enum store_state state)
{
    struct err err = {0};
    struct store_run end = {.state = state, .max_rss_bytes = -1, .lateness_p99_ns = -1};
    assert_good(store_finish(store, &end, &err), &err);
}

static inline struct store *test_open(const struct place *place)
{
    struct err err = {0};
    struct store *store;
    assert_good(store_open(&store, place->path, &err), &err);
    return store;
}

/* One sent call of a cell that went well at once. */
static inline struct store_call test_call(int64_t cell)
{
    return (struct store_call){
        .cell = cell,
        .path = STR("."),
        .source = STORE_SENT,
        .request.text = STR("{\"q\":1}"),
        .reply.text = STR("{\"a\":2}"),
        .outcome = STR("ok"),
        .http_status = 200,
        .attempts = 1,
        .first_byte_ns = -1,
        .ttft_ns = -1,
    };
}

/* A cell with that one call and no steps. */
static inline struct store_cell test_cell(int64_t cell)
{
    return (struct store_cell){
        .cell = cell,
        .variant = cell % 2,
        .sample = cell / 2 % 2,
        .trial = 1 + cell / 4,
        .correct = 1,
        .score = 1,
        .calls = 1,
        .sent = 1,
        .attempts = 1,
    };
}

/* --- waiting for the writer ----------------------------------------------------------------- */

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int done, failed;
};
#define WAITER                                                                                 \
    {                                                                                          \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0                              \
    }

static inline void waiter_done(void *arg, bool failed)
{
    struct waiter *waiter = arg;
    pthread_mutex_lock(&waiter->lock);
    waiter->done++;
    waiter->failed += failed;
    pthread_cond_signal(&waiter->wake);
    pthread_mutex_unlock(&waiter->lock);
}

static inline void waiter_wait(struct waiter *waiter, int count)
{
    pthread_mutex_lock(&waiter->lock);
    while (waiter->done < count)
        pthread_cond_wait(&waiter->wake, &waiter->lock);
    pthread_mutex_unlock(&waiter->lock);
}

/* --- past the store ------------------------------------------------------------------------- */

/* Runs SQL on the file as anyone could; the first column of the first row, or -1. */
static inline int64_t test_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t value = -1;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 200000);
    for (const char *rest = sql; *rest;) {
        if (sqlite3_prepare_v2(db, rest, -1, &statement, &rest) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        if (sqlite3_step(statement) == SQLITE_ROW)
            value = sqlite3_column_int64(statement, 0);
        if (sqlite3_finalize(statement) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    sqlite3_close(db);
    return value;
}

#endif
