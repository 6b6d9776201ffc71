/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_operand.c: what stands behind a check key, read by the operand type of its row.
 *
 * A mistake of form is found here, before anything runs; what a reference yields is known only
 * later, and is then judged by the check itself. Patterns and schemas are compiled once.
 */
#include "plan/check_parts.h"

#include "base/regex.h"
#include "base/text.h"
#include "llm/llm.h"
#include "plan/bind.h"

#include <math.h>

/* One operand while it is read. */
struct operand {
    const struct binder *binder;
    const struct yaml_pair *pair; /* the check key and the operand */
    struct check *check;
};

#define operand_mistake(operand, place, ...)                                                   \
    mistake_add((operand)->binder->mistakes, (place), __VA_ARGS__)

static const char *operand_wanted(const struct check_kind *kind)
{
    switch (kind->operand) {
    case OPERAND_TEXT:
        return "a text";
    case OPERAND_TEXTS:
        return "a list of texts";
    case OPERAND_LIST:
        return "a list";
    case OPERAND_OBJECT:
        return "a mapping";
    case OPERAND_INT:
        return "a whole number of at least 0";
    case OPERAND_NUMBER:
        return "a number";
    case OPERAND_TRUE:
        return "true";
    case OPERAND_REGEX:
        return "a pattern, as text";
    case OPERAND_SCHEMA:
        return "a schema's name, or a schema";
    case OPERAND_NUMERIC:
        return "a mapping {value, tolerance}";
    case OPERAND_COMMAND:
        return "a list of texts, the program and its arguments";
    case OPERAND_RUBRIC:
        return "a text that says what a good value is";
    case OPERAND_REFERENCE:
        return "a text that says what is true";
    case OPERAND_CRITERION:
        return "a text that says what makes one answer better than another";
    case OPERAND_RECORDS:
        return "a mapping {value, key}";
    case OPERAND_URL:
        return "a URL, as text";
    case OPERAND_DURATION:
        return "a duration such as 2s or 500ms";
    case OPERAND_USD:
        return "a number of dollars";
    case OPERAND_FINISH:
        return "one of stop, length, filter, tool, other";
    case OPERAND_SPAN:
        return "a mapping {min, max}, or a whole number";
    case OPERAND_TEMPLATE:
    case OPERAND_LIKENESS:
        break;
    }
    return "a value";
}

static str yaml_shown(struct arena *arena, const struct yaml *yaml)
{
    str text = text_shorten(arena, yaml->text, 40);
    if (yaml->kind == YAML_NUMBER || yaml->kind == YAML_BOOL)
        return arena_printf(arena, "the %s %.*s", yaml->kind == YAML_NUMBER ? "number" : "bool",
                            STR_ARG(text));
    if (yaml->kind == YAML_TEXT)
        return arena_printf(arena, "the text '%.*s'", STR_ARG(text));
    return str_from(yaml_kind_name(yaml));
}

static int wrong_operand(const struct operand *operand, const struct yaml *at, const char *part,
                         const char *wanted)
{
    str shown = yaml_shown(operand->binder->arena, at);
    return operand_mistake(operand, at->place, "%.*s%s is %.*s; expected %s",
                           STR_ARG(operand->pair->key), part, STR_ARG(shown), wanted);
}

static int bind_operand(const struct operand *operand, const struct yaml *yaml)
{
    operand->check->operand = bind_template(operand->binder, yaml, NULL);
    return operand->check->operand ? 0 : -1;
}

/* A text where something else is wanted must be one {{…}}, which may be anything when it runs. */
static int bind_ref(const struct operand *operand, const struct yaml *yaml, const char *wanted)
{
    if (bind_operand(operand, yaml) < 0)
        return -1;
    const struct template *template = operand->check->operand;
    if (template_is_ref(template))
        return 0;
    if (template_literal(template))
        return wrong_operand(operand, yaml, "", wanted);
    return operand_mistake(operand, yaml->place,
                           "%.*s is text around references; expected one {{…}} alone, or %s",
                           STR_ARG(operand->pair->key), wanted);
}

