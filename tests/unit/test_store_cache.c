/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store_cache.c: entries of the cache: whose they are, what they keep, what is forgotten.
 */
#include "store/cache.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

#include "test_texts.h"

struct bench {
    struct arena arena;
    char folder[40];
    const char *path;
    struct err err;
};

static int setup(void **state)
{
    struct bench *bench = xcalloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "/tmp/weir-cache-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    bench->path = arena_printf(&bench->arena, "%s/cache.db", bench->folder).p;
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        unlink(arena_printf(&bench->arena, "%s%s", bench->path, ends[i]).p);
    rmdir(bench->folder);
    arena_release(&bench->arena);
    xfree(bench);
    return 0;
}

static struct cache *open_for(struct bench *bench, const char *run, int64_t most)
{
    struct cache *cache;
    struct cache_options options = {.path = bench->path, .most_bytes = most};
    if (cache_open(&cache, &options, &bench->err) < 0)
        fail_msg("%s", bench->err.message);
    cache_set_run(cache, str_from(run));
    return cache;
}

static struct cache_key key_of(int64_t trial)
{
    return (struct cache_key){.endpoint = STR("openai-chat http://a"),
                              .request_hash = STR("0123456789abcdef0123456789abcdef"),
                              .variant = STR("v"),
                              .sample = STR("s"),
                              .trial = trial,
                              .path = STR("a.b"),
                              .role = STR("step"),
                              .repeat = 1};
}

static void put(struct bench *bench, struct cache *cache, const struct cache_key *key,
                const char *reply)
{
    static const struct store_attempt attempts[] = {
        {.number = 1, .http_status = 503, .outcome = STR_INIT("server"), .total_ns = 5},
        {.number = 2, .http_status = 200, .outcome = STR_INIT("ok"), .total_ns = 7},
    };
    const struct store_call call = {.path = STR("a.b"),
                                    .model = STR("m"),
                                    .outcome = STR("ok"),
                                    .request = {.text = STR("{\"ask\": 1}")},
                                    .reply = {.text = str_from(reply)},
                                    .tokens = {1, -1, 3, 4, 5},
                                    .cost_nanousd = 99,
                                    .latency_ns = 12,
                                    .ttft_ns = -1,
                                    .attempts = 2,
                                    .attempt = attempts};
    if (cache_put(cache, key, &call, &bench->err) < 0)
        fail_msg("%s", bench->err.message);
}

/* 1 when an entry is found, whose reply is then *reply. */
static int find(struct bench *bench, struct cache *cache, const struct cache_key *key,
                struct cache_found *found)
{
    int there = cache_find(cache, key, &bench->arena, found, &bench->err);
    if (there < 0)
        fail_msg("%s", bench->err.message);
    return there;
}

/* Protects a hit: it is the call as it was put, attempts and unknowns included; and rule 10: a
 * run never hits what it wrote itself. */
static void test_round_trip(void **state)
{
    struct bench *bench = *state;
    struct cache_key key = key_of(1);
    struct cache_found found;
    struct cache *mine = open_for(bench, "run-1", 0);
    put(bench, mine, &key, "old");
    put(bench, mine, &key, "{\"answer\": 2}");
    assert_int_equal(find(bench, mine, &key, &found), 0);
    struct cache *theirs = open_for(bench, "run-2", 0);
    assert_int_equal(find(bench, theirs, &key, &found), 1);
    assert_text(found.run, "run-1");
    assert_text(found.request, "{\"ask\": 1}");
    assert_text(found.reply, "{\"answer\": 2}");
    assert_int_equal(found.call.tokens.cache_read, -1);
    assert_int_equal(found.call.cost_nanousd, 99);
    assert_int_equal(found.call.latency_ns, 12);
    assert_int_equal(found.call.ttft_ns, -1);
    assert_int_equal(found.attempts, 2);
    assert_int_equal(found.attempt[0].http_status, 503);
    assert_text(found.attempt[1].outcome, "ok");
    put(bench, theirs, &key, "refreshed");
    assert_int_equal(find(bench, theirs, &key, &found), 0);
    assert_int_equal(find(bench, mine, &key, &found), 1);
    assert_text(found.reply, "refreshed");
    cache_close(theirs);
    cache_close(mine);
}

/* Protects rule 10: every part of the key counts, so no two calls share an entry. */
static void test_keys(void **state)
{
    struct bench *bench = *state;
    struct cache_key key = key_of(1);
    struct cache_found found;
    struct cache *cache = open_for(bench, "run-1", 0);
    put(bench, cache, &key, "r");
    cache_set_run(cache, STR("run-2"));
    str *const texts[] = {&key.endpoint, &key.request_hash, &key.variant,
                          &key.sample,   &key.path,         &key.role};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        str was = *texts[i];
        *texts[i] = STR("x");
        assert_int_equal(find(bench, cache, &key, &found), 0);
        *texts[i] = was;
    }
    key.trial = 2;
    assert_int_equal(find(bench, cache, &key, &found), 0);
    key.trial = 1;
    key.repeat = 0;
    assert_int_equal(find(bench, cache, &key, &found), 0);
    key.repeat = 1;
    assert_int_equal(find(bench, cache, &key, &found), 1);
    cache_close(cache);
}

static int count(void *arg, const struct cache_entry *entry)
{
    int64_t *sum = arg;
    sum[0]++;
    sum[1] += entry->size;
    return 0;
}

