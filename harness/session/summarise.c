/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise.c: from the store to a summary (see summarise.h).
 *
 * Passes in the order rows lie in the file: scores into a table by cell, cells, steps. A step's
 * place in its variant is where it first stands in a trace: the smallest ordinal of all its
 * instances, which does not depend on the order of rows. Of a cell that was read only its name
 * stays, for there may be a million.
 */
#include "session/summarise.h"

#include <math.h>

#include "base/mem.h"
#include "session/slices.h"
#include "session/summarise_advice.h"
#include "session/summarise_inside.h"
#include "stats/summary_contest.h"
#include "stats/summary_stop.h"

enum { HAS_NONE, HAS_ROW, HAS_WRONG }; /* a row that did not pass */

/* ---- rows ---- */

/* NULL: the cell has no row. */
static const struct summarise_cell_name *cell_of(const struct summariser *s, int64_t cell)
{
    return cell < 0 || (size_t)cell >= s->cells || s->cell[cell].trial == 0 ? NULL
                                                                            : &s->cell[cell];
}

/* s->scores: there is none of that name. */
static size_t score_of(const struct summariser *s, str name)
{
    size_t k = 0;
    while (k < s->scores && !str_equal(s->score[k].name, name))
        k++;
    return k;
}

static int add_score(void *arg, const struct store_score *row)
{
    struct summariser *s = arg;
    s->asked = s->asked || row->calls || row->ungraded;
    s->told = s->told || row->instances.n || str_ends_with(row->path, STR("draft[*]"));
    size_t score = score_of(s, row->name);
    if (score == s->scores || row->cell < 0 || (size_t)row->cell >= s->cells)
        return 0;
    size_t at = (size_t)row->cell * s->scores + score;
    s->has[at] = isnan(row->value) || row->pass ? HAS_ROW : HAS_WRONG;
    s->value[at] = maybe_if(!isnan(row->value), row->value);
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
        .correct = maybe_if(row->correct >= 0, (double)row->correct),
        .score = maybe_if(!isnan(row->score), row->score),
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
    cell->perturbation = summarise_perturbation(s, (int64_t)number);
    if (cell->perturbation) {
        cell->sample = (number - s->rows) / s->perturbations;
        cell->sample_id = sample[cell->sample].id;
        cell->cluster = sample[cell->sample].cluster;
    }
    cell->alone = s->kept.matching.head && s->kept.matching.head[cell->sample].alone;
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
    s->cell[row->cell] = (struct summarise_cell_name){(uint32_t)cell.variant,
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
    const struct summarise_cell_name *cell = cell_of(s, row->cell);
    size_t score = score_of(s, row->name);
    if (!cell || score == s->scores || (row->calls == 0 && !row->ungraded))
        return 0;
    struct summary_judge_row judge = {
        .variant = cell->variant,
        .sample = cell->sample,
        .perturbation = cell->perturbation,
        .trial = cell->trial,
        .score = score,
        .ungraded = row->ungraded,
        .agreement = maybe_if(!isnan(row->agreement), row->agreement),
        .cost = SUMMARISE_MONEY(row),
        .tokens = summarise_tokens(&row->tokens),
        .traffic = SUMMARISE_TRAFFIC(row),
        .work_ns = row->work_ns,
    };
    return summary_add_judge(s->view->summary, &judge, s->err);
}

/* Of comparisons, of samples as they are; what judges of one text say is in their scores. */
static int add_verdict(void *arg, const struct store_verdict *row)
{
    struct summariser *s = arg;
    const struct summarise_cell_name *cell = cell_of(s, row->cell);
    size_t score = score_of(s, row->name);
    if (!cell || score == s->scores || row->opponent < 0 || cell->perturbation)
        return 0;
    struct summary_verdict_row verdict = {
        .variant = cell->variant,
        .opponent = (size_t)row->opponent,
        .sample = cell->sample,
        .trial = cell->trial,
        .score = score,
        .repeat = (int)row->repeat,
        .value = row->value,
    };
    return summary_add_verdict(s->view->summary, &verdict, s->err);
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
static int64_t step_work(const struct summarise_cell_name *cell, const struct store_step *row)
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
    const struct summarise_cell_name *cell = cell_of(s, row->cell);
    if (!cell || cell->perturbation) /* its steps are in none of the variant's figures */
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
        const struct summarise_cell_name *cell = &s->cell[i];
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
        if (!s->cell[i].perturbation && !summary_is_beyond(s->view->summary, s->cell[i].sample))
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

/* ---- a run ---- */

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
                   store_each_replier(store, add_replier, s, s->err) < 0 ||
                   kept_feed(&s->kept, s->view->summary, s->own, s->err) < 0
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
    if (summarise_check(view->definition, path.p, err) < 0)
        return -1;
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
    summarise_read_scores(&s);
    if (summarise_read_labels(&s, path) < 0 ||
        kept_read(&s.kept, view->store, view->definition, arena, err) < 0)
        return -1;
    s.cells = (size_t)run->cells;
    s.value = xcalloc(s.cells * s.scores + 1, sizeof *s.value);
    s.has = xcalloc(s.cells * s.scores + 1, sizeof *s.has);
    s.cell = xcalloc(s.cells + 1, sizeof *s.cell);
    summarise_begin(&s);
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
