/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calls used of what they were allowed (see summary_recommend.h). A run may have a million
 * calls, so of each step and model only histograms are kept. */
#include "stats/summary_recommend_inside.h"

#include <stdlib.h>

#include "base/mem.h"

static struct summary_advising *advising_of(struct summary *summary)
{
    struct summary_rows *rows = summary->private;

    if (!rows->advising) {
        rows->advising = xcalloc(1, sizeof *rows->advising);
        rows->advising->variants = summary->meta.variant_count;
        rows->advising->of = xcalloc(rows->advising->variants + 1, sizeof *rows->advising->of);
    }
    return rows->advising;
}

void summary_free_advising(struct summary_advising *advising)
{
    if (!advising)
        return;
    for (size_t v = 0; v < advising->variants; v++) {
        for (size_t i = 0; i < advising->of[v].count; i++) {
            histogram_release(&advising->of[v].use[i].tokens);
            histogram_release(&advising->of[v].use[i].attempts);
        }
        xfree(advising->of[v].use);
    }
    xfree(advising->of);
    xfree(advising);
}

/* Calls come cell by cell, so mostly it is the last one's step or the next. */
static struct summary_use *use_of(struct summary *summary, const struct summary_call_row *row)
{
    struct summary_uses *list = &advising_of(summary)->of[row->variant];

    for (size_t i = 0; i < list->count; i++) {
        size_t at = (list->last + i) % list->count;
        struct summary_use *use = &list->use[at];
        if (str_equal(use->path, row->path) && str_equal(use->model, row->model)) {
            list->last = at;
            return use;
        }
    }
    list->use = xrealloc(list->use, (list->count + 1) * sizeof *list->use);
    list->last = list->count;
    list->use[list->count] =
        (struct summary_use){.path = arena_str(&summary->arena, row->path),
                             .model = arena_str(&summary->arena, row->model),
                             .low_limit = INT64_MAX};
    return &list->use[list->count++];
}

void summary_add_call(struct summary *summary, const struct summary_call_row *row)
{
    if (!summary->private || row->variant >= summary->meta.variant_count)
        return;
    struct summary_use *use = use_of(summary, row);

    use->calls++;
    use->truncated += row->truncated;
    if (row->output_tokens >= 0)
        histogram_add(&use->tokens, row->output_tokens);
    if (row->attempt_ns >= 0)
        histogram_add(&use->attempts, row->attempt_ns / 1000);
    if (row->max_tokens < 0)
        return;
    use->limited++;
    use->low_limit = row->max_tokens < use->low_limit ? row->max_tokens : use->low_limit;
    use->high_limit = row->max_tokens > use->high_limit ? row->max_tokens : use->high_limit;
}

void summary_add_settings(struct summary *summary, const struct summary_settings *settings)
{
    struct summary_advising *advising = advising_of(summary);
    struct summary_pair *twins =
        arena_array(&summary->arena, struct summary_pair, settings->twin_count + 1);
    int64_t *workers = arena_array(&summary->arena, int64_t, advising->variants + 1);

    advising->settings = *settings;
    for (size_t i = 0; i < settings->twin_count; i++)
        twins[i] = settings->twins[i];
    for (size_t v = 0; settings->max_workers && v < advising->variants; v++)
        workers[v] = settings->max_workers[v];
    advising->settings.twins = twins;
    advising->settings.max_workers = workers;
}

static int by_step(const void *left, const void *right)
{
    const struct summary_use *a = left, *b = right;
    int order = str_compare(a->path, b->path);

    return order ? order : str_compare(a->model, b->model);
}

void summary_fill_recommendations(struct summary *summary)
{
    struct summary_advising *from = summary->private->advising;
    struct summary_recommendations *to =
        arena_new(&summary->arena, struct summary_recommendations);
    struct summary_recommending w = {.summary = summary, .from = from, .to = to};

    if (!from)
        return;
    to->limits =
        arena_array(&summary->arena, struct summary_limit, SUMMARY_RECOMMENDED_MOST + 1);
    to->timing_limits =
        arena_array(&summary->arena, struct summary_limit, SUMMARY_RECOMMENDED_MOST + 1);
    to->exchanges =
        arena_array(&summary->arena, struct summary_exchange, SUMMARY_RECOMMENDED_MOST + 1);
    for (size_t v = 0; v < from->variants; v++) {
        struct summary_uses *list = &from->of[v];
        if (list->count) /* calls came in the order in which they ended */
            qsort(list->use, list->count, sizeof *list->use, by_step);
    }
    summary_recommend_limits(&w);
    summary_recommend_models(&w);
    summary->recommendations = to;
}
