/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_stop.c: `stop` names two variants, and looks at samples in an order that the data
 * cannot have made (see experiment_stop.h).
 *
 * The decision itself is taken in stats/stop.c; run/stopping.c ends the run.
 */
#include "plan/experiment_stop.h"

static const char *const metric_choices[] = {"accuracy", "score", NULL};

const struct opt stop_options[] = {
    OPT_RAW(stop_keys, of, .word = "variant_name",
            .help = "the variant that is watched; with exactly two it may be left out"),
    OPT_RAW(stop_keys, against, .word = "variant_name",
            .help = "what it is compared with; the baseline when not given"),
    OPT_CHOICE(stop_keys, metric, .choices = metric_choices, .fallback = "accuracy",
               .help = "of right or wrong, or of the mean score"),
    OPT_NUMBER(stop_keys, alpha, .min = 0.0001, .max = 0.5, .fallback = "0.05",
               .help = "chance of a false alarm, over all looks together"),
    OPT_NUMBER(stop_keys, margin, .min = 0, .max = 1, .fallback = "0",
               .help =
                   "above 0: also when it is decided whether it is worse by more than that"),
    OPT_INT(stop_keys, min_samples, .min = 1, .max = 1e9, .fallback = "20",
            .help = "that are looked at before anything is decided"),
    OPT_END,
};

struct reader {
    struct experiment *experiment;
    struct mistakes *mistakes;
    const struct yaml *yaml;
};

static int find_variant(const struct reader *r, const struct yaml *value, const char *key,
                        size_t *variant)
{
    const struct experiment *experiment = r->experiment;
    str *words = arena_array(experiment->arena, str, experiment->variants + 1);
    if (!yaml_is(value, YAML_TEXT))
        return mistake_add(r->mistakes, value->place,
                           "%s is %s; expected the name of a variant", key,
                           yaml_kind_name(value));
    for (size_t i = 0; i < experiment->variants; i++) {
        words[i] = experiment->variant[i].name;
        if (str_equal(words[i], value->text)) {
            *variant = i;
            return 0;
        }
    }
    str hint = mistake_hint(experiment->arena, value->text, words, experiment->variants, true);
    return mistake_add(r->mistakes, value->place, "no variant '%.*s'%.*s", STR_ARG(value->text),
                       STR_ARG(hint));
}

static int find_watched(const struct reader *r, const struct stop_keys *keys,
                        struct stop_settings *stop)
{
    const struct experiment *experiment = r->experiment;
    if (keys->of)
        return find_variant(r, keys->of, "of", &stop->of);
    if (experiment->variants != 2)
        return mistake_add(r->mistakes, r->yaml->place,
                           "stop does not say which of %zu variants it watches; expected of",
                           experiment->variants);
    stop->of = stop->against == 0;
    return 0;
}

static int find_pair(const struct reader *r, const struct stop_keys *keys,
                     struct stop_settings *stop)
{
    const struct experiment *experiment = r->experiment;
    if (experiment->baseline_is_kept)
        return mistake_add(
            r->mistakes, r->yaml->place,
            "stop watches two variants of a run, and baseline is a file; expected "
            "a variant as baseline, or no stop");
    if (experiment->variants < 2)
        return mistake_add(r->mistakes, r->yaml->place,
                           "stop compares two variants; expected a second one, or no stop");
    stop->against = experiment->baseline;
    if (keys->against && find_variant(r, keys->against, "against", &stop->against) < 0)
        return -1;
    if (find_watched(r, keys, stop) < 0)
        return -1;
    if (stop->of != stop->against)
        return 0;
    const struct yaml *at = keys->of ? keys->of : keys->against;
    return mistake_add(r->mistakes, at ? at->place : r->yaml->place,
                       "'%.*s' is compared with itself; expected another variant",
                       STR_ARG(experiment->variant[stop->of].name));
}

int stop_load(struct experiment *experiment, const struct yaml *yaml, struct mistakes *mistakes)
{
    struct reader reader = {experiment, mistakes, yaml};
    struct opt_parse parse = {experiment->arena, mistakes, NULL};
    struct stop_keys keys = {0};
    int result = 0;
    opt_defaults(stop_options, experiment->arena, &keys);
    if (opt_parse_mapping(&parse, stop_options, yaml, "stop", NULL, &keys) < 0)
        return -1;
    struct stop_settings *stop = arena_new(experiment->arena, struct stop_settings);
    *stop = (struct stop_settings){.score = keys.metric == 1,
                                   .alpha = keys.alpha,
                                   .margin = keys.margin,
                                   .min_samples = keys.min_samples};
    if (experiment->order != ORDER_BLOCKED)
        result = mistake_add(mistakes, yaml->place,
                             "stop looks at samples in an order that says nothing of them; "
                             "expected order: blocked, not file");
    if (experiment->variants > 0 && find_pair(&reader, &keys, stop) < 0)
        result = -1;
    experiment->stop = stop;
    return result;
}

const json *stop_effective(const struct experiment *experiment)
{
    const struct stop_settings *stop = experiment->stop;
    struct arena *arena = experiment->arena;
    json *object = json_new_object(arena);
    if (experiment->variants < 2)
        return object;
    json_set_text(arena, object, "of", experiment->variant[stop->of].name);
    json_set_text(arena, object, "against", experiment->variant[stop->against].name);
    json_set_text(arena, object, "metric", str_from(metric_choices[stop->score]));
    json_set(arena, object, STR("alpha"), json_new_number(arena, stop->alpha));
    json_set(arena, object, STR("margin"), json_new_number(arena, stop->margin));
    json_set_int(arena, object, "min_samples", stop->min_samples);
    return object;
}
