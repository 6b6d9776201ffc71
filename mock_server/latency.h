/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * latency.h: how long a reply takes: distributions of times, and profiles of models.
 *
 * A time is drawn by the inverse of its distribution from one keyed uniform number, so it does
 * not depend on what else is drawn. Draws of the unbounded laws are capped, by default at their
 * 99.9 % quantile: a run's deadlines can then be placed safely away from them.
 */
#ifndef MOCK_LATENCY_H
#define MOCK_LATENCY_H

#include "base/option.h"
#include "base/rng.h"

enum law_kind { LAW_CONSTANT, LAW_NORMAL, LAW_LOGNORMAL, LAW_EXPONENTIAL, LAW_EMPIRICAL };

struct law {
    enum law_kind kind;
    double a, b;          /* constant, mean (ns) | mean, sd (ns) | mean and sd of ln(ns) */
    double most_ns;       /* the cap */
    const double *sample; /* empirical, ns */
    size_t samples;
};

struct law law_constant(int64_t ns);
struct law law_lognormal(int64_t median_ns, int64_t p95_ns);
/* The value below which a share u (0 <= u < 1) of all draws lies; never negative. */
double law_quantile(const struct law *law, double u);
int64_t law_draw(const struct law *law, struct rng_key key, const char *purpose, uint64_t i);
/* Sum of `count` draws, numbered from 0. */
int64_t law_sum(const struct law *law, struct rng_key key, const char *purpose, int64_t count);

/* Custom reader for a struct law: a duration or one of the mappings. */
int law_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt normal_options[], lognormal_options[], exponential_options[];
extern const struct opt law_options[]; /* the kinds, for the reference */

enum profile { PROFILE_INSTANT, PROFILE_SMALL, PROFILE_LARGE, PROFILE_REASONING };
extern const char *const profile_names[];
void profile_laws(enum profile profile, struct law *first_token, struct law *per_token);

#endif
