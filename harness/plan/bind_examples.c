/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_examples.c: examples that a model embeds, once a run for all nodes that compare with the
 * same ones (see bind.h).
 */
#include "plan/bind.h"

#include "base/ceilings.h"
#include "plan/experiment.h"

const struct llm_model *bind_embedding_model(const struct binder *binder, str name,
                                             struct place place)
{
    const struct llm_model *model = bind_model(binder, name, place);
    if (!model)
        return NULL;
    const struct llm_request request = {.model = model, .embeds = 1};
    str problem = llm_request_check(&request, binder->arena);
    if (problem.n == 0)
        return model;
    mistake_add(binder->mistakes, place, "%.*s", STR_ARG(problem));
    return NULL;
}

static bool is_same(const struct example_set *set, const struct llm_model *model,
                    const str *text, size_t count)
{
    if (set->model != model || set->count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!str_equal(set->text[i], text[i]))
            return false;
    return true;
}

static const struct example_set *used(const struct binder *binder, struct example_set *set)
{
    if (binder->variant)
        set->used_by[binder->variant->index] = true;
    return set;
}

const struct example_set *bind_examples(const struct binder *binder,
                                        const struct llm_model *model, const str *text,
                                        size_t count)
{
    struct experiment *experiment = binder->experiment;
    for (struct example_set *set = experiment->examples; set; set = set->next)
        if (is_same(set, model, text, count))
            return used(binder, set);
    struct example_set *set = arena_new(binder->arena, struct example_set);
    *set = (struct example_set){
        .next = experiment->examples, .model = model, .text = text, .count = count};
    set->used_by = arena_array(binder->arena, bool, MAX_VARIANTS);
    experiment->examples = set;
    return used(binder, set);
}
