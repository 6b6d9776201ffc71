/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs side by side, changes adjusted and marked (see history.h). Values and changes come in any
 * order of variants and are put into their places at the end, when all names are known. */
#include "stats/history.h"

#include <math.h>

#include "base/mem.h"
#include "stats/distribution.h"
#include "stats/format.h"
#include "stats/multiple.h"

struct history_rows {
    struct value_row {
        size_t run, variant;
        struct history_value value;
    } * value;
    size_t values, value_room;
    struct change_row {
        size_t run, variant;
        bool overall;
        struct history_change change;
    } * change;
    size_t changes, change_room;
    size_t run_room;
};

const char *history_metric_name(enum history_metric metric)
{
    static const char *const names[] = {"accuracy", "cost", "latency"};
    return names[metric];
}

const char *history_mark_name(enum history_mark mark)
{
    static const char *const names[] = {"", "up", "down"};
    return names[mark];
}

/* ---- what goes in ---- */

struct history *history_begin(const struct history_meta *meta)
{
    struct history *h = xcalloc(1, sizeof *h);

    h->private = xcalloc(1, sizeof *h->private);
    h->meta = (struct history_meta){arena_str(&h->arena, meta->experiment),
                                    meta->confidence > 0.0 ? meta->confidence : 0.95,
                                    meta->alpha > 0.0 ? meta->alpha : 0.05};
    return h;
}

static void free_rows(struct history *h)
{
    if (!h->private)
        return;
    xfree(h->private->value);
    xfree(h->private->change);
    xfree(h->private);
    h->private = NULL;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    free_rows(h);
    arena_release(&h->arena);
    xfree(h);
}

static void *grow(void *rows, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return rows;
    *room = *room ? 2 * *room : 16;
    return xrealloc(rows, *room * size);
}

/* Room in the arena for one more: grown at every power of two. */
static void *room_for(struct history *h, void *list, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;
    return full ? arena_grow(&h->arena, list, count, count ? 2 * count : 1, size) : list;
}

static void add_text(struct history *h, str **list, size_t *count, str text)
{
    *list = room_for(h, *list, *count, sizeof **list);
    (*list)[(*count)++] = arena_str(&h->arena, text);
}

size_t history_add_run(struct history *h, const struct history_run_meta *meta)
{
    h->run = room_for(h, h->run, h->runs, sizeof *h->run);
    h->run[h->runs] = (struct history_run){.meta = *meta};
    h->run[h->runs].meta.id = arena_str(&h->arena, meta->id);
    h->run[h->runs].meta.time = arena_str(&h->arena, meta->time);
    h->run[h->runs].meta.version = arena_str(&h->arena, meta->version);
    return h->runs++;
}

void history_add_note(struct history *h, size_t run, str note)
{
    add_text(h, &h->run[run].note, &h->run[run].notes, note);
}

static size_t number_of(struct history *h, str variant)
{
    for (size_t v = 0; v < h->variants; v++)
        if (str_equal(h->variant[v], variant))
            return v;
    add_text(h, &h->variant, &h->variants, variant);
    return h->variants - 1;
}

void history_add_value(struct history *h, size_t run, str variant,
                       const struct summary_variant *from)
{
    struct history_rows *rows = h->private;

    rows->value = grow(rows->value, rows->values, &rows->value_room, sizeof *rows->value);
    rows->value[rows->values++] =
        (struct value_row){run,
                           number_of(h, variant),
                           {true, from->samples, from->accuracy, from->cost_per_cell_usd,
                            from->latency_ns[SUMMARY_P50]}};
}

void history_add_change(struct history *h, size_t from, size_t run, str variant, bool overall,
                        const struct summary_comparison *c, size_t clusters)
{
    struct history_rows *rows = h->private;
    struct history_change change = {
        .there = true,
        .from = from,
        .pairs = c->pairs,
        .accuracy = c->accuracy,
        .cost_ratio = c->cost_ratio,
        .latency_ratio = c->latency_ratio,
        .test = c->test,
        .p = c->p,
        .detectable = c->detectable,
        .clusters = clusters < c->pairs ? clusters : (size_t)c->pairs,
    };

    rows->change = grow(rows->change, rows->changes, &rows->change_room, sizeof *rows->change);
    rows->change[rows->changes++] =
        (struct change_row){run, number_of(h, variant), overall, change};
}

void history_leave_out(struct history *h, str id, str time, str reason)
{
    h->left_out = room_for(h, h->left_out, h->left_outs, sizeof *h->left_out);
    h->left_out[h->left_outs++] = (struct history_left_out){
        arena_str(&h->arena, id), arena_str(&h->arena, time), arena_str(&h->arena, reason)};
}

void history_set_dataset(struct history *h, str dataset, str fingerprint, double confidence)
{
    h->dataset = arena_str(&h->arena, dataset);
    h->fingerprint = arena_str(&h->arena, fingerprint);
    if (confidence > 0.0)
        h->meta.confidence = confidence;
}

