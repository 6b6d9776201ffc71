/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a forecast says in sentences. Each names the figures of the run that it rests on, rounded as
 * in the tables; where a figure is not known, or does not show it, there is no sentence. */
#include <math.h>
#include <stdarg.h>

#include "stats/forecast_inside.h"
#include "stats/format.h"

/* ---- parts of sentences ---- */

static str usd(struct forecast *f, maybe value)
{
    return stats_format_usd(&f->arena, value);
}

static str points(struct forecast *f, maybe difference)
{
    return stats_format_points(&f->arena, difference);
}

/* Without a sign: "2.0". */
static str unsigned_points(struct forecast *f, maybe share)
{
    return arena_printf(&f->arena, "%.1f", 100.0 * fabs(share.value));
}

static str percent(struct forecast *f, maybe share)
{
    return stats_format_percent(&f->arena, share);
}

static str amount(struct forecast *f, maybe value)
{
    return stats_format_amount(&f->arena, value);
}

static void advise(struct forecast *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void forecast_add_text(struct forecast *f, str **list, size_t *count, str text)
{
    if ((*count & (*count - 1)) == 0) /* full at every power of two */
        *list = arena_grow(&f->arena, *list, *count, *count ? 2 * *count : 1, sizeof **list);
    (*list)[(*count)++] = text;
}

static void advise(struct forecast *f, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    forecast_add_text(f, &f->advice, &f->advice_count,
                      arena_vprintf(&f->arena, format, arguments));
    va_end(arguments);
}

static str confidence_of_choice(struct forecast *f)
{
    size_t scored = 0;

    for (size_t v = 0; v < f->meta.variants; v++)
        scored += f->variants[v].accuracy.value.known;
    return arena_printf(&f->arena, "%.4g",
                        100.0 * (1.0 - f->meta.alpha / (double)(scored > 2 ? scored - 1 : 1)));
}

/* ---- which one ---- */

static str no_choice(struct forecast *f)
{
    if (f->best == SUMMARY_NO_BASELINE)
        return STR("No cell was scored, so that no variant can be called as good as another.");
    if (!f->meta.margin.known)
        return STR(
            "No margin was given: which accuracy may be given up for money is not known, "
            "so no variant is named.");
    return arena_printf(
        &f->arena,
        "What %.*s, the most accurate, costs is not known (%s), so no variant is "
        "named.",
        STR_ARG(f->variants[f->best].name), f->variants[f->best].request_usd.reason);
}

static bool is_cheapest(const struct forecast *f, size_t variant)
{
    for (size_t v = 0; v < f->meta.variants; v++)
        if (v != variant && f->variants[v].request_usd.value.known &&
            forecast_is_cheaper(&f->variants[v].request_usd, &f->variants[variant].request_usd))
            return false;
    return true;
}

static str choice_text(struct forecast *f)
{
    const struct forecast_variant *best, *choice;

    if (f->choice == SUMMARY_NO_BASELINE)
        return no_choice(f);
    best = &f->variants[f->best];
    choice = &f->variants[f->choice];
    if (f->choice == f->best && is_cheapest(f, f->best))
        return arena_printf(&f->arena,
                            "%.*s is the most accurate (%.*s) and the cheapest: %.*s a month.",
                            STR_ARG(best->name), STR_ARG(percent(f, best->accuracy.value)),
                            STR_ARG(usd(f, best->month_usd.value)));
    if (f->choice == f->best)
        return arena_printf(
            &f->arena,
            "%.*s is the most accurate (%.*s), at %.*s a month; no cheaper variant "
            "is shown to be at most %.*s points less accurate.",
            STR_ARG(best->name), STR_ARG(percent(f, best->accuracy.value)),
            STR_ARG(usd(f, best->month_usd.value)),
            STR_ARG(unsigned_points(f, f->meta.margin)));
    return arena_printf(
        &f->arena,
        "%.*s is the cheapest variant that is shown to be at most %.*s points "
        "less accurate than "
        "the most accurate one, %.*s: the difference is %.*s points, and with "
        "%.*s %% confidence "
        "not below %.*s. It costs %.*s a month instead of %.*s.",
        STR_ARG(choice->name), STR_ARG(unsigned_points(f, f->meta.margin)), STR_ARG(best->name),
        STR_ARG(points(f, choice->behind)), STR_ARG(confidence_of_choice(f)),
        STR_ARG(points(f, choice->behind_low)), STR_ARG(usd(f, choice->month_usd.value)),
        STR_ARG(usd(f, best->month_usd.value)));
}

/* What a further correct answer costs, where one variant is shown to be both worse and cheaper than
 * the most accurate: the ratio of the two differences. */
static void advise_price_of_accuracy(struct forecast *f)
{
    if (f->best == SUMMARY_NO_BASELINE)
        return;
    const struct forecast_variant *best = &f->variants[f->best];
    for (size_t v = 0; v < f->meta.variants; v++) {
        const struct forecast_variant *one = &f->variants[v];
        if (!one->behind_high.known || one->behind_high.value >= 0.0 ||
            !one->month_usd.value.known || !best->month_usd.value.known ||
            one->month_usd.value.value >= best->month_usd.value.value)
            continue;
        double more = best->month_usd.value.value - one->month_usd.value.value;
        double answers = -one->behind.value * f->meta.per_day * f->meta.days;
        advise(
            f,
            "%.*s instead of %.*s: %.*s more a month for %.*s points more correct answers "
            "(with %.*s %% confidence at least %.*s), %.*s for each further correct answer. It "
            "pays off if a wrong answer costs more than that.",
            STR_ARG(best->name), STR_ARG(one->name), STR_ARG(usd(f, maybe_of(more))),
            STR_ARG(unsigned_points(f, one->behind)), STR_ARG(confidence_of_choice(f)),
            STR_ARG(unsigned_points(f, one->behind_high)),
            STR_ARG(usd(f, maybe_of(more / answers))));
    }
}

/* Money that buys nothing that the run shows: variants that are dearer than the most accurate. */
static void advise_dearer(struct forecast *f)
{
    str list = {"", 0};

    if (f->best == SUMMARY_NO_BASELINE)
        return;
    const struct forecast_variant *best = &f->variants[f->best];
    for (size_t i = 0; i < f->meta.variants; i++) {
        const struct forecast_variant *one = &f->variants[f->order[i]];
        if (!one->behind_high.known || !one->month_usd.value.known ||
            !best->month_usd.value.known ||
            one->month_usd.value.value <= best->month_usd.value.value)
            continue;
        maybe more = maybe_of(one->month_usd.value.value - best->month_usd.value.value);
        list = arena_printf(
            &f->arena, "%.*s%s%.*s (%.*s more a month; %.*s points, at most %.*s)",
            STR_ARG(list), list.n ? ", " : "", STR_ARG(one->name), STR_ARG(usd(f, more)),
            STR_ARG(points(f, one->behind)), STR_ARG(points(f, one->behind_high)));
    }
    if (list.n)
        advise(f,
               "Dearer than %.*s, and not more accurate in this run (difference, and its upper "
               "bound with %.*s %% confidence): %.*s.",
               STR_ARG(best->name), STR_ARG(confidence_of_choice(f)), STR_ARG(list));
}

/* ---- slices ---- */

/* Cheapest of a slice that is not worse there than its best; SUMMARY_NO_BASELINE: not known. */
static size_t choice_in(const struct forecast *f, size_t slice)
{
    size_t choice = SUMMARY_NO_BASELINE;

    for (size_t v = 0; v < f->meta.variants; v++) {
        const struct forecast_part *part = &f->variants[v].part[slice];
        if (part->is_best && !part->request_usd.value.known)
            return SUMMARY_NO_BASELINE;
        if (part->not_worse && part->request_usd.value.known &&
            (choice == SUMMARY_NO_BASELINE ||
             forecast_is_cheaper(&part->request_usd,
                                 &f->variants[choice].part[slice].request_usd)))
            choice = v;
    }
    return choice;
}

/* A route by kind of request, when the kinds are shown to be served best by different variants. */
static void advise_route(struct forecast *f)
{
    str list = {"", 0};
    double cost = 0.0;
    bool differ = false;
    size_t first = SUMMARY_NO_BASELINE;

    if (f->meta.slices < 2 || f->choice == SUMMARY_NO_BASELINE)
        return;
    for (size_t k = 0; k < f->meta.slices; k++) {
        size_t v = choice_in(f, k);
        if (!(f->meta.slice[k].share > 0.0))
            continue;
        if (v == SUMMARY_NO_BASELINE)
            return;
        first = first == SUMMARY_NO_BASELINE ? v : first;
        differ = differ || v != first;
        const struct forecast_part *part = &f->variants[v].part[k];
        cost += f->meta.slice[k].share * part->request_usd.value.value;
        list = arena_printf(
            &f->arena, "%.*s%s%.*s to %.*s (%.*s correct on %llu samples)", STR_ARG(list),
            list.n ? ", " : "", STR_ARG(f->meta.slice[k].name), STR_ARG(f->variants[v].name),
            STR_ARG(percent(f, part->accuracy.value)), (unsigned long long)part->samples);
    }
    double choice = f->variants[f->choice].request_usd.value.value;
    double month = f->meta.per_day * f->meta.days;
    if (!differ || cost >= choice)
        return;
    advise(
        f,
        "A route by kind of request would send %.*s: %.*s a month, %.*s less than %.*s for "
        "all. "
        "It pays off while routing costs less than %.*s a request; what a router gets wrong is "
        "not in this.",
        STR_ARG(list), STR_ARG(usd(f, maybe_of(cost * month))),
        STR_ARG(usd(f, maybe_of((choice - cost) * month))),
        STR_ARG(f->variants[f->choice].name), STR_ARG(usd(f, maybe_of(choice - cost))));
}

/* ---- votes ---- */

static void advise_vote(struct forecast *f)
{
    if (!f->meta.vote || f->choice == SUMMARY_NO_BASELINE || !f->meta.vote[f->choice])
        return;
    const struct summary_vote *vote = f->meta.vote[f->choice];
    const struct forecast_variant *one = &f->variants[f->choice];
    if (vote->voters || !vote->fits || f->meta.slices) /* of the data set's own mixture */
        return;
    const struct summary_majority *most = &vote->size[vote->best];
    unsigned votes = summary_vote_sizes[vote->best];
    if (vote->helps && votes > 1 && most->accuracy.low.known &&
        most->accuracy.low.value > vote->p.value)
        advise(f,
               "A majority of %u answers of %.*s is estimated at %.*s correct instead of %.*s "
               "(errors are %s, correlation %.2f%s), at %u times the cost: %.*s a month.",
               votes, STR_ARG(one->name), STR_ARG(percent(f, most->accuracy.value)),
               STR_ARG(percent(f, vote->p)), summary_errors_name(vote->errors), vote->rho.value,
               most->extrapolated ? "; extrapolated" : "", votes,
               STR_ARG(usd(f, maybe_scale(one->month_usd.value, (double)votes))));
    else if (vote->errors == SUMMARY_ERRORS_SYSTEMATIC)
        advise(f,
               "A vote over answers of %.*s would multiply its cost for little: its errors are "
               "systematic (correlation %.2f between answers to one sample).",
               STR_ARG(one->name), vote->rho.value);
}

/* ---- money that hangs on how a provider is asked ---- */

static void advise_batch(struct forecast *f)
{
    if (f->choice == SUMMARY_NO_BASELINE)
        return;
    const struct forecast_variant *one = &f->variants[f->choice];
    if (one->batch_month_usd.known && one->month_usd.value.known &&
        one->batch_month_usd.value < one->month_usd.value.value)
        advise(f,
               "If answers may take hours: at batch prices %.*s costs %.*s a month instead of "
               "%.*s.",
               STR_ARG(one->name), STR_ARG(usd(f, one->batch_month_usd)),
               STR_ARG(usd(f, one->month_usd.value)));
}

/* ---- load ---- */

static str load_text(struct forecast *f)
{
    const struct forecast_load *load = &f->meta.load;

    if (!load->run.n && f->meta.peak_per_minute.known)
        return arena_printf(
            &f->arena,
            "Latency under load is not known. The cells of this run began when others had "
            "ended, so "
            "that a slow provider was asked less often: that says nothing of requests which "
            "come "
            "when they come. A run with --rate %.*s does.",
            STR_ARG(amount(f, maybe_scale(f->meta.peak_per_minute, 1.0 / 60.0))));
    if (!load->run.n)
        return STR(
            "Latency under load is not known: the cells of this run began when others had "
            "ended. A run with --rate tells it.");
    return arena_printf(&f->arena,
                        "Latency from the scheduled start to the end, as measured in run %.*s "
                        "with %.*s cells a "
                        "second over all variants, %.*s requests to models a second.",
                        STR_ARG(load->run), STR_ARG(amount(f, maybe_of(load->cells_per_s))),
                        STR_ARG(amount(f, load->attempts_per_s)));
}

void forecast_fill_texts(struct forecast *f)
{
    f->choice_text = choice_text(f);
    f->load_text = load_text(f);
    advise_price_of_accuracy(f);
    advise_dearer(f);
    advise_route(f);
    advise_vote(f);
    advise_batch(f);
}
