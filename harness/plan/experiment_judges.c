/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * experiment_judges.c: the models that scores ask (see experiment_scores.h).
 *
 * A judge is always named: it never falls back to the model under test. Its calls are calls like
 * any other, so its parameters follow the same precedence (the model, then `defaults`), and a
 * budget of the run must be able to reserve for them.
 */
#include "plan/experiment_scores.h"

#include "plan/experiment_tables.h"

/* What a judge answers (score/judge.c reads it). Bounds are checked here where a provider does not
 * take them. The reason comes first, so that the verdict follows from it. */
static const char verdict_schema[] =
    "{\"type\": \"object\", \"title\": \"verdict\", \"properties\": {"
    "\"reason\": {\"type\": \"string\"}, "
    "\"score\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}}, "
    "\"required\": [\"reason\", \"score\"], \"additionalProperties\": false}";
static const char comparison_schema[] =
    "{\"type\": \"object\", \"title\": \"comparison\", \"properties\": {"
    "\"reason\": {\"type\": \"string\"}, "
    "\"relation\": {\"type\": \"string\", "
    "\"enum\": [\"same\", \"less\", \"more\", \"other\", \"contradicts\"]}}, "
    "\"required\": [\"reason\", \"relation\"], \"additionalProperties\": false}";

static const char preference_schema[] =
    "{\"type\": \"object\", \"title\": \"preference\", \"properties\": {"
    "\"reason\": {\"type\": \"string\"}, "
    "\"better\": {\"type\": \"string\", \"enum\": [\"first\", \"second\", \"neither\"]}}, "
    "\"required\": [\"reason\", \"better\"], \"additionalProperties\": false}";

static int unwanted(struct mistakes *mistakes, const struct yaml_pair *pair, const char *key,
                    const struct check *check, const char *why)
{
    const struct yaml_pair *at = yaml_pair_get(pair->value, str_from(key));
    return mistake_add(
        mistakes, at->key_place, "%s is %s; '%s' %s", key, why, check->kind->name,
        check->kind->asks == ASKS_VECTORS ? "compares vectors" : "asks no model");
}

/* A score has no max_tokens of its own. */
static int check_max_tokens(const struct binder *binder, struct place place,
                            const struct score *score)
{
    const struct budget *budget = binder->experiment->run_budget;
    if (!budget_reserves(budget) || score->params.has_max_tokens)
        return 0;
    return mistake_add(binder->mistakes, place,
                       "judge '%.*s' has no max_tokens, and budget.run.%s must reserve it; "
                       "expected max_tokens in the model or in defaults",
                       STR_ARG(score->model->name), budget->has_tokens ? "tokens" : "usd");
}

static str schema_text(const struct check_kind *kind)
{
    if (kind->asks == ASKS_CONTEST)
        return STR(preference_schema);
    return kind->operand == OPERAND_REFERENCE ? STR(comparison_schema) : STR(verdict_schema);
}

/* ---- contests ---- */

static void note_output(void *context, const struct template_ref *ref)
{
    struct place *place = context;
    if (!place->source && str_equal(ref->name, STR("output")))
        *place = ref->place;
}

/* Both texts are judged by one criterion, which therefore cannot hold one of them. */
static int check_contest(const struct binder *binder, const struct yaml_pair *pair,
                         const struct score *score)
{
    struct place place = {0};
    const struct template_visitor visitor = {.ref = note_output, .context = &place};
    template_visit(score->check->operand, &visitor);
    if (place.source)
        return mistake_add(binder->mistakes, place,
                           "'output' is another one in each variant; the criterion of '%s' "
                           "is the same for all of them",
                           score->check->kind->name);
    if (yaml_get(pair->value, STR("step")))
        return mistake_add(binder->mistakes, yaml_pair_get(pair->value, STR("step"))->key_place,
                           "'%s' compares what variants put out; expected no step",
                           score->check->kind->name);
    if (binder->experiment->variants != 1) /* 0: there are mistakes in them */
        return 0;
    return mistake_add(binder->mistakes, score->check->place,
                       "'%s' compares variants; expected at least two",
                       score->check->kind->name);
}

int64_t score_calls(const struct experiment *experiment, const struct score *score)
{
    bool contest = score->check->kind->asks == ASKS_CONTEST;
    return score->repeats * (contest ? (int64_t)experiment->variants - 1 : 1);
}

bool experiment_has_contest(const struct experiment *experiment)
{
    for (size_t i = 0; i < experiment->scores; i++)
        if (experiment->score[i].check->kind->asks == ASKS_CONTEST)
            return true;
    return false;
}

static int bind_judge(const struct binder *binder, const struct yaml_pair *pair,
                      struct score *score)
{
    const struct yaml *at = yaml_get(pair->value, STR("model"));
    const json *schema = json_parse(binder->arena, schema_text(score->check->kind), NULL);
    score->schema = jsonschema_new(binder->arena, schema, NULL);
    const struct bind_wish wish = {.schema = score->schema};
    if (bind_params(binder, pair->value, at->place, &score->model, &score->params,
                    &score->reask) < 0 ||
        check_max_tokens(binder, at->place, score) < 0 ||
        bind_reservation(binder, at->place, score->model, &score->params) < 0)
        return -1;
    return bind_model_check(binder, at->place, score->model, &score->params, &wish);
}

static int bind_embedder(const struct binder *binder, const struct yaml_pair *pair, str name,
                         struct score *score)
{
    const struct yaml *at = yaml_get(pair->value, STR("model"));
    score->params = (struct llm_params){.has_max_tokens = true}; /* none come out */
    score->model = bind_embedding_model(binder, name, at->place);
    return score->model ? bind_reservation(binder, at->place, score->model, &score->params)
                        : -1;
}

int score_bind_model(struct experiment *experiment, struct mistakes *mistakes,
                     const struct yaml_pair *pair, const struct score_keys *keys,
                     struct score *score)
{
    const struct check *check = score->check;
    const struct binder binder = {
        .arena = experiment->arena,
        .mistakes = mistakes,
        .experiment = experiment,
        .label = pair->key,
    };
    score->repeats = keys->repeats;
    if (yaml_get(pair->value, STR("model")) && keys->model.n == 0)
        return -1; /* what it is instead was said by the reader of its row */
    bool judged = check_is_judged(check->kind);
    if (keys->has_repeats && !judged)
        return unwanted(mistakes, pair, "repeats", check, "for judges");
    bool of_model = judged || check->kind->asks == ASKS_VECTORS;
    if (keys->model.n == 0 && of_model)
        return mistake_add(mistakes, pair->key_place,
                           "score '%.*s' asks a model and names none; expected model: the %s",
                           STR_ARG(pair->key), judged ? "judge" : "embedding model");
    switch (check->kind->asks) {
    case ASKS_CONTEST:
        if (check_contest(&binder, pair, score) < 0)
            return -1;
        return bind_judge(&binder, pair, score);
    case ASKS_JUDGE:
        return bind_judge(&binder, pair, score);
    case ASKS_VECTORS:
        return bind_embedder(&binder, pair, keys->model, score);
    case ASKS_NOBODY:
    case ASKS_SERVER:
        break;
    }
    return yaml_get(pair->value, STR("model"))
               ? unwanted(mistakes, pair, "model", check, "for checks that ask one")
               : 0;
}
