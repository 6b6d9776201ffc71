/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise.c: from the store to a summary (see summarise.h).
 *
 * Passes in the order rows lie in the file: scores into a table by cell, cells, steps. A step's
 * place in its variant is where it first stands in a trace: the smallest ordinal of all its
 * instances, which does not depend on the order of rows. Of a cell that was read only its name
 * stays, for there may be a million.
 */
#include "cmd/summarise.h"

#include "base/mem.h"
#include "cmd/labels.h"
#include "cmd/rules.h"
#include "cmd/slices.h"
#include "cmd/summarise_advice.h"
#include "plan/check.h"
#include "stats/summary_contest.h"
#include "stats/summary_stop.h"

#include <math.h>

struct cell_name {
    uint32_t variant, sample;
    uint32_t perturbation; /* 0: of the sample as it is */
    uint32_t trial;        /* 0: the cell has no row */
    bool is_cached;        /* some of its calls are of earlier runs */
    bool is_timed;         /* all of it was measured in this run */
};

enum { HAS_NONE, HAS_ROW, HAS_WRONG }; /* a row that did not pass */

struct summariser {
    struct run_view *view;
    struct arena *arena;
    struct err *err;
    struct summary_score_meta *score;
    struct summary_judge_checked *checked; /* by score */
    const str *score_step; /* its step; empty: the output */
    size_t scores;
    size_t cells;
    maybe *value;           /* cells × scores */
    unsigned char *has;     /* the same: is there a row, with a value or without? */
    struct cell_name *cell; /* by number */
    const int64_t *order;   /* of the nodes */
    bool asked;             /* some score asked a model */
    bool told;              /* some score says more than its value, or looks at drafts */
    size_t rows;            /* samples that are not changed ones: the first */
    size_t perturbations;
    struct opt_texts group_by;
    const struct summary_group *group;
    size_t groups;
};

/* ---- what the definition says ---- */

size_t summarise_scores(const json *definition, struct arena *arena,
                        struct summary_score_meta **meta, str **step)
{
    const json *scores = json_get(definition, STR("score"));
    size_t room = json_count(scores), count = 0;
    *step = arena_array(arena, str, room + 1);
    *meta = arena_array(arena, struct summary_score_meta, room + 1);
    for (const json *score = json_first(scores); score; score = json_next(score)) {
        const json *weight = json_get(score, STR("weight"));
        const struct check_kind *kind = check_kind_in(score);
        bool clocked = kind && kind->looks_at == LOOKS_AT_CLOCK;
        str of = json_text(json_get(score, STR("step")));
        (*step)[count] = of;
        (*meta)[count++] = (struct summary_score_meta){
            .name = json_key(score),
            .weight = weight            ? json_number(weight)
                      : of.n || clocked ? 0
                                        : 1,
            .judged = kind && check_is_judged(kind),
            .clocked = clocked,
        };
    }
    return count;
}

static void read_scores(struct summariser *s)
{
    str *step;
    s->scores = summarise_scores(s->view->definition, s->arena, &s->score, &step);
    s->score_step = step;
}

static int read_labels(struct summariser *s, str path)
{
    double confidence = json_number(json_path(s->view->definition, "report.confidence"));
    return labels_of_scores(s->view->store, path, confidence > 0 ? confidence : 0.95, s->score,
                            s->score_step, s->scores, s->arena, &s->checked, s->err);
}

static size_t find_variant(const struct store_variant *variant, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(variant[i].name, name))
            return i;
    return 0;
}

/* The changes, in the order of what was made of the first row. */
static const struct summary_perturbation *read_perturbations(struct summariser *s)
{
    size_t samples;
    const struct store_sample *sample = store_samples(s->view->store, &samples);
    while (s->rows < samples && !sample[s->rows].perturbation.n)
        s->rows++;
    s->perturbations = s->rows ? (samples - s->rows) / s->rows : 0;
    struct summary_perturbation *list =
        arena_array(s->arena, struct summary_perturbation, s->perturbations + 1);
    for (size_t i = s->rows; i < s->rows * (s->perturbations + 1); i++) {
        struct summary_perturbation *one = &list[(i - s->rows) % s->perturbations];
        const struct store_sample *row = &sample[(i - s->rows) / s->perturbations];
        one->name = sample[i].perturbation;
        one->changed += !str_equal(sample[i].hash, row->hash);
    }
    return list;
}

