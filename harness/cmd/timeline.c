/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline.c: the calls, programs and steps of a cell on the wall clock (see timeline.h).
 */
#include "cmd/timeline.h"

enum { SIBLINGS_MOST = 64 }; /* looked at before a step */

static struct interval hull(struct interval a, struct interval b)
{
    return (struct interval){a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to};
}

static const struct interval nowhere = {INT64_MAX, INT64_MIN};

static struct interval within(struct interval part, struct interval whole)
{
    if (part.from < whole.from)
        part.from = whole.from;
    if (part.from > whole.to)
        part.from = whole.to;
    if (part.to > whole.to)
        part.to = whole.to;
    if (part.to < part.from)
        part.to = part.from;
    return part;
}

static struct interval time_of_call(const struct export_cell *of, size_t i, size_t *attempt,
                                    int64_t zero)
{
    const struct store_call *call = &of->call[i];
    struct interval time = {zero + call->start_ns, zero + call->start_ns};
    for (; *attempt < of->attempts && of->attempt[*attempt].call == call->id; (*attempt)++) {
        const struct store_attempt *a = &of->attempt[*attempt];
        time =
            hull(time, (struct interval){zero + a->start_ns, zero + a->start_ns + a->total_ns});
    }
    return time;
}

static int64_t find_step(const struct export_cell *of, str path)
{
    for (size_t i = 0; i < of->steps; i++)
        if (str_equal(of->step[i].path, path))
            return (int64_t)i;
    return -1;
}

/* From the clock of latency to the wall's, as it was where the step began: after the sibling that
 * ended just before, else at its parent's start. */
static int64_t shift_of(const struct export_cell *of, const struct timeline *t, size_t i,
                        struct interval around)
{
    const struct store_step *step = &of->step[i];
    size_t last = i > SIBLINGS_MOST ? i - SIBLINGS_MOST : 0;
    for (size_t j = i; j-- > last;)
        if (of->step[j].parent == step->parent && of->step[j].end_ns <= step->start_ns)
            return t->step[j].to - of->step[j].end_ns;
    return step->parent >= 0 && step->parent < (int64_t)i
               ? around.from - of->step[step->parent].start_ns
               : t->zero;
}

static void place_steps(struct arena *arena, const struct export_cell *of, struct timeline *t)
{
    t->step = arena_array(arena, struct interval, of->steps + 1);
    for (size_t i = 0; i < of->steps; i++)
        t->step[i] = nowhere;
    for (size_t i = 0; i < of->calls; i++)
        if (t->step_of[i] >= 0)
            t->step[t->step_of[i]] = hull(t->step[t->step_of[i]], t->call[i]);
    for (size_t i = 0; i < of->commands; i++)
        if (t->step_of_command[i] >= 0)
            t->step[t->step_of_command[i]] =
                hull(t->step[t->step_of_command[i]], t->command[i]);
    for (size_t i = of->steps; i-- > 0;) /* children stand behind their parents */
        if (of->step[i].parent >= 0 && of->step[i].parent < (int64_t)i)
            t->step[of->step[i].parent] = hull(t->step[of->step[i].parent], t->step[i]);
    for (size_t i = 0; i < of->steps; i++) {
        const struct store_step *step = &of->step[i];
        struct interval around =
            step->parent >= 0 && step->parent < (int64_t)i ? t->step[step->parent] : t->cell;
        if (t->step[i].from > t->step[i].to) { /* neither call nor program below it */
            int64_t shift = shift_of(of, t, i, around);
            t->step[i] = (struct interval){step->start_ns + shift, step->end_ns + shift};
        }
        t->step[i] = within(t->step[i], around);
    }
}

static void place_commands(struct arena *arena, const struct export_cell *of,
                           struct timeline *t)
{
    t->command = arena_array(arena, struct interval, of->commands + 1);
    t->step_of_command = arena_array(arena, int64_t, of->commands + 1);
    for (size_t i = 0; i < of->commands; i++) {
        const struct store_command *command = &of->command[i];
        int64_t from = t->zero + command->start_ns;
        bool known = command->start_ns >= 0;
        t->command[i] = known ? (struct interval){from, from + command->time_ns} : nowhere;
        t->step_of_command[i] = find_step(of, command->path);
        if (known)
            t->cell = hull(t->cell, t->command[i]);
    }
}

struct timeline timeline_make(struct arena *arena, const struct export_cell *of, int64_t zero)
{
    const struct store_cell *cell = of->cell;
    struct timeline t = {.zero = zero};
    size_t attempt = 0;
    t.cell = (struct interval){t.zero, t.zero + (cell->wall_ns > 0 ? cell->wall_ns : 0)};
    t.call = arena_array(arena, struct interval, of->calls + 1);
    t.step_of = arena_array(arena, int64_t, of->calls + 1);
    for (size_t i = 0; i < of->calls; i++) {
        t.call[i] = time_of_call(of, i, &attempt, t.zero);
        t.cell = hull(t.cell, t.call[i]);
        t.step_of[i] = find_step(of, of->call[i].path);
    }
    place_commands(arena, of, &t);
    place_steps(arena, of, &t);
    return t;
}
