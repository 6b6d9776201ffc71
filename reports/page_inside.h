/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_inside.h: what the files that fill a page share. Not for those who lay it out.
 *
 * Cells of tables are short texts in the page's arena; a dash stands for what is not known.
 */
#ifndef REPORTS_PAGE_INSIDE_H
#define REPORTS_PAGE_INSIDE_H

#include "reports/page.h"

#define PAGE_DASH           STR("—")
#define PAGE_CELLS_OF_MONEY 1000.0 /* what one cell costs has too many zeros */

/* ---- parts of a page, each by the file of its name ---- */

/* page_header.c: title, description, the mock's notice and the facts. */
void page_add_header(struct page *page);
/* page_parts.c: sentences, by comparison and by variant. */
void page_add_parts(struct page *page);
/* page_overview.c: one wide table of the essentials. */
void page_add_overview(struct page *page);
/* page_sheets.c: the narrow tables, with those of the next four. */
void page_add_sheets(struct page *page);
/* page_accounts.c: what calls were made for, and why cells ended as they did. */
void page_add_roles(struct page *page);
void page_add_judges(struct page *page);
void page_add_reasons(struct page *page);
/* page_times.c: steps, cells on a schedule, and where time goes. */
void page_add_steps(struct page *page);
void page_add_schedule(struct page *page);
void page_add_times(struct page *page);
/* page_slices.c: accuracy by group of samples. */
void page_add_slices(struct page *page);
/* page_contest.c: what judges said of pairs of variants. */
void page_add_contests(struct page *page);
/* page_diagnosis.c: what the patterns did, as tables; what to change, as a part. */
void page_add_diagnosis(struct page *page);
void page_add_advice(struct page *page);
/* page_robust.c: changed samples, and trials held against each other; their sentences as parts. */
void page_add_robustness(struct page *page);
void page_add_robust_parts(struct page *page);
/* page_flips.c: for each comparison its flips. */
void page_add_flips(struct page *page);

/* ---- sentences ---- */

/* Visible, of bounded length, with a full stop; empty stays empty. */
str page_sentence(struct arena *arena, str text);
/* Adds it to the part, unless it is empty. */
void page_add_sentence(struct page *page, struct page_part *part, str text);

/* ---- tables ---- */

/* The place-th variant in decision order. */
const struct summary_variant *page_variant_at(const struct page *page, size_t place);
bool page_has_baseline(const struct page *page);
str page_interval_head(const struct page *page); /* "95 % interval" */
/* Adds a table that has rows, while there is room. */
void page_add_sheet(struct page *page, struct sheet *sheet);

/* A row that begins with that variant's name; `marked`: better and worse than the baseline look so. */
void page_variant_row(const struct page *page, struct sheet *sheet, size_t place, bool marked);
/* A heading with that variant's name over the rows below. */
void page_group_row(const struct page *page, struct sheet *sheet, size_t place);
/* A row below others of one variant: its name stands in the first, which *named remembers. */
void page_named_row(const struct page *page, struct sheet *sheet, size_t place, bool *named);

/* ---- cells ---- */

str page_count(struct arena *arena, uint64_t count);
/* "−7.1 – +16.6" of a difference of shares. */
str page_points_range(struct arena *arena, const struct summary_estimate *difference);
/* "≥ …" of what is only a lower bound. */
str page_at_least(struct arena *arena, bool at_least, str text);
/* A step that only computes takes no time that is counted: "0 s" has no digits to round. */
str page_time_range(struct arena *arena, maybe low, maybe high);
/* A quantile of latency; "timeout" when it is one. */
str page_quantile(struct arena *arena, const struct stats_quantile *quantile);
/* "≥ …" when attempts of the variant were lost. */
str page_usd(struct arena *arena, const struct summary_variant *v, maybe usd);
/* Calls per cell. */
str page_calls(struct arena *arena, const struct summary_variant *v);

#endif
