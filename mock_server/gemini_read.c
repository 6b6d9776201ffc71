/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gemini_read.c: the body of a GenerateContentRequest into a neutral request.
 *
 * Shapes have been checked before (gemini_shape.h); here are ranges and what goes with what.
 */
#include "mock_server/gemini.h"

#include <stdarg.h>

int gemini_say(const struct gemini_reading *in, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str said = arena_vprintf(in->request->arena, format, args);
    va_end(args);
    return trouble_set(in->request->arena, in->trouble, 400, NULL, NULL, "%.*s", STR_ARG(said));
}

int gemini_refuse(const struct gemini_reading *in, const char *where, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str said = arena_vprintf(in->request->arena, format, args);
    va_end(args);
    return gemini_say(in, "* %s.%s: %.*s\n", in->message, where, STR_ARG(said));
}

#define CONFIG "generation_config."

/* ---- numbers ---- */

struct range {
    const char *name, *snake;
    double least, most;
    const char *rule;
};

static int check_ranges(const struct gemini_reading *in, const json *config)
{
    /* clang-format off */
    static const struct range ranges[] = {
        {"temperature", "temperature", 0, 2, "must be in the range [0.0, 2.0]."},
        {"topP", "top_p", 0, 1, "must be in the range [0.0, 1.0]."},
        {"topK", "top_k", 1, 1e9, "must be positive."},
        {"maxOutputTokens", "max_output_tokens", 1, 3e9, "must be positive."},
        {"candidateCount", "candidate_count", 1, 8, "must be in the range [1, 8]."},
        {"presencePenalty", "presence_penalty", -2, 2, "must be in the range [-2.0, 2.0]."},
        {"frequencyPenalty", "frequency_penalty", -2, 2, "must be in the range [-2.0, 2.0]."},
        {"logprobs", "logprobs", 0, 20, "must be in the range [0, 20]."},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const struct range *range = &ranges[i];
        const json *value = gemini_get(config, range->name);
        double number = gemini_number(value);
        if (value && !(number >= range->least && number <= range->most))
            return gemini_refuse(in,
                                 arena_printf(in->request->arena, CONFIG "%s", range->snake).p,
                                 "%s %s", range->snake, range->rule);
    }
    return 0;
}

static int read_numbers(const struct gemini_reading *in, const json *config)
{
    struct request *request = in->request;
    const json *candidates = gemini_get(config, "candidateCount");
    if (check_ranges(in, config) < 0)
        return -1;
    request->choices = candidates ? gemini_int(candidates) : 1;
    request->max_tokens = gemini_int(gemini_get(config, "maxOutputTokens"));
    request->logprobs = json_bool(gemini_get(config, "responseLogprobs"));
    request->top_logprobs = gemini_int(gemini_get(config, "logprobs"));
    if (request->top_logprobs && !request->logprobs)
        return gemini_refuse(in, CONFIG "logprobs",
                             "logprobs is only allowed when response_logprobs is true.");
    return 0;
}

static int read_stops(const struct gemini_reading *in, const json *config)
{
    enum { STOPS_ALLOWED = 5 };
    struct request *request = in->request;
    const json *stops = gemini_get(config, "stopSequences");
    if (gemini_count(stops) > STOPS_ALLOWED)
        return gemini_refuse(in, CONFIG "stop_sequences",
                             "the number of stop_sequences must be at most %d.", STOPS_ALLOWED);
    str *stop = arena_array(request->arena, str, gemini_count(stops));
    for (const json *text = gemini_first(stops); text; text = gemini_next(stops, text))
        stop[request->stops++] = json_text(text);
    request->stop = stop;
    return 0;
}

static int read_thinking(const struct gemini_reading *in, const json *config)
{
    static const enum effort efforts[] = {EFFORT_MINIMAL, EFFORT_LOW, EFFORT_MEDIUM,
                                          EFFORT_HIGH};
    const json *thinking = gemini_get(config, "thinkingConfig");
    const json *budget = gemini_get(thinking, "thinkingBudget");
    int level = gemini_word(gemini_get(thinking, "thinkingLevel"), &gemini_levels);
    struct request *request = in->request;
    request->show_reasoning = json_bool(gemini_get(thinking, "includeThoughts"));
    if (level >= 0)
        request->effort = efforts[level];
    if (budget && gemini_int(budget) == 0)
        request->effort = EFFORT_NONE;
    if (budget && gemini_int(budget) > 0)
        request->thinking_most = gemini_int(budget);
    if (budget && gemini_get(thinking, "thinkingLevel"))
        return gemini_say(in,
                          "You can only set only one of thinking budget and thinking level.");
    if (budget && gemini_int(budget) < -1)
        return gemini_refuse(in, CONFIG "thinking_config.thinking_budget",
                             "thinking_budget must be -1 or more.");
    return 0;
}

