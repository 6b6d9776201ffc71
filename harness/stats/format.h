/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How numbers are written for people, in tables and sentences alike: the one place that rounds.
 * Results are UTF-8 in the arena. An unknown value is an em dash everywhere. */
#ifndef STATS_FORMAT_H
#define STATS_FORMAT_H

#include <stdint.h>

#include "base/arena.h"
#include "stats/maybe.h"

/* 0.8504: "85.0 %". */
str stats_format_percent(struct arena *arena, maybe share);
/* "58.0 – 79.1 %". */
str stats_format_percent_range(struct arena *arena, maybe low, maybe high);
/* A difference of shares in points, with its sign: "+3.8", "−6.9", "0.0". */
str stats_format_points(struct arena *arena, maybe difference);
/* "0.53", "0.012", "< 0.001". */
str stats_format_p(struct arena *arena, maybe p);
/* Three significant digits and a unit: "742 ms", "1.82 s". From nanoseconds. */
str stats_format_duration(struct arena *arena, maybe ns);
/* "625 – 974 ms", "0.98 – 1.21 s" in the unit of the upper limit; an unknown limit is "…". */
str stats_format_duration_range(struct arena *arena, maybe low, maybe high);
/* Two significant digits: "3.2", "0.45", "120". */
str stats_format_ratio(struct arena *arena, maybe ratio);
str stats_format_ratio_range(struct arena *arena, maybe low, maybe high);
/* Dollars, three significant digits: "$0.00107", "$12.3". */
str stats_format_usd(struct arena *arena, maybe usd);
str stats_format_usd_range(struct arena *arena, maybe low, maybe high);
/* Counts of requests and tokens: "0.45", "37.5", "1,200", "2,400,000". Not negative. */
str stats_format_amount(struct arena *arena, maybe amount);
str stats_format_amount_range(struct arena *arena, maybe low, maybe high);
/* A confidence: "95", "99.5". */
str stats_format_confidence(struct arena *arena, double confidence);

#endif
