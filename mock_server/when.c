/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * when.c: which requests a rule or a fault is about (see rule.h).
 */
#include "mock_server/dialect.h"
#include "mock_server/rule.h"

static int header_tests_read(struct opt_parse *parse, const struct yaml *value, void *field);

/* clang-format off */
const struct opt when_options[] = {
    OPT_TEXT(when, model, .help = "equals the model asked for"),
    OPT_TEXT(when, dialect, .form = "{$ref: '#/$defs/dialect'}", .help = "equals the dialect, such as openai-chat"),
    OPT_TEXT(when, schema, .help = "equals the name of the schema asked for, or its title where requests carry no name (Anthropic, Gemini)"),
    OPT_TEXT(when, tool, .help = "a tool of this name is offered"),
    OPT_TEXT(when, prompt, .help = "is contained in the user's texts"),
    OPT_TEXT(when, system, .help = "is contained in the system texts"),
    OPT_CUSTOM(when, prompt_regex, .custom = regex_read, .word = "regex", .help = "is found in the user's texts; named groups become names"),
    OPT_CUSTOM(when, system_regex, .custom = regex_read, .word = "regex", .help = "is found in the system texts; named groups become names"),
    OPT_CUSTOM(when, row, .custom = answer_key_name_read, .word = "answer key name", .form = "{type: string}", .help = "a row of that key is recognised, and is row then"),
    OPT_INT(when, turn, .min = 0, .max = 1000000, OPT_GIVEN(when, turn_given), .help = "number of assistant messages so far"),
    OPT_CUSTOM(when, header, .custom = header_tests_read, .word = "mapping", .form = "{type: object, additionalProperties: {type: [string, number, boolean, 'null']}}", .help = "each header equals the text"),
    OPT_END,
};
/* clang-format on */

static int header_tests_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct when *when = (struct when *)(void *)((char *)field - offsetof(struct when, header));
    if (value->kind != YAML_MAPPING)
        return mistake_add(parse->mistakes, value->place,
                           "header is %s; expected a mapping from header name to text",
                           value_shown(parse->arena, value));
    struct header_test *test = arena_array(parse->arena, struct header_test, value->count);
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml *text = value->pair[i].value;
        if (text->kind == YAML_LIST || text->kind == YAML_MAPPING)
            return mistake_add(parse->mistakes, text->place, "expected a text");
        test[i] = (struct header_test){value->pair[i].key, text->text};
    }
    when->header = test;
    when->headers = value->count;
    return 0;
}

int when_read(struct opt_parse *parse, const struct yaml *value, void *field)
{
    struct when *when = field;
    if (opt_parse_mapping(parse, when_options, value, "when", NULL, when) < 0)
        return -1;
    if (yaml_get(value, STR("dialect")) && !dialect_name_is_known(when->dialect)) {
        size_t count = 0;
        const str *names = dialect_names(&count);
        str hint = mistake_hint(parse->arena, when->dialect, names, count, true);
        return mistake_add(parse->mistakes, yaml_get(value, STR("dialect"))->place,
                           "unknown dialect '%.*s'%.*s", STR_ARG(when->dialect), STR_ARG(hint));
    }
    return 0;
}

static void add_names(const struct regex *regex, struct arena *arena, str *names, size_t *count,
                      size_t room)
{
    size_t groups = 0;
    const str *group = regex ? regex_names(regex, arena, &groups) : NULL;
    for (size_t i = 0; i < groups && *count < room; i++)
        names[(*count)++] = group[i];
}

void when_names(const struct when *when, struct arena *arena, str *names, size_t *count,
                size_t room)
{
    add_names(when->prompt_regex, arena, names, count, room);
    add_names(when->system_regex, arena, names, count, room);
}

static bool offers_tool(const struct request *request, str name)
{
    for (size_t i = 0; i < request->tools; i++)
        if (str_equal(request->tool[i].name, name))
            return true;
    return false;
}

static bool regex_holds(const struct regex *regex, const struct request *request, str subject,
                        const struct env **env)
{
    struct regex_group *group;
    size_t groups = 0;
    if (!regex)
        return true;
    if (!env)
        return regex_find(regex, subject) == REGEX_YES;
    if (regex_match(regex, request->arena, subject, &group, &groups) != REGEX_YES)
        return false;
    for (size_t i = 0; i < groups; i++)
        if (group[i].name.n)
            *env = env_bind(request->arena, *env, group[i].name,
                            group[i].set ? json_new_text(request->arena, group[i].text)
                                         : json_null());
    return true;
}

static bool headers_hold(const struct when *when, const struct http_request *http)
{
    for (size_t i = 0; i < when->headers; i++)
        if (!str_equal(http_header_get(http, when->header[i].name), when->header[i].value))
            return false;
    return true;
}

static bool same_or_any(str wanted, str given)
{
    return wanted.n == 0 || str_equal(wanted, given);
}

static bool within_or_any(str wanted, str text)
{
    return wanted.n == 0 ||
           (wanted.n <= text.n && memmem(text.p, text.n, wanted.p, wanted.n) != NULL);
}

bool when_matches(const struct when *when, const struct request *request,
                  const struct http_request *http, const struct env **env)
{
    return same_or_any(when->model, request->model) &&
           same_or_any(when->dialect, dialect_name(request->dialect)) &&
           same_or_any(when->schema, request->schema_name) &&
           (!when->tool.n || offers_tool(request, when->tool)) &&
           (!when->turn_given || when->turn == request->answered) &&
           within_or_any(when->prompt, request->prompt) &&
           within_or_any(when->system, request->system) && headers_hold(when, http) &&
           regex_holds(when->prompt_regex, request, request->prompt, env) &&
           regex_holds(when->system_regex, request, request->system, env);
}
