/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_score.c: how a finished cell is judged: outputs, steps, failures, what is not expected.
 */
#include "score/score.h"

#include "score/ask_inside.h"

#include "plan/bind.h"
#include "run/run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { SCORES_MAX = 8 };

/* A cell whose root has ended, put together by hand. */
struct bench {
    struct arena arena;
    struct mistakes mistakes;
    struct experiment experiment;
    struct score score[SCORES_MAX];
    struct run run;
    struct sample sample;
    struct step root;
    struct cell cell;
};

static const json *parse(struct bench *bench, const char *text)
{
    const json *value = json_parse(&bench->arena, str_from(text), NULL);
    if (!value)
        fail_msg("%s is no JSON", text);
    return value;
}

/* `output` NULL: the root failed. */
static void bench_open(struct bench *bench, const char *expected, const char *output)
{
    *bench = (struct bench){0};
    mistakes_init(&bench->mistakes, &bench->arena);
    bench->experiment = (struct experiment){.arena = &bench->arena, .score = bench->score};
    bench->run.experiment = &bench->experiment;
    bench->sample.inputs = parse(bench, "{\"query\": \"q\"}");
    bench->sample.expected = expected ? parse(bench, expected) : NULL;
    struct cell *cell = &bench->cell;
    cell->run = &bench->run;
    cell->arena = &bench->arena;
    cell->sample = &bench->sample;
    cell->env = env_bind_object(&bench->arena, NULL, bench->sample.inputs);
    cell->score = arena_array(&bench->arena, struct score_result, SCORES_MAX);
    cell->output = output ? parse(bench, output) : NULL;
    if (!output)
        cell->failure =
            (struct failure){.kind = FAILURE_GATE, .path = STR("draft"), .message = STR("no")};
    bench->root = (struct step){.path = STR("."),
                                .parent = &cell->trace,
                                .outcome = output ? STEP_OK : STEP_FAILED,
                                .failure = cell->failure,
                                .env = cell->env,
                                .value = cell->output};
    cell->trace.first_child = cell->trace.last_child = &bench->root;
}

static struct step *add_step(struct bench *bench, const char *path, const char *value)
{
    struct step *step = arena_new(&bench->arena, struct step);
    *step = (struct step){.path = str_from(path),
                          .parent = &bench->root,
                          .outcome = value ? STEP_OK : STEP_FAILED,
                          .env = bench->cell.env,
                          .value = value ? parse(bench, value) : NULL};
    if (!value)
        step->failure = (struct failure){.kind = FAILURE_SCHEMA, .path = step->path};
    if (bench->root.last_child)
        bench->root.last_child->next = step;
    else
        bench->root.first_child = step;
    bench->root.last_child = step;
    return step;
}

static void see(struct bench *bench, struct step *step, const char *name, const char *value)
{
    step->env = env_bind(&bench->arena, step->env, str_from(name), parse(bench, value));
}

static const bool applies[] = {true};

/* `check` is YAML; `step` "" for the output. */
static void add_score(struct bench *bench, const char *step, double weight, const char *check)
{
    static const char *const names[] = {"query",          "output",   "expected",
                                        "expected_steps", "metadata", "tags",
                                        "value",          "label",    "question"};
    struct binder binder = {.arena = &bench->arena,
                            .mistakes = &bench->mistakes,
                            .experiment = &bench->experiment,
                            .may_see_expected = true};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        binder.scope = scope_bind(&bench->arena, binder.scope, SCOPE_NAME, str_from(names[i]),
                                  (struct shape){0});
    struct source *source = arena_new(&bench->arena, struct source);
    *source = (struct source){STR("x.yaml"), str_from(check)};
    const struct yaml *yaml =
        yaml_parse(&bench->arena, source, &yaml_file_limits, &bench->mistakes);
    assert_non_null(yaml);
    const struct check *made = check_new(&binder, yaml, "score", NULL);
    if (!made)
        fail_msg("%s", mistakes_text(&bench->mistakes).p);
    bench->score[bench->experiment.scores++] = (struct score){
        .check = made, .step = str_from(step), .weight = weight, .applies = applies};
}

static void assert_score(struct bench *bench, size_t i, double value, bool passed,
                         const char *reason)
{
    const struct score_result *result = &bench->cell.score[i];
    str got = arena_str(&bench->arena, result->reason);
    assert_true(result->applies);
    if (fabs(result->value - value) > 1e-12 || result->passed != passed ||
        strcmp(got.p, reason) != 0)
        fail_msg("score %zu: %g, %s (%s)", i, result->value, result->passed ? "passed" : "no",
                 got.p);
}

