/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters: latency, ratios, random numbers, expected times and calls. */
#include "tests/vectors/adapters.h"

#include <inttypes.h>

#include "stats/distribution.h"
#include "stats/expect.h"
#include "stats/quantile.h"
#include "stats/random.h"
#include "stats/ratio.h"
#include "stats/shift.h"

static void run_order_stat_ranks(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_order_ranks result = stats_order_stat_ranks(
        vector_whole(c, "n"), (unsigned)vector_whole(c, "permille"), vector_number(c, "conf"));

    check_whole(&check, "rank", result.rank);
    check_whole(&check, "l", result.lower);
    check_whole(&check, "u", result.upper);
    check_number(&check, "coverage", maybe_of(result.coverage));
    check_end(&check);
}

/* One list a cluster, null for a timeout. */
static struct stats_observation *read_observations(struct vector_case *c, size_t *count,
                                                   size_t *clusters)
{
    const json *list = vector_list(c, "obs");
    struct stats_observation *observations;
    size_t room = 1;

    for (const json *item = json_first(list); item; item = json_next(item))
        room += json_is(item, JSON_LIST) ? json_count(item) : 0;
    observations = arena_array(c->arena, struct stats_observation, room);
    *count = *clusters = 0;
    for (const json *item = json_first(list); item; item = json_next(item)) {
        if (!json_is(item, JSON_LIST) || json_count(item) == 0) {
            vector_fail(c, "input.obs holds something that is not a list of times");
            continue;
        }
        for (const json *one = json_first(item); one; one = json_next(one)) {
            int64_t value = STATS_CENSORED;

            if (json_kind(one) != JSON_NULL && !json_int(one, &value))
                vector_fail(c, "input.obs holds a time that is not a whole number");
            observations[(*count)++] = (struct stats_observation){value, *clusters};
        }
        ++*clusters;
    }
    return observations;
}

static maybe rank_or_null(uint64_t rank)
{
    return rank ? maybe_of((double)rank) : maybe_none();
}

static void run_latency_quantile(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count, clusters;
    const struct stats_observation *observations = read_observations(c, &count, &clusters);
    struct stats_quantile result =
        stats_latency_quantile(observations, count, clusters,
                               (unsigned)vector_whole(c, "permille"), vector_number(c, "conf"));

    check_whole_maybe(&check, "estimate", result.estimate);
    check_whole_maybe(&check, "rank", rank_or_null(result.rank));
    check_whole(&check, "n", result.n);
    check_number(&check, "deff", maybe_of(result.deff));
    check_whole(&check, "n_eff", result.n_eff);
    check_whole_maybe(&check, "lower_rank", rank_or_null(result.lower_rank));
    check_whole_maybe(&check, "upper_rank", rank_or_null(result.upper_rank));
    check_whole_maybe(&check, "lo", result.low);
    check_whole_maybe(&check, "hi", result.high);
    check_end(&check);
}

static void run_hdr_bucket(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_hdr_bucket result = stats_hdr_bucket_of(vector_whole(c, "value"));

    if (vector_whole(c, "significant_digits") != 3)
        vector_fail(c, "only 3 significant digits are offered");
    check_whole(&check, "bucket", result.bucket);
    check_whole(&check, "sub", result.sub);
    check_whole(&check, "lowest", result.lowest);
    check_whole(&check, "highest", result.highest);
    check_whole(&check, "median", result.median);
    check_end(&check);
}

static void run_coordinated_omission_fill(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    int64_t value = (int64_t)vector_whole(c, "value");
    int64_t interval = (int64_t)vector_whole(c, "expected_interval");
    size_t count = interval > 0 && value / interval > 1000000
                       ? 0
                       : stats_coordinated_omission_fill(value, interval, NULL, 0);
    int64_t *filled = arena_array(c->arena, int64_t, count);
    uint64_t *recorded = arena_array(c->arena, uint64_t, count);

    if (count == 0)
        vector_fail(c, "over a million values to fill in");
    stats_coordinated_omission_fill(value, interval, filled, count);
    for (size_t i = 0; i < count; i++)
        recorded[i] = (uint64_t)filled[i];
    check_wholes(&check, "recorded", recorded, count);
    check_end(&check);
}

