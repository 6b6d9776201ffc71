/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for tests of the summary: three variants, up to forty samples, cells of one call. Included
 * after cmocka.h, once a program. */
#ifndef TEST_STATS_ROWS_H
#define TEST_STATS_ROWS_H

#include <math.h>

#include "stats/summary.h"

static const struct summary_variant_meta three_variants[] = {
    {STR_INIT("single"), STR_INIT("call")},
    {STR_INIT("chain"), STR_INIT("chain")},
    {STR_INIT("router"), STR_INIT("route")},
};
static const struct summary_score_meta two_scores[] = {
    {STR_INIT("exact"), 1.0, false, false, false},
    {STR_INIT("style"), 0.0, false, false, false},
};

static inline struct summary_meta meta_of(size_t variants)
{
    return (struct summary_meta){.experiment = STR("exp"),
                                 .variants = three_variants,
                                 .variant_count = variants,
                                 .scores = two_scores,
                                 .score_count = 2,
                                 .samples = 40,
                                 .trials = 3};
}

static const char *const sample_ids[] = {
    "s0",  "s1",  "s2",  "s3",  "s4",  "s5",  "s6",  "s7",  "s8",  "s9",
    "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19",
    "s20", "s21", "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29",
    "s30", "s31", "s32", "s33", "s34", "s35", "s36", "s37", "s38", "s39"};

/* An ok cell of one call that cost `cost` nano-dollars and took `ms` milliseconds. */
static inline struct summary_cell_row cell_of(size_t variant, size_t sample, unsigned trial,
                                              bool right, int64_t cost, int64_t ms)
{
    return (struct summary_cell_row){.variant = variant,
                                     .sample = sample,
                                     .sample_id = str_from(sample_ids[sample]),
                                     .trial = trial,
                                     .status = SUMMARY_OK,
                                     .correct = maybe_of(right),
                                     .score = maybe_of(right ? 1.0 : 0.25),
                                     .cost = {.known_nanousd = cost, .upper_nanousd = cost},
                                     .tokens = {.input = 100, .output = 20},
                                     .traffic = {1, 1, 0, 0, 1, 0},
                                     .latency_ns = ms * 1000000,
                                     .wall_ns = ms * 1100000,
                                     .critical_path_ns = ms * 1000000,
                                     .total_work_ns = ms * 2000000};
}

static inline void add(struct summary *summary, const struct summary_cell_row *row)
{
    struct err err = {0};

    if (summary_add_cell(summary, row, &err) != 0)
        fail_msg("%s", err.message);
}

static inline void add_step(struct summary *summary, const struct summary_step_row *row)
{
    struct err err = {0};

    if (summary_add_step(summary, row, &err) != 0)
        fail_msg("%s", err.message);
}

static inline void finish(struct summary *summary)
{
    struct err err = {0};

    if (summary_finish(summary, &err) != 0)
        fail_msg("%s", err.message);
}

static inline void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-12 * fmax(1.0, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

static inline void assert_contains(str text, const char *part)
{
    if (!str_contains(text, str_from(part)))
        fail_msg("\"%.*s\" does not contain \"%s\"", STR_ARG(text), part);
}

static inline bool has_warning(const struct summary *summary, const char *code, size_t variant)
{
    for (size_t i = 0; i < summary->warning_count; i++)
        if (str_equal(str_from(summary->warnings[i].code), str_from(code)) &&
            summary->warnings[i].variant == variant)
            return true;
    return false;
}

#endif