static void assert_cell(struct bench *bench, bool scored, bool correct, double value)
{
    score_cell(&bench->cell);
    assert_int_equal(bench->cell.scored, scored);
    assert_int_equal(bench->cell.correct, correct);
    assert_true(fabs(bench->cell.value - value) < 1e-12);
}

/* Correct is every weighted score passing; the value is their weighted mean. */
static void test_weights(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "[\"a\", \"b\"]", "[\"a\"]");
    add_score(&bench, "", 3, "{count: 1}");
    add_score(&bench, "", 1, "{f1: '{{expected}}'}");
    add_score(&bench, "", 0, "{of: '{{query}}', equals: other}");
    score_cell(&bench.cell);
    assert_score(&bench, 0, 1, true, "");
    assert_score(&bench, 1, 2.0 / 3, false, "F1 0.667: missing 'b'");
    assert_score(&bench, 2, 0, false, "'q'; expected 'other'");
    assert_cell(&bench, true, false, (3 + 2.0 / 3) / 4);
    bench.experiment.scores = 1;
    assert_cell(&bench, true, true, 1);
    arena_release(&bench.arena);
}

/* A null operand leaves the score out; with no weighted score left the cell is unscored. */
static void test_nothing_expected(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, "\"x\"");
    add_score(&bench, "", 1, "{equals: '{{expected}}'}");
    add_score(&bench, "", 0, "{min-words: 1}");
    assert_cell(&bench, false, false, 0);
    assert_false(bench.cell.score[0].applies);
    assert_false(bench.cell.score[0].passed);
    assert_score(&bench, 1, 1, true, "");
    add_score(&bench, "", 1, "{contains: x}");
    assert_cell(&bench, true, true, 1);
    arena_release(&bench.arena);
}

/* No scores at all, and a variant that a score does not apply to: unscored. */
static void test_no_scores(void **state)
{
    (void)state;
    static const bool other_variant[] = {false, true};
    struct bench bench;
    bench_open(&bench, NULL, "\"x\"");
    assert_cell(&bench, false, false, 0);
    add_score(&bench, "", 1, "{contains: y}");
    bench.score[0].applies = other_variant;
    assert_cell(&bench, false, false, 0);
    assert_false(bench.cell.score[0].applies);
    bench.cell.id.variant = 1;
    assert_cell(&bench, true, false, 0);
    arena_release(&bench.arena);
}

/* A member that the output lacks scores 0 with the reason. */
static void test_missing_value(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "3", "{\"b\": 1}");
    add_score(&bench, "", 1, "{of: '{{output.a}}', equals: '{{expected}}'}");
    assert_cell(&bench, true, false, 0);
    assert_true(bench.cell.score[0].applies);
    assert_true(str_contains(bench.cell.score[0].reason, STR("has no member 'a'")));
    arena_release(&bench.arena);
}

/* A step score is the mean over its instances, each seeing what that step saw. */
static void test_steps(void **state)
{
    (void)state;
    static const char *const questions[] = {"\"q0\"", "\"q1\"", "\"q2\""};
    static const char *const values[] = {"[\"a\"]", "[\"b\", \"x\"]", "[\"c\"]"};
    static const char *const paths[] = {"faqs[0].sources", "faqs[1].sources",
                                        "faqs[2].sources"};
    struct bench bench;
    bench_open(&bench, NULL, "\"x\"");
    bench.sample.expected_steps =
        parse(&bench, "{\"sources\": {\"q0\": [\"a\"], \"q1\": [\"b\"]}}");
    for (size_t i = 0; i < 3; i++)
        see(&bench, add_step(&bench, paths[i], values[i]), "question", questions[i]);
    add_step(&bench, "faqs[0].answer", "\"other\"");
    add_score(&bench, "faqs[*].sources", 1,
              "{f1: '{{expected_steps.sources[question] | default(null)}}'}");
    add_score(&bench, "faqs[2].sources", 0, "{count: 1}");
    add_score(&bench, "faqs[*].sources", 0, "{f1: [a, b], threshold: 0.3}");
    add_score(&bench, "faqs[*].sources", 0, "{not-f1: [b], threshold: 0.6}");
    assert_cell(&bench, true, false, (1 + 2.0 / 3) / 2);
    assert_score(&bench, 0, (1 + 2.0 / 3) / 2, false,
                 "1 of 2 did not pass; faqs[1].sources: F1 0.667: not expected 'x'");
    assert_score(&bench, 1, 1, true, "");
    /* one instance is below the threshold, the mean is not */
    assert_score(&bench, 2, (2.0 / 3 + 0.5 + 0) / 3, true, "");
    assert_score(&bench, 3, (1 + 1.0 / 3 + 1) / 3, true, "");
    arena_release(&bench.arena);
}