static int read_texts(const struct operand *operand, const struct yaml *yaml)
{
    for (size_t i = 0; i < yaml->count; i++)
        if (yaml->item[i]->kind != YAML_TEXT)
            return wrong_operand(operand, yaml->item[i], ": an item", "a text");
    return bind_operand(operand, yaml);
}

static int read_number(const struct operand *operand, const struct yaml *yaml)
{
    const struct check_kind *kind = operand->check->kind;
    double number = yaml->number;
    if (!isfinite(number) ||
        (kind->operand == OPERAND_INT && (number < 0 || number != floor(number))))
        return wrong_operand(operand, yaml, "", operand_wanted(kind));
    return bind_operand(operand, yaml);
}

/* Where in the file the offset of a pattern is, if the file holds the pattern as it is. */
static struct place pattern_place(const struct yaml *yaml, size_t offset)
{
    struct place place = yaml->place;
    if (!place.source || yaml->raw_to <= yaml->raw_from)
        return place;
    str raw = str_sub(place.source->text, yaml->raw_from, yaml->raw_to);
    ptrdiff_t at = str_find(raw, yaml->text, 0);
    return at < 0 ? place : place_at(place.source, yaml->raw_from + (size_t)at + offset);
}

static int read_regex(const struct operand *operand, const struct yaml *yaml)
{
    str what;
    size_t at;
    operand->check->fixed =
        regex_new(operand->binder->arena, yaml->text, REGEX_UTF, &what, &at);
    if (operand->check->fixed)
        return 0;
    return operand_mistake(operand, pattern_place(yaml, at),
                           "%.*s is no pattern: %.*s, at byte %zu; expected a PCRE2 pattern",
                           STR_ARG(operand->pair->key), STR_ARG(what), at);
}

static int read_schema(const struct operand *operand, const struct yaml *yaml)
{
    const struct jsonschema *schema = NULL;
    str name;
    if (bind_schema(operand->binder, yaml, &schema, &name) < 0)
        return -1;
    operand->check->fixed = schema;
    return 0;
}

struct numeric {
    const struct yaml *value;
    double tolerance;
};

const struct opt check_numeric_options[] = {
    OPT_RAW(numeric, value, .word = "number or ref", .required = true,
            .form = "{type: [number, string], pattern: '\\{\\{'}",
            .help = "the number that is expected"),
    OPT_NUMBER(numeric, tolerance, .fallback = "0", .form = "{minimum: 0}",
               .help = "largest difference that passes"),
    OPT_END,
};

static int read_numeric(const struct operand *operand, const struct yaml *yaml)
{
    const struct binder *binder = operand->binder;
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    struct numeric numeric = {0};
    if (opt_parse_mapping(&parse, check_numeric_options, yaml, "numeric", NULL, &numeric) < 0)
        return -1;
    if (!(numeric.tolerance >= 0))
        return wrong_operand(operand, yaml_get(yaml, STR("tolerance")), ".tolerance",
                             "a number of at least 0");
    struct numeric_fixed *fixed = arena_new(binder->arena, struct numeric_fixed);
    fixed->tolerance = numeric.tolerance;
    operand->check->fixed = fixed;
    if (numeric.value->kind == YAML_NUMBER)
        return bind_operand(operand, numeric.value);
    if (numeric.value->kind != YAML_TEXT)
        return wrong_operand(operand, numeric.value, ".value", "a number, or one {{…}}");
    return bind_ref(operand, numeric.value, "a number");
}

struct records {
    const struct yaml *value;
    str key;
};

const struct opt check_records_options[] = {
    OPT_RAW(records, value, .word = "list or ref", .required = true, .form = OPT_FORM_LIST,
            .help = "the records that are expected"),
    OPT_TEXT(records, key, .help = "the member by which they are paired"),
    OPT_END,
};

static int read_records(const struct operand *operand, const struct yaml *yaml)
{
    const struct binder *binder = operand->binder;
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    struct records records = {.key = STR("")};
    if (opt_parse_mapping(&parse, check_records_options, yaml, "records", NULL, &records) < 0)
        return -1;
    str *key = arena_new(binder->arena, str);
    *key = records.key;
    operand->check->fixed = key;
    if (records.value->kind == YAML_LIST)
        return bind_operand(operand, records.value);
    if (records.value->kind != YAML_TEXT)
        return wrong_operand(operand, records.value, ".value", "a list, or one {{…}}");
    return bind_ref(operand, records.value, "a list");
}

