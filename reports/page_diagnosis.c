/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_diagnosis.c: what the patterns did, as tables (see page.h).
 */
#include "reports/page_inside.h"

#include <inttypes.h>

#include "stats/format.h"
#include "stats/summary_recommend.h"
#include "stats/summary_diagnosis.h"

/* ---- chains ---- */

static void chain_row(const struct page *page, struct sheet *sheet,
                      const struct summary_chain_step *step, bool weakest)
{
    struct arena *arena = page->arena;
    sheet_row(sheet, weakest ? SHEET_BAD : SHEET_PLAIN);
    sheet_add(sheet, arena_printf(arena, "  %.*s",
                                  STR_ARG(page_path(arena, step->name, PAGE_NAME_MAX))));
    sheet_add(sheet, arena_printf(arena, "%" PRIu64, step->entered));
    sheet_add(sheet, stats_format_percent(arena, step->rate.value));
    sheet_add(sheet, stats_format_percent_range(arena, step->rate.low, step->rate.high));
    sheet_add(sheet, arena_printf(arena, "%" PRIu64, step->entered - step->passed));
    sheet_add(sheet, stats_format_percent(arena, step->blame));
    sheet_add(sheet, stats_format_percent(arena, step->perfect.value));
    sheet_add(sheet, stats_format_percent_range(arena, step->perfect.low, step->perfect.high));
}

static void add_chains(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Chains"), false, 0},     {STR("reached"), true, 2},
        {STR("right"), true, 0},       {page_interval_head(page), true, 1},
        {STR("first wrong"), true, 0}, {STR("share"), true, 3},
        {STR("if perfect"), true, 0},  {page_interval_head(page), true, 0},
    };
    struct sheet *sheet = sheet_new(page->arena, "Chains", columns, 8);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        if (!d || !d->chain)
            continue;
        page_group_row(page, sheet, i);
        for (size_t s = 0; s < d->chain->step_count; s++)
            chain_row(page, sheet, &d->chain->steps[s], s == d->chain->weakest);
    }
    sheet->note =
        "right: of the cells in which all steps before were. if perfect: the accuracy to "
        "expect when that step alone is never wrong.";
    page_add_sheet(page, sheet);
}

/* ---- votes ---- */

static void vote_rows(const struct page *page, struct sheet *sheet,
                      const struct summary_vote *vote)
{
    struct arena *arena = page->arena;
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++) {
        const struct summary_majority *m = &vote->size[i];
        if (!m->accuracy.value.known)
            continue;
        sheet_row(sheet, SHEET_PLAIN);
        sheet_add(sheet, arena_printf(arena, "  %u%s", summary_vote_sizes[i],
                                      m->extrapolated ? ", extrapolated" : ""));
        sheet_add(sheet, stats_format_percent(arena, m->accuracy.value));
        sheet_add(sheet, stats_format_percent_range(arena, m->accuracy.low, m->accuracy.high));
        sheet_add(sheet, stats_format_percent(arena, maybe_of(m->independent)));
        sheet_add(sheet, stats_format_usd(arena, m->cost_usd));
        sheet_add(sheet, stats_format_usd(arena, m->per_point_usd));
    }
}

static void add_votes(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Majority of"), false, 0},      {STR("accuracy"), true, 0},
        {page_interval_head(page), true, 0}, {STR("if random"), true, 1},
        {STR("cost per cell"), true, 0},     {STR("a point more"), true, 0},
    };
    struct sheet *sheet = sheet_new(page->arena, "Votes, predicted", columns, 6);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        if (!d || !d->vote)
            continue;
        page_group_row(page, sheet, i);
        vote_rows(page, sheet, d->vote);
    }
    sheet->note = "Predicted from how answers to one sample agree. The intervals hold for all "
                  "rows of a variant together, each wider than one for its row alone, as the "
                  "accuracy's own is. if random: were errors independent.";
    page_add_sheet(page, sheet);
}

/* ---- routers ---- */

static str number(const struct page *page, uint64_t count)
{
    return arena_printf(page->arena, "%" PRIu64, count);
}

static str share(const struct page *page, const struct summary_estimate *e)
{
    return stats_format_percent(page->arena, e->value);
}

static str range(const struct page *page, const struct summary_estimate *e)
{
    return stats_format_percent_range(page->arena, e->low, e->high);
}

static str label(const struct page *page, str text)
{
    return page_text(page->arena, text.n ? text : STR("(no case matched)"), PAGE_NAME_MAX);
}

/* A heading for a node that is not the whole variant. */
static void node_group(const struct page *page, struct sheet *sheet, size_t place, str path)
{
    str name = page->name[page->order[place]];
    sheet_row(sheet, SHEET_GROUP);
    sheet_add(sheet, str_equal(path, STR("."))
                         ? name
                         : arena_printf(page->arena, "%.*s: %.*s", STR_ARG(name),
                                        STR_ARG(page_path(page->arena, path, PAGE_NAME_MAX))));
}

