/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * side.c: the cells of a run as one side of a comparison (see side.h).
 */
#include "session/side.h"

#include "session/places.h"
#include "session/summarise.h"

#include "base/file.h"
#include "base/mem.h"
#include "plan/experiment_baseline.h"
#include "stats/summary_stop.h"

#include <math.h>
#include <stdlib.h>

enum { HASH_DIGITS = 16 }; /* that a sample is known by, within two datasets */

struct reading {
    struct side *side;
    struct store *store;
    struct arena *arena;
    struct summary_cell_row *cell;
    size_t count;
    maybe *value; /* scores of each cell, by its number in the plan */
    size_t plan;  /* cells of the plan */
    struct summary_replier *replier;
    struct summary_account *role;
    uint64_t *answer; /* of each cell, as it is stored */
    uint32_t
        *variant_of; /* of each cell of the plan, from 1; 0: none, or of a changed sample */
};

static int add_score(void *arg, const struct store_score *row)
{
    struct reading *r = arg;
    for (size_t i = 0; i < r->side->scores; i++)
        if (str_equal(r->side->score[i].name, row->name) && row->cell >= 0 &&
            (size_t)row->cell < r->plan && !isnan(row->value))
            r->value[(size_t)row->cell * r->side->scores + i] = maybe_of(row->value);
    return 0;
}

/* Answers of one sample are numbered as they come, trial by trial: enough to tell which are the same,
 * and nothing that says what they are. 0: there is none. */
static uint64_t answer_number(const struct reading *r, const struct summary_cell_row *cell)
{
    uint64_t most = 0;
    for (size_t i = r->count; i-- > 0;) {
        const struct summary_cell_row *before = &r->cell[i];
        if (before->variant != cell->variant || before->sample != cell->sample)
            break;
        if (cell->answer && r->answer[i] == cell->answer)
            return before->answer;
        most = before->answer > most ? before->answer : most;
    }
    return cell->answer ? most + 1 : 0;
}

static int add_cell(void *arg, const struct store_cell *row)
{
    struct reading *r = arg;
    size_t samples;
    const struct store_sample *sample = store_samples(r->store, &samples);
    if (row->status == STORE_SKIPPED || (size_t)row->sample >= samples ||
        (size_t)row->variant >= r->side->variants || r->count == r->plan)
        return 0; /* store_open has looked: cannot be */
    if (sample[row->sample].perturbation.n)
        return 0; /* changed samples are not compared */
    struct summary_cell_row cell = summarise_cell(row, &sample[row->sample]);
    uint64_t stored = cell.answer;
    cell.answer = answer_number(r, &cell);
    cell.shape = (str){"", 0};
    cell.reason = arena_str(r->arena, cell.reason);
    cell.sample_id = r->side->sample[row->sample].id;
    cell.cluster = r->side->sample[row->sample].cluster;
    cell.scores = &r->value[(size_t)row->cell * r->side->scores];
    r->answer[r->count] = stored;
    r->cell[r->count++] = cell;
    r->variant_of[row->cell] = (uint32_t)row->variant + 1;
    return 0;
}

static struct summary_account *account_of(struct reading *r, int64_t cell, int role)
{
    if (cell < 0 || (size_t)cell >= r->plan || !r->variant_of[cell])
        return NULL;
    return &r->role[(r->variant_of[cell] - 1) * SIDE_ROLES + (size_t)role];
}

static int add_step(void *arg, const struct store_step *row)
{
    struct summary_account *sum = account_of(arg, row->cell, SIDE_ROUTER);
    if (sum && row->role == STORE_ROUTER)
        SUMMARISE_ADD(sum, row);
    return 0;
}

static int add_judge(void *arg, const struct store_score *row)
{
    struct summary_account *sum = account_of(arg, row->cell, SIDE_JUDGE);
    if (sum)
        SUMMARISE_ADD(sum, row);
    return 0;
}

