/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_inputs.c: fields are noted while templates are bound, and looked for in all rows at
 * the end (see experiment_inputs.h). Each is told with the first place that uses it.
 */
#include "plan/experiment_inputs.h"

struct used_input {
    struct used_input *next;
    str name;
    struct place place;
};

void experiment_input_used(struct experiment *experiment, str name, struct place place)
{
    for (const struct used_input *u = experiment->used; u; u = u->next)
        if (str_equal(u->name, name))
            return;
    struct used_input *used = arena_new(experiment->arena, struct used_input);
    *used = (struct used_input){experiment->used, name, place};
    experiment->used = used;
}

static bool sample_has(const struct experiment *experiment, const struct sample *sample,
                       str name)
{
    if (str_equal(name, STR("expected")))
        return sample->expected != NULL;
    if (scope_is_hidden(name))
        return true; /* empty when not given */
    return json_get(sample->inputs, name) || json_get(experiment->vars, name);
}

/* One sentence for a column that is not there, not one for each of its rows. */
static bool no_answers(const struct experiment *experiment, const struct used_input *used,
                       struct mistakes *mistakes)
{
    if (!str_equal(used->name, STR("expected")) || experiment->dataset.count < 2)
        return false;
    for (size_t i = 0; i < experiment->dataset.count; i++)
        if (experiment->dataset.sample[i].expected)
            return false;
    mistake_add(mistakes, used->place,
                "no row has an expected answer; add a field 'expected', say which one it is "
                "(dataset: {file: FILE, expected: NAME}), or write | default(null)");
    return true;
}

void experiment_check_inputs(const struct experiment *experiment, struct mistakes *mistakes)
{
    for (const struct used_input *used = experiment->used; used; used = used->next) {
        if (no_answers(experiment, used, mistakes))
            continue;
        for (size_t i = 0; i < experiment->dataset.count; i++) {
            const struct sample *sample = &experiment->dataset.sample[i];
            if (sample_has(experiment, sample, used->name))
                continue;
            str where = place_text(experiment->arena, used->place);
            bool answer = str_equal(used->name, STR("expected"));
            mistake_add(mistakes, sample->place,
                        "sample '%.*s' has no field '%.*s', which %.*s uses; add it, or %s",
                        STR_ARG(sample->id), STR_ARG(used->name), STR_ARG(where),
                        answer ? "write | default(null) where nothing is expected"
                               : "give a default in vars");
        }
    }
}