/* ---- structured output ---- */

static int read_schema(const struct gemini_reading *in, const json *config, str type)
{
    struct request *request = in->request;
    const json *own = gemini_get(config, "responseSchema");
    const json *schema = gemini_get(config, "responseJsonSchema");
    if (!schema)
        schema = gemini_get(config, "_responseJsonSchema");
    if (!own && !schema)
        return 0;
    if (own && schema)
        return gemini_refuse(in, CONFIG "response_json_schema",
                             "response_json_schema must not be set when response_schema is "
                             "set.");
    if (!request->wants_json)
        return gemini_refuse(in, own ? CONFIG "response_schema" : CONFIG "response_json_schema",
                             "only allowed with response_mime_type `application/json` or "
                             "`text/x.enum`, not `%.*s`.",
                             STR_ARG(type.n ? type : STR("text/plain")));
    if (schema && !json_is(schema, JSON_OBJECT))
        return gemini_refuse(in, CONFIG "response_json_schema",
                             "the schema must be a JSON object.");
    if (own)
        schema = gemini_read_schema(in, own, CONFIG "response_schema");
    request->schema = schema;
    request->schema_name = json_text(json_get(schema, STR("title")));
    return schema ? 0 : -1;
}

static int read_format(const struct gemini_reading *in, const json *config)
{
    static const str plain[] = {STR_INIT(""), STR_INIT("text/plain"),
                                STR_INIT("application/xml"), STR_INIT("application/yaml")};
    struct request *request = in->request;
    str type = json_text(gemini_get(config, "responseMimeType"));
    bool known = false;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        known = known || str_equal(type, plain[i]);
    request->bare_text = str_equal(type, STR("text/x.enum"));
    request->wants_json = request->bare_text || str_equal(type, STR("application/json"));
    if (!known && !request->wants_json)
        return gemini_refuse(in, CONFIG "response_mime_type",
                             "allowed mimetypes are `text/plain`, `application/json`, "
                             "`application/xml`, `application/yaml` and `text/x.enum`.");
    if (read_schema(in, config, type) < 0)
        return -1;
    if (request->bare_text && !json_get(request->schema, STR("enum")))
        return gemini_refuse(in, CONFIG "response_schema",
                             "`text/x.enum` needs a schema with an enum of strings.");
    return 0;
}

/* ---- tools ---- */

static bool is_name(str name)
{
    bool first = name.n && (char_is_alnum(name.p[0]) || name.p[0] == '_');
    for (size_t i = 0; i < name.n; i++)
        if (!char_is_alnum(name.p[i]) && !memchr("_.:-", name.p[i], 4))
            return false;
    return first && !char_is_digit(name.p[0]) && name.n <= 128;
}

static int read_declaration(const struct gemini_reading *in, const json *declaration,
                            const char *where, struct tool *tool)
{
    struct arena *arena = in->request->arena;
    const json *own = gemini_get(declaration, "parameters");
    const json *schema = gemini_get(declaration, "parametersJsonSchema");
    tool->name = json_text(gemini_get(declaration, "name"));
    if (!is_name(tool->name))
        return gemini_refuse(
            in, arena_printf(arena, "%s.name", where).p,
            "Invalid function name. Must start with a letter or an underscore. Must be "
            "alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes "
            "(-), with a maximum length of 128.");
    if (own && schema)
        return gemini_refuse(in, arena_printf(arena, "%s.parameters", where).p,
                             "parameters must not be set when parameters_json_schema is set.");
    if (schema && !json_is(schema, JSON_OBJECT))
        return gemini_refuse(in, arena_printf(arena, "%s.parameters_json_schema", where).p,
                             "the schema must be a JSON object.");
    tool->parameters = schema;
    if (!own)
        return 0;
    tool->parameters =
        gemini_read_schema(in, own, arena_printf(arena, "%s.parameters", where).p);
    return tool->parameters ? 0 : -1;
}

static int add_declarations(const struct gemini_reading *in, const json *declarations,
                            size_t index, struct tool *tool)
{
    struct request *request = in->request;
    size_t i = 0;
    for (const json *one = gemini_first(declarations); one;
         one = gemini_next(declarations, one), i++) {
        const char *where =
            arena_printf(request->arena, "tools[%zu].function_declarations[%zu]", index, i).p;
        struct tool *next = &tool[request->tools];
        if (read_declaration(in, one, where, next) < 0)
            return -1;
        for (size_t k = 0; k < request->tools; k++)
            if (str_equal(tool[k].name, next->name))
                return gemini_say(in, "Duplicate function declaration found: %.*s",
                                  STR_ARG(next->name));
        request->tools++;
    }
    return 0;
}

