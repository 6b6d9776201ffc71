/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * caching.h: the cache of the runs beside an experiment: where it lies, and for whom it is.
 */
#ifndef SESSION_CACHING_H
#define SESSION_CACHING_H

#include "plan/experiment.h"
#include "store/cache.h"

/* Opens it; *cache is NULL when the experiment wants none. */
int caching_open(struct cache **cache, struct arena *arena, const struct experiment *experiment,
                 int64_t most_bytes, struct err *err);
/* For the run of that file. Harmless for NULL. */
void caching_for(struct cache *cache, str run_path);

/* What stands for the addresses of providers when a mock answers: its address changes with every
 * run, what it says with its file. Empty without a mock. */
str caching_world(struct arena *arena, const struct experiment *experiment, bool bundled,
                  str mock_url);

#endif
