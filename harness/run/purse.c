/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * purse.c: taking, sharing and returning (see purse.h).
 */
#include "run/purse.h"

static int64_t given(bool has, int64_t amount)
{
    return has ? amount : PURSE_UNLIMITED;
}

struct purse *purse_new(struct arena *arena, struct purse *outer, const struct wf *owner,
                        const struct budget *budget, int64_t clock_ns)
{
    struct purse *purse = arena_new(arena, struct purse);
    *purse = (struct purse){
        .outer = outer,
        .owner = owner,
        .left = {.calls = given(budget->has_calls, budget->calls),
                 .steps = PURSE_UNLIMITED,
                 .tokens = given(budget->has_tokens, budget->tokens),
                 .nanousd = given(budget->has_usd, budget->usd)},
        .until_ns = budget->has_time ? clock_ns + budget->time : PURSE_UNLIMITED,
    };
    return purse;
}

static bool has_enough(int64_t left, int64_t need)
{
    return need == 0 || left == PURSE_UNLIMITED || left >= need;
}

static bool fits(const struct purse *purse, const struct amounts *need)
{
    return has_enough(purse->left.calls, need->calls) &&
           has_enough(purse->left.steps, need->steps) &&
           has_enough(purse->left.tokens, need->tokens) &&
           has_enough(purse->left.nanousd, need->nanousd);
}

static void add(int64_t *left, int64_t amount)
{
    if (*left != PURSE_UNLIMITED)
        *left += amount;
}

static void add_all(struct amounts *left, const struct amounts *more, int64_t sign)
{
    add(&left->calls, sign * more->calls);
    add(&left->steps, sign * more->steps);
    add(&left->tokens, sign * more->tokens);
    add(&left->nanousd, sign * more->nanousd);
}

const struct purse *purse_take(struct purse *purse, struct amounts need)
{
    for (const struct purse *p = purse; p; p = p->outer)
        if (!fits(p, &need))
            return p;
    for (struct purse *p = purse; p; p = p->outer)
        add_all(&p->left, &need, -1);
    return NULL;
}

void purse_settle(struct purse *purse, struct amounts rest)
{
    for (struct purse *p = purse; p; p = p->outer)
        add_all(&p->left, &rest, 1);
}

const struct purse *purse_ended(const struct purse *purse, int64_t clock_ns)
{
    while (purse && clock_ns < purse->until_ns)
        purse = purse->outer;
    return purse;
}

int64_t purse_until(const struct purse *purse)
{
    int64_t until = PURSE_UNLIMITED;
    for (; purse; purse = purse->outer)
        until = purse->until_ns < until ? purse->until_ns : until;
    return until;
}

bool purse_reserves(const struct purse *purse)
{
    for (; purse; purse = purse->outer)
        if (purse->left.tokens != PURSE_UNLIMITED || purse->left.nanousd != PURSE_UNLIMITED)
            return true;
    return false;
}

/* ---- shares ---- */

static int64_t part(int64_t left, int64_t count, size_t i)
{
    if (left == PURSE_UNLIMITED)
        return left;
    if (left < 0)
        return i == 0 ? left : 0;
    return left / count + (i == 0 ? left % count : 0);
}

static struct purse *share_of(const struct purse *purse, struct arena *arena, int64_t count,
                              size_t i)
{
    if (!purse)
        return NULL;
    struct purse *share = arena_new(arena, struct purse);
    *share = *purse;
    share->outer = share_of(purse->outer, arena, count, i);
    share->left = (struct amounts){
        part(purse->left.calls, count, i),
        part(purse->left.steps, count, i),
        part(purse->left.tokens, count, i),
        part(purse->left.nanousd, count, i),
    };
    return share;
}

static void empty(struct amounts *left)
{
    add(&left->calls, -left->calls);
    add(&left->steps, -left->steps);
    add(&left->tokens, -left->tokens);
    add(&left->nanousd, -left->nanousd);
}

void purse_share(struct purse *purse, struct arena *arena, size_t count, struct purse **share)
{
    for (size_t i = 0; i < count; i++)
        share[i] = share_of(purse, arena, (int64_t)count, i);
    for (struct purse *p = purse; p; p = p->outer)
        empty(&p->left);
}

void purse_join(struct purse *purse, size_t count, struct purse *const *share)
{
    for (size_t i = 0; i < count; i++) {
        struct purse *from = share[i];
        for (struct purse *p = purse; p; p = p->outer, from = from->outer)
            add_all(&p->left, &from->left, 1);
    }
}
