/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates_text.c: estimates for a terminal (see estimates.h).
 *
 * Every figure stands three times: at least, expected, worst. What has no bound is marked, and each mark
 * that occurs is explained once at the end.
 */
#include "session/estimates.h"

#include "base/text.h"
#include "plan/experiment_scores.h"
#include "stats/format.h"

#include <math.h>

enum { NAME_WIDTH = 26, COLUMN_WIDTH = 12 };

static const char *const labels[] = {"calls", "input tokens", "output tokens", "cost"};

struct printing {
    struct arena *arena;
    struct buf *out;
    bool open; /* a mark was set */
};

/* printf counts bytes, and the marks have several. */
static void column(struct printing *p, str text)
{
    size_t wide = utf8_count(text);
    buf_printf(p->out, "%*s%.*s", wide < COLUMN_WIDTH ? (int)(COLUMN_WIDTH - wide) : 1, "",
               STR_ARG(text));
}

static str figure(struct printing *p, enum estimate_part part, double value, bool open)
{
    const double usd = 1e-9;
    if (open)
        p->open = true;
    if (open && value <= 0)
        return STR("unknown");
    double shown = part == ESTIMATE_CALLS ? value : round(value);
    str text = part == ESTIMATE_NANOUSD ? stats_format_usd(p->arena, maybe_of(value * usd))
                                        : stats_format_amount(p->arena, maybe_of(shown));
    return open ? arena_printf(p->arena, "≥ %.*s", STR_ARG(text)) : text;
}

static void columns(struct printing *p, enum estimate_part part, struct spread spread)
{
    bool unknown = spread.open && spread.low <= 0 && spread.worst <= 0;
    column(p, figure(p, part, spread.low, unknown));
    column(p, figure(p, part, spread.expected, spread.open));
    column(p, figure(p, part, spread.worst, spread.open));
}

/* `cell` may be NULL: what is not there for every cell. */
static void rows(struct printing *p, const struct estimate *cell, const struct estimate *all)
{
    for (int i = 0; i < ESTIMATE_SHOWN; i++) {
        buf_printf(p->out, "    %-*s", NAME_WIDTH - 4, labels[i]);
        if (cell)
            columns(p, (enum estimate_part)i, cell->part[i]);
        else
            buf_printf(p->out, "%*s", 3 * COLUMN_WIDTH, "");
        columns(p, (enum estimate_part)i, all->part[i]);
        buf_add_char(p->out, '\n');
    }
}

static void heading(struct printing *p)
{
    buf_printf(p->out, "\n  %-*s%*s%*s\n  %-*s", NAME_WIDTH - 2, "", 3 * COLUMN_WIDTH, "a cell",
               3 * COLUMN_WIDTH, "in all", NAME_WIDTH - 2, "variant");
    for (int i = 0; i < 2; i++)
        buf_printf(p->out, "%*s%*s%*s", COLUMN_WIDTH, "low", COLUMN_WIDTH, "expected",
                   COLUMN_WIDTH, "worst");
    buf_add_char(p->out, '\n');
}

/* ---- time and money ---- */

