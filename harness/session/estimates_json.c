/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimates_json.c: estimates as one JSON object (see estimates.h; docs/estimates.md has its members).
 */
#include "session/estimates.h"

static const double usd = 1e-9;

static void set_number(struct arena *arena, json *object, const char *key, double value)
{
    json_set(arena, object, str_from(key), json_new_number(arena, value));
}

static json *spread_json(struct arena *arena, struct spread spread, double unit)
{
    json *object = json_new_object(arena);
    set_number(arena, object, "low", spread.low * unit);
    set_number(arena, object, "expected", spread.expected * unit);
    set_number(arena, object, "worst", spread.worst * unit);
    json_set(arena, object, STR("at_least"), json_new_bool(spread.open));
    return object;
}

static json *estimate_json(struct arena *arena, const struct estimate *estimate)
{
    static const char *const keys[] = {"calls", "input_tokens", "output_tokens", "cost_usd"};
    json *object = json_new_object(arena);
    for (int i = 0; i < ESTIMATE_SHOWN; i++)
        json_set(arena, object, str_from(keys[i]),
                 spread_json(arena, estimate->part[i], i == ESTIMATE_NANOUSD ? usd : 1));
    return object;
}

static json *named(struct arena *arena, const char *key, str name)
{
    json *object = json_new_object(arena);
    json_set_text(arena, object, key, name);
    return object;
}

static json *variants_json(struct arena *arena, const struct estimates *e)
{
    json *list = json_new_list(arena);
    for (size_t i = 0; i < e->experiment->variants; i++) {
        json *one = named(arena, "variant", e->experiment->variant[i].name);
        json_set(arena, one, STR("cell"), estimate_json(arena, &e->variant[i].cell));
        json_set(arena, one, STR("all"), estimate_json(arena, &e->variant[i].all));
        json_add(arena, list, one);
    }
    return list;
}

static json *scores_json(struct arena *arena, const struct estimates *e)
{
    json *list = json_new_list(arena);
    for (size_t i = 0; i < e->scores; i++) {
        json *one = named(arena, "score", e->score[i].score->name);
        json_set(arena, one, STR("all"), estimate_json(arena, &e->score[i].all));
        json_add(arena, list, one);
    }
    return list;
}

static json *models_json(struct arena *arena, const struct estimates *e)
{
    json *list = json_new_list(arena);
    for (size_t i = 0; i < e->models; i++) {
        const struct llm_model *model = e->model[i].model;
        json *one = named(arena, "model", model->name);
        json_set(arena, one, STR("price_known"), json_new_bool(model->price.known));
        json_set(arena, one, STR("all"), estimate_json(arena, &e->model[i].all));
        json_add(arena, list, one);
    }
    return list;
}

static json *budgets_json(struct arena *arena, const struct estimates *e)
{
    static const char *const verdicts[] = {"fits", "may not fit", "will probably not fit",
                                           "cannot fit"};
    json *list = json_new_list(arena);
    for (size_t i = 0; i < e->budgets; i++) {
        const struct budget_estimate *budget = &e->budget[i];
        json *one = named(arena, "key", arena_printf(arena, "budget.run.%s", budget->key));
        set_number(arena, one, "budget", budget->budget);
        json_set(arena, one, STR("needs"), spread_json(arena, budget->needs, 1));
        json_set_text(arena, one, "verdict", str_from(verdicts[budget->verdict]));
        json_add(arena, list, one);
    }
    return list;
}

static json *warnings_json(struct arena *arena, const struct experiment *experiment)
{
    struct mistake_told *told;
    json *list = json_new_list(arena);
    size_t count = mistakes_tell(experiment->warnings, &told);
    for (size_t i = 0; i < count; i++) {
        json *one = named(arena, "file", told[i].path);
        json_set_int(arena, one, "line", told[i].line);
        json_set_int(arena, one, "column", told[i].col);
        json_set_text(arena, one, "message", told[i].message);
        json_add(arena, list, one);
    }
    return list;
}

const json *estimates_as_json(struct arena *arena, const struct estimates *e)
{
    const struct experiment *experiment = e->experiment;
    json *object = named(arena, "experiment", experiment->name);
    json_set_int(arena, object, "samples", (int64_t)experiment->originals);
    json_set_int(arena, object, "trials", experiment->trials);
    set_number(arena, object, "cells", e->cells * (double)experiment->variants);
    json_set(arena, object, STR("expected_from"),
             e->run.id.n ? json_new_text(arena, e->run.id) : json_null());
    json_set_int(arena, object, "measured_samples", (int64_t)e->measured);
    json_set(arena, object, STR("variants"), variants_json(arena, e));
    json_set(arena, object, STR("scores"), scores_json(arena, e));
    json_set(arena, object, STR("setup"), estimate_json(arena, &e->setup));
    json_set(arena, object, STR("all"), estimate_json(arena, &e->all));
    json_set(arena, object, STR("models"), models_json(arena, e));
    json_set(arena, object, STR("rates_seconds"),
             e->rates_by.n ? spread_json(arena, e->rates_s, 1) : json_null());
    json_set(arena, object, STR("rates_by"),
             e->rates_by.n ? json_new_text(arena, e->rates_by) : json_null());
    json_set(arena, object, STR("wall_seconds"),
             e->wall_by.n ? spread_json(arena, e->wall_s, 1) : json_null());
    json_set(arena, object, STR("wall_by"),
             e->wall_by.n ? json_new_text(arena, e->wall_by) : json_null());
    json_set(arena, object, STR("budgets"), budgets_json(arena, e));
    json_set(arena, object, STR("warnings"), warnings_json(arena, experiment));
    return object;
}
