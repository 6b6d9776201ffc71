/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_stop.c: a run with `stop` ends when its question is decided, after the same samples at
 * any concurrency, after any interruption and from a cassette; and what it says of that.
 */
#include "e2e_run.h"

#include "base/buf.h"

#include <signal.h>

enum { SAMPLES = 120 };

/* Two variants, of which the second is right more often; without a wait. */
static const char experiment[] =
    "dataset: rows.jsonl\n"
    "models:\n"
    "  a: {provider: openai, model: alpha, price: {input: 1, output: 2}}\n"
    "  b: {provider: openai, model: beta, price: {input: 1, output: 2}}\n"
    "defaults: {max_tokens: 20}\n"
    "variants:\n"
    "  once: {call: {model: a, prompt: {user: \"{{q}}\"}}}\n"
    "  vote: {call: {model: b, prompt: {user: \"{{q}}\"}}}\n"
    "score: {right: {equals: \"{{expected}}\"}}\n"
    "mock: mock.yaml\n";

static void write_all(struct place *place, const char *stop, const char *skills)
{
    place_write_rows(place, SAMPLES);
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, "%s%s", experiment, stop));
    place_write(place, "mock.yaml",
                arena_printf(&place->arena,
                             "seed: 5\nmodels: {%s}\n"
                             "answers:\n  rows: {file: rows.jsonl, find: [q], right: "
                             "\"{{row.expected}}\", wrong: [{text: wrong}]}\n"
                             "rules: {all: {answer: {from: rows}}}\n",
                             skills));
}

#define APART "alpha: {skill: 0.4}, beta: {skill: 0.9}"
#define ALIKE "alpha: {skill: 0.8}, beta: {skill: 0.8}"

static const json *stop_of(struct place *place, const char *db)
{
    const json *stop = json_path(report_json(place, db), "results.stop");
    assert_non_null(stop);
    return stop;
}

static int64_t whole(const json *object, const char *key)
{
    int64_t number = -1;
    assert_true(json_int(json_get(object, str_from(key)), &number));
    return number;
}

/* Protects: results stop after the same sample whatever runs at once; every cell has a row, and the
 * cost of those that had begun beyond is told. */
static void the_same_stop_at_any_concurrency(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    const char *one = run_good(place, "--mock", "-j", "1", NULL).db;
    const char *some = run_good(place, "--mock", "-j", "7", NULL).db;
    const char *many = run_good(place, "--mock", "-j", "64", NULL).db;
    const json *stop = stop_of(place, one);
    int64_t looked = whole(stop, "looked");
    assert_true(json_bool(json_get(stop, STR("stopped"))));
    assert_true(looked >= 20 && looked < SAMPLES);
    assert_same_text(json_text(json_get(stop, STR("decision"))), STR("better"));
    assert_same_text(results_of(report_text(place, some)), results_of(report_text(place, one)));
    assert_same_text(results_of(report_text(place, many)), results_of(report_text(place, one)));
    assert_int_equal(sql_int(one, "SELECT count(*) FROM cell WHERE status = 'skipped'"),
                     2 * (SAMPLES - looked));
    assert_int_equal(sql_int(one, "SELECT state = 'finished' FROM run"), 1);
    assert_int_equal(sql_int(many, "SELECT count(*) FROM cell"), 2 * SAMPLES);
    const json *timing = json_path(report_json(place, many), "timing.stop");
    int64_t begun = sql_int(many, "SELECT count(*) FROM cell WHERE status <> 'skipped'");
    assert_int_equal(whole(timing, "beyond_cells"), begun - 2 * looked);
    assert_true(begun > 2 * looked);
    double known = json_number(json_path(report_json(place, many), "timing.stop.beyond_usd"));
    double all = (double)sql_int(many, "SELECT sum(cost_nanousd) FROM cell") * 1e-9;
    double shown = 0;
    for (const char *const *name = (const char *const[]){"once", "vote", NULL}; *name; name++)
        shown += json_number(
            json_get(variant_of(report_json(place, many), "results", *name), STR("cost_usd")));
    assert_true(shown + known > all * 0.999999 && shown + known < all * 1.000001);
    check_identities(one);
    check_identities(many);
}

