/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rounding for people. Kept with the numbers, and not in the reporters, so that a sentence and
 * the table beside it cannot disagree. No locale: the point is a point everywhere. */
#include "stats/format.h"

#include <math.h>
#include <stdio.h>

#define DASH  "—"   /* em dash: unknown */
#define TO    " – " /* en dash between limits */
#define OPEN  "…"   /* ellipsis: no limit on that side */
#define MINUS "−"

/* Decimals that leave `digits` significant ones, after rounding: 9.99 with two is "10", not
 * "10.0". */
static int decimals_for(double value, int digits)
{
    double size = fabs(value);
    int decimals;

    if (!(size > 0.0))
        return digits - 1;
    decimals = digits - 1 - (int)floor(log10(size));
    if (decimals > 0 && round(size * pow(10.0, decimals)) >= pow(10.0, digits))
        decimals--;
    return decimals < 0 ? 0 : decimals > 15 ? 15 : decimals;
}

static str significant(struct arena *arena, maybe value, int digits)
{
    if (!value.known)
        return arena_printf(arena, OPEN);
    return arena_printf(arena, "%s%.*f", value.value < 0.0 ? MINUS : "",
                        decimals_for(value.value, digits), fabs(value.value));
}

str stats_format_percent(struct arena *arena, maybe share)
{
    return share.known ? arena_printf(arena, "%.1f %%", 100.0 * share.value)
                       : arena_printf(arena, DASH);
}

str stats_format_percent_range(struct arena *arena, maybe low, maybe high)
{
    if (!low.known || !high.known)
        return arena_printf(arena, DASH);
    return arena_printf(arena, "%.1f" TO "%.1f %%", 100.0 * low.value, 100.0 * high.value);
}

str stats_format_points(struct arena *arena, maybe difference)
{
    double points = 100.0 * difference.value;
    const char *sign = points < 0.0 ? MINUS : "+";

    if (!difference.known)
        return arena_printf(arena, DASH);
    return arena_printf(arena, "%s%.1f", fabs(points) < 0.05 ? "" : sign, fabs(points));
}

str stats_format_p(struct arena *arena, maybe p)
{
    if (!p.known)
        return arena_printf(arena, DASH);
    if (p.value < 0.001)
        return arena_printf(arena, "< 0.001");
    return p.value >= 0.995 ? arena_printf(arena, "1.0") : significant(arena, p, 2);
}

struct unit {
    double ns;
    const char *name;
};

/* The largest unit in which the value, rounded to three digits, is at least 1. */
static struct unit unit_for(double ns)
{
    static const struct unit units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (fabs(ns) >= 0.9995 * units[i].ns)
            return units[i];
    return (struct unit){1.0, "ns"};
}

str stats_format_duration(struct arena *arena, maybe ns)
{
    struct unit unit = unit_for(ns.value);

    if (!ns.known)
        return arena_printf(arena, DASH);
    if (fabs(ns.value) < 0.5)
        return arena_printf(arena, "0 s");
    return arena_printf(arena, "%s %s", significant(arena, maybe_scale(ns, 1.0 / unit.ns), 3).p,
                        unit.name);
}

static str range_of(struct arena *arena, maybe low, maybe high, int digits)
{
    return arena_printf(arena, "%s" TO "%s", significant(arena, low, digits).p,
                        significant(arena, high, digits).p);
}

str stats_format_duration_range(struct arena *arena, maybe low, maybe high)
{
    struct unit unit;

    if (!low.known && !high.known)
        return arena_printf(arena, DASH);
    unit = unit_for(high.known ? high.value : low.value);
    return arena_printf(
        arena, "%s %s",
        range_of(arena, maybe_scale(low, 1.0 / unit.ns), maybe_scale(high, 1.0 / unit.ns), 3).p,
        unit.name);
}

str stats_format_ratio(struct arena *arena, maybe ratio)
{
    return ratio.known ? significant(arena, ratio, 2) : arena_printf(arena, DASH);
}

str stats_format_ratio_range(struct arena *arena, maybe low, maybe high)
{
    if (!low.known && !high.known)
        return arena_printf(arena, DASH);
    return range_of(arena, low, high, 2);
}

str stats_format_usd(struct arena *arena, maybe usd)
{
    if (!usd.known)
        return arena_printf(arena, DASH);
    if (!(fabs(usd.value) > 0.0))
        return arena_printf(arena, "$0");
    return arena_printf(arena, "%s$%s", usd.value < 0.0 ? MINUS : "",
                        significant(arena, maybe_of(fabs(usd.value)), 3).p);
}

str stats_format_usd_range(struct arena *arena, maybe low, maybe high)
{
    if (!low.known && !high.known)
        return arena_printf(arena, DASH);
    return arena_printf(arena, "%s" TO "%s", low.known ? stats_format_usd(arena, low).p : OPEN,
                        high.known ? stats_format_usd(arena, high).p : OPEN);
}

str stats_format_confidence(struct arena *arena, double confidence)
{
    return arena_printf(arena, "%.10g", 100.0 * confidence);
}

str stats_format_amount(struct arena *arena, maybe amount)
{
    double whole = round(amount.value);

    if (!amount.known)
        return arena_printf(arena, DASH);
    if (fabs(whole) < 1000.0 && fabs(amount.value - whole) < 1e-9)
        return arena_printf(arena, "%.0f", fabs(whole));
    if (fabs(whole) < 1000.0)
        return significant(arena, amount, 3);
    if (fabs(whole) < 1e6)
        return arena_printf(arena, "%.0f,%03.0f", floor(whole / 1000.0), fmod(whole, 1000.0));
    if (fabs(whole) < 1e9)
        return arena_printf(arena, "%.0f,%03.0f,%03.0f", floor(whole / 1e6),
                            floor(fmod(whole, 1e6) / 1000.0), fmod(whole, 1000.0));
    return arena_printf(arena, "%.3g", amount.value);
}

str stats_format_amount_range(struct arena *arena, maybe low, maybe high)
{
    if (!low.known && !high.known)
        return arena_printf(arena, DASH);
    return arena_printf(arena, "%s" TO "%s",
                        low.known ? stats_format_amount(arena, low).p : OPEN,
                        high.known ? stats_format_amount(arena, high).p : OPEN);
}
