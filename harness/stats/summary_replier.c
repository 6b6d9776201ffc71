/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary_replier.c: did the same model answer all the time? (see summary_add_replier)
 *
 * A name in an experiment is an alias to the provider: what stands behind it may change in the
 * middle of a run, and then two variants, or two halves of one, were answered by two models. What
 * replies say of themselves is all there is to see it by.
 */
#include "stats/summary_rows.h"

enum { NAMES_SHOWN = 3 };

void summary_add_replier(struct summary *summary, const struct summary_replier *replier)
{
    size_t n = summary->replier_count;
    struct arena *arena = &summary->arena;
    if ((n & (n - 1)) == 0) /* full at every power of two */
        summary->repliers =
            arena_grow(arena, summary->repliers, n, n ? 2 * n : 1, sizeof *summary->repliers);
    summary->repliers[summary->replier_count++] = (struct summary_replier){
        .variant = replier->variant,
        .model = arena_str(arena, replier->model),
        .reported = arena_str(arena, replier->reported),
        .fingerprint = arena_str(arena, replier->fingerprint),
    };
}

typedef str (*replier_value)(const struct summary_replier *replier);

static str reported_of(const struct summary_replier *replier)
{
    return replier->reported;
}

static str fingerprint_of(const struct summary_replier *replier)
{
    return replier->fingerprint;
}

/* Variants of the whole run, or one of them. */
static bool is_in(const struct summary_replier *replier, size_t variant)
{
    return variant == SUMMARY_NO_BASELINE || replier->variant == variant;
}

/* The different values that a model's replies gave, in the order met; empty ones say nothing. */
static size_t values_of(const struct summary *summary, str model, size_t variant,
                        replier_value value, str *out)
{
    size_t count = 0;
    for (size_t i = 0; i < summary->replier_count; i++) {
        const struct summary_replier *replier = &summary->repliers[i];
        str given = value(replier);
        bool fresh = given.n && str_equal(replier->model, model) && is_in(replier, variant);
        for (size_t k = 0; k < count && fresh; k++)
            fresh = !str_equal(out[k], given);
        if (fresh)
            out[count++] = given;
    }
    return count;
}

static str list_of(struct arena *arena, const str *value, size_t count)
{
    size_t shown = count < NAMES_SHOWN ? count : NAMES_SHOWN;
    str list = value[0];
    for (size_t i = 1; i < shown; i++)
        list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), i + 1 == count ? " and " : ", ",
                            STR_ARG(value[i]));
    return count > shown
               ? arena_printf(arena, "%.*s and %zu more", STR_ARG(list), count - shown)
               : list;
}

/* True when there was something to say. */
static bool warn_of(struct summary *summary, str model, size_t variant, bool prints)
{
    struct arena *arena = &summary->arena;
    str *value = arena_array(arena, str, summary->replier_count);
    size_t count =
        values_of(summary, model, variant, prints ? fingerprint_of : reported_of, value);
    if (count < 2)
        return false;
    str list = list_of(arena, value, count);
    str of = variant == SUMMARY_NO_BASELINE ? STR("Between variants")
                                            : summary->meta.variants[variant].name;
    summary_warn(
        summary, prints ? "fingerprint-changed" : "model-changed", variant,
        prints ? arena_printf(arena,
                              "%.*s: replies of model %.*s came from %zu versions of the "
                              "provider's system: %.*s.",
                              STR_ARG(of), STR_ARG(model), count, STR_ARG(list))
               : arena_printf(arena,
                              "%.*s: replies of model %.*s name %zu models: %.*s; what was "
                              "measured is a mixture.",
                              STR_ARG(of), STR_ARG(model), count, STR_ARG(list)));
    return true;
}

static bool seen_before(const struct summary *summary, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(summary->repliers[i].model, summary->repliers[at].model))
            return true;
    return false;
}

/* Within a variant; between them only what is not said of one of them already. */
void summary_warn_of_repliers(struct summary *summary)
{
    for (size_t i = 0; i < summary->replier_count; i++) {
        str model = summary->repliers[i].model;
        if (seen_before(summary, i))
            continue;
        for (int prints = 0; prints < 2; prints++) {
            bool said = false;
            for (size_t v = 0; v < summary->meta.variant_count; v++)
                said = warn_of(summary, model, v, prints) || said;
            if (!said)
                warn_of(summary, model, SUMMARY_NO_BASELINE, prints);
        }
    }
}
