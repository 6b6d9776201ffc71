/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contests: from verdicts in any order to shares of won pairs and to the judge's lean (see
 * summary_contest.h). The sample is the unit, as everywhere: all that is known of it is averaged first,
 * its trials, pairs and repeats alike. */
#include "stats/summary_contest.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/format.h"
#include "stats/summary_stop.h"
#include "stats/summary_values.h"

/* A row as it is kept. The value is twice what it was: 0, 1 or 2. */
struct kept_verdict {
    uint32_t score, reference, candidate, sample, trial;
    int16_t repeat;
    uint8_t value;
    bool of_candidate; /* whose answer stood first */
};

struct summary_verdicts {
    struct kept_verdict *row;
    size_t count, room;
};

void summary_free_verdicts(struct summary_verdicts *verdicts)
{
    if (!verdicts)
        return;
    xfree(verdicts->row);
    xfree(verdicts);
}

int summary_add_verdict(struct summary *summary, const struct summary_verdict_row *row,
                        struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct summary_row_name name = {summary, row->variant, row->sample, STR(""), row->trial};
    const struct summary_meta *meta = &summary->meta;

    if (!rows)
        BUG("row added to a finished summary");
    if (row->variant >= meta->variant_count || row->opponent >= meta->variant_count ||
        row->score >= meta->score_count || row->variant == row->opponent)
        return summary_refuse(err, &name, "a verdict of no such variant or score");
    if (!(row->value >= 0 && row->value <= 1))
        return summary_refuse(err, &name, "a verdict outside [0,1]");
    if (summary_is_beyond(summary, row->sample))
        return 0;
    if (!rows->verdicts)
        rows->verdicts = xcalloc(1, sizeof *rows->verdicts);
    struct summary_verdicts *all = rows->verdicts;
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 256;
        all->row = xrealloc(all->row, all->room * sizeof *all->row);
    }
    bool is_candidate = meta->baseline == row->opponent ||
                        (meta->baseline != row->variant && row->variant > row->opponent);
    all->row[all->count++] = (struct kept_verdict){
        .score = (uint32_t)row->score,
        .reference = (uint32_t)(is_candidate ? row->opponent : row->variant),
        .candidate = (uint32_t)(is_candidate ? row->variant : row->opponent),
        .sample = (uint32_t)row->sample,
        .trial = row->trial,
        .repeat = (int16_t)row->repeat,
        .value = (uint8_t)(2.0 * row->value + 0.5),
        .of_candidate = is_candidate,
    };
    return 0;
}

/* ---- order ---- */

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_pairs(const struct kept_verdict *a, const struct kept_verdict *b)
{
    int order = compare_numbers(a->score, b->score);

    if (order == 0)
        order = compare_numbers(a->reference, b->reference);
    return order ? order : compare_numbers(a->candidate, b->candidate);
}

static int compare_trials(const struct kept_verdict *a, const struct kept_verdict *b)
{
    int order = compare_pairs(a, b);

    if (order == 0)
        order = compare_numbers(a->sample, b->sample);
    return order ? order : compare_numbers(a->trial, b->trial);
}

static int compare_verdicts(const void *left, const void *right)
{
    const struct kept_verdict *a = left, *b = right;
    int order = compare_trials(a, b);

    if (order == 0)
        order = a->of_candidate - b->of_candidate;
    return order ? order : a->repeat - b->repeat;
}

/* ---- values by sample ---- */

static struct summary_estimate share_of(const struct summary *summary,
                                        struct summary_values *values, const char *reason)
{
    struct summary_series series;

    if (values->count == 0)
        return summary_unknown(reason);
    series = summary_values_series(values);
    series.clusters =
        summary_clusters_of(values->arena, summary, series.places, series.trials.samples);
    return summary_share(summary, &series);
}

/* ---- one trial of a pair ---- */

struct trial {
    const struct kept_verdict *row;
    size_t count, place;
};

struct tally {
    struct summary_values share, first, both_ways, again;
};

static bool is_verdict(const struct kept_verdict *row)
{
    return row->repeat != SUMMARY_OUTCOME;
}

/* For the candidate, whoever stood first. */
static unsigned for_candidate(const struct kept_verdict *row)
{
    return row->of_candidate ? row->value : 2U - row->value;
}

static void add_agreement(const struct trial *trial, struct tally *tally)
{
    for (size_t i = 0; i < trial->count; i++)
        for (size_t k = i + 1; k < trial->count; k++) {
            const struct kept_verdict *a = &trial->row[i], *b = &trial->row[k];
            if (!is_verdict(a) || !is_verdict(b))
                continue;
            summary_values_add(a->of_candidate == b->of_candidate ? &tally->again
                                                                  : &tally->both_ways,
                               trial->place, for_candidate(a) == for_candidate(b));
        }
}

