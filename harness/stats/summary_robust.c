/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changed samples beside unchanged ones, and trials of a sample beside each other. Both ask how
 * often two answers to the same question differ, so both are shares of pairs: first within the
 * sample, then over samples, with the interval of any mean of samples' values. */
#include "stats/summary_robust.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/answer.h"
#include "stats/agreement.h"
#include "stats/format.h"
#include "stats/interval.h"
#include "stats/power.h"
#include "stats/summary_rows.h"

struct cells {
    const struct summary_cell *first, *end;
};

static struct cells cells_of(const struct summary *summary, size_t group)
{
    const struct summary_rows *rows = summary->private;
    return (struct cells){rows->cells + rows->cell_start[group],
                          rows->cells + rows->cell_start[group + 1]};
}

/* Behind the cells of the first one's sample. */
static const struct summary_cell *behind_sample(struct cells cells)
{
    const struct summary_cell *cell = cells.first;
    while (cell < cells.end && cell->place == cells.first->place)
        cell++;
    return cell;
}

/* One value a sample. */
struct values {
    double *value;
    size_t *place;
    size_t count;
};

static struct values new_values(struct arena *scratch, struct cells cells)
{
    size_t room = (size_t)(cells.end - cells.first) + 1;
    return (struct values){arena_array(scratch, double, room),
                           arena_array(scratch, size_t, room), 0};
}

static void add_value(struct values *values, size_t place, double value)
{
    values->value[values->count] = value;
    values->place[values->count++] = place;
}

static struct summary_estimate share_of(struct arena *scratch, const struct summary *summary,
                                        const struct values *values, const char *reason)
{
    if (values->count == 0)
        return summary_unknown(reason);
    struct stats_accuracy share = stats_accuracy_of_values(
        values->value, values->count,
        summary_clusters_of(scratch, summary, values->place, values->count),
        summary->meta.confidence);
    return (struct summary_estimate){.value = share.interval.estimate,
                                     .low = maybe_of(share.interval.low),
                                     .high = maybe_of(share.interval.high),
                                     .method = "wilson_neff",
                                     .se = share.se,
                                     .n_eff = share.n_eff,
                                     .n = values->count};
}

/* ---- trials of one sample ---- */

/* The shapes of one sample's answers, each once; mostly there is one. */
struct seen_shapes {
    uint16_t *shape;
    uint64_t *cells;
    size_t count;
};

static void see_shape(struct seen_shapes *seen, uint16_t shape)
{
    size_t i = 0;
    while (i < seen->count && seen->shape[i] != shape)
        i++;
    if (i == seen->count) {
        seen->shape[i] = shape;
        seen->cells[i] = 0;
        seen->count++;
    }
    seen->cells[i]++;
}

/* The share of pairs of these cells whose shapes do not agree. */
static maybe drift_of(const struct summary *summary, struct cells sample,
                      struct seen_shapes *seen)
{
    const struct summary_names *names = &summary->private->shapes;
    double apart = 0.0, known = 0.0;
    seen->count = 0;
    for (const struct summary_cell *cell = sample.first; cell < sample.end; cell++)
        if (cell->shape)
            see_shape(seen, cell->shape);
    for (size_t a = 0; a < seen->count; a++) {
        known += (double)seen->cells[a];
        for (size_t b = 0; b < a; b++)
            if (!answer_shapes_agree(names->text[seen->shape[a]], names->text[seen->shape[b]]))
                apart += (double)seen->cells[a] * (double)seen->cells[b];
    }
    double pairs = known * (known - 1.0) / 2.0;
    return pairs > 0.0 ? maybe_of(apart / pairs) : maybe_none();
}

static int compare_shapes(const void *left, const void *right)
{
    const struct summary_shape *a = left, *b = right;
    if (a->cells != b->cells)
        return a->cells > b->cells ? -1 : 1;
    return str_compare(a->shape, b->shape);
}

static void count_shapes(struct arena *scratch, struct summary *summary, struct cells cells,
                         struct summary_consistency *c)
{
    const struct summary_names *names = &summary->private->shapes;
    struct summary_shape *shape = arena_array(scratch, struct summary_shape, names->count + 1);
    for (size_t i = 0; i < names->count; i++)
        shape[i].shape = names->text[i];
    for (const struct summary_cell *cell = cells.first; cell < cells.end; cell++)
        shape[cell->shape].cells += cell->shape > 0;
    qsort(shape, names->count, sizeof *shape, compare_shapes);
    while (c->shapes_seen < names->count && shape[c->shapes_seen].cells)
        c->shapes_seen++;
    c->shape_count =
        c->shapes_seen < SUMMARY_SHAPES_SHOWN ? c->shapes_seen : SUMMARY_SHAPES_SHOWN;
    c->shapes = arena_array(&summary->arena, struct summary_shape, c->shape_count + 1);
    for (size_t i = 0; i < c->shape_count; i++)
        c->shapes[i] = shape[i];
}

