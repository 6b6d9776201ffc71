/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole small data set (40 samples, 2 variants, 3 trials, errors, timeouts, unscored trials)
 * from CSV to every number of its report, against figures computed independently. Most numbers
 * are read from the summary, so that its policies (what counts as what) are tested with the
 * formulas; options that no report shows by default are called directly. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "stats/gate.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/passk.h"
#include "stats/random.h"
#include "stats/ratio.h"
#include "stats/sequential.h"
#include "stats/shift.h"
#include "stats/summary.h"
#include "stats/variance.h"
#include "stats/voting.h"

#define MARGIN 0.05
enum { SAMPLES = 40, TRIALS = 3, ROWS = SAMPLES * 2 * TRIALS };
static const char *const variant_names[] = {"single", "vote"};

struct golden_row {
    size_t sample, variant;
    str id, cluster;
    unsigned trial;
    enum summary_status status;
    double score;
    int64_t latency_us, cost_microusd, calls, retries;
};

struct golden {
    struct arena arena;
    const json *expected;
    struct golden_row rows[ROWS];
};

/* ---- loading ---- */

static str read_data(struct arena *arena, const char *name)
{
    str path = arena_printf(arena, TEST_SOURCE_DIR "/tests/data/%s", name), text;
    struct err err = {0};

    if (file_read(arena, path.p, 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.message);
    return text;
}

static enum summary_status status_of(str name)
{
    for (int s = 0; s < SUMMARY_STATUSES; s++)
        if (str_equal(name, str_from(summary_status_name((enum summary_status)s))))
            return (enum summary_status)s;
    fail_msg("no such status");
    return SUMMARY_PENDING;
}

static int64_t integer_of(str text)
{
    int64_t value = 0;

    assert_true(str_to_int(text, &value));
    return value;
}

static void read_row(struct golden_row *row, str line)
{
    enum { COLUMNS = 10 };
    str cell[COLUMNS];

    for (size_t c = 0; c < COLUMNS; c++)
        str_cut(line, ',', &cell[c], &line);
    row->id = cell[0];
    row->sample = (size_t)integer_of(str_sub(cell[0], 1, cell[0].n)) - 1;
    row->cluster = cell[1];
    row->variant = str_equal(cell[2], STR("vote"));
    row->trial = (unsigned)integer_of(cell[3]);
    row->status = status_of(cell[4]);
    row->score = cell[5].n ? (double)integer_of(cell[5]) : 0.0;
    row->latency_us = integer_of(cell[6]);
    row->cost_microusd = integer_of(cell[7]);
    row->calls = integer_of(cell[8]);
    row->retries = integer_of(str_trim(cell[9]));
}

static int load(void **state)
{
    static struct golden golden;
    str text, line;
    size_t count = 0;

    golden.expected =
        json_parse(&golden.arena, read_data(&golden.arena, "statistics-golden.json"), NULL);
    assert_non_null(golden.expected);
    text = read_data(&golden.arena, "statistics-golden.csv");
    str_cut(text, '\n', &line, &text);
    while (text.n > 0) {
        str_cut(text, '\n', &line, &text);
        assert_true(count < ROWS);
        read_row(&golden.rows[count++], line);
    }
    assert_int_equal(count, ROWS);
    *state = &golden;
    return 0;
}

static int unload(void **state)
{
    struct golden *golden = *state;

    arena_release(&golden->arena);
    return 0;
}

static struct summary *summarize(const struct golden *golden, bool clustered, unsigned trials)
{
    static const struct summary_variant_meta variants[] = {
        {STR_INIT("single"), STR_INIT("call")}, {STR_INIT("vote"), STR_INIT("vote")}};
    struct summary_meta meta = {
        .variants = variants, .variant_count = 2, .samples = SAMPLES, .trials = trials};
    struct summary *summary = summary_begin(&meta);
    struct err err = {0};

    for (size_t i = 0; i < ROWS; i++) {
        const struct golden_row *g = &golden->rows[i];
        uint64_t calls = (uint64_t)g->calls, retries = (uint64_t)g->retries;
        struct summary_cell_row row = {
            .variant = g->variant,
            .sample = g->sample,
            .sample_id = g->id,
            .cluster = clustered ? g->cluster : STR(""),
            .trial = g->trial,
            .status = g->status,
            .correct = maybe_of(g->score),
            .score = maybe_of(g->score),
            .cost = {.known_nanousd = g->cost_microusd * 1000,
                     .upper_nanousd = g->cost_microusd * 1000},
            .traffic = {calls, calls, 0, 0, calls + retries, retries},
            .latency_ns = g->latency_us * 1000,
        };

        if (g->trial <= trials && summary_add_cell(summary, &row, &err) != 0)
            fail_msg("%s", err.message);
    }
    if (summary_finish(summary, &err) != 0)
        fail_msg("%s", err.message);
    return summary;
}

/* ---- comparing ---- */

/* Values of the golden file that were compared: at the end there may be no other. */
static const json *compared[2000];
static size_t compared_count;

static const json *at(const json *object, const char *path)
{
    const json *value = json_path(object, path);

    if (!value)
        fail_msg("the golden file has no %s", path);
    if (json_kind(value) != JSON_OBJECT && json_kind(value) != JSON_LIST) {
        assert_true(compared_count < sizeof compared / sizeof compared[0]);
        compared[compared_count++] = value;
    }
    return value;
}

static bool was_compared(const json *value)
{
    for (size_t i = 0; i < compared_count; i++)
        if (compared[i] == value)
            return true;
    return false;
}

/* How many values below it were not, each named. */
static size_t count_left(struct arena *arena, const json *value, str path)
{
    bool leaf = json_kind(value) != JSON_OBJECT && json_kind(value) != JSON_LIST;
    size_t left = leaf && !was_compared(value);

    if (left)
        print_message("    not compared: %.*s\n", STR_ARG(path));
    for (const json *item = leaf ? NULL : json_first(value); item; item = json_next(item)) {
        str key = json_key(item);
        str inner = key.n ? arena_printf(arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(key))
                          : arena_printf(arena, "%.*s[]", STR_ARG(path));

        left += count_left(arena, item, inner);
    }
    return left;
}

/* `scale` brings our unit to the file's. */
static void same(const json *object, const char *path, maybe got, double scale)
{
    const json *expected = at(object, path);
    double wanted = json_number(expected), value = got.value * scale;

    if (json_kind(expected) == JSON_NULL) {
        if (got.known)
            fail_msg("%s: expected null, got %.17g", path, value);
        return;
    }
    if (!got.known)
        fail_msg("%s: expected %.17g, got null", path, wanted);
    if (fabs(value - wanted) > 1e-9 * fmax(1.0, fabs(wanted)))
        fail_msg("%s: expected %.17g, got %.17g", path, wanted, value);
}

static void same_count(const json *object, const char *path, uint64_t got)
{
    int64_t expected = -1;

    assert_true(json_int(at(object, path), &expected));
    if ((uint64_t)expected != got)
        fail_msg("%s: expected %" PRId64 ", got %" PRIu64, path, expected, got);
}

static void same_text(const json *object, const char *path, const char *got)
{
    if (!str_equal(json_text(at(object, path)), str_from(got)))
        fail_msg("%s: got %s", path, got);
}

static void same_share(const json *expected, const struct summary_estimate *got)
{
    same(expected, "estimate", got->value, 1.0);
    same(expected, "se", got->se, 1.0);
    same(expected, "n_eff", got->n_eff, 1.0);
    same(expected, "lo", got->low, 1.0);
    same(expected, "hi", got->high, 1.0);
}

static void same_quantile(const json *expected, const struct stats_quantile *got)
{
    same(expected, "estimate", got->estimate, 1e-3);
    same_count(expected, "rank", got->rank);
    same_count(expected, "n", got->n);
    same(expected, "deff", maybe_of(got->deff), 1.0);
    same_count(expected, "n_eff", got->n_eff);
    same_count(expected, "lower_rank", got->lower_rank);
    same(expected, "upper_rank",
         got->upper_rank ? maybe_of((double)got->upper_rank) : maybe_none(), 1.0);
    same(expected, "lo", got->low, 1e-3);
    same(expected, "hi", got->high, 1e-3);
}

static const json *variant_of(const struct golden *golden, size_t variant)
{
    return json_get(at(golden->expected, "variants"), str_from(variant_names[variant]));
}

/* ---- tests ---- */

/* Protects: every number of one variant that a report shows, from counts to cost. */
static void test_variants(void **state)
{
    struct golden *golden = *state;
    struct summary *summary = summarize(golden, false, TRIALS);

    for (size_t i = 0; i < 2; i++) {
        const json *expected = variant_of(golden, i);
        const struct summary_variant *v = &summary->variants[i];

        same_count(expected, "samples", v->samples);
        same_count(expected, "trials", v->cells);
        for (int s = 0; s <= SUMMARY_UNSCORED; s++)
            same_count(at(expected, "status"), summary_status_name((enum summary_status)s),
                       v->statuses[s]);
        same_share(at(expected, "accuracy"), &v->accuracy);
        same_share(at(expected, "accuracy_excluding_errors"), &v->accuracy_without_errors);
        same_share(at(expected, "error_rate"), &v->error_rate);
        same(expected, "accuracy_bounds_unscored.worst", v->accuracy_worst, 1.0);
        same(expected, "accuracy_bounds_unscored.best", v->accuracy_best, 1.0);
        same(expected, "variance_components.icc", v->icc, 1.0);
        same(expected, "variance_components.se_rerun", v->se_rerun, 1.0);
        same_quantile(at(expected, "latency_us.p50"), &v->latency_ns[SUMMARY_P50]);
        same_quantile(at(expected, "latency_us.p90"), &v->latency_ns[SUMMARY_P90]);
        same_quantile(at(expected, "latency_us.p99"), &v->latency_ns[SUMMARY_P99]);
        same(expected, "mean_cost_microusd.mean", v->cost_per_cell_usd.value, 1e6);
        same(expected, "mean_cost_microusd.se", v->cost_per_cell_usd.se, 1e6);
        same(expected, "mean_cost_microusd.lo", v->cost_per_cell_usd.low, 1e6);
        same(expected, "mean_cost_microusd.hi", v->cost_per_cell_usd.high, 1e6);
        same(expected, "cost_per_correct_microusd", v->cost_per_correct_usd.value, 1e6);
        same(expected, "mean_calls", v->calls_per_cell, 1.0);
        same_count(expected, "retries_total", v->traffic.retries);
        assert_string_equal(v->accuracy.method, "wilson_neff");
    }
    summary_free(summary);
}

/* Protects: pass@k and pass^k with samples of unequal numbers of scored trials. */
static void test_reliability(void **state)
{
    struct golden *golden = *state;
    struct summary *summary = summarize(golden, false, TRIALS);

    for (size_t i = 0; i < 2; i++) {
        const json *pass_at = at(variant_of(golden, i), "pass_at");
        const json *pass_hat = at(variant_of(golden, i), "pass_hat");

        assert_int_equal(summary->variants[i].reliability_count, TRIALS);
        for (size_t k = 1; k <= TRIALS; k++) {
            const struct summary_reliability *r = &summary->variants[i].reliability[k - 1];
            char key[8];

            snprintf(key, sizeof key, "%zu", k);
            same_share(json_get(pass_at, str_from(key)), &r->pass_at);
            same_share(json_get(pass_hat, str_from(key)), &r->pass_hat);
            same_count(json_get(pass_at, str_from(key)), "samples", r->pass_at.n);
            assert_int_equal(r->pass_at.n + r->left_out, SAMPLES);
        }
    }
    summary_free(summary);
}

static void same_difference(const json *expected, const struct summary_estimate *got)
{
    same(expected, "diff", got->value, 1.0);
    same_text(expected, "method", got->method);
    same(expected, "se", got->se, 1.0);
    same(expected, "lo", got->low, 1.0);
    same(expected, "hi", got->high, 1.0);
}

static void same_ratio(const json *expected, const struct summary_estimate *got)
{
    same(expected, "ratio", got->value, 1.0);
    same(expected, "se_log", got->se, 1.0);
    same(expected, "lo", got->low, 1.0);
    same(expected, "hi", got->high, 1.0);
}

/* Protects: the paired comparison of accuracy, cost and latency over trials. */
static void test_comparison(void **state)
{
    struct golden *golden = *state;
    struct summary *summary = summarize(golden, false, TRIALS);
    const json *expected = at(golden->expected, "comparison");
    const struct summary_comparison *c = &summary->comparisons[0];

    assert_int_equal(summary->comparison_count, 1);
    same_count(expected, "paired_samples", c->pairs);
    same_difference(at(expected, "diff"), &c->accuracy);
    same(expected, "sign_flip_p", c->p, 1.0);
    assert_string_equal(c->test, "signflip_exact");
    assert_int_equal(c->verdict, SUMMARY_NO_CLEAR_DIFFERENCE);
    same(expected, "minimum_detectable_difference_80", c->detectable, 1.0);
    same_ratio(at(expected, "cost_ratio.logdelta"), &c->cost_ratio);
    same_ratio(at(expected, "cost_ratio.typical"), &c->cost_ratio_typical);
    same_ratio(at(expected, "latency_ratio.logdelta"), &c->latency_ratio);
    same_ratio(at(expected, "latency_ratio.typical"), &c->latency_ratio_typical);
    same(expected, "latency_shift_us.estimate", c->latency_shift_ns.value, 1e-3);
    same(expected, "latency_shift_us.lo", c->latency_shift_ns.low, 1e-3);
    same(expected, "latency_shift_us.hi", c->latency_shift_ns.high, 1e-3);
    same(expected, "latency_shift_us.coverage", c->shift_coverage, 1.0);
    assert_int_equal(json_count(at(golden->expected, "pareto_front")), 2);
    assert_int_equal(summary->variants[0].front, SUMMARY_FRONT_ON);
    assert_int_equal(summary->variants[1].front, SUMMARY_FRONT_ON);
    summary_free(summary);
}

/* Protects: the same data with its cluster column, where samples of one document are alike. */
static void test_clustered(void **state)
{
    struct golden *golden = *state;
    struct summary *summary = summarize(golden, true, TRIALS);
    const json *expected = at(golden->expected, "comparison");

    assert_true(summary->clustered);
    for (size_t i = 0; i < 2; i++)
        same_share(at(variant_of(golden, i), "accuracy_clustered"),
                   &summary->variants[i].accuracy);
    same_difference(at(expected, "diff_clustered"), &summary->comparisons[0].accuracy);
    same(expected, "sign_flip_p_clustered", summary->comparisons[0].p, 1.0);
    summary_free(summary);
}

/* Protects: with one trial and no clusters the methods change to Wilson, Newcombe and McNemar. */
static void test_first_trials(void **state)
{
    struct golden *golden = *state;
    struct summary *summary = summarize(golden, false, 1);
    const json *expected = at(golden->expected, "comparison.trial1_only");
    const struct summary_comparison *c = &summary->comparisons[0];
    const char *const sections[] = {"accuracy_baseline", "accuracy_candidate"};

    for (size_t i = 0; i < 2; i++) {
        const json *latency = at(variant_of(golden, i), "latency_us_trial1");
        const struct summary_variant *v = &summary->variants[i];

        same(at(expected, sections[i]), "estimate", v->accuracy.value, 1.0);
        same(at(expected, sections[i]), "lo", v->accuracy.low, 1.0);
        same(at(expected, sections[i]), "hi", v->accuracy.high, 1.0);
        assert_string_equal(v->accuracy.method, "wilson");
        same_quantile(at(latency, "p50"), &v->latency_ns[SUMMARY_P50]);
        same_quantile(at(latency, "p90"), &v->latency_ns[SUMMARY_P90]);
    }
    assert_string_equal(c->accuracy.method, "newcombe_paired");
    assert_string_equal(c->test, "mcnemar_exact");
    same(expected, "newcombe.diff", c->accuracy.value, 1.0);
    same(expected, "newcombe.lo", c->accuracy.low, 1.0);
    same(expected, "newcombe.hi", c->accuracy.high, 1.0);
    same(expected, "mcnemar.p_exact", c->p, 1.0);
    summary_free(summary);
}

/* Scores of a variant, sample by sample, as the library wants them: errors 0, unscored out. */
static struct stats_trials trials_of(struct golden *golden, size_t variant)
{
    double *scores = arena_array(&golden->arena, double, SAMPLES *TRIALS);
    size_t *start = arena_array(&golden->arena, size_t, SAMPLES + 1), total = 0;

    for (size_t s = 0; s < SAMPLES; s++) {
        for (size_t i = 0; i < ROWS; i++) {
            const struct golden_row *row = &golden->rows[i];

            if (row->sample == s && row->variant == variant && row->status != SUMMARY_UNSCORED)
                scores[total++] = row->score;
        }
        start[s + 1] = total;
    }
    return (struct stats_trials){scores, start, SAMPLES};
}

/* Protects: variance components and the estimate of what voting would bring. */
static void test_diagnostics(void **state)
{
    struct golden *golden = *state;

    for (size_t i = 0; i < 2; i++) {
        const json *expected = at(variant_of(golden, i), "variance_components");
        struct stats_trials trials = trials_of(golden, i);
        struct stats_variance variance = stats_variance_components(&trials);
        struct stats_voting voting = stats_voting_report(&trials);

        same(expected, "msb", variance.msb, 1.0);
        same(expected, "msw", variance.msw, 1.0);
        same(expected, "t0", variance.t0, 1.0);
        same(expected, "var_between", variance.between, 1.0);
        same(expected, "var_within", variance.within, 1.0);
        expected = at(variant_of(golden, i), "voting");
        same(expected, "p", voting.p, 1.0);
        same(expected, "rho", voting.rho, 1.0);
        same_count(expected, "always_right", voting.always_right);
        same_count(expected, "always_wrong", voting.always_wrong);
        same_count(expected, "mixed", voting.mixed);
        same(expected, "plug_in_limit", voting.plug_in_limit, 1.0);
        same(expected, "alpha", voting.alpha, 1.0);
        same(expected, "beta", voting.beta, 1.0);
        for (unsigned votes = 1; votes <= 7; votes += 2) {
            struct stats_majority majority = stats_voting_majority(&trials, &voting, votes);
            char key[8];
            const json *one;

            snprintf(key, sizeof key, "%u", votes);
            one = json_get(at(expected, "maj"), str_from(key));
            same(one, "estimate", majority.estimate, 1.0);
            same_text(one, "method", stats_majority_method_name(majority.method));
            same(one, "independent", maybe_of(majority.independent), 1.0);
        }
    }
}

static double sample_mean(const struct golden *golden, size_t sample, size_t variant,
                          double (*value)(const struct golden_row *row, bool *counts))
{
    double sum = 0.0, count = 0.0;

    for (size_t i = 0; i < ROWS; i++) {
        bool counts = true;
        double one = value(&golden->rows[i], &counts);

        if (golden->rows[i].sample != sample || golden->rows[i].variant != variant || !counts)
            continue;
        sum += one;
        count += 1.0;
    }
    return sum / count;
}

static double score_value(const struct golden_row *row, bool *counts)
{
    *counts = row->status != SUMMARY_UNSCORED;
    return row->score;
}

static double first_score_value(const struct golden_row *row, bool *counts)
{
    *counts = row->status != SUMMARY_UNSCORED && row->trial == 1;
    return row->score;
}

static double latency_value(const struct golden_row *row, bool *counts)
{
    *counts = row->status != SUMMARY_ERROR;
    return (double)row->latency_us;
}

static double cost_value(const struct golden_row *row, bool *counts)
{
    *counts = true;
    return (double)row->cost_microusd;
}

static void same_bootstrap(struct golden *golden, const char *section, const char *metric,
                           double (*value)(const struct golden_row *row, bool *counts))
{
    const json *expected = at(at(golden->expected, "comparison"), section);
    str key = arena_printf(&golden->arena, "1|boot|%s|single|vote", metric);
    uint32_t seed = stats_seed_for(1, "boot", metric, STR("single"), STR("vote"));
    double num[SAMPLES], den[SAMPLES];
    struct stats_bootstrap result;

    for (size_t s = 0; s < SAMPLES; s++) {
        num[s] = sample_mean(golden, s, 1, value);
        den[s] = sample_mean(golden, s, 0, value);
    }
    result =
        stats_ratio_bootstrap(num, den, SAMPLES, NULL, seed, STATS_BOOTSTRAP_REPLICATES, 0.95);
    same_count(expected, "seed32", seed);
    same_text(expected, "key", key.p);
    assert_int_equal(stats_seed_of(key), seed);
    same_count(expected, "B", result.replicates);
    same(expected, "ratio", result.ratio, 1.0);
    same(expected, "pct_lo", result.pct_low, 1.0);
    same(expected, "pct_hi", result.pct_high, 1.0);
    same(expected, "z0", result.z0, 1.0);
    same(expected, "accel", result.accel, 1.0);
    same(expected, "bca_lo", result.bca_low, 1.0);
    same(expected, "bca_hi", result.bca_high, 1.0);
}

/* Protects: the optional bootstrap draws the specified numbers from the specified seed. */
static void test_bootstrap(void **state)
{
    struct golden *golden = *state;

    same_bootstrap(golden, "latency_ratio", "latency", latency_value);
    same_bootstrap(golden, "cost_ratio", "cost", cost_value);
}

/* Protects: the regression gate on real differences. */
static void test_gate(void **state)
{
    struct golden *golden = *state;
    const json *expected = at(golden->expected, "comparison.gate");
    double d[SAMPLES];
    struct stats_gate gate;

    for (size_t s = 0; s < SAMPLES; s++)
        d[s] = sample_mean(golden, s, 1, score_value) - sample_mean(golden, s, 0, score_value);
    gate = stats_noninferiority_gate(d, SAMPLES, NULL, MARGIN, 0.05);
    same(expected, "lower", maybe_of(gate.lower), 1.0);
    same(expected, "upper", maybe_of(gate.upper), 1.0);
    same_text(expected, "verdict", stats_gate_verdict_name(gate.verdict));
}

/* Protects: the sequential methods in file order. */
static void test_sequential(void **state)
{
    struct golden *golden = *state;
    const json *expected = at(golden->expected, "comparison");
    const json *looks = at(expected, "confidence_sequence.at");
    struct stats_confidence_sequence sequence;
    struct stats_sequential_mcnemar test;

    stats_confidence_sequence_init(&sequence, 0.05, STATS_SEQUENCE_BET);
    stats_sequential_mcnemar_init(&test, 0.05);
    for (size_t s = 0; s < SAMPLES; s++) {
        double first = sample_mean(golden, s, 1, first_score_value) -
                       sample_mean(golden, s, 0, first_score_value);
        char key[8];
        const json *look;

        stats_confidence_sequence_add(&sequence, sample_mean(golden, s, 1, score_value) -
                                                     sample_mean(golden, s, 0, score_value));
        assert_true(fabs(first) <= 1.0); /* not NaN: no first trial is missing */
        stats_sequential_mcnemar_add(&test, first);
        snprintf(key, sizeof key, "%zu", s + 1);
        look = json_get(looks, str_from(key));
        if (look) {
            same(look, "lo", maybe_of(sequence.low), 1.0);
            same(look, "hi", maybe_of(sequence.high), 1.0);
        }
        assert_true(sequence.low <= 0.0 && sequence.high >= 0.0);
    }
    assert_int_equal(json_kind(at(expected, "confidence_sequence.first_excluding_zero")),
                     JSON_NULL);
    expected = at(expected, "sequential_mcnemar_trial1");
    same(expected, "log_e_final", maybe_of(test.log_e), 1.0);
    same(expected, "p_final", maybe_of(test.p), 1.0);
    assert_int_equal(json_kind(at(expected, "stop_at")), JSON_NULL);
    assert_int_equal(test.stop_at, STATS_NEVER);
}

/* ---- what the report does not show ---- */

static struct stats_trials trials_where(struct golden *golden, size_t variant,
                                        double (*value)(const struct golden_row *row,
                                                        bool *counts))
{
    double *scores = arena_array(&golden->arena, double, SAMPLES *TRIALS);
    size_t *start = arena_array(&golden->arena, size_t, SAMPLES + 1), total = 0, kept = 0;

    for (size_t s = 0; s < SAMPLES; s++) {
        for (size_t i = 0; i < ROWS; i++) {
            const struct golden_row *row = &golden->rows[i];
            bool counts = true;
            double one = value(row, &counts);

            if (row->sample == s && row->variant == variant && counts)
                scores[total++] = one;
        }
        if (total > start[kept])
            start[++kept] = total;
    }
    return (struct stats_trials){scores, start, kept};
}

static double error_value(const struct golden_row *row, bool *counts)
{
    *counts = true;
    return row->status == SUMMARY_ERROR || row->status == SUMMARY_TIMEOUT ? 1.0 : 0.0;
}

static double answered_value(const struct golden_row *row, bool *counts)
{
    *counts = row->status == SUMMARY_OK;
    return row->score;
}

static struct stats_clusters clusters_of(struct golden *golden)
{
    uint64_t *labels = arena_array(&golden->arena, uint64_t, SAMPLES);
    size_t *of = arena_array(&golden->arena, size_t, SAMPLES);

    for (size_t i = 0; i < ROWS; i++)
        labels[golden->rows[i].sample] = stats_key_hash(golden->rows[i].cluster);
    return (struct stats_clusters){of, stats_clusters_number(labels, SAMPLES, of)};
}

static void same_df(const json *expected, const char *section, maybe df)
{
    same(at(expected, section), "df", df, 1.0);
}

/* Protects: degrees of freedom, which decide the intervals and stand in no report. */
static void test_degrees_of_freedom(void **state)
{
    struct golden *golden = *state;
    struct stats_clusters clusters = clusters_of(golden);

    for (size_t v = 0; v < 2; v++) {
        const json *expected = variant_of(golden, v);
        struct stats_trials scored = trials_of(golden, v);
        struct stats_trials answered = trials_where(golden, v, answered_value);
        struct stats_trials errors = trials_where(golden, v, error_value);
        double cost[SAMPLES], value[SAMPLES];

        same_df(expected, "accuracy", stats_accuracy_neff(&scored, NULL, 0.95).df);
        same_df(expected, "accuracy_clustered",
                stats_accuracy_neff(&scored, &clusters, 0.95).df);
        same_df(expected, "accuracy_excluding_errors",
                stats_accuracy_neff(&answered, NULL, 0.95).df);
        same_df(expected, "error_rate", stats_accuracy_neff(&errors, NULL, 0.95).df);
        for (size_t s = 0; s < SAMPLES; s++)
            cost[s] = sample_mean(golden, s, v, cost_value);
        same_df(expected, "mean_cost_microusd", stats_mean_t(cost, SAMPLES, NULL, 0.95).df);
        for (int all = 0; all < 2; all++)
            for (uint64_t k = 1; k <= TRIALS; k++) {
                const json *reliability = at(expected, all ? "pass_hat" : "pass_at");
                const json *one;
                char key[8];
                size_t kept = 0;

                for (size_t s = 0; s < SAMPLES; s++) {
                    uint64_t trials = stats_trials_of(&scored, s), right = 0;

                    for (size_t t = 0; t < trials; t++)
                        right += scored.scores[scored.start[s] + t] > 0.5;
                    maybe share = all ? stats_pass_hat_k(trials, right, k)
                                      : stats_pass_at_k(trials, right, k);
                    if (share.known)
                        value[kept++] = share.value;
                }
                snprintf(key, sizeof key, "%d", (int)k);
                one = json_get(reliability, str_from(key));
                same_count(one, "samples", kept);
                same(one, "df", stats_accuracy_of_values(value, kept, NULL, 0.95).df, 1.0);
            }
    }
}

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
    return b ? divisor_of(b, a % b) : a;
}

