/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the rows of a run: checks them, adds up what can be added up, and keeps of each what an order,
 * a pairing or a median needs (see summary.c). A row that cannot be true is refused with its name,
 * for it comes from a file. */
#include <math.h>

#include "base/mem.h"
#include "stats/summary_rows.h"
#include "stats/summary_stop.h"

/* The place of a sample is a number of 32 bits. */
enum { SAMPLES_MOST = INT32_MAX, FAILURE_MOST = INT32_MAX };

/* ---- checking rows ---- */

int summary_refuse(struct err *err, const struct summary_row_name *name, const char *what)
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

static const char *counts_fault(const struct summary_traffic *traffic,
                                const struct summary_money *cost,
                                const struct summary_tokens *tokens)
{
    const char *fault = traffic_fault(traffic);

    if (!fault)
        fault = money_fault(cost);
    return fault ? fault : tokens_fault(tokens);
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
    if (row->perturbation > summary->meta.perturbation_count)
        return "no such perturbation";
    if ((unsigned)row->status >= SUMMARY_STATUSES)
        return "no such status";
    if (row->trial == 0)
        return "trials count from 1";
    if (row->sample >= SAMPLES_MOST)
        return "no data set has so many samples";
    if (!fault)
        fault = score_fault(summary, row);
    if (!fault)
        fault = counts_fault(&row->traffic, &row->cost, &row->tokens);
    return fault ? fault : time_fault(row);
}

/* ---- cells ---- */

void summary_score_of(struct summary *summary, size_t variant, size_t score)
{
    struct summary_rows *rows = summary->private;
    rows->restricted[score] = true;
    rows->of_variant[variant * summary->meta.score_count + score] = true;
}

/* Of a cell with cached calls nothing was measured but what it took to read them. */
static void add_cached(struct summary_sums *sums, const struct summary_cell_row *row)
{
    sums->cached++;
    if (row->status == SUMMARY_ERROR || row->latency_ns < 0)
        return;
    sums->cached_timed++;
    sums->cached_ns += row->latency_ns;
}

static void add_to_sums(struct summary_sums *sums, const struct summary_cell_row *row)
{
    summary_traffic_add(&sums->traffic, &row->traffic);
    summary_tokens_add(&sums->tokens, &row->tokens);
    summary_money_add(&sums->cost, &row->cost);
    if (!summary_is_finished(row->status))
        return;
    sums->paid_nanousd += row->paid_nanousd;
    if (row->traffic.cached)
        add_cached(sums, row);
    if (row->traffic.cached || row->latency_ns < 0)
        return;
    sums->timed++;
    if (row->wall_ns >= 0) {
        sums->whole++;
        sums->wall_ns += row->wall_ns;
        sums->store_wait_ns += row->store_wait_ns;
    }
    sums->provider_ns += row->provider_ns;
    sums->permit_wait_ns += row->permit_wait_ns;
    sums->backoff_ns += row->backoff_ns;
    sums->connect_ns += row->connect_ns;
    sums->critical_path_ns += row->critical_path_ns;
    sums->total_work_ns += row->total_work_ns;
    sums->ttft_ns += row->ttft_ns;
    sums->ttft_calls += row->ttft_calls;
}

/* The place of the cell's sample in the table of samples, which it may begin. */
static uint32_t place_sample(struct summary *summary, const struct summary_row_name *name,
                             str cluster)
{
    struct summary_rows *rows = summary->private;
    size_t room = rows->place_room;
    if (name->sample >= room) {
        rows->place_room = 2 * room > name->sample ? 2 * room : name->sample + 256;
        rows->place_of = xrealloc(rows->place_of, rows->place_room * sizeof *rows->place_of);
        memset(rows->place_of + room, 0, (rows->place_room - room) * sizeof *rows->place_of);
    }
    uint32_t *place = &rows->place_of[name->sample];
    if (!*place) {
        rows->samples = summary_grow(rows->samples, rows->sample_count, &rows->sample_room,
                                     sizeof *rows->samples);
        rows->samples[rows->sample_count] =
            (struct summary_sample){name->sample, arena_str(&summary->arena, name->sample_id),
                                    arena_str(&summary->arena, cluster), false, 0};
        *place = (uint32_t)++rows->sample_count;
        return *place - 1;
    }
    const struct summary_sample *sample = &rows->samples[*place - 1];
    if (rows->conflict.kind == ERR_NONE && !str_equal(sample->id, name->sample_id))
        summary_refuse(&rows->conflict, name, "its sample has another id elsewhere");
    else if (rows->conflict.kind == ERR_NONE && !str_equal(sample->cluster_name, cluster))
        summary_refuse(&rows->conflict, name, "its sample has another cluster elsewhere");
    return *place - 1;
}

