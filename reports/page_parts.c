/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_parts.c: the sentences of a report (see page.h): of comparisons first, then of variants in
 * decision order, then of what patterns did in them. The summary makes the sentences.
 */
#include "reports/page_inside.h"

#include "stats/summary_diagnosis.h"
#include "stats/summary_stop.h"

void page_add_sentence(struct page *page, struct page_part *part, str text)
{
    if (text.n && part->count < PAGE_SENTENCES_MAX)
        part->sentence[part->count++] = page_sentence(page->arena, text);
}

static struct page_part *new_pair(struct page *page, size_t candidate, size_t baseline)
{
    struct page_part *part = &page->part[page->parts++];
    part->heading = arena_printf(page->arena, "%.*s against %.*s",
                                 STR_ARG(page->name[candidate]), STR_ARG(page->name[baseline]));
    return part;
}

static bool is_watched(const struct summary *summary, const struct summary_comparison *c)
{
    const struct summary_stop *stop = summary->stop;
    return stop && c->candidate == stop->rule.candidate && c->baseline == stop->rule.baseline;
}

/* Of the watched pair: with its comparison, or by itself where that is not shown. */
static void add_stop(struct page *page, struct page_part *part)
{
    const struct summary_stop *stop = page->summary->stop;
    if (part->count == 0 || stop->rule.score)
        page_add_sentence(page, part, stop->text);
    page_add_sentence(page, part, stop->spared_text);
    page_add_sentence(page, part, stop->beyond_text);
}

static void add_stop_part(struct page *page)
{
    const struct summary *summary = page->summary;
    bool shown = !summary->stop;
    for (size_t i = 0; i < summary->comparison_count; i++)
        shown = shown || is_watched(summary, &summary->comparisons[i]);
    if (shown)
        return;
    struct page_part *part =
        new_pair(page, summary->stop->rule.candidate, summary->stop->rule.baseline);
    add_stop(page, part);
}

static void add_comparisons(struct page *page)
{
    const struct summary *summary = page->summary;
    for (size_t i = 0; i < summary->comparison_count; i++) {
        const struct summary_comparison *c = &summary->comparisons[i];
        struct page_part *part = new_pair(page, c->candidate, c->baseline);
        page_add_sentence(page, part, c->accuracy_text);
        if (is_watched(summary, c))
            add_stop(page, part);
        page_add_sentence(page, part, c->cost_text);
        page_add_sentence(page, part, c->latency_text);
        page_add_sentence(page, part, c->shift_text);
    }
}

static void add_variants(struct page *page)
{
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_variant *v = page_variant_at(page, i);
        struct page_part *part = &page->part[page->parts++];
        part->heading = page->name[page->order[i]];
        page_add_sentence(page, part, v->accuracy_text);
        page_add_sentence(page, part, v->rerun_text);
        page_add_sentence(page, part, v->cost_text);
        page_add_sentence(page, part, v->latency_text);
        page_add_sentence(page, part, v->judge_text);
    }
}

static void add_diagnoses(struct page *page)
{
    for (size_t i = 0; i < page->summary->meta.variant_count; i++) {
        const struct summary_diagnosis *d = page_variant_at(page, i)->diagnosis;
        struct page_part *part = &page->part[page->parts];
        part->heading = page->name[page->order[i]];
        for (size_t s = 0; d && s < d->sentence_count; s++)
            page_add_sentence(page, part, d->sentences[s]);
        if (d)
            page_add_sentence(page, part, d->timing_text);
        page->parts += part->count > 0;
    }
}

void page_add_parts(struct page *page)
{
    const struct summary *summary = page->summary;
    page->part = arena_array(page->arena, struct page_part,
                             summary->comparison_count + 3 * summary->meta.variant_count + 3);
    add_stop_part(page);
    add_comparisons(page);
    page->comparison_parts = page->parts;
    add_variants(page);
    page->variant_parts = page->parts;
    add_diagnoses(page);
    page_add_robust_parts(page);
    page_add_advice(page);
}