/* Protects: what stands behind the comparison: counts, ranks, the lattice of the exact test. */
static void test_behind_the_comparison(void **state)
{
    struct golden *golden = *state;
    const json *expected = at(golden->expected, "comparison");
    const json *first = at(expected, "trial1_only");
    struct stats_clusters clusters = clusters_of(golden);
    struct stats_trials base = trials_of(golden, 0), candidate = trials_of(golden, 1);
    struct stats_paired_counts counts = {0};
    double d[SAMPLES], shift[SAMPLES];
    double cost[2][SAMPLES], latency[2][SAMPLES];
    uint64_t lattice = 1;

    for (size_t s = 0; s < SAMPLES; s++) {
        uint64_t trials[] = {stats_trials_of(&base, s), stats_trials_of(&candidate, s)};
        bool right[2];

        for (size_t v = 0; v < 2; v++) {
            lattice = lattice / divisor_of(lattice, trials[v]) * trials[v];
            right[v] = sample_mean(golden, s, v, first_score_value) > 0.5;
            cost[v][s] = sample_mean(golden, s, v, cost_value);
            latency[v][s] = sample_mean(golden, s, v, latency_value);
        }
        counts.both_right += right[0] && right[1];
        counts.only_first += right[1] && !right[0];
        counts.only_second += right[0] && !right[1];
        counts.both_wrong += !right[0] && !right[1];
        d[s] = sample_mean(golden, s, 1, score_value) - sample_mean(golden, s, 0, score_value);
        shift[s] = latency[1][s] - latency[0][s];
    }
    same_count(expected, "lattice_denominator", lattice);
    struct stats_paired_difference plain = stats_paired_diff(d, SAMPLES, NULL, 0.95, 2);
    struct stats_paired_difference grouped = stats_paired_diff(d, SAMPLES, &clusters, 0.95, 2);
    same_df(expected, "diff", plain.df);
    same_count(expected, "diff.nonzero", plain.nonzero);
    same_df(expected, "diff_clustered", grouped.df);
    same_count(expected, "diff_clustered.nonzero", grouped.nonzero);
    same_count(first, "both", counts.both_right);
    same_count(first, "only_candidate", counts.only_first);
    same_count(first, "only_baseline", counts.only_second);
    same_count(first, "neither", counts.both_wrong);
    same(first, "newcombe.phi", maybe_of(stats_newcombe_paired(&counts, 0.95).phi), 1.0);
    same(first, "mcnemar.p_mid",
         maybe_of(stats_mcnemar(counts.only_first, counts.only_second).p_mid), 1.0);
    assert_true(json_bool(at(first, "accuracy_baseline.estimable")));
    assert_true(json_bool(at(first, "accuracy_candidate.estimable")));
    same_df(expected, "latency_ratio.logdelta",
            stats_ratio_logdelta(latency[1], latency[0], SAMPLES, NULL, 0.95).df);
    same_df(expected, "latency_ratio.typical",
            stats_geometric_ratio(latency[1], latency[0], SAMPLES, NULL, 0.95).df);
    same_df(expected, "cost_ratio.logdelta",
            stats_ratio_logdelta(cost[1], cost[0], SAMPLES, NULL, 0.95).df);
    same_df(expected, "cost_ratio.typical",
            stats_geometric_ratio(cost[1], cost[0], SAMPLES, NULL, 0.95).df);
    same_count(expected, "latency_ratio.pairs", SAMPLES);
    same_count(expected, "cost_ratio.pairs", SAMPLES);
    same_count(expected, "latency_shift_us.K", stats_hodges_lehmann(shift, SAMPLES, 0.95).k);
}