/* ---- marks ---- */

static enum history_mark mark_of(maybe low, maybe high, double none)
{
    if (low.known && low.value > none)
        return HISTORY_UP;
    return high.known && high.value < none ? HISTORY_DOWN : HISTORY_UNMARKED;
}

/* The limits of a ratio at a confidence of 1 - alpha / family: from its error on the log scale. */
static void widen(const struct history *h, const struct summary_estimate *ratio,
                  size_t clusters, size_t family, maybe *low, maybe *high)
{
    if (!ratio->value.known || !ratio->se.known || clusters < 2)
        return;
    double tail = h->meta.alpha / (double)family / 2.0;
    double half = -stats_t_quantile(tail, (double)(clusters - 1)) * ratio->se.value;
    *low = maybe_of(ratio->value.value * exp(-half));
    *high = maybe_of(ratio->value.value * exp(half));
}

static void adjust(struct history *h)
{
    struct history_rows *rows = h->private;
    maybe *p = arena_array(&h->arena, maybe, rows->changes + 1);
    maybe *adjusted = arena_array(&h->arena, maybe, rows->changes + 1);

    for (size_t i = 0; i < rows->changes; i++) {
        const struct history_change *c = &rows->change[i].change;
        p[i] = c->p;
        h->family[HISTORY_COST] += c->cost_ratio.se.known;
        h->family[HISTORY_LATENCY] += c->latency_ratio.se.known;
    }
    h->family[HISTORY_ACCURACY] = stats_holm(p, rows->changes, adjusted);
    for (size_t i = 0; i < rows->changes; i++) {
        struct history_change *c = &rows->change[i].change;
        c->p_adjusted = adjusted[i];
        if (adjusted[i].known && adjusted[i].value <= h->meta.alpha)
            c->mark[HISTORY_ACCURACY] = mark_of(c->accuracy.low, c->accuracy.high, 0.0);
        widen(h, &c->cost_ratio, c->clusters, h->family[HISTORY_COST], &c->cost_low,
              &c->cost_high);
        widen(h, &c->latency_ratio, c->clusters, h->family[HISTORY_LATENCY], &c->latency_low,
              &c->latency_high);
        c->mark[HISTORY_COST] = mark_of(c->cost_low, c->cost_high, 1.0);
        c->mark[HISTORY_LATENCY] = mark_of(c->latency_low, c->latency_high, 1.0);
    }
}

/* The newest run's variants first: they were named last. */
static void order_variants(struct history *h)
{
    struct history_rows *rows = h->private;
    size_t *place = arena_array(&h->arena, size_t, h->variants + 1);
    str *name = arena_array(&h->arena, str, h->variants + 1);
    size_t next = 0;

    for (size_t v = 0; v < h->variants; v++)
        place[v] = SIZE_MAX;
    for (size_t run = h->runs; run-- > 0;)
        for (size_t i = 0; i < rows->values; i++)
            if (rows->value[i].run == run && place[rows->value[i].variant] == SIZE_MAX)
                place[rows->value[i].variant] = next++;
    for (size_t v = 0; v < h->variants; v++) {
        place[v] = place[v] == SIZE_MAX ? next++ : place[v];
        name[place[v]] = h->variant[v];
    }
    for (size_t i = 0; i < rows->values; i++)
        rows->value[i].variant = place[rows->value[i].variant];
    for (size_t i = 0; i < rows->changes; i++)
        rows->change[i].variant = place[rows->change[i].variant];
    h->variant = name;
}

static void put_in_place(struct history *h)
{
    const struct history_rows *rows = h->private;

    h->overall = arena_array(&h->arena, struct history_change, h->variants + 1);
    for (size_t r = 0; r < h->runs; r++) {
        h->run[r].value = arena_array(&h->arena, struct history_value, h->variants + 1);
        h->run[r].change = arena_array(&h->arena, struct history_change, h->variants + 1);
    }
    for (size_t i = 0; i < rows->values; i++)
        h->run[rows->value[i].run].value[rows->value[i].variant] = rows->value[i].value;
    for (size_t i = 0; i < rows->changes; i++) {
        const struct change_row *row = &rows->change[i];
        if (row->overall)
            h->overall[row->variant] = row->change;
        else
            h->run[row->run].change[row->variant] = row->change;
    }
}

/* ---- sentences ---- */

static str before(struct history *h, const struct history_change *c, bool overall)
{
    return arena_printf(&h->arena,
                        overall ? "in the oldest run, %.*s" : "in the run before, %.*s",
                        STR_ARG(h->run[c->from].meta.id));
}