static int add_replier(void *arg, const struct store_replier *row)
{
    struct reading *r = arg;
    size_t n = r->side->repliers;
    if ((n & (n - 1)) == 0) /* full at every power of two */
        r->replier = arena_grow(r->arena, r->replier, n, n ? 2 * n : 1, sizeof *r->replier);
    r->replier[r->side->repliers++] = (struct summary_replier){
        .variant = (size_t)row->variant,
        .model = arena_str(r->arena, row->model),
        .reported = arena_str(r->arena, row->reported),
        .fingerprint = arena_str(r->arena, row->fingerprint),
    };
    return 0;
}

void side_read_samples(struct side *side, struct store *store, struct arena *arena)
{
    const struct store_sample *from = store_samples(store, &side->samples);
    struct side_sample *sample = arena_array(arena, struct side_sample, side->samples + 1);
    for (size_t i = 0; i < side->samples; i++)
        sample[i] = (struct side_sample){
            .id = arena_str(arena, from[i].id),
            .cluster = arena_str(arena, from[i].cluster),
            .tags = arena_str(arena, from[i].tags),
            .hash = arena_str(arena, str_sub(from[i].hash, 0, HASH_DIGITS)),
            .place = from[i].place,
        };
    side->sample = sample;
    while (side->samples && from[side->samples - 1].perturbation.n)
        side->samples--; /* they stand behind the rows */
    side->fingerprint = arena_str(arena, store_run_row(store)->dataset_hash);
}

static void read_files(struct reading *r)
{
    const struct store_file *from = store_files(r->store, &r->side->files);
    struct side_file *file = arena_array(r->arena, struct side_file, r->side->files + 1);
    for (size_t i = 0; i < r->side->files; i++)
        file[i] = (struct side_file){arena_str(r->arena, from[i].path),
                                     arena_str(r->arena, from[i].role),
                                     arena_str(r->arena, from[i].hash)};
    r->side->file = file;
}

static void read_variants(struct reading *r)
{
    const struct store_variant *from = store_variants(r->store, &r->side->variants);
    struct summary_variant_meta *variant =
        arena_array(r->arena, struct summary_variant_meta, r->side->variants + 1);
    for (size_t i = 0; i < r->side->variants; i++)
        variant[i] = (struct summary_variant_meta){arena_str(r->arena, from[i].name),
                                                   arena_str(r->arena, from[i].pattern)};
    r->side->variant = variant;
}

static int read_run(struct reading *r, struct err *err)
{
    struct side *side = r->side;
    const struct store_run *run = store_run_row(r->store);
    const json *definition = json_parse(r->arena, arena_str(r->arena, run->definition), NULL);
    struct summary_score_meta *score;
    str *step;
    const json *dataset = json_get(definition, STR("dataset"));
    if (summarise_check(definition, arena_str(r->arena, side->source).p, err) < 0)
        return -1;
    side->version = arena_str(r->arena, run->weir_version);
    side->experiment = arena_str(r->arena, run->experiment);
    side->run = arena_str(r->arena, run->id);
    side->dataset =
        json_text(json_is(dataset, JSON_OBJECT) ? json_get(dataset, STR("file")) : dataset);
    side->definition = definition;
    side->graders = experiment_graders(r->arena, definition);
    side->mock = run->mock;
    side->created_wall = run->created_wall;
    side->confidence = json_number(json_path(definition, "report.confidence"));
    side->reducer = stats_reducer_named(json_text(json_path(definition, "report.reducer")));
    side->trials = 1;
    json_int(json_get(definition, STR("trials")), &side->trials);
    side->scores = summarise_scores(definition, r->arena, &score, &step);
    side->score = score;
    read_variants(r);
    side_read_samples(side, r->store, r->arena);
    read_files(r);
    r->plan = (size_t)run->cells;
    r->value = arena_array(r->arena, maybe, r->plan * side->scores + 1);
    r->cell = arena_array(r->arena, struct summary_cell_row, r->plan + 1);
    r->answer = arena_array(r->arena, uint64_t, r->plan + 1);
    r->variant_of = arena_array(r->arena, uint32_t, r->plan + 1);
    r->role = arena_array(r->arena, struct summary_account, side->variants * SIDE_ROLES + 1);
    side->role = r->role;
    if (store_each_score(r->store, STORE_EVERY, add_score, r, err) < 0 ||
        store_each_cell(r->store, STORE_IN_ORDER, add_cell, r, err) < 0 ||
        store_each_step_count(r->store, add_step, r, err) < 0 ||
        store_each_score(r->store, STORE_EVERY, add_judge, r, err) < 0 ||
        store_each_replier(r->store, add_replier, r, err) < 0)
        return -1;
    side->replier = r->replier;
    side->cell = r->cell;
    side->cells = r->count;
    return 0;
}

