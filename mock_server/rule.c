/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rule.c: reading the rules of a mock file (see rule.h). Choosing one is decide.c's.
 */
#include "mock_server/rule.h"

#include "base/ceilings.h"
#include "base/file.h"

struct answer_spec {
    const struct answer_key *from;
    const struct template *right;
    struct wrong_list wrong;
};

struct tool_call_spec {
    str name;
    const struct template *arguments;
};

struct rule_spec {
    struct when when;
    const struct yaml *answer, *tool_call;
    const struct template *reply;
    str file;
    int64_t status;
    struct law first_token, per_token;
    bool first_token_given, per_token_given;
};

/* clang-format off */
const struct opt answer_options[] = {
    OPT_CUSTOM(answer_spec, from, .custom = answer_key_name_read, .required = true, .word = "answer key name", .form = "{type: string}", .help = "whose rows are looked for"),
    OPT_CUSTOM(answer_spec, right, .custom = template_read, .word = "template", .help = "the right answer; the key's by default"),
    OPT_CUSTOM(answer_spec, wrong, .custom = wrong_list_read, .word = "list", .form = "{$ref: '#/$defs/wrong_list'}", .help = "wrong answers; the key's by default"),
    OPT_END,
};
const struct opt tool_call_options[] = {
    OPT_TEXT(tool_call_spec, name, .required = true, .help = "the tool"),
    OPT_CUSTOM(tool_call_spec, arguments, .custom = template_read, .required = true, .word = "template", .help = "its arguments"),
    OPT_END,
};
const struct opt rule_options[] = {
    OPT_CUSTOM(rule_spec, when, .custom = when_read, .word = "mapping", .form = "{$ref: '#/$defs/when'}", .help = "all must hold; always, by default"),
    OPT_RAW(rule_spec, answer, .word = "mapping", .form = "{$ref: '#/$defs/answer'}", .help = "{from, right, wrong}: right with the model's skill, else wrong"),
    OPT_CUSTOM(rule_spec, reply, .custom = template_read, .word = "template", .help = "text, or an object sent as JSON"),
    OPT_TEXT(rule_spec, file, .help = "a recorded reply: the whole body in a .json file, else the text"),
    OPT_RAW(rule_spec, tool_call, .word = "mapping", .form = "{anyOf: [{$ref: '#/$defs/tool_call'}, {type: array, minItems: 1, items: {$ref: '#/$defs/tool_call'}}]}", .help = "{name, arguments}: a call of this tool, or a list of calls at once"),
    OPT_INT(rule_spec, status, .min = 400, .max = 599, .help = "the provider's error"),
    OPT_CUSTOM(rule_spec, first_token, .custom = law_read, .word = "time", OPT_GIVEN(rule_spec, first_token_given), .help = "time to the first token; the model's by default"),
    OPT_CUSTOM(rule_spec, per_token, .custom = law_read, .word = "time", OPT_GIVEN(rule_spec, per_token_given), .help = "time per token; the model's by default"),
    OPT_END_FORM("{oneOf: [{required: [answer]}, {required: [reply]}, {required: [file]}, {required: [tool_call]}, {required: [status]}]}"),
};
/* clang-format on */

static const str kinds[] = {STR_INIT("answer"), STR_INIT("reply"), STR_INIT("file"),
                            STR_INIT("tool_call"), STR_INIT("status")};

enum { NAMES_MAX = 64 };

static int read_answer(struct opt_parse *parse, const struct yaml *value, struct rule *rule)
{
    struct answer_spec spec = {0};
    if (opt_parse_mapping(parse, answer_options, value, "answer", NULL, &spec) < 0)
        return -1;
    rule->from = spec.from;
    rule->right = spec.right ? spec.right : spec.from->right;
    rule->wrong = spec.wrong.given ? spec.wrong : spec.from->wrong;
    const struct yaml *right = yaml_get(value, STR("right"));
    return answer_check_right(parse, rule->from, rule->right,
                              right ? right->place : value->place);
}

