/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mock_openai_schema.c: all that the mock says as OpenAI is valid by OpenAI's published
 * schemas: a matrix of requests over the endpoints, whole and streamed, and the errors.
 */
#include "test_mock_heard.h"
#include "test_openai_schema.h"

static struct openai_schemas schemas;
static size_t replies, events, refusals; /* that were held against a schema */

static int read_schemas(void **state)
{
    (void)state;
    schemas = openai_schemas_read();
    return 0;
}

static int end_schemas(void **state)
{
    (void)state;
    openai_schemas_end(&schemas);
    return 0;
}

static const char *const key[] = {"Authorization", "Bearer k", NULL};

/* ---- events ---- */

/* "response.created" is described by ResponseCreatedEvent: the alternative of all events whose type
 * it is. */
static const char *event_schema(str type)
{
    const json *all = json_get(schemas.components, STR("schemas"));
    const json *alternatives = json_path(json_get(all, STR("ResponseStreamEvent")), "anyOf");
    for (const json *one = json_first(alternatives); one; one = json_next(one)) {
        str name = json_text(json_get(one, STR("$ref")));
        name = str_sub(name, sizeof "#/components/schemas/" - 1, name.n);
        const json *types = json_path(json_get(all, name), "properties.type.enum");
        if (str_equal(json_text(json_at(types, 0)), type))
            return arena_str(&schemas.arena, name).p;
    }
    fail_msg("no event is called %.*s", STR_ARG(type));
    return NULL;
}

static void check_events(struct asker *asker, const char *schema)
{
    struct heard heard = hear(asker);
    str body = heard.body, data;
    assert_true(heard.ended);
    while (next_data(&body, &data)) {
        if (schema && str_equal(data, STR("[DONE]")))
            continue;
        const json *event = json_parse(&asker->arena, data, NULL);
        assert_non_null(event);
        openai_assert_valid(
            &schemas, schema ? schema : event_schema(json_text(json_get(event, STR("type")))),
            event);
        events++;
        refusals += str_contains(data, STR("No."));
    }
}

/* ---- the matrix ---- */

struct option {
    const char *what, *members; /* each member after a comma */
};

#define PARAMETERS                                                                             \
    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":"  \
    "\"integer\"}},\"required\":[\"city\",\"days\"],\"additionalProperties\":false}"

static const char mock_file[] =

    "answers: {a: {samples: [{text: right question, expected: yes}], find: [text], "
    "wrong: [{refusal: \"I cannot help.\"}]}}\n"
    "rules:\n"
    "  refuse: {when: {model: refuser}, answer: {from: a, wrong: [{refusal: \"No.\"}]}}\n"
    "  long: {when: {prompt: LONG}, reply: \"Größe, 日本語, 🙂 and \\\"quotes\\\" and "
    "more.\"}\n"
    "  call: {when: {prompt: CALL}, tool_call: {name: weather, arguments: "
    "{city: Oslo, days: 3}}}\n"
    "models: {refuser: {skill: 0}, thinker: {reasoning: 9}}\n";

static const struct option chat_options[] = {
    {"plain", ""},
    {"several", ",\"n\":3"},
    {"logprobs", ",\"logprobs\":true,\"top_logprobs\":3"},
    {"logprobs alone", ",\"logprobs\":true,\"n\":2"},
    {"cut short", ",\"max_completion_tokens\":3"},
    {"stopped", ",\"stop\":[\"and\"]"},
    {"object", ",\"response_format\":{\"type\":\"json_object\"}"},
    {"schema", ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"w\","
               "\"strict\":true,\"schema\":" PARAMETERS "}}"},
    {"tool", ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\","
             "\"parameters\":" PARAMETERS "}}],\"tool_choice\":\"required\",\"n\":2"},
    {"tool cut", ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\","
                 "\"parameters\":" PARAMETERS
                 "}}],\"tool_choice\":\"required\",\"max_completion_tokens\":4"},
    {"custom tool", ",\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"code\"}}],"
                    "\"tool_choice\":{\"type\":\"custom\",\"custom\":{\"name\":\"code\"}}"},
};

static const struct option *const custom_chat =
    &chat_options[sizeof chat_options / sizeof chat_options[0] - 1];

