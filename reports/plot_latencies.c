/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plot_latencies.c: see plot_latencies.h. A million cells take 32 MB.
 */
#include "reports/plot_latencies.h"

#include "base/mem.h"
#include "store/store.h"

#include <stdlib.h>

static int keep(void *arg, const struct store_cell *row)
{
    struct plot_work *work = arg;
    size_t samples;
    const struct store_sample *sample = store_samples(work->input->store, &samples);
    if (row->sample < 0 || (size_t)row->sample >= samples || sample[row->sample].perturbation.n)
        return 0;
    if (row->variant < 0 || (size_t)row->variant >= work->summary->meta.variant_count ||
        row->status == STORE_ERROR || row->status == STORE_SKIPPED || row->latency_ns < 0 ||
        row->cached > 0 || (size_t)row->sample >= work->summary->meta.samples)
        return 0; /* changed samples stand behind the others */
    struct plot_latencies *all = &work->latencies[row->variant];
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 256;
        all->cell = xrealloc(all->cell, all->room * sizeof *all->cell);
    }
    bool timeout = row->status == STORE_TIMEOUT;
    all->cell[all->count++] = (struct plot_latency){
        row->latency_ns, row->cell, (uint32_t)row->sample, (uint32_t)row->trial, timeout};
    all->ended += !timeout;
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct plot_latency *a = left, *b = right;
    if (a->timeout != b->timeout)
        return a->timeout ? 1 : -1;
    if (a->ns != b->ns)
        return a->ns > b->ns ? 1 : -1;
    return (a->cell > b->cell) - (a->cell < b->cell);
}

int plot_latencies(struct plot_work *work, const struct plot_latencies **by_variant,
                   struct err *err)
{
    size_t variants = work->summary->meta.variant_count;
    *by_variant = work->latencies;
    if (work->latencies || !work->input->store)
        return 0;
    work->latencies = xcalloc(variants + 1, sizeof *work->latencies);
    *by_variant = work->latencies;
    if (store_each_cell(work->input->store, STORE_AS_WRITTEN, keep, work, err) < 0)
        return -1;
    for (size_t v = 0; v < variants; v++)
        if (work->latencies[v].count)
            qsort(work->latencies[v].cell, work->latencies[v].count,
                  sizeof *work->latencies[v].cell, compare);
    return 0;
}

void plot_latencies_free(struct plot_work *work)
{
    for (size_t v = 0; work->latencies && v < work->summary->meta.variant_count; v++)
        xfree(work->latencies[v].cell);
    xfree(work->latencies);
    work->latencies = NULL;
}
