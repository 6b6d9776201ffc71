/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters: comparing two or more variants, gates, power, cost against accuracy. */
#include "tests/vectors/adapters.h"

#include "stats/gate.h"
#include "stats/multiple.h"
#include "stats/paired.h"
#include "stats/pareto.h"
#include "stats/power.h"
#include "stats/sequential.h"

static void run_mcnemar(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_mcnemar result = stats_mcnemar(vector_whole(c, "b"), vector_whole(c, "c"));

    check_number(&check, "p_exact", maybe_of(result.p_exact));
    check_number(&check, "p_mid", maybe_of(result.p_mid));
    check_end(&check);
}

static void run_newcombe_paired(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_paired_counts counts = {vector_whole(c, "both"), vector_whole(c, "only_a"),
                                         vector_whole(c, "only_b"), vector_whole(c, "neither")};
    struct stats_newcombe result = stats_newcombe_paired(&counts, vector_number(c, "conf"));

    check_number(&check, "diff", result.difference);
    check_number(&check, "phi", maybe_of(result.phi));
    check_number(&check, "lo", maybe_of(result.low));
    check_number(&check, "hi", maybe_of(result.high));
    check_end(&check);
}

static void run_paired_diff(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const double *d = vector_numbers(c, "d", &count);
    struct stats_paired_difference result =
        stats_paired_diff(d, count, vector_clusters(c, count), vector_number(c, "conf"),
                          (int)vector_number_or(c, "sided", 2.0));

    check_number(&check, "diff", result.difference);
    check_text(&check, "method", stats_paired_method_name(result.method));
    check_number(&check, "center", result.centre);
    check_number(&check, "se", result.se);
    check_whole_maybe(&check, "df", result.df);
    check_whole(&check, "nonzero", result.nonzero);
    check_number(&check, "lo", maybe_of(result.low));
    check_number(&check, "hi", maybe_of(result.high));
    check_end(&check);
}

static void run_signflip_exact(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    const json *list = vector_list(c, "lattice_values");
    int64_t *values = arena_array(c->arena, int64_t, json_count(list) + 1);
    double work = 0.0;
    size_t count = 0;

    for (const json *item = json_first(list); item; item = json_next(item)) {
        if (!json_int(item, &values[count]))
            vector_fail(c, "input.lattice_values holds something that is not an integer");
        work += fabs((double)values[count++]);
    }
    if (work * (double)count > 1e9)
        vector_fail(c, "input.lattice_values are too large for the exact test");
    if (c->failed)
        return;
    check_number(&check, "p", maybe_of(stats_signflip_exact(values, count)));
    check_end(&check);
}

static void run_signflip_mc(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const double *values = vector_numbers(c, "values", &count);
    struct stats_signflip_mc result = stats_signflip_mc(
        values, count, (uint32_t)vector_whole(c, "seed32"), vector_whole(c, "B"));

    check_number(&check, "p", maybe_of(result.p));
    check_whole(&check, "extreme", result.extreme);
    check_end(&check);
}

static void run_holm(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    const json *list = vector_list(c, "p");
    maybe *p = arena_array(c->arena, maybe, json_count(list) + 1);
    maybe *adjusted = arena_array(c->arena, maybe, json_count(list) + 1);
    size_t count = 0;

    for (const json *item = json_first(list); item; item = json_next(item))
        p[count++] = json_is(item, JSON_NUMBER) ? maybe_of(json_number(item)) : maybe_none();
    stats_holm(p, count, adjusted);
    check_numbers(&check, "p_adj", adjusted, count);
    check_end(&check);
}

static void run_noninferiority_gate(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const double *d = vector_numbers(c, "d", &count);
    struct stats_gate result =
        stats_noninferiority_gate(d, count, vector_clusters(c, count),
                                  vector_number(c, "margin"), vector_number(c, "alpha"));

    check_number(&check, "diff", result.difference);
    check_text(&check, "method", stats_paired_method_name(result.method));
    check_number(&check, "lower", maybe_of(result.lower));
    check_number(&check, "upper", maybe_of(result.upper));
    check_text(&check, "verdict", stats_gate_verdict_name(result.verdict));
    check_end(&check);
}

