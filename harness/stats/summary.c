/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rows of a run to its summary: room for them, and the stages that fill it in. Order must
 * not matter, and quantiles and paired comparisons need all cells together, so a few numbers of each
 * are kept until the end; counts and sums are added up at once (summary_add.c). A run of 1,000,000
 * cells of one step takes some 120 MB, and as much again while it is sorted. */
#include "stats/summary.h"

#include "base/mem.h"
#include "stats/summary_rows.h"

enum { SHAPES_MOST = 256 };

const unsigned summary_permille[SUMMARY_LEVELS] = {500, 900, 950, 990};

const char *summary_status_name(enum summary_status status)
{
    static const char *const names[SUMMARY_STATUSES] = {"ok",       "error",   "timeout",
                                                        "unscored", "skipped", "pending"};

    return names[status];
}

bool summary_is_finished(enum summary_status status)
{
    return status != SUMMARY_SKIPPED && status != SUMMARY_PENDING;
}

/* ---- tables that grow ---- */

/* Room for one row more in an array of `count`. */
void *summary_grow(void *rows, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return rows;
    *room = *room ? 2 * *room : 256;
    return xrealloc(rows, *room * size);
}

/* The place of a text among those of which there are few: reasons, kinds of failure, shapes. */
static uint32_t number_in(struct summary *summary, struct summary_names *names, str text)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->text[i], text))
            return (uint32_t)i;
    names->text = summary_grow(names->text, names->count, &names->room, sizeof *names->text);
    names->text[names->count] = arena_str(&summary->arena, text);
    return (uint32_t)names->count++;
}

uint32_t summary_number(struct summary *summary, str text)
{
    return number_in(summary, &summary->private->names, text);
}

/* Answers that all have shapes of their own would fill the table: those that come later than the
 * first hundreds are not known. */
uint16_t summary_shape_number(struct summary *summary, str shape)
{
    struct summary_names *shapes = &summary->private->shapes;
    if (shape.n == 0)
        return 0;
    if (shapes->count < SHAPES_MOST)
        return (uint16_t)number_in(summary, shapes, shape);
    for (size_t i = 0; i < shapes->count; i++)
        if (str_equal(shapes->text[i], shape))
            return (uint16_t)i;
    return 0;
}

/* ---- from the beginning to the end ---- */

struct summary *summary_begin(const struct summary_meta *meta)
{
    struct summary *summary = xcalloc(1, sizeof *summary);

    summary->private = xcalloc(1, sizeof *summary->private);
    size_t scores = meta->score_count;
    summary->private->of_variant =
        arena_array(&summary->arena, bool, meta->variant_count *scores + 1);
    summary->private->judge = arena_array(&summary->arena, struct summary_judge_sum,
                                          meta->variant_count * scores + 1);
    summary->private->restricted = arena_array(&summary->arena, bool, scores + 1);
    summary->private->router =
        arena_array(&summary->arena, struct summary_account, meta->variant_count + 1);
    summary->private->told_judge =
        arena_array(&summary->arena, struct summary_account, meta->variant_count + 1);
    summary->private->roles_told = arena_array(&summary->arena, bool, meta->variant_count + 1);
    summary->private->groups = meta->variant_count * (meta->perturbation_count + 1);
    summary->private->sums =
        arena_array(&summary->arena, struct summary_sums, summary->private->groups + 1);
    summary->private->perturbed_judges =
        arena_array(&summary->arena, struct summary_account, summary->private->groups + 1);
    summary_number(summary, STR(""));
    number_in(summary, &summary->private->shapes, STR(""));
    summary->winner = SUMMARY_NO_BASELINE;
    summary_copy_meta(summary, meta);
    for (size_t i = 0; i < meta->rule_count; i++) {
        enum summary_metric metric = meta->rules[i].metric;
        summary->private->keeps_amounts |=
            metric == SUMMARY_TOKENS || metric == SUMMARY_CALLS || metric == SUMMARY_RETRIES;
    }
    return summary;
}

static void free_rows(struct summary *summary)
{
    if (!summary->private)
        return;
    struct summary_rows *rows = summary->private;
    xfree(rows->cells);
    xfree(rows->score);
    xfree(rows->amounts);
    xfree(rows->instances);
    xfree(rows->facts);
    summary_free_advising(rows->advising);
    xfree(rows->kinds);
    xfree(rows->names.text);
    xfree(rows->shapes.text);
    xfree(rows->samples);
    xfree(rows->place_of);
    xfree(rows->agreements);
    summary_free_watched(rows->watched);
    summary_free_verdicts(rows->verdicts);
    xfree(rows);
    summary->private = NULL;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    free_rows(summary);
    arena_release(&summary->arena);
    xfree(summary);
}

int summary_finish(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;
    size_t variants = summary->meta.variant_count;

    if (!rows || rows->finished)
        BUG("summary finished twice");
    rows->finished = true;
    if (summary_sort(summary, err) != 0)
        return -1;
    summary->variants = arena_array(&summary->arena, struct summary_variant, variants + 1);
    summary_sort_agreements(rows);
    for (size_t v = 0; v < variants; v++) {
        summary_fill_variant(summary, v);
        summary_fill_steps(summary, v);
        summary_fill_roles(summary, v);
        summary_fill_consistency(summary, v);
        summary_fill_perturbed(summary, v);
    }
    summary_fill_stop(summary);
    for (size_t v = 0; v < variants; v++)
        summary_fill_diagnosis(summary, v);
    summary_fill_comparisons(summary);
    summary_fill_flips(summary);
    summary_fill_slices(summary);
    summary_fill_front(summary);
    summary_fill_contests(summary);
    summary_fill_advice(summary);
    summary_fill_rate(summary);
    summary_fill_requirements(summary);
    summary_fill_recommendations(summary);
    summary_fill_texts(summary);
    summary_fill_warnings(summary);
    free_rows(summary);
    return 0;
}
