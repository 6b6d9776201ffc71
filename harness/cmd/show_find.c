/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * show_find.c: which cell is meant, and which there are to look at (see show.h).
 */
#include "cmd/show.h"

#include "base/text.h"
#include "session/places.h"

#include <math.h>
#include <stdlib.h>

/* ---- one cell ---- */

struct wanted {
    str variant, sample;
    int64_t trial;
};

static bool is_named(struct arena *arena, str name, str given)
{
    return str_equal(name, given) || str_equal(text_visible(arena, name), given);
}

static int64_t find_variant(struct store *store, str name)
{
    size_t count;
    const struct store_variant *variant = store_variants(store, &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(variant[i].name, name))
            return variant[i].number;
    return -1;
}

static int64_t find_sample(struct show *show, struct store *store, str id)
{
    size_t count;
    const struct store_sample *sample = store_samples(store, &count);
    for (size_t i = 0; i < count; i++)
        if (is_named(show->arena, sample[i].id, id))
            return sample[i].number;
    return -1;
}

/* "variant/sample/trial"; a sample's id may hold slashes, a variant's name cannot. The trial may be
 * left out where that leaves a sample's id. */
static bool split(struct show *show, struct store *store, str text, struct wanted *wanted)
{
    str rest;
    *wanted = (struct wanted){.trial = 1};
    str_cut(text, '/', &wanted->variant, &rest);
    wanted->sample = rest;
    for (size_t i = rest.n; i > 0; i--) {
        int64_t trial;
        if (rest.p[i - 1] != '/')
            continue;
        if (str_to_int(str_sub(rest, i, rest.n), &trial) &&
            find_sample(show, store, str_sub(rest, 0, i - 1)) >= 0) {
            wanted->sample = str_sub(rest, 0, i - 1);
            wanted->trial = trial;
        }
        break;
    }
    return find_variant(store, wanted->variant) >= 0 &&
           find_sample(show, store, wanted->sample) >= 0;
}

static int load(struct show *show, struct store *store, const struct wanted *wanted,
                struct shown_cell *found)
{
    struct arena *arena = show->arena;
    str sample = text_visible(arena, wanted->sample);
    *found = (struct shown_cell){.store = store, .run = store_run_row(store)->id};
    found->name = arena_printf(arena, "%.*s/%.*s/%lld", STR_ARG(wanted->variant),
                               STR_ARG(sample), (long long)wanted->trial);
    if (store_find_cell(store, find_variant(store, wanted->variant),
                        find_sample(show, store, wanted->sample), wanted->trial, arena,
                        &found->row, show->err) < 0)
        return show->err->kind != ERR_INPUT
                   ? -1
                   : err_set(show->err, ERR_INPUT,
                             "cell '%.*s' has no result: it was not run yet, is of another "
                             "shard, or there is no such trial",
                             STR_ARG(found->name));
    if (export_gather(store, &found->row, arena, &found->of, show->err) < 0)
        return -1;
    found->time = timeline_make(arena, &found->of, 0);
    return 0;
}

int show_find(struct show *show, struct store *store, str cell, struct shown_cell *found)
{
    struct wanted wanted;
    if (split(show, store, cell, &wanted))
        return load(show, store, &wanted, found);
    size_t variants, samples;
    const struct store_variant *variant = store_variants(store, &variants);
    const struct store_sample *sample = store_samples(store, &samples);
    str shown = text_visible(show->arena, cell);
    str id = samples ? text_visible(show->arena, sample[0].id) : STR("q17");
    return err_set(show->err, ERR_INPUT,
                   "no cell '%.*s'; expected variant/sample/trial, such as %.*s/%.*s/1 (weir "
                   "show RUN lists those that went wrong)",
                   STR_ARG(shown), STR_ARG(variants ? variant[0].name : STR("single")),
                   STR_ARG(id));
}

/* The same sample and trial of another variant, or of another run. */
static int load_twin(struct show *show, const struct shown_cell *cell, struct store *store,
                     str variant, struct shown_cell *found)
{
    struct wanted wanted = {variant, cell->of.sample->id, cell->row.trial};
    size_t variants;
    const struct store_variant *only = store_variants(store, &variants);
    if (find_variant(store, variant) < 0 && variants == 1)
        wanted.variant = only[0].name;
    str sample = text_visible(show->arena, wanted.sample);
    if (find_variant(store, wanted.variant) < 0 || find_sample(show, store, wanted.sample) < 0)
        return err_set(show->err, ERR_INPUT, "run %s has no cell %.*s/%.*s/%lld",
                       store_run_row(store)->id.p, STR_ARG(wanted.variant), STR_ARG(sample),
                       (long long)wanted.trial);
    return load(show, store, &wanted, found);
}

