/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary of variants: what counts as what, what is refused, and that order does not matter.
 * Its figures are tested in test_stats_golden.c, comparisons in test_stats_compare.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "stats/interval.h"
#include "unit/test_stats_rows.h"

/* ---- order ---- */

enum { SAMPLES = 40, TRIALS = 3, VARIANTS = 3, CELLS = SAMPLES * TRIALS * VARIANTS };

/* A mixed bag: every status, clusters, named scores, unequal costs, retries, lost attempts. */
static struct summary_cell_row mixed_cell(size_t i)
{
    static const char *const clusters[] = {"", "north", "south", "", "west"};
    static const maybe scores[][2] = {
        {{true, 1.0}, {true, 0.3}}, {{true, 0.0}, {false, 0.0}}, {{false, 0.0}, {true, 0.7}}};
    size_t variant = i % VARIANTS, sample = i / VARIANTS % SAMPLES;
    struct summary_cell_row row =
        cell_of(variant, sample, 1 + (unsigned)(i / VARIANTS / SAMPLES),
                (i * 7919 + 31 * variant) % 10 < 6 + variant, (int64_t)(1000 + i * 37 % 500),
                (int64_t)(200 + i * 131 % 900));

    row.cluster = str_from(clusters[sample % 5]);
    row.scores = scores[i % 3];
    row.traffic = (struct summary_traffic){3, 2, 1, 0, 2 + i % 2, i % 2};
    if (i % 11 == 3) {
        row.status = SUMMARY_ERROR;
        row.reason = i % 2 ? STR("gate") : STR("schema");
    } else if (i % 17 == 5) {
        row.status = SUMMARY_TIMEOUT;
        row.reason = STR("timeout");
        row.cost.lost_attempts = 1;
        row.cost.upper_nanousd += 500;
    } else if (i % 23 == 7) {
        row.status = SUMMARY_UNSCORED;
        row.reason = i % 2 ? STR("grader") : STR("nothing-expected");
    } else if (i == 100) {
        row.status = SUMMARY_PENDING;
    }
    return row;
}

static struct summary_step_row mixed_step(size_t i)
{
    static const char *const paths[] = {"classify", "answers[*]", "answers[*].sources"};

    return (struct summary_step_row){.variant = i % VARIANTS,
                                     .sample = i / VARIANTS % SAMPLES,
                                     .trial = 1,
                                     .order = 2 - i % 3 / 2,
                                     .path = str_from(paths[i * 5 / 7 % 3]),
                                     .pattern = STR("call"),
                                     .failure = i % 9 == 4 ? STR("schema") : STR(""),
                                     .score =
                                         i % 4 ? maybe_of((double)(i % 5) / 4.0) : maybe_none(),
                                     .traffic = {1, 1, 0, 0, 1, 0},
                                     .latency_ns = (int64_t)(1000 + i * 37 % 800)};
}

static void dump_estimate(struct buf *out, const struct summary_estimate *e)
{
    buf_printf(out, "%d %a %a %a %a %a %s %d\n", e->value.known, e->value.value, e->low.value,
               e->high.value, e->se.value, e->n_eff.value, e->method, (int)e->n);
}