/* Protects: text, Markdown and JSON say where it stopped, what that spared and what the interval is,
 * and none shows the usual interval of the watched difference. */
static void it_says_so(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {min_samples: 25}\n", APART);
    struct ended ended = weir(place, "run", "--mock", "-j", "1", NULL);
    assert_code(ended, 0);
    assert_contains(ended.err, "weir: stop: decided after");
    const char *db = only_run(place, ".");
    struct ended text = weir(place, "report", db, NULL);
    struct ended md = weir(place, "report", db, "--md", NULL);
    const struct ended *both[] = {&text, &md};
    for (size_t i = 0; i < 2; i++) {
        assert_contains(both[i]->out,
                        "of 120 samples: vote is better than once (always-valid p");
        assert_contains(both[i]->out, "confidence");
        assert_contains(both[i]->out, "likely too high");
        assert_contains(both[i]->out, "were not needed: by the means of the others about");
        assert_contains(both[i]->out, "from 25 samples");
        assert_lacks(both[i]->out, "newcombe");
    }
    const json *comparison =
        json_first(json_path(report_json(place, db), "results.comparisons"));
    assert_same_text(json_text(json_path(comparison, "accuracy_difference.method")),
                     STR("eb_confidence_sequence"));
    assert_same_text(json_text(json_get(comparison, STR("test"))), STR("sequential_mcnemar"));
    assert_same_text(json_text(json_get(comparison, STR("verdict"))), STR("better"));
    struct ended check = weir(place, "check", NULL);
    assert_contains(check.out, "stop");
    struct ended again = weir(place, "run", "--mock", "--resume", db, NULL);
    assert_code(again, 2);
    assert_contains(again.err, "the run is finished");
}

/* Protects: interrupted before the stop and beyond it, and gone on with at another concurrency, a
 * run comes to the same. */
static void a_resume_comes_to_the_same(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    const char *plain = run_good(place, "--mock", "-j", "3", NULL).db;
    struct ran part = run_quiet(place, "--mock", "-j", "5", "--max-calls", "17", NULL);
    assert_code(part.ended, 3);
    assert_false(json_bool(json_get(stop_of(place, part.db), STR("stopped"))));
    struct ended on =
        weir(place, "run", "--mock-url", "http://127.0.0.1:1", "--resume", part.db, NULL);
    assert_true(on.code != 0); /* nobody there: the part that is stored is not lost by it */
    struct ran rest = run_quiet(place, "--mock", "-j", "40", "--resume", part.db, "--max-calls",
                                "1000", NULL);
    assert_code(rest.ended, 0);
    assert_same_text(results_of(report_text(place, rest.db)),
                     results_of(report_text(place, plain)));
    check_identities(rest.db);
}

/* Protects: killed while it runs, whenever that is, it comes to the same. */
static void a_killed_run_comes_to_the_same(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n",
              "alpha: {skill: 0.4, first_token: 4ms}, "
              "beta: {skill: 0.9, first_token: 9ms}");
    const char *plain = run_good(place, "--mock", "-j", "3", NULL).db;
    str expected = results_of(report_text(place, plain));
    struct mock_server mock = mock_start(place, "mock.yaml");
    const char *url = arena_str(&place->arena, mock.url).p, *last = plain;
    for (int64_t rows = 5; rows < 60; rows += 18) {
        assert_code(weir(place, "rm", last, "--yes", NULL), 0);
        struct child child =
            weir_start(place, "run", "--mock-url", url, "-j", "12", "--quiet", NULL);
        wait_until(run_has_rows(place, "call", rows) || child_out(&child).n);
        child_signal(&child, SIGKILL);
        child_wait(&child);
        const char *db = last = only_run(place, ".");
        struct ended on =
            weir(place, "run", "--mock-url", url, "--resume", db, "--quiet", NULL);
        assert_true(on.code == 0 || str_contains(on.err, STR("is finished")));
        assert_same_text(results_of(report_text(place, db)), expected);
        check_identities(db);
    }
    mock_stop(&mock);
}