int show_find_other(struct show *show, const struct shown_cell *cell, str other,
                    struct shown_cell *found)
{
    struct wanted wanted;
    struct err first = {0}, second = {0};
    str path, rest = STR("");
    if (split(show, cell->store, other, &wanted))
        return load(show, cell->store, &wanted, found);
    if (find_variant(cell->store, other) >= 0)
        return load_twin(show, cell, cell->store, other, found);
    struct store *store = run_open(show->arena, other, &path, &first);
    for (size_t i = other.n; i > 0 && !store; i--)
        if (other.p[i - 1] == ':') {
            rest = str_sub(other, i, other.n);
            store = run_open(show->arena, str_sub(other, 0, i - 1), &path, &second);
        }
    if (!store) {
        *show->err = first;
        return -1;
    }
    int result = !rest.n ? load_twin(show, cell, store, cell->of.variant->name, found)
                 : find_variant(store, rest) >= 0 ? load_twin(show, cell, store, rest, found)
                                                  : show_find(show, store, rest, found);
    found->store = store;
    return result;
}

/* ---- a list ---- */

/* What a reader looks for first stands first. */
enum rank { RANK_FAILED, RANK_WRONG, RANK_UNSCORED, RANK_FINE };

struct listed {
    int64_t cell, variant, sample, trial, latency_ns, cost_nanousd, unknown_cost_calls;
    enum rank rank;
    str what;
};

struct list {
    struct show *show;
    struct listed *cell;
    size_t count, room;
    size_t ranks[RANK_FINE + 1];
};

static enum rank rank_of(const struct store_cell *row)
{
    if (row->status == STORE_ERROR || row->status == STORE_TIMEOUT)
        return RANK_FAILED;
    if (row->status != STORE_OK)
        return RANK_UNSCORED;
    return row->correct > 0 ? RANK_FINE : row->correct == 0 ? RANK_WRONG : RANK_UNSCORED;
}

static int keep(void *arg, const struct store_cell *row)
{
    struct list *list = arg;
    struct arena *arena = list->show->arena;
    enum rank rank = rank_of(row);
    list->ranks[rank]++;
    if (rank == RANK_FINE)
        return 0;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        list->cell = arena_grow(arena, list->cell, list->count, room, sizeof *list->cell);
        list->room = room;
    }
    str reason = text_visible(arena, str_sub(row->reason, 0, 200));
    list->cell[list->count++] = (struct listed){
        row->cell,
        row->variant,
        row->sample,
        row->trial,
        row->latency_ns,
        row->cost_nanousd,
        row->unknown_cost_calls,
        rank,
        rank == RANK_WRONG ? STR("wrong")
                           : arena_printf(arena, "%s%s%.*s", store_status_name(row->status),
                                          reason.n ? ": " : "", STR_ARG(reason)),
    };
    return 0;
}

enum { WHAT_COLUMNS = 60 };

struct naming {
    struct list *list;
    size_t *place; /* by number of a cell, 1 + its place in the list; 0: none */
    int64_t cells;
};

/* "wrong by 'sources', 'answered'": the scores that count and did not pass; in quotes, as a score may
 * be called right. */
static int name_score(void *arg, const struct store_score *score)
{
    struct naming *naming = arg;
    struct arena *arena = naming->list->show->arena;
    size_t place =
        score->cell >= 0 && score->cell < naming->cells ? naming->place[score->cell] : 0;
    struct listed *cell = place ? &naming->list->cell[place - 1] : NULL;
    if (!cell || cell->rank != RANK_WRONG || score->pass || isnan(score->value) ||
        !(score->weight > 0) || text_columns(cell->what) > WHAT_COLUMNS)
        return 0;
    str name = text_visible(arena, str_sub(score->name, 0, 200));
    bool first = str_equal(cell->what, STR("wrong"));
    cell->what = arena_printf(arena, "%.*s%s'%.*s'", STR_ARG(cell->what), first ? " by " : ", ",
                              STR_ARG(name));
    return 0;
}

