/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summarise_notes.c: JSON of traces and scores into rows of a summary (see summarise_notes.h).
 *
 * What a pattern notes is documented with it (docs/patterns.md), what a score keeps of single
 * instances in score/instances.h. Of notes that are not of that form nothing is taken: they are an
 * older weir's, or another's.
 */
#include "session/summarise_notes.h"

#include "base/hash.h"
#include "plan/bind.h"
#include "plan/check.h"

struct reading {
    const struct note_reader *by;
    struct arena scratch; /* of the row at hand */
    struct err *err;
    const bool
        *compares_plans; /* of each score: it is the one that says what a plan left out */
    int result;
};

static uint32_t instance_of(str path)
{
    return (uint32_t)hash_quick(path);
}

/* The path before `tail`, which ends it and is its last part: "." before a part of the root. */
static bool path_before(str path, str tail, str *before)
{
    if (!str_ends_with(path, tail))
        return false;
    *before = str_sub(path, 0, path.n - tail.n);
    if (before->n && before->p[before->n - 1] != '.')
        return false;
    *before = before->n ? str_sub(*before, 0, before->n - 1) : STR(".");
    return true;
}

/* The number in "draft[3]", "plan[1]" and "plan" (0), where `name` is the last part of the path. */
static bool path_before_numbered(str path, str name, str *before, uint32_t *number)
{
    size_t end = path.n, digits = 0;
    int64_t found = 0;
    if (end && path.p[end - 1] == ']') {
        end--;
        while (end && path.p[end - 1] >= '0' && path.p[end - 1] <= '9')
            end--, digits++;
        if (digits == 0 || end == 0 || path.p[end - 1] != '[' ||
            !str_to_int(str_sub(path, end, end + digits), &found))
            return false;
        end--;
    }
    *number = (uint32_t)found;
    return path_before(str_sub(path, 0, end), name, before);
}

static void add(struct reading *r, int64_t cell, str path, const struct summary_note *of)
{
    const struct note_cell *at = &r->by->cell[cell];
    struct summary_note note = *of;
    note.variant = at->variant;
    note.sample = at->sample;
    note.trial = at->trial;
    note.path = path_generic(&r->scratch, path);
    note.instance = instance_of(path);
    if (r->result == 0)
        r->result = summary_add_note(r->by->summary, &note, r->err);
}

static maybe number_of(const json *value)
{
    return json_is(value, JSON_NUMBER) ? maybe_of(json_number(value)) : maybe_none();
}

static uint32_t count_of(const json *object, const char *key)
{
    int64_t number = 0;
    json_int(json_get(object, str_from(key)), &number);
    return number > 0 && number <= INT32_MAX ? (uint32_t)number : 0;
}

/* ---- traces ---- */

static void read_route(struct reading *r, const struct store_step *step, const json *note)
{
    const json *label = json_get(note, STR("label"));
    if (label)
        add(r, step->cell, step->path,
            &(struct summary_note){.kind = SUMMARY_NOTE_ROUTED,
                                   .name = json_text(json_get(note, STR("case"))),
                                   .yes = json_text(label).n > 0});
}

static void read_refine(struct reading *r, const struct store_step *step, const json *note)
{
    const json *rounds = json_get(note, STR("rounds"));
    str stopped = json_text(json_get(note, STR("stopped")));
    uint32_t index = 0;
    for (const json *round = json_first(rounds); round; round = json_next(round))
        add(r, step->cell, step->path,
            &(struct summary_note){.kind = SUMMARY_NOTE_ROUND,
                                   .index = index++,
                                   .first = number_of(json_get(round, STR("score"))),
                                   .second = number_of(json_get(round, STR("similarity"))),
                                   .yes = json_bool(json_get(round, STR("accepted")))});
    if (index)
        add(r, step->cell, step->path,
            &(struct summary_note){.kind = SUMMARY_NOTE_ENDED,
                                   .name = stopped,
                                   .yes = stopped.n > 0 &&
                                          str_equal(step->outcome, STR("failed"))});
}

