/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tally.h: counting ballots, deciding, and how many to ask next. Pure: no fibers, no calls.
 *
 * A tally is told of ballots in the order of the voters and knows how many there will be in all.
 */
#ifndef PATTERNS_TALLY_H
#define PATTERNS_TALLY_H

#include "base/json.h"

enum tally_rule {
    TALLY_MAJORITY,  /* more than half of all voters, spoiled ballots counted */
    TALLY_PLURALITY, /* more than any other */
};

struct tally_entry {
    str key;            /* equal ballots have equal keys */
    const json *ballot; /* the first of them */
    size_t votes;
};

struct tally {
    enum tally_rule rule;
    size_t voters; /* in all */
    size_t cast;   /* so far, spoiled ones too */
    size_t spoiled;
    struct tally_entry *entry; /* in order of first appearance; room for `voters` */
    size_t entries;
};

struct tally tally_new(struct arena *arena, enum tally_rule rule, size_t voters);
/* NULL: a spoiled ballot. Texts are equal after trimming, squeezing blanks and lower-casing,
 * other values as JSON. */
void tally_add(struct tally *tally, struct arena *arena, const json *ballot);

/* The winner whatever those say who were not asked; NULL: none, as far as is known. */
const struct tally_entry *tally_winner(const struct tally *tally);
/* Can nothing change any more: is there a winner for sure, or none for sure? */
bool tally_is_decided(const struct tally *tally);
/* Votes of the first over those of the second. */
size_t tally_margin(const struct tally *tally);
/* How many more votes for the leader would decide: at the start a bare majority. At least 1 while
 * undecided, at most as many as are left. */
size_t tally_lacking(const struct tally *tally);

#endif
