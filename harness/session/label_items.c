/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * label_items.c: what a judge has judged in a run (see labels.h).
 *
 * Changed samples (`perturb`) are left out: they are about the workflow, and a sample would be there
 * several times. So are scores of steps, since the file keeps what a judge of an output was shown.
 */
#include "session/labels.h"
#include "session/places.h"

#include "base/hash.h"
#include "base/text.h"
#include "plan/check.h"

#include <math.h>
#include <stdlib.h>

struct cell {
    bool is_there;
    int64_t variant, sample, trial;
    int64_t question, answer;
    double value; /* NAN: none */
};

struct answer {
    int64_t cell, opponent, repeat;
    double value;
};

struct reading {
    struct label_items *items;
    struct arena *arena;
    struct cell *cell; /* by number */
    int64_t cells;
    int64_t *at; /* number of a cell + 1, by variant, sample and trial */
    int64_t variants, samples, trials;
    struct answer *answer;
    size_t answers, room;
};

/* ---- which score ---- */

static bool is_of_judge(const json *score)
{
    const struct check_kind *kind = check_kind_in(score);
    return kind && check_is_judged(kind) && json_text(json_get(score, STR("step"))).n == 0;
}

static str names_of_judges(struct arena *arena, const json *scores)
{
    str names = STR("");
    for (const json *score = json_first(scores); score; score = json_next(score))
        if (is_of_judge(score))
            names = arena_printf(arena, "%.*s%s%.*s", STR_ARG(names), names.n ? ", " : "",
                                 STR_ARG(json_key(score)));
    return names;
}

static const json *find_score(struct store *store, str wanted, struct arena *arena,
                              struct err *err)
{
    const json *definition = json_parse(arena, store_run_row(store)->definition, NULL);
    const json *scores = json_get(definition, STR("score")), *found = NULL;
    size_t count = 0;
    for (const json *score = json_first(scores); score; score = json_next(score))
        if (is_of_judge(score) && (wanted.n == 0 || str_equal(json_key(score), wanted))) {
            found = score;
            count++;
        }
    if (count == 1)
        return found;
    str names = names_of_judges(arena, scores);
    if (names.n == 0)
        err_set(err, ERR_INPUT, "no score of this run is a judge's opinion of the output");
    else if (wanted.n)
        err_set(err, ERR_INPUT,
                "no judge's score of the output is called '%.*s'; expected %.*s",
                STR_ARG(text_visible(arena, wanted)), STR_ARG(names));
    else
        err_set(err, ERR_INPUT,
                "several scores are judges' opinions; expected --score, one of "
                "%.*s",
                STR_ARG(names));
    return NULL;
}

static void read_check(struct label_items *items, const json *score)
{
    const struct check_kind *kind = check_kind_in(score);
    const json *threshold = json_get(score, STR("threshold"));
    items->score = json_key(score);
    items->check = kind->name;
    items->compares = kind->asks == ASKS_CONTEST;
    items->threshold = threshold ? json_number(threshold) : kind->threshold;
}

/* "not-llm-rubric": its value was turned round. */
static bool is_negated(const json *score)
{
    for (const json *member = json_first(score); member; member = json_next(member))
        if (str_starts_with(json_key(member), STR("not-")))
            return true;
    return false;
}

/* ---- rows ---- */

static int add_cell(void *arg, const struct store_cell *row)
{
    struct reading *r = arg;
    size_t samples;
    const struct store_sample *sample = store_samples(r->items->store, &samples);
    if (row->cell < 0 || row->cell >= r->cells || row->variant >= r->variants ||
        row->sample >= r->samples || row->trial < 1 || row->trial > r->trials ||
        sample[row->sample].perturbation.n)
        return 0;
    r->cell[row->cell] = (struct cell){.is_there = true,
                                       .variant = row->variant,
                                       .sample = row->sample,
                                       .trial = row->trial,
                                       .value = (double)NAN};
    r->at[(row->variant * r->samples + row->sample) * r->trials + row->trial - 1] =
        row->cell + 1;
    return 0;
}