/* What is left of a cell beyond the stop of its run. */
static struct summary_cell_row skipped_row(const struct summary_cell_row *row)
{
    return (struct summary_cell_row){.variant = row->variant,
                                     .sample = row->sample,
                                     .sample_id = row->sample_id,
                                     .cluster = row->cluster,
                                     .trial = row->trial,
                                     .perturbation = row->perturbation,
                                     .status = SUMMARY_SKIPPED,
                                     .reason = STR("stop")};
}

int summary_add_cell(struct summary *summary, const struct summary_cell_row *row,
                     struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct summary_row_name name = {summary, row->variant, row->sample, row->sample_id,
                                    row->trial};
    const char *fault = cell_fault(summary, row);
    size_t at, scores = summary->meta.score_count;

    if (!rows)
        BUG("row added to a finished summary");
    if (fault)
        return summary_refuse(err, &name, fault);
    if (row->status != SUMMARY_SKIPPED && summary_is_beyond(summary, row->sample)) {
        struct summary_cell_row skipped = skipped_row(row);
        summary_add_beyond(summary, &row->traffic, &row->cost,
                           summary_is_finished(row->status));
        return summary_add_cell(summary, &skipped, err);
    }
    at = rows->cell_count++;
    rows->cells = summary_grow(rows->cells, at, &rows->cell_room, sizeof *rows->cells);
    while (scores && rows->score_room < (at + 1) * scores)
        rows->score =
            summary_grow(rows->score, rows->score_room, &rows->score_room, sizeof *rows->score);
    rows->cells[at] = (struct summary_cell){
        .score = row->score.known ? row->score.value : (double)NAN,
        .cost_nanousd = row->cost.known_nanousd,
        .latency_ns = row->traffic.cached ? -1 : row->latency_ns,
        .wall_ns = row->traffic.cached ? -1 : row->wall_ns,
        .late_ns = row->late_ns,
        .variant = (uint32_t)summary_cells_under(summary, row->variant, row->perturbation),
        .sample = (uint32_t)row->sample,
        .trial = row->trial,
        .place = place_sample(summary, &name, row->cluster),
        .scores = (uint32_t)at,
        .reason = summary_number(summary, row->reason),
        .answer = row->answer,
        .shape = summary_shape_number(summary, row->shape),
        .status = (uint8_t)row->status,
        .correct = (int8_t)(row->correct.known ? row->correct.value > 0.5 : -1),
    };
    for (size_t k = 0; k < scores; k++)
        rows->score[at * scores + k] =
            row->scores && row->scores[k].known ? row->scores[k].value : (double)NAN;
    if (rows->keeps_amounts) {
        const struct summary_tokens *t = &row->tokens;
        rows->amounts =
            summary_grow(rows->amounts, at, &rows->amount_room, sizeof *rows->amounts);
        rows->amounts[at] = (struct summary_amounts){
            t->input + t->cache_read + t->cache_write + t->output, (uint32_t)row->traffic.calls,
            (uint32_t)row->traffic.retries};
    }
    rows->samples[rows->cells[at].place].alone |= row->alone;
    add_to_sums(&rows->sums[rows->cells[at].variant], row);
    return 0;
}

/* ---- steps and judges ---- */

static bool is_kind(const struct summary_kind *kind, const struct summary_step_row *row)
{
    return kind->variant == row->variant && kind->order == row->order &&
           str_equal(kind->path, row->path);
}

