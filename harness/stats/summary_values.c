/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of samples into a series (see summary_values.h). */
#include "stats/summary_values.h"

#include <stdlib.h>

void summary_values_add(struct summary_values *values, size_t place, double value)
{
    if (values->count == values->room) {
        size_t room = values->room ? 2 * values->room : 64;
        values->value = arena_grow(values->arena, values->value, values->count, room,
                                   sizeof *values->value);
        values->room = room;
    }
    values->value[values->count] = (struct summary_value_of){place, value, values->count};
    values->count++;
}

static int compare(const void *left, const void *right)
{
    const struct summary_value_of *a = left, *b = right;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

struct summary_series summary_values_series(struct summary_values *values)
{
    struct arena *arena = values->arena;
    size_t count = values->count, samples = 0;
    double *value = arena_array(arena, double, count + 1);
    size_t *start = arena_array(arena, size_t, count + 2);
    struct summary_series series = {.places = arena_array(arena, size_t, count + 1),
                                    .means = arena_array(arena, double, count + 1),
                                    .sums = arena_array(arena, double, count + 1)};

    if (count)
        qsort(values->value, count, sizeof *values->value, compare);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || values->value[i].place != values->value[i - 1].place) {
            start[samples] = i;
            series.places[samples++] = values->value[i].place;
        }
        value[i] = values->value[i].value;
        series.sums[samples - 1] += value[i];
    }
    start[samples] = count;
    for (size_t s = 0; s < samples; s++)
        series.means[s] = series.sums[s] / (double)(start[s + 1] - start[s]);
    series.trials = (struct stats_trials){value, start, samples};
    return series;
}
