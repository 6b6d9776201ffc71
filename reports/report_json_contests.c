/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_json_contests.c: what judges said of pairs of variants, in the JSON report (see
 * report_json.h).
 */
#include "reports/report_json.h"

#include "stats/summary_contest.h"

static void write_duel(struct json_out *to, const struct summary *summary,
                       const struct summary_duel *duel)
{
    json_out_flat_object(to, NULL);
    json_out_text(to, "variant", summary->variants[duel->candidate].name);
    json_out_text(to, "against", summary->variants[duel->reference].name);
    json_out_count(to, "trials", duel->trials);
    json_out_count(to, "asked", duel->asked);
    json_out_count(to, "won", duel->won);
    json_out_count(to, "tied", duel->tied);
    json_out_count(to, "lost", duel->lost);
    json_out_estimate(to, "share", &duel->share, 1);
    json_out_end(to);
}

void report_json_contests(struct json_out *to, const struct summary *summary)
{
    json_out_list(to, "contests");
    for (size_t i = 0; i < summary->contest_count; i++) {
        const struct summary_contest *contest = &summary->contests[i];
        json_out_object(to, NULL);
        json_out_text(to, "score", summary->meta.scores[contest->score].name);
        json_out_count(to, "verdicts", contest->verdicts);
        json_out_count(to, "undecided", contest->undecided);
        json_out_estimate(to, "first_place", &contest->first, 1);
        json_out_estimate(to, "both_ways", &contest->both_ways, 1);
        json_out_estimate(to, "again", &contest->again, 1);
        json_out_text_or_null(to, "text", contest->text);
        json_out_list(to, "pairs");
        for (size_t k = 0; k < contest->duel_count; k++)
            write_duel(to, summary, &contest->duels[k]);
        json_out_end(to);
        json_out_end(to);
    }
    json_out_end(to);
}
