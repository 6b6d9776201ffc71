/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load.h: service that slows down with the requests that are served at the same time.
 *
 * Mode real counts them, and so depends on arrival by nature; mode keyed draws their number from
 * the request and its attempt.
 */
#ifndef MOCK_LOAD_H
#define MOCK_LOAD_H

#include "base/option.h"
#include "base/rng.h"

struct load {
    double per_request; /* all times grow by this share for each other request; 0: never */
    bool is_keyed;
    double others; /* keyed: their mean number */
};

/* Custom reader for a struct load: a share or a mapping. */
int load_read(struct opt_parse *parse, const struct yaml *value, void *field);
extern const struct opt load_options[];

/* The factor on all times; `active`: other requests of the model in service, for mode real. */
double load_factor(const struct load *load, int64_t active, struct rng_key key);

#endif
