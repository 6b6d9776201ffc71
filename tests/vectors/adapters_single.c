/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters: distributions, intervals of one variant, reliability, voting. */
#include "tests/vectors/adapters.h"

#include <stdio.h>

#include "stats/distribution.h"
#include "stats/interval.h"
#include "stats/passk.h"
#include "stats/variance.h"
#include "stats/voting.h"

static void run_normal_quantile(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "x", maybe_of(stats_normal_quantile(vector_number(c, "p"))));
    check_end(&check);
}

static void run_t_quantile(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    double p = vector_number(c, "p"), df = vector_number(c, "df");

    check_number(&check, "x", maybe_of(stats_t_quantile(p, df)));
    check_end(&check);
}

static void run_beta_quantile(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    double p = vector_number(c, "p"), a = vector_number(c, "a"), b = vector_number(c, "b");

    check_number(&check, "x", maybe_of(stats_beta_quantile(p, a, b)));
    check_end(&check);
}

static void check_limits(struct vector_check *check, const struct stats_proportion *interval)
{
    check_number(check, "lo", maybe_of(interval->low));
    check_number(check, "hi", maybe_of(interval->high));
}

static void run_wilson(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_proportion result =
        stats_wilson(vector_number(c, "k"), vector_number(c, "n"), vector_number(c, "conf"));

    check_number(&check, "estimate", result.estimate);
    check_limits(&check, &result);
    check_bool(&check, "estimable", result.estimable);
    check_end(&check);
}

static void run_clopper_pearson(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_proportion result = stats_clopper_pearson(
        vector_number(c, "k"), vector_number(c, "n"), vector_number(c, "conf"));

    check_number(&check, "estimate", result.estimate);
    check_limits(&check, &result);
    check_end(&check);
}

static void run_clopper_pearson_upper(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "hi",
                 maybe_of(stats_clopper_pearson_upper(
                     vector_number(c, "k"), vector_number(c, "n"), vector_number(c, "conf"))));
    check_end(&check);
}

static void run_beta_interval_uniform(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_proportion result = stats_beta_interval_uniform(
        vector_number(c, "k"), vector_number(c, "n"), vector_number(c, "conf"));

    check_number(&check, "mean", result.estimate);
    check_limits(&check, &result);
    check_end(&check);
}

static void run_accuracy_neff(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_trials trials = vector_trials(c, "trials");
    struct stats_accuracy result = stats_accuracy_neff(
        &trials, vector_clusters(c, trials.samples), vector_number(c, "conf"));

    check_number(&check, "estimate", result.interval.estimate);
    check_number(&check, "se", result.se);
    check_whole_maybe(&check, "df", result.df);
    check_number(&check, "n_eff", result.n_eff);
    check_limits(&check, &result.interval);
    check_end(&check);
}

static void run_variance_components(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_trials trials = vector_trials(c, "trials");
    struct stats_variance result = stats_variance_components(&trials);

    check_number(&check, "msb", result.msb);
    check_number(&check, "msw", result.msw);
    check_number(&check, "t0", result.t0);
    check_number(&check, "var_between", result.between);
    check_number(&check, "var_within", result.within);
    check_number(&check, "icc", result.icc);
    check_number(&check, "se_rerun", result.se_rerun);
    check_end(&check);
}

static void run_mean_t(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const double *values = vector_numbers(c, "values", &count);
    struct stats_mean result =
        stats_mean_t(values, count, vector_clusters(c, count), vector_number(c, "conf"));

    check_number(&check, "mean", result.mean);
    check_number(&check, "se", result.se);
    check_whole_maybe(&check, "df", result.df);
    check_number(&check, "lo", result.low);
    check_number(&check, "hi", result.high);
    check_end(&check);
}

static void run_pass_at_k(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(
        &check, "value",
        stats_pass_at_k(vector_whole(c, "n"), vector_whole(c, "c"), vector_whole(c, "k")));
    check_end(&check);
}

static void run_pass_hat_k(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(
        &check, "value",
        stats_pass_hat_k(vector_whole(c, "n"), vector_whole(c, "c"), vector_whole(c, "k")));
    check_end(&check);
}

static void run_majority_independent(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(
        &check, "value",
        maybe_of(stats_majority_independent(vector_number(c, "p"), vector_whole(c, "n"))));
    check_end(&check);
}

static void run_majority_ustat(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "value",
                 stats_majority_ustat(vector_whole(c, "trials"), vector_whole(c, "correct"),
                                      vector_whole(c, "n")));
    check_end(&check);
}

static void run_majority_beta_binomial(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    double alpha = vector_number(c, "alpha"), beta = vector_number(c, "beta");

    check_number(&check, "value",
                 maybe_of(stats_majority_beta_binomial(alpha, beta, vector_whole(c, "n"))));
    check_end(&check);
}

static void run_voting_report(struct vector_case *c)
{
    struct vector_check check = check_begin(c), inside;
    struct stats_trials trials = vector_trials(c, "trials");
    struct stats_voting report = stats_voting_report(&trials);

    check_number(&check, "p", report.p);
    check_number(&check, "rho", report.rho);
    check_whole(&check, "always_right", report.always_right);
    check_whole(&check, "always_wrong", report.always_wrong);
    check_whole(&check, "mixed", report.mixed);
    check_number(&check, "plug_in_limit", report.plug_in_limit);
    check_number(&check, "alpha", report.alpha);
    check_number(&check, "beta", report.beta);
    inside = check_inside(&check, "maj");
    for (unsigned votes = 1; votes <= 99; votes++) {
        struct vector_check one;
        struct stats_majority majority;
        char key[12];

        snprintf(key, sizeof key, "%u", votes);
        if (!json_get(inside.object, str_from(key)))
            continue;
        one = check_inside(&inside, key);
        majority = stats_voting_majority(&trials, &report, votes);
        check_number(&one, "estimate", majority.estimate);
        check_text(&one, "method", stats_majority_method_name(majority.method));
        check_number(&one, "independent", maybe_of(majority.independent));
        check_end(&one);
    }
    check_end(&inside);
    check_end(&check);
}

/* clang-format off */
const struct vector_adapter vector_adapters_single[] = {
    {"normal_quantile",        run_normal_quantile},
    {"t_quantile",             run_t_quantile},
    {"beta_quantile",          run_beta_quantile},
    {"wilson",                 run_wilson},
    {"clopper_pearson",        run_clopper_pearson},
    {"clopper_pearson_upper",  run_clopper_pearson_upper},
    {"beta_interval_uniform",  run_beta_interval_uniform},
    {"accuracy_neff",          run_accuracy_neff},
    {"variance_components",    run_variance_components},
    {"mean_t",                 run_mean_t},
    {"pass_at_k",              run_pass_at_k},
    {"pass_hat_k",             run_pass_hat_k},
    {"majority_independent",   run_majority_independent},
    {"majority_ustat",         run_majority_ustat},
    {"majority_beta_binomial", run_majority_beta_binomial},
    {"voting_report",          run_voting_report},
    {NULL, NULL},
};
/* clang-format on */
