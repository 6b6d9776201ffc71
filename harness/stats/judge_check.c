/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A judge held against people (see judge_check.h). Kappa takes one label a sample: trials of one
 * sample resemble each other, and would make the interval too narrow. */
#include "stats/judge_check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "stats/format.h"
#include "stats/interval.h"
#include "stats/paired.h"
#include "stats/sum.h"
#include "stats/summary_values.h"

static const double kappa_least = 0.6;

enum { NO, YES };
enum { REFERENCE, NEITHER, CANDIDATE };

struct checking {
    const struct judge_check_input *input;
    struct arena *arena;
    struct judge_check *check;
    size_t *people; /* by item: what most said; STATS_LABEL_MISSING */
    bool *counts;   /* by item: the one of its sample that kappa takes */
};

static bool compares(const struct checking *c)
{
    return c->input->labels == 3;
}

static struct summary_estimate share_of(const struct checking *c, struct summary_values *values,
                                        const char *reason)
{
    struct summary_series series;

    if (values->count == 0)
        return summary_unknown(reason);
    series = summary_values_series(values);
    return summary_share_at(&series, c->input->confidence);
}

/* ---- what people said ---- */

/* What more raters said than anything else. */
static size_t most_said(const struct checking *c, const struct judge_check_item *item,
                        bool *tied)
{
    size_t count[JUDGE_CHECK_LABELS_MOST] = {0}, best = 0;

    for (size_t r = 0; r < c->input->raters; r++)
        if (item->people[r] != STATS_LABEL_MISSING)
            count[item->people[r]]++;
    for (size_t l = 1; l < c->input->labels; l++)
        if (count[l] > count[best])
            best = l;
    *tied = false;
    for (size_t l = 0; l < c->input->labels; l++)
        *tied = *tied || (l != best && count[l] == count[best] && count[l] > 0);
    return count[best] == 0 || *tied ? STATS_LABEL_MISSING : best;
}

