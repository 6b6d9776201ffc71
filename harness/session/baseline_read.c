/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline_read.c: a baseline file as one side of a comparison (see baseline_inside.h). It may have been
 * written by another version or by hand: what does not add up is refused, with its place.
 */
#include "session/baseline_inside.h"

#include <string.h>

#include "base/file.h"

enum { BASELINE_MAX_BYTES = 256 * 1000 * 1000 };

struct reader {
    struct side *side;
    struct arena *arena;
    struct err *err;
    int place[BASELINE_COLUMNS]; /* of each column in a trial's list; -1: it has none */
    struct summary_cell_row *cell;
    size_t room;
};

static int broken(struct reader *r, const char *what)
{
    return err_set(r->err, ERR_INPUT, "%.*s: no baseline that weir can read: %s",
                   STR_ARG(r->side->source), what);
}

static maybe maybe_number(const json *value)
{
    return json_is(value, JSON_NUMBER) ? maybe_of(json_number(value)) : maybe_none();
}

static int read_columns(struct reader *r, const json *columns)
{
    static const enum baseline_column needed[] = {
        BASELINE_STATUS, BASELINE_CORRECT, BASELINE_SCORE, BASELINE_SCORES, BASELINE_LATENCY,
        BASELINE_COST,   BASELINE_CALLS,   BASELINE_SENT,  BASELINE_CACHED, BASELINE_ATTEMPTS};
    for (int i = 0; i < BASELINE_COLUMNS; i++)
        r->place[i] = -1;
    int at = 0;
    for (const json *name = json_first(columns); name; name = json_next(name), at++)
        for (int i = 0; i < BASELINE_COLUMNS; i++)
            if (str_equal(json_text(name), str_from(baseline_column_names[i])))
                r->place[i] = at;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (r->place[needed[i]] < 0)
            return broken(r, arena_printf(r->arena, "there is no column '%s'",
                                          baseline_column_names[needed[i]])
                                 .p);
    return 0;
}

static int read_scores(struct reader *r, const json *scores)
{
    size_t count = json_count(scores);
    struct summary_score_meta *score =
        arena_array(r->arena, struct summary_score_meta, count + 1);
    for (const json *s = json_first(scores); s; s = json_next(s)) {
        if (json_text(json_get(s, STR("name"))).n == 0)
            return broken(r, "a score has no name");
        score[r->side->scores++] =
            (struct summary_score_meta){.name = json_text(json_get(s, STR("name"))),
                                        .weight = json_number(json_get(s, STR("weight"))),
                                        .judged = json_bool(json_get(s, STR("judged")))};
    }
    r->side->score = score;
    return 0;
}

static int read_samples(struct reader *r, const json *samples)
{
    size_t count = json_count(samples);
    struct side_sample *sample = arena_array(r->arena, struct side_sample, count + 1);
    for (const json *s = json_first(samples); s; s = json_next(s)) {
        if (json_text(json_at(s, 0)).n == 0)
            return broken(r, "a sample has no id");
        const json *tags = json_at(s, 3);
        sample[r->side->samples++] = (struct side_sample){
            .id = json_text(json_at(s, 0)),
            .cluster = json_text(json_at(s, 1)),
            .hash = json_text(json_at(s, 2)),
            .tags = tags ? json_to_str(r->arena, tags, JSON_COMPACT) : STR(""),
        };
    }
    r->side->sample = sample;
    return 0;
}

static bool read_status(str name, enum summary_status *status)
{
    for (int i = 0; i < SUMMARY_STATUSES; i++)
        if (str_equal(name, str_from(summary_status_name((enum summary_status)i)))) {
            *status = (enum summary_status)i;
            return true;
        }
    return false;
}

static const json *field(const struct reader *r, const json *const *value,
                         enum baseline_column column)
{
    return r->place[column] < 0 ? NULL : value[r->place[column]];
}

/* A whole number that is not negative; one that is not there is `missing`. */
static bool read_whole(const struct reader *r, const json *const *value,
                       enum baseline_column column, int64_t missing, int64_t *number)
{
    const json *given = field(r, value, column);
    *number = missing;
    return !given || json_kind(given) == JSON_NULL || (json_int(given, number) && *number >= 0);
}