static size_t perturbation_of(const struct summariser *s, int64_t sample)
{
    size_t number = (size_t)sample;
    return number < s->rows ? 0 : (number - s->rows) % s->perturbations + 1;
}

static maybe known_if(bool is_known, double value)
{
    return is_known ? maybe_of(value) : maybe_none();
}

/* The rules that the run began with, about its own variants. */
static const struct summary_rule *read_rules(struct summariser *s,
                                             const struct store_variant *variant,
                                             size_t variants, size_t baseline, size_t *count)
{
    struct rules_world world = {.definition = s->view->definition,
                                .score = s->score,
                                .scores = s->scores,
                                .variants = variants};
    const struct store_sample *from = store_samples(s->view->store, &world.samples);
    world.samples = s->rows;
    struct rules_sample *sample = arena_array(s->arena, struct rules_sample, world.samples + 1);
    str *name = arena_array(s->arena, str, variants + 1);
    size_t *baselines = arena_array(s->arena, size_t, variants + 1);
    if (!json_get(world.definition, STR("require"))) {
        *count = 0;
        return NULL;
    }
    for (size_t i = 0; i < world.samples; i++)
        sample[i] = (struct rules_sample){from[i].id, from[i].tags};
    for (size_t v = 0; v < variants; v++) {
        name[v] = variant[v].name;
        baselines[v] = baseline;
    }
    world.sample = sample;
    world.variant = name;
    world.baseline = baselines;
    return rules_read(&world, s->arena, count);
}

const struct summary_stop_rule *summarise_stop(const json *definition, const str *variant,
                                               size_t variants, struct arena *arena)
{
    const json *stop = json_get(definition, STR("stop"));
    if (!stop)
        return NULL;
    int64_t min_samples = 0;
    json_int(json_get(stop, STR("min_samples")), &min_samples);
    struct summary_stop_rule *rule = arena_new(arena, struct summary_stop_rule);
    *rule = (struct summary_stop_rule){
        .candidate = SUMMARY_NO_BASELINE,
        .baseline = SUMMARY_NO_BASELINE,
        .score = str_equal(json_text(json_get(stop, STR("metric"))), STR("score")),
        .alpha = json_number(json_get(stop, STR("alpha"))),
        .margin = json_number(json_get(stop, STR("margin"))),
        .min_samples = (uint64_t)min_samples,
    };
    for (size_t i = variants; i-- > 0;) {
        if (str_equal(variant[i], json_text(json_get(stop, STR("of")))))
            rule->candidate = i;
        if (str_equal(variant[i], json_text(json_get(stop, STR("against")))))
            rule->baseline = i;
    }
    return rule;
}

static const struct summary_stop_rule *
read_stop(const struct summariser *s, const struct store_variant *variant, size_t variants)
{
    str *name = arena_array(s->arena, str, variants + 1);
    for (size_t i = 0; i < variants; i++)
        name[i] = variant[i].name;
    return summarise_stop(s->view->definition, name, variants, s->arena);
}