static void add_cases(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Routed to"), false, 0},
        {STR("cells"), true, 0},
        {STR("share"), true, 0},
        {STR("right at the end"), true, 0},
        {page_interval_head(page), true, 1},
        {STR("cost per cell"), true, 2},
    };
    struct sheet *sheet = sheet_new(page->arena, "Routes", columns, 6);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        for (size_t n = 0; d && n < d->route_count; n++) {
            const struct summary_route *route = &d->routes[n];
            node_group(page, sheet, i, route->path);
            for (size_t c = 0; c < route->case_count; c++) {
                const struct summary_route_case *one = &route->cases[c];
                sheet_row(sheet, SHEET_PLAIN);
                sheet_add(sheet, arena_printf(page->arena, "  %.*s",
                                              STR_ARG(label(page, one->label))));
                sheet_add(sheet, number(page, one->cells));
                sheet_add(sheet, stats_format_percent(page->arena, one->share));
                sheet_add(sheet, share(page, &one->accuracy));
                sheet_add(sheet, range(page, &one->accuracy));
                sheet_add(sheet, stats_format_usd(page->arena, one->cost_usd));
            }
        }
    }
    sheet->note = "cost per cell: without the router's, of a route at the root.";
    page_add_sheet(page, sheet);
}

/* The other labels that cells of a class got, the most frequent first. */
static str mistaken(const struct page *page, const struct summary_route *route, size_t wanted)
{
    size_t classes = route->class_count;
    str list = STR("");
    uint64_t below = UINT64_MAX;
    for (unsigned shown = 0; shown < 3;) {
        uint64_t most = 0;
        for (size_t g = 0; g < classes; g++) {
            uint64_t cells = route->confusion[wanted * classes + g];
            if (g != wanted && cells < below && cells > most)
                most = cells;
        }
        if (most == 0)
            break;
        for (size_t g = 0; g < classes && shown < 3; g++)
            if (g != wanted && route->confusion[wanted * classes + g] == most) {
                list = arena_printf(
                    page->arena, "%.*s%s%.*s %" PRIu64, STR_ARG(list), list.n ? ", " : "",
                    STR_ARG(page_text(page->arena, route->classes[g].label, 24)), most);
                shown++;
            }
        below = most;
    }
    return list.n ? list : STR("—");
}

static void add_classes(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Belongs to"), false, 0},  {STR("cells"), true, 0},
        {STR("routed right"), true, 0}, {page_interval_head(page), true, 2},
        {STR("precision"), true, 3},    {STR("taken for"), false, 1},
    };
    struct sheet *sheet = sheet_new(page->arena, "Confusion of routers", columns, 6);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        for (size_t n = 0; d && n < d->route_count; n++) {
            const struct summary_route *route = &d->routes[n];
            if (route->class_count)
                node_group(page, sheet, i, route->path);
            for (size_t c = 0; c < route->class_count; c++) {
                const struct summary_route_class *one = &route->classes[c];
                sheet_row(sheet, SHEET_PLAIN);
                sheet_add(sheet, arena_printf(page->arena, "  %.*s",
                                              STR_ARG(label(page, one->label))));
                sheet_add(sheet, number(page, one->wanted));
                sheet_add(sheet, share(page, &one->recall));
                sheet_add(sheet, range(page, &one->recall));
                sheet_add(sheet, stats_format_percent(page->arena, one->precision));
                sheet_add(sheet, mistaken(page, route, c));
            }
        }
    }
    page_add_sheet(page, sheet);
}

/* ---- refinements ---- */

static void round_row(const struct page *page, struct sheet *sheet,
                      const struct summary_refinement *of, const struct summary_round *round)
{
    struct arena *arena = page->arena;
    bool is_share = of->measure != SUMMARY_MEASURE_EVALUATOR;
    const struct summary_estimate *gain = &round->gain;
    sheet_row(sheet, round->number == of->enough ? SHEET_GOOD : SHEET_PLAIN);
    sheet_add(sheet, arena_printf(arena, "  %u", round->number));
    sheet_add(sheet, number(page, round->reached));
    sheet_add(sheet, share(page, &round->accepted_by));
    sheet_add(sheet, range(page, &round->accepted_by));
    sheet_add(sheet, is_share ? share(page, &round->quality)
                     : round->quality.value.known
                         ? arena_printf(arena, "%.3g", round->quality.value.value)
                         : STR("—"));
    sheet_add(sheet, is_share ? stats_format_points(arena, gain->value) : STR("—"));
    sheet_add(sheet,
              is_share && gain->low.known
                  ? arena_printf(arena, "%s to %s", stats_format_points(arena, gain->low).p,
                                 stats_format_points(arena, gain->high).p)
                  : STR("—"));
    sheet_add(sheet, number(page, round->fixed));
    sheet_add(sheet, number(page, round->broken));
    sheet_add(sheet, stats_format_percent(arena, round->likeness));
}

