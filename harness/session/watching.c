/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watching.c: cells of a run to a decision (see watching.h). A report decides again, from the
 * run's file (stats/summary_stop.c), with the same function.
 */
#include "session/watching.h"

#include "plan/experiment_stop.h"
#include "stats/random.h"
#include "store/store.h"

struct reading {
    struct watching *watching;
    uint64_t *place; /* of each sample, in the plan */
};

/* True: some samples share a cluster. */
static bool number_clusters(struct watching *w, const struct plan *plan, struct arena *arena)
{
    const struct dataset *dataset = &w->experiment->dataset;
    size_t rows = w->experiment->originals;
    uint64_t *label = arena_array(arena, uint64_t, rows + 1);
    size_t *of = arena_array(arena, size_t, rows + 1);
    for (size_t i = 0; i < rows; i++) {
        const struct sample *sample = &dataset->sample[plan->sample[i * plan->versions]];
        bool alone = str_equal(sample->cluster, sample->id);
        label[i] = stats_key_hash(
            arena_printf(arena, "%s%.*s", alone ? "s" : "c", STR_ARG(sample->cluster)));
    }
    w->clusters.of = of;
    w->clusters.count = stats_clusters_number(label, rows, of);
    return w->clusters.count < rows;
}

static void add_cell(struct watching *w, const struct run_look *look)
{
    const struct stop_settings *settings = w->experiment->stop;
    bool candidate = look->variant == settings->of;
    if (!candidate && look->variant != settings->against)
        return;
    double value = settings->score ? look->score : look->correct ? 1 : 0;
    stats_stop_cell(&w->stop, look->sample,
                    candidate ? STATS_STOP_CANDIDATE : STATS_STOP_BASELINE, look->trial,
                    look->known ? maybe_of(value) : maybe_none());
}

static int add_row(void *arg, const struct store_cell *row)
{
    struct reading *r = arg;
    bool failed = row->status == STORE_ERROR || row->status == STORE_TIMEOUT;
    if (row->status == STORE_SKIPPED || row->sample < 0 ||
        (size_t)row->sample >= r->watching->experiment->originals)
        return 0;
    struct run_look look = {
        .sample = r->place[row->sample],
        .variant = (uint32_t)row->variant,
        .trial = (uint32_t)row->trial,
        .known = failed || row->status == STORE_OK,
        .correct = row->status == STORE_OK && row->correct > 0,
        .score = row->status == STORE_OK ? row->score : 0,
    };
    add_cell(r->watching, &look);
    return 0;
}

static int read_earlier(struct watching *w, const struct plan *plan, const char *path,
                        struct arena *arena, struct err *err)
{
    struct store *store;
    size_t rows = w->experiment->originals;
    struct reading reading = {w, arena_array(arena, uint64_t, rows + 1)};
    for (size_t i = 0; i < rows; i++)
        reading.place[plan->sample[i * plan->versions]] = i;
    if (store_open_checked(&store, path, err) < 0)
        return -1;
    int result = store_each_cell(store, STORE_AS_WRITTEN, add_row, &reading, err);
    store_close(store);
    return result;
}

int watching_open(struct watching *w, const struct experiment *experiment, const char *earlier,
                  struct arena *arena, struct err *err)
{
    const struct stop_settings *settings = experiment->stop;
    struct plan plan;
    *w = (struct watching){.experiment = experiment};
    plan_init(&plan, experiment, arena);
    bool clustered = number_clusters(w, &plan, arena);
    struct stats_stop_rule rule = {
        .alpha = settings->alpha,
        .margin = settings->margin,
        .min_samples = (uint64_t)settings->min_samples,
        .single = experiment->trials == 1 && !settings->score && !clustered,
        .reducer = (enum stats_reducer)experiment->report.reducer,
    };
    stats_stop_init(&w->stop, &rule, clustered ? &w->clusters : NULL, experiment->originals,
                    (size_t)experiment->trials);
    if (!earlier || read_earlier(w, &plan, earlier, arena, err) == 0)
        return 0;
    watching_close(w);
    return -1;
}

void watching_close(struct watching *w)
{
    stats_stop_release(&w->stop);
}

struct run_looks watching_decide(void *arg, const struct run_look *look)
{
    struct watching *w = arg;
    if (look)
        add_cell(w, look);
    return (struct run_looks){w->stop.looked, w->stop.decision != STATS_STOP_UNDECIDED};
}
