/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_e2e_label.c: weir label as people use it, over a pipe: what is shown and what is not, keys, going on
 * later, and what the file of labels survives.
 */
#include "e2e_run.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* `%s`: scores, and what the writer of variant `one` says. */
static const char frame[] =
    "dataset:\n"
    "  samples:\n"
    "    - {id: s1, q: alpha, expected: x}\n"
    "    - {id: s2, q: beta, expected: x}\n"
    "    - {id: s3, q: gamma, expected: x}\n"
    "    - {id: s4, q: delta, expected: x}\n"
    "    - {id: s5, q: epsilon, expected: x}\n"
    "    - {id: s6, q: zeta, expected: x}\n"
    "models:\n"
    "  small: {provider: openai, model: m, max_tokens: 60}\n"
    "  judge: {provider: openai, model: j, max_tokens: 90}\n"
    "defaults: {model: small}\n"
    "trials: 2\n"
    "variants:\n"
    "  one: {call: {prompt: {user: 'one {{q}}'}}}\n"
    "  two: {call: {prompt: {user: 'two {{q}}'}}}\n"
    "score:\n"
    "%s"
    "mock:\n"
    "  rules:\n"
    "    pair: {when: {model: j, prompt: Criterion}, reply: {reason: zqverdict, better: "
    "first}}\n"
    "    judge: {when: {model: j}, reply: {reason: zqverdict, score: 0.8}}\n"
    "    good: {when: {prompt_regex: 'one (?<q>alpha|beta|gamma)'}, reply: \"%s\"}\n"
    "    poor: {when: {prompt_regex: 'one (?<q>.*)'}, reply: \"POOR text of {{q}}\"}\n"
    "    other: {when: {prompt_regex: 'two (?<q>.*)'}, reply: \"GOOD words, {{q}}\"}\n";

static const char rubric[] = "  fine: {llm-rubric: 'Is it about {{q}}?', model: judge}\n";
static const char pairs[] =
    "  best: {select-best: 'Which says more of {{q}}?', model: judge}\n";

static const char *run(struct place *place, const char *scores, const char *text)
{
    place_write(place, "experiment.yaml", arena_printf(&place->arena, frame, scores, text));
    return run_good(place, "--mock", NULL).db;
}

/* weir label with these keys, one a line. */
static struct ended label(struct place *place, const char *keys, const char *arguments)
{
    str script =
        arena_printf(&place->arena, "printf '%s' | " E2E_WEIR " label %s", keys, arguments);
    const char *const argv[] = {"/bin/sh", "-c", script.p, NULL};
    struct child child = child_start(place, argv);
    return child_wait(&child);
}

/* Somebody who reads the text and says what it begins with. */
static struct ended label_by_reading(struct place *place, const char *arguments)
{
    str script = arena_printf(&place->arena,
                              "rm -f in; mkfifo in; " E2E_WEIR " label %s <in | {\n"
                              "exec 3>in; said=\n"
                              "while IFS= read -r line; do\n"
                              "  printf '%%s\\n' \"$line\"\n"
                              "  case \"$line\" in\n"
                              "  '  GOOD'*) said=\"${said}G\" ;;\n"
                              "  '  POOR'*) said=\"${said}P\" ;;\n"
                              "  Does*|Which*)\n"
                              "    case $said in G) key=y ;; P) key=n ;; GP) key=1 ;; PG) "
                              "key=2 ;; *) key='=' ;; esac\n"
                              "    echo $key >&3; said= ;;\n"
                              "  esac\n"
                              "done; }",
                              arguments);
    const char *const argv[] = {"/bin/sh", "-c", script.p, NULL};
    struct child child = child_start(place, argv);
    return child_wait(&child);
}

static const char *label_file(struct place *place, const char *db)
{
    return arena_printf(&place->arena, "%.*s.labels.jsonl", (int)(strlen(db) - 3), db).p;
}

static str labels_of(struct place *place, const char *db)
{
    struct err err = {0};
    str text;
    if (file_read(&place->arena, label_file(place, db), 1 << 20, &text, &err) < 0)
        fail_msg("%s", err.message);
    return text;
}