/* Protects: samples changed by `perturb` run, and are not looked at. */
static void changed_samples_decide_nothing(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    const char *plain = run_good(place, "--mock", "-j", "5", NULL).db;
    write_all(place, "stop: {}\nperturb: {shout: {case: upper, fields: [q]}}\n", APART);
    const char *one = run_good(place, "--mock", "-j", "1", NULL).db;
    const char *many = run_good(place, "--mock", "-j", "30", NULL).db;
    int64_t looked = whole(stop_of(place, plain), "looked");
    assert_int_equal(whole(stop_of(place, one), "looked"), looked);
    assert_int_equal(sql_int(one, "SELECT count(*) FROM cell WHERE status <> 'skipped'"),
                     4 * looked);
    assert_same_text(results_of(report_text(place, many)), results_of(report_text(place, one)));
    assert_int_equal(whole(stop_of(place, one), "spared_cells"), 4 * (SAMPLES - looked));
    check_identities(many);
}

/* Protects: a cassette that was recorded one cell at a time holds nothing beyond the stop, and its
 * replay at any concurrency asks for nothing beyond it. */
static void a_cassette_comes_to_the_same(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    const char *recorded =
        run_good(place, "--mock", "-j", "1", "--record", "all.cassette", NULL).db;
    const char *replayed = run_good(place, "--replay", "all.cassette", "-j", "50", NULL).db;
    assert_same_text(results_of(report_text(place, replayed)),
                     results_of(report_text(place, recorded)));
    assert_int_equal(sql_int(replayed, "SELECT count(*) FROM cell WHERE status = 'error'"), 0);
}

/* Protects: without a difference the run goes to its end, has the same numbers, and says that it
 * decided nothing; exit code 0. */
static void nothing_is_decided(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", ALIKE);
    const char *db = run_good(place, "--mock", NULL).db;
    const json *stop = stop_of(place, db);
    assert_false(json_bool(json_get(stop, STR("stopped"))));
    assert_int_equal(whole(stop, "looked"), SAMPLES);
    assert_same_text(json_text(json_get(stop, STR("decision"))), STR("undecided"));
    struct ended text = weir(place, "report", db, NULL);
    assert_contains(text.out, "All 120 samples were looked at: nothing is decided");
    assert_contains(json_text(json_get(stop, STR("text"))), "it holds at whatever sample");
}

/* Protects: trials, the mean score and a margin: the sequence decides, and a requirement on the
 * watched pair rests on it; its verdict and exit code are those of any requirement. */
static void a_margin_decides(void **state)
{
    struct place *place = *state;
    write_all(place,
              "trials: 2\nstop: {metric: score, margin: 0.45}\n"
              "require: [{metric: score, of: vote, not_below: once, margin: 0.45}]\n",
              APART);
    const char *db = run_good(place, "--mock", "-j", "9", NULL).db;
    const json *stop = stop_of(place, db);
    assert_true(json_bool(json_get(stop, STR("stopped"))));
    assert_same_text(json_text(json_get(stop, STR("test"))), STR("eb_confidence_sequence"));
    str decision = json_text(json_get(stop, STR("decision")));
    assert_true(str_equal(decision, STR("not worse")) || str_equal(decision, STR("better")));
    const json *rule = json_first(json_path(report_json(place, db), "results.requirements"));
    assert_same_text(json_text(json_path(rule, "measured.method")),
                     STR("eb_confidence_sequence"));
    assert_same_text(json_text(json_get(rule, STR("verdict"))), STR("PASS"));
    place_replace(place, "experiment.yaml", "of: vote, not_below: once, margin: 0.45",
                  "of: once, not_below: vote, margin: 0.01");
    assert_code(run_quiet(place, "--mock", "-j", "9", NULL).ended, 100);
}

