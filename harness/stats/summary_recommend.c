/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calls used of what they were allowed, and what follows (see summary_recommend.h). A run may have a
 * million calls, so of each step and model only histograms are kept, of 128 buckets an octave: what
 * is read off them is at most 0.8 % too high. */
#include "stats/summary_recommend.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/format.h"
#include "stats/summary_diagnosis.h"
#include "stats/summary_rows.h"

enum {
    LIMITS_MOST = 60,    /* sentences beyond nobody reads */
    TOKENS_LEAST = 100,  /* that a lower limit must spare to be worth a sentence */
    CALLS_LEAST = 50,    /* to speak of the longest reply, */
    ATTEMPTS_LEAST = 200 /* ... of the slowest attempt */
};

#define NS_PER_MS 1e6

/* ---- histograms ---- */

struct histogram {
    uint32_t *bucket;
    size_t room;
    uint64_t count, most;
};

static size_t bucket_of(uint64_t value)
{
    unsigned shift = 0;

    while (value >> shift >= 256)
        shift++;
    return shift == 0 ? value : 256 + (shift - 1) * 128 + ((value >> shift) - 128);
}

/* The highest value of a bucket. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < 256)
        return bucket;
    unsigned shift = (unsigned)((bucket - 256) / 128) + 1;
    return (((bucket - 256) % 128 + 128 + 1) << shift) - 1;
}

static void histogram_add(struct histogram *h, int64_t value)
{
    uint64_t positive = value > 0 ? (uint64_t)value : 0;
    size_t at = bucket_of(positive);

    if (at >= h->room) {
        size_t room = at + 64;
        h->bucket = xrealloc(h->bucket, room * sizeof *h->bucket);
        memset(h->bucket + h->room, 0, (room - h->room) * sizeof *h->bucket);
        h->room = room;
    }
    h->bucket[at]++;
    h->count++;
    h->most = positive > h->most ? positive : h->most;
}

static void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->room > into->room) {
        into->bucket = xrealloc(into->bucket, from->room * sizeof *into->bucket);
        memset(into->bucket + into->room, 0, (from->room - into->room) * sizeof *into->bucket);
        into->room = from->room;
    }
    for (size_t i = 0; i < from->room; i++)
        into->bucket[i] += from->bucket[i];
    into->count += from->count;
    into->most = from->most > into->most ? from->most : into->most;
}

/* Nearest rank; at most 0.8 % too high, and never above the highest value. */
static uint64_t histogram_at(const struct histogram *h, unsigned permille)
{
    uint64_t rank = (h->count * permille + 999) / 1000, seen = 0;

    for (size_t i = 0; i < h->room; i++) {
        seen += h->bucket[i];
        if (seen >= rank && seen > 0)
            return bucket_top(i) < h->most ? bucket_top(i) : h->most;
    }
    return h->most;
}

/* ---- rows ---- */

/* Calls of one step of one variant to one model. */
struct use {
    str path, model;
    uint64_t calls, truncated, limited;
    int64_t low_limit, high_limit;
    struct histogram tokens, attempts; /* attempts in microseconds */
};

struct use_list {
    struct use *use;
    size_t count, last;
};

struct summary_advising {
    struct use_list *of; /* by variant */
    size_t variants;
    struct summary_settings settings;
};

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
            xfree(advising->of[v].use[i].tokens.bucket);
            xfree(advising->of[v].use[i].attempts.bucket);
        }
        xfree(advising->of[v].use);
    }
    xfree(advising->of);
    xfree(advising);
}

/* Calls come cell by cell, so mostly it is the last one's step or the next. */
static struct use *use_of(struct summary *summary, const struct summary_call_row *row)
{
    struct use_list *list = &advising_of(summary)->of[row->variant];

