/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * baseline.c: one side of a comparison as a file for a repository, and back (see side.h).
 *
 * One line a sample and variant, so that a difference of two versions shows which samples changed.
 * A trial is a list whose places are named once, in `columns`; a reader goes by those names, so
 * that later versions can add columns at the end.
 */
#include "cmd/side.h"

#include "base/clock.h"
#include "base/file.h"

#include <string.h>

enum { BASELINE_MAX_BYTES = 256 * 1000 * 1000 };

enum column {
    STATUS,
    REASON,
    CORRECT,
    SCORE,
    SCORES,
    LATENCY,
    COST,
    UNKNOWN_COST,
    LOST,
    COST_UPPER,
    INPUT,
    CACHE_READ,
    CACHE_WRITE,
    OUTPUT,
    REASONING,
    CALLS,
    SENT,
    CACHED,
    ATTEMPTS,
    ANSWER,
    COLUMNS
};
static const char *const column_names[COLUMNS] = {
    [STATUS] = "status",
    [REASON] = "reason",
    [CORRECT] = "correct",
    [SCORE] = "score",
    [SCORES] = "scores",
    [LATENCY] = "latency_ns",
    [COST] = "cost_nanousd",
    [UNKNOWN_COST] = "unknown_cost_calls",
    [LOST] = "lost_attempts",
    [COST_UPPER] = "cost_upper_nanousd",
    [INPUT] = "input_tokens",
    [CACHE_READ] = "cache_read_tokens",
    [CACHE_WRITE] = "cache_write_tokens",
    [OUTPUT] = "output_tokens",
    [REASONING] = "reasoning_tokens",
    [CALLS] = "calls",
    [SENT] = "sent",
    [CACHED] = "cached",
    [ATTEMPTS] = "attempts",
    [ANSWER] = "answer",
};

/* ---- writing ---- */

static void write_text(struct buf *out, str text)
{
    if (text.n)
        json_write_text(out, text);
    else
        buf_add_str(out, STR("null"));
}

static void write_maybe(struct buf *out, maybe number)
{
    if (number.known)
        json_write_number(out, number.value);
    else
        buf_add_str(out, STR("null"));
}

static void write_member(struct buf *out, const char *key, str text)
{
    buf_printf(out, "\"%s\": ", key);
    write_text(out, text);
    buf_add_str(out, STR(",\n"));
}

/* [id, cluster, hash, tags], without the unknown ones at its end. */
static void write_sample_line(struct buf *out, const struct side_sample *sample)
{
    bool tagged = sample->tags.n && !str_equal(sample->tags, STR("[]"));
    buf_add_char(out, '[');
    write_text(out, sample->id);
    if (sample->cluster.n || sample->hash.n || tagged) {
        buf_add_str(out, STR(", "));
        write_text(out, sample->cluster);
    }
    if (sample->hash.n || tagged) {
        buf_add_str(out, STR(", "));
        write_text(out, sample->hash);
    }
    if (tagged)
        buf_printf(out, ", %.*s", STR_ARG(sample->tags));
    buf_add_char(out, ']');
}

static void write_head(struct buf *out, const struct side *side)
{
    char created[24];
    clock_iso(side->created_wall, created, sizeof created);
    buf_printf(out, "{\n\"weir_baseline\": %d,\n", BASELINE_SCHEMA);
    write_member(out, "weir", side->version);
    write_member(out, "experiment", side->experiment);
    write_member(out, "run", side->run);
    write_member(out, "created", str_from(created));
    buf_printf(out, "\"mock\": %s,\n\"dataset\": {\"name\": ", side->mock ? "true" : "false");
    write_text(out, side->dataset);
    buf_add_str(out, STR(", \"fingerprint\": "));
    write_text(out, side->fingerprint);
    buf_printf(out, "},\n\"trials\": %lld,\n\"confidence\": ", (long long)side->trials);
    json_write_number(out, side->confidence);
    buf_add_str(out, STR(",\n\"graders\": "));
    write_text(out, side->graders);
    buf_add_str(out, STR(",\n\"scores\": ["));
    for (size_t i = 0; i < side->scores; i++) {
        buf_add_str(out, i ? STR(", {\"name\": ") : STR("{\"name\": "));
        write_text(out, side->score[i].name);
        buf_add_str(out, STR(", \"weight\": "));
        json_write_number(out, side->score[i].weight);
        buf_printf(out, ", \"judged\": %s}", side->score[i].judged ? "true" : "false");
    }
    buf_add_str(out, STR("],\n\"samples\": [\n"));
    for (size_t i = 0; i < side->samples; i++) {
        write_sample_line(out, &side->sample[i]);
        buf_add_str(out, i + 1 < side->samples ? STR(",\n") : STR("\n"));
    }
    buf_add_str(out, STR("],\n\"columns\": ["));
    for (size_t i = 0; i < COLUMNS; i++)
        buf_printf(out, "%s\"%s\"", i ? ", " : "", column_names[i]);
    buf_add_str(out, STR("],\n"));
}