static str shapes_text(struct arena *arena, const struct summary_consistency *c)
{
    enum { NAMED = 3 };
    str list = STR("");
    for (size_t i = 0; i < c->shape_count && i < NAMED; i++)
        list = arena_printf(arena, "%.*s%s%.*s (%" PRIu64 " cells)", STR_ARG(list),
                            i ? ", " : "", STR_ARG(c->shapes[i].shape), c->shapes[i].cells);
    return c->shapes_seen > NAMED ? arena_printf(arena, "%.*s, …", STR_ARG(list)) : list;
}

static str consistency_text(struct arena *arena, const struct summary *summary,
                            const struct summary_consistency *c)
{
    str drift = STR("");
    if (!c->same.value.known)
        return drift;
    if (c->drift.value.known && c->drift.value.value > 0.0)
        drift = arena_printf(arena,
                             " The members or kinds of the answer differ in %s of the pairs: "
                             "%" PRIu64 " shapes were seen, %.*s.",
                             stats_format_percent(arena, c->drift.value).p, c->shapes_seen,
                             STR_ARG(shapes_text(arena, c)));
    return arena_printf(arena,
                        "Two trials of one sample give the same answer %s of the time (%s %% "
                        "interval %s, %" PRIu64 " samples).%.*s",
                        stats_format_percent(arena, c->same.value).p,
                        stats_format_confidence(arena, summary->meta.confidence).p,
                        stats_format_percent_range(arena, c->same.low, c->same.high).p,
                        c->same.n, STR_ARG(drift));
}

void summary_fill_consistency(struct summary *summary, size_t variant)
{
    struct arena scratch = {0};
    if (summary->variants[variant].trials < 2)
        return;
    struct cells all = cells_of(summary, variant), sample = all;
    struct values same = new_values(&scratch, all), drift = new_values(&scratch, all);
    struct values flips = new_values(&scratch, all);
    uint64_t *label = arena_array(&scratch, uint64_t, (size_t)(all.end - all.first) + 1);
    size_t kinds = summary->private->shapes.count;
    struct seen_shapes seen = {arena_array(&scratch, uint16_t, kinds + 1),
                               arena_array(&scratch, uint64_t, kinds + 1), 0};
    struct summary_consistency c = {0};

    for (; sample.first < all.end; sample.first = sample.end) {
        size_t labels = 0, right = 0, scored = 0;
        sample.end = all.end;
        sample.end = behind_sample(sample);
        for (const struct summary_cell *cell = sample.first; cell < sample.end; cell++) {
            maybe correct = summary_value_correct(summary, cell, 0);
            if (cell->answer)
                label[labels++] = cell->answer;
            scored += correct.known;
            right += correct.known && correct.value > 0.5;
        }
        maybe agreement = stats_pair_agreement(label, labels);
        maybe apart = drift_of(summary, sample, &seen);
        if (agreement.known)
            add_value(&same, sample.first->place, agreement.value);
        if (apart.known)
            add_value(&drift, sample.first->place, apart.value);
        if (scored > 1)
            add_value(&flips, sample.first->place,
                      2.0 * (double)right * (double)(scored - right) /
                          ((double)scored * (double)(scored - 1)));
    }
    c.same = share_of(&scratch, summary, &same, "no sample has two answers");
    c.drift = share_of(&scratch, summary, &drift, "no sample has two answers");
    c.rerun_flips = share_of(&scratch, summary, &flips, "no sample has two scored trials");
    count_shapes(&scratch, summary, all, &c);
    c.text = consistency_text(&summary->arena, summary, &c);
    if (c.same.value.known || c.rerun_flips.value.known) {
        summary->variants[variant].consistency =
            arena_new(&summary->arena, struct summary_consistency);
        *summary->variants[variant].consistency = c;
    }
    arena_release(&scratch);
}

/* ---- changed samples ---- */

static void count_cells(const struct summary *summary, size_t group,
                        struct summary_perturbed *p)
{
    const struct summary_sums *sums = &summary->private->sums[group];
    struct cells cells = cells_of(summary, group);

    for (; cells.first < cells.end; cells.first++) {
        const struct summary_cell *cell = cells.first;
        p->cells++;
        p->statuses[cell->status]++;
        p->finished += summary_is_finished((enum summary_status)cell->status);
        p->scored += cell->status <= SUMMARY_TIMEOUT;
        p->correct += cell->status == SUMMARY_OK && cell->correct > 0;
    }
    p->account = (struct summary_account){sums->traffic, sums->tokens, sums->cost,
                                          summary_money_usd(&sums->cost)};
    p->judges = summary->private->perturbed_judges[group];
    p->judges.cost_usd = summary_money_usd(&p->judges.cost);
}

/* What the cells of one sample, the same trials both ways, add to the shares. */
struct turned {
    size_t scored, flips, answered, others;
};

static void compare_cells(const struct summary *summary, const struct summary_cell *was,
                          const struct summary_cell *is, struct summary_perturbed *p,
                          struct turned *turned)
{
    maybe before = summary_value_correct(summary, was, 0);
    maybe now = summary_value_correct(summary, is, 0);