static const struct option response_options[] = {
    {"plain", ""},
    {"instructions",
     ",\"instructions\":\"Be brief.\",\"metadata\":{\"a\":\"b\"},\"user\":\"u\","
     "\"temperature\":0.5,\"top_p\":0.9,\"store\":false,"
     "\"truncation\":\"auto\",\"parallel_tool_calls\":false,"
     "\"max_tool_calls\":3,\"service_tier\":\"flex\""},
    {"reasoning", ",\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"include\":["
                  "\"reasoning.encrypted_content\"]"},
    {"logprobs", ",\"top_logprobs\":3,\"include\":[\"message.output_text.logprobs\"]"},
    {"cut short", ",\"max_output_tokens\":16"},
    {"object", ",\"text\":{\"format\":{\"type\":\"json_object\"},\"verbosity\":\"low\"}"},
    {"schema", ",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"w\",\"strict\":true,"
               "\"schema\":" PARAMETERS "}}"},
    {"tool", ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"strict\":true,"
             "\"parameters\":" PARAMETERS "}],\"tool_choice\":\"required\""},
    {"bare tool", ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":null,"
                  "\"strict\":null}],\"tool_choice\":"
                  "{\"type\":\"function\",\"name\":\"weather\"}"},
    {"custom tool", ",\"tools\":[{\"type\":\"custom\",\"name\":\"code\"}],"
                    "\"tool_choice\":{\"type\":\"custom\",\"name\":\"code\"}"},
    {"allowed tools",
     ",\"tools\":[{\"type\":\"function\",\"name\":\"a\",\"parameters\":{\"type\":\"object\"},"
     "\"strict\":false},{\"type\":\"custom\",\"name\":\"b\"},{\"type\":\"web_search\"}],"
     "\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"required\",\"tools\":[{\"type\":"
     "\"custom\",\"name\":\"b\"}]}"},
};

static const char *const prompts[] = {"hello", "LONG", "CALL", "the right question", ""};

struct asked {
    const char *path, *request, *reply, *event; /* event NULL: by its type */
    const char *before, *behind;                /* what stands around the prompt */
    const char *stream;                         /* members that ask for one */
    const struct option *option;
    size_t options;
};

static const struct asked endpoints[] = {
    {"/v1/chat/completions", "CreateChatCompletionRequest", "CreateChatCompletionResponse",
     "CreateChatCompletionStreamResponse", "\"messages\":[{\"role\":\"user\",\"content\":",
     "}]", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}", chat_options,
     sizeof chat_options / sizeof chat_options[0]},
    {"/v1/responses", "CreateResponse", "Response", NULL, "\"input\":", "",
     ",\"stream\":true,\"stream_options\":{\"include_obfuscation\":true}", response_options,
     sizeof response_options / sizeof response_options[0]},
};

static str request_body(struct arena *arena, const struct asked *to, const char *prompt,
                        const char *model, const char *members, bool stream)
{
    struct buf body = {0};
    buf_printf(&body, "{\"model\":\"%s\",%s", model, to->before);
    json_write_text(&body, str_from(prompt));
    buf_printf(&body, "%s%s%s}", to->behind, members, stream ? to->stream : "");
    str copy = arena_str(arena, buf_str(&body));
    buf_release(&body);
    return copy;
}

static void check_one(struct asker *asker, const struct asked *to, str body, bool stream,
                      const char *what)
{
    const json *parsed = json_parse(&asker->arena, body, NULL);
    openai_assert_valid(&schemas, to->request, parsed); /* else the matrix is wrong */
    ask_raw(asker, "POST", to->path, body, key);
    if (asker->status != 200)
        fail_msg("%s, %s: status %d for %.*s", to->path, what, asker->status, STR_ARG(body));
    if (stream) {
        check_events(asker, to->event);
        return;
    }
    openai_assert_valid(&schemas, to->reply, asker->body);
    replies++;
}

/* Protects: every reply and every event of a stream, for every way of asking, is what a client
 * that was generated from the published file expects. */
static void replies_and_events_are_valid(void **state)
{
    (void)state;
    static const char *const models[] = {"gpt-6-luna", "refuser", "thinker"};
    struct asker asker = asker_new(mock_file);
    for (size_t e = 0; e < sizeof endpoints / sizeof endpoints[0]; e++)
        for (size_t o = 0; o < endpoints[e].options; o++)
            for (size_t p = 0; p < sizeof prompts / sizeof prompts[0]; p++)
                for (size_t m = 0; m < 6; m++) {
                    const struct option *option = &endpoints[e].option[o];
                    bool stream = m % 2;
                    if (stream && endpoints[e].event && option == custom_chat)
                        continue; /* its chunks are not described */
                    str body = request_body(&asker.arena, &endpoints[e], prompts[p],
                                            models[m / 2], option->members, stream);
                    check_one(&asker, &endpoints[e], body, stream, option->what);
                }
    print_message("%zu replies and %zu events are valid\n", replies, events);
    assert_true(replies >= 200 && events >= 4000 && refusals >= 20);
    asker_end(&asker);
}