static bool read_counts(const struct reader *r, const json *const *value,
                        struct summary_cell_row *cell)
{
    int64_t n[BASELINE_COLUMNS] = {0};
    for (int i = BASELINE_LATENCY; i < BASELINE_COLUMNS; i++)
        if (!read_whole(r, value, (enum baseline_column)i, i == BASELINE_LATENCY ? -1 : 0,
                        &n[i]))
            return false;
    cell->latency_ns = n[BASELINE_LATENCY];
    cell->cost = (struct summary_money){
        n[BASELINE_COST], (uint64_t)n[BASELINE_UNKNOWN_COST], (uint64_t)n[BASELINE_LOST],
        n[BASELINE_COST_UPPER] < n[BASELINE_COST] ? n[BASELINE_COST] : n[BASELINE_COST_UPPER]};
    cell->tokens = (struct summary_tokens){n[BASELINE_INPUT], n[BASELINE_CACHE_READ],
                                           n[BASELINE_CACHE_WRITE], n[BASELINE_OUTPUT],
                                           n[BASELINE_REASONING]};
    cell->answer = (uint64_t)n[BASELINE_ANSWER];
    int64_t unsent = n[BASELINE_CALLS] - n[BASELINE_SENT] - n[BASELINE_CACHED],
            retries = n[BASELINE_ATTEMPTS] - n[BASELINE_SENT];
    cell->traffic =
        (struct summary_traffic){(uint64_t)n[BASELINE_CALLS],    (uint64_t)n[BASELINE_SENT],
                                 (uint64_t)n[BASELINE_CACHED],   (uint64_t)unsent,
                                 (uint64_t)n[BASELINE_ATTEMPTS], (uint64_t)retries};
    return unsent >= 0 && retries >= 0;
}

static int read_trial(struct reader *r, const json *trial, struct summary_cell_row *cell)
{
    enum { VALUES_MAX = 256 };
    const json *value[VALUES_MAX] = {NULL};
    size_t count = 0;
    for (const json *v = json_first(trial); v && count < VALUES_MAX; v = json_next(v))
        value[count++] = v;
    for (int i = 0; i < BASELINE_COLUMNS; i++)
        if (r->place[i] >= VALUES_MAX)
            return broken(r, "it has too many columns");
    if (!read_status(json_text(field(r, value, BASELINE_STATUS)), &cell->status))
        return broken(r, "a trial has no status that weir knows");
    cell->reason = json_text(field(r, value, BASELINE_REASON));
    cell->correct = maybe_number(field(r, value, BASELINE_CORRECT));
    cell->score = maybe_number(field(r, value, BASELINE_SCORE));
    if (!read_counts(r, value, cell))
        return broken(r, "a trial's counts do not add up");
    maybe *scores = arena_array(r->arena, maybe, r->side->scores + 1);
    const json *given = json_first(field(r, value, BASELINE_SCORES));
    for (size_t i = 0; i < r->side->scores && given; i++, given = json_next(given))
        scores[i] = maybe_number(given);
    cell->scores = scores;
    return 0;
}

static int read_variant(struct reader *r, const json *variant, size_t number)
{
    size_t sample = 0;
    const json *samples = json_get(variant, STR("trials"));
    if (json_count(samples) != r->side->samples)
        return broken(r, "a variant has not as many lines as there are samples");
    for (const json *s = json_first(samples); s; s = json_next(s), sample++) {
        unsigned number_of_trial = 0;
        if ((int64_t)json_count(s) > r->side->trials)
            return broken(r, "a sample has more trials than there are");
        for (const json *t = json_first(s); t; t = json_next(t)) {
            number_of_trial++;
            if (!json_is(t, JSON_LIST))
                continue;
            struct summary_cell_row cell = {
                .variant = number,
                .sample = sample,
                .sample_id = r->side->sample[sample].id,
                .cluster = r->side->sample[sample].cluster,
                .trial = number_of_trial,
            };
            if (read_trial(r, t, &cell) < 0)
                return -1;
            r->cell[r->side->cells++] = cell;
        }
    }
    return 0;
}

/* Older files have none. */
static void read_repliers(struct reader *r, const json *models, size_t variant)
{
    size_t have = r->side->repliers, more = json_is(models, JSON_LIST) ? json_count(models) : 0;
    struct summary_replier *replier =
        arena_array(r->arena, struct summary_replier, have + more + 1);
    if (have)
        memcpy(replier, r->side->replier, have * sizeof *replier);
    for (const json *model = more ? json_first(models) : NULL; model; model = json_next(model))
        replier[r->side->repliers++] = (struct summary_replier){
            .variant = variant,
            .model = json_text(json_at(model, 0)),
            .reported = json_text(json_at(model, 1)),
            .fingerprint = json_text(json_at(model, 2)),
        };
    r->side->replier = replier;
}

/* Files of weir before it kept them have none. */
static int read_role(struct reader *r, const json *list, struct summary_account *account)
{
    int64_t n[BASELINE_ROLE_VALUES] = {0};
    size_t count = 0;
    for (const json *value = json_first(list); value && count < BASELINE_ROLE_VALUES;
         value = json_next(value), count++)
        if (!json_int(value, &n[count]) || n[count] < 0)
            return broken(r, "what a role used is no count");
    if (count < BASELINE_ROLE_VALUES || n[9] != n[10] + n[11] + n[12] || n[13] < n[10])
        return broken(r, "what a role used does not add up");
    *account = (struct summary_account){
        .cost = {n[0], (uint64_t)n[1], (uint64_t)n[2], n[3] < n[0] ? n[0] : n[3]},
        .tokens = {n[4], n[5], n[6], n[7], n[8]},
        .traffic = {(uint64_t)n[9], (uint64_t)n[10], (uint64_t)n[11], (uint64_t)n[12],
                    (uint64_t)n[13], (uint64_t)(n[13] - n[10])}};
    return 0;
}