static void dump(struct buf *out, const struct summary *summary)
{
    for (size_t v = 0; v < summary->meta.variant_count; v++) {
        const struct summary_variant *variant = &summary->variants[v];
        const struct summary_estimate *estimates[] = {&variant->accuracy,
                                                      &variant->accuracy_without_errors,
                                                      &variant->score,
                                                      &variant->scores[0],
                                                      &variant->scores[1],
                                                      &variant->error_rate,
                                                      &variant->cost_per_cell_usd,
                                                      &variant->cost_per_correct_usd,
                                                      &variant->latency_mean_ns};

        for (size_t e = 0; e < sizeof estimates / sizeof estimates[0]; e++)
            dump_estimate(out, estimates[e]);
        for (size_t r = 0; r < variant->reason_count; r++)
            buf_printf(out, "%.*s %d\n", STR_ARG(variant->reasons[r].reason),
                       (int)variant->reasons[r].count);
        for (size_t s = 0; s < variant->step_count; s++) {
            buf_printf(out, "%.*s %d %a\n", STR_ARG(variant->steps[s].path),
                       (int)variant->steps[s].instances, variant->steps[s].p95_ns.low.value);
            dump_estimate(out, &variant->steps[s].accuracy);
            dump_estimate(out, &variant->steps[s].latency_ns);
        }
        for (size_t l = 0; l < SUMMARY_LEVELS; l++)
            buf_printf(out, "%a %a\n", variant->latency_ns[l].estimate.value,
                       variant->latency_ns[l].deff);
        buf_printf(out, "%.*s\n%.*s\n%.*s\n%.*s\n%d\n", STR_ARG(variant->accuracy_text),
                   STR_ARG(variant->rerun_text), STR_ARG(variant->cost_text),
                   STR_ARG(variant->latency_text), (int)variant->front);
    }
    for (size_t i = 0; i < summary->comparison_count; i++) {
        const struct summary_comparison *c = &summary->comparisons[i];

        dump_estimate(out, &c->accuracy);
        dump_estimate(out, &c->cost_ratio);
        dump_estimate(out, &c->latency_ratio);
        dump_estimate(out, &c->latency_shift_ns);
        buf_printf(out, "%a %a %s %a\n%.*s\n%.*s\n", c->p.value, c->p_adjusted.value, c->test,
                   c->low_simultaneous.value, STR_ARG(c->accuracy_text),
                   STR_ARG(c->latency_text));
    }
    for (size_t i = 0; i < summary->warning_count; i++)
        buf_printf(out, "%s: %.*s\n", summary->warnings[i].code,
                   STR_ARG(summary->warnings[i].text));
    buf_add_str(out, summary->winner_text);
}

/* Rows in the order i * step + offset modulo their number; step is coprime to it. */
static void dump_in_order(struct buf *out, size_t step, size_t offset)
{
    struct summary_meta meta = meta_of(VARIANTS);
    struct summary *summary = summary_begin(&meta);

    for (size_t i = 0; i < CELLS; i++) {
        struct summary_cell_row row = mixed_cell((i * step + offset) % CELLS);
        struct summary_step_row steps = mixed_step((i * step + offset) % CELLS);

        add(summary, &row);
        add_step(summary, &steps);
    }
    finish(summary);
    dump(out, summary);
    summary_free(summary);
}

/* Protects: the same rows give the same bytes, however threads and resumes mixed them. */
static void test_order_does_not_matter(void **state)
{
    static const size_t steps[] = {1, 7, 11, 359, 101};
    struct buf first = {0};

    (void)state;
    dump_in_order(&first, 1, 0);
    assert_true(first.n > 2000);
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct buf other = {0};

        dump_in_order(&other, steps[s], 17 * s);
        assert_string_equal(first.p, other.p);
        buf_release(&other);
    }
    buf_release(&first);
}

/* ---- what counts as what ---- */

/* Protects: errors and timeouts are wrong answers, unscored cells are none, skipped and pending
 * ones exist only as counts. */
