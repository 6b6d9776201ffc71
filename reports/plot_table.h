/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_table.h: the table of pictures: a row declares the maker and is the entry.
 *
 * A row is the maker without its "plot_", the name of the files, and one line for lists. Rows
 * stand in the order of names.
 */
#ifndef REPORTS_PLOT_TABLE_H
#define REPORTS_PLOT_TABLE_H

/* clang-format off */
#define PLOT_TABLE(row) \
    row(accuracy,       "accuracy",       "accuracy of each variant with its interval") \
    row(calls,          "calls",          "calls and retries by step") \
    row(confusion,      "confusion",      "what routers send where, and what belongs there") \
    row(cost,           "cost",           "cost against accuracy, and who is dominated") \
    row(latency,        "latency",        "share of cells that ended within a time") \
    row(quantiles,      "quantiles",      "latency at p50, p90, p95 and p99 with intervals") \
    row(refine_gain,    "refine-gain",    "what each round of a refinement gains") \
    row(refine_quality, "refine-quality", "quality after each round of a refinement") \
    row(speed,          "speed",          "median latency against accuracy") \
    row(steps_cost,     "steps-cost",     "cost of a cell, stacked by step") \
    row(steps_time,     "steps-time",     "work of a cell, stacked by step") \
    row(steps_tokens,   "steps-tokens",   "tokens of a cell, stacked by step") \
    row(votes,          "votes",          "accuracy of a majority by its size, predicted and measured") \
    row(waterfall,      "waterfall",      "calls of a typical cell and of the slowest one")
/* clang-format on */

#endif