/* No templates: what a model wrote must not choose whom weir talks to. */
static int read_url(const struct operand *operand, const struct yaml *yaml)
{
    str *url = arena_new(operand->binder->arena, str);
    *url = arena_str(operand->binder->arena, yaml->text);
    operand->check->fixed = url;
    bool good = (str_starts_with(*url, STR("https://")) ||
                 str_starts_with(*url, STR("http://"))) &&
                !str_contains(*url, STR("{{"));
    return good ? 0 : wrong_operand(operand, yaml, "", "a URL with http or https, and no {{…}}");
}

static int read_true(const struct operand *operand, const struct yaml *yaml)
{
    if (yaml->kind == YAML_BOOL && yaml->boolean)
        return 0;
    if (yaml->kind != YAML_BOOL)
        return wrong_operand(operand, yaml, "", "true");
    const char *name = operand->check->kind->name;
    return operand_mistake(
        operand, yaml->place, "%.*s is the bool false; expected true (the opposite is %s%s)",
        STR_ARG(operand->pair->key), operand->check->negated ? "" : "not-", name);
}

static int read_command(const struct operand *operand, const struct yaml *yaml)
{
    struct command *command = arena_new(operand->binder->arena, struct command);
    operand->check->fixed = command;
    if (bind_command(operand->binder, yaml, operand->check->kind->name, command) < 0)
        return -1;
    return bind_environment(operand->binder, NULL, command);
}

static const struct opt use_options[] = {
    OPT_DURATION(use_fixed, latency, .help = "longest time"),
    OPT_USD(use_fixed, cost, .help = "highest cost"),
    OPT_END,
};

static int read_use(const struct operand *operand, const struct yaml *yaml)
{
    const struct binder *binder = operand->binder;
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    struct use_fixed *fixed = arena_new(binder->arena, struct use_fixed);
    operand->check->fixed = fixed;
    const struct opt *row = opt_find(use_options, str_from(operand->check->kind->name));
    return opt_parse_value(&parse, row, yaml, fixed);
}

/* Its own words, and those that two providers have for the same. */
static int read_finish(const struct operand *operand, const struct yaml *yaml)
{
    static const char *const others[] = {"content_filter", "filter", "tool_calls", "tool"};
    for (int i = LLM_FINISH_STOP; i <= LLM_FINISH_OTHER && !operand->check->fixed; i++)
        if (str_equal(yaml->text, str_from(llm_finish_name((enum llm_finish)i))))
            operand->check->fixed = llm_finish_name((enum llm_finish)i);
    for (size_t i = 0; i < 4 && !operand->check->fixed; i += 2)
        if (str_equal(yaml->text, str_from(others[i])))
            operand->check->fixed = others[i + 1];
    return operand->check->fixed
               ? 0
               : wrong_operand(operand, yaml, "", operand_wanted(operand->check->kind));
}

const struct opt check_span_options[] = {
    OPT_INT(span_fixed, min, .min = 0, .max = 1e9, .help = "fewest words"),
    OPT_INT(span_fixed, max, .min = 0, .max = 1e9, .help = "most words"),
    OPT_END_FORM("{minProperties: 1}"),
};

static int read_span(const struct operand *operand, const struct yaml *yaml)
{
    const struct binder *binder = operand->binder;
    struct opt_parse parse = {binder->arena, binder->mistakes, NULL};
    struct span_fixed *fixed = arena_new(binder->arena, struct span_fixed);
    operand->check->fixed = fixed;
    *fixed = (struct span_fixed){-1, -1};
    if (yaml->kind != YAML_MAPPING) {
        int result = opt_parse_value(&parse, &check_span_options[0], yaml, fixed);
        fixed->max = fixed->min;
        return result;
    }
    if (opt_parse_mapping(&parse, check_span_options, yaml, operand->check->kind->name, NULL,
                          fixed) < 0)
        return -1;
    if (fixed->min < 0 && fixed->max < 0)
        return operand_mistake(operand, yaml->place, "%.*s has no bound; expected min or max",
                               STR_ARG(operand->pair->key));
    if (fixed->max >= 0 && fixed->min > fixed->max)
        return operand_mistake(operand, yaml->place, "%.*s has a min above its max",
                               STR_ARG(operand->pair->key));
    return 0;
}

