/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tally.c: counting ballots (see tally.h).
 *
 * Both rules come down to two figures: what the leader has and what all others could still get.
 */
#include "patterns/tally.h"

#include "base/answer.h"

struct tally tally_new(struct arena *arena, enum tally_rule rule, size_t voters)
{
    return (struct tally){
        .rule = rule,
        .voters = voters,
        .entry = arena_array(arena, struct tally_entry, voters + 1),
    };
}

void tally_add(struct tally *tally, struct arena *arena, const json *ballot)
{
    tally->cast++;
    if (!ballot) {
        tally->spoiled++;
        return;
    }
    str key = answer_key(arena, ballot);
    for (size_t i = 0; i < tally->entries; i++)
        if (str_equal(tally->entry[i].key, key)) {
            tally->entry[i].votes++;
            return;
        }
    tally->entry[tally->entries++] = (struct tally_entry){key, ballot, 1};
}

/* ---- who is ahead ---- */

struct race {
    const struct tally_entry *first; /* NULL: no valid ballot yet */
    size_t first_votes, second_votes;
    size_t left; /* not asked yet */
};

static struct race race_of(const struct tally *tally)
{
    struct race race = {.left = tally->voters - tally->cast};
    for (size_t i = 0; i < tally->entries; i++) {
        const struct tally_entry *entry = &tally->entry[i];
        if (entry->votes > race.first_votes) {
            race.second_votes = race.first_votes;
            race.first_votes = entry->votes;
            race.first = entry;
        } else if (entry->votes > race.second_votes) {
            race.second_votes = entry->votes;
        }
    }
    return race;
}

static size_t majority_of(const struct tally *tally)
{
    return tally->voters / 2 + 1;
}

const struct tally_entry *tally_winner(const struct tally *tally)
{
    struct race race = race_of(tally);
    bool won = tally->rule == TALLY_MAJORITY ? race.first_votes >= majority_of(tally)
                                             : race.first_votes > race.second_votes + race.left;
    return won ? race.first : NULL;
}

bool tally_is_decided(const struct tally *tally)
{
    struct race race = race_of(tally);
    bool out_of_reach =
        tally->rule == TALLY_MAJORITY && race.first_votes + race.left < majority_of(tally);
    return race.left == 0 || out_of_reach || tally_winner(tally);
}

size_t tally_margin(const struct tally *tally)
{
    struct race race = race_of(tally);
    return race.first_votes - race.second_votes;
}

/* Plurality: with x more votes the lead must pass what is left then, left - x. */
size_t tally_lacking(const struct tally *tally)
{
    struct race race = race_of(tally);
    if (tally_is_decided(tally))
        return 0;
    if (tally->rule == TALLY_MAJORITY)
        return majority_of(tally) - race.first_votes;
    return (race.left - (race.first_votes - race.second_votes)) / 2 + 1;
}