/* Steps come cell by cell, so mostly it is the one after the last one's, or the same. */
static struct summary_kind *kind_of(struct summary *summary, const struct summary_step_row *row)
{
    struct summary_rows *rows = summary->private;
    size_t count = rows->kind_count, at = 0;
    for (; at < count; at++) {
        size_t place = (rows->kind_last + at) % count;
        if (is_kind(&rows->kinds[place], row)) {
            rows->kind_last = place;
            return &rows->kinds[place];
        }
    }
    rows->kinds = summary_grow(rows->kinds, count, &rows->kind_room, sizeof *rows->kinds);
    rows->kinds[count] =
        (struct summary_kind){.variant = row->variant,
                              .order = row->order,
                              .path = arena_str(&summary->arena, row->path),
                              .pattern = arena_str(&summary->arena, row->pattern),
                              .number = (uint32_t)count};
    rows->kind_last = count;
    return &rows->kinds[rows->kind_count++];
}

int summary_add_step(struct summary *summary, const struct summary_step_row *row,
                     struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct summary_row_name name = {summary, row->variant, row->sample, STR(""), row->trial};
    const char *fault = counts_fault(&row->traffic, &row->cost, &row->tokens);
    struct summary_kind *kind;

    if (!rows)
        BUG("row added to a finished summary");
    if (row->variant >= summary->meta.variant_count)
        fault = "no such variant";
    else if (row->latency_ns < 0)
        fault = "negative time of a step";
    else if (row->score.known && !is_share(row->score))
        fault = "the score of a step is not in [0,1]";
    if (fault)
        return summary_refuse(err, &name, fault);
    if (summary_is_beyond(summary, row->sample))
        return 0; /* its calls are the cell's */
    kind = kind_of(summary, row);
    /* Different nodes may stand at one path (drafts of refine, workers): instances come in any
     * order, so the name must not depend on which is first. */
    if (str_compare(row->pattern, kind->pattern) < 0)
        kind->pattern = arena_str(&summary->arena, row->pattern);
    summary_traffic_add(&kind->traffic, &row->traffic);
    summary_tokens_add(&kind->tokens, &row->tokens);
    summary_money_add(&kind->cost, &row->cost);
    kind->work_ns += row->work_ns > 0 ? row->work_ns : 0;
    if (row->role == SUMMARY_ROUTER)
        summary_account_add(&rows->router[row->variant],
                            &(struct summary_account){.traffic = row->traffic,
                                                      .tokens = row->tokens,
                                                      .cost = row->cost});
    rows->instances = summary_grow(rows->instances, rows->instance_count, &rows->instance_room,
                                   sizeof *rows->instances);
    rows->instances[rows->instance_count++] = (struct summary_instance){
        .score = row->score.known ? row->score.value : (double)NAN,
        .latency_ns = row->is_cached ? -1 : row->latency_ns,
        .kind = kind->number,
        .place = row->sample < SAMPLES_MOST ? (uint32_t)row->sample : SUMMARY_NO_PLACE,
        .trial = row->trial,
        .failure = summary_number(summary, row->failure) & FAILURE_MOST,
        .wrong = row->wrong,
    };
    return 0;
}

int summary_add_judge(struct summary *summary, const struct summary_judge_row *row,
                      struct err *err)
{
    struct summary_rows *rows = summary->private;
    struct summary_row_name name = {summary, row->variant, row->sample, STR(""), row->trial};
    const char *fault = counts_fault(&row->traffic, &row->cost, &row->tokens);

    if (!rows)
        BUG("row added to a finished summary");
    if (row->variant >= summary->meta.variant_count || row->score >= summary->meta.score_count)
        fault = "no such variant or score";
    else if (row->work_ns < 0)
        fault = "negative time of a judge";
    else if (row->agreement.known && !is_share(row->agreement))
        fault = "the agreement of a judge is not in [0,1]";
    if (row->perturbation > summary->meta.perturbation_count)
        fault = "no such perturbation";
    if (fault)
        return summary_refuse(err, &name, fault);
    if (summary_is_beyond(summary, row->sample)) {
        summary_add_beyond(summary, &row->traffic, &row->cost, false);
        return 0;
    }
    if (row->perturbation) {
        size_t group = summary_cells_under(summary, row->variant, row->perturbation);
        summary_account_add(&rows->perturbed_judges[group],
                            &(struct summary_account){.traffic = row->traffic,
                                                      .tokens = row->tokens,
                                                      .cost = row->cost});
        return 0;
    }
    summary_judge_add(&rows->judge[row->variant * summary->meta.score_count + row->score], row);
    summary_agreement_add(rows, row);
    return 0;
}