    for (size_t i = 0; i < list->count; i++) {
        size_t at = (list->last + i) % list->count;
        struct use *use = &list->use[at];
        if (str_equal(use->path, row->path) && str_equal(use->model, row->model)) {
            list->last = at;
            return use;
        }
    }
    list->use = xrealloc(list->use, (list->count + 1) * sizeof *list->use);
    list->last = list->count;
    list->use[list->count] = (struct use){.path = arena_str(&summary->arena, row->path),
                                          .model = arena_str(&summary->arena, row->model),
                                          .low_limit = INT64_MAX};
    return &list->use[list->count++];
}

void summary_add_call(struct summary *summary, const struct summary_call_row *row)
{
    if (!summary->private || row->variant >= summary->meta.variant_count)
        return;
    struct use *use = use_of(summary, row);

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

/* ---- limits ---- */

struct work {
    struct summary *summary;
    const struct summary_advising *from;
    struct summary_recommendations *to;
};

static struct summary_limit *add_limit(struct work *w, const struct summary_limit *limit)
{
    if (w->to->limit_count == LIMITS_MOST)
        return NULL;
    w->to->limits[w->to->limit_count] = *limit;
    return &w->to->limits[w->to->limit_count++];
}

/* Up to two significant digits, so that nobody takes it for a measurement. */
static int64_t rounded_up(double value)
{
    int64_t step = 1;

    while (value / (double)step > 100.0)
        step *= 10;
    int64_t whole = (int64_t)(value / (double)step);
    return (whole + ((double)whole * (double)step < value)) * step;
}

static str step_name(struct arena *arena, const struct summary *summary, size_t variant,
                     str path)
{
    str name = summary->meta.variants[variant].name;

    return str_equal(path, STR("."))
               ? name
               : arena_printf(arena, "%.*s, step %.*s", STR_ARG(name), STR_ARG(path));
}

static void advise_tokens(struct work *w, size_t variant, const struct use *use)
{
    struct arena *arena = &w->summary->arena;
    str who = step_name(arena, w->summary, variant, use->path);
    struct summary_limit limit = {
        .variant = variant, .path = use->path, .option = "max_tokens", .seen = use->calls};

    if (use->limited != use->calls || use->low_limit != use->high_limit)
        return;
    limit.now = maybe_of((double)use->high_limit);
    if (use->truncated > 0) {
        limit.text = arena_printf(
            arena,
            "%.*s: %" PRIu64 " of %" PRIu64 " replies (%s) were cut off at max_tokens %" PRId64
            ": raise it. How long they would have become is not known.",
            STR_ARG(who), use->truncated, use->calls,
            stats_format_percent(arena, maybe_of((double)use->truncated / (double)use->calls))
                .p,
            use->high_limit);
        add_limit(w, &limit);
        return;
    }
    double most = (double)use->tokens.most;
    int64_t set = rounded_up(1.5 * most);
    if (use->tokens.count < CALLS_LEAST || use->tokens.count != use->calls || most < 1.0 ||
        2 * set > use->high_limit || set + TOKENS_LEAST > use->high_limit)
        return;
    limit.set = maybe_of((double)set);
    limit.text =
        arena_printf(arena,
                     "%.*s: set max_tokens to %" PRId64 " (now %" PRId64 "): of %" PRIu64
                     " replies the longest had %" PRIu64 " tokens, 99 %% at most %" PRIu64 ".",
                     STR_ARG(who), set, use->high_limit, use->calls, use->tokens.most,
                     histogram_at(&use->tokens, 990));
    add_limit(w, &limit);
}

static void advise_rounds(struct work *w, size_t variant)
{
    const struct summary_diagnosis *d = w->summary->variants[variant].diagnosis;

    for (size_t i = 0; d && i < d->refinement_count; i++) {
        const struct summary_refinement *of = &d->refinements[i];
        if (of->enough == 0)
            continue;
        add_limit(w, &(struct summary_limit){
                         .variant = variant,
                         .path = of->path,
                         .option = "max_rounds",
                         .now = of->capped ? maybe_of((double)of->round_count) : maybe_none(),
                         .set = maybe_of((double)of->enough),
                         .seen = of->cells,
                         .said = true,
                         .text = of->advice,
                     });
    }
}

static void advise_workers(struct work *w, size_t variant)
{
    struct arena *arena = &w->summary->arena;
    const struct summary_diagnosis *d = w->summary->variants[variant].diagnosis;
    int64_t now = w->from->settings.max_workers ? w->from->settings.max_workers[variant] : 0;

    for (size_t i = 0; d && i < d->plan_count && now > 0; i++) {
        const struct summary_plan *of = &d->plans[i];
        uint64_t valid = of->plans - of->misplanned;
        int64_t set = (int64_t)of->most_tasks + (int64_t)(of->most_tasks + 1) / 2;
        if (!str_equal(of->path, STR(".")) || of->cut > 0 || of->misplanned > 0 ||
            valid < CALLS_LEAST || 2 * set > now)
            continue;
        add_limit(w, &(struct summary_limit){
                         .variant = variant,
                         .path = of->path,
                         .option = "max_workers",
                         .now = maybe_of((double)now),
                         .set = maybe_of((double)set),
                         .seen = valid,
                         .text = arena_printf(arena,
                                              "%.*s: set max_workers to %" PRId64
                                              " (now %" PRId64 "): of %" PRIu64
                                              " plans the largest had %" PRIu64 " tasks.",
                                              STR_ARG(w->summary->meta.variants[variant].name),
                                              set, now, valid, of->most_tasks),
                     });
    }
}

static void advise_stopping(struct work *w, size_t variant)
{
    struct arena *arena = &w->summary->arena;
    size_t count;
    const struct summary_fact *facts = summary_facts(w->summary, variant, &count);

    for (size_t i = 0, next; i < count; i = next) {
        uint64_t polls = 0, asked = 0;
        double enough = 0.0;
        for (next = i; next < count && facts[next].path == facts[i].path; next++)
            if (facts[next].kind == SUMMARY_NOTE_POLLED) {
                polls++;
                asked += facts[next].index;
                enough += facts[next].first;
            }
        double spared = polls ? 1.0 - enough / (double)asked : 0.0;
        if (polls < CALLS_LEAST || spared < 0.05)
            continue;
        str path = w->summary->private->names.text[facts[i].path];
        add_limit(
            w, &(struct summary_limit){
                   .variant = variant,
                   .path = path,
                   .option = "stop_early",
                   .now = maybe_of(0.0),
                   .set = maybe_of(1.0),
                   .seen = polls,
                   .text = arena_printf(
                       arena,
                       "%.*s: set stop_early: in %" PRIu64
                       " votes it would have asked %.1f voters instead of %.1f, %s fewer, for "
                       "the same winners.",
                       STR_ARG(step_name(arena, w->summary, variant, path)), polls,
                       enough / (double)polls, (double)asked / (double)polls,
                       stats_format_percent(arena, maybe_of(spared)).p)});
    }
}

/* Fewer voters that are right as often, where that was seen and is not extrapolated. */
static void advise_voters(struct work *w, size_t variant)
{
    struct arena *arena = &w->summary->arena;
    const struct summary_diagnosis *d = w->summary->variants[variant].diagnosis;
    const struct summary_vote *vote = d ? d->vote : NULL;
    size_t now = SUMMARY_VOTE_SIZES;

    if (!vote || !vote->voters || vote->polls < CALLS_LEAST)
        return;
    for (size_t i = 0; i < SUMMARY_VOTE_SIZES; i++)
        if (summary_vote_sizes[i] == vote->per_poll)
            now = i;
    if (now == SUMMARY_VOTE_SIZES || vote->size[now].extrapolated)
        return;
    for (size_t i = 0; i < now; i++) {
        const struct summary_majority *few = &vote->size[i], *all = &vote->size[now];
        if (few->accuracy.value.value < all->accuracy.value.value - 0.005)
            continue;
        add_limit(
            w,
            &(struct summary_limit){
                .variant = variant,
                .path = STR("."),
                .option = "voters",
                .now = maybe_of((double)summary_vote_sizes[now]),
                .set = maybe_of((double)summary_vote_sizes[i]),
                .seen = vote->samples,
                .text = arena_printf(
                    arena,
                    "%.*s: set voters to %u (now %u): a majority of so many is right in %s "
                    "(%s), "
                    "of all in %s (%s).",
                    STR_ARG(w->summary->meta.variants[variant].name), summary_vote_sizes[i],
                    summary_vote_sizes[now], stats_format_percent(arena, few->accuracy.value).p,
                    stats_format_percent_range(arena, few->accuracy.low, few->accuracy.high).p,
                    stats_format_percent(arena, all->accuracy.value).p,
                    stats_format_percent_range(arena, all->accuracy.low, all->accuracy.high)
                        .p)});
        return;
    }
}

/* ---- limits on time ---- */

static void advise_timeout(struct work *w)
{
    struct arena *arena = &w->summary->arena;
    struct histogram all = {0};
    double now = (double)w->from->settings.attempt_timeout_ns / NS_PER_MS;

    for (size_t v = 0; v < w->from->variants; v++)
        for (size_t i = 0; i < w->from->of[v].count; i++)
            histogram_merge(&all, &w->from->of[v].use[i].attempts);
    double most = (double)all.most / 1e3, high = (double)histogram_at(&all, 990) / 1e3;
    double set = (double)rounded_up(fmax(4.0 * high, 2.0 * most) / 1e3) * 1e3;
    if (all.count >= ATTEMPTS_LEAST && now > 0.0 && 2.0 * set <= now) {
        struct summary_limit *limit = &w->to->timing_limits[w->to->timing_limit_count++];
        *limit = (struct summary_limit){.variant = SUMMARY_NO_BASELINE,
                                        .option = "attempt_timeout",
                                        .now = maybe_of(now),
                                        .set = maybe_of(set),
                                        .seen = all.count};
        limit->text = arena_printf(
            arena,
            "Set retry.attempt_timeout to %.0fs (now %.0fs): of %" PRIu64
            " attempts that were answered at once 99 %% took at most %s, the slowest %s.",
            set / 1e3, now / 1e3, all.count,
            stats_format_duration(arena, maybe_of(high * NS_PER_MS)).p,
            stats_format_duration(arena, maybe_of(most * NS_PER_MS)).p);
    }
    xfree(all.bucket);
}

static void advise_widths(struct work *w)
{
    for (size_t v = 0; v < w->from->variants; v++) {
        const struct summary_diagnosis *d = w->summary->variants[v].diagnosis;
        for (size_t i = 0; d && i < d->fan_count; i++)
            if (d->fans[i].enough_width && w->to->timing_limit_count + 1 < LIMITS_MOST)
                w->to->timing_limits[w->to->timing_limit_count++] =
                    (struct summary_limit){.variant = v,
                                           .path = d->fans[i].path,
                                           .option = "width",
                                           .set = maybe_of((double)d->fans[i].enough_width),
                                           .seen = d->fans[i].cells,
                                           .said = true,
                                           .text = d->timing_text};
    }
}

/* ---- models ---- */

/* Steps of two variants whose models differ; `path` is the last of them. A step that calls several
 * models in one variant, or in one of them alone, differs. */
static size_t differing_steps(const struct use_list *a, const struct use_list *b,
                              const struct use **mine, const struct use **other)
{
    size_t differ = 0;

    for (size_t i = 0; i < a->count; i++) {
        const struct use *found = NULL;
        size_t same_path = 0;
        for (size_t k = 0; k < b->count; k++)
            if (str_equal(a->use[i].path, b->use[k].path)) {
                found = &b->use[k];
                same_path++;
            }
        if (found && same_path == 1 && str_equal(found->model, a->use[i].model))
            continue;
        *mine = &a->use[i];
        *other = found;
        differ += found && same_path == 1 ? 1 : 2;
    }
    return differ;
}

static const char *finding_of(const struct summary *summary, const struct summary_estimate *d)
{
    if (!d->value.known || !d->low.known || !d->high.known)
        return "not settled";
    if (d->low.value > 0.0)
        return "better";
    if (d->high.value < 0.0)
        return "worse";
    return summary->meta.margin > 0.0 && d->low.value > -summary->meta.margin ? "as good"
                                                                              : "not settled";
}

static str finding_text(struct arena *arena, const struct summary *summary,
                        const struct summary_exchange *x)
{
    str finding = str_from(x->finding);

    if (str_equal(finding, STR("better")))
        return STR("The cheaper model is the better one here.");
    if (str_equal(finding, STR("worse")))
        return STR("That is what the cheaper model loses.");
    if (str_equal(finding, STR("as good")))
        return arena_printf(arena,
                            "That is within the margin of %s points: the step could use it.",
                            stats_format_points(arena, maybe_of(summary->meta.margin)).p + 1);
    if (!x->difference.low.known)
        return STR("");
    return arena_printf(
        arena,
        "Whether it loses anything cannot be told from this run: it may lose up to "
        "%s points.",
        stats_format_points(arena, maybe_of(fmax(0.0, -x->difference.low.value))).p +
            (x->difference.low.value < 0.0));
}

static void compare_models(struct work *w, const struct summary_pair *twins)
{
    struct summary *summary = w->summary;
    struct arena *arena = &summary->arena;
    const struct use *first = NULL, *second = NULL;
    const struct use_list *lists = w->from->of;
    struct summary_comparison comparison;
    maybe a = summary->variants[twins->baseline].cost_per_cell_usd.value;
    maybe b = summary->variants[twins->candidate].cost_per_cell_usd.value;

    if (differing_steps(&lists[twins->baseline], &lists[twins->candidate], &first, &second) !=
            1 ||
        differing_steps(&lists[twins->candidate], &lists[twins->baseline], &second, &first) !=
            1 ||
        !a.known || !b.known || w->to->exchange_count == LIMITS_MOST)
        return;
    bool swapped = a.value < b.value;
    struct summary_exchange *x = &w->to->exchanges[w->to->exchange_count++];
    *x = (struct summary_exchange){.cheap = swapped ? twins->baseline : twins->candidate,
                                   .dear = swapped ? twins->candidate : twins->baseline,
                                   .path = first->path,
                                   .cheap_model = swapped ? first->model : second->model,
                                   .dear_model = swapped ? second->model : first->model};
    summary_compare_accuracy(summary, x->dear, x->cheap, &comparison);
    x->difference = comparison.accuracy;
    x->detectable = comparison.detectable;
    x->cost_ratio = summary_cost_ratio(summary, x->dear, x->cheap);
    x->finding = finding_of(summary, &x->difference);
    str where = str_equal(x->path, STR("."))
                    ? STR("The call")
                    : arena_printf(arena, "Step %.*s", STR_ARG(x->path));
    if (x->difference.value.known)
        x->text = arena_printf(arena,
                               "%.*s with %.*s instead of %.*s (%.*s against %.*s): %s points "
                               "(%s %% interval %s to "
                               "%s) at %s times the cost of a cell. %.*s",
                               STR_ARG(where), STR_ARG(x->cheap_model), STR_ARG(x->dear_model),
                               STR_ARG(summary->meta.variants[x->cheap].name),
                               STR_ARG(summary->meta.variants[x->dear].name),
                               stats_format_points(arena, x->difference.value).p,
                               stats_format_confidence(arena, summary->meta.confidence).p,
                               stats_format_points(arena, x->difference.low).p,
                               stats_format_points(arena, x->difference.high).p,
                               stats_format_ratio(arena, x->cost_ratio.value).p,
                               STR_ARG(finding_text(arena, summary, x)));
}

static bool is_exchanged(const struct work *w, size_t variant)
{
    for (size_t i = 0; i < w->to->exchange_count; i++)
        if (w->to->exchanges[i].cheap == variant || w->to->exchanges[i].dear == variant)
            return true;
    return false;
}

/* Steps that call a model. */
static size_t calling_steps(const struct use_list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        size_t k = 0;
        while (k < i && !str_equal(list->use[k].path, list->use[i].path))
            k++;
        count += k == i;
    }
    return count;
}

