/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cells.c: the walk over all cells of a run (see cells.h).
 *
 * Scores are read once into a table by cell: asking for them cell by cell would scan their table
 * each time in a run that has not finished, which has no indexes yet.
 */
#include "reports/cells.h"

#include "base/mem.h"
#include "stats/summary_stop.h"

#include <math.h>

struct walk {
    const struct report_input *input;
    report_cell_fn *fn;
    void *arg;
    struct err *err;
    maybe *score;                 /* cells × scores */
    maybe *none;                  /* scores */
    struct report_judges *judges; /* cells */
    size_t cells, scores;
    const struct store_sample *sample;
    size_t samples, variants, trials;
    uint64_t next; /* place of the next cell, counted by variant, sample, trial */
    bool whole;    /* the plan has every place; a shard of an experiment has not */
};

static int keep_score(void *arg, const struct store_score *row)
{
    struct walk *walk = arg;
    const struct summary_meta *meta = &walk->input->summary->meta;
    if (row->cell < 0 || (size_t)row->cell >= walk->cells)
        return 0;
    struct report_judges *judges = &walk->judges[row->cell];
    judges->calls += row->calls;
    judges->attempts += row->attempts;
    judges->cost_nanousd += row->cost_nanousd;
    judges->unknown_cost_calls += row->unknown_cost_calls;
    judges->lost_attempts += row->lost_attempts;
    judges->ungraded += row->ungraded;
    for (size_t k = 0; k < walk->scores; k++)
        if (str_equal(meta->scores[k].name, row->name))
            walk->score[(size_t)row->cell * walk->scores + k] = maybe_of(row->value);
    return 0;
}

static str tags_of(const struct store_sample *sample)
{
    return str_equal(sample->tags, STR("[]")) ? STR("") : sample->tags;
}

/* The pending cells before `place`. */
static int fill_gap(struct walk *walk, uint64_t place)
{
    for (; walk->whole && walk->next < place; walk->next++) {
        uint64_t next = walk->next;
        size_t variant = (size_t)(next / walk->trials / walk->samples);
        size_t sample = (size_t)(next / walk->trials % walk->samples);
        struct report_cell cell = {
            .variant = walk->input->summary->meta.variants[variant].name,
            .sample = walk->sample[sample].id,
            .cluster = walk->sample[sample].cluster,
            .perturbation = walk->sample[sample].perturbation,
            .tags = tags_of(&walk->sample[sample]),
            .trial = (unsigned)(next % walk->trials) + 1,
            .status = summary_status_name(SUMMARY_PENDING),
            .scores = walk->none,
        };
        int result = walk->fn(walk->arg, &cell);
        if (result)
            return result;
    }
    return 0;
}

static bool is_beyond(const struct summary *summary, const struct store_sample *sample)
{
    const struct summary_stop *stop = summary->stop;
    size_t row = (size_t)(sample->perturbation.n ? sample->original : sample->number);
    return stop && row < stop->indexes && stop->is_beyond[row];
}

static int visit(void *arg, const struct store_cell *row)
{
    struct walk *walk = arg;
    if (row->variant < 0 || (size_t)row->variant >= walk->variants || row->sample < 0 ||
        (size_t)row->sample >= walk->samples || row->trial < 1 ||
        (size_t)row->trial > walk->trials || row->cell < 0 || (size_t)row->cell >= walk->cells)
        return err_set(walk->err, ERR_INPUT, "cell %lld of the run is not in its plan",
                       (long long)row->cell);
    size_t variant = (size_t)row->variant, sample = (size_t)row->sample;
    uint64_t place =
        ((uint64_t)variant * walk->samples + sample) * walk->trials + (uint64_t)row->trial - 1;
    int result = fill_gap(walk, place);
    if (result)
        return result;
    walk->next = place + 1;
    struct report_cell cell = {
        .row = row,
        .variant = walk->input->summary->meta.variants[variant].name,
        .sample = walk->sample[sample].id,
        .cluster = walk->sample[sample].cluster,
        .perturbation = walk->sample[sample].perturbation,
        .tags = tags_of(&walk->sample[sample]),
        .trial = (unsigned)row->trial,
        .status = store_status_name(row->status),
        .beyond = is_beyond(walk->input->summary, &walk->sample[sample]),
        .judges = walk->judges[row->cell],
        .scores = &walk->score[(size_t)row->cell * walk->scores],
    };
    return walk->fn(walk->arg, &cell);
}

int report_each_cell(const struct report_input *input, const char *what, report_cell_fn *fn,
                     void *arg, struct err *err)
{
    if (!input->store)
        return err_set(err, ERR_FAILED, "%s: the run's file is not at hand", what);
    const struct summary_meta *meta = &input->summary->meta;
    struct walk walk = {.input = input, .fn = fn, .arg = arg, .err = err};
    walk.cells = (size_t)store_run_row(input->store)->cells;
    walk.scores = meta->score_count;
    walk.sample = store_samples(input->store, &walk.samples);
    walk.variants = meta->variant_count - meta->kept;
    walk.trials = meta->trials;
    uint64_t all = (uint64_t)walk.variants * walk.samples * walk.trials;
    walk.whole = all == walk.cells;
    walk.score = xcalloc(walk.cells * walk.scores + 1, sizeof *walk.score);
    walk.none = xcalloc(walk.scores + 1, sizeof *walk.none);
    walk.judges = xcalloc(walk.cells + 1, sizeof *walk.judges);
    int result = store_each_score(input->store, STORE_EVERY, keep_score, &walk, err);
    if (result == 0)
        result = store_each_cell(input->store, STORE_IN_ORDER, visit, &walk, err);
    if (result == 0)
        result = fill_gap(&walk, all);
    xfree(walk.score);
    xfree(walk.none);
    xfree(walk.judges);
    return result;
}
