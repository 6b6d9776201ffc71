/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show_diff.c: two cells side by side: their steps in one table, their texts as a difference (see
 * show.h).
 *
 * Steps meet by their paths, calls by their step and number: what the other cell has not stands
 * alone. Only texts that differ are shown.
 */
#include "cmd/show.h"

#include "base/nearest.h"
#include "base/text.h"

#include <math.h>

enum { LINES_OF_DIFFERENCE = 60, NAME_COLUMNS = 60 };
#define DASH STR("—")

struct diff {
    struct show *show;
    const struct shown_cell *a, *b;
    bool differs; /* some text did */
};

/* ---- who meets whom ---- */

static const struct store_step *find_step(const struct shown_cell *cell, str path)
{
    for (size_t i = 0; i < cell->of.steps; i++)
        if (str_equal(cell->of.step[i].path, path))
            return &cell->of.step[i];
    return NULL;
}

static const struct store_call *find_call(const struct shown_cell *cell,
                                          const struct store_call *like)
{
    for (size_t i = 0; i < cell->of.calls; i++)
        if (str_equal(cell->of.call[i].path, like->path) &&
            cell->of.call[i].repeat == like->repeat && !cell->of.call[i].superseded)
            return &cell->of.call[i];
    return NULL;
}

static const struct store_score *find_score(const struct shown_cell *cell, str name)
{
    for (size_t i = 0; i < cell->of.scores; i++)
        if (str_equal(cell->of.score[i].name, name))
            return &cell->of.score[i];
    return NULL;
}

/* ---- the table ---- */

static str count_text(struct arena *arena, int64_t count)
{
    return count < 0 ? DASH : arena_printf(arena, "%lld", (long long)count);
}

static void add_pair(struct sheet *sheet, str a, str b)
{
    sheet_add(sheet, a);
    sheet_add(sheet, b);
}

/* In one column: neither is read without the other. */
static void add_both(struct sheet *sheet, str a, str b)
{
    sheet_add(sheet, arena_printf(sheet->arena, "%.*s | %.*s", STR_ARG(a), STR_ARG(b)));
}

static str outcome_of(struct arena *arena, const struct store_step *step)
{
    if (!step)
        return DASH;
    bool failed = str_equal(step->outcome, STR("failed")) && step->kind.n;
    return text_clip(arena, text_visible(arena, failed ? step->kind : step->outcome), 20);
}

static void add_step(struct diff *diff, struct sheet *sheet, const struct store_step *a,
                     const struct store_step *b)
{
    struct arena *arena = diff->show->arena;
    str path = text_visible(arena, (a ? a : b)->path);
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, text_clip(arena, path, NAME_COLUMNS));
    add_both(sheet, outcome_of(arena, a), outcome_of(arena, b));
    add_pair(sheet, a ? show_time(arena, a->end_ns - a->start_ns) : DASH,
             b ? show_time(arena, b->end_ns - b->start_ns) : DASH);
    add_both(sheet, count_text(arena, a ? a->calls : -1), count_text(arena, b ? b->calls : -1));
    add_both(sheet, count_text(arena, a ? a->tokens.output : -1),
             count_text(arena, b ? b->tokens.output : -1));
    add_pair(sheet, a ? show_money(arena, a->cost_nanousd, a->unknown_cost_calls) : DASH,
             b ? show_money(arena, b->cost_nanousd, b->unknown_cost_calls) : DASH);
}

static void print_table(struct diff *diff)
{
    struct arena *arena = diff->show->arena;
    const struct shown_cell *a = diff->a, *b = diff->b;
    const struct sheet_column columns[] = {
        {STR("Step"), false, 0},  {STR("A | B"), false, 0}, {STR("time A"), true, 0},
        {STR("time B"), true, 0}, {STR("calls"), true, 3},  {STR("tokens out"), true, 2},
        {STR("cost A"), true, 1}, {STR("cost B"), true, 1},
    };
    struct sheet *sheet = sheet_new(arena, "Steps", columns, 8);
    for (size_t i = 0; i < a->of.steps; i++)
        add_step(diff, sheet, &a->of.step[i], find_step(b, a->of.step[i].path));
    for (size_t i = 0; i < b->of.steps; i++)
        if (!find_step(a, b->of.step[i].path))
            add_step(diff, sheet, NULL, &b->of.step[i]);
    sheet_row(sheet, SHEET_PLAIN);
    sheet_add(sheet, STR("(the cell)"));
    add_both(sheet, str_from(store_status_name(a->row.status)),
             str_from(store_status_name(b->row.status)));
    add_pair(sheet, show_time(arena, a->row.latency_ns), show_time(arena, b->row.latency_ns));
    add_both(sheet, count_text(arena, a->row.calls), count_text(arena, b->row.calls));
    add_both(sheet, count_text(arena, a->row.tokens.output),
             count_text(arena, b->row.tokens.output));
    add_pair(sheet, show_money(arena, a->row.cost_nanousd, a->row.unknown_cost_calls),
             show_money(arena, b->row.cost_nanousd, b->row.unknown_cost_calls));
    terminal_table(&diff->show->terminal, sheet);
}

static str score_text(struct arena *arena, const struct store_score *score)
{
    if (!score)
        return DASH;
    if (isnan(score->value))
        return score->ungraded ? STR("ungraded") : STR("left out");
    return arena_printf(arena, "%.2f %s", score->value, score->pass ? "passed" : "failed");
}

