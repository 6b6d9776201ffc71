/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoch.c: a list of scopes that were reset (see epoch.h). Tests reset a handful of scopes, and
 * a server without resets has none to look through.
 */
#include "mock_server/epoch.h"

#include "base/mem.h"

#include <string.h>

struct epoch {
    struct epoch *next;
    uint64_t number;
    size_t n;
    char scope[];
};

static struct epoch *find(const struct epochs *epochs, str scope)
{
    struct epoch *epoch = epochs->first;
    while (epoch && !str_equal((str){epoch->scope, epoch->n}, scope))
        epoch = epoch->next;
    return epoch;
}

uint64_t epoch_of(const struct epochs *epochs, str scope)
{
    const struct epoch *epoch = epochs->first ? find(epochs, scope) : NULL;
    return epoch ? epoch->number : 0;
}

void epoch_next(struct epochs *epochs, str scope)
{
    struct epoch *epoch = find(epochs, scope);
    if (!epoch) {
        epoch = xcalloc(1, sizeof *epoch + scope.n);
        epoch->n = scope.n;
        if (scope.n)
            memcpy(epoch->scope, scope.p, scope.n);
        epoch->next = epochs->first;
        epochs->first = epoch;
    }
    epoch->number++;
}

void epochs_clear(struct epochs *epochs)
{
    while (epochs->first) {
        struct epoch *epoch = epochs->first;
        epochs->first = epoch->next;
        xfree(epoch);
    }
}