/* Rounding of a mean does not fail what passed in every instance. */
static void test_mean_of_passes(void **state)
{
    (void)state;
    static const char *const paths[] = {"[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]"};
    struct bench bench;
    bench_open(&bench, NULL, "\"x\"");
    for (size_t i = 0; i < 7; i++)
        add_step(&bench, paths[i], "[\"a\", \"b\", \"c\", \"d\", \"x\"]");
    add_score(&bench, "[*]", 1, "{f1: [a, b, c, d, y], threshold: 0.8}");
    assert_cell(&bench, true, true, 0.8);
    arena_release(&bench.arena);
}

/* A step that was not run is left out, unless its score weighs. */
static void test_absent_step(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, "\"x\"");
    add_score(&bench, "billing.refund", 0, "{contains: x}");
    add_score(&bench, "billing.refund", 1, "{contains: x}");
    add_score(&bench, "billing.refund", 1, "{equals: '{{expected}}'}");
    add_score(&bench, "", 1, "{contains: x}");
    assert_cell(&bench, true, false, 0.5);
    assert_false(bench.cell.score[0].applies);
    assert_score(&bench, 1, 0, false, "the step 'billing.refund' was not run");
    assert_false(bench.cell.score[2].applies);
    arena_release(&bench.arena);
}

/* A cell that failed is wrong, and so is each of its weighted scores; steps without weight that
 * did run are still judged. */
static void test_failed_cell(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "\"x\"", NULL);
    add_step(&bench, "draft", "\"a draft\"");
    add_score(&bench, "", 1, "{not-equals: y}");
    add_score(&bench, "draft", 1, "{contains: draft}");
    add_score(&bench, "draft", 0, "{contains: draft}");
    add_score(&bench, "", 0, "{min-words: 1}");
    add_score(&bench, "", 1, "{equals: '{{expected.z | default(null)}}'}");
    assert_cell(&bench, true, false, 0);
    assert_score(&bench, 0, 0, false, "the cell failed: gate at draft");
    assert_score(&bench, 1, 0, false, "the cell failed: gate at draft");
    assert_score(&bench, 2, 1, true, "");
    assert_score(&bench, 3, 0, false, "the cell failed: gate at draft");
    assert_false(bench.cell.score[4].applies);
    arena_release(&bench.arena);

    /* also where nothing was expected of it: an error is never left out */
    bench_open(&bench, NULL, NULL);
    add_score(&bench, "", 1, "{equals: '{{expected}}'}");
    assert_cell(&bench, true, false, 0);
    assert_false(bench.cell.score[0].applies);
    arena_release(&bench.arena);
}

/* Steps that failed score 0; a value that the step's own gate refused is judged, one that a
 * failed child left behind is not. */
static void test_failed_steps(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, "\"x\"");
    add_step(&bench, "votes[0]", "\"ab\"");
    add_step(&bench, "votes[1]", NULL);
    add_score(&bench, "votes[*]", 0, "{contains: a}");
    add_score(&bench, "votes[*]", 0, "{not-equals: c}");
    struct step *gate = add_step(&bench, "gated", NULL),
                *chain = add_step(&bench, "chain", NULL);
    gate->value = chain->value = parse(&bench, "\"a\"");
    gate->failed_itself = true;
    add_score(&bench, "gated", 0, "{contains: a}");
    add_score(&bench, "chain", 0, "{contains: a}");
    score_cell(&bench.cell);
    assert_score(&bench, 0, 0.5, false,
                 "1 of 2 did not pass; votes[1]: the step failed: schema at votes[1]");
    assert_score(&bench, 1, 0.5, false,
                 "1 of 2 did not pass; votes[1]: the step failed: schema at votes[1]");
    assert_score(&bench, 2, 1, true, "");
    assert_score(&bench, 3, 0, false, "the step failed: schema at chain");
    arena_release(&bench.arena);
}

