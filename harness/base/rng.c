/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rng.c: stateless draws by SipHash-2-4 (see rng.h).
 */
#include "base/rng.h"

#include "base/hash.h"

#include <math.h>

struct rng_key rng_key(uint64_t seed)
{
    return (struct rng_key){seed, UINT64_C(0x77656972)}; /* "weir" */
}

struct rng_key rng_mix_str(struct rng_key key, str text)
{
    uint64_t low = hash_sip(key.k0, key.k1, text.p, text.n);
    uint64_t high = hash_sip(key.k0 ^ low, ~key.k1, text.p, text.n);
    return (struct rng_key){low, high};
}

struct rng_key rng_mix_int(struct rng_key key, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    return rng_mix_str(key, (str){(const char *)bytes, sizeof bytes});
}

uint64_t rng_bits(struct rng_key key, const char *purpose, uint64_t counter)
{
    struct rng_key mixed = rng_mix_str(key, str_from(purpose));
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(counter >> (8 * i));
    return hash_sip(mixed.k0, mixed.k1, bytes, sizeof bytes);
}

double rng_uniform(struct rng_key key, const char *purpose, uint64_t counter)
{
    return (double)(rng_bits(key, purpose, counter) >> 11) * 0x1.0p-53;
}

uint64_t rng_below(struct rng_key key, const char *purpose, uint64_t counter, uint64_t n)
{
    /* Reject the few draws beyond the last whole multiple of n; each try has its own counter
     * high up, where no caller counts. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    for (uint64_t attempt = 0;; attempt++) {
        uint64_t bits = rng_bits(key, purpose, counter ^ (attempt << 48));
        if (bits < limit)
            return bits % n;
    }
}

static double acklam(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
                               2.445134137142996e+00, 3.754408661907416e+00};
    const double low = 0.02425;
    if (p > 1 - low)
        return -acklam(1 - p);
    if (p < low) {
        double q = sqrt(-2 * log(p));
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    }
    double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

double rng_normal_quantile(double p)
{
    const double sqrt_two_pi = 2.506628274631000502;
    double x = acklam(p);
    double error = 0.5 * erfc(-x / 1.4142135623730950488) - p;
    double step = error * sqrt_two_pi * exp(x * x / 2);
    return x - step / (1 + x * step / 2);
}

void rng_shuffle(struct rng_key key, const char *purpose, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(key, purpose, i, i);
        uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
}
