/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the rows of a run, checks them, sorts them once and has the stages of the summary filled
 * in. All rows are kept until the end: order must not matter, and quantiles and paired
 * comparisons need them together. A run of 100,000 cells takes some 50 MB. */
#include "stats/summary.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/random.h"
#include "stats/summary_rows.h"

const unsigned summary_permille[SUMMARY_LEVELS] = {500, 900, 950, 990};

const char *summary_status_name(enum summary_status status)
{
    static const char *const names[SUMMARY_STATUSES] = {"ok",       "error",   "timeout",
                                                        "unscored", "skipped", "pending"};

    return names[status];
}

bool summary_is_finished(enum summary_status status)
{
    return status != SUMMARY_SKIPPED && status != SUMMARY_PENDING;
}

static void copy_meta(struct summary *summary, const struct summary_meta *given)
{
    struct arena *arena = &summary->arena;
    struct summary_meta *meta = &summary->meta;
    struct summary_variant_meta *variants =
        arena_array(arena, struct summary_variant_meta, given->variant_count + 1);
    struct summary_score_meta *scores =
        arena_array(arena, struct summary_score_meta, given->score_count + 1);

    *meta = *given;
    meta->version = arena_str(arena, given->version);
    meta->experiment = arena_str(arena, given->experiment);
    meta->run = arena_str(arena, given->run);
    meta->dataset = arena_str(arena, given->dataset);
    meta->fingerprint = arena_str(arena, given->fingerprint);
    for (size_t v = 0; v < given->variant_count; v++)
        variants[v] =
            (struct summary_variant_meta){arena_str(arena, given->variants[v].name),
                                          arena_str(arena, given->variants[v].pattern)};
    for (size_t k = 0; k < given->score_count; k++) {
        scores[k] = given->scores[k];
        scores[k].name = arena_str(arena, given->scores[k].name);
    }
    meta->variants = variants;
    meta->scores = scores;
    if (meta->seed == 0)
        meta->seed = 1;
    if (!(meta->confidence > 0.0))
        meta->confidence = 0.95;
    if (!(meta->alpha > 0.0))
        meta->alpha = 0.05;
    if (!(meta->power > 0.0))
        meta->power = 0.8;
    if (meta->baseline >= meta->variant_count)
        meta->baseline = SUMMARY_NO_BASELINE;
}

struct summary *summary_begin(const struct summary_meta *meta)
{
    struct summary *summary = xcalloc(1, sizeof *summary);

    summary->private = xcalloc(1, sizeof *summary->private);
    size_t scores = meta->score_count;
    summary->private->of_variant =
        arena_array(&summary->arena, bool, meta->variant_count *scores + 1);
    summary->private->judge = arena_array(&summary->arena, struct summary_judge_sum,
                                          meta->variant_count * scores + 1);
    summary->private->restricted = arena_array(&summary->arena, bool, scores + 1);
    summary->winner = SUMMARY_NO_BASELINE;
    copy_meta(summary, meta);
    return summary;
}

static void free_rows(struct summary *summary)
{
    if (!summary->private)
        return;
    xfree(summary->private->cells);
    xfree(summary->private->steps);
    xfree(summary->private);
    summary->private = NULL;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    free_rows(summary);
    arena_release(&summary->arena);
    xfree(summary);
}

/* ---- checking rows ---- */

struct row_name {
    const struct summary *summary;
    size_t variant, sample;
    str sample_id;
    unsigned trial;
};

static int refuse(struct err *err, const struct row_name *name, const char *what)
{
    str variant = name->variant < name->summary->meta.variant_count
                      ? name->summary->meta.variants[name->variant].name
                      : STR("?");

    if (name->sample_id.n)
        return err_set(err, ERR_INPUT, "cell %.*s/%.*s/%u: %s", STR_ARG(variant),
                       STR_ARG(name->sample_id), name->trial, what);
    return err_set(err, ERR_INPUT, "cell %.*s/sample %zu/%u: %s", STR_ARG(variant),
                   name->sample, name->trial, what);
}

static bool is_share(maybe value)
{
    return value.known && value.value >= 0.0 && value.value <= 1.0;
}