static void add_trial(struct summary_contest *contest, struct summary_duel *duel,
                      const struct trial *trial, struct tally *tally)
{
    bool asked = false, ended = false;
    for (size_t i = 0; i < trial->count; i++) {
        const struct kept_verdict *row = &trial->row[i];
        if (!is_verdict(row)) {
            if (!ended) { /* both cells say it */
                unsigned points = for_candidate(row);
                duel->won += points == 2;
                duel->tied += points == 1;
                duel->lost += points == 0;
                duel->trials++;
                summary_values_add(&tally->share, trial->place, points / 2.0);
            }
            ended = true;
            continue;
        }
        asked = true;
        contest->verdicts++;
        contest->undecided += row->value == 1;
        if (row->value != 1)
            summary_values_add(&tally->first, trial->place, row->value / 2.0);
    }
    duel->asked += asked && ended;
    add_agreement(trial, tally);
}

/* ---- the judge ---- */

static str lean_text(struct arena *arena, const struct summary *summary,
                     const struct summary_contest *c)
{
    const struct summary_estimate *first = &c->first;
    str score = summary->meta.scores[c->score].name;

    if (!first->value.known)
        return STR("");
    const char *lean = first->low.value > 0.5    ? "leans to the first place"
                       : first->high.value < 0.5 ? "leans to the second place"
                                                 : "shows no clear lean to a place";
    str text =
        arena_printf(arena,
                     "The judge of %.*s chose what stood first in %.*s of %" PRIu64
                     " decided verdicts (%s %% interval %.*s): it %s.",
                     STR_ARG(score), STR_ARG(stats_format_percent(arena, first->value)),
                     first->n, stats_format_confidence(arena, summary->meta.confidence).p,
                     STR_ARG(stats_format_percent_range(arena, first->low, first->high)), lean);
    if (!c->both_ways.value.known)
        return text;
    return arena_printf(arena,
                        "%.*s With the places exchanged it says the same in %.*s; where it "
                        "does not, the pair is a tie.",
                        STR_ARG(text),
                        STR_ARG(stats_format_percent(arena, c->both_ways.value)));
}

/* The rows of one score. */
static void fill_contest(struct summary *summary, const struct kept_verdict *row, size_t count,
                         struct summary_contest *contest)
{
    const struct summary_rows *rows = summary->private;
    struct arena scratch = {0};
    struct tally tally = {
        .first.arena = &scratch, .both_ways.arena = &scratch, .again.arena = &scratch};
    size_t duels = 0;

    for (size_t i = 0; i < count; i++)
        duels += i == 0 || compare_pairs(&row[i], &row[i - 1]) != 0;
    *contest = (struct summary_contest){
        .score = row->score, .duels = arena_array(&summary->arena, struct summary_duel, duels)};
    for (size_t i = 0; i < count;) {
        struct summary_duel *duel = &contest->duels[contest->duel_count++];
        size_t begin = i;
        *duel =
            (struct summary_duel){.reference = row[i].reference, .candidate = row[i].candidate};
        tally.share = (struct summary_values){.arena = &scratch};
        while (i < count && compare_pairs(&row[begin], &row[i]) == 0) {
            struct trial trial = {.row = &row[i]};
            uint32_t sample = row[i].sample;
            while (i < count && compare_trials(trial.row, &row[i]) == 0) {
                trial.count++;
                i++;
            }
            if (sample >= rows->place_room || rows->place_of[sample] == 0)
                continue; /* no cell */
            trial.place = rows->place_of[sample] - 1;
            add_trial(contest, duel, &trial, &tally);
        }
        duel->share = share_of(summary, &tally.share, "no pair was decided");
    }
    contest->first = share_of(summary, &tally.first, "no verdict chose one");
    contest->both_ways = share_of(summary, &tally.both_ways, "nobody was asked both ways");
    contest->again = share_of(summary, &tally.again, "nobody was asked twice");
    contest->text = lean_text(&summary->arena, summary, contest);
    arena_release(&scratch);
}

void summary_fill_contests(struct summary *summary)
{
    const struct summary_verdicts *all = summary->private->verdicts;
    size_t scores = 0;

    if (!all)
        return;
    qsort(all->row, all->count, sizeof *all->row, compare_verdicts);
    for (size_t i = 0; i < all->count; i++)
        scores += i == 0 || all->row[i].score != all->row[i - 1].score;
    summary->contests = arena_array(&summary->arena, struct summary_contest, scores);
    for (size_t i = 0; i < all->count;) {
        size_t begin = i;
        while (i < all->count && all->row[i].score == all->row[begin].score)
            i++;
        fill_contest(summary, &all->row[begin], i - begin,
                     &summary->contests[summary->contest_count++]);
    }
}