    if (was->answer && is->answer) {
        turned->answered++;
        turned->others += was->answer != is->answer;
    }
    if (!before.known || !now.known)
        return;
    turned->scored++;
    p->cell_pairs++;
    p->broken += before.value > now.value;
    p->fixed += before.value < now.value;
    turned->flips += before.value > now.value || before.value < now.value;
}

static void fill_flips(struct arena *scratch, const struct summary *summary, size_t variant,
                       size_t group, struct summary_perturbed *p)
{
    struct cells was = cells_of(summary, variant), is = cells_of(summary, group);
    struct values flips = new_values(scratch, is), answers = new_values(scratch, is);

    while (is.first < is.end) {
        struct turned turned = {0};
        size_t place = is.first->place;
        for (; is.first < is.end && is.first->place == place; is.first++) {
            while (was.first < was.end &&
                   (was.first->place < place ||
                    (was.first->place == place && was.first->trial < is.first->trial)))
                was.first++;
            if (was.first < was.end && was.first->place == place &&
                was.first->trial == is.first->trial)
                compare_cells(summary, was.first, is.first, p, &turned);
        }
        if (turned.scored)
            add_value(&flips, place, (double)turned.flips / (double)turned.scored);
        if (turned.answered)
            add_value(&answers, place, (double)turned.others / (double)turned.answered);
    }
    p->flips = share_of(scratch, summary, &flips, "no cell is scored both ways");
    p->answers = share_of(scratch, summary, &answers, "no cell has an answer both ways");
}

static str power_text(struct arena *arena, const struct summary *summary, maybe detectable)
{
    if (!detectable.known || fabs(summary->meta.power - 0.8) > 1e-9)
        return STR("");
    return arena_printf(
        arena,
        " That may be chance; a true effect of about %.1f points would have been "
        "found 4 times out of 5.",
        100.0 * detectable.value);
}

/* "7.5 points less often correct than unchanged", and the same of none. */
static str moved_text(struct arena *arena, double difference)
{
    double points = 100.0 * fabs(difference);

    if (points < 0.05)
        return STR("as often correct as unchanged");
    return arena_printf(arena, "%.1f points %s often correct than unchanged", points,
                        difference < 0.0 ? "less" : "more");
}

static str perturbed_text(struct arena *arena, const struct summary *summary, size_t variant,
                          size_t perturbation, const struct summary_perturbed *p)
{
    const struct summary_consistency *c = summary->variants[variant].consistency;
    const struct summary_estimate *d = &p->difference;
    str name = summary->meta.perturbations[perturbation].name, again = STR("");

    if (!d->value.known)
        return arena_printf(arena, "%.*s: %s.", STR_ARG(name), d->reason);
    if (c && c->rerun_flips.value.known)
        again = arena_printf(arena, " (running unchanged samples again flips %s)",
                             stats_format_percent(arena, c->rerun_flips.value).p);
    bool clear = d->low.value > 0.0 || d->high.value < 0.0;
    return arena_printf(
        arena,
        "%.*s: %.*s on the same %" PRIu64
        " samples (%s %% interval %s to %s points). Of %" PRIu64 " cells %" PRIu64
        " became wrong and %" PRIu64 " right, %s in all%.*s.%.*s",
        STR_ARG(name), STR_ARG(moved_text(arena, d->value.value)), p->pairs,
        stats_format_confidence(arena, summary->meta.confidence).p,
        stats_format_points(arena, d->low).p, stats_format_points(arena, d->high).p,
        p->cell_pairs, p->broken, p->fixed, stats_format_percent(arena, p->flips.value).p,
        STR_ARG(again), STR_ARG(clear ? STR("") : power_text(arena, summary, p->detectable)));
}

static void fill_one(struct summary *summary, size_t variant, size_t perturbation)
{
    struct arena scratch = {0};
    struct summary_perturbed *p = &summary->variants[variant].perturbed[perturbation];
    size_t group = summary_cells_under(summary, variant, perturbation + 1);
    struct summary_series trials =
        summary_collect(&scratch, summary, group, summary_value_correct, 0);
    struct summary_series correct = summary_reduce(&scratch, summary, &trials);
    struct summary_pairing pairing =
        summary_pair_up(&scratch, summary, variant, group, summary_value_correct);

    count_cells(summary, group, p);
    p->accuracy = summary_share(summary, &correct);
    p->pairs = pairing.count;
    p->difference = summary_paired_interval(&scratch, &pairing, summary->meta.confidence);
    if (p->difference.se.known)
        p->detectable = maybe_of(stats_minimum_detectable(
            p->difference.se.value, summary->meta.alpha, summary->meta.power));
    fill_flips(&scratch, summary, variant, group, p);
    p->text = perturbed_text(&summary->arena, summary, variant, perturbation, p);
    arena_release(&scratch);
}

/* After summary_fill_consistency. */
void summary_fill_perturbed(struct summary *summary, size_t variant)
{
    size_t count = summary->meta.perturbation_count;

    summary->variants[variant].perturbed =
        arena_array(&summary->arena, struct summary_perturbed, count + 1);
    for (size_t p = 0; p < count; p++)
        fill_one(summary, variant, p);
}
