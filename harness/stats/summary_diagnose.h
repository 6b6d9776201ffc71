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

/* The steps right below the root, in the order of the tree, into room for as many as the variant
 * has paths. Their number. */
size_t summary_children(const struct summary *summary, size_t variant,
                        struct summary_span *spans);
/* The items of a root that is a list of them: `[*]`. Empty when there are none, or of several
 * nodes. */
struct summary_span summary_items(const struct summary *summary, size_t variant);

void summary_say(struct summary_diagnosis *diagnosis, str sentence);

/* NULL when there is nothing to say. */
struct summary_chain *summary_chain_of(struct summary *summary, size_t variant);
void summary_say_chain(struct summary *summary, const struct summary_variant *v);

struct summary_vote *summary_vote_of(struct summary *summary, size_t variant);
void summary_say_vote(struct summary *summary, const struct summary_variant *v);

struct summary_fan *summary_fan_of(struct summary *summary, size_t variant);
void summary_say_fan(struct summary *summary, const struct summary_variant *v);

#endif