static void test_statuses(void **state)
{
    static const enum summary_status others[] = {SUMMARY_ERROR,    SUMMARY_TIMEOUT,
                                                 SUMMARY_UNSCORED, SUMMARY_UNSCORED,
                                                 SUMMARY_SKIPPED,  SUMMARY_PENDING};
    static const char *const reasons[] = {"gate", "timeout", "grader", "nothing-expected",
                                          "",     ""};
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    const struct summary_variant *v;

    (void)state;
    for (size_t i = 0; i < 16; i++) {
        struct summary_cell_row row = cell_of(0, i, 1, i < 8, 1000, 100);

        if (i >= 10) {
            row.status = others[i - 10];
            row.reason = str_from(reasons[i - 10]);
        }
        add(summary, &row);
    }
    finish(summary);
    v = summary->variants;
    assert_int_equal(v->cells, 16);
    assert_int_equal(v->finished, 14);
    assert_int_equal(v->scored, 12);
    assert_int_equal(v->correct, 8);
    assert_int_equal(v->accuracy.n, 12);
    assert_near(v->accuracy.value.value, 8.0 / 12.0);
    assert_near(v->accuracy_without_errors.value.value, 0.8);
    assert_near(v->error_rate.value.value, 2.0 / 14.0);
    assert_near(v->accuracy_worst.value, 8.0 / 13.0); /* the grader's failure, not the other */
    assert_near(v->accuracy_best.value, 9.0 / 13.0);
    assert_near(v->score.value.value, (8.0 + 2 * 0.25) / 12.0);
    for (size_t s = SUMMARY_OK; s < SUMMARY_STATUSES; s++)
        assert_true(v->statuses[s] >= 1);
    assert_int_equal(v->reason_count, 4);
    assert_true(str_equal(v->reasons[0].reason, STR("gate")));
    assert_int_equal(v->latency_ns[SUMMARY_P50].n, 13);      /* all finished but the error */
    assert_false(v->latency_ns[SUMMARY_P99].estimate.known); /* that rank is the timeout */
    assert_near(v->cost_usd.value, 16 * 1e-6);
    assert_near(v->cost_per_correct_usd.value.value, 14e-6 / 8);
    assert_string_equal(v->accuracy.method, "wilson");
    assert_true(has_warning(summary, "errors", 0));
    assert_true(has_warning(summary, "unscored", 0));
    assert_true(has_warning(summary, "incomplete", 0));
    assert_true(has_warning(summary, "skipped", 0));
    summary_free(summary);
}

/* Protects: a failed cell scores 0 by name, but not where the score was never meant. */
static void test_named_scores(void **state)
{
    const maybe both[] = {{true, 1.0}, {true, 0.5}}, exact_only[] = {{true, 0.0}, {false, 0.0}};
    struct summary_meta meta = meta_of(2);
    struct summary *summary = summary_begin(&meta);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct summary_cell_row first = cell_of(0, i, 1, true, 10, 10);
        struct summary_cell_row second = cell_of(1, i, 1, true, 10, 10);

        first.scores = i < 2 ? both : exact_only;
        second.scores = first.scores;
        if (i % 2)
            second.status = SUMMARY_ERROR;
        add(summary, &first);
        add(summary, &second);
    }
    finish(summary);
    assert_int_equal(summary->variants[0].scores[0].n, 4);
    assert_near(summary->variants[0].scores[0].value.value, 0.5);
    assert_int_equal(summary->variants[0].scores[1].n, 2);
    assert_near(summary->variants[0].scores[1].value.value, 0.5);
    assert_near(summary->variants[1].scores[0].value.value, 0.25); /* 1, failed, 0, failed */
    assert_int_equal(summary->variants[1].scores[1].n, 2); /* 0.5, failed; not the others */
    assert_near(summary->variants[1].scores[1].value.value, 0.25);
    summary_free(summary);
}