/* A route's classifier is judged by the case that was taken; null is the fallback, also when the
 * classifier itself failed. */
static void test_classifier(void **state)
{
    (void)state;
    static const char *const check =
        "{of: '{{label | default(\"Other\")}}', equals: '{{expected}}'}";
    struct bench bench;
    bench_open(&bench, "\"Billing\"", "\"x\"");
    struct step *by = add_step(&bench, "by", "{\"intent\": \"billing.\"}");
    by->label = parse(&bench, "\"Billing\"");
    add_score(&bench, "by", 0, check);
    score_cell(&bench.cell);
    assert_score(&bench, 0, 1, true, "");
    arena_release(&bench.arena);

    bench_open(&bench, "\"Other\"", "\"x\"");
    add_step(&bench, "by", NULL);
    add_score(&bench, "by", 0, check);
    score_cell(&bench.cell);
    assert_score(&bench, 0, 1, true, "");
    arena_release(&bench.arena);
}

/* ---- scores that ask models ---- */

static struct score_question *question_of(struct bench *bench, size_t score)
{
    for (struct score_question *q = bench->cell.question; q; q = q->next)
        if (q->score == score)
            return q;
    return NULL;
}

static void answer(struct bench *bench, size_t score, const double *scores, size_t count)
{
    struct check_verdict *verdict = arena_array(&bench->arena, struct check_verdict, count);
    struct score_question *question = question_of(bench, score);
    assert_non_null(question);
    for (size_t i = 0; i < count; i++)
        verdict[i] = (struct check_verdict){scores[i], STR("says so")};
    question->answer = (struct check_answer){.verdict = verdict, .verdicts = count};
}

/* Protects the bill: a model is asked what only it can know, and nothing when the score is settled
 * without it. */
static void test_questions(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "{\"a\": \"wanted\", \"b\": null}",
               "{\"text\": \"given\", \"none\": \"\"}");
    add_score(&bench, "", 1, "{of: '{{output.text}}', similar: '{{expected.a}}'}");
    add_score(&bench, "", 1, "{of: '{{output.text}}', similar: '{{expected.b}}'}");
    add_score(&bench, "", 1, "{of: '{{output.none}}', similar: '{{expected.a}}'}");
    add_score(&bench, "", 1, "{of: '{{output.missing}}', similar: '{{expected.a}}'}");
    add_score(&bench, "", 1, "{of: '{{output.none}}', llm-rubric: 'about {{query}}'}");
    add_score(&bench, "", 1, "{llm-rubric: whole}");
    add_score(&bench, "", 1, "{contains: x}");
    score_questions(&bench.cell);
    assert_true(str_equal(question_of(&bench, 0)->asked.value, STR("given")));
    assert_true(str_equal(question_of(&bench, 0)->asked.operand, STR("wanted")));
    assert_null(question_of(&bench, 1));
    assert_null(question_of(&bench, 2));
    assert_null(question_of(&bench, 3));
    assert_true(str_equal(question_of(&bench, 4)->asked.operand, STR("about q")));
    assert_int_equal(question_of(&bench, 4)->asked.value.n, 0);
    assert_true(str_equal(question_of(&bench, 5)->asked.value,
                          STR("{\"text\": \"given\", \"none\": \"\"}")));
    assert_null(question_of(&bench, 6));
    score_cell(&bench.cell);
    assert_false(bench.cell.score[1].applies || bench.cell.score[1].ungraded);
    assert_score(&bench, 2, 0, false, "the value is an empty text");
    arena_release(&bench.arena);
}

/* Protects failed cells: they cost no judge; what is asked of their steps is. */
static void test_questions_of_failures(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "1", NULL);
    add_step(&bench, "draft", "\"text\"");
    add_score(&bench, "", 1, "{llm-rubric: good}");
    add_score(&bench, "draft", 1, "{llm-rubric: good}");
    add_score(&bench, "draft", 0, "{llm-rubric: good}");
    score_questions(&bench.cell);
    assert_null(question_of(&bench, 0));
    assert_null(question_of(&bench, 1));
    assert_non_null(question_of(&bench, 2));
    score_cell(&bench.cell);
    assert_score(&bench, 0, 0, false, "the cell failed: gate at draft");
    assert_score(&bench, 1, 0, false, "the cell failed: gate at draft");
    assert_true(bench.cell.score[2].ungraded); /* nobody has answered */
    assert_false(bench.cell.ungraded);
    arena_release(&bench.arena);
}

