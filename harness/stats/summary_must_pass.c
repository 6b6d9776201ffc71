/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule that some samples must be right in every trial: no statistics, one wrong answer is enough. */
#include "stats/summary_require_inside.h"

struct tally {
    uint64_t trials, wrong, open, samples;
    str first_wrong; /* a few of them, by name */
    uint64_t named;
};

static void count_cell(struct summary_judging *j, const struct summary_cell *cell,
                       struct tally *tally)
{
    enum { NAMES_SHOWN = 5 };
    enum summary_status status = (enum summary_status)cell->status;
    str id = j->summary->private->samples[cell->place].id;

    tally->trials++;
    if (!summary_is_finished(status) || status == SUMMARY_UNSCORED) {
        tally->open++;
        return;
    }
    if (status == SUMMARY_OK && cell->correct > 0)
        return;
    tally->wrong++;
    if (tally->named < NAMES_SHOWN)
        tally->first_wrong = arena_printf(&j->summary->arena, "%.*s%s%.*s (trial %u%s)",
                                          STR_ARG(tally->first_wrong), tally->named ? ", " : "",
                                          STR_ARG(id), cell->trial,
                                          status == SUMMARY_OK        ? ""
                                          : status == SUMMARY_TIMEOUT ? ", timeout"
                                                                      : ", error");
    else if (tally->named == NAMES_SHOWN)
        tally->first_wrong =
            arena_printf(&j->summary->arena, "%.*s, …", STR_ARG(tally->first_wrong));
    tally->named++;
}

static bool is_wanted(const struct summary_rule *rule, size_t sample)
{
    for (size_t i = 0; i < rule->sample_count; i++)
        if (rule->samples[i] == sample)
            return true;
    return false;
}

void summary_judge_must_pass(struct summary_judging *j)
{
    struct summary_requirement *r = j->requirement;
    const struct summary_rows *rows = j->summary->private;
    struct arena *arena = &j->summary->arena;
    struct tally tally = {0};

    for (size_t i = rows->cell_start[j->rule->variant];
         i < rows->cell_start[j->rule->variant + 1]; i++) {
        const struct summary_cell *cell = &rows->cells[i];

        if (!is_wanted(j->rule, cell->sample))
            continue;
        tally.samples +=
            i == rows->cell_start[j->rule->variant] || rows->cells[i - 1].place != cell->place;
        count_cell(j, cell, &tally);
    }
    r->measured = summary_unknown("no sample has the tag or id");
    if (tally.trials)
        r->measured = (struct summary_estimate){
            .value = maybe_of(1.0 - (double)tally.wrong / (double)tally.trials),
            .method = "none",
            .n = tally.samples};
    r->verdict = tally.wrong                       ? STATS_GATE_FAIL
                 : tally.open || tally.trials == 0 ? STATS_GATE_INCONCLUSIVE
                                                   : STATS_GATE_PASS;
    if (tally.wrong)
        r->text = arena_printf(arena, "%llu of %llu trials are wrong: %.*s.",
                               (unsigned long long)tally.wrong,
                               (unsigned long long)tally.trials, STR_ARG(tally.first_wrong));
    else if (tally.trials == 0)
        r->text = STR("No sample of the run has such a tag or id.");
    else if (tally.open)
        r->text =
            arena_printf(arena, "%llu of %llu trials have no score yet.",
                         (unsigned long long)tally.open, (unsigned long long)tally.trials);
    else
        r->text =
            arena_printf(arena, "All %llu trials of %llu sample%s are correct.",
                         (unsigned long long)tally.trials, (unsigned long long)tally.samples,
                         tally.samples == 1 ? "" : "s");
}