/* Of variants with several steps: which of them a run says nothing of, and where their money goes. */
static void say_unknown(struct work *w)
{
    struct arena *arena = &w->summary->arena;
    str names = STR(""), dear = STR("");
    size_t count = 0;

    for (size_t v = 0; v < w->from->variants; v++) {
        const struct summary_variant *variant = &w->summary->variants[v];
        const struct summary_step *most = NULL;
        if (calling_steps(&w->from->of[v]) < 2 || is_exchanged(w, v) || ++count > 5)
            continue;
        for (size_t s = 0; s < variant->step_count; s++)
            if (variant->steps[s].cost_usd.known &&
                (!most || variant->steps[s].cost_usd.value > most->cost_usd.value))
                most = &variant->steps[s];
        names = arena_printf(arena, "%.*s%s%.*s", STR_ARG(names), names.n ? ", " : "",
                             STR_ARG(variant->name));
        if (most && variant->cost_usd.known && variant->cost_usd.value > 0.0)
            dear = arena_printf(arena, "%.*s%s%.*s in %.*s (%s)", STR_ARG(dear),
                                dear.n ? ", " : "", STR_ARG(most->path), STR_ARG(variant->name),
                                stats_format_percent(arena, maybe_of(most->cost_usd.value /
                                                                     variant->cost_usd.value))
                                    .p);
    }
    if (count == 0)
        return;
    w->to->models_text = arena_printf(
        arena,
        "Which step could use a cheaper model cannot be known from this run for %.*s%s: no "
        "other "
        "variant differs in the model of one step alone. A matrix over one step's call.model "
        "would tell.%s%.*s%s",
        STR_ARG(names), count > 5 ? " and others" : "",
        dear.n ? " The steps that cost most: " : "", STR_ARG(dear), dear.n ? "." : "");
}