/* Protects the median and the agreement of a judge's repeats. */
static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        double score[5];
        size_t count;
        double value, agreement; /* below 0: there is none */
        bool passed;
    } cases[] = {
        {{0.7}, 1, 0.7, -1, true},          {{0.2, 0.9, 0.6}, 3, 0.6, 1.0 / 3, true},
        {{0.4, 0.8}, 2, 0.6, 0, true},      {{0.1, 0.1, 0.9, 0.4}, 4, 0.25, 0.5, false},
        {{1, 1, 1, 0, 0}, 5, 1, 0.4, true}, {{0.5, 0.5, 0.5}, 3, 0.5, 1, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_open(&bench, "1", "\"text\"");
        add_score(&bench, "", 1, "{llm-rubric: good}");
        add_score(&bench, "", 0, "{not-llm-rubric: good}");
        score_questions(&bench.cell);
        answer(&bench, 0, cases[i].score, cases[i].count);
        answer(&bench, 1, cases[i].score, cases[i].count);
        score_cell(&bench.cell);
        const struct score_result *result = bench.cell.score;
        assert_true(fabs(result[0].value - cases[i].value) < 1e-12);
        assert_true(fabs(result[1].value - (1 - cases[i].value)) < 1e-12);
        assert_int_equal(result[0].passed, cases[i].passed);
        assert_int_equal(result[1].passed, !cases[i].passed);
        assert_int_equal(result[0].has_agreement, cases[i].agreement >= 0);
        if (result[0].has_agreement)
            assert_true(fabs(result[0].agreement - cases[i].agreement) < 1e-12);
        arena_release(&bench.arena);
    }
}

/* Protects cells from their judges: one that weighs and fails leaves the cell without a verdict; one
 * that does not takes nothing away. What it cost is told in any case. */
static void test_ungraded(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "1", "\"text\"");
    add_score(&bench, "", 1, "{contains: text}");
    add_score(&bench, "", 0, "{llm-rubric: good}");
    score_questions(&bench.cell);
    question_of(&bench, 1)->answer = (struct check_answer){.failed = true, .reason = STR("no")};
    question_of(&bench, 1)->spent.calls = 3;
    assert_cell(&bench, true, true, 1);
    assert_false(bench.cell.ungraded);
    assert_true(bench.cell.score[1].ungraded);
    assert_false(bench.cell.score[1].applies);
    assert_int_equal(bench.cell.score[1].spent.calls, 3);
    assert_true(str_equal(bench.cell.score[1].reason, STR("no")));
    bench.score[1].weight = 1;
    score_cell(&bench.cell);
    assert_true(bench.cell.ungraded);
    arena_release(&bench.arena);
}

/* Protects means over a step: one instance without an answer leaves the score without a value. */
static void test_ungraded_instance(void **state)
{
    (void)state;
    static const double good[] = {1}, bad[] = {0};
    struct bench bench;
    bench_open(&bench, "1", "\"text\"");
    add_step(&bench, "part[0]", "\"a\"");
    add_step(&bench, "part[1]", "\"b\"");
    add_score(&bench, "part[*]", 1, "{llm-rubric: good}");
    score_questions(&bench.cell);
    answer(&bench, 0, good, 1);
    score_cell(&bench.cell);
    assert_true(bench.cell.score[0].ungraded && bench.cell.ungraded);
    struct score_question *other = bench.cell.question->next;
    assert_non_null(other);
    struct check_verdict verdict = {bad[0], STR("bad")};
    other->answer = (struct check_answer){.verdict = &verdict, .verdicts = 1};
    score_cell(&bench.cell);
    assert_false(bench.cell.ungraded);
    assert_true(fabs(bench.cell.score[0].value - 0.5) < 1e-12);
    arena_release(&bench.arena);
}