static const char *traffic_fault(const struct summary_traffic *t)
{
    if (t->calls != t->sent + t->cached + t->unsent)
        return "calls are not sent + cached + unsent";
    if (t->attempts < t->sent || t->retries != t->attempts - t->sent)
        return "retries are not attempts - sent";
    return NULL;
}

static const char *money_fault(const struct summary_money *m)
{
    if (m->known_nanousd < 0)
        return "negative cost";
    return m->upper_nanousd < m->known_nanousd ? "upper cost below the known cost" : NULL;
}

static const char *tokens_fault(const struct summary_tokens *t)
{
    if (t->input < 0 || t->cache_read < 0 || t->cache_write < 0 || t->output < 0 ||
        t->reasoning < 0)
        return "negative tokens";
    return NULL;
}

static const char *time_fault(const struct summary_cell_row *row)
{
    const int64_t times[] = {row->latency_ns + 1, row->wall_ns + 1, row->provider_ns,
                             row->permit_wait_ns, row->backoff_ns,  row->store_wait_ns,
                             row->connect_ns,     row->ttft_ns,     row->critical_path_ns + 1,
                             row->total_work_ns};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (times[i] < 0)
            return "negative time";
    return NULL;
}

static const char *score_fault(const struct summary *summary,
                               const struct summary_cell_row *row)
{
    if (row->status != SUMMARY_OK)
        return NULL;
    if (!is_share(row->correct) || (row->correct.value > 0.0 && row->correct.value < 1.0))
        return "ok, but correct is not 0 or 1";
    if (!is_share(row->score))
        return "ok, but its score is not in [0,1]";
    for (size_t k = 0; row->scores && k < summary->meta.score_count; k++)
        if (row->scores[k].known && !is_share(row->scores[k]))
            return "a score is not in [0,1]";
    return NULL;
}

static const char *cell_fault(const struct summary *summary, const struct summary_cell_row *row)
{
    const char *fault = NULL;

    if (row->variant >= summary->meta.variant_count)
        return "no such variant";
    if ((unsigned)row->status >= SUMMARY_STATUSES)
        return "no such status";
    if (row->trial == 0)
        return "trials count from 1";
    if (!fault)
        fault = score_fault(summary, row);
    if (!fault)
        fault = traffic_fault(&row->traffic);
    if (!fault)
        fault = money_fault(&row->cost);
    if (!fault)
        fault = tokens_fault(&row->tokens);
    return fault ? fault : time_fault(row);
}

void summary_score_of(struct summary *summary, size_t variant, size_t score)
{
    struct summary_rows *rows = summary->private;
    rows->restricted[score] = true;
    rows->of_variant[variant * summary->meta.score_count + score] = true;
}

int summary_add_cell(struct summary *summary, const struct summary_cell_row *row,
                     struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct row_name name = {summary, row->variant, row->sample, row->sample_id, row->trial};
    const char *fault = cell_fault(summary, row);
    struct summary_cell *cell;
    maybe *scores;

    if (!rows)
        BUG("row added to a finished summary");
    if (fault)
        return refuse(err, &name, fault);
    if (rows->cell_count == rows->cell_room) {
        rows->cell_room = rows->cell_room ? 2 * rows->cell_room : 256;
        rows->cells = xrealloc(rows->cells, rows->cell_room * sizeof *rows->cells);
    }
    cell = &rows->cells[rows->cell_count++];
    *cell = (struct summary_cell){.row = *row};
    cell->row.sample_id = arena_str(&summary->arena, row->sample_id);
    cell->row.cluster = arena_str(&summary->arena, row->cluster);
    cell->row.reason = arena_str(&summary->arena, row->reason);
    scores = arena_array(&summary->arena, maybe, summary->meta.score_count + 1);
    for (size_t k = 0; row->scores && k < summary->meta.score_count; k++)
        scores[k] = row->scores[k];
    cell->row.scores = scores;
    return 0;
}

