/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_text.c: the report for a terminal.
 *
 * First the table that a decision is taken by. Then, where asked for, all the rest: tables,
 * sentences, what the patterns did. Last what the eye is on when the command has ended: warnings,
 * all in one place, requirements, and the verdict with what it costs.
 */
#include "reports/page.h"
#include "reports/reporters.h"
#include "reports/terminal.h"

enum { FLIPS_SHOWN = 10 };
/* Of one page to decide by. */
enum { WARNINGS_SHOWN = 15, REQUIREMENTS_SHOWN = 15 };

static void header(struct terminal *t, const struct page *page, bool details)
{
    terminal_paragraph(t, TERMINAL_BOLD, STR(""), page->title);
    if (page->description.n && details)
        terminal_paragraph(t, NULL, STR(""), page->description);
    terminal_newline(t);
    for (size_t i = 0; i < page->facts; i++)
        terminal_paragraph(t, details ? NULL : TERMINAL_DIM,
                           arena_printf(t->arena, "%-12s", page->fact[i].label),
                           page->fact[i].text);
    terminal_newline(t);
}

static void sentences(struct terminal *t, const struct page *page, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct page_part *part = &page->part[i];
        if (part->count == 0)
            continue;
        terminal_paragraph(t, TERMINAL_BOLD, STR(""), part->heading);
        for (size_t s = 0; s < part->count; s++)
            terminal_paragraph(t, NULL, STR("  "), part->sentence[s]);
    }
    terminal_newline(t);
}

/* The first of them; the page and JSON have all that are kept. */
static void flips(struct terminal *t, const struct page *page)
{
    for (size_t i = 0; i < page->flip_lists; i++) {
        struct sheet sheet = *page->flips[i].sheet;
        sheet.rows = sheet.rows < FLIPS_SHOWN ? sheet.rows : FLIPS_SHOWN;
        sheet.note = sheet.rows < page->flips[i].sheet->rows ? "The first of them." : NULL;
        terminal_paragraph(t, TERMINAL_BOLD, STR(""), page->flips[i].heading);
        terminal_paragraph(t, NULL, STR("  "), page->flips[i].sentence);
        terminal_newline(t);
        terminal_table(t, &sheet);
    }
}

static void details(struct terminal *t, const struct page *page)
{
    for (size_t i = 0; i < page->sheets; i++)
        terminal_table(t, page->sheet[i]);
    flips(t, page);
    sentences(t, page, 0, page->variant_parts);
    if (page->parts > page->variant_parts) {
        terminal_paragraph(t, TERMINAL_BOLD, STR(""), STR("Diagnosis"));
        sentences(t, page, page->variant_parts, page->parts);
    }
}

static void add_left(struct terminal *t, size_t left, const char *what)
{
    if (left)
        terminal_paragraph(t, TERMINAL_DIM, STR("  "),
                           arena_printf(t->arena, "… and %zu more %s (--details)", left, what));
}

/* That a mock answered is the first thing to know. */
static void warnings(struct terminal *t, const struct page *page)
{
    if (page->warnings == 0 && page->mock.n == 0)
        return;
    terminal_put(t, TERMINAL_YELLOW, STR("Warnings"));
    terminal_newline(t);
    if (page->mock.n)
        terminal_paragraph(t, TERMINAL_YELLOW, STR("  ! "), page->mock);
    size_t shown =
        page->input->brief && page->warnings > WARNINGS_SHOWN ? WARNINGS_SHOWN : page->warnings;
    for (size_t i = 0; i < shown; i++)
        terminal_paragraph(t, NULL, STR("  ! "), page->warning[i]);
    add_left(t, page->warnings - shown, "warnings");
    terminal_newline(t);
}

static void requirements(struct terminal *t, const struct page *page)
{
    if (page->requirements == 0)
        return;
    terminal_put(t, TERMINAL_BOLD, STR("Requirements"));
    terminal_newline(t);
    bool few = !page->input->brief || page->requirements <= REQUIREMENTS_SHOWN;
    size_t shown = 0;
    for (size_t i = 0; i < page->requirements; i++) {
        const struct page_requirement *r = &page->requirement[i];
        /* of many those that were met are counted below */
        if (!few && (r->mark == SHEET_GOOD || shown == REQUIREMENTS_SHOWN))
            continue;
        shown++;
        str first = arena_printf(t->arena, "  %-12.*s  ", STR_ARG(r->verdict));
        terminal_paragraph(t, terminal_mark_style(r->mark), first, r->what);
        terminal_paragraph(t, NULL, arena_printf(t->arena, "%16s", ""), r->why);
    }
    add_left(t, page->requirements - shown, "requirements");
    terminal_newline(t);
}

static void closing(struct terminal *t, const struct page *page)
{
    terminal_paragraph(t, TERMINAL_BOLD, STR(""), page->verdict);
    terminal_paragraph(t, NULL, STR(""), page->price);
    terminal_paragraph(t, TERMINAL_BOLD, STR(""), page->required);
    if (page->input->brief)
        terminal_paragraph(t, TERMINAL_DIM, STR(""),
                           STR("More: --details (steps, scores, costs, diagnosis), "
                               "weir show (cells)."));
}

int report_text(const struct report_input *input, struct buf *out, struct err *err)
{
    (void)err;
    struct arena arena = {0};
    struct page page;
    struct terminal t = {.out = out, .arena = &arena, .colour = input->colour};
    t.width = input->width ? input->width : REPORT_WIDTH;
    if (t.width < REPORT_WIDTH_MIN)
        t.width = REPORT_WIDTH_MIN;
    page_make(&page, input, &arena);
    header(&t, &page, !input->brief);
    if (page.overview)
        terminal_table(&t, page_comparison(&page, t.width));
    if (!input->brief)
        details(&t, &page);
    warnings(&t, &page);
    requirements(&t, &page);
    closing(&t, &page);
    arena_release(&arena);
    return 0;
}
