/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the diagnosis: what its files share. Not for reporters. */
#ifndef STATS_SUMMARY_DIAGNOSE_H
#define STATS_SUMMARY_DIAGNOSE_H

#include "stats/summary_diagnosis.h"
#include "stats/summary_rows.h"

/* All instances of one step, by sample and trial. */
struct summary_span {
    str path;
    const struct summary_instance *first;
    size_t count;
    bool scored; /* some of them have a score */
    size_t number;
};

/* The pattern of a variant's root; where that is `use: NAME`, of the node which that is. */
str summary_root_pattern(const struct summary *summary, size_t variant);
struct summary_span summary_span_of(const struct summary_rows *rows, size_t kind);
/* A path of one name: not the root, no child's child, no item of a list. */
bool summary_is_child(str path);
/* The steps right below the root, in the order of the tree, into room for as many as the variant
 * has paths. Their number. */
size_t summary_children(const struct summary *summary, size_t variant,
                        struct summary_span *spans);
/* The items of a root that is a list of them: `[*]`. Empty when there are none, or of several
 * nodes. */
struct summary_span summary_items(const struct summary *summary, size_t variant);

/* A value of each cell of a variant, in its order, NAN: none; grouped by sample for summary_share. */
struct summary_series summary_series_of(struct arena *scratch, const struct summary *summary,
                                        size_t variant, const double *values);
/* Of such a difference, in [-1,1]: paired_diff over samples. */
struct summary_estimate summary_paired(const struct summary *summary, size_t variant,
                                       const double *differences);
/* An estimate of the pure functions. */
struct stats_accuracy;
struct summary_estimate summary_accuracy(const struct stats_accuracy *accuracy, size_t samples);

/* The facts of one pattern's node in a variant. */
struct summary_node_facts {
    str path;
    const struct summary_fact *first;
    size_t count;
};
/* The nodes of a variant that have facts of a kind, into room for as many as it has paths. */
size_t summary_nodes_with(struct arena *scratch, const struct summary *summary, size_t variant,
                          enum summary_note_kind kind, struct summary_node_facts **nodes);
/* The facts of one instance, from `at`: those up to the place that is returned. */
size_t summary_instance_end(const struct summary_node_facts *node, size_t at);
/* The cell of a fact, by its place among those of the variant; its count when it has none that is
 * finished. Facts come in the order of cells: `from` is where the last one was. */
size_t summary_cell_of(const struct summary *summary, size_t variant,
                       const struct summary_fact *fact, size_t from);

void summary_say(struct summary_diagnosis *diagnosis, str sentence);

/* NULL when there is nothing to say. */
struct summary_chain *summary_chain_of(struct summary *summary, size_t variant);
void summary_say_chain(struct summary *summary, const struct summary_variant *v);

struct summary_vote *summary_vote_of(struct summary *summary, size_t variant);
void summary_say_vote(struct summary *summary, const struct summary_variant *v);

size_t summary_fans_of(struct summary *summary, size_t variant, struct summary_fan **fans);
void summary_say_fan(struct summary *summary, const struct summary_variant *v);

size_t summary_routes_of(struct summary *summary, size_t variant, struct summary_route **routes);
void summary_say_routes(struct summary *summary, size_t variant);

size_t summary_refinements_of(struct summary *summary, size_t variant,
                              struct summary_refinement **refinements);
void summary_say_refinements(struct summary *summary, size_t variant);

size_t summary_plans_of(struct summary *summary, size_t variant, struct summary_plan **plans);
void summary_say_plans(struct summary *summary, size_t variant);

#endif
