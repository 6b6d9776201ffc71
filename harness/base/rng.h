/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rng.h: random numbers that depend on what they are for, never on when they are drawn.
 *
 * There is no generator state. A draw is a function of a key, a purpose and a counter, so two
 * features never shift each other's numbers and a result does not depend on the order of
 * arrival or on threads. A key is built from texts and numbers:
 *
 *     struct rng_key key = rng_key(seed);
 *     key = rng_mix_str(key, sample_id);
 *     double u = rng_uniform(key, "backoff", attempt);
 *
 * The function is SipHash-2-4 over the counter with the key (Aumasson and Bernstein, 2012), a
 * keyed pseudo-random function; mixing is SipHash of the text under the key so far.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/str.h"

struct rng_key {
    uint64_t k0, k1;
};

struct rng_key rng_key(uint64_t seed);
struct rng_key rng_mix_str(struct rng_key key, str text);
struct rng_key rng_mix_int(struct rng_key key, uint64_t value);

/* 64 random bits for this purpose and counter. */
uint64_t rng_bits(struct rng_key key, const char *purpose, uint64_t counter);
/* Uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng_key key, const char *purpose, uint64_t counter);
/* Uniform in 0 .. n-1 without bias; n > 0. */
uint64_t rng_below(struct rng_key key, const char *purpose, uint64_t counter, uint64_t n);
/* Quantile of the standard normal: the inverse of its distribution (Acklam's rational approximation with one
 * step of Halley, relative error near 1e-15). */
double rng_normal_quantile(double p); /* 0 < p < 1 */
/* A permutation of 0 .. n-1 (Fisher and Yates) into order. */
void rng_shuffle(struct rng_key key, const char *purpose, uint32_t *order, uint32_t n);

#endif
