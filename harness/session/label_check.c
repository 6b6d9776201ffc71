/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * label_check.c: items and labels brought together for stats/judge_check.h (see labels.h).
 */
#include "session/labels.h"

#include "base/text.h"
#include "stats/judge_check.h"

#include <stdlib.h>

struct joining {
    const struct label_items *items;
    const struct label_lines *lines;
    struct arena *arena;
    struct label_use *use;
    struct judge_check_item *item; /* by number of label_items */
    size_t *people;                /* by item and rater */
    bool *candidate_first;         /* likewise */
    size_t *first;                 /* by item: the line of its first label; SIZE_MAX: none */
};

bool label_is_of(const struct label_items *items, const struct label_item *item,
                 const struct label_line *line)
{
    size_t count;
    const struct store_variant *variant = store_variants(items->store, &count);
    const struct store_sample *sample = store_samples(items->store, &count);
    return line->trial == item->trial && str_equal(line->score, items->score) &&
           str_equal(line->sample, sample[item->sample].id) &&
           str_equal(line->variant, variant[item->variant].name) &&
           (item->against < 0 ? line->against.n == 0
                              : str_equal(line->against, variant[item->against].name));
}

static size_t rater_number(struct label_use *use, str rater)
{
    size_t i = 0;
    while (i < use->raters && !str_equal(use->rater[i], rater))
        i++;
    return i;
}

static size_t label_of_value(const struct label_items *items, double value)
{
    if (!items->compares)
        return value >= items->threshold;
    return value < 0.25 ? 0 : value > 0.75 ? 2 : 1;
}

static size_t label_of_word(const struct label_items *items, enum label_word word)
{
    if (word == LABEL_NO)
        return 0;
    if (word == LABEL_EVEN)
        return items->compares ? 1 : STATS_LABEL_MISSING;
    return word != LABEL_YES ? STATS_LABEL_MISSING : items->compares ? 2 : 1;
}

static size_t find_item(const struct joining *j, const struct label_line *line)
{
    size_t i = 0;
    while (i < j->items->count && !label_is_of(j->items, &j->items->item[i], line))
        i++;
    return i;
}

static void open_item(const struct joining *j, size_t i)
{
    const struct label_item *from = &j->items->item[i];
    struct judge_check_item *to = &j->item[i];
    struct judge_check_verdict *verdict =
        arena_array(j->arena, struct judge_check_verdict, from->verdicts + 1);
    size_t *people = &j->people[i * j->use->raters];
    for (size_t v = 0; v < from->verdicts; v++)
        verdict[v] = (struct judge_check_verdict){
            label_of_value(j->items, from->verdict[v].value), from->verdict[v].turned};
    for (size_t r = 0; r < j->use->raters; r++)
        people[r] = STATS_LABEL_MISSING;
    *to = (struct judge_check_item){.variant = (size_t)from->variant,
                                    .sample = (size_t)from->sample,
                                    .judge = label_of_value(j->items, from->value),
                                    .people = people,
                                    .candidate_first = &j->candidate_first[i * j->use->raters],
                                    .verdict = verdict,
                                    .verdicts = from->verdicts};
    j->first[i] = SIZE_MAX;
}

/* What the label was of must be what the judge has judged. */
static int fits(const struct joining *j, size_t i, const struct label_line *line,
                struct err *err)
{
    struct label_texts texts;
    if (label_texts_read(j->items, &j->items->item[i], j->arena, &texts, err) < 0)
        return -1;
    j->item[i].length = (double)utf8_count(texts.answer);
    j->item[i].reference_length = (double)utf8_count(texts.other);
    return line->hash.n == 0 || str_equal(line->hash, texts.hash);
}