static size_t count_of(str text, const char *part)
{
    size_t count = 0;
    for (ptrdiff_t at = 0; (at = str_find(text, str_from(part), (size_t)at)) >= 0; at++)
        count++;
    return count;
}

/* Protects blindness: people see what the judge saw and no more; one answer a sample, in an order that
 * the seed decides; and what they say is what is kept. */
static void people_see_what_the_judge_saw(void **state)
{
    struct place *place = *state;
    const char *db = run(place, rubric, "GOOD text of {{q}}");
    struct ended ended = label_by_reading(place, "--rater ann");
    assert_code(ended, 0);
    assert_contains(ended.out, "6 labelled, 0 skipped, 0 left");
    assert_contains(ended.out, "Is it about alpha?");
    assert_contains(ended.out, "6 of 6");
    assert_lacks(ended.out, "zqverdict");
    assert_lacks(ended.out, "0.8");
    assert_lacks(ended.out, "s1");
    assert_lacks(ended.out, "one");
    assert_lacks(ended.out, "two");
    str labels = labels_of(place, db);
    assert_int_equal(count_of(labels, "\n"), 6);
    assert_int_equal(count_of(labels, "\"rater\":\"ann\""), 6);
    /* of variant one the texts of s4 to s6 are poor */
    size_t poor = 0;
    for (int n = 4; n <= 6; n++)
        for (int t = 1; t <= 2; t++)
            poor +=
                count_of(labels, arena_printf(&place->arena,
                                              "\"s%d\",\"trial\":%d,\"variant\":\"one\"", n, t)
                                     .p);
    assert_int_equal(count_of(labels, "\"label\":\"no\""), poor);
    assert_true(poor > 0 && poor < 6);
    /* the same order for somebody else, and another one by another seed */
    str first = label(place, "", "--rater bob").out;
    assert_same_text(label(place, "", "--rater cid").out, first);
    assert_false(str_equal(label(place, "", "--rater cid --seed 9").out, first));
    assert_contains(label(place, "", "--rater ann").out, "6 labelled");
}

/* Protects a session: undo, skip, a slip of the finger, and quitting lose nothing and repeat
 * nothing; more answers of a sample come after one of each. */
static void a_session_can_be_left_and_taken_up(void **state)
{
    struct place *place = *state;
    const char *db = run(place, rubric, "GOOD text of {{q}}");
    struct ended ended = label(place, "u\\ny\\nhm\\nno\\nu\\nskip\\nq\\n", "--rater ann");
    assert_code(ended, 0);
    assert_contains(ended.out, "There is nothing to undo.");
    assert_contains(ended.out, "none of the keys");
    assert_contains(ended.out, "1 labelled, 1 skipped, 4 left");
    str labels = labels_of(place, db);
    assert_int_equal(count_of(labels, "\"withdrawn\""), 1);
    ended = label(place, "u\\ny\\nn\\nn\\n", "--rater ann"); /* takes back the skip of before */
    assert_contains(ended.out, "4 labelled, 0 skipped, 2 left");
    ended = label(place, "y\\ny\\n", "--rater ann");
    assert_contains(ended.out, "6 labelled, 0 skipped, 0 left");
    ended = label(place, "n\\n", "--rater ann --per-sample 4");
    assert_contains(ended.out, "7 labelled, 0 skipped, 17 left");
    labels = labels_of(place, db);
    for (int s = 1; s <= 6; s++)
        assert_true(count_of(labels, arena_printf(&place->arena, "\"sample\":\"s%d\"", s).p) >=
                    1);
    /* a line that was cut off, by a full disk say, costs that line */
    struct err err = {0};
    assert_int_equal(file_write(label_file(place, db), str_sub(labels, 0, labels.n - 9), &err),
                     0);
    ended = label(place, "y\\n", "--rater ann --per-sample 4");
    assert_contains(ended.err, "1 lines are no labels");
    assert_contains(ended.out, "7 labelled, 0 skipped, 17 left");
    assert_contains(label(place, "", "--rater ann --per-sample 4").out, "7 labelled");
}

