/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_inside.h: what the files that read an experiment share: the experiment while it is made. Mistakes
 * are added and reading goes on; what has one is left out.
 */
#ifndef PLAN_EXPERIMENT_INSIDE_H
#define PLAN_EXPERIMENT_INSIDE_H

#include "plan/experiment.h"
#include "plan/experiment_tables.h"

struct experiment_loader {
    struct experiment *experiment;
    struct mistakes *mistakes;
    struct opt_parse parse;
    const struct experiment_options *options;
    struct experiment_keys keys;
    const struct yaml *root;
    const struct scope *scope; /* what the root of a variant sees */
};

/* Is it there, and a mapping? `what`: "models"; `of`: "model". */
bool experiment_is_mapping(struct experiment_loader *loader, const struct yaml *yaml,
                           const char *what, const char *of);
/* Letters, digits and _, not starting with a digit. */
void experiment_check_name(struct experiment_loader *loader, const char *what,
                           const struct yaml_pair *pair);
/* `defaults` of the experiment or a variant. They count when a call is bound; here they are
 * looked at whether a call uses them or not. */
int experiment_check_defaults(struct experiment_loader *loader, const struct yaml *defaults);

/* experiment_settings.c: settings, limits and budgets; the rows; what a report shows; the mock. */
void experiment_load_settings(struct experiment_loader *loader);
void experiment_load_dataset(struct experiment_loader *loader);
void experiment_check_groups(struct experiment_loader *loader);
void experiment_check_plots(struct experiment_loader *loader);
void experiment_load_mock(struct experiment_loader *loader);

/* experiment_models.c: whom calls go to. The default limits of providers come last: they depend on what
 * else was read. */
void experiment_load_providers(struct experiment_loader *loader);
void experiment_load_models(struct experiment_loader *loader);
void experiment_load_defaults(struct experiment_loader *loader);
void experiment_limit_providers(struct experiment *experiment);

/* experiment_variants.c: variants with the nodes and tools that they share, once the names that they see
 * are in loader->scope. */
void experiment_load_variants(struct experiment_loader *loader);

#endif
