/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * meeting.c: cells that wait for each other (see meeting.h).
 *
 * All of it runs on the loop's thread. While judges are asked, the cells of all who wait are in use
 * by the fiber that asks: nobody may leave then, also when cancelled.
 */
#include "run/meeting.h"

#include "base/mem.h"
#include "run/barrier.h"
#include "run/run.h"
#include "run/stopping.h"
#include "store/store.h"

struct meeting {
    size_t members, open, came, ready, gone;
    bool off;
    bool busy;          /* judges are being asked */
    bool held, written; /* what the others wait for */
    struct cell **cell; /* by variant; the arrays have room for all members */
    struct fiber **waiting;
    const struct store_cell **row;
};

static struct meeting **meeting_of(const struct cell *cell)
{
    return &cell->run->meetings.of[cell->place / cell->run->experiment->variants];
}

static struct meeting *meeting_new(size_t members)
{
    struct meeting *meeting = xcalloc(1, sizeof *meeting);
    meeting->members = members;
    meeting->cell = xcalloc(members, sizeof *meeting->cell);
    meeting->waiting = xcalloc(members, sizeof *meeting->waiting);
    meeting->row = xcalloc(members, sizeof *meeting->row);
    return meeting;
}

static void meeting_free(struct meeting *meeting)
{
    xfree(meeting->cell);
    xfree(meeting->waiting);
    xfree(meeting->row);
    xfree(meeting);
}

static void wake_all(struct meeting *meeting)
{
    for (size_t i = 0; i < meeting->members; i++)
        if (meeting->waiting[i])
            fiber_wake(meeting->waiting[i]);
}

static void call_off(struct meeting *meeting)
{
    meeting->off = true;
    wake_all(meeting);
}

/* ---- a run's ---- */

void meetings_open(struct run *run)
{
    if (!run->options->contest)
        return;
    run->meetings.blocks = run->plan.all / run->experiment->variants;
    run->meetings.of = xcalloc(run->meetings.blocks + 1, sizeof *run->meetings.of);
}

void meetings_close(struct run *run)
{
    for (uint64_t i = 0; i < run->meetings.blocks; i++)
        if (run->meetings.of[i])
            meeting_free(run->meetings.of[i]);
    xfree(run->meetings.of);
    run->meetings = (struct meetings){0};
}

/* Once a run ends no cell is opened any more, so once is enough. */
void meetings_end(struct run *run)
{
    struct meetings *meetings = &run->meetings;
    bool ends = run->draining || stopping_has_decided(run);
    for (uint64_t i = 0; ends && !meetings->ended && i < meetings->blocks; i++)
        if (meetings->of[i] && meetings->of[i]->open < meetings->of[i]->members)
            call_off(meetings->of[i]);
    meetings->ended = meetings->ended || ends;
}

bool meeting_is_possible(const struct run *run, uint64_t place)
{
    const struct resume *resume = run->options->resume;
    uint64_t members = run->experiment->variants, first = place - place % members;
    if (!run->meetings.of || !resume)
        return true;
    for (uint64_t i = 0; i < members; i++)
        if (resume_has(resume, first + i))
            return false;
    return true;
}

/* ---- a cell's ---- */

static int fiber_fn wait_until(struct meeting *meeting, const struct cell *cell,
                               const bool *done)
{
    bool cancelled = false;
    meeting->waiting[cell->id.variant] = fiber_current();
    while (!*done && !meeting->off && !cancelled)
        cancelled = fiber_suspend() < 0;
    while (meeting->busy)
        fiber_suspend_held();
    meeting->waiting[cell->id.variant] = NULL;
    if (cancelled)
        call_off(meeting);
    return meeting->off ? -1 : 0;
}

/* Another worker takes the next cell meanwhile; on a schedule cells are opened at their times. */
static void let_others_work(struct cell *cell)
{
    struct run *run = cell->run;
    if (!run->worker)
        return;
    cell->replaced = true;
    fiber_group_start(run->workers, run->worker, run);
}

void meeting_open(struct run *run, uint64_t place)
{
    if (!run->meetings.of)
        return;
    struct meeting **at = &run->meetings.of[place / run->experiment->variants];
    if (!*at)
        *at = meeting_new(run->experiment->variants);
    (*at)->open++;
}

int fiber_fn meeting_hold(struct cell *cell)
{
    struct run *run = cell->run;
    if (!run->meetings.of)
        return 0;
    struct meeting *meeting = *meeting_of(cell);
    meeting->cell[cell->id.variant] = cell;
    if (++meeting->came < meeting->members && !meeting->off) {
        let_others_work(cell);
        return wait_until(meeting, cell, &meeting->held);
    }
    if (meeting->off)
        return -1;
    meeting->busy = true;
    meeting->off = run->options->contest(meeting->cell, meeting->members) < 0;
    meeting->busy = false;
    meeting->held = !meeting->off;
    wake_all(meeting);
    return meeting->off ? -1 : 0;
}

/* As single cells are written: without calls, whose records are waited for, cells would queue faster
 * than they can be written. */
static int fiber_fn write_all(struct run *run, const struct meeting *meeting)
{
    int64_t sent = 0;
    for (size_t i = 0; i < meeting->members; i++)
        sent += meeting->row[i]->sent;
    if (sent > 0) {
        store_write_cells(run->store, meeting->row, meeting->members, NULL, NULL);
        return 0;
    }
    struct barrier barrier;
    barrier_init(&barrier, run->loop);
    store_write_cells(run->store, meeting->row, meeting->members, barrier_done, &barrier);
    return barrier_wait(&barrier);
}

int fiber_fn meeting_write(struct cell *cell, const struct store_cell *row)
{
    struct run *run = cell->run;
    struct meeting *meeting = *meeting_of(cell);
    meeting->row[cell->id.variant] = row;
    if (meeting->off)
        return -1;
    if (++meeting->ready < meeting->members)
        return wait_until(meeting, cell, &meeting->written);
    meeting->off = write_all(run, meeting) < 0;
    meeting->written = !meeting->off;
    wake_all(meeting);
    return meeting->off ? -1 : 0;
}

void meeting_leave(const struct cell *cell, bool has_result)
{
    if (!cell->run->meetings.of)
        return;
    struct meeting *meeting = *meeting_of(cell);
    if (!has_result && !meeting->off)
        call_off(meeting);
    if (++meeting->gone < meeting->members)
        return;
    meeting_free(meeting);
    *meeting_of(cell) = NULL;
}