/* Cells of a sample that a judge compares wait for each other. */
static const char contest[] =
    "dataset: rows.jsonl\n"
    "models:\n"
    "  w: {provider: openai, model: w}\n"
    "  judge: {provider: openai, model: j}\n"
    "defaults: {max_tokens: 50}\n"
    "variants:\n"
    "  short: {call: {model: w, prompt: {user: 'short {{q}}'}}}\n"
    "  long: {call: {model: w, prompt: {user: 'long {{q}}'}}}\n"
    "score: {best: {select-best: 'Which says more about {{q}}?', model: judge}}\n"
    "stop: {min_samples: 12}\n"
    "mock:\n"
    "  rules:\n"
    "    second: {when: {model: j, prompt_regex: 'and </[0-9a-f]+>.(?s:.*)LONG "
    "TEXT[^<]*</[0-9a-f]+>$'},\n"
    "      reply: {reason: more, better: second}}\n"
    "    judge: {when: {model: j}, reply: {reason: it came first, better: first}}\n"
    "    long: {when: {prompt: long}, reply: 'LONG TEXT, a text with much to say'}\n"
    "    other: {reply: 'another text'}\n";

/* Protects: with a judge that compares variants, too, and from a cassette with one cell at a time. */
static void contests_come_to_the_same(void **state)
{
    struct place *place = *state;
    write_all(place, "", APART);
    place_write_text(place, "experiment.yaml", contest);
    const char *one = run_good(place, "--mock", "-j", "1", "--record", "all.cassette", NULL).db;
    const char *many = run_good(place, "--mock", "-j", "30", NULL).db;
    const char *replayed = run_good(place, "--replay", "all.cassette", "-j", "9", NULL).db;
    const char *alone = run_good(place, "--replay", "all.cassette", "-j", "1", NULL).db;
    assert_true(json_bool(json_get(stop_of(place, one), STR("stopped"))));
    str expected = results_of(report_text(place, one));
    assert_same_text(results_of(report_text(place, many)), expected);
    assert_same_text(results_of(report_text(place, replayed)), expected);
    assert_same_text(results_of(report_text(place, alone)), expected);
    check_identities(many);
}

/* Protects: weir compare has the same samples and sequential intervals, of the watched pair and of two
 * runs of which one stopped. */
static void compared(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    const char *db = run_good(place, "--mock", "-j", "40", NULL).db;
    const json *stop = stop_of(place, db);
    struct ended same = weir(place, "compare", arena_printf(&place->arena, "%s:once", db).p,
                             arena_printf(&place->arena, "%s:vote", db).p, "--json", "-", NULL);
    assert_code(same, 0);
    const json *report = json_parse(&place->arena, str_trim(same.out), NULL);
    const json *c = json_first(json_path(report, "results.comparisons"));
    assert_same_text(json_text(json_get(c, STR("text"))),
                     json_text(json_get(stop, STR("text"))));
    assert_int_equal(whole(c, "pairs"), whole(stop, "looked"));
    place_replace(place, "experiment.yaml", "stop: {}\n", "");
    const char *other = run_good(place, "--mock", "--seed", "7", NULL).db;
    struct ended apart = weir(place, "compare", other, db, "--json", "-", NULL);
    assert_code(apart, 0);
    report = json_parse(&place->arena, str_trim(apart.out), NULL);
    c = json_first(json_path(report, "results.comparisons"));
    assert_int_equal(whole(c, "pairs"), whole(stop, "looked"));
    assert_same_text(json_text(json_path(c, "accuracy_difference.method")),
                     STR("eb_confidence_sequence"));
}

/* Protects: other scores over the stored answers leave the run as long as it was. */
static void scored_again(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    const char *db = run_good(place, "--mock", "-j", "1", NULL).db;
    int64_t skipped = sql_int(db, "SELECT count(*) FROM cell WHERE status = 'skipped'");
    place_replace(place, "experiment.yaml", "score: {right:", "score: {same:");
    struct ended ended = weir(place, "score", db, "--quiet", NULL);
    assert_code(ended, 0);
    str again = str_trim(ended.out);
    const char *copy = arena_str(&place->arena, again).p;
    assert_int_equal(sql_int(copy, "SELECT count(*) FROM cell WHERE status = 'skipped'"),
                     skipped);
    assert_int_equal(whole(stop_of(place, copy), "looked"),
                     whole(stop_of(place, db), "looked"));
}

/* Protects: no shard can decide for all. */
static void no_shards(void **state)
{
    struct place *place = *state;
    write_all(place, "stop: {}\n", APART);
    struct ended ended = weir(place, "run", "--mock", "--shard", "1/2", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err,
                    "experiment.yaml:11:7: stop looks at all samples in their order");
}

