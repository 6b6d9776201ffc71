/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calls were made for: the steps of the workflow, its routers, the judges of its scores. Steps
 * and routers add up to what a variant used and cost; judges have an account of their own, by
 * score, which is in no other figure. All sums are of integers, so that the order of the rows is
 * without consequence. */
#include <stdlib.h>

#include "base/mem.h"
#include "stats/summary_values.h"

const char *summary_role_name(enum summary_role role)
{
    static const char *const names[SUMMARY_ROLES] = {"step", "router", "judge"};

    return names[role];
}

void summary_judge_add(struct summary_judge_sum *sum, const struct summary_judge_row *row)
{
    sum->cells += row->traffic.calls > 0;
    sum->ungraded += row->ungraded;
    sum->work_ns += row->work_ns;
    summary_traffic_add(&sum->account.traffic, &row->traffic);
    summary_tokens_add(&sum->account.tokens, &row->tokens);
    summary_money_add(&sum->account.cost, &row->cost);
}

/* ---- repeats of a judge ---- */

void summary_agreement_add(struct summary_rows *rows, const struct summary_judge_row *row)
{
    if (!row->agreement.known)
        return;
    if (rows->agreement_count == rows->agreement_room) {
        rows->agreement_room = rows->agreement_room ? 2 * rows->agreement_room : 256;
        rows->agreements =
            xrealloc(rows->agreements, rows->agreement_room * sizeof *rows->agreements);
    }
    rows->agreements[rows->agreement_count++] =
        (struct summary_agreement){(uint32_t)row->variant, (uint32_t)row->score,
                                   (uint32_t)row->sample, row->trial, row->agreement.value};
}

static int compare_agreements(const void *left, const void *right)
{
    const struct summary_agreement *a = left, *b = right;
    const uint32_t x[] = {a->variant, a->score, a->sample, a->trial};
    const uint32_t y[] = {b->variant, b->score, b->sample, b->trial};

    for (size_t i = 0; i < 4; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

void summary_sort_agreements(struct summary_rows *rows)
{
    if (rows->agreement_count)
        qsort(rows->agreements, rows->agreement_count, sizeof *rows->agreements,
              compare_agreements);
}

static struct summary_estimate agreement_of(const struct summary *summary, size_t variant,
                                            size_t score)
{
    const struct summary_rows *rows = summary->private;
    struct arena scratch = {0};
    struct summary_values values = {.arena = &scratch};
    struct summary_estimate result = summary_unknown("no judge was asked twice");

    for (size_t i = 0; i < rows->agreement_count; i++) {
        const struct summary_agreement *one = &rows->agreements[i];
        if (one->variant == variant && one->score == score && one->sample < rows->place_room &&
            rows->place_of[one->sample])
            summary_values_add(&values, rows->place_of[one->sample] - 1, one->value);
    }
    if (values.count) {
        struct summary_series series = summary_values_series(&values);
        series.clusters =
            summary_clusters_of(&scratch, summary, series.places, series.trials.samples);
        result = summary_share(summary, &series);
    }
    arena_release(&scratch);
    return result;
}

/* ---- accounts ---- */

void summary_account_add(struct summary_account *sum, const struct summary_account *more)
{
    summary_traffic_add(&sum->traffic, &more->traffic);
    summary_tokens_add(&sum->tokens, &more->tokens);
    summary_money_add(&sum->cost, &more->cost);
}

static void take_off(struct summary_account *from, const struct summary_account *part)
{
    from->traffic.calls -= part->traffic.calls;
    from->traffic.sent -= part->traffic.sent;
    from->traffic.cached -= part->traffic.cached;
    from->traffic.unsent -= part->traffic.unsent;
    from->traffic.attempts -= part->traffic.attempts;
    from->traffic.retries -= part->traffic.retries;
    from->tokens.input -= part->tokens.input;
    from->tokens.cache_read -= part->tokens.cache_read;
    from->tokens.cache_write -= part->tokens.cache_write;
    from->tokens.output -= part->tokens.output;
    from->tokens.reasoning -= part->tokens.reasoning;
    from->cost.known_nanousd -= part->cost.known_nanousd;
    from->cost.unknown_calls -= part->cost.unknown_calls;
    from->cost.lost_attempts -= part->cost.lost_attempts;
    from->cost.upper_nanousd -= part->cost.upper_nanousd;
}

static struct summary_judge judge_of(const struct summary_judge_sum *sum)
{
    struct summary_judge judge = {
        .account = sum->account, .cells = sum->cells, .ungraded = sum->ungraded};

    judge.account.cost_usd = summary_money_usd(&sum->account.cost);
    if (sum->cells)
        judge.work_ns = maybe_of((double)sum->work_ns / (double)sum->cells);
    return judge;
}

void summary_tell_roles(struct summary *summary, size_t variant,
                        const struct summary_account *router,
                        const struct summary_account *judge)
{
    struct summary_rows *rows = summary->private;

    summary_account_add(&rows->router[variant], router);
    summary_account_add(&rows->told_judge[variant], judge);
    rows->roles_told[variant] = true;
}

/* After summary_fill_variant, which adds up the cells, and summary_fill_steps. */
void summary_fill_roles(struct summary *summary, size_t variant)
{
    const struct summary_rows *rows = summary->private;
    size_t scores = summary->meta.score_count;
    struct summary_variant *v = &summary->variants[variant];
    struct summary_account *role = v->roles;

    role[SUMMARY_STEP] = (struct summary_account){v->traffic, v->tokens, v->cost, {0}};
    role[SUMMARY_ROUTER] = rows->router[variant];
    take_off(&role[SUMMARY_STEP], &role[SUMMARY_ROUTER]);
    v->judges = arena_array(&summary->arena, struct summary_judge, scores + 1);
    for (size_t k = 0; k < scores; k++) {
        v->judges[k] = judge_of(&rows->judge[variant * scores + k]);
        v->judges[k].agreement = agreement_of(summary, variant, k);
        summary_account_add(&role[SUMMARY_JUDGE], &v->judges[k].account);
    }
    summary_account_add(&role[SUMMARY_JUDGE], &rows->told_judge[variant]);
    v->has_roles = v->step_count > 0 || v->traffic.calls == 0 || rows->roles_told[variant];
    for (size_t r = 0; r < SUMMARY_ROLES; r++)
        role[r].cost_usd = summary_money_usd(&role[r].cost);
}
