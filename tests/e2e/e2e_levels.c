/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * e2e_levels.c: the levels of traces, computed again from their rows (see e2e_levels.h).
 *
 * What holds of every pattern: a step lies within its parent in path and in time, and begins when
 * its parent does or when a sibling ends; the parent ends with the last of them. So its time is the
 * longest path through its children, and its calls are theirs. Beside that each pattern has the
 * children that docs/patterns.md gives it, under the names given there.
 */
#include "e2e_levels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct level {
    int64_t cell, parent; /* place in the cell; -1: the root */
    str path, pattern, outcome;
    int64_t calls, unsent, rows,
        work_ns; /* its own: as counted, not sent, as stored, as long */
    int64_t start, end;
    const json *note;
    bool stopped; /* the cell came to no good end, or was resumed */
    /* found here */
    int64_t total, first, last_end; /* calls below it too; of its children */
    size_t children, numbered, drafts, judged;
};

/* clang-format off */
static const char query[] =
    "SELECT json_group_array(json_array(cell, parent, path, pattern, outcome, calls, unsent, rows,"
    " work, start_ns, end_ns, json(coalesce(note, 'null')), good)) FROM ("
    " SELECT s.cell, coalesce(s.parent, -1) AS parent, s.path, n.pattern, s.outcome, s.calls,"
    " s.unsent, coalesce(k.rows, 0) AS rows, coalesce(k.work, 0) AS work, s.start_ns, s.end_ns,"
    " s.note, c.status = 'ok' AND c.reason IS NOT 'cut_short' AS good"
    " FROM step s JOIN node n USING (node) JOIN cell c USING (cell) LEFT JOIN"
    " (SELECT cell, path, count(*) AS rows, sum(latency_ns) AS work FROM call"
    "   WHERE role <> 'judge' AND NOT superseded GROUP BY cell, path) k"
    " ON k.cell = s.cell AND k.path = s.path WHERE c.status <> 'skipped'"
    " ORDER BY s.cell, s.ordinal)";
/* clang-format on */

static _Noreturn void complain(const struct level *level, const char *what)
{
    fail_msg("cell %" PRId64 ", %.*s (%.*s): %s", level->cell, STR_ARG(level->path),
             STR_ARG(level->pattern), what);
    abort();
}

static bool is_pattern(const struct level *level, const char *pattern)
{
    return str_equal(level->pattern, str_from(pattern));
}

static int64_t number_at(const json **item)
{
    int64_t number = 0;
    assert_true(json_int(*item, &number));
    *item = json_next(*item);
    return number;
}

static str text_at(const json **item)
{
    str text = json_text(*item);
    *item = json_next(*item);
    return text;
}

static void read_level(const json *row, struct level *level)
{
    const json *item = json_first(row);
    *level = (struct level){.first = -1};
    level->cell = number_at(&item);
    level->parent = number_at(&item);
    level->path = text_at(&item);
    level->pattern = text_at(&item);
    level->outcome = text_at(&item);
    level->calls = number_at(&item);
    level->unsent = number_at(&item);
    level->rows = number_at(&item);
    level->work_ns = number_at(&item);
    level->start = number_at(&item);
    level->end = number_at(&item);
    level->note = item;
    level->stopped = json_number(json_next(item)) == 0;
    level->total = level->calls;
}

/* ---- what a step is to its parent ---- */

/* "faqs[2]" below the root, ".answer" or "[1]" below another step. */
static str name_below(const struct level *parent, const struct level *child)
{
    if (parent->parent < 0)
        return child->path;
    if (!str_starts_with(child->path, parent->path))
        complain(child, "its path does not go on from its parent's");
    str name = str_sub(child->path, parent->path.n, child->path.n);
    return str_starts_with(name, STR(".")) ? str_sub(name, 1, name.n) : name;
}

static bool is_number(str name, const char *before, size_t number)
{
    char wanted[40];
    snprintf(wanted, sizeof wanted, "%s[%zu]", before, number);
    return str_equal(name, str_from(wanted));
}

/* Counts the child where its pattern may have it. */
static bool take_child(struct level *parent, str name)
{
    if (is_pattern(parent, "map") || is_pattern(parent, "vote"))
        return is_number(name, "", parent->numbered++);
    if (is_pattern(parent, "call"))
        return is_number(name, "tools", parent->numbered++);
    if (is_pattern(parent, "refine")) {
        if (is_number(name, "draft", parent->drafts))
            return ++parent->drafts;
        return is_number(name, "evaluate", parent->drafts - 1) && ++parent->judged;
    }
    if (is_pattern(parent, "orchestrate")) {
        if (is_number(name, "", parent->numbered))
            return ++parent->numbered;
        return str_starts_with(name, STR("plan")) || str_equal(name, STR("synthesize"));
    }
    if (is_pattern(parent, "route"))
        return (parent->children == 1) == str_equal(name, STR("by"));
    return is_pattern(parent, "chain") || is_pattern(parent, "parallel");
}