static void add_rounds(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Rounds"), false, 0},
        {STR("reached"), true, 4},
        {STR("accepted by"), true, 0},
        {page_interval_head(page), true, 5},
        {STR("right then"), true, 0},
        {STR("gain"), true, 0},
        {page_interval_head(page), true, 1},
        {STR("mended"), true, 6},
        {STR("spoilt"), true, 6},
        {STR("alike"), true, 7},
    };
    struct sheet *sheet = sheet_new(page->arena, "Rounds of refinements", columns, 10);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        for (size_t n = 0; d && n < d->refinement_count; n++) {
            const struct summary_refinement *of = &d->refinements[n];
            node_group(page, sheet, i, of->path);
            for (size_t r = 0; r < of->round_count; r++)
                round_row(page, sheet, of, &of->rounds[r]);
        }
    }
    sheet->note =
        "right then: what max_rounds of that number would have returned. alike: likeness "
        "to the draft before.";
    page_add_sheet(page, sheet);
}

/* ---- plans ---- */

static void add_plans(struct page *page)
{
    const struct sheet_column columns[] = {
        {STR("Plans of"), false, 0},
        {STR("plans"), true, 0},
        {STR("tasks"), true, 0},
        {STR("most"), true, 4},
        {STR("made again"), true, 3},
        {STR("covered"), true, 0},
        {page_interval_head(page), true, 2},
        {STR("invented"), true, 0},
        {page_interval_head(page), true, 2},
        {STR("alike"), true, 1},
    };
    struct sheet *sheet = sheet_new(page->arena, "Plans", columns, 10);
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        for (size_t n = 0; d && n < d->plan_count; n++) {
            const struct summary_plan *of = &d->plans[n];
            str name = page->name[page->order[i]];
            if (!str_equal(of->path, STR(".")))
                name = arena_printf(page->arena, "%.*s: %.*s", STR_ARG(name),
                                    STR_ARG(page_path(page->arena, of->path, PAGE_NAME_MAX)));
            sheet_row(sheet, SHEET_PLAIN);
            sheet_add(sheet, name);
            sheet_add(sheet, number(page, of->plans));
            sheet_add(sheet, of->mean_tasks.known
                                 ? arena_printf(page->arena, "%.1f", of->mean_tasks.value)
                                 : STR("—"));
            sheet_add(sheet, number(page, of->most_tasks));
            sheet_add(sheet, number(page, of->remade));
            sheet_add(sheet, share(page, &of->coverage));
            sheet_add(sheet, range(page, &of->coverage));
            sheet_add(sheet, share(page, &of->invented));
            sheet_add(sheet, range(page, &of->invented));
            sheet_add(sheet, share(page, &of->overlap));
        }
    }
    sheet->note =
        "covered: of what was wanted, planned. invented: of what was planned, wanted by "
        "nobody. alike: tasks that say what another says.";
    page_add_sheet(page, sheet);
}

/* ---- what to change ---- */

enum { LIMITS_SHOWN = 8 };

static void add_limits(struct page *page, struct page_part *part,
                       const struct summary_limit *limit, size_t count)
{
    for (size_t i = 0, said = 0; i < count && said < LIMITS_SHOWN; i++)
        if (!limit[i].said) {
            page_add_sentence(page, part, limit[i].text);
            said++;
        }
}

/* The first of each kind; JSON and CSV have all. What the diagnosis of a variant says already is not said again. */
void page_add_advice(struct page *page)
{
    const struct summary_recommendations *advice = page->summary->recommendations;
    struct page_part *part = &page->part[page->parts];
    if (!advice)
        return;
    part->heading = STR("Limits and models");
    for (size_t i = 0; i < advice->exchange_count && i < PAGE_SENTENCES_MAX / 3; i++)
        page_add_sentence(page, part, advice->exchanges[i].text);
    page_add_sentence(page, part, advice->steps_text);
    page_add_sentence(page, part, advice->models_text);
    add_limits(page, part, advice->timing_limits, advice->timing_limit_count);
    add_limits(page, part, advice->limits, advice->limit_count);
    page->parts += part->count > 0;
}

void page_add_diagnosis(struct page *page)
{
    add_chains(page);
    add_votes(page);
    add_cases(page);
    add_classes(page);
    add_rounds(page);
    add_plans(page);
}