static int by_step(const void *left, const void *right)
{
    const struct use *a = left, *b = right;
    int order = str_compare(a->path, b->path);

    return order ? order : str_compare(a->model, b->model);
}

void summary_fill_recommendations(struct summary *summary)
{
    struct summary_advising *from = summary->private->advising;
    struct summary_recommendations *to =
        arena_new(&summary->arena, struct summary_recommendations);
    struct work w = {.summary = summary, .from = from, .to = to};

    if (!from)
        return;
    to->limits = arena_array(&summary->arena, struct summary_limit, LIMITS_MOST + 1);
    to->timing_limits = arena_array(&summary->arena, struct summary_limit, LIMITS_MOST + 1);
    to->exchanges = arena_array(&summary->arena, struct summary_exchange, LIMITS_MOST + 1);
    for (size_t v = 0; v < from->variants; v++) {
        struct use_list *list = &from->of[v];
        if (list->count) /* calls came in the order in which they ended */
            qsort(list->use, list->count, sizeof *list->use, by_step);
        advise_rounds(&w, v);
        advise_stopping(&w, v);
        advise_voters(&w, v);
        advise_workers(&w, v);
        for (size_t i = 0; i < from->of[v].count; i++)
            advise_tokens(&w, v, &from->of[v].use[i]);
    }
    advise_timeout(&w);
    advise_widths(&w);
    for (size_t i = 0; i < from->settings.twin_count; i++)
        compare_models(&w, &from->settings.twins[i]);
    say_unknown(&w);
    summary->recommendations = to;
}