static void say(struct history *h, size_t run, size_t variant, const struct history_change *c,
                bool overall)
{
    struct arena *a = &h->arena;
    str head = arena_printf(a, "%.*s, run %.*s: %.*s", STR_ARG(h->run[run].meta.time),
                            STR_ARG(h->run[run].meta.id), STR_ARG(h->variant[variant]));
    str than = before(h, c, overall);

    if (c->mark[HISTORY_ACCURACY])
        add_text(h, &h->sentence, &h->sentences,
                 arena_printf(a,
                              "%.*s is right %.1f points %s often than %.*s (interval %.*s to "
                              "%.*s points, p %.*s adjusted for %zu comparisons).",
                              STR_ARG(head), 100.0 * fabs(c->accuracy.value.value),
                              c->mark[HISTORY_ACCURACY] == HISTORY_UP ? "more" : "less",
                              STR_ARG(than), STR_ARG(stats_format_points(a, c->accuracy.low)),
                              STR_ARG(stats_format_points(a, c->accuracy.high)),
                              STR_ARG(stats_format_p(a, c->p_adjusted)),
                              h->family[HISTORY_ACCURACY]));
    if (c->mark[HISTORY_COST])
        add_text(h, &h->sentence, &h->sentences,
                 arena_printf(a,
                              "%.*s costs %.*s times what it did %.*s (%.*s; at the confidence "
                              "of %zu ratios together).",
                              STR_ARG(head),
                              STR_ARG(stats_format_ratio(a, c->cost_ratio.value)),
                              STR_ARG(than),
                              STR_ARG(stats_format_ratio_range(a, c->cost_low, c->cost_high)),
                              h->family[HISTORY_COST]));
    if (c->mark[HISTORY_LATENCY])
        add_text(h, &h->sentence, &h->sentences,
                 arena_printf(
                     a,
                     "%.*s takes %.*s times as long as %.*s (%.*s; at the confidence of %zu "
                     "ratios together).",
                     STR_ARG(head), STR_ARG(stats_format_ratio(a, c->latency_ratio.value)),
                     STR_ARG(than),
                     STR_ARG(stats_format_ratio_range(a, c->latency_low, c->latency_high)),
                     h->family[HISTORY_LATENCY]));
}

static void say_all(struct history *h)
{
    for (size_t r = 0; r < h->runs; r++)
        for (size_t v = 0; v < h->variants; v++)
            say(h, r, v, &h->run[r].change[v], false);
    for (size_t v = 0; v < h->variants && h->runs > 2; v++)
        say(h, h->runs - 1, v, &h->overall[v], true);
}

static void count_marks(const struct history_change *c, size_t *count)
{
    for (int m = 0; m < HISTORY_METRICS; m++)
        count[m] += c->mark[m] != HISTORY_UNMARKED;
}

/* " 2 of accuracy, 1 of cost; 1 of them in the newest run" */
static str counts_of(struct history *h)
{
    size_t count[HISTORY_METRICS] = {0}, newest[HISTORY_METRICS] = {0};
    str text = STR("");

    for (size_t r = 0; r < h->runs; r++)
        for (size_t v = 0; v < h->variants; v++) {
            count_marks(&h->run[r].change[v], count);
            if (r + 1 == h->runs)
                count_marks(&h->run[r].change[v], newest);
        }
    for (size_t v = 0; v < h->variants; v++)
        count_marks(&h->overall[v], count);
    for (int m = 0; m < HISTORY_METRICS; m++)
        if (count[m])
            text = arena_printf(&h->arena, "%.*s%s %zu of %s", STR_ARG(text), text.n ? "," : "",
                                count[m], history_metric_name((enum history_metric)m));
    return arena_printf(
        &h->arena, "%.*s; against the run before, the newest has %zu, %zu and %zu",
        STR_ARG(text), newest[HISTORY_ACCURACY], newest[HISTORY_COST], newest[HISTORY_LATENCY]);
}

static str verdict_of(struct history *h)
{
    if (h->runs == 0)
        return STR("There is no run to show.");
    if (h->runs == 1)
        return STR("There is one run that can be shown, and none to compare it with.");
    if (h->sentences == 0)
        return arena_printf(
            &h->arena,
            "No change between %zu runs is supported, of accuracy by %zu tests or "
            "of cost and latency by %zu intervals; that is not to say that nothing "
            "changed.",
            h->runs, h->family[HISTORY_ACCURACY],
            h->family[HISTORY_COST] + h->family[HISTORY_LATENCY]);
    return arena_printf(&h->arena, "%zu change%s between %zu runs %s supported:%.*s.",
                        h->sentences, h->sentences == 1 ? "" : "s", h->runs,
                        h->sentences == 1 ? "is" : "are", STR_ARG(counts_of(h)));
}

void history_finish(struct history *h)
{
    adjust(h);
    order_variants(h);
    put_in_place(h);
    say_all(h);
    h->verdict = verdict_of(h);
    free_rows(h);
}
