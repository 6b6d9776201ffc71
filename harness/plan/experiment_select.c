/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_select.c: variants are taken away from an experiment that is whole (see
 * experiment_select.h). What refers to a variant by its place is moved with it.
 */
#include "plan/experiment_select.h"

#include "base/ceilings.h"
#include "base/text.h"
#include "plan/experiment_scores.h"
#include "plan/experiment_stop.h"

enum { NAMES_TOLD = 20 };

static str *names_of(const struct experiment *experiment)
{
    str *name = arena_array(experiment->arena, str, experiment->variants + 1);
    for (size_t i = 0; i < experiment->variants; i++)
        name[i] = experiment->variant[i].name;
    return name;
}

static int unknown(const struct experiment *experiment, str name, struct mistakes *mistakes)
{
    struct arena *arena = experiment->arena;
    const str *known = names_of(experiment);
    str hint = mistake_hint(arena, name, known, experiment->variants, false);
    str list = text_list(arena, known, experiment->variants, NAMES_TOLD);
    return mistake_add(mistakes, (struct place){0}, "--variants: no variant '%.*s'%.*s%s %.*s",
                       STR_ARG(text_visible(arena, name)), STR_ARG(hint),
                       hint.n ? " The variants are" : "; expected some of", STR_ARG(list));
}

/* False after adding a mistake. */
static bool mark(const struct experiment *experiment, str names, bool *wanted,
                 struct mistakes *mistakes)
{
    bool good = true;
    do {
        str name;
        size_t i = 0;
        str_cut(names, ',', &name, &names);
        name = str_trim(name);
        while (i < experiment->variants && !str_equal(experiment->variant[i].name, name))
            i++;
        if (i < experiment->variants)
            wanted[i] = true;
        else
            good = unknown(experiment, name, mistakes) == 0;
    } while (names.n);
    return good;
}

/* ---- what goes with them ---- */

static void move_baseline(struct experiment *experiment, const size_t *place,
                          struct left_out *left_out)
{
    if (experiment->baseline_is_kept)
        return;
    if (place[experiment->baseline] == SIZE_MAX)
        left_out->baseline = experiment->variant[experiment->baseline].name;
    experiment->baseline = left_out->baseline.n ? 0 : place[experiment->baseline];
}

static void move_stop(struct experiment *experiment, const size_t *place,
                      struct left_out *left_out)
{
    if (!experiment->stop)
        return;
    struct stop_settings *stop = arena_new(experiment->arena, struct stop_settings);
    *stop = *experiment->stop;
    stop->of = place[stop->of];
    stop->against = place[stop->against];
    left_out->stop = stop->of == SIZE_MAX || stop->against == SIZE_MAX;
    experiment->stop = left_out->stop ? NULL : stop;
}

static void move_scores(struct experiment *experiment, const size_t *place)
{
    struct score *score = arena_array(experiment->arena, struct score, experiment->scores + 1);
    for (size_t i = 0; i < experiment->scores; i++) {
        bool *applies = arena_array(experiment->arena, bool, experiment->variants + 1);
        score[i] = experiment->score[i];
        for (size_t v = 0; v < experiment->variants; v++)
            if (place[v] != SIZE_MAX)
                applies[place[v]] = score[i].applies[v];
        score[i].applies = applies;
    }
    experiment->score = score;
}

/* They are embedded, and paid for, before the first cell. */
static void drop_examples(struct experiment *experiment, const bool *wanted)
{
    struct example_set **at = &experiment->examples;
    while (*at) {
        bool used = false;
        for (size_t v = 0; v < experiment->variants; v++)
            used = used || (wanted[v] && (*at)->used_by[v]);
        if (used)
            at = &(*at)->next;
        else
            *at = (*at)->next;
    }
}

/* Those that neither a variant that stays nor a score asks. */
static const bool *idle_models(const struct experiment *experiment, const bool *wanted)
{
    bool *idle = arena_array(experiment->arena, bool, experiment->models + 1);
    for (size_t i = 0; i < experiment->models; i++) {
        idle[i] = true;
        for (size_t v = 0; v < experiment->variants; v++)
            if (wanted[v] && experiment->model_used_by[i * MAX_VARIANTS + v])
                idle[i] = false;
        for (size_t k = 0; k < experiment->scores; k++)
            if (experiment->score[k].model == experiment->model[i])
                idle[i] = false;
    }
    return idle;
}

static void move_variants(struct experiment *experiment, const size_t *place,
                          struct left_out *left_out)
{
    str *name = arena_array(experiment->arena, str, experiment->variants + 1);
    size_t kept = 0;
    for (size_t v = 0; v < experiment->variants; v++) {
        if (place[v] == SIZE_MAX) {
            name[left_out->variants++] = experiment->variant[v].name;
            continue;
        }
        experiment->variant[kept] = experiment->variant[v];
        experiment->variant[kept].index = (uint32_t)kept;
        kept++;
    }
    left_out->variant = name;
    experiment->variants = kept;
}

void experiment_select(struct experiment *experiment, str names, struct mistakes *mistakes)
{
    bool wanted[MAX_VARIANTS] = {false};
    size_t place[MAX_VARIANTS], kept = 0;
    if (mistakes->count || !mark(experiment, names, wanted, mistakes))
        return;
    for (size_t v = 0; v < experiment->variants; v++)
        place[v] = wanted[v] ? kept++ : SIZE_MAX;
    if (kept == experiment->variants)
        return;
    if (kept == 1 && experiment_has_contest(experiment)) {
        mistake_add(mistakes, (struct place){0},
                    "--variants leaves one variant, and a score of the experiment compares "
                    "variants (select-best); expected at least two");
        return;
    }
    struct left_out *left_out = arena_new(experiment->arena, struct left_out);
    *left_out = (struct left_out){0};
    move_baseline(experiment, place, left_out);
    move_stop(experiment, place, left_out);
    move_scores(experiment, place);
    drop_examples(experiment, wanted);
    left_out->idle_model = idle_models(experiment, wanted);
    move_variants(experiment, place, left_out);
    experiment->left_out = left_out;
}

/* ---- said ---- */

str experiment_left_out_text(struct arena *arena, const struct experiment *experiment)
{
    const struct left_out *left_out = experiment->left_out;
    str text = {"", 0};
    if (!left_out)
        return text;
    if (left_out->baseline.n && experiment->variants > 1)
        text = arena_printf(arena,
                            "--variants leaves out the baseline '%.*s': variants are compared "
                            "with '%.*s'\n",
                            STR_ARG(left_out->baseline),
                            STR_ARG(experiment->variant[experiment->baseline].name));
    if (left_out->stop)
        text = arena_printf(arena,
                            "%.*s--variants leaves out a variant that stop watches: no cell is "
                            "skipped\n",
                            STR_ARG(text));
    return text;
}

const json *experiment_left_out_json(const struct experiment *experiment)
{
    const struct left_out *left_out = experiment->left_out;
    struct arena *arena = experiment->arena;
    if (!left_out)
        return NULL;
    json *object = json_new_object(arena), *list = json_new_list(arena);
    for (size_t i = 0; i < left_out->variants; i++)
        json_add(arena, list, json_new_text(arena, left_out->variant[i]));
    json_set(arena, object, STR("variants"), list);
    if (left_out->baseline.n)
        json_set_text(arena, object, "baseline", left_out->baseline);
    return object;
}