/* Protects: a total with an unknown part is unknown, never too low; lost attempts are a bound. */
static void test_unknown_cost(void **state)
{
    struct summary_meta meta = meta_of(2);
    struct summary *summary = summary_begin(&meta);
    const struct summary_variant *v;

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        struct summary_cell_row known = cell_of(0, i, 1, true, 1000, 10);
        struct summary_cell_row unknown = cell_of(1, i, 1, true, 2000, 10);

        known.cost.lost_attempts = i == 3;
        known.cost.upper_nanousd += i == 3 ? 700 : 0;
        unknown.cost.unknown_calls = i == 5 ? 2 : 0;
        add(summary, &known);
        add(summary, &unknown);
    }
    finish(summary);
    v = &summary->variants[1];
    assert_false(v->cost_usd.known);
    assert_near(v->known_usd, 24e-6);
    assert_false(v->cost_per_cell_usd.value.known);
    assert_non_null(v->cost_per_cell_usd.reason);
    assert_false(v->cost_per_correct_usd.value.known);
    assert_false(summary->comparisons[0].cost_ratio.value.known);
    assert_int_equal(v->front, SUMMARY_FRONT_UNKNOWN);
    assert_true(has_warning(summary, "unknown-cost", 1));
    v = &summary->variants[0];
    assert_near(v->cost_usd.value, 12e-6);
    assert_near(v->upper_usd, 12.7e-6);
    assert_true(has_warning(summary, "lost-attempts", 0));
    assert_contains(v->cost_text, "at least $0.00000100");
    summary_free(summary);
}

/* Protects: times of cells that a cache answered stand apart from measured ones, and so does what
 * was paid. */
static void test_cached(void **state)
{
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    const struct summary_variant *v;

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        struct summary_cell_row row = cell_of(0, i, 1, true, 1000, i < 12 ? 100 : 9000);

        row.paid_nanousd = i < 12 ? 1000 : 0;
        if (i >= 12) /* one call of two */
            row.traffic = (struct summary_traffic){2, 1, 1, 0, 1, 0};
        row.provider_ns = row.latency_ns;
        add(summary, &row);
    }
    finish(summary);
    v = summary->variants;
    assert_int_equal(v->latency_ns[SUMMARY_P99].n, 12);
    assert_near(v->latency_ns[SUMMARY_P99].estimate.value, 100e6);
    assert_near(v->latency_mean_ns.value.value, 100e6);
    assert_near(v->provider_ns.value, 100e6);
    assert_int_equal(v->cached_cells, 8);
    assert_near(v->cached_latency_ns.value, 9000e6);
    assert_near(v->cost_usd.value, 20e-6);
    assert_near(v->paid_usd.value, 12e-6);
    assert_true(has_warning(summary, "cached", 0));
    summary_free(summary);
}

/* Protects: counts, tokens and time columns are sums and means of finished cells. */
static void test_totals(void **state)
{
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    const struct summary_variant *v;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        struct summary_cell_row row = cell_of(0, i, 1, true, 10, (int64_t)(100 + i));

        row.traffic = (struct summary_traffic){4, 3, 0, 1, 6, 3};
        row.permit_wait_ns = 30;
        row.backoff_ns = 20;
        row.ttft_ns = i < 5 ? 1000 : 0;
        row.ttft_calls = i < 5 ? 2 : 0;
        add(summary, &row);
    }
    finish(summary);
    v = summary->variants;
    assert_int_equal(v->traffic.calls, v->traffic.sent + v->traffic.cached + v->traffic.unsent);
    assert_int_equal(v->traffic.retries, v->traffic.attempts - v->traffic.sent);
    assert_int_equal(v->traffic.retries, 30);
    assert_int_equal(v->tokens.input, 1000);
    assert_int_equal(v->tokens.output, 200);
    assert_near(v->calls_per_cell.value, 4.0);
    assert_near(v->permit_wait_ns.value, 30.0);
    assert_near(v->backoff_ns.value, 20.0);
    assert_near(v->ttft_ns.value, 500.0);
    assert_near(v->latency_mean_ns.value.value, 104.5e6);
    assert_near(v->total_work_ns.value, 209e6);
    assert_near(v->latency_ns[SUMMARY_P50].estimate.value, 104e6);
    summary_free(summary);
}