static int add_score(void *arg, const struct store_score *row)
{
    struct reading *r = arg;
    if (row->cell < 0 || row->cell >= r->cells || !r->cell[row->cell].is_there ||
        !str_equal(row->name, r->items->score))
        return 0;
    struct cell *cell = &r->cell[row->cell];
    cell->question = row->question.id;
    cell->answer = row->answer.id;
    cell->value = row->value;
    return 0;
}

static int add_answer(void *arg, const struct store_verdict *row)
{
    struct reading *r = arg;
    if (row->cell < 0 || row->cell >= r->cells || !r->cell[row->cell].is_there ||
        !str_equal(row->name, r->items->score) || row->path.n)
        return 0;
    if (r->answers == r->room) {
        size_t room = r->room ? 2 * r->room : 256;
        r->answer = arena_grow(r->arena, r->answer, r->answers, room, sizeof *r->answer);
        r->room = room;
    }
    r->answer[r->answers++] =
        (struct answer){row->cell, row->opponent, row->repeat, row->value};
    return 0;
}

static int compare_answers(const void *left, const void *right)
{
    const struct answer *a = left, *b = right;
    if (a->cell != b->cell)
        return a->cell < b->cell ? -1 : 1;
    if (a->opponent != b->opponent)
        return a->opponent < b->opponent ? -1 : 1;
    return (a->repeat > b->repeat) - (a->repeat < b->repeat);
}

/* ---- items ---- */

