/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vigil_difference.c: what an edit did, in a line for each variant (see vigil.h). The figures are those of
 * `weir compare` of the two runs, which says more.
 */
#include "cmd/comparing.h"
#include "cmd/vigil.h"

#include "base/text.h"
#include "stats/format.h"

enum { NAME_COLUMNS = 24, SHARE_COLUMNS = 9 };

static void column(struct buf *out, str text, size_t columns)
{
    size_t wide = text_columns(text);
    buf_printf(out, "%*s%.*s", wide < columns ? (int)(columns - wide) : 1, "", STR_ARG(text));
}

static void name_column(struct buf *out, struct arena *arena, str name)
{
    str shown = text_clip(arena, text_visible(arena, name), NAME_COLUMNS);
    buf_printf(out, "  %.*s%*s", STR_ARG(shown), (int)(NAME_COLUMNS - text_columns(shown)), "");
}

static bool was_asked(const struct summary_variant *variant)
{
    return variant->traffic.sent || variant->roles[SUMMARY_JUDGE].traffic.sent;
}

static void tell_pair(struct buf *out, struct arena *arena, const struct summary *summary,
                      const struct summary_comparison *pair, str name)
{
    const struct summary_variant *before = &summary->variants[pair->baseline],
                                 *now = &summary->variants[pair->candidate];
    const struct summary_estimate *difference = &pair->accuracy;
    name_column(out, arena, name);
    column(out, stats_format_percent(arena, before->accuracy.value), SHARE_COLUMNS);
    column(out, stats_format_percent(arena, now->accuracy.value), SHARE_COLUMNS);
    if (!was_asked(now) && !pair->gained && !pair->lost) {
        buf_printf(out, "   nothing was asked again\n");
        return;
    }
    column(out, stats_format_points(arena, difference->value), SHARE_COLUMNS);
    if (difference->low.known)
        buf_printf(out, " points (%.*s to %.*s)",
                   STR_ARG(stats_format_points(arena, difference->low)),
                   STR_ARG(stats_format_points(arena, difference->high)));
    buf_printf(out, ", %s", summary_verdict_name(pair->verdict));
    if (pair->gained || pair->lost)
        buf_printf(out, "; samples gained %llu, lost %llu", (unsigned long long)pair->gained,
                   (unsigned long long)pair->lost);
    buf_add_char(out, '\n');
}

/* Variants of this run that the one before did not have. */
static void tell_new(struct buf *out, const struct comparing *c)
{
    for (size_t v = 0; v < c->head.side.variants; v++) {
        bool met = false;
        for (size_t i = 0; i < c->pairs; i++)
            met = met || c->pair[i].candidate == v;
        if (met)
            continue;
        name_column(out, c->arena, c->head.side.variant[v].name);
        buf_printf(out, "  was not in the run before\n");
    }
}

int vigil_difference(struct buf *out, str before, str now, struct arena *arena, struct err *err)
{
    struct comparing c = {
        .arena = arena, .err = err, .base = {.given = before}, .head = {.given = now}};
    struct summary *summary;
    if (comparing_open(&c) < 0)
        return -1;
    int result = comparing_summarise(&c, &summary);
    if (result == 0) {
        buf_printf(out, "Against the run before, %.*s:\n  %-*s%*s%*s%*s\n",
                   STR_ARG(c.base.side.run), NAME_COLUMNS, "accuracy", SHARE_COLUMNS, "before",
                   SHARE_COLUMNS, "now", SHARE_COLUMNS + 3, "difference");
        for (size_t i = 0; i < summary->comparison_count && i < c.pairs; i++)
            tell_pair(out, arena, summary, &summary->comparisons[i],
                      c.head.side.variant[c.pair[i].candidate].name);
        tell_new(out, &c);
    }
    summary_free(summary);
    return result;
}