static void read_workers(struct reading *r, const struct store_step *step, const json *tasks)
{
    for (const json *task = json_first(tasks); task; task = json_next(task)) {
        str name = json_text(json_get(task, STR("worker")));
        uint32_t count = 0;
        bool first = name.n > 0;
        for (const json *one = json_first(tasks); one && first; one = json_next(one)) {
            bool same = str_equal(json_text(json_get(one, STR("worker"))), name);
            if (same && count == 0)
                first = one == task;
            count += same;
        }
        if (first)
            add(r, step->cell, step->path,
                &(struct summary_note){
                    .kind = SUMMARY_NOTE_WORKER, .name = name, .index = count});
    }
}

static void read_plan(struct reading *r, const struct store_step *step, const json *note)
{
    const json *tasks = json_get(note, STR("tasks"));
    size_t rejected = json_count(json_get(note, STR("rejected")));
    if (!tasks && rejected == 0)
        return;
    add(r, step->cell, step->path,
        &(struct summary_note){.kind = SUMMARY_NOTE_PLANNED,
                               .index = (uint32_t)rejected,
                               .first = maybe_of((double)json_count(tasks)),
                               .second = maybe_of(count_of(note, "alike")),
                               .yes = tasks != NULL});
    uint32_t duplicates = count_of(note, "duplicates");
    size_t dropped = json_count(json_get(note, STR("dropped")));
    add(r, step->cell, step->path,
        &(struct summary_note){
            .kind = SUMMARY_NOTE_AMENDED,
            .index = count_of(note, "cut"),
            .first = maybe_of(duplicates),
            .second = maybe_of(dropped > duplicates ? (double)(dropped - duplicates) : 0.0)});
    read_workers(r, step, tasks);
}

static void read_vote(struct reading *r, const struct store_step *step, const json *note)
{
    const json *ballots = json_get(note, STR("ballots"));
    if (ballots && json_get(note, STR("enough")))
        add(r, step->cell, step->path,
            &(struct summary_note){.kind = SUMMARY_NOTE_POLLED,
                                   .index = (uint32_t)json_count(ballots),
                                   .first = maybe_of(count_of(note, "enough"))});
}

static bool has_cell(const struct reading *r, int64_t cell)
{
    return cell >= 0 && (size_t)cell < r->by->cells && r->by->cell[cell].trial > 0;
}

static int read_step(void *arg, const struct store_step *step)
{
    static const struct {
        str pattern;
        void (*read)(struct reading *, const struct store_step *, const json *);
    } readers[] = {{STR_INIT("route"), read_route},
                   {STR_INIT("refine"), read_refine},
                   {STR_INIT("orchestrate"), read_plan},
                   {STR_INIT("vote"), read_vote}};
    struct reading *r = arg;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (!str_equal(step->pattern, readers[i].pattern) || !has_cell(r, step->cell))
            continue;
        const json *note = json_parse(&r->scratch, step->note, NULL);
        if (note)
            readers[i].read(r, step, note);
        arena_clear(&r->scratch);
    }
    return r->result;
}

/* ---- scores ---- */

static void read_label(struct reading *r, const struct store_score *row, uint32_t score,
                       const json *one)
{
    str before, wanted = json_text(json_get(one, STR("wanted")));
    str path = json_text(json_get(one, STR("path")));
    if (wanted.n && path_before(path, STR("by"), &before))
        add(r, row->cell, before,
            &(struct summary_note){.kind = SUMMARY_NOTE_LABELLED,
                                   .score = score,
                                   .name = json_text(json_get(one, STR("given"))),
                                   .other = wanted,
                                   .yes = json_bool(json_get(one, STR("pass")))});
}