/* The YAML kind in which an operand may be written in place. */
static bool in_place(const struct check_kind *kind, const struct yaml *yaml)
{
    switch (kind->operand) {
    case OPERAND_TEXT:
    case OPERAND_RUBRIC:
    case OPERAND_REFERENCE:
    case OPERAND_CRITERION:
    case OPERAND_REGEX:
    case OPERAND_FINISH:
    case OPERAND_URL:
        return yaml->kind == YAML_TEXT;
    case OPERAND_TEXTS:
    case OPERAND_LIST:
    case OPERAND_COMMAND:
        return yaml->kind == YAML_LIST;
    case OPERAND_OBJECT:
    case OPERAND_NUMERIC:
    case OPERAND_RECORDS:
        return yaml->kind == YAML_MAPPING;
    case OPERAND_INT:
    case OPERAND_NUMBER:
        return yaml->kind == YAML_NUMBER;
    case OPERAND_SCHEMA:
        return yaml->kind == YAML_TEXT || yaml->kind == YAML_MAPPING;
    case OPERAND_SPAN:
        return yaml->kind == YAML_MAPPING || yaml->kind == YAML_NUMBER;
    case OPERAND_TEMPLATE:
    case OPERAND_LIKENESS:
    case OPERAND_TRUE:
    case OPERAND_DURATION:
    case OPERAND_USD:
        break;
    }
    return true;
}

static bool takes_ref(const struct check_kind *kind)
{
    return kind->operand == OPERAND_TEXTS || kind->operand == OPERAND_LIST ||
           kind->operand == OPERAND_OBJECT || kind->operand == OPERAND_INT ||
           kind->operand == OPERAND_NUMBER;
}

int operand_read(const struct binder *binder, const struct yaml_pair *pair, struct check *check)
{
    const struct operand reading = {binder, pair, check}, *operand = &reading;
    const struct check_kind *kind = operand->check->kind;
    const struct yaml *yaml = operand->pair->value;
    if (yaml->kind == YAML_NULL)
        return operand_mistake(operand, yaml->place, "%.*s has no operand; expected %s",
                               STR_ARG(operand->pair->key), operand_wanted(kind));
    if (takes_ref(kind) && yaml->kind == YAML_TEXT)
        return bind_ref(operand, yaml, operand_wanted(kind));
    if (!in_place(kind, yaml))
        return wrong_operand(operand, yaml, "", operand_wanted(kind));
    switch (kind->operand) {
    case OPERAND_TEXTS:
        return read_texts(operand, yaml);
    case OPERAND_INT:
    case OPERAND_NUMBER:
        return read_number(operand, yaml);
    case OPERAND_TRUE:
        return read_true(operand, yaml);
    case OPERAND_REGEX:
        return read_regex(operand, yaml);
    case OPERAND_SCHEMA:
        return read_schema(operand, yaml);
    case OPERAND_NUMERIC:
        return read_numeric(operand, yaml);
    case OPERAND_COMMAND:
        return read_command(operand, yaml);
    case OPERAND_URL:
        return read_url(operand, yaml);
    case OPERAND_RECORDS:
        return read_records(operand, yaml);
    case OPERAND_DURATION:
    case OPERAND_USD:
        return read_use(operand, yaml);
    case OPERAND_FINISH:
        return read_finish(operand, yaml);
    case OPERAND_SPAN:
        return read_span(operand, yaml);
    case OPERAND_TEMPLATE:
    case OPERAND_LIKENESS:
    case OPERAND_TEXT:
    case OPERAND_RUBRIC:
    case OPERAND_REFERENCE:
    case OPERAND_CRITERION:
    case OPERAND_LIST:
    case OPERAND_OBJECT:
        break;
    }
    return bind_operand(operand, yaml);
}
