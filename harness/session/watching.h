/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watching.h: the pair of variants that `stop` of an experiment watches, for the run that may end
 * early: what run/stopping.h asks, answered by stats/stop.h.
 */
#ifndef SESSION_WATCHING_H
#define SESSION_WATCHING_H

#include "plan/experiment.h"
#include "plan/plan.h"
#include "run/run.h"
#include "stats/stop.h"

struct watching {
    const struct experiment *experiment;
    struct stats_stop stop;
    struct stats_clusters clusters; /* of samples in the order of the plan */
};

/* Only for an experiment with `stop`. `earlier`: the file of a run that goes on, whose cells have
 * been looked at; NULL: none. Afterwards watching_decide and it are run_options.decide. ERR_INPUT,
 * ERR_FAILED of the file; nothing is to be closed then. */
int watching_open(struct watching *watching, const struct experiment *experiment,
                  const char *earlier, struct arena *arena, struct err *err);
void watching_close(struct watching *watching);
run_decide watching_decide;

#endif
