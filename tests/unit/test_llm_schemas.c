/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_llm_schemas.c: every body that the dialects write is valid by the provider's schema: a
 * matrix of conversations, schemas, tools, parameters and streaming, over all dialects; and the
 * schemas themselves refuse what the providers refuse.
 */
#include "test_llm_bodies.h"

#include "llm/dialect_parts.h"

/* ---- the parts of the matrix ---- */

static struct arena arena;
static struct llm_provider provider;
static struct llm_model model;

/* The turns that a provider would have sent for two calls, as it wrote them. */
static const char *const raw_turns[][2] = {
    {"openai-chat",
     "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":"
     "\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}},{\"id\":\"c2\","
     "\"type\":\"function\",\"function\":{\"name\":\"count\",\"arguments\":\"{\\\"a\\\":1}\"}}]"
     "}"},
    {"openai-responses",
     "[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"gAAA\"},"
     "{\"type\":\"reasoning\",\"id\":\"rs_2\",\"summary\":[]},{\"type\":\"message\",\"id\":"
     "\"msg_1\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[{\"type\":"
     "\"output_text\",\"text\":\"Wait.\",\"annotations\":[],\"logprobs\":[]}]},{\"type\":"
     "\"function_call\",\"id\":\"fc_1\",\"call_id\":\"c1\",\"name\":\"weather\",\"arguments\":"
     "\"{}\",\"status\":\"completed\"},{\"type\":\"function_call\",\"id\":\"fc_2\",\"call_id\":"
     "\"c2\",\"name\":\"count\",\"arguments\":\"{\\\"a\\\":1}\",\"status\":\"completed\"}]"},
    {"anthropic-messages",
     "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"EqQB\"},{\"type\":\"text\","
     "\"text\":\"Wait.\"},{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"weather\",\"input\":{"
     "}},"
     "{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"count\",\"input\":{\"a\":1},\"caller\":{"
     "\"type\":\"direct\"}}]"},
    {"gemini",
     "{\"role\":\"model\",\"parts\":[{\"text\":\"hm\",\"thought\":true},{\"functionCall\":{"
     "\"id\":"
     "\"c1\",\"name\":\"weather\",\"args\":{}},\"thoughtSignature\":\"AY89\"},{"
     "\"functionCall\":{"
     "\"name\":\"count\",\"args\":{\"a\":1}}},{\"text\":\"\",\"thoughtSignature\":\"AY90\"}]}"},
};

static struct llm_tool_call calls[2];

enum conversation { ONE, SYSTEM, TURNS, ROUND, RAW_ROUND, CONVERSATIONS };

static void say(struct llm_message *message, size_t *n, enum llm_role role, const char *text)
{
    message[(*n)++] = (struct llm_message){.role = role, .text = str_from(text)};
}

static size_t converse(enum conversation conversation, struct llm_message *message)
{
    size_t n = 0;
    if (conversation != ONE)
        say(message, &n, LLM_SYSTEM, "Be \"brief\".");
    if (conversation == TURNS) {
        say(message, &n, LLM_USER, "1?");
        say(message, &n, LLM_ASSISTANT, "one");
        say(message, &n, LLM_USER, "2?");
        say(message, &n, LLM_ASSISTANT, ""); /* a reply that said nothing */
    }
    say(message, &n, LLM_USER, "3? \xc3\xbc\n");
    if (conversation != ROUND && conversation != RAW_ROUND)
        return n;
    message[n++] = (struct llm_message){
        .role = LLM_ASSISTANT,
        .tool_call = calls,
        .tool_calls = 2,
    };
    for (size_t i = 0; conversation == RAW_ROUND && i < 4; i++)
        if (strcmp(raw_turns[i][0], provider.dialect->name) == 0)
            message[n - 1].raw_turn = json_of(&arena, raw_turns[i][1]);
    message[n++] =
        (struct llm_message){.role = LLM_TOOL, .text = STR("{\"c\": 4}"), .answers = &calls[0]};
    message[n++] = (struct llm_message){
        .role = LLM_TOOL, .text = STR("no such thing"), .answers = &calls[1], .failed = true};
    say(message, &n, LLM_USER, "And now?");
    return n;
}