static bool in_turn(const struct level *level)
{
    return is_pattern(level, "chain") || is_pattern(level, "route") ||
           is_pattern(level, "refine");
}

/* Whether a sibling before it ended when it began. */
static bool follows_one(const struct level *cell, size_t i)
{
    for (size_t j = i; j-- > 0;)
        if (cell[j].parent == cell[i].parent && cell[j].end == cell[i].start)
            return true;
    return false;
}

static void join_parent(struct level *cell, size_t i)
{
    struct level *level = &cell[i];
    if (level->parent < 0)
        return;
    if (level->parent >= (int64_t)i)
        complain(level, "stands before its parent");
    struct level *parent = &cell[level->parent];
    parent->children++;
    if (!take_child(parent, name_below(parent, level)))
        complain(level, "is no child that its parent may have");
    if (level->start < parent->start || level->end > parent->end || level->end < level->start)
        complain(level, "is not within the time of its parent");
    if (level->stopped || is_pattern(parent, "call")) /* whose tools wait for its own calls */
        return;
    int64_t turn = parent->children == 1 ? parent->start : parent->last_end;
    if (in_turn(parent) ? level->start != turn
                        : level->start != parent->start && !follows_one(cell, i))
        complain(level, "begins when nothing else has ended");
    if (level->end > parent->last_end)
        parent->last_end = level->end;
}

/* ---- what a step is by itself ---- */

static bool has_calls(const struct level *level)
{
    return is_pattern(level, "call") || is_pattern(level, "nearest");
}

static void check_level(const struct level *level)
{
    if (level->calls != level->rows + level->unsent)
        complain(level, "calls are not the rows that it has");
    if (!has_calls(level) && level->calls != 0)
        complain(level, "makes calls of its own");
    if (level->stopped || !str_equal(level->outcome, STR("ok")))
        return;
    if (is_pattern(level, "call") && level->calls < 1 + (level->children > 0))
        complain(level, "has fewer calls than an answer and a round of tools");
    if (is_pattern(level, "call") && level->end - level->start < level->work_ns)
        complain(level, "is shorter than its calls");
    if (is_pattern(level, "call") && level->children == 0 &&
        level->end - level->start != level->work_ns)
        complain(level, "is not as long as its calls");
    if (level->children > 0 && !is_pattern(level, "call") && level->end != level->last_end)
        complain(level, "does not end with the last of its children");
    if (is_pattern(level, "refine") &&
        (level->drafts != json_count(json_get(level->note, STR("rounds"))) ||
         (level->judged && level->judged != level->drafts)))
        complain(level, "has other drafts or evaluations than rounds");
    if (is_pattern(level, "orchestrate") &&
        level->numbered != json_count(json_get(level->note, STR("tasks"))))
        complain(level, "has other workers than tasks");
    if (is_pattern(level, "vote") &&
        level->numbered != json_count(json_get(level->note, STR("ballots"))))
        complain(level, "has other voters than ballots");
    if (is_pattern(level, "route") && level->children > 2)
        complain(level, "took two cases");
}

static void check_cell(struct level *cell, size_t steps)
{
    for (size_t i = 0; i < steps; i++)
        join_parent(cell, i);
    for (size_t i = steps; i-- > 0;) {
        check_level(&cell[i]);
        if (cell[i].parent >= 0)
            cell[cell[i].parent].total += cell[i].total;
    }
}

/* The roots against the cells, all at once. */
static void check_roots(const struct level *level, size_t count, const char *db)
{
    int64_t calls = 0, ns = 0;
    for (size_t i = 0; i < count; i++)
        if (level[i].parent < 0) {
            calls += level[i].total;
            ns += level[i].end - level[i].start;
        }
    assert_int_equal(calls, sql_int(db, "SELECT sum(calls) FROM cell"));
    int64_t paths = sql_int(db, "SELECT coalesce(sum(critical_path_ns), 0) FROM cell");
    if (sql_int(db, "SELECT count(*) FROM cell WHERE critical_path_ns IS NULL") == 0)
        assert_int_equal(ns, paths);
}

size_t levels_check(const char *db)
{
    struct place place = {0}; /* for its arena */
    const json *rows = json_parse(&place.arena, sql_text(&place, db, "%s", query), NULL);
    size_t count = json_count(rows), at = 0;
    struct level *level = arena_array(&place.arena, struct level, count + 1);
    for (const json *row = json_first(rows); row; row = json_next(row))
        read_level(row, &level[at++]);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && level[to].cell == level[from].cell;)
            to++;
        check_cell(&level[from], to - from);
    }
    check_roots(level, count, db);
    arena_release(&place.arena);
    return count;
}
