/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_tables.h: the option tables of an experiment file, for its loader, for the reference
 * page and for the JSON Schema.
 */
#ifndef PLAN_EXPERIMENT_TABLES_H
#define PLAN_EXPERIMENT_TABLES_H

#include "plan/experiment.h"

/* The top level, as written. */
struct experiment_keys {
    str description;
    const struct yaml *dataset, *vars, *providers, *models, *defaults, *nodes, *tools, *variants;
    const struct yaml *budget, *limits, *retry, *score, *baseline, *report, *mock;
    const struct yaml *require, *stop, *perturb;
    str prompts, schemas;
    int64_t trials, seed, concurrency;
    int order, cache;
};

struct variant_keys {
    str extends;
    const struct yaml *set, *unset, *defaults, *matrix;
};

struct score_keys {
    str step, description, model;
    double weight;
    int64_t repeats;
    bool has_weight, has_repeats;
};

extern const struct opt experiment_options[];
extern const struct opt variant_options[];
extern const struct opt score_options[];
extern const struct opt limits_options[];
extern const struct opt budgets_options[];
extern const struct opt report_options[];
/* The pictures of reports/plot_table.h, by name; ends with NULL. */
extern const char *const report_plot_names[];

#endif