static int read_tools(const struct gemini_reading *in, const json *tools)
{
    size_t count = 0, index = 0;
    for (const json *one = gemini_first(tools); one; one = gemini_next(tools, one))
        count += gemini_count(gemini_get(one, "functionDeclarations"));
    struct tool *tool = arena_array(in->request->arena, struct tool, count);
    in->request->tool = tool;
    for (const json *one = gemini_first(tools); one; one = gemini_next(tools, one), index++)
        if (add_declarations(in, gemini_get(one, "functionDeclarations"), index, tool) < 0)
            return -1;
    return 0;
}

static bool is_declared(const struct request *request, str name)
{
    for (size_t i = 0; i < request->tools; i++)
        if (str_equal(request->tool[i].name, name))
            return true;
    return false;
}

static int read_allowed(const struct gemini_reading *in, const json *allowed, int mode)
{
    struct request *request = in->request;
    if (mode != GEMINI_ANY && mode != GEMINI_VALIDATED)
        return gemini_say(in, "Function calling mode should be ANY or VALIDATED when "
                              "allowed_function_names is set.");
    for (const json *name = gemini_first(allowed); name; name = gemini_next(allowed, name))
        if (!is_declared(request, json_text(name)))
            return gemini_refuse(
                in, "tool_config.function_calling_config.allowed_function_names",
                "`%.*s` is not among the function declarations.", STR_ARG(json_text(name)));
    if (mode == GEMINI_ANY) {
        request->tool_choice = TOOL_NAMED;
        request->tool_name = json_text(gemini_first(allowed));
    }
    return 0;
}

static int read_tool_config(const struct gemini_reading *in, const json *config)
{
    struct request *request = in->request;
    const json *calling = gemini_get(config, "functionCallingConfig");
    const json *allowed = gemini_get(calling, "allowedFunctionNames");
    int mode = gemini_word(gemini_get(calling, "mode"), &gemini_modes);
    if (mode == GEMINI_NONE)
        request->tool_choice = TOOL_NONE;
    if (mode == GEMINI_ANY && request->tools == 0)
        return gemini_say(in, "Function calling config is set without function_declarations.");
    if (mode == GEMINI_ANY)
        request->tool_choice = TOOL_REQUIRED;
    return gemini_count(allowed) ? read_allowed(in, allowed, mode) : 0;
}

/* ---- the whole ---- */

static void set_given(struct arena *arena, json *all, const char *name, const json *value)
{
    if (value)
        json_set(arena, all, str_from(name), value);
}

/* The same parameters have the same hash however they are spelled; none have 0, as in other
 * dialects. */
static void hash_sampling(const struct gemini_reading *in, const json *body, const json *config)
{
    static const char *const numbers[] = {
        "temperature",     "topP", "topK", "seed", "presencePenalty", "logprobs",
        "frequencyPenalty"};
    static const char *const others[] = {"responseLogprobs", "responseModalities"};
    struct arena *arena = in->request->arena;
    const json *thinking = gemini_get(config, "thinkingConfig");
    const json *calling = gemini_get(gemini_get(body, "toolConfig"), "functionCallingConfig");
    const json *budget = gemini_get(thinking, "thinkingBudget");
    json *all = json_new_object(arena);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json *number = gemini_get(config, numbers[i]);
        set_given(arena, all, numbers[i],
                  number ? json_new_number(arena, gemini_number(number)) : NULL);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        set_given(arena, all, others[i], gemini_get(config, others[i]));
    set_given(arena, all, "allowed", gemini_get(calling, "allowedFunctionNames"));
    set_given(arena, all, "cached", gemini_get(body, "cachedContent"));
    set_given(arena, all, "budget", budget ? json_new_int(arena, gemini_int(budget)) : NULL);
    if (in->request->effort != EFFORT_USUAL)
        json_set_int(arena, all, "effort", in->request->effort);
    in->request->sampling = json_count(all) ? json_hash(all, NULL) : 0;
}

int gemini_read_generate(const struct gemini_reading *in, const json *body)
{
    const json *config = gemini_get(body, "generationConfig");
    if (gemini_read_contents(in, gemini_get(body, "systemInstruction"),
                             gemini_get(body, "contents")) < 0 ||
        read_numbers(in, config) < 0 || read_stops(in, config) < 0 ||
        read_thinking(in, config) < 0 || read_format(in, config) < 0 ||
        read_tools(in, gemini_get(body, "tools")) < 0 ||
        read_tool_config(in, gemini_get(body, "toolConfig")) < 0)
        return -1;
    hash_sampling(in, body, config);
    return 0;
}