static void begin(struct summariser *s)
{
    struct run_view *view = s->view;
    const struct store_run *run = store_run_row(view->store);
    size_t variants, samples;
    const struct store_variant *variant = store_variants(view->store, &variants);
    const struct summary_perturbation *perturbations = read_perturbations(s);
    samples = s->rows;
    struct summary_variant_meta *meta =
        arena_array(s->arena, struct summary_variant_meta, variants + 1);
    for (size_t i = 0; i < variants; i++)
        meta[i] = (struct summary_variant_meta){variant[i].name, variant[i].pattern};
    str baseline = json_text(json_get(view->definition, STR("baseline")));
    int64_t trials = 1;
    json_int(json_get(view->definition, STR("trials")), &trials);
    const json *dataset = json_get(view->definition, STR("dataset"));
    const json *file = json_is(dataset, JSON_OBJECT) ? json_get(dataset, STR("file")) : dataset;
    bool ended = run->state != STORE_OPEN;
    size_t rules, base = find_variant(variant, variants, baseline);
    const struct summary_rule *rule = read_rules(s, variant, variants, base, &rules);
    struct summary_meta summary = {
        .version = run->weir_version,
        .experiment = run->experiment,
        .run = run->id,
        .dataset = json_text(file),
        .fingerprint = run->dataset_hash,
        .mock = run->mock,
        .replayed = run->replayed,
        .confidence = json_number(json_path(view->definition, "report.confidence")),
        .baseline = base,
        .rules = rule,
        .rule_count = rules,
        .margin = rules_margin(rule, rules),
        .perturbations = perturbations,
        .perturbation_count = s->perturbations,
        .groups = s->group,
        .group_count = s->groups,
        .samples = samples,
        .trials = (size_t)trials,
        .variants = meta,
        .variant_count = variants,
        .scores = s->score,
        .score_count = s->scores,
        .checked = s->checked,
        .wall_ns = known_if(ended, (double)run->wall_ns),
        .cpu_ns = known_if(ended, (double)run->cpu_ns),
        .max_rss_bytes = known_if(ended && run->max_rss_bytes >= 0, (double)run->max_rss_bytes),
        .lateness_p99_ns =
            known_if(ended && run->lateness_p99_ns >= 0, (double)run->lateness_p99_ns),
        .rate = known_if(!isnan(run->rate), run->rate),
        .arrivals = run->arrivals,
        .shard = run->shard,
        .shards = run->shards,
        .stop = read_stop(s, variant, variants),
        .superseded_calls = run->superseded_calls,
        .superseded_usd = (double)run->superseded_nanousd * 1e-9,
        .setup_calls = run->setup_calls,
        .setup_tokens = run->setup_tokens,
        .setup_usd = known_if(run->setup_nanousd >= 0, (double)run->setup_nanousd * 1e-9),
    };
    view->summary = summary_begin(&summary);
}

/* ---- rows ---- */

static int add_score(void *arg, const struct store_score *row)
{
    struct summariser *s = arg;
    s->asked = s->asked || row->calls || row->ungraded;
    s->told = s->told || row->instances.n || str_ends_with(row->path, STR("draft[*]"));
    for (size_t i = 0; i < s->scores; i++)
        if (str_equal(s->score[i].name, row->name) && row->cell >= 0 &&
            (size_t)row->cell < s->cells) {
            size_t at = (size_t)row->cell * s->scores + i;
            s->has[at] = isnan(row->value) || row->pass ? HAS_ROW : HAS_WRONG;
            s->value[at] = known_if(!isnan(row->value), row->value);
        }
    return 0;
}

static int64_t known(int64_t tokens)
{
    return tokens > 0 ? tokens : 0;
}

struct summary_tokens summarise_tokens(const struct store_tokens *t)
{
    return (struct summary_tokens){known(t->input), known(t->cache_read), known(t->cache_write),
                                   known(t->output), known(t->reasoning)};
}

struct summary_cell_row summarise_cell(const struct store_cell *row,
                                       const struct store_sample *sample)
{
    return (struct summary_cell_row){
        .variant = (size_t)row->variant,
        .sample = (size_t)row->sample,
        .sample_id = sample->id,
        .cluster = sample->cluster,
        .trial = (unsigned)row->trial,
        .status = (enum summary_status)row->status,
        .reason = row->reason,
        .correct = known_if(row->correct >= 0, (double)row->correct),
        .score = known_if(!isnan(row->score), row->score),
        .cost = SUMMARISE_MONEY(row),
        .paid_nanousd = row->paid_nanousd,
        .tokens = summarise_tokens(&row->tokens),
        .traffic = SUMMARISE_TRAFFIC(row),
        .latency_ns = row->latency_ns,
        .wall_ns = row->wall_ns,
        .provider_ns = row->times.provider_ns,
        .permit_wait_ns = row->times.permit_wait_ns,
        .backoff_ns = row->times.backoff_ns,
        .store_wait_ns = row->times.store_wait_ns,
        .connect_ns = row->times.connect_ns,
        .late_ns = row->late_ns,
        .critical_path_ns = row->critical_path_ns,
        .total_work_ns = row->total_work_ns,
        .ttft_ns = row->ttft_ns,
        .ttft_calls = (uint64_t)row->streamed_calls,
        .answer = row->answer < 0 ? 0 : (uint64_t)row->answer + 1,
        .shape = row->shape,
    };
}