int side_of_run(struct side *side, str path, struct arena *arena, struct err *err)
{
    *side = (struct side){.source = path};
    struct reading reading = {.side = side, .arena = arena};
    if (store_open(&reading.store, path.p, err) < 0)
        return -1;
    int result = read_run(&reading, err);
    store_close(reading.store);
    return result;
}

int side_open(struct side *side, str given, struct arena *arena, struct err *err)
{
    str path = arena_str(arena, given);
    if (file_is_baseline(path))
        return side_of_baseline(side, path, arena, err);
    if (run_find(arena, given, &path, err) < 0)
        return -1;
    return side_of_run(side, path, arena, err);
}

bool side_may_stop(const struct side *side)
{
    return side->definition && json_get(side->definition, STR("stop"));
}

/* Decided by a summary, as in any report of that run. */
void side_drop_beyond(struct side *side, struct arena *arena)
{
    struct summary_cell_row *kept =
        arena_array(arena, struct summary_cell_row, side->cells + 1);
    str *name = arena_array(arena, str, side->variants + 1);
    size_t count = 0;
    if (!side_may_stop(side))
        return;
    side->role = NULL; /* it is of all cells */
    for (size_t i = 0; i < side->variants; i++)
        name[i] = side->variant[i].name;
    struct summary_meta meta = {
        .variants = side->variant,
        .variant_count = side->variants,
        .samples = side->samples,
        .trials = (size_t)side->trials,
        .stop = summarise_stop(side->definition, name, side->variants, arena),
    };
    struct summary *summary = summary_begin(&meta);
    for (size_t i = 0; i < side->samples; i++)
        summary_watch_sample(summary, i, (size_t)side->sample[i].place,
                             side->sample[i].cluster);
    for (size_t i = 0; i < side->cells; i++)
        summary_watch_cell(summary, &side->cell[i]);
    for (size_t i = 0; i < side->cells; i++)
        if (!summary_is_beyond(summary, side->cell[i].sample))
            kept[count++] = side->cell[i];
    summary_free(summary);
    side->cell = kept;
    side->cells = count;
}

static void feed_repliers(const struct side *side, size_t variant, struct summary *summary,
                          size_t to)
{
    for (size_t i = 0; i < side->repliers; i++) {
        struct summary_replier replier = side->replier[i];
        if (replier.variant != variant)
            continue;
        replier.variant = to;
        summary_add_replier(summary, &replier);
    }
}

int side_feed(const struct side *side, size_t variant, const struct side_place *place,
              struct summary *summary, size_t to, struct err *err)
{
    feed_repliers(side, variant, summary, to);
    if (side->role)
        summary_tell_roles(summary, to, &side->role[variant * SIDE_ROLES + SIDE_ROUTER],
                           &side->role[variant * SIDE_ROLES + SIDE_JUDGE]);
    for (size_t i = 0; i < side->cells; i++) {
        struct summary_cell_row cell = side->cell[i];
        if (cell.variant != variant)
            continue;
        cell.variant = to;
        if (place) {
            const struct side_place *at = &place[cell.sample];
            cell.sample = at->sample;
            cell.sample_id = at->id;
            cell.cluster = at->cluster;
            cell.alone = at->alone;
        }
        for (size_t k = 0; k < side->scores; k++)
            if (cell.scores[k].known)
                summary_score_of(summary, to, k);
        if (summary_add_cell(summary, &cell, err) < 0)
            return -1;
    }
    return 0;
}