int summary_add_step(struct summary *summary, const struct summary_step_row *row,
                     struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct row_name name = {summary, row->variant, row->sample, STR(""), row->trial};
    const char *fault = traffic_fault(&row->traffic);
    struct summary_step_row *copy;

    if (!rows)
        BUG("row added to a finished summary");
    if (!fault)
        fault = money_fault(&row->cost);
    if (!fault)
        fault = tokens_fault(&row->tokens);
    if (row->variant >= summary->meta.variant_count)
        fault = "no such variant";
    else if (row->latency_ns < 0)
        fault = "negative time of a step";
    else if (row->score.known && !is_share(row->score))
        fault = "the score of a step is not in [0,1]";
    if (fault)
        return refuse(err, &name, fault);
    if (rows->step_count == rows->step_room) {
        rows->step_room = rows->step_room ? 2 * rows->step_room : 256;
        rows->steps = xrealloc(rows->steps, rows->step_room * sizeof *rows->steps);
    }
    copy = &rows->steps[rows->step_count++];
    *copy = *row;
    copy->path = arena_str(&summary->arena, row->path);
    copy->pattern = arena_str(&summary->arena, row->pattern);
    copy->failure = arena_str(&summary->arena, row->failure);
    return 0;
}

int summary_add_judge(struct summary *summary, const struct summary_judge_row *row,
                      struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct row_name name = {summary, row->variant, row->sample, STR(""), row->trial};
    const char *fault = traffic_fault(&row->traffic);

    if (!rows)
        BUG("row added to a finished summary");
    if (!fault)
        fault = money_fault(&row->cost);
    if (!fault)
        fault = tokens_fault(&row->tokens);
    if (row->variant >= summary->meta.variant_count || row->score >= summary->meta.score_count)
        fault = "no such variant or score";
    else if (row->work_ns < 0)
        fault = "negative time of a judge";
    else if (row->agreement.known && !is_share(row->agreement))
        fault = "the agreement of a judge is not in [0,1]";
    if (fault)
        return refuse(err, &name, fault);
    summary_judge_add(&rows->judge[row->variant * summary->meta.score_count + row->score], row);
    return 0;
}

/* ---- one order, whatever order rows came in ---- */

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_cells(const void *left, const void *right)
{
    const struct summary_cell_row *a = &((const struct summary_cell *)left)->row;
    const struct summary_cell_row *b = &((const struct summary_cell *)right)->row;
    int order = compare_sizes(a->variant, b->variant);

    if (order == 0)
        order = compare_sizes(a->sample, b->sample);
    return order ? order : compare_sizes(a->trial, b->trial);
}

static int compare_steps(const void *left, const void *right)
{
    const struct summary_step_row *a = left, *b = right;
    int order = compare_sizes(a->variant, b->variant);

    if (order == 0)
        order = compare_sizes(a->order, b->order);
    if (order == 0)
        order = str_compare(a->path, b->path);
    if (order == 0)
        order = compare_sizes(a->sample, b->sample);
    if (order == 0)
        order = compare_sizes(a->trial, b->trial);
    /* Instances of one cell have no number here: any order that only values decide will do. */
    if (order == 0)
        order = a->score.value < b->score.value ? -1 : a->score.value > b->score.value;
    return order ? order : (a->latency_ns > b->latency_ns) - (a->latency_ns < b->latency_ns);
}

static int compare_samples(const void *left, const void *right)
{
    const struct summary_cell *a = *(struct summary_cell *const *)left;
    const struct summary_cell *b = *(struct summary_cell *const *)right;

    return compare_sizes(a->row.sample, b->row.sample);
}

static int find_duplicates(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;

    for (size_t i = 1; i < rows->cell_count; i++) {
        const struct summary_cell_row *row = &rows->cells[i].row;
        struct row_name name = {summary, row->variant, row->sample, row->sample_id, row->trial};

        if (compare_cells(&rows->cells[i - 1], &rows->cells[i]) == 0)
            return refuse(err, &name, "added twice");
    }
    return 0;
}

