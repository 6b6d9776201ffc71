/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wrong_options.c: reading the list of wrong answers of a mock file (see wrong.h).
 */
#include "mock_server/wrong.h"

static const char *const break_names[] = {"type", "missing", "extra", "enum", NULL};

/* What an entry's rows fill; the kind key decides which of it counts. */
struct wrong_spec {
    const struct yaml *label, *replace;
    const struct template *text;
    bool other_row, prose, fenced, truncated;
    const struct template_path *drop_item, *double_item;
    const struct yaml *refusal;
    int break_schema;
    double share;
};

/* clang-format off */
const struct opt wrong_options[] = {
    OPT_RAW(wrong_spec, label, .word = "mapping", .form = "{$ref: '#/$defs/wrong_label'}", .help = "{one_of: list, at: path}: another of these than the right one, at the path (the whole answer by default)"),
    OPT_CUSTOM(wrong_spec, text, .custom = template_read, .word = "template", .help = "this"),
    OPT_BOOL(wrong_spec, other_row, .form = "{const: true}", .help = "the right answer of another row"),
    OPT_CUSTOM(wrong_spec, drop_item, .custom = path_read, .word = "path", .help = "an item of this list is missing"),
    OPT_CUSTOM(wrong_spec, double_item, .custom = path_read, .word = "path", .help = "an item of this list is there twice"),
    OPT_RAW(wrong_spec, replace, .word = "mapping", .form = "{$ref: '#/$defs/wrong_replace'}", .help = "{at: path, by: template}: an invented source, a wrong number"),
    OPT_BOOL(wrong_spec, prose, .form = "{const: true}", .help = "the right JSON with chat around it"),
    OPT_BOOL(wrong_spec, fenced, .form = "{const: true}", .help = "the right JSON in a code fence"),
    OPT_BOOL(wrong_spec, truncated, .form = "{const: true}", .help = "ends early, finish reason length"),
    OPT_RAW(wrong_spec, refusal, .word = "text", .form = "{anyOf: [{type: string}, {const: true}]}", .help = "true or the words: a refusal in the provider's way"),
    OPT_CHOICE(wrong_spec, break_schema, .choices = break_names, .help = "breaks the schema in this way"),
    OPT_NUMBER(wrong_spec, share, .fallback = "1", .min = 0, .max = 1e9, .help = "weight among the others"),
    OPT_END_FORM(
        "{oneOf: [{required: [label]}, {required: [text]}, {required: [other_row]}, {required: [drop_item]},"
        "  {required: [double_item]}, {required: [replace]}, {required: [prose]}, {required: [fenced]},"
        "  {required: [truncated]}, {required: [refusal]}, {required: [break_schema]}"
        " ]}"),
};
/* clang-format on */

static const str kinds[WRONG_KINDS] = {
    [WRONG_LABEL] = STR_INIT("label"),
    [WRONG_TEXT] = STR_INIT("text"),
    [WRONG_OTHER_ROW] = STR_INIT("other_row"),
    [WRONG_DROP_ITEM] = STR_INIT("drop_item"),
    [WRONG_DOUBLE_ITEM] = STR_INIT("double_item"),
    [WRONG_REPLACE] = STR_INIT("replace"),
    [WRONG_PROSE] = STR_INIT("prose"),
    [WRONG_FENCED] = STR_INIT("fenced"),
    [WRONG_TRUNCATED] = STR_INIT("truncated"),
    [WRONG_REFUSAL] = STR_INIT("refusal"),
    [WRONG_BREAK_SCHEMA] = STR_INIT("break_schema"),
};

static int list_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    if (value->kind != YAML_LIST || value->count == 0)
        return mistake_add(parse->mistakes, value->place, "one_of is %s; expected a list",
                           value_shown(parse->arena, value));
    *(const json **)field = yaml_to_json(parse->arena, value);
    return 0;
}

struct wrong_parts {
    const json *one_of;
    const struct template_path *at;
    const struct template *by;
};

/* clang-format off */
const struct opt wrong_label_options[] = {
    OPT_CUSTOM(wrong_parts, one_of, .custom = list_read, .required = true, .word = "list", .form = "{type: array, minItems: 1}", .help = "labels"),
    OPT_CUSTOM(wrong_parts, at, .custom = path_read, .word = "path", .help = "where the label is"),
    OPT_END,
};
const struct opt wrong_replace_options[] = {
    OPT_CUSTOM(wrong_parts, at, .custom = path_read, .required = true, .word = "path", .help = "what is replaced"),
    OPT_CUSTOM(wrong_parts, by, .custom = template_read, .required = true, .word = "template", .help = "by what"),
    OPT_END,
};
/* clang-format on */

