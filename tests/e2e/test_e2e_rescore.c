/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_rescore.c: weir score: changed scores on answers that are stored give what a new run
 * would have given, and ask nobody; judges are asked when that is allowed.
 */
#include "test_e2e_scores.h"

#include "base/file.h"

static void copy_support(struct place *place)
{
    place_copy_fixture(place, "support");
    place_replace(place, "support/mock.yaml", "scale: 0.25", "scale: 0");
    place_replace(place, "support/mock.yaml", "retry_after: 1s", "retry_after: 20ms");
}

static const char *run_support(struct place *place)
{
    return run_good(place, "support", "--mock", "-n", "20", "--trials", "2", NULL).db;
}

/* The path of the run that `weir score` printed. */
static const char *scored(struct place *place, struct ended ended)
{
    assert_code(ended, 0);
    const char *db = arena_str(&place->arena, str_trim(ended.out)).p;
    assert_true(file_exists(place_path(place, db)) || file_exists(db));
    return file_exists(db) ? db : place_path(place, db);
}

static str results(struct place *place, const char *db)
{
    return results_of(report_text(place, db));
}

/* Protects: other scores on stored answers are the results of a new run with these scores, byte for
 * byte, without a call; the old run keeps its bytes, and times and money are the old ones. */
static void scores_are_those_of_a_new_run(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *old = run_support(place);
    str before = report_text(place, old);
    place_replace(place, "support/experiment.yaml", "    min-words: 15\n    weight: 0\n",
                  "    min-words: 25\n");
    place_replace(place, "support/experiment.yaml", "  classifier:\n", "  sorter:\n");
    struct ended ended = weir(place, "score", old, NULL);
    const char *db = scored(place, ended);
    assert_contains(ended.err, "120 cells scored again, 0 calls;");
    const char *fresh = run_support(place);
    assert_same_text(results(place, db), results(place, fresh));
    assert_false(str_equal(results(place, db), results(place, old)));
    assert_same_text(report_text(place, old), before);
    check_identities(db);
    assert_text(sql_text(place, db, "SELECT scored_from FROM run"),
                sql_text(place, old, "SELECT id FROM run").p);
    static const char *const kept[] = {"sum(latency_ns) FROM cell",
                                       "sum(wall_ns) FROM cell",
                                       "sum(start_ns + end_ns) FROM step",
                                       "count(*) FROM step",
                                       "count(*) FROM call",
                                       "sum(size) FROM body",
                                       "wall_ns FROM run",
                                       "cpu_ns FROM run"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_int_equal(sql_int(db, "SELECT %s", kept[i]), sql_int(old, "SELECT %s", kept[i]));
    /* back again: what was scored can be scored */
    place_copy_fixture(place, "support");
    const char *back = scored(place, weir(place, "score", db, "--quiet", NULL));
    assert_same_text(results(place, back), results(place, old));
}

/* The only things in the folder of runs are runs. */
static void assert_nothing_left(struct place *place, size_t runs)
{
    assert_int_equal(place_files(place, "support/.weir/runs"), runs);
}

/* Protects: an edit of the workflow is refused, whether the definition says so or only a call
 * does, and nothing is left behind. */
static void an_edited_workflow_is_refused(void **state)
{
    struct place *place = *state;
    copy_support(place);
    const char *old = run_support(place);
    static const struct {
        const char *file, *from, *to, *words;
    } row[] = {
        {"support/experiment.yaml", "max_tokens: 300", "max_tokens: 299", "300 is now 299"},
        {"support/experiment.yaml", "seed: 42", "seed: 43", "another workflow"},
        {"support/prompts/generic.md", "", "", "is not what is stored"},
        {"support/queries.jsonl", "\"q01\"", "\"q00\"", "its samples are not the same"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        str good = place_read(place, row[i].file);
        if (row[i].from[0])
            place_replace(place, row[i].file, row[i].from, row[i].to);
        else
            place_write(place, row[i].file,
                        arena_printf(&place->arena, "%.*s\nBe brief.\n", STR_ARG(good)));
        struct ended ended = weir(place, "score", old, "--yes", NULL);
        if (ended.code == 0)
            fail_msg("%s was taken", row[i].words);
        /* --seed of the run's own command line does not exist here, so the file's counts */
        assert_code(ended, 2);
        assert_contains(ended.err, row[i].words);
        place_write(place, row[i].file, good);
        assert_nothing_left(place, 1);
    }
    scored(place, weir(place, "score", old, NULL));
}

/* Protects: programs are not run again: their output is stored. */
static void programs_are_not_run_again(void **state)
{
    struct place *place = *state;
    place_copy_fixture(place, "tickets");
    const char *old = run_good(place, "tickets", "--mock", "-n", "3", "--trials", "1", NULL).db;
    assert_true(sql_int(old, "SELECT count(*) FROM command") > 0);
    place_write_text(place, "tickets/make_rma.sh", "echo ran >> ../ran; exit 1\n");
    const char *db = scored(place, weir(place, "score", old, NULL));
    assert_same_text(results(place, db), results(place, old));
    assert_false(file_exists(place_path(place, "ran")));
}

/* Protects the money: a new judge asks first, keeps to its budget, and its answers are stored like
 * any, so that another score can change without asking it again. */
static void judges_ask_first(void **state)
{
    struct place *place = *state;
    write_experiment(place, embedders, "  right: {contains: capital}\n", "");
    const char *old = run_good(place, "--mock", NULL).db;
    write_experiment(place, embedders, opinion, "");
    struct ended asked = weir(place, "score", old, NULL);
    assert_code(asked, 2);
    assert_contains(asked.err, "clear: would ask models, in up to about 18 calls");
    struct ended poor = weir(place, "score", old, "--yes", "--max-calls", "2", NULL);
    assert_code(poor, 3);
    assert_contains(poor.err, "asks for the rest");
    const char *part = arena_str(&place->arena, str_trim(poor.out)).p;
    assert_int_equal(sql_int(part, "SELECT count(*) FROM call"
                                   " WHERE role = 'judge'"),
                     2);

    struct ended ended = weir(place, "score", old, "--yes", NULL);
    const char *db = scored(place, ended);
    assert_contains(ended.err, " 18 calls;");
    const char *fresh = run_good(place, "--mock", NULL).db;
    assert_same_text(results(place, db), results(place, fresh));
    check_identities(db);
    /* what the poor one paid for is not paid again */
    assert_code(weir(place, "run", "--resume", part, "--mock", "--quiet", NULL), 0);
    assert_same_text(results(place, part), results(place, fresh));
    assert_int_equal(sql_int(part, "SELECT count(*) FROM call"),
                     sql_int(db, "SELECT count(*) FROM call"));

    write_experiment(
        place, embedders,
        "  right: {contains: France}\n"
        "  clear: {llm-rubric: 'Is it clear about {{q}}?', model: judge, repeats: 3}\n",
        "");
    struct ended again = weir(place, "score", db, NULL);
    scored(place, again);
    assert_contains(again.err, " 0 calls;");

    /* another question: asked anew, and the old answers are out of the way */
    write_experiment(place, embedders,
                     "  clear: {llm-rubric: 'Is it short?', model: judge, repeats: 3}\n", "");
    const char *other = scored(place, weir(place, "score", db, "--yes", NULL));
    assert_int_equal(sql_int(other, "SELECT count(*) FROM call WHERE role = 'judge'"), 36);
    assert_int_equal(sql_int(other, "SELECT sum(superseded) FROM call"), 18);
    assert_contains(weir(place, "score", other, NULL).err, " 0 calls;");
}

/* Protects: cells without a result stay so, and the run can be resumed. */
static void an_unfinished_run(void **state)
{
    struct place *place = *state;
    copy_support(place);
    struct ran ran = run_quiet(place, "support", "--mock", "-n", "8", "--trials", "1",
                               "--max-calls", "15", NULL);
    assert_code(ran.ended, 3);
    int64_t cells = sql_int(ran.db, "SELECT count(*) FROM cell");
    place_replace(place, "support/experiment.yaml", "min-words: 15", "min-words: 20");
    const char *db = scored(place, weir(place, "score", ran.db, NULL));
    assert_int_equal(sql_int(db, "SELECT count(*) FROM cell"), cells);
    assert_int_equal(sql_int(db, "SELECT state = 'interrupted' FROM run"), 1);
    assert_code(weir(place, "run", "--resume", db, "--mock", "--quiet", NULL), 0);
    const char *fresh =
        run_good(place, "support", "--mock", "-n", "8", "--trials", "1", NULL).db;
    assert_same_text(results(place, db), results(place, fresh));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(scores_are_those_of_a_new_run),
        e2e_test(an_edited_workflow_is_refused),
        e2e_test(programs_are_not_run_again),
        e2e_test(judges_ask_first),
        e2e_test(an_unfinished_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
