/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bind_parts.c: what patterns ask the binder for: lists, prompts, schemas, models, parameters
 * (see bind.h).
 */
#include "plan/bind.h"

#include "base/ceilings.h"
#include "plan/experiment.h"

const struct template *bind_list(const struct binder *binder, const struct yaml *yaml,
                                 const char *what, struct shape *item,
                                 struct shape_length *length)
{
    struct shape shape = {0};
    if (yaml->kind != YAML_TEXT && yaml->kind != YAML_LIST) {
        mistake_add(binder->mistakes, yaml->place,
                    "%s is %s; expected one {{…}} alone, or a list", what,
                    yaml_kind_name(yaml));
        return NULL;
    }
    const struct template *template = bind_template(binder, yaml, &shape);
    if (!template)
        return NULL;
    if (yaml->kind == YAML_TEXT && !template_is_ref(template)) {
        bool tags = template_literal(template) == NULL;
        mistake_add(binder->mistakes, yaml->place,
                    "%s is text%s; expected one {{…}} alone, or a list", what,
                    tags ? " around references" : "");
        return NULL;
    }
    if (shape.kind == SHAPE_TEXT || shape.kind == SHAPE_NUMBER || shape.kind == SHAPE_OBJECT) {
        mistake_add(binder->mistakes, yaml->place, "%s is %s; expected a list", what,
                    shape.kind == SHAPE_OBJECT ? "an object"
                    : shape.kind == SHAPE_TEXT ? "a text"
                                               : "a number");
        return NULL;
    }
    *item = (struct shape){0};
    *length = shape.length;
    if (shape.kind == SHAPE_LIST) {
        *item = *shape.item;
    } else if (shape.kind == SHAPE_SCHEMA) {
        const json *inner = NULL;
        enum jsonschema_member is = jsonschema_item(shape.schema, shape.at, &inner);
        if (is == SCHEMA_MEMBER_TYPE) {
            mistake_add(binder->mistakes, yaml->place,
                        "%s is no list by its schema; expected a list", what);
            return NULL;
        }
        if (is == SCHEMA_MEMBER_YES && inner) {
            *item = shape_schema(shape.schema, shape.schema_name);
            item->at = inner;
        }
    }
    if (item->size.kind == SIZE_UNKNOWN && shape.size.kind != SIZE_UNKNOWN)
        item->size = shape_size_part(shape.size, shape_items(&shape));
    return template;
}

const struct prompt *bind_prompt(const struct binder *binder, const struct yaml *yaml)
{
    if (yaml_is(yaml, YAML_MAPPING))
        return prompt_new(binder->arena, yaml, binder->mistakes);
    if (yaml_is(yaml, YAML_TEXT))
        return experiment_prompt(binder->experiment, yaml->text, yaml->place, binder->mistakes);
    mistake_add(binder->mistakes, yaml->place,
                "prompt is %s; expected the name of a prompt file, or a mapping with 'user'",
                yaml_kind_name(yaml));
    return NULL;
}

/* One part of a JSON pointer (RFC 6901): ~1 is '/', ~0 is '~'. */
static str pointer_part(struct arena *arena, str part)
{
    char *out = arena_alloc(arena, part.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < part.n; i++) {
        bool escape = part.p[i] == '~' && i + 1 < part.n;
        out[n++] = !escape ? part.p[i] : part.p[++i] == '1' ? '/' : '~';
    }
    return (str){out, n};
}

struct place bind_pointer_place(struct arena *arena, const struct yaml *yaml, str pointer)
{
    str part;
    struct place place = yaml->place;
    pointer = str_sub(pointer, 1, pointer.n);
    while (yaml && pointer.n) {
        int64_t index;
        str_cut(pointer, '/', &part, &pointer);
        if (yaml_is(yaml, YAML_LIST) && str_to_int(part, &index) && index >= 0 &&
            (size_t)index < yaml->count)
            yaml = yaml->item[index];
        else
            yaml = yaml_get(yaml, pointer_part(arena, part));
        if (yaml)
            place = yaml->place;
    }
    return place;
}

int bind_schema(const struct binder *binder, const struct yaml *yaml,
                const struct jsonschema **schema, str *name)
{
    if (yaml_is(yaml, YAML_TEXT)) {
        *name = yaml->text;
        *schema =
            experiment_schema(binder->experiment, yaml->text, yaml->place, binder->mistakes);
        return *schema ? 0 : -1;
    }
    if (!yaml_is(yaml, YAML_MAPPING))
        return mistake_add(binder->mistakes, yaml->place,
                           "schema is %s; expected the name of a schema file, or the schema",
                           yaml_kind_name(yaml));
    struct jsonschema_problem problem = {0};
    *schema = jsonschema_new(binder->arena, yaml_to_json(binder->arena, yaml), &problem);
    if (!*schema)
        return mistake_add(binder->mistakes,
                           bind_pointer_place(binder->arena, yaml, problem.path),
                           "not a JSON Schema: %.*s", STR_ARG(problem.text));
    /* its title, else the step's name: what a provider is told, and a mock can match on */
    str title = json_text(json_get(jsonschema_source(*schema), STR("title")));
    *name = name_is_valid(title)           ? title
            : name_is_valid(binder->label) ? binder->label
                                           : STR("answer");
    return 0;
}

static void note_use(const struct binder *binder, const struct llm_model *model)
{
    const struct experiment *experiment = binder->experiment;
    for (size_t i = 0; binder->variant && i < experiment->models; i++)
        if (experiment->model[i] == model)
            experiment->model_used_by[i * MAX_VARIANTS + binder->variant->index] = true;
}

