/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_scores.c: scores are read and their names checked (see experiment_scores.h).
 *
 * A score of a step sees what that step saw, so it is read once for each variant that has the
 * step, in the scope that the step was bound in. The checks that come out are the same; what
 * differs is only which mistakes are found.
 */
#include "plan/experiment_scores.h"

#include "plan/experiment_tables.h"

struct reader {
    struct experiment *experiment;
    struct mistakes *mistakes;
    const struct scope *inputs;
};

/* ---- step paths ---- */

/* Cuts the first segment off: a word, or a bracket with its contents. */
static str next_segment(str *rest)
{
    size_t n = 0;
    if (rest->n && rest->p[0] == '.')
        *rest = str_sub(*rest, 1, rest->n);
    if (rest->n && rest->p[0] == '[') {
        bool quoted = false;
        for (n = 1; n < rest->n && (quoted || rest->p[n] != ']'); n++) {
            if (rest->p[n] == '"')
                quoted = !quoted;
            else if (rest->p[n] == '\\' && quoted)
                n++;
        }
        n = n < rest->n ? n + 1 : rest->n;
    } else {
        while (n < rest->n && rest->p[n] != '.' && rest->p[n] != '[')
            n++;
    }
    str segment = str_sub(*rest, 0, n);
    *rest = str_sub(*rest, n, rest->n);
    return segment;
}

static bool is_index(str segment)
{
    return segment.n > 2 && segment.p[0] == '[' && char_is_digit(segment.p[1]);
}

bool step_path_matches(str pattern, str path)
{
    if (str_equal(pattern, STR(".")) || str_equal(path, STR(".")))
        return str_equal(pattern, path);
    while (pattern.n && path.n) {
        str want = next_segment(&pattern), is = next_segment(&path);
        bool any = str_equal(want, STR("[*]"));
        bool same = str_equal(want, is) || any || (str_equal(is, STR("[*]")) && is_index(want));
        if (!same)
            return false;
    }
    return pattern.n == 0 && path.n == 0;
}

/* ---- one score ---- */

static bool is_metric(str name)
{
    static const char *const metrics[] = {
        "accuracy", "score",       "error_rate",  "cost_usd",  "tokens",     "calls",
        "retries",  "latency_p50", "latency_p95", "pass_at_k", "pass_hat_k", NULL};
    for (size_t i = 0; metrics[i]; i++)
        if (str_equal(name, str_from(metrics[i])))
            return true;
    return false;
}

static void bind_score_names(const struct reader *reader, struct binder *binder,
                             const struct bound_step *step)
{
    static const char *const hidden[] = {"expected", "expected_steps", "metadata", "tags"};
    binder->scope = step ? step->scope : reader->inputs;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        bind_name(binder, SCOPE_INPUT, str_from(hidden[i]), (struct shape){0});
    bind_name(binder, SCOPE_NAME, STR("output"), (struct shape){0});
    if (!step)
        return;
    bind_name(binder, SCOPE_NAME, STR("value"), step->yields);
    if (str_equal(step->path, STR("by")) || str_ends_with(step->path, STR(".by")))
        bind_name(binder, SCOPE_NAME, STR("label"), (struct shape){0});
}

static const struct check *read_check(const struct reader *reader, const struct yaml_pair *pair,
                                      const struct bound_step *step)
{
    static const struct opt *const tables[] = {score_options};
    static const struct opt_also also = {.tables = tables, .table_count = 1};
    struct experiment *experiment = reader->experiment;
    struct binder binder = {
        .arena = experiment->arena,
        .mistakes = reader->mistakes,
        .experiment = experiment,
        .label = pair->key,
        .may_see_expected = true,
    };
    bind_score_names(reader, &binder, step);
    str what = arena_printf(experiment->arena, "score '%.*s'", STR_ARG(pair->key));
    return check_new(&binder, pair->value, what.p, &also);
}

enum { STEPS_TOLD = 12 };

/* All step paths of all variants, for "did you mean"; few of them are listed. */
static str step_hint(const struct reader *reader, str path)
{
    const struct experiment *experiment = reader->experiment;
    str words[256];
    size_t count = 0;
    for (size_t v = 0; v < experiment->variants; v++)
        for (struct bound_step *s = experiment->variant[v].first_step; s && count < 256;
             s = s->next)
            words[count++] = s->path;
    return mistake_hint(experiment->arena, path, words, count, count <= STEPS_TOLD);
}