/* A cell of a changed sample is one of its row, under a perturbation. */
static void name_original(const struct summariser *s, const struct store_sample *sample,
                          size_t number, struct summary_cell_row *cell)
{
    cell->perturbation = perturbation_of(s, (int64_t)number);
    if (!cell->perturbation)
        return;
    cell->sample = (number - s->rows) / s->perturbations;
    cell->sample_id = sample[cell->sample].id;
    cell->cluster = sample[cell->sample].cluster;
}

static int add_cell(void *arg, const struct store_cell *row)
{
    struct summariser *s = arg;
    size_t samples;
    const struct store_sample *sample = store_samples(s->view->store, &samples);
    if (row->cell < 0 || (size_t)row->cell >= s->cells || (size_t)row->sample >= samples)
        return err_set(s->err, ERR_INPUT, "cell %lld of the run is not in its plan",
                       (long long)row->cell);
    struct summary_cell_row cell = summarise_cell(row, &sample[row->sample]);
    name_original(s, sample, (size_t)row->sample, &cell);
    cell.scores = s->scores ? &s->value[(size_t)row->cell * s->scores] : NULL;
    bool is_cached = cell.traffic.cached > 0;
    s->cell[row->cell] = (struct cell_name){(uint32_t)cell.variant,
                                            (uint32_t)cell.sample,
                                            (uint32_t)cell.perturbation,
                                            cell.trial,
                                            is_cached,
                                            !is_cached && cell.latency_ns >= 0};
    for (size_t i = 0; i < s->scores && !cell.perturbation; i++)
        if (s->has[(size_t)row->cell * s->scores + i])
            summary_score_of(s->view->summary, cell.variant, i);
    return summary_add_cell(s->view->summary, &cell, s->err);
}

/* Once the cells are known. */
static int add_judge(void *arg, const struct store_score *row)
{
    struct summariser *s = arg;
    if (row->cell < 0 || (size_t)row->cell >= s->cells || s->cell[row->cell].trial == 0 ||
        (row->calls == 0 && !row->ungraded))
        return 0;
    const struct cell_name *cell = &s->cell[row->cell];
    struct summary_judge_row judge = {
        .variant = cell->variant,
        .sample = cell->sample,
        .perturbation = cell->perturbation,
        .trial = cell->trial,
        .ungraded = row->ungraded,
        .agreement = known_if(!isnan(row->agreement), row->agreement),
        .cost = SUMMARISE_MONEY(row),
        .tokens = summarise_tokens(&row->tokens),
        .traffic = SUMMARISE_TRAFFIC(row),
        .work_ns = row->work_ns,
    };
    while (judge.score < s->scores && !str_equal(s->score[judge.score].name, row->name))
        judge.score++;
    return judge.score < s->scores ? summary_add_judge(s->view->summary, &judge, s->err) : 0;
}

/* Of comparisons, of samples as they are; what judges of one text say is in their scores. */
static int add_verdict(void *arg, const struct store_verdict *row)
{
    struct summariser *s = arg;
    if (row->opponent < 0 || row->cell < 0 || (size_t)row->cell >= s->cells ||
        s->cell[row->cell].trial == 0 || s->cell[row->cell].perturbation)
        return 0;
    const struct cell_name *cell = &s->cell[row->cell];
    struct summary_verdict_row verdict = {
        .variant = cell->variant,
        .opponent = (size_t)row->opponent,
        .sample = cell->sample,
        .trial = cell->trial,
        .repeat = (int)row->repeat,
        .value = row->value,
    };
    while (verdict.score < s->scores && !str_equal(s->score[verdict.score].name, row->name))
        verdict.score++;
    return verdict.score < s->scores
               ? summary_add_verdict(s->view->summary, &verdict, s->err)
               : 0;
}

static int add_replier(void *arg, const struct store_replier *row)
{
    struct summariser *s = arg;
    summary_add_replier(s->view->summary,
                        &(struct summary_replier){(size_t)row->variant, row->model,
                                                  row->reported, row->fingerprint});
    return 0;
}

