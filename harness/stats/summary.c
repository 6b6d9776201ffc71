/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes the rows of a run, checks them, sorts them once and has the stages of the summary filled
 * in. Order must not matter, and quantiles and paired comparisons need all cells together, so a
 * few numbers of each are kept until the end; counts and sums are added up at once. A run of
 * 1,000,000 cells of one step takes some 120 MB, and as much again while it is sorted. */
#include "stats/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stats/random.h"
#include "stats/summary_rows.h"
#include "stats/summary_stop.h"

/* The place of a sample is a number of 32 bits. */
enum { SAMPLES_MOST = INT32_MAX, FAILURE_MOST = INT32_MAX, SHAPES_MOST = 256 };

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

static void copy_rules(struct arena *arena, struct summary_meta *meta,
                       const struct summary_meta *given)
{
    struct summary_rule *rules = arena_array(arena, struct summary_rule, given->rule_count + 1);
    for (size_t i = 0; i < given->rule_count; i++) {
        struct summary_rule *rule = &rules[i];
        *rule = given->rules[i];
        rule->reference = arena_str(arena, rule->reference);
        rule->wanted = arena_str(arena, rule->wanted);
        size_t *samples = arena_array(arena, size_t, rule->sample_count + 1);
        for (size_t s = 0; s < rule->sample_count; s++)
            samples[s] = given->rules[i].samples[s];
        rule->samples = samples;
    }
    meta->rules = rules;
}

static void copy_groups(struct arena *arena, struct summary_meta *meta,
                        const struct summary_meta *given)
{
    struct summary_group *groups =
        arena_array(arena, struct summary_group, given->group_count + 1);
    for (size_t i = 0; i < given->group_count; i++) {
        const struct summary_group *from = &given->groups[i];
        uint32_t *samples = arena_array(arena, uint32_t, from->count + 1);
        for (size_t s = 0; s < from->count; s++)
            samples[s] = from->samples[s];
        groups[i] = (struct summary_group){arena_str(arena, from->by),
                                           arena_str(arena, from->name), samples, from->count};
    }
    meta->groups = groups;
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
    struct summary_perturbation *perturbations =
        arena_array(arena, struct summary_perturbation, given->perturbation_count + 1);
    for (size_t p = 0; p < given->perturbation_count; p++) {
        perturbations[p] = given->perturbations[p];
        perturbations[p].name = arena_str(arena, given->perturbations[p].name);
    }
    meta->perturbations = perturbations;
    copy_groups(arena, meta, given);
    if (given->matching) {
        struct summary_matching *matching = arena_new(arena, struct summary_matching);
        *matching = *given->matching;
        matching->baseline_ids = arena_str(arena, matching->baseline_ids);
        matching->candidate_ids = arena_str(arena, matching->candidate_ids);
        matching->edited_ids = arena_str(arena, matching->edited_ids);
        meta->matching = matching;
    }
    for (size_t v = 0; v < given->variant_count; v++)
        variants[v] =
            (struct summary_variant_meta){arena_str(arena, given->variants[v].name),
                                          arena_str(arena, given->variants[v].pattern)};
    if (given->checked) {
        struct summary_judge_checked *checked =
            arena_array(arena, struct summary_judge_checked, given->score_count + 1);
        for (size_t k = 0; k < given->score_count; k++)
            checked[k] = (struct summary_judge_checked){
                given->checked[k].validated, arena_str(arena, given->checked[k].text)};
        meta->checked = checked;
    }
    for (size_t k = 0; k < given->score_count; k++) {
        scores[k] = given->scores[k];
        scores[k].name = arena_str(arena, given->scores[k].name);
    }
    struct summary_pair *pairs = arena_array(arena, struct summary_pair, given->pair_count + 1);
    for (size_t i = 0; i < given->pair_count; i++)
        pairs[i] = given->pairs[i];
    meta->pairs = pairs;
    copy_rules(arena, meta, given);
    if (given->pair_count)
        meta->baseline = SUMMARY_NO_BASELINE;
    meta->variants = variants;
    meta->scores = scores;
    if (given->stop) {
        struct summary_stop_rule *stop = arena_new(arena, struct summary_stop_rule);
        *stop = *given->stop;
        meta->stop = stop;
    }
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

/* Room for one row more in an array of `count`. */
static void *grow(void *rows, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return rows;
    *room = *room ? 2 * *room : 256;
    return xrealloc(rows, *room * size);
}

/* The place of a text among those of which there are few: reasons, kinds of failure, shapes. */
static uint32_t number_in(struct summary *summary, struct summary_names *names, str text)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->text[i], text))
            return (uint32_t)i;
    names->text = grow(names->text, names->count, &names->room, sizeof *names->text);
    names->text[names->count] = arena_str(&summary->arena, text);
    return (uint32_t)names->count++;
}

uint32_t summary_number(struct summary *summary, str text)
{
    return number_in(summary, &summary->private->names, text);
}

/* Answers that all have shapes of their own would fill the table: those that come later than the
 * first hundreds are not known. */
