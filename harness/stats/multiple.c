/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holm and not Bonferroni: it holds the same guarantee and never finds less. Not a false
 * discovery rate either: a report with three candidates must not be wrong about one of them. */
#include "stats/multiple.h"

#include <stdlib.h>

#include "base/mem.h"

struct ranked {
    double p;
    size_t index;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->p < b->p || a->p > b->p)
        return a->p < b->p ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

size_t stats_holm(const maybe *p, size_t count, maybe *adjusted)
{
    struct ranked *family = xcalloc(count + 1, sizeof *family);
    size_t size = 0;
    double floor = 0.0;

    for (size_t i = 0; i < count; i++) {
        adjusted[i] = maybe_none();
        if (p[i].known)
            family[size++] = (struct ranked){p[i].value, i};
    }
    qsort(family, size, sizeof *family, compare_ranked);
    for (size_t i = 0; i < size; i++) {
        floor = fmax(floor, fmin(1.0, (double)(size - i) * family[i].p));
        adjusted[family[i].index] = maybe_of(floor);
    }
    xfree(family);
    return size;
}