/* Protects: steps are pooled by path, in the order of the tree, with samples as the unit. */
static void test_steps(void **state)
{
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    const struct summary_step *steps;
    double means[10];

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        struct summary_cell_row cell = cell_of(0, i, 1, true, 10, 10);
        struct summary_step_row ask = {.sample = i,
                                       .trial = 1,
                                       .order = 1,
                                       .path = STR("zz.questions"),
                                       .pattern = STR("call"),
                                       .failure = i == 9 ? STR("timeout") : STR(""),
                                       .traffic = {1, 1, 0, 0, 2, 1},
                                       .cost = {.known_nanousd = 7, .upper_nanousd = 7},
                                       .latency_ns = 1000};

        add(summary, &cell);
        add_step(summary, &ask);
        means[i] = 0.0;
        for (size_t item = 0; item < 4; item++) {
            struct summary_step_row answer = {.sample = i,
                                              .trial = 1,
                                              .order = 2,
                                              .path = STR("faqs[*].answer"),
                                              .pattern = STR("call"),
                                              .score = maybe_of(item <= i % 4),
                                              .traffic = {1, 0, 1, 0, 0, 0},
                                              .latency_ns = (int64_t)(100 * item)};

            add_step(summary, &answer);
            means[i] += answer.score.value / 4.0;
        }
    }
    finish(summary);
    assert_int_equal(summary->variants[0].step_count, 2);
    steps = summary->variants[0].steps;
    assert_true(str_equal(steps[0].path, STR("zz.questions")));
    assert_int_equal(steps[0].instances, 10);
    assert_int_equal(steps[0].failed, 1);
    assert_int_equal(steps[0].failures[0].status, SUMMARY_TIMEOUT);
    assert_int_equal(steps[0].traffic.retries, 10);
    assert_near(steps[0].cost_usd.value, 70e-9);
    assert_false(steps[0].accuracy.value.known);
    assert_int_equal(steps[1].instances, 40);
    assert_int_equal(steps[1].accuracy.n, 40);
    assert_near(steps[1].accuracy.se.value,
                stats_accuracy_of_values(means, 10, NULL, 0.95).se.value);
    assert_near(steps[1].latency_ns.value.value, 150.0);
    assert_near(steps[1].p95_ns.estimate.value, 300.0);
    summary_free(summary);
}

static struct summary_judge_row judge_of_cell(size_t sample, bool answered)
{
    return (struct summary_judge_row){.sample = sample,
                                      .score = 1,
                                      .trial = 1,
                                      .ungraded = !answered,
                                      .agreement = answered ? maybe_of(sample % 2 ? 1.0 / 3 : 1)
                                                            : maybe_none(),
                                      .traffic = {3, 3, 0, 0, 4, 1},
                                      .tokens = {.input = 50, .output = 5},
                                      .cost = {.known_nanousd = 1000,
                                               .unknown_calls = answered ? 0 : 1,
                                               .upper_nanousd = 1000},
                                      .work_ns = 3000000};
}

/* Protects: routers and judges are told from steps; steps and routers are what the workflow used,
 * judges are in no figure of it. In any order of the rows. */