/* Protects: the settings that all tests here were made with are those of the golden report. */
static void test_settings(void **state)
{
    struct golden *golden = *state;
    const json *settings = at(golden->expected, "settings");
    const json *front = at(golden->expected, "pareto_front");
    const json *comparison = at(golden->expected, "comparison");
    struct summary *summary = summarize(golden, false, TRIALS);
    size_t place = 0;

    same(settings, "confidence", maybe_of(summary->meta.confidence), 1.0);
    same_count(settings, "seed", summary->meta.seed);
    same_text(settings, "baseline", variant_names[summary->meta.baseline]);
    same_text(settings, "candidate", variant_names[summary->comparisons[0].candidate]);
    same(settings, "margin", maybe_of(MARGIN), 1.0);
    same(comparison, "gate.margin", maybe_of(MARGIN), 1.0);
    same(comparison, "gate.alpha", maybe_of(summary->meta.alpha), 1.0);
    same_count(settings, "bootstrap_replicates", STATS_BOOTSTRAP_REPLICATES);
    same_text(settings, "unit", "sample");
    same_text(settings, "cluster_column", "ignored unless a section says clustered");
    for (const json *name = json_first(front); name; name = json_next(name)) {
        compared[compared_count++] = name;
        assert_true(str_equal(json_text(name), str_from(variant_names[place])));
        assert_int_equal(summary->variants[place++].front, SUMMARY_FRONT_ON);
    }
    assert_true(json_text(at(golden->expected, "tolerance")).n > 0); /* words, see same() */
    summary_free(summary);
}

/* Protects: every value of the golden file was compared by the tests above, so that none passes
 * because nobody looked. */
static void test_nothing_left(void **state)
{
    struct golden *golden = *state;

    assert_int_equal(count_left(&golden->arena, golden->expected, STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_reliability),
        cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_clustered),
        cmocka_unit_test(test_first_trials),
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_sequential),
        cmocka_unit_test(test_degrees_of_freedom),
        cmocka_unit_test(test_behind_the_comparison),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_nothing_left),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