static void run_power(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_power_plan plan = {
        .omega2 = vector_number(c, "omega2"),
        .var_within_a = vector_number(c, "var_within_a"),
        .trials_a = vector_number(c, "trials_a"),
        .var_within_b = vector_number(c, "var_within_b"),
        .trials_b = vector_number(c, "trials_b"),
    };
    struct stats_power result = stats_power_samples(
        &plan, vector_number(c, "delta"), vector_number(c, "alpha"), vector_number(c, "power"));

    check_number(&check, "n_exact", result.n_exact);
    check_whole(&check, "n", result.n);
    check_number(&check, "mde_at_n", result.mde_at_n);
    check_end(&check);
}

static void run_power_mcnemar(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_power result =
        stats_power_mcnemar(vector_number(c, "discordant"), vector_number(c, "delta"),
                            vector_number(c, "alpha"), vector_number(c, "power"));

    check_number(&check, "n_exact", result.n_exact);
    check_whole_maybe(&check, "n", result.n ? maybe_of((double)result.n) : maybe_none());
    check_end(&check);
}

static void run_pareto(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_trials pairs = vector_trials(c, "points_accuracy_cost");
    struct stats_point *points = arena_array(c->arena, struct stats_point, pairs.samples + 1);
    bool *on_front = arena_array(c->arena, bool, pairs.samples + 1);
    uint64_t *front = arena_array(c->arena, uint64_t, pairs.samples + 1);
    size_t count = 0;

    for (size_t i = 0; i < pairs.samples; i++) {
        if (stats_trials_of(&pairs, i) != 2) {
            vector_fail(c, "point %zu is not a pair", i);
            return;
        }
        points[i] = (struct stats_point){pairs.scores[2 * i], pairs.scores[2 * i + 1]};
    }
    stats_pareto_front(points, pairs.samples, on_front);
    for (size_t i = 0; i < pairs.samples; i++)
        if (on_front[i])
            front[count++] = i;
    check_wholes(&check, "front", front, count);
    check_end(&check);
}

static void run_eb_confidence_sequence(struct vector_case *c)
{
    struct vector_check check = check_begin(c), at;
    struct stats_confidence_sequence sequence;
    size_t count;
    const double *d = vector_numbers(c, "d", &count);
    maybe first = maybe_none();

    stats_confidence_sequence_init(&sequence, vector_number(c, "alpha"),
                                   vector_number_or(c, "c", STATS_SEQUENCE_BET));
    at = check_inside(&check, "at");
    for (size_t t = 1; t <= count; t++) {
        str key = arena_printf(c->arena, "%zu", t);

        stats_confidence_sequence_add(&sequence, d[t - 1]);
        if (!first.known && (sequence.low > 0.0 || sequence.high < 0.0))
            first = maybe_of((double)t);
        if (json_get(at.object, key)) {
            struct vector_check limits = check_inside(&at, key.p);

            check_number(&limits, "lo", maybe_of(sequence.low));
            check_number(&limits, "hi", maybe_of(sequence.high));
            check_end(&limits);
        }
    }
    check_end(&at);
    check_whole_maybe(&check, "first_excluding_zero", first);
    check_end(&check);
}

static void run_sequential_mcnemar(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_sequential_mcnemar test;
    size_t count;
    const double *d = vector_numbers(c, "d", &count);

    stats_sequential_mcnemar_init(&test, vector_number(c, "alpha"));
    for (size_t t = 0; t < count; t++)
        stats_sequential_mcnemar_add(&test, d[t]);
    check_number(&check, "log_e_final", maybe_of(test.log_e));
    check_number(&check, "p_final", maybe_of(test.p));
    check_whole_maybe(&check, "stop_at",
                      test.stop_at == STATS_NEVER ? maybe_none()
                                                  : maybe_of((double)test.stop_at));
    check_end(&check);
}

/* clang-format off */
const struct vector_adapter vector_adapters_pair[] = {
    {"mcnemar",                run_mcnemar},
    {"newcombe_paired",        run_newcombe_paired},
    {"paired_diff",            run_paired_diff},
    {"signflip_exact",         run_signflip_exact},
    {"signflip_mc",            run_signflip_mc},
    {"holm",                   run_holm},
    {"noninferiority_gate",    run_noninferiority_gate},
    {"power",                  run_power},
    {"power_mcnemar",          run_power_mcnemar},
    {"pareto",                 run_pareto},
    {"eb_confidence_sequence", run_eb_confidence_sequence},
    {"sequential_mcnemar",     run_sequential_mcnemar},
    {NULL, NULL},
};
/* clang-format on */