static void test_roles(void **state)
{
    struct summary_meta meta = meta_of(1);
    struct err err = {0};

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct summary *summary = summary_begin(&meta);
        const struct summary_account *role;

        for (size_t n = 0; n < 10; n++) {
            size_t i = turn ? 9 - n : n;
            struct summary_cell_row cell = cell_of(0, i, 1, true, 100, 10);
            struct summary_step_row by = {.sample = i,
                                          .trial = 1,
                                          .path = STR("by"),
                                          .pattern = STR("call"),
                                          .role = SUMMARY_ROUTER,
                                          .failure = STR(""),
                                          .traffic = {1, 1, 0, 0, 1, 0},
                                          .tokens = {.input = 30, .output = 2},
                                          .cost = {.known_nanousd = 40, .upper_nanousd = 40}};
            struct summary_judge_row judge = judge_of_cell(i, i != 3);

            cell.traffic = (struct summary_traffic){2, 2, 0, 0, 3, 1};
            add(summary, &cell);
            add_step(summary, &by);
            assert_int_equal(summary_add_judge(summary, &judge, &err), 0);
        }
        finish(summary);
        role = summary->variants[0].roles;
        assert_int_equal(role[SUMMARY_STEP].traffic.calls, 10);
        assert_int_equal(role[SUMMARY_STEP].traffic.retries, 10);
        assert_int_equal(role[SUMMARY_STEP].tokens.input, 700);
        assert_near(role[SUMMARY_STEP].cost_usd.value, 600e-9);
        assert_int_equal(role[SUMMARY_ROUTER].traffic.calls, 10);
        assert_near(role[SUMMARY_ROUTER].cost_usd.value, 400e-9);
        assert_int_equal(role[SUMMARY_JUDGE].traffic.calls, 30);
        assert_int_equal(role[SUMMARY_JUDGE].traffic.retries, 10);
        assert_false(role[SUMMARY_JUDGE].cost_usd.known);
        assert_int_equal(summary->variants[0].traffic.calls, 20);
        assert_near(summary->variants[0].cost_usd.value, 1000e-9);
        assert_true(summary->variants[0].has_roles);
        assert_int_equal(summary->variants[0].judges[0].account.traffic.calls, 0);
        assert_int_equal(summary->variants[0].judges[1].ungraded, 1);
        assert_int_equal(summary->variants[0].judges[1].agreement.n, 9);
        assert_near(summary->variants[0].judges[1].agreement.value.value, (5 + 4 / 3.0) / 9);
        assert_true(summary->variants[0].judges[1].agreement.low.value < 0.7);
        assert_contains(summary->variants[0].judge_text, "30 calls and cost an unknown sum");
        assert_contains(summary->variants[0].judge_text, "1 time no answer came");
        summary_free(summary);
    }
}

/* Protects: a judge's row that cannot be is refused, and a judge warns that nobody checked it. */
static void test_judges(void **state)
{
    static const struct summary_score_meta judged[] = {
        {STR_INIT("exact"), 1.0, false, false, false},
        {STR_INIT("clear"), 0.0, false, true, false}};
    struct summary_meta meta = meta_of(1);
    struct summary *summary;
    struct summary_judge_row row;
    struct summary_cell_row cell = cell_of(0, 0, 1, true, 10, 10);
    struct err err = {0};

    (void)state;
    meta.scores = judged;
    summary = summary_begin(&meta);
    add(summary, &cell);
    row = judge_of_cell(0, true);
    row.score = 2;
    assert_int_equal(summary_add_judge(summary, &row, &err), -1);
    row = judge_of_cell(0, true);
    row.traffic.unsent = 1;
    assert_int_equal(summary_add_judge(summary, &row, &err), -1);
    assert_contains(str_from(err.message), "calls are not sent + cached + unsent");
    row = judge_of_cell(0, true);
    row.agreement = maybe_of(1.5);
    assert_int_equal(summary_add_judge(summary, &row, &err), -1);
    finish(summary);
    assert_true(has_warning(summary, "judge-not-validated", SUMMARY_NO_BASELINE));
    assert_true(summary->variants[0].judge_text.n == 0);
    assert_false(summary->variants[0].has_roles); /* calls, and no step that made them */
    summary_free(summary);
}

/* ---- edges ---- */