static void write_scores(struct buf *out, const struct side *side,
                         const struct summary_cell_row *cell)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < side->scores; i++) {
        if (i)
            buf_add_char(out, ',');
        write_maybe(out, cell->scores[i]);
    }
    buf_add_char(out, ']');
}

static void write_trial(struct buf *out, const struct side *side,
                        const struct summary_cell_row *cell)
{
    const struct summary_tokens *t = &cell->tokens;
    const int64_t whole[] = {
        cell->latency_ns,
        cell->cost.known_nanousd,
        (int64_t)cell->cost.unknown_calls,
        (int64_t)cell->cost.lost_attempts,
        cell->cost.upper_nanousd,
        t->input,
        t->cache_read,
        t->cache_write,
        t->output,
        t->reasoning,
        (int64_t)cell->traffic.calls,
        (int64_t)cell->traffic.sent,
        (int64_t)cell->traffic.cached,
        (int64_t)cell->traffic.attempts,
        (int64_t)cell->answer,
    };
    _Static_assert(COLUMNS - LATENCY == sizeof whole / sizeof whole[0], "one each");
    buf_printf(out, "[\"%s\",", summary_status_name(cell->status));
    write_text(out, cell->reason);
    buf_add_char(out, ',');
    write_maybe(out, cell->correct);
    buf_add_char(out, ',');
    write_maybe(out, cell->score);
    buf_add_char(out, ',');
    write_scores(out, side, cell);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        buf_add_char(out, ',');
        if (i == 0 && whole[i] < 0)
            buf_add_str(out, STR("null"));
        else
            buf_printf(out, "%lld", (long long)whole[i]);
    }
    buf_add_char(out, ']');
}

/* `next` is the first cell that has not been written: cells stand in the same order. */
static void write_sample(struct buf *out, const struct side *side, size_t variant,
                         size_t sample, size_t *next)
{
    buf_add_char(out, '[');
    for (unsigned trial = 1; (int64_t)trial <= side->trials; trial++) {
        if (trial > 1)
            buf_add_char(out, ',');
        const struct summary_cell_row *cell = &side->cell[*next];
        bool there = *next < side->cells && cell->variant == variant &&
                     cell->sample == sample && cell->trial == trial;
        if (there) {
            write_trial(out, side, cell);
            ++*next;
        } else {
            buf_add_str(out, STR("null"));
        }
    }
    buf_add_char(out, ']');
}

/* The models that the variant's replies named, each as [model, reported, fingerprint]. */
static void write_repliers(struct buf *out, const struct side *side, size_t variant)
{
    bool comma = false;
    buf_add_str(out, STR(", \"models\": ["));
    for (size_t i = 0; i < side->repliers; i++) {
        const struct summary_replier *replier = &side->replier[i];
        if (replier->variant != variant)
            continue;
        buf_add_str(out, comma ? STR(", [") : STR("["));
        comma = true;
        write_text(out, replier->model);
        buf_add_str(out, STR(", "));
        write_text(out, replier->reported);
        buf_add_str(out, STR(", "));
        write_text(out, replier->fingerprint);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ']');
}

/* In the order of a trial's columns from cost to attempts. */
enum { ROLE_VALUES = 14 };

