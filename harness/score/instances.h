/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instances.h: what a score said one by one, for the diagnosis of patterns.
 *
 * A score of a step is the mean over its instances; which draft of a refinement was right, and
 * which label a router should have given, is not to be had from a mean. So the row of such a score
 * keeps a list in JSON, in the order of the trace:
 *
 *     [{"path":"draft[0]","value":0,"pass":false}, {"path":"draft[1]","value":1,"pass":true}]
 *     [{"path":"by","value":0,"pass":false,"given":"Billing","wanted":"Other"}]
 *     [{"path":"plan","value":0,"pass":false,"common":2,"given_items":3,"wanted_items":2}]
 *
 * `given` and `wanted` are of a router's classifier, where the check compares labels (`equals`);
 * `given` is null for none, or for what is no label. The items are those of checks that compare two
 * lists as sets.
 */
#ifndef SCORE_INSTANCES_H
#define SCORE_INSTANCES_H

#include "plan/check.h"

/* Zero is an empty list. */
struct instances {
    json *list;
    bool telling; /* something in it is not said by the score's value */
};

struct instance {
    str path;
    double value; /* 0 to 1 */
    bool passed;
    const struct check_compared *compared; /* NULL: nothing was */
};

/* Is it a router's classifier: "by", "faqs[2].by"? */
bool instance_is_classifier(str path);

void instances_add(struct instances *instances, struct arena *arena,
                   const struct instance *instance);
/* As JSON in the arena; empty for what the score's value says as well. */
str instances_text(const struct instances *instances, struct arena *arena);

#endif
