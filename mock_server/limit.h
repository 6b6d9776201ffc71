/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limit.h: rate limits and quotas.
 *
 * Mode keyed draws refusals by the request and the attempt: order-free. Modes real and virtual
 * count what arrives, per key or per model, and so depend on arrival by nature; virtual counts
 * on a clock that only /mock/clock moves.
 */
#ifndef MOCK_LIMIT_H
#define MOCK_LIMIT_H

#include "mock_server/dialect.h"
#include "mock_server/reading.h"

enum limit_per { PER_KEY, PER_MODEL };
enum limit_shape { SHAPE_BUCKET, SHAPE_WINDOW };
enum limit_mode { LIMIT_REAL, LIMIT_KEYED, LIMIT_VIRTUAL };

struct limit {
    enum limit_per per;
    str model;                  /* empty: all */
    int64_t rpm, tpm, requests; /* 0: none */
    enum limit_shape shape;
    enum limit_mode mode;
    double share;
};

struct limits {
    const struct limit *limit;
    size_t count;
};

/* Custom reader for a struct limits. */
int limits_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt limit_options[];

struct limit_counts; /* what has arrived; any thread may use them */
struct limit_counts *limit_counts_new(void);
void limit_counts_clear(struct limit_counts *counts);
void limit_counts_forget(struct limit_counts *counts, str scope);
void limit_counts_free(struct limit_counts *counts);

struct limit_clocks {
    int64_t real_ns, virtual_ns;
};

/* Counts the request against every limit it falls under and says what the headers show (of the
 * tightest limit). -1 and a 429 when one of them refuses it; it is then counted nowhere. */
int limits_take(const struct limits *limits, struct limit_counts *counts,
                const struct request *request, struct rng_key draw, struct limit_clocks now,
                struct quota_state *state, struct trouble *trouble);

#endif