static int read_parts(struct opt_parse *parse, const struct wrong_spec *spec,
                      struct wrong *wrong)
{
    struct wrong_parts parts = {0};
    int result = 0;
    if (spec->label)
        result =
            opt_parse_mapping(parse, wrong_label_options, spec->label, "label", NULL, &parts);
    if (spec->replace)
        result = opt_parse_mapping(parse, wrong_replace_options, spec->replace, "replace", NULL,
                                   &parts);
    wrong->one_of = parts.one_of;
    wrong->path = parts.at;
    wrong->template = parts.by;
    return result;
}

static int read_refusal(struct opt_parse *parse, const struct yaml *value, struct wrong *wrong)
{
    if (value->kind == YAML_TEXT)
        wrong->refusal = value->text;
    else if (value->kind != YAML_BOOL || !value->boolean)
        return mistake_add(parse->mistakes, value->place,
                           "refusal is %s; expected true or the words of the refusal",
                           value_shown(parse->arena, value));
    return 0;
}

static int read_wrong(struct opt_parse *parse, const struct yaml *value, struct wrong *wrong)
{
    struct wrong_spec spec = {0};
    int kind = read_one_kind(parse, value, "wrong answer", kinds, WRONG_KINDS);
    opt_defaults(wrong_options, parse->arena, &spec);
    if (kind < 0 ||
        opt_parse_mapping(parse, wrong_options, value, "wrong answer", NULL, &spec) < 0 ||
        read_parts(parse, &spec, wrong) < 0 ||
        (spec.refusal && read_refusal(parse, spec.refusal, wrong) < 0))
        return -1;
    wrong->kind = (enum wrong_kind)kind;
    wrong->share = spec.share;
    wrong->breaks = (enum break_kind)spec.break_schema;
    if (spec.text)
        wrong->template = spec.text;
    if (kind == WRONG_DROP_ITEM)
        wrong->path = spec.drop_item;
    if (kind == WRONG_DOUBLE_ITEM)
        wrong->path = spec.double_item;
    bool off = (kind == WRONG_OTHER_ROW && !spec.other_row) ||
               (kind == WRONG_PROSE && !spec.prose) || (kind == WRONG_FENCED && !spec.fenced) ||
               (kind == WRONG_TRUNCATED && !spec.truncated);
    if (off)
        return mistake_add(parse->mistakes, yaml_get(value, kinds[kind])->place,
                           "'%s' is false; expected true, or no entry",
                           wrong_kind_name(wrong->kind));
    return 0;
}

int wrong_list_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct wrong_list *list = field;
    if (value->kind != YAML_LIST || value->count == 0)
        return mistake_add(parse->mistakes, value->place,
                           "wrong is %s; expected a list of wrong answers",
                           value_shown(parse->arena, value));
    struct wrong *wrong = arena_array(parse->arena, struct wrong, value->count);
    int result = 0;
    double total = 0;
    for (size_t i = 0; i < value->count; i++) {
        result |= read_wrong(parse, value->item[i], &wrong[i]);
        total += wrong[i].share;
    }
    *list = (struct wrong_list){wrong, value->count, true};
    if (result == 0 && total <= 0)
        return mistake_add(parse->mistakes, value->place,
                           "the shares of all wrong answers are 0");
    return result ? -1 : 0;
}

struct wrong_list wrong_list_default(struct arena *arena)
{
    struct wrong *wrong = arena_new(arena, struct wrong);
    *wrong = (struct wrong){.kind = WRONG_OTHER_ROW, .share = 1};
    return (struct wrong_list){wrong, 1, false};
}

int wrong_list_check_names(struct opt_parse *parse, const struct wrong_list *list,
                           const str *names, size_t count)
{
    int result = 0;
    for (size_t i = 0; i < list->count; i++)
        result |= template_check_names(parse, list->wrong[i].template, names, count);
    return result;
}

bool wrong_list_uses(const struct wrong_list *list, str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (template_uses(list->wrong[i].template, name))
            return true;
    return false;
}