static int name_scores(struct list *list, struct store *store)
{
    struct show *show = list->show;
    struct naming naming = {.list = list, .cells = store_run_row(store)->cells};
    naming.place = arena_array(show->arena, size_t, (size_t)naming.cells + 1);
    for (size_t i = 0; i < list->count; i++)
        if (list->cell[i].cell >= 0 && list->cell[i].cell < naming.cells)
            naming.place[list->cell[i].cell] = i + 1;
    return store_each_score(store, STORE_EVERY, name_score, &naming, show->err);
}

static int by_rank(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->variant != b->variant)
        return a->variant < b->variant ? -1 : 1;
    if (a->sample != b->sample)
        return a->sample < b->sample ? -1 : 1;
    return (a->trial > b->trial) - (a->trial < b->trial);
}

static str cell_word(struct show *show, struct store *store, const struct listed *cell)
{
    size_t variants, samples;
    const struct store_variant *variant = store_variants(store, &variants);
    const struct store_sample *sample = store_samples(store, &samples);
    str id = text_visible(show->arena, sample[cell->sample].id);
    return show_shell_word(show->arena, arena_printf(show->arena, "%.*s/%.*s/%lld",
                                                     STR_ARG(variant[cell->variant].name),
                                                     STR_ARG(id), (long long)cell->trial));
}

static void print_rows(struct show *show, struct store *store, const struct list *list,
                       size_t most)
{
    struct arena *arena = show->arena;
    const struct sheet_column columns[] = {{STR("Cell"), false, 0},
                                           {STR("what"), false, 0},
                                           {STR("latency"), true, 1},
                                           {STR("cost"), true, 2}};
    struct sheet *sheet = sheet_new(arena, "Cells", columns, 4);
    size_t shown = list->count < most ? list->count : most;
    for (size_t i = 0; i < shown; i++) {
        const struct listed *cell = &list->cell[i];
        sheet_row(sheet, cell->rank == RANK_FAILED ? SHEET_BAD : SHEET_PLAIN);
        sheet_add(sheet, cell_word(show, store, cell));
        sheet_add(sheet, cell->what);
        sheet_add(sheet, show_time(arena, cell->latency_ns));
        sheet_add(sheet, show_money(arena, cell->cost_nanousd, cell->unknown_cost_calls));
    }
    if (list->count > shown)
        sheet->note =
            arena_printf(arena, "… and %zu more; --all shows them", list->count - shown).p;
    if (shown)
        terminal_table(&show->terminal, sheet);
}

int show_list(struct show *show, struct store *store, size_t most)
{
    struct list list = {.show = show};
    const struct store_run *run = store_run_row(store);
    struct terminal *t = &show->terminal;
    size_t samples, finished;
    if (store_each_cell(store, STORE_IN_ORDER, keep, &list, show->err) < 0 ||
        name_scores(&list, store) < 0)
        return -1;
    if (list.count)
        qsort(list.cell, list.count, sizeof *list.cell, by_rank);
    finished = list.ranks[RANK_FAILED] + list.ranks[RANK_WRONG] + list.ranks[RANK_UNSCORED] +
               list.ranks[RANK_FINE];
    store_samples(store, &samples);
    str experiment = text_visible(show->arena, run->experiment);
    str id = text_visible(show->arena, run->id);
    terminal_paragraph(t, TERMINAL_BOLD, STR(""),
                       arena_printf(show->arena,
                                    "%.*s %.*s: %zu of %lld cells: %zu correct, %zu wrong, %zu "
                                    "failed, %zu without a score",
                                    STR_ARG(experiment), STR_ARG(id), finished,
                                    (long long)store_own_cells(run, (int64_t)samples),
                                    list.ranks[RANK_FINE], list.ranks[RANK_WRONG],
                                    list.ranks[RANK_FAILED], list.ranks[RANK_UNSCORED]));
    terminal_newline(t);
    print_rows(show, store, &list, most);
    if (list.count) { /* in one line however long, to be pasted */
        terminal_put(t, TERMINAL_DIM, STR("weir show "));
        terminal_put(t, TERMINAL_DIM, cell_word(show, store, &list.cell[0]));
        terminal_newline(t);
    }
    return 0;
}