static str duration(struct printing *p, double seconds, bool open)
{
    static const struct {
        double seconds;
        const char *name;
    } unit[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (i < 3 && seconds < 2 * unit[i].seconds)
        i++;
    str text = arena_printf(p->arena, "%.3g %s", seconds / unit[i].seconds, unit[i].name);
    return open ? arena_printf(p->arena, "≥ %.*s", STR_ARG(text)) : text;
}

static void rates(struct printing *p, const struct estimates *e)
{
    str low = duration(p, e->rates_s.low, false),
        expected = duration(p, e->rates_s.expected, e->rates_s.open),
        worst = duration(p, e->rates_s.worst, e->rates_s.open);
    p->open = p->open || e->rates_s.open;
    buf_printf(p->out,
               "  %s the rates alone take %.*s, expected %.*s, worst %.*s, most by %.*s",
               e->wall_by.n ? "     " : "time:", STR_ARG(low), STR_ARG(expected),
               STR_ARG(worst), STR_ARG(e->rates_by));
    buf_printf(p->out, e->wall_by.n ? "\n" : ";\n  how long calls take comes on top\n");
}

static void wall(struct printing *p, const struct estimates *e)
{
    buf_add_char(p->out, '\n');
    if (e->wall_by.n) {
        str low = duration(p, e->wall_s.low, false),
            expected = duration(p, e->wall_s.expected, e->wall_s.open),
            worst = duration(p, e->wall_s.worst, e->wall_s.open);
        p->open = p->open || e->wall_s.open;
        buf_printf(p->out, "  time: %.*s expected, from %.*s to %.*s, most by %.*s%s",
                   STR_ARG(expected), STR_ARG(low), STR_ARG(worst), STR_ARG(e->wall_by),
                   e->run.id.n ? ";\n" : "\n");
        if (e->run.id.n) /* else nothing takes time */
            buf_printf(p->out,
                       "        with calls as in run %.*s, all as its fastest to all as its "
                       "slowest of a step\n",
                       STR_ARG(e->run.id));
    }
    if (e->rates_by.n)
        rates(p, e);
    else if (!e->wall_by.n)
        buf_printf(p->out,
                   "  time: no rate per minute is set, and how long calls take is known "
                   "only from a run\n");
}

static str budget_figure(struct printing *p, const struct budget_estimate *budget, double value)
{
    bool money = str_equal(str_from(budget->key), STR("usd"));
    if (str_equal(str_from(budget->key), STR("time")))
        return duration(p, value, false);
    return money ? stats_format_usd(p->arena, maybe_of(value))
                 : stats_format_amount(p->arena, maybe_of(round(value)));
}

static void one_budget(struct printing *p, const struct budget_estimate *budget)
{
    str given = budget_figure(p, budget, budget->budget);
    str low = budget_figure(p, budget, budget->needs.low),
        expected = budget_figure(p, budget, budget->needs.expected);
    buf_printf(p->out, "budget.run.%s of %.*s: ", budget->key, STR_ARG(given));
    switch (budget->verdict) {
    case ESTIMATES_FITS:
        buf_printf(p->out, "enough, whatever happens but retries\n");
        return;
    case ESTIMATES_MAY_NOT:
        buf_printf(p->out, "%.*s is expected; more is possible\n", STR_ARG(expected));
        return;
    case ESTIMATES_LIKELY_NOT:
        buf_printf(p->out, "%.*s is expected, so the run will probably end early\n",
                   STR_ARG(expected));
        return;
    case ESTIMATES_CANNOT:
        buf_printf(p->out, "the run needs at least %.*s and will end early\n", STR_ARG(low));
        return;
    }
}

/* ---- what the figures stand on ---- */

static str unpriced(struct printing *p, const struct estimates *e)
{
    struct buf list = {0};
    for (size_t i = 0; i < e->models; i++)
        if (!e->model[i].model->price.known)
            buf_printf(&list, "%s'%.*s'", list.n ? ", " : "", STR_ARG(e->model[i].model->name));
    str text = arena_str(p->arena, buf_str(&list));
    buf_release(&list);
    return text;
}

static void notes(struct printing *p, const struct estimates *e)
{
    const size_t samples = e->experiment->dataset.count;
    str without = unpriced(p, e);
    buf_printf(
        p->out,
        "\n  Tokens are estimated at four bytes each, in the worst case at one byte each. "
        "Retries are not\n  counted. ");
    if (e->run.id.n)
        buf_printf(
            p->out,
            "Expected is what steps took in run %.*s%s%s;\n  of a step that it lacks, half "
            "of max_tokens, which is a guess.\n",
            STR_ARG(e->run.id), e->run.mock ? ", of a mock" : "",
            e->run.edited ? ", before an edit" : "");
    else
        buf_printf(p->out, "Of a reply half of max_tokens is expected, which is a guess.\n");
    if (without.n)
        buf_printf(p->out, "  No price is known of %.*s: cost is without it.\n",
                   STR_ARG(without));
    if (p->open)
        buf_printf(p->out, "  ≥, unknown: a reply without max_tokens, a text that only the run "
                           "makes or a price that is not\n  known is missing there.\n");
    if (e->measured < samples)
        buf_printf(p->out, "  Prompts were measured with %zu of %zu samples.\n", e->measured,
                   samples);
}

void estimates_as_text(struct arena *arena, struct buf *out, const struct estimates *e)
{
    struct printing p = {.arena = arena, .out = out};
    heading(&p);
    for (size_t i = 0; i < e->experiment->variants; i++) {
        buf_printf(out, "  %.*s\n", STR_ARG(e->experiment->variant[i].name));
        rows(&p, &e->variant[i].cell, &e->variant[i].all);
    }
    for (size_t i = 0; i < e->scores; i++) {
        str name = text_visible(arena, e->score[i].score->name);
        buf_printf(out, "  score %.*s\n", STR_ARG(name));
        rows(&p, NULL, &e->score[i].all);
    }
    if (e->setup.part[ESTIMATE_CALLS].worst > 0) {
        buf_printf(out, "  examples, embedded before the first cell\n");
        rows(&p, NULL, &e->setup);
    }
    buf_printf(out, "  all together\n");
    rows(&p, NULL, &e->all);
    wall(&p, e);
    for (size_t i = 0; i < e->budgets; i++) {
        buf_printf(out, "  ");
        one_budget(&p, &e->budget[i]);
    }
    notes(&p, e);
}

void estimates_warn(struct arena *arena, struct buf *out, const struct estimates *e)
{
    struct printing p = {.arena = arena, .out = out};
    for (size_t i = 0; i < e->budgets; i++)
        if (e->budget[i].verdict == ESTIMATES_CANNOT ||
            e->budget[i].verdict == ESTIMATES_LIKELY_NOT) {
            buf_printf(out, "warning: ");
            one_budget(&p, &e->budget[i]);
        }
}