static const char judged[] = "score:\n"
                             "  right: {equals: \"{{expected}}\"}\n"
                             "  best: {select-best: 'Which says more?', model: j, weight: 0}\n";

/* Trials of which one variant has an answer and the other will never have one. */
static int64_t lone_cells(const char *db)
{
    return sql_int(db, "SELECT count(*) FROM cell c JOIN cell r USING (sample, trial) WHERE "
                       "c.status <> 'skipped' AND r.status = 'skipped'");
}

/* Protects weir score: a contest needs both answers. A cell whose rival the run stopped before has none
 * in a run that had the contest from its beginning, and so has none when it is added. */
static void a_contest_added_to_a_stopped_run(void **state)
{
    struct place *place = *state;
    static const char *const widths[] = {"2", "3", "5", "6", "7", "9"};
    write_all(place, "stop: {}\n", APART ", gamma: {skill: 1}");
    place_replace(place, "experiment.yaml", "defaults:",
                  "  j: {provider: openai, model: gamma, price: {input: 1, output: 2}}\n"
                  "defaults:");
    place_replace(place, "mock.yaml", "rules: {",
                  "rules: {judge: {when: {model: gamma}, reply: "
                  "{reason: r, better: first}}, ");
    const char *db = NULL;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        db = run_good(place, "--mock", "-j", widths[i], NULL).db;
        if (lone_cells(db) > 0)
            break;
    }
    int64_t lone = lone_cells(db), looked = whole(stop_of(place, db), "looked");
    int64_t calls = sql_int(db, "SELECT count(*) FROM call");
    assert_true(lone > 0);
    place_replace(place, "experiment.yaml", "score: {right: {equals: \"{{expected}}\"}}\n",
                  judged);
    struct ended ended = weir(place, "score", db, "--yes", NULL);
    assert_code(ended, 0);
    assert_contains(
        ended.err,
        arena_printf(&place->arena, "%lld cells are skipped now", (long long)lone).p);
    assert_contains(ended.err, "0 changed");
    const char *scored = arena_str(&place->arena, str_trim(ended.out)).p;
    check_identities(scored);
    assert_int_equal(lone_cells(scored), 0);
    assert_int_equal(sql_int(scored, "SELECT count(*) FROM cell"), 2 * SAMPLES);
    assert_int_equal(sql_int(scored, "SELECT count(*) FROM cell WHERE status NOT IN ('ok', "
                                     "'skipped')"),
                     0);
    /* nothing that was paid for is gone */
    int64_t pairs = sql_int(scored, "SELECT count(*) FROM cell WHERE status = 'ok'") / 2;
    assert_true(pairs >= looked);
    assert_int_equal(sql_int(scored, "SELECT count(*) FROM call WHERE role = 'step'"), calls);
    assert_int_equal(sql_int(scored, "SELECT count(*) FROM call WHERE superseded = 1"), lone);
    assert_int_equal(whole(stop_of(place, scored), "looked"), looked);
    assert_text(sql_text(place, scored, "SELECT state FROM run"), "finished");
    /* the same results as if the contest had been there from the beginning */
    const char *fresh = run_good(place, "--mock", "-j", "1", NULL).db;
    assert_same_text(results_of(report_text(place, scored)),
                     results_of(report_text(place, fresh)));
    ended = weir(place, "score", scored, NULL);
    assert_code(ended, 0);
    assert_lacks(ended.err, "skipped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(the_same_stop_at_any_concurrency),
        e2e_test(it_says_so),
        e2e_test(a_resume_comes_to_the_same),
        e2e_test(a_killed_run_comes_to_the_same),
        e2e_test(changed_samples_decide_nothing),
        e2e_test(a_cassette_comes_to_the_same),
        e2e_test(nothing_is_decided),
        e2e_test(a_margin_decides),
        e2e_test(contests_come_to_the_same),
        e2e_test(compared),
        e2e_test(scored_again),
        e2e_test(no_shards),
        e2e_test(a_contest_added_to_a_stopped_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