static int take_line(const struct joining *j, size_t number, struct err *err)
{
    const struct label_line *line = &j->lines->line[number];
    if (!str_equal(line->score, j->items->score))
        return 0;
    size_t i = find_item(j, line), rater = rater_number(j->use, line->rater);
    int good = i < j->items->count ? fits(j, i, line, err) : 0;
    if (good < 0)
        return -1;
    if (!good) {
        j->use->other += line->word <= LABEL_YES;
        return 0;
    }
    j->people[i * j->use->raters + rater] = label_of_word(j->items, line->word);
    j->candidate_first[i * j->use->raters + rater] = line->candidate_first;
    if (j->first[i] == SIZE_MAX)
        j->first[i] = number;
    return 0;
}

static void find_raters(const struct joining *j)
{
    j->use->rater = arena_array(j->arena, str, j->lines->count + 1);
    for (size_t i = 0; i < j->lines->count; i++) {
        const struct label_line *line = &j->lines->line[i];
        if (str_equal(line->score, j->items->score) &&
            rater_number(j->use, line->rater) == j->use->raters)
            j->use->rater[j->use->raters++] = line->rater;
    }
}

struct place {
    size_t line, item;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

/* As people labelled them; what they did not comes last. */
static struct judge_check_item *in_order(const struct joining *j)
{
    size_t count = j->items->count;
    struct place *place = arena_array(j->arena, struct place, count + 1);
    struct judge_check_item *sorted = arena_array(j->arena, struct judge_check_item, count + 1);
    for (size_t i = 0; i < count; i++)
        place[i] = (struct place){j->first[i], i};
    qsort(place, count, sizeof *place, compare_places);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = j->item[place[i].item];
        for (size_t r = 0; r < j->use->raters; r++)
            j->use->used += sorted[i].people[r] != STATS_LABEL_MISSING;
    }
    return sorted;
}

int labels_check(const struct label_items *items, const struct label_lines *lines,
                 double confidence, struct arena *arena, struct judge_check *check,
                 struct label_use *use, struct err *err)
{
    *use = (struct label_use){0};
    struct joining j = {.items = items, .lines = lines, .arena = arena, .use = use};
    j.item = arena_array(arena, struct judge_check_item, items->count + 1);
    j.first = arena_array(arena, size_t, items->count + 1);
    find_raters(&j);
    j.people = arena_array(arena, size_t, items->count * use->raters + 1);
    j.candidate_first = arena_array(arena, bool, items->count * use->raters + 1);
    for (size_t i = 0; i < items->count; i++)
        open_item(&j, i);
    for (size_t i = 0; i < lines->count; i++)
        if (take_line(&j, i, err) < 0)
            return -1;
    size_t variants;
    store_variants(items->store, &variants);
    const struct judge_check_input input = {.variants = variants,
                                            .item = in_order(&j),
                                            .items = items->count,
                                            .labels = items->compares ? 3 : 2,
                                            .raters = use->raters,
                                            .confidence = confidence};
    judge_check(&input, arena, check);
    return 0;
}

static bool has_lines(const struct label_lines *lines, str score)
{
    for (size_t i = 0; i < lines->count; i++)
        if (str_equal(lines->line[i].score, score))
            return true;
    return false;
}

int labels_of_scores(struct store *store, str run_path, double confidence,
                     const struct summary_score_meta *score, const str *step, size_t scores,
                     struct arena *arena, struct summary_judge_checked **checked,
                     struct err *err)
{
    struct label_lines lines;
    *checked = arena_array(arena, struct summary_judge_checked, scores + 1);
    if (label_file_read(arena, label_file_of(arena, run_path, store), &lines, err) < 0)
        return -1;
    for (size_t i = 0; i < scores && lines.count; i++) {
        struct label_items items;
        struct judge_check check;
        struct label_use use;
        if (!score[i].judged || step[i].n || !has_lines(&lines, score[i].name))
            continue;
        if (label_items_read(store, score[i].name, arena, &items, err) < 0 ||
            labels_check(&items, &lines, confidence, arena, &check, &use, err) < 0)
            return -1;
        if (use.used)
            (*checked)[i] = (struct summary_judge_checked){check.validated, check.text};
    }
    return 0;
}
