/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.c: who answers: the keys of a model and what it can do (see model.h).
 */
#include "llm/model.h"

#include "llm/credentials.h"
#include "llm/dialect.h"

/* ---- capabilities ---- */

static const char *const schema_modes[] = {"native", "tool", "prompt", NULL};

const struct opt llm_capabilities_options[] = {
    OPT_CHOICE(llm_capabilities, schema, .choices = schema_modes, .fallback = "native",
               .help = "how structured output is asked for"),
    OPT_BOOL(llm_capabilities, tools, .fallback = "true", .help = "it can call tools"),
    OPT_BOOL(llm_capabilities, seed, .fallback = "true", .help = "it takes a seed"),
    OPT_BOOL(llm_capabilities, temperature, .fallback = "true",
             .help = "it takes temperature and top_p"),
    OPT_BOOL(llm_capabilities, stream, .fallback = "true", .help = "it can stream"),
    OPT_END,
};

static int read_capabilities(struct opt_parse *parse, const struct yaml *value, void *field)
{
    return opt_parse_mapping(parse, llm_capabilities_options, value, "capabilities", NULL,
                             field);
}

/* ---- the other keys ---- */

static int read_price(struct opt_parse *parse, const struct yaml *value, void *field)
{
    return llm_price_read(parse, value, field);
}

/* What weir must know is set by keys of its own: a reply that is streamed unasked, or an answer
 * to other messages, would be read wrongly. */
static int read_extra(struct opt_parse *parse, const struct yaml *value, void *field)
{
    static const char *const reserved[] = {"messages", "model", "stream"};
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place, "extra is %s; expected a mapping",
                           yaml_kind_name(value));
    int result = 0;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        const struct yaml_pair *pair = yaml_pair_get(value, str_from(reserved[i]));
        if (pair)
            result = mistake_add(parse->mistakes, pair->key_place,
                                 "extra cannot set '%s'; weir sets it itself", reserved[i]);
    }
    *(const json **)field = value->count ? yaml_to_json(parse->arena, value) : NULL;
    return result;
}

#define LIMIT(field, ...) OPT_INT(llm_model, field, .min = 1, .max = 1e12, __VA_ARGS__)

const struct opt llm_model_options[] = {
    {.key = "provider",
     .type = OPT_TYPE_TEXT,
     .offset = offsetof(struct llm_model, provider_name),
     .required = true,
     .help = "a name of `providers`, or a built-in one"},
    OPT_TEXT(llm_model, model, .required = true, .help = "the provider's own name for it"),
    OPT_CUSTOM(llm_model, price, .custom = read_price, .word = "price",
               .help = "dollars per million tokens; the built-in table's by default, else "
                       "unknown"),
    OPT_CHOICE(llm_model, tier, .choices = llm_tier_names, OPT_GIVEN(llm_model, has_tier),
               .help = "whose prices of the built-in table count; by default that of "
                       "`service_tier` in `extra`, else standard"),
    LIMIT(context, .help = "context window in tokens; unknown by default"),
    OPT_CUSTOM(llm_model, capabilities, .custom = read_capabilities, .word = "capabilities",
               .help = "what it can do; by dialect by default"),
    LIMIT(rpm, .help = "requests per minute of this model, beside the provider's limit"),
    LIMIT(tpm, .help = "tokens per minute, likewise"),
    LIMIT(concurrency, .help = "requests in flight, likewise"),
    OPT_CUSTOM(llm_model, extra, .custom = read_extra, .word = "mapping", .fallback = "{}",
               .form = "{type: object, properties: {messages: false, model: false,"
                       " stream: false}}",
               .help = "members merged into the request body as they are"),
    OPT_END,
};

/* Completes the tier by what is asked of the provider. False: a word that nothing is known of. */
static bool tier_is_known(struct llm_model *model)
{
    static const char *const members[] = {"service_tier", "serviceTier"};
    enum llm_tier tier = LLM_TIER_STANDARD;
    bool known = true;
    for (size_t i = 0; i < 2 && !model->has_tier; i++) {
        str word = json_text(json_get(model->extra, str_from(members[i])));
        if (word.n)
            known = llm_tier_of_word(word, &tier);
    }
    if (!model->has_tier)
        model->tier = (int)tier;
    return known;
}

int llm_model_read(struct opt_parse *parse, str name, const struct yaml *mapping,
                   struct llm_model *model)
{
    static const struct opt *const defaults[] = {llm_model_defaults_options};
    const struct opt_also also = {.tables = defaults, .table_count = 1};
    size_t before = parse->mistakes->count + parse->mistakes->dropped;

    *model = (struct llm_model){.name = name};
    opt_defaults(llm_capabilities_options, parse->arena, &model->capabilities);
    const struct yaml *clean = llm_refuse_credentials(parse, mapping);
    opt_parse_mapping(parse, llm_model_options, clean, "model", &also, model);
    for (size_t i = 0; clean->kind == YAML_MAPPING && i < clean->count; i++) {
        const struct opt *row = opt_find(llm_model_defaults_options, clean->pair[i].key);
        if (row)
            opt_parse_value(parse, row, clean->pair[i].value, &model->defaults);
    }
    if (!model->price.known && tier_is_known(model))
        model->price = llm_price_builtin(model->model, (enum llm_tier)model->tier);
    return parse->mistakes->count + parse->mistakes->dropped == before ? 0 : -1;
}

void llm_params_complete(const struct llm_model *model, struct llm_params *params)
{
    const struct llm_dialect *dialect = model->provider ? model->provider->dialect : NULL;
    if (!dialect || !dialect->max_tokens || params->has_max_tokens)
        return;
    params->has_max_tokens = true;
    params->max_tokens = dialect->max_tokens;
}

/* ---- what it cannot do ---- */

str llm_request_check(const struct llm_request *request, struct arena *arena)
{
    const struct llm_model *model = request->model;
    const struct llm_params *params = &request->params;
    const struct llm_capabilities *can = &model->capabilities;
    const struct llm_dialect *dialect = model->provider ? model->provider->dialect : NULL;
    const char *lacks = NULL;
    if (dialect && (request->embeds ? !dialect->embedding : !dialect->encode))
        return arena_printf(arena, "model '%.*s' cannot %s: %s does not", STR_ARG(model->name),
                            request->embeds ? "make vectors" : "answer", dialect->name);
    if (params->has_temperature && !can->temperature)
        lacks = "temperature";
    else if (params->has_top_p && !can->temperature)
        lacks = "top_p";
    else if (params->has_seed && !can->seed)
        lacks = "a seed";
    else if (params->has_stream && params->stream && !can->stream)
        lacks = "streaming";
    else if (request->tools && !can->tools)
        lacks = "tools";
    else if (request->schema && can->schema == LLM_SCHEMA_TOOL && !can->tools)
        lacks = "tools, which its way of structured output needs";
    if (lacks)
        return arena_printf(arena, "model '%.*s' cannot take %s (see its capabilities)",
                            STR_ARG(model->name), lacks);
    if (dialect && dialect->check && !request->embeds)
        return dialect->check(request, arena);
    return STR("");
}