/* The score of that step in this cell, if one judges it. */
static maybe step_score(const struct summariser *s, const struct store_step *row, bool *wrong)
{
    for (size_t i = 0; i < s->scores; i++)
        if (s->score_step[i].n && str_equal(s->score_step[i], row->node)) {
            size_t at = (size_t)row->cell * s->scores + i;
            *wrong = s->has[at] == HAS_WRONG;
            return s->value[at];
        }
    return maybe_none();
}

/* What the step itself took. A program's time is that of its step, which does nothing else. */
static int64_t step_work(const struct cell_name *cell, const struct store_step *row)
{
    if (!cell->is_timed)
        return -1;
    if (str_equal(row->pattern, STR("exec")))
        return row->end_ns - row->start_ns;
    return row->times.connect_ns + row->times.provider_ns + row->times.backoff_ns;
}

static int add_step(void *arg, const struct store_step *row)
{
    struct summariser *s = arg;
    if (row->cell < 0 || (size_t)row->cell >= s->cells || s->cell[row->cell].trial == 0)
        return 0;
    const struct cell_name *cell = &s->cell[row->cell];
    if (cell->perturbation) /* its steps are in none of the variant's figures */
        return 0;
    bool failed = str_equal(row->outcome, STR("failed")), wrong = false;
    maybe score = step_score(s, row, &wrong);
    struct summary_step_row step = {
        .variant = cell->variant,
        .sample = cell->sample,
        .trial = cell->trial,
        .order = (size_t)s->order[row->node_id],
        .path = row->node,
        .pattern = row->pattern,
        .failure = failed ? row->kind : (str){"", 0},
        .score = score,
        .wrong = wrong,
        .role = (enum summary_role)row->role,
        .cost = SUMMARISE_MONEY(row),
        .tokens = summarise_tokens(&row->tokens),
        .traffic = SUMMARISE_TRAFFIC(row),
        .is_cached = cell->is_cached,
        .latency_ns = row->end_ns - row->start_ns,
        .work_ns = step_work(cell, row),
    };
    return summary_add_step(s->view->summary, &step, s->err);
}

/* Cells without a row are pending: a resume would run them. */
static int add_pending(struct summariser *s)
{
    size_t samples, variants, trials = s->view->summary->meta.trials;
    const struct store_sample *sample = store_samples(s->view->store, &samples);
    store_variants(s->view->store, &variants);
    bool *seen = xcalloc(variants * samples * trials + 1, sizeof *seen);
    for (size_t i = 0; i < s->cells; i++) {
        const struct cell_name *cell = &s->cell[i];
        size_t at = cell->perturbation
                        ? s->rows + cell->sample * s->perturbations + cell->perturbation - 1
                        : cell->sample;
        if (cell->trial > 0 && cell->trial <= trials)
            seen[(cell->variant * samples + at) * trials + cell->trial - 1] = true;
    }
    int result = 0;
    for (size_t i = 0; i < variants * samples * trials && result == 0; i++) {
        size_t at = i / trials % samples;
        struct summary_cell_row cell = {
            .variant = i / trials / samples,
            .sample = at,
            .sample_id = sample[at].id,
            .cluster = sample[at].cluster,
            .trial = (unsigned)(i % trials) + 1,
            .status = SUMMARY_PENDING,
        };
        name_original(s, sample, at, &cell);
        if (!seen[i] && store_has_sample(store_run_row(s->view->store), &sample[at]))
            result = summary_add_cell(s->view->summary, &cell, s->err);
    }
    xfree(seen);
    return result;
}

static int watch_cell(void *arg, const struct store_cell *row)
{
    struct summariser *s = arg;
    size_t samples;
    const struct store_sample *sample = store_samples(s->view->store, &samples);
    if ((size_t)row->sample >= samples)
        return 0; /* add_cell says so */
    struct summary_cell_row cell = summarise_cell(row, &sample[row->sample]);
    if ((size_t)row->sample < s->rows) /* changed samples are not looked at */
        summary_watch_cell(s->view->summary, &cell);
    return 0;
}