/* Protects: nothing to report is reported as such: no crash, no zero, no NaN. */
static void test_no_data(void **state)
{
    struct summary_meta meta = meta_of(3);
    struct summary *summary = summary_begin(&meta);
    struct summary_cell_row row = cell_of(0, 0, 1, true, 10, 10);

    (void)state;
    add(summary, &row);
    row = cell_of(2, 0, 1, true, 10, 10);
    row.status = SUMMARY_PENDING;
    add(summary, &row);
    finish(summary);
    for (size_t v = 1; v < 3; v++) {
        const struct summary_variant *variant = &summary->variants[v];

        assert_false(variant->accuracy.value.known);
        assert_non_null(variant->accuracy.reason);
        assert_false(variant->cost_usd.known);
        assert_false(variant->wall_ns.known);
        assert_false(variant->latency_ns[SUMMARY_P50].estimate.known);
        assert_contains(variant->accuracy_text, "No data");
        assert_int_equal(summary->comparisons[v - 1].verdict, SUMMARY_NOT_COMPARABLE);
        assert_int_equal(variant->front, SUMMARY_FRONT_UNKNOWN);
    }
    assert_true(has_warning(summary, "no-data", 1));
    assert_true(has_warning(summary, "incomplete", 2));
    assert_true(has_warning(summary, "few-samples", 0));
    assert_contains(summary->variants[0].accuracy_text, "Very few samples");
    summary_free(summary);

    meta.variant_count = 0;
    summary = summary_begin(&meta);
    finish(summary);
    assert_int_equal(summary->comparison_count, 0);
    summary_free(summary);
}

static void refused(const struct summary_cell_row *row, const char *because)
{
    struct summary_meta meta = meta_of(1);
    struct summary *summary = summary_begin(&meta);
    struct err err = {0};

    assert_int_equal(summary_add_cell(summary, row, &err), -1);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_contains(str_from(err.message), because);
    summary_free(summary);
}

/* Protects: the identities and ranges of what is fed; nothing is clipped or mended silently. */
static void test_bad_rows(void **state)
{
    const maybe out_of_range[] = {{true, 0.5}, {true, 1.5}};
    struct summary_cell_row good = cell_of(0, 4, 2, true, 10, 10), bad;

    (void)state;
    bad = good, bad.variant = 1;
    refused(&bad, "no such variant");
    bad = good, bad.trial = 0;
    refused(&bad, "trials count from 1");
    bad = good, bad.correct = maybe_none();
    refused(&bad, "cell single/s4/2: ok, but correct");
    bad = good, bad.correct = maybe_of(0.5);
    refused(&bad, "correct is not 0 or 1");
    bad = good, bad.score = (maybe){true, -0.1};
    refused(&bad, "score is not in [0,1]");
    bad = good, bad.scores = out_of_range;
    refused(&bad, "a score is not in [0,1]");
    bad = good, bad.traffic.cached = 1;
    refused(&bad, "calls are not sent + cached + unsent");
    bad = good, bad.traffic.attempts = 3;
    refused(&bad, "retries are not attempts - sent");
    bad = good, bad.cost.known_nanousd = -1;
    refused(&bad, "negative cost");
    bad = good, bad.backoff_ns = -1;
    refused(&bad, "negative time");
    bad = good, bad.tokens.output = -1;
    refused(&bad, "negative tokens");
}

/* Protects: a cell counts once, and a sample is one sample. */
static void test_contradictions(void **state)
{
    struct summary_meta meta = meta_of(2);
    struct summary_cell_row row = cell_of(0, 4, 1, true, 10, 10), other = row;
    struct summary *summary = summary_begin(&meta);
    struct err err = {0};

    (void)state;
    add(summary, &row);
    add(summary, &row);
    assert_int_equal(summary_finish(summary, &err), -1);
    assert_contains(str_from(err.message), "cell single/s4/1: added twice");
    summary_free(summary);

    summary = summary_begin(&meta);
    other.variant = 1;
    other.sample_id = STR("s5");
    add(summary, &row);
    add(summary, &other);
    assert_int_equal(summary_finish(summary, &err), -1);
    assert_contains(str_from(err.message), "another id");
    summary_free(summary);

    summary = summary_begin(&meta);
    other = row;
    other.variant = 1;
    other.cluster = STR("north");
    add(summary, &row);
    add(summary, &other);
    assert_int_equal(summary_finish(summary, &err), -1);
    assert_contains(str_from(err.message), "another cluster");
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_named_scores),
        cmocka_unit_test(test_unknown_cost),
        cmocka_unit_test(test_cached),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_judges),
        cmocka_unit_test(test_no_data),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_contradictions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
