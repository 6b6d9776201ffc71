/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_shards.c: a run in parts, and the parts joined (rule 5): the same bytes as the whole,
 * the same limits in sum, and never half a file.
 */
#include "e2e_run.h"

#include "base/file.h"

#include <signal.h>
#include <stdio.h>

/* The router fixture without waiting, so that a test of many runs stays short. */
static void copy_support(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/mock.yaml", "scale: 0.25", "scale: 0");
    place_replace(place, "support/mock.yaml", "retry_after: 1s", "retry_after: 20ms");
}

static const char *run_shard(struct place *place, const char *shard, const char *option,
                             const char *value)
{
    return run_good(place, "support", "--mock", "--shard", shard, option, value, NULL).db;
}

static str results(struct place *place, const char *db)
{
    return results_of(report_text(place, db));
}

/* Protects rule 5 and `weir merge`: four shards joined, in any order, are the whole run byte for
 * byte; so are parts of different divisions that overlap and agree. */
static void shards_joined_are_the_whole(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *whole = run_good(place, "support", "--mock", "--limit", "24", NULL).db;
    static const char *const shard[] = {"1/4", "2/4", "3/4", "4/4"};
    const char *part[4];
    for (int i = 0; i < 4; i++)
        part[i] = run_shard(place, shard[i], "--limit", "24");
    assert_code(weir(place, "merge", "joined.db", part[2], part[0], part[3], part[1], NULL), 0);
    const char *joined = place_path(place, "joined.db");
    assert_same_text(results(place, joined), results(place, whole));
    assert_true(results(place, whole).n > 30 * 1000); /* every cell is in it */
    check_identities(joined);
    for (int i = 0; i < 4; i++)
        check_identities(part[i]);
    assert_int_equal(sql_int(joined, "SELECT count(*) FROM attempt"),
                     sql_int(joined, "SELECT sum(attempts) FROM call"));
    assert_int_equal(sql_int(joined, "SELECT count(*) FROM step WHERE node IS NULL"), 0);

    struct ended again = weir(place, "merge", "both.db", part[1], whole, NULL);
    assert_code(again, 0);
    assert_contains(again.err, "more than one of them");
    assert_same_text(results(place, place_path(place, "both.db")), results(place, whole));
}

/* Protects rule 5: a shard has whole samples, those whose place is its number less 1 modulo N,
 * and its own report counts them alone. */
static void a_shard_has_its_own_samples(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *db = run_shard(place, "2/3", "--limit", "10");
    assert_int_equal(sql_int(db, "SELECT count(DISTINCT sample) FROM cell"), 3);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell JOIN sample USING (sample)"
                                 " WHERE place %% 3 <> 1"),
                     0);
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), 3 * 3 * 3);
    assert_int_equal(sql_int(db, "SELECT cells FROM run"), 10 * 3 * 3);
    assert_int_equal(sql_int(db, "SELECT state = 'finished' FROM run"), 1);
    const json *report = report_json(place, db);
    assert_int_equal((int64_t)json_number(json_path(report, "shard.of")), 3);
    const json *variant = variant_of(report, "results", "generic");
    assert_int_equal((int64_t)json_number(json_get(variant, STR("cells"))), 9);
    assert_int_equal((int64_t)json_number(json_path(variant, "statuses.pending")), 0);
    /* more shards than samples: one without any is a run all the same */
    db = run_shard(place, "12/12", "--limit", "10");
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), 0);
    assert_code(weir(place, "report", db, NULL), 0);
}

/* Protects: each shard has its part of the run's budget, and together they spend the whole. */
static void shards_share_the_budget(void **state)
{
    struct place *place = *state;
    copy_support(place);
    int64_t calls = 0;
    static const char *const shard[] = {"1/2", "2/2"};
    for (int i = 0; i < 2; i++) {
        struct ran ran = run_quiet(place, "support", "--mock", "--shard", shard[i],
                                   "--max-calls", "31", NULL);
        assert_code(ran.ended, 3);
        int64_t own = sql_int(ran.db, "SELECT count(*) FROM call WHERE source = 'sent'");
        assert_int_equal(own, i == 0 ? 16 : 15);
        calls += own;
    }
    assert_int_equal(calls, 31);
    struct ended none =
        weir(place, "run", "support", "--mock", "--shard", "1/40", "--max-calls", "31", NULL);
    assert_code(none, 2);
    assert_contains(none.err, "budget.run.calls is 31, less than 1 for each of 40 shards");
}

/* Protects: what cannot be a shard is refused with what was expected. */
static void bad_shards_are_refused(void **state)
{
    struct place *place = *state;
    copy_support(place);
    static const char *const bad[] = {"0/4", "5/4", "1", "a/b", "1/0", "-1/2", "1/2/3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ended ended = weir(place, "run", "support", "--mock", "--shard", bad[i], NULL);
        assert_code(ended, 2);
        assert_contains(ended.err, "expected I/N");
    }
    place_replace(place, "support/experiment.yaml", "model: gpt-6-luna}",
                  "model: gpt-6-luna, rpm: 3}");
    struct ended ended = weir(place, "run", "support", "--mock", "--shard", "1/4", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "rpm of model small is 3, less than 1 for each of 4 shards");
}

