/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prometheus.h: lines of Prometheus' text format, version 0.0.4.
 */
#ifndef MOCK_PROMETHEUS_H
#define MOCK_PROMETHEUS_H

#include "base/buf.h"

/* What stands before the samples of a name: HELP and TYPE (counter, gauge, histogram). */
void prometheus_family(struct buf *out, const char *name, const char *type, const char *help);
/* One sample. `labels`: name, value, name, value, …, NULL; NULL: none. */
void prometheus_sample(struct buf *out, const char *name, const char *const *labels,
                       double value);
/* A family of one sample without labels. */
void prometheus_single(struct buf *out, const char *name, const char *type, const char *help,
                       double value);

#endif
