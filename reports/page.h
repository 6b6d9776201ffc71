/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h: what every report that people read says, before it is laid out.
 *
 * The terminal, Markdown (and any later page) print the same header, tables, sentences, warnings
 * and verdict; only their layout and escaping differ. All texts are visible text of bounded
 * length: input of ten megabytes does not make a report of ten megabytes.
 */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include "reports/report.h"
#include "reports/sheet.h"

enum {
    PAGE_NAME_MAX = 60, /* columns of a variant's name or a step's path */
    PAGE_TEXT_MAX = 1200,
    PAGE_SENTENCES_MAX = 24, /* of one part */
};

struct page_fact {
    const char *label; /* "dataset" */
    str text;
};

/* Sentences that belong together: about one variant, or one comparison. */
struct page_part {
    str heading;
    str sentence[PAGE_SENTENCES_MAX];
    size_t count;
};

/* A rule of `require`, judged. */
struct page_requirement {
    str verdict; /* "PASS", "FAIL", "INCONCLUSIVE", "not judged" */
    str what, why;
    enum sheet_mark mark;
};

/* Samples that one of two variants has right and the other wrong. */
struct page_flips {
    str heading, sentence;
    struct sheet *sheet;
};

struct page {
    const struct report_input *input;
    struct arena *arena;
    const struct summary *summary;
    size_t
        *order; /* variants, best decision first: accuracy, then cost, then the file's order */
    str *name;  /* of variants, by number */

    str title, description; /* description: empty when it says what the title says */
    str mock;               /* the notice; empty for a real provider */
    str verdict;            /* one sentence: who wins, or that nobody does */
    str price;              /* what the winner costs and takes; may be empty */
    struct page_fact fact[14];
    size_t facts;
    struct sheet *overview;  /* one wide table of the essentials; NULL without variants */
    struct sheet *sheet[40]; /* the same and more in narrow ones */
    size_t sheets;
    /* Comparisons first, then variants in decision order, then what patterns did in those. */
    struct page_part *part;
    size_t parts, comparison_parts, variant_parts;
    struct page_flips *flips; /* of comparisons that have any */
    size_t flip_lists;
    struct page_requirement *requirement; /* in the experiment's order */
    size_t requirements;
    str required; /* of all of them, in a sentence; empty: there are none */
    str *warning;
    size_t warnings;
};

/* Fills the page; all it holds lives in the arena. */
void page_make(struct page *page, const struct report_input *input, struct arena *arena);

/* The comparison of a variant with the baseline, or NULL. */
const struct summary_comparison *page_against_baseline(const struct summary *summary,
                                                       size_t variant);
/* Of test and interval only one says there is a difference: a small p then stands beside "no clear
 * difference". NULL: no. */
bool page_is_borderline(const struct summary_comparison *comparison);
/* The verdict; "no clear difference (borderline)" where it is that. */
str page_verdict_words(const struct summary_comparison *comparison);
/* Variants in decision order, in the arena. */
size_t *page_order(const struct summary *summary, struct arena *arena);
/* Visible, and at most `columns` wide. */
str page_text(struct arena *arena, str text, size_t columns);
/* A step's path for people: the root is "(whole workflow)". */
str page_path(struct arena *arena, str path, size_t columns);
/* "Answered by weir-mock: …" or empty. */
str page_mock_notice(const struct summary *summary);

/* page_comparison.c: the table that a decision is taken by, for so many columns; of a brief report the
 * best variants and the baseline. Its cells have several lines. Not one of page->sheet: who shows it asks for it. */
struct sheet *page_comparison(const struct page *page, size_t width);

#endif