static int read_file(struct opt_parse *parse, const struct yaml *value, struct rule *rule)
{
    const struct reading *reading = parse->context;
    struct err err = {0};
    str path = path_beside(parse->arena, reading->file, value->text);
    if (file_read(parse->arena, path.p, MAX_DATASET_BYTES, &rule->file, &err) < 0)
        return mistake_add(parse->mistakes, value->place, "%s", err.message);
    rule->file_is_body = str_equal(path_extension(path), STR("json"));
    return 0;
}

static int read_call(struct opt_parse *parse, const struct yaml *value, struct rule_call *call)
{
    struct tool_call_spec spec = {0};
    if (opt_parse_mapping(parse, tool_call_options, value, "tool_call", NULL, &spec) < 0)
        return -1;
    *call = (struct rule_call){spec.name, spec.arguments};
    return 0;
}

static int read_tool_call(struct opt_parse *parse, const struct yaml *value, struct rule *rule)
{
    bool list = value->kind == YAML_LIST;
    size_t count = list ? value->count : 1;
    if (count == 0)
        return mistake_add(parse->mistakes, value->place, "tool_call is an empty list");
    struct rule_call *call = arena_array(parse->arena, struct rule_call, count);
    int result = 0;
    for (size_t i = 0; i < count; i++)
        result |= read_call(parse, list ? value->item[i] : value, &call[i]);
    rule->call = call;
    rule->calls = count;
    return result;
}

static int check_names(struct opt_parse *parse, const struct rule *rule)
{
    str names[NAMES_MAX] = {STR("request")};
    size_t count = 1;
    when_names(&rule->when, parse->arena, names, &count, NAMES_MAX - 2);
    if (rule->kind == RULE_ANSWER || rule->when.row) {
        names[count++] = STR("row");
        names[count++] = STR("parent");
    }
    struct reading *reading = parse->context;
    reading->in_rule = true;
    int result = template_check_names(parse, rule->right, names, count);
    for (size_t i = 0; i < rule->calls; i++)
        result |= template_check_names(parse, rule->call[i].arguments, names, count);
    result |= wrong_list_check_names(parse, &rule->wrong, names, count);
    reading->in_rule = false;
    return result;
}

static int read_rule(struct opt_parse *parse, const struct yaml_pair *pair, struct rule *rule)
{
    struct rule_spec spec = {0};
    int kind = read_one_kind(parse, pair->value, "rule", kinds, 5);
    if (kind < 0 ||
        opt_parse_mapping(parse, rule_options, pair->value, "rule", NULL, &spec) < 0)
        return -1;
    *rule = (struct rule){
        .name = pair->key,
        .when = spec.when,
        .kind = (enum rule_kind)kind,
        .right = spec.reply,
        .status = spec.status,
        .first_token = spec.first_token,
        .per_token = spec.per_token,
        .first_token_given = spec.first_token_given,
        .per_token_given = spec.per_token_given,
    };
    int result = 0;
    if (kind == RULE_ANSWER)
        result = read_answer(parse, spec.answer, rule);
    else if (kind == RULE_FILE)
        result = read_file(parse, yaml_get(pair->value, STR("file")), rule);
    else if (kind == RULE_TOOL_CALL)
        result = read_tool_call(parse, spec.tool_call, rule);
    if (result < 0 || check_names(parse, rule) < 0)
        return -1;
    rule->uses_request = template_uses(rule->right, STR("request")) ||
                         wrong_list_uses(&rule->wrong, STR("request"));
    for (size_t i = 0; i < rule->calls; i++)
        rule->uses_request |= template_uses(rule->call[i].arguments, STR("request"));
    return 0;
}

int rules_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct rules *rules = field;
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "rules is %s; expected a mapping from name to rule",
                           value_shown(parse->arena, value));
    int result = 0;
    rules->rule = arena_array(parse->arena, struct rule, value->count);
    rules->count = value->count;
    for (size_t i = 0; i < value->count; i++)
        result |= read_rule(parse, &value->pair[i], &rules->rule[i]);
    return result ? -1 : 0;
}
