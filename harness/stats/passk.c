/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pass@k and pass^k as products of ratios; factorials would overflow. The plug-in forms
 * 1 - (1 - p)^k and p^k are biased and are not here. */
#include "stats/passk.h"

/* C(favourable, k) / C(trials, k): all of k draws without replacement are favourable. */
static double all_of_k(uint64_t trials, uint64_t favourable, uint64_t k)
{
    double product = 1.0;

    if (favourable < k)
        return 0.0;
    for (uint64_t j = 0; j < k; j++)
        product *= (double)(favourable - j) / (double)(trials - j);
    return product;
}

maybe stats_pass_at_k(uint64_t trials, uint64_t correct, uint64_t k)
{
    if (k > trials || correct > trials)
        return maybe_none();
    return maybe_of(1.0 - all_of_k(trials, trials - correct, k));
}

maybe stats_pass_hat_k(uint64_t trials, uint64_t correct, uint64_t k)
{
    if (k > trials || correct > trials)
        return maybe_none();
    return maybe_of(all_of_k(trials, correct, k));
}