struct pairs {
    const double *num, *den;
    size_t count;
    const struct stats_clusters *clusters;
    double conf;
};

static struct pairs read_pairs(struct vector_case *c)
{
    struct pairs pairs = {0};
    size_t other;

    pairs.num = vector_numbers(c, "num", &pairs.count);
    pairs.den = vector_numbers(c, "den", &other);
    if (other != pairs.count) {
        vector_fail(c, "num and den differ in length");
        pairs.count = 0;
    }
    pairs.clusters = vector_clusters(c, pairs.count);
    pairs.conf = vector_number(c, "conf");
    return pairs;
}

static void check_ratio(struct vector_case *c, const struct stats_ratio *result)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "ratio", result->ratio);
    check_number(&check, "se_log", result->se_log);
    check_whole_maybe(&check, "df", result->df);
    check_number(&check, "lo", result->low);
    check_number(&check, "hi", result->high);
    check_end(&check);
}

static void run_ratio_logdelta(struct vector_case *c)
{
    struct pairs p = read_pairs(c);
    struct stats_ratio result = stats_ratio_logdelta(p.num, p.den, p.count, p.clusters, p.conf);

    check_ratio(c, &result);
}

static void run_geometric_ratio(struct vector_case *c)
{
    struct pairs p = read_pairs(c);
    struct stats_ratio result =
        stats_geometric_ratio(p.num, p.den, p.count, p.clusters, p.conf);

    check_ratio(c, &result);
}

static void run_ratio_bootstrap(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct pairs p = read_pairs(c);
    uint64_t replicates = vector_whole(c, "B");
    struct stats_bootstrap result;

    if (replicates > 10000000) {
        vector_fail(c, "more than 10 million replicates");
        return;
    }
    result =
        stats_ratio_bootstrap(p.num, p.den, p.count, p.clusters,
                              (uint32_t)vector_whole(c, "seed32"), (size_t)replicates, p.conf);
    check_number(&check, "ratio", result.ratio);
    check_whole(&check, "B", result.replicates);
    check_number(&check, "pct_lo", result.pct_low);
    check_number(&check, "pct_hi", result.pct_high);
    check_number(&check, "z0", result.z0);
    check_number(&check, "accel", result.accel);
    check_number(&check, "bca_lo", result.bca_low);
    check_number(&check, "bca_hi", result.bca_high);
    check_end(&check);
}

static void run_fieller(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct pairs p = read_pairs(c);
    struct stats_fieller result = stats_fieller(p.num, p.den, p.count, p.conf);

    check_number(&check, "ratio", result.ratio);
    check_number(&check, "g", result.g);
    check_number(&check, "lo", result.low);
    check_number(&check, "hi", result.high);
    check_end(&check);
}

static void run_hodges_lehmann(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t count;
    const double *d = vector_numbers(c, "d", &count);
    struct stats_shift result = stats_hodges_lehmann(d, count, vector_number(c, "conf"));

    check_number(&check, "estimate", result.estimate);
    check_whole_maybe(&check, "K", rank_or_null(result.k));
    check_number(&check, "lo", result.low);
    check_number(&check, "hi", result.high);
    check_number(&check, "coverage", result.coverage);
    check_end(&check);
}

static void run_rng(struct vector_case *c)
{
    enum { RAW = 4, DRAWS = 8 };
    struct vector_check check = check_begin(c);
    str key = vector_text(c, "key");
    size_t limit = (size_t)vector_whole(c, "n");
    uint32_t seed = stats_seed_of(key);
    struct stats_random *random = stats_random_new(seed);
    uint64_t raw[RAW], draws[DRAWS];

    for (size_t i = 0; i < RAW; i++)
        raw[i] = stats_random_next(random);
    stats_random_free(random);
    random = stats_random_new(seed);
    for (size_t i = 0; i < DRAWS; i++)
        draws[i] = stats_random_below(random, limit ? limit : 1);
    stats_random_free(random);
    check_text(&check, "fnv1a64", arena_printf(c->arena, "%016" PRIx64, stats_key_hash(key)).p);
    check_whole(&check, "seed32", seed);
    check_wholes(&check, "first_raw", raw, RAW);
    check_wholes(&check, "first_uniform_int", draws, DRAWS);
    check_end(&check);
}