static int read_roles(struct reader *r, const json *roles, struct summary_account *role)
{
    if (!roles) {
        r->side->role = NULL;
        return 0;
    }
    return read_role(r, json_get(roles, STR("router")), &role[SIDE_ROUTER]) < 0 ||
                   read_role(r, json_get(roles, STR("judge")), &role[SIDE_JUDGE]) < 0
               ? -1
               : 0;
}

static int read_variants(struct reader *r, const json *variants)
{
    size_t count = json_count(variants);
    struct summary_variant_meta *meta =
        arena_array(r->arena, struct summary_variant_meta, count + 1);
    r->cell = arena_array(r->arena, struct summary_cell_row,
                          count * r->side->samples * (size_t)r->side->trials + 1);
    struct summary_account *role =
        arena_array(r->arena, struct summary_account, count * SIDE_ROLES + 1);
    r->side->variant = meta;
    r->side->role = role;
    r->side->cell = r->cell;
    for (const json *v = json_first(variants); v; v = json_next(v)) {
        meta[r->side->variants] = (struct summary_variant_meta){
            json_text(json_get(v, STR("name"))), json_text(json_get(v, STR("pattern")))};
        if (meta[r->side->variants].name.n == 0)
            return broken(r, "a variant has no name");
        read_repliers(r, json_get(v, STR("models")), r->side->variants);
        if (read_roles(r, json_get(v, STR("roles")), &role[r->side->variants * SIDE_ROLES]) < 0)
            return -1;
        if (read_variant(r, v, r->side->variants++) < 0)
            return -1;
    }
    return r->side->variants ? 0 : broken(r, "it has no variants");
}

static int read_whole_file(struct reader *r, const json *file)
{
    struct side *side = r->side;
    int64_t version = 0;
    if (!json_int(json_get(file, STR("weir_baseline")), &version) || version < 1)
        return broken(r, "'weir_baseline' is missing");
    if (version > BASELINE_SCHEMA)
        return err_set(r->err, ERR_INPUT,
                       "%.*s: written by a newer weir (baseline %lld, this one knows up to %d)",
                       STR_ARG(side->source), (long long)version, BASELINE_SCHEMA);
    side->version = json_text(json_get(file, STR("weir")));
    side->experiment = json_text(json_get(file, STR("experiment")));
    side->run = json_text(json_get(file, STR("run")));
    side->mock = json_bool(json_get(file, STR("mock")));
    side->dataset = json_text(json_path(file, "dataset.name"));
    side->fingerprint = json_text(json_path(file, "dataset.fingerprint"));
    side->graders = json_text(json_get(file, STR("graders")));
    side->confidence = json_number(json_get(file, STR("confidence")));
    str reducer = json_text(json_get(file, STR("reducer"))); /* without one it is the mean */
    side->reducer = stats_reducer_named(reducer);
    if (reducer.n && !str_equal(reducer, str_from(stats_reducer_name(side->reducer))))
        return broken(r, "'reducer' is none that weir knows");
    if (!json_int(json_get(file, STR("trials")), &side->trials) || side->trials < 1 ||
        side->trials > 1000000)
        return broken(r, "'trials' is no number of trials");
    return read_columns(r, json_get(file, STR("columns"))) < 0 ||
                   read_scores(r, json_get(file, STR("scores"))) < 0 ||
                   read_samples(r, json_get(file, STR("samples"))) < 0 ||
                   read_variants(r, json_get(file, STR("variants"))) < 0
               ? -1
               : 0;
}

int side_of_text(struct side *side, str source, str text, struct arena *arena, struct err *err)
{
    struct json_error error;
    *side = (struct side){.source = source};
    struct reader reader = {.side = side, .arena = arena, .err = err};
    const json *file = json_parse(arena, text, &error);
    if (!file)
        return err_set(err, ERR_INPUT, "%.*s:%u:%u: no JSON: %s", STR_ARG(source), error.line,
                       error.col, error.what);
    return read_whole_file(&reader, file);
}

int side_of_baseline(struct side *side, str path, struct arena *arena, struct err *err)
{
    str text;
    if (file_read(arena, path.p, BASELINE_MAX_BYTES, &text, err) < 0)
        return -1;
    return side_of_text(side, path, text, arena, err);
}

bool file_is_baseline(str path)
{
    return str_equal(path_extension(path), STR("json")) && file_exists(path.p);
}