static int compare_samples(const void *left, const void *right)
{
    const size_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Samples are any numbers: their places among the sorted ones. */
static size_t *sample_places(const struct checking *c, size_t *count)
{
    size_t items = c->input->items;
    size_t *sorted = arena_array(c->arena, size_t, items + 1);
    size_t *place = arena_array(c->arena, size_t, items + 1);

    for (size_t i = 0; i < items; i++)
        sorted[i] = c->input->item[i].sample;
    if (items)
        qsort(sorted, items, sizeof *sorted, compare_samples);
    *count = 0;
    for (size_t i = 0; i < items; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[(*count)++] = sorted[i];
    for (size_t i = 0; i < items; i++) {
        const size_t *found =
            bsearch(&c->input->item[i].sample, sorted, *count, sizeof *sorted, compare_samples);
        place[i] = (size_t)(found - sorted);
    }
    return place;
}

static void read_people(struct checking *c)
{
    size_t samples, items = c->input->items;
    size_t *place = sample_places(c, &samples);
    bool *taken = arena_array(c->arena, bool, samples + 1);

    c->people = arena_array(c->arena, size_t, items + 1);
    c->counts = arena_array(c->arena, bool, items + 1);
    for (size_t i = 0; i < items; i++) {
        bool tied;
        c->people[i] = most_said(c, &c->input->item[i], &tied);
        c->check->labelled += tied || c->people[i] != STATS_LABEL_MISSING;
        c->check->tied += tied;
        if (c->people[i] == STATS_LABEL_MISSING || taken[place[i]])
            continue;
        c->counts[i] = taken[place[i]] = true;
        c->check->samples++;
    }
}

/* ---- agreement ---- */

static void fill_kappa(const struct checking *c)
{
    struct judge_check *check = c->check;
    size_t labels = c->input->labels;
    struct summary_values same = {.arena = c->arena}, yes = same, no = same;

    for (size_t i = 0; i < c->input->items; i++) {
        size_t judge = c->input->item[i].judge, people = c->people[i];
        if (!c->counts[i])
            continue;
        check->table[judge * labels + people]++;
        summary_values_add(&same, i, judge == people);
        if (!compares(c))
            summary_values_add(people == YES ? &yes : &no, i, judge == people);
    }
    check->kappa = stats_cohen_kappa(check->table, labels, c->input->confidence);
    check->agreement = share_of(c, &same, "no labels");
    check->sensitivity =
        share_of(c, &yes, compares(c) ? "for single texts" : "no yes of people");
    check->specificity = share_of(c, &no, compares(c) ? "for single texts" : "no no of people");
    for (size_t l = 0; check->samples && l < labels; l++) {
        uint64_t judge = 0, people = 0;
        for (size_t k = 0; k < labels; k++) {
            judge += check->table[l * labels + k];
            people += check->table[k * labels + l];
        }
        check->judge_rate[l] = maybe_of((double)judge / (double)check->samples);
        check->people_rate[l] = maybe_of((double)people / (double)check->samples);
    }
    check->validated = check->kappa.kappa.known &&
                       check->kappa.kappa.value >= kappa_least &&
                       check->samples >= JUDGE_CHECK_SAMPLES_LEAST;
}

/* Judge against one rater, one item a sample: the first that this one labelled. */
static void fill_rater(const struct checking *c, size_t rater)
{
    uint64_t table[JUDGE_CHECK_LABELS_MOST * JUDGE_CHECK_LABELS_MOST] = {0};
    struct judge_check_rater *to = &c->check->rater[rater];
    size_t samples, labels = c->input->labels;
    size_t *place = sample_places(c, &samples);
    bool *taken = arena_array(c->arena, bool, samples + 1);

    for (size_t i = 0; i < c->input->items; i++) {
        const struct judge_check_item *item = &c->input->item[i];
        if (item->people[rater] == STATS_LABEL_MISSING || taken[place[i]])
            continue;
        taken[place[i]] = true;
        table[item->judge * labels + item->people[rater]]++;
        to->samples++;
    }
    to->kappa = stats_cohen_kappa(table, labels, c->input->confidence);
}

/* Of all raters, the judge among them or not. */
static maybe alpha_of(const struct checking *c, bool with_judge)
{
    size_t raters = c->input->raters + with_judge, items = c->input->items;
    size_t *label = arena_array(c->arena, size_t, items * raters + 1);
    size_t *start = arena_array(c->arena, size_t, items + 1);

    for (size_t i = 0; i < items; i++) {
        start[i + 1] = start[i] + raters;
        for (size_t r = 0; r < c->input->raters; r++)
            label[start[i] + r] = c->input->item[i].people[r];
        if (with_judge)
            label[start[i] + raters - 1] = c->input->item[i].judge;
    }
    return stats_krippendorff_nominal(label, start, items, c->input->labels);
}

/* ---- the place ---- */

static bool chose_first(const struct judge_check_verdict *verdict)
{
    return verdict->label == (verdict->turned ? REFERENCE : CANDIDATE);
}

static void fill_places(const struct checking *c)
{
    struct summary_values first = {.arena = c->arena}, people = first, right = first,
                          wrong_way = first;

    for (size_t i = 0; compares(c) && i < c->input->items; i++) {
        const struct judge_check_item *item = &c->input->item[i];
        for (size_t v = 0; v < item->verdicts; v++) {
            const struct judge_check_verdict *verdict = &item->verdict[v];
            bool better_first = c->people[i] == (verdict->turned ? REFERENCE : CANDIDATE);
            if (verdict->label != NEITHER)
                summary_values_add(&first, item->sample, chose_first(verdict));
            if (c->people[i] != STATS_LABEL_MISSING && c->people[i] != NEITHER)
                summary_values_add(better_first ? &right : &wrong_way, item->sample,
                                   verdict->label == c->people[i]);
        }
        for (size_t r = 0; r < c->input->raters; r++)
            if (item->people[r] != STATS_LABEL_MISSING && item->people[r] != NEITHER)
                summary_values_add(&people, item->sample,
                                   (item->people[r] == CANDIDATE) == item->candidate_first[r]);
    }
    const char *none = compares(c) ? "no decided verdict" : "for comparisons";
    c->check->first = share_of(c, &first, none);
    c->check->people_first = share_of(c, &people, none);
    c->check->right_first = share_of(c, &right, none);
    c->check->right_second = share_of(c, &wrong_way, none);
}

/* ---- the length ---- */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct summary_estimate difference_of(const struct checking *c, const double *d,
                                             size_t count)
{
    struct stats_paired_difference paired =
        stats_paired_diff(d, count, NULL, c->input->confidence, 2);
    return summary_difference(&paired, count);
}

/* Each item's share in the difference of the halves' means, with the common mean taken off: their mean is
 * that difference, and their spread what it varies by. */
static struct summary_estimate contrast_of(const struct checking *c, const double *d,
                                           const bool *is_long, size_t count, size_t longs)
{
    double *z = arena_array(c->arena, double, count + 1);
    double mean = stats_sum_of(d, count) / (double)count;

    for (size_t i = 0; i < count; i++)
        z[i] = (d[i] - mean) * (double)count /
               (is_long[i] ? (double)longs : -(double)(count - longs));
    struct stats_mean result = stats_mean_t(z, count, NULL, c->input->confidence);
    return summary_mean(&result, count);
}

/* Does the judge say yes to long texts more often than people do? */
static void fill_lengths(const struct checking *c)
{
    size_t n = 0, longs = 0, room = c->input->items + 1;
    double *length = arena_array(c->arena, double, room),
           *d = arena_array(c->arena, double, room);
    double *sorted = arena_array(c->arena, double, room), *half[2];
    bool *is_long = arena_array(c->arena, bool, room);
    size_t counts[2] = {0, 0};

    for (size_t i = 0; i < c->input->items; i++)
        if (c->counts[i]) {
            length[n] = sorted[n] = c->input->item[i].length;
            d[n++] = (double)c->input->item[i].judge - (double)c->people[i];
        }
    if (n)
        qsort(sorted, n, sizeof *sorted, compare_doubles);
    for (size_t h = 0; h < 2; h++)
        half[h] = arena_array(c->arena, double, n + 1);
    /* of many equal lengths the median may be the largest */
    double median = n ? sorted[(n - 1) / 2] : 0;
    bool capped = n && !(sorted[n - 1] > median);
    for (size_t i = 0; i < n; i++) {
        is_long[i] = capped ? length[i] >= median : length[i] > median;
        longs += is_long[i];
        half[is_long[i]][counts[is_long[i]]++] = d[i];
    }
    bool both = longs > 0 && longs < n;
    c->check->long_half = both ? difference_of(c, half[1], counts[1])
                               : summary_unknown("all texts are of one length");
    c->check->short_half = both ? difference_of(c, half[0], counts[0])
                                : summary_unknown("all texts are of one length");
    c->check->length_bias = both ? contrast_of(c, d, is_long, n, longs)
                                 : summary_unknown("all texts are of one length");
}

/* Does the judge choose the longer one more often than people do? */
static void fill_longer(const struct checking *c)
{
    struct summary_values judge = {.arena = c->arena}, people = judge;
    double *d = arena_array(c->arena, double, c->input->items + 1);
    size_t n = 0;

    for (size_t i = 0; i < c->input->items; i++) {
        const struct judge_check_item *item = &c->input->item[i];
        if (!c->counts[i] || item->judge == NEITHER || c->people[i] == NEITHER ||
            !(item->length < item->reference_length || item->length > item->reference_length))
            continue;
        size_t longer = item->length > item->reference_length ? CANDIDATE : REFERENCE;
        summary_values_add(&judge, i, item->judge == longer);
        summary_values_add(&people, i, c->people[i] == longer);
        d[n++] = (double)(item->judge == longer) - (double)(c->people[i] == longer);
    }
    c->check->judge_longer = share_of(c, &judge, "no decided pair of unequal lengths");
    c->check->people_longer = share_of(c, &people, "no decided pair of unequal lengths");
    c->check->length_bias =
        n ? difference_of(c, d, n) : summary_unknown("no decided pair of unequal lengths");
}

/* ---- its answers among themselves ---- */

static void fill_consistency(const struct checking *c)
{
    struct summary_values both_ways = {.arena = c->arena}, again = both_ways;

    for (size_t i = 0; i < c->input->items; i++) {
        const struct judge_check_item *item = &c->input->item[i];
        for (size_t a = 0; a < item->verdicts; a++)
            for (size_t b = a + 1; b < item->verdicts; b++)
                summary_values_add(
                    item->verdict[a].turned == item->verdict[b].turned ? &again : &both_ways,
                    item->sample, item->verdict[a].label == item->verdict[b].label);
    }
    c->check->both_ways =
        share_of(c, &both_ways, compares(c) ? "nobody was asked both ways" : "for comparisons");
    c->check->again = share_of(c, &again, "nobody was asked twice");
}

/* ---- what its errors make of its verdicts ---- */

static void fill_variants(const struct checking *c)
{
    struct judge_check *check = c->check;

    check->variants = compares(c) ? 0 : c->input->variants;
    check->variant = arena_array(c->arena, struct judge_check_variant, check->variants + 1);
    for (size_t v = 0; v < check->variants; v++) {
        struct judge_check_variant *to = &check->variant[v];
        struct summary_values yes = {.arena = c->arena};
        for (size_t i = 0; i < c->input->items; i++)
            if (c->input->item[i].variant == v)
                summary_values_add(&yes, c->input->item[i].sample,
                                   c->input->item[i].judge == YES);
        to->yes = share_of(c, &yes, "not judged");
        if (to->yes.value.known && check->sensitivity.value.known &&
            check->specificity.value.known)
            to->corrected =
                stats_rogan_gladen(to->yes.value.value, check->sensitivity.value.value,
                                   check->specificity.value.value);
    }
}

/* ---- in words ---- */

static void fill_text(const struct checking *c)
{
    struct judge_check *check = c->check;
    const struct stats_kappa *k = &check->kappa;
    struct arena *arena = c->arena;
    str kappa = arena_printf(arena, "kappa is undefined, since all say the same"), why;

    if (check->samples == 0) {
        check->text =
            STR("No answer of it was labelled by people: the judge is not validated.");
        return;
    }
    if (k->kappa.known)
        kappa =
            arena_printf(arena, "Cohen's kappa is %.2f (%s %% interval %.2f – %.2f)",
                         k->kappa.value, stats_format_confidence(arena, c->input->confidence).p,
                         k->low.value, k->high.value);
    why = check->validated ? STR("it may be relied on as far as that goes")
          : check->samples < JUDGE_CHECK_SAMPLES_LEAST
              ? arena_printf(arena,
                             "judge not validated: fewer than %d samples were labelled by "
                             "people",
                             JUDGE_CHECK_SAMPLES_LEAST)
              : arena_printf(arena, "judge not validated: kappa is not at least %.1f",
                             kappa_least);
    check->text = arena_printf(arena,
                               "On %" PRIu64 " samples the judge agrees with people in %.*s; "
                               "%.*s: %.*s.",
                               check->samples,
                               STR_ARG(stats_format_percent(arena, check->agreement.value)),
                               STR_ARG(kappa), STR_ARG(why));
}

static str lean_of(struct arena *arena, const struct summary_estimate *share, double even,
                   const char *above, const char *below, const char *none)
{
    if (!share->value.known || !share->low.known || !share->high.known)
        return STR("");
    return arena_printf(arena, "%s",
                        share->low.value > even    ? above
                        : share->high.value < even ? below
                                                   : none);
}

static void fill_bias_text(const struct checking *c)
{
    struct judge_check *check = c->check;
    str place =
        lean_of(c->arena, &check->first, 0.5, "The judge leans to the first place.",
                "The judge leans to the second place.", "No lean to a place is to be seen.");
    str length = lean_of(
        c->arena, &check->length_bias, 0, "It likes long texts better than people do.",
        "It likes short texts better than people do.", "No lean to a length is to be seen.");
    check->bias_text = arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(place),
                                    place.n && length.n ? " " : "", STR_ARG(length));
}

void judge_check(const struct judge_check_input *input, struct arena *arena,
                 struct judge_check *check)
{
    struct checking c = {.input = input, .arena = arena, .check = check};

    *check = (struct judge_check){.raters = input->raters};
    read_people(&c);
    fill_kappa(&c);
    check->rater = arena_array(arena, struct judge_check_rater, input->raters + 1);
    for (size_t r = 0; r < input->raters; r++)
        fill_rater(&c, r);
    check->alpha = alpha_of(&c, true);
    check->alpha_people = input->raters > 1 ? alpha_of(&c, false) : maybe_none();
    fill_places(&c);
    check->long_half = check->short_half = summary_unknown("for single texts");
    check->judge_longer = check->people_longer = summary_unknown("for comparisons");
    if (compares(&c))
        fill_longer(&c);
    else
        fill_lengths(&c);
    fill_consistency(&c);
    fill_variants(&c);
    fill_text(&c);
    fill_bias_text(&c);
}