/* Protects the bound: what was used last stays, also when it was made first. */
static void test_bound(void **state)
{
    struct bench *bench = *state;
    struct cache_found found;
    struct cache *cache = open_for(bench, "run-1", 300);
    for (int64_t trial = 1; trial <= 20; trial++) {
        struct cache_key key = key_of(trial);
        put(bench, cache, &key, "0123456789012345678901234567890123456789");
    }
    cache_set_run(cache, STR("run-2"));
    struct cache_key first = key_of(1), second = key_of(2);
    assert_int_equal(find(bench, cache, &first, &found), 1);
    cache_close(cache);
    cache = open_for(bench, "run-3", 300);
    int64_t sum[2] = {0, 0}, forgotten;
    assert_int_equal(cache_each(cache, count, sum, &bench->err), 0);
    assert_true(sum[0] >= 3 && sum[0] < 20 && sum[1] <= 300);
    assert_int_equal(find(bench, cache, &first, &found), 1);
    assert_int_equal(find(bench, cache, &second, &found), 0);
    assert_int_equal(cache_clear(cache, 1, &forgotten, &bench->err), 0);
    assert_int_equal(forgotten, 0);
    assert_int_equal(cache_clear(cache, INT64_MAX, &forgotten, &bench->err), 0);
    assert_int_equal(forgotten, sum[0]);
    cache_close(cache);
}

static void change(struct bench *bench, const char *sql)
{
    struct db db;
    assert_int_equal(db_open(&db, bench->path, DB_WRITE, &bench->err), 0);
    assert_int_equal(db_exec(&db, sql, &bench->err), 0);
    db_close(&db);
}

/* Protects other versions and other files: an older cache begins anew, a newer one and what is
 * none are refused and left as they are. */
static void test_versions(void **state)
{
    struct bench *bench = *state;
    struct cache_found found;
    struct cache_key key = key_of(1);
    struct cache_options options = {.path = bench->path};
    struct cache *cache = open_for(bench, "run-1", 0);
    put(bench, cache, &key, "r");
    cache_close(cache);
    change(bench, "PRAGMA user_version = 1");
    cache = open_for(bench, "run-2", 0);
    assert_int_equal(find(bench, cache, &key, &found), 0);
    put(bench, cache, &key, "again");
    cache_close(cache);
    change(bench, "PRAGMA user_version = 1000");
    assert_int_equal(cache_open(&cache, &options, &bench->err), -1);
    assert_int_equal(bench->err.kind, ERR_INPUT);
    change(bench, "PRAGMA application_id = 7");
    assert_int_equal(cache_open(&cache, &options, &bench->err), -1);
    assert_non_null(strstr(bench->err.message, "not a cache of weir"));
}

/* Columns of a table that the statements of an older schema do not make, or make beyond. */
static int64_t other_columns(struct bench *bench, struct db *db, str sql, const char *table)
{
    str begin = arena_printf(&bench->arena, "CREATE TABLE %s(", table), line, rest;
    ptrdiff_t at = str_find(sql, begin, 0);
    int64_t count = -1;
    assert_true(at >= 0);
    str_cut(str_sub(sql, (size_t)at + begin.n, sql.n), '\n', &line, &rest);
    line = arena_printf(&bench->arena, "CREATE TABLE old.%s(%.*s", table, STR_ARG(line));
    assert_int_equal(db_exec(db, line.p, &bench->err), 0);
    str compare = arena_printf(
        &bench->arena,
        "WITH had AS (SELECT name FROM pragma_table_info('%s', 'old')),"
        " has AS (SELECT name FROM pragma_table_info('%s', 'main')) SELECT count(*) FROM"
        " (SELECT name FROM has WHERE name NOT IN had UNION"
        " SELECT name FROM had WHERE name NOT IN has)",
        table, table);
    assert_int_equal(db_int(db, compare.p, -1, &count, &bench->err), 0);
    return count;
}

/* Protects what was paid for: the version of a cache is that of the schema which last changed its tables,
 * or an older one would be taken for one with these columns, and nothing could be put into it. When this
 * fails, CACHE_VERSION in store/cache.c is to be the new SCHEMA_VERSION. */
static void test_version_is_that_of_the_columns(void **state)
{
    struct bench *bench = *state;
    struct db db;
    str sql;
    int64_t version;
    cache_close(open_for(bench, "run-1", 0));
    assert_int_equal(db_open(&db, bench->path, DB_WRITE, &bench->err), 0);
    assert_int_equal(db_int(&db, "PRAGMA user_version", 0, &version, &bench->err), 0);
    if (version < SCHEMA_VERSION) {
        str path = arena_printf(&bench->arena, TEST_SOURCE_DIR "/tests/data/store-%d.sql",
                                (int)version);
        assert_int_equal(file_read(&bench->arena, path.p, 1 << 20, &sql, &bench->err), 0);
        assert_int_equal(db_exec(&db, "ATTACH ':memory:' AS old", &bench->err), 0);
        assert_int_equal(other_columns(bench, &db, sql, "call"), 0);
        assert_int_equal(other_columns(bench, &db, sql, "attempt_kept"), 0);
        assert_int_equal(other_columns(bench, &db, sql, "body"), 0);
        assert_true(other_columns(bench, &db, sql, "command") > 0); /* it is told at all */
    }
    db_close(&db);
}

int main(void)
{
#define with_bench(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        with_bench(test_round_trip),
        with_bench(test_keys),
        with_bench(test_bound),
        with_bench(test_versions),
        with_bench(test_version_is_that_of_the_columns),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
