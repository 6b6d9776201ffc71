/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoch.h: forgetting what was counted for one scope.
 *
 * Counts are kept under hashes in which the scope is mixed, so those of one scope cannot be told
 * from the others. Mixing an epoch in too, which grows when the scope is reset, makes all of the
 * scope's counts begin anew; the old ones are never met again.
 */
#ifndef MOCK_EPOCH_H
#define MOCK_EPOCH_H

#include "base/str.h"

#include <stdint.h>

struct epochs {
    struct epoch *first; /* of scopes that were reset; zero is none */
};

/* 0 for a scope that was never reset. */
uint64_t epoch_of(const struct epochs *epochs, str scope);
void epoch_next(struct epochs *epochs, str scope);
void epochs_clear(struct epochs *epochs);

#endif