static uint16_t shape_number(struct summary *summary, str shape)
{
    struct summary_names *shapes = &summary->private->shapes;
    if (shape.n == 0)
        return 0;
    if (shapes->count < SHAPES_MOST)
        return (uint16_t)number_in(summary, shapes, shape);
    for (size_t i = 0; i < shapes->count; i++)
        if (str_equal(shapes->text[i], shape))
            return (uint16_t)i;
    return 0;
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
    summary->private->router =
        arena_array(&summary->arena, struct summary_account, meta->variant_count + 1);
    summary->private->told_judge =
        arena_array(&summary->arena, struct summary_account, meta->variant_count + 1);
    summary->private->roles_told = arena_array(&summary->arena, bool, meta->variant_count + 1);
    summary->private->groups = meta->variant_count * (meta->perturbation_count + 1);
    summary->private->sums =
        arena_array(&summary->arena, struct summary_sums, summary->private->groups + 1);
    summary->private->perturbed_judges =
        arena_array(&summary->arena, struct summary_account, summary->private->groups + 1);
    summary_number(summary, STR(""));
    number_in(summary, &summary->private->shapes, STR(""));
    summary->winner = SUMMARY_NO_BASELINE;
    copy_meta(summary, meta);
    for (size_t i = 0; i < meta->rule_count; i++) {
        enum summary_metric metric = meta->rules[i].metric;
        summary->private->keeps_amounts |=
            metric == SUMMARY_TOKENS || metric == SUMMARY_CALLS || metric == SUMMARY_RETRIES;
    }
    return summary;
}

static void free_rows(struct summary *summary)
{
    if (!summary->private)
        return;
    struct summary_rows *rows = summary->private;
    xfree(rows->cells);
    xfree(rows->score);
    xfree(rows->amounts);
    xfree(rows->instances);
    xfree(rows->facts);
    summary_free_advising(rows->advising);
    xfree(rows->kinds);
    xfree(rows->names.text);
    xfree(rows->shapes.text);
    xfree(rows->samples);
    xfree(rows->place_of);
    xfree(rows->agreements);
    summary_free_watched(rows->watched);
    summary_free_verdicts(rows->verdicts);
    xfree(rows);
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
        rows->samples =
            grow(rows->samples, rows->sample_count, &rows->sample_room, sizeof *rows->samples);
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
    rows->cells = grow(rows->cells, at, &rows->cell_room, sizeof *rows->cells);
    while (scores && rows->score_room < (at + 1) * scores)
        rows->score =
            grow(rows->score, rows->score_room, &rows->score_room, sizeof *rows->score);
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
        .shape = shape_number(summary, row->shape),
        .status = (uint8_t)row->status,
        .correct = (int8_t)(row->correct.known ? row->correct.value > 0.5 : -1),
    };
    for (size_t k = 0; k < scores; k++)
        rows->score[at * scores + k] =
            row->scores && row->scores[k].known ? row->scores[k].value : (double)NAN;
    if (rows->keeps_amounts) {
        const struct summary_tokens *t = &row->tokens;
        rows->amounts = grow(rows->amounts, at, &rows->amount_room, sizeof *rows->amounts);
        rows->amounts[at] = (struct summary_amounts){
            t->input + t->cache_read + t->cache_write + t->output, (uint32_t)row->traffic.calls,
            (uint32_t)row->traffic.retries};
    }
    rows->samples[rows->cells[at].place].alone |= row->alone;
    add_to_sums(&rows->sums[rows->cells[at].variant], row);
    return 0;
}

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
    rows->kinds = grow(rows->kinds, count, &rows->kind_room, sizeof *rows->kinds);
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
    const char *fault = traffic_fault(&row->traffic);
    struct summary_kind *kind;

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
    if (row->role == SUMMARY_ROUTER) {
        summary_traffic_add(&rows->router[row->variant].traffic, &row->traffic);
        summary_tokens_add(&rows->router[row->variant].tokens, &row->tokens);
        summary_money_add(&rows->router[row->variant].cost, &row->cost);
    }
    rows->instances = grow(rows->instances, rows->instance_count, &rows->instance_room,
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
    if (row->perturbation > summary->meta.perturbation_count)
        fault = "no such perturbation";
    if (fault)
        return summary_refuse(err, &name, fault);
    if (summary_is_beyond(summary, row->sample)) {
        summary_add_beyond(summary, &row->traffic, &row->cost, false);
        return 0;
    }
    if (row->perturbation) {
        struct summary_account *sum =
            &rows->perturbed_judges[summary_cells_under(summary, row->variant, row->perturbation)];
        summary_traffic_add(&sum->traffic, &row->traffic);
        summary_tokens_add(&sum->tokens, &row->tokens);
        summary_money_add(&sum->cost, &row->cost);
        return 0;
    }
    summary_judge_add(&rows->judge[row->variant * summary->meta.score_count + row->score], row);
    summary_agreement_add(rows, row);
    return 0;
}

int summary_finish(struct summary *summary, struct err *err)
{
    struct summary_rows *rows = summary->private;
    size_t variants = summary->meta.variant_count;

    if (!rows || rows->finished)
        BUG("summary finished twice");
    rows->finished = true;
    if (summary_sort(summary, err) != 0)
        return -1;
    summary->variants = arena_array(&summary->arena, struct summary_variant, variants + 1);
    summary_sort_agreements(rows);
    for (size_t v = 0; v < variants; v++) {
        summary_fill_variant(summary, v);
        summary_fill_steps(summary, v);
        summary_fill_roles(summary, v);
        summary_fill_consistency(summary, v);
        summary_fill_perturbed(summary, v);
    }
    summary_fill_stop(summary);
    for (size_t v = 0; v < variants; v++)
        summary_fill_diagnosis(summary, v);
    summary_fill_comparisons(summary);
    summary_fill_flips(summary);
    summary_fill_slices(summary);
    summary_fill_front(summary);
    summary_fill_contests(summary);
    summary_fill_advice(summary);
    summary_fill_rate(summary);
    summary_fill_requirements(summary);
    summary_fill_recommendations(summary);
    summary_fill_texts(summary);
    summary_fill_warnings(summary);
    free_rows(summary);
    return 0;
}
