/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * beside.c: a window that no node stands behind (see beside.h).
 */
#include "run/beside.h"

#include "run/wf_inside.h"

struct wf *wf_beside(struct cell *cell, str path)
{
    struct wf *wf = arena_new(cell->arena, struct wf);
    wf->cell = cell;
    wf->env = cell->env;
    wf->path = path;
    wf->step.path = path;
    wf->step.role = ROLE_JUDGE;
    wf->deadline_ns = cell->run->experiment->limits.time;
    wf->purse = arena_new(cell->arena, struct purse);
    *wf->purse = (struct purse){
        .left = {PURSE_UNLIMITED, PURSE_UNLIMITED, PURSE_UNLIMITED, PURSE_UNLIMITED},
        .until_ns = PURSE_UNLIMITED,
    };
    return wf;
}

void wf_beside_others(struct wf *wf)
{
    wf->of_others = true;
}

const struct totals *wf_spent(const struct wf *wf)
{
    return &wf->step.own;
}

void wf_beside_end(struct wf *wf)
{
    scratch_give(&wf->cell->run->scratch, wf->scratch);
    wf->scratch = NULL;
}
