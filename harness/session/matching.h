/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * matching.h: which samples of two sides are the same one.
 *
 * Of one dataset (the same fingerprint) each is the one at its place. Of two, samples with the same
 * id and the same content are; then those whose content stands once, and once alone, on either side
 * under another id. Tags, clusters and descriptions are no part of the content.
 */
#ifndef SESSION_MATCHING_H
#define SESSION_MATCHING_H

#include "session/side.h"

struct matching {
    struct side_place *base, *head; /* of each sample; NULL: their own */
    size_t samples;                 /* that head has: those of base alone come behind them */
    const struct summary_matching *told; /* NULL: of one dataset */
};

/* ERR_INPUT when the datasets differ and one side does not know what its samples hold, unless the
 * two have no id in common. */
int matching_make(struct matching *matching, const struct side *base, const struct side *head,
                  struct arena *arena, struct err *err);

#endif
