/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which step could use a cheaper model: from pairs of variants that differ in models alone. What no pair
 * tells is said to be unknown. */
#include "stats/summary_recommend_inside.h"

#include "stats/format.h"

/* Steps of two variants whose models differ; `path` is the last of them. A step that calls several
 * models in one variant, or in one of them alone, differs. */
static size_t differing_steps(const struct summary_uses *a, const struct summary_uses *b,
                              const struct summary_use **mine, const struct summary_use **other)
{
    size_t differ = 0;

    for (size_t i = 0; i < a->count; i++) {
        const struct summary_use *found = NULL;
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

static const struct summary_use *use_at(const struct summary_uses *list, str path)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->use[i].path, path))
            return &list->use[i];
    return NULL;
}

static const struct summary_step *step_at(const struct summary_variant *v, str path)
{
    for (size_t i = 0; i < v->step_count; i++)
        if (str_equal(v->steps[i].path, path))
            return &v->steps[i];
    return NULL;
}

/* Of two variants that differ in the models of several steps only the first of these got the same
 * input in both: what a score says of it may be compared, what comes after it may not. */
static void compare_first_step(struct summary_recommending *w, const struct summary_pair *twins)
{
    struct summary *summary = w->summary;
    struct arena *arena = &summary->arena;
    const struct summary_variant *a = &summary->variants[twins->baseline];
    const struct summary_variant *b = &summary->variants[twins->candidate];

    for (size_t i = 0; i < a->step_count; i++) {
        const struct summary_use *mine =
            use_at(&w->from->of[twins->baseline], a->steps[i].path);
        const struct summary_use *other =
            use_at(&w->from->of[twins->candidate], a->steps[i].path);
        if (!mine || !other || str_equal(mine->model, other->model))
            continue;
        const struct summary_estimate *x = &a->steps[i].accuracy;
        const struct summary_step *step = step_at(b, a->steps[i].path);
        if (!step || !x->value.known || !step->accuracy.value.known || w->to->steps_text.n)
            return;
        w->to->steps_text = arena_printf(
            arena,
            "Step %.*s is right in %s (%s) of the cells with %.*s in %.*s, in %s (%s) with "
            "%.*s in "
            "%.*s. Steps after it had other models too, and got what it gave them: what each "
            "of "
            "them costs in accuracy this run cannot tell.",
            STR_ARG(step->path), stats_format_percent(arena, x->value).p,
            stats_format_percent_range(arena, x->low, x->high).p, STR_ARG(mine->model),
            STR_ARG(a->name), stats_format_percent(arena, step->accuracy.value).p,
            stats_format_percent_range(arena, step->accuracy.low, step->accuracy.high).p,
            STR_ARG(other->model), STR_ARG(b->name));
        return;
    }
}

static void compare_models(struct summary_recommending *w, const struct summary_pair *twins)
{
    struct summary *summary = w->summary;
    struct arena *arena = &summary->arena;
    const struct summary_use *first = NULL, *second = NULL;
    const struct summary_uses *lists = w->from->of;
    struct summary_comparison comparison;
    maybe a = summary->variants[twins->baseline].cost_per_cell_usd.value;
    maybe b = summary->variants[twins->candidate].cost_per_cell_usd.value;

    if (differing_steps(&lists[twins->baseline], &lists[twins->candidate], &first, &second) !=
            1 ||
        differing_steps(&lists[twins->candidate], &lists[twins->baseline], &second, &first) !=
            1 ||
        !a.known || !b.known || w->to->exchange_count == SUMMARY_RECOMMENDED_MOST) {
        compare_first_step(w, twins);
        return;
    }
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

static bool is_exchanged(const struct summary_recommending *w, size_t variant)
{
    for (size_t i = 0; i < w->to->exchange_count; i++)
        if (w->to->exchanges[i].cheap == variant || w->to->exchanges[i].dear == variant)
            return true;
    return false;
}

/* Steps that call a model. */
static size_t calling_steps(const struct summary_uses *list)
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
static void say_unknown(struct summary_recommending *w)
{
    struct arena *arena = &w->summary->arena;
    str names = STR(""), dear = STR("");
    size_t count = 0;

    for (size_t v = 0; v < w->from->variants; v++) {
        const struct summary_variant *variant = &w->summary->variants[v];
        const struct summary_step *most = NULL;
        if (calling_steps(&w->from->of[v]) < 2 || is_exchanged(w, v) ||
            !(variant->cost_usd.value > 0.0) || ++count > 5)
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

void summary_recommend_models(struct summary_recommending *w)
{
    for (size_t i = 0; i < w->from->settings.twin_count; i++)
        compare_models(w, &w->from->settings.twins[i]);
    say_unknown(w);
}