const struct llm_model *bind_model(const struct binder *binder, str name, struct place place)
{
    const struct experiment *experiment = binder->experiment;
    const struct llm_model *model = experiment_model(experiment, name);
    if (model) {
        note_use(binder, model);
        return model;
    }
    str *words = arena_array(binder->arena, str, experiment->models + 1);
    struct buf list = {0};
    for (size_t i = 0; i < experiment->models; i++) {
        words[i] = experiment->model[i]->name;
        buf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(words[i]));
    }
    str hint = mistake_hint(binder->arena, name, words, experiment->models, false);
    str has = list.n ? buf_str(&list) : STR("nothing");
    mistake_add(binder->mistakes, place, "unknown model '%.*s'; models has: %.*s%.*s",
                STR_ARG(name), STR_ARG(has), STR_ARG(hint));
    buf_release(&list);
    return NULL;
}

/* Reads the keys of `defaults` that a mapping has; other keys are its owner's. */
static int read_defaults(const struct binder *binder, const struct yaml *mapping,
                         struct llm_defaults *defaults)
{
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    int result = 0;
    for (size_t i = 0; yaml_is(mapping, YAML_MAPPING) && i < mapping->count; i++) {
        const struct opt *row = opt_find(llm_defaults_options, mapping->pair[i].key);
        if (row)
            result |= opt_parse_value(&parse, row, mapping->pair[i].value, defaults);
    }
    return result;
}

/* Where the model of a call is named: the call itself, its variant, the experiment. */
static const struct yaml *model_yaml(const struct binder *binder, const struct yaml *call)
{
    const struct yaml *variant = binder->variant ? binder->variant->defaults : NULL;
    const struct yaml *from[] = {call, variant, binder->experiment->defaults};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
        if (yaml_get(from[i], STR("model")))
            return yaml_get(from[i], STR("model"));
    return NULL;
}

/* The parameters of a call to the model that `named` names. */
static int params_for(const struct binder *binder, const struct yaml *call,
                      const struct yaml *named, const struct llm_model **model,
                      struct llm_params *params, int64_t *reask)
{
    struct llm_defaults sum = {0}, part = {0}, own = {0};
    int result = read_defaults(binder, binder->experiment->defaults, &sum);
    if (binder->variant && binder->variant->defaults)
        result |= read_defaults(binder, binder->variant->defaults, &part);
    result |= read_defaults(binder, call, &own);

    if (named->kind != YAML_TEXT) /* what it is instead was said by the reader of its row */
        return -1;
    *model = bind_model(binder, named->text, named->place);
    if (!*model)
        return -1;
    llm_defaults_overlay(&sum, &(*model)->defaults);
    llm_defaults_overlay(&sum, &part);
    llm_defaults_overlay(&sum, &own);
    *params = sum.params;
    llm_params_complete(*model, params);
    *reask = sum.has_reask ? sum.reask : 0;
    return result;
}

int bind_params(const struct binder *binder, const struct yaml *call, struct place place,
                const struct llm_model **model, struct llm_params *params, int64_t *reask)
{
    const struct yaml *named = model_yaml(binder, call);
    if (!named)
        return mistake_add(binder->mistakes, place,
                           "call has no model; expected model here or in defaults");
    return params_for(binder, call, named, model, params, reask);
}

int bind_fallback(const struct binder *binder, const struct yaml *call,
                  const struct yaml *named, const struct bind_wish *wish,
                  const struct llm_model **model, struct llm_params *params)
{
    int64_t reask; /* the call's own counts, whoever is asked */
    if (params_for(binder, call, named, model, params, &reask) < 0 ||
        bind_reservation(binder, named->place, *model, params) < 0)
        return -1;
    return bind_model_check(binder, named->place, *model, params, wish);
}

int bind_model_check(const struct binder *binder, struct place place,
                     const struct llm_model *model, const struct llm_params *params,
                     const struct bind_wish *wish)
{
    const struct llm_request request = {.model = model,
                                        .params = *params,
                                        .schema = wish->schema,
                                        .tool = wish->tool,
                                        .tools = wish->tools};
    str problem = llm_request_check(&request, binder->arena);
    if (problem.n == 0)
        return 0;
    return mistake_add(binder->mistakes, place, "%.*s", STR_ARG(problem));
}

static int check_reservation(const struct binder *binder, struct place place,
                             const struct llm_model *model, const struct llm_params *params,
                             const struct budget *budget, const char *path)
{
    if (!budget_reserves(budget))
        return 0;
    str label = binder->label.n ? binder->label : STR("call");
    if (!params->has_max_tokens)
        return mistake_add(binder->mistakes, place,
                           "call '%.*s' has no max_tokens, and %s.%s must reserve it; expected "
                           "max_tokens here, in the model or in defaults",
                           STR_ARG(label), path, budget->has_tokens ? "tokens" : "usd");
    if (budget->has_usd && !model->price.known)
        return mistake_add(binder->mistakes, place,
                           "model '%.*s' has no price, and %s.usd must reserve it; expected a "
                           "price in the model",
                           STR_ARG(model->name), path);
    return 0;
}

int bind_reservation(const struct binder *binder, struct place place,
                     const struct llm_model *model, const struct llm_params *params)
{
    int inner = check_reservation(binder, place, model, params, binder->reserves,
                                  binder->reserves_path);
    return inner < 0 ? -1
                     : check_reservation(binder, place, model, params,
                                         binder->experiment->run_budget, "budget.run");
}