/* Protects likeness: the cosine of the two vectors, never below 0. */
static void test_similar(void **state)
{
    (void)state;
    static const float right[] = {1, 0}, up[] = {0, 2}, between[] = {1, 1}, left[] = {-3, 0};
    static const struct {
        const float *other;
        double value;
    } cases[] = {{right, 1}, {up, 0}, {between, 0.70710678118654757}, {left, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        struct llm_vector vector[2] = {{right, 2}, {cases[i].other, 2}};
        bench_open(&bench, "\"x\"", "\"text\"");
        add_score(&bench, "", 1, "{similar: '{{expected}}'}");
        score_questions(&bench.cell);
        question_of(&bench, 0)->answer = (struct check_answer){.vector = vector};
        score_cell(&bench.cell);
        assert_true(fabs(bench.cell.score[0].value - cases[i].value) < 1e-7);
        assert_int_equal(bench.cell.score[0].passed, i == 0);
        arena_release(&bench.arena);
    }
}

static void assert_instances(const struct bench *bench, size_t score, const char *wanted)
{
    str got = bench->cell.score[score].instances;
    if (!str_equal(got, str_from(wanted)))
        fail_msg("score %zu: %.*s", score, STR_ARG(got));
}

/* What the diagnosis rests on: single instances, labels of a classifier, items of lists; nothing
 * where the value says it all. */
static void test_instances(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "\"b\"", "\"x\"");
    add_step(&bench, "part[0]", "\"a\"");
    add_step(&bench, "part[1]", "\"b\"");
    struct step *by = add_step(&bench, "by", "{\"long\": 1}");
    by->label = parse(&bench, "\"a\"");
    add_step(&bench, "plan", "[\"b\", \"c\", \"B\"]");
    add_score(&bench, "part[*]", 0, "{equals: '{{expected}}'}");
    add_score(&bench, "by", 0, "{of: '{{label}}', equals: '{{expected}}'}");
    add_score(&bench, "by", 0, "{equals: '{{expected}}'}");
    add_score(&bench, "plan", 0, "{set-equals: [a, b]}");
    add_score(&bench, "plan", 0, "{count: 3}");
    add_score(&bench, "", 1, "{equals: x}");
    score_cell(&bench.cell);
    assert_instances(&bench, 0,
                     "[{\"path\":\"part[0]\",\"value\":0,\"pass\":false},"
                     "{\"path\":\"part[1]\",\"value\":1,\"pass\":true}]");
    assert_instances(&bench, 1,
                     "[{\"path\":\"by\",\"value\":0,\"pass\":false,\"given\":\"a\","
                     "\"wanted\":\"b\"}]");
    assert_instances(&bench, 2,
                     "[{\"path\":\"by\",\"value\":0,\"pass\":false,\"given\":null,"
                     "\"wanted\":\"b\"}]");
    assert_instances(&bench, 3,
                     "[{\"path\":\"plan\",\"value\":0,\"pass\":false,\"common\":1,"
                     "\"given_items\":2,\"wanted_items\":2}]");
    assert_instances(&bench, 4, "");
    assert_instances(&bench, 5, "");
    arena_release(&bench.arena);
}

/* Drafts of a refinement are scored as if each were the answer: by all scores that weigh, or, when
 * one of them cannot be asked again, by none. */
static void test_drafts(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "\"b\"", "\"b\"");
    bench.root.note = json_new_object(&bench.arena);
    json_set(&bench.arena, bench.root.note, STR("rounds"), json_new_list(&bench.arena));
    add_step(&bench, "draft[0]", "\"a\"");
    add_step(&bench, "draft[1]", "\"b\"");
    add_score(&bench, "", 1, "{equals: '{{expected}}'}");
    add_score(&bench, "", 2, "{of: '{{output}}', regex: '^.$'}");
    score_cell(&bench.cell);
    assert_instances(&bench, 0,
                     "[{\"path\":\"draft[0]\",\"value\":0,\"pass\":false},"
                     "{\"path\":\"draft[1]\",\"value\":1,\"pass\":true}]");
    assert_instances(&bench, 1,
                     "[{\"path\":\"draft[0]\",\"value\":1,\"pass\":true},"
                     "{\"path\":\"draft[1]\",\"value\":1,\"pass\":true}]");
    add_score(&bench, "", 1, "{llm-rubric: good}");
    score_cell(&bench.cell);
    assert_instances(&bench, 0, "");
    arena_release(&bench.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instances),
        cmocka_unit_test(test_drafts),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_questions_of_failures),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_ungraded),
        cmocka_unit_test(test_ungraded_instance),
        cmocka_unit_test(test_similar),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_nothing_expected),
        cmocka_unit_test(test_no_scores),
        cmocka_unit_test(test_missing_value),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_mean_of_passes),
        cmocka_unit_test(test_absent_step),
        cmocka_unit_test(test_failed_cell),
        cmocka_unit_test(test_failed_steps),
        cmocka_unit_test(test_classifier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