/* Where a run with `stop` stopped is known before its cells are added. */
static int watch(struct summariser *s)
{
    struct store *store = s->view->store;
    size_t samples;
    const struct store_sample *sample = store_samples(store, &samples);
    if (!s->view->summary->meta.stop)
        return 0;
    for (size_t i = 0; i < s->rows; i++)
        summary_watch_sample(s->view->summary, i, (size_t)sample[i].place, sample[i].cluster);
    return store_each_cell(store, STORE_AS_WRITTEN, watch_cell, s, s->err);
}

static int add_notes(struct summariser *s)
{
    struct note_cell *cell = xcalloc(s->cells + 1, sizeof *cell);
    for (size_t i = 0; i < s->cells; i++)
        /* those of changed samples, and beyond an early stop, are in none of the figures */
        if (!s->cell[i].perturbation &&
            !summary_is_beyond(s->view->summary, s->cell[i].sample))
            cell[i] =
                (struct note_cell){s->cell[i].variant, s->cell[i].sample, s->cell[i].trial};
    struct note_reader reader = {.store = s->view->store,
                                 .summary = s->view->summary,
                                 .cell = cell,
                                 .cells = s->cells,
                                 .definition = s->view->definition,
                                 .score = s->score,
                                 .score_step = s->score_step,
                                 .scores = s->scores,
                                 .told = s->told,
                                 .arena = s->arena};
    int result = summarise_notes(&reader, s->err);
    if (result == 0)
        result = summarise_advice(&reader, s->err);
    xfree(cell);
    return result;
}

static int feed(struct summariser *s)
{
    struct store *store = s->view->store;
    return watch(s) < 0 || store_each_score(store, STORE_EVERY, add_score, s, s->err) < 0 ||
                   store_each_cell(store, STORE_AS_WRITTEN, add_cell, s, s->err) < 0 ||
                   (s->asked &&
                    (store_each_score(store, STORE_EVERY, add_judge, s, s->err) < 0 ||
                     store_each_verdict(store, STORE_EVERY, add_verdict, s, s->err) < 0)) ||
                   add_pending(s) < 0 ||
                   store_node_order(store, s->arena, &s->order, s->err) < 0 ||
                   store_each_step_count(store, add_step, s, s->err) < 0 || add_notes(s) < 0 ||
                   store_each_replier(store, add_replier, s, s->err) < 0
               ? -1
               : summary_finish(s->view->summary, s->err);
}

int run_view_open(struct run_view *view, str path, struct arena *arena, struct err *err)
{
    return run_view_open_by(view, path, NULL, arena, err);
}

int run_view_open_by(struct run_view *view, str path, const struct opt_texts *group_by,
                     struct arena *arena, struct err *err)
{
    *view = (struct run_view){0};
    if (store_open(&view->store, path.p, err) < 0)
        return -1;
    const struct store_run *run = store_run_row(view->store);
    view->definition = json_parse(arena, run->definition, NULL);
    if (!view->definition)
        return err_set(err, ERR_INPUT, "%s: the experiment stored in it is not JSON", path.p);
    view->description = json_text(json_get(view->definition, STR("description")));
    view->title = json_text(json_path(view->definition, "report.title"));
    if (view->title.n == 0)
        view->title = view->description;
    struct summariser s = {.view = view, .arena = arena, .err = err};
    s.group_by = slices_wanted(arena, group_by, view->definition);
    struct slices_sample *sample;
    size_t samples;
    if (slices_samples(view->store, &s.group_by, arena, &sample, &samples, err) < 0)
        return -1;
    s.group = slices_read(arena, &s.group_by, sample, samples, &s.groups);
    read_scores(&s);
    if (read_labels(&s, path) < 0)
        return -1;
    s.cells = (size_t)run->cells;
    s.value = xcalloc(s.cells * s.scores + 1, sizeof *s.value);
    s.has = xcalloc(s.cells * s.scores + 1, sizeof *s.has);
    s.cell = xcalloc(s.cells + 1, sizeof *s.cell);
    begin(&s);
    int result = feed(&s);
    xfree(s.value);
    xfree(s.has);
    xfree(s.cell);
    return result;
}

void run_view_close(struct run_view *view)
{
    if (view->summary)
        summary_free(view->summary);
    if (view->store)
        store_close(view->store);
    *view = (struct run_view){0};
}