/* Protects: the check itself. A schema that accepts all would make the matrix worthless. */
static void schemas_refuse_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *value;
    } wrong[] = {
        {"CreateChatCompletionResponse", "{\"id\":\"a\",\"object\":\"chat.completion\"}"},
        {"CreateChatCompletionStreamResponse",
         "{\"id\":\"a\",\"created\":1,\"model\":\"m\",\"object\":\"chat.completion.chunk\","
         "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"ended\"}]}"},
        {"OutputItem",
         "{\"type\":\"message\",\"id\":\"a\",\"role\":\"assistant\",\"content\":[],"
         "\"status\":\"done\"}"},
        {"OutputItem", "{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":{}}"},
        {"ResponseUsage", "{\"input_tokens\":1}"},
        {"CreateEmbeddingResponse", "{\"object\":\"list\",\"model\":\"m\",\"data\":[{}],"
                                    "\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1}}"},
        {"ErrorResponse", "{\"error\":{\"message\":\"a\",\"type\":\"b\"}}"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        size_t count = 0;
        const json *value = json_parse(&arena, str_from(wrong[i].value), NULL);
        assert_non_null(value);
        if (jsonschema_valid(openai_schema(&schemas, wrong[i].schema), value, NULL, NULL, 0,
                             &count))
            fail_msg("%s accepts %s", wrong[i].schema, wrong[i].value);
    }
    arena_release(&arena);
}

/* Protects: vectors and lists of models. */
static void embeddings_and_models_are_valid(void **state)
{
    (void)state;
    static const char *const inputs[] = {"\"text\"", "[\"a\",\"b\"]", "[1,2,3]", "[[1],[2,3]]"};
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        str body = arena_printf(&asker.arena,
                                "{\"model\":\"text-embedding-3-large\",\"input\":%s,"
                                "\"dimensions\":16,\"user\":\"u\"}",
                                inputs[i]);
        openai_assert_valid(&schemas, "CreateEmbeddingRequest",
                            json_parse(&asker.arena, body, NULL));
        ask_raw(&asker, "POST", "/v1/embeddings", body, key);
        openai_assert_valid(&schemas, "CreateEmbeddingResponse", asker.body);
    }
    ask_raw(&asker, "GET", "/v1/models", STR(""), key);
    openai_assert_valid(&schemas, "ListModelsResponse", asker.body);
    ask_raw(&asker, "GET", "/v1/models/gpt-6-luna", STR(""), key);
    openai_assert_valid(&schemas, "Model", asker.body);
    asker_end(&asker);
}

static void check_error(struct asker *asker, int status)
{
    if (asker->status != status)
        fail_msg("status %d, not %d", asker->status, status);
    openai_assert_valid(&schemas, "ErrorResponse", asker->body);
}

/* Protects: errors have one shape, whatever is wrong and wherever it was found. */
static void errors_are_valid(void **state)
{
    (void)state;
    static const int statuses[] = {400, 401, 403, 404, 408, 409, 413, 418,
                                   422, 429, 500, 502, 503, 504, 529};
    static const char *const paths[] = {"/v1/chat/completions", "/v1/responses",
                                        "/v1/embeddings"};
    struct asker asker = asker_new(NULL);
    for (size_t i = 0; i < 3; i++) {
        ask_raw(&asker, "POST", paths[i], STR("{}"), key);
        check_error(&asker, 400);
        ask_raw(&asker, "POST", paths[i], STR("{"), key);
        check_error(&asker, 400);
        ask_raw(&asker, "POST", paths[i], STR("[]"), key);
        check_error(&asker, 400);
        ask_raw(&asker, "POST", paths[i], STR("{}"), NULL);
        check_error(&asker, 401);
        ask_raw(&asker, "PUT", paths[i], STR("{}"), key);
        check_error(&asker, 405);
    }
    ask_raw(&asker, "GET", "/v1/nothing", STR(""), key);
    check_error(&asker, 404);
    asker_end(&asker);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        char file[96];
        snprintf(file, sizeof file, "faults: [{status: %d, retry_after: 2s}]\n", statuses[i]);
        if (statuses[i] != 429 && statuses[i] != 503)
            snprintf(file, sizeof file, "faults: [{status: %d}]\n", statuses[i]);
        asker = asker_new(file);
        ask(&asker, "hello", NULL, 0, "");
        check_error(&asker, statuses[i]);
        asker_end(&asker);
    }
}

/* Protects: an error in the middle of a stream of responses is the flat event of the file. */
static void error_events_are_valid(void **state)
{
    (void)state;
    struct asker asker = asker_new("faults: [{error_event: 3}]\n");
    ask_raw(&asker, "POST", "/v1/responses",
            STR("{\"model\":\"m\",\"input\":\"hello\",\"stream\":true}"), key);
    check_events(&asker, NULL);
    asker_end(&asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_and_events_are_valid),
        cmocka_unit_test(schemas_refuse_what_is_wrong),
        cmocka_unit_test(embeddings_and_models_are_valid),
        cmocka_unit_test(errors_are_valid),
        cmocka_unit_test(error_events_are_valid),
    };
    return cmocka_run_group_tests(tests, read_schemas, end_schemas);
}