/* The answers of a cell about an opponent (-1: about it alone), the outcome of a pair first. */
static const struct answer *answers_of(const struct reading *r, int64_t cell, int64_t opponent,
                                       size_t *count)
{
    struct answer key = {.cell = cell, .opponent = opponent, .repeat = -2};
    size_t low = 0, high = r->answers;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_answers(&r->answer[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < r->answers && r->answer[low + *count].cell == cell &&
           r->answer[low + *count].opponent == opponent)
        ++*count;
    return &r->answer[low];
}

static void add_verdicts(struct label_item *item, const struct answer *answer, size_t count,
                         bool turned)
{
    for (size_t i = 0; i < count; i++)
        if (answer[i].repeat >= 0)
            item->verdict[item->verdicts++] =
                (struct label_verdict){turned ? 1 - answer[i].value : answer[i].value, turned};
}

static bool make_single(const struct reading *r, int64_t number, bool negated,
                        struct label_item *item)
{
    const struct cell *cell = &r->cell[number];
    size_t count;
    const struct answer *answer = answers_of(r, number, -1, &count);
    if (cell->answer == 0 || isnan(cell->value) || count == 0)
        return false;
    item->answer = cell->answer;
    item->value = negated ? 1 - cell->value : cell->value;
    item->verdict = arena_array(r->arena, struct label_verdict, count);
    add_verdicts(item, answer, count, false);
    return true;
}

/* A pair that a judge was asked about: from the side of the later variant. */
static bool make_pair(const struct reading *r, int64_t number, int64_t reference,
                      struct label_item *item)
{
    const struct cell *cell = &r->cell[number];
    int64_t place = (reference * r->samples + cell->sample) * r->trials + cell->trial - 1;
    int64_t other = r->at[place] - 1;
    size_t own_count, other_count;
    if (other < 0 || r->cell[other].answer == 0 || cell->answer == 0)
        return false;
    const struct answer *own = answers_of(r, number, reference, &own_count);
    const struct answer *theirs = answers_of(r, other, cell->variant, &other_count);
    if (own_count < 2 || own[0].repeat >= 0)
        return false;
    item->against = reference;
    item->answer = cell->answer;
    item->other = r->cell[other].answer;
    item->value = own[0].value;
    item->verdict = arena_array(r->arena, struct label_verdict, own_count + other_count);
    add_verdicts(item, own, own_count, false);
    add_verdicts(item, theirs, other_count, true);
    return true;
}

static int compare_items(const void *left, const void *right)
{
    const struct label_item *a = left, *b = right;
    const int64_t x[] = {a->sample, a->trial, a->variant, a->against};
    const int64_t y[] = {b->sample, b->trial, b->variant, b->against};
    for (size_t i = 0; i < 4; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static void make_items(const struct reading *r, bool negated)
{
    struct label_items *items = r->items;
    size_t room = (size_t)r->cells * (size_t)(items->compares ? r->variants : 1) + 1;
    items->item = arena_array(r->arena, struct label_item, room);
    for (int64_t c = 0; c < r->cells; c++) {
        const struct cell *cell = &r->cell[c];
        int64_t last = items->compares ? cell->variant : 1;
        for (int64_t v = 0; cell->is_there && v < last; v++) {
            struct label_item *item = &items->item[items->count];
            *item = (struct label_item){.sample = cell->sample,
                                        .trial = cell->trial,
                                        .variant = cell->variant,
                                        .against = -1,
                                        .question = cell->question};
            items->count +=
                items->compares ? make_pair(r, c, v, item) : make_single(r, c, negated, item);
        }
    }
    qsort(items->item, items->count, sizeof *items->item, compare_items);
}

int label_items_read(struct store *store, str wanted, struct arena *arena,
                     struct label_items *items, struct err *err)
{
    const json *score = find_score(store, wanted, arena, err);
    size_t variants, samples;
    *items = (struct label_items){.store = store};
    if (!score)
        return -1;
    read_check(items, score);
    store_variants(store, &variants);
    store_samples(store, &samples);
    struct reading r = {.items = items,
                        .arena = arena,
                        .cells = store_run_row(store)->cells,
                        .variants = (int64_t)variants,
                        .samples = (int64_t)samples,
                        .trials = 1};
    int64_t pairs = r.variants * r.samples;
    if (pairs > 0 && r.cells / pairs > 1)
        r.trials = r.cells / pairs;
    r.cell = arena_array(arena, struct cell, (size_t)r.cells + 1);
    r.at = arena_array(arena, int64_t, (size_t)(pairs * r.trials) + 1);
    if (store_each_cell(store, STORE_AS_WRITTEN, add_cell, &r, err) < 0 ||
        store_each_score(store, STORE_EVERY, add_score, &r, err) < 0 ||
        store_each_verdict(store, STORE_EVERY, add_answer, &r, err) < 0)
        return -1;
    if (r.answers)
        qsort(r.answer, r.answers, sizeof *r.answer, compare_answers);
    make_items(&r, is_negated(score));
    return 0;
}

int label_items_open(str run, str wanted, struct arena *arena, struct label_items *items,
                     str *path, struct err *err)
{
    *items = (struct label_items){0};
    struct store *store = run_open(arena, run, path, err);
    if (!store)
        return -1;
    if (label_items_read(store, wanted, arena, items, err) == 0)
        return 0;
    store_close(store);
    items->store = NULL;
    return -1;
}

int label_texts_read(const struct label_items *items, const struct label_item *item,
                     struct arena *arena, struct label_texts *texts, struct err *err)
{
    *texts = (struct label_texts){.other = STR("")};
    if (store_body(items->store, item->question, arena, &texts->question, err) < 0 ||
        store_body(items->store, item->answer, arena, &texts->answer, err) < 0 ||
        (items->compares &&
         store_body(items->store, item->other, arena, &texts->other, err) < 0))
        return -1;
    struct hash128 hash = hash_add((struct hash128){0}, texts->question);
    hash = hash_add(hash_add(hash, texts->answer), texts->other);
    char *hex = arena_alloc(arena, 33);
    hash_hex(hash, hex);
    texts->hash = (str){hex, 16};
    return 0;
}