/* The table of samples, and every cell's place in it. */
static int number_samples(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct summary_cell **order = xcalloc(rows->cell_count, sizeof *order);
    int status = 0;

    for (size_t i = 0; i < rows->cell_count; i++)
        order[i] = &rows->cells[i];
    qsort(order, rows->cell_count, sizeof *order, compare_samples);
    rows->samples = arena_array(&summary->arena, struct summary_sample, rows->cell_count + 1);
    for (size_t i = 0; i < rows->cell_count && status == 0; i++) {
        const struct summary_cell_row *row = &order[i]->row;
        struct row_name name = {summary, row->variant, row->sample, row->sample_id, row->trial};
        struct summary_sample *sample = &rows->samples[rows->sample_count];

        if (i == 0 || sample[-1].index != row->sample) {
            *sample = (struct summary_sample){row->sample, row->sample_id, row->cluster, 0};
            rows->sample_count++;
        } else if (!str_equal(sample[-1].id, row->sample_id)) {
            status = refuse(err, &name, "its sample has another id elsewhere");
        } else if (!str_equal(sample[-1].cluster_name, row->cluster)) {
            status = refuse(err, &name, "its sample has another cluster elsewhere");
        }
        order[i]->place = rows->sample_count - 1;
    }
    xfree(order);
    return status;
}

static void number_clusters(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    uint64_t *labels = xcalloc(rows->sample_count, sizeof *labels);
    size_t *of = xcalloc(rows->sample_count, sizeof *of);
    struct arena scratch = {0};

    for (size_t i = 0; i < rows->sample_count; i++) {
        const struct summary_sample *sample = &rows->samples[i];

        labels[i] =
            stats_key_hash(sample->cluster_name.n
                               ? arena_printf(&scratch, "c%.*s", STR_ARG(sample->cluster_name))
                               : arena_printf(&scratch, "s%zu", sample->index));
    }
    summary->clustered =
        stats_clusters_number(labels, rows->sample_count, of) < rows->sample_count;
    for (size_t i = 0; i < rows->sample_count; i++)
        rows->samples[i].cluster = of[i];
    arena_release(&scratch);
    xfree(labels);
    xfree(of);
}

static void find_ranges(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    size_t variants = summary->meta.variant_count, cell = 0, step = 0;

    rows->cell_start = arena_array(&summary->arena, size_t, variants + 1);
    rows->step_start = arena_array(&summary->arena, size_t, variants + 1);
    for (size_t v = 0; v < variants; v++) {
        while (cell < rows->cell_count && rows->cells[cell].row.variant <= v)
            cell++;
        while (step < rows->step_count && rows->steps[step].variant <= v)
            step++;
        rows->cell_start[v + 1] = cell;
        rows->step_start[v + 1] = step;
    }
}

/* A failed cell counts 0 for a named score, unless the score was not for its sample at all: no
 * finished cell of that sample, in any variant, has it although some could. */
static void find_applicable(struct summary *summary)
{
    struct summary_rows *rows = summary->private;
    size_t scores = summary->meta.score_count;
    bool *answered = xcalloc(rows->sample_count, sizeof *answered);

    rows->applies = arena_array(&summary->arena, bool, rows->sample_count *scores + 1);
    for (size_t i = 0; i < rows->cell_count; i++) {
        const struct summary_cell *cell = &rows->cells[i];

        if (cell->row.status != SUMMARY_OK)
            continue;
        answered[cell->place] = true;
        for (size_t k = 0; k < scores; k++)
            if (cell->row.scores[k].known)
                rows->applies[cell->place * scores + k] = true;
    }
    for (size_t s = 0; s < rows->sample_count; s++)
        for (size_t k = 0; k < scores && !answered[s]; k++)
            rows->applies[s * scores + k] = true;
    xfree(answered);
}

int summary_finish(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;
    size_t variants = summary->meta.variant_count;

    if (!rows || rows->finished)
        BUG("summary finished twice");
    rows->finished = true;
    if (rows->cell_count)
        qsort(rows->cells, rows->cell_count, sizeof *rows->cells, compare_cells);
    if (rows->step_count)
        qsort(rows->steps, rows->step_count, sizeof *rows->steps, compare_steps);
    if (find_duplicates(summary, err) != 0 || number_samples(summary, err) != 0)
        return -1;
    number_clusters(summary);
    find_ranges(summary);
    find_applicable(summary);
    summary->variants = arena_array(&summary->arena, struct summary_variant, variants + 1);
    for (size_t v = 0; v < variants; v++) {
        summary_fill_variant(summary, v);
        summary_fill_steps(summary, v);
        summary_fill_roles(summary, v);
    }
    summary_fill_comparisons(summary);
    summary_fill_front(summary);
    summary_fill_rate(summary);
    summary_fill_texts(summary);
    summary_fill_warnings(summary);
    free_rows(summary);
    return 0;
}