static void write_roles(struct buf *out, const struct side *side, size_t variant)
{
    static const char *const names[SIDE_ROLES] = {"router", "judge"};
    if (!side->role)
        return;
    buf_add_str(out, STR(", \"roles\": {"));
    for (size_t i = 0; i < SIDE_ROLES; i++) {
        const struct summary_account *a = &side->role[variant * SIDE_ROLES + i];
        const int64_t value[ROLE_VALUES] = {a->cost.known_nanousd,
                                            (int64_t)a->cost.unknown_calls,
                                            (int64_t)a->cost.lost_attempts,
                                            a->cost.upper_nanousd,
                                            a->tokens.input,
                                            a->tokens.cache_read,
                                            a->tokens.cache_write,
                                            a->tokens.output,
                                            a->tokens.reasoning,
                                            (int64_t)a->traffic.calls,
                                            (int64_t)a->traffic.sent,
                                            (int64_t)a->traffic.cached,
                                            (int64_t)a->traffic.unsent,
                                            (int64_t)a->traffic.attempts};
        buf_printf(out, "%s\"%s\": [", i ? ", " : "", names[i]);
        for (size_t k = 0; k < ROLE_VALUES; k++)
            buf_printf(out, "%s%lld", k ? "," : "", (long long)value[k]);
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}

void baseline_write(struct buf *out, const struct side *side, struct arena *arena)
{
    size_t next = 0;
    (void)arena;
    write_head(out, side);
    buf_add_str(out, STR("\"variants\": [\n"));
    for (size_t v = 0; v < side->variants; v++) {
        buf_add_str(out, STR("{\"name\": "));
        write_text(out, side->variant[v].name);
        buf_add_str(out, STR(", \"pattern\": "));
        write_text(out, side->variant[v].pattern);
        write_repliers(out, side, v);
        write_roles(out, side, v);
        buf_add_str(out, STR(", \"trials\": [\n"));
        for (size_t s = 0; s < side->samples; s++) {
            write_sample(out, side, v, s, &next);
            buf_add_str(out, s + 1 < side->samples ? STR(",\n") : STR("\n"));
        }
        buf_add_str(out, v + 1 < side->variants ? STR("]},\n") : STR("]}\n"));
    }
    buf_add_str(out, STR("]\n}\n"));
}

/* ---- reading ---- */

struct reader {
    struct side *side;
    struct arena *arena;
    struct err *err;
    int place[COLUMNS]; /* of each column in a trial's list; -1: it has none */
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
    static const enum column needed[] = {STATUS, CORRECT, SCORE, SCORES, LATENCY,
                                         COST,   CALLS,   SENT,  CACHED, ATTEMPTS};
    for (int i = 0; i < COLUMNS; i++)
        r->place[i] = -1;
    int at = 0;
    for (const json *name = json_first(columns); name; name = json_next(name), at++)
        for (int i = 0; i < COLUMNS; i++)
            if (str_equal(json_text(name), str_from(column_names[i])))
                r->place[i] = at;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (r->place[needed[i]] < 0)
            return broken(
                r,
                arena_printf(r->arena, "there is no column '%s'", column_names[needed[i]]).p);
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

static const json *field(const struct reader *r, const json *const *value, enum column column)
{
    return r->place[column] < 0 ? NULL : value[r->place[column]];
}

/* A whole number that is not negative; one that is not there is `missing`. */
static bool read_whole(const struct reader *r, const json *const *value, enum column column,
                       int64_t missing, int64_t *number)
{
    const json *given = field(r, value, column);
    *number = missing;
    return !given || json_kind(given) == JSON_NULL || (json_int(given, number) && *number >= 0);
}

static bool read_counts(const struct reader *r, const json *const *value,
                        struct summary_cell_row *cell)
{
    int64_t n[COLUMNS] = {0};
    for (int i = LATENCY; i < COLUMNS; i++)
        if (!read_whole(r, value, (enum column)i, i == LATENCY ? -1 : 0, &n[i]))
            return false;
    cell->latency_ns = n[LATENCY];
    cell->cost = (struct summary_money){n[COST], (uint64_t)n[UNKNOWN_COST], (uint64_t)n[LOST],
                                        n[COST_UPPER] < n[COST] ? n[COST] : n[COST_UPPER]};
    cell->tokens = (struct summary_tokens){n[INPUT], n[CACHE_READ], n[CACHE_WRITE], n[OUTPUT],
                                           n[REASONING]};
    cell->answer = (uint64_t)n[ANSWER];
    int64_t unsent = n[CALLS] - n[SENT] - n[CACHED], retries = n[ATTEMPTS] - n[SENT];
    cell->traffic =
        (struct summary_traffic){(uint64_t)n[CALLS], (uint64_t)n[SENT],     (uint64_t)n[CACHED],
                                 (uint64_t)unsent,   (uint64_t)n[ATTEMPTS], (uint64_t)retries};
    return unsent >= 0 && retries >= 0;
}

static int read_trial(struct reader *r, const json *trial, struct summary_cell_row *cell)
{
    enum { VALUES_MAX = 256 };
    const json *value[VALUES_MAX] = {NULL};
    size_t count = 0;
    for (const json *v = json_first(trial); v && count < VALUES_MAX; v = json_next(v))
        value[count++] = v;
    for (int i = 0; i < COLUMNS; i++)
        if (r->place[i] >= VALUES_MAX)
            return broken(r, "it has too many columns");
    if (!read_status(json_text(field(r, value, STATUS)), &cell->status))
        return broken(r, "a trial has no status that weir knows");
    cell->reason = json_text(field(r, value, REASON));
    cell->correct = maybe_number(field(r, value, CORRECT));
    cell->score = maybe_number(field(r, value, SCORE));
    if (!read_counts(r, value, cell))
        return broken(r, "a trial's counts do not add up");
    maybe *scores = arena_array(r->arena, maybe, r->side->scores + 1);
    const json *given = json_first(field(r, value, SCORES));
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
    int64_t n[ROLE_VALUES] = {0};
    size_t count = 0;
    for (const json *value = json_first(list); value && count < ROLE_VALUES;
         value = json_next(value), count++)
        if (!json_int(value, &n[count]) || n[count] < 0)
            return broken(r, "what a role used is no count");
    if (count < ROLE_VALUES || n[9] != n[10] + n[11] + n[12] || n[13] < n[10])
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