static int read_step_score(const struct reader *reader, const struct yaml_pair *pair,
                           struct score *score, bool *applies)
{
    struct experiment *experiment = reader->experiment;
    bool found = false, all_bound = experiment->variants > 0;
    for (size_t v = 0; v < experiment->variants; v++) {
        struct variant *variant = &experiment->variant[v];
        all_bound = all_bound && variant->root;
        for (struct bound_step *s = variant->first_step; s; s = s->next) {
            if (!step_path_matches(score->step, s->path))
                continue;
            found = applies[v] = true;
            score->check = read_check(reader, pair, s);
        }
    }
    if (found || !all_bound) /* a variant with mistakes may well have it */
        return score->check || !all_bound ? 0 : -1;
    const struct yaml *at = yaml_get(pair->value, STR("step"));
    str hint = step_hint(reader, score->step);
    return mistake_add(reader->mistakes, at->place, "no variant has a step '%.*s'%.*s",
                       STR_ARG(score->step), STR_ARG(hint));
}

static int read_score(const struct reader *reader, const struct yaml_pair *pair,
                      struct score *score)
{
    struct experiment *experiment = reader->experiment;
    if (!name_is_valid(pair->key) || is_metric(pair->key))
        mistake_add(reader->mistakes, pair->key_place, "score '%.*s' %s; expected another name",
                    STR_ARG(pair->key),
                    is_metric(pair->key) ? "has the name of a metric" : "is no name");
    if (!yaml_is(pair->value, YAML_MAPPING))
        return mistake_add(reader->mistakes, pair->value->place,
                           "score '%.*s' is %s; expected a mapping with one check key",
                           STR_ARG(pair->key), yaml_kind_name(pair->value));
    struct opt_parse parse = {experiment->arena, reader->mistakes, NULL};
    struct score_keys keys = {.repeats = 1};
    int result = 0;
    for (size_t i = 0; i < pair->value->count; i++) {
        const struct opt *row = opt_find(score_options, pair->value->pair[i].key);
        if (row)
            result |= opt_parse_value(&parse, row, pair->value->pair[i].value, &keys);
    }
    bool *applies = arena_array(experiment->arena, bool, experiment->variants + 1);
    *score = (struct score){
        .name = pair->key,
        .step = keys.step,
        .weight = keys.has_weight ? keys.weight
                  : keys.step.n   ? 0
                                  : 1,
        .description = keys.description,
        .place = pair->key_place,
        .applies = applies,
    };
    if (yaml_get(pair->value, STR("step")) && !score->step.n)
        return -1; /* what the check sees is not known */
    if (score->step.n) {
        result |= read_step_score(reader, pair, score, applies);
    } else {
        for (size_t v = 0; v < experiment->variants; v++)
            applies[v] = true;
        score->check = read_check(reader, pair, NULL);
    }
    if (!score->check)
        return score->step.n ? result : -1;
    if (score->check->kind->looks_at == LOOKS_AT_CLOCK) {
        if (keys.has_weight && keys.weight > 0)
            mistake_add(reader->mistakes, yaml_pair_get(pair->value, STR("weight"))->key_place,
                        "'%s' hangs on a clock and decides nothing; expected weight 0 or none",
                        score->check->kind->name);
        score->weight = 0;
    }
    return result | score_bind_model(experiment, reader->mistakes, pair, &keys, score);
}

int scores_load(struct experiment *experiment, const struct yaml *yaml,
                const struct scope *inputs, struct mistakes *mistakes)
{
    if (!yaml_is(yaml, YAML_MAPPING))
        return mistake_add(mistakes, yaml->place,
                           "score is %s; expected a mapping from name to score",
                           yaml_kind_name(yaml));
    struct reader reader = {experiment, mistakes, inputs};
    struct score *score = arena_array(experiment->arena, struct score, yaml->count + 1);
    int result = 0;
    for (size_t i = 0; i < yaml->count; i++)
        result |= read_score(&reader, &yaml->pair[i], &score[i]);
    experiment->score = score;
    experiment->scores = yaml->count;
    return result;
}