static void print_scores(struct diff *diff)
{
    struct arena *arena = diff->show->arena;
    const struct sheet_column columns[] = {
        {STR("Score"), false, 0}, {STR("A"), false, 0}, {STR("B"), false, 0}};
    struct sheet *sheet = sheet_new(arena, "Scores", columns, 3);
    for (int side = 0; side < 2; side++) {
        const struct shown_cell *cell = side ? diff->b : diff->a;
        for (size_t i = 0; i < cell->of.scores; i++) {
            str name = cell->of.score[i].name;
            if (side && find_score(diff->a, name))
                continue;
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, text_clip(arena, text_visible(arena, name), NAME_COLUMNS));
            add_pair(sheet, score_text(arena, find_score(diff->a, name)),
                     score_text(arena, find_score(diff->b, name)));
        }
    }
    if (sheet->rows)
        terminal_table(&diff->show->terminal, sheet);
}

/* ---- texts ---- */

static void print_difference(struct diff *diff, str title, str a, str b)
{
    struct show *show = diff->show;
    struct terminal *t = &show->terminal;
    struct buf out = {0};
    if (str_equal(a, b))
        return;
    diff->differs = true;
    terminal_paragraph(t, TERMINAL_BOLD, STR(""), title);
    nearest_difference(&out, a, b, show->texts ? SIZE_MAX : LINES_OF_DIFFERENCE);
    for (str line, rest = buf_str(&out); rest.n;) {
        str_cut(rest, '\n', &line, &rest);
        const char *style = str_starts_with(line, STR("-"))   ? TERMINAL_RED
                            : str_starts_with(line, STR("+")) ? TERMINAL_GREEN
                            : str_starts_with(line, STR("@")) ? TERMINAL_CYAN
                                                              : NULL;
        str shown = text_visible(show->arena, line);
        terminal_put(t, NULL, STR("  "));
        terminal_put(t, style, text_clip(show->arena, shown, t->width - 2));
        terminal_newline(t);
    }
    buf_release(&out);
    terminal_newline(t);
}

/* "system: …" and so on, a message below the other. */
static str joined(struct arena *arena, const struct show_texts *texts)
{
    struct buf out = {0};
    for (size_t i = 0; i < texts->count; i++) {
        buf_printf(&out, "%.*s:\n", STR_ARG(texts->text[i].who));
        buf_add_str(&out, texts->text[i].text);
        buf_add_char(&out, '\n');
    }
    str text = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

static int print_call(struct diff *diff, const struct store_call *a, const struct store_call *b)
{
    struct show *show = diff->show;
    struct show_texts asked[2] = {{0}}, said[2] = {{0}};
    const struct store_call *call = a ? a : b;
    if ((a && show_call_texts(show, diff->a, a, &asked[0], &said[0]) < 0) ||
        (b && show_call_texts(show, diff->b, b, &asked[1], &said[1]) < 0))
        return -1;
    str path = text_visible(show->arena, call->path);
    for (int reply = 0; reply < 2; reply++)
        print_difference(diff,
                         arena_printf(show->arena, "%.*s #%lld: %s", STR_ARG(path),
                                      (long long)call->repeat, reply ? "reply" : "prompt"),
                         joined(show->arena, reply ? &said[0] : &asked[0]),
                         joined(show->arena, reply ? &said[1] : &asked[1]));
    return 0;
}

static int print_answers(struct diff *diff)
{
    str a, b;
    struct show *show = diff->show;
    if (store_body(diff->a->store, diff->a->row.output.id, show->arena, &a, show->err) < 0 ||
        store_body(diff->b->store, diff->b->row.output.id, show->arena, &b, show->err) < 0)
        return -1;
    print_difference(diff, STR("answer"), a, b);
    return 0;
}

int show_diff(struct show *show, const struct shown_cell *a, const struct shown_cell *b)
{
    struct diff diff = {show, a, b, false};
    struct terminal *t = &show->terminal;
    struct arena *arena = show->arena;
    bool same_run = str_equal(a->run, b->run);
    str run_a = text_visible(arena, a->run), run_b = text_visible(arena, b->run);
    terminal_paragraph(
        t, TERMINAL_BOLD, STR("A  "),
        same_run ? a->name
                 : arena_printf(arena, "%.*s of %.*s", STR_ARG(a->name), STR_ARG(run_a)));
    terminal_paragraph(
        t, TERMINAL_BOLD, STR("B  "),
        same_run ? b->name
                 : arena_printf(arena, "%.*s of %.*s", STR_ARG(b->name), STR_ARG(run_b)));
    terminal_newline(t);
    print_table(&diff);
    print_scores(&diff);
    for (size_t i = 0; i < a->of.calls; i++)
        if (!a->of.call[i].superseded &&
            print_call(&diff, &a->of.call[i], find_call(b, &a->of.call[i])) < 0)
            return -1;
    for (size_t i = 0; i < b->of.calls; i++)
        if (!b->of.call[i].superseded && !find_call(a, &b->of.call[i]) &&
            print_call(&diff, NULL, &b->of.call[i]) < 0)
            return -1;
    if (print_answers(&diff) < 0)
        return -1;
    if (!diff.differs)
        terminal_paragraph(t, NULL, STR(""), STR("Prompts, replies and answers are the same."));
    return 0;
}
