/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.c: the top of a mock file and its models (see config.h). The parts are read by the
 * modules that use them.
 *
 * Answer keys are read before everything else, whatever the order of the file, because rules,
 * faults and skills name them.
 */
#include "mock_server/config.h"

#include "base/mem.h"

static const char *const unknown_names[] = {"serve", "refuse", NULL};

struct mock_spec {
    int64_t seed;
    double scale;
    const struct yaml *models, *answers;
    int unknown_model;
    struct rules rules;
    struct faults faults;
    struct limits limits;
};

struct mock_model_spec {
    int profile, mode;
    struct law first_token, per_token;
    bool first_token_given, per_token_given;
    int64_t slots, context;
    struct load slowdown;
    struct reasoning reasoning;
    struct prompt_cache cache;
    struct skill skill;
    bool skill_given;
    const struct yaml *skills;
    double systematic, prompt_sensitivity;
    struct opt_texts snapshots, fingerprints;
};

/* clang-format off */
const struct opt mock_options[] = {
    OPT_INT(mock_spec, seed, .fallback = "1", .min = 0, .max = 9007199254740992.0, .help = "every draw is keyed by it"),
    OPT_NUMBER(mock_spec, scale, .fallback = "1", .min = 0, .max = 1e6, .help = "all simulated times times this; 0: at once"),
    OPT_RAW(mock_spec, models, .word = "mapping", .form = "{type: object, additionalProperties: {$ref: '#/$defs/model'}}", .help = "API name to model; \"*\" is any other"),
    OPT_CHOICE(mock_spec, unknown_model, .choices = unknown_names, .fallback = "serve", .help = "refuse: the provider's 404"),
    OPT_RAW(mock_spec, answers, .word = "mapping", .form = "{type: object, additionalProperties: {$ref: '#/$defs/answers'}}", .help = "name to answer key"),
    OPT_CUSTOM(mock_spec, rules, .custom = rules_read, .word = "mapping", .form = "{type: object, additionalProperties: {$ref: '#/$defs/rule'}}", .help = "name to rule; the first that matches"),
    OPT_CUSTOM(mock_spec, faults, .custom = faults_read, .word = "list", .form = "{type: array, items: {$ref: '#/$defs/fault'}}", .help = "each drawn for itself; the first that strikes"),
    OPT_CUSTOM(mock_spec, limits, .custom = limits_read, .word = "list", .form = "{type: array, items: {$ref: '#/$defs/limit'}}", .help = "rate limits and quotas"),
    OPT_END,
};
const struct opt mock_model_options[] = {
    OPT_CHOICE(mock_model_spec, profile, .choices = profile_names, .fallback = "instant", .help = "times of a kind of model"),
    OPT_CUSTOM(mock_model_spec, first_token, .custom = law_read, .word = "time", OPT_GIVEN(mock_model_spec, first_token_given), .help = "time to the first token; the profile's by default"),
    OPT_CUSTOM(mock_model_spec, per_token, .custom = law_read, .word = "time", OPT_GIVEN(mock_model_spec, per_token_given), .help = "time per token; the profile's by default"),
    OPT_INT(mock_model_spec, slots, .min = 1, .max = 1e9, .help = "requests served at once, the others queue"),
    OPT_INT(mock_model_spec, context, .min = 1, .max = 1e12, .help = "tokens of input that fit; more are refused"),
    OPT_CUSTOM(mock_model_spec, slowdown, .custom = load_read, .word = "slowdown", .help = "all times grow with the requests in service; never, by default"),
    OPT_CUSTOM(mock_model_spec, reasoning, .custom = reasoning_read, .word = "reasoning", .help = "tokens of reasoning before the reply; none by default"),
    OPT_CUSTOM(mock_model_spec, cache, .custom = prompt_cache_read, .word = "cache", .help = "prompts that were read before; none by default"),
    OPT_CUSTOM(mock_model_spec, skill, .custom = skill_read, .word = "skill", OPT_GIVEN(mock_model_spec, skill_given), .help = "chance to be right where a rule has an answer; 1 by default"),
    OPT_RAW(mock_model_spec, skills, .word = "mapping", .form = "{type: object, additionalProperties: {$ref: '#/$defs/skill'}}", .help = "rule or answer key to skill"),
    OPT_CHOICE(mock_model_spec, mode, .choices = skill_mode_names, .fallback = "bernoulli", .help = "exact: accuracy within 1/N of the skill; paired: one draw per item for all models"),
    OPT_SHARE(mock_model_spec, systematic, .fallback = "0", .help = "share of the errors that is the same on every repetition"),
    OPT_SHARE(mock_model_spec, prompt_sensitivity, .fallback = "0", .help = "share of the draw that changes with the wording"),
    OPT_TEXTS(mock_model_spec, snapshots, .help = "names of the model that replies give, one drawn for each; the name asked for by default"),
    OPT_TEXTS(mock_model_spec, fingerprints, .help = "likewise, of the system behind it (openai-chat); one that stays by default"),
    OPT_END,
};
/* clang-format on */

