/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_stats.c: what comparing many variants costs: 1,000 variants of 10,000 samples, all scores in
 * memory as arrays of doubles. Each variant but the first is compared with the first: difference of
 * accuracy and its interval, as a report does it. Beside it the least that can be done with the same
 * arrays: one pass that adds them up.
 *
 *     bench_stats [VARIANTS SAMPLES]
 *
 * Prints one line of JSON: CPU seconds of the pass, of the comparison with one trial a sample (right
 * or wrong, Newcombe's interval), with the means of three trials (guarded t), and with those in
 * clusters of four samples.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "stats/paired.h"

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct data {
    size_t variants, samples;
    double *score; /* [variant * samples + sample] */
    double *work;  /* samples */
};

/* Three trials of 70 to 80 %, or one. */
static void fill(struct data *data, int trials)
{
    struct rng_key key = rng_mix_int(rng_key(1), (uint64_t)trials);
    for (size_t v = 0; v < data->variants; v++)
        for (size_t s = 0; s < data->samples; s++) {
            uint64_t bits = rng_below(key, "score", v * data->samples + s, UINT64_C(1) << 48);
            double right = 0;
            for (int t = 0; t < trials; t++)
                right += (bits >> (16 * t) & 0xffff) < 46000 + 6 * v;
            data->score[v * data->samples + s] = right / trials;
        }
}

static double add_up(const struct data *data)
{
    double sum = 0;
    for (size_t i = 0; i < data->variants * data->samples; i++)
        sum += data->score[i];
    return sum;
}

static double compare_single(const struct data *data)
{
    double sum = 0;
    for (size_t v = 1; v < data->variants; v++) {
        struct stats_paired_counts counts = stats_paired_count(
            data->score + v * data->samples, NULL, data->score, NULL, data->samples);
        struct stats_newcombe result = stats_newcombe_paired(&counts, 0.95);
        sum += result.low + result.high;
    }
    return sum;
}

static double compare_means(const struct data *data, const struct stats_clusters *clusters)
{
    double sum = 0;
    for (size_t v = 1; v < data->variants; v++) {
        const double *candidate = data->score + v * data->samples;
        for (size_t s = 0; s < data->samples; s++)
            data->work[s] = candidate[s] - data->score[s];
        struct stats_paired_difference result =
            stats_paired_diff(data->work, data->samples, clusters, 0.95, 2);
        sum += result.low + result.high;
    }
    return sum;
}

int main(int argc, char **argv)
{
    struct data data = {.variants = argc == 3 ? (size_t)strtoul(argv[1], NULL, 10) : 1000,
                        .samples = argc == 3 ? (size_t)strtoul(argv[2], NULL, 10) : 10000};
    data.score = xcalloc(data.variants * data.samples + 1, sizeof *data.score);
    data.work = xcalloc(data.samples + 1, sizeof *data.work);
    size_t *of = xcalloc(data.samples + 1, sizeof *of);
    for (size_t s = 0; s < data.samples; s++)
        of[s] = s / 4;
    struct stats_clusters clusters = {of, (data.samples + 3) / 4};
    double taken[5], checked = 0;
    fill(&data, 1);
    checked += add_up(&data); /* every page is there */
    taken[0] = cpu_s();
    checked += add_up(&data);
    taken[1] = cpu_s();
    checked += compare_single(&data);
    taken[2] = cpu_s();
    fill(&data, 3);
    double begin = cpu_s();
    checked += compare_means(&data, NULL);
    taken[3] = cpu_s();
    checked += compare_means(&data, &clusters);
    taken[4] = cpu_s();
    printf("{\"sum_s\": %.6f, \"single_s\": %.6f, \"means_s\": %.6f, \"clusters_s\": %.6f, "
           "\"check\": %.6f}\n",
           taken[1] - taken[0], taken[2] - taken[1], taken[3] - begin, taken[4] - taken[3],
           checked);
    xfree(of);
    xfree(data.work);
    xfree(data.score);
    return 0;
}
