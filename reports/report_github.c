/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_github.c: annotations for GitHub Actions: lines in a job's log that it shows beside the
 * experiment and on the page of the run.
 *
 * A requirement that fails the run is an error at its line; one that is inconclusive and may be, a
 * warning; one that is not judged here, a notice. Warnings are warnings, at the experiment; the
 * verdict is a notice. GitHub shows ten of
 * each kind for a step, so of more than that the last says how many were left out.
 *
 * Syntax: "Workflow commands for GitHub Actions" (docs.github.com):
 * ::KIND file=F,line=N,title=T::TEXT, where % CR LF are %25 %0D %0A, and in what stands before the
 * text also : and , are %3A and %2C.
 * All texts are visible text before that, so nothing in a reply begins a line of its own.
 */
#include "reports/page.h"
#include "reports/reporters.h"

#include "base/text.h"

enum { SHOWN = 10, KINDS = 3 };
enum kind { KIND_ERROR, KIND_WARNING, KIND_NOTICE };
static const char *const kind_names[KINDS] = {"error", "warning", "notice"};

struct github {
    struct buf *out;
    const struct report_input *input;
    struct page page;
    size_t total[KINDS], written[KINDS];
    bool counting; /* first all are counted, then written */
};

static void escape(struct buf *out, str text, bool property)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool coded = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
        if (coded)
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            buf_add_char(out, c);
    }
}

static void write_line(struct github *g, enum kind kind, const struct report_place *place,
                       str title, str text)
{
    struct buf *out = g->out;
    buf_printf(out, "::%s ", kind_names[kind]);
    if (place && place->file.n) {
        buf_add_str(out, STR("file="));
        escape(out, page_text(g->page.arena, place->file, PAGE_TEXT_MAX), true);
        buf_printf(out, ",line=%u,", place->line ? place->line : 1);
    }
    buf_add_str(out, STR("title="));
    escape(out, title, true);
    buf_add_str(out, STR("::"));
    escape(out, text, false);
    buf_add_char(out, '\n');
}

static void annotate(struct github *g, enum kind kind, const struct report_place *place,
                     str title, str text)
{
    if (g->counting) {
        g->total[kind]++;
        return;
    }
    size_t number = ++g->written[kind], left = g->total[kind] - number + 1;
    if (number < SHOWN || (number == SHOWN && left == 1))
        write_line(g, kind, place, title, text);
    else if (number == SHOWN)
        write_line(g, kind, &g->input->experiment, STR("weir"),
                   arena_printf(g->page.arena, "%zu more %ss: see the report", left,
                                kind_names[kind]));
}

static void annotate_requirements(struct github *g)
{
    const struct summary *summary = g->input->summary;
    struct arena *arena = g->page.arena;
    for (size_t i = 0; i < g->page.requirements; i++) {
        const struct summary_requirement *r = &summary->requirements[i];
        const struct page_requirement *shown = &g->page.requirement[i];
        const struct report_place *place = &g->input->experiment;
        if (r->rule->number < g->input->rules && g->input->rule[r->rule->number].line)
            place = &g->input->rule[r->rule->number];
        if (r->judged && r->verdict == STATS_GATE_PASS)
            continue;
        annotate(g,
                 r->failed   ? KIND_ERROR
                 : r->judged ? KIND_WARNING
                             : KIND_NOTICE,
                 place, arena_printf(arena, "weir: %.*s", STR_ARG(shown->verdict)),
                 arena_printf(arena, "%.*s. %.*s", STR_ARG(shown->what), STR_ARG(shown->why)));
    }
}

static void annotate_all(struct github *g)
{
    struct arena *arena = g->page.arena;
    annotate_requirements(g);
    if (g->page.mock.n)
        annotate(g, KIND_WARNING, &g->input->experiment, STR("weir: mock"), g->page.mock);
    for (size_t i = 0; i < g->page.warnings; i++)
        annotate(g, KIND_WARNING, &g->input->experiment, STR("weir"), g->page.warning[i]);
    annotate(g, KIND_NOTICE, &g->input->experiment,
             arena_printf(arena, "weir: %.*s", STR_ARG(g->page.title)),
             arena_printf(arena, "%.*s %.*s%s%.*s", STR_ARG(g->page.verdict),
                          STR_ARG(g->page.price), g->page.required.n ? "\n" : "",
                          STR_ARG(g->page.required)));
}

int report_github(const struct report_input *input, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct github g = {.out = out, .input = input, .counting = true};
    (void)err;
    page_make(&g.page, input, &arena);
    annotate_all(&g);
    g.counting = false;
    annotate_all(&g);
    arena_release(&arena);
    return 0;
}