static void run_exp_fanout(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_exp_fanout result =
        stats_exp_fanout(vector_number(c, "mean"), vector_whole(c, "n"));

    check_number(&check, "mean_max", result.mean_max);
    check_number(&check, "var_max", result.var_max);
    check_number(&check, "p50_max", result.p50_max);
    check_number(&check, "p99_max", result.p99_max);
    check_number(&check, "mean_sum", result.mean_sum);
    check_number(&check, "p50_sum", result.p50_sum);
    check_number(&check, "p99_sum", result.p99_sum);
    check_end(&check);
}

static void run_lognormal_fanout(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_lognormal_fanout result = stats_lognormal_fanout(
        vector_number(c, "mu"), vector_number(c, "sigma"), vector_whole(c, "n"));

    check_number(&check, "mean_one", result.mean_one);
    check_number(&check, "mean_max", result.mean_max);
    check_number(&check, "p50_max", result.p50_max);
    check_number(&check, "p99_max", result.p99_max);
    check_number(&check, "mean_sum", result.mean_sum);
    check_number(&check, "var_sum", result.var_sum);
    check_end(&check);
}

static void run_exp_kth_of_n(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "mean",
                 stats_exp_kth_of_n(vector_number(c, "mean"), vector_whole(c, "n"),
                                    vector_whole(c, "k")));
    check_end(&check);
}

static void run_exp_makespan(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(&check, "mean",
                 stats_exp_makespan(vector_number(c, "mean"), vector_whole(c, "tasks"),
                                    vector_whole(c, "workers")));
    check_end(&check);
}

static void run_retry_calls(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_retry_calls result =
        stats_retry_calls(vector_number(c, "fail"), vector_whole(c, "max_retries"));

    check_number(&check, "expected_calls", maybe_of(result.expected_calls));
    check_number(&check, "success", maybe_of(result.success));
    check_end(&check);
}

static void run_refinement_calls(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    struct stats_refinement_calls result =
        stats_refinement_calls(vector_number(c, "accept"), vector_whole(c, "max_rounds"));

    check_number(&check, "expected_rounds", maybe_of(result.expected_rounds));
    check_number(&check, "expected_calls", maybe_of(result.expected_calls));
    check_end(&check);
}

static void run_early_stop_vote_calls(struct vector_case *c)
{
    struct vector_check check = check_begin(c);

    check_number(
        &check, "expected_calls",
        maybe_of(stats_early_stop_vote_calls(vector_number(c, "p"), vector_whole(c, "n"))));
    check_end(&check);
}

static void run_gated_chain_calls(struct vector_case *c)
{
    struct vector_check check = check_begin(c);
    size_t steps;
    const double *rates = vector_numbers(c, "pass_rates", &steps);
    struct stats_chain_calls result = stats_gated_chain_calls(rates, steps);

    check_number(&check, "expected_calls", maybe_of(result.expected_calls));
    check_number(&check, "end_to_end", maybe_of(result.end_to_end));
    check_end(&check);
}

/* clang-format off */
const struct vector_adapter vector_adapters_time[] = {
    {"order_stat_ranks",          run_order_stat_ranks},
    {"latency_quantile",          run_latency_quantile},
    {"hdr_bucket",                run_hdr_bucket},
    {"coordinated_omission_fill", run_coordinated_omission_fill},
    {"ratio_logdelta",            run_ratio_logdelta},
    {"geometric_ratio",           run_geometric_ratio},
    {"ratio_bootstrap",           run_ratio_bootstrap},
    {"fieller",                   run_fieller},
    {"hodges_lehmann",            run_hodges_lehmann},
    {"rng",                       run_rng},
    {"exp_fanout",                run_exp_fanout},
    {"lognormal_fanout",          run_lognormal_fanout},
    {"exp_kth_of_n",              run_exp_kth_of_n},
    {"exp_makespan",              run_exp_makespan},
    {"retry_calls",               run_retry_calls},
    {"refinement_calls",          run_refinement_calls},
    {"early_stop_vote_calls",     run_early_stop_vote_calls},
    {"gated_chain_calls",         run_gated_chain_calls},
    {NULL, NULL},
};
/* clang-format on */