/* One bit a parameter. */
static struct llm_params params_of(unsigned bits)
{
    return (struct llm_params){
        .has_temperature = bits & 1,
        .has_top_p = bits & 2,
        .has_max_tokens = bits & 4,
        .has_seed = bits & 8,
        .has_effort = bits & 16,
        .temperature = 0.5,
        .top_p = 0.25,
        .max_tokens = 2000,
        .seed = 7,
        .effort = LLM_EFFORT_LOW,
        .stop = {STR_INIT("END"), STR_INIT("\n\n")},
        .stop_count = bits & 32 ? 2 : 0,
    };
}
enum { PARAMS = 64, PARAMS_STEP = 5 };

/* What providers keep, leave out and fill in, at several levels. */
static const char schema_text[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"required\":[\"a\",\"list\",\"kind\",\"maybe\"],\"properties\":{\"a\":{\"type\":"
    "\"integer\","
    "\"minimum\":0,\"maximum\":9},\"list\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":5,"
    "\"uniqueItems\":true,\"items\":{\"type\":\"object\",\"required\":[\"t\"],\"properties\":{"
    "\"t\":{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^x\",\"format\":\"uri\","
    "\"default\":"
    "\"x\"}}}},\"kind\":{\"enum\":[\"one\",\"two\"]},\"maybe\":{\"anyOf\":[{\"$ref\":"
    "\"#/$defs/date\",\"description\":\"when\"},{\"type\":\"null\"}]}},\"$defs\":{\"date\":{"
    "\"type\":\"string\",\"format\":\"date\"}}}";

static const char any_text[] = "{\"type\":\"object\"}";

struct matrix {
    size_t bodies, refused;
};

static void run_row(struct llm_request *request, struct matrix *matrix)
{
    struct arena scratch = {0};
    str problem = llm_request_check(request, &scratch);
    if (problem.n == 0) {
        valid_body_of(request, &scratch);
        matrix->bodies++;
    } else {
        matrix->refused++;
    }
    arena_release(&scratch);
}

static void run_params(struct llm_request *request, struct matrix *matrix)
{
    /* A step that shares no factor with 64 meets every bit in every company. */
    static unsigned next;
    for (unsigned i = 0; i < PARAMS / PARAMS_STEP; i++) {
        next = (next + PARAMS_STEP) % PARAMS;
        request->params = params_of(next);
        for (int stream = 0; stream < 2; stream++) {
            request->params.has_stream = true;
            request->params.stream = stream;
            run_row(request, matrix);
        }
    }
}

static void run_dialect(const struct llm_dialect *dialect, struct matrix *matrix)
{
    struct llm_message message[12];
    const struct llm_tool tools[2] = {
        {.name = STR("weather"),
         .description = STR("Now."),
         .parameters =
             json_of(&arena, "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":"
                             "\"string\",\"minLength\":1}}}")},
        {.name = STR("count"), .parameters = json_of(&arena, schema_text), .strict = true}};
    provider = (struct llm_provider){.name = STR("p"), .dialect = dialect};
    model = (struct llm_model){
        .name = STR("small"),
        .model = STR("m"),
        .provider = &provider,
        .capabilities = {.tools = true, .seed = true, .temperature = true, .stream = true}};
    struct llm_request request = {.model = &model, .message = message};
    for (int mode = 0; mode < 5; mode++)
        for (int offer = 0; offer < 4; offer++)
            for (int talk = 0; talk < CONVERSATIONS; talk++) {
                request.schema =
                    mode ? schema_from(&arena, mode == 4 ? any_text : schema_text) : NULL;
                request.schema_name = mode == 2 ? STR("count") : STR("a name: with signs");
                model.capabilities.schema = (enum llm_schema_mode)(mode ? (mode - 1) % 3 : 0);
                request.tool = tools;
                request.tools = offer ? 2 : 0;
                request.tool_choice = (enum llm_tool_choice)(offer ? offer - 1 : 0);
                request.message_count = converse((enum conversation)talk, message);
                run_params(&request, matrix);
            }
}

/* ---- tests ---- */

/* Protects: whatever can be asked of a dialect, its body is one that the provider takes. */
static void bodies_are_valid(void **state)
{
    (void)state;
    calls[0] = llm_tool_call_text(&arena, STR("c1"), STR("weather"), STR(""));
    calls[1] = llm_tool_call_text(&arena, STR("c2"), STR("count"), STR("{\"a\": 1}"));
    for (size_t i = 0; i < BODY_SCHEMAS; i++) {
        struct matrix matrix = {0};
        const struct llm_dialect *dialect = llm_dialect_find(str_from(body_schemas[i].dialect));
        assert_non_null(dialect);
        run_dialect(dialect, &matrix);
        print_message("%s: %zu bodies valid, %zu requests refused\n", dialect->name,
                      matrix.bodies, matrix.refused);
        assert_true(matrix.bodies > 400);
    }
}

/* Protects: the schemas are not so wide that everything passes. */
static void schemas_refuse(void **state)
{
    (void)state;
    static const struct {
        const char *file, *body;
    } rows[] = {
        {"openai-chat-completions", "{\"model\":\"m\"}"},
        {"openai-chat-completions", "{\"model\":\"m\",\"messages\":[]}"},
        {"openai-chat-completions",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"top_k\":1}"},
        {"openai-chat-completions",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"model\",\"content\":\"x\"}]}"},
        {"openai-chat-completions",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop\":[1]}"},
        {"openai-chat-completions",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
         "\"x\"}],\"reasoning_effort\":\"LOW\"}"},
        {"openai-responses", "{\"model\":\"m\",\"input\":\"x\",\"seed\":1}"},
        {"openai-responses", "{\"model\":\"m\",\"input\":\"x\",\"stop\":[\"a\"]}"},
        {"openai-responses",
         "{\"model\":\"m\",\"input\":[{\"role\":\"tool\",\"content\":\"x\"}]}"},
        {"openai-responses", "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":"
                             "\"function\",\"name\":\"f\"}]}"},
        {"openai-embeddings", "{\"model\":\"m\",\"input\":[]}"},
        {"anthropic-messages",
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"},
        {"anthropic-messages", "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":"
                               "\"user\",\"content\":\"\"}]}"},
        {"anthropic-messages", "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":"
                               "\"user\",\"content\":\"x\"}],\"seed\":1}"},
        {"anthropic-messages", "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":"
                               "\"user\",\"content\":\"x\"}],"
                               "\"output_config\":{\"format\":{\"type\":\"json_schema\","
                               "\"schema\":{\"type\":\"object\","
                               "\"properties\":{}}}}}"},
        {"anthropic-messages", "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":"
                               "\"user\",\"content\":\"x\"}],"
                               "\"output_config\":{\"format\":{\"type\":\"json_schema\","
                               "\"schema\":{\"type\":\"integer\","
                               "\"minimum\":1}}}}"},
        {"gemini-generate-content", "{}"},
        {"gemini-generate-content",
         "{\"model\":\"m\",\"contents\":[{\"role\":\"user\",\"parts\":"
         "[{\"text\":\"x\"}]}]}"},
        {"gemini-generate-content",
         "{\"contents\":[{\"role\":\"assistant\",\"parts\":[{\"text\":\"x\"}]}]}"},
        {"gemini-generate-content",
         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}"
         "]}],\"generationConfig\":{\"responseJsonSchema\":{}}}"},
        {"gemini-generate-content",
         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\","
         "\"response\":\"x\"}}]}]}"},
        {"gemini-batch-embed-contents",
         "{\"requests\":[{\"model\":\"m\",\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct jsonschema *schema = schema_in_file(&arena, rows[i].file);
        size_t count = 0;
        if (jsonschema_valid(schema, json_of(&arena, rows[i].body), NULL, NULL, 0, &count))
            fail_msg("%s takes %s", rows[i].file, rows[i].body);
    }
}

static int teardown(void **state)
{
    arena_release(&arena);
    return bodies_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bodies_are_valid, NULL, teardown),
        cmocka_unit_test_setup_teardown(schemas_refuse, NULL, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