/* ---- models ---- */

static int read_skills(struct opt_parse *parse, const struct yaml *value, struct model *model)
{
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "skills is %s; expected a mapping from rule to skill",
                           value_shown(parse->arena, value));
    struct named_skill *skill = arena_array(parse->arena, struct named_skill, value->count);
    int result = 0;
    for (size_t i = 0; i < value->count; i++) {
        skill[i].rule = value->pair[i].key;
        result |= skill_read(parse, value->pair[i].value, &skill[i].skill);
    }
    model->skills = skill;
    model->skill_count = value->count;
    return result;
}

static int read_model(struct opt_parse *parse, const struct yaml_pair *pair,
                      struct model *model)
{
    struct mock_model_spec spec = {0};
    opt_defaults(mock_model_options, parse->arena, &spec);
    if (opt_parse_mapping(parse, mock_model_options, pair->value, "model", NULL, &spec) < 0)
        return -1;
    *model = (struct model){
        .name = pair->key,
        .slots = spec.slots,
        .context = spec.context,
        .load = spec.slowdown,
        .reasoning = spec.reasoning,
        .cache = spec.cache,
        .skill = spec.skill_given ? spec.skill : skill_of(1),
        .mode = (enum skill_mode)spec.mode,
        .systematic = spec.systematic,
        .prompt_sensitivity = spec.prompt_sensitivity,
        .snapshot = spec.snapshots.text,
        .snapshots = spec.snapshots.count,
        .fingerprint = spec.fingerprints.text,
        .fingerprints = spec.fingerprints.count,
    };
    profile_laws((enum profile)spec.profile, &model->first_token, &model->per_token);
    if (spec.first_token_given)
        model->first_token = spec.first_token;
    if (spec.per_token_given)
        model->per_token = spec.per_token;
    return spec.skills ? read_skills(parse, spec.skills, model) : 0;
}

static int read_models(struct opt_parse *parse, const struct yaml *value, struct config *config)
{
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "models is %s; expected a mapping from name to model",
                           value_shown(parse->arena, value));
    int result = 0;
    struct model *model = arena_array(parse->arena, struct model, value->count);
    for (size_t i = 0; i < value->count; i++)
        result |= read_model(parse, &value->pair[i], &model[i]);
    config->model = model;
    config->models = value->count;
    for (size_t i = 0; i < value->count; i++)
        if (str_equal(model[i].name, STR("*")))
            config->any = &model[i];
    return result;
}

/* A skill for a rule that does not exist is a typo that would silently mean skill 1. */
static int check_skill_names(struct opt_parse *parse, const struct yaml *models,
                             const struct config *config)
{
    size_t count = 0;
    int result = 0;
    str *names =
        arena_array(parse->arena, str, config->rules.count + config->answers.count + 1);
    for (size_t i = 0; i < config->rules.count; i++)
        names[count++] = config->rules.rule[i].name;
    for (size_t i = 0; i < config->answers.count; i++)
        names[count++] = config->answers.key[i].name;
    for (size_t m = 0; yaml_is(models, YAML_MAPPING) && m < models->count; m++) {
        const struct yaml *skills = yaml_get(models->pair[m].value, STR("skills"));
        for (size_t i = 0; yaml_is(skills, YAML_MAPPING) && i < skills->count; i++) {
            bool known = false;
            for (size_t n = 0; n < count; n++)
                known |= str_equal(names[n], skills->pair[i].key);
            if (known)
                continue;
            str hint = mistake_hint(parse->arena, skills->pair[i].key, names, count, true);
            result = mistake_add(parse->mistakes, skills->pair[i].key_place,
                                 "unknown rule or answer key '%.*s'%.*s",
                                 STR_ARG(skills->pair[i].key), STR_ARG(hint));
        }
    }
    return result;
}

/* ---- the whole ---- */

static const struct model *default_model(struct arena *arena)
{
    struct model *model = arena_new(arena, struct model);
    *model = (struct model){.name = STR("*"), .skill = skill_of(1)};
    profile_laws(PROFILE_INSTANT, &model->first_token, &model->per_token);
    return model;
}

struct config *config_default(void)
{
    struct config *config = xcalloc(1, sizeof *config);
    config->seed = 1;
    config->scale = 1;
    config->any = default_model(&config->arena);
    return config;
}

/* `within` may use what any rule captures; names of rules are known only at the end. */
static int check_within(struct opt_parse *parse, const struct config *config)
{
    enum { NAMES_MAX = 256 };
    str *names = arena_array(parse->arena, str, NAMES_MAX);
    size_t count = 0;
    int result = 0;
    names[count++] = STR("request");
    for (size_t i = 0; i < config->rules.count; i++)
        when_names(&config->rules.rule[i].when, parse->arena, names, &count, NAMES_MAX);
    for (size_t i = 0; i < config->answers.count; i++)
        result |= template_check_names(parse, config->answers.key[i].within, names, count);
    return result;
}

