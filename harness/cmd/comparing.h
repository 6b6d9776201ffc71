/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparing.h: the two sides of weir compare, which of their variants meet, and the summary of both.
 */
#ifndef CMD_COMPARING_H
#define CMD_COMPARING_H

#include "base/option.h"
#include "session/matching.h"
#include "session/side.h"

/* What one of the two words means. */
struct comparing_side {
    str given;
    struct side side;
    bool has_variant;
    bool is_newest; /* a variant's name alone: of the newest run */
    size_t variant; /* of the side */
};

/* The caller sets arena, err, what was given and group_by. Texts and rows are in the arena. */
struct comparing {
    struct arena *arena;
    struct err *err;
    struct comparing_side base, head;
    bool head_is_chosen; /* nobody named it */
    struct matching matching;
    struct opt_texts group_by; /* empty: what the experiment says */
    struct summary_pair *pair; /* variants of base and of head */
    size_t pairs;
};

/* What was not given: HEAD is the newest complete run in the current folder's store, and BASE the one
 * before it of the same experiment and kind of provider. Says on stderr what it took, and what newer it
 * did not. ERR_INPUT, with what to do: there are not so many. */
int comparing_choose(struct comparing *c, const str *arg, size_t args);
/* Reads both sides from what was given, matches their samples and finds the pairs. ERR_INPUT: one cannot be
 * read, or they cannot be compared. */
int comparing_open(struct comparing *c);
/* The summary of both, for summary_free, which is made also after an error. Each variant has a name that
 * tells its side. */
int comparing_summarise(struct comparing *c, struct summary **summary);

#endif