static void assert_refused(struct place *place, struct ended ended, const char *words)
{
    assert_code(ended, 2);
    assert_contains(ended.err, words);
    assert_int_equal(place_files(place, "out"), 0);
}

/* Protects `weir merge` against joining what does not belong together; each refusal leaves the
 * folder of OUT empty. */
static void what_does_not_fit_is_refused(void **state)
{
    struct place *place = *state;
    copy_support(place);
    place_write_text(place, "out/x", "");
    assert_int_equal(remove(place_path(place, "out/x")), 0);
    const char *one = run_shard(place, "1/2", "--limit", "6"),
               *two = run_shard(place, "2/2", "--limit", "6");
    const char *seed = run_good(place, "support", "--mock", "--shard", "2/2", "--limit", "6",
                                "--seed", "9", NULL)
                           .db,
               *dataset = run_shard(place, "2/2", "--limit", "7"),
               *trials = run_good(place, "support", "--mock", "--shard", "2/2", "--limit", "6",
                                  "--trials", "2", NULL)
                             .db;
    const char *out = "out/m.db";
    assert_refused(place, weir(place, "merge", out, one, NULL), "shard 2/2 is missing");
    assert_refused(place, weir(place, "merge", out, one, seed, NULL), "another seed");
    assert_refused(place, weir(place, "merge", out, one, dataset, NULL), "another dataset");
    assert_refused(place, weir(place, "merge", out, one, trials, NULL), "another experiment");
    assert_refused(place, weir(place, "merge", out, one, "nothing", NULL), "no run 'nothing'");
    assert_refused(place, weir(place, "merge", out, NULL), "expected OUT");
    assert_refused(place, weir(place, "merge", one, one, two, NULL), "exists already");

    struct child copy =
        child_start(place, (const char *const[]){"/bin/cp", one, "odd.db", NULL});
    assert_code(child_wait(&copy), 0);
    const char *odd = place_path(place, "odd.db");
    sql_run(odd, "UPDATE cell SET score = 0.125 WHERE rowid = 5");
    assert_refused(place, weir(place, "merge", out, one, odd, two, NULL), "has another result");
    sql_run(odd, "UPDATE run SET mock = 0");
    assert_refused(place, weir(place, "merge", out, one, odd, two, NULL), "not by weir-mock");

    /* told so, it joins what there is */
    struct ended partial = weir(place, "merge", "--partial", out, two, NULL);
    assert_code(partial, 3);
    assert_contains(partial.err, "27 are missing");
    assert_int_equal(sql_int(place_path(place, out), "SELECT state = 'interrupted' FROM run"),
                     1);
    assert_code(weir(place, "merge", "all.db", out, one, NULL), 0);
}

/* Protects: a merge that is killed, or meets a full disk, leaves no OUT, and the next one is not
 * hindered by what it left. */
static void no_half_file(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *one = run_shard(place, "1/2", "--limit", "24"),
               *two = run_shard(place, "2/2", "--limit", "24");
    for (int i = 0; i < 8; i++) {
        struct child child = weir_start(place, "merge", "m.db", one, two, NULL);
        for (int nap = 0; nap < i; nap++)
            nap_5ms();
        child_signal(&child, i % 2 ? SIGKILL : SIGTERM);
        child_wait(&child);
        if (file_exists(place_path(place, "m.db"))) {
            check_identities(place_path(place, "m.db"));
            remove(place_path(place, "m.db"));
        }
    }
    place_write_text(place, "limited", "trap '' XFSZ; ulimit -f 200; exec \"$@\"\n");
    struct child limited =
        child_start(place, (const char *const[]){"/bin/sh", "limited", E2E_WEIR, "merge",
                                                 "m.db", one, two, NULL});
    struct ended full = child_wait(&limited);
    assert_code(full, 1);
    assert_contains(full.err, "size limit");
    assert_false(file_exists(place_path(place, "m.db")));
    assert_false(file_exists(place_path(place, "m.db-merging")));
    place_write_text(place, "m.db-merging", "left by a merge that was killed");
    assert_code(weir(place, "merge", "m.db", one, two, NULL), 0);
    assert_false(file_exists(place_path(place, "m.db-merging")));
    check_identities(place_path(place, "m.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(shards_joined_are_the_whole),  e2e_test(a_shard_has_its_own_samples),
        e2e_test(shards_share_the_budget),      e2e_test(bad_shards_are_refused),
        e2e_test(what_does_not_fit_is_refused), e2e_test(no_half_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