static void fill(struct opt_parse *parse, const struct yaml *root, struct config *config)
{
    struct mock_spec spec = {0};
    const struct yaml *answers = yaml_get(root, STR("answers"));
    const struct yaml *models = yaml_get(root, STR("models"));
    opt_defaults(mock_options, parse->arena, &spec);
    if (answers)
        answer_keys_read(parse, answers, &config->answers);
    if (opt_parse_mapping(parse, mock_options, root, "mock file", NULL, &spec) < 0) {
        if (models)
            read_models(parse, models, config); /* all that is wrong is told at once */
        return;
    }
    config->seed = (uint64_t)spec.seed;
    config->scale = spec.scale;
    config->refuse_unknown = spec.unknown_model == 1;
    config->rules = spec.rules;
    config->faults = spec.faults;
    config->limits = spec.limits;
    if (models)
        read_models(parse, models, config);
    check_skill_names(parse, models, config);
    check_within(parse, config);
}

static bool read_root(struct config *config, const struct yaml *root, str path,
                      struct mistakes *mistakes)
{
    struct reading reading = {.file = path, .keys = &config->answers};
    struct opt_parse parse = {&config->arena, mistakes, &reading};
    if (root && root->kind != YAML_NULL)
        fill(&parse, root, config);
    return mistakes->count == 0;
}

/* Also with mistakes, which live in its arena. */
static struct config *read_place(struct config_place at, struct mistakes *mistakes)
{
    struct config *config = config_default();
    mistakes_init(mistakes, &config->arena);
    const struct yaml *root =
        yaml_load(&config->arena, at.path, at.path, &yaml_file_limits, mistakes);
    const struct yaml *part = root && at.under.n ? yaml_get(root, at.under) : root;
    if (root && !part)
        mistake_add(mistakes, root->place, "nothing stands under '%.*s'; expected a mock file",
                    STR_ARG(at.under));
    read_root(config, part, at.path, mistakes);
    return config;
}

struct config *config_load(struct config_place place, struct err *err)
{
    struct mistakes mistakes;
    struct config *config = read_place(place, &mistakes);
    if (mistakes_report(&mistakes, err) == 0)
        return config;
    config_free(config);
    return NULL;
}

struct config *config_read(struct arena *arena, struct config_place place, str *said)
{
    struct mistakes mistakes;
    struct config *config = read_place(place, &mistakes);
    *said = STR("");
    if (mistakes.count == 0)
        return config;
    *said = arena_str(arena, mistakes_text(&mistakes));
    config_free(config);
    return NULL;
}

const json *config_mistakes(struct arena *arena, struct config_place place)
{
    struct mistakes mistakes;
    struct mistake_told *told;
    struct config *config = read_place(place, &mistakes);
    json *object = json_new_object(arena), *list = json_new_list(arena);
    size_t count = mistakes_tell(&mistakes, &told);
    for (size_t i = 0; i < count; i++) {
        json *one = json_new_object(arena);
        json_set_text(arena, one, "path", told[i].path);
        json_set_int(arena, one, "line", told[i].line);
        json_set_int(arena, one, "column", told[i].col);
        json_set_text(arena, one, "message", told[i].message);
        json_add(arena, list, one);
    }
    json_set(arena, object, STR("mistakes"), list);
    json_set_int(arena, object, "more", (int64_t)mistakes.dropped);
    config_free(config);
    return object;
}

struct config *config_parse(struct arena *arena, str path, str text, str *said)
{
    struct config *config = config_default();
    struct mistakes mistakes;
    mistakes_init(&mistakes, &config->arena);
    struct source *source = arena_new(&config->arena, struct source);
    *source = (struct source){path, arena_str(&config->arena, text)};
    const struct yaml *root = yaml_parse(&config->arena, source, &yaml_file_limits, &mistakes);
    *said = STR("");
    if (read_root(config, root, path, &mistakes))
        return config;
    *said = arena_str(arena, mistakes_text(&mistakes));
    config_free(config);
    return NULL;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    struct arena arena = config->arena;
    xfree(config);
    arena_release(&arena);
}

const struct model *config_model(const struct config *config, str name)
{
    for (size_t i = 0; i < config->models; i++)
        if (str_equal(config->model[i].name, name))
            return &config->model[i];
    bool star = config->any->name.n && config->models && config->any >= config->model &&
                config->any < config->model + config->models;
    return config->refuse_unknown && !star ? NULL : config->any;
}

const struct skill *model_skill(const struct model *model, str rule)
{
    for (size_t i = 0; i < model->skill_count; i++)
        if (str_equal(model->skills[i].rule, rule))
            return &model->skills[i].skill;
    return &model->skill;
}