/* Protects pairs: either text may stand first, and which one did is kept with the label. */
static void pairs_are_shown_either_way_round(void **state)
{
    struct place *place = *state;
    const char *db = run(place, pairs, "GOOD text of {{q}}");
    struct ended ended = label_by_reading(place, "--rater ann --per-sample 2");
    assert_code(ended, 0);
    assert_contains(ended.out, "12 labelled, 0 skipped, 0 left");
    str labels = labels_of(place, db);
    size_t first = count_of(labels, "\"shown_first\":\"variant\"");
    assert_true(first > 1 && first < 11);
    /* of s4 to s6 `two` is better, else nobody can tell */
    assert_int_equal(count_of(labels, "\"variant\":\"two\",\"against\":\"one\""), 12);
    assert_int_equal(count_of(labels, "\"label\":\"better\""), 6);
    assert_int_equal(count_of(labels, "\"label\":\"even\""), 6);
    assert_contains(ended.out, "Which says more of beta?");
}

/* Protects the terminal: an answer is text, whatever is in it. */
static void hostile_answers_are_text(void **state)
{
    struct place *place = *state;
    run(place, rubric, "GOOD \\e[2J\\e]0;owned\\a {{q}}\\n\\u202ey yes\\r\\n::error::x");
    struct ended ended = label_by_reading(place, "--rater ann");
    assert_code(ended, 0);
    assert_contains(ended.out, "owned");
    for (size_t i = 0; i < ended.out.n; i++)
        assert_true((unsigned char)ended.out.p[i] >= ' ' || ended.out.p[i] == '\n');
    assert_lacks(ended.out, "\xe2\x80\xae");
    assert_lacks(ended.out, "::error::");
}

/* Protects labels: they stay with answers that are scored again, and are not used for another
 * rubric. */
static void labels_belong_to_texts(void **state)
{
    struct place *place = *state;
    const char *db = run(place, rubric, "GOOD text of {{q}}");
    label_by_reading(place, "--rater ann");
    place_replace(place, "experiment.yaml", "model: judge}", "model: judge, threshold: 0.9}");
    struct ended ended = weir(place, "score", db, "--yes", NULL);
    assert_code(ended, 0);
    const char *again = arena_str(&place->arena, str_trim(ended.out)).p;
    ended = weir(place, "judge-check", again, "--json", NULL);
    assert_code(ended, 0);
    assert_contains(ended.out, "\"labels\": 6,");
    assert_contains(ended.out, "\"judge_rates\": {\"no\": 1, \"yes\": 0}");
    place_replace(place, "experiment.yaml", "Is it about", "Is it all about");
    ended = weir(place, "score", again, "--yes", NULL);
    assert_code(ended, 0);
    again = arena_str(&place->arena, str_trim(ended.out)).p;
    ended = weir(place, "judge-check", again, NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "but of other texts or by another rubric");
}

/* Protects people from questions that cannot be asked. */
static void mistakes_are_told(void **state)
{
    struct place *place = *state;
    run(place, "  plain: {contains: x}\n", "GOOD");
    struct ended ended = label(place, "", "");
    assert_code(ended, 2);
    assert_contains(ended.err, "no score of this run is a judge's opinion");
    place_write(place, "experiment.yaml",
                arena_printf(&place->arena, frame,
                             "  fine: {llm-rubric: r, model: judge}\n"
                             "  best: {select-best: c, model: judge}\n",
                             "GOOD"));
    const char *db = run_good(place, "--mock", NULL).db;
    ended = label(place, "", db);
    assert_code(ended, 2);
    assert_contains(ended.err, "expected --score, one of fine, best");
    assert_code(label(place, "y\\n", arena_printf(&place->arena, "%s --score fine", db).p), 0);
    ended = label(place, "", arena_printf(&place->arena, "%s --score nope", db).p);
    assert_code(ended, 2);
    assert_contains(ended.err, "is called 'nope'; expected fine, best");
    ended = weir(place, "judge-check", db, "--score", "best", NULL);
    assert_code(ended, 2);
    assert_contains(ended.err, "no labels of 'best'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        e2e_test(people_see_what_the_judge_saw),
        e2e_test(a_session_can_be_left_and_taken_up),
        e2e_test(pairs_are_shown_either_way_round),
        e2e_test(hostile_answers_are_text),
        e2e_test(labels_belong_to_texts),
        e2e_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