static void read_draft(struct reading *r, const struct store_score *row, uint32_t score,
                       const json *one)
{
    str before;
    uint32_t number;
    maybe value = number_of(json_get(one, STR("value")));
    if (value.known && path_before_numbered(json_text(json_get(one, STR("path"))), STR("draft"),
                                            &before, &number))
        add(r, row->cell, before,
            &(struct summary_note){.kind = row->path.n ? SUMMARY_NOTE_DRAFT_STEP
                                                       : SUMMARY_NOTE_DRAFT,
                                   .score = score,
                                   .index = number,
                                   .first = value,
                                   .yes = json_bool(json_get(one, STR("pass")))});
}

/* The last plan is the one that counts. */
static void read_coverage(struct reading *r, const struct store_score *row, uint32_t score,
                          const json *list)
{
    str before;
    uint32_t number;
    for (const json *one = json_first(list); one; one = json_next(one)) {
        str path = json_text(json_get(one, STR("path"))), other;
        const json *next = json_next(one);
        uint32_t later;
        if (!json_get(one, STR("common")) ||
            !path_before_numbered(path, STR("plan"), &before, &number))
            continue;
        if (next &&
            path_before_numbered(json_text(json_get(next, STR("path"))), STR("plan"), &other,
                                 &later) &&
            str_equal(before, other))
            continue;
        add(r, row->cell, before,
            &(struct summary_note){.kind = SUMMARY_NOTE_COVERED,
                                   .score = score,
                                   .index = count_of(one, "common"),
                                   .first = maybe_of(count_of(one, "given_items")),
                                   .second = maybe_of(count_of(one, "wanted_items"))});
    }
}

/* A step with one instance has no list: its value is the score's. */
static void read_only_draft(struct reading *r, const struct store_score *row, uint32_t score)
{
    str before;
    if (!isnan(row->value) && path_before(row->path, STR("draft[*]"), &before) &&
        !str_contains(before, STR("[*]")))
        add(r, row->cell, before,
            &(struct summary_note){.kind = SUMMARY_NOTE_DRAFT_STEP,
                                   .score = score,
                                   .first = maybe_of(row->value),
                                   .yes = row->pass});
}

static int read_score(void *arg, const struct store_score *row)
{
    struct reading *r = arg;
    uint32_t score = 0;
    if (!has_cell(r, row->cell))
        return 0;
    while (score < r->by->scores && !str_equal(r->by->score[score].name, row->name))
        score++;
    if (score == r->by->scores)
        return 0;
    if (!row->instances.n) {
        read_only_draft(r, row, score);
        arena_clear(&r->scratch);
        return r->result;
    }
    const json *list = json_parse(&r->scratch, row->instances, NULL);
    for (const json *one = json_first(list); one; one = json_next(one)) {
        read_label(r, row, score, one);
        read_draft(r, row, score, one);
    }
    if (r->compares_plans[score])
        read_coverage(r, row, score, list);
    arena_clear(&r->scratch);
    return r->result;
}

/* Of each step the first score that compares lists as sets. */
static const bool *plan_scores(const struct note_reader *by)
{
    bool *compares = arena_array(by->arena, bool, by->scores + 1);
    const json *list = json_get(by->definition, STR("score"));
    size_t i = 0;
    for (const json *score = json_first(list); score && i < by->scores;
         score = json_next(score), i++) {
        const struct check_kind *kind = check_kind_in(score);
        str name = kind ? str_from(kind->name) : STR("");
        compares[i] = str_equal(name, STR("set-equals")) || str_equal(name, STR("f1"));
        for (size_t k = 0; k < i; k++)
            compares[i] = compares[i] &&
                          !(compares[k] && str_equal(by->score_step[k], by->score_step[i]));
    }
    return compares;
}

int summarise_notes(const struct note_reader *reader, struct err *err)
{
    struct reading r = {.by = reader, .err = err, .compares_plans = plan_scores(reader)};
    int result = store_each_note(reader->store, read_step, &r, err);
    if (result == 0 && reader->told)
        result = store_each_score(reader->store, STORE_EVERY, read_score, &r, err);
    arena_release(&r.scratch);
    return result;
}
